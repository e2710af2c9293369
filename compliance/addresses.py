"""Where a text that the catalogue cites can be opened in a browser, as far as that follows from how it is cited.

Acts of the Union by their European Legislation Identifier, whose addresses are built of the kind, the year and the number of the act
(https://eur-lex.europa.eu/eli-register/what_is_eli.html); consolidated texts by their CELEX number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from compliance.terms import INSTRUMENTS

_ACT = re.compile(r"\b(Regulation|Directive) \(EU\) (\d{4})/(\d+)")
_KINDS = {"Regulation": "reg", "Directive": "dir"}
_CELEX = re.compile(r"\bCELEX (\w+(?:-\d{8})?)")
_SITE = re.compile(r"(?<![\w@./-])((?:[a-z0-9-]+\.)+(?:ai|be|com|de|directory|eu|org|technology)(?:/[\w.-]+)*)")
NAMES = {**INSTRUMENTS, "ai-act": "AI Act"}  # as titles of sources begin


def of_act(cited: str) -> str:
    """The text of the first act of the Union that is cited with its number; empty where none is."""
    if found := _CELEX.search(cited):
        return f"https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{found[1]}"
    found = _ACT.search(cited)
    return f"https://data.europa.eu/eli/{_KINDS[found[1]]}/{found[2]}/{found[3]}/oj" if found else ""


def of_source(title: str, reference: str, acts: Mapping[str, str]) -> str:
    """Where a source can be opened: at the address or on the site that it names, else the act that it cites by number or by name. ``acts``:
    what each instrument of the law is called in full, by its id. Empty where it can't be told."""
    if reference.startswith(("https://", "http://")):
        return reference
    if site := _SITE.match(reference):
        return f"https://{site[1]}"
    if act := of_act(reference) or of_act(title):
        return act
    for instrument, name in NAMES.items():
        if instrument in acts and re.match(rf"{re.escape(name)}\b", title):
            return of_act(acts[instrument])
    site = _SITE.search(reference)
    return f"https://{site[1]}" if site else ""

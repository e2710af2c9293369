"""The sources of what was asked, found, owed and computed, as the pages show them: by how far each was verified, with what rests on it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from reports import questions, wording
from reports.derivation import walk
from reports.wording import day, listed, word

# How many sources were verified how far, in words for one and for several, in the order in which they stand.
_TALLY = {
    "primary": ("{} was read in its primary text", "{} were read in their primary text"),
    "secondary": ("{} was read in a secondary source", "{} were read in a secondary source"),
    "computed": ("{} was recomputed from stated inputs", "{} were recomputed from stated inputs"),
    "judgement": ("{} is Countersign's own judgement", "{} are Countersign's own judgement"),
    "to_check": ("{} is to be checked", "{} are to be checked"),
}


LONGEST_BESIDE = 400  # characters of what a source supports that stand beside it; more stand below it, over both columns


def used(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The sources on which something of this report rests, each with ``supports``; the record lists the whole catalogue's."""
    resting: dict[str, dict[str, dict[str, None]]] = defaultdict(
        lambda: defaultdict(dict)
    )  # the innermost keeps the order and each name once
    for kind, name, sources in _named(snapshot):
        for source in sources:
            resting[source][kind][name] = None
    found = []
    for source in snapshot["sources"]:
        if source["id"] in resting:
            supports = [{"of": kind, "names": [_apart(name) for name in names]} for kind, names in resting[source["id"]].items()]
            length = sum(len(name) + 2 for part in supports for name in part["names"])
            found.append(source | {"supports": supports, "long": length > LONGEST_BESIDE})
    return found


def _apart(name: str) -> str:
    """A sentence of the catalogue in quotation marks, so that it is told from the next one."""
    return f"“{name}”" if name[:1].isupper() and len(name.split()) > 2 and not name.startswith("Art") else name


def _named(snapshot: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """What rests on which sources: of which kind it is, its name within that, the sources' ids."""
    found = []
    for question in questions.questions(snapshot):
        if any(answer["state"] != "hidden" for answer in question["answers"].values()):
            kind, _, name = question["id"].partition(".")
            found.append((kind, name, question.get("sources", [])))
    for o in snapshot["obligations"]:
        found.append((wording.INSTRUMENTS.get(o["instrument"], o["instrument"]), o["reference"], o["sources"]))
    for f in snapshot["findings"]:
        found.append(("findings", f"“{f.get('title') or f['id']}”", f["sources"]))
    if trace := snapshot["evaluation"].get("trace"):
        named = (n for n in walk(trace) if n.get("source") and not n.get("question"))
        found += [("figures", f"“{n['name']}”" if n["name"][:1].isupper() else n["name"], n["source"]) for n in named]
    return found


def by_verification(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sources in groups, the best verified first, in each by title; a ``read_on`` that most share is left to the group's heading."""
    groups = []
    for verified in [*_TALLY, *sorted({s["verified"] for s in sources} - set(_TALLY))]:
        rows = sorted((s for s in sources if s["verified"] == verified), key=lambda s: (s["title"].lower(), s["id"]))
        if rows:
            usual = Counter(s["read_on"] for s in rows).most_common(1)[0][0]
            shown = [s | {"read": "" if s["read_on"] == usual else f"read on {day(s['read_on'])}"} for s in rows]
            text = word(verified, wording.VERIFIED)
            groups.append(
                {
                    "title": text[:1].upper() + text[1:],
                    "count": len(rows),
                    "read_on": day(usual),
                    "others": any(s["read"] for s in shown),
                    "sources": shown,
                }
            )
    return groups


def tally(sources: list[dict[str, Any]]) -> str:
    """``Of 108 sources 2 were read in their primary text, …``"""
    found = Counter(s["verified"] for s in sources)
    parts = [text[found[verified] > 1].format(found[verified]) for verified, text in _TALLY.items() if found[verified]]
    return f"Of {len(sources)} {'source' if len(sources) == 1 else 'sources'} {listed(parts)}." if parts else ""

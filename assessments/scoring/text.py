"""An evaluation as a page for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from assessments.scoring import printed, text_risk
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.study import study
from compliance.catalogue.index import Index, index

WIDTH = 100
DUTIES_AT_MOST = 12
CLASSES = {
    "prohibited": "prohibited",
    "high": "high risk",
    "limited": "limited risk (transparency duties)",
    "minimal": "minimal risk",
    "out_of_scope": "out of scope",
    "undetermined": "undetermined",
}
INSTRUMENTS = {
    "gdpr": "GDPR ",
    "dora": "DORA ",
    "nis2": "NIS2 ",
    "data-act": "Data Act ",
    "product-liability": "Product liability ",
    "cra": "CRA ",
}
OUTCOMES = {
    "clear": "Clear",
    "leaning": "Leaning",
    "too_close": "Too close to call",
    "none_admissible": "No option is admissible",
}


def text_page(evaluation: Evaluation, trace: bool = False) -> str:
    """The whole page, ending in a line break; the same figures as ``study``."""
    data = study(evaluation, trace)
    lines = [line.rstrip() for line in _page(evaluation, data)]
    return "\n".join(lines) + "\n"


def _page(evaluation: Evaluation, data: dict[str, Any]) -> Iterator[str]:
    known, facts = index(evaluation.release), evaluation.facts
    title = facts.title or facts.use_case_name or "Assessment"
    yield title
    yield "=" * min(len(title), WIDTH)
    catalogue = data["catalogue"]
    yield f"As of {data['as_of']}, catalogue {catalogue['key']}@{catalogue['version']}, amounts in {data['currency']}"
    yield ""
    names = {o.id: o.label for o in facts.options}
    recommendation = data["recommendation"]
    leader = f": {names[recommendation['option']]}" if recommendation["option"] else ""
    yield from _wrapped(f"{OUTCOMES[recommendation['outcome']]}{leader}")
    for reason in recommendation["reasons"]:
        yield from _wrapped(reason, "  - ")
    yield from _heading("Options")
    yield from _options(data, names)
    yield from _heading("Values by criterion (0 to 1; what it could still become in brackets)")
    yield from _values(known, data)
    for option in data["options"]:
        yield from _obstacles(known, option, names[option["id"]])
    yield from _heading("Cost over the horizon")
    yield from _costs(known, data)
    yield from _heading("Break-even")
    for found in data["break_even"] or []:
        pair = " and ".join(names[id_] for id_ in found["between"])
        if managed := found.get("managed"):
            pair += (
                f" and the published price of {known.providers[managed['provider']].name} ({managed['price_per_million']} a million tokens)"
            )
        tokens = found["tokens_per_month"]
        yield from _wrapped(f"{pair}: " + (f"{int(tokens):,} tokens a month" if tokens is not None else f"none. {found['reason']}"), "  ")
    if not data["break_even"]:
        yield "  One option only, so there is nothing to hold it against."
    yield from _sure(data, names)
    yield from _heading("What would change it")
    for line in text_risk.flips(data["flips"]):
        yield from _wrapped(line, "  - ")
    if data["scenarios"]:
        yield from _heading("Scenarios")
        yield from _table(text_risk.scenarios(data, names))
    yield from _heading("EU AI Act")
    yield from _act(data["ai_act"])
    yield from _heading("Other obligations")
    yield from _other(data, names)
    yield from _heading("Open answers")
    yield from _open(data)
    yield ""
    yield f"Facts {data['input_digest']}"
    if "trace" in data:
        yield from _heading("Derivation")
        yield from _tree(data["trace"]["inputs"], 1)


def _sure(data: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    if data.get("robustness") and data["ranking"]:
        yield from _heading(f"How sure ({data['robustness']['samples']:,} draws of weights, values and costs)")
        yield from _table(text_risk.ranks(data["robustness"], names, data["ranking"]))
    if any("loss" in o for o in data["options"]):
        yield from _heading(f"Loss a year, {data['currency']}")
        yield from _table(text_risk.losses(data["options"], names))
        for line in text_risk.premiums(data["accountability"], names, data["currency"]):
            yield from _wrapped(line, "  ")


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text
    yield "-" * len(text)


def _wrapped(text: str, lead: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])


def _options(data: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    rows = [["option", "score", "at best", "answered", "rank"]]
    for option in data["options"]:
        rank = str(data["ranking"].index(option["id"]) + 1) if option["admissible"] else "not admissible"
        answered = f"{Decimal(option['completeness']) * 100:.0f} %"
        rows.append([names[option["id"]], option["score"], option["score_best"], answered, rank])
    yield from _table(rows)


def _values(known: Index, data: dict[str, Any]) -> Iterator[str]:
    options = data["options"]
    rows = [["criterion", *(o["id"] for o in options)]]
    for criterion in known.release.criteria:
        cells = []
        for option in options:
            value = option["values"].get(criterion.id)
            best = f" ({value['best']})" if value and value["best"] != value["value"] else ""
            cells.append(f"{value['value']}{best}" if value else "-")
        rows.append([criterion.title, *cells])
    yield from _table(rows)


def _obstacles(known: Index, option: dict[str, Any], name: str) -> Iterator[str]:
    if option["blockers"]:
        yield from _heading(f"Blockers of {name}")
        for blocker in option["blockers"]:
            accepted = (
                f"can be accepted by: {blocker['acceptable_by'].replace('_', ' ')}" if blocker["acceptable_by"] else "can't be accepted"
            )
            yield from _wrapped(f"{blocker['message']} ({accepted})", "  - ")
    findings = [f for f in option["findings"] if not known.rules[f["id"]].blocker]
    if findings:
        yield from _heading(f"Findings on {name}")
        for finding in findings:
            yield from _wrapped(f"{finding['severity']}: {known.rules[finding['id']].title}", "  - ")


def _costs(known: Index, data: dict[str, Any]) -> Iterator[str]:
    options = data["options"]
    if not any("total" in o["costs"] for o in options):
        yield "  Not computed: see the open answers."
        return
    rows = [["", *(o["id"] for o in options)]]
    categories = [c for c in known.cost_categories.values() if any(c.id in o["costs"].get("by_category", {}) for o in options)]
    for category in categories:
        rows.append([category.title, *(_amount(o["costs"].get("by_category", {}).get(category.id)) for o in options)])
    rows.append(["Total", *(_amount(o["costs"].get("total", {}).get("likely")) for o in options)])
    for key, title in (("p10", "Total, P10"), ("p90", "Total, P90")):
        if any(key in o["costs"].get("total", {}) for o in options):
            rows.append([title, *(_amount(o["costs"].get("total", {}).get(key)) for o in options)])
    rows.append(["Per million tokens", *(_amount(o["costs"].get("per_million_tokens")) for o in options)])
    rows.append(["Replicas at the end", *(str(o["costs"].get("replicas_at_end", "-")) for o in options)])
    if not all(o["costs"]["complete"] for o in options):
        rows.append(["Complete", *("yes" if o["costs"]["complete"] else "no: at least" for o in options)])
    yield from _table(rows)


def _amount(text: str | None) -> str:
    return f"{Decimal(text):,}" if text is not None else "-"


def _act(act: dict[str, Any]) -> Iterator[str]:
    at_least = f", at least {CLASSES[act['at_least']]}" if act["at_least"] else ""
    yield f"  Class: {CLASSES[act['risk_class']]}{at_least}; roles: {', '.join(act['roles']) or 'none given'}"
    for basis in act["basis"]:
        since = f", applies from {basis['applies_from']}" if basis["applies_from"] else ""
        because = f" (read from {', '.join(basis['because'])})" if basis["because"] else ""
        yield from _wrapped(f"{basis['reference']}{since}{because}", "  - ")
    yield from _duties(act["obligations"], "Duties ")


def _other(data: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    if not data["obligations"] and not any(o["obligations"] for o in data["options"]):
        yield "  None that the answers show."
    yield from _duties(data["obligations"], "Of the use case, ")
    for option in data["options"]:
        yield from _duties(option["obligations"], f"With {names[option['id']]}, ")


def _duties(obligations: list[dict[str, Any]], lead: str) -> Iterator[str]:
    """The obligations by status, each with the day from which it applies as known on the day of the assessment."""
    for status, words in (("gap", "open"), ("unknown", "not known"), ("met", "met")):
        found = [o for o in obligations if o["status"] == status]
        duties = list(
            dict.fromkeys(f"{INSTRUMENTS.get(o.get('instrument', ''), '')}{o['reference']} from {o['applies_from']}" for o in found)
        )
        if duties:
            more = f" and {len(duties) - DUTIES_AT_MOST} more" if len(duties) > DUTIES_AT_MOST else ""
            yield from _wrapped(f"{lead}{words}: {', '.join(duties[:DUTIES_AT_MOST])}{more}", "  ")


def _open(data: dict[str, Any]) -> Iterator[str]:
    unanswered, ignored = data["unanswered"], data["ignored"]
    if not unanswered["use_case"] and not unanswered["options"]:
        yield "  None: everything that is asked is answered."
    if unanswered["use_case"]:
        yield from _wrapped(f"Use case: {', '.join(unanswered['use_case'])}", "  ")
    for option, ids in unanswered["options"].items():
        yield from _wrapped(f"{option}: {', '.join(ids)}", "  ")
    hidden = [*ignored["use_case"], *(f"{option}: {', '.join(ids)}" for option, ids in ignored["options"].items())]
    if hidden:
        yield from _wrapped(f"Answered, and ignored since other answers hide the question: {'; '.join(hidden)}", "  ")


def _tree(nodes: list[dict[str, Any]], depth: int) -> Iterator[str]:
    for entry in nodes:
        formula = f"   [{printed.sentence(entry['formula'])}]" if entry["formula"] else ""
        basis = f"   basis: {entry['basis']}" if "basis" in entry else ""
        yield f"{'  ' * depth}{entry['name']}: {printed.value(entry['value'], entry.get('unit', ''))}{formula}{basis}"
        yield from _tree(entry["inputs"], depth + 1)

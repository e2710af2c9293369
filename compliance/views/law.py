"""What the law asks as known on a day, what is only proposed, and the findings and blockers that answers show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from compliance.catalogue.law import DatedChange, Obligation
from compliance.catalogue.model import Rule
from compliance.classification import known_on
from compliance.views.pages import Place, context, line_anchor, release_or_404
from compliance.views.typed import day
from compliance.views.words import CLASS_TONES, CLASSES, INSTRUMENTS, ROLES, SCOPES

SEVERITIES = ("critical", "high", "medium", "low")


@member()
@require_safe
def obligations(request: HttpRequest, release: str) -> HttpResponse:
    """Every obligation as known on ``as_of`` (today unless given), the AI Act's decision table, and the proposals apart."""
    place = Place(request, release_or_404(release))
    typed, error, as_of = request.GET.get("as_of", "").strip(), "", place.today
    if typed:
        try:
            as_of = day(typed)
        except ValueError as wrong:
            error = str(wrong)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in INSTRUMENTS}
    unknown = 0
    for obligation in place.release.obligations:
        row = _obligation(place, obligation, as_of)
        if row is None:
            unknown += 1
        else:
            rows.setdefault(obligation.instrument, []).append(row)
    more = {
        "as_of": as_of,
        "typed": typed if error else as_of.isoformat(),
        "error": error,
        "groups": [{"id": name, "title": INSTRUMENTS.get(name, name), "rows": found} for name, found in rows.items() if found],
        "known": sum(len(found) for found in rows.values()),
        "unknown": unknown,
        "in_force": sum(row["in_force"] for found in rows.values() for row in found),
        "classes": _decision_table(place, as_of),
        "proposals": [
            {"proposal": p, "touches": [place.obligation(id_) for id_ in p.touches], "sources": place.sources(p.sources)}
            for p in place.release.proposals
        ],
    }
    return render(request, "compliance/obligations.html", context(request, place, "obligations", **more), status=422 if error else 200)


def _obligation(place: Place, obligation: Obligation, as_of: date) -> dict[str, Any] | None:
    """An obligation in the version known on that day; None where no act had brought it yet."""
    change = known_on(obligation.dates, as_of)
    if change is None:
        return None
    return {
        "obligation": obligation,
        "text": change.text or obligation.text,
        "applies_from": change.applies_from,
        "in_force": change.applies_from <= as_of,
        "role": obligation.role.replace("-", " "),
        "scope": SCOPES[obligation.scope],
        "clause": place.clause(obligation.when),
        "shown_by": [place.question(id_) for id_ in obligation.shown_by],
        "met": place.clause(obligation.met_when),
        "dates": _dates(place, obligation.dates, change, obligation.text),
    }


def _dates(place: Place, changes: Sequence[DatedChange], current: DatedChange, text: str) -> list[dict[str, Any]]:
    """Every dated change with its sources; ``current`` is the one that counts on the day. Where wordings differ each carries its own."""
    differ = len({change.text or text for change in changes}) > 1
    return [
        {
            "change": change,
            "current": change is current,
            "text": (change.text or text) if differ else "",
            "sources": place.sources(change.sources),
        }
        for change in changes
    ]


def _decision_table(place: Place, as_of: date) -> list[dict[str, Any]]:
    """The lines of the AI Act's table known on that day, in the order in which the classes are read."""
    found, anchored = [], set()
    for heading in place.release.class_headings:
        lines = []
        for line in place.release.class_rules:
            change = known_on(line.dates, as_of)
            if line.risk_class != heading.risk_class or change is None:
                continue
            anchor = line_anchor(line.reference)
            lines.append(
                {
                    "line": line, "anchor": "" if anchor in anchored else anchor, "applies_from": change.applies_from,
                    "in_force": change.applies_from <= as_of, "clause": place.clause(line.when),
                    "dates": _dates(place, line.dates, change, line.text),
                }
            )  # fmt: skip
            anchored.add(anchor)
        label, tone = CLASSES[heading.risk_class], CLASS_TONES[heading.risk_class]
        found.append({"heading": heading, "label": label, "tone": tone, "lines": lines})
    return found


@member()
@require_safe
def rules(request: HttpRequest, release: str) -> HttpResponse:
    """Blockers, then findings by how grave they are, each with the condition under which answers show it."""
    place = Place(request, release_or_404(release))
    blockers = [_rule(place, rule) for rule in place.release.rules if rule.blocker]
    groups = [{"id": "blockers", "title": _("Blockers"), "severity": "", "rows": blockers}]
    for severity in SEVERITIES:
        rows = [_rule(place, rule) for rule in place.release.rules if not rule.blocker and rule.severity == severity]
        groups.append({"id": severity, "title": _("Findings"), "severity": severity, "rows": rows})
    more = {"groups": [group for group in groups if group["rows"]], "blockers": len(blockers)}
    return render(request, "compliance/rules.html", context(request, place, "rules", **more))


def _rule(place: Place, rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule,
        "scope": SCOPES[rule.scope],
        "question": place.question(rule.question),
        "clause": place.clause(rule.when),
        "acceptable_by": ROLES[rule.acceptable_by] if rule.acceptable_by else "",
        "obligations": [place.obligation(id_) for id_ in rule.obligations],
        "sources": place.sources(rule.sources),
    }

"""The way that a policy sends a record through its sign-off: as a picture, and for one case that somebody tries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Organisation
from assessments.charts.drawing import Chart
from assessments.charts.route import ASKED, SKIPPED, UNSURE, Step, route_chart
from assessments.policy import Policy
from assessments.policy_changes import asks
from assessments.policy_conditions import Fact, facts, in_words, whole_number
from assessments.views.showing import manner

ALWAYS_OFFERED = ("risk_class", "residual_risk", "blockers", "cost_total")


@dataclass(frozen=True)
class Tried:
    """A case that somebody tries. ``fields``: what the form shows, in order; ``facts``: what was chosen, as conditions read it; ``asked``: whether
    anything was chosen at all; ``months``: after how many an approval would be reviewed."""

    fields: list[dict[str, Any]]
    facts: dict[str, str | int | bool]
    asked: bool
    months: int
    stages: list[str]


def tried(given: Mapping[str, str], policy: Policy, organisation: Organisation) -> Tried:
    """The case that the address says; what isn't chosen isn't known, and a number that can't be read is told beside its field."""
    known = facts()
    asked_for = "".join(rule.when or "" for rule in (*policy.stages, *policy.review))
    names = [name for name in known if name in ALWAYS_OFFERED or name in asked_for]
    fields, found = [], {}
    for name in names:
        fact, text = known[name], given.get(name, "").strip()
        if not text and name == "appetite" and not given:
            text = organisation.risk_appetite
        error = ""
        value = _value(fact, text)
        if text and value is None:
            error = _("Enter a whole number, in digits.") if fact.kind == "number" else _("This isn't one of the values.")
        if value is not None:
            found[name] = value
        fields.append(_field(name, fact, text, error))
    # What can't be read gives no answer, and not that of a case without it.
    asked = any(given.get(name, "").strip() for name in names) and not any(field["error"] for field in fields)
    stages = [stage.title for stage in policy.stages_for(found)] if asked else []
    return Tried(fields, found, asked, policy.review_months(found), stages)


def _value(fact: Fact, text: str) -> str | int | bool | None:
    if not text:
        return None
    if fact.kind == "number":
        return whole_number(text)
    if fact.kind == "yes_no":
        return {"yes": True, "no": False}.get(text)
    return text[:60] if not fact.values or text in fact.values else None


def _field(name: str, fact: Fact, text: str, error: str) -> dict[str, Any]:
    if fact.values:
        options = [("", _("Not known")), *((id_, str(label)[:1].upper() + str(label)[1:]) for id_, label in fact.values.items())]
        return {"name": name, "label": fact.label, "type": "select", "options": options, "value": text, "error": error}
    return {"name": name, "label": fact.label, "type": "text", "options": [], "value": text, "error": error}


def way(policy: Policy, names: Mapping[str, str], case: Tried | None = None, title: str = "") -> Chart:
    """The picture of a policy, or of the way that one case takes in it. ``names``: people's by reference."""
    steps = [
        Step(
            stage.title, asks(stage, names), stage.due_days, stage.meaning, in_words(stage.when) if stage.when else "",
            _state(stage.applies(case.facts)) if case is not None and case.asked else None,
        )
        for stage in policy.stages
    ]  # fmt: skip
    called = title or (_("The way of this case") if case is not None and case.asked else _("The way of a record"))
    return route_chart(called, steps, manner())


def _state(applies: bool | None) -> str:
    return UNSURE if applies is None else ASKED if applies else SKIPPED

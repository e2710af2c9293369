"""The frozen record as approvers read it: everything here comes from the snapshot's and the decision record's own content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from assessments import workflow
from assessments.figures import COST_FIGURES, DEMAND_FIGURES
from assessments.models import Assessment, BasisOfAnswer, DecisionRecord, Snapshot, Status, Verdict
from assessments.permissions import APPROVER
from assessments.snapshots import content_of, verdict_data
from assessments.views.common import allowed
from assessments.views.law import CLASSES
from assessments.views.places import questions_of, record_places
from assessments.views.presenting import amount, present
from assessments.views.results import charts_of, trace_url, what_if_url
from assessments.views.wire import dom_id

UNCHANGED = (Status.IN_REVIEW, Status.APPROVED, Status.REJECTED)  # where the assessment still is what its newest record froze
STATES = {
    "unknown": "Unknown",
    "not_applicable": "Not applicable",
    "unanswered": "Not answered",
    "hidden": "Not asked",
    "open": "Not known yet whether it is asked",
}
VERDICTS = {"approve": ("Approved", "good"), "reject": ("Rejected", "bad"), "return": ("Returned", "warn")}
MEANINGS = {"approval": "Approval", "review": "Review"}
VERIFIED = {
    "primary": "primary text read",
    "secondary": "read in a secondary source",
    "computed": "recomputed from stated inputs",
    "to_check": "to be checked",
    "judgement": "Countersign's own judgement",
}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def record_context(request: HttpRequest, assessment: Assessment, snapshot: Snapshot) -> dict[str, Any]:
    """The record page's context."""
    content = content_of(snapshot)
    asked = questions_of(content)
    decision = DecisionRecord.objects.filter(snapshot=snapshot).first()
    newest = assessment.latest_snapshot == snapshot
    in_review = newest and assessment.status == Status.IN_REVIEW
    return {
        "snapshot": snapshot,
        "content": content,
        "newest": newest,
        "submitted_at": moment(content["submitted"]["at"]),
        "numbers": list(assessment.snapshots.order_by("number").values_list("number", flat=True)),
        "decision": content_of(decision) if decision else None,
        "decision_digest": decision.digest if decision else "",
        "decided_at": moment(content_of(decision)["decision"]["at"]) if decision else None,
        "verdicts": _verdicts(snapshot, decision),
        "may_sign": in_review and workflow.may_sign(request.user, snapshot),  # type: ignore[arg-type]
        "barred": in_review and APPROVER in request.roles and not workflow.may_sign(request.user, snapshot),  # type: ignore[attr-defined, arg-type]
        "may_withdraw": in_review and allowed(request, "withdraw"),
        "may_read_report": allowed(request, "report"),
        "charts": charts_of(content),
        "trace_url": trace_url(request, assessment, snapshot),
        "questionnaires": _questionnaires(content),
        "demand": _demand(content),
        "cost_figures": _cost_figures(content),
        "figure_sources": _figure_sources(content),
        "sources": [s | {"verified": VERIFIED.get(s["verified"], s["verified"])} for s in content["sources"]],
        # A what-if varies the assessment as it stands: only while that is the record's own state can a change be tried from here.
        **present(content, record_places(asked), what_if_url(request, assessment) if newest and assessment.status in UNCHANGED else ""),
    }


def _verdicts(snapshot: Snapshot, decision: DecisionRecord | None) -> list[dict[str, Any]]:
    """From the decision record, or (returned: there is none) from the rows, which never change either."""
    if decision:
        found = content_of(decision)["verdicts"]
    else:
        found = [verdict_data(v) for v in Verdict.objects.filter(participation__snapshot=snapshot).select_related("participation__person")]
    return [
        v
        | {
            "label": VERDICTS[v["verdict"]][0],
            "tone": VERDICTS[v["verdict"]][1],
            "meaning": MEANINGS.get(v["meaning"], v["meaning"]),
            "role": v["role"].replace("_", " "),
            "at": moment(v["at"]),
        }
        for v in found
    ]


def _questionnaires(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Questionnaires with their sections; a question that isn't asked of anybody stands under ``hidden``."""
    keys = [option["id"] for option in content["options"]]
    names = {option["id"]: option["name"] for option in content["options"]}
    shown = []
    for questionnaire in content["questionnaires"]:
        sections = []
        for section in questionnaire["sections"]:
            rows = [_row(question, keys, names) for question in section["questions"]]
            sections.append(
                {
                    "title": section["title"],
                    "use_case": [r for r in rows if r["asked"] and r["scope"] == "use_case"],
                    "options": [r for r in rows if r["asked"] and r["scope"] == "option"],
                    "hidden": [r for r in rows if not r["asked"]],
                }
            )
        answers = [a for s in sections for r in (*s["use_case"], *s["options"]) for a in r["answers"] if a["state"] != "hidden"]
        shown.append(
            {
                "id": questionnaire["id"],
                "title": questionnaire["title"],
                "sections": sections,
                "asked": len(answers),
                "answered": sum(a["state"] in ("answered", "not_applicable") for a in answers),
            }
        )
    return shown


def _row(question: dict[str, Any], keys: list[str], names: dict[str, str]) -> dict[str, Any]:
    owners = ["use_case"] if question["scope"] == "use_case" else keys
    answers = [_answer(question["answers"].get(owner, {"state": "unanswered"}), names.get(owner, "")) for owner in owners]
    return {
        "id": dom_id(question["id"]),
        "key": question["id"],
        "scope": question["scope"],
        "text": question["text"],
        "why": question.get("why", ""),
        "answers": answers,
        "asked": any(a["state"] != "hidden" for a in answers),
    }


def _answer(answer: dict[str, Any], of: str) -> dict[str, Any]:
    state = answer["state"]
    return answer | {
        "of": of,
        "text": answer["display"] if state == "answered" else STATES.get(state, state),
        "basis_label": BasisOfAnswer(answer["basis"]).label if state == "answered" and answer.get("basis") else "",
        "answered_at": moment(answer.get("answered_at")),
    }


def _demand(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(label, value, unit) of each figure of the demand."""
    given = dict(content["file"].get("demand") or {})
    budget = given.pop("budget", None) or {}
    given |= {f"budget_{key}": figure for key, figure in budget.items()}
    rows = [(_("Currency"), str(given["currency"]), "")] if given.get("currency") else []
    return rows + [(spec.label, plain_figure(given[key]), spec.unit) for key, spec in DEMAND_FIGURES.items() if key in given]


def _figure_sources(content: dict[str, Any]) -> list[dict[str, str]]:
    """The cost figures that are published ones, with where they come from; a record of before that was kept has none."""
    names = {o["id"]: o["name"] for o in content["options"]}
    found = []
    for one in content.get("figure_sources", []):
        category, _dot, key = one["figure"].partition(".")
        found.append(
            {"option": names.get(one["option"], one["option"]), "label": COST_FIGURES[category][key].label, "source": one["source"]}
        )
    return found


def _cost_figures(content: dict[str, Any]) -> list[dict[str, Any]]:
    """For each category a table: a row a figure, a column an option."""
    options = content["file"]["options"]
    tables = []
    for category in content["cost_categories"]:
        given = [(o.get("costs") or {}).get(category["id"]) for o in options]
        if all(figures is None for figures in given):
            continue
        specs = COST_FIGURES.get(category["id"], {})
        keys = [k for k in specs if any(figures and k in figures for figures in given)]
        rows = [
            {"label": specs[k].label, "unit": specs[k].unit, "cells": [plain_figure(f[k]) if f and k in f else "" for f in given]}
            for k in keys
        ]
        notes = ["" if figures else _("costs nothing") if figures is not None else _("not known") for figures in given]
        tables.append({"title": category["title"], "rows": rows, "notes": notes})
    return tables


def plain_figure(figure: Any) -> str:
    """A number, or a range as low – likely – high, with thousands apart."""
    if isinstance(figure, dict):
        return " – ".join(plain_figure(figure[key]) for key in ("low", "likely", "high") if key in figure)
    text = str(figure)
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole.isdecimal() else text


def status_for(duty: dict[str, Any], option: str) -> str | None:
    """How a duty stands for one option; None where it isn't a duty of that option."""
    return duty["by_option"].get(option) if "by_option" in duty else duty["status"]


def key_facts(snapshot: Snapshot, content: dict[str, Any], typed: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """What a signature rests on at a glance, and the blockers to be accepted with it."""
    found, proposal = content["evaluation"], content["proposal"]
    option = next(o for o in found["options"] if o["id"] == proposal["option"])
    names = {o["id"]: o["name"] for o in content["options"]}
    findings = [f for f in content["findings"] if f["option"] == option["id"] and not f["blocker"]]
    return {
        "proposal": proposal,
        "proposed": option,
        "recommended_name": names.get(proposal["recommended"] or "", ""),
        "as_recommended": proposal["option"] == proposal["recommended"],
        "class_label": CLASSES[found["ai_act"]["risk_class"]],
        "total": amount(option["costs"].get("total", {}).get("likely")),
        "currency": found["currency"],
        "gaps": sum(status_for(duty, option["id"]) == "gap" for duty in content["obligations"]),
        "grave": [f for f in findings if f["severity"] in ("critical", "high")],
        "submitted_at": moment(content["submitted"]["at"]),
        "blockers": [
            blocker
            | {
                "name": (name := f"accept:{option['id']}:{blocker['id']}"),
                "element": dom_id(name.replace(":", "-")),
                "typed": typed.get(name, ""),
                "error": errors.get(name, ""),
            }
            for blocker in option["blockers"]
        ],
    }

"""The frozen record as approvers read it: everything here comes from the snapshot's and the decision record's own content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import formats
from assessments import routing
from assessments.changes import changes
from assessments.desk import Desk, desk_for
from assessments.figures import COST_FIGURES, DEMAND_FIGURES
from assessments.models import Assessment, BasisOfAnswer, DecisionRecord, Part, Participation, PartSeen, Snapshot, Stage, Status
from assessments.parts import PARTS, PartOfRecord
from assessments.permissions import APPROVER
from assessments.policy_changes import some_of
from assessments.policy_conditions import in_words
from assessments.records import verdict_data, verdicts_on
from assessments.snapshots import content_of
from assessments.verdicts import why_barred
from assessments.views.common import allowed
from assessments.views.decided import succession
from assessments.views.law import CLASSES
from assessments.views.places import questions_of, record_places
from assessments.views.presenting import amount, present
from assessments.views.results import charts_of
from assessments.views.tracing import trace_url
from assessments.views.what_if import what_if_url
from assessments.views.wire import dom_id
from audit.canonical import canonical_bytes, sha256_hex

ENDED = {
    Status.EXPIRED: gettext_lazy("It has expired on its review date."),
    Status.SUPERSEDED: gettext_lazy("A newer approval has taken its place."),
}
UNCHANGED = (Status.IN_REVIEW, Status.APPROVED, Status.REJECTED)  # where the assessment still is what its newest record froze
STATES = {
    "unknown": gettext_lazy("Unknown"),
    "not_applicable": gettext_lazy("Not applicable"),
    "unanswered": gettext_lazy("Not answered"),
    "hidden": gettext_lazy("Not asked"),
    "open": gettext_lazy("Not known yet whether it is asked"),
}
VERDICTS = {
    "approve": (gettext_lazy("Approved"), "good"), "approve_with_conditions": (gettext_lazy("Approved with conditions"), "good"),
    "reject": (gettext_lazy("Rejected"), "bad"), "return": (gettext_lazy("Returned"), "warn"), "abstain": (gettext_lazy("Abstained"), "warn"),
}  # fmt: skip
MEANINGS = {"approval": gettext_lazy("Approval"), "review": gettext_lazy("Review")}
VERIFIED = {
    "primary": gettext_lazy("primary text read"),
    "secondary": gettext_lazy("read in a secondary source"),
    "computed": gettext_lazy("recomputed from stated inputs"),
    "to_check": gettext_lazy("to be checked"),
    "judgement": gettext_lazy("Countersign's own judgement"),
}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def record_context(request: HttpRequest, assessment: Assessment, snapshot: Snapshot, latest: int) -> dict[str, Any]:
    """The record page's context. ``latest``: the number of the newest snapshot; they are numbered from 1 without a gap."""
    content = content_of(snapshot)
    asked = questions_of(content)
    decision: DecisionRecord | None = getattr(snapshot, "decision_record", None)
    numbers = range(1, latest + 1)
    newest = latest == snapshot.number
    in_review = newest and assessment.status == Status.IN_REVIEW
    desk = desk_for(request.user, snapshot) if in_review and APPROVER in request.roles else None  # type: ignore[attr-defined, arg-type]
    sign_off = desk.sign_off if desk else routing.SignOff(snapshot)
    verdicts = _verdicts(snapshot, decision, void=not in_review and decision is None)
    ended = "" if in_review else _how_it_ended(verdicts, newest and assessment.status == Status.WITHDRAWN)
    return {
        "snapshot": snapshot,
        "content": content,
        "newest": newest,
        "submitted_at": moment(content["submitted"]["at"]),
        "numbers": numbers,
        "decision": content_of(decision) if decision else None,
        "decision_digest": decision.digest if decision else "",
        "decided_at": moment(content_of(decision)["decision"]["at"]) if decision else None,
        "verdicts": verdicts,
        "stages": stage_rows(sign_off.standings(), content, in_review, ended),
        **(_reading(request, snapshot, desk) if desk else {}),
        **since_before(request, assessment, snapshot, content),
        "register": [f for f in content.get("register", []) if f["option"] == content["proposal"]["option"]],
        "review_on": assessment.review_on,
        **(_after(request, assessment, content_of(decision)) if decision and newest else {}),
        "ended": str(ENDED[Status(assessment.status)]) if assessment.status in ENDED else "",
        "stuck": in_review and sign_off.stuck,
        "may_withdraw": in_review and allowed(request, "withdraw"),
        "may_read_report": allowed(request, "report"),
        "charts": charts_of(content),
        "chart_query": f"record={snapshot.number}",
        "trace_url": trace_url(request, assessment, snapshot),
        "questionnaires": _questionnaires(content),
        "demand": _demand(content),
        "cost_figures": _cost_figures(content),
        "figure_sources": _figure_sources(content),
        "sources": [s | {"verified": VERIFIED.get(s["verified"], s["verified"])} for s in content["sources"]],
        # A what-if varies the assessment as it stands: only while that is the record's own state can a change be tried from here.
        **present(content, record_places(asked), what_if_url(request, assessment) if newest and assessment.status in UNCHANGED else ""),
    }


def _after(request: HttpRequest, assessment: Assessment, decided: dict[str, Any]) -> dict[str, Any]:
    """What has become of the decision: its acceptances by what is left of their days, and the assessment that comes after this one."""
    today = timezone.now().date()
    days = [date.fromisoformat(a["expires_on"]) if a.get("expires_on") else None for a in decided["acceptances"]]
    successor, may_succeed = succession(request, assessment)
    return {
        "acceptances": [
            a | {"until": day, "over": day is not None and day < today} for a, day in zip(decided["acceptances"], days, strict=True)
        ],
        "acceptances_end": any(day is not None for day in days),
        "successor": successor,
        "may_succeed": may_succeed,
    }


def _reading(request: HttpRequest, snapshot: Snapshot, desk: Desk) -> dict[str, Any]:
    """For an approver: the parts that they have read, if it is their turn, and why it isn't otherwise."""
    if later := needed_later(request.user, desk):
        return {"needed_later": later}
    if desk.may_speak:
        read = {part.key: part for part in desk.parts}
        return {"may_sign": True, "read": read, "unread": len(desk.unread), "progress": progress_of(desk.parts)}
    if had := desk.sign_off.part_of(request.user):  # type: ignore[arg-type]
        return {"barred": why_barred(had)}
    return {"barred": _("You are an approver, but it isn't your turn: see who signs.")}


def needed_later(person: Any, desk: Desk) -> str:
    """Why an approval in this stage would be refused, told before anything is read and typed; empty where it wouldn't be."""
    if desk.turn is None or not desk.may_speak or desk.turn.stage == desk.stages[-1].stage:
        return ""
    if desk.sign_off.still_fillable(desk.turn.stage, person):
        return ""
    return _(
        "You are needed at a later stage, and nobody may sign a record twice, so somebody else approves it at the stage %(stage)s."
    ) % {"stage": desk.turn.stage.title}


def progress_of(parts: list[PartOfRecord]) -> dict[str, Any]:
    """How far somebody has read: ``read`` of ``of`` parts, and the ``next`` one, None where all are read."""
    unread = [part for part in parts if part.seen_at is None]
    return {"read": len(parts) - len(unread), "of": len(parts), "next": unread[0] if unread else None, "parts": parts}


def since_before(request: HttpRequest, assessment: Assessment, snapshot: Snapshot, content: dict[str, Any]) -> dict[str, Any]:
    """What changed since the record that the person decided on or read to the end last; or else since the last one that they began to read, or
    since the one before."""
    if snapshot.number == 1:
        return {}
    read = PartSeen.objects.filter(snapshot=OuterRef("pk"), person=request.user.pk).order_by().values("snapshot").annotate(n=Count("pk"))
    decided = Participation.objects.filter(snapshot=OuterRef("pk"), person=request.user.pk, part=Part.APPROVER)
    whole = Case(When(number=1, then=len(PARTS) - 1), default=len(PARTS))
    earlier = assessment.snapshots.filter(number__lt=snapshot.number).annotate(decided=Exists(decided), read=Subquery(read.values("n")))
    seen = Case(When(Q(decided=True) | Q(read__gte=whole), then=2), When(read__gt=0, then=1), default=0)
    before = earlier.order_by(seen.desc(), "-number").first()
    assert before is not None
    return {"since": before.number, "changed": changes(content_of(before), content)}


TONES = {"closed": "good", "open": "warn", "waiting": ""}


def _how_it_ended(verdicts: list[dict[str, Any]], withdrawn: bool) -> str:
    """What a stage that nobody will sign in any more says; empty where all of them have been signed in."""
    given = {v["verdict"] for v in verdicts}
    if "reject" in given:
        return _("Ended: rejected")
    if "return" in given:
        return _("Ended: returned")
    return _("Ended: withdrawn") if withdrawn else ""


def stage_rows(
    standings: Iterable[routing.StageStanding], content: dict[str, Any], in_review: bool, ended: str = ""
) -> list[dict[str, Any]]:
    """Each stage in words: how far it is, whom it asks, and why it is there. ``ended``: what those say that won't be opened any more."""
    asked = {stage["key"]: stage for stage in content.get("routing", {}).get("stages", [])}
    rows = []
    open_seen = False
    for standing in standings:
        stage = standing.stage
        current = in_review and not standing.closed and not open_seen
        open_seen = open_seen or not standing.closed
        state = "closed" if standing.closed else "open" if current else "waiting"
        given = _("%(given)s of %(needed)s signatures") % {"given": standing.given, "needed": stage.needed}
        rows.append(
            {
                "stage": stage, "current": current, "tone": TONES[state],
                "label": {"closed": _("Done"), "open": given, "waiting": ended or _("Not open yet")}[state],
                "asks": asks(stage, asked.get(stage.key, {}).get("people", [])),
                "meaning": _("means %(meaning)s") % {"meaning": MEANINGS.get(stage.meaning, stage.meaning).lower()},
                "due_on": standing.due_on if current else None, "why": why_stage(asked.get(stage.key, {})),
            }
        )  # fmt: skip
    return rows


def asks(stage: Stage, people: list[dict[str, str]]) -> str:
    """Whom a stage asks, in words."""
    if not people:
        return _("Any approver") if stage.needed == 1 else _("%(n)s approvers") % {"n": stage.needed}
    return some_of([person["name"] for person in people], stage.needed)


def why_stage(routed: dict[str, Any]) -> str:
    if not routed.get("when"):
        return ""
    when = in_words(routed["when"])
    if routed["certain"]:
        return _("Asked because %(when)s, by the policy.") % {"when": when}
    return _("Asked because it can't be told whether %(when)s, by the policy.") % {"when": when}


def _verdicts(snapshot: Snapshot, decision: DecisionRecord | None, *, void: bool) -> list[dict[str, Any]]:
    """From the decision record, or (none yet, or returned) from the rows, which never change either; ``void``: the record came to no decision."""
    found = content_of(decision)["verdicts"] if decision else [verdict_data(v) for v in verdicts_on(snapshot)]
    return [
        v
        | {
            "label": VERDICTS[v["verdict"]][0],
            "tone": VERDICTS[v["verdict"]][1],
            "meaning": MEANINGS.get(v["meaning"], v["meaning"]),
            "known_by": known_by(v["authentication"]),
            "role": v["role"].replace("_", " "),
            "at": moment(v["at"]),
            "void": void and v["verdict"] in ("approve", "approve_with_conditions"),
            "signed_digest": sha256_hex(canonical_bytes(v["signed"])) if v.get("signed") else "",
        }
        for v in found
    ]


FACTORS = {
    "totp": gettext_lazy("a code of an authenticator app"),
    "recovery-code": gettext_lazy("a recovery code"),
    "passkey": gettext_lazy("a passkey"),
}
FIRST_FACTORS = {"password": gettext_lazy("password"), "session": gettext_lazy("the session"), "token": gettext_lazy("an API token")}


def known_by(authentication: str) -> str:
    """How somebody was known, in words: ``password+totp`` is a password and a code of an authenticator app."""
    first, _plus, second = authentication.partition("+")
    said = (
        _("a sign-in through %(provider)s") % {"provider": first.removeprefix("provider:")} if first.startswith("provider:")
        else str(FIRST_FACTORS.get(first, first))
    )  # fmt: skip
    return _("%(first)s and %(second)s") % {"first": said, "second": FACTORS.get(second, second)} if second else said


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
    answers = [_answer(question["answers"].get(owner, {"state": "unanswered"}), names.get(owner, ""), question["type"]) for owner in owners]
    return {
        "id": dom_id(question["id"]),
        "key": question["id"],
        "scope": question["scope"],
        "text": question["text"],
        "why": question.get("why", ""),
        "answers": answers,
        "asked": any(a["state"] != "hidden" for a in answers),
    }


def _answer(answer: dict[str, Any], of: str, kind: str) -> dict[str, Any]:
    state, shown = answer["state"], answer.get("display", "")
    if kind == "number":
        shown = formats.numbers(shown)
    return answer | {
        "of": of,
        "text": shown if state == "answered" else STATES.get(state, state),
        "basis_label": BasisOfAnswer(answer["basis"]).label if state == "answered" and answer.get("basis") else "",
        "answered_at": moment(answer.get("answered_at")),
    }


def _demand(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(label, value, unit) of each figure of the demand."""
    given = dict(content["file"].get("demand") or {})
    budget = given.pop("budget", None) or {}
    given |= {f"budget_{key}": figure for key, figure in budget.items()}
    rows = [(_("Currency"), str(given["currency"]), "")] if given.get("currency") else []
    return rows + [(_(spec.label), plain_figure(given[key]), _(spec.unit)) for key, spec in DEMAND_FIGURES.items() if key in given]


def _figure_sources(content: dict[str, Any]) -> list[dict[str, str]]:
    """The cost figures that are published ones, with where they come from; a record of before that was kept has none."""
    names = {o["id"]: o["name"] for o in content["options"]}
    found = []
    for one in content.get("figure_sources", []):
        category, _dot, key = one["figure"].partition(".")
        found.append(
            {"option": names.get(one["option"], one["option"]), "label": _(COST_FIGURES[category][key].label), "source": one["source"]}
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
            {"label": _(specs[k].label), "unit": _(specs[k].unit), "cells": [plain_figure(f[k]) if f and k in f else "" for f in given]}
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
    return formats.number(f"{int(whole):,}{dot}{rest}") if whole.isdecimal() else text


def status_for(duty: dict[str, Any], option: str) -> str | None:
    """How a duty stands for one option; None where it isn't a duty of that option."""
    return duty["by_option"].get(option) if "by_option" in duty else duty["status"]


def key_facts(content: dict[str, Any]) -> dict[str, Any]:
    """What a signature rests on at a glance."""
    found, proposal = content["evaluation"], content["proposal"]
    option = next(o for o in found["options"] if o["id"] == proposal["option"])
    names = {o["id"]: o["name"] for o in content["options"]}
    treated = {entry["finding"]: entry for entry in content.get("register", []) if entry["option"] == option["id"]}
    mine = [f | {"treated": treated.get(f["id"])} for f in content["findings"] if f["option"] == option["id"]]
    return {
        "proposal": proposal,
        "proposed": option,
        "recommended_name": names.get(proposal["recommended"] or "", ""),
        "as_recommended": proposal["option"] == proposal["recommended"],
        "class_label": CLASSES[found["ai_act"]["risk_class"]],
        "total": amount(option["costs"].get("total", {}).get("likely")),
        "currency": found["currency"],
        "gaps": sum(status_for(duty, option["id"]) == "gap" for duty in content["obligations"]),
        "blockers": [f for f in mine if f["blocker"]],
        "grave": [f for f in mine if not f["blocker"] and f["severity"] in ("critical", "high")],
        "submitted_at": moment(content["submitted"]["at"]),
    }

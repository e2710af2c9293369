"""The frozen records: the snapshot of what was submitted and the decision record of what was decided on it.

Both are canonical JSON (RFC 8785) and stand on their own: they copy every text, source, name and version that they need, so that later edits
change nothing that was signed.
"""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.formats import as_recorded
from accounts.models import User
from assessments.evaluation import asked_of, release_of
from assessments.grounds import figures, grounds
from assessments.models import Assessment, Option, Response, State
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.rounding import plain
from assessments.scoring.study import study
from assessments.scoring.write import assessment_data
from audit.canonical import canonical_bytes
from compliance.catalogue.index import as_data, index
from compliance.catalogue.model import Question, Release
from compliance.classification import Duty

SNAPSHOT_FORMAT = "countersign/snapshot@1"
WORSE = ("met", "unknown", "gap")
COMPUTED_BY = ("countersign", "common-expression-language", "numpy", "scipy", "pydantic", "rfc8785", "weasyprint", "vl-convert-python")


def sealed(data: dict[str, Any]) -> tuple[bytes, str]:
    """Canonical bytes and their digest."""
    content = canonical_bytes(data)
    return content, "sha256:" + hashlib.sha256(content).hexdigest()


def content_of(row: Any) -> dict[str, Any]:
    """What a Snapshot or a DecisionRecord holds, as data."""
    return json.loads(bytes(row.content))


def utc(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


@as_recorded()
def build(
    *,
    assessment: Assessment,
    evaluation: Evaluation,
    number: int,
    submitted_by: User,
    at: datetime,
    parts: dict[User, str],
    register: list[dict[str, Any]],
    routing: dict[str, Any],
) -> tuple[bytes, str]:
    """The snapshot of ``assessment`` as it stands now, as canonical bytes and digest; ``evaluation`` is its evaluation, ``register`` the
    findings with their treatments, ``routing`` who is asked to sign it and why (``routing_data``)."""
    found = study(evaluation, trace=True)
    release = release_of(assessment)
    use_case, option = assessment.use_case, assessment.proposed_option
    assert option is not None
    return sealed(
        {
            "format": SNAPSHOT_FORMAT,
            "number": number,
            "organisation": {"slug": assessment.organisation.slug, "name": assessment.organisation.name},
            "assessment": {"id": str(assessment.pk), "title": assessment.title},
            "use_case": {
                "name": use_case.name,
                "purpose": use_case.purpose,
                "archetype": use_case.archetype,
                "archetype_title": index(release).archetypes[use_case.archetype].title,
                "owner": use_case.owner,
                "people_affected": use_case.people_affected,
            },
            "catalogue": found["catalogue"],
            "as_of": found["as_of"],
            "file": assessment_data(evaluation.facts, release),
            "questionnaires": questionnaires(assessment, evaluation),
            "options": [
                {"id": o.key, "name": o.name, "sourcing": o.sourcing, "provider": o.provider, "model": o.model} | fallback_data(o)
                for o in assessment.options.all()
            ],
            "criteria": [{"id": c.id, "title": c.title, "description": c.description} for c in release.criteria],
            "cost_categories": [
                {"id": c.id, "title": c.title, "fields": [{"key": f.key, "text": f.text, "unit": f.unit} for f in c.fields]}
                for c in release.cost_categories
            ],
            "figure_sources": figure_sources(assessment),
            "figures": figures(assessment),
            "grounds": grounds(evaluation),
            "losses": losses(release),
            **({"robustness": robustness(release)} if release.robustness else {}),
            "providers": providers(release, found),
            "obligations": obligations(evaluation),
            "class_texts": class_texts(evaluation),
            "findings": findings(release, found),
            "register": [{key: value for key, value in entry.items() if key != "revision"} for entry in register],
            "routing": routing,
            "evaluation": found,
            "proposal": {
                "option": option.key,
                "option_name": option.name,
                "recommended": found["recommendation"]["option"],
                "reason": assessment.proposal_reason.strip(),
            },
            "sources": [
                {"id": s.id, "title": s.title, "reference": s.reference, "read_on": s.read_on.isoformat(), "verified": s.verified,
                 "note": s.note}
                for s in release.sources
            ],
            "people": sorted(
                ({"reference": person.reference, "name": person.name, "part": str(part)} for person, part in parts.items()),
                key=lambda p: p["reference"],
            ),
            "submitted": {"by": submitted_by.name, "reference": submitted_by.reference, "at": utc(at)},
            "software": software(),
        }
    )  # fmt: skip


def fallback_data(option: Option) -> dict[str, Any]:
    """The second model that a combined option holds ready, if it has one."""
    if not option.fallback_sourcing:
        return {}
    return {
        "fallback": {"sourcing": option.fallback_sourcing, "provider": option.fallback_provider, "model": option.fallback_model},
    }


def figure_sources(assessment: Assessment) -> list[dict[str, str]]:
    """Where the cost figures come from that are published ones."""
    sourced = assessment.figures.exclude(source="").select_related("option").order_by("option__position", "category", "key")
    return [{"option": f.option.key if f.option else "", "figure": f"{f.category}.{f.key}", "source": f.source} for f in sourced]


def losses(release: Release) -> list[dict[str, Any]]:
    """The texts of the catalogue's scenarios of loss, of what changes them and of what others bear; the evaluation names them by their ids."""
    return [
        {
            "id": s.id,
            "title": s.title,
            "description": s.description,
            "changes": [{"id": c.id, "title": c.title} for c in s.changes],
            "transfers": [{"id": t.id, "title": t.title} for t in s.transfers],
        }
        for s in release.losses
    ]


def robustness(release: Release) -> dict[str, Any]:
    """How weights and values were varied; ``doubts``: of an answer on a basis, the share of its value that may turn out not to be there."""
    parameters = release.robustness
    assert parameters is not None
    return {
        "weight_factor": plain(parameters.weight_factor),
        "doubts": [{"basis": d.basis, "share": plain(d.share)} for d in parameters.doubts],
    }


def providers(release: Release, evaluation: dict[str, Any]) -> list[dict[str, str]]:
    """The names of the providers whose published prices are held against an option."""
    known = index(release).providers
    ids = sorted({b["managed"]["provider"] for b in evaluation["break_even"] if "managed" in b})
    return [{"id": id_, "name": known[id_].name} for id_ in ids]


def software() -> dict[str, str]:
    """The versions that computed the record."""
    versions = {"countersign": settings.VERSION, "python": platform.python_version()}
    return versions | {name: version(name) for name in COMPUTED_BY if name != "countersign"}


def questionnaires(assessment: Assessment, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Every question as it is asked, with what was answered, on what basis, by whom and with which evidence."""
    rows: dict[tuple[str, str], Response] = {}
    answers = assessment.responses.select_related("option", "answered_by").prefetch_related("evidence")
    for response in answers:
        rows[(response.option.key if response.option else "use_case", response.question)] = response
    keys = [o.key for o in assessment.options.all()]

    def answers_to(question: Question) -> dict[str, Any]:
        owners = ["use_case"] if question.scope == "use_case" else keys
        return {
            owner: answer_data(
                question,
                rows.get((owner, question.id)),
                asked_of(evaluation, question.id, None if owner == "use_case" else owner).visible,
                assessment.currency,
            )
            for owner in owners
        }

    return [
        {
            "id": q.id,
            "title": q.title,
            "sections": [
                {
                    "id": s.id,
                    "title": s.title,
                    "questions": [as_data(question) | {"answers": answers_to(question)} for question in s.questions],
                }
                for s in q.sections
            ],
        }
        for q in evaluation.release.questionnaires
    ]


def answer_data(question: Question, response: Response | None, visible: bool | None, currency: str) -> dict[str, Any]:
    """One answer in full; ``state`` is ``hidden`` where the question's condition hides it, ``open`` where that isn't known yet."""
    asked = {True: None, False: "hidden", None: "open"}[visible]
    if response is None:
        return {"state": asked or State.UNANSWERED.value}
    return {
        "state": asked or response.state,
        "value": response.value,
        "display": display(question, response, currency),
        "basis": response.basis,
        "note": response.note,
        "answered_by": response.answered_by.name if response.answered_by else None,
        "answered_at": utc(response.answered_at),
        "revision": response.revision,
        "evidence": [{"name": e.name, "sha256": e.sha256, "size": e.size, "type": e.content_type} for e in response.evidence.all()],
    }


def display(question: Question, response: Response, currency: str = "") -> str:
    """An answer in the words that a person reads; in a snapshot they are in English, whoever submits it. ``currency``: the demand's."""
    if response.state != State.ANSWERED:
        return response.get_state_display()
    texts = {choice.id: choice.text for choice in question.choices}
    if isinstance(response.value, list):
        return "; ".join(texts.get(v) or v for v in response.value) or _("None of these")
    shown = texts.get(str(response.value), str(response.value))
    if not shown or not question.unit:
        return shown
    return question.measured(f"{Decimal(shown):,f}", currency) if question.money else question.measured(shown)


def obligations(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Every duty that applies on the day, of the AI Act and of other law, with its text and its sources on that day.

    One that each option meets or doesn't has ``by_option`` (option id -> status); its own status is then the worst of them.
    """
    rows = {duty.obligation.id: duty_data(duty) for duty in evaluation.classification.duties}
    by_option: dict[str, dict[str, Duty]] = {}
    for option in evaluation.options:
        for duty in option.duties:
            by_option.setdefault(duty.obligation.id, {})[option.facts.id] = duty
    for id_, found in by_option.items():
        worst = max(found.values(), key=lambda duty: WORSE.index(duty.status))
        rows[id_] = duty_data(worst) | {"by_option": {option: duty.status for option, duty in found.items()}}
    return [rows[o.id] for o in evaluation.release.obligations if o.id in rows]


def duty_data(duty: Duty) -> dict[str, Any]:
    return {
        "id": duty.obligation.id,
        "instrument": duty.obligation.instrument,
        "reference": duty.obligation.reference,
        "title": duty.obligation.title,
        "text": duty.text,
        "role": duty.obligation.role,
        "applies_from": duty.applies_from.isoformat(),
        "in_force": duty.in_force,
        "status": duty.status,
        "sources": sorted({source for change in duty.obligation.dates for source in change.sources}),
    }


def class_texts(evaluation: Evaluation) -> list[dict[str, str]]:
    """The basis of the class with the wording of each point."""
    return [{"reference": basis.reference, "text": basis.text} for basis in evaluation.classification.basis]


def findings(release: Release, evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """Every finding of every option with its texts; a blocker carries the message that the evaluation gave it."""
    rules = index(release).rules
    found = []
    for option in evaluation["options"]:
        blockers = {b["id"]: b for b in option["blockers"]}
        for finding in option["findings"]:
            rule, blocker = rules[finding["id"]], blockers.get(finding["id"])
            found.append(
                {
                    **finding,
                    "option": option["id"],
                    "title": rule.title,
                    "message": blocker["message"] if blocker else rule.message,
                    "blocker": blocker is not None,
                    "acceptable_by": blocker["acceptable_by"] if blocker else None,
                    "sources": list(rule.sources),
                }
            )
    return found


def to_be_accepted(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings that an approval of the proposal must accept: each blocker of its option, and each that is to be accepted rather than
    treated. ``id``, ``option``, ``title``, ``message``, ``inherent``, ``residual``, ``acceptable_by``, ``longest_days`` (None in records of before
    acceptances had a last day)."""
    proposed = content["proposal"]["option"]
    if "register" not in content:
        option = next(o for o in content["evaluation"]["options"] if o["id"] == proposed)
        old = {"option": proposed, "title": "", "inherent": "", "residual": "", "longest_days": None}
        return [old | {key: blocker[key] for key in ("id", "message", "acceptable_by")} for blocker in option["blockers"]]
    rights = content["routing"]["acceptance"]
    return [
        {
            "id": entry["finding"],
            "option": proposed,
            **{key: entry[key] for key in ("title", "message", "inherent", "residual", "acceptable_by", "plan", "blocker")},
            "longest_days": rights[entry["inherent"]]["longest_days"],
        }
        for entry in content["register"]
        if entry["option"] == proposed and (entry["blocker"] or entry["treatment"] == "accept")
    ]

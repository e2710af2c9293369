"""Import and export of the assessment file, by the same functions as a person's own work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from assessments.answering import DIGITS, LONGEST_TEXT, keepable
from assessments.editing import assessment_create, note_change
from assessments.errors import Refused
from assessments.evaluation import DEMAND, facts_of, release_of
from assessments.models import Assessment, DecisionRecord, Evidence, Figure, Option, Snapshot
from assessments.models import Response as Row
from assessments.permissions import require
from assessments.scoring.facts import Demand, Facts, OptionFacts, Response
from assessments.scoring.file import read_assessment
from assessments.scoring.write import assessment_data, write_assessment
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release
from compliance.releases import named

ID_LENGTH, NAME_LENGTH = 60, 200


def import_assessment(
    *, actor: User, organisation: Organisation, text: str, name: str = "the file", title: Callable[[str], str] | None = None
) -> Assessment:
    """A draft with everything that the file says; raises scoring.file.FileErrors with all that is wrong, and writes nothing then.

    Evidence is named in the draft with its SHA-256; the files themselves don't travel in the text. ``title``: what to call it, from what the
    file calls it.
    """
    facts, release = read_assessment(text, name, named, timezone.now().date())
    if facts.archetype is None:
        raise Refused(
            _("The file names no archetype."), {"file": _("Give use_case.archetype; the assessment's weights and questions hang on it.")}
        )
    with transaction.atomic():
        return create_from_facts(actor=actor, organisation=organisation, facts=facts, release=release, title=title)


def create_from_facts(
    *, actor: User, organisation: Organisation, facts: Facts, release: Release, title: Callable[[str], str] | None = None
) -> Assessment:
    """A draft from plain facts, whose values were checked when they were read. One event tells the whole import, with every answer and figure."""
    known = index(release)
    require_fitting(facts)
    called = facts.title or facts.use_case_name or "Imported assessment"
    assessment = assessment_create(
        actor=actor, organisation=organisation, title=title(called) if title else called, name=facts.use_case_name or called,
        purpose=facts.purpose or called,
        archetype=facts.archetype or "", release=release, currency=facts.demand.currency, as_of=facts.as_of, weights=stored_weights(facts),
    )  # fmt: skip
    now = timezone.now()
    options: dict[str, Option] = {
        o.id: Option(
            assessment=assessment, key=o.id, name=o.label, sourcing=o.sourcing, provider=o.provider, model=o.model,
            currency=o.costs.currency or "", position=position, **stored_fallback(o),
        )
        for position, o in enumerate(facts.options)
    }  # fmt: skip
    Option.objects.bulk_create(options.values())
    given: list[tuple[Option | None, str, Response]] = [(None, question, r) for question, r in facts.responses.items()]
    given += [(options[o.id], question, r) for o in facts.options for question, r in o.responses.items()]
    rows = [
        Row(
            assessment=assessment, option=option, question=question, state=r.state, value=stored_value(r), basis=r.basis, note=r.note,
            revision=1, answered_by=actor, answered_at=now,
        )
        for option, question, r in given
    ]  # fmt: skip
    Row.objects.bulk_create(rows)
    Evidence.objects.bulk_create(
        Evidence(response=row, name=e.file, content_type="", size=0, sha256=e.sha256, uploaded_by=actor)
        for row, (_, _, r) in zip(rows, given, strict=True)
        for e in r.evidence
    )
    Figure.objects.bulk_create(
        Figure(assessment=assessment, option=option, category=category, key=key, revision=1, entered_by=actor, entered_at=now, **amounts)
        for option, category, key, amounts in stored_figures(facts, options)
    )
    data = assessment_data(facts, release)
    texts = [("", free_text(known, data["use_case"])), *((o["id"], free_text(known, o)) for o in data["options"])]
    note_change(
        assessment, actor, "assessment.imported",
        {"options": [without_free_text(known, o) for o in data["options"]], "use_case": without_free_text(known, data["use_case"]),
         "demand": data.get("demand", {})},
        {"texts_after": json.dumps({key or "use_case": found for key, found in texts if found}, ensure_ascii=False)},
    )  # fmt: skip
    return assessment


def require_fitting(facts: Facts) -> None:
    """A file may hold longer texts and finer figures than a form takes; raises Refused naming each that can't be kept."""
    wrong: dict[str, str] = {}
    for option in facts.options:
        if len(option.id) > ID_LENGTH:
            wrong[f"options.{option.id}.id"] = _("has %(n)d characters; at most %(most)d are kept") % {
                "n": len(option.id),
                "most": ID_LENGTH,
            }
        texts = {field: getattr(option, field) for field in ("name", "provider", "model")}
        if option.fallback:
            texts |= {"fallback.provider": option.fallback.provider, "fallback.model": option.fallback.model}
        for field, text in texts.items():
            if len(text) > NAME_LENGTH:
                wrong[f"options.{option.id}.{field}"] = _("has %(n)d characters; at most %(most)d are kept") % {
                    "n": len(text),
                    "most": NAME_LENGTH,
                }
    everybody = [("use_case", facts.responses)] + [(f"options.{o.id}", o.responses) for o in facts.options]
    for owner, responses in everybody:
        for question, response in responses.items():
            if len(response.note) > LONGEST_TEXT or len(str(response.value)) > LONGEST_TEXT:
                wrong[f"{owner}.{question}"] = _("is longer than %(most)d characters") % {"most": LONGEST_TEXT}
            if any(len(e.file) > NAME_LENGTH for e in response.evidence):
                wrong[f"{owner}.{question}.evidence"] = _("a file's name has more than %(most)d characters") % {"most": NAME_LENGTH}
    for option_row, category, key, amounts in stored_figures(facts, {o.id: Option(key=o.id) for o in facts.options}):
        if any(amount is not None and not keepable(amount) for amount in amounts.values()):
            wrong[f"options.{option_row.key}.costs.{category}.{key}" if option_row else f"demand.{key}"] = str(DIGITS)
    if wrong:
        listed = "; ".join(f"{key} {message}" for key, message in wrong.items())
        raise Refused(_("The file holds more than can be kept: %(listed)s") % {"listed": listed}, wrong)


def stored_weights(facts: Facts) -> str | dict[str, str]:
    return facts.weights if isinstance(facts.weights, str) else {criterion: f"{weight:f}" for criterion, weight in facts.weights.items()}


def stored_fallback(option: OptionFacts) -> dict[str, str]:
    held = option.fallback
    return {"fallback_sourcing": held.sourcing, "fallback_provider": held.provider, "fallback_model": held.model} if held else {}


def stored_value(response: Response) -> str | list[str] | None:
    """A fact's value as a row keeps it."""
    value = response.value
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if value is not None else None


def stored_figures(facts: Facts, options: dict[str, Option]) -> Iterator[tuple[Option | None, str, str, dict[str, Decimal | None]]]:
    """(option, category, key, amounts) for each figure of the demand and of every option's costs."""
    for key, figure in demand_figures(facts.demand).items():
        yield None, DEMAND, key, {"low": None, "likely": Decimal(figure), "high": None}
    for option in facts.options:
        for category, entries in option.costs.categories.items():
            if not entries:
                yield options[option.id], category, "", {"low": None, "likely": Decimal(0), "high": None}
            for key, cost in entries.items():
                low, high = (None, None) if cost.certain else (cost.low, cost.high)
                yield options[option.id], category, key, {"low": low, "likely": cost.likely, "high": high}


def without_free_text(known: Index, part: dict[str, Any]) -> dict[str, Any]:
    """Answers by question as the trail may keep them for good: value and basis, no note, no text, no name."""
    answers = {}
    for question, answer in part.get("responses", {}).items():
        if known.questions[question].type != "text":
            answers[question] = {k: answer[k] for k in ("value", "basis") if k in answer} if isinstance(answer, dict) else answer
            if isinstance(answer, dict) and "evidence" in answer:
                answers[question]["evidence"] = [one.get("sha256", "") for one in answer["evidence"]]
    held = {"fallback_sourcing": part["fallback"]["sourcing"]} if "fallback" in part else {}
    return {"responses": answers} | {k: part[k] for k in ("id", "sourcing", "costs") if k in part} | held


def free_text(known: Index, part: dict[str, Any]) -> dict[str, Any]:
    """What ``without_free_text`` leaves out of the same part, to stand beside the hashed bytes, where it can be erased."""
    found: dict[str, Any] = {name: part[name] for name in ("name", "provider", "model") if name in part and "id" in part}
    found |= {f"fallback_{name}": part["fallback"][name] for name in ("provider", "model") if name in part.get("fallback", {})}
    for question, answer in part.get("responses", {}).items():
        told = answer if isinstance(answer, dict) else {"value": answer}
        texts = {"note": told["note"]} if "note" in told else {}
        texts |= {"value": told["value"]} if known.questions[question].type == "text" else {}
        texts |= {"files": [one["file"] for one in told["evidence"]]} if "evidence" in told else {}
        if texts:
            found.setdefault("responses", {})[question] = texts
    return found


def demand_figures(demand: Demand) -> dict[str, Any]:
    """The demand's figures by their keys, without what is left out."""
    figures: dict[str, Any] = {
        "input_tokens_per_month": demand.input_tokens_per_month,
        "output_tokens_per_month": demand.output_tokens_per_month,
        "cached_share": demand.cached_share,
        "peak_ratio": demand.peak_ratio,
        "growth_per_year": demand.growth_per_year,
        "horizon_months": demand.horizon_months,
        "discount_rate": demand.discount_rate,
    }
    if demand.budget:
        figures["budget_target_per_month"] = demand.budget.target_per_month
        figures["budget_limit_per_month"] = demand.budget.limit_per_month
    return {key: figure for key, figure in figures.items() if figure is not None}


def record_handed_out(*, actor: User, record: Snapshot | DecisionRecord) -> None:
    """Tell the trail that the bytes of a snapshot or of a decision record leave the service."""
    decided = isinstance(record, DecisionRecord)
    snapshot = record.snapshot if isinstance(record, DecisionRecord) else record
    with transaction.atomic():
        note_change(
            snapshot.assessment, actor, "record.downloaded",
            {"record": "decision record" if decided else "snapshot", "number": snapshot.number, "sha256": record.digest},
        )  # fmt: skip


def export_assessment(*, actor: User, assessment: Assessment) -> str:
    """The assessment as a file's text; the export is recorded."""
    with transaction.atomic():
        require(actor, assessment.organisation, "export")
        text = write_assessment(facts_of(assessment), release_of(assessment))
        note_change(assessment, actor, "assessment.exported")
    return text

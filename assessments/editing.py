"""Changes to an assessment that is open: its description, options, weights and proposal. Each checks the actor and the status, changes
and records, in one transaction. Answers and figures are saved in ``answering``; the status itself changes in ``workflow`` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import release_of
from assessments.figures import NoFigure, typed
from assessments.models import Assessment, Evidence, Figure, Option, Response, Sourcing, State, UseCase
from assessments.permissions import Place, require, require_answering
from assessments.pricing import renew_sources
from assessments.scoring.facts import MAX_OPTIONS
from assessments.scoring.file import WEIGHT
from audit.trail import Change, record
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from compliance.releases import newest

OPTION_TEXTS = ("name", "provider", "model", "fallback_provider", "fallback_model")
ADDRESS_OF_ADDING = "add"  # stands where an option's id stands in the pages' addresses


def opened(actor: User, assessment: Assessment, action: str, place: Callable[[Assessment], Place] | None = None) -> Assessment:
    """The row locked, for a change by ``actor``; raises PermissionDenied or WrongStatus. ``place``: which part of it is answered, of the row as
    it is; it must be the actor's to answer."""
    rows = Assessment.objects.select_for_update(of=("self",), no_key=True)
    assessment = rows.select_related("organisation", "use_case").get(pk=assessment.pk)
    roles = require(actor, assessment.organisation, action)
    if place is not None:
        require_answering(actor, assessment, place(assessment), roles)
    if not assessment.is_open:
        raise WrongStatus(_("This assessment is %(status)s and can't be changed.") % {"status": assessment.get_status_display().lower()})
    return assessment


def note_change(
    assessment: Assessment,
    actor: User | None,
    action: str,
    changes: dict[str, Any] | None = None,
    personal: dict[str, str] | None = None,
    reason: str = "",
    row: Change | None = None,
) -> None:
    """Record one event about the assessment; ``actor`` None is the system. ``row``: what it tells of, to be written with it."""
    record(
        stream=assessment.organisation.stream,
        action=action,
        actor=actor.reference if actor else "system",
        object_type="assessment",
        object_id=str(assessment.pk),
        changes=changes or {},
        reason=reason.strip(),
        personal={"object_label": assessment.title, **({"actor_name": actor.name} if actor else {}), **(personal or {})},
        change=row,
    )


def _before_and_after(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields that changed, as the trail keeps them: what the catalogue or a list names in the hashed bytes, free text beside them."""
    plain = [{name: value for name, value in content.items() if name in ("archetype", "sourcing", "currency", "fallback_sourcing")}
             for content in (before, after)]  # fmt: skip
    changes = {"fields": sorted(before)} | ({"before": plain[0], "after": plain[1]} if plain[0] else {})
    free = [{name: value for name, value in content.items() if name not in plain[0]} for content in (before, after)]
    return changes, _texts("before", free[0]) | _texts("after", free[1])


def _texts(when: str, values: dict[str, Any]) -> dict[str, str]:
    """Free texts by the keys that they have in the trail; those that are empty are left out."""
    return {f"{name}_{when}": str(value) for name, value in values.items() if value}


def required_text(
    fields: dict[str, str], values: dict[str, str], longest: int = 200, also: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The values stripped; raises Refused naming each that is empty or too long, and what is ``also`` wrong. ``fields`` maps name to label."""
    wrong = dict(also or {})
    for name, label in fields.items():
        text = values.get(name, "").strip()
        limit = 4000 if name == "purpose" else longest
        if not text:
            wrong[name] = _("Enter the %(label)s.") % {"label": label}
        elif len(text) > limit:
            wrong[name] = _("The %(label)s has %(n)d characters; at most %(most)d fit.") % {"label": label, "n": len(text), "most": limit}
    if wrong:
        raise Refused(_("Something is missing."), wrong)
    return {name: value.strip() for name, value in values.items()}


def _use_case_texts(release: Release, values: dict[str, str]) -> dict[str, str]:
    """The values of a use case stripped; raises Refused naming at once each that is wrong."""
    labels = {"title": _("title"), "name": _("name of the use case"), "purpose": _("purpose")}
    known = "archetype" not in values or values["archetype"].strip() in index(release).archetypes
    wrong = {} if known else {"archetype": _("Choose one of the kinds offered.")}
    return required_text({name: label for name, label in labels.items() if name in values}, values, also=wrong)


def assessment_create(
    *,
    actor: User,
    organisation: Organisation,
    title: str,
    name: str,
    purpose: str,
    archetype: str,
    owner: str = "",
    people_affected: str = "",
    release: Release | None = None,
    currency: str | None = None,
    as_of: date | None = None,
    weights: str | dict[str, str] = "archetype",
) -> Assessment:
    """A draft for a new use case, pinned to ``release`` (the newest if left out); raises Refused naming the fields that are wrong."""
    require(actor, organisation, "create")
    release = release or newest()
    texts = _use_case_texts(release, {"title": title, "name": name, "purpose": purpose, "archetype": archetype})
    with transaction.atomic():
        use_case = UseCase.objects.create(
            organisation=organisation, name=texts["name"], purpose=texts["purpose"], archetype=archetype,
            owner=owner.strip()[:200], people_affected=people_affected.strip()[:400],
        )  # fmt: skip
        assessment = Assessment.objects.create(
            organisation=organisation, use_case=use_case, title=texts["title"], author=actor,
            currency=currency or release.exchange.base, as_of=as_of, weights=weights,
            catalogue=f"{release.key}@{release.version}", catalogue_digest=index(release).digest,
        )  # fmt: skip
        stated = {"currency": assessment.currency, "as_of": as_of.isoformat() if as_of else None, "weights": weights}
        note_change(
            assessment, actor, "assessment.created", {"catalogue": assessment.catalogue, "archetype": archetype} | stated,
            _texts("after", {name: getattr(use_case, name) for name in ("name", "purpose", "owner", "people_affected")}),
        )  # fmt: skip
    return assessment


def use_case_change(*, actor: User, assessment: Assessment, **values: str) -> Assessment:
    """Change title, name, purpose, archetype, owner or people_affected; raises Refused naming the fields that are wrong."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        texts = _use_case_texts(release_of(assessment), values)
        use_case = assessment.use_case
        before: dict[str, str] = {}
        for name, text in texts.items():
            target = assessment if name == "title" else use_case
            if getattr(target, name) != text:
                before[name] = getattr(target, name)
                setattr(target, name, text)
        if before:
            use_case.save()
            assessment.save(update_fields=["title", "updated_at"])
            note_change(assessment, actor, "assessment.changed", *_before_and_after(before, {name: texts[name] for name in before}))
    return assessment


def terms_set(*, actor: User, assessment: Assessment, currency: str, as_of: date | None) -> Assessment:
    """The currency of the figures and the day on which law, prices and rates are read (None: today)."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        if currency not in (known := currencies_of(assessment)):
            raise Refused(
                _("That currency has no rate in the catalogue."), {"currency": _("Choose one of %(known)s.") % {"known": ", ".join(known)}}
            )
        before = {"currency": assessment.currency, "as_of": assessment.as_of.isoformat() if assessment.as_of else None}
        after = {"currency": currency, "as_of": as_of.isoformat() if as_of else None}
        if before != after:
            assessment.currency, assessment.as_of = currency, as_of
            assessment.save(update_fields=["currency", "as_of", "updated_at"])
            if before["currency"] != currency:
                for option in assessment.options.filter(currency=""):
                    renew_sources(assessment, option)
            note_change(assessment, actor, "assessment.changed", {"fields": ["currency", "as_of"], "before": before, "after": after})
    return assessment


def _described(assessment: Assessment, name: str, sourcing: str, currency: str, fallback_sourcing: str, others: Iterable[str]) -> str:
    """The option's name, once everything about it fits and none of ``others`` is called so; raises Refused naming every field that is wrong."""
    wrong = {}
    try:
        name = required_text({"name": _("name of the option")}, {"name": name})["name"]
    except Refused as error:
        wrong = error.fields
    if name.casefold() in {other.strip().casefold() for other in others}:
        wrong = {"name": _("Another option is called %(name)s; give this one a name of its own.") % {"name": name}}
    if sourcing not in Sourcing.values:
        wrong |= {"sourcing": _("Choose one of the four ways to source the model.")}
    if fallback_sourcing and fallback_sourcing not in Sourcing.values:
        wrong |= {"fallback_sourcing": _("Choose how the fallback is sourced, or no fallback.")}
    if currency and currency not in (known := currencies_of(assessment)):
        message = _("%(currency)r has no rate in the catalogue; choose one of %(known)s.")
        wrong |= {"currency": message % {"currency": currency, "known": ", ".join(known)}}
    if wrong:
        raise Refused(_("The option isn't described yet."), wrong)
    return name


def currencies_of(assessment: Assessment) -> list[str]:
    """The currencies that the assessment's catalogue can convert, its base first."""
    exchange = release_of(assessment).exchange
    return [exchange.base, *sorted({rate.currency for rate in exchange.rates} - {exchange.base})]


def option_add(
    *, actor: User, assessment: Assessment, name: str, sourcing: str, provider: str = "", model: str = "", key: str = "", currency: str = "",
    fallback_sourcing: str = "", fallback_provider: str = "", fallback_model: str = "", copy_from: str = "",
) -> Option:  # fmt: skip
    """Add an option; its id is ``key`` or made from its name. With a ``fallback_sourcing`` it is a combined option: a primary with a second
    model held ready. ``copy_from`` is the id of an option whose answers and cost figures it starts with.

    Raises Refused naming the fields that are wrong.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        there = dict(assessment.options.values_list("key", "name"))
        name = _described(assessment, name, sourcing, currency, fallback_sourcing, there.values())
        original = assessment.options.filter(key=copy_from).first() if copy_from else None
        copied: dict[str, Any] = {}
        if copy_from and original is None:
            raise Refused(_("The option isn't described yet."), {"copy_from": _("Choose one of this assessment's options, or none.")})
        if original and currency and currency != (original.currency or assessment.currency):
            message = _("The figures to start with are in %(currency)s; choose that currency, or start empty.") % {
                "currency": original.currency or assessment.currency
            }
            raise Refused(_("The option isn't described yet."), {"currency": message})
        if len(there) >= MAX_OPTIONS:
            message = _("An assessment compares at most %(most)d options; remove one first.") % {"most": MAX_OPTIONS}
            raise Refused(message, {"name": message})
        base = key or slugify(name)[:50] or "option"
        unique, n = base, 2
        while unique in there or (unique == ADDRESS_OF_ADDING and not key):
            unique, n = f"{base}-{n}", n + 1
        option = Option.objects.create(
            assessment=assessment, key=unique, name=name, sourcing=sourcing, provider=provider.strip()[:200],
            model=model.strip()[:200], position=len(there), currency=currency or (original.currency if original else ""),
            **_fallback(fallback_sourcing, fallback_provider, fallback_model),
        )  # fmt: skip
        if original is not None:
            copied = {"copied_from": original.key, "copied": content_of_option(original)}
            _copy(actor, original, option)
        assessment.save(update_fields=["updated_at"])
        held = {"fallback_sourcing": fallback_sourcing} if fallback_sourcing else {}
        described = _texts("after", {name: getattr(option, name) for name in OPTION_TEXTS})
        note_change(
            assessment, actor, "option.added", {"option": unique, "sourcing": sourcing, "currency": option.currency} | held | copied, described
        )  # fmt: skip
    return option


def _fallback(sourcing: str, provider: str, model: str) -> dict[str, str]:
    if not sourcing:
        return {"fallback_sourcing": "", "fallback_provider": "", "fallback_model": ""}
    return {"fallback_sourcing": sourcing, "fallback_provider": provider.strip()[:200], "fallback_model": model.strip()[:200]}


def content_of_option(option: Option) -> dict[str, Any]:
    """An option's answers, figures and evidence as the trail keeps them for good: no note, no free text, no file's name."""
    questions = index(release_of(option.assessment)).questions
    responses = {}
    for row in option.responses.exclude(state=State.UNANSWERED):
        free = row.question not in questions or questions[row.question].type == "text"
        responses[row.question] = {"state": row.state, "basis": row.basis} | ({} if free else {"value": row.value})
    amounts = ("low", "likely", "high")
    figures = {
        f"{f.category}.{f.key}".rstrip("."): {name: None if (v := getattr(f, name)) is None else f"{v.normalize():f}" for name in amounts}
        for f in option.figures.all()
    }
    evidence = sorted(Evidence.objects.filter(response__option=option).values_list("sha256", flat=True))
    return {"responses": responses, "figures": figures, "evidence": evidence}


def _copy(actor: User, original: Option, option: Option) -> None:
    """The answers and figures of one option as those of another, entered by ``actor`` now; files of evidence stay where they are."""
    now = timezone.now()
    Response.objects.bulk_create(
        Response(
            assessment_id=option.assessment_id, option=option, question=r.question, state=r.state, value=r.value, basis=r.basis, note=r.note,
            revision=1, answered_by=actor, answered_at=now,
        )
        for r in original.responses.exclude(state=State.UNANSWERED)
    )  # fmt: skip
    Figure.objects.bulk_create(
        Figure(
            assessment_id=option.assessment_id, option=option, category=f.category, key=f.key, low=f.low, likely=f.likely, high=f.high,
            source=f.source, revision=1, entered_by=actor, entered_at=now,
        )
        for f in original.figures.all()
    )  # fmt: skip


def option_change(
    *, actor: User, option: Option, name: str, sourcing: str, provider: str = "", model: str = "", currency: str | None = None,
    fallback_sourcing: str | None = None, fallback_provider: str = "", fallback_model: str = "",
) -> Option:  # fmt: skip
    """Change an option's description; its id stays. ``currency``: of its cost figures, "" for the demand's, None as it is;
    ``fallback_sourcing``: "" for no fallback, None as it is."""
    with transaction.atomic():
        assessment = opened(actor, option.assessment, "edit")
        option = assessment.options.get(pk=option.pk)
        currency = option.currency if currency is None else currency
        former = {name: getattr(option, name) for name in ("sourcing", "currency", "fallback_sourcing", *OPTION_TEXTS)}
        held, priced_in = option.fallback_sourcing, option.currency or assessment.currency
        # Files may hold two of one name; whoever changes something else of one keeps it.
        renamed = name.strip().casefold() != option.name.casefold()
        others = assessment.options.exclude(pk=option.pk).values_list("name", flat=True) if renamed else ()
        option.name = _described(assessment, name, sourcing, currency, fallback_sourcing or "", others)
        before, option.sourcing = option.sourcing, sourcing
        if fallback_sourcing is not None:
            for field, text in _fallback(fallback_sourcing, fallback_provider, fallback_model).items():
                setattr(option, field, text)
        option.provider, option.model, option.currency = provider.strip()[:200], model.strip()[:200], currency
        option.save()
        if priced_in != (currency or assessment.currency):
            renew_sources(assessment, option)
        assessment.save(update_fields=["updated_at"])
        changes = {"option": option.key, "sourcing": [before, sourcing]}
        if held != option.fallback_sourcing:
            changes["fallback_sourcing"] = [held, option.fallback_sourcing]
        changed = {name: value for name, value in former.items() if getattr(option, name) != value}
        said, texts = _before_and_after(changed, {name: getattr(option, name) for name in changed})
        note_change(assessment, actor, "option.changed", said | changes, texts)
    return option


def option_remove(*, actor: User, option: Option) -> None:
    """Remove an option with its answers and figures."""
    with transaction.atomic():
        assessment = opened(actor, option.assessment, "edit")
        option = assessment.options.get(pk=option.pk)
        was_proposed = assessment.proposed_option_id == option.pk
        if was_proposed:
            assessment.proposed_option, assessment.proposal_reason = None, ""
        assessment.save(update_fields=["proposed_option", "proposal_reason", "updated_at"])
        key, removed = option.key, {"sourcing": option.sourcing, "removed": content_of_option(option)}
        texts = _texts("before", {name: getattr(option, name) for name in OPTION_TEXTS})
        option.delete()
        note_change(assessment, actor, "option.removed", {"option": key, "was_proposed": was_proposed} | removed, texts)


def propose(*, actor: User, assessment: Assessment, option: Option | None, reason: str = "") -> Assessment:
    """Propose an option for sign-off; ``reason`` is needed at submission where it isn't the recommended one."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        if option is None or option.assessment_id != assessment.pk:
            raise Refused(_("Choose the option that you propose."), {"option": _("Choose one of this assessment's options.")})
        former, former_reason = assessment.proposed_option, assessment.proposal_reason
        assessment.proposed_option, assessment.proposal_reason = option, reason.strip()[:4000]
        assessment.save(update_fields=["proposed_option", "proposal_reason", "updated_at"])
        note_change(
            assessment, actor, "option.proposed", {"option": option.key, "before": former.key if former else None},
            {"proposal_reason": reason.strip(), "proposal_reason_before": former_reason},
        )  # fmt: skip
    return assessment


def weights_set(*, actor: User, assessment: Assessment, weights: str | dict[str, str]) -> Assessment:
    """``"archetype"``, a profile's name, or a weight of 0 or more for each criterion (as text), not all nought."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        known = index(release_of(assessment))
        if isinstance(weights, str):
            if weights != "archetype" and weights not in known.profiles:
                profiles = ", ".join(known.profiles)
                raise Refused(
                    _("Choose a profile of weights."), {"weights": _("Choose archetype or one of %(known)s.") % {"known": profiles}}
                )
        else:
            weights = typed_weights(weights, set(known.criteria))
        before, assessment.weights = assessment.weights, weights
        if before != weights:
            assessment.save(update_fields=["weights", "updated_at"])
            note_change(assessment, actor, "weights.set", {"before": before, "after": weights})
    return assessment


def typed_weights(weights: dict[str, str], criteria: set[str]) -> dict[str, str]:
    """Weights as they are stored, by criterion; raises Refused naming each that is wrong."""
    wrong: dict[str, str] = {}
    found: dict[str, Decimal] = {}
    for criterion, text in sorted(weights.items()):
        if criterion not in criteria:
            named = {"criterion": criterion, "known": ", ".join(sorted(criteria))}
            wrong[criterion] = _("There is no criterion %(criterion)s; there are %(known)s.") % named
            continue
        try:
            found[criterion] = typed(text, WEIGHT)
        except NoFigure as error:
            wrong[criterion] = _(error.said) % error.values
    if not wrong and not any(found.values()):
        wrong = dict.fromkeys(weights or sorted(criteria), _("At least one weight must be above 0."))
    if wrong:
        raise Refused(_("The weights aren't right yet."), wrong)
    return {criterion: f"{figure:f}" for criterion, figure in found.items()}

"""Working out what the portfolio shows of an assessment, and keeping it."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime, time
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import Organisation
from assessments.evaluation import evaluate_assessment, release_of
from assessments.models import Assessment, Standing, StandingDuty, StandingRisk, StandingYear
from assessments.policy import SEVERITIES
from assessments.portfolio.reading import with_freshness
from assessments.registering import residual_of
from assessments.scoring.costs import by_year, conversion
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import COMPUTING, money
from compliance.catalogue.index import index

CHUNK = 150  # assessments at a time: some 10 s of work, less than the time until they are looked for again
LAW = "law"  # what findings on obligations are counted under where their question has no criterion
log = logging.getLogger(__name__)


def refresh(assessment_id: UUID | str) -> bool:
    """Work out and keep one assessment's facts; returns whether there was one. What can't be evaluated is kept as such, with the reason."""
    with transaction.atomic():
        rows = Assessment.objects.select_for_update(of=("self",), no_key=True).select_related("use_case", "proposed_option")
        assessment = rows.filter(pk=assessment_id).first()
        if assessment is None:
            return False
        try:
            facts, parts = worked_out(assessment)
        except (LookupError, ValueError, ObjectDoesNotExist) as error:
            log.exception("the portfolio's facts of assessment %s can't be worked out", assessment.pk)
            # A reader of the page can do nothing with a key or a digest; the log has the details.
            facts, parts = {"problem": _reason(error)}, []
        blank = {f.attname: f.get_default() for f in Standing._meta.fields if not f.primary_key}
        kept = {
            "refreshed_at": timezone.now(),
            "of_change": assessment.updated_at,
            "catalogue_digest": assessment.catalogue_digest,
        }
        standing, _ = Standing.objects.update_or_create(assessment=assessment, defaults=blank | kept | facts)
        for model in (StandingYear, StandingRisk, StandingDuty):
            model._default_manager.filter(standing=standing).delete()
            model._default_manager.bulk_create([part for part in parts if isinstance(part, model)])  # type: ignore[misc]
    return True


def _reason(error: Exception) -> str:
    """Kept in English, and translated where it is shown."""
    if isinstance(error, LookupError):
        return gettext_noop("Its release of the catalogue isn't installed.")
    return str(error)[:300] or type(error).__name__


def worked_out(assessment: Assessment) -> tuple[dict[str, Any], list[StandingYear | StandingRisk | StandingDuty]]:
    """The fields of the assessment's Standing and the rows beside it, from what stands in the database now.

    Raises LookupError where its release isn't installed, ValueError where that isn't the one it was started on or can't be read.
    """
    evaluation = evaluate_assessment(assessment)
    content = evaluation.as_dict()
    options = {o.facts.id: o for o in evaluation.options}
    recommended = options.get(evaluation.recommendation.option or "")
    chosen = options.get(assessment.proposed_option.key) if assessment.proposed_option else None
    counted = chosen or recommended
    facts: dict[str, Any] = {
        "read_on": evaluation.facts.as_of,
        "risk_class": evaluation.classification.risk_class,
        "outcome": evaluation.recommendation.outcome,
        "recommended": recommended.facts.label if recommended else "",
        "recommended_sourcing": recommended.facts.sourcing if recommended else "",
        "chosen": chosen.facts.label if chosen else "",
        "chosen_sourcing": chosen.facts.sourcing if chosen else "",
    }
    parts: list[StandingYear | StandingRisk | StandingDuty] = _duties(assessment, evaluation, counted, facts)
    if counted is not None:
        written = next(o for o in content["options"] if o["id"] == counted.facts.id)
        facts |= {name: Decimal(written[name]) for name in ("score", "score_best", "completeness")}
        facts |= {"sourcing": counted.facts.sourcing, "provider": counted.facts.provider, "model": counted.facts.model}
        parts += _costs(assessment, evaluation, counted, facts)
        parts += _risks(assessment, counted, written["findings"], facts)
    return facts, parts


def _duties(assessment: Assessment, evaluation: Evaluation, counted: OptionResult | None, facts: dict[str, Any]) -> list[Any]:
    """Those of the use case and of the option that counts; ``facts`` gets the next that begins to apply."""
    duties = [*evaluation.classification.duties, *(counted.duties if counted else ())]
    coming = [d for d in duties if d.applies_from > evaluation.facts.as_of]
    if coming:
        first = min(coming, key=lambda d: (d.applies_from, d.obligation.id))
        facts["next_duty_on"], facts["next_duty_instrument"] = first.applies_from, first.obligation.instrument
        facts["next_duty"] = first.obligation.reference[:200]
    counts = Counter((d.applies_from, d.obligation.instrument, d.status) for d in duties)
    return [
        StandingDuty(standing_id=assessment.pk, applies_from=day, instrument=instrument, status=status, count=count)
        for (day, instrument, status), count in sorted(counts.items())
    ]


def _costs(assessment: Assessment, evaluation: Evaluation, counted: OptionResult, facts: dict[str, Any]) -> list[Any]:
    """``facts`` gets the mean year, in the demand's currency and in the catalogue's."""
    costs, demand, exchange = counted.costs, evaluation.facts.demand, evaluation.release.exchange
    facts |= {"currency": costs.currency, "cost_complete": costs.complete, "base_currency": exchange.base}
    if costs.total is None or costs.plan is None or not demand.horizon_months:
        return []
    with localcontext(COMPUTING):
        years = by_year(costs.plan, demand)
        mean = sum(years, Decimal(0)) * 12 / demand.horizon_months
        rate = conversion(exchange, evaluation.facts.as_of, costs.currency, exchange.base)

        def in_base(figure: Decimal) -> Decimal | None:
            return Decimal(money(figure * rate)) if rate is not None else None

        facts |= {"cost_per_year": Decimal(money(mean)), "base_cost_per_year": in_base(mean)}
        return [
            StandingYear(standing_id=assessment.pk, year=n, amount=Decimal(money(year)), base_amount=in_base(year))
            for n, year in enumerate(years, 1)
        ]


def _risks(assessment: Assessment, counted: OptionResult, findings: list[dict[str, Any]], facts: dict[str, Any]) -> list[Any]:
    """What is left of each finding of the option after its treatment, counted by the criterion of the question that shows it; of a question
    without one, by whether the finding is one of law."""
    known = index(release_of(assessment))
    treated = {row.finding: row for row in assessment.treated.filter(option__key=counted.facts.id)}
    left: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        residual = residual_of(finding["severity"], treated.get(finding["id"]))
        of_law = LAW if known.rules[finding["id"]].obligations else ""
        left[known.questions[finding["question"]].criterion or of_law, residual] += 1
    # While a blocker can't be ruled out, that nothing was found means nothing.
    certain = all(blocker.certain for blocker in counted.blockers)
    facts["residual"] = max((severity for _, severity in left), key=SEVERITIES.index, default="none" if certain else "")
    return [
        StandingRisk(standing_id=assessment.pk, category=category, severity=severity, count=count)
        for (category, severity), count in sorted(left.items())
    ]


def out_of_date(organisation: Organisation) -> list[UUID]:
    """The organisation's assessments whose facts are missing or out of date, or could not be worked out, in the order of their ids."""
    found = with_freshness(Assessment.objects.filter(organisation=organisation))
    return list(found.filter(fresh=False).order_by("pk").values_list("pk", flat=True))


def refresh_waiting() -> int:
    """Work out what is out of date, up to CHUNK assessments of all organisations, those first that were changed longest ago; returns how many.

    What couldn't be worked out is tried again after its next change, and once a day (UTC).
    """
    today = datetime.combine(timezone.now().date(), time(), tzinfo=UTC)
    failed = ~Q(standing__problem="") & Q(standing__of_change=F("updated_at"), standing__refreshed_at__gte=today)
    waiting = with_freshness(Assessment.objects.all()).filter(fresh=False).exclude(failed).order_by("updated_at")
    return sum(refresh(pk) for pk in list(waiting.values_list("pk", flat=True)[:CHUNK]))

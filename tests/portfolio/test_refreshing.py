"""That the facts of an assessment are those of its evaluation, are worked out after each change, and are never shown as true when they aren't."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments import editing, workflow
from assessments.answering import response_save
from assessments.evaluation import evaluate_assessment
from assessments.files import export_assessment
from assessments.models import Assessment, Sourcing, Standing
from assessments.portfolio import refreshing
from assessments.portfolio.reading import EVERY, Filters, rows
from assessments.registering import treat
from assessments.tasks import refresh_standings
from tests.assessments.asking import Case
from tests.fixtures import Cast, make_complete, make_draft

pytestmark = pytest.mark.django_db


def fresh(assessment: Assessment) -> bool:
    return rows(Assessment.objects.all(), Filters(state=EVERY)).get(pk=assessment.pk).fresh


def do(assessment: Assessment) -> None:
    """As a worker does every quarter of a minute."""
    refresh_standings()
    assert fresh(assessment)


@pytest.fixture
def complete(cast: Cast) -> Assessment:
    return make_complete(cast)


def test_the_facts_are_those_of_the_evaluation(complete: Assessment) -> None:
    do(complete)
    found, standing = evaluate_assessment(complete).as_dict(), complete.standing
    chosen = next(o for o in found["options"] if o["id"] == complete.proposed_option.key)
    assert standing.risk_class == found["ai_act"]["risk_class"]
    assert (standing.sourcing, standing.chosen) == (chosen["sourcing"], complete.proposed_option.name)
    assert [f"{n:.1f}" for n in (standing.score, standing.score_best)] == [chosen["score"], chosen["score_best"]]
    assert standing.completeness == Decimal(chosen["completeness"])
    assert standing.residual == max((f["severity"] for f in chosen["findings"]), key=refreshing.SEVERITIES.index)
    duties = [*found["ai_act"]["obligations"], *found["obligations"], *chosen["obligations"]]
    assert sum(d.count for d in standing.duties.all()) == len(duties)
    coming = sorted(d["applies_from"] for d in duties if d["applies_from"] > found["as_of"])
    assert standing.next_duty_on == date.fromisoformat(coming[0])
    assert sum(r.count for r in standing.risks.all()) == len(chosen["findings"])
    years = [y.amount for y in standing.years.all()]
    assert len(years) == 3
    assert abs(sum(years) / 3 - standing.cost_per_year) <= Decimal("0.01")


def test_without_a_discount_the_years_come_to_the_total(cast: Cast, complete: Assessment) -> None:
    complete.figures.filter(option=None, key="discount_rate").update(likely=0)
    refreshing.refresh(complete.pk)
    costs = next(o["costs"] for o in evaluate_assessment(complete).as_dict()["options"] if o["id"] == complete.proposed_option.key)
    total = sum(y.amount for y in Standing.objects.get(pk=complete.pk).years.all())
    assert abs(total - Decimal(costs["total"]["likely"])) <= Decimal("0.02")


def test_a_change_makes_them_out_of_date_until_they_are_worked_out_again(cast: Cast, complete: Assessment) -> None:
    do(complete)
    assert refresh_standings() == 0
    other = complete.options.exclude(pk=complete.proposed_option_id).first()
    editing.propose(actor=cast.risk_officer, assessment=complete, option=other, reason="Cheaper.")
    assert not fresh(complete)
    do(complete)
    assert Standing.objects.get(pk=complete.pk).chosen == other.name


def test_a_saved_answer_is_a_change(cast: Cast, complete: Assessment) -> None:
    do(complete)
    row = complete.responses.filter(state="answered").first()
    response_save(actor=cast.risk_officer, assessment=complete, question_id=row.question, option=row.option, value=None, state="unknown")
    assert not fresh(complete)
    assert refresh_standings() == 1
    assert fresh(complete)


def test_what_changes_no_fact_asks_for_nothing(cast: Cast, complete: Assessment) -> None:
    do(complete)
    export_assessment(actor=cast.auditor, assessment=complete)
    assert fresh(complete)


def test_a_treatment_lowers_the_risk_that_is_left(cast: Cast, complete: Assessment) -> None:
    do(complete)
    option = complete.proposed_option
    findings = next(o["findings"] for o in evaluate_assessment(complete).as_dict()["options"] if o["id"] == option.key)
    for finding in findings:
        treat(
            actor=cast.risk_officer, assessment=complete, option=option, finding=finding["id"], treatment="mitigate", plan="Done.", residual="low",
            owner=cast.contributor.email, due_on=date(2030, 1, 1),
        )  # fmt: skip
    assert not fresh(complete)
    do(complete)
    assert Standing.objects.get(pk=complete.pk).residual == "low"


def test_a_submission_and_an_end_are_changes_too(cast: Cast, complete: Assessment) -> None:
    do(complete)
    workflow.submit(actor=cast.risk_officer, assessment=complete)
    assert not fresh(complete)
    do(complete)
    workflow.withdraw(actor=cast.risk_officer, assessment=complete, reason="No longer needed.")
    assert not fresh(complete)


def test_a_draft_read_on_another_day_is_out_of_date(cast: Cast) -> None:
    draft = make_draft(cast)
    do(draft)
    Standing.objects.update(read_on=timezone.localdate() - timedelta(days=1))
    assert not fresh(draft)
    Assessment.objects.update(status="approved", as_of=timezone.localdate() - timedelta(days=1))
    assert fresh(draft)


def test_another_release_makes_them_out_of_date(cast: Cast) -> None:
    draft = make_draft(cast)
    do(draft)
    Standing.objects.update(catalogue_digest="sha256:another")
    assert not fresh(draft)


def test_what_cannot_be_worked_out_is_kept_with_the_reason_and_without_figures(cast: Cast, complete: Assessment) -> None:
    do(complete)
    Assessment.objects.update(catalogue="open-or-closed@999")
    refreshing.refresh(complete.pk)
    standing = Standing.objects.get()
    assert standing.problem == "Its release of the catalogue isn't installed."
    assert (standing.score, standing.sourcing, standing.risk_class) == (None, "", "")
    assert not standing.years.exists()
    assert not standing.duties.exists()
    assert not fresh(complete)


def test_an_option_without_answers_costs_what_is_not_known(case: Case) -> None:
    editing.propose(actor=case.person, assessment=case.assessment, option=case.own)
    do(case.assessment)
    standing = Standing.objects.get()
    assert (standing.sourcing, standing.cost_per_year, standing.cost_complete) == (Sourcing.SELF_HOSTED_OPEN, None, False)


def test_they_are_worked_out_some_at_a_time_those_first_that_wait_longest(cast: Cast) -> None:
    drafts = [make_draft(cast) for _ in range(3)]
    with mock.patch.object(refreshing, "CHUNK", 2):
        assert refresh_standings() == 2
        assert [fresh(draft) for draft in drafts] == [True, True, False]
        assert refresh_standings() == 1
        assert refresh_standings() == 0
    assert fresh(drafts[2])


def test_what_cannot_be_worked_out_is_tried_again_after_a_change_or_on_another_day(cast: Cast, complete: Assessment) -> None:
    Assessment.objects.update(catalogue="open-or-closed@999")
    assert [refresh_standings(), refresh_standings()] == [1, 0]
    Standing.objects.update(refreshed_at=timezone.now() - timedelta(days=1))
    assert [refresh_standings(), refresh_standings()] == [1, 0]
    complete.refresh_from_db()
    complete.save(update_fields=["updated_at"])
    assert [refresh_standings(), refresh_standings()] == [1, 0]


def test_the_command_works_out_what_is_out_of_date_or_everything(cast: Cast) -> None:
    draft, other = make_draft(cast), make_draft(cast)
    do(draft)
    Standing.objects.filter(pk=other.pk).delete()  # as one from before there were any

    def said(*given: str) -> str:
        call_command("refresh_standings", *given, stdout=(out := StringIO()))
        return out.getvalue()

    assert "meridian-bank: 1 worked out, 0 of all can't be" in said("meridian-bank")
    assert fresh(other)
    assert "meridian-bank: 0 worked out" in said()
    assert "meridian-bank: 2 worked out" in said("meridian-bank", "--all")
    with pytest.raises(CommandError, match="no organisation"):
        said("nowhere")


def test_while_blockers_can_not_be_ruled_out_no_risk_is_not_the_same_as_none(cast: Cast) -> None:
    draft = make_draft(cast)
    option = editing.option_add(actor=cast.risk_officer, assessment=draft, name="One", sourcing="closed_api")
    editing.option_add(actor=cast.risk_officer, assessment=draft, name="Two", sourcing="closed_api")
    editing.propose(actor=cast.risk_officer, assessment=draft, option=option, reason="It fits best.")
    do(draft)
    assert draft.standing.residual == ""


def test_findings_of_law_are_counted_as_such_where_their_question_has_no_criterion(complete: Assessment) -> None:
    do(complete)
    assert sum(r.count for r in complete.standing.risks.filter(category=refreshing.LAW)) == 2
    assert not complete.standing.risks.filter(category="").exists()


def test_an_example_is_in_no_portfolio(complete: Assessment) -> None:
    do(complete)
    Assessment.objects.update(is_example=True)
    assert not rows(Assessment.objects.all(), Filters(state=EVERY)).exists()

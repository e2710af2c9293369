"""Who is asked to sign at which stage: nobody before the stage that needs them, and in words that people use."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import registering, workflow
from assessments.errors import Refused
from assessments.models import Assessment
from assessments.routing import SignOff
from assessments.setting_policy import policy_set
from jobs.models import Job
from tests.assessments.playing import Reader, words
from tests.assessments.test_home import home, waiting
from tests.assessments.test_said_as_it_is import registering_entries
from tests.assessments.test_stages import with_stages
from tests.fixtures import SIGNING, Cast, accept_all, make_complete, more_approvers, newest, read_all, today


def in_two_stages(cast: Cast) -> Assessment:
    """Anybody reviews; then the board signs, which is the approver alone."""
    stages = (
        "  - {id: review, title: Review, who: {role: approver}, quorum: any, due_days: 5, meaning: review, when: cost_total > 500000}\n"
        f"  - {{id: board, title: Board, who: {{people: [{cast.approver.email}]}}, quorum: any, due_days: 9, meaning: approval}}\n"
    )
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=with_stages(stages), reason="As agreed.")
    case = make_complete(cast)
    workflow.submit(actor=cast.risk_officer, assessment=case)
    return case


def asked_by_mail() -> list[str]:
    return sorted(Job.objects.filter(args__kind="request_to_sign").values_list("args__person", flat=True))


def test_who_is_needed_later_is_asked_then_and_not_before(cast: Cast) -> None:
    (second,) = more_approvers(cast, "second_approver")
    case = in_two_stages(cast)
    assert asked_by_mail() == [str(second.uuid)]
    assert [person.pk for person in SignOff(newest(case)).who_is_asked(newest(case).stages.get(key="review"))] == [second.pk]
    assert "Read the record and sign it" not in waiting(home(cast, "approver"))
    page = words(Reader(cast.approver, case).get("record"))
    assert "You are needed at a later stage" in page
    assert "Return it, reject it or abstain" in page
    assert "Decide on this record" not in page

    read_all(second, case)
    workflow.approve(actor=second, assessment=case, digest=newest(case).digest, signing=SIGNING, acceptances=accept_all(newest(case)))
    assert "Read the record and sign it" in waiting(home(cast, "approver"))
    assert "Decide on this record" in words(Reader(cast.approver, case).get("record"))


def test_why_a_stage_is_there_and_whom_it_asks_is_told_in_words(cast: Cast) -> None:
    more_approvers(cast, "second_approver")
    page = words(Reader(cast.auditor, in_two_stages(cast)).get("record"))
    assert "Asked because the cost over the horizon is more than 500,000, by the policy." in page
    assert "cost_total" not in page
    assert f"1 of {cast.approver.name}" not in page


def test_a_case_that_can_not_be_read_has_no_answer(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.administrator)
    address = reverse("assessments:signing_rules", args=[cast.organisation.slug])
    assert "would be asked" in words(client.get(address, {"cost_total": "600,000", "blockers": "1"}))
    wrong = words(client.get(address, {"blockers": "many"}))
    assert "Enter a whole number, in digits." in wrong
    assert "would be asked" not in wrong


def test_a_treatment_is_not_due_on_a_day_that_is_over(cast: Cast) -> None:
    case = make_complete(cast)
    option = case.proposed_option
    assert option is not None
    entry = next(e for e in registering_entries(case) if e["option"] == option.key)
    given = {
        "actor": cast.risk_officer, "assessment": case, "option": option, "finding": entry["finding"], "treatment": "mitigate",
        "plan": "A rota.", "owner": cast.risk_officer.email,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        registering.treat(**given, due_on=timezone.now().date() - timedelta(days=1))
    assert refused.value.fields == {"due_on": "That day is over already."}
    registering.treat(**given, due_on=today())

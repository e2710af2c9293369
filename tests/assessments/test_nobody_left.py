"""A record that nobody is left to sign: who abstained, or is no approver any more, can't be waited for, and everybody concerned is told."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, User
from assessments import workflow
from assessments.models import Assessment
from assessments.routing import SignOff
from assessments.setting_policy import policy_set
from jobs.models import Job
from tests.assessments.playing import Reader, words
from tests.assessments.test_home import at_risk, home, waiting
from tests.assessments.test_stages import with_stages
from tests.fixtures import Cast, make_complete, make_submitted, more_approvers, newest, read_all

LEFT = "Nobody is left who could sign"


def abstain(person: User, case: Assessment) -> str:
    """Through the page, which says what follows."""
    client = Client()
    client.force_login(person)
    where = {"org": case.organisation.slug, "assessment": case.pk}
    given = {"digest": newest(case).digest, "reason": "My brother sells it."}
    return words(client.post(reverse("assessments:abstain", kwargs=where), given, follow=True))


def told() -> set[str]:
    return set(Job.objects.filter(task="accounts.send_mail", args__kind="nobody_signs").values_list("args__person", flat=True))


def test_when_the_only_approver_abstains_everybody_concerned_is_told(cast: Cast) -> None:
    case = make_submitted(cast)
    assert LEFT not in home(cast, "risk_officer")
    assert "Nobody is left who could sign: the author and the administrators are told." in abstain(cast.approver, case)
    assert told() == {str(cast.risk_officer.uuid), str(cast.administrator.uuid)}
    for who in ("risk_officer", "administrator"):
        assert LEFT in waiting(home(cast, who))
    assert LEFT in at_risk(home(cast, "auditor"))
    officer = Reader(cast.risk_officer, case)
    assert "Nobody is left who could sign this" in words(officer.get("record"))
    assert "It waits for an approver." not in words(officer.get("record"))
    assert "Nobody is left who could sign it" in words(officer.get("detail"))

    more_approvers(cast, "second_approver")
    assert LEFT not in home(cast, "risk_officer")
    assert "It waits for an approver." in words(officer.get("record"))


def test_while_others_can_sign_it_goes_on_without_who_abstained(cast: Cast) -> None:
    more_approvers(cast, "second_approver")
    case = make_submitted(cast)
    assert "You abstain. Others decide without you." in abstain(cast.approver, case)
    assert told() == set()
    assert LEFT not in home(cast, "risk_officer")


def test_the_role_taken_away_counts_as_much(cast: Cast) -> None:
    case = make_submitted(cast)
    Membership.objects.filter(user=cast.approver, role=Role.APPROVER).delete()
    assert LEFT in waiting(home(cast, "risk_officer"))
    assert "Nobody is left who could sign this" in words(Reader(cast.risk_officer, case).get("record"))


def test_as_many_are_needed_as_all_stages_ask_for(cast: Cast) -> None:
    more_approvers(cast, "second_approver", "third_approver")
    stages = (
        "  - {id: review, title: Review, who: {role: approver}, quorum: any, due_days: 5, meaning: review}\n"
        "  - {id: approval, title: Approval, who: {role: approver}, quorum: 2, due_days: 9, meaning: approval}\n"
    )
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=with_stages(stages), reason="As agreed.")
    case = make_submitted(cast)
    assert LEFT not in home(cast, "risk_officer")
    abstain(cast.approver, case)
    assert SignOff(newest(case)).stuck
    assert LEFT in waiting(home(cast, "risk_officer"))


def test_a_seat_whose_holder_abstained_is_spoken_for(cast: Cast) -> None:
    second, _third = more_approvers(cast, "second_approver", "third_approver")
    stages = f"  - {{id: only, title: Only, who: {{people: [{second.email}]}}, quorum: all, due_days: 9, meaning: approval}}\n"
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=with_stages(stages), reason="As agreed.")
    case = make_complete(cast)
    workflow.submit(actor=cast.risk_officer, assessment=case)
    read_all(second, case)
    abstain(second, case)
    assert SignOff(newest(case)).stuck, "the seat is spoken for"
    assert LEFT in waiting(home(cast, "risk_officer"))
    assert told() == {str(cast.risk_officer.uuid), str(cast.administrator.uuid)}


def test_who_is_needed_later_is_nobody_to_sign_before(cast: Cast) -> None:
    (second,) = more_approvers(cast, "second_approver")
    stages = (
        "  - {id: review, title: Review, who: {role: approver}, quorum: any, due_days: 5, meaning: review}\n"
        f"  - {{id: board, title: Board, who: {{people: [{cast.approver.email}]}}, quorum: any, due_days: 9, meaning: approval}}\n"
    )
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=with_stages(stages), reason="As agreed.")
    case = make_submitted(cast)
    assert LEFT not in home(cast, "risk_officer")
    abstain(second, case)
    assert SignOff(newest(case)).stuck
    assert LEFT in waiting(home(cast, "risk_officer"))

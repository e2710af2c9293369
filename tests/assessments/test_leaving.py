"""Before the role is taken from an approver, what names them is told: rules of the policy, and records that wait for their seat."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.access import roles_of
from accounts.models import Membership, Role, User
from assessments import workflow
from assessments.models import Assessment
from assessments.setting_policy import policy_set
from tests.assessments.playing import words
from tests.assessments.test_stages import with_stages
from tests.fixtures import SIGNING, Cast, accept_all, make_complete, more_approvers, newest, read_all


def named(cast: Cast, *people: User, quorum: str = "all", accepting: User | None = None) -> None:
    """A policy with one stage that asks these people by name."""
    asked = ", ".join(person.email for person in people)
    text = with_stages(f"  - {{id: only, title: Board, who: {{people: [{asked}]}}, quorum: {quorum}, due_days: 9, meaning: approval}}\n")
    if accepting is not None:
        text = text.replace("critical: {who: {role: approver}", f"critical: {{who: {{people: [{accepting.email}]}}")
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="As agreed.")


def submitted(cast: Cast) -> Assessment:
    case = make_complete(cast)
    workflow.submit(actor=cast.risk_officer, assessment=case)
    return case


def speak(person: User, case: Assessment) -> None:
    """The person approves."""
    read_all(person, case)
    snapshot = newest(case)
    workflow.approve(actor=person, assessment=case, digest=snapshot.digest, signing=SIGNING, acceptances=accept_all(snapshot))


def take(cast: Cast, person: User, **more: str) -> Any:
    client = Client()
    client.force_login(cast.administrator)
    membership = Membership.objects.get(user=person, organisation=cast.organisation, role=Role.APPROVER)
    return client.post(reverse("accounts:role_revoke", args=["meridian-bank"]), {"membership": membership.pk, **more}, follow=True)


def two_roles(cast: Cast, person: User) -> User:
    """So that no access is lost with the one."""
    Membership.objects.create(user=person, organisation=cast.organisation, role=Role.CONTRIBUTOR)
    return person


def test_the_policy_s_rules_that_name_the_person_are_told_first(cast: Cast) -> None:
    second = two_roles(cast, more_approvers(cast, "second_approver")[0])
    named(cast, second, accepting=second)
    text = words(take(cast, second))
    assert "to sign in the stage Board" in text
    assert "to accept findings of the severity Critical" in text
    assert "by name" not in text
    assert Role.APPROVER in roles_of(second, cast.organisation)
    take(cast, second, confirmed="1")
    assert Role.APPROVER not in roles_of(second, cast.organisation)


def test_records_that_wait_for_the_seat_are_named(cast: Cast) -> None:
    second = two_roles(cast, more_approvers(cast, "second_approver")[0])
    named(cast, cast.approver, second)
    case = submitted(cast)
    named(cast, cast.approver)
    text = words(take(cast, second))
    assert "1 record in review waits for the signature" in text
    assert case.title in text
    assert "The policy of the sign-off names" not in text
    speak(second, case)
    assert "is no longer approver" in words(take(cast, second)), "the seat is spoken for, so nothing waits"


def test_a_stage_that_has_its_signatures_waits_for_nobody(cast: Cast) -> None:
    second, third = more_approvers(cast, "second_approver", "third_approver")
    two_roles(cast, second)
    first = (
        f"  - {{id: a, title: A, who: {{people: [{cast.approver.email}, {second.email}]}}, quorum: any, due_days: 9, meaning: review}}\n"
    )
    last = f"  - {{id: b, title: B, who: {{people: [{third.email}]}}, quorum: all, due_days: 9, meaning: approval}}\n"
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=with_stages(first + last), reason="As agreed.")
    case = submitted(cast)
    named(cast, cast.approver)
    assert "1 record in review waits" in words(take(cast, second))
    speak(cast.approver, case)
    assert "is no longer approver" in words(take(cast, second))


def test_a_role_that_nothing_names_is_taken_at_once(cast: Cast) -> None:
    second = two_roles(cast, more_approvers(cast, "second_approver")[0])
    named(cast, cast.approver)
    submitted(cast)
    assert "is no longer approver" in words(take(cast, second))


def test_who_is_no_approver_any_more_keeps_their_name_in_the_policy(cast: Cast) -> None:
    second = two_roles(cast, more_approvers(cast, "second_approver")[0])
    named(cast, cast.approver, second, accepting=second)
    take(cast, second, confirmed="1")
    client = Client()
    client.force_login(cast.administrator)
    for name, query in (("signing_rules", {}), ("signing_rules", {"version": "1"}), ("policy_edit", {})):
        text = words(client.get(reverse(f"assessments:{name}", args=["meridian-bank"]), query))
        assert f"{second.name} (no approver now)" in text
        assert "somebody who" not in text

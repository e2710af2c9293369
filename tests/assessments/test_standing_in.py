"""Signing in the seat of an approver who is away: by the functions that pages and API call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.access import rights_of
from accounts.models import Membership, User
from accounts.services import membership_revoke
from assessments import delegating, workflow
from assessments.answering import response_save
from assessments.errors import Refused, WrongStatus
from assessments.models import DecisionRecord
from assessments.snapshots import content_of
from assessments.waiting import things_for
from tests.assessments.test_stages import Played
from tests.fixtures import today


class StandingIn(Played):
    def named(self) -> None:
        self.set_policy(
            f"  - {{id: only, title: Only, who: {{people: [{self.third.email}]}}, quorum: all, due_days: 5, meaning: approval}}\n"
        )

    def stand_in(self, **changes: Any) -> Any:
        given = {"of": self.third, "to": self.second, "starts_on": today(), "ends_on": today(), "reason": "Leave."} | changes
        return delegating.delegate(actor=self.cast.administrator, organisation=self.cast.organisation, **given)

    def waits_for(self, person: User) -> list[str]:
        """The stages that the person's home asks them to sign in."""
        organisation = self.cast.organisation
        return [t.about for t in things_for(person, organisation, rights_of(person, organisation), today()) if t.kind == "sign" and t.mine]

    def test_a_delegate_signs_in_the_seat_of_who_is_away(self) -> None:
        self.named()
        self.submit()
        with self.assertRaisesMessage(Refused, "It isn't your turn"):
            self.approve(self.second)
        self.stand_in()
        assert self.approve(self.second) == "approved"
        verdict = content_of(DecisionRecord.objects.get())["verdicts"][0]
        assert (verdict["person"]["name"], verdict["on_behalf_of"]["name"]) == (self.second.name, self.third.name)

    def test_a_seat_counts_once(self) -> None:
        self.set_policy(
            f"  - {{id: both, title: Both, who: {{people: [{self.third.email}, {self.cast.approver.email}]}}, quorum: all, due_days: 5, "
            "meaning: approval}\n"
        )
        self.submit()
        self.stand_in()
        assert self.approve(self.second) == "in_review"
        with self.assertRaisesMessage(Refused, "It isn't your turn"):
            self.approve(self.third)

    def test_one_that_is_over_ended_or_yet_to_come_counts_for_nothing(self) -> None:
        self.named()
        self.submit()
        self.stand_in(starts_on=today() + timedelta(days=1), ends_on=today() + timedelta(days=2))
        ended = self.stand_in()
        delegating.end(actor=self.third, delegation=ended)
        with pytest.raises(WrongStatus):
            delegating.end(actor=self.third, delegation=ended)
        with self.assertRaisesMessage(Refused, "It isn't your turn"):
            self.approve(self.second)

    def test_who_is_no_approver_any_more_hands_no_seat_on(self) -> None:
        self.named()
        self.submit()
        self.stand_in()
        assert self.waits_for(self.second)
        held = Membership.objects.get(user=self.third, organisation=self.cast.organisation, role="approver")
        membership_revoke(actor=self.cast.administrator, membership=held)
        assert not self.waits_for(self.second)
        with self.assertRaisesMessage(Refused, "It isn't your turn: the stage Only asks nobody now."):
            self.approve(self.second)

    def test_who_had_a_hand_in_it_hands_no_seat_on(self) -> None:
        self.named()
        Membership.objects.create(user=self.third, organisation=self.cast.organisation, role="risk_officer")
        question = self.case.responses.filter(option=None, state="answered").order_by("question").first()
        response_save(actor=self.third, assessment=self.case, question_id=question.question, value=question.value, note="Checked.")
        self.stand_in()
        with self.assertRaisesMessage(Refused, "The stage Only needs 1 signature"):
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)

    def test_whose_answer_was_overwritten_had_a_hand_in_it_all_the_same(self) -> None:
        self.named()
        Membership.objects.create(user=self.third, organisation=self.cast.organisation, role="risk_officer")
        question = self.case.responses.filter(option=None, state="answered").order_by("question").first()
        for person, note in ((self.third, "Checked."), (self.cast.contributor, "Checked again.")):
            response_save(actor=person, assessment=self.case, question_id=question.question, value=question.value, note=note)
        with self.assertRaisesMessage(Refused, "The stage Only needs 1 signature"):
            workflow.submit(actor=self.cast.risk_officer, assessment=self.case)

    def test_what_can_not_be_arranged_is_named(self) -> None:
        for changes, field in (
            ({"to": self.third}, "to"), ({"to": self.cast.auditor}, "to"), ({"of": self.cast.auditor}, "of"),
            ({"starts_on": today() + timedelta(days=1)}, "ends_on"), ({"ends_on": today() + timedelta(days=400)}, "ends_on"),
            ({"reason": " "}, "reason"),
        ):  # fmt: skip
            with self.subTest(changes=changes), pytest.raises(Refused) as refused:
                self.stand_in(**changes)
            assert field in refused.value.fields

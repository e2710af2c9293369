"""Two people in the same instant: whoever comes second meets what the first one did, or is told in words why not. Nothing is lost, given twice or
stuck, and the trail tells an order in which all of it could have happened one after the other.

Every story is played with both waiting in line for the trail, in either order, and some times with both let go at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.services import membership_grant, membership_revoke, user_create
from assessments import delegating, editing, workflow
from assessments.answering import response_save
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Delegation, DelegationEnd, PartSeen, Snapshot
from assessments.snapshots import content_of
from assessments.succeeding import succeed
from audit.trail import checkpoint
from tests.assessments.acting import INSURANCE, PROPOSED, PolicyModel, Rule
from tests.assessments.racing import DONE, Act, Bank, Racers, make_bank
from tests.fixtures import Cast, newest, read_all

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("prefix")]

AT_ONCE = 2  # rounds
ONE, TWO, FOUR = (PolicyModel((Rule(None, needed),)) for needed in (1, 2, 4))
NAMED = PolicyModel((Rule(("approver", "third"), None),))

Judge = Callable[[list[str]], None]
Story = Callable[[], tuple[list[Act], Judge]]


@pytest.fixture
def bank(cast: Cast) -> Bank:
    return make_bank(cast, ONE)


def play(bank: Bank, story: Story) -> None:
    """``story`` prepares a case, and returns the acts and what to make of their results."""
    for _ in range(AT_ONCE):
        acts, judge = story()
        judge(Racers(*acts).at_once())
    for turned in (False, True):
        acts, judge = story()
        results = Racers(*(reversed(acts) if turned else acts)).in_line(bank.stream)
        judge(results[::-1] if turned else results)
    bank.check()


@pytest.mark.parametrize("kind", ["approve", "return", "reject"])
def test_where_one_signature_is_needed_one_of_two_people_decides(bank: Bank, kind: str) -> None:
    def story() -> tuple[list[Act], Judge]:
        case = bank.submitted("approver", "second")

        def judge(results: list[str]) -> None:
            assert sorted(results) == ["WrongStatus", DONE]
            came = "approve" if results[0] == DONE else kind
            status, decisions = {"approve": ("approved", 1), "return": ("returned", 0), "reject": ("rejected", 1)}[came]
            assert bank.stands(case) == (status, 1, decisions)

        return [bank.speak("approver", case), bank.speak("second", case, kind)], judge

    play(bank, story)


def test_where_two_signatures_are_needed_both_count_and_make_one_decision(bank: Bank) -> None:
    bank.set_policy(TWO)

    def story() -> tuple[list[Act], Judge]:
        case = bank.submitted("approver", "second")

        def judge(results: list[str]) -> None:
            assert results == [DONE, DONE]
            assert bank.stands(case) == ("approved", 2, 1)

        return [bank.speak("approver", case), bank.speak("second", case)], judge

    play(bank, story)


def test_one_person_signs_once(bank: Bank) -> None:
    bank.set_policy(TWO)

    def story() -> tuple[list[Act], Judge]:
        case = bank.submitted("approver")

        def judge(results: list[str]) -> None:
            assert sorted(results) == ["Refused", DONE]
            assert bank.stands(case) == ("in_review", 1, 0)

        return [bank.speak("approver", case), bank.speak("approver", case)], judge

    play(bank, story)


def test_signing_against_withdrawing(bank: Bank) -> None:
    def story() -> tuple[list[Act], Judge]:
        case = bank.submitted("approver")

        def judge(results: list[str]) -> None:
            assert sorted(results) == ["WrongStatus", DONE]
            assert bank.stands(case) == (("approved", 1, 1) if results[0] == DONE else ("withdrawn", 0, 0))

        withdraw = lambda: workflow.withdraw(actor=bank.cast.risk_officer, assessment=case, reason="Stopped.")  # noqa: E731
        return [bank.speak("approver", case), withdraw], judge

    play(bank, story)


def test_submitting_against_an_edit(bank: Bank) -> None:
    """What is frozen is what stands in the table, and whoever answered what was frozen has a part in it."""

    def story() -> tuple[list[Act], Judge]:
        case = bank.draft()

        def judge(results: list[str]) -> None:
            assert results in ([DONE, DONE], [DONE, "WrongStatus"])
            content = content_of(newest(case))
            table = case.responses.get(question=INSURANCE)
            edited = results[1] == DONE
            assert table.value == content["file"]["use_case"]["responses"][INSURANCE]["value"] == ("no" if edited else "yes")
            assert ("answered" in [person["part"] for person in content["people"]]) == edited

        return [
            lambda: workflow.submit(actor=bank.cast.risk_officer, assessment=case),
            lambda: response_save(actor=bank.cast.contributor, assessment=case, question_id=INSURANCE, value="no"),
        ], judge

    play(bank, story)


def test_submitting_against_another_proposal(bank: Bank) -> None:
    def story() -> tuple[list[Act], Judge]:
        case = bank.draft()
        option = case.options.get(key=PROPOSED)

        def judge(results: list[str]) -> None:
            assert results in ([DONE, DONE], [DONE, "WrongStatus"])
            held = Assessment.objects.get(pk=case.pk).proposal_reason
            assert content_of(newest(case))["proposal"]["reason"] == held == ("Dearer." if results[1] == DONE else "It fits best.")

        return [
            lambda: workflow.submit(actor=bank.cast.risk_officer, assessment=case),
            lambda: editing.propose(actor=bank.cast.risk_officer, assessment=case, option=option, reason="Dearer."),
        ], judge

    play(bank, story)


def test_submitting_twice(bank: Bank) -> None:
    def story() -> tuple[list[Act], Judge]:
        case = bank.draft()

        def judge(results: list[str]) -> None:
            assert sorted(results) == ["WrongStatus", DONE]
            assert Snapshot.objects.filter(assessment=case).count() == 1

        return [lambda: bank.submit(case)] * 2, judge

    play(bank, story)


def test_two_edits_of_one_answer(bank: Bank) -> None:
    case = bank.draft()

    def story() -> tuple[list[Act], Judge]:
        held = case.responses.get(question=INSURANCE)

        def judge(results: list[str]) -> None:
            assert sorted(results) == ["Stale", DONE]
            stands = case.responses.get(question=INSURANCE)
            assert (stands.note, stands.revision) == (f"Note {results.index(DONE)} on {held.revision}.", held.revision + 1)

        return [
            lambda n=n, who=who: response_save(
                actor=bank[who], assessment=case, question_id=INSURANCE, value=held.value, note=f"Note {n} on {held.revision}.",
                revision=held.revision,
            )
            for n, who in enumerate(("risk_officer", "contributor"))
        ], judge  # fmt: skip

    play(bank, story)


def test_reading_a_part_twice(bank: Bank) -> None:
    def story() -> tuple[list[Act], Judge]:
        case = bank.submitted()
        digest, since = newest(case).digest, checkpoint(bank.stream).size

        def judge(results: list[str]) -> None:
            assert results == [DONE, DONE]
            assert PartSeen.objects.filter(snapshot__assessment=case).count() == 1
            assert bank.told(since) == ["record.part_read"]

        return [lambda: workflow.see_part(actor=bank.cast.approver, assessment=case, digest=digest, part="proposal")] * 2, judge

    play(bank, story)


class TestStandingIn:
    def stand_in(self, bank: Bank) -> Delegation:
        today = timezone.now().date()
        days: dict[str, Any] = {"starts_on": today, "ends_on": today + timedelta(days=1)}
        return delegating.delegate(
            actor=bank.cast.administrator, organisation=bank.cast.organisation, of=bank.third, to=bank.second, reason="Leave.", **days
        )

    def submitted(self, bank: Bank) -> Assessment:
        """In review, and nobody stands in for anybody yet."""
        bank.policy_once(NAMED)
        for left in Delegation.objects.filter(ended=None):
            delegating.end(actor=bank.cast.administrator, delegation=left)
        return bank.submitted("second", "third")

    def test_a_seat_is_filled_once_by_its_owner_or_the_delegate(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            case = self.submitted(bank)
            self.stand_in(bank)

            def judge(results: list[str]) -> None:
                assert sorted(results) == ["Refused", DONE]
                assert bank.stands(case) == ("in_review", 1, 0)

            return [bank.speak("third", case), bank.speak("second", case, seat="third")], judge

        play(bank, story)

    def test_signing_while_it_is_being_arranged(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            case, since = self.submitted(bank), checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert results in ([DONE, DONE], [DONE, "Refused"])
                signed = ["assessment.signed"] if results[1] == DONE else []
                assert bank.told(since) == ["delegation.made", *signed]

            return [lambda: self.stand_in(bank), bank.speak("second", case, seat="third")], judge

        play(bank, story)

    def test_no_signature_follows_the_end_of_what_it_rests_on(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            case = self.submitted(bank)
            made, since = self.stand_in(bank), checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert results in ([DONE, DONE], [DONE, "Refused"])
                signed = ["assessment.signed"] if results[1] == DONE else []
                assert bank.told(since) == [*signed, "delegation.ended"]
                assert bank.stands(case) == ("in_review", len(signed), 0)

            return [lambda: delegating.end(actor=bank.third, delegation=made), bank.speak("second", case, seat="third")], judge

        play(bank, story)

    def test_it_ends_once(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            made = self.stand_in(bank)

            def judge(results: list[str]) -> None:
                assert sorted(results) == ["WrongStatus", DONE]
                assert DelegationEnd.objects.filter(delegation=made).count() == 1

            return [lambda: delegating.end(actor=bank.third, delegation=made)] * 2, judge

        play(bank, story)


class TestRolesAndPolicies:
    def taking(self, bank: Bank, who: str) -> Act:
        """The act of taking the role approver from somebody, who has it before."""
        actor, organisation = bank.cast.administrator, bank.cast.organisation
        membership_grant(actor=actor, user=bank[who], organisation=organisation, role="approver")
        held = Membership.objects.get(user=bank[who], organisation=organisation, role="approver")
        return lambda: membership_revoke(actor=actor, membership=held)

    def test_no_signature_follows_the_taking_of_the_role(self, bank: Bank) -> None:
        bank.set_policy(TWO)

        def story() -> tuple[list[Act], Judge]:
            take = self.taking(bank, "fourth")
            case = bank.submitted("fourth")
            since = checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert results[0] == DONE
                assert results[1] in (DONE, "Refused", "PermissionDenied")
                signed = ["assessment.signed"] if results[1] == DONE else []
                assert bank.told(since) == [*signed, "role.revoked"]

            return [take, bank.speak("fourth", case)], judge

        play(bank, story)

    def test_nothing_is_submitted_to_stages_that_can_no_longer_be_filled(self, bank: Bank) -> None:
        bank.set_policy(FOUR)

        def story() -> tuple[list[Act], Judge]:
            take = self.taking(bank, "fourth")
            case, since = bank.draft(), checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert results in ([DONE, DONE], [DONE, "Refused"])
                submitted = ["assessment.submitted"] if results[1] == DONE else []
                assert [a for a in bank.told(since) if a != "assessment.imported"] == [*submitted, "role.revoked"]

            return [take, lambda: bank.submit(case)], judge

        play(bank, story)

    def test_what_is_submitted_after_a_policy_follows_it(self, bank: Bank) -> None:
        others = [TWO, ONE] * 4

        def story() -> tuple[list[Act], Judge]:
            case, since = bank.draft(), checkpoint(bank.stream).size
            policy = others.pop(0)

            def judge(results: list[str]) -> None:
                assert results == [DONE, DONE]
                told = bank.told(since)
                assert sorted(told) == ["assessment.submitted", "policy.set"]
                new = newest(case).stages.get().needed == policy.rules[0].needed
                assert told == (["policy.set", "assessment.submitted"] if new else ["assessment.submitted", "policy.set"])

            return [lambda: bank.set_policy(policy), lambda: bank.submit(case)], judge

        play(bank, story)

    def test_somebody_is_added_while_a_role_is_taken(self, bank: Bank) -> None:
        numbers = iter(range(100))

        def story() -> tuple[list[Act], Judge]:
            email = f"new-{next(numbers)}@meridian-bank.example"
            add = lambda: user_create(  # noqa: E731
                actor=bank.cast.administrator, organisation=bank.cast.organisation, email=email, name="New", role="contributor"
            )

            def judge(results: list[str]) -> None:
                assert results == [DONE, DONE]
                assert Membership.objects.filter(user__email=email).count() == 1

            return [self.taking(bank, "fourth"), add], judge

        play(bank, story)

    def test_one_person_is_added_once(self, bank: Bank) -> None:
        numbers = iter(range(100))

        def story() -> tuple[list[Act], Judge]:
            email, since = f"twice-{next(numbers)}@meridian-bank.example", checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert sorted(results) == ["ValidationError", DONE]
                assert bank.told(since) == ["person.added", "role.granted"]

            return [
                lambda: user_create(
                    actor=bank.cast.administrator, organisation=bank.cast.organisation, email=email, name="New", role="contributor"
                )
            ] * 2, judge  # fmt: skip

        play(bank, story)


class TestSuccession:
    def approved(self, bank: Bank) -> Assessment:
        case = bank.submitted("approver")
        bank.speak("approver", case)()
        return Assessment.objects.get(pk=case.pk)

    def test_a_new_approval_against_the_end_of_the_former(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            former = self.approved(bank)
            new = succeed(actor=bank.cast.risk_officer, assessment=former)
            option = new.options.get(key=evaluate_assessment(new).as_dict()["recommendation"]["option"])
            editing.propose(actor=bank.cast.risk_officer, assessment=new, option=option)
            bank.submit(new)
            read_all(bank.cast.approver, new)
            since = checkpoint(bank.stream).size

            def judge(results: list[str]) -> None:
                assert results == [DONE, DONE]
                assert bank.stands(new) == ("approved", 1, 1)
                ends = {
                    "expired": ["assessment.expired", "assessment.approved"],
                    "superseded": ["assessment.approved", "assessment.superseded"],
                }
                assert bank.told(since) == ends[bank.stands(former)[0]]

            return [bank.speak("approver", new), lambda: workflow.expire(assessment=former, today=former.review_on)], judge

        play(bank, story)

    def test_the_next_one_is_begun_once(self, bank: Bank) -> None:
        def story() -> tuple[list[Act], Judge]:
            former = self.approved(bank)

            def judge(results: list[str]) -> None:
                assert sorted(results) == ["WrongStatus", DONE]
                assert former.successors.count() == 1

            return [lambda: succeed(actor=bank.cast.risk_officer, assessment=former)] * 2, judge

        play(bank, story)

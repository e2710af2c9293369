"""Who had a hand in a record, and so can't sign it: also where no row tells of them any more."""

from __future__ import annotations

import pytest
from django.test import TestCase

from accounts.models import Membership, User
from assessments import answering, attaching, registering, workflow
from assessments.copying import answers_copy
from assessments.editing import propose
from assessments.errors import Refused
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Evidence, Response
from assessments.offering import take_over
from assessments.organisation import organisation_answer_save, questions_of_organisation
from assessments.submission import parts_of
from assessments.succeeding import succeed
from tests.fixtures import SIGNING, Cast, accept_all, attach, make_cast, make_complete, more_approvers, newest, read_all


class Hands(TestCase):
    """Somebody who is risk officer and approver at once."""

    cast: Cast
    case: Assessment
    both: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        (cls.both,) = more_approvers(cls.cast, "both")
        Membership.objects.create(user=cls.both, organisation=cls.cast.organisation, role="risk_officer")

    def hands(self, case: Assessment | None = None) -> dict[User, str]:
        return parts_of(case or self.case, self.cast.risk_officer)

    def noted(self, row: Response, by: User) -> None:
        """The answer is somebody else's from now on, though it says the same."""
        answering.response_save(
            actor=by,
            assessment=row.assessment,
            question_id=row.question,
            option=row.option,
            state=row.state,
            value=row.value,
            note="Seen again.",
        )

    def test_who_copied_answers_that_somebody_else_has_saved_since(self) -> None:
        source, target = self.case.options.order_by("position")[:2]
        assert self.both not in self.hands()
        answers_copy(actor=self.both, assessment=self.case, source=source.key, target=target.key, overwrite=True)
        for row in Response.objects.filter(option=target, answered_by=self.both).select_related("option", "assessment"):
            self.noted(row, self.cast.risk_officer)
        assert not Response.objects.filter(answered_by=self.both).exists()
        assert self.hands()[self.both] == "answered"

    def test_who_took_evidence_away(self) -> None:
        evidence = attach(self.cast, self.case)
        attaching.evidence_remove(actor=self.both, evidence=Evidence.objects.get(pk=evidence.pk))
        assert self.hands()[self.both] == "answered"

    def test_who_took_a_treatment_back(self) -> None:
        option = self.case.proposed_option
        assert option is not None
        evaluation = evaluate_assessment(self.case)
        finding = next(f["finding"] for f in registering.register_of(self.case, evaluation.release, evaluation.as_dict())
                       if f["option"] == option.key and not f["blocker"])  # fmt: skip
        registering.treat(
            actor=self.cast.risk_officer, assessment=self.case, option=option, finding=finding, treatment="accept", plan="It is small."
        )
        registering.untreat(actor=self.both, assessment=self.case, option=option, finding=finding)
        assert self.hands()[self.both] == "answered"

    def test_whose_answer_for_the_organisation_was_only_noted_to_since(self) -> None:
        question = next(
            q for q in questions_of_organisation().values()
            if q.type == "choice" and self.case.responses.filter(question=q.id, state="answered").exists()
        )  # fmt: skip
        stands = self.case.responses.get(question=question.id)
        value = next(choice.id for choice in question.choices if choice.id != stands.value)
        organisation_answer_save(actor=self.both, organisation=self.cast.organisation, question_id=question.id, value=value)
        take_over(actor=self.cast.risk_officer, assessment=self.case, question_id=question.id, option=None)
        self.noted(self.case.responses.get(question=question.id), self.cast.contributor)
        assert self.hands()[self.both] == "answered", "the answer is still the one that they gave"
        answering.response_save(actor=self.cast.contributor, assessment=self.case, question_id=question.id, state="unknown")
        assert self.both not in self.hands(), "now it isn't"

    def test_who_had_a_hand_in_the_record_that_the_next_one_begins_with(self) -> None:
        row = self.case.responses.filter(option=None, state="answered").order_by("question").first()
        assert row is not None
        self.noted(row, self.both)
        self.noted(row, self.cast.risk_officer)
        answering.response_save(
            actor=self.cast.risk_officer, assessment=self.case, question_id=row.question, value=row.value, note="Seen once more."
        )
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        snapshot = newest(self.case)
        read_all(self.cast.approver, self.case)
        workflow.approve(
            actor=self.cast.approver, assessment=self.case, digest=snapshot.digest, signing=SIGNING, acceptances=accept_all(snapshot)
        )
        new = succeed(actor=self.cast.risk_officer, assessment=self.case)
        assert not Response.objects.filter(assessment=new, answered_by=self.both).exists()
        assert self.hands(new)[self.both] == "answered"
        assert self.cast.approver not in self.hands(new), "who only signed the former one may sign the next"
        recommended = evaluate_assessment(new).as_dict()["recommendation"]["option"]
        propose(actor=self.cast.risk_officer, assessment=new, option=new.options.get(key=recommended), reason="It fits best.")
        workflow.submit(actor=self.cast.risk_officer, assessment=new)
        read_all(self.both, new)
        second = newest(new)
        with pytest.raises(Refused, match="You wrote or answered part of this record."):
            workflow.approve(actor=self.both, assessment=new, digest=second.digest, signing=SIGNING, acceptances=accept_all(second))

"""The fixed cast that the tests play with, and cases at every stage, made by the same functions as a person's own work.

Meridian Bank has one person for each role and nobody with two; the outsider is risk officer, approver and administrator elsewhere, so that
whatever stops them is the organisation and no missing role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Membership, Organisation, Role, User
from assessments import attaching, editing, workflow
from assessments.assigning import places_in
from assessments.files import import_assessment
from assessments.models import Assessment, Assignment, DecisionRecord, Evidence, Option, Snapshot
from assessments.parts import part_keys
from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment
from assessments.snapshots import content_of, to_be_accepted
from assessments.workflow import Accepting, Asking, Signing
from compliance.releases import by_name

PASSWORD = "correct horse battery staple"
EXAMPLE = Path(__file__).parent.parent / "examples" / "bank-chatbot.yaml"
SIGNING = Signing(authentication="password", address="192.0.2.7", client="tests")


@dataclass(frozen=True)
class Cast:
    organisation: Organisation
    elsewhere: Organisation
    risk_officer: User
    contributor: User
    approver: User
    auditor: User
    administrator: User
    outsider: User

    def __getitem__(self, who: str) -> User:
        person: User = getattr(self, who)
        return person


def today() -> date:
    """The day as the product sees it. A function, since a run may go on past midnight: what is read once, at import, is then yesterday."""
    return timezone.now().date()


def soon() -> date:
    return today() + timedelta(days=30)


def make_cast() -> Cast:
    """Meridian Bank with its five people, and somebody of another organisation; they all have the password ``PASSWORD``."""
    organisation = Organisation.objects.create(slug="meridian-bank", name="Meridian Bank")
    elsewhere = Organisation.objects.create(slug="harbour-insurance", name="Harbour Insurance")
    people = {role: _person(role, organisation, role) for role in Role.values}
    outsider = _person("outsider", elsewhere, Role.RISK_OFFICER, Role.APPROVER, Role.ADMINISTRATOR)
    return Cast(organisation=organisation, elsewhere=elsewhere, outsider=outsider, **people)


def _person(name: str, organisation: Organisation, *roles: str) -> User:
    user = User.objects.create_user(
        f"{name.replace('_', '-')}@{organisation.slug}.example", PASSWORD, name=name.replace("_", " ").capitalize()
    )
    Membership.objects.bulk_create(Membership(user=user, organisation=organisation, role=role) for role in roles)
    return user


def make_draft(cast: Cast) -> Assessment:
    """A new, empty draft of the risk officer's, of which the contributor is asked for everything."""
    assessment = editing.assessment_create(
        actor=cast.risk_officer, organisation=cast.organisation, title="Chatbot for customers", name="Customer chatbot",
        purpose="Answers questions about accounts and cards.", archetype="customer-facing-chatbot",
    )  # fmt: skip
    ask_for_everything(assessment, cast.contributor)
    return assessment


def ask_for_everything(assessment: Assessment, person: User) -> None:
    """The person may answer every part, as if they had been asked; without the mail and the entry in the trail, which few tests are about."""
    Assignment.objects.bulk_create(
        Assignment(
            assessment=assessment, questionnaire=questionnaire, section=section, person=person, assigned_by=assessment.author,
            assigned_at=assessment.created_at,
        )
        for questionnaire, section in places_in(assessment)
    )  # fmt: skip


def make_complete(cast: Cast) -> Assessment:
    """The bank's chatbot from the worked example, with every answer, its recommended option proposed; the contributor is asked for everything."""
    assessment = import_assessment(actor=cast.risk_officer, organisation=cast.organisation, text=EXAMPLE.read_text(), name=EXAMPLE.name)
    ask_for_everything(assessment, cast.contributor)
    option = assessment.options.get(key=recommended_in(EXAMPLE))
    return editing.propose(actor=cast.risk_officer, assessment=assessment, option=option, reason="It fits best.")


@cache
def recommended_in(file: Path) -> str:
    """The key of the option that an assessment file's answers come out for."""
    facts, release = read_assessment(file.read_text("utf-8"), file.name, by_name)
    option: str = evaluate(release, facts).as_dict()["recommendation"]["option"]
    return option


def first_use_case_question(assessment: Assessment) -> str:
    """A choice question about the use case that has been answered."""
    return assessment.responses.filter(option=None, state="answered").order_by("question").values_list("question", flat=True)[0]


def attach(cast: Cast, assessment: Assessment, name: str = "certificate.txt", content: bytes = b"Certificate No. 42\n") -> Evidence:
    """A text file on the first answer about the use case."""
    return attaching.evidence_attach(
        actor=cast.contributor, assessment=assessment, question_id=first_use_case_question(assessment), option=None,
        upload=SimpleUploadedFile(name, content),
    )  # fmt: skip


def make_submitted(cast: Cast) -> Assessment:
    """The complete case, in review."""
    assessment = make_complete(cast)
    workflow.submit(actor=cast.risk_officer, assessment=assessment)
    assessment.refresh_from_db()
    return assessment


def make_approved(cast: Cast) -> DecisionRecord:
    """The complete case, signed by the approver."""
    return sign(cast, make_submitted(cast))


def sign(cast: Cast, assessment: Assessment, *conditions: Asking) -> DecisionRecord:
    """The approver reads and signs what was submitted, under conditions if any are given."""
    snapshot = newest(assessment)
    read_all(cast.approver, assessment)
    workflow.approve(
        actor=cast.approver, assessment=assessment, digest=snapshot.digest, signing=SIGNING, acceptances=accept_all(snapshot),
        conditions=conditions,
    )  # fmt: skip
    return DecisionRecord.objects.get(snapshot=snapshot)


def read_all(person: User, assessment: Assessment) -> None:
    """The person says of each part of what was submitted that they have read it."""
    snapshot = newest(assessment)
    for part in part_keys(snapshot):
        workflow.see_part(actor=person, assessment=assessment, digest=snapshot.digest, part=part)


def more_approvers(cast: Cast, *names: str) -> list[User]:
    """Further approvers of Meridian Bank."""
    return [_person(name, cast.organisation, Role.APPROVER) for name in names]


def newest(assessment: Assessment) -> Snapshot:
    snapshot = assessment.latest_snapshot
    assert snapshot is not None
    return snapshot


def accept_all(snapshot: Snapshot) -> dict[tuple[str, str], Accepting]:
    """A reason for each finding that an approval must accept."""
    items = to_be_accepted(content_of(snapshot))
    return {(item["option"], item["id"]): Accepting("Accepted until the next review.") for item in items}


def option_of(assessment: Assessment) -> Option:
    option = assessment.options.first()
    assert option is not None
    return option

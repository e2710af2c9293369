import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from assessments import assigning, workflow
from assessments.editing import propose
from assessments.evaluation import evaluate_assessment
from assessments.files import import_assessment
from assessments.models import Assessment
from assessments.organisation import organisation_answer_save, questions_of_organisation
from assessments.parts import part_keys
from assessments.portfolio import refreshing

SLUG = "meridian-bank"
PEOPLE = {
    "risk_officer": ("Rosa Ferrari", "rosa@meridian.example"),
    "contributor": ("Amir Haddad", "amir@meridian.example"),
    "approver": ("Ingrid Solberg", "ingrid@meridian.example"),
    "auditor": ("Tomas Novak", "tomas@meridian.example"),
    "administrator": ("Ada Lindqvist", "ada@meridian.example"),
}
ASKED = "liability"  # the questionnaire that the contributor answers
SIGNED, DRAFT = "internal-documents.yaml", "bank-chatbot.yaml"


class Command(BaseCommand):
    help = (
        "Make the demonstration organisation with its people and two worked examples, one of them signed off. Does nothing the second time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--greeting", metavar="URL", help="only print the address and how to sign in")

    def handle(self, *args: Any, greeting: str | None = None, **options: Any) -> None:
        if greeting:
            self.stdout.write(self.text(greeting))
            return
        if settings.PRODUCTION:
            raise CommandError("The demonstration is not for production; make an organisation with create_organisation.")
        if Organisation.objects.filter(slug=SLUG).exists():
            return
        self.stdout.write("Loading the demonstration organisation and its two worked examples …")
        with transaction.atomic():
            people = self.people()
            examples = Path(settings.BASE_DIR) / "examples"
            organisation = Organisation.objects.get(slug=SLUG)
            made = {
                name: import_assessment(
                    actor=people["risk_officer"], organisation=organisation, text=(examples / name).read_text(), name=name
                )
                for name in (SIGNED, DRAFT)
            }
            self.describe(organisation, made[DRAFT], people["risk_officer"])
            self.ask(made[DRAFT], people)
            self.sign(made[SIGNED], people)
        refreshing.refresh_waiting()  # the portfolio is looked at before the worker's next minute

    def describe(self, organisation: Organisation, assessment: Assessment, author: User) -> None:
        """What the bank says of itself, as its chatbot's assessment has it."""
        for answer in assessment.responses.filter(option=None, question__in=questions_of_organisation()):
            organisation_answer_save(
                actor=author,
                organisation=organisation,
                question_id=answer.question,
                value=answer.value,
                basis=answer.basis,
                note=answer.note,
            )

    def ask(self, assessment: Assessment, people: dict[str, User]) -> None:
        """The contributor is asked for what the contract says, in a fortnight."""
        assigning.assign(
            actor=people["risk_officer"], assessment=assessment, person=people["contributor"].email, note="You know the contract best.",
            places=[place for place in assigning.places_in(assessment) if place[0] == ASKED], due_on=timezone.now().date() + timedelta(days=14),
        )  # fmt: skip

    def people(self) -> dict[str, User]:
        organisation = Organisation.objects.create(slug=SLUG, name="Meridian Bank")
        people = {}
        for role, (name, email) in PEOPLE.items():
            people[role] = User.objects.create_user(email, self.password(), name=name)
            Membership.objects.create(user=people[role], organisation=organisation, role=role)
        return people

    def sign(self, assessment: Assessment, people: dict[str, User]) -> None:
        leader = evaluate_assessment(assessment).ranking[0].facts.id
        propose(actor=people["risk_officer"], assessment=assessment, option=assessment.options.get(key=leader))
        snapshot = workflow.submit(actor=people["risk_officer"], assessment=assessment)
        for part in part_keys(snapshot):
            workflow.see_part(actor=people["approver"], assessment=assessment, digest=snapshot.digest, part=part)
        workflow.approve(
            actor=people["approver"], assessment=assessment, digest=snapshot.digest, signing=workflow.Signing(authentication="demonstration"),
        )  # fmt: skip

    def password(self) -> str:
        """Made once for this installation; it lies beside the data, readable by its owner alone."""
        path = Path(settings.VAR_DIR) / "demo-password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text("-".join(secrets.token_hex(2) for _ in range(4)))
        return path.read_text()

    def text(self, url: str) -> str:
        lines = [f"\nCountersign runs at {url}", "", "Sign in to the demonstration organisation with one password for all of them:", ""]
        for role, (name, email) in PEOPLE.items():
            lines.append(f"  {role.replace('_', ' '):14}  {email:26}  {name}")
        return "\n".join([*lines, "", f"  password        {self.password()}", ""])

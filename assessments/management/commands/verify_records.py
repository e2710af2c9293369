"""``manage.py verify_records``: are the stored records of sign-offs what was signed?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organisation
from assessments.verifying import verify_records


class Command(BaseCommand):
    help = "Holds snapshots, verdicts, seals, decision records and statuses against each other and against the trail; exits 1 where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", metavar="SLUG", help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        organisations = Organisation.objects.all()
        if slug := options["organisation"]:
            organisations = organisations.filter(slug=slug)
            if not organisations.exists():
                raise CommandError(f"There is no organisation {slug!r}.")
        wrong = 0
        for organisation in organisations:
            problems = verify_records(organisation)
            wrong += len(problems)
            if not problems:
                self.stdout.write(f"{organisation.slug}: every stored record is what was signed")
            for problem in problems:
                self.stdout.write(f"{organisation.slug}: {problem.kind}: assessment {problem.assessment}: {problem.message}")
        if wrong:
            raise CommandError(f"{wrong} {'record is' if wrong == 1 else 'records are'} not what was signed")

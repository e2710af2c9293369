from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from assessments.models import Assessment
from assessments.portfolio.refreshing import out_of_date, refresh


class Command(BaseCommand):
    help = "Work out what the portfolio shows: of each assessment whose facts are missing or out of date, or of every one with --all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", nargs="?", help="the short name of one organisation; every organisation if left out")
        parser.add_argument("--all", action="store_true", dest="everything", help="also what isn't out of date")

    def handle(self, *args: Any, organisation: str | None, everything: bool, **options: Any) -> None:
        found = Organisation.objects.all()
        if organisation is not None:
            found = found.filter(slug=organisation)
            if not found:
                raise CommandError(f"There is no organisation {organisation!r}.")
        for one in found:
            waiting = (
                Assessment.objects.filter(organisation=one).order_by("pk").values_list("pk", flat=True) if everything else out_of_date(one)
            )
            done = sum(refresh(pk) for pk in list(waiting))
            failed = Assessment.objects.filter(organisation=one).exclude(standing__problem="").exclude(standing=None).count()
            self.stdout.write(f"{one.slug}: {done} worked out, {failed} of all can't be")

"""``manage.py erase_person``: delete what names a person from the trail."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.trail import erase_person


class Command(BaseCommand):
    help = "Deletes every text of the trail that names one person; a reference is shown instead, and every proof still holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="the person: 'person:<uuid>'")
        parser.add_argument("--by", default="system", help="who does it: 'person:<uuid>'; without it, the system")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            erased = erase_person(options["reference"], actor=options["by"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        texts = "text that names" if erased == 1 else "texts that name"
        self.stdout.write(f"{erased} {texts} {options['reference']} erased; the trail shows the reference instead.")

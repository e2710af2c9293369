"""``manage.py verify_report FILE.pdf``: is this report what was signed, and did this service issue it?"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from reports.issuing import check_issued
from reports.verifier import Check, verify_pdf
from reports.verifier.verify import LARGEST

MARKS = {True: "holds     ", False: "FAILS     ", None: "not known "}


class Command(BaseCommand):
    help = "Says in sentences what of a sign-off report holds and what doesn't; exits 1 where anything fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the PDF")
        parser.add_argument("--offline", action="store_true", help="from the file alone, without asking the database")

    def handle(self, *args: Any, **options: Any) -> None:
        data = _read(options["file"])
        verification = verify_pdf(data)
        checks = list(verification.checks)
        if not options["offline"]:
            try:
                checks += check_issued(data, verification)
            except DatabaseError:
                checks.append(Check("issued", None, "There is no database at hand, so nothing was asked about who issued the file."))
        for check in checks:
            self.stdout.write(f"{MARKS[check.ok]} {check.message}")
        failed = [check for check in checks if check.ok is False]
        if failed:
            which = ", ".join(dict.fromkeys(check.name for check in failed))
            raise CommandError(f"{options['file']} does NOT hold: {len(failed)} of {len(checks)} checks failed ({which}).")
        self.stdout.write(f"{options['file']}: everything that could be checked holds.")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise CommandError(f"{path} has more than {LARGEST:,} bytes; a report has less.", returncode=2)
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.", returncode=2) from None

"""``manage.py verify_audit``: is the trail what was written?"""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from audit import verify
from audit.places import PlaceUnavailable
from audit.trail import Checkpoint
from audit.verify import Report

_CHECKPOINT = re.compile(r"([0-9]+):([0-9a-f]{64})")
UNSOUND, UNCHECKED = 1, 2


class Command(BaseCommand):
    help = (
        "Reads the audit trail and tells, for each stream, whether it is what was written and what its checkpoints state, in the table and in "
        "the second place. Exits 0 where all is sound, 1 where something isn't, 2 where something couldn't be checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", help="only this stream: 'system' or 'org:<uuid>'")
        parser.add_argument(
            "--checkpoint",
            help="SIZE:ROOT as a decision record names it, of the stream given: it must still begin with exactly that",
        )
        parser.add_argument("--without-second-place", action="store_true", help="compare with the checkpoints in the table alone")
        parser.add_argument("--json", action="store_true", help="print what was found as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        known = _checkpoint(options["checkpoint"], options["stream"])
        second_place = not options["without_second_place"]
        try:
            streams, unreachable = _streams(second_place)
            if options["stream"]:
                if options["stream"] not in streams:
                    raise CommandError(
                        f"There is no stream {options['stream']!r}; there are: {', '.join(streams) or 'none'}", returncode=UNCHECKED
                    )
                streams = [options["stream"]]
            reports = {stream: verify.verify_stream(stream, known=known, second_place=second_place) for stream in streams}
        except DatabaseError as error:
            raise CommandError(f"The trail can't be read: {error}", returncode=UNCHECKED) from None
        self.tell(reports, unreachable, as_json=options["json"])

    def tell(self, reports: dict[str, Report], unreachable: list[str], *, as_json: bool) -> None:
        broken = sum(not report.ok for report in reports.values())
        unchecked = unreachable or any(report.unchecked for report in reports.values())
        if as_json:
            found = {"sound": not broken and not unchecked, "streams": {name: asdict(report) for name, report in reports.items()}}
            self.stdout.write(json.dumps(found | {"unchecked": unreachable}, indent=2))
        else:
            self.tell_people(reports, unreachable)
        if broken:
            message = f"{broken} of {len(reports)} {'stream' if len(reports) == 1 else 'streams'} not as written"
            if not as_json:
                raise CommandError(message, returncode=UNSOUND)
            sys.exit(UNSOUND)
        if unchecked:
            if not as_json:
                raise CommandError("Not everything could be checked.", returncode=UNCHECKED)
            sys.exit(UNCHECKED)

    def tell_people(self, reports: dict[str, Report], unreachable: list[str]) -> None:
        for stream, report in reports.items():
            if report.ok:
                entries = "entry" if report.size == 1 else "entries"
                self.stdout.write(f"{stream}: {report.size} {entries}, untouched; root {report.root}")
            else:
                self.stdout.write(f"{stream}: NOT as written; {report.problems[0].kind}: {report.problems[0].message}")
                for problem in report.problems[1:]:
                    self.stdout.write(f"  also {problem.kind}: {problem.message}")
            for message in report.unchecked:
                self.stdout.write(f"  NOT CHECKED: {message}")
        for message in unreachable:
            self.stdout.write(f"NOT CHECKED: {message}")
        if not reports:
            self.stdout.write("The trail has no streams yet.")


def _streams(second_place: bool) -> tuple[list[str], list[str]]:
    """The streams to verify, and why those of the second place aren't among them."""
    if not second_place:
        return verify.streams(), []
    try:
        return verify.streams_and_places(), []
    except PlaceUnavailable as error:
        return verify.streams(), [str(error)]


def _checkpoint(given: str | None, stream: str | None) -> Checkpoint | None:
    if not given:
        return None
    found = _CHECKPOINT.fullmatch(given)
    if not found:
        raise CommandError(f"--checkpoint {given!r}: write the size, a colon and the root's 64 hexadecimal digits", returncode=UNCHECKED)
    if not stream:
        raise CommandError("--checkpoint belongs to one stream: name it with --stream", returncode=UNCHECKED)
    return Checkpoint(int(found[1]), found[2])

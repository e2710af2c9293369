"""``manage.py verify_audit``: is the trail what was written?"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.models import AuditEvent, StreamHead
from audit.trail import Checkpoint
from audit.verify import verify_stream

_CHECKPOINT = re.compile(r"([0-9]+):([0-9a-f]{64})")


class Command(BaseCommand):
    help = "Reads the audit trail and tells, for each stream, whether it is what was written; exits 1 where it isn't."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", help="only this stream: 'system' or 'org:<uuid>'")
        parser.add_argument(
            "--checkpoint",
            help="SIZE:ROOT as a decision record names it, of the stream given: it must still begin with exactly that",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = _checkpoint(options["checkpoint"], options["stream"])
        streams = _streams()
        if options["stream"]:
            if options["stream"] not in streams:
                raise CommandError(f"There is no stream {options['stream']!r}; there are: {', '.join(streams) or 'none'}")
            streams = [options["stream"]]
        broken = 0
        for stream in streams:
            report = verify_stream(stream, known=known)
            if report.ok:
                self.stdout.write(f"{stream}: {report.size} {'entry' if report.size == 1 else 'entries'}, untouched; root {report.root}")
                continue
            broken += 1
            self.stdout.write(f"{stream}: NOT as written; first {report.problems[0].message}")
            for problem in report.problems[1:]:
                self.stdout.write(f"  also {problem.message}")
        if not streams:
            self.stdout.write("The trail has no streams yet.")
        if broken:
            raise CommandError(f"{broken} of {len(streams)} {'stream' if len(streams) == 1 else 'streams'} not as written")


def _streams() -> list[str]:
    held = set(StreamHead.objects.values_list("stream", flat=True))
    return sorted(held | set(AuditEvent.objects.order_by("stream").values_list("stream", flat=True).distinct()))


def _checkpoint(given: str | None, stream: str | None) -> Checkpoint | None:
    if not given:
        return None
    found = _CHECKPOINT.fullmatch(given)
    if not found:
        raise CommandError(f"--checkpoint {given!r}: write the size, a colon and the root's 64 hexadecimal digits")
    if not stream:
        raise CommandError("--checkpoint belongs to one stream: name it with --stream")
    return Checkpoint(int(found[1]), found[2])

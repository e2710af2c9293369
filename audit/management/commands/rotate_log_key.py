"""``manage.py rotate_log_key``: a new key for a stream's checkpoints."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.keys import LogKeyUnreadable, rotate
from audit.verify import streams


class Command(BaseCommand):
    help = "Makes a new signing key for a stream's checkpoints, records that in the stream, and keeps the former public key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", required=True, help="'system' or 'org:<uuid>'")
        parser.add_argument("--by", default="system", help="who does it: 'person:<uuid>'; without it, the system")

    def handle(self, *args: Any, **options: Any) -> None:
        held = streams()
        if options["stream"] not in held:
            raise CommandError(f"There is no stream {options['stream']!r}; there are: {', '.join(held) or 'none'}")
        try:
            former, current = rotate(options["stream"], actor=options["by"])
        except (LogKeyUnreadable, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['stream']} is signed with {current.text} from now on.\nThe former key stays known: {former.text}")

"""``manage.py publish_checkpoints``: sign where the streams stand, and keep that in the second place."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.checkpoints import Inconsistent, publish, publish_all
from audit.keys import LogKeyUnreadable
from audit.places import PlaceUnavailable


class Command(BaseCommand):
    help = "Signs a checkpoint of every stream that has grown since its last one, and keeps it in the table and in the second place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", help="only this stream: 'system' or 'org:<uuid>'")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = [publish(options["stream"])] if options["stream"] else publish_all()
        except (Inconsistent, LogKeyUnreadable, PlaceUnavailable) as error:
            raise CommandError(str(error)) from None
        rows = [row for row in made if row is not None]
        for row in rows:
            stamped = "timestamped" if row.token is not None else "without a timestamp"
            self.stdout.write(f"{row.stream}: {row.size} entries, root {row.root}, key {row.key_id}, {stamped}")
        if not rows:
            self.stdout.write("No stream has grown since its last checkpoint.")

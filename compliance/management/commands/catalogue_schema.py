import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance import CONTENT
from compliance.catalogue.schema import catalogue_schema

TARGET = CONTENT / "catalogue.schema.json"


class Command(BaseCommand):
    help = "Write the JSON Schema of the catalogue's files, which editors use to complete and check."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=TARGET)

    def handle(self, *args: Any, to: Path, **options: Any) -> None:
        to.write_text(json.dumps(catalogue_schema(), indent=1, ensure_ascii=False) + "\n")
        self.stdout.write(f"wrote {to.name}")

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.index import index
from compliance.catalogue.load import ContentError


class Command(BaseCommand):
    help = "Check the catalogue's YAML: every problem with file, line and key; exit 1 where there is one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=CONTENT, help="the content folder (the product's own if left out)")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            release = compile_catalogue(path)
        except ContentError as error:
            raise CommandError(str(error)) from None
        questions = Counter(q.id.split(".")[0] for q in index(release).questions.values())
        self.stdout.write(f"{release.key}@{release.version}: nothing wrong")
        for name, count in questions.items():
            self.stdout.write(f"  {count:4} questions in {name}")
        blockers = sum(rule.blocker for rule in release.rules)
        self.stdout.write(f"  {sum(questions.values()):4} questions in all")
        self.stdout.write(f"  {len(release.rules):4} rules, {blockers} of them blockers")
        self.stdout.write(f"  {len(release.obligations):4} obligations, {len(release.class_rules)} lines in the AI Act decision table")
        self.stdout.write(f"  {len(release.sources):4} sources")

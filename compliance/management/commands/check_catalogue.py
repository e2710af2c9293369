from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.effects import effects
from compliance.catalogue.index import index
from compliance.catalogue.load import ContentError
from compliance.catalogue.texts import texts


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
        kinds = Counter(effect.kind for items in effects(release).values() for effect in items)
        blockers = sum(rule.blocker for rule in release.rules)
        self.stdout.write(f"  {sum(questions.values()):4} questions in all, each of which changes an outcome; answers are read")
        self.stdout.write(f"       {kinds['value']} times by a value, {kinds['finding']} by a finding, {kinds['blocker']} by a blocker,")
        self.stdout.write(
            f"       {kinds['class']} by a class, {kinds['duty']} by whether a duty applies, {kinds['shown']} by whether it is met,"
        )
        self.stdout.write(f"       {kinds['loss']} by a loss")
        self.stdout.write(f"  {len(release.rules):4} rules, {blockers} of them blockers")
        instruments = Counter(o.instrument for o in release.obligations)
        self.stdout.write(
            f"  {len(release.obligations):4} obligations ({', '.join(f'{n} {name}' for name, n in instruments.items())}),"
            f" {len(release.proposals)} proposals beside them"
        )
        self.stdout.write(f"  {len(release.class_rules):4} lines in the AI Act decision table")
        self.stdout.write(
            f"  {len(release.archetypes):4} archetypes, {len(release.profiles)} profiles of weights, {len(release.scenarios)} scenarios"
        )
        changes, transfers = (sum(len(getattr(loss, part)) for loss in release.losses) for part in ("changes", "transfers"))
        self.stdout.write(f"  {len(release.losses):4} scenarios of loss with {changes} changes and {transfers} transfers")
        self.stdout.write(
            f"  {len(release.published):4} published values and {len(release.prices)} prices of {len(release.providers)} providers and"
            f" {len(release.models)} models"
        )
        marks = Counter(s.verified for s in release.sources)
        self.stdout.write(f"  {len(release.sources):4} sources: {', '.join(f'{n} {mark}' for mark, n in marks.items())}")
        self.stdout.write(f"  {sum(1 for _ in texts(release)):4} texts with a key of their own")

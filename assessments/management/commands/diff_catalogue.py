import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from assessments.models import Assessment
from assessments.moving import Effect, effect_of
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.diff import Change, diff
from compliance.catalogue.load import ContentError, load_release
from compliance.catalogue.model import Release
from compliance.releases import by_name

LONGEST = 70


class Command(BaseCommand):
    help = (
        "What changed from one release of the catalogue to another, and which assessments it touches and how: their class, obligations and"
        " scores. A and B are published releases (KEY@VERSION), compiled files, or folders of content."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("a", metavar="A")
        parser.add_argument("b", metavar="B")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--content-only", action="store_true", help="leave the assessments out; needs no database then")

    def handle(self, *args: Any, a: str, b: str, format: str, content_only: bool, **options: Any) -> None:
        old, new = self.release(a), self.release(b)
        changes = diff(old, new)
        touched = [] if content_only else self.touched(old, new)
        if format == "json":
            self.stdout.write(json.dumps(as_json(changes, touched), ensure_ascii=False, indent=2))
            return
        for change in changes:
            self.stdout.write(f"{change.kind:8} {change.part} {change.id}" + (f": {short(change.title)}" if change.title else ""))
            for name, (before, after) in change.fields.items():
                self.stdout.write(f"           {name}: {short(before)} -> {short(after)}")
        self.stdout.write(f"{len(changes)} changes from {old.key}@{old.version} to {new.key}@{new.version}")
        for assessment, effect in touched:
            self.stdout.write(f"\n{assessment.organisation.slug}: {assessment.title} ({assessment.get_status_display().lower()})")
            for line in effect if isinstance(effect, list) else lines(effect):
                self.stdout.write(f"  {line}")
        if not content_only:
            self.stdout.write(f"\n{len(touched)} assessments on {old.key}@{old.version}")

    def release(self, name: str) -> Release:
        path = Path(name)
        try:
            if path.is_dir():
                return compile_catalogue(path)
            return load_release(path) if path.is_file() else by_name(name)
        except (ContentError, LookupError, ValueError) as error:
            raise CommandError(f"{name}: {error.args[0] if error.args else error}") from None

    def touched(self, old: Release, new: Release) -> list[tuple[Assessment, Effect | list[str]]]:
        """Every assessment on the old release, open and signed, of every organisation: this is the operator's command."""
        found: list[tuple[Assessment, Effect | list[str]]] = []
        try:
            on = Assessment.objects.filter(catalogue=f"{old.key}@{old.version}").select_related("organisation", "use_case")
            for assessment in on.order_by("organisation__slug", "title"):
                try:
                    found.append((assessment, effect_of(assessment, new)))
                except (LookupError, ValueError) as error:
                    found.append((assessment, [f"can't be read: {error}"]))
        except DatabaseError as error:
            raise CommandError(f"The assessments can't be read ({error}); migrate first, or give --content-only.") from None
        return found


def lines(effect: Effect) -> list[str]:
    """An effect in sentences."""
    if effect.nothing:
        return ["nothing changes"]
    found = []
    for name, (before, after) in (("class", effect.risk_class), ("recommendation", effect.recommendation)):
        if before != after:
            found.append(f"{name}: {before} -> {after}")
    for option in effect.options:
        if option.changed:
            words = ["not admissible", "admissible"]
            admissible = f", {words[option.admissible[1]]}" if option.admissible[0] != option.admissible[1] else ""
            found.append(f"score of {option.name}: {option.score[0]} -> {option.score[1]}{admissible}")
    found += [f"obligation {reference}, {title}: {what}" for what, reference, title in effect.obligations]
    if effect.questions:
        found.append(f"newly open: {', '.join(effect.questions)}")
    found += [f"answer to {one.question}{f' of {one.option}' if one.option else ''} is lost: {one.reason}" for one in effect.lost]
    return found


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def as_json(changes: tuple[Change, ...], touched: list[tuple[Assessment, Effect | list[str]]]) -> dict[str, Any]:
    return {
        "format": "countersign/catalogue-diff@1",
        "changes": [
            {
                "kind": c.kind, "part": c.part, "id": c.id, "title": c.title,
                "fields": {name: {"before": before, "after": after} for name, (before, after) in c.fields.items()},
            }
            for c in changes
        ],
        "assessments": [
            {
                "id": str(assessment.pk), "organisation": assessment.organisation.slug, "title": assessment.title,
                "status": assessment.status, "effects": effect if isinstance(effect, list) else lines(effect),
            }
            for assessment, effect in touched
        ],
    }  # fmt: skip

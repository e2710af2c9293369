import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.catalogue.model import Release
from compliance.catalogue.resting import resting_on
from compliance.releases import named

WORDS = {
    "primary": "the primary text was read",
    "secondary": "a secondary source was read",
    "computed": "recomputed from stated inputs",
    "to_check": "TO BE CHECKED",
    "judgement": "Countersign's own judgement",
}


class Command(BaseCommand):
    help = "List every source of a release, how far it was verified, when it was read, and what rests on it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--catalogue", metavar="KEY@VERSION", help="a published release (the newest if left out)")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--verified", choices=list(WORDS), help="only those that were verified so far")

    def handle(self, *args: Any, catalogue: str | None, format: str, verified: str | None, **options: Any) -> None:
        try:
            release = named(catalogue)
        except LookupError as error:
            raise CommandError(f"--catalogue: {error.args[0]}") from None
        rows = [row for row in listing(release) if verified in (None, row["verified"])]
        if format == "json":
            content = {"format": "countersign/sources@1", "catalogue": f"{release.key}@{release.version}", "sources": rows}
            self.stdout.write(json.dumps(content, ensure_ascii=False, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row['title']} [{row['id']}]")
            if row["reference"]:
                self.stdout.write(f"  {row['reference']}")
            self.stdout.write(f"  {WORDS[row['verified']]}, read on {row['read_on']}{'. ' + row['note'] if row['note'] else ''}")
            self.stdout.write(f"  on it rest: {', '.join(row['resting'])}")
        self.stdout.write(f"{len(rows)} sources of {release.key}@{release.version}")


def listing(release: Release) -> list[dict[str, Any]]:
    resting = resting_on(release)
    return [
        {
            "id": s.id, "title": s.title, "reference": s.reference, "note": s.note, "verified": s.verified,
            "read_on": s.read_on.isoformat(), "resting": list(resting[s.id]),
        }
        for s in release.sources
    ]  # fmt: skip

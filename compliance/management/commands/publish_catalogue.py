from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue, release_bytes, release_digest
from compliance.catalogue.load import ContentError, release_from_json
from compliance.releases import FOLDER


class Command(BaseCommand):
    help = "Compile the catalogue's YAML into an immutable release file under compliance/releases/."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=CONTENT, help="the content folder (the product's own if left out)")
        parser.add_argument("--into", type=Path, default=FOLDER, help="the folder that the release file is written to")

    def handle(self, *args: Any, path: Path, into: Path, **options: Any) -> None:
        try:
            release = compile_catalogue(path)
        except ContentError as error:
            raise CommandError(str(error)) from None
        target = into / f"{release.key}@{release.version}.json"
        data = release_bytes(release)
        if target.exists():
            if target.read_bytes() != data:
                raise CommandError(
                    f"{target.name} is published and a release never changes; raise catalogue.version in catalogue.yaml to publish the new content"
                )
            self.stdout.write(f"{target.name} is published already, with the same content ({release_digest(release)})")
            return
        if release_from_json(data) != release:
            raise CommandError("the compiled release doesn't read back as it was; nothing is published")
        target.write_bytes(data)
        self.stdout.write(f"published {target.name} ({release_digest(release)})")

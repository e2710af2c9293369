from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from audit.trail import events_of, record
from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue, release_bytes, release_digest
from compliance.catalogue.load import ContentError, release_from_json
from compliance.catalogue.model import Release
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
            self._record(release, into)
            return
        if release_from_json(data) != release:
            raise CommandError("the compiled release doesn't read back as it was; nothing is published")
        target.write_bytes(data)
        self.stdout.write(f"published {target.name} ({release_digest(release)})")
        self._record(release, into)

    def _record(self, release: Release, into: Path) -> None:
        """A release among the service's own is an event of the system's stream, once for each content; one written elsewhere is loaded by nobody.

        A release may be published where there is no database, as a new version of the service is made: called again where there is one, it is
        recorded then.
        """
        if into.resolve() != FOLDER.resolve():
            return
        named, digest = f"{release.key}@{release.version}", release_digest(release)
        try:
            with transaction.atomic():
                told = events_of("system", "catalogue", named).filter(action="catalogue.published")
                if not any(event.changes["digest"] == digest for event in told):
                    record(
                        stream="system", action="catalogue.published", actor="system", object_type="catalogue", object_id=named,
                        changes={"digest": digest}, personal={"object_label": named},
                    )  # fmt: skip
        except DatabaseError as error:
            self.stderr.write(
                f"That {named} is published isn't in the trail, since the database can't be used ({error}). Call this again once it can."
            )

"""``manage.py audit_proof``: prove to somebody else that an entry is in the trail, or that the trail only grew; or check such a proof."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import note, proofs
from audit.keys import LogKeyUnreadable, verifiers_of


class Command(BaseCommand):
    help = (
        "Prints a proof as JSON: that an entry is in a stream (--index), or that a stream only grew from one size to another (--from, --to). "
        "With --verify it checks one instead, without looking at the trail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", help="'system' or 'org:<uuid>'")
        parser.add_argument("--index", type=int, help="the entry, counted from 0")
        parser.add_argument("--size", type=int, help="of which tree; without it, that of the newest checkpoint that holds the entry")
        parser.add_argument("--from", type=int, dest="first", help="the earlier size")
        parser.add_argument("--to", type=int, dest="second", help="the later size; without it, the stream as it stands")
        parser.add_argument("--tlog", action="store_true", help="print an inclusion proof in the form of c2sp.org/tlog-proof instead")
        parser.add_argument("--verify", metavar="FILE", help="check the proof in this file")
        parser.add_argument(
            "--key", action="append", default=[], help="with --verify: a verifier key that is believed; without it, those of this service"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verify"]:
            self.verify(Path(options["verify"]), options["key"])
            return
        if not options["stream"] or (options["index"] is None) == (options["first"] is None):
            raise CommandError(
                "Name a stream by --stream, and either an entry by --index or an earlier size by --from; or a file by --verify."
            )
        try:
            if options["index"] is not None:
                proof = proofs.inclusion(options["stream"], options["index"], options["size"])
                text = proof.as_tlog_proof() if options["tlog"] else json.dumps(proof.as_dict(), indent=2)
            else:
                text = json.dumps(proofs.consistency(options["stream"], options["first"], options["second"]).as_dict(), indent=2)
        except proofs.NoProof as error:
            raise CommandError(f"There is no such proof: {error}") from None
        self.stdout.write(text, ending="" if text.endswith("\n") else "\n")

    def verify(self, path: Path, keys: list[str]) -> None:
        try:
            proof = json.loads(path.read_text("utf-8"))
            verifiers = [note.verifier(key) for key in keys] or verifiers_of(str(proof["stream"]))
            said = proofs.check(proof, verifiers)
        except proofs.BadProof as error:
            raise CommandError(f"{path} proves nothing: {error}") from None
        except (OSError, LogKeyUnreadable, note.BadNote) as error:
            raise CommandError(f"{path} can't be checked: {error}", returncode=2) from None
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{path} is no proof in JSON: {error}") from None
        for sentence in said:
            self.stdout.write(sentence)

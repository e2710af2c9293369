"""``manage.py make_bundle ASSESSMENT --out FILE``: the evidence bundle of a decision, as a file."""

from __future__ import annotations

import os
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.models import DecisionRecord
from audit.models import AuditCheckpoint
from reports.bundle import BundleRefused, Changed, bundle_of


class Command(BaseCommand):
    help = "Writes the evidence bundle of an assessment's decision: a zip that is checked with python3 verify.py, which lies in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("assessment", help="the assessment's id")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip to write; there must be none yet")
        parser.add_argument(
            "--checkpoint",
            type=int,
            metavar="SIZE",
            help="prove to the checkpoint of that many entries, as an earlier bundle did; else the newest",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        decision, out = _decision(options["assessment"]), options["out"]
        if out.exists():
            raise CommandError(f"{out} is there already; name another file.")
        draft = out.with_name(f".{out.name}.{uuid.uuid4().hex}")
        try:
            bundle = bundle_of(decision, checkpoint=_checkpoint(decision, options["checkpoint"]))
            with open(draft, "xb") as file:
                for chunk in bundle:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, out)
        except (BundleRefused, Changed) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error.strerror}.", returncode=2) from error
        finally:
            draft.unlink(missing_ok=True)
        size, root = bundle.checkpoint
        self.stdout.write(f"{out}: {out.stat().st_size:,} bytes, proved to the checkpoint of {size} entries, root {root}.")


def _decision(said: str) -> DecisionRecord:
    """The decision on an assessment. Raises CommandError."""
    try:
        pk = uuid.UUID(said)
    except ValueError:
        raise CommandError(f"{said!r} is no assessment's id, so there is no decision on it: it looks like {uuid.UUID(int=0)}.") from None
    found = DecisionRecord.objects.filter(snapshot__assessment_id=pk).select_related("snapshot__assessment__organisation")
    decision = found.order_by("-created_at").first()
    if decision is None:
        raise CommandError(f"There is no decision on the assessment {said}.")
    return decision


def _checkpoint(decision: DecisionRecord, size: int | None) -> AuditCheckpoint | None:
    if size is None:
        return None
    stream = decision.snapshot.assessment.organisation.stream
    row = AuditCheckpoint.objects.filter(stream=stream, size=size).first()
    if row is None:
        raise CommandError(f"There is no checkpoint of {size} entries of {stream}.")
    return row

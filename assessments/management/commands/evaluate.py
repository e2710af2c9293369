"""``manage.py evaluate FILE``: scores an assessment file, without a database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from assessments.scoring.draws import DRAWS
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.file import FileErrors, read_assessment
from assessments.scoring.patch import Patch, PatchErrors, what_if
from assessments.scoring.study import study
from assessments.scoring.text import text_page
from compliance import releases

OUTCOMES = ("clear", "leaning", "too_close", "none_admissible")
MOST_DRAWS = 1_000_000
LARGEST_FILE = 5 * 1024 * 1024


class Command(BaseCommand):
    help = "Score an assessment file. Exit 0 for any result, 1 for an outcome named in --fail-on, 2 where the file is wrong."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="an assessment file (YAML, countersign/assessment@1)")
        parser.add_argument("--format", choices=("json", "text"), help="json unless on a terminal, there text")
        parser.add_argument("--trace", action="store_true", help="add the derivation of every number")
        parser.add_argument("--fail-on", default="", metavar="OUTCOMES", help=f"outcomes that exit 1, by comma: {', '.join(OUTCOMES)}")
        parser.add_argument("--draws", default=str(DRAWS), metavar="N", help=f"random draws, 0 to {MOST_DRAWS}; {DRAWS} if left out")
        parser.add_argument("--scenario", metavar="ID", help="evaluate under a scenario of the catalogue")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            dest="changes",
            help="evaluate with a change, as often as wanted; KEY is volume, weights, weights.CRITERION, demand.KEY, QUESTION of the use case, "
            "OPTION.QUESTION or OPTION.costs.CATEGORY.KEY",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        fail_on = [name.strip() for name in options["fail_on"].split(",") if name.strip()]
        if strange := [name for name in fail_on if name not in OUTCOMES]:
            self._stop(f"--fail-on: no outcome {strange[0]!r}; there are {', '.join(OUTCOMES)}")
        evaluation = self._evaluate(options["file"], self._draws(options["draws"]), options["scenario"], options["changes"])
        form = options["format"] or ("text" if self.stdout.isatty() else "json")
        if form == "json":
            self.stdout.write(json.dumps(study(evaluation, trace=options["trace"]), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(text_page(evaluation, trace=options["trace"]), ending="")
        if evaluation.recommendation.outcome in fail_on:
            sys.exit(1)

    def _evaluate(self, path: str, draws: int, scenario: str | None, changes: list[str]) -> Evaluation:
        """The file's evaluation; with changes that of what they make of it, drawn with the seed of the file."""
        if strange := [change for change in changes if "=" not in change]:
            self._stop("\n".join(f"--set {change}: write KEY=VALUE, such as volume=2" for change in strange))
        try:
            facts, release = read_assessment(self._read(path), path, releases.named)
        except FileErrors as errors:
            self._stop(str(errors))
        pairs = [(key.strip(), value.strip()) for key, _equals, value in (change.partition("=") for change in changes)]
        try:
            return what_if(release, facts, Patch.from_settings(pairs, facts, release, scenario), draws=draws)
        except PatchErrors as wrong:
            self._stop(
                "\n".join(f"--scenario: {e.message}" if e.key == "scenario" else f"--set {e.key}: {e.message}" for e in wrong.errors)
            )

    def _draws(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > len(str(MOST_DRAWS)) or int(text) > MOST_DRAWS:
            self._stop(f"--draws: {text!r} is no number of draws; write a whole number from 0 to {MOST_DRAWS}")
        return int(text)

    def _read(self, path: str) -> str:
        try:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except OSError as error:
            self._stop(f"{path}:1: file: can't be read: {error.strerror}")
        if len(data) > LARGEST_FILE:
            self._stop(f"{path}:1: file: larger than {LARGEST_FILE // 1024 // 1024} MB; an assessment is far smaller")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._stop(f"{path}:{line}: file: not UTF-8 text (byte {data[error.start]:#04x}); save it as UTF-8")

    def _stop(self, message: str) -> NoReturn:
        self.stderr.style_func = None
        self.stderr.write(message)
        sys.exit(2)

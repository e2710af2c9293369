"""``manage.py list_questions``: everything that an assessment file can answer, without reading the catalogue."""

from __future__ import annotations

import json
import sys
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from assessments.scoring.listing import listing
from assessments.scoring.rounding import plain
from compliance.catalogue.model import Question, Release
from compliance.releases import named


class Command(BaseCommand):
    help = "Print every question of a catalogue release: id, scope, type, choices and their values, criterion, weight, condition."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--catalogue", metavar="KEY@VERSION", help="a published release; the newest if left out")
        parser.add_argument("--format", choices=("json", "text"), help="json unless on a terminal, there text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = named(options["catalogue"])
        except (LookupError, ValueError) as error:
            self.stderr.style_func = None
            self.stderr.write(f"--catalogue: {error.args[0] if error.args else error}")
            sys.exit(2)
        form = options["format"] or ("text" if self.stdout.isatty() else "json")
        if form == "json":
            self.stdout.write(json.dumps(listing(release), indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_text(release)))


def _text(release: Release) -> Iterator[str]:
    yield f"{release.title} ({release.key}@{release.version})"
    for questionnaire in release.questionnaires:
        yield from ("", questionnaire.title, "=" * len(questionnaire.title))
        for section in questionnaire.sections:
            yield from ("", section.title, "-" * len(section.title))
            for question in section.questions:
                yield from _entry(question)


def _entry(question: Question) -> Iterator[str]:
    scored = f", {question.criterion}, weight {plain(question.weight)}" if question.scored else ""
    yield ""
    yield f"{question.id}  [{question.scope}, {question.type}{scored}]"
    yield from textwrap.wrap(question.text, 100, initial_indent="  ", subsequent_indent="  ")
    if question.when:
        yield f"  asked when: {question.when}"
    for choice in question.choices:
        value = "" if choice.value is None else f" ({plain(choice.value)})"
        yield from textwrap.wrap(f"{choice.id}{value}: {choice.text}", 100, initial_indent="    ", subsequent_indent="      ")
    if question.type == "number":
        bounds = [f"from {plain(question.minimum)}" if question.minimum is not None else ""]
        bounds.append(f"to {plain(question.maximum)}" if question.maximum is not None else "")
        yield "    " + " ".join(part for part in ("a number", *bounds, question.unit) if part)
    if question.not_applicable:
        yield "    or not-applicable"

"""A language that nobody speaks: every text that is marked for translation stands in brackets, so that one sees what is translated and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.utils import translation
from django.utils.translation import trans_real

CODE = "eo"
OPEN, CLOSE = "⟦", "⟧"


class Pseudo:
    """As much of a catalogue as Django asks of one."""

    domain = "django"

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def to_language(self) -> str:
        return CODE

    def language(self) -> str:
        return CODE


@contextmanager
def speaking_pseudo() -> Iterator[None]:
    """Within it, whoever asks reads that language: a page, the API, and whatever is called in this thread."""
    with mock.patch.dict(trans_real._translations, {CODE: Pseudo()}), translation.override(CODE):
        yield

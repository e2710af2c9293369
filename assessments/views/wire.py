"""How an answer travels in a form: the names of its fields, what they hold, and what they say.

A section posts all of its answers at once when there is no script, so each field's name carries the answer's key: ``value:QUESTION@OPTION``
(nothing after the ``@`` for the use case). What isn't a value of the question (unknown, none of these) begins with ``?``, which no choice id does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts import formats
from assessments.errors import Refused
from assessments.figures import NoFigure, by_hand, share_by_hand
from assessments.models import BasisOfAnswer, Option, Response, State
from assessments.scoring.read_responses import bounds_of
from assessments.scoring.reading import Bounds
from compliance.catalogue.model import Question

UNKNOWN, NOT_APPLICABLE, NONE_OF_THESE = "?unknown", "?not_applicable", "?none"
LONGEST_REVISION = 10  # digits
STATES = {UNKNOWN: State.UNKNOWN, NOT_APPLICABLE: State.NOT_APPLICABLE}


def key_of(question: Question, option: Option | None) -> str:
    return f"{question.id}@{option.key if option else ''}"


def dom_id(key: str) -> str:
    """The key as an element's id: no dots, which selectors would read as classes."""
    return key.replace(".", "_").replace("@", "--")


@dataclass(frozen=True)
class Posted:
    """What came in for one answer; ``values`` hold ids or one text, ``specials`` what was ticked instead of a value."""

    values: list[str] = field(default_factory=list)
    specials: list[str] = field(default_factory=list)
    basis: str | None = None
    note: str | None = None
    revision: int | None = None

    def answer(self, question: Question, stands: object = "") -> tuple[str, str | list[str] | None]:
        """State and value for ``response_save``, where the field showed ``stands``; raises Refused where two things are said at once, or one that
        has two meanings."""
        values = [v for v in self.values if v.strip()]
        if self.specials:
            if values or len(self.specials) > 1:
                raise Refused(
                    _("Two answers at once."), {"value": _("You gave an answer and ticked a box that says there is none. Keep one.")}
                )
            if self.specials[0] == NONE_OF_THESE and question.type == "choices":
                return State.ANSWERED, []
            if self.specials[0] in STATES:
                return STATES[self.specials[0]], None
            raise Refused(_("That can't be ticked here."), {"value": _("Choose one of the answers offered.")})
        if not values:
            return State.UNANSWERED, None
        if question.type == "number":
            values = [meant(values[0], bounds_of(question), str(stands))]
        return State.ANSWERED, values if question.type == "choices" else values[0]


def posted(data: QueryDict, key: str, question: Question, *, plain: bool = False) -> Posted:
    """What ``data`` says for the answer ``key``; with ``plain`` also by field names without the key, as a request for one answer may use."""

    def fields(name: str) -> list[str]:
        found = data.getlist(f"{name}:{key}")
        return data.getlist(name) if plain and not found else found

    def one(name: str) -> str | None:
        found = fields(name)
        return found[0] if found else None

    values, specials = fields("value"), fields("special")
    if question.type in ("choice", "choices"):
        specials = specials + [v for v in values if v.startswith("?")]
        values = [v for v in values if not v.startswith("?")]
    return Posted(values, specials, one("basis"), one("note"), revision_in(one("revision") or ""))


def meant(text: str, bounds: Bounds, stands: str, field: str = "value", *, share: bool = False) -> str:
    """A number that a person typed into ``field``, as ``figures.by_hand`` reads it; raises Refused beside the field."""
    try:
        return share_by_hand(text, bounds, stands) if share else by_hand(text, bounds, stands)
    except NoFigure as error:
        message = _(error.said) % error.values
        raise Refused(message, {field: message}) from None


def revision_in(text: str) -> int | None:
    """The revision that a form was edited from; None for what is no revision, however long it is."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_REVISION else None


def day_in(text: str, field: str) -> date | None:
    """The day that a form holds, None where it holds none; raises Refused for what is no day, beside the field."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(_("A day can't be read."), {field: _("Write the day as year-month-day, such as 2027-01-31.")}) from None


def in_words(day: date) -> str:
    """A day as the pages write it, such as 31 January 2027."""
    return formats.day(day)


def untouched(row: Response | None, state: str, sent: Posted) -> bool:
    """Whether nothing was said where nothing stands yet; saving that would name somebody as having answered."""
    return (
        row is None and state == State.UNANSWERED and not (sent.note or "").strip() and sent.basis in (None, "", BasisOfAnswer.UNSUPPORTED)
    )

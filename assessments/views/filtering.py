"""Which questions a person wants to see: those that are unanswered, their own, what blockers read, what changed, what holds some words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import Response, State
from assessments.progress import Owner, Standing
from assessments.snapshots import display
from compliance.catalogue.conditions import references
from compliance.catalogue.index import Index
from compliance.catalogue.model import Question

ALL, UNANSWERED, MINE, BLOCKERS, CHANGED = "all", "unanswered", "mine", "blockers", "changed"
LABELS = {
    ALL: gettext_lazy("All"),
    UNANSWERED: gettext_lazy("Unanswered"),
    MINE: gettext_lazy("Answered by me"),
    BLOCKERS: gettext_lazy("Blockers"),
    CHANGED: gettext_lazy("Changed"),
}
DAYS = 7  # looked back where nothing was submitted yet and no other number is given
MOST_DAYS = 3650


@lru_cache(maxsize=16)
def read_by_blockers(known: Index) -> frozenset[str]:
    """The questions whose answers a rule for a blocker reads."""
    names = {name for rule in known.rules.values() if rule.blocker for name in references(rule.when)}
    return frozenset(known.by_variable[name].id for name in names if name in known.by_variable)


@dataclass(frozen=True)
class Filter:
    """What is wanted: ``show`` one of ``LABELS``, ``words`` in lower case, ``option`` an option's key. ``since``: from when a change counts;
    ``days`` where that was given as a number of days, ``submitted`` where it is the newest submission."""

    show: str = ALL
    words: str = ""
    option: str = ""
    since: datetime | None = None
    days: int | None = None
    submitted: bool = False
    person: int | None = None

    @property
    def on(self) -> bool:
        return self.show != ALL or bool(self.words or self.option)

    @property
    def since_in_words(self) -> str:
        """From when, for what changed."""
        if self.submitted:
            return _("since the last submission")
        return _("in the last %(n)d days") % {"n": self.days or DAYS}

    def wants(self, standing: Standing, question: Question, owner: Owner) -> bool:
        """Whether one answer is among those wanted; only what is asked, or may yet be, ever is where one is wanted that has no answer."""
        row, visible = standing.responses.get((owner, question.id)), standing.visible(question, owner)
        if self.show == UNANSWERED and not (visible and _open(question, row)):
            return False
        if self.show == MINE and not (row and row.state != State.UNANSWERED and row.answered_by_id == self.person):
            return False
        if self.show == BLOCKERS and not (visible is not False and question.id in read_by_blockers(standing.known)):
            return False
        if self.show == CHANGED and not (row and row.answered_at and self.since and row.answered_at >= self.since):
            return False
        return not self.words or self._holds(question, row)

    def _holds(self, question: Question, row: Response | None) -> bool:
        texts = [question.text, question.id]
        if row is not None and row.state != State.UNANSWERED:
            texts += [display(question, row), row.note]
        return any(self.words in text.lower() for text in texts)


def _open(question: Question, row: Response | None) -> bool:
    """Whether the answer is wanting: an unknown is."""
    if row is None or row.state in (State.UNANSWERED, State.UNKNOWN):
        return True
    return row.state == State.NOT_APPLICABLE and not question.not_applicable


def filter_in(data: QueryDict, standing: Standing, person: int | None) -> Filter:
    """The filter that an address asks for; what it can't be read as is left out. A query is made where it asks for changes since the last
    submission."""
    show = data.get("show", ALL) if data.get("show") in LABELS else ALL
    option = data.get("option", "")
    typed = data.get("days", "").strip()
    days = min(int(typed), MOST_DAYS) if typed.isdecimal() and len(typed) < 6 and int(typed) else None
    since, submitted = None, False
    if show == CHANGED:
        newest = standing.assessment.latest_snapshot if days is None else None
        submitted = newest is not None
        since = newest.created_at if newest else timezone.now() - timedelta(days=days or DAYS)
    return Filter(
        show, data.get("q", "").strip().lower()[:200], option if any(o.key == option for o in standing.options) else "", since, days, submitted,
        person,
    )  # fmt: skip


def counts(standing: Standing, questions: list[Question], chosen: Filter) -> Mapping[str, int]:
    """How many answers the filter of a section would show of each kind."""
    kinds = [kind for kind in LABELS if kind not in (ALL, CHANGED)]
    filters = {kind: Filter(kind, person=chosen.person) for kind in kinds}
    places = [(q, owner) for q in questions for owner in standing.owners(q)]
    return {kind: sum(one.wants(standing, q, owner) for q, owner in places) for kind, one in filters.items()}

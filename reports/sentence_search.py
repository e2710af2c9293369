"""Finding entries of the trail by what their sentences say as a page shows them.

A sentence is put together when it is read, so no column holds it. Where the text stands in words that all sentences of an action have, or in a name
or reason that they show, the database finds the entries, however many there are. Where it runs over from one into the other, or stands in a title of
the catalogue, in a number or a choice, the sentences themselves are read: those of the newest ``MOST_READ`` entries that fit otherwise.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.models import Organisation
from assessments.naming import titles_for
from audit import actions
from audit.models import AuditEvent, AuditPrivate

MOST_READ = 3_000
_SHOWN_AS = {"actor": "actor_name", "object": "object_label"}  # names in sentences, and the private texts that they show


@dataclass(frozen=True)
class Saying:
    """``rows``: the entries that say it; ``partly``: whether there were more than ``MOST_READ`` to read, so that older ones were searched for
    fixed words, names and reasons alone."""

    rows: QuerySet[AuditEvent]
    partly: bool = False


def saying(rows: QuerySet[AuditEvent], organisation: Organisation, text: str) -> Saying:
    """Which of the organisation's entries ``rows`` say ``text`` in their sentence, in the reader's language; capitals don't count."""
    sought = text.casefold()
    certain = _certain(organisation.stream, sought, text)
    unsure = list(rows.exclude(certain).order_by("-index").prefetch_related("private")[: MOST_READ + 1])
    read = unsure[:MOST_READ]
    titles = titles_for(read, organisation)
    told = [event.pk for event in read if sought in _told(event, titles.get(event.object_id)).casefold()]
    return Saying(rows.filter(certain | Q(pk__in=told)), len(unsure) > MOST_READ)


def _certain(stream: str, sought: str, text: str) -> Q:
    """The entries that can be told from their action or from one private text."""
    fixed: list[str] = []
    showing: dict[str, list[str]] = {}
    for action, sentences in actions.sentences().items():
        parts = [list(string.Formatter().parse(gettext(sentence))) for sentence in sentences]
        if all(any(sought in literal.casefold() for literal, *_ in one) for one in parts):
            fixed.append(action)
        names = [{field.split("[")[0] for _, field, *_ in one if field} for one in parts]
        for name in set.intersection(*names):
            showing.setdefault(_SHOWN_AS.get(name, name), []).append(action)
    shown = Q()
    for key, showing_it in showing.items():
        shown |= Q(key=key, event__action__in=showing_it)
    texts = AuditPrivate.objects.filter(shown, event__stream=stream, text__icontains=text)
    return Q(action__in=fixed) | Q(pk__in=texts.values("event"))


def _told(event: AuditEvent, titles: dict[str, str] | None) -> str:
    try:
        return event.told(titles)
    except (ValueError, KeyError, TypeError, AttributeError):  # its bytes were changed: the page says so in its place
        return ""

"""What the pages of the catalogue share: which release, where its parts are found, and its conditions and values in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from compliance import releases
from compliance.catalogue.conditions import references
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release, Source
from compliance.views.typed import decimal, shown
from compliance.views.words import CLASSES, INSTRUMENTS, SOURCINGS, VARIABLES
from compliance.wording import Group, Reading, Unreadable, reading


@dataclass(frozen=True)
class Link:
    text: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Clause:
    """A condition in words, or a part of it. ``kind``: ``all`` or ``any`` of ``parts``, or a ``test`` of ``subject``; ``reads`` where the
    condition can't be taken apart and only its questions are named."""

    kind: str
    parts: tuple[Clause, ...] = ()
    subject: str = ""
    url: str = ""
    relation: str = ""
    values: tuple[str, ...] = ()
    reads: tuple[Link, ...] = ()
    cel: str = ""


def release_or_404(name: str) -> Release:
    try:
        return releases.by_name(name)
    except LookupError as error:
        raise Http404(str(error)) from error


def former(release: Release) -> Release | None:
    """The published release before this one."""
    earlier = [version for key, version, _path in releases.published() if key == release.key and version < release.version]
    return releases.by_name(f"{release.key}@{max(earlier)}") if earlier else None


class Place:
    """One release within one organisation's pages."""

    def __init__(self, request: HttpRequest, release: Release) -> None:
        self.release, self.known = release, index(release)
        self.org = request.organisation.slug  # type: ignore[attr-defined]
        self.today = timezone.now().date()
        self._bases: dict[str, str] = {}

    def url(self, name: str) -> str:
        if name not in self._bases:
            self._bases[name] = reverse(f"compliance:{name}", kwargs={"org": self.org, "release": self.release.name})
        return self._bases[name]

    @property
    def sources_url(self) -> str:
        return self.url("sources")

    @property
    def questions_url(self) -> str:
        return self.url("questions")

    def question_url(self, id_: str) -> str:
        return f"{self.url('questions')}{id_}/"

    def question(self, id_: str) -> Link:
        question = self.known.questions.get(id_)
        return Link(question.text, self.question_url(id_)) if question else Link(id_)

    def obligation(self, id_: str) -> Link:
        found = self.known.obligations.get(id_)
        if found is None:
            return Link(id_)
        return Link(f"{INSTRUMENTS[found.instrument]}, {found.reference}: {found.title}", f"{self.url('obligations')}#{id_}")

    def rule(self, id_: str) -> Link:
        found = self.known.rules.get(id_)
        return Link(found.title, f"{self.url('rules')}#{id_}") if found else Link(id_)

    def line(self, reference: str) -> Link:
        """A reference of the AI Act's decision table."""
        return Link(reference, f"{self.url('obligations')}#{line_anchor(reference)}")

    def loss(self, id_: str) -> Link:
        """A scenario of loss."""
        found = next((loss for loss in self.release.losses if loss.id == id_), None)
        return Link(found.title, f"{self.url('reference')}#loss-{id_}") if found else Link(id_)

    def criterion(self, id_: str) -> Link:
        found = self.known.criteria.get(id_)
        return Link(found.title if found else id_, f"{reverse('compliance:catalogue', kwargs={'org': self.org})}#criterion-{id_}")

    def sources(self, ids: Iterable[str]) -> list[Source]:
        return [self.known.sources[id_] for id_ in ids if id_ in self.known.sources]

    def clause(self, condition: str | None) -> Clause | None:
        """The condition in words; None where there is none, or it always holds."""
        if not condition:
            return None
        try:
            found = reading(condition)
        except Unreadable:
            named = [self.known.by_variable[v] for v in sorted(references(condition)) if v in self.known.by_variable]
            return Clause("reads", reads=tuple(Link(q.text, self.question_url(q.id)) for q in named), cel=condition)
        if found == Group("all", ()):
            return None
        return replace(self._clause(found), cel=condition)

    def _clause(self, found: Reading) -> Clause:
        if isinstance(found, Group):
            return Clause(found.kind, tuple(self._clause(part) for part in found.parts))
        question = self.known.by_variable.get(found.variable)
        subject = question.text if question else str(VARIABLES.get(found.variable, found.variable))
        url = self.question_url(question.id) if question else ""
        values = tuple(self._said(question, found.variable, value) for value in found.values)
        return Clause("test", subject=subject, url=url, relation=found.relation, values=values)

    def _said(self, question: Question | None, variable: str, value: str) -> str:
        if not value:
            return _("not asked")
        if question is not None:
            texts = {c.id: c.text for c in question.choices} | {b.id: b.text for b in question.bands}
            return texts.get(value, value)
        if variable == "archetype":
            return self.known.archetypes[value].title if value in self.known.archetypes else value
        if variable == "risk_class":
            return str(CLASSES.get(value, value))
        return str(SOURCINGS.get(value, value)) if variable.endswith("sourcing") else value

    def stale(self, on: date, *, price: bool = False) -> bool:
        """Whether what was said on that day counts as out of date today."""
        limits = self.release.staleness
        return limits is not None and (self.today - on).days > (limits.prices_days if price else limits.terms_days)


def line_anchor(reference: str) -> str:
    return f"line-{slugify(reference)}"


def answer_in_words(question: Question | None, value: str | tuple[str, ...]) -> str:
    """An answer as its choices say it, or a figure with its unit."""
    ids = (value,) if isinstance(value, str) else value
    if question is None:
        return ", ".join(ids)
    if question.choices:
        texts = {choice.id: choice.text for choice in question.choices}
        return "; ".join(texts.get(id_, id_) for id_ in ids)
    if question.type == "number":
        return question.measured(shown(decimal(ids[0])))
    return ", ".join(ids)


def sourcings_in_words(sourcings: Iterable[str]) -> str:
    return ", ".join(str(SOURCINGS[one]) for one in sourcings)


TABS = ("questions", "rules", "obligations", "sources", "reference")


def context(request: HttpRequest, place: Place, tab: str, **more: Any) -> dict[str, Any]:
    """What every page of a release knows."""
    release, newest = place.release, releases.newest(place.release.key)
    before = former(release)
    labels: Mapping[str, str] = {
        "questions": _("Questions"),
        "rules": _("Findings and blockers"),
        "obligations": _("Obligations"),
        "sources": _("Sources"),
        "reference": _("Reference data"),
    }
    tabs = [(name == tab, labels[name], place.url(name)) for name in TABS]
    if before is not None:
        tabs.append((tab == "changes", _("What changed"), changes_url(place, before.name)))
    newer = ""
    if newest.name != release.name and tab in TABS:
        newer = reverse(f"compliance:{tab}", kwargs={"org": place.org, "release": newest.name})
    shared = {
        "nav": "catalogue",
        "release": release,
        "place": place,
        "tabs": tabs,
        "newest": newest,
        "newer_url": newer,
        "today": place.today,
    }
    return {**shared, **more}


def changes_url(place: Place, other: str) -> str:
    """Where what changed from the release ``other`` to this one is shown."""
    return reverse("compliance:changes", kwargs={"org": place.org, "release": place.release.name, "other": other})

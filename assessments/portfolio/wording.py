"""What is asked of the portfolio, in words: on its page, in its exports."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessments.models import Severity, Sourcing, Status
from assessments.portfolio.figures import archetype_titles, class_label
from assessments.portfolio.reading import CURRENT, EVERY, OVERDUE, REVIEWS, RISK_CLASSES, UNNAMED, Filters

Choices = list[tuple[str, str]]


def states() -> Choices:
    return [("", _("Current")), *((s.value, str(s.label)) for s in Status), (EVERY, _("All states"))]


def classes() -> Choices:
    return [(c, class_label(c)) for c in RISK_CLASSES]


def risks() -> Choices:
    """Each level finds the graver ones too; the gravest has none above it, and the least stands for itself."""
    first, *between, last = reversed(Severity)
    or_graver = [(s.value, _("%(severity)s or graver") % {"severity": s.label}) for s in between]
    return [(first.value, str(first.label)), *or_graver, (last.value, str(last.label))]


def sourcings() -> Choices:
    return [
        ("closed", _("Closed")),
        ("open", _("Open, any kind")),
        *((s.value, str(s.label)) for s in Sourcing if s is not Sourcing.CLOSED_API),
    ]


def reviews() -> Choices:
    return [(days, _("Overdue") if days == OVERDUE else _("Within %(days)s days") % {"days": days}) for days in REVIEWS]


def columns() -> dict[str, str]:
    return {
        "title": _("Use case"), "class": _("AI Act class"), "recommended": _("Recommended"), "chosen": _("Chosen"),
        "risk": _("Residual risk"), "score": _("Score"), "cost": _("Cost a year"), "state": _("State"), "review": _("Review"),
    }  # fmt: skip


def filters_in_words(filters: Filters) -> Choices:
    """Each filter that is set, and the order, as name and value."""
    column, down = filters.sort.removeprefix("-"), filters.sort.startswith("-")
    current = ", ".join(str(s.label) for s in CURRENT)
    found = [(_("State"), dict(states())[filters.state] if filters.state else current)]
    if filters.q:
        found.append((_("Search"), filters.q))
    if filters.risk_class:
        found.append((_("AI Act class"), class_label(filters.risk_class)))
    if filters.risk:
        found.append((_("Residual risk"), dict(risks())[filters.risk]))
    if filters.sourcing:
        labels = dict(sourcings()) | {Sourcing.CLOSED_API.value: str(Sourcing.CLOSED_API.label)}
        found.append((_("Sourcing"), labels[filters.sourcing]))
    if filters.archetype:
        found.append((_("Kind of use case"), archetype_titles().get(filters.archetype, filters.archetype)))
    if filters.provider:
        found.append((_("Provider"), _("not named") if filters.provider == UNNAMED else filters.provider))
    if filters.review:
        found.append((_("Review"), dict(reviews())[filters.review]))
    order = _("%(column)s, downwards") if down else _("%(column)s, upwards")
    return [*found, (_("Order"), order % {"column": columns()[column]})]

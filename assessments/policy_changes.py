"""What is different in a policy of the sign-off from another one, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.policy import SEVERITIES, Policy, ReviewRule, StageRule, Who
from assessments.policy_conditions import in_words


@dataclass(frozen=True)
class Change:
    """``before`` and ``after`` are empty where there was or is nothing."""

    where: str
    before: str
    after: str


def policy_changes(before: Policy, after: Policy, names: Mapping[str, str]) -> list[Change]:
    """Every difference that somebody who signs would notice, and every changed text. ``names``: people's names by reference."""
    return [*_stages(before, after, names), *_acceptance(before, after, names), *_rest(before, after)]


def asks(stage: StageRule, names: Mapping[str, str]) -> str:
    """Whom a stage asks, in words."""
    quorum, people = stage.quorum, named(stage.who, names)
    if not people:
        some = {"any": _("Any approver"), "all": _("Every approver")}
        return some.get(str(quorum)) or (some["any"] if quorum == 1 else _("Any %(n)s approvers") % {"n": quorum})
    return some_of(people, len(people) if quorum == "all" else 1 if quorum == "any" else int(quorum))


def some_of(people: list[str], needed: int) -> str:
    """So many of these people, in words."""
    if len(people) == 1:
        return people[0]
    if needed >= len(people):
        return f"{', '.join(people[:-1])} {_('and')} {people[-1]}"
    if needed == 1:
        return f"{', '.join(people[:-1])} {_('or')} {people[-1]}"
    return _("%(n)s of %(names)s") % {"n": needed, "names": ", ".join(people)}


def named(who: Who, names: Mapping[str, str]) -> list[str]:
    """The people that a rule names."""
    return [names.get(person, _("somebody who is no approver now")) for person in who.people]


def accepts(who: Who, names: Mapping[str, str]) -> str:
    """Who may accept, in words."""
    return _(" or ").join(named(who, names)) or _("Any approver")


def condition_words(expression: str | None) -> str:
    """When a rule applies, in words."""
    return _("always") if expression is None else _("where %(condition)s") % {"condition": in_words(expression)}


def _days(number: int) -> str:
    return _("%(n)s days") % {"n": number} if number != 1 else _("1 day")


def _months(rule: ReviewRule) -> str:
    return _("%(n)s months") % {"n": rule.months} if rule.months != 1 else _("1 month")


def _parts(stage: StageRule, names: Mapping[str, str]) -> dict[str, str]:
    return {
        _("title"): stage.title, _("who"): asks(stage, names), _("when"): condition_words(stage.when), _("due within"): _days(stage.due_days),
        _("meaning"): stage.meaning,
    }  # fmt: skip


def _whole(stage: StageRule, place: int, names: Mapping[str, str]) -> str:
    parts = _parts(stage, names)
    return _("stage %(n)s, %(who)s, %(when)s, due within %(days)s, meaning %(meaning)s") % {
        "n": place, "who": parts[_("who")], "when": parts[_("when")], "days": parts[_("due within")], "meaning": stage.meaning,
    }  # fmt: skip


def _stages(before: Policy, after: Policy, names: Mapping[str, str]) -> Iterator[Change]:
    old = {stage.id: (place, stage) for place, stage in enumerate(before.stages, 1)}
    new = {stage.id: (place, stage) for place, stage in enumerate(after.stages, 1)}
    for id_, (place, stage) in new.items():
        where = _("Stage “%(title)s”") % {"title": stage.title}
        if id_ not in old:
            yield Change(where, "", _whole(stage, place, names))
            continue
        was = _parts(old[id_][1], names)
        for part, text in _parts(stage, names).items():
            if was[part] != text:
                yield Change(f"{where}, {part}", was[part], text)
    for id_, (place, stage) in old.items():
        if id_ not in new:
            yield Change(_("Stage “%(title)s”") % {"title": stage.title}, _whole(stage, place, names), "")
    kept_old, kept_new = [id_ for id_ in old if id_ in new], [id_ for id_ in new if id_ in old]
    if kept_old != kept_new:
        yield Change(
            _("Order of the stages"), ", ".join(old[id_][1].title for id_ in kept_old), ", ".join(new[id_][1].title for id_ in kept_new)
        )


def _acceptance(before: Policy, after: Policy, names: Mapping[str, str]) -> Iterator[Change]:
    for grade in reversed(SEVERITIES[1:]):
        was, now = (
            _("%(who)s, for %(days)s at most") % {"who": accepts(rule.who, names), "days": _days(rule.longest_days)}
            for rule in (before.acceptance[grade], after.acceptance[grade])  # type: ignore[index]
        )
        if was != now:
            yield Change(_("Who may accept a finding that is %(grade)s") % {"grade": grade}, was, now)


def _rest(before: Policy, after: Policy) -> Iterator[Change]:
    was, now = (
        "; ".join(_("after %(months)s %(when)s") % {"months": _months(line), "when": condition_words(line.when)} for line in policy.review)
        for policy in (before, after)
    )
    plain: dict[str, Any] = {
        _("When an approval is reviewed"): (was, now),
        _("Findings that need a treatment, from"): (before.treatment_needed_from, after.treatment_needed_from),
        _("What the policy is called"): (before.title, after.title), _("What it rests on"): (before.source, after.source),
    }  # fmt: skip
    for name in type(after.statements).model_fields:
        where = _("Statement of %(what)s") % {"what": name.replace("_", " ")}
        plain[where] = (getattr(before.statements, name), getattr(after.statements, name))
    for where, (old, new) in plain.items():
        if old.strip() != new.strip():
            yield Change(where, old, new)

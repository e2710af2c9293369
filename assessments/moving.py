"""Newer releases of the catalogue: what one would change for an assessment, and moving a draft to it. A signed one keeps its release for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.editing import note_change, opened
from assessments.errors import Refused
from assessments.evaluation import facts_of, release_of
from assessments.files import stored_weights
from assessments.models import Assessment, State
from assessments.scoring.carry import Lost, carried
from assessments.scoring.evaluate import Evaluation, evaluate
from assessments.scoring.rounding import points
from assessments.scoring.text import INSTRUMENTS
from assessments.snapshots import content_of
from assessments.snapshots import obligations as obligations_of
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from compliance.releases import newest


@dataclass(frozen=True)
class OptionEffect:
    """Scores in points, as they are printed; admissible before and after."""

    id: str
    name: str
    score: tuple[str, str]
    admissible: tuple[bool, bool]

    @property
    def changed(self) -> bool:
        return self.score[0] != self.score[1] or self.admissible[0] != self.admissible[1]


@dataclass(frozen=True)
class Effect:
    """What another release would change, each pair before and after. ``obligations`` are (what happens, reference, title);
    ``questions`` the ids that it would ask and that nothing answers yet; ``lost`` the answers that don't fit it."""

    release: str
    risk_class: tuple[str, str]
    recommendation: tuple[str, str]
    options: tuple[OptionEffect, ...]
    obligations: tuple[tuple[str, str, str], ...]
    questions: tuple[str, ...]
    lost: tuple[Lost, ...]

    @property
    def nothing(self) -> bool:
        return not (
            self.obligations
            or self.questions
            or self.lost
            or self.risk_class[0] != self.risk_class[1]
            or self.recommendation[0] != self.recommendation[1]
            or any(option.changed for option in self.options)
        )


def newer_release(assessment: Assessment) -> Release | None:
    """The newest release of the assessment's catalogue, where that isn't the one it is on."""
    key, _at, version = assessment.catalogue.partition("@")
    try:
        found = newest(key)
    except LookupError:
        return None
    return found if found.version > int(version) else None


def day_of_reading(assessment: Assessment) -> date:
    """The day on which the assessment reads the law: a submitted one's is its snapshot's."""
    snapshot = None if assessment.is_open else assessment.latest_snapshot
    if snapshot is not None:
        return date.fromisoformat(content_of(snapshot)["as_of"])
    return assessment.as_of or timezone.now().date()


def effect_of(assessment: Assessment, release: Release) -> Effect:
    """What ``release`` would change for the assessment as it stands. Raises LookupError and ValueError as ``release_of`` and ``carried``."""
    facts = replace(facts_of(assessment), as_of=day_of_reading(assessment))
    before = evaluate(release_of(assessment), facts)
    moved, lost = carried(facts, release)
    after = evaluate(release, moved)
    return Effect(
        release=f"{release.key}@{release.version}",
        risk_class=(before.classification.risk_class, after.classification.risk_class),
        recommendation=(_recommended(before), _recommended(after)),
        options=tuple(
            OptionEffect(
                one.facts.id, one.facts.label, (points(one.score.value), points(other.score.value)), (one.admissible, other.admissible)
            )
            for one, other in zip(before.options, after.options, strict=True)
        ),
        obligations=tuple(_obligations(before, after)),
        questions=tuple(_newly_open(before, after)),
        lost=lost,
    )


def _recommended(evaluation: Evaluation) -> str:
    found = evaluation.recommendation
    label = next((o.facts.label for o in evaluation.options if o.facts.id == found.option), "")
    return f"{found.outcome}: {label}" if label else found.outcome


def _obligations(before: Evaluation, after: Evaluation) -> Iterable[tuple[str, str, str]]:
    """(what happens, instrument and reference, title)."""
    old, new = ({o["id"]: o for o in obligations_of(e)} for e in (before, after))

    names = {option.facts.id: option.facts.label for option in after.options}

    def named(duty: Mapping[str, Any]) -> tuple[str, str]:
        return INSTRUMENTS.get(duty["instrument"], "AI Act ") + duty["reference"], duty["title"]

    for id_, duty in new.items():
        if id_ not in old:
            yield _("new"), *named(duty)
        elif old[id_]["applies_from"] != duty["applies_from"]:
            yield (
                _("applies from %(now)s rather than %(before)s") % {"now": duty["applies_from"], "before": old[id_]["applies_from"]},
                *named(duty),
            )
        elif changed := _statuses(old[id_], duty, names):
            yield changed, *named(duty)
        elif old[id_]["text"] != duty["text"]:
            yield _("reworded"), *named(duty)
    for id_, duty in old.items():
        if id_ not in new:
            yield _("gone"), *named(duty)


def _statuses(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """How an obligation stands now rather than before, option by option where only some changed; empty where nothing did."""
    if "by_option" not in before or "by_option" not in after:
        now, was = after["status"], before["status"]
        return _("%(now)s rather than %(before)s") % {"now": now, "before": was} if was != now else ""
    old, new = before["by_option"], after["by_option"]
    owed_no_more = {option: _("not owed") for option in old if option not in new}
    said = _("%(option)s %(now)s rather than %(before)s")
    return ", ".join(
        said % {"option": names.get(option, option), "now": now, "before": old.get(option, _("not owed"))}
        for option, now in (new | owed_no_more).items()
        if now != old.get(option)
    )


def _newly_open(before: Evaluation, after: Evaluation) -> list[str]:
    def unanswered(evaluation: Evaluation) -> set[tuple[str | None, str]]:
        sheets = [(None, evaluation.sheet), *((o.facts.id, o.sheet) for o in evaluation.options)]
        return {(option, id_) for option, sheet in sheets for id_ in sheet.unanswered}

    wanted = {id_ for _option, id_ in unanswered(after) - unanswered(before)}
    return [id_ for id_ in index(after.release).questions if id_ in wanted]


def move(*, actor: User, assessment: Assessment, release: Release) -> tuple[Lost, ...]:
    """Move an open assessment to a newer release; answers that don't fit it are unanswered again, and returned. Raises Refused."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        key, _at, version = assessment.catalogue.partition("@")
        if release.key != key or release.version <= int(version):
            raise Refused(
                _("%(release)s isn't newer than %(current)s.")
                % {"release": f"{release.key}@{release.version}", "current": assessment.catalogue}
            )
        try:
            moved, lost = carried(facts_of(assessment), release)
        except ValueError as error:
            raise Refused(_("It can't be moved: %(error)s.") % {"error": error}) from None
        before = assessment.catalogue
        rows = {(r.option.key if r.option else None, r.question): r for r in assessment.responses.select_related("option")}
        left = []
        known = index(release_of(assessment)).questions
        for one in lost:
            row = rows[(one.option, one.question)]
            free = one.question not in known or known[one.question].type == "text"
            left.append({"question": one.question, "option": one.option, "state": row.state} | ({} if free else {"before": row.value}))
            row.state, row.value, row.revision = State.UNANSWERED, None, row.revision + 1
            row.save(update_fields=["state", "value", "revision"])
        assessment.catalogue, assessment.catalogue_digest = f"{release.key}@{release.version}", index(release).digest
        weighed, assessment.weights = assessment.weights, stored_weights(moved)
        assessment.save(update_fields=["catalogue", "catalogue_digest", "weights", "updated_at"])
        note_change(
            assessment, actor, "assessment.moved",
            {"catalogue": {"before": before, "after": assessment.catalogue},
             "lost": left}
            | ({"weights": {"before": weighed, "after": assessment.weights}} if weighed != assessment.weights else {}),
        )  # fmt: skip
    return lost

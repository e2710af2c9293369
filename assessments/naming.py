"""What the trail names for good by an id of the catalogue or by an option's key, by the titles that these have in one assessment's release."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from accounts.ids import uuid_in
from accounts.models import Organisation
from assessments.answers_told import choice_key
from assessments.evaluation import release_of
from assessments.figures import DEMAND_FIGURES
from assessments.models import Assessment, Option
from audit.models import AuditEvent
from compliance.catalogue.index import Index, index
from compliance.releases import newest


def titles_of(assessments: Collection[Assessment]) -> dict[str, dict[str, str]]:
    """For each assessment, by its id as the trail has it, titles by id; without those of a release that isn't installed. One query."""
    options: dict[str, dict[str, str]] = {}
    for assessment, key, name in Option.objects.filter(assessment__in=assessments).values_list("assessment_id", "key", "name"):
        options.setdefault(str(assessment), {})[key] = name
    found = {}
    for case in assessments:
        try:
            titles = _of_release(index(release_of(case)))
        except (LookupError, ValueError):
            titles = {}
        found[str(case.pk)] = titles | options.get(str(case.pk), {})
    return found


def titles_for(
    events: Iterable[AuditEvent], organisation: Organisation, cases: Collection[Assessment] | None = None
) -> dict[str, dict[str, str]]:
    """For each assessment, and the organisation, that the events are about, titles by id: by the id of the event's object. Two queries at most,
    one where the caller has the ``cases``."""
    ids, found = set(), {}
    for event in events:
        if event.object_type == "assessment" and (id_ := uuid_in(event.object_id)):
            ids.add(id_)
        elif event.object_type == "organisation":
            found[event.object_id] = _of_release(index(newest()))
    if cases is None:
        cases = Assessment.objects.filter(organisation=organisation, pk__in=ids) if ids else ()
    return found | (titles_of(cases) if cases else {})


@lru_cache(maxsize=8)
def _of_release(known: Index) -> dict[str, str]:
    release = known.release
    titles = {question.id: question.text for question in known.questions.values()}
    titles |= {choice_key(question.id, choice.id): choice.text for question in known.questions.values() for choice in question.choices}
    titles |= {f"{q.id}/{s.id}": f"{q.title}: {s.title}" for q in release.questionnaires for s in q.sections}
    titles["figures/demand"] = "Demand"
    titles |= {f"demand.{key}": f"Demand: {spec.label}" for key, spec in DEMAND_FIGURES.items()}
    for category in known.cost_categories.values():
        titles[f"figures/{category.id}"] = category.title
        titles |= {f"{category.id}.{field.key}": f"{category.title}: {field.text}" for field in category.fields}
    return titles | {rule.id: rule.title for rule in release.rules}

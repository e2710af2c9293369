"""The published catalogue, the release that an assessment is on, and moving a draft to the newest; over the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import moving
from assessments.api import serializers
from assessments.api.base import AssessmentEndpoint, OrganisationEndpoint
from assessments.api.schema import operation
from assessments.errors import Refused
from assessments.moving import Effect
from compliance.catalogue.index import index
from compliance.releases import by_name, published

CATALOGUE = "catalogue"


class Releases(OrganisationEndpoint):
    actions = {"GET": "view"}

    @operation("releases_list", "List the published releases", tag=CATALOGUE, answer=serializers.ReleaseSerializer, pages=True,
               description="By key, oldest first. A release never changes; its digest says which one it is.")  # fmt: skip
    def get(self, request: Request, org: str) -> Response:
        releases = [by_name(f"{key}@{version}") for key, version, _path in published()]
        rows = [
            {"key": r.key, "version": r.version, "digest": index(r).digest, "published_on": r.published_on, "title": r.title}
            for r in releases
        ]
        return self.page_of(rows, serializers.ReleaseSerializer)


def effect_data(effect: Effect) -> dict[str, Any]:
    """An effect with its pairs and triples by name."""

    def pair(values: tuple[Any, Any]) -> dict[str, Any]:
        return dict(zip(("before", "after"), values, strict=True))

    return {
        "release": effect.release,
        "risk_class": pair(effect.risk_class),
        "recommendation": pair(effect.recommendation),
        "options": [{"id": o.id, "name": o.name, "score": pair(o.score), "admissible": pair(o.admissible)} for o in effect.options],
        "obligations": [{"what": what, "reference": reference, "title": title} for what, reference, title in effect.obligations],
        "questions": effect.questions,
        "lost": effect.lost,
        "nothing": effect.nothing,
    }


class AssessmentCatalogue(AssessmentEndpoint):
    actions = {"GET": "view", "POST": "edit"}

    @operation(
        "assessment_catalogue_retrieve", "Read which release it is on, and what a newer one would change", tag=CATALOGUE,
        answer=serializers.AssessmentCatalogueSerializer,
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        newer, effect, trouble = moving.newer_release(self.assessment), None, ""
        if newer is not None:
            try:
                effect = effect_data(moving.effect_of(self.assessment, newer))
            except (LookupError, ValueError) as error:
                trouble = str(error)
        found = {"release": self.assessment.catalogue, "newer": newer and newer.name, "effect": effect, "trouble": trouble}
        return Response(serializers.AssessmentCatalogueSerializer(found).data)

    @operation(
        "assessment_catalogue_move", "Move the draft to the newest release", tag=CATALOGUE, changes=True, answer=serializers.MoveSerializer,
        problems=(401, 403, 404, 409, 422),
        description="Answers stay where they fit it. There is no way back, and what was submitted can't be moved.",
    )  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        newer = moving.newer_release(self.assessment)
        if newer is None:
            raise Refused(_("No newer release is published."))
        lost = moving.move(actor=self.person, assessment=self.assessment, release=newer)
        return Response(serializers.MoveSerializer({"release": newer.name, "lost": lost}).data)

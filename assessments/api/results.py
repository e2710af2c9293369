"""What the answers come to: the evaluation, the questions that are asked, weights and proposal, the trail; over the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import editing
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint, OrganisationEndpoint
from assessments.api.schema import OBJECT, READING, operation
from assessments.evaluation import evaluate_assessment
from assessments.scoring.listing import listing
from assessments.scoring.study import study
from compliance.releases import by_name, newest

RESULTS, CATALOGUE = "results", "catalogue"


class Questions(OrganisationEndpoint):
    actions = {"GET": "view"}

    @operation(
        "questions_list", "List every question of a release", tag=CATALOGUE, answer=OBJECT, problems=(400, *READING),
        about="The same as `manage.py list_questions --format json` prints.",
        parameters=[OpenApiParameter("catalogue", description="key@version, as assessments name it; the newest release if left out.")],
    )  # fmt: skip
    def get(self, request: Request, org: str) -> Response:
        name = request.query_params.get("catalogue")
        try:
            release = by_name(name) if name else newest()
        except LookupError as error:
            raise ParseError(str(error)) from None
        return Response(listing(release))


class EvaluationDetail(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation(
        "evaluation_retrieve", "Evaluate the assessment as it stands", tag=RESULTS, answer=OBJECT, problems=(400, *READING),
        about="Format countersign/evaluation@1, as `manage.py evaluate` prints it.",
        parameters=[OpenApiParameter("trace", enum=["0", "1"], description="1: with the derivation of every number.")],
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        trace = request.query_params.get("trace", "0")
        if trace not in ("0", "1"):
            raise ParseError(_("trace is 0 or 1, not %(trace)r.") % {"trace": trace})
        return Response(study(evaluate_assessment(self.assessment), trace=trace == "1"))


class Weights(AssessmentEndpoint):
    actions = {"PUT": "edit"}

    @operation("weights_set", "Set the weights", tag=RESULTS, body=inputs.WeightsSerializer, changes=True,
               answer=serializers.AssessmentSerializer)  # fmt: skip
    def put(self, request: Request, **address: Any) -> Response:
        weights = self.given(inputs.WeightsSerializer)["weights"]
        assessment = editing.weights_set(actor=self.person, assessment=self.assessment, weights=weights)
        return Response(serializers.AssessmentSerializer(assessment).data)


class Proposal(AssessmentEndpoint):
    actions = {"PUT": "edit"}

    @operation("proposal_set", "Propose an option", tag=RESULTS, body=inputs.ProposalInputSerializer, changes=True,
               answer=serializers.AssessmentSerializer)  # fmt: skip
    def put(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ProposalInputSerializer)
        assessment = editing.propose(
            actor=self.person, assessment=self.assessment, option=self.named_option(values["option"]), reason=values.get("reason", "")
        )
        return Response(serializers.AssessmentSerializer(assessment).data)

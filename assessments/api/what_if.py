"""What-ifs over the API: the evaluation under changed facts, which are kept nowhere."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api.base import AssessmentEndpoint
from assessments.api.inputs import AnswerField, Strict, WeightsField
from assessments.api.results import RESULTS
from assessments.api.schema import OBJECT, READING, operation
from assessments.errors import Refused
from assessments.evaluation import facts_of, release_of
from assessments.scoring.patch import DEMAND_KEYS, Patch, PatchErrors, what_if

MOST_DRAWS = 10_000
MOST_CHANGES = 500
NUMBER = "A number, as text."


@extend_schema_field(
    {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "As in an assessment file: a choice id, a list of them, a number or date as text, 'unknown' or 'not-applicable'.",
    }
)
class ValueField(AnswerField):
    """As an answer; what isn't a value stands for itself."""


class NewAnswerSerializer(Strict):
    question = serializers.CharField(max_length=80)
    option = serializers.CharField(max_length=60, required=False, allow_null=True, help_text="Left out for a question about the use case.")
    value = ValueField()


class NewFigureSerializer(Strict):
    option = serializers.CharField(max_length=60)
    figure = serializers.CharField(max_length=120, help_text="category.key, such as infrastructure.gpu_price_per_hour")
    value = serializers.CharField(max_length=40, help_text=f"{NUMBER} It stands in for a range.")


@extend_schema_field(
    {
        "type": "object",
        "properties": {key: {"type": "string"} for key in DEMAND_KEYS},
        "additionalProperties": False,
        "description": "Numbers as text, by key.",
    }
)
class DemandField(serializers.DictField):
    child = serializers.CharField(max_length=40)


class WhatIfSerializer(Strict):
    """What to change before evaluating; what is left out stays as it is. Applied in the order of the fields, the volume last."""

    scenario = serializers.CharField(max_length=80, required=False, allow_null=True, help_text="Of the assessment's catalogue, by its id.")
    weights = WeightsField(
        required=False,
        allow_null=True,
        help_text="A name, or per cent by criterion; a criterion that is left out keeps its share of a hundred.",
    )
    volume = serializers.CharField(max_length=40, required=False, help_text=f"{NUMBER} Multiplies the tokens a month.")
    answers = NewAnswerSerializer(many=True, required=False, max_length=MOST_CHANGES)  # type: ignore[call-arg]
    figures = NewFigureSerializer(many=True, required=False, max_length=MOST_CHANGES)  # type: ignore[call-arg]
    demand = DemandField(required=False)
    draws = serializers.IntegerField(
        min_value=0, max_value=MOST_DRAWS, default=0, help_text="0 leaves out robustness and ranges; drawn with the assessment's own seed."
    )


class WhatIf(AssessmentEndpoint):
    actions = {"POST": "view"}

    @operation(
        "what_if_evaluate", "Evaluate the assessment with changes", tag=RESULTS, body=WhatIfSerializer, answer=OBJECT,
        problems=(400, *READING, 415, 422), about="Format countersign/evaluation@1, of the changed facts.",
        description="Changes nothing, and leaves no trace. A 422 names every change that can't be applied.",
    )  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(WhatIfSerializer)
        draws = values.pop("draws")
        try:
            found = what_if(release_of(self.assessment), facts_of(self.assessment), Patch.from_data(values), draws=draws)
        except PatchErrors as error:
            raise Refused(_("Some of these changes can't be applied."), {e.key: e.message for e in error.errors}) from None
        return Response(found.as_dict())

"""What the organisation says of itself, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api import inputs, serializers
from assessments.api.base import OrganisationEndpoint
from assessments.api.schema import operation
from assessments.models import OrganisationAnswer
from assessments.organisation import organisation_answer_save

ANSWERS = "organisation answers"


class OrganisationAnswers(OrganisationEndpoint):
    actions = {"GET": "view"}

    @operation(
        "organisation_answers_list", "List what the organisation says of itself", tag=ANSWERS, pages=True,
        answer=serializers.OrganisationAnswerSerializer,
        description="The questions are those that the questions list marks with `of_organisation`. Assessments offer the answers, and keep"
        " what they took over.",
    )  # fmt: skip
    def get(self, request: Request, org: str) -> Response:
        rows = OrganisationAnswer.objects.filter(organisation=self.organisation).select_related("answered_by")
        return self.page_of(rows, serializers.OrganisationAnswerSerializer)


class OneOrganisationAnswer(OrganisationEndpoint):
    actions = {"PUT": "describe_organisation", "DELETE": "describe_organisation"}

    @operation(
        "organisation_answers_save", "Answer a question for the organisation", tag=ANSWERS, body=inputs.OrganisationAnswerInputSerializer,
        changes=True, answer=serializers.OrganisationAnswerSerializer,
        description="Give the revision that you edited (0 where there was no answer): if somebody saved in between you get a 409 with both"
        " answers. No assessment changes by it.",
    )  # fmt: skip
    def put(self, request: Request, question: str, **address: Any) -> Response:
        values = self.given(inputs.OrganisationAnswerInputSerializer)
        saved = organisation_answer_save(actor=self.person, organisation=self.organisation, question_id=question, **values)
        return Response(serializers.OrganisationAnswerSerializer(saved).data)

    @operation("organisation_answers_remove", "Take the organisation's answer away", tag=ANSWERS, status=204, answer=None,
               problems=(401, 403, 404, 422), description="Assessments that took it over keep it.")  # fmt: skip
    def delete(self, request: Request, question: str, **address: Any) -> Response:
        organisation_answer_save(actor=self.person, organisation=self.organisation, question_id=question, value=None)
        return Response(status=204)

"""Answers, figures and evidence, over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import FileResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import answering
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import FILE, operation
from assessments.evaluation import DEMAND
from assessments.models import Evidence, Figure, Option

RESPONSES, FIGURES, EVIDENCE = "responses", "figures", "evidence"
BY_POSITION = F("option__position").asc(nulls_first=True)
BY_OPTION = OpenApiParameter("option", description="Only those of this option.")
BY_QUESTION = OpenApiParameter("question", description="Only those to this question.")


class Responses(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation("responses_list", "List the answers", tag=RESPONSES, answer=serializers.ResponseSerializer, pages=True,
               parameters=[BY_OPTION, BY_QUESTION])  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.responses.select_related("option", "answered_by").prefetch_related("evidence")
        if option := request.query_params.get("option"):
            rows = rows.filter(option__key=clean(option))
        if question := request.query_params.get("question"):
            rows = rows.filter(question=clean(question))
        return self.page_of(rows.order_by(BY_POSITION, "question", "id"), serializers.ResponseSerializer)


class _OneResponse(AssessmentEndpoint):
    actions = {"PUT": "answer"}

    def save(self, question: str, option: Option | None) -> Response:
        values = self.given(inputs.AnswerSerializer)
        saved = answering.response_save(actor=self.person, assessment=self.assessment, question_id=question, option=option, **values)
        return Response(serializers.ResponseSerializer(saved).data)


def clean(text: str) -> str:
    """A query's text without the one character that PostgreSQL can't compare."""
    return text.replace("\x00", "")


SAVING = "Give the revision that you edited (0 where there was no answer): if somebody saved in between you get a 409 with both answers."


class UseCaseResponse(_OneResponse):
    @operation("responses_save", "Answer a question about the use case", tag=RESPONSES, body=inputs.AnswerSerializer, changes=True,
               answer=serializers.ResponseSerializer, description=SAVING)  # fmt: skip
    def put(self, request: Request, question: str, **address: Any) -> Response:
        return self.save(question, None)


class OptionResponse(_OneResponse):
    @operation("option_responses_save", "Answer a question about an option", tag=RESPONSES, body=inputs.AnswerSerializer, changes=True,
               answer=serializers.ResponseSerializer, description=SAVING)  # fmt: skip
    def put(self, request: Request, question: str, option: str, **address: Any) -> Response:
        return self.save(question, self.option(option))


class Figures(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation("figures_list", "List the figures of demand and costs", tag=FIGURES, answer=serializers.FigureSerializer, pages=True,
               parameters=[BY_OPTION])  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.figures.select_related("option", "entered_by")
        if option := request.query_params.get("option"):
            rows = rows.filter(option__key=clean(option))
        return self.page_of(rows.order_by(BY_POSITION, "category", "key", "id"), serializers.FigureSerializer)


class _OneFigure(AssessmentEndpoint):
    actions = {"PUT": "answer", "DELETE": "answer"}

    def save(self, option: Option | None, category: str, key: str, values: dict[str, Any]) -> Figure | None:
        return answering.figure_save(
            actor=self.person, assessment=self.assessment, option=option, category=category, key=key, **values
        )  # fmt: skip

    def put_figure(self, option: Option | None, category: str, key: str) -> Response:
        figure = self.save(option, category, key, self.given(inputs.FigureInputSerializer))
        return Response(serializers.FigureSerializer(figure).data)

    def delete_figure(self, option: Option | None, category: str, key: str) -> Response:
        self.save(option, category, key, {"likely": ""})
        return Response(status=204)


GONE = (401, 403, 404, 409, 422)


class DemandFigure(_OneFigure):
    @operation("demand_save", "Enter a figure of the demand", tag=FIGURES, body=inputs.FigureInputSerializer, changes=True,
               answer=serializers.FigureSerializer)  # fmt: skip
    def put(self, request: Request, key: str, **address: Any) -> Response:
        return self.put_figure(None, DEMAND, key)

    @operation("demand_remove", "Take a figure of the demand away", tag=FIGURES, status=204, answer=None, problems=GONE)
    def delete(self, request: Request, key: str, **address: Any) -> Response:
        return self.delete_figure(None, DEMAND, key)


class CostFigure(_OneFigure):
    @operation("costs_save", "Enter a cost figure of an option", tag=FIGURES, body=inputs.FigureInputSerializer, changes=True,
               answer=serializers.FigureSerializer)  # fmt: skip
    def put(self, request: Request, option: str, category: str, key: str, **address: Any) -> Response:
        return self.put_figure(self.option(option), category, key)

    @operation("costs_remove", "Take a cost figure away", tag=FIGURES, status=204, answer=None, problems=GONE)
    def delete(self, request: Request, option: str, category: str, key: str, **address: Any) -> Response:
        return self.delete_figure(self.option(option), category, key)


class CostCategory(_OneFigure):
    @operation("cost_category_stands", "Say that a cost category stands", tag=FIGURES, answer=serializers.FigureSerializer, problems=GONE,
               description="Without figures it then costs nothing; a category of which nothing is said is unknown.")  # fmt: skip
    def put(self, request: Request, option: str, category: str, **address: Any) -> Response:
        figure = self.save(self.option(option), category, "", {"likely": "0"})
        return Response(serializers.FigureSerializer(figure).data)

    @operation("cost_category_unknown", "Take that back", tag=FIGURES, status=204, answer=None, problems=GONE)
    def delete(self, request: Request, option: str, category: str, **address: Any) -> Response:
        return self.delete_figure(self.option(option), category, "")


class EvidenceFiles(AssessmentEndpoint):
    actions = {"GET": "view", "POST": "answer"}
    parser_classes = [MultiPartParser]

    @operation("evidence_list", "List the evidence", tag=EVIDENCE, answer=serializers.EvidenceSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        rows = Evidence.objects.filter(response__assessment=self.assessment).select_related("response__option", "uploaded_by")
        return self.page_of(rows, serializers.EvidenceSerializer)

    @operation("evidence_attach", "Attach a file to an answer", tag=EVIDENCE, body={"multipart/form-data": inputs.EvidenceUploadSerializer},
               status=201, changes=True, answer=serializers.EvidenceSerializer)  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.EvidenceUploadSerializer)
        evidence = answering.evidence_attach(
            actor=self.person, assessment=self.assessment, question_id=values["question"], option=self.named_option(values.get("option")),
            upload=values["file"],
        )  # fmt: skip
        return Response(serializers.EvidenceSerializer(evidence).data, status=201)


class EvidenceDetail(AssessmentEndpoint):
    actions = {"GET": "view", "DELETE": "answer"}

    @operation("evidence_retrieve", "Read what is known of a file", tag=EVIDENCE, answer=serializers.EvidenceSerializer)
    def get(self, request: Request, evidence: UUID, **address: Any) -> Response:
        return Response(serializers.EvidenceSerializer(self.evidence(evidence)).data)

    @operation("evidence_remove", "Take a file off its answer", tag=EVIDENCE, status=204, answer=None, problems=(401, 403, 404, 409))
    def delete(self, request: Request, evidence: UUID, **address: Any) -> Response:
        answering.evidence_remove(actor=self.person, evidence=self.evidence(evidence))
        return Response(status=204)


class EvidenceDownload(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation("evidence_download", "Download a file", tag=EVIDENCE, answer=FILE, media="application/octet-stream",
               about="The bytes as they were attached.", description="The download is recorded.")  # fmt: skip
    def get(self, request: Request, evidence: UUID, **address: Any) -> FileResponse:
        found = self.evidence(evidence)
        file = answering.evidence_open(actor=self.person, evidence=found)
        # Always octets to be saved: what somebody attached never shows as a page of ours.
        return FileResponse(file, as_attachment=True, filename=found.name, content_type="application/octet-stream")

"""Answers, figures and evidence, over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import answering, attaching
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint, OrganisationEndpoint
from assessments.api.schema import FILE, operation
from assessments.copying import answers_copy, copy_plan
from assessments.editing import opened
from assessments.evaluation import DEMAND
from assessments.ground import hold
from assessments.models import Assessment, Evidence, Figure, Option

RESPONSES, FIGURES, EVIDENCE = "responses", "figures", "evidence"
BY_POSITION = F("option__position").asc(nulls_first=True)
BY_OPTION = OpenApiParameter("option", description="Only those of this option.")
BY_QUESTION = OpenApiParameter("question", description="Only those to this question.")


class Responses(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation("responses_list", "List the answers", tag=RESPONSES, answer=serializers.ResponseSerializer, pages=True,
               parameters=[BY_OPTION, BY_QUESTION])  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.responses.select_related("option", "answered_by").prefetch_related("evidence")
        if not self.reach.reads_all:
            rows = rows.filter(question__in=self.read_questions())
        if option := request.query_params.get("option"):
            rows = rows.filter(option__key=clean(option))
        if question := request.query_params.get("question"):
            rows = rows.filter(question=clean(question))
        return self.page_of(rows.order_by(BY_POSITION, "question", "id"), serializers.ResponseSerializer)


class _OneResponse(OrganisationEndpoint):
    """The assessment isn't looked up before it is locked: saving an answer is what is asked for most."""

    actions = {"PUT": "answer"}

    def save(self, assessment: UUID, question: str, key: str | None = None) -> Response:
        values = self.given(inputs.AnswerSerializer)
        revision = values.pop("revision", None)
        try:
            with transaction.atomic():
                ground = hold(actor=self.person, organisation=self.organisation, assessment=assessment, question=question, alone=True)
                option = ground.option(key) if key is not None else None
                if key is not None and option is None:
                    raise Http404(_("This assessment has no option %(option)r.") % {"option": key})
                saved = answering.save_on(
                    ground, actor=self.person, question_id=question, option=option, given=answering.Given(**values), revision=revision
                )
        except Assessment.DoesNotExist:
            raise Http404(_("There is no such assessment in this organisation.")) from None
        stands = ground.answers.get((option.pk if option else None, question))
        if stands is not None and not stands.files:
            saved._prefetched_objects_cache = {"evidence": Evidence.objects.none()}  # type: ignore[attr-defined]  # known already
        return Response(serializers.ResponseSerializer(saved).data)


def clean(text: str) -> str:
    """A query's text without the one character that PostgreSQL can't compare."""
    return text.replace("\x00", "")


SAVING = "Give the revision that you edited (0 where there was no answer): if somebody saved in between you get a 409 with both answers."


class UseCaseResponse(_OneResponse):
    @operation("responses_save", "Answer a question about the use case", tag=RESPONSES, body=inputs.AnswerSerializer, changes=True,
               answer=serializers.ResponseSerializer, description=SAVING)  # fmt: skip
    def put(self, request: Request, assessment: UUID, question: str, **address: Any) -> Response:
        return self.save(assessment, question)


class OptionResponse(_OneResponse):
    @operation("option_responses_save", "Answer a question about an option", tag=RESPONSES, body=inputs.AnswerSerializer, changes=True,
               answer=serializers.ResponseSerializer, description=SAVING)  # fmt: skip
    def put(self, request: Request, assessment: UUID, question: str, option: str, **address: Any) -> Response:
        return self.save(assessment, question, option)


class CopiedAnswers(AssessmentEndpoint):
    actions = {"POST": "answer"}

    @operation("answers_copy", "Copy another option's answers to this one", tag=RESPONSES, body=inputs.CopySerializer, changes=True,
               answer=serializers.CopiedSerializer, description="With basis and note. What isn't asked of this option isn't copied.")  # fmt: skip
    def post(self, request: Request, option: str, **address: Any) -> Response:
        values = self.given(inputs.CopySerializer)
        preview, target = values.pop("preview"), self.option(option).key
        values["source"] = values.pop("from_option")
        with transaction.atomic():  # what is told is what is done
            if not preview:
                opened(self.person, self.assessment, "answer")
            plan = copy_plan(self.assessment, values["source"], target, values.get("questions"))
            chosen = plan.chosen(overwrite=values["overwrite"], evidence=values["evidence"])
            if not preview:
                answers_copy(actor=self.person, assessment=self.assessment, target=target, **values)
        taken = {one.question.id for one in chosen}
        left = [one.question.id for one in plan.answers if one.overwrites and one.changes and one.question.id not in taken]
        return Response({"copied": [one.question.id for one in chosen], "left": left})


class Figures(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation("figures_list", "List the figures of demand and costs", tag=FIGURES, answer=serializers.FigureSerializer, pages=True,
               parameters=[BY_OPTION])  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.figures.select_related("option", "entered_by")
        if not self.reach.reads_all:
            rows = rows.filter(category__in=[category for questionnaire, category in self.reach.places if not questionnaire])
        if option := request.query_params.get("option"):
            rows = rows.filter(option__key=clean(option))
        return self.page_of(rows.order_by(BY_POSITION, "category", "key", "id"), serializers.FigureSerializer)


class _OneFigure(AssessmentEndpoint):
    partly = True
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
    partly = True
    actions = {"GET": "view", "POST": "answer"}
    parser_classes = [MultiPartParser]

    @operation("evidence_list", "List the evidence", tag=EVIDENCE, answer=serializers.EvidenceSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        rows = Evidence.objects.filter(response__assessment=self.assessment).select_related("response__option", "uploaded_by")
        if not self.reach.reads_all:
            rows = rows.filter(response__question__in=self.read_questions())
        return self.page_of(rows, serializers.EvidenceSerializer)

    @operation("evidence_attach", "Attach a file to an answer", tag=EVIDENCE, body={"multipart/form-data": inputs.EvidenceUploadSerializer},
               status=201, changes=True, answer=serializers.EvidenceSerializer)  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.EvidenceUploadSerializer)
        evidence = attaching.evidence_attach(
            actor=self.person, assessment=self.assessment, question_id=values["question"], option=self.named_option(values.get("option")),
            upload=values["file"],
        )  # fmt: skip
        return Response(serializers.EvidenceSerializer(evidence).data, status=201)


class EvidenceDetail(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view", "DELETE": "answer"}

    @operation("evidence_retrieve", "Read what is known of a file", tag=EVIDENCE, answer=serializers.EvidenceSerializer)
    def get(self, request: Request, evidence: UUID, **address: Any) -> Response:
        return Response(serializers.EvidenceSerializer(self.evidence(evidence)).data)

    @operation("evidence_remove", "Take a file off its answer", tag=EVIDENCE, status=204, answer=None, problems=(401, 403, 404, 409))
    def delete(self, request: Request, evidence: UUID, **address: Any) -> Response:
        attaching.evidence_remove(actor=self.person, evidence=self.evidence(evidence))
        return Response(status=204)


class EvidenceDownload(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation("evidence_download", "Download a file", tag=EVIDENCE, answer=FILE, media="application/octet-stream",
               about="The bytes as they were attached.", description="The download is recorded.")  # fmt: skip
    def get(self, request: Request, evidence: UUID, **address: Any) -> FileResponse:
        found = self.evidence(evidence)
        file = attaching.evidence_open(actor=self.person, evidence=found)
        # Always octets to be saved: what somebody attached never shows as a page of ours.
        return FileResponse(file, as_attachment=True, filename=found.name, content_type="application/octet-stream")

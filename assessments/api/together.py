"""Who is asked for what of an assessment, and what is said about its questions; over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as fields
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import assigning, commenting
from assessments.answering import place_of
from assessments.api.answers import BY_QUESTION, clean
from assessments.api.base import AssessmentEndpoint
from assessments.api.inputs import Strict, text
from assessments.api.schema import operation
from assessments.api.serializers import PersonSerializer
from assessments.models import Assignment, Comment, Thread

ASSIGNMENTS, COMMENTS = "assignments", "comments"
PLACE = "Id of the questionnaire; empty for figures, where `section` is `demand` or a category of costs."
MINE = OpenApiParameter("mine", enum=["1"], description="1: only what you are asked for.")
GONE = (401, 403, 404, 409)


class AssignmentSerializer(fields.ModelSerializer[Assignment]):
    person = PersonSerializer()
    assigned_by = PersonSerializer()

    class Meta:
        model = Assignment
        fields = ("id", "questionnaire", "section", "person", "due_on", "note", "assigned_by", "assigned_at", "done_at")
        read_only_fields = fields


class PlaceSerializer(Strict):
    questionnaire = fields.CharField(max_length=80, required=False, allow_blank=True, default="", help_text=PLACE)
    section = fields.CharField(max_length=80)


class AssignSerializer(Strict):
    person = fields.EmailField(help_text="Of a contributor or risk officer of the organisation.")
    parts = PlaceSerializer(many=True, help_text="What they are asked to answer.")
    due_on = fields.DateField(required=False, allow_null=True)
    note = text(4000)


class AssignmentChangeSerializer(Strict):
    person = fields.EmailField(required=False, help_text="Passes it on to somebody else.")
    due_on = fields.DateField(required=False, allow_null=True)
    note = text(4000)


class CommentSerializer(fields.ModelSerializer[Comment]):
    question = fields.CharField(source="thread.question")
    by = PersonSerializer()
    asked = PersonSerializer(allow_null=True, help_text="Whose word it asks for.")
    resolved = fields.SerializerMethodField(help_text="Whether what is said about the question is settled.")

    class Meta:
        model = Comment
        fields = ("id", "question", "text", "by", "at", "asked", "resolved")
        read_only_fields = fields

    def get_resolved(self, comment: Comment) -> bool:
        return comment.thread.resolved_at is not None


class CommentInputSerializer(Strict):
    question = fields.CharField(max_length=80)
    text = fields.CharField(max_length=4000)
    ask = fields.EmailField(required=False, help_text="Of a colleague who can read the question; they get a mail.")


class ThreadSerializer(fields.ModelSerializer[Thread]):
    resolved_by = PersonSerializer(allow_null=True)

    class Meta:
        model = Thread
        fields = ("question", "resolved_at", "resolved_by")
        read_only_fields = fields


class Assignments(AssessmentEndpoint):
    actions = {"GET": "view", "POST": "assign"}
    partly = True

    @operation("assignments_list", "List who is asked for what", tag=ASSIGNMENTS, answer=AssignmentSerializer, pages=True, parameters=[MINE],
               description="A contributor is shown their own.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.assignments.select_related("person", "assigned_by")
        if not self.reach.reads_all or request.query_params.get("mine") == "1":
            rows = rows.filter(person=self.person)
        return self.page_of(rows, AssignmentSerializer)

    @operation("assignments_create", "Ask somebody for parts", tag=ASSIGNMENTS, body=AssignSerializer, status=201, changes=True,
               answer=AssignmentSerializer(many=True), description="They get one mail. Who was asked already gets the new day and note.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(AssignSerializer)
        places = [(part["questionnaire"], part["section"]) for part in values.pop("parts")]
        made = assigning.assign(actor=self.person, assessment=self.assessment, places=places, **values)
        return Response(AssignmentSerializer(made, many=True).data, status=201)


class _OneAssignment(AssessmentEndpoint):
    partly = True

    def assignment(self, pk: UUID) -> Assignment:
        """One that the person may see, or Http404."""
        rows = self.assessment.assignments.select_related("person", "assigned_by", "assessment__organisation")
        if not self.reach.reads_all:
            rows = rows.filter(person=self.person)
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Http404(_("Nobody is asked for this."))
        return found


class AssignmentDetail(_OneAssignment):
    actions = {"PATCH": "assign", "DELETE": "assign"}

    @operation("assignments_change", "Change day or note, or pass it on", tag=ASSIGNMENTS, body=AssignmentChangeSerializer, changes=True,
               answer=AssignmentSerializer, description="Fields that are left out stay as they are.")  # fmt: skip
    def patch(self, request: Request, assignment: UUID, **address: Any) -> Response:
        row = self.assignment(assignment)
        values = {"due_on": row.due_on, "note": row.note} | self.given(AssignmentChangeSerializer)
        return Response(AssignmentSerializer(assigning.assignment_change(actor=self.person, assignment=row, **values)).data)

    @operation("assignments_withdraw", "Ask no more", tag=ASSIGNMENTS, status=204, answer=None, problems=GONE,
               description="What was answered stays.")  # fmt: skip
    def delete(self, request: Request, assignment: UUID, **address: Any) -> Response:
        assigning.withdraw(actor=self.person, assignment=self.assignment(assignment))
        return Response(status=204)


class AssignmentDone(_OneAssignment):
    actions = {"PUT": "answer", "DELETE": "answer"}

    @operation("assignments_done", "Say that you are through", tag=ASSIGNMENTS, answer=AssignmentSerializer, problems=GONE,
               description="The word of the person who is asked.")  # fmt: skip
    def put(self, request: Request, assignment: UUID, **address: Any) -> Response:
        return Response(AssignmentSerializer(assigning.mark_done(actor=self.person, assignment=self.assignment(assignment))).data)

    @operation("assignments_not_done", "Take that back", tag=ASSIGNMENTS, answer=AssignmentSerializer, problems=GONE)
    def delete(self, request: Request, assignment: UUID, **address: Any) -> Response:
        row = assigning.mark_done(actor=self.person, assignment=self.assignment(assignment), done=False)
        return Response(AssignmentSerializer(row).data)


class Comments(AssessmentEndpoint):
    actions = {"GET": "view", "POST": "comment"}
    partly = True

    @operation("comments_list", "List the comments", tag=COMMENTS, answer=CommentSerializer, pages=True, parameters=[BY_QUESTION],
               description="On the questions that you read, in the order in which they were written.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        rows = Comment.objects.filter(thread__assessment=self.assessment).select_related("thread", "by", "asked")
        if not self.reach.reads_all:
            rows = rows.filter(thread__question__in=self.read_questions())
        if question := request.query_params.get("question"):
            rows = rows.filter(thread__question=clean(question))
        return self.page_of(rows, CommentSerializer)

    @operation("comments_write", "Comment on a question", tag=COMMENTS, body=CommentInputSerializer, status=201, changes=True,
               answer=CommentSerializer, description="Until the assessment is decided. Comments are no part of the record.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        made = commenting.write(actor=self.person, assessment=self.assessment, **self.given(CommentInputSerializer))
        return Response(CommentSerializer(made).data, status=201)


class CommentDetail(AssessmentEndpoint):
    actions = {"DELETE": "comment"}
    partly = True

    @operation("comments_delete", "Delete your comment", tag=COMMENTS, status=204, answer=None, problems=GONE,
               description="While nobody replied; the trail keeps that it was there.")  # fmt: skip
    def delete(self, request: Request, comment: UUID, **address: Any) -> Response:
        found = (
            Comment.objects.select_related("thread__assessment__organisation")
            .filter(thread__assessment=self.assessment, pk=comment)
            .first()
        )
        if found is None or not self.reach.reads(place_of(self.assessment, found.thread.question)):
            raise Http404(_("There is no such comment."))
        commenting.delete(actor=self.person, comment=found)
        return Response(status=204)


class CommentsResolved(AssessmentEndpoint):
    actions = {"PUT": "comment", "DELETE": "comment"}
    partly = True

    @operation(
        "comments_settle", "Say that a question's comments are settled", tag=COMMENTS, answer=ThreadSerializer, problems=(*GONE, 422)
    )
    def put(self, request: Request, question: str, **address: Any) -> Response:
        return self.said(question, True)

    @operation("comments_reopen", "Say that they aren't", tag=COMMENTS, answer=ThreadSerializer, problems=(*GONE, 422))
    def delete(self, request: Request, question: str, **address: Any) -> Response:
        return self.said(question, False)

    def said(self, question: str, resolved: bool) -> Response:
        thread = commenting.resolve(actor=self.person, assessment=self.assessment, question=question, resolved=resolved)
        return Response(ThreadSerializer(thread).data)

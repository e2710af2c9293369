"""The register of findings, the conditions of an approval, and the next assessment; over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers as fields
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import conditions, registering, succeeding
from assessments.api import serializers
from assessments.api.base import AssessmentEndpoint
from assessments.api.inputs import Strict
from assessments.api.schema import operation
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Condition, Severity, Treatment
from assessments.snapshots import content_of

REGISTER = "register"


class EvidenceNameSerializer(fields.Serializer[Any]):
    name = fields.CharField()
    sha256 = fields.CharField()


class FindingSerializer(fields.Serializer[Any]):
    """A finding of one option with what is done about it; `residual` is `inherent` while nothing is."""

    option = fields.CharField()
    finding = fields.CharField()
    title = fields.CharField()
    message = fields.CharField()
    blocker = fields.BooleanField()
    acceptable_by = fields.CharField(allow_null=True)
    inherent = fields.CharField()
    residual = fields.CharField()
    treatment = fields.CharField(allow_blank=True)
    plan = fields.CharField(allow_blank=True)
    owner = serializers.NamedPersonSerializer(allow_null=True)
    due_on = fields.DateField(allow_null=True)
    evidence = EvidenceNameSerializer(many=True)
    revision = fields.IntegerField(allow_null=True, help_text="Of what is done about it; null once it is frozen in a record.")


class TreatmentSerializer(Strict):
    treatment = fields.ChoiceField(choices=Treatment.choices)
    plan = fields.CharField(max_length=4000, help_text="What is done, or why nothing has to be.")
    residual = fields.ChoiceField(choices=Severity.choices, required=False, help_text="What is left; as before, if it is left out.")
    owner = fields.EmailField(required=False, help_text="Of the member who sees to it; needed unless it is accepted.")
    due_on = fields.DateField(required=False)
    evidence = fields.ListField(child=fields.UUIDField(), required=False, help_text="Files attached in this assessment, by id.")
    revision = fields.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="The one you edited; 0 where there was none."
    )


class ConditionStandingSerializer(fields.Serializer[Any]):
    id = fields.IntegerField()
    number = fields.IntegerField()
    text = fields.CharField()
    owner = serializers.NamedPersonSerializer()
    due_on = fields.DateField()
    state = fields.CharField(help_text="open, overdue or met")
    note = fields.CharField(allow_blank=True, help_text="Of the newest step.")


class NoteSerializer(Strict):
    note = fields.CharField(max_length=4000, help_text="What shows it.")


def register_now(assessment: Assessment) -> list[dict[str, Any]]:
    """The register as it stands; once the assessment isn't open any more, as its newest record froze it."""
    snapshot = None if assessment.is_open else assessment.latest_snapshot
    if snapshot is not None:
        return [finding | {"revision": None} for finding in content_of(snapshot).get("register", [])]
    evaluation = evaluate_assessment(assessment)
    return registering.register_of(assessment, evaluation.release, evaluation.as_dict())


class Findings(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation("findings_list", "List the findings and what is done about them", tag=REGISTER, answer=FindingSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        entries = register_now(self.assessment)
        if not self.reach.reads_all:
            entries = [e for e in entries if e["owner"] and e["owner"]["reference"] == self.person.reference]
        return self.page_of(entries, FindingSerializer)


class OneFinding(AssessmentEndpoint):
    actions = {"PUT": "edit", "DELETE": "edit"}

    @operation("findings_treat", "Say what is done about a finding", tag=REGISTER, body=TreatmentSerializer, answer=FindingSerializer,
               changes=True, description="While the assessment is open.")  # fmt: skip
    def put(self, request: Request, option: str, finding: str, **address: Any) -> Response:
        found = self.option(option)
        values = self.given(TreatmentSerializer)
        values["evidence"] = tuple(str(pk) for pk in values.get("evidence", ()))
        registering.treat(actor=self.person, assessment=self.assessment, option=found, finding=finding, **values)
        entry = next(e for e in register_now(self.assessment) if (e["option"], e["finding"]) == (option, finding))
        return Response(FindingSerializer(entry).data)

    @operation("findings_untreat", "Take a treatment back", tag=REGISTER, status=204, answer=None, problems=(401, 403, 404, 409))
    def delete(self, request: Request, option: str, finding: str, **address: Any) -> Response:
        registering.untreat(actor=self.person, assessment=self.assessment, option=self.option(option), finding=finding)
        return Response(status=204)


class Conditions(AssessmentEndpoint):
    partly = True
    actions = {"GET": "view"}

    @operation("conditions_list", "List the conditions of the approval", tag=REGISTER, answer=ConditionStandingSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        standings = conditions.conditions_of(self.assessment, timezone.now().date())
        read = [s for s in standings if self.reach.reads_all or s.condition.owner_id == self.person.pk]
        return self.page_of([_shown(standing) for standing in read], ConditionStandingSerializer)


def _shown(standing: conditions.ConditionStanding) -> dict[str, Any]:
    one = standing.condition
    return {
        "id": one.pk, "number": one.number, "text": one.text, "due_on": one.due_on, "state": standing.state,
        "owner": {"reference": one.owner.reference, "name": one.owner_name}, "note": standing.last.note if standing.last else "",
    }  # fmt: skip


class _ConditionStep(AssessmentEndpoint):
    partly = True

    def condition(self, pk: int) -> Condition:
        found = Condition.objects.filter(verdict__participation__snapshot__assessment=self.assessment, pk=pk if pk < 2**63 else 0)
        row = found.select_related("owner").first()
        if row is None:
            raise Http404(_("This assessment has no such condition."))
        return row

    def standing(self, pk: int) -> Response:
        return Response(ConditionStandingSerializer(_shown(conditions.standing_of(self.condition(pk), timezone.now().date()))).data)


class ConditionMet(_ConditionStep):
    actions = {"POST": "meet_condition"}

    @operation("condition_met", "Say that a condition is met", tag=REGISTER, body=NoteSerializer, answer=ConditionStandingSerializer,
               changes=True, description="Its owner's or a risk officer's to say.")  # fmt: skip
    def post(self, request: Request, condition: int, **address: Any) -> Response:
        conditions.meet(actor=self.person, condition=self.condition(condition), **self.given(NoteSerializer))
        return self.standing(condition)


class ConditionReopened(_ConditionStep):
    actions = {"POST": "reopen_condition"}

    @operation("condition_reopened", "Say that a condition isn't met after all", tag=REGISTER, body=NoteSerializer,
               answer=ConditionStandingSerializer, changes=True)  # fmt: skip
    def post(self, request: Request, condition: int, **address: Any) -> Response:
        conditions.reopen(actor=self.person, condition=self.condition(condition), **self.given(NoteSerializer))
        return self.standing(condition)


class Succeed(AssessmentEndpoint):
    actions = {"POST": "succeed"}

    @operation("succeed", "Start the next assessment", tag=REGISTER, status=201, answer=serializers.AssessmentSerializer,
               problems=(401, 403, 404, 409),
               description="A draft with all that this one holds; once it is approved it takes this one's place.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        new = succeeding.succeed(actor=self.person, assessment=self.assessment)
        return Response(serializers.AssessmentSerializer(new).data, status=201)

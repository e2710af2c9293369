"""What goes out over the API. Numbers are text, times are UTC in ISO 8601."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Membership, Organisation, Role
from assessments.models import Assessment, BasisOfAnswer, Evidence, Figure, Option, Response, Sourcing, State, Status, UseCase
from audit.models import AuditEvent

WEIGHTS_SCHEMA = {
    "oneOf": [
        {"type": "string", "description": "'archetype', or the name of a profile"},
        {"type": "object", "additionalProperties": {"type": "string"}, "description": "a weight of 0 or more by criterion"},
    ]
}
VALUE_SCHEMA = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "nullable": True,
    "description": "A choice id, a list of them, or a number, date or text as text; null unless the state is 'answered'.",
}


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
class NumberText(serializers.Field[Decimal, Any, str, Any]):
    """A Decimal as text."""

    def to_representation(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    roles = serializers.SerializerMethodField(help_text="The roles that you hold there.")

    class Meta:
        model = Organisation
        fields = ("slug", "name", "risk_appetite", "roles")

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, organisation: Organisation) -> list[str]:
        held = Membership.objects.filter(organisation=organisation, user=self.context["person"])
        return sorted(held.values_list("role", flat=True))


class PersonSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField(help_text="person:<uuid>, the same wherever the person is named.")
    name = serializers.CharField()


class UseCaseSerializer(serializers.ModelSerializer[UseCase]):
    class Meta:
        model = UseCase
        fields = ("name", "purpose", "archetype", "owner", "people_affected")
        read_only_fields = fields


class ProposalSerializer(serializers.Serializer[Any]):
    option = serializers.CharField(help_text="Id of the option that is proposed.")
    reason = serializers.CharField(allow_blank=True, help_text="Why, where it isn't the recommended one.")


class SnapshotReferenceSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="From 1, one for each submission.")
    digest = serializers.CharField(help_text="sha256:<hex> of the record's bytes; verdicts are bound to it.")


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """One case; ``snapshot`` is the newest record of it, absent before the first submission."""

    use_case = UseCaseSerializer(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices)
    author = PersonSerializer(read_only=True)
    weights = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    snapshot = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = (
            "id", "title", "status", "use_case", "catalogue", "catalogue_digest", "as_of", "currency", "weights", "proposal", "author",
            "snapshot", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(WEIGHTS_SCHEMA)
    def get_weights(self, assessment: Assessment) -> Any:
        return assessment.weights

    @extend_schema_field(ProposalSerializer(allow_null=True))
    def get_proposal(self, assessment: Assessment) -> dict[str, str] | None:
        option = assessment.proposed_option
        return {"option": option.key, "reason": assessment.proposal_reason} if option else None

    @extend_schema_field(SnapshotReferenceSerializer(allow_null=True))
    def get_snapshot(self, assessment: Assessment) -> dict[str, Any] | None:
        newest = assessment.snapshots.order_by("-number").values("number", "digest").first()
        return dict(newest) if newest else None


class AssessmentSummarySerializer(AssessmentSerializer):
    """An assessment as lists show it; ``snapshot`` comes with it in the one query that the list makes."""

    @extend_schema_field(SnapshotReferenceSerializer(allow_null=True))
    def get_snapshot(self, assessment: Assessment) -> dict[str, Any] | None:
        newest = max(assessment.snapshots.all(), key=lambda s: s.number, default=None)
        return {"number": newest.number, "digest": newest.digest} if newest else None


class OptionSerializer(serializers.ModelSerializer[Option]):
    id = serializers.CharField(source="key")
    sourcing = serializers.ChoiceField(choices=Sourcing.choices)
    currency = serializers.CharField(allow_blank=True, help_text="Of its cost figures; the assessment's if empty.")

    class Meta:
        model = Option
        fields = ("id", "name", "sourcing", "provider", "model", "currency", "position")
        read_only_fields = fields


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    option = serializers.CharField(source="response.option.key", default=None, allow_null=True)
    question = serializers.CharField(source="response.question")
    uploaded_by = PersonSerializer()

    class Meta:
        model = Evidence
        fields = ("id", "option", "question", "name", "content_type", "size", "sha256", "uploaded_by", "uploaded_at")
        read_only_fields = fields


class EvidenceReferenceSerializer(serializers.ModelSerializer[Evidence]):
    class Meta:
        model = Evidence
        fields = ("id", "name", "size", "sha256")
        read_only_fields = fields


class ResponseSerializer(serializers.ModelSerializer[Response]):
    """One answer; ``revision`` counts its saves, and is given back with the next one."""

    option = serializers.CharField(source="option.key", default=None, allow_null=True, help_text="null: of the use case.")
    state = serializers.ChoiceField(choices=State.choices)
    basis = serializers.ChoiceField(choices=BasisOfAnswer.choices)
    value = serializers.SerializerMethodField("shown_value")
    answered_by = PersonSerializer(allow_null=True)
    evidence = EvidenceReferenceSerializer(many=True)

    class Meta:
        model = Response
        fields = ("option", "question", "state", "value", "basis", "note", "revision", "answered_by", "answered_at", "evidence")
        read_only_fields = fields

    @extend_schema_field(VALUE_SCHEMA)
    def shown_value(self, response: Response) -> Any:
        return response.value


class FigureSerializer(serializers.ModelSerializer[Figure]):
    """One number; ``low`` and ``high`` where it is a range. An empty ``key`` says that the category stands and, alone, costs nothing."""

    option = serializers.CharField(source="option.key", default=None, allow_null=True, help_text="null: of the demand.")
    low = NumberText(allow_null=True)
    likely = NumberText()
    high = NumberText(allow_null=True)
    entered_by = PersonSerializer(allow_null=True)

    class Meta:
        model = Figure
        fields = ("option", "category", "key", "low", "likely", "high", "revision", "entered_by", "entered_at")
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer[AuditEvent]):
    """One entry of the trail; ``leaf_hash`` is its leaf in the stream's Merkle tree (RFC 6962), in hexadecimal digits."""

    sentence = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = ("index", "at", "actor", "action", "sentence", "request", "leaf_hash")
        read_only_fields = fields

    def get_sentence(self, event: AuditEvent) -> str:
        return event.sentence()


class BlockerSerializer(serializers.Serializer[Any]):
    option = serializers.CharField()
    blocker = serializers.CharField()
    message = serializers.CharField()
    acceptable_by = serializers.CharField(allow_null=True, help_text="The role that may accept it.")


class AttestationSerializer(serializers.Serializer[Any]):
    """What a signature on the newest snapshot would say."""

    snapshot = SnapshotReferenceSerializer()
    approve = serializers.CharField(help_text="The statement of who approves.")
    reject = serializers.CharField(help_text="The statement of who rejects.")
    blockers = BlockerSerializer(many=True)

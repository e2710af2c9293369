"""What goes out over the API. Numbers are text, times are UTC in ISO 8601."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.access import roles_of
from accounts.models import Organisation, Role
from assessments.models import (
    Assessment,
    BasisOfAnswer,
    Evidence,
    Figure,
    Option,
    OrganisationAnswer,
    Response,
    Sourcing,
    State,
    Status,
    UseCase,
)
from assessments.offering import ORGANISATION, PUBLISHED
from assessments.snapshots import fallback_data
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
        return sorted(roles_of(self.context["person"], organisation))


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

    @extend_schema_field(ProposalSerializer(allow_null=True, help_text="Null for who only reads parts of the assessment, too."))
    def get_proposal(self, assessment: Assessment) -> dict[str, str] | None:
        option = assessment.proposed_option if self.context.get("reads_all", True) else None
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


class FallbackSerializer(serializers.Serializer[Any]):
    sourcing = serializers.ChoiceField(choices=Sourcing.choices)
    provider = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)


class OptionSerializer(serializers.ModelSerializer[Option]):
    """One way to source the model; with a ``fallback`` it is a combined option, which holds a second model ready."""

    id = serializers.CharField(source="key")
    sourcing = serializers.ChoiceField(choices=Sourcing.choices)
    currency = serializers.CharField(allow_blank=True, help_text="Of its cost figures; the assessment's if empty.")
    fallback = serializers.SerializerMethodField()

    class Meta:
        model = Option
        fields = ("id", "name", "sourcing", "provider", "model", "fallback", "currency", "position")
        read_only_fields = fields

    @extend_schema_field(FallbackSerializer(allow_null=True))
    def get_fallback(self, option: Option) -> dict[str, str] | None:
        return fallback_data(option).get("fallback")


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


class CopiedSerializer(serializers.Serializer[Any]):
    """What copying comes to: ``copied`` answers, or those that would be; ``left``: what is answered otherwise already, and stays."""

    copied = serializers.ListField(child=serializers.CharField(), help_text="Questions, by id.")
    left = serializers.ListField(child=serializers.CharField(), help_text="Questions, by id.")


class FigureSerializer(serializers.ModelSerializer[Figure]):
    """One number; ``low`` and ``high`` where it is a range. An empty ``key`` says that the category stands and, alone, costs nothing."""

    option = serializers.CharField(source="option.key", default=None, allow_null=True, help_text="null: of the demand.")
    low = NumberText(allow_null=True)
    likely = NumberText()
    high = NumberText(allow_null=True)
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="Where it is published, if it is what the catalogue offered."
    )
    entered_by = PersonSerializer(allow_null=True)

    class Meta:
        model = Figure
        fields = ("option", "category", "key", "low", "likely", "high", "source", "revision", "entered_by", "entered_at")
        read_only_fields = fields


class OfferSerializer(serializers.Serializer[Any]):
    """What is offered beside one question: ``published`` for the option's provider and model, or what the ``organisation`` says of itself."""

    question = serializers.CharField()
    option = serializers.CharField(allow_null=True, help_text="null: of the use case.")
    kind = serializers.ChoiceField(choices=[PUBLISHED, ORGANISATION], source="offer.kind")
    value = serializers.SerializerMethodField("offered_value")
    shown = serializers.CharField(source="offer.shown", help_text="The value in words.")
    said_by = serializers.CharField(source="offer.said_by", help_text="The source, or who answered for the organisation.")
    on = serializers.DateField(source="offer.on", help_text="The day that it is from.")
    basis = serializers.ChoiceField(choices=BasisOfAnswer.choices, source="offer.basis")
    note = serializers.CharField(source="offer.note", help_text="What an answer that takes it over says.")
    verified = serializers.CharField(
        source="offer.verified", allow_blank=True, help_text="How far the source was verified; empty for the organisation's own word."
    )
    stale = serializers.BooleanField(source="offer.stale", help_text="Older than the catalogue trusts such a thing.")
    taken = serializers.BooleanField(help_text="Whether it is the answer that stands.")
    token = serializers.CharField(source="offer.token", help_text="Tells this offer from another; given back when it is taken over.")

    @extend_schema_field(VALUE_SCHEMA)
    def offered_value(self, row: dict[str, Any]) -> Any:
        return row["offer"].value


class OrganisationAnswerSerializer(serializers.ModelSerializer[OrganisationAnswer]):
    """What the organisation says of itself; ``revision`` counts its saves, and is given back with the next one."""

    basis = serializers.ChoiceField(choices=BasisOfAnswer.choices)
    value = serializers.SerializerMethodField("shown_value")
    answered_by = PersonSerializer()

    class Meta:
        model = OrganisationAnswer
        fields = ("question", "value", "basis", "note", "revision", "answered_by", "answered_at")
        read_only_fields = fields

    @extend_schema_field(VALUE_SCHEMA)
    def shown_value(self, answer: OrganisationAnswer) -> Any:
        return answer.value


class ReleaseSerializer(serializers.Serializer[Any]):
    """One immutable version of the catalogue."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField(help_text="sha256:<hex> of its content.")
    published_on = serializers.DateField()
    title = serializers.CharField()


class BeforeAndAfterSerializer(serializers.Serializer[Any]):
    before = serializers.CharField()
    after = serializers.CharField()


class WhetherBeforeAndAfterSerializer(serializers.Serializer[Any]):
    before = serializers.BooleanField()
    after = serializers.BooleanField()


class OptionEffectSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    score = BeforeAndAfterSerializer(help_text="In points of 100.")
    admissible = WhetherBeforeAndAfterSerializer()


class ObligationEffectSerializer(serializers.Serializer[Any]):
    what = serializers.CharField(help_text="What happens to it, in words.")
    reference = serializers.CharField()
    title = serializers.CharField()


class LostSerializer(serializers.Serializer[Any]):
    """An answer that doesn't fit the newer release."""

    question = serializers.CharField()
    option = serializers.CharField(allow_null=True, help_text="null: of the use case.")
    reason = serializers.CharField()


class EffectSerializer(serializers.Serializer[Any]):
    """What the newer release would change for the assessment as it stands."""

    release = serializers.CharField()
    risk_class = BeforeAndAfterSerializer()
    recommendation = BeforeAndAfterSerializer(help_text="The outcome, with the option's name.")
    options = OptionEffectSerializer(many=True)
    obligations = ObligationEffectSerializer(many=True)
    questions = serializers.ListField(child=serializers.CharField(), help_text="Questions that it would ask and nothing answers yet.")
    lost = LostSerializer(many=True)
    nothing = serializers.BooleanField(help_text="Whether it changes nothing here.")


class AssessmentCatalogueSerializer(serializers.Serializer[Any]):
    release = serializers.CharField(help_text="key@version of the release that the assessment is on.")
    newer = serializers.CharField(allow_null=True, help_text="The newest one; null where the assessment is on it.")
    effect = EffectSerializer(allow_null=True, help_text="What the newer one would change; null where there is none.")
    trouble = serializers.CharField(allow_blank=True, help_text="Why the assessment can't be read under the newer one.")


class MoveSerializer(serializers.Serializer[Any]):
    release = serializers.CharField(help_text="key@version of the release that the assessment is on now.")
    lost = LostSerializer(many=True, help_text="Answers that didn't fit it and are open again.")


class EventSerializer(serializers.ModelSerializer[AuditEvent]):
    """One entry of the trail; ``leaf_hash`` is its leaf in the stream's Merkle tree (RFC 6962), in hexadecimal digits."""

    sentence = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = ("index", "at", "actor", "action", "sentence", "request", "leaf_hash")
        read_only_fields = fields

    def get_sentence(self, event: AuditEvent) -> str:
        return event.sentence()


class ToAcceptSerializer(serializers.Serializer[Any]):
    """A finding that an approval of yours must accept."""

    option = serializers.CharField()
    finding = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    inherent = serializers.CharField(allow_blank=True)
    residual = serializers.CharField(allow_blank=True)
    latest = serializers.DateField(allow_null=True, help_text="The last day until which the policy lets it be accepted.")


class StageSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.CharField(help_text="approval or review")
    needed = serializers.IntegerField()
    given = serializers.IntegerField()
    due_on = serializers.DateField(allow_null=True)


class NamedPersonSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    name = serializers.CharField()


class PartSerializer(serializers.Serializer[Any]):
    part = serializers.CharField()
    title = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True, help_text="When you said that you have read it.")


class AttestationSerializer(serializers.Serializer[Any]):
    """Whose turn it is on the newest snapshot, and what a signature of yours would say."""

    snapshot = SnapshotReferenceSerializer()
    stage = StageSerializer(allow_null=True, help_text="The stage that is open; null: none is.")
    seats = NamedPersonSerializer(many=True, help_text="In whose seats you may sign; none: it isn't your turn.")
    parts = PartSerializer(many=True)
    to_accept = ToAcceptSerializer(many=True)
    approve = serializers.CharField(allow_blank=True, help_text="The statement of who approves.")
    approve_with_conditions = serializers.CharField(allow_blank=True)
    reject = serializers.CharField(allow_blank=True, help_text="The statement of who rejects.")

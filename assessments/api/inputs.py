"""What comes in over the API: only its shape is checked here; what it means is checked by the service functions, as for the pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assessments.api.serializers import VALUE_SCHEMA, WEIGHTS_SCHEMA
from assessments.models import BasisOfAnswer, Sourcing, State

OPTION_ID = r"^[a-z0-9][a-z0-9-]*$"
FALLBACK = "A second model that the option holds ready, which makes it a combined option; null: none."


class Strict(serializers.Serializer[Any]):
    """Refuses a key that it doesn't know, so that a misspelt one is never silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(str(key) for key in data if key not in self.fields)):
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(
                {key: [_("There is no such field; known are: %(known)s.") % {"known": known}] for key in unknown}
            )
        return super().to_internal_value(data)


def text(longest: int, **kw: Any) -> serializers.CharField:
    """A text that may be left out and may be empty."""
    return serializers.CharField(max_length=longest, **{"required": False, "allow_blank": True, **kw})


class AssessmentCreateSerializer(Strict):
    title = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200, help_text="Of the use case.")
    purpose = serializers.CharField(max_length=4000)
    archetype = serializers.CharField(max_length=80, help_text="The kind of use case, by its id in the catalogue.")
    owner = text(200, help_text="Who answers for the use case in the business.")
    people_affected = text(400)


class AssessmentChangeSerializer(Strict):
    title = serializers.CharField(max_length=200, required=False)
    name = serializers.CharField(max_length=200, required=False, help_text="Of the use case.")
    purpose = serializers.CharField(max_length=4000, required=False)
    archetype = serializers.CharField(max_length=80, required=False)
    owner = text(200)
    people_affected = text(400)


class TermsSerializer(Strict):
    currency = serializers.CharField(max_length=3, help_text="One that the catalogue has a rate for.")
    as_of = serializers.DateField(allow_null=True, help_text="The day on which law, prices and rates are read; null: today.")


class FallbackInputSerializer(Strict):
    sourcing = serializers.ChoiceField(choices=Sourcing.choices)
    provider = text(200)
    model = text(200)


class OptionAddSerializer(Strict):
    id = serializers.RegexField(OPTION_ID, max_length=50, required=False, help_text="Made from the name if left out, and unique.")
    name = serializers.CharField(max_length=200)
    sourcing = serializers.ChoiceField(choices=Sourcing.choices)
    provider = text(200)
    model = text(200)
    currency = text(3, help_text="Of its cost figures, one that the catalogue has a rate for; the assessment's if empty.")
    fallback = FallbackInputSerializer(required=False, allow_null=True, help_text=FALLBACK)
    copy_from = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="Id of an option whose answers and cost figures it starts with."
    )


class OptionChangeSerializer(Strict):
    name = serializers.CharField(max_length=200, required=False)
    sourcing = serializers.ChoiceField(choices=Sourcing.choices, required=False)
    provider = text(200)
    model = text(200)
    currency = text(3, help_text="Of its cost figures, one that the catalogue has a rate for; the assessment's if empty.")
    fallback = FallbackInputSerializer(required=False, allow_null=True, help_text=f"{FALLBACK} Replaced as a whole.")


@extend_schema_field(VALUE_SCHEMA)
class AnswerField(serializers.Field[Any, Any, Any, Any]):
    """A text or a list of texts, without control characters that a database can't hold."""

    _text = serializers.CharField(max_length=4000, allow_blank=True, trim_whitespace=False)
    _list = serializers.ListField(child=serializers.CharField(max_length=80), max_length=200)

    def to_internal_value(self, data: Any) -> str | list[str]:
        if isinstance(data, str):
            return self._text.run_validation(data)
        if isinstance(data, list) and all(isinstance(item, str) for item in data):
            return self._list.run_validation(data)
        raise serializers.ValidationError(_("Give a text, or a list of choice ids; numbers and dates are written as text."))

    def to_representation(self, value: Any) -> Any:
        return value


def revision_field() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        allow_null=True,
        help_text="The revision that was edited, 0 where there was none; left out, whatever stands is replaced.",
    )


class AnswerSerializer(Strict):
    state = serializers.ChoiceField(choices=State.choices, default=State.ANSWERED)
    value = AnswerField(required=False, allow_null=True)
    basis = serializers.ChoiceField(choices=BasisOfAnswer.choices, required=False, help_text="What it rests on; left as it is if left out.")
    note = text(4000, help_text="Left as it is if left out.")
    revision = revision_field()


class CopySerializer(Strict):
    from_option = serializers.CharField(max_length=60, help_text="Id of the option whose answers are copied.")
    questions = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=1000, help_text="Only these; left out, all of them."
    )
    overwrite = serializers.BooleanField(default=False, help_text="Replace answers that are there already; otherwise they stay.")
    evidence = serializers.BooleanField(default=False, help_text="Copy the files too.")
    preview = serializers.BooleanField(default=False, help_text="Say what would be copied, and copy nothing.")


class TakeOverSerializer(Strict):
    revision = revision_field()
    token = text(16, help_text="Of the offer that you saw; left out, whatever is offered now is taken over.")


class GivenAnswerField(AnswerField):
    """As an answer, and not empty."""

    def to_internal_value(self, data: Any) -> str | list[str]:
        if data == "":
            raise serializers.ValidationError(_("Give an answer; DELETE takes it away."))
        return super().to_internal_value(data)


class OrganisationAnswerInputSerializer(Strict):
    value = GivenAnswerField()
    basis = serializers.ChoiceField(choices=BasisOfAnswer.choices, default=BasisOfAnswer.SELF_DECLARED, help_text="What it rests on.")
    note = text(4000, default="")
    revision = revision_field()


class FigureField(serializers.CharField):
    """A number as text: one written as a number of JSON would pass through a binary float."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_('Give the number as text, such as "12.5".'))
        return super().to_internal_value(data)


class FigureInputSerializer(Strict):
    likely = FigureField(
        max_length=40, help_text="The number, as text.", error_messages={"blank": "Give a number; DELETE takes the figure away."}
    )
    low = FigureField(max_length=40, required=False, allow_blank=True, help_text="With high: the range of a PERT estimate.")
    high = FigureField(max_length=40, required=False, allow_blank=True)
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)


@extend_schema_field(WEIGHTS_SCHEMA)
class WeightsField(serializers.Field[Any, Any, Any, Any]):
    """A name, or a map of criterion to weight as text."""

    _name = serializers.CharField(max_length=80)
    _map = serializers.DictField(child=serializers.CharField(max_length=40), allow_empty=False)

    def to_internal_value(self, data: Any) -> str | dict[str, str]:
        if isinstance(data, str):
            return self._name.run_validation(data)
        if isinstance(data, dict) and all(isinstance(item, str) for item in data.values()):
            return self._map.run_validation(data)
        raise serializers.ValidationError(_("Give 'archetype', the name of a profile, or an object of criterion: weight as text."))

    def to_representation(self, value: Any) -> Any:
        return value


class WeightsSerializer(Strict):
    weights = WeightsField()


class ProposalInputSerializer(Strict):
    option = serializers.CharField(max_length=60)
    reason = text(4000, help_text="Needed where the option isn't the recommended one.")


class EvidenceUploadSerializer(Strict):
    question = serializers.CharField(max_length=80)
    option = serializers.CharField(max_length=60, required=False, help_text="Left out for a question about the use case.")
    file = serializers.FileField(allow_empty_file=True)


class AcceptanceSerializer(Strict):
    option = serializers.CharField(max_length=60)
    finding = serializers.CharField(max_length=80)
    reason = serializers.CharField(max_length=4000)
    until = serializers.DateField(required=False, help_text="The last day; as long as the policy allows, if it is left out.")


class ConditionSerializer(Strict):
    text = serializers.CharField(max_length=4000, help_text="What must be done.")
    owner = serializers.EmailField(help_text="Of the member who sees to it.")
    due_on = serializers.DateField()


class VerdictSerializer(Strict):
    digest = serializers.CharField(max_length=80, help_text="Of the snapshot that you read and decide on.")
    on_behalf_of = serializers.CharField(
        required=False, max_length=80, help_text="Reference of the absent person in whose seat you sign; your own seat, if it is left out."
    )


class SigningSerializer(VerdictSerializer):
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, style={"input_type": "password"}, help_text="Yours, checked anew."
    )
    code = serializers.CharField(required=False, max_length=40, help_text="Of your authenticator, where you have enrolled one.")


class ApprovalSerializer(SigningSerializer):
    """Sign and approve; by this you sign the statement that GET .../attestation/ shows."""

    acceptances = AcceptanceSerializer(many=True, required=False, help_text="One for each finding that GET .../attestation/ lists for you.")
    conditions = ConditionSerializer(
        many=True, required=False, help_text="What your approval is subject to; none: it is without conditions."
    )


class RejectionSerializer(SigningSerializer):
    reason = serializers.CharField(max_length=4000)


class ReturnSerializer(VerdictSerializer):
    reason = serializers.CharField(max_length=4000)


class PartSeenSerializer(Strict):
    digest = serializers.CharField(max_length=80, help_text="Of the snapshot that you read.")
    part = serializers.CharField(max_length=40, help_text="One of those that GET .../attestation/ lists.")


class WithdrawalSerializer(Strict):
    reason = serializers.CharField(max_length=4000)

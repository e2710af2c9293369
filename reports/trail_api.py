"""The trail over the API: an organisation's and an assessment's entries, exports, proofs and checkpoints. Only an organisation's own."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api.base import AssessmentEndpoint, OrganisationEndpoint
from assessments.api.schema import FILE, READING, operation
from assessments.api.serializers import EventSerializer
from audit import proofs
from audit.models import AuditCheckpoint, AuditEvent
from reports import exporting, reading
from reports.exporting import signed_as_dict
from reports.reading import Filters
from reports.sentence_search import MOST_READ

TRAIL = "trail"
SEARCHING = (400, *READING)
IN_TEXT = (
    f"In the entry's sentence as the trail's page tells it, with titles. Where more than {MOST_READ} entries would have to be read, older ones are "
    "searched for names, reasons and the fixed words of sentences alone: narrow by days to search them whole."
)
_DAY = {"type": "string", "format": "date"}
FILTERS = (
    OpenApiParameter("action", str, description="Such as assessment.submitted."),
    OpenApiParameter("person", str, description="Who did it: a reference such as person:<uuid>, system, or nobody for nobody known."),
    OpenApiParameter("object_type", str, description="Such as assessment."),
    OpenApiParameter("object_id", str, description="The id of one object."),
    OpenApiParameter("from", _DAY, description="The first day, in UTC."),
    OpenApiParameter("to", _DAY, description="The last day, in UTC; it is included."),
    OpenApiParameter("text", str, description=IN_TEXT),
    OpenApiParameter("request", str, description="The id of the request or task that caused it."),
)


class EntrySerializer(serializers.Serializer[reading.Entry]):
    """One entry of the trail; ``leaf_hash`` is its leaf in the stream's Merkle tree (RFC 6962), in hexadecimal digits."""

    index = serializers.IntegerField(help_text="Its place in the stream, from 0.")
    at = serializers.CharField(help_text="UTC with microseconds, as it was hashed.")
    actor = serializers.CharField(allow_blank=True, help_text="A person's reference, system, or empty where nobody is known.")
    actor_name = serializers.CharField(allow_blank=True, help_text="Empty where it was erased.")
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    sentence = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    changes = serializers.JSONField(allow_null=True, help_text="What changed; null where the stored bytes can't be read any more.")
    texts = serializers.DictField(
        child=serializers.CharField(),
        help_text="Names and free texts that it speaks of, such as a note before and after; without erased ones.",
    )
    request = serializers.CharField(allow_blank=True, help_text="The id that groups what one request or task did.")
    leaf_hash = serializers.CharField()


class StoredEntrySerializer(EntrySerializer):
    """Makes an entry of each row."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return super().to_representation(reading.entry_of(instance) if isinstance(instance, AuditEvent) else instance)


class CheckpointSerializer(serializers.ModelSerializer[AuditCheckpoint]):
    """Where the log was signed; ``note`` is the signed note in the C2SP tlog-checkpoint form, for tools that check transparency logs."""

    timestamped = serializers.BooleanField(help_text="Whether an RFC 3161 authority stamped the note.")

    class Meta:
        model = AuditCheckpoint
        fields = ("size", "root", "at", "timestamped", "note")
        read_only_fields = fields

    def to_representation(self, instance: AuditCheckpoint) -> dict[str, Any]:
        return signed_as_dict(instance) or {}


class InclusionSerializer(serializers.Serializer[Any]):
    """That an entry is in the log: the hash of the entry, and the path of hashes from it to the root (RFC 6962), the lowest first."""

    format = serializers.CharField()
    stream = serializers.CharField()
    index = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Of which tree the root is.")
    leaf_hash = serializers.CharField()
    root = serializers.CharField()  # type: ignore[assignment]
    path = serializers.ListField(child=serializers.CharField())
    checkpoint = serializers.CharField(allow_null=True, help_text="The signed note of that size, if one was signed.")


class ConsistencySerializer(serializers.Serializer[Any]):
    """That the log of ``second`` entries begins with the log of ``first``."""

    format = serializers.CharField()
    stream = serializers.CharField()
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    first_root = serializers.CharField()
    second_root = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())
    first_checkpoint = serializers.CharField(allow_null=True)
    second_checkpoint = serializers.CharField(allow_null=True)


class TrailEndpoint(OrganisationEndpoint):
    """An address of the organisation's own stream."""

    actions = {"GET": "trail"}

    @property
    def stream(self) -> str:
        return self.organisation.stream

    @property
    def seen(self) -> Q:
        """Which of its entries whoever calls may read."""
        return reading.seen_by(self.person, self.organisation)

    def filters(self) -> Filters:
        """What the address asks for; raises ValidationError naming what can't be read."""
        filters, wrong = reading.filters_from(self.request.query_params.dict())
        if wrong:
            raise serializers.ValidationError({name: [message] for name, message in wrong.items()})
        return filters

    def number(self, name: str) -> int | None:
        """A whole number of the address's query, None where it isn't given; raises ValidationError."""
        given = self.request.query_params.get(name)
        if given is None:
            return None
        if not (given.isascii() and given.isdigit() and len(given) <= 15):
            raise serializers.ValidationError({name: [_("%(text)r is no number of entries.") % {"text": given[:20]}]})
        return int(given)


class OrganisationTrail(TrailEndpoint):
    @operation("organisation_trail_list", "Search the trail of the organisation", tag=TRAIL, answer=EntrySerializer, pages=True,
               parameters=FILTERS, problems=SEARCHING, description="The entries that fit, the newest first.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(reading.events(self.organisation, self.filters(), self.seen).rows, StoredEntrySerializer)


class TrailExport(TrailEndpoint):
    http_method_names = ["get", "options"]  # a HEAD would be recorded as if the entries had been handed out

    @operation("organisation_trail_export", "Export the trail of the organisation", tag=TRAIL, answer=FILE, media=tuple(exporting.MEDIA.values()),
               problems=SEARCHING, about="The file; for csv a zip of trail.csv and about.json.",
               parameters=(OpenApiParameter("format", str, enum=exporting.FORMATS, description="csv if left out."), *FILTERS),
               description="The entries that fit, the oldest first, with the query, the count, the time and the checkpoint that they were "
                           "read under. The export is recorded.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> StreamingHttpResponse:
        form = request.query_params.get("format", exporting.CSV)
        if form not in exporting.FORMATS:
            raise serializers.ValidationError({"format": [_("The trail can be exported as csv or as jsonl.")]})
        made = exporting.trail_export(actor=self.person, organisation=self.organisation, filters=self.filters(), format=form)
        return StreamingHttpResponse(made.chunks, content_type=made.media_type, headers=exporting.headers_of(made))


class TrailProof(TrailEndpoint):
    @operation("organisation_trail_proof", "Prove that an entry is in the log", tag=TRAIL, answer=InclusionSerializer, problems=SEARCHING,
               parameters=(OpenApiParameter("size", {"type": "integer", "minimum": 1}, description="Of which tree; left out, that of the "
                                            "newest checkpoint that holds the entry, or of the log as it stands."),),
               description="Shows nothing of any other entry.")  # fmt: skip
    def get(self, request: Request, *, index: int, **address: Any) -> Response:
        seen = self.seen
        if seen and not AuditEvent.objects.filter(seen, stream=self.stream, index=index).exists():
            raise Http404(_("There is no such entry in what you may read."))
        try:
            proof = proofs.inclusion(self.stream, index, self.number("size"))
        except proofs.NoProof as error:
            raise Http404(str(error)) from None
        return Response(proof.as_dict())


class TrailConsistency(TrailEndpoint):
    @operation("organisation_trail_consistency", "Prove that the log only grew", tag=TRAIL, answer=ConsistencySerializer,
               problems=SEARCHING, parameters=(OpenApiParameter("from", {"type": "integer", "minimum": 0}, required=True,
                                                                description="The smaller number of entries."),
                                               OpenApiParameter("to", {"type": "integer", "minimum": 0},
                                                                description="The larger; all there are if left out.")))  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        first = self.number("from")
        if first is None:
            raise serializers.ValidationError({"from": [_("Say of how many entries the earlier log was.")]})
        try:
            proof = proofs.consistency(self.stream, first, self.number("to"))
        except proofs.NoProof as error:
            raise Http404(str(error)) from None
        return Response(proof.as_dict())


class TrailCheckpoints(TrailEndpoint):
    @operation("organisation_trail_checkpoints", "List where the log was signed", tag=TRAIL, answer=CheckpointSerializer, pages=True,
               description="The newest first.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(AuditCheckpoint.objects.filter(stream=self.stream).order_by("-size").defer("frontier"), CheckpointSerializer)


class Trail(AssessmentEndpoint):
    actions = {"GET": "trail"}

    @operation("trail_list", "Read the trail of an assessment", tag=TRAIL, answer=EventSerializer, pages=True,
               description="What happened to it and to its reports, the oldest first; each event with its leaf of the log.")  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        return self.page_of(reading.events_of_assessment(self.assessment).order_by("index"), EventSerializer)

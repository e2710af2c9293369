"""Submitting and deciding, and the frozen records; over the API."""

from __future__ import annotations

import base64
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.ids import uuid_in
from accounts.models import ApiToken, User
from accounts.reauthentication import TooManyFailures, Wrong, check
from assessments import workflow
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import CHANGING, OBJECT, operation
from assessments.desk import desk_for
from assessments.errors import Refused
from assessments.files import record_handed_out
from assessments.models import Assessment, DecisionRecord, Status
from assessments.parts import PartOfRecord, parts_for
from assessments.records import stage_data, verdict_data, verdicts_on
from assessments.workflow import Accepting, Asking, Signing

SIGN_OFF = "sign-off"
SIGNING = (*CHANGING, 429)
FRESH = "Your password is checked anew; five wrong ones close signing to you for a while."


class _Transition(AssessmentEndpoint):
    def status_now(self) -> Response:
        """The assessment as the transition left it."""
        assessment = Assessment.objects.select_related("use_case", "author", "proposed_option").get(pk=self.assessment.pk)
        return Response(serializers.AssessmentSerializer(assessment).data)

    def signing(self, authentication: str) -> Signing:
        """Where the request comes from, and how we know who sends it."""
        sent = self.request.META
        return Signing(authentication=authentication, address=sent.get("REMOTE_ADDR", ""), client=sent.get("HTTP_USER_AGENT", "")[:300])


class _Verdict(_Transition):
    def seat(self, values: dict[str, Any]) -> User | None:
        """The absent person in whose seat the verdict is given; raises Refused for somebody unknown."""
        reference = values.pop("on_behalf_of", "")
        if not reference:
            return None
        uuid = uuid_in(reference.removeprefix("person:"))
        found = User.objects.filter(uuid=uuid).first() if uuid else None
        if found is None:
            raise Refused(_("Nobody has this reference."), {"on_behalf_of": _("Use one of the seats that the attestation lists.")})
        return found

    def unsigned(self) -> Signing:
        """For what signs no statement, and so asks for no password."""
        return self.signing("token" if isinstance(self.request.auth, ApiToken) else "session")

    def checked(self, values: dict[str, Any]) -> Signing:
        """The fresh check that a signature rests on; raises Refused where it fails and Throttled after too many."""
        try:
            found = check(None, self.person, password=values.pop("password"), code=values.pop("code", ""))
        except TooManyFailures as error:
            raise Throttled(error.wait.total_seconds(), str(error)) from None
        except Wrong as error:
            raise Refused(f"{_('Nothing was signed.')} {error.message}", {error.field: error.message}) from None
        return self.signing(found)


class Submit(_Transition):
    actions = {"POST": "submit"}

    @operation("submit", "Submit for sign-off", tag=SIGN_OFF, answer=serializers.AssessmentSerializer, changes=True,
               problems=(401, 403, 404, 409, 422), description="Freezes the assessment as a snapshot.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        workflow.submit(actor=self.person, assessment=self.assessment)
        return self.status_now()


class Withdraw(_Transition):
    actions = {"POST": "withdraw"}

    @operation("withdraw", "Withdraw for good", tag=SIGN_OFF, body=inputs.WithdrawalSerializer, changes=True,
               answer=serializers.AssessmentSerializer)  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        workflow.withdraw(actor=self.person, assessment=self.assessment, **self.given(inputs.WithdrawalSerializer))
        return self.status_now()


class Return(_Verdict):
    actions = {"POST": "return"}

    @operation("return", "Give back to the author", tag=SIGN_OFF, body=inputs.ReturnSerializer, answer=serializers.AssessmentSerializer,
               changes=True, description="With the reason. The next submission is a new snapshot; what was signed is void.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ReturnSerializer)
        seat = self.seat(values)
        workflow.return_(actor=self.person, assessment=self.assessment, signing=self.unsigned(), on_behalf_of=seat, **values)
        return self.status_now()


class Abstain(_Verdict):
    actions = {"POST": "abstain"}

    @operation("abstain", "Abstain for a conflict of interest", tag=SIGN_OFF, body=inputs.ReturnSerializer,
               answer=serializers.AssessmentSerializer, changes=True, description="With the reason; somebody else must decide.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ReturnSerializer)
        seat = self.seat(values)
        workflow.abstain(actor=self.person, assessment=self.assessment, signing=self.unsigned(), on_behalf_of=seat, **values)
        return self.status_now()


class PartSeen(_Transition):
    actions = {"POST": "approve"}

    @operation("part_seen", "Say that you have read a part of the record", tag=SIGN_OFF, body=inputs.PartSeenSerializer,
               answer=serializers.PartSerializer(many=True), changes=True,
               description="A signature needs every part to be read. Answers with all of them.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.PartSeenSerializer)
        seen = workflow.see_part(actor=self.person, assessment=self.assessment, **values)
        return Response(parts_data(parts_for(self.person, seen.snapshot)))


def parts_data(parts: list[PartOfRecord]) -> list[dict[str, Any]]:
    return [{"part": part.key, "title": part.title, "read_at": part.seen_at} for part in parts]


def _bytes(content: bytes | memoryview, digest: str, name: str) -> HttpResponse:
    """A record's bytes exactly as they are stored, with their digest in the header that RFC 9530 gives it."""
    checksum = base64.b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()
    headers = {"Content-Digest": f"sha-256=:{checksum}:", "Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(bytes(content), content_type="application/json", headers=headers)


class Snapshots(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation("snapshots_list", "List the snapshots", tag=SIGN_OFF, answer=serializers.SnapshotReferenceSerializer, pages=True)
    def get(self, request: Request, **address: Any) -> Response:
        rows = self.assessment.snapshots.order_by("number").only("number", "digest")
        return self.page_of(rows, serializers.SnapshotReferenceSerializer)


class SnapshotBytes(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation(
        "snapshots_retrieve", "Read a snapshot", tag=SIGN_OFF, answer=OBJECT,
        about="Format countersign/snapshot@1: the canonical bytes whose SHA-256 is the digest.",
    )  # fmt: skip
    def get(self, request: Request, number: int, **address: Any) -> HttpResponse:
        # No database's integer is wider than this, and PostgreSQL refuses to compare with a wider one.
        snapshot = self.assessment.snapshots.filter(number=number).first() if number < 2**31 else None
        if snapshot is None:
            raise Http404(_("This assessment has no snapshot %(number)d.") % {"number": number})
        record_handed_out(actor=self.person, record=snapshot)
        return _bytes(snapshot.content, snapshot.digest, f"snapshot-{number}.json")


class DecisionBytes(AssessmentEndpoint):
    actions = {"GET": "report"}

    @operation(
        "decision_retrieve", "Read the decision record", tag=SIGN_OFF, answer=OBJECT,
        about="Format countersign/decision@2: the canonical bytes whose SHA-256 is its digest.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> HttpResponse:
        decision = DecisionRecord.newest_of(self.assessment)
        if decision is None:
            raise Http404(_("Nothing has been decided on this assessment yet."))
        record_handed_out(actor=self.person, record=decision)
        return _bytes(decision.content, decision.digest, "decision.json")


class AttestationDetail(_Transition):
    actions = {"GET": "approve"}

    @operation(
        "attestation_retrieve", "Read what a signature would say", tag=SIGN_OFF, answer=serializers.AttestationSerializer,
        description="Whose turn it is on the newest snapshot, what is still to be read and to be accepted, and the statements.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        snapshot = self.assessment.latest_snapshot
        if snapshot is None:
            raise Http404(_("This assessment hasn't been submitted yet."))
        desk = desk_for(self.person, snapshot)
        turn = desk.turn if self.assessment.status == Status.IN_REVIEW else None
        return Response(
            {
                "snapshot": {"number": snapshot.number, "digest": snapshot.digest},
                "stage": stage_data(turn.stage) | {"needed": turn.stage.needed, "given": turn.given, "due_on": turn.due_on}
                if turn
                else None,
                "seats": [{"reference": seat.reference, "name": seat.name} for seat in desk.seats] if turn else [],
                "parts": parts_data(desk.parts),
                "to_accept": [
                    {"finding": item.data["id"], "latest": item.latest}
                    | {key: item.data[key] for key in ("option", "title", "message", "inherent", "residual")}
                    for item in desk.items
                ],
                **{kind: desk.statements.get(kind, "") for kind in ("approve", "approve_with_conditions", "reject")},
            }
        )


class Approve(_Verdict):
    actions = {"POST": "approve"}

    @operation("approve", "Sign and approve", tag=SIGN_OFF, body=inputs.ApprovalSerializer, answer=serializers.AssessmentSerializer,
               problems=SIGNING, description=f"You sign the statement of .../attestation/; the last stage's quorum closes it. {FRESH}")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ApprovalSerializer)
        seat, signing = self.seat(values), self.checked(values)
        workflow.approve(
            actor=self.person, assessment=self.assessment, digest=values["digest"], signing=signing, on_behalf_of=seat,
            acceptances={(a["option"], a["finding"]): Accepting(a["reason"], a.get("until")) for a in values.get("acceptances", [])},
            conditions=[Asking(**condition) for condition in values.get("conditions", [])],
        )  # fmt: skip
        return self.status_now()


class Reject(_Verdict):
    actions = {"POST": "reject"}

    @operation("reject", "Sign and reject", tag=SIGN_OFF, body=inputs.RejectionSerializer, answer=serializers.AssessmentSerializer,
               problems=SIGNING, description=f"You sign the statement that .../attestation/ shows under `reject`. {FRESH}")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.RejectionSerializer)
        seat, signing = self.seat(values), self.checked(values)
        workflow.reject(actor=self.person, assessment=self.assessment, signing=signing, on_behalf_of=seat, **values)
        return self.status_now()


class Verdicts(AssessmentEndpoint):
    actions = {"GET": "view"}

    @operation(
        "verdicts_list", "Read the verdicts on the newest snapshot", tag=SIGN_OFF, answer=OBJECT,
        about="`verdicts`: each with the record that was signed (`signed`) and the organisation's seal over its canonical bytes.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        snapshot = self.assessment.latest_snapshot
        return Response({"verdicts": [verdict_data(verdict) for verdict in verdicts_on(snapshot)] if snapshot else []})

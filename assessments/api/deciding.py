"""Submitting and deciding, and the frozen records; over the API."""

from __future__ import annotations

import base64
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.reauthentication import WINDOW, TooManyFailures, check_password
from assessments import attestation, workflow
from assessments.api import inputs, serializers
from assessments.api.base import AssessmentEndpoint
from assessments.api.schema import CHANGING, OBJECT, operation
from assessments.errors import Refused
from assessments.models import Assessment, DecisionRecord, Snapshot
from assessments.snapshots import blockers_of_proposal
from assessments.workflow import Signing

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


class _SignedTransition(_Transition):
    def snapshot(self) -> Snapshot:
        """The newest snapshot; Http404 where there is none."""
        snapshot = self.assessment.latest_snapshot
        if snapshot is None:
            raise Http404("This assessment hasn't been submitted yet.")
        return snapshot

    def checked(self, password: str) -> Signing:
        """The fresh check that a signature rests on; raises Refused for a wrong password and Throttled after too many."""
        try:
            right = check_password(self.person, password)
        except TooManyFailures as error:
            raise Throttled(WINDOW.total_seconds(), str(error)) from None
        if not right:
            raise Refused("That isn't your password, so nothing was signed.", {"password": "Enter the password you sign in with."})
        return self.signing("password")


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


class Return(_Transition):
    actions = {"POST": "return"}

    @operation("return", "Give back to the author", tag=SIGN_OFF, body=inputs.ReturnSerializer, answer=serializers.AssessmentSerializer,
               changes=True, description="With the reason; the next submission makes a new snapshot.")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ReturnSerializer)
        # Not a signature: no statement is signed, so no password is asked for.
        signing = self.signing("token" if isinstance(request.auth, ApiToken) else "session")
        workflow.return_(actor=self.person, assessment=self.assessment, signing=signing, **values)
        return self.status_now()


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
            raise Http404(f"This assessment has no snapshot {number}.")
        return _bytes(snapshot.content, snapshot.digest, f"snapshot-{number}.json")


class DecisionBytes(AssessmentEndpoint):
    actions = {"GET": "report"}

    @operation(
        "decision_retrieve", "Read the decision record", tag=SIGN_OFF, answer=OBJECT,
        about="Format countersign/decision@1: the canonical bytes whose SHA-256 is its digest.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> HttpResponse:
        decision = DecisionRecord.objects.filter(snapshot__assessment=self.assessment).order_by("-created_at").first()
        if decision is None:
            raise Http404("Nothing has been decided on this assessment yet.")
        return _bytes(decision.content, decision.digest, "decision.json")


class AttestationDetail(_SignedTransition):
    actions = {"GET": "approve"}

    @operation(
        "attestation_retrieve", "Read what a signature would say", tag=SIGN_OFF, answer=serializers.AttestationSerializer,
        description="The statements on the newest snapshot, and the blockers of its proposal that an approval must accept one by one.",
    )  # fmt: skip
    def get(self, request: Request, **address: Any) -> Response:
        snapshot = self.snapshot()
        blockers = blockers_of_proposal(snapshot)
        return Response(
            {
                "snapshot": {"number": snapshot.number, "digest": snapshot.digest},
                "approve": attestation.of_approval(snapshot),
                "reject": attestation.of_rejection(snapshot),
                "blockers": [
                    {"option": option, "blocker": b["id"], "message": b["message"], "acceptable_by": b["acceptable_by"]}
                    for option, b in blockers
                ],
            }
        )


class Approve(_SignedTransition):
    actions = {"POST": "approve"}

    @operation("approve", "Sign and approve", tag=SIGN_OFF, body=inputs.ApprovalSerializer, answer=serializers.AssessmentSerializer,
               problems=SIGNING, description=f"You sign the statement that .../attestation/ shows under `approve`. {FRESH}")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.ApprovalSerializer)
        given = values.get("acceptances", [])
        signing = self.checked(values["password"])
        workflow.approve(
            actor=self.person, assessment=self.assessment, digest=values["digest"], signing=signing,
            statement=attestation.of_approval(self.snapshot()), acceptances={(a["option"], a["blocker"]): a["reason"] for a in given},
        )  # fmt: skip
        return self.status_now()


class Reject(_SignedTransition):
    actions = {"POST": "reject"}

    @operation("reject", "Sign and reject", tag=SIGN_OFF, body=inputs.RejectionSerializer, answer=serializers.AssessmentSerializer,
               problems=SIGNING, description=f"You sign the statement that .../attestation/ shows under `reject`. {FRESH}")  # fmt: skip
    def post(self, request: Request, **address: Any) -> Response:
        values = self.given(inputs.RejectionSerializer)
        signing = self.checked(values["password"])
        workflow.reject(
            actor=self.person, assessment=self.assessment, digest=values["digest"], signing=signing,
            statement=attestation.of_rejection(self.snapshot()), reason=values["reason"],
        )  # fmt: skip
        return self.status_now()

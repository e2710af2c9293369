"""The pages that decide: checking and submitting, the frozen record, and the approver's verdict on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import reauthentication
from accounts.access import member
from assessments import attestation, editing, workflow
from assessments.errors import Refused, WrongStatus
from assessments.models import Assessment, Snapshot, Status
from assessments.permissions import require
from assessments.snapshots import content_of
from assessments.views.checking import check_context
from assessments.views.common import find, page_context
from assessments.views.recording import key_facts, record_context
from assessments.views.results import snapshot_numbered

Errors = dict[str, str]


def _back(request: HttpRequest, assessment: Assessment, name: str = "record") -> HttpResponse:
    return redirect(f"assessments:{name}", org=request.organisation.slug, assessment=assessment.pk)  # type: ignore[attr-defined]


def _code(error: Refused) -> int:
    return 409 if isinstance(error, WrongStatus) else 422


def _check_page(request: HttpRequest, assessment: Assessment, error: Refused | None = None, **typed: Any) -> HttpResponse:
    context = page_context(request, assessment, **check_context(request, assessment, error, typed))
    return render(request, "assessments/check.html", context, status=_code(error) if error else 200)


@require_safe
@member()
def check(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What is missing before submission, the proposal, and the way to submit."""
    return _check_page(request, find(request, assessment))


@require_POST
@member()
def propose(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment)
    key, reason = request.POST.get("option", ""), request.POST.get("reason", "")
    try:
        option = seen.options.filter(key=key).first()
        editing.propose(actor=request.user, assessment=seen, option=option, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        return _check_page(request, seen, error, option=key, reason=reason)
    messages.success(request, _("The proposal is saved."))
    return _back(request, seen, "check")


@require_POST
@member()
def submit(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment)
    try:
        workflow.submit(actor=request.user, assessment=seen)  # type: ignore[arg-type]
    except Refused as error:
        return _check_page(request, seen, error)
    messages.success(request, _("Submitted. The record is frozen, and an approver can decide on it now."))
    return _back(request, seen)


@require_POST
@member()
def withdraw(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment)
    reason = request.POST.get("withdraw_reason", "")
    try:
        workflow.withdraw(actor=request.user, assessment=seen, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        shown = type(error)(error.message, {"withdraw_reason": error.fields.get("reason", "")})
        return _check_page(request, seen, shown, withdraw_reason=reason)
    messages.success(request, _("The assessment is withdrawn."))
    return _back(request, seen, "detail")


@require_safe
@member()
def record(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """The frozen snapshot (the newest, or ``number``) as approvers read it, with what was decided on it."""
    seen = find(request, assessment)
    number = request.GET.get("number", "")
    snapshot = snapshot_numbered(seen, number) if number else seen.latest_snapshot
    if snapshot is None:
        messages.info(request, _("Nothing has been submitted yet, so there is no such record."))
        return _back(request, seen, "check")
    context = page_context(request, seen, **record_context(request, seen, snapshot))
    return render(request, "assessments/record.html", context)


def _sign_page(
    request: HttpRequest,
    assessment: Assessment,
    snapshot: Snapshot,
    *,
    form: str = "",
    errors: Errors | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    """The three verdicts. ``form`` names the one whose fields are given back as they were typed, all but the password."""
    content = content_of(snapshot)
    typed = {name: str(text) for name, text in request.POST.items() if name not in ("password", "csrfmiddlewaretoken")}
    may_sign = workflow.may_sign(request.user, snapshot)  # type: ignore[arg-type]
    barred = "" if may_sign else _("You wrote or answered part of this record, or signed it already, so somebody else must decide on it.")
    context = page_context(
        request, assessment, snapshot=snapshot, content=content, barred=barred, form=form, errors=errors or {}, trouble=trouble, typed=typed,
        statements={"approve": attestation.approval(**_of(snapshot, content)), "reject": attestation.rejection(**_of(snapshot, content))},
        **key_facts(snapshot, content, typed if form == "approve" else {}, errors or {}),
    )  # fmt: skip
    return render(request, "assessments/sign.html", context, status=403 if barred and status == 200 else status)


def _of(snapshot: Snapshot, content: dict[str, Any]) -> dict[str, str]:
    return {"digest": snapshot.digest, "option": content["proposal"]["option_name"]}


def _to_decide(request: HttpRequest, assessment: UUID, action: str) -> tuple[Assessment, Snapshot | None]:
    """The assessment and the record that a verdict is asked for on (None: there is none now); raises PermissionDenied."""
    seen = find(request, assessment)
    require(request.user, request.organisation, action)  # type: ignore[attr-defined, arg-type]
    return seen, seen.latest_snapshot if seen.status == Status.IN_REVIEW else None


def _nothing_to_decide(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    messages.error(request, _("This assessment is %s, so there is nothing to decide on now.") % assessment.get_status_display().lower())
    return _back(request, assessment)


def _password_error(request: HttpRequest) -> tuple[str, int]:
    """What is wrong with the fresh password, and the answer's status; empty where it is right."""
    password = request.POST.get("password", "")
    if not password:
        return _("Enter your password; it is your signature."), 422
    try:
        right = reauthentication.check_password(request.user, password)  # type: ignore[arg-type]
    except reauthentication.TooManyFailures as error:
        return str(error), 429
    return ("", 200) if right else (_("That isn't your password. Nothing was signed."), 422)


def _signing(request: HttpRequest, authentication: str) -> workflow.Signing:
    return workflow.Signing(
        authentication=authentication, address=request.META.get("REMOTE_ADDR", ""), client=request.META.get("HTTP_USER_AGENT", "")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def sign(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Read the key facts and sign with the password; the approval is bound to the digest that the form was shown with."""
    seen, snapshot = _to_decide(request, assessment, "approve")
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    if request.method != "POST":
        return _sign_page(request, seen, snapshot)
    wrong, status = _password_error(request)
    if wrong:
        return _sign_page(request, seen, snapshot, form="approve", errors={"password": wrong}, status=status)
    accepted = {}
    for name, text in request.POST.items():
        if name.startswith("accept:") and name.count(":") == 2:
            _prefix, option, blocker = name.split(":")
            accepted[(option, blocker)] = str(text)
    try:
        workflow.approve(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), acceptances=accepted,  # type: ignore[arg-type]
            statement=attestation.approval(**_of(snapshot, content_of(snapshot))), signing=_signing(request, "password"),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, "approve", error)
    messages.success(request, _("Signed. The decision is approved, and its report is being made."))
    return _back(request, seen)


@require_POST
@member()
def return_(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Give it back to its author with a reason; no signature, so no password."""
    seen, snapshot = _to_decide(request, assessment, "return")
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    try:
        workflow.return_(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), reason=request.POST.get("reason", ""),  # type: ignore[arg-type]
            signing=_signing(request, "session"),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, "return", error)
    messages.success(request, _("Returned to its author with your reason."))
    return _back(request, seen)


@require_POST
@member()
def reject(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Sign the rejection with a reason and the password."""
    seen, snapshot = _to_decide(request, assessment, "reject")
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    wrong, status = _password_error(request)
    if wrong:
        return _sign_page(request, seen, snapshot, form="reject", errors={"password": wrong}, status=status)
    try:
        workflow.reject(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), reason=request.POST.get("reason", ""),  # type: ignore[arg-type]
            statement=attestation.rejection(**_of(snapshot, content_of(snapshot))), signing=_signing(request, "password"),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, "reject", error)
    messages.success(request, _("Signed. The decision is rejected, and its report is being made."))
    return _back(request, seen)


def _refused(request: HttpRequest, assessment: Assessment, form: str, error: Refused) -> HttpResponse:
    """The page again with what is wrong; where somebody else decided in the meantime, the record that they decided on."""
    assessment.refresh_from_db()
    snapshot = assessment.latest_snapshot
    if isinstance(error, WrongStatus) or snapshot is None:
        return _nothing_to_decide(request, assessment)
    return _sign_page(request, assessment, snapshot, form=form, errors=error.fields, trouble=error.message, status=422)

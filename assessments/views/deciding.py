"""The pages that decide: checking and submitting, the frozen record, and the approver's verdict on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import reauthentication
from accounts.access import member
from accounts.models import User
from assessments import editing, routing, workflow
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Snapshot, Status
from assessments.parts import parts_for
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.verdicts import wrong_in
from assessments.views.checking import STILL_OUT, check_context
from assessments.views.common import allowed, find, find_with_newest, page_context
from assessments.views.drafts import draft_drop, draft_keep
from assessments.views.recording import progress_of, record_context
from assessments.views.results import snapshot_numbered
from assessments.views.signing import sign_page, typed_acceptances, typed_conditions

Errors = dict[str, str]


def _back(request: HttpRequest, assessment: Assessment, name: str = "record") -> HttpResponse:
    return redirect(f"assessments:{name}", org=request.organisation.slug, assessment=assessment.pk)  # type: ignore[attr-defined]


def _code(error: Refused) -> int:
    return 409 if isinstance(error, WrongStatus) else 422


def _check_page(request: HttpRequest, assessment: Assessment, error: Refused | None = None, **typed: Any) -> HttpResponse:
    standing = standing_of(assessment)
    context = page_context(request, assessment, standing, **check_context(request, standing, error, typed))
    return render(request, "assessments/check.html", context, status=_code(error) if error else 200)


@require_safe
@member()
def check(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What is missing before submission, the proposal, and the way to submit."""
    return _check_page(request, find(request, assessment, **STILL_OUT))


@require_POST
@member()
def propose(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment, **STILL_OUT)
    key, reason = request.POST.get("option", ""), request.POST.get("reason", "")
    try:
        option = seen.options.filter(key=key).first()
        editing.propose(actor=request.user, assessment=seen, option=option, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        return _check_page(request, seen, error, option=key, reason=reason)
    assert option is not None
    recommended = evaluate_assessment(seen).as_dict()["recommendation"]["option"]
    if key == recommended or reason.strip():
        messages.success(request, _("The proposal is saved."))
    else:
        messages.info(
            request, _("The proposal is saved. Before it can be submitted it needs a reason, since it isn't the recommended option.")
        )
    return _back(request, seen, "check")


@require_POST
@member()
def submit(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment, **STILL_OUT)
    try:
        workflow.submit(actor=request.user, assessment=seen)  # type: ignore[arg-type]
    except Refused as error:
        return _check_page(request, seen, error)
    messages.success(request, _("Submitted. The record is frozen, and an approver can decide on it now."))
    return _back(request, seen)


@require_POST
@member()
def withdraw(request: HttpRequest, assessment: UUID) -> HttpResponse:
    seen = find(request, assessment, **STILL_OUT)
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
    seen, newest = find_with_newest(request, assessment)
    number, snapshot = request.GET.get("number", ""), newest
    if number:
        snapshot = snapshot_numbered(seen, number)
    if snapshot is None or newest is None:
        messages.info(request, _("Nothing has been submitted yet, so there is no such record."))
        return _back(request, seen, "check")
    context = page_context(request, seen, **record_context(request, seen, snapshot, newest.number))
    return render(request, "assessments/record.html", context)


@require_POST
@member()
def seen(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Keep that the person has read one part; back to the next one, or with htmx the part's own line drawn anew."""
    found = find(request, assessment)
    part = request.POST.get("part", "")
    try:
        workflow.see_part(actor=request.user, assessment=found, digest=request.POST.get("digest", ""), part=part)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, error.message)
        return _back(request, found)
    snapshot = found.latest_snapshot
    assert snapshot is not None
    parts = parts_for(request.user, snapshot)  # type: ignore[arg-type]
    if request.htmx:  # type: ignore[attr-defined]
        shown = {
            "assessment": found, "snapshot": snapshot, "part": next(one for one in parts if one.key == part), "progress": progress_of(parts),
        }  # fmt: skip
        return render(request, "assessments/_part_seen_answer.html", shown)
    unread = next((one.key for one in parts if one.seen_at is None), None)
    if unread is None:
        return _back(request, found, "sign")
    url = reverse("assessments:record", kwargs={"org": request.organisation.slug, "assessment": found.pk})  # type: ignore[attr-defined]
    return redirect(f"{url}#part-{unread}")


def _to_decide(request: HttpRequest, assessment: UUID, action: str) -> tuple[Assessment, Snapshot | None]:
    """The assessment and the record that a verdict is asked for on (None: there is none now); raises PermissionDenied."""
    seen, newest = find_with_newest(request, assessment)
    if not allowed(request, action):
        require(request.user, request.organisation, action)  # type: ignore[attr-defined, arg-type]
    return seen, newest if seen.status == Status.IN_REVIEW else None


def _nothing_to_decide(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    messages.error(request, _("This assessment is %s, so there is nothing to decide on now.") % assessment.get_status_display().lower())
    return _back(request, assessment)


def _authenticated(request: HttpRequest) -> tuple[str, Errors, int]:
    """How the person has authenticated anew, or what is wrong with it beside which field, and the answer's status."""
    try:
        credential = json.loads(request.POST.get("credential") or "null")
    except (ValueError, RecursionError):  # the latter for thousands of brackets within each other
        return "", {"credential": _("The passkey's answer can't be read. Try again.")}, 422
    try:
        found = reauthentication.check(
            request, request.user, password=request.POST.get("password", ""), code=request.POST.get("code", ""), credential=credential,  # type: ignore[arg-type]
        )  # fmt: skip
    except reauthentication.TooManyFailures as error:
        return "", {"password": str(error)}, 429
    except reauthentication.Wrong as error:
        return "", {error.field: error.message}, 422
    return found, {}, 200


def _away(request: HttpRequest, assessment: Assessment, snapshot: Snapshot, form: str) -> HttpResponse:
    """Off to the person's provider, and back to the form as it was typed."""
    if not draft_keep(request, assessment, form):
        trouble = _("What you typed is too long to be kept while you sign in again. Shorten it, or keep a copy of your own.")
        return sign_page(request, assessment, snapshot, form=form, trouble=trouble, status=422)
    back = reverse("assessments:sign", args=[assessment.organisation.slug, assessment.pk])
    context = page_context(request, assessment, away=f"{reverse('provider_sign_in')}?{urlencode({'next': back})}")
    return render(request, "assessments/sign_away.html", context)


def _signing(request: HttpRequest, authentication: str) -> workflow.Signing:
    return workflow.Signing(
        authentication=authentication, address=request.META.get("REMOTE_ADDR", ""), client=request.META.get("HTTP_USER_AGENT", "")
    )


def _seat(request: HttpRequest) -> User | None:
    """For whom it is, where the person stands in for somebody; an id that can't be is refused by the workflow as not theirs."""
    text = request.POST.get("on_behalf_of", "")
    return User.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def sign(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Read the key facts and sign; the approval is bound to the digest that the form was shown with."""
    seen, snapshot = _to_decide(request, assessment, "approve")
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    if request.method != "POST":
        return sign_page(request, seen, snapshot)
    if "sign_in_again" in request.POST:
        return _away(request, seen, snapshot, "approve")
    try:
        acceptances, conditions = typed_acceptances(request.POST), typed_conditions(request.POST)
    except Refused as error:
        return sign_page(request, seen, snapshot, form="approve", errors=error.fields, trouble=error.message, status=422)
    how, wrong, status = _authenticated(request)
    if wrong:
        draft_keep(request, seen, "approve")
        # What was typed is looked at too, whatever is wrong with the proof, of which it tells nothing.
        wrong |= wrong_in(request.user, snapshot, acceptances, conditions)  # type: ignore[arg-type]
        return sign_page(request, seen, snapshot, form="approve", errors=wrong, status=status)
    try:
        workflow.approve(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), acceptances=acceptances,  # type: ignore[arg-type]
            conditions=conditions, signing=_signing(request, how), on_behalf_of=_seat(request),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, "approve", error)
    draft_drop(request)
    seen.refresh_from_db()
    if seen.status == Status.APPROVED:
        messages.success(request, _("Signed. The decision is approved, and its report is being made."))
    else:
        messages.success(request, _("Signed. The next signatures are asked for."))
    return _back(request, seen)


@require_POST
@member()
def return_(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Give it back to its author with a reason; no signature, so no password."""
    return _unsigned(request, assessment, "return", workflow.return_, _("Returned to its author with your reason."))


@require_POST
@member()
def abstain(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Leave the decision to others for a conflict of interest."""
    return _unsigned(request, assessment, "abstain", workflow.abstain, _("You abstain."))


def _unsigned(request: HttpRequest, assessment: UUID, action: str, act: Callable[..., Any], done: str) -> HttpResponse:
    seen, snapshot = _to_decide(request, assessment, action)
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    try:
        act(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), reason=request.POST.get("reason", ""),
            signing=_signing(request, "session"), on_behalf_of=_seat(request),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, action, error)
    draft_drop(request)
    if action == "abstain":
        left = not routing.SignOff(snapshot).stuck
        done += " " + (
            _("Others decide without you.") if left else _("Nobody is left who could sign: the author and the administrators are told.")
        )
    messages.success(request, done)
    return _back(request, seen)


@require_POST
@member()
def reject(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Sign the rejection with a reason."""
    seen, snapshot = _to_decide(request, assessment, "reject")
    if snapshot is None:
        return _nothing_to_decide(request, seen)
    if "sign_in_again" in request.POST:
        return _away(request, seen, snapshot, "reject")
    how, wrong, status = _authenticated(request)
    if wrong:
        draft_keep(request, seen, "reject")
        if not request.POST.get("reason", "").strip():
            wrong["reason"] = _("Say why you reject it.")
        return sign_page(request, seen, snapshot, form="reject", errors=wrong, status=status)
    try:
        workflow.reject(
            actor=request.user, assessment=seen, digest=request.POST.get("digest", ""), reason=request.POST.get("reason", ""),  # type: ignore[arg-type]
            signing=_signing(request, how), on_behalf_of=_seat(request),
        )  # fmt: skip
    except Refused as error:
        return _refused(request, seen, "reject", error)
    draft_drop(request)
    messages.success(request, _("Signed. The decision is rejected, and its report is being made."))
    return _back(request, seen)


def _refused(request: HttpRequest, assessment: Assessment, form: str, error: Refused) -> HttpResponse:
    """The page again with what is wrong; where somebody else decided in the meantime, the record that they decided on."""
    assessment.refresh_from_db()
    snapshot = assessment.latest_snapshot
    if isinstance(error, WrongStatus) or snapshot is None:
        draft_drop(request)
        return _nothing_to_decide(request, assessment)
    if form in ("approve", "reject"):  # a code or a sign-in at the provider is used up, and another one may be fetched elsewhere
        draft_keep(request, assessment, form)
    return sign_page(request, assessment, snapshot, form=form, errors=error.fields, trouble=error.message, status=422)

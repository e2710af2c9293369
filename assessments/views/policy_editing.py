"""Editing an organisation's policy of the sign-off in forms, step by step, and seeing what would change before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.access import member
from accounts.models import User
from assessments.errors import Refused
from assessments.permissions import ADMINISTRATOR
from assessments.policy import MOST_STAGES, SEVERITIES, Policy
from assessments.policy_changes import policy_changes
from assessments.policy_conditions import HOWS, facts
from assessments.policy_form import MOST_REVIEWS, STATEMENTS, PolicyForm, changed, form_of, policy_from, read_form
from assessments.routing import approvers_of, names_for, policy_in_force
from assessments.setting_policy import policy_set
from assessments.views.routes import way

STATEMENT_LABELS = {
    "approval": gettext_lazy("Approval"), "review": gettext_lazy("Review"), "rejection": gettext_lazy("Rejection"),
    "risk_acceptance": gettext_lazy("Acceptance of risks"), "conditions": gettext_lazy("Conditions"),
    "closing": gettext_lazy("What every statement ends with"),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@member(ADMINISTRATOR)
def edit(request: HttpRequest) -> HttpResponse:
    """The policy in force in a form. A step (``do``) adds, removes or moves a part, shows what would change, or puts it in force."""
    organisation = request.organisation  # type: ignore[attr-defined]
    before, version = policy_in_force(organisation)
    approvers = approvers_of(organisation)
    names = names_for(before, approvers)
    if request.method != "POST":
        return _form(request, form_of(before), approvers, names, version)
    form, do = read_form(request.POST), request.POST.get("do", "preview")
    if do not in ("preview", "store"):
        return _form(request, form, approvers, names, version, went_to=changed(form, do))
    policy = policy_from(form, {person.reference: person.name for person in approvers}, timezone.localdate().isoformat())
    if policy is None:
        return _form(request, form, approvers, names, version, status=422)
    if do == "preview":
        return _preview(request, before, policy, names, version)
    based_on = request.POST.get("version", "")
    try:
        row = policy_set(
            actor=request.user, organisation=organisation, policy=policy, reason=request.POST.get("reason", ""),  # type: ignore[arg-type]
            based_on=int(based_on) if based_on.isascii() and based_on.isdecimal() and len(based_on) < 9 else -1,
        )  # fmt: skip
    except Refused as error:
        return _preview(request, before, policy, names, version, trouble=error, status=422)
    messages.success(request, _("Version %(n)s of the policy is in force for what is submitted from now on.") % {"n": row.version})
    return redirect("assessments:signing_rules", org=organisation.slug)


def _version(request: HttpRequest, in_force: int) -> str:
    """The version that the person began from, which stays the same through all steps."""
    return request.POST.get("version", "")[:9] if request.method == "POST" else str(in_force)


def _form(
    request: HttpRequest,
    form: PolicyForm,
    approvers: list[User],
    names: Mapping[str, str],
    version: int,
    *,
    went_to: str = "",
    status: int = 200,
) -> HttpResponse:
    known = facts()
    people = [(person.reference, person.name) for person in approvers]
    listed = {reference for reference, _name in people}
    gone = {reference for row in (*form.stages, *form.acceptance) for reference in row.people} - listed
    context: dict[str, Any] = {
        "nav": "signing_rules", "form": form, "version": _version(request, version), "went_to": went_to,
        "people": people + [(reference, names.get(reference) or _("somebody who is no approver now")) for reference in sorted(gone)],
        "facts": [("", _("Choose")), *((name, fact.label) for name, fact in known.items())], "hows": list(HOWS.items()),
        "values": [(name, [str(label) for label in fact.values.values()]) for name, fact in known.items() if fact.values],
        "all_values": sorted({str(label) for fact in known.values() for label in fact.values.values()}),
        "grades": [(grade, grade.capitalize() if grade != "none" else _("No finding does")) for grade in SEVERITIES],
        "statements": [
            (f"statement-{name}", STATEMENT_LABELS[name], form.values[f"statement-{name}"], form.errors.get(f"statement-{name}", ""))
            for name in STATEMENTS
        ],
        "may_add_stage": len(form.stages) < MOST_STAGES, "may_add_review": len(form.review) < MOST_REVIEWS,
    }  # fmt: skip
    return render(request, "assessments/policy_edit.html", context, status=status)


def _preview(
    request: HttpRequest,
    before: Policy,
    policy: Policy,
    names: Mapping[str, str],
    version: int,
    *,
    trouble: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    kept = [
        (name, value) for name, values in request.POST.lists() for value in values
        if name not in ("do", "reason", "csrfmiddlewaretoken", "version")
    ]  # fmt: skip
    context = {
        "nav": "signing_rules", "changes": policy_changes(before, policy, names), "in_force": version, "next": version + 1,
        "version": _version(request, version), "before": way(before, names, title=_("In force now")), "reason": request.POST.get("reason", ""),
        "after": way(policy, names, title=_("After the change")), "kept": kept, "trouble": trouble.message if trouble else "",
        "errors": trouble.fields if trouble else {},
    }  # fmt: skip
    return render(request, "assessments/policy_preview.html", context, status=status)

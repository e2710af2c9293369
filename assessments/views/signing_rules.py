"""Who signs what in an organisation: its policy, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member
from accounts.models import User
from assessments import delegating, setting_policy
from assessments.errors import Refused
from assessments.models import Delegation, SignOffPolicy
from assessments.permissions import ACTIONS, ADMINISTRATOR, APPROVER, require
from assessments.policy import SEVERITIES, Policy, StageRule, Who
from assessments.routing import approvers_of, policy_in_force
from assessments.views.wire import day_in


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def rules(request: HttpRequest) -> HttpResponse:
    """The policy in force in words, and for administrators its text to be changed."""
    if request.method != "POST":
        return _page(request)
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "set_policy")  # type: ignore[arg-type]
    text, reason = request.POST.get("text", ""), request.POST.get("reason", "")
    try:
        row = setting_policy.policy_set(actor=request.user, organisation=organisation, text=text, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, form="policy", errors=error.fields, trouble=error.message, status=422)
    messages.success(request, _("Version %(n)s of the policy is in force for what is submitted from now on.") % {"n": row.version})
    return redirect("assessments:signing_rules", org=organisation.slug)


def _page(
    request: HttpRequest, *, form: str = "", errors: Mapping[str, str] | None = None, trouble: str = "", status: int = 200
) -> HttpResponse:
    organisation = request.organisation  # type: ignore[attr-defined]
    policy, version = policy_in_force(organisation)
    roles = request.roles  # type: ignore[attr-defined]
    approvers = approvers_of(organisation)
    names = {person.reference: person.name for person in approvers}
    today = timezone.now().date()
    delegations = Delegation.objects.filter(organisation=organisation).select_related("of", "to", "ended")
    context = {
        "nav": "signing_rules", "policy": policy, "version": version, "stages": [_stage(stage, names) for stage in policy.stages],
        "acceptance": _acceptance(policy, names), "review": [{"when": line.when or "", "months": line.months} for line in policy.review],
        "statements": [(name.replace("_", " "), getattr(policy.statements, name)) for name in type(policy.statements).model_fields],
        "versions": SignOffPolicy.objects.filter(organisation=organisation).select_related("created_by").order_by("-version")[:20],
        "may_set": bool(ACTIONS["set_policy"] & roles), "may_delegate": bool(ACTIONS["delegate"] & roles),
        "for_others": ADMINISTRATOR in roles, "approvers": approvers, "form": form, "errors": errors or {}, "trouble": trouble, "today": today,
        "text": request.POST.get("text", "") if form == "policy" else setting_policy.policy_text(organisation),
        "typed": {name: str(text) for name, text in request.POST.items()} if form else {},
        "delegations": [_delegation(request, row, today) for row in delegations[:50]],
    }  # fmt: skip
    return render(request, "assessments/signing_rules.html", context, status=status)


def _who(who: Who, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(person, _("somebody who is no approver now")) for person in who.people) or _("any approver")


def _stage(stage: StageRule, names: Mapping[str, str]) -> dict[str, Any]:
    quorum = {"any": _("any one of them"), "all": _("all of them")}.get(str(stage.quorum), _("%(n)s of them") % {"n": stage.quorum})
    return {"title": stage.title, "when": stage.when or "", "who": _who(stage.who, names), "quorum": quorum, "days": stage.due_days,
            "meaning": stage.meaning}  # fmt: skip


def _acceptance(policy: Policy, names: Mapping[str, str]) -> list[dict[str, Any]]:
    gravest_first = sorted(policy.acceptance.items(), key=lambda pair: -SEVERITIES.index(pair[0]))
    return [{"severity": severity, "who": _who(rule.who, names), "days": rule.longest_days} for severity, rule in gravest_first]


def _delegation(request: HttpRequest, row: Delegation, today: date) -> dict[str, Any]:
    ended = getattr(row, "ended", None)
    over = ended is not None or row.ends_on < today
    state = (
        _("ended") if ended else _("over") if over else _("from %(day)s") % {"day": row.starts_on} if row.starts_on > today else _("now")
    )
    mine = row.of == request.user or ADMINISTRATOR in request.roles  # type: ignore[attr-defined]
    return {"row": row, "state": state, "over": over, "may_end": not over and mine and bool(ACTIONS["delegate"] & request.roles)}  # type: ignore[attr-defined]


@require_POST
@member(APPROVER, ADMINISTRATOR)
def delegate(request: HttpRequest) -> HttpResponse:
    """Let somebody sign for an approver who is away."""
    organisation = request.organisation  # type: ignore[attr-defined]
    given = request.POST
    people = {name: _person(approvers_of(organisation), given.get(name, "")) for name in ("of", "to")}
    if ADMINISTRATOR not in request.roles:  # type: ignore[attr-defined]
        people["of"] = request.user  # type: ignore[assignment]
    wrong = {name: _("Choose an approver.") for name, person in people.items() if person is None}
    try:
        days = {name: day_in(given.get(name, ""), name) for name in ("starts_on", "ends_on")}
        wrong |= {name: _("Enter the day.") for name, day in days.items() if day is None}
        if wrong:
            raise Refused(_("This can't be arranged as it stands."), wrong)
        delegating.delegate(actor=request.user, organisation=organisation, reason=given.get("reason", ""), **people, **days)  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, form="delegate", errors=error.fields, trouble=error.message, status=422)
    messages.success(request, _("It is arranged."))
    return redirect("assessments:signing_rules", org=organisation.slug)


def _person(approvers: list[User], text: str) -> User | None:
    return next((person for person in approvers if str(person.pk) == text), None)


@require_POST
@member(APPROVER, ADMINISTRATOR)
def end_delegation(request: HttpRequest, delegation: UUID) -> HttpResponse:
    organisation = request.organisation  # type: ignore[attr-defined]
    row = get_object_or_404(Delegation.objects.select_related("organisation", "of", "to"), pk=delegation, organisation=organisation)
    try:
        delegating.end(actor=request.user, delegation=row)  # type: ignore[arg-type]
        messages.success(request, _("It is ended."))
    except Refused as error:
        messages.error(request, error.message)
    return redirect("assessments:signing_rules", org=organisation.slug)

"""Who signs what in an organisation: its policy, and who stands in for whom."""

from __future__ import annotations

import json
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
from assessments.policy import SEVERITIES, Policy, StageRule, policy_of
from assessments.policy_changes import accepts, asks
from assessments.policy_conditions import in_words as condition_in_words
from assessments.routing import approvers_of, names_for, policy_in_force
from assessments.views.routes import tried, way
from assessments.views.wire import day_in, in_words

MOST_VERSIONS, MOST_DELEGATIONS = 50, 50


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def rules(request: HttpRequest) -> HttpResponse:
    """The policy in force in words (or with ``version`` an earlier one), and for administrators its text to be changed."""
    if request.method != "POST":
        return _older(request, request.GET["version"]) if "version" in request.GET else _page(request)
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "set_policy")  # type: ignore[arg-type]
    text, reason = request.POST.get("text", ""), request.POST.get("reason", "")
    try:
        if len(text) > setting_policy.LONGEST:
            too_long = _("Has %(n)s characters; at most %(most)s are read.") % {"n": len(text), "most": setting_policy.LONGEST}
            raise Refused(_("The policy can't be put in force as it stands."), {"text": too_long})
        row = setting_policy.policy_set(actor=request.user, organisation=organisation, text=text, reason=reason)  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, form="policy", errors=error.fields, trouble=error.message, status=422)
    messages.success(request, _("Version %(n)s of the policy is in force for what is submitted from now on.") % {"n": row.version})
    return redirect("assessments:signing_rules", org=organisation.slug)


def _page(
    request: HttpRequest, *, form: str = "", errors: Mapping[str, str] | None = None, trouble: str = "", status: int = 200
) -> HttpResponse:
    organisation = request.organisation  # type: ignore[attr-defined]
    policy, in_force = policy_in_force(organisation)
    roles = request.roles  # type: ignore[attr-defined]
    approvers = approvers_of(organisation)
    names = names_for(policy, approvers)
    today = timezone.now().date()
    delegations = Delegation.objects.filter(organisation=organisation).select_related("of", "to", "ended")
    versions = list(
        SignOffPolicy.objects.filter(organisation=organisation).select_related("created_by").order_by("-version")[:MOST_VERSIONS]
    )
    text = request.POST.get("text", "") if form == "policy" else setting_policy.policy_text(organisation) if ADMINISTRATOR in roles else ""
    case = tried(request.GET, policy, organisation)
    context = {
        "nav": "signing_rules", "version": in_force, "versions": versions, **_policy_in_words(policy, names), "case": case,
        "route": way(policy, names, case),
        "may_set": bool(ACTIONS["set_policy"] & roles), "may_delegate": bool(ACTIONS["delegate"] & roles),
        "for_others": ADMINISTRATOR in roles, "approvers": approvers, "people": _choices(approvers),
        "form": form, "errors": errors or {}, "trouble": trouble, "text": text,
        "typed": {name: str(text) for name, text in request.POST.items()} if form else {},
        "delegations": [_delegation(request, row, today, approvers) for row in delegations[:MOST_DELEGATIONS]],
    }  # fmt: skip
    return render(request, "assessments/signing_rules.html", context, status=status)


def _older(request: HttpRequest, number: str) -> HttpResponse:
    """A version that was in force before, or is, as it can be read and not changed. Raises Http404 for one that there isn't."""
    organisation = request.organisation  # type: ignore[attr-defined]
    _policy, in_force = policy_in_force(organisation)
    rows = SignOffPolicy.objects.filter(organisation=organisation, version=int(number) if number.isdecimal() and len(number) < 10 else 0)
    row = get_object_or_404(rows.select_related("created_by"))
    policy = policy_of(json.loads(bytes(row.content)))
    names = names_for(policy, approvers_of(organisation))
    context = {
        "nav": "signing_rules", "row": row, "version": row.version, "in_force": in_force, "route": way(policy, names),
        **_policy_in_words(policy, names),
    }  # fmt: skip
    return render(request, "assessments/signing_rules_version.html", context)


def _policy_in_words(policy: Policy, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "policy": policy, "stages": [_stage(stage, names) for stage in policy.stages], "acceptance": _acceptance(policy, names),
        "review": [
            {"when": line.when or "", "if": condition_in_words(line.when) if line.when else "", "months": line.months} for line in policy.review
        ],
        "statements": [(name.replace("_", " "), _filled(getattr(policy.statements, name))) for name in type(policy.statements).model_fields],
    }  # fmt: skip


def _filled(statement: str) -> str:
    """A statement with what will be filled in said in words."""
    return statement.replace("{digest}", _("[digest of the record]")).replace("{option}", _("[option]"))


def _choices(people: list[User]) -> list[tuple[str, str]]:
    return [("", _("Choose")), *((str(person.pk), person.name) for person in people)]


def _stage(stage: StageRule, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": stage.title, "when": stage.when or "", "if": condition_in_words(stage.when) if stage.when else "", "asks": asks(stage, names),
        "days": stage.due_days, "meaning": stage.meaning,
    }  # fmt: skip


def _acceptance(policy: Policy, names: Mapping[str, str]) -> list[dict[str, Any]]:
    gravest_first = sorted(policy.acceptance.items(), key=lambda pair: -SEVERITIES.index(pair[0]))
    return [{"severity": severity, "who": accepts(rule.who, names), "days": rule.longest_days} for severity, rule in gravest_first]


def _delegation(request: HttpRequest, row: Delegation, today: date, approvers: list[User]) -> dict[str, Any]:
    ended = getattr(row, "ended", None)
    over = ended is not None or row.ends_on < today
    if ended:
        state, tone = _("Ended on %(day)s") % {"day": in_words(ended.at.date())}, "plain"
    elif over:
        state, tone = _("Over"), "plain"
    elif gone := next((person for person in (row.of, row.to) if person not in approvers), None):
        state, tone = _("Without effect: %(person)s is no approver any more") % {"person": gone.name}, "warn"
    elif row.starts_on > today:
        state, tone = _("From %(day)s") % {"day": in_words(row.starts_on)}, "info"
    else:
        state, tone = _("Now"), "good"
    mine = row.of == request.user or ADMINISTRATOR in request.roles  # type: ignore[attr-defined]
    may_end = not over and mine and bool(ACTIONS["delegate"] & request.roles)  # type: ignore[attr-defined]
    return {"row": row, "state": state, "tone": tone, "over": over, "may_end": may_end}


@require_POST
@member(APPROVER, ADMINISTRATOR)
def delegate(request: HttpRequest) -> HttpResponse:
    """Let somebody sign for an approver who is away."""
    organisation = request.organisation  # type: ignore[attr-defined]
    given, approvers = request.POST, approvers_of(request.organisation)  # type: ignore[attr-defined]
    people = {name: _person(approvers, given.get(name, "")) for name in ("of", "to")}
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
    policy, _version = policy_in_force(organisation)
    if not any(people["of"].reference in stage.who.people for stage in policy.stages):  # type: ignore[union-attr]
        text = _(
            "No stage asks %(person)s by name at present. Where any approver may sign, nobody has to stand in; it matters for what was "
            "submitted under another policy."
        )
        messages.info(request, text % {"person": people["of"].name})  # type: ignore[union-attr]
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

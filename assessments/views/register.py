"""The register of findings, and what becomes of acceptances and conditions once it is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from assessments import conditions as following
from assessments import registering, succeeding
from assessments.errors import Refused, Stale, WrongStatus
from assessments.evaluation import evaluate_assessment
from assessments.models import Acceptance, Assessment, Condition, Evidence, Severity, Snapshot, Treatment
from assessments.permissions import require
from assessments.policy import SEVERITIES
from assessments.progress import standing_of
from assessments.snapshots import content_of
from assessments.views.common import allowed, find, page_context, reach
from assessments.views.wire import day_in, dom_id, in_words, revision_in

FIELDS = ("treatment", "residual", "plan", "owner", "due_on")


@require_safe
@member()
def findings(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Every finding with what is done about it; and, once it is decided, the acceptances and conditions with how they stand."""
    return _page(request, find(request, assessment, partly=True))


def _page(
    request: HttpRequest,
    assessment: Assessment,
    *,
    of: str = "",
    error: Refused | None = None,
) -> HttpResponse:
    """``of``: which finding's or condition's form was refused; its fields are given back as they were typed."""
    errors = error.fields if error else {}
    status = 409 if isinstance(error, WrongStatus | Stale) else 422 if error else 200
    today = timezone.now().date()
    standing = standing_of(assessment)
    may_treat = assessment.is_open and allowed(request, "edit")
    if assessment.is_open or (snapshot := assessment.latest_snapshot) is None:
        evaluation = evaluate_assessment(assessment, standing)
        entries = registering.register_of(assessment, evaluation.release, evaluation.as_dict())
        names = {o.facts.id: o.facts.name for o in evaluation.options}
        unruled = {o.facts.id: sum(not blocker.certain for blocker in o.blockers) for o in evaluation.options}
        proposed = assessment.proposed_option.key if assessment.proposed_option else ""
        accepted, standings = {}, []
    else:
        content = content_of(snapshot)
        entries = content.get("register", [])
        names, unruled = {o["id"]: o["name"] for o in content["options"]}, {}
        proposed = content["proposal"]["option"]
        accepted = {(a.option_key, a.blocker): a for a in _acceptances(snapshot)}
        standings = following.conditions_of(assessment, today)
    own_only = not reach(request, assessment).reads_all
    if own_only:  # what they see to themselves
        entries = [e for e in entries if e["owner"] and e["owner"]["reference"] == request.user.reference]  # type: ignore[union-attr]
        standings = [standing for standing in standings if standing.condition.owner == request.user]
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in FIELDS} if of else {}
    typed |= {"evidence": request.POST.getlist("evidence")} if of else {}
    theirs = error.theirs if isinstance(error, Stale) else {}
    groups: list[dict[str, Any]] = []
    for key, name in sorted(names.items(), key=lambda pair: pair[0] != proposed):
        rows = [
            _row(e, accepted, today, *((typed, errors, theirs) if of == f"{e['option']}:{e['finding']}" else (None, {}, {})))
            for e in _gravest_first(entries) if e["option"] == key
        ]  # fmt: skip
        groups.append(
            {
                "option": key,
                "name": name,
                "proposed": key == proposed,
                "rows": rows,
                "counts": _counts(rows),
                "unruled": unruled.get(key, 0),
            }
        )
    context = page_context(
        request, assessment, standing, groups=groups, names=names, own_only=own_only, may_treat=may_treat, trouble=error.message if error else "",
        treatments=[("", _("Choose")), *Treatment.choices],
        members=[("", _("Nobody yet")), *((m.email, m.name) for m in registering.members_of(assessment))] if may_treat else [],
        files=list(Evidence.objects.filter(response__assessment=assessment).order_by("name", "id")) if may_treat else [],
        conditions=[_condition(request, standing, of, errors) for standing in standings],
        expired=any(row["state"] == "open_again" for group in groups for row in group["rows"]),
    )  # fmt: skip
    return render(request, "assessments/findings.html", context, status=status)


def _gravest_first(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda e: (not e["blocker"], -SEVERITIES.index(e["inherent"]), e["finding"]))


def _acceptances(snapshot: Snapshot) -> Any:
    return Acceptance.objects.filter(verdict__participation__snapshot=snapshot).order_by("id")


def _counts(rows: list[dict[str, Any]]) -> str:
    """How many of an option's findings stand how, in words."""
    number = Counter(row["state"] for row in rows)
    said = [
        ("open_again", ngettext("%(n)s open again", "%(n)s open again", number["open_again"])),
        ("to_accept", ngettext("%(n)s to be accepted", "%(n)s to be accepted", number["to_accept"])),
        ("open", ngettext("%(n)s not treated", "%(n)s not treated", number["open"])),
        ("treated", ngettext("%(n)s treated", "%(n)s treated", number["treated"])),
        ("accepted", ngettext("%(n)s accepted", "%(n)s accepted", number["accepted"])),
    ]
    total = ngettext("%(n)s finding", "%(n)s findings", len(rows)) % {"n": len(rows)}
    return f"{total}: {', '.join(text % {'n': number[state]} for state, text in said if number[state])}" if rows else ""


def standing_of_finding(entry: Mapping[str, Any], acceptance: Acceptance | None, today: date) -> tuple[str, str]:
    """(state, sentence): ``open``, ``to_accept``, ``treated``, ``accepted`` or ``open_again``."""
    if acceptance is not None:
        if acceptance.expires_on is not None and acceptance.expires_on < today:
            return "open_again", _("Open again: accepted until %(day)s, and that day is over") % {"day": in_words(acceptance.expires_on)}
        until = f" {_('until')} {in_words(acceptance.expires_on)}" if acceptance.expires_on else ""
        return "accepted", _("Accepted by %(name)s") % {"name": acceptance.accepted_by} + until
    if entry["treatment"] == Treatment.ACCEPT:
        return "to_accept", _("To be accepted at the sign-off")
    if entry["treatment"]:
        return "treated", str(Treatment(entry["treatment"]).label)
    return "open", _("Not treated")


TONES = {"open": "warn", "to_accept": "info", "open_again": "bad"}


def _row(
    entry: dict[str, Any],
    accepted: Mapping[tuple[str, str], Acceptance],
    today: date,
    typed: Mapping[str, Any] | None,
    errors: Mapping[str, str],
    theirs: Mapping[str, Any],
) -> dict[str, Any]:
    acceptance = accepted.get((entry["option"], entry["finding"]))
    state, sentence = standing_of_finding(entry, acceptance, today)
    stands = {
        "treatment": entry["treatment"], "residual": "" if entry["residual"] == entry["inherent"] else entry["residual"], "plan": entry["plan"],
        "owner": "", "due_on": entry["due_on"] or "", "evidence": [],
    }  # fmt: skip
    least = [("", _("As before"))] + [
        (value, label) for value, label in Severity.choices if SEVERITIES.index(value) < SEVERITIES.index(entry["inherent"])
    ]
    attached = {e["sha256"] for e in entry["evidence"]}
    return entry | {
        "element": dom_id(f"f-{entry['option']}-{entry['finding']}"), "state": state, "sentence": sentence, "acceptance": acceptance,
        "typed": stands if typed is None else typed, "kept": typed is None, "errors": errors, "open": typed is not None, "residuals": least,
        "attached": attached, "tone": TONES.get(state, "good"), "theirs": theirs,
        "label": Treatment(entry["treatment"]).label if entry["treatment"] else "",
    }  # fmt: skip


def _condition(request: HttpRequest, standing: following.ConditionStanding, of: str, errors: Mapping[str, str]) -> dict[str, Any]:
    condition = standing.condition
    met = standing.state == "met"
    own = condition.owner == request.user or "risk_officer" in request.roles  # type: ignore[attr-defined]
    mine = of == f"condition:{condition.pk}"
    return {
        "condition": condition, "state": standing.state, "last": standing.last, "by": condition.verdict.participation.person,
        "label": {"open": _("open"), "overdue": _("overdue"), "met": _("met")}[standing.state],
        "tone": {"open": "warn", "overdue": "bad", "met": "good"}[standing.state],
        "may_meet": not met and own and allowed(request, "meet_condition"), "may_reopen": met and allowed(request, "reopen_condition"),
        "error": errors.get("note", "") if mine else "", "typed": request.POST.get("note", "") if mine else "",
    }  # fmt: skip


@require_POST
@member()
def treat(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Save the treatment of one finding, or (``take_back``) take it back."""
    found = find(request, assessment)
    require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
    option = found.options.filter(key=request.POST.get("option", "")).first()
    if option is None:
        return _page(request, found, error=Refused(_("This assessment has no such option any more.")))
    finding = request.POST.get("finding", "")
    try:
        if "take_back" in request.POST:
            registering.untreat(actor=request.user, assessment=found, option=option, finding=finding)  # type: ignore[arg-type]
        else:
            registering.treat(
                actor=request.user, assessment=found, option=option, finding=finding, due_on=day_in(request.POST.get("due_on", ""), "due_on"),  # type: ignore[arg-type]
                evidence=tuple(request.POST.getlist("evidence")), revision=revision_in(request.POST.get("revision", "")),
                **{name: request.POST.get(name, "") for name in FIELDS if name != "due_on"},
            )  # fmt: skip
    except Refused as error:
        return _page(request, found, of=f"{option.key}:{finding}", error=error)
    messages.success(request, _("The register is saved."))
    return _back(request, found, dom_id(f"f-{option.key}-{finding}"))


def _back(request: HttpRequest, assessment: Assessment, at: str) -> HttpResponse:
    url = reverse("assessments:findings", kwargs={"org": request.organisation.slug, "assessment": assessment.pk})  # type: ignore[attr-defined]
    return redirect(f"{url}#{at}")


@require_POST
@member()
def condition_step(request: HttpRequest, assessment: UUID, condition: int) -> HttpResponse:
    """Say that a condition is met, or that it isn't after all, with what shows it."""
    found = find(request, assessment, partly=True)
    row = get_object_or_404(Condition.objects.select_related("owner"), pk=condition, verdict__participation__snapshot__assessment=found)
    act = following.reopen if "reopen" in request.POST else following.meet
    try:
        act(actor=request.user, condition=row, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, found, of=f"condition:{row.pk}", error=error)
    messages.success(request, _("The condition is kept up to date."))
    return _back(request, found, "conditions")


@require_POST
@member()
def succeed(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Start the next assessment from one that has ended."""
    found = find(request, assessment)
    try:
        new = succeeding.succeed(actor=request.user, assessment=found)  # type: ignore[arg-type]
    except WrongStatus as error:
        messages.error(request, error.message)
        return redirect("assessments:record", org=request.organisation.slug, assessment=found.pk)  # type: ignore[attr-defined]
    messages.success(request, _("The next assessment is a draft. It takes the former one's place once it is approved."))
    return redirect("assessments:detail", org=request.organisation.slug, assessment=new.pk)  # type: ignore[attr-defined]

"""The register of findings: what is done about each, by whom and until when, and how much risk is left after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ids import uuid_in
from accounts.models import Membership, User
from assessments.editing import note_change, opened
from assessments.errors import Refused, Stale
from assessments.evaluation import evaluate_assessment, release_of
from assessments.models import Assessment, Evidence, Option, Severity, Treated, Treatment
from assessments.policy import SEVERITIES
from compliance.catalogue.index import index
from compliance.catalogue.model import Release

LONGEST = 4000


def register_of(assessment: Assessment, release: Release, evaluation: dict[str, Any], *, files: bool = True) -> list[dict[str, Any]]:
    """Every finding of every option with what is done about it, as snapshots keep it. ``evaluation``: the documented output; ``files``: False
    where nobody looks at the treatments' files, which are left out then."""
    rules = index(release).rules
    treated = assessment.treated.select_related("option", "owner", "entered_by").prefetch_related(*(["evidence"] if files else []))
    rows = {(row.option.key, row.finding): row for row in treated}
    found = []
    for option in evaluation["options"]:
        blockers = {b["id"]: b for b in option["blockers"]}
        for finding in option["findings"]:
            blocker = blockers.get(finding["id"])
            rule = rules[finding["id"]]
            found.append(
                {
                    "option": option["id"],
                    "finding": finding["id"],
                    "title": rule.title,
                    "message": blocker["message"] if blocker else rule.message,
                    "blocker": blocker is not None,
                    "acceptable_by": blocker["acceptable_by"] if blocker else None,
                    **treatment_data(finding["severity"], rows.get((option["id"], finding["id"])), files),
                }
            )
    return found


def treatment_data(inherent: str, row: Treated | None, files: bool = True) -> dict[str, Any]:
    """What the register says of one finding; an untreated one keeps its inherent rating."""
    if row is None:
        return {
            "inherent": inherent, "residual": inherent, "treatment": "", "plan": "", "owner": None, "due_on": None, "evidence": [], "revision": 0,
        }  # fmt: skip
    return {
        "inherent": inherent,
        "residual": residual_of(inherent, row),
        "treatment": row.treatment,
        "plan": row.plan,
        "owner": {"reference": row.owner.reference, "name": row.owner.name} if row.owner else None,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "evidence": [{"name": e.name, "sha256": e.sha256} for e in row.evidence.all()] if files else [],
        "revision": row.revision,
    }


def residual_of(inherent: str, row: Treated | None) -> str:
    """What is left of a finding: its inherent rating while it is untreated. It may have become graver since it was treated, but what is left
    is never graver than the finding."""
    return min((row.residual if row else "") or inherent, inherent, key=SEVERITIES.index)


def treat(
    *,
    actor: User,
    assessment: Assessment,
    option: Option,
    finding: str,
    treatment: str,
    plan: str,
    residual: str = "",
    owner: str = "",
    due_on: date | None = None,
    evidence: tuple[str, ...] = (),
    revision: int | None = None,
) -> Treated:
    """Say what is done about a finding of an option.

    ``owner``: e-mail address of a member; ``evidence``: ids of files attached in this assessment; ``revision``: the one that the person saw,
    None to save whatever stands. Raises Refused naming each field that can't be, and Stale where somebody saved in between.
    """
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        inherent = _severity(assessment, option, finding)
        before = Treated.objects.filter(option=option, finding=finding).select_related("owner").prefetch_related("evidence").first()
        stands = before.revision if before else 0
        if revision is not None and revision != stands:
            theirs = treatment_data(inherent, before)
            own = before is not None and before.entered_by_id == actor.pk
            message = _("You saved this finding in another window meanwhile.") if own else _("Somebody else saved this finding meanwhile.")
            raise Stale(message, {}, theirs=theirs, mine={"treatment": treatment, "plan": plan}, own=own)
        person, files = _checked(assessment, treatment, plan, inherent, residual, owner, due_on, evidence)
        was = treatment_data(inherent, before)
        row, _made = Treated.objects.update_or_create(
            option=option, finding=finding,
            defaults={
                "assessment": assessment, "treatment": treatment, "plan": plan.strip(), "owner": person, "due_on": due_on,
                "residual": "" if treatment == Treatment.ACCEPT else residual, "revision": stands + 1, "entered_by": actor,
                "entered_at": timezone.now(),
            },
        )  # fmt: skip
        row.evidence.set(files)
        assessment.save(update_fields=["updated_at"])
        _tell(assessment, actor, option, row, was, treatment_data(inherent, row))
    return row


def untreat(*, actor: User, assessment: Assessment, option: Option, finding: str) -> None:
    """Take back what was said about a finding: it is untreated again."""
    with transaction.atomic():
        assessment = opened(actor, assessment, "edit")
        row = Treated.objects.filter(option=option, finding=finding).first()
        if row is None:
            return
        was = {"treatment": row.treatment, "residual": row.residual, "due_on": row.due_on.isoformat() if row.due_on else None}
        row.delete()
        assessment.save(update_fields=["updated_at"])
        note_change(assessment, actor, "finding.untreated", {"finding": finding, "option": option.key, "before": was})


def _severity(assessment: Assessment, option: Option, finding: str) -> str:
    evaluation = evaluate_assessment(assessment)
    result = next((o for o in evaluation.as_dict()["options"] if o["id"] == option.key), None)
    found = next((f for f in result["findings"] if f["id"] == finding), None) if result else None
    if found is None:
        known = finding in index(release_of(assessment)).rules
        gone = _("%(option)s has no finding %(finding)r: the answers don't show it any more.")
        said = gone if known else _("%(option)s has no finding %(finding)r.")
        raise Refused(said % {"option": option.name, "finding": finding})
    return str(found["severity"])


def _checked(
    assessment: Assessment,
    treatment: str,
    plan: str,
    inherent: str,
    residual: str,
    owner: str,
    due_on: date | None,
    evidence: tuple[str, ...],
) -> tuple[User | None, list[Evidence]]:
    wrong: dict[str, str] = {}
    if treatment not in Treatment.values:
        wrong["treatment"] = _("Choose one of %(known)s.") % {"known": _listed(Treatment)}
    if not plan.strip():
        wrong["plan"] = _("Say what is done, or why nothing has to be.")
    elif len(plan) > LONGEST:
        wrong["plan"] = _("Has %(n)d characters; at most %(most)d are kept.") % {"n": len(plan), "most": LONGEST}
    if residual and residual not in Severity.values:
        wrong["residual"] = _("Choose one of %(known)s.") % {"known": _listed(Severity)}
    elif residual and SEVERITIES.index(residual) > SEVERITIES.index(inherent):
        wrong["residual"] = _("What is left can't be graver than the finding itself, which is %(inherent)s.") % {"inherent": inherent}
    elif residual and treatment == Treatment.ACCEPT and residual != inherent:
        wrong["residual"] = _("Accepting a risk doesn't make it smaller; leave it as the finding is, or mitigate.")
    person = None
    if owner.strip():
        person = User.objects.filter(email__iexact=owner.strip(), is_active=True, memberships__organisation=assessment.organisation).first()
        if person is None:
            wrong["owner"] = _("Nobody in the organisation has this address.")
    elif treatment in (Treatment.MITIGATE, Treatment.TRANSFER, Treatment.AVOID):
        wrong["owner"] = _("Say who sees to it.")
    if treatment == Treatment.MITIGATE and due_on is None:
        wrong["due_on"] = _("Say until when.")
    elif due_on is not None and due_on < timezone.now().date():
        wrong["due_on"] = _("That day is over already.")
    files = list(Evidence.objects.filter(response__assessment=assessment, pk__in=[e for e in evidence if uuid_in(e)]))
    if len(files) != len(set(evidence)):
        wrong["evidence"] = _("One of the files isn't attached in this assessment.")
    if wrong:
        raise Refused(_("The treatment can't be saved as it stands."), wrong)
    return person, files


def members_of(assessment: Assessment) -> list[User]:
    """Who can own a treatment, by name."""
    held = Membership.objects.filter(organisation=assessment.organisation, user__is_active=True).select_related("user")
    return sorted({m.user for m in held}, key=lambda user: (user.name, user.pk))


def _tell(assessment: Assessment, actor: User, option: Option, row: Treated, was: dict[str, Any], now: dict[str, Any]) -> None:
    def kept(data: dict[str, Any]) -> dict[str, Any]:
        """Without free text and names, which the trail's hashed bytes never hold."""
        return {
            "treatment": data["treatment"], "residual": data["residual"], "due_on": data["due_on"],
            "owner": data["owner"]["reference"] if data["owner"] else None, "evidence": [e["sha256"] for e in data["evidence"]],
        }  # fmt: skip

    note_change(
        assessment, actor, "finding.treated",
        {"finding": row.finding, "option": option.key, "treatment": row.treatment, "revision": row.revision, "before": kept(was),
         "after": kept(now)},
        {"plan_before": was["plan"], "plan_after": now["plan"]},
    )  # fmt: skip


def _listed(choices: Iterable[Treatment] | Iterable[Severity]) -> str:
    return ", ".join(str(one.label) for one in choices).lower()

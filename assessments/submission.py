"""What a submission needs and freezes: what stands in its way, who had a hand in it, and what the policy makes of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from assessments import routing, snapshots
from assessments.errors import Refused
from assessments.models import Assessment, Evidence, Figure, Part, Participation, Response, Snapshot, Treated
from assessments.permissions import APPROVER
from assessments.policy import SEVERITIES, Policy
from assessments.scoring.evaluate import Evaluation
from assessments.verdicts import may_accept
from audit.models import AuditEvent


def check_proposal(assessment: Assessment, evaluation: dict) -> None:
    """Raises Refused naming what stands in the way of submitting; ``evaluation`` is the documented output."""
    if len(evaluation["options"]) < 2:
        raise Refused(_("A decision needs at least two options to choose from. Add another."), {"options": _("Add at least two options.")})
    option = assessment.proposed_option
    if option is None:
        raise Refused(_("Propose one of the options first."), {"option": _("Choose the option that you propose.")})
    recommended = evaluation["recommendation"]["option"]
    if recommended is None and not assessment.proposal_reason.strip():
        raise Refused(
            _("Nothing is recommended, since no option is admissible as it stands. Say why this one is proposed all the same."),
            {"reason": _("Give the reason: nothing is recommended.")},
        )
    if option.key != recommended and not assessment.proposal_reason.strip():
        raise Refused(
            _("The proposed option isn't the recommended one. Say why it is proposed all the same."),
            {"reason": _("Give the reason: the recommended option is another one.")},
        )
    result = next(o for o in evaluation["options"] if o["id"] == option.key)
    fixed = [b["message"] for b in result["blockers"] if b["acceptable_by"] is None]
    if fixed:
        said = _("%(option)s can't be proposed: %(why)s") % {"option": option.name, "why": " ".join(fixed)}
        raise Refused(said, {"option": _("It has a blocker that nobody can accept.")})


def check_treatments(assessment: Assessment, register: list[dict[str, Any]], policy: Policy) -> None:
    """Raises Refused naming the findings of the proposed option that the policy wants treated and that aren't."""
    least = policy.treatment_needed_from
    if least == "none" or assessment.proposed_option is None:
        return
    open_ = [
        entry["title"] for entry in register
        if entry["option"] == assessment.proposed_option.key and not entry["treatment"]
        and SEVERITIES.index(entry["inherent"]) >= SEVERITIES.index(least)
    ]  # fmt: skip
    if open_:
        raise Refused(
            _("The policy asks what is done about each finding rated %(least)s or graver. Not said yet: %(open)s.")
            % {"least": least, "open": "; ".join(open_)},
            {"findings": ngettext("%(n)d of them is open.", "%(n)d of them are open.", len(open_)) % {"n": len(open_)}},
        )


def check_acceptable(snapshot: Snapshot, stages: list[routing.Routed]) -> None:
    """Somebody among those asked must have the right to accept what has to be accepted."""
    asked = User.objects.filter(pk__in={pk for stage in stages for pk in stage.candidates})
    content = snapshots.content_of(snapshot)
    for item in snapshots.to_be_accepted(content):
        if not any(may_accept(person, item, content) for person in asked):
            raise Refused(
                _(
                    "Nobody who is asked to sign may accept a finding of the severity %(severity)s: %(title)s. Treat it, or "
                    "ask an administrator to change the policy."
                )
                % {"severity": item["inherent"], "title": item["title"]}
            )


# What makes somebody one who wrote the record, though another has overwritten it since.
WRITING = (
    "assessment.imported", "assessment.changed", "assessment.moved", "option.added", "option.changed", "option.removed", "option.proposed",
    "weights.set", "response.saved", "answers.copied", "figure.saved", "evidence.attached", "evidence.removed", "finding.treated",
    "finding.untreated",
)  # fmt: skip


def parts_of(assessment: Assessment, submitter: User) -> dict[User, str]:
    """Everybody who had a hand in the record: the author, who submits it, and who answered (for the organisation too, where that
    was taken over), entered a figure, attached evidence, treated a finding or changed anything else, now or before it was overwritten; and who
    had a hand in the record of the assessment that this one was begun from, since it began with all of that."""
    answered = Response.objects.filter(assessment=assessment, answered_by__isnull=False).order_by().values("answered_by")
    first = Response.objects.filter(assessment=assessment, first_answered_by__isnull=False).order_by().values("first_answered_by")
    entered = Figure.objects.filter(assessment=assessment, entered_by__isnull=False).order_by().values("entered_by")
    attached = Evidence.objects.filter(response__assessment=assessment).order_by().values("uploaded_by")
    treated = Treated.objects.filter(assessment=assessment).order_by().values("entered_by")
    told = AuditEvent.objects.filter(
        stream=assessment.organisation.stream, object_type="assessment", object_id=str(assessment.pk), action__in=WRITING
    )
    wrote = {
        actor.removeprefix("person:")
        for actor in told.order_by().values_list("actor", flat=True).distinct()
        if actor and actor.startswith("person:")
    }
    last = Snapshot.objects.filter(assessment=assessment.supersedes_id).order_by("-number").values("pk")[:1]
    before = Participation.objects.filter(snapshot=last).exclude(part=Part.APPROVER).values("person")
    hands = User.objects.filter(
        Q(pk__in=answered) | Q(pk__in=first) | Q(pk__in=entered) | Q(pk__in=attached) | Q(pk__in=treated) | Q(pk__in=before)
        | Q(uuid__in=wrote)
    )  # fmt: skip
    parts: dict[User, str] = dict.fromkeys(hands, Part.ANSWERED)
    return parts | {submitter: Part.AUTHOR, assessment.author: Part.AUTHOR}


def facts_of_submission(
    assessment: Assessment, evaluation: Evaluation, found: dict[str, Any], register: list[dict[str, Any]]
) -> routing.Facts:
    """What the policy's conditions can ask of the assessment as it stands; an option must be proposed. ``found``: the evaluation's
    documented output."""
    proposed = [entry for entry in register if assessment.proposed_option and entry["option"] == assessment.proposed_option.key]
    return routing.routing_facts(assessment, found, proposed, gaps_of_proposal(assessment, evaluation))


def gaps_of_proposal(assessment: Assessment, evaluation: Evaluation) -> int:
    """How many obligations the proposed option doesn't meet."""
    key = assessment.proposed_option.key if assessment.proposed_option else ""
    duties = snapshots.obligations(evaluation)
    return sum((duty["by_option"].get(key) if "by_option" in duty else duty["status"]) == "gap" for duty in duties)


def routing_data(policy: Policy, version: int, facts: routing.Facts, stages: list[routing.Routed]) -> dict[str, Any]:
    """What a snapshot keeps of the policy: which one it was, what it was asked of, and what came out."""
    data = policy.as_data()
    return {
        "policy": {"title": policy.title, "version": version, "digest": policy.digest, "as_of": policy.as_of},
        "facts": facts,
        "stages": [
            {
                "key": s.rule.id, "title": s.rule.title, "meaning": s.rule.meaning, "when": s.rule.when or "", "certain": s.certain,
                "quorum": str(s.quorum.value), "needed": s.needed, "due_days": s.rule.due_days, "role": "" if s.people else APPROVER,
                "people": [{"reference": person.reference, "name": person.name} for person in s.people],
            }
            for s in stages
        ],
        "acceptance": data["acceptance"],
        "review_months": policy.review_months(facts),
        "statements": data["statements"],
    }  # fmt: skip

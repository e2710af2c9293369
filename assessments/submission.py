"""What a submission needs and freezes: what stands in its way, who had a hand in it, and what the policy makes of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import User
from assessments import routing, snapshots
from assessments.errors import Refused
from assessments.models import Assessment, Evidence, Figure, Part, Response, Snapshot, Treated
from assessments.permissions import APPROVER
from assessments.policy import SEVERITIES, Policy
from assessments.scoring.evaluate import Evaluation
from assessments.verdicts import may_accept


def check_proposal(assessment: Assessment, evaluation: dict) -> None:
    """Raises Refused naming what stands in the way of submitting; ``evaluation`` is the documented output."""
    if assessment.options.count() < 2:
        raise Refused("A decision needs at least two options to choose from. Add another.", {"options": "Add at least two options."})
    option = assessment.proposed_option
    if option is None:
        raise Refused("Propose one of the options first.", {"option": "Choose the option that you propose."})
    recommended = evaluation["recommendation"]["option"]
    if option.key != recommended and not assessment.proposal_reason.strip():
        raise Refused(
            "The proposed option isn't the recommended one. Say why it is proposed all the same.",
            {"reason": "Give the reason: the recommended option is another one."},
        )
    result = next(o for o in evaluation["options"] if o["id"] == option.key)
    fixed = [b["message"] for b in result["blockers"] if b["acceptable_by"] is None]
    if fixed:
        raise Refused(f"{option.name} can't be proposed: " + " ".join(fixed), {"option": "It has a blocker that nobody can accept."})


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
            f"The policy asks what is done about each finding rated {least} or graver. Not said yet: {'; '.join(open_)}.",
            {"findings": f"{len(open_)} of them {'is' if len(open_) == 1 else 'are'} open."},
        )


def check_acceptable(snapshot: Snapshot, stages: list[routing.Routed]) -> None:
    """Somebody among those asked must have the right to accept what has to be accepted."""
    asked = User.objects.filter(pk__in={pk for stage in stages for pk in stage.candidates})
    content = snapshots.content_of(snapshot)
    for item in snapshots.to_be_accepted(content):
        if not any(may_accept(person, item, content) for person in asked):
            raise Refused(
                f"Nobody who is asked to sign may accept a finding of the severity {item['inherent']}: {item['title']}. Treat it, or ask an "
                "administrator to change the policy."
            )


def parts_of(assessment: Assessment, submitter: User) -> dict[User, str]:
    """Everybody who had a hand in the record: the author, who submits it, and who answered (for the organisation too, where that
    was taken over), entered a figure, attached evidence or treated a finding."""
    answered = Response.objects.filter(assessment=assessment, answered_by__isnull=False).order_by().values("answered_by")
    first = Response.objects.filter(assessment=assessment, first_answered_by__isnull=False).order_by().values("first_answered_by")
    entered = Figure.objects.filter(assessment=assessment, entered_by__isnull=False).order_by().values("entered_by")
    attached = Evidence.objects.filter(response__assessment=assessment).order_by().values("uploaded_by")
    treated = Treated.objects.filter(assessment=assessment).order_by().values("entered_by")
    hands = User.objects.filter(Q(pk__in=answered) | Q(pk__in=first) | Q(pk__in=entered) | Q(pk__in=attached) | Q(pk__in=treated))
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

"""What stands between an assessment and its submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import routing, submission, workflow
from assessments.errors import Refused
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment, Assignment, Evidence, Status, Thread, Verdict, VerdictKind
from assessments.progress import Standing
from assessments.registering import register_of
from assessments.scoring.evaluate import Evaluation
from assessments.views.common import allowed
from assessments.views.evidence import claiming
from assessments.views.places import live_places, questions_of
from assessments.views.presenting import live_content, present_live


@dataclass(frozen=True)
class Step:
    """One thing that a submission needs; ``url`` is where it is done."""

    text: str
    done: bool
    url: str = ""
    link: str = ""


# What others were asked for and haven't given, read with the assessment: how many parts, how many questions of comments, and the first of these.
_OUT = Assignment.objects.filter(assessment=OuterRef("pk"), done_at=None).order_by().values("assessment")
_SAID = Thread.objects.filter(assessment=OuterRef("pk"), resolved_at=None, comments__asked__isnull=False)
STILL_OUT: dict[str, Any] = {
    "parts_out": Subquery(_OUT.annotate(n=Count("pk")).values("n")),
    "comments_out": Subquery(_SAID.order_by().values("assessment").annotate(n=Count("pk", distinct=True)).values("n")),
    "first_comment": Subquery(_SAID.order_by("question").values("question")[:1]),
}


def check_context(request: HttpRequest, standing: Standing, error: Refused | None, typed: dict[str, Any]) -> dict[str, Any]:
    """The check page's context; ``error`` is what a form was refused for, ``typed`` what stood in it."""
    assessment = standing.assessment
    evaluation = evaluate_assessment(assessment, standing)
    content = live_content(evaluation)
    shown = present_live(content, live_places(assessment, questions_of(content)))
    wrong = error
    if wrong is None and assessment.is_open and assessment.proposed_option_id:
        wrong = _in_the_way(assessment, content["evaluation"])
    # Nothing is ticked that nobody has chosen: the recommended option bears its tag, and to propose it is a person's act.
    chosen = typed.get("option", assessment.proposed_option.key if assessment.proposed_option else "")
    steps = _steps(request, assessment, evaluation, content["evaluation"])
    attached = set(Evidence.objects.filter(response__assessment=assessment).values_list("response_id", flat=True))
    return {
        **shown,
        "steps": steps,
        "ready": all(step.done for step in steps),
        "may_submit": assessment.is_open and allowed(request, "submit"),
        "may_withdraw": assessment.status in workflow.TRANSITIONS["withdraw"][0] and allowed(request, "withdraw"),
        "errors": wrong.fields if wrong else {},
        "trouble": error.message if error else "",
        "chosen": chosen,
        "reason": typed.get("reason", assessment.proposal_reason),
        "withdraw_reason": typed.get("withdraw_reason", ""),
        "unfounded": len(claiming(standing, attached)),
        "untreated": _untreated(assessment, evaluation, chosen),
        "returned": returned_by(assessment, newest_verdict(assessment) if assessment.status == Status.RETURNED else None),
        "to_accept": [g for g in shown["obstacles"] if g["id"] == chosen and g["blockers"]],
    }


def _untreated(assessment: Assessment, evaluation: Evaluation, option: str) -> int:
    """How many findings of the option nobody has said yet what is done about."""
    entries = register_of(assessment, evaluation.release, evaluation.as_dict(), files=False)
    return sum(entry["option"] == option and not entry["treatment"] for entry in entries)


def returned_by(assessment: Assessment, verdict: Verdict | None) -> Verdict | None:
    """``verdict``, the newest one, if the assessment stands returned by it."""
    return verdict if verdict and verdict.verdict == VerdictKind.RETURN and assessment.status == Status.RETURNED else None


def newest_verdict(assessment: Assessment) -> Verdict | None:
    verdicts = Verdict.objects.filter(participation__snapshot__assessment=assessment)
    return verdicts.select_related("participation__person").order_by("-at").first()


def _in_the_way(assessment: Assessment, evaluation: dict[str, Any]) -> Refused | None:
    try:
        submission.check_proposal(assessment, evaluation)
    except Refused as error:
        return error
    return None


def _steps(request: HttpRequest, assessment: Assessment, evaluation: Evaluation, found: dict[str, Any]) -> list[Step]:
    options = len(found["options"])
    proposed = assessment.proposed_option
    recommended = found["recommendation"]["option"]
    base = {"org": assessment.organisation.slug, "assessment": assessment.pk}
    steps = [
        Step(_("At least two options to choose from"), options >= 2, reverse("assessments:options", kwargs=base), _("Add an option")),
        Step(_("A proposed option"), proposed is not None, "#proposal", _("Choose it")),
    ]
    if proposed is not None and proposed.key != recommended:
        steps.append(
            Step(
                _("A reason why the proposed option isn't the recommended one")
                if recommended
                else _("A reason to propose what isn't recommended"),
                bool(assessment.proposal_reason.strip()),
                "#proposal",
                _("Give it"),
            )
        )
    if proposed is not None:
        blockers: list[dict[str, Any]] = next((o["blockers"] for o in found["options"] if o["id"] == proposed.key), [])
        fixed = [b for b in blockers if b["acceptable_by"] is None]
        steps.append(Step(_("No blocker of the proposed option that nobody may accept"), not fixed, "#obstacles", _("See the blockers")))
        steps += _sign_off(request, assessment, evaluation, found)
    return steps


def _sign_off(request: HttpRequest, assessment: Assessment, evaluation: Evaluation, found: dict[str, Any]) -> list[Step]:
    """That the findings are treated as the policy asks, and that its stages can be filled."""
    policy, _version = routing.policy_in_force(assessment.organisation)
    findings = reverse("assessments:findings", kwargs={"org": assessment.organisation.slug, "assessment": assessment.pk})
    steps: list[Step] = []
    register = register_of(assessment, evaluation.release, found, files=False)
    if policy.treatment_needed_from != "none":
        try:
            submission.check_treatments(assessment, register, policy)
            treated = True
        except Refused:
            treated = False
        steps.append(Step(_("A treatment for each finding that the policy wants treated"), treated, findings, _("Treat them")))
    facts = submission.facts_of_submission(assessment, evaluation, found, register)
    hands = set(submission.parts_of(assessment, request.user))  # type: ignore[arg-type]
    try:
        routing.route(policy, facts, assessment.organisation, hands)
        steps.append(Step(_("Approvers who neither wrote nor answered any of it, for each stage"), True))
    except Refused as error:
        steps.append(Step(error.message, False))
    return steps

"""What the trail can say about assessments: each action with its sentence."""

from django.utils.translation import gettext_noop as _

from assessments import answers_told, verdicts_told
from audit.actions import register

register("assessment.created", _("Assessment created"), _("{actor} created the assessment {object}"))
register("assessment.imported", _("Assessment file read in"), _("{actor} filled {object} from an assessment file"))
register("assessment.exported", _("Assessment exported as a file"), _("{actor} exported {object} as an assessment file"))
register("record.downloaded", _("Record downloaded"), _("{actor} downloaded the {record} of submission {number} of {object}"))
register("assessment.changed", _("Description of an assessment changed"), _("{actor} changed the description of {object}"))
register("assessment.moved", _("Assessment moved to a newer release"), _("{actor} moved {object} to a newer release of the catalogue"))
register("assessment.submitted", _("Submitted for sign-off"), _("{actor} submitted {object} for sign-off"))
register("assessment.signed", _("Signed at a stage"), verdicts_told.SIGNED, verdicts_told.SIGNATURE)
register("assessment.abstained", _("Abstained"), _("{actor} abstained from deciding on {object}: {reason}"))
register("assessment.expired", _("Approval expired"), _("The approval of {object} expired on its review date"))
register("assessment.superseded", _("Approval superseded"), _("The approval of {object} was superseded by a newer one"))
register("assessment.succeeded", _("Next assessment started"), _("{actor} started the next assessment of {object}"))
register(
    "assessment.continued",
    _("Assessment begun from the one before"),
    _("{actor} began {object} with all that the assessment before it holds, record {snapshot}"),
)
register("record.part_read", _("Part of a record read"), _("{actor} read “{part}” in record {snapshot} of {object}"))
register(
    "finding.treated", _("Treatment of a finding set"), _("{actor} set the treatment of {finding} of {option} in {object} to {treatment}")
)
register(
    "finding.untreated", _("Treatment of a finding taken back"), _("{actor} took back the treatment of {finding} of {option} in {object}")
)
register(
    "acceptance.expired",
    _("Acceptance of a finding expired"),
    _("The acceptance of {finding} in {object} expired, and the finding is open again"),
)
register("condition.met", _("Condition met"), _("{actor} marked condition {condition} of {object} as met: {reason}"))
register("condition.reopened", _("Condition reopened"), _("{actor} reopened condition {condition} of {object}: {reason}"))
register("policy.set", _("Policy of the sign-off set"), _("{actor} set version {version} of the policy of the sign-off: {reason}"))
register("delegation.made", _("Delegation made"), _("{actor} let {to_name} sign for {of_name} from {starts_on} to {ends_on}: {reason}"))
register("delegation.ended", _("Delegation ended"), _("{actor} ended the delegation from {of_name} to {to_name}"))
register("assessment.returned", _("Returned for changes"), _("{actor} returned {object}: {reason}"))
register("assessment.approved", _("Signed and approved"), verdicts_told.APPROVED, verdicts_told.APPROVAL)
register("assessment.rejected", _("Signed and rejected"), _("{actor} signed and rejected {object}: {reason}"))
register("assessment.withdrawn", _("Withdrawn"), _("{actor} withdrew {object}: {reason}"))
register("option.added", _("Option added"), _("{actor} added the option {option} to {object}"))
register("option.changed", _("Option changed"), _("{actor} changed the option {option} of {object}"))
register("option.removed", _("Option removed"), _("{actor} removed the option {option} from {object}"))
register("response.saved", _("Question answered"), _("{actor} answered {question} of {object}"), answers_told.RESPONSE)
register(
    "answers.copied",
    _("Answers copied to another option"),
    _("{actor} copied {count:answer|answers} of the option {from} to {option} in {object}"),
)
register("figure.saved", _("Figure entered"), _("{actor} entered {figure} of {object}"), answers_told.FIGURE)
register("section.assigned", _("Section assigned"), _("{actor} asked {person_name} to answer {sections} of {object}"))
register(
    "section.assignment_changed", _("Assignment changed"), _("{actor} changed what {person_name} is asked for in {sections} of {object}")
)
register("section.reassigned", _("Assignment passed on"), _("{actor} passed {sections} of {object} on from {former_name} to {person_name}"))
register("section.unassigned", _("Assignment withdrawn"), _("{actor} asks {person_name} no more to answer {sections} of {object}"))
register("section.done", _("Assignment done"), _("{actor} is through with {sections} of {object}"))
register("section.not_done", _("Assignment taken up again"), _("{actor} isn't through with {sections} of {object} after all"))
register("comment.written", _("Comment written"), _("{actor} commented on {question} of {object}"))
register("comment.asked", _("Question to a colleague"), _("{actor} asked {asked_name} about {question} of {object}"))
register("comment.deleted", _("Comment deleted"), _("{actor} deleted their comment on {question} of {object}"))
register("comment.resolved", _("Comments settled"), _("{actor} settled the comments on {question} of {object}"))
register("comment.reopened", _("Comments reopened"), _("{actor} reopened the comments on {question} of {object}"))
register("weights.set", _("Weights set"), _("{actor} set the weights of {object}"))
register("evidence.attached", _("Evidence attached"), _("{actor} attached evidence to {question} of {object}"))
register("evidence.removed", _("Evidence removed"), _("{actor} removed evidence from {question} of {object}"))
register("evidence.downloaded", _("Evidence downloaded"), _("{actor} downloaded evidence of {object}"))
register(
    "organisation.answered",
    _("Question answered for the organisation"),
    _("{actor} answered {question} for the organisation"),
    answers_told.ORGANISATION,
)
register("option.proposed", _("Option proposed"), _("{actor} proposed the option {option} of {object}"))
register(
    "portfolio.exported",
    _("Portfolio exported"),
    _("{actor} exported the portfolio of {object} as a workbook: {count:assessment|assessments}"),
)

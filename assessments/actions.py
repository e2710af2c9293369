"""What the trail can say about assessments: each action with its sentence."""

from audit.actions import register

register("assessment.created", "{actor} created the assessment {object}")
register("assessment.imported", "{actor} filled {object} from an assessment file")
register("assessment.exported", "{actor} exported {object} as an assessment file")
register("assessment.changed", "{actor} changed the description of {object}")
register("assessment.submitted", "{actor} submitted {object} for sign-off")
register("assessment.returned", "{actor} returned {object}: {reason}")
register("assessment.approved", "{actor} signed and approved {object}")
register("assessment.rejected", "{actor} signed and rejected {object}: {reason}")
register("assessment.withdrawn", "{actor} withdrew {object}: {reason}")
register("option.added", "{actor} added the option {option} to {object}")
register("option.changed", "{actor} changed the option {option} of {object}")
register("option.removed", "{actor} removed the option {option} from {object}")
register("response.saved", "{actor} answered {question} of {object}")
register("figure.saved", "{actor} entered {figure} of {object}")
register("weights.set", "{actor} set the weights of {object}")
register("evidence.attached", "{actor} attached evidence to {question} of {object}")
register("evidence.removed", "{actor} removed evidence from {question} of {object}")
register("evidence.downloaded", "{actor} downloaded evidence of {object}")
register("option.proposed", "{actor} proposed the option {option} of {object}")

"""The words in which changes are told: headings of groups, labels of parts, and values that a record holds as codes."""

from __future__ import annotations

from collections.abc import Mapping

from compliance import terms
from compliance.marking import marked as _
from compliance.terms import SOURCINGS

GROUPS: Mapping[str, str] = {  # in the order in which they are told
    "proposal": _("Use case and proposal"),
    "options": _("Options"),
    "answers": _("Answers"),
    "figures": _("Demand and cost figures"),
    "weights": _("Weights"),
    "results": _("Results"),
    "findings": _("Findings and what is done about them"),
    "obligations": _("Obligations"),
    "routing": _("Stages of sign-off"),
    "people": _("People with a part in it"),
    "catalogue": _("Catalogue"),
    "computed": _("Figures behind the results"),
    "software": _("Software that computed it"),
    "other": _("Other"),
}

KINDS: Mapping[str, str] = {"added": _("New"), "removed": _("Gone"), "changed": _("Changed")}

SUBJECTS: Mapping[str, str] = {  # what stands alone in its group and has no name of its own
    "assessment": _("Assessment"),
    "organisation": _("Organisation"),
    "use_case": _("Use case"),
    "proposal": _("Proposal"),
    "as_of": _("Day on which it was read"),
    "options": _("Options"),
    "weights": _("Where the weights come from"),
    "recommendation": _("Recommendation"),
    "ranking": _("Ranking"),
    "class": _("Class under the AI Act"),
    "routing": _("Rules of sign-off"),
    "facts": _("What the rules of sign-off were asked of"),
    "submitted": _("Who submitted it"),
    "release": _("Release"),
    "robustness": _("How weights and values are varied"),
    "sureness": _("How sure the ranking is"),
    "flips": _("What would change the recommendation"),
    "trace": _("How the figures were derived"),
    "scenarios": _("Scenarios"),
    "break_even": _("Volumes at which costs are equal"),
    "accountability": _("What accountability costs and saves"),
    "unanswered": _("Answers that are missing"),
    "ignored": _("Answers that don't count"),
}

PARTS: Mapping[str, str] = {
    "answer": _("Answer"),
    "basis": _("What it rests on"),
    "note": _("Note"),
    "by": _("Answered"),
    "evidence": _("Evidence"),
    "archetype": _("Kind"),
    "owner": _("Answers for it"),
    "option": _("Option"),
    "order": _("Order"),
    "source": _("Source"),
    "stated": _("Weight that was stated"),
    "weight": _("Share of the whole"),
    "score_best": _("Best that it could be"),
    "score_range": _("Score in 10, 50 and 90 of 100 draws at most"),
    "total": _("Cost over the horizon"),
    "total_range": _("Cost in 10, 50 and 90 of 100 draws at most"),
    "costs_complete": _("All costs are known"),
    "expected_per_year": _("Expected loss a year"),
    "p95": _("Loss that 95 of 100 years stay within"),
    "risk_class": _("Class"),
    "at_least": _("At least"),
    "because": _("Rests on the answers to"),
    "acceptable_by": _("Can be accepted by"),
    "message": _("What it says"),
    "blocker": _("Is a blocker"),
    "inherent": _("Inherent rating"),
    "residual": _("Residual rating"),
    "people": _("Asked by name"),
    "status": _("Status"),
    "needed": _("Approvals needed"),
    "due_days": _("Days to decide"),
    "part": _("Part"),
    "reference": _("Reference"),
    "fallback": _("Fallback"),
    "outcome": _("Outcome"),
    "reasons": _("Reasons"),
    "place": _("Where it stands"),
}
# What is said of a treatment, as its form asks for it, and of a submission in other words than elsewhere.
PARTS_OF: Mapping[tuple[str, str], str] = {
    ("finding", "treatment"): _("What is done about it"),
    ("finding", "plan"): _("How, or why nothing has to be done"),
    ("finding", "residual"): _("How grave it is after that"),
    ("finding", "owner"): _("Who sees to it"),
    ("finding", "due_on"): _("Until when"),
    ("submitted", "by"): _("Submitted by"),
}

STATES = {
    "unknown": _("Unknown"),
    "not_applicable": _("Not applicable"),
    "unanswered": _("Not answered"),
    "hidden": _("Not asked"),
    "open": _("Not known yet whether it is asked"),
}
BASES = {
    "unsupported": _("Unsupported"),
    "self_declared": _("Self-declared"),
    "published": _("Published"),
    "contractual": _("Contractual"),
    "certified": _("Certified"),
}
CLASSES = terms.CLASSES | {"undetermined": _("Undetermined")}
TURNS = {"response": _("an answer"), "weight": _("weights"), "demand": _("demand"), "cost": _("a cost figure")}
OUTCOMES = {"clear": _("Clear"), "leaning": _("Leaning"), "too_close": _("Too close to call"), "none_admissible": _("None admissible")}
STATUSES = {"met": _("Met"), "gap": _("Gap"), "unknown": _("Unknown")}
RATINGS = {"none": _("None"), "low": _("Low"), "medium": _("Medium"), "high": _("High"), "critical": _("Critical")}
TREATMENTS = {"mitigate": _("Mitigate"), "accept": _("Accept"), "transfer": _("Transfer"), "avoid": _("Avoid")}
QUORUMS = {"any": _("Any of them"), "all": _("All of them"), "some": _("A number of them")}
PEOPLE = {"author": _("Author"), "answered": _("Answered"), "approver": _("Approver")}
CODES: Mapping[str, Mapping[str, str]] = {
    "basis": BASES,
    "sourcing": SOURCINGS,
    "risk_class": CLASSES,
    "at_least": CLASSES,
    "outcome": OUTCOMES,
    "status": STATUSES,
    "by_option": STATUSES,
    "severity": RATINGS,
    "inherent": RATINGS,
    "residual": RATINGS,
    "treatment": TREATMENTS,
    "quorum": QUORUMS,
    "part": PEOPLE,
}


def label_of(kind: str, part: str) -> str:
    """What a part is called, by its name up to the first dot or colon."""
    known = PARTS_OF.get((kind, part)) or PARTS.get(part)
    return known or part.replace("_", " ").replace("-", " ").capitalize()

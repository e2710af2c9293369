"""The words in which changes are told: headings of groups, labels of parts, and values that a record holds as codes."""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: Mapping[str, str] = {  # in the order in which they are told
    "proposal": "Use case and proposal",
    "options": "Options",
    "answers": "Answers",
    "figures": "Demand and cost figures",
    "weights": "Weights",
    "results": "Results",
    "findings": "Findings and what is done about them",
    "obligations": "Obligations",
    "routing": "Stages of sign-off",
    "people": "People with a part in it",
    "catalogue": "Catalogue",
    "computed": "Figures behind the results",
    "software": "Software that computed it",
    "other": "Other",
}

KINDS: Mapping[str, str] = {"added": "New", "removed": "Gone", "changed": "Changed"}

SUBJECTS: Mapping[str, str] = {  # what stands alone in its group and has no name of its own
    "assessment": "Assessment",
    "organisation": "Organisation",
    "use_case": "Use case",
    "proposal": "Proposal",
    "as_of": "Day on which it was read",
    "options": "Options",
    "weights": "Where the weights come from",
    "recommendation": "Recommendation",
    "ranking": "Ranking",
    "class": "Class under the AI Act",
    "routing": "Rules of sign-off",
    "facts": "What the rules of sign-off were asked of",
    "submitted": "Who submitted it",
    "release": "Release",
    "robustness": "How weights and values are varied",
    "sureness": "How sure the ranking is",
    "flips": "What would change the recommendation",
    "trace": "How the figures were derived",
    "scenarios": "Scenarios",
    "break_even": "Volumes at which costs are equal",
    "accountability": "What accountability costs and saves",
    "unanswered": "Answers that are missing",
    "ignored": "Answers that don't count",
}

PARTS: Mapping[str, str] = {
    "answer": "Answer",
    "basis": "What it rests on",
    "note": "Note",
    "by": "Answered",
    "evidence": "Evidence",
    "archetype": "Kind",
    "owner": "Answers for it",
    "option": "Option",
    "order": "Order",
    "source": "Source",
    "stated": "Weight that was stated",
    "weight": "Share of the whole",
    "score_best": "Best that it could be",
    "score_range": "Score in 10, 50 and 90 of 100 draws at most",
    "total": "Cost over the horizon",
    "total_range": "Cost in 10, 50 and 90 of 100 draws at most",
    "costs_complete": "All costs are known",
    "expected_per_year": "Expected loss a year",
    "p95": "Loss that 95 of 100 years stay within",
    "risk_class": "Class",
    "at_least": "At least",
    "because": "Rests on the answers to",
    "acceptable_by": "Can be accepted by",
    "message": "What it says",
    "blocker": "Is a blocker",
    "inherent": "Inherent rating",
    "residual": "Residual rating",
    "due_on": "Due on",
    "people": "Asked by name",
    "status": "Status",
    "needed": "Approvals needed",
    "due_days": "Days to decide",
    "part": "Part",
    "reference": "Reference",
    "fallback": "Fallback",
    "outcome": "Outcome",
    "reasons": "Reasons",
    "place": "Where it stands",
}
# What is said of a treatment and of a submission in other words than elsewhere.
PARTS_OF: Mapping[tuple[str, str], str] = {
    ("finding", "owner"): "Owner",
    ("submitted", "by"): "Submitted by",
}

STATES = {
    "unknown": "Unknown",
    "not_applicable": "Not applicable",
    "unanswered": "Not answered",
    "hidden": "Not asked",
    "open": "Not known yet whether it is asked",
}
BASES = {
    "unsupported": "Unsupported",
    "self_declared": "Self-declared",
    "published": "Published",
    "contractual": "Contractual",
    "certified": "Certified",
}
SOURCINGS = {
    "closed_api": "Closed API",
    "managed_open": "Managed open weights",
    "self_hosted_open": "Self-hosted open weights",
    "on_device_open": "On-device open weights",
}
CLASSES = {
    "prohibited": "Prohibited practice",
    "high": "High-risk",
    "limited": "Limited risk",
    "minimal": "Minimal risk",
    "out_of_scope": "Out of scope",
    "undetermined": "Undetermined",
}
TURNS = {"response": "an answer", "weight": "weights", "demand": "demand", "cost": "a cost figure"}
INSTRUMENTS = {
    "ai-act": "EU AI Act",
    "gdpr": "GDPR",
    "dora": "DORA",
    "nis2": "NIS2",
    "data-act": "Data Act",
    "product-liability": "Product liability",
    "cra": "Cyber Resilience Act",
}
OUTCOMES = {"clear": "Clear", "leaning": "Leaning", "too_close": "Too close to call", "none_admissible": "None admissible"}
STATUSES = {"met": "Met", "gap": "Gap", "unknown": "Unknown"}
RATINGS = {"none": "None", "low": "Low", "medium": "Medium", "high": "High", "critical": "Critical"}
TREATMENTS = {"mitigate": "Mitigate", "accept": "Accept", "transfer": "Transfer", "avoid": "Avoid"}
QUORUMS = {"any": "Any of them", "all": "All of them", "some": "A number of them"}
PEOPLE = {"author": "Author", "answered": "Answered", "approver": "Approver"}
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

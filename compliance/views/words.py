"""Words for the ids that the catalogue's classes use; everything else that a page says of the catalogue is the catalogue's own text."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from compliance import terms

INSTRUMENTS = {id_: _(name) for id_, name in terms.INSTRUMENTS.items()}
CLASSES = {id_: _(name) for id_, name in terms.CLASSES.items()}
SOURCINGS = {id_: _(name) for id_, name in terms.SOURCINGS.items()} | {"none": _("No fallback of its own")}

CLASS_TONES = {"prohibited": "bad", "high": "warn", "limited": "info", "minimal": "good", "out_of_scope": "good"}
VERIFIED = {
    "primary": _("Checked against the primary text"),
    "secondary": _("From a secondary source"),
    "computed": _("Computed from stated figures"),
    "to_check": _("Still to be checked"),
    "judgement": _("Our own judgement"),
}
ANSWERED_BY = {
    "risk": _("risk"),
    "legal": _("legal"),
    "security": _("security"),
    "data-protection": _("data protection"),
    "sre": _("site reliability"),
    "ml": _("machine learning"),
    "finance": _("finance"),
    "product": _("product"),
    "procurement": _("procurement"),
}
BASES = {
    "unsupported": _("Unsupported"),
    "self_declared": _("Self-declared"),
    "published": _("Published"),
    "contractual": _("Contractual"),
    "certified": _("Certified"),
}
SCOPES = {"use_case": _("the use case"), "option": _("each option")}
ROLES = {
    "risk_officer": _("a risk officer"),
    "contributor": _("a contributor"),
    "approver": _("an approver"),
    "auditor": _("an auditor"),
    "administrator": _("an administrator"),
}
LEANS = {"closed": _("Usually leans closed"), "open": _("Usually leans open")}
# What conditions read besides questions, and what a page calls it.
VARIABLES = {
    "archetype": _("The kind of use case"),
    "sourcing": _("How the option is sourced"),
    "fallback_sourcing": _("How the option’s fallback is sourced"),
    "risk_class": _("The class under the AI Act"),
    "act_points": _("What the class rests on"),
    "settled_points": _("What the class rests on, once nothing more can come to it"),
}
PARTS = {
    "questionnaire": _("Questionnaires"),
    "section": _("Sections"),
    "question": _("Questions"),
    "criterion": _("Criteria"),
    "archetype": _("Kinds of use case"),
    "profile": _("Profiles of weights"),
    "rule": _("Rules"),
    "obligation": _("Obligations"),
    "proposal": _("Proposals"),
    "provider": _("Providers"),
    "model": _("Models"),
    "scenario": _("Scenarios"),
    "source": _("Sources"),
    "class": _("Classes of the AI Act"),
    "class line": _("Lines of the AI Act’s decision table"),
    "cost category": _("Cost categories"),
    "cost figure": _("Cost figures"),
    "exchange rate": _("Exchange rates"),
    "published value": _("Published values"),
    "price": _("Prices"),
    "benchmark": _("Benchmarks"),
    "loss scenario": _("Scenarios of loss"),
    "loss change": _("What changes a loss"),
    "loss transfer": _("Who else bears a loss"),
    "robustness": _("Doubts and weights"),
    "recommendation": _("Recommendation"),
    "staleness": _("When data is out of date"),
    "arithmetic": _("Arithmetic of the calculators"),
}
# Kinds of what rests on a source, beside the parts above.
RESTING = {"cost": _("Cost figures"), "clock": _("Reporting clocks"), "measure": _("Measures"), "exchange": _("Exchange rates")}
FIELDS = {
    "text": _("Text"),
    "title": _("Title"),
    "why": _("Why it is asked"),
    "help": _("Guidance"),
    "when": _("Condition"),
    "met_when": _("Shown met where"),
    "shown_by": _("Questions that show it met"),
    "scope": _("Read for"),
    "obligations": _("Obligations"),
    "answered_by": _("Usually answered by"),
    "choices": _("Answers"),
    "bands": _("Bands"),
    "sources": _("Sources"),
    "dates": _("Dates"),
    "because": _("Read from"),
    "likely": _("Likely figure"),
    "low": _("Low figure"),
    "high": _("High figure"),
    "on": _("As of"),
    "defaults": _("Defaults by sourcing"),
    "of_organisation": _("Asked of the organisation"),
    "by_appetite": _("Thresholds by risk appetite"),
    "appetite_question": _("Question of risk appetite"),
    "acceptable_by": _("Can be accepted by"),
    "question": _("Question"),
    "frequency": _("How often"),
    "magnitude": _("How costly"),
    "spread": _("Spread of the cost of one event"),
    "share": _("Share borne by others"),
    "cap_months": _("Cap in months of the fee"),
    "weight_factor": _("Factor around each weight"),
    "doubts": _("Doubt by basis"),
    "clear_acceptability": _("Least acceptability of a clear recommendation"),
    "leaning_acceptability": _("Least acceptability of a leaning one"),
}

"""What an evaluation was held against, for the snapshot: thresholds of the recommendation, rates of exchange, and classes that were ruled out.

They stand in the catalogue's release, which a reader of the record doesn't have.
"""

from __future__ import annotations

from typing import Any

from assessments.models import Assessment
from assessments.scoring.costs import newest_rates
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.recommend import lead, thresholds
from assessments.scoring.rounding import plain

LIMITS = ("clear_margin", "leaning_margin", "clear_completeness", "clear_acceptability", "leaning_acceptability")


def grounds(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "thresholds": _thresholds(evaluation),
        "margin": str(lead(*evaluation.ranking[:2])) if len(evaluation.ranking) > 1 else None,
        "rates": _rates(evaluation),
        "ruled_out": _ruled_out(evaluation),
    }


def figures(assessment: Assessment) -> list[dict[str, str]]:
    """Who entered each cost figure; the figures themselves stand in the file."""
    entered = assessment.figures.exclude(option=None).exclude(key="").select_related("option", "entered_by")
    return [
        {"option": f.option.key, "figure": f"{f.category}.{f.key}", "by": f.entered_by.name if f.entered_by else ""}
        for f in entered.order_by("option__position", "category", "key")
        if f.option
    ]


def _thresholds(evaluation: Evaluation) -> dict[str, str]:
    """Those that applied, with the appetite that they hold for where one was asked."""
    rules = evaluation.release.recommendation
    limits = thresholds(rules, evaluation.sheet)
    held = {key: plain(value) for key in LIMITS if (value := getattr(limits, key)) is not None}
    asked = evaluation.sheet.asked.get(rules.appetite_question or "")
    if asked is None or not rules.by_appetite or not asked.applicable:
        return held
    answer = asked.answer.value if asked.answer else None
    return held | {"appetite": next((c.text for c in asked.question.choices if c.id == answer), "")}


def _rates(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The newest rate on or before the day of each currency that the costs are in or are counted in, but for the catalogue's base."""
    facts, exchange = evaluation.facts, evaluation.release.exchange
    into = facts.demand.currency or exchange.base
    used = sorted({o.costs.currency or into for o in facts.options} | {into})
    newest = newest_rates(exchange, facts.as_of)
    if used == [into]:
        return []
    return [
        {
            "currency": rate.currency,
            "base": exchange.base,
            "rate": plain(rate.rate),
            "on": rate.on.isoformat(),
            "sources": list(rate.sources),
        }
        for currency in used
        if (rate := newest.get(currency))
    ]


def _ruled_out(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The classes that were read before the one that was found, none of whose lines holds, with the questions that their lines read. While the
    class is undetermined, those before the one that can't be told yet."""
    found, lines = evaluation.classification, evaluation.release.class_rules
    until = found.basis[0].reference if found.risk_class == "undetermined" and found.basis else None
    out: list[dict[str, Any]] = []
    for heading in evaluation.release.class_headings:
        if heading.risk_class == found.risk_class or heading.reference == until:
            break
        read = dict.fromkeys(question for line in lines if line.risk_class == heading.risk_class for question in line.because)
        out.append({"risk_class": heading.risk_class, "reference": heading.reference, "text": heading.text, "because": list(read)})
    return out

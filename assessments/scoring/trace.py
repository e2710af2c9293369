"""The derivation of every number of an evaluation, as a tree down to the response or figure that it came from (``trace_node.py``)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from assessments.scoring import trace_costs, trace_risk
from assessments.scoring.answers import Asked
from assessments.scoring.facts import Value
from assessments.scoring.output import loss_amounts
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import money, plain, points, share, whole
from assessments.scoring.trace_node import Node, node
from assessments.scoring.values import CriterionValue, Term
from assessments.scoring.words import in_currency, measured
from compliance.catalogue.conditions import references
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Question

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation

BETWEEN = {"linear": "evenly between", "log": "on a logarithmic scale between"}


def derivation(evaluation: Evaluation) -> Node:
    """The whole tree. Needs a local decimal context."""
    known = index(evaluation.release)
    amounts = loss_amounts([o.loss for o in evaluation.options if o.loss])
    options = [_option(known, evaluation, option, amounts) for option in evaluation.options]
    crossings = [trace_costs.break_even(evaluation, position) for position in range(len(evaluation.break_even))]
    demand = evaluation.facts.demand
    tokens = (demand.input_tokens_per_month or Decimal(0)) + (demand.output_tokens_per_month or Decimal(0))
    volume = node(
        "tokens a month", whole(tokens), "input + output", trace_costs.volumes(demand), key="demand.tokens_per_month", unit="tokens"
    )
    return node("evaluation", "", "every number below, down to what it rests on", [
        volume, *options, *crossings, *trace_risk.robustness(known, evaluation), *trace_risk.accountability(evaluation),
    ])  # fmt: skip


def _option(known: Index, evaluation: Evaluation, option: OptionResult, amounts: list[int]) -> Node:
    key = f"options.{option.facts.id}"
    values = {c: _criterion(known, evaluation, option, v, f"{key}.values.{c}") for c, v in option.criteria.items()}
    shares = [
        node(
            f"points from {known.criteria[c].title}",
            plain(round(option.contribution(c) * 100, 6)),
            "100 × weight × value",
            [_weight(known, evaluation, option, c, key), values[c]],
        )
        for c in option.criteria
    ]
    best = [_better(known, option, c, v, f"{key}.values.{c}.best") for c, v in option.criteria.items()]
    complete = [_known(known, c, v, f"{key}.values.{c}.completeness") for c, v in option.criteria.items()]
    of_best = "100 × Σ weight × best"
    if len(evaluation.weights) > 1:
        of_best += ", the most of all archetypes, since none is chosen"
    inputs = [
        node("score", points(option.score.value), "Σ points", shares, key=f"{key}.score"),
        node("best score still possible", points(option.score.best), of_best, best, key=f"{key}.score_best"),
        node(
            "completeness", share(option.score.completeness), "Σ weight × completeness", complete, key=f"{key}.completeness", unit="share"
        ),
        trace_costs.costs(known, evaluation, option, f"{key}.costs"),
        *_blockers(evaluation, option, f"{key}.blockers"),
        *trace_risk.score_range(evaluation, option, key),
        *(trace_risk.least(known, c, v, f"{key}.values.{c}.least") for c, v in option.criteria.items() if v.doubt),
        *trace_risk.loss(evaluation, option, amounts, f"{key}.loss"),
    ]
    return node(option.facts.label, points(option.score.value), "", inputs, key=key)


def _blockers(evaluation: Evaluation, option: OptionResult, key: str) -> list[Node]:
    """What keeps the option out: each rule with its condition and the answers that it reads."""
    known, asked = index(evaluation.release), {**evaluation.sheet.asked, **option.sheet.asked}
    nodes = []
    for blocker in option.blockers:
        read = [known.by_variable[name] for name in sorted(references(blocker.rule.when)) if name in known.by_variable]
        answers = [
            node(q.text, _shown(a.value) if (a := asked[q.id].answer) else "unanswered", question=q.id, basis=a.basis if a else "")
            for q in read
            if q.id in asked
        ]
        holds = "holds" if blocker.certain else "can't be ruled out"
        nodes.append(
            node(blocker.rule.title, holds, blocker.rule.when, answers, question=blocker.rule.question, source=list(blocker.rule.sources))
        )
    return [node("blockers", str(len(nodes)), "no score outweighs one", nodes, key=key)] if nodes else []


def _weight(known: Index, evaluation: Evaluation, option: OptionResult, criterion: str, key: str) -> Node:
    names = list(evaluation.weights)
    name = names[0] if len(names) == 1 else "the archetype that gives the lowest score, since none is chosen"
    profile = evaluation.weights[names[0]] if len(names) == 1 else {}
    of = known.archetypes.get(name) or known.profiles.get(name)
    stated = (
        [node(f"stated weight ({of.title if of else name})", plain(profile.get(criterion, Decimal(0))))] if profile else [node(name, "")]
    )
    return node(
        f"weight of {known.criteria[criterion].title}",
        share(option.score.weights[criterion]),
        "stated weight ÷ sum of the stated weights of the criteria that apply",
        stated,
        key=f"{key}.values.{criterion}.weight",
    )


def _criterion(known: Index, evaluation: Evaluation, option: OptionResult, value: CriterionValue, key: str) -> Node:
    terms = [_term(evaluation, option, t) for t in value.terms]
    return node(f"value of {known.criteria[value.id].title}", share(value.value), "Σ weight × value ÷ Σ weight", terms, key=f"{key}.value")


def _better(known: Index, option: OptionResult, criterion: str, value: CriterionValue, key: str) -> Node:
    terms = [node(t.name, share(t.best), f"best; weight {plain(t.weight)}") for t in value.terms if t.best != t.value]
    formula = "Σ weight × best ÷ Σ weight: as the value, with 1 for what is unanswered" if terms else "the value: everything is answered"
    return node(f"best of {known.criteria[criterion].title}", share(value.best), formula, terms, key=key)


def _known(known: Index, criterion: str, value: CriterionValue, key: str) -> Node:
    terms = [node(t.name, share(t.completeness), f"weight {plain(t.weight)}", unit="share") for t in value.terms if t.completeness != 1]
    return node(
        f"completeness of {known.criteria[criterion].title}",
        share(value.completeness),
        "known weight ÷ Σ weight",
        terms,
        key=key,
        unit="share",
    )


def _term(evaluation: Evaluation, option: OptionResult, term: Term) -> Node:
    formula = f"weight {plain(term.weight)}"
    if term.asked is None:
        return _measure(evaluation, option, term, formula)
    question, response = term.asked.question, term.asked.response
    return node(
        question.text,
        share(term.value),
        f"{formula}; {_how(term.asked)}",
        [node("response", _shown(response.value), unit=in_currency(question.unit, option.costs.currency))]
        if response and response.state == "answered"
        else [],
        question=question.id,
        basis=response.basis if response else "",
        source=list(question.sources),
    )


def _how(asked: Asked) -> str:
    question = asked.question
    if asked.visible is None:
        return "whether it is asked hangs on an answer that is missing: counts as unanswered, 0"
    if asked.answer is None:
        return "unanswered: 0"
    if question.type == "number" and question.anchors:
        a = question.anchors
        return f"0 at {plain(a.worst)}, 1 at {plain(a.best)}, {BETWEEN[a.scale]}"
    return f"value of the choice: {_choice_values(question, asked.answer.value)}"


def _choice_values(question: Question, value: Value) -> str:
    chosen = value if isinstance(value, tuple) else (value,)
    values = {c.id: plain(c.value or Decimal(0)) for c in question.choices}
    parts = [f"{c} = {values[str(c)]}" for c in chosen]
    return f"the least of {', '.join(parts)}" if len(parts) > 1 else "".join(parts) or "none chosen = 1"


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _measure(evaluation: Evaluation, option: OptionResult, term: Term, formula: str) -> Node:
    measure = next(c.measure for c in evaluation.release.criteria if c.measure and c.measure.of == term.name)
    costs, demand, anchors = option.costs, evaluation.facts.demand, measure.anchors
    scale = f"0 at {plain(anchors.worst)}, 1 at {plain(anchors.best)}, {BETWEEN[anchors.scale]}"
    if term.name == "weeks_to_production":
        inputs = [node("weeks to production", plain(costs.weeks), unit="weeks")] if costs.weeks is not None else []
        how = scale if inputs else "the costs say nothing of it: 0"
        return node("weeks to production", share(term.value), f"{formula}; {how}", inputs, source=list(measure.sources))
    inputs = []
    if costs.total is not None and demand.budget and demand.horizon_months:
        budget = demand.budget
        limit, target = (measured(f"{b.normalize():,f}", costs.currency) for b in (budget.limit_per_month, budget.target_per_month))
        scale = f"0 at the budget's limit of {limit} a month, 1 at its target of {target}, {BETWEEN['linear']}"
        inputs = [node("cost a month", money(costs.total / demand.horizon_months), "total ÷ months", unit=costs.currency)]
    elif costs.per_million_tokens is not None:
        scale += f" ({evaluation.release.exchange.base} per million tokens)"
        inputs = [
            node(
                "cost per million tokens",
                money(costs.per_million_tokens),
                "total ÷ all tokens of the horizon × 1,000,000",
                unit=costs.currency,
            )
        ]
    if not costs.complete:
        scale = f"the costs aren't complete: 0, at best {share(term.best)} by what is known ({scale})"
    return node("monthly cost", share(term.value), f"{formula}; {scale}", inputs, source=list(measure.sources))

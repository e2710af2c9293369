"""The derivation of every number of an evaluation, as a tree down to the response or figure that it came from (``trace_node.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assessments.scoring import trace_risk
from assessments.scoring.answers import Asked
from assessments.scoring.costs import CATEGORIES, DEFAULTS, MonthlyPlan, likely
from assessments.scoring.facts import Costs, Demand, Range, Value
from assessments.scoring.output import loss_amounts
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import money, plain, points, share, whole
from assessments.scoring.trace_node import Node, node
from assessments.scoring.values import CriterionValue, Term
from compliance.catalogue.conditions import references
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Question

if TYPE_CHECKING:
    from assessments.scoring.evaluate import Evaluation


def derivation(evaluation: Evaluation) -> Node:
    """The whole tree. Needs a local decimal context."""
    known = index(evaluation.release)
    amounts = loss_amounts([o.loss for o in evaluation.options if o.loss])
    options = [_option(known, evaluation, option, amounts) for option in evaluation.options]
    crossings = [_break_even(evaluation, position) for position in range(len(evaluation.break_even))]
    demand = evaluation.facts.demand
    tokens = (demand.input_tokens_per_month or Decimal(0)) + (demand.output_tokens_per_month or Decimal(0))
    volume = node("tokens a month", whole(tokens), "input + output", _volumes(demand), key="demand.tokens_per_month")
    return node("evaluation", "", "every number below, down to what it rests on", [
        volume, *options, *crossings, *trace_risk.robustness(known, evaluation), *trace_risk.accountability(evaluation),
    ])  # fmt: skip


def _option(known: Index, evaluation: Evaluation, option: OptionResult, amounts: list[int]) -> Node:
    key = f"options.{option.facts.id}"
    values = {c: _criterion(known, evaluation, option, v, f"{key}.values.{c}") for c, v in option.criteria.items()}
    shares = [
        node(
            known.criteria[c].title,
            share(option.contribution(c)),
            "weight × value",
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
        node("score", points(option.score.value), "100 × Σ weight × value", shares, key=f"{key}.score"),
        node("best score still possible", points(option.score.best), of_best, best, key=f"{key}.score_best"),
        node("completeness", share(option.score.completeness), "Σ weight × completeness", complete, key=f"{key}.completeness"),
        _costs(known, evaluation, option, f"{key}.costs"),
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
    stated = [node(f"stated weight ({name})", plain(profile.get(criterion, Decimal(0))))] if profile else [node(name, "")]
    return node(
        f"weight of {known.criteria[criterion].title}",
        share(option.score.weights[criterion]),
        "stated weight ÷ sum of the stated weights of the criteria that apply",
        stated,
        key=f"{key}.values.{criterion}.weight",
    )


def _criterion(known: Index, evaluation: Evaluation, option: OptionResult, value: CriterionValue, key: str) -> Node:
    terms = [_term(evaluation, option, t) for t in value.terms]
    return node(known.criteria[value.id].title, share(value.value), "Σ weight × value ÷ Σ weight", terms, key=f"{key}.value")


def _better(known: Index, option: OptionResult, criterion: str, value: CriterionValue, key: str) -> Node:
    terms = [node(t.name, share(t.best), f"best; weight {plain(t.weight)}") for t in value.terms if t.best != t.value]
    formula = "Σ weight × best ÷ Σ weight: as the value, with 1 for what is unanswered" if terms else "the value: everything is answered"
    return node(f"best of {known.criteria[criterion].title}", share(value.best), formula, terms, key=key)


def _known(known: Index, criterion: str, value: CriterionValue, key: str) -> Node:
    terms = [node(t.name, share(t.completeness), f"weight {plain(t.weight)}") for t in value.terms if t.completeness != 1]
    return node(f"completeness of {known.criteria[criterion].title}", share(value.completeness), "known weight ÷ Σ weight", terms, key=key)


def _term(evaluation: Evaluation, option: OptionResult, term: Term) -> Node:
    formula = f"weight {plain(term.weight)}"
    if term.asked is None:
        return _measure(evaluation, option, term, formula)
    question, response = term.asked.question, term.asked.response
    return node(
        question.text,
        share(term.value),
        f"{formula}; {_how(term.asked)}",
        [node("response", _shown(response.value))] if response and response.state == "answered" else [],
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
        return f"0 at {plain(a.worst)}, 1 at {plain(a.best)}, {a.scale} between"
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
    scale = f"0 at {plain(anchors.worst)}, 1 at {plain(anchors.best)}, {anchors.scale} between"
    if term.name == "weeks_to_production":
        inputs = [node("weeks to production", plain(costs.weeks))] if costs.weeks is not None else []
        how = scale if inputs else "the category time_to_production is missing: 0"
        return node("weeks to production", share(term.value), f"{formula}; {how}", inputs, source=list(measure.sources))
    inputs = []
    if costs.total is not None and demand.budget and demand.horizon_months:
        budget = demand.budget
        scale = f"0 at the budget's limit {plain(budget.limit_per_month)}, 1 at its target {plain(budget.target_per_month)}, linear between"
        inputs = [node("cost a month", money(costs.total / demand.horizon_months), "total ÷ months")]
    elif costs.per_million_tokens is not None:
        scale += f" ({evaluation.release.exchange.base} per million tokens)"
        inputs = [node("cost per million tokens", money(costs.per_million_tokens), "total ÷ all tokens of the horizon × 1,000,000")]
    if not costs.complete:
        scale = f"the costs aren't complete: 0, at best {share(term.best)} by what is known ({scale})"
    return node("monthly cost", share(term.value), f"{formula}; {scale}", inputs, source=list(measure.sources))


def _costs(known: Index, evaluation: Evaluation, option: OptionResult, key: str) -> Node:
    costs, demand = option.costs, evaluation.facts.demand
    given = option.facts.costs
    if costs.total is None:
        return node("costs", "", "not computed: the demand gives no tokens or horizon, or a currency has no rate", key=key)
    categories = [
        node(
            known.cost_categories[c].title if c in known.cost_categories else c,
            money(costs.by_category[c]),
            _category_formula(c),
            [
                *_figures(given.categories[c], costs, given),
                *(_volumes(demand) if c in CATEGORIES[:2] else []),
                *([node("peak ratio", plain(demand.peak_ratio))] if c == "infrastructure" else []),
                *_over_time(demand),
            ],
            key=f"{key}.by_category.{c}",
        )
        for c in costs.by_category
    ]
    total = node(
        f"cost over the horizon ({costs.currency})",
        money(costs.total),
        "Σ categories; month m divided by (1 + discount) ** (m / 12), one-off costs in month 0",
        [*categories, *_over_time(demand)],
        key=f"{key}.total.likely",
    )
    inputs = [total, *trace_risk.cost_range(evaluation, option, key)]
    if costs.per_million_tokens is not None and costs.tokens is not None:
        tokens = node("tokens over the horizon", whole(costs.tokens), "Σ tokens a month × (1 + growth) ** ((m - 1) / 12)", _growing(demand))
        inputs.append(
            node(
                "cost per million tokens",
                money(costs.per_million_tokens),
                "total ÷ tokens × 1,000,000",
                [tokens],
                key=f"{key}.per_million_tokens",
            )
        )
    if costs.replicas_at_end is not None:
        inputs.append(_replicas(demand, given, costs.replicas_at_end, f"{key}.replicas_at_end"))
    inputs.append(_monthly(option, evaluation))
    return node("costs", money(costs.total), "", inputs, key=key)


def _over_time(demand: Demand) -> list[Node]:
    return [
        node("horizon in months", str(demand.horizon_months)),
        node("growth a year", plain(demand.growth_per_year or Decimal(0))),
        node("discount rate a year", plain(demand.discount_rate or Decimal(0))),
    ]


def _growing(demand: Demand) -> list[Node]:
    """What the tokens of a later month come from."""
    return [n for n in _volumes(demand) if not n["name"].startswith("cached")] + _over_time(demand)[:2]


def _category_formula(category: str) -> str:
    if category == "model_access":
        return (
            "each month the larger of the minimum and (fresh input × its price + cached input × its price + output × its price) ÷ 1,000,000"
        )
    if category == "infrastructure":
        return "one-off + each month replicas × GPUs per replica × price per hour × hours + other"
    if category == "time_to_production":
        return "weeks × cost of delay per week, in month 0"
    return "one-off + each month (per month + FTE × cost per FTE and year ÷ 12)"


def _figures(figures: Mapping[str, Range], costs: Any, given: Costs) -> list[Node]:
    nodes = [
        node(key, plain(figure.likely), "" if figure.certain else f"likely, of {plain(figure.low)} to {plain(figure.high)}")
        for key, figure in figures.items()
    ]
    if costs.rate is not None and given.currency and given.currency != costs.currency:
        nodes.append(
            node(f"{costs.currency} for one {given.currency}", plain(round(costs.rate, 8)), "newest rate of the catalogue by the day")
        )
    return nodes


def _volumes(demand: Demand) -> list[Node]:
    return [
        node("input tokens a month", plain(demand.input_tokens_per_month or Decimal(0))),
        node("cached share of input", plain(demand.cached_share)),
        node("output tokens a month", plain(demand.output_tokens_per_month or Decimal(0))),
    ]


def _replicas(demand: Demand, given: Costs, count: int, key: str) -> Node:
    figures = given.categories["infrastructure"]
    keys = ["tokens_per_second_per_replica", "utilisation_limit", "hours_per_month", "minimum_replicas"]
    keys += ["maximum_replicas"] if "maximum_replicas" in figures else []
    inputs = [node(k, plain(likely(figures, k)), "" if k in figures or k not in DEFAULTS else "default") for k in keys]
    return node(
        "replicas in the last month",
        str(count),
        "the larger of minimum_replicas and (tokens × peak ratio ÷ (hours × 3600)) ÷ (tokens per second × utilisation limit), rounded up; "
        "no more than maximum_replicas",
        [*inputs, *_growing(demand), node("peak ratio", plain(demand.peak_ratio))],
        key=key,
    )


def _break_even(evaluation: Evaluation, position: int) -> Node:
    found = evaluation.break_even[position]
    labels = {o.facts.id: o for o in evaluation.options}
    with_ = f"the published price of {found.managed.name}" if found.managed else labels[found.between[1]].facts.label
    name = f"break-even of {labels[found.between[0]].facts.label} and {with_}"
    key = f"break_even.{position}.tokens_per_month"
    if found.tokens is None:
        return node(name, "none", found.reason, key=key)
    inputs = [node(f"average monthly cost of {labels[id_].facts.label}", "", f"see options.{id_}.costs.monthly") for id_ in found.between]
    if price := found.managed:
        of = f"per million tokens at the demand's mix; published on or before {price.on.isoformat()}"
        inputs.append(node(f"price of {price.name} for {price.model}", money(price.per_million), of, source=[price.source]))
    return node(name, whole(found.tokens), "smallest volume at which the average monthly costs are equal and change order", inputs, key=key)


def _monthly(option: OptionResult, evaluation: Evaluation) -> Node:
    """What the average monthly cost at a volume is made of: enough to draw it."""
    plan, months = option.costs.plan, evaluation.facts.demand.horizon_months
    if plan is None or not months or not plan.mix_tokens or option.costs.missing:
        return node(f"average monthly cost of {option.facts.label}", "", "not known: costs or demand are incomplete")
    key = f"options.{option.facts.id}.costs.monthly"
    return node(
        f"average monthly cost of {option.facts.label} at a volume",
        "",
        "max(minimum, price × tokens) + replicas × cost of a replica + fixed + one-off ÷ months",
        [node(name, figure, key=f"{key}.{part}") for part, name, figure in _parts(plan, months)],
        key=key,
    )


def _parts(plan: MonthlyPlan, months: int) -> list[tuple[str, str, str]]:
    parts = [
        ("price_per_million", "price per million tokens at the demand's mix", _exact(plan.mix_cost / plan.mix_tokens * 1_000_000)),
        ("minimum", "minimum a month", _exact(plan.minimum)),
        ("fixed", "fixed a month", _exact(plan.fixed)),
        ("one_off", "one-off ÷ months", _exact(plan.one_off / months)),
    ]
    if plan.replica_tokens:
        parts += [
            ("replica_cost", "cost of a replica a month", _exact(plan.replica_cost)),
            ("replica_tokens", "tokens a replica serves a month", _exact(plan.replica_tokens / plan.peak_ratio)),
            ("minimum_replicas", "least number of replicas", plain(plan.minimum_replicas)),
        ]
        if plan.maximum_replicas is not None:
            parts.append(("maximum_replicas", "most replicas that can run", plain(plan.maximum_replicas)))
    return parts


def _exact(figure: Decimal) -> str:
    """Finer than money is printed, since these figures are computed with."""
    return plain(round(figure, 8))

"""The recommendation: how far the leader is ahead, how sure that is, and why, in sentences that carry their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from assessments.scoring.answers import Sheet
from assessments.scoring.costs import OptionCosts
from assessments.scoring.results import OptionResult, Recommendation
from assessments.scoring.robustness import Robustness
from assessments.scoring.rounding import money, points
from assessments.scoring.words import listed, of_hundred
from compliance.catalogue.model import Appetite
from compliance.catalogue.model import Recommendation as Rules

NAMED_AT_MOST = 3
Reason = tuple[str, tuple[str, ...]]  # a sentence, and the keys in the trace of what backs it
Thresholds = Rules | Appetite


def thresholds(rules: Rules, sheet: Sheet) -> Thresholds:
    """The thresholds for the risk appetite that was answered; the strictest where it wasn't, so that leaving it out makes nothing clearer; the
    general ones where it isn't asked."""
    asked = sheet.asked.get(rules.appetite_question or "")
    if asked is None or not rules.by_appetite or not asked.applicable:
        return rules
    if asked.answer is None:
        return max(rules.by_appetite, key=lambda a: (a.clear_margin, a.leaning_margin, a.clear_completeness, a.clear_acceptability or 0))
    return next((a for a in rules.by_appetite if a.choice == asked.answer.value), rules)


def recommend(
    limits: Thresholds,
    options: Sequence[OptionResult],
    ranking: Sequence[OptionResult],
    titles: Mapping[str, str],
    months: int | None,
    robustness: Robustness | None,
    profiles: int = 1,
) -> Recommendation:
    """``ranking`` holds the admissible options, the leader first; ``titles`` those of the criteria. Without ``robustness`` nothing is asked of
    acceptability. With several ``profiles`` of weights each option has its own worst, so criteria can't be held against each other."""
    if not ranking:
        return _recommendation("none_admissible", None, [_blocked(o) for o in options])
    leader, others = ranking[0], ranking[1:]
    reasons = [_lead(leader, others)]
    if others:
        reasons += _contributions(leader, others[0], titles) if profiles == 1 else []
        reasons += _sure(leader, robustness)
        reasons += _cost(leader, others[0], months)
    reasons += [_blocked(o) for o in options if not o.admissible]
    reasons.append(_completeness(leader))
    reasons += [_beyond_capacity(o) for o in options if o.costs.exceeded_in_month is not None]
    reasons += [_open_rival(o, leader) for o in options if o is not leader and _may_still_lead(o, leader, limits)]
    return _recommendation(_outcome(limits, options, ranking, robustness), leader.facts.id, reasons)


def _recommendation(outcome: str, option: str | None, reasons: Sequence[Reason]) -> Recommendation:
    return Recommendation(outcome, option, tuple(text for text, _ in reasons), tuple(keys for _, keys in reasons))


def _keys(name: str, *options: OptionResult) -> tuple[str, ...]:
    return tuple(f"options.{o.facts.id}.{name}" for o in options)


def _outcome(limits: Thresholds, options: Sequence[OptionResult], ranking: Sequence[OptionResult], robustness: Robustness | None) -> str:
    leader = ranking[0]
    sure = leader.score.completeness >= limits.clear_completeness and not any(
        _may_still_lead(o, leader, limits) for o in options if o is not leader
    )
    if len(ranking) == 1:
        return "clear" if sure else "leaning"
    margin = (leader.score.value - ranking[1].score.value) * 100
    first = robustness.stated[leader.facts.id][0] if robustness else None

    def often(least: Decimal | None) -> bool:
        return first is None or least is None or first >= least

    if sure and margin >= limits.clear_margin and often(limits.clear_acceptability):
        return "clear"
    return "leaning" if margin >= limits.leaning_margin and often(limits.leaning_acceptability) else "too_close"


def _may_still_lead(option: OptionResult, leader: OptionResult, limits: Thresholds) -> bool:
    """An option that isn't excluded, has much unanswered, and could overtake: leaving its answers out makes no lead clear."""
    return not option.excluded and option.score.completeness < limits.clear_completeness and option.score.best > leader.score.value


def lead(leader: OptionResult, second: OptionResult) -> Decimal:
    """Points of 100 by which an option is ahead: of the scores as they are printed, so that whoever reads both can check it."""
    return Decimal(points(leader.score.value)) - Decimal(points(second.score.value))


def _lead(leader: OptionResult, others: Sequence[OptionResult]) -> Reason:
    name, score = leader.facts.label, points(leader.score.value)
    if not others:
        return f"{name} is the only admissible option, with {score} of 100 points.", _keys("score", leader)
    second = others[0]
    keys, margin = _keys("score", leader, second), lead(leader, second)
    if not margin:
        return f"{name} and {second.facts.label} stand level with {score} of 100 points.", keys
    return f"{name} leads with {score} of 100 points, {margin} ahead of {second.facts.label} ({points(second.score.value)}).", keys


def _sure(leader: OptionResult, robustness: Robustness | None) -> list[Reason]:
    if robustness is None:
        return []
    id_ = leader.facts.id
    near, anywhere = (of_hundred(ranks[id_][0]) for ranks in (robustness.stated, robustness.any))
    return [
        (
            f"It comes first in {near} draws of weights near the stated ones and of values as far as their basis bears them, "
            f"and in {anywhere} under any weights at all.",
            (f"robustness.stated_weights.rank_acceptability.{id_}", f"robustness.any_weights.rank_acceptability.{id_}"),
        )
    ]


def _contributions(leader: OptionResult, second: OptionResult, titles: Mapping[str, str]) -> list[Reason]:
    """Where the leader gains and where it loses against the second, in points of the score."""
    criteria = [c for c in titles if c in leader.criteria or c in second.criteria]
    gaps = [(leader.contribution(c) - second.contribution(c), c) for c in criteria]
    # The sort is stable: equal gaps stay in catalogue order.
    ahead = sorted((g for g in gaps if Decimal(points(g[0])) > 0), key=lambda g: -g[0])[:NAMED_AT_MOST]
    behind = sorted((g for g in gaps if Decimal(points(g[0])) < 0), key=lambda g: g[0])[:NAMED_AT_MOST]

    def keys(named: Sequence[tuple[Decimal, str]]) -> tuple[str, ...]:
        return tuple(key for _, c in named for o in (leader, second) if c in o.criteria for key in _keys(f"values.{c}.value", o))

    sentences = []
    if ahead:
        parts = [f"{titles[c]} (+{points(gap)} points)" for gap, c in ahead]
        sentences.append((f"Against {second.facts.label} it gains most on {listed(parts)}.", keys(ahead)))
    if behind:
        parts = [f"{titles[c]} (−{points(-gap)} points)" for gap, c in behind]
        sentences.append((f"It falls behind {second.facts.label} on {listed(parts)}.", keys(behind)))
    return sentences


def _cost(leader: OptionResult, second: OptionResult, months: int | None) -> list[Reason]:
    ours, theirs = leader.costs, second.costs
    if not (ours.comparable and theirs.comparable) or ours.total is None or theirs.total is None:
        return []
    gap = Decimal(money(ours.total)) - Decimal(money(theirs.total))
    keys = _keys("costs.total.likely", leader, second)
    if not gap:
        return [(f"Over {months} months both cost {_amount(ours, ours.total)}.", keys)]
    word = "less" if gap < 0 else "more"
    return [
        (
            f"Over {months} months it costs {_amount(ours, abs(gap))} {word} than {second.facts.label} "
            f"({_amount(ours, ours.total)} against {_amount(theirs, theirs.total)}).",
            keys,
        )
    ]


def _amount(costs: OptionCosts, figure: Decimal) -> str:
    return f"{costs.currency} {Decimal(money(figure)):,}"


def _blocked(option: OptionResult) -> Reason:
    first, *more = option.blockers
    further = f" ({len(more)} further {'blocker' if len(more) == 1 else 'blockers'})" if more else ""
    return f"{option.facts.label} is not admissible: {first.message}{further}", _keys("blockers", option)


def _completeness(leader: OptionResult) -> Reason:
    percent = points(leader.score.completeness)
    keys = _keys("completeness", leader) + _keys("score_best", leader)
    if leader.score.completeness == 1:
        return f"Everything that counts for {leader.facts.label} is answered.", keys
    return (
        f"{percent} % of what counts for {leader.facts.label} is answered; "
        f"with the best of answers to the rest it would reach {points(leader.score.best)} points."
    ), keys


def _beyond_capacity(option: OptionResult) -> Reason:
    return (
        f"{option.facts.label} can't serve the demand from month {option.costs.exceeded_in_month} on with all the replicas that it may run, "
        "so it is worth nothing on cost."
    ), _keys("values.cost.value", option) if "cost" in option.criteria else _keys("score", option)


def _open_rival(option: OptionResult, leader: OptionResult) -> Reason:
    return (
        f"{option.facts.label} could still overtake {leader.facts.label}: {points(option.score.completeness)} % of it is answered, "
        f"and it would reach {points(option.score.best)} points with the best of answers."
    ), _keys("completeness", option) + _keys("score_best", option)

"""Flips by figures: the demand at which another option leads, and each cost figure that can turn it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from assessments.scoring.cost_draws import PRICES
from assessments.scoring.cost_model import CostModel, Figure, Key
from assessments.scoring.costs import conversion
from assessments.scoring.draws import Array
from assessments.scoring.facts import Response
from assessments.scoring.flip import Flip
from assessments.scoring.flip_answers import others, outward, said, shown
from assessments.scoring.flip_weights import Leaders, nearest_turn
from assessments.scoring.measures import values_of_totals, weeks_values
from assessments.scoring.read_costs import FIGURES
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import plain
from assessments.scoring.vary import SAME, Answers, Standing
from assessments.scoring.words import in_currency, listed, measured, tokens_in_words

FURTHEST = 1000.0  # times what a figure is now: beyond that nothing is looked for
TRIED_AT_MOST = 3  # answers of one option, to go with a demand


class Figures:
    """Scores of all options for many volumes, or many values of one cost figure, at once."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.evaluation = answers, answers.evaluation
        facts, release = self.evaluation.facts, self.evaluation.release
        base = release.exchange.base
        self.base_rate = conversion(release.exchange, facts.as_of, base, facts.demand.currency or base)
        self.models = {
            o.facts.id: CostModel(o.facts.costs, facts.demand, float(o.costs.rate))
            for o in self.evaluation.options
            if o.costs.complete and o.costs.total is not None and o.costs.rate is not None
        }
        self.measures = {c.id: c.measure for c in release.criteria if c.measure}

    def scores(self, option: OptionResult, standing: Standing, size: int, changed: Mapping[Key, Figure], volume: Figure = 1.0) -> Array:
        """The option's score (size,) with the figures changed, for ``standing`` with its other answers."""
        values: dict[str, Array | float] = {c: v for c in standing.sums if (v := standing.value(c)) is not None}
        model = self.models.get(option.facts.id)
        for criterion, measure in self.measures.items():
            if model is None or criterion not in values:
                continue
            term = next((t for t in option.criteria[criterion].terms if t.asked is None), None)
            drawn: Array | None = None
            if measure.of == "weeks_to_production":
                weeks = changed.get(("time_to_production", "weeks"))
                drawn = None if weeks is None else weeks_values(measure, np.asarray(weeks, dtype=np.float64))
            else:
                drawn = self._cost_values(option, model, size, changed, volume)
            if term is not None and drawn is not None:
                values[criterion] = values[criterion] + float(term.weight) / standing.sums[criterion][1] * (drawn - float(term.value))
        found = []
        for profile in self.answers.profiles:
            weight = sum(share for c, share in profile.items() if c in values)
            total = sum((profile.get(c, 0.0) * value for c, value in values.items()), np.zeros(size))
            found.append(total / weight if weight else np.zeros(size))
        return np.min(np.stack(found), axis=0)

    def _cost_values(
        self, option: OptionResult, model: CostModel, size: int, changed: Mapping[Key, Figure], volume: Figure
    ) -> Array | None:
        measure = next(m for m in self.measures.values() if m.of == "monthly_cost")
        totals = np.broadcast_to(np.asarray(model.total(changed, volume), dtype=np.float64), (size,))
        tokens = np.broadcast_to(np.asarray(model.tokens * model.volumes.sum() * np.asarray(volume, dtype=np.float64)), (size,))
        found = values_of_totals(measure.anchors, totals, tokens, self.evaluation.facts.demand, self.base_rate)
        served = model.served(changed, volume)
        return None if found is None else np.where(served, found, 0.0)

    def serves(self, option: str, volume: float) -> bool:
        """Whether the option can serve that many times the demand."""
        return option not in self.models or bool(self.models[option].served(volume=volume))

    def leaders(self, standings: tuple[Standing, ...], change: Callable[[str, Array], tuple[Mapping[Key, Figure], Figure]]) -> Leaders:
        """A function from figures to the id that leads at each. ``change`` gives for an option and the figures what changes in it."""
        fixed: dict[str, float] = {}

        def leading(figures: Array) -> list[str]:
            columns = {}
            for option, standing in zip(self.evaluation.options, standings, strict=True):
                if not standing.admissible:
                    continue
                changed, volume = change(option.facts.id, figures)
                if not changed and isinstance(volume, float):
                    if option.facts.id not in fixed:
                        fixed[option.facts.id] = self.answers.score(standing)
                    columns[option.facts.id] = np.full(len(figures), fixed[option.facts.id])
                else:
                    columns[option.facts.id] = self.scores(option, standing, len(figures), changed, volume)
            ids = sorted(columns)
            stacked = np.stack([columns[id_] for id_ in ids])
            near = stacked > stacked.max(axis=0) - SAME
            return [ids[n] for n in near.argmax(axis=0)]

        return leading

    def by_volume(self, standings: tuple[Standing, ...]) -> Leaders:
        return self.leaders(standings, lambda _option, figures: ({}, figures))


def figure_flips(answers: Answers, directly: frozenset[str | None]) -> Iterator[Flip]:
    """Flips by demand and by cost figures; ``directly``: the leaders that a single answer brings about already."""
    leader = answers.leader(answers.base)
    demand = answers.evaluation.facts.demand
    tokens = float((demand.input_tokens_per_month or 0) + (demand.output_tokens_per_month or 0))
    if not demand.horizon_months or not tokens:
        return
    figures = Figures(answers)
    if leader is not None:
        by_demand = list(_by_demand(figures, tokens, leader))
        yield from by_demand
        directly = directly | {f.leader for f in by_demand}
        for option in answers.evaluation.options:
            if option.facts.id in figures.models:
                yield from _by_cost(figures, option, leader)
    for option in answers.evaluation.options:
        if option.facts.id != leader and option.facts.id not in directly:
            found = list(_with_an_answer(figures, option, tokens, leader))
            if found:
                yield min(found, key=lambda f: f.distance)


def _by_demand(figures: Figures, tokens: float, leader: str) -> Iterator[Flip]:
    leading = figures.by_volume(figures.answers.base)
    for end in (FURTHEST, 1 / FURTHEST):
        turn = nearest_turn(leading, 1.0, end, leader, log=True)
        if turn and figures.serves(turn[1], turn[0]):
            yield _demand_flip(figures, tokens, *turn)


def _demand_flip(figures: Figures, tokens: float, factor: float, leader: str, condition: str = "") -> Flip:
    names = {o.facts.id: o.facts.label for o in figures.evaluation.options}
    to = outward(tokens * factor, factor > 1)
    verb = "passes" if factor > 1 else "falls below"
    return Flip(
        what="demand",
        from_value=f"{tokens:.0f}",
        to_value=f"{to:f}",
        distance=abs(float(to) / tokens - 1),
        leader=leader,
        text=f"{names[leader]} leads once {condition}demand {verb} {tokens_in_words(to)} tokens a month (now {tokens_in_words(Decimal(tokens))}).",
    )


def _with_an_answer(figures: Figures, option: OptionResult, tokens: float, leader: str | None) -> Iterator[Flip]:
    """The demand at which the option leads, together with one answer of its own: those that lift what keeps it out, or raise its score most."""
    answers, id_ = figures.answers, option.facts.id
    now = answers.score(_of(answers.base, id_))
    tried = []
    for asked in option.sheet.asked.values():
        for value in others(answers, id_, asked, leader) if asked.visible else ():
            standings = answers.changed(asked.question.id, id_, Response(value))
            mine = _of(standings, id_)
            if mine.admissible and ((gain := answers.score(mine) - now) > 0 or not option.admissible):
                tried.append((gain, asked, value, standings))
    tried.sort(key=lambda t: -t[0])
    for gain, asked, value, standings in tried[:TRIED_AT_MOST]:
        then = answers.leader(standings)
        if then is None:
            continue
        leading = figures.by_volume(standings)
        for end in (FURTHEST, 1 / FURTHEST):
            if (turn := nearest_turn(leading, 1.0, end, then, log=True)) and turn[1] == id_ and figures.serves(id_, turn[0]):
                condition = f"“{asked.question.text}” is answered {said(asked.question, value)} for {option.facts.label} and "
                flip = _demand_flip(figures, tokens, *turn, condition)
                yield replace(flip, question=asked.question.id, option=id_, answer=shown(value), distance=flip.distance + abs(gain))


def _of(standings: tuple[Standing, ...], option: str) -> Standing:
    return next(s for s in standings if s.id == option)


def _by_cost(figures: Figures, option: OptionResult, leader: str) -> Iterator[Flip]:
    for places in _varied(figures.models[option.facts.id]):
        category, key = places[0]
        now = float(figures.models[option.facts.id].given[category][key].likely)
        bounds = FIGURES[category][key]
        most = min(now * FURTHEST, float(bounds.most)) if bounds.most is not None else now * FURTHEST

        def change(id_: str, values: Array, at: Sequence[Key] = places) -> tuple[Mapping[Key, Figure], Figure]:
            return (dict.fromkeys(at, values), 1.0) if id_ == option.facts.id else ({}, 1.0)

        leading = figures.leaders(figures.answers.base, change)
        for end in (most, now / FURTHEST):
            if end == now or leading(np.array([now, end]))[1] == leader:  # scores only rise or only fall with a cost figure
                continue
            if turn := nearest_turn(leading, now, end, leader, log=True):
                yield _cost_flip(figures, option, places, now, turn, bounds.whole)


def _varied(model: CostModel) -> list[list[Key]]:
    """The figures above 0, each with where it stands: the same price in several categories of an option is one price."""
    found: dict[object, list[Key]] = {}
    for at, figure in model.ranges():
        if figure.likely:
            found.setdefault((at[1], figure) if at[1].endswith(PRICES) else at, []).append(at)
    return list(found.values())


def _cost_flip(figures: Figures, option: OptionResult, places: Sequence[Key], now: float, turn: tuple[float, str], whole: bool) -> Flip:
    category, key = places[0]
    value, leader = turn
    names = {o.facts.id: o.facts.label for o in figures.evaluation.options}
    to = outward(value, value > now)
    if whole:
        to = Decimal(int(np.ceil(value) if value > now else np.floor(value)))
    known = figures.answers.known.cost_categories
    of = [known[c] for c, _ in places if c in known]
    field = next((f for f in of[0].fields if f.key == key), None) if of else None
    if field is None:
        what, unit = f"“{category}.{key}”".replace("_", " "), ""
    else:
        what, unit = f"“{of[0].title}: {field.text}”", in_currency(field.unit, option.facts.costs.currency or option.costs.currency)
    where = option.facts.label
    if len(places) > 1 and field:
        what, where = f"“{field.text}”", f"{where}, in {listed([c.title for c in of])} alike,"
    verb = "rises above" if value > now else "falls below"
    return Flip(
        what="cost",
        option=option.facts.id,
        figure=f"{category}.{key}",
        also=tuple(".".join(at) for at in places[1:]),
        from_value=plain(Decimal(str(now))),
        to_value=f"{to:f}",
        distance=abs(float(to) / now - 1),
        leader=leader,
        text=f"{names[leader]} leads once {what} of {where} {verb} {_amount(to, unit)} (now {_amount(Decimal(str(now)), unit)}).",
    )


def _amount(figure: Decimal, unit: str) -> str:
    if unit.startswith("share"):
        return f"{(figure * 100).normalize():f} %"
    return measured(f"{figure.normalize():,f}", unit)

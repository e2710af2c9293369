"""What may go wrong and what it costs in a year, in the manner of FAIR (Open Group O-RT): frequency times magnitude, event by event.

For each scenario of the catalogue events arrive as a Poisson process whose rate is drawn from a PERT range, and each costs a lognormal
amount. An option's answers change both, and part of the cost may be somebody else's. The expected loss is computed in closed form; how it
spreads over years is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log, sqrt

import numpy as np

from assessments.scoring.answers import Variables
from assessments.scoring.draws import TWO_SIDED_90, Array, Stream, lognormal_mean, normal, pert, pert_mean, poisson, quantile
from compliance.catalogue.conditions import truth
from compliance.catalogue.risk import LossChange, LossScenario, Transfer

MOST_EVENTS = 1_000  # of one scenario in one year: a draw adds no more beyond


@dataclass(frozen=True)
class ScenarioLoss:
    """One scenario for one option. Money in the demand's currency.

    ``median`` of one event before the changes, ``assumed`` where the catalogue's figure stands in for an answer; ``frequency`` and
    ``magnitude`` are the products of the factors of ``changes``; ``unruled`` names those that burden only because they can't be ruled out;
    ``cap`` of the ``transfer`` (None: without one); ``expected`` a year.
    """

    scenario: LossScenario
    median: Decimal
    assumed: bool
    certain: bool
    changes: tuple[LossChange, ...]
    unruled: tuple[str, ...]
    frequency: Decimal
    magnitude: Decimal
    transfer: Transfer | None
    cap: Decimal | None
    per_event: Decimal
    borne_by_others: Decimal
    expected: Decimal

    @property
    def events(self) -> Decimal:
        """Expected events a year, after the changes."""
        f = self.scenario.frequency
        return (f.low + 4 * f.likely + f.high) / 6 * self.frequency


@dataclass(frozen=True)
class OptionLoss:
    """``expected`` a year over all scenarios that can happen to the option; ``drawn``: the loss of each drawn year, None without draws."""

    scenarios: tuple[ScenarioLoss, ...]
    expected: Decimal
    drawn: Array | None = None
    p95: Decimal | None = None

    def exceedance(self, amount: float) -> Decimal:
        """The share of years that lose more than ``amount``; needs draws."""
        assert self.drawn is not None
        return Decimal(int(np.count_nonzero(self.drawn > amount))) / self.drawn.size


def scenario_loss(
    scenario: LossScenario, answered: Decimal | None, base_rate: Decimal | None, variables: Variables, fee: Decimal | None
) -> ScenarioLoss | None:
    """What a scenario costs an option whose conditions read ``variables``; None where it can't happen to it, or no amount is known.

    ``answered``: the median that was answered; ``base_rate``: the catalogue's base currency in the demand's; ``fee``: a month's access to
    the model, None if not known (a cap by fees then relieves nobody).
    """
    happens = truth(scenario.when, variables) if scenario.when else True
    median = answered if answered else (scenario.likely * base_rate if base_rate is not None else None)
    if happens is False or median is None:
        return None
    changes: list[LossChange] = []
    unruled = []
    frequency = magnitude = Decimal(1)
    for change in scenario.changes:
        holds = truth(change.when, variables)
        burdens = change.frequency > 1 or change.magnitude > 1
        if holds or (holds is None and burdens):
            changes.append(change)
            frequency, magnitude = frequency * change.frequency, magnitude * change.magnitude
            if holds is None:
                unruled.append(change.id)
    per_event = Decimal(event_mean(float(median * magnitude), float(scenario.spread)))
    transfer, cap, others = _borne(scenario, float(median * magnitude), variables, fee)
    f = scenario.frequency
    events = (f.low + 4 * f.likely + f.high) / 6 * frequency
    return ScenarioLoss(
        scenario, median, not answered, happens is True, tuple(changes), tuple(unruled), frequency, magnitude, transfer, cap, per_event, others,
        events * (per_event - others),
    )  # fmt: skip


def _borne(
    scenario: LossScenario, median: float, variables: Variables, fee: Decimal | None
) -> tuple[Transfer | None, Decimal | None, Decimal]:
    """The transfer that counts, its cap, and what it bears of an event on average: the first that certainly holds. Where one before it may hold
    for want of an answer, the one of them that bears least: leaving an answer out moves no loss to others."""
    found = []
    for transfer in scenario.transfers:
        holds = truth(transfer.when, variables)
        if holds is False:
            continue
        cap = None if transfer.cap_months is None else transfer.cap_months * (fee or Decimal(0))
        found.append((transfer, cap, Decimal(borne_mean(median, float(scenario.spread), transfer, cap))))
        if holds:
            return min(found, key=lambda f: f[2])
    return None, None, Decimal(0)


def sigma_of(spread: float) -> float:
    """The standard deviation of the logarithm of a lognormal of which 90 % lie between its median divided and multiplied by ``spread``."""
    return log(spread) / TWO_SIDED_90


def event_mean(median: float, spread: float) -> float:
    """The mean cost of one event: a lognormal's mean lies above its median."""
    return lognormal_mean(log(median), sigma_of(spread)) if median > 0 else 0.0


def borne_mean(median: float, spread: float, transfer: Transfer, cap: Decimal | None) -> float:
    """The mean of min(share × cost, cap): the limited expected value of a lognormal (Klugman, Panjer and Willmot, Loss Models)."""
    share = float(transfer.share)
    if median <= 0 or not share:
        return 0.0
    mu, sigma = log(median * share), sigma_of(spread)
    if cap is None:
        return lognormal_mean(mu, sigma)
    limit = float(cap)
    if limit <= 0:
        return 0.0
    if not sigma:
        return min(exp(mu), limit)
    from scipy.special import ndtr  # here, so that a worker that only prints never loads scipy

    at = (log(limit) - mu) / sigma
    return float(lognormal_mean(mu, sigma) * ndtr(at - sigma) + limit * (1 - ndtr(at)))


def draw_losses(found: Sequence[Sequence[ScenarioLoss]], seed: str, draws: int) -> list[Array]:
    """The loss of each drawn year, for each option (its scenarios given). The same years happen to all: an event of a scenario that is drawn
    for two options costs both the same, before what their answers change."""
    totals = [np.zeros(draws) for _ in found]
    scenarios = {loss.scenario.id: loss.scenario for losses in found for loss in losses}
    for id_ in sorted(scenarios):
        theirs = [(n, loss) for n, losses in enumerate(found) for loss in losses if loss.scenario.id == id_]
        _draw_scenario(scenarios[id_], theirs, totals, seed, draws)
    return totals


def _draw_scenario(
    scenario: LossScenario, theirs: Sequence[tuple[int, ScenarioLoss]], totals: Sequence[Array], seed: str, draws: int
) -> None:
    f = scenario.frequency
    rate = pert(float(f.low), float(f.likely), float(f.high), Stream(seed, "loss", scenario.id, "rate").uniform(draws))
    chance = Stream(seed, "loss", scenario.id, "count").uniform(draws)
    by_factor: dict[Decimal, np.ndarray] = {}
    for _, loss in theirs:
        if loss.frequency not in by_factor:
            by_factor[loss.frequency] = poisson(rate * float(loss.frequency), chance)
    most = np.max(np.stack(list(by_factor.values())), axis=0)
    events = Stream(seed, "loss", scenario.id, "event")
    sigma = sigma_of(float(scenario.spread))
    for k in range(1, min(int(most.max()), MOST_EVENTS) + 1):
        uniform = events.uniform(draws)  # for every year, so that no option's count moves another's draws
        years = np.flatnonzero(most >= k)
        size = np.exp(sigma * normal(uniform[years]))
        for n, loss in theirs:
            there = by_factor[loss.frequency][years] >= k
            cost = size[there] * float(loss.median * loss.magnitude)
            if loss.transfer:
                borne = cost * float(loss.transfer.share)
                cost = cost - (borne if loss.cap is None else np.minimum(borne, float(loss.cap)))
            totals[n][years[there]] += cost


def option_losses(
    scenarios: Sequence[LossScenario],
    medians: Mapping[str, Decimal],
    base_rate: Decimal | None,
    options: Sequence[tuple[Variables, Decimal | None]],
    seed: str,
    draws: int,
) -> list[OptionLoss | None]:
    """The loss of each option, given as its variables and its monthly fee; None for all where the catalogue has no scenarios, or an amount
    can't be had in the demand's currency. ``medians``: answered medians by question id."""
    if not scenarios or base_rate is None:
        return [None] * len(options)
    found = [
        [
            loss
            for scenario in scenarios
            if (loss := scenario_loss(scenario, medians.get(scenario.question), base_rate, variables, fee)) is not None
        ]
        for variables, fee in options
    ]
    years: list[Array | None] = [*draw_losses(found, seed, draws)] if draws else [None] * len(options)
    return [
        OptionLoss(
            tuple(losses),
            sum((loss.expected for loss in losses), Decimal(0)),
            drawn,
            None if drawn is None else Decimal(quantile(drawn, 0.95)),
        )
        for losses, drawn in zip(found, years, strict=True)
    ]


def annual_mean(low: float, likely: float, high: float, interval: tuple[float, float]) -> float:
    """Expected loss a year of events that arrive with a PERT rate and cost a lognormal amount, 90 % of it in ``interval``."""
    least, most = interval
    return pert_mean(low, likely, high) * event_mean(sqrt(least * most), sqrt(most / least))

"""The accountability premium: what an option that somebody else answers for costs more in a year, against what it takes off the buyer's
expected loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from assessments.scoring.results import OptionResult

# Who answers for running the model: a vendor, a host of open weights, nobody but oneself.
ANSWERABLE = {"closed_api": 2, "managed_open": 1, "self_hosted_open": 0, "on_device_open": 0}
MONTHS = Decimal(12)


@dataclass(frozen=True)
class Premium:
    """``option`` against ``against``, for which fewer others answer. Money a year: ``extra_cost`` may be negative (it costs less), and so may
    ``loss_avoided`` (it adds to the expected loss); ``net`` is the second less the first."""

    option: str
    against: str
    extra_cost: Decimal
    loss_avoided: Decimal

    @property
    def net(self) -> Decimal:
        return self.loss_avoided - self.extra_cost


def premiums(options: Sequence[OptionResult], months: int | None) -> list[Premium]:
    """For each two options of which more others answer for the first; both need complete costs and a loss."""
    found = []
    for one, other in product(options, options):
        if ANSWERABLE[one.facts.sourcing] <= ANSWERABLE[other.facts.sourcing] or not months or one.loss is None or other.loss is None:
            continue
        if not (one.costs.comparable and other.costs.comparable) or one.costs.total is None or other.costs.total is None:
            continue
        extra = (one.costs.total - other.costs.total) * MONTHS / months
        found.append(Premium(one.facts.id, other.facts.id, extra, other.loss.expected - one.loss.expected))
    return found

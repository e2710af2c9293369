"""From a change that would turn the recommendation to the address at which the what-if page tries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations_with_replacement
from urllib.parse import urlencode

from assessments.scoring.patch import NONE_OF_THEM
from assessments.views.showing import Content, numbers_of

# The least change of the weights ends where two options are level, and is printed rounded: a trial goes a little beyond it, by some of these
# shares of the whole, until the new leader is ahead by AHEAD of the score.
STEPS = tuple(Decimal(step) for step in ("0.001", "0.002", "0.005", "0.01", "0.02", "0.05"))
AHEAD = Decimal("0.0002")
Weights = Mapping[str, Decimal]


@dataclass(frozen=True)
class Trials:
    """What the trials of an evaluation need: the stated ``weights`` of the criteria that apply to an admissible option, adding up to 1 (empty
    where several profiles are in use); ``every``, whether these are all criteria; and the ``values`` of each admissible option."""

    weights: Weights
    every: bool
    values: Mapping[str, Weights]

    @classmethod
    def of(cls, content: Content) -> Trials:
        numbers = numbers_of(content["evaluation"].get("trace"))
        options = [o for o in content["evaluation"]["options"] if o["admissible"]]
        stated: dict[str, Decimal] = {}
        for option in options:
            for criterion in option["values"]:
                node = numbers.get(f"options.{option['id']}.values.{criterion}.weight")
                if node and node["inputs"] and node["inputs"][0]["value"]:  # exactly as stated; the output has only rounded shares
                    stated[criterion] = Decimal(node["inputs"][0]["value"])
        whole = sum(stated.values())
        return cls(
            weights={c: w / whole for c, w in stated.items()} if whole else {},
            every={c["id"] for c in content["criteria"]} == set(stated),
            values={o["id"]: {c: Decimal(v["value"]) for c, v in o["values"].items()} for o in options},
        )

    def query(self, flip: Content) -> str:
        """The query string that makes the what-if page try ``flip``."""
        return urlencode(list(self._pairs(flip)))

    def _pairs(self, flip: Content) -> Iterator[tuple[str, str]]:
        owner = f"{flip['question']}:{flip['option'] or ''}"
        match flip["what"]:
            case "weight":
                for criterion, share in self._after(flip).items():
                    yield f"w-{criterion}", _plain(share * 100)
            case "response":
                yield "answer", f"{owner}:{flip['to_value'] or NONE_OF_THEM}"
            case "demand":
                if flip.get("answer") is not None:
                    yield "answer", f"{owner}:{flip['answer'] or NONE_OF_THEM}"
                factor = Decimal(flip["to_value"]) / Decimal(flip["from_value"])
                beyond = factor * (Decimal("1.0001") if factor > 1 else Decimal("0.9999"))
                yield "volume", f"{beyond:.6g}" if beyond < 1 else _plain(beyond)
            case "cost":
                for figure in (flip["figure"], *flip.get("also", ())):
                    yield "figure", f"{flip['option']}:{figure}:{flip['to_value']}"

    def _after(self, flip: Content) -> Weights:
        """The weights after the flip. A criterion that is left out keeps its share, so where every criterion counts only those that change are
        named; else all that count, since the shares are then of another whole."""
        if "weights" in flip:
            moved = {c: Decimal(change["to"]) for c, change in flip["weights"].items()}
            after = self._beyond({**self.weights, **moved}, flip["leader"])
            return {c: w for c, w in after.items() if c in moved or not self.every or w != self.weights[c]}
        criterion, share = flip["criterion"], Decimal(flip["to_value"])
        rest = 1 - self.weights[criterion]
        if self.every and share < 1 and (alone := rest * share / (1 - share)) <= 1:
            return {criterion: alone}  # the others stay as they are, which leaves them their proportions
        return {c: share if c == criterion else w * (1 - share) / rest for c, w in self.weights.items()}

    def _beyond(self, after: Weights, leader: str) -> Weights:
        """``after`` with a little more of the one or two criteria that put ``leader`` furthest ahead; as it is where nothing does."""
        for step in STEPS:
            tried = [{c: w + (step if c in more else 0) for c, w in after.items()} for more in combinations_with_replacement(after, 2)]
            best = max(tried, key=lambda weights: self._lead(weights, leader))
            if self._lead(best, leader) >= AHEAD:
                return best
        return after

    def _lead(self, weights: Weights, leader: str) -> Decimal:
        """By how much of the score ``leader`` is ahead of the next."""
        scores = {id_: _score(values, weights) for id_, values in self.values.items()}
        return scores.pop(leader) - max(scores.values())


def _score(values: Weights, weights: Weights) -> Decimal:
    whole = sum((weights[c] for c in values), Decimal(0))
    return sum((weights[c] * value for c, value in values.items()), Decimal(0)) / whole if whole else Decimal(0)


def _plain(figure: Decimal) -> str:
    """Four decimals at most, without an exponent."""
    return f"{figure.quantize(Decimal('0.0001')).normalize():f}"

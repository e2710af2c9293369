"""What a flip is: one change that turns the recommendation to another option, or away from all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from assessments.scoring.rounding import share

# How people read them: distances within one group are on one scale, those of different groups aren't.
GROUPS = ("option", "use_case", "weight", "demand", "cost", "together")


def group_of(flip: Mapping[str, Any]) -> str:
    """The group of a flip of the output: answers about an option, those of the use case and of what the organisation requires, weights, demand,
    cost figures, and an answer together with a demand."""
    if flip["what"] == "response":
        return "option" if flip["option"] else "use_case"
    return "together" if flip.get("answer") is not None else str(flip["what"])


@dataclass(frozen=True)
class Flip:
    """``distance``, by what changes: of an answer the change of its value (0 to 1; 1 where it isn't scored); of weights the sum of what each
    share gains or loses (L1, 0 to 2); of demand and of a cost figure the change as a share of what it is now. A flip of demand that needs an
    answer as well names it, and ``answer`` is what it becomes; its distance is the sum of both. ``leader`` None: no option is admissible then.
    ``weights``: criterion -> share before and after, of a change of several weights. ``also``: where the same price stands in further cost
    categories of the option, those figures, which change with ``figure``."""

    what: Literal["response", "weight", "demand", "cost"]
    distance: float
    leader: str | None
    text: str
    from_value: str | None = None
    to_value: str | None = None
    question: str | None = None
    option: str | None = None
    criterion: str | None = None
    figure: str | None = None
    answer: str | None = None
    also: tuple[str, ...] = ()
    weights: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the output: keys that say nothing of this kind of flip stay out."""
        named = {name: value for name in ("criterion", "figure", "answer") if (value := getattr(self, name)) is not None}
        weights = {c: {"from": share(before), "to": share(after)} for c, (before, after) in self.weights.items()}
        return {
            "what": self.what,
            "question": self.question,
            "option": self.option,
            **named,
            "from_value": self.from_value,
            "to_value": self.to_value,
            **({"also": list(self.also)} if self.also else {}),
            **({"weights": weights} if weights else {}),
            "distance": share(Decimal(self.distance)),
            "leader": self.leader,
            "text": self.text,
        }

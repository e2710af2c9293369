"""The law that stands behind a question, and where its text can be opened."""

from __future__ import annotations

from dataclasses import dataclass

from compliance import addresses
from compliance.catalogue.effects import law_behind
from compliance.catalogue.index import index
from compliance.catalogue.model import Question, Release
from compliance.views.words import INSTRUMENTS

NAMED_AT_MOST = 6


@dataclass(frozen=True)
class Law:
    """``references`` are the places in it, the first few; ``more``: how many others there are."""

    name: str
    url: str
    references: tuple[str, ...]
    more: int = 0


def laws_of(release: Release, question: Question) -> tuple[Law, ...]:
    """What the answer to a question can make apply, show met or class by."""
    acts = index(release).acts
    return tuple(
        Law(
            str(INSTRUMENTS[instrument]), addresses.of_act(acts.get(instrument, "")), places[:NAMED_AT_MOST],
            max(0, len(places) - NAMED_AT_MOST),
        )
        for instrument, places in law_behind(release).get(question.id, {}).items()
    )  # fmt: skip

"""Checks of what the engine draws from: doubts by basis, thresholds of acceptability, and scenarios of loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import get_args, get_type_hints

from compliance.catalogue.index import index
from compliance.catalogue.model import Appetite, Recommendation, Release
from compliance.catalogue.risk import Doubt, LossChange, LossScenario

Path = tuple[str | int, ...]
Problems = Iterator[tuple[Path, str]]
BASES: tuple[str, ...] = get_args(get_type_hints(Doubt)["basis"])  # from the weakest to the strongest


def risk(release: Release) -> Problems:
    """Figures out of order or out of range, and scenarios whose question can't carry them."""
    yield from _robustness(release)
    yield from _acceptability(("recommendation",), release.recommendation)
    for position, appetite in enumerate(release.recommendation.by_appetite):
        yield from _acceptability(("recommendation", "by_appetite", position), appetite)
    asked: dict[str, str] = {}
    for position, loss in enumerate(release.losses):
        path: Path = ("losses", position)
        yield from _loss(path, loss)
        yield from _question(path, release, loss, asked)
        yield from _unique((*path, "changes"), [change.id for change in loss.changes])
        yield from _unique((*path, "transfers"), [transfer.id for transfer in loss.transfers])


def _robustness(release: Release) -> Problems:
    found = release.robustness
    if found is None:
        return
    if found.weight_factor < 1:
        yield ("robustness", "weight_factor"), f"{found.weight_factor} is below 1; 1 leaves the stated weights as they are"
    shares: dict[str, Decimal] = {}
    for position, doubt in enumerate(found.doubts):
        path: Path = ("robustness", "doubts", position)
        if doubt.basis in shares:
            yield (*path, "basis"), f"{doubt.basis!r} stands twice; each basis once"
        if not 0 <= doubt.share <= 1:
            yield (*path, "share"), f"{doubt.share} is outside 0 to 1"
        shares[doubt.basis] = doubt.share
    if missing := [basis for basis in BASES if basis not in shares]:
        yield ("robustness", "doubts"), f"says nothing of {', '.join(missing)}; each basis has a share, 0 where nothing is in doubt"
    for weaker, stronger in pairwise(basis for basis in BASES if basis in shares):
        if shares[stronger] > shares[weaker]:
            yield ("robustness", "doubts"), f"doubts {stronger} ({shares[stronger]}) more than {weaker} ({shares[weaker]})"


def _acceptability(path: Path, limits: Recommendation | Appetite) -> Problems:
    clear, leaning = limits.clear_acceptability, limits.leaning_acceptability
    for name, share in (("clear_acceptability", clear), ("leaning_acceptability", leaning)):
        if share is not None and not 0 <= share <= 1:
            yield (*path, name), f"{share} is outside 0 to 1"
    if clear is not None and leaning is not None and leaning > clear:
        yield (*path, "leaning_acceptability"), f"{leaning} is above clear_acceptability, {clear}"


def _loss(path: Path, loss: LossScenario) -> Problems:
    f = loss.frequency
    if not 0 <= f.low <= f.likely <= f.high:
        yield (*path, "frequency"), f"out of order: low {f.low}, likely {f.likely}, high {f.high}; none below 0"
    if loss.likely <= 0:
        yield (*path, "likely"), f"{loss.likely} isn't above 0; an event costs something"
    if loss.spread < 1:
        yield (*path, "spread"), f"{loss.spread} is below 1; 1 says that each event costs the median"
    for position, change in enumerate(loss.changes):
        yield from _change((*path, "changes", position), change)
    for position, transfer in enumerate(loss.transfers):
        place: Path = (*path, "transfers", position)
        if not 0 <= transfer.share <= 1:
            yield (*place, "share"), f"{transfer.share} is outside 0 to 1"
        if transfer.cap_months is not None and transfer.cap_months <= 0:
            yield (*place, "cap_months"), f"{transfer.cap_months} isn't above 0; leave it out where there is no cap"


def _change(path: Path, change: LossChange) -> Problems:
    factors = {"frequency": change.frequency, "magnitude": change.magnitude}
    for name, factor in factors.items():
        if factor < 0:
            yield (*path, name), f"{factor} is below 0"
    if all(factor == 1 for factor in factors.values()):
        yield path, "changes nothing: give frequency or magnitude"
    if min(factors.values()) < 1 < max(factors.values()):
        yield path, "relieves and burdens at once: what isn't answered could then relieve; make it two changes"


def _question(path: Path, release: Release, loss: LossScenario, asked: dict[str, str]) -> Problems:
    """``asked``: question id -> the scenario that it belongs to already; grows."""
    question = index(release).questions.get(loss.question)
    if question is None:
        yield (*path, "question"), f"no question has the id {loss.question!r}"
        return
    if (other := asked.setdefault(question.id, loss.id)) != loss.id:
        yield (*path, "question"), f"{question.id!r} asks for the cost of {other!r}; each scenario has a question of its own"
    if question.scope != "use_case" or question.type != "number":
        yield (*path, "question"), f"{question.id!r} must be a number that is asked once, of the use case"
    if question.scored:
        yield (*path, "question"), f"{question.id!r} is scored; what an event costs is no value of an option"
    if question.not_applicable:
        yield (*path, "question"), f"{question.id!r} can't be not_applicable: the catalogue's figure would count all the same"
    if question.minimum is None or question.minimum <= 0:
        yield (*path, "question"), f"{question.id!r} needs a minimum above 0: a lognormal has no nought"


def _unique(path: Path, ids: Sequence[str]) -> Problems:
    for position, id_ in enumerate(ids):
        if id_ in ids[:position]:
            yield (*path, position, "id"), f"{id_!r} stands twice in {path[-1]}; ids are unique"

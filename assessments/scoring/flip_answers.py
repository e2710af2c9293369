"""Flips by a single answer: each question that is asked, each other answer to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from assessments.scoring.answers import Asked
from assessments.scoring.facts import Response, Value
from assessments.scoring.flip import Flip
from assessments.scoring.rounding import plain
from assessments.scoring.values import question_term
from assessments.scoring.vary import Answers, Standing
from compliance.catalogue.model import Question


def answer_flips(answers: Answers) -> Iterator[Flip]:
    """For each question, of the use case or of an option, the nearest answer that turns the leader, where there is one."""
    evaluation = answers.evaluation
    leader = answers.leader(answers.base)
    places: list[tuple[str | None, Asked]] = [(None, asked) for asked in evaluation.sheet.asked.values()]
    places += [(o.facts.id, asked) for o in evaluation.options for asked in o.sheet.asked.values()]
    for option, asked in places:
        if not asked.visible:
            continue
        found: list[Flip] = []
        for value in others(answers, option, asked, leader):
            response = Response(value, basis=asked.response.basis if asked.response else "unsupported")
            standings = answers.changed(asked.question.id, option, response)
            # What turns only while a question that it opens has no answer is no turn: that question is simply asked next.
            if (then := answers.leader(standings)) != leader and answers.leader(
                answers.changed(asked.question.id, option, response, hopeful=True)
            ) != leader:
                found.append(_flip(answers, option, asked, value, then, _kept_out(answers, standings, leader)))
        if found:
            yield min(found, key=lambda f: f.distance)


def others(answers: Answers, option: str | None, asked: Asked, leader: str | None) -> list[Value]:
    """The answers to try: every other choice; of several choices one more or one less; of numbers those at which the score or a band turns."""
    question = asked.question
    now = asked.answer.value if asked.answer else None
    ids = [choice.id for choice in question.choices]
    if question.type == "choice":
        return [id_ for id_ in ids if id_ != now]
    if question.type == "choices":
        held = set(now) if isinstance(now, tuple) else set()
        sets = [tuple(id_ for id_ in ids if (id_ in held) != (id_ == one)) for one in ids]
        return [*([()] if now is None else []), *sets]
    if question.type == "number":
        return [*_edges(question, now), *_turning(answers, option, asked, leader)]
    return []


def _edges(question: Question, now: Value) -> list[Value]:
    """For each band but the present one the number in it that lies nearest."""
    found: list[Value] = []
    lower = question.minimum if question.minimum is not None else Decimal(0)
    here = question.band_of(now) if question.bands and isinstance(now, Decimal) else None
    for band in question.bands:
        if band.id != here:
            below = band.below is not None and isinstance(now, Decimal) and now >= band.below
            found.append(_just_below(band.below, lower) if below and band.below is not None else lower)
        lower = band.below if band.below is not None else lower
    return found


def _just_below(limit: Decimal, lower: Decimal) -> Decimal:
    return max(lower, limit - Decimal(1).scaleb(min(0, limit.as_tuple().exponent) - 1))  # type: ignore[operator]


def _turning(answers: Answers, option: str | None, asked: Asked, leader: str | None) -> list[Value]:
    """The number at which the score of this option passes that of the leader, or falls behind the next: the score is linear in its value."""
    question = asked.question
    anchors, term = question.anchors, question_term(asked)
    if anchors is None or term is None or option is None or question.criterion is None:
        return []
    scores = {s.id: answers.score(s) for s in answers.base if s.admissible}
    rivals = [s for id_, s in scores.items() if id_ != option]
    mine = next(s for s in answers.base if s.id == option)
    if not rivals or option not in scores:
        return []
    at_best, at_worst = (
        answers.score(_with(mine, question.criterion, float(term.weight), float(v - term.value))) for v in (Decimal(1), Decimal(0))
    )
    if at_best - at_worst <= 0:
        return []
    needed = (max(rivals) - at_worst) / (at_best - at_worst)
    if not 0 <= needed <= 1:
        return []
    figure = _figure_at(needed, anchors.worst, anchors.best, anchors.scale)
    if figure is None:
        return []
    upwards = (option != leader) == (anchors.best > anchors.worst)
    beyond = outward(figure, upwards)
    step = Decimal(1).scaleb(beyond.adjusted() - 3)
    least = question.minimum if question.minimum is not None else min(anchors.worst, anchors.best)
    most = question.maximum if question.maximum is not None else max(anchors.worst, anchors.best)
    # Where the figure is round the order is level at it, and turns at the next.
    return [v for v in (beyond, beyond + (step if upwards else -step)) if least <= v <= most]


def _with(standing: Standing, criterion: str, weight: float, gain: float) -> Standing:
    summed, whole = standing.sums[criterion]
    return Standing(standing.id, {**standing.sums, criterion: (summed + weight * gain, whole)}, standing.blocking)


def _figure_at(value: float, worst: Decimal, best: Decimal, scale: str) -> float | None:
    low, high = float(worst), float(best)
    if scale == "linear":
        return low + value * (high - low)
    return low * (high / low) ** value if low > 0 and high > 0 else None


def outward(figure: float, upwards: bool, digits: int = 4) -> Decimal:
    """``figure`` with that many significant digits, rounded away from where it was passed, so that what is printed lies beyond the turn."""
    exact = Decimal(figure)
    if not exact:
        return Decimal(0)
    step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return exact.quantize(step, rounding=ROUND_CEILING if upwards else ROUND_FLOOR).normalize() + 0


def _kept_out(answers: Answers, standings: Sequence[Standing], leader: str | None) -> str:
    """What keeps the former leader out, as the end of a sentence; empty where it is still admissible, and only no longer first."""
    rules = next((s.blocking for s in standings if s.id == leader), frozenset())
    titles = [r.title for r in answers.evaluation.release.rules if r.id in rules]
    if not titles:
        return ""
    name = next(o.facts.label for o in answers.evaluation.options if o.facts.id == leader)
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f": {name} would no longer be admissible (“{titles[0]}”{more})"


def _flip(answers: Answers, option: str | None, asked: Asked, value: Value, leader: str | None, why: str) -> Flip:
    names = {o.facts.id: o.facts.label for o in answers.evaluation.options}
    question = asked.question
    now = asked.answer.value if asked.answer else None
    term = question_term(asked)
    then = question_term(Asked(question, True, Response(value)))
    distance = abs(float(then.value - term.value)) if term and then else 1.0
    of = f" for {names[option]}" if option else ""
    was = f"now {said(question, now)}" if asked.answer else "now unanswered"
    who = f"{names[leader]} leads" if leader else "No option is admissible"
    return Flip(
        what="response",
        question=question.id,
        option=option,
        from_value=shown(now),
        to_value=shown(value),
        distance=distance,
        leader=leader,
        text=f"{who} once “{question.text}” is answered {said(question, value)}{of} ({was}){why}.",
    )


def shown(value: Value) -> str | None:
    """An answer as the output has it."""
    if value is None:
        return None
    if isinstance(value, tuple):
        return ", ".join(value)
    return plain(value) if isinstance(value, Decimal) else str(value)


def said(question: Question, value: Value) -> str:
    """An answer in the words of the question."""
    texts = {choice.id: choice.text for choice in question.choices}
    if isinstance(value, tuple):
        return " and ".join(f"“{texts.get(c, c)}”" for c in value) or "with none of them"
    if isinstance(value, Decimal):
        return question.measured(f"{value.normalize():,f}")
    return f"“{texts.get(str(value), str(value))}”"

"""What-ifs: named changes of facts that are tried and kept nowhere. Pure; the record that they vary stays as it is.

A patch holds texts as they were written, in an address, a JSON body or on a command line; the release says what they mean when they are
applied, by the same rules as an assessment file. Everything that is wrong with it comes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Any
from urllib.parse import urlencode

from assessments.scoring.costs import CATEGORIES
from assessments.scoring.digest import input_digest
from assessments.scoring.evaluate import Evaluation, evaluate, profiles
from assessments.scoring.facts import Demand, Facts, OptionFacts, Response
from assessments.scoring.file import WEIGHT
from assessments.scoring.read_costs import DEMAND, FIGURES, ORDERED, TOKENS, read_costs, read_demand
from assessments.scoring.read_responses import NOT_APPLICABLE, UNKNOWN, read_responses
from assessments.scoring.reading import Bounds, Reader, joined, known_ids, suggestion
from assessments.scoring.rounding import COMPUTING, plain
from assessments.scoring.scenarios import applied
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Question, Release
from compliance.catalogue.yamltree import Node

BUDGET = {"budget_target_per_month": "target_per_month", "budget_limit_per_month": "limit_per_month"}
DEMAND_KEYS = (*DEMAND, *BUDGET)
VOLUME = Bounds(most=Decimal(1_000_000), closed=False)
WEIGHT_FIELD = "w-"
NONE_OF_THEM = "[]"
HERE = Node("null", 0)  # a patch has no lines


@dataclass(frozen=True)
class PatchError:
    """What is wrong under ``key``, named as on the command line, and what would be right."""

    key: str
    message: str


class PatchErrors(ValueError):
    """Everything that is wrong with a patch; as text one ``KEY: message`` a line."""

    def __init__(self, errors: Iterable[PatchError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(f"{e.key}: {e.message}" for e in self.errors))


@dataclass(frozen=True)
class NewAnswer:
    """``option`` None: of the use case. ``value`` as in a file; of several choices a tuple, or a text with commas between them."""

    question: str
    option: str | None
    value: str | tuple[str, ...]

    @property
    def key(self) -> str:
        return joined(self.option or "", self.question)

    @property
    def text(self) -> str:
        """The value as one text, which reads back as the same value."""
        return self.value if isinstance(self.value, str) else ",".join(self.value) or NONE_OF_THEM


@dataclass(frozen=True)
class NewFigure:
    """One number in place of a cost figure or its range. It makes its category known, as it would in a file."""

    option: str
    category: str
    key: str
    value: str


@dataclass(frozen=True)
class Patch:
    """Applied in this order: the ``scenario`` by its id, then ``weights``, ``answers``, ``figures``, ``demand``, and at last ``volume``, which
    multiplies the tokens a month. Of two changes of the same thing the later counts.

    ``weights``: a name as in a file, or per cent by criterion; a criterion that is left out keeps its share of a hundred. ``demand``: number
    by key (``DEMAND_KEYS``).
    """

    scenario: str | None = None
    weights: str | Mapping[str, str] | None = None
    volume: str = "1"
    answers: tuple[NewAnswer, ...] = ()
    figures: tuple[NewFigure, ...] = ()
    demand: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Patch:
        """From the pairs of an address: ``scenario``, ``weights``, ``w-<criterion>``, ``volume``, and as often as wanted
        ``answer=question:option:value`` (nothing between the colons for the use case), ``figure=option:category.key:value`` and
        ``demand=key:value``. Empty fields and other names are passed over. Raises PatchErrors where parts are missing."""
        single: dict[str, str] = {}
        weights: dict[str, str] = {}
        demand: dict[str, str] = {}
        wrong: list[PatchError] = []
        answers, figures = [], []
        for name, raw in pairs:
            text = raw.strip()
            if name.startswith(WEIGHT_FIELD) and text:
                weights[name.removeprefix(WEIGHT_FIELD)] = text
            elif name in ("scenario", "weights", "volume") and text:
                single[name] = text
            elif name == "answer" and text:
                question, option, value = _split(text, 3, name, "question:option:value", wrong)
                answers.append(NewAnswer(question, option or None, value))
            elif name == "figure" and text:
                option, figure, value = _split(text, 3, name, "option:category.key:value", wrong)
                figures.append(NewFigure(option, *_figure(figure), value))
            elif name == "demand" and text:
                key, value = _split(text, 2, name, "key:value", wrong)
                demand[key] = value
        if wrong:
            raise PatchErrors(wrong)
        return cls(
            scenario=single.get("scenario"),
            weights=weights or single.get("weights"),
            volume=single.get("volume", "1"),
            answers=tuple(answers),
            figures=tuple(figures),
            demand=demand,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs that ``from_query`` reads back; none where nothing is changed."""
        pairs = [("scenario", self.scenario)] if self.scenario else []
        if isinstance(self.weights, str):
            pairs.append(("weights", self.weights))
        elif self.weights:
            pairs += [(WEIGHT_FIELD + criterion, weight) for criterion, weight in self.weights.items()]
        if self.volume != "1":
            pairs.append(("volume", self.volume))
        pairs += [("answer", f"{a.question}:{a.option or ''}:{a.text}") for a in self.answers]
        pairs += [("figure", f"{f.option}:{f.category}.{f.key}:{f.value}") for f in self.figures]
        pairs += [("demand", f"{key}:{value}") for key, value in self.demand.items()]
        return pairs

    def query(self) -> str:
        """``pairs`` as the query string of an address."""
        return urlencode(self.pairs())

    @classmethod
    def from_data(cls, content: Mapping[str, Any]) -> Patch:
        """From data of the shape that ``as_data`` gives, any key of it left out."""
        return cls(
            scenario=content.get("scenario") or None,
            weights=content.get("weights"),
            volume=content.get("volume", "1"),
            answers=tuple(NewAnswer(a["question"], a.get("option"), _frozen(a["value"])) for a in content.get("answers", ())),
            figures=tuple(NewFigure(f["option"], *_figure(f["figure"]), f["value"]) for f in content.get("figures", ())),
            demand=dict(content.get("demand", {})),
        )

    def as_data(self) -> dict[str, Any]:
        """For JSON: only texts, lists and dicts."""
        return {
            "scenario": self.scenario,
            "weights": dict(self.weights) if isinstance(self.weights, Mapping) else self.weights,
            "volume": self.volume,
            "answers": [
                {"question": a.question, "option": a.option, "value": a.value if isinstance(a.value, str) else list(a.value)}
                for a in self.answers
            ],
            "figures": [{"option": f.option, "figure": f"{f.category}.{f.key}", "value": f.value} for f in self.figures],
            "demand": dict(self.demand),
        }

    @classmethod
    def from_settings(cls, pairs: Iterable[tuple[str, str]], facts: Facts, release: Release, scenario: str | None = None) -> Patch:
        """From keys and values of a command line: ``volume``, ``weights``, ``weights.<criterion>``, ``demand.<key>``, ``<question>`` of the use
        case, ``<option>.<question>``, ``<option>.costs.<category>.<key>``. These names come before an option's with the same id."""
        questions, options = index(release).questions, {o.id for o in facts.options}
        name: str | None = None
        weights: dict[str, str] = {}
        volume, answers, figures, demand = "1", [], [], {}
        for key, value in pairs:
            first, _dot, rest = key.partition(".")
            parts = key.split(".")
            if key == "volume":
                volume = value
            elif key == "weights":
                name = value
            elif first == "weights":
                weights[rest] = value
            elif first == "demand":
                demand[rest.replace("budget.", "budget_")] = value
            elif len(parts) == 4 and parts[1] == "costs":
                figures.append(NewFigure(first, parts[2], parts[3], value))
            elif first in options and not (key in questions and questions[key].scope == "use_case"):
                answers.append(NewAnswer(rest, first, value))
            else:
                answers.append(NewAnswer(key, None, value))
        return cls(scenario, weights or name, volume, tuple(answers), tuple(figures), demand)


def what_if(release: Release, facts: Facts, patch: Patch, *, draws: int = 0, seed: str | None = None) -> Evaluation:
    """The evaluation of the patched facts, drawn with ``seed``, the digest of ``facts`` where it is left out. Raises PatchErrors."""
    changed = patched(facts, release, patch)
    if seed is None:
        with localcontext(COMPUTING):
            seed = input_digest(index(release), facts, profiles(index(release), facts))
    return evaluate(release, changed, draws=draws, seed=seed)


def patched(facts: Facts, release: Release, patch: Patch) -> Facts:
    """The facts with the patch applied. Raises PatchErrors naming all that is wrong."""
    reader, known = Reader(), index(release)
    if patch.scenario:
        scenarios = {s.id: s for s in release.scenarios}
        if patch.scenario in scenarios:
            facts = applied(facts, scenarios[patch.scenario], release)
        else:
            reader.note(
                HERE,
                "scenario",
                f"no scenario {patch.scenario!r}; {suggestion(patch.scenario, scenarios) if scenarios else 'the release has none'}",
            )
    with localcontext(COMPUTING):
        weights = _weights(reader, known, facts, patch.weights)
        demand = _volume(reader, _demand(reader, facts.demand, patch.demand), patch.volume)
    answers = _answers(reader, known, facts, patch.answers)
    costs = _figures(reader, facts, patch.figures)
    options = []
    for option in facts.options:
        option = replace(option, responses=_answered(option.responses, answers.get(option.id, {})))
        options.append(_priced(reader, option, costs.get(option.id, {})))
    if reader.errors:
        raise PatchErrors(PatchError(e.key, e.message) for e in reader.errors)
    responses = _answered(facts.responses, answers.get(None, {}))
    return replace(facts, responses=responses, weights=weights, demand=demand, options=tuple(options))


def shares(known: Index, facts: Facts) -> dict[str, Decimal]:
    """The weights in use in per cent, by criterion in the catalogue's order; none where several profiles are in use. Needs a local decimal
    context."""
    in_use = profiles(known, facts)
    if len(in_use) != 1:
        return {}
    profile = next(iter(in_use.values()))
    total = sum(profile.values())
    return {c: profile.get(c, Decimal(0)) / total * 100 for c in known.criteria}


def _weights(reader: Reader, known: Index, facts: Facts, given: str | Mapping[str, str] | None) -> str | Mapping[str, Decimal]:
    if isinstance(given, str):
        return reader.one_of(_scalar(given), "weights", ["archetype", *known.profiles], "profile of weights") or facts.weights
    if not given:
        return facts.weights
    entries = reader.entries(_map({c: _scalar(text) for c, text in given.items()}), "weights", known.criteria)
    typed = {c: w for c, node in entries.items() if (w := reader.number(node, f"weights.{c}", WEIGHT)) is not None}
    if len(typed) < len(given):
        return facts.weights
    standing = shares(known, facts)
    if missing := [c for c in known.criteria if c not in typed and c not in standing]:
        reader.note(HERE, "weights", f"without an archetype no weights are in use; give {known_ids(missing)} too, or the name of a profile")
    weights = {c: typed.get(c, standing.get(c, Decimal(0))) for c in known.criteria}
    if not missing and not any(weights.values()):
        reader.note(HERE, "weights", "at least one criterion must have a weight above 0")
    return weights


def _answers(reader: Reader, known: Index, facts: Facts, given: Iterable[NewAnswer]) -> dict[str | None, Mapping[str, Response]]:
    """Responses by owner (an option's id, None for the use case) and question, their basis left to who applies them."""
    options = [o.id for o in facts.options]
    nodes: dict[str | None, dict[str, Node]] = {}
    for answer in given:
        question = known.questions.get(answer.question)
        if answer.option is not None and answer.option not in options:
            reader.note(HERE, answer.key, f"no option {answer.option!r}; {suggestion(answer.option, options)}")
        elif question is None:
            reader.note(HERE, answer.key, f"no question {answer.question!r}; {suggestion(answer.question, known.questions)}")
        elif question.scope == "use_case" and answer.option is not None:
            reader.note(HERE, answer.key, "this question is asked once, of the use case; leave the option out")
        elif question.scope == "option" and answer.option is None:
            reader.note(HERE, answer.key, f"this question is asked of each option; name one of {known_ids(options)}")
        else:
            nodes.setdefault(answer.option, {})[question.id] = _value(question, answer.value)
    return {
        owner: read_responses(reader, _map(values), owner or "", known, "use_case" if owner is None else "option")
        for owner, values in nodes.items()
    }


def _value(question: Question, value: str | tuple[str, ...]) -> Node:
    if question.type == "choices" and isinstance(value, str) and value not in (UNKNOWN, NOT_APPLICABLE):
        inside = value.removeprefix("[").removesuffix("]")
        value = tuple(part.strip() for part in inside.split(",") if part.strip())
    return _scalar(value) if isinstance(value, str) else Node("list", 0, items=tuple(map(_scalar, value)))


def _answered(standing: Mapping[str, Response], given: Mapping[str, Response]) -> Mapping[str, Response]:
    """A new answer rests on what the one that it replaces rests on."""
    return {**standing, **{q: replace(r, basis=standing[q].basis) if q in standing else r for q, r in given.items()}}


def _figures(reader: Reader, facts: Facts, given: Iterable[NewFigure]) -> dict[str, dict[str, dict[str, Node]]]:
    """Numbers, still to be read, by option, category and key."""
    options = [o.id for o in facts.options]
    nodes: dict[str, dict[str, dict[str, Node]]] = {}
    for figure in given:
        place = ".".join(part for part in (figure.option, "costs", figure.category, figure.key) if part)
        if figure.option not in options:
            reader.note(HERE, place, f"no option {figure.option!r}; {suggestion(figure.option, options)}")
        elif figure.category not in CATEGORIES:
            reader.note(HERE, place, f"no cost category {figure.category!r}; {suggestion(figure.category, CATEGORIES)}")
        elif figure.key not in FIGURES[figure.category]:
            reader.note(HERE, place, f"no figure {figure.key!r}; {suggestion(figure.key, FIGURES[figure.category])}")
        else:
            nodes.setdefault(figure.option, {}).setdefault(figure.category, {})[figure.key] = _scalar(figure.value)
    return nodes


def _priced(reader: Reader, option: OptionFacts, given: Mapping[str, Mapping[str, Node]]) -> OptionFacts:
    if not given:
        return option
    read = read_costs(reader, _map({c: _map(figures) for c, figures in given.items()}), f"{option.id}.costs")
    categories = dict(option.costs.categories)
    for category, figures in read.categories.items():
        merged = {**categories.get(category, {}), **figures}
        categories[category] = {key: merged[key] for key in FIGURES[category] if key in merged}
        for lower, upper in ORDERED:
            # Where both are new, reading them has compared them already.
            if len({lower, upper} & figures.keys()) == 1 and lower in merged and upper in merged and merged[lower].high > merged[upper].low:
                place = f"{option.id}.costs.{category}.{upper if upper in figures else lower}"
                reader.note(HERE, place, f"{lower} {plain(merged[lower].high)} is above {upper} {plain(merged[upper].low)}; it can't be")
    return replace(option, costs=replace(option.costs, categories=categories))


def _demand(reader: Reader, standing: Demand, given: Mapping[str, str]) -> Demand:
    content: dict[str, Node] = {}
    budget: dict[str, Node] = {}
    if standing.budget:
        budget = {name: _scalar(plain(getattr(standing.budget, name))) for name in BUDGET.values()}
    for key, text in given.items():
        if key in BUDGET:
            budget[BUDGET[key]] = _scalar(text)
            content["budget"] = _map(budget)
        elif key in DEMAND:
            content[key] = _scalar(text)
        else:
            reader.note(HERE, f"demand.{key}", f"unknown key; {suggestion(key, DEMAND_KEYS)}")
    before = len(reader.errors)
    read = read_demand(reader, _map(content), "demand")
    reader.errors[before:] = [replace(e, key=e.key.replace(".budget.", ".budget_")) for e in reader.errors[before:]]
    return replace(standing, **{key: getattr(read, key) for key in content}) if len(reader.errors) == before else standing


def _volume(reader: Reader, demand: Demand, text: str) -> Demand:
    factor = reader.number(_scalar(text), "volume", VOLUME)
    if factor is None or factor == 1:
        return demand
    tokens = {key: t for key in ("input_tokens_per_month", "output_tokens_per_month") if (t := getattr(demand, key)) is not None}
    if not tokens:
        reader.note(HERE, "volume", "the demand gives no tokens a month that it could multiply")
    if any(not TOKENS.hold(figure * factor) for figure in tokens.values()):
        reader.note(HERE, "volume", f"{text} takes the tokens a month out of range; they are {TOKENS}")
    return replace(demand, **{key: figure * factor for key, figure in tokens.items()})


def _scalar(text: str) -> Node:
    return Node("scalar", 0, text=text)


def _map(content: Mapping[str, Node]) -> Node:
    return Node("map", 0, entries={key: (HERE, node) for key, node in content.items()})


def _split(text: str, parts: int, name: str, form: str, wrong: list[PatchError]) -> list[str]:
    """The parts of ``text`` between its first colons; empty ones, and a note, where there are too few."""
    found = text.split(":", parts - 1)
    if len(found) < parts:
        wrong.append(PatchError(name, f"{text!r} isn't of the form {form}"))
    return [part.strip() for part in found] + [""] * (parts - len(found))


def _figure(text: str) -> tuple[str, str]:
    category, _dot, key = text.partition(".")
    return category, key


def _frozen(value: str | list[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)

"""Evaluates an assessment: from a release and plain facts to scores, costs, ranking and recommendation. Pure and deterministic.

The methods, with their sources, are described in docs/methods.md; the output in the specification of the assessment file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from assessments.scoring.answers import Sheet, Variables, option_variables, read_sheet
from assessments.scoring.cost_draws import draw_costs
from assessments.scoring.costs import conversion, option_costs
from assessments.scoring.crossings import crossings
from assessments.scoring.digest import input_digest
from assessments.scoring.draws import DRAWS
from assessments.scoring.facts import Facts, OptionFacts
from assessments.scoring.loss import option_losses
from assessments.scoring.measures import measure_term
from assessments.scoring.premium import Premium, premiums
from assessments.scoring.recommend import recommend, thresholds
from assessments.scoring.results import BreakEven, OptionResult, Recommendation
from assessments.scoring.robustness import Robustness, analyse
from assessments.scoring.rounding import COMPUTING
from assessments.scoring.rules import Finding, find
from assessments.scoring.values import CriterionValue, Score, Term, criterion_value, question_term, score
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release
from compliance.classification import Classification, Duty, classify, duties_of

Weights = Mapping[str, Decimal]


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found; ``options`` in the order of the facts, ``ranking`` the admissible ones by score.

    ``seed`` is what the draws took their seed from; ``robustness`` is None without draws, or where the release has no parameters for it.
    """

    release: Release
    facts: Facts
    input_digest: str
    classification: Classification
    sheet: Sheet
    weights: Mapping[str, Weights]
    options: tuple[OptionResult, ...]
    ranking: tuple[OptionResult, ...]
    break_even: tuple[BreakEven, ...]
    recommendation: Recommendation
    seed: str
    draws: int
    robustness: Robustness | None
    premiums: tuple[Premium, ...]

    def as_dict(self, trace: bool = False) -> dict[str, Any]:
        """The documented output (``countersign/evaluation@1``): only strings, integers, booleans, None, lists and dicts."""
        # The two modules describe an Evaluation, so they import this one for its type.
        from assessments.scoring.output import document
        from assessments.scoring.trace import derivation

        with localcontext(COMPUTING):
            content = document(self)
            if trace:
                content["trace"] = derivation(self)
        return content


def evaluate(release: Release, facts: Facts, *, draws: int = DRAWS, seed: str | None = None) -> Evaluation:
    """Score every option of ``facts`` under ``release``.

    ``draws`` of weights, values, costs and losses; 0 leaves out what is drawn (ranges of cost, robustness, the spread of losses), and the
    recommendation then rests on margins and completeness alone. ``seed`` is the digest that the draws are seeded with, these facts' own
    where it is left out: a what-if keeps that of the record that it varies.

    Raises ValueError for facts that the release can't read: an unknown archetype, profile, criterion or choice.
    """
    with localcontext(COMPUTING):
        return _evaluate(index(release), facts, draws, seed)


def _evaluate(known: Index, facts: Facts, draws: int, seed: str | None) -> Evaluation:
    release = known.release
    archetype: Variables = {"archetype": facts.archetype} if facts.archetype else {}
    sheet = read_sheet(known, "use_case", facts.responses, archetype)
    classification = _classify(release, facts, sheet)
    of_class = {**sheet.variables, **classification.variables}

    def class_wanting() -> list[str]:
        return [question for basis in classification.basis[:1] for question in basis.because]

    shared = find(known, [r for r in release.rules if r.scope == "use_case"], of_class, [sheet], class_wanting)
    weights = profiles(known, facts)
    own_rules = [r for r in release.rules if r.scope == "option"]
    options = []
    for option in facts.options:
        own = read_sheet(known, "option", option.responses, {**of_class, **option_variables(option)})
        findings = [*shared, *find(known, own_rules, own.variables, [sheet, own], class_wanting)]
        duties = tuple(duties_of(release, own.variables, facts.as_of, "option"))
        options.append(_option(known, facts, option, sheet, own, findings, duties, weights))

    digest = input_digest(known, facts, weights)
    seed = seed or digest
    base_rate = conversion(release.exchange, facts.as_of, release.exchange.base, facts.demand.currency or release.exchange.base)
    options = _drawn(release, facts, sheet, options, base_rate, seed, draws)
    ranking = sorted((o for o in options if o.admissible), key=lambda o: (-o.score.value, o.facts.id))
    robustness = None
    if draws and release.robustness:
        robustness = analyse(release.robustness, release.criteria, ranking, weights, facts.demand, base_rate, seed, draws)
    titles = {c.id: c.title for c in release.criteria}
    limits = thresholds(release.recommendation, sheet)
    return Evaluation(
        release=release,
        facts=facts,
        input_digest=digest,
        classification=classification,
        sheet=sheet,
        weights=weights,
        options=tuple(options),
        ranking=tuple(ranking),
        break_even=crossings(release, facts, options),
        recommendation=recommend(limits, options, ranking, titles, facts.demand.horizon_months, robustness, len(weights)),
        seed=seed,
        draws=draws,
        robustness=robustness,
        premiums=tuple(premiums(options, facts.demand.horizon_months)),
    )


def _drawn(
    release: Release, facts: Facts, sheet: Sheet, options: list[OptionResult], base_rate: Decimal | None, seed: str, draws: int
) -> list[OptionResult]:
    """The options with the ranges of their costs drawn, and their losses."""
    medians = {}
    for scenario in release.losses:
        asked = sheet.asked.get(scenario.question)
        # While it isn't certain that the question is asked, the scenario counts all the same, and so does what was answered.
        given = asked.response if asked and asked.visible is not False else None
        if given and given.state == "answered" and isinstance(given.value, Decimal) and given.value > 0:
            medians[scenario.question] = given.value
    bearing = [(o.sheet.variables, o.costs.plan.fee if o.costs.plan and "model_access" not in o.costs.missing else None) for o in options]
    losses = option_losses(release.losses, medians, base_rate, bearing, seed, draws)
    return [
        replace(o, loss=loss, cost_draws=draw_costs(o.facts, facts.demand, o.costs, seed, draws) if draws else o.cost_draws)
        for o, loss in zip(options, losses, strict=True)
    ]


def _classify(release: Release, facts: Facts, sheet: Sheet) -> Classification:
    answers = {}
    for id_, asked in sheet.asked.items():
        if asked.answer is not None and asked.question.type in ("choice", "choices"):
            value = asked.answer.value
            answers[id_] = value if isinstance(value, tuple) else str(value)
    return classify(release, answers, facts.as_of, sheet.variables)


def profiles(known: Index, facts: Facts) -> dict[str, Weights]:
    """The profile of weights in use, by name; with the archetype left out and its weights wanted, every archetype's.

    Raises ValueError for a name or criterion that the release doesn't have.
    """
    chosen = facts.weights
    if isinstance(chosen, str):
        if chosen == "archetype" and facts.archetype is None:
            return {a.id: a.weights for a in sorted(known.release.archetypes, key=lambda a: a.id)}
        if chosen == "archetype":
            if facts.archetype not in known.archetypes:
                raise ValueError(f"no archetype {facts.archetype!r}; there are {', '.join(known.archetypes)}")
            return {facts.archetype: known.archetypes[facts.archetype].weights}
        if chosen not in known.profiles:
            raise ValueError(f"no profile of weights {chosen!r}; there are archetype, {', '.join(known.profiles)}")
        return {chosen: known.profiles[chosen].weights}
    if strange := [c for c in chosen if c not in known.criteria]:
        raise ValueError(f"no criterion {strange[0]!r}; there are {', '.join(known.criteria)}")
    if any(w < 0 for w in chosen.values()) or not any(chosen.values()):
        raise ValueError("weights must be 0 or more, and at least one above 0")
    return {"own": {c: chosen[c] for c in known.criteria if c in chosen}}


def _option(
    known: Index,
    facts: Facts,
    option: OptionFacts,
    sheet: Sheet,
    own: Sheet,
    findings: list[Finding],
    duties: tuple[Duty, ...],
    weights: Mapping[str, Weights],
) -> OptionResult:
    costs = option_costs(option.costs, facts.demand, known.release.exchange, facts.as_of)
    terms: dict[str, list[Term]] = {c.id: [] for c in known.release.criteria}
    doubts: dict[str, Decimal] | None = {d.basis: d.share for d in known.release.robustness.doubts} if known.release.robustness else None
    for id_, question in known.questions.items():
        asked = sheet.asked.get(id_) or own.asked[id_]
        if question.criterion in terms and (term := question_term(asked, doubts)):
            terms[question.criterion].append(term)
    base_rate = conversion(known.release.exchange, facts.as_of, known.release.exchange.base, costs.currency)
    for criterion in known.release.criteria:
        if criterion.measure:
            terms[criterion.id].append(measure_term(criterion.measure, costs, facts.demand, base_rate))
    values = {c: v for c, parts in terms.items() if (v := criterion_value(c, parts))}
    return OptionResult(option, own, values, _score(values, weights), tuple(findings), costs, duties)


def _score(values: Mapping[str, CriterionValue], weights: Mapping[str, Weights]) -> Score:
    """Under several profiles (the archetype is unknown) the worst score counts, and the best is the best of all."""
    scores = [score(values, profile) for profile in weights.values()]
    worst = min(scores, key=lambda s: s.value)
    return Score(worst.value, max(s.best for s in scores), worst.completeness, worst.weights)

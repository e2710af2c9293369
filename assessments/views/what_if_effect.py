"""What a what-if comes to, beside the assessment as it stands: the leader in a sentence, a row an option, and the list of what is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from accounts import formats
from assessments.figures import COST_FIGURES, DEMAND_FIGURES
from assessments.scoring.answers import Sheet
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.facts import Response
from assessments.scoring.patch import DEMAND_KEYS, WEIGHT_FIELD, NewAnswer, NewFigure, Patch, shares
from assessments.scoring.results import OptionResult
from assessments.scoring.rounding import COMPUTING, money, plain, points
from assessments.views.presenting import amount
from compliance.catalogue.index import index
from compliance.catalogue.model import Question

SCALES = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"), (Decimal(1000), "thousand"))


def effect(base: Evaluation, found: Evaluation, patch: Patch, address: str) -> dict[str, Any]:
    """What ``found``, the evaluation with the patch, says beside ``base``; ``address`` of the what-if page."""
    before = {o.facts.id: o for o in base.options}
    changes = list_changes(base, found, patch, address)
    return {
        "changed": patch != Patch(),
        "sentence": sentence(base, found, patch),
        "tone": "info" if patch == Patch() else "good" if leader(base) == leader(found) else "warn",
        "rows": [row(before[o.facts.id], o, found) for o in found.options],
        "currency": found.facts.demand.currency or found.release.exchange.base,
        "months": horizon(base, found),
        "losses": any(o.loss for o in found.options),
        "changes": changes,
        "address": f"{address}?{patch.query()}",
        "under": f"&{patch.query()}" if patch != Patch() else "",
        "weights": weights_query(found) if patch.weights else "",
    }


def leader(found: Evaluation) -> str | None:
    return found.ranking[0].facts.id if found.ranking else None


def early(found: Evaluation) -> bool:
    """Whether nothing but missing answers keeps every option out, so that nobody can say yet which is admissible."""
    return bool(found.options) and not found.ranking and all(unsure(option) for option in found.options)


def unsure(option: OptionResult) -> bool:
    return not option.admissible and not any(blocker.certain for blocker in option.blockers)


def sentence(base: Evaluation, found: Evaluation, patch: Patch) -> str:
    """Who leads, and whether it is another than as things stand."""
    if early(found):
        return _("Too early to tell: what could stop each option hasn't been answered yet.")
    if not found.ranking:
        return _("No option would be admissible.") if base.ranking else _("No option is admissible, with these changes or without.")
    first = found.ranking[0]
    values = {"option": first.facts.label, "score": formats.number(points(first.score.value))}
    if patch == Patch():
        return _("Nothing is changed yet: as it stands, %(option)s leads with %(score)s of 100 points.") % values
    if not base.ranking:
        return _("%(option)s would lead with %(score)s of 100 points; as it stands, no option is admissible.") % values
    if leader(base) == leader(found):
        return _("%(option)s still leads, with %(score)s of 100 points.") % values
    values["before"] = base.ranking[0].facts.label
    return _("%(option)s would lead, with %(score)s of 100 points; as it stands, %(before)s leads.") % values


def row(before: OptionResult, now: OptionResult, found: Evaluation) -> dict[str, Any]:
    places = {o.facts.id: n for n, o in enumerate(found.ranking, 1)}
    gain = Decimal(points(now.score.value)) - Decimal(points(before.score.value))
    return {
        "id": now.facts.id,
        "name": now.facts.label,
        "rank": places.get(now.facts.id),
        "admissible": now.admissible,
        "unsure": unsure(now),
        "was_admissible": before.admissible,
        "blockers": [b.message for b in now.blockers],
        "more_blockers": max(0, len(now.blockers) - 2),
        "score": points(now.score.value),
        "score_key": f"options.{now.facts.id}.score",
        "cost_key": f"options.{now.facts.id}.costs.total.likely",
        "loss_key": f"options.{now.facts.id}.loss.expected_per_year",
        "score_before": points(before.score.value),
        "gain": signed(gain),
        "direction": "up" if gain > 0 else "down" if gain < 0 else "",
        "low": min(points(now.score.value), points(before.score.value), key=Decimal),
        "width": plain(abs(gain)),
        "cost": compared(before.costs.total, now.costs.total),
        "cost_complete": now.costs.complete,
        "loss": compared(before.loss.expected if before.loss else None, now.loss.expected if now.loss else None),
    }


def compared(before: Decimal | None, now: Decimal | None) -> dict[str, str]:
    """Two amounts for reading, and how much more or less the second is; "" for what isn't known or doesn't differ."""
    texts = {"now": amount(None if now is None else money(now)), "before": amount(None if before is None else money(before))}
    if before is None or now is None or texts["now"] == texts["before"]:
        return texts | {"gap": ""}
    gap = now - before
    return texts | {"gap": ("+" if gap > 0 else "−") + amount(money(abs(gap)))}


def signed(gain: Decimal) -> str:
    size = formats.number(f"{abs(gain)}")
    return f"+{size}" if gain > 0 else f"−{size}" if gain < 0 else "±0"


def horizon(base: Evaluation, found: Evaluation) -> str:
    """The months that the costs are of, where they differ from those as it stands."""
    now, before = found.facts.demand.horizon_months, base.facts.demand.horizon_months
    return "" if now == before else _("%(now)s months instead of %(before)s") % {"now": now, "before": before or "–"}


def counted(figure: Decimal) -> str:
    """A large number as people say it: ``960 million``, with three digits that count."""
    for size, name in SCALES:
        if figure >= size:
            return formats.numbers(f"{plain(Decimal(f'{figure / size:.3g}'))} {name}")
    return formats.number(f"{figure:,.0f}")


def weights_query(found: Evaluation) -> str:
    """The weights in use as the weights page takes them, in per cent."""
    with localcontext(COMPUTING):
        in_use = shares(index(found.release), found.facts)
    return urlencode([("choice", "own"), *((WEIGHT_FIELD + c, plain(round(w, 2))) for c, w in in_use.items() if w)])


def list_changes(base: Evaluation, found: Evaluation, patch: Patch, address: str) -> list[dict[str, str]]:
    """Each change in words, with the address of the what-if without it."""
    words = _Words(base, found)
    listed: list[tuple[str, Patch]] = []
    if patch.scenario:
        title = next(s.title for s in base.release.scenarios if s.id == patch.scenario)
        listed.append((_("Scenario: %s") % title, replace(patch, scenario=None)))
    if isinstance(patch.weights, str):
        listed.append((_("Weights: %s") % words.profile(patch.weights), replace(patch, weights=None)))
    elif patch.weights:
        for criterion in patch.weights:
            rest = {c: w for c, w in patch.weights.items() if c != criterion}
            listed.append((words.weight(criterion, patch.weights[criterion]), replace(patch, weights=rest or None)))
    for n, answer in enumerate(patch.answers):
        listed.append((words.answer(answer), replace(patch, answers=patch.answers[:n] + patch.answers[n + 1 :])))
    for n, figure in enumerate(patch.figures):
        listed.append((words.figure(figure), replace(patch, figures=patch.figures[:n] + patch.figures[n + 1 :])))
    for key, value in patch.demand.items():
        listed.append((words.demand(key, value), replace(patch, demand={k: v for k, v in patch.demand.items() if k != key})))
    if patch.volume != "1":
        listed.append((_("Demand × %s") % read(patch.volume), replace(patch, volume="1")))
    return [{"text": text, "without": f"{address}?{rest.query()}" if rest != Patch() else address} for text, rest in listed]


class _Words:
    """Says what a change is, and what stands there otherwise."""

    def __init__(self, base: Evaluation, found: Evaluation) -> None:
        self.base, self.found, self.known = base, found, index(base.release)
        self.names = {o.facts.id: o.facts.label for o in base.options}

    def profile(self, name: str) -> str:
        return self.known.profiles[name].title if name in self.known.profiles else _("as the kind of use case")

    def weight(self, criterion: str, text: str) -> str:
        with localcontext(COMPUTING):
            standing = shares(self.known, self.base.facts)
        was = plain(round(standing[criterion], 1)) if criterion in standing else "–"
        return _("Weight of %(what)s: %(now)s (as it stands, %(was)s)") % {
            "what": self.known.criteria[criterion].title, "now": read(text), "was": read(was)
        }  # fmt: skip

    def answer(self, answer: NewAnswer) -> str:
        question = self.known.questions[answer.question]
        now, was = (said(question, response_to(e, question, answer.option)) for e in (self.found, self.base))
        where = f"{self.names[answer.option]}: " if answer.option else ""
        asked = sheet_of(self.found, answer.option).asked[question.id].visible is not False
        text = _("“%(question)s” %(now)s (as it stands, %(was)s)") if asked else _(
            "“%(question)s” %(now)s (as it stands, %(was)s); it isn't asked here, so it changes nothing"
        )  # fmt: skip
        return where + text % {"question": question.text, "now": now, "was": was}

    def figure(self, figure: NewFigure) -> str:
        spec = COST_FIGURES[figure.category][figure.key]
        category = next((c.title for c in self.base.release.cost_categories if c.id == figure.category), figure.category)
        option = next(o for o in self.base.facts.options if o.id == figure.option)
        standing = option.costs.categories.get(figure.category, {}).get(figure.key)
        return _("%(option)s: %(category)s, %(figure)s %(now)s %(unit)s (as it stands, %(was)s)") % {
            "option": option.label, "category": category, "figure": _(spec.label), "now": read(figure.value), "unit": _(spec.unit),
            "was": read(plain(standing.likely)) if standing else _("not given"),
        }  # fmt: skip

    def demand(self, key: str, text: str) -> str:
        spec, standing = DEMAND_FIGURES[key], demand_figures(self.base)[key]
        return _("Demand: %(figure)s %(now)s %(unit)s (as it stands, %(was)s)") % {
            "figure": _(spec.label), "now": read(text), "unit": _(spec.unit), "was": read(standing) or _("not given")
        }  # fmt: skip


def read(text: str) -> str:
    """A number as the address or a fact has it, with its thousands apart, as the reader writes it; other text stays as it is."""
    try:
        return formats.number(f"{Decimal(text):,}")
    except InvalidOperation:
        return text


def demand_figures(found: Evaluation) -> dict[str, str]:
    """Every figure of the demand as text, "" where it isn't given."""
    demand = found.facts.demand
    budget = {"budget_target_per_month": "target_per_month", "budget_limit_per_month": "limit_per_month"}
    held: Mapping[str, Any] = {
        key: getattr(demand.budget, budget[key], None) if key in budget else getattr(demand, key) for key in DEMAND_KEYS
    }
    return {key: "" if value is None else plain(Decimal(value)) for key, value in held.items()}


def sheet_of(found: Evaluation, option: str | None) -> Sheet:
    return found.sheet if option is None else next(o.sheet for o in found.options if o.facts.id == option)


def response_to(found: Evaluation, question: Question, option: str | None) -> Response | None:
    return sheet_of(found, option).asked[question.id].response


def said(question: Question, response: Response | None) -> str:
    """An answer in the words of its question."""
    if response is None or response.state == "unknown":
        return _("not answered")
    if response.state == "not_applicable":
        return _("doesn't apply")
    texts = {choice.id: choice.text for choice in question.choices}
    if isinstance(response.value, tuple):
        return "; ".join(texts.get(c, c) for c in response.value) or _("none of these")
    if isinstance(response.value, Decimal):
        return question.measured(read(plain(response.value)))
    return texts.get(str(response.value), str(response.value))

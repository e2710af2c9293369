"""A small release to vary: one question of each kind, one rule, one obligation, a provider, a model and what is published of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from compliance.catalogue.law import DatedChange, Obligation
from compliance.catalogue.model import (
    Archetype,
    Band,
    Choice,
    CostCategory,
    CostDefault,
    CostField,
    Criterion,
    Exchange,
    ExchangeRate,
    Question,
    Questionnaire,
    Recommendation,
    Release,
    Rule,
    Section,
    Source,
)  # fmt: skip
from compliance.catalogue.reference import Named, Price, Published, Staleness

DAY = date(2026, 11, 23)


def D(figure: Any) -> Decimal:
    return Decimal(str(figure))


def question(id_: str, scope: str = "option", type_: str = "choice", **more: Any) -> Question:
    if type_ in ("choice", "choices"):
        more.setdefault("choices", (Choice("yes", "Yes"), Choice("no", "No")))
    return Question(id=id_, scope=scope, type=type_, text=f"Is it {id_}?", why="It decides.", answered_by="risk", sources=("s",), **more)


def small(*questions: Question, **parts: Any) -> Release:
    release = Release(
        format="countersign/catalogue@1", key="small", version=1, title="Small", published_on=DAY,
        sources=(Source("s", "A source", date(2026, 11, 1), "judgement"),),
        criteria=(Criterion("worth", "Worth", "What it is worth."),),
        archetypes=(Archetype("kind", "Kind", "A kind.", "open", "It is.", {"worth": D(1)}, ("s",)),),
        questionnaires=(Questionnaire("all", "All", "Everything.", (Section("one", "One", questions or (question("a"),)),)),),
        rules=(), class_headings=(), class_rules=(), obligations=(),
        exchange=Exchange("EUR", (ExchangeRate("USD", date(2026, 1, 1), D("0.5"), ("s",)),)),
        recommendation=Recommendation(D(8), D(3), D("0.8"), ("s",)),
        cost_categories=(CostCategory("model_access", "Model access", "A price.", "None."),),
        roles_question="a",
    )  # fmt: skip
    return replace(release, **parts)


def rule(id_: str, when: str, question_: str = "a", scope: str = "option", **more: Any) -> Rule:
    return Rule(
        id=id_,
        scope=scope,
        when=when,
        severity="medium",
        title=f"Rule {id_}",
        message="Mend it.",
        question=question_,
        sources=("s",),
        **more,
    )


def obligation(
    id_: str, when: str = "true", met_when: str | None = 'a == "yes"', shown_by: tuple[str, ...] = ("a",), **more: Any
) -> Obligation:
    more.setdefault("dates", (DatedChange(date(2024, 1, 1), date(2025, 1, 1), "An act", ("s",)),))
    return Obligation(
        id=id_, instrument="gdpr", reference="Art. 1", role="anyone", title="Do it", text="It is to be done.", when=when, met_when=met_when,
        shown_by=shown_by, **more,
    )  # fmt: skip


def priced() -> Release:
    """A provider and two models, what is published of them on several days, prices, and a usual figure by sourcing."""
    field = CostField("input_price_per_million", "Price", "USD per million tokens", ("s",), likely=D(2), on=date(2026, 11, 1),
                      defaults=(CostDefault(("self_hosted_open",), date(2026, 11, 1), ("s",), D(0), currency="USD"),))  # fmt: skip
    machine = CostField("gpu_price_per_hour", "GPU", "USD per hour", ("s",))
    return small(
        question("a", choices=(Choice("low", "Low"), Choice("high", "High"))), question("n", type_="number"),
        providers=(Named("acme", "Acme Cloud", ("s",), ("Acme",)),),
        models=(Named("m4", "Model 4", ("s",)), Named("m4-mini", "Model 4 Mini", ("s",), ("M4 mini",))),
        published=(
            Published("a", "low", date(2025, 1, 1), "s", "By the old page.", provider="acme"),
            Published("a", "high", date(2026, 6, 1), "s", "By the new page.", provider="acme"),
            Published("n", "7", date(2026, 6, 1), "s", "Of the model.", model="m4"),
            Published("n", "9", date(2026, 5, 1), "s", "Of both.", provider="acme", model="m4", sourcings=("managed_open",)),
        ),
        prices=(
            Price("model_access", "input_price_per_million", D(3), date(2026, 4, 1), "s", provider="acme", model="m4", currency="USD"),
            Price("model_access", "input_price_per_million", D(4), date(2026, 10, 1), "s", provider="acme", model="m4", currency="USD"),
            Price("infrastructure", "gpu_price_per_hour", D(4), date(2026, 11, 9), "s", hardware="H100", currency="USD"),
            Price("infrastructure", "gpu_price_per_hour", D(2), date(2026, 11, 9), "s", hardware="A100", currency="USD"),
        ),
        staleness=Staleness(365, 90, ("s",)),
        cost_categories=(CostCategory("model_access", "Model access", "A price.", "None.", (field,)),
                         CostCategory("infrastructure", "Machines", "None.", "Many.", (machine,))),
    )  # fmt: skip


BANDS = (Band("few", "Few", D(6)), Band("some", "Some", D(8)), Band("many", "Many"))

"""A small catalogue, built in Python, and facts for it: enough of every kind of question to try the engine on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from assessments.scoring.facts import Budget, Costs, Demand, Facts, OptionFacts, Range, Response
from compliance.catalogue.model import (
    Anchors,
    Archetype,
    Choice,
    ClassHeading,
    ClassRule,
    CostCategory,
    Criterion,
    DatedChange,
    Exchange,
    ExchangeRate,
    Measure,
    Profile,
    Question,
    Questionnaire,
    Recommendation,
    Release,
    Rule,
    Section,
    Source,
)
from compliance.catalogue.risk import Doubt, Frequency, LossChange, LossScenario, Robustness, Transfer

DAY = date(2026, 11, 23)
CATEGORIES = (
    "model_access", "infrastructure", "scaling", "monitoring", "security_and_compliance", "updates_and_patches", "fine_tuning",
    "support", "time_to_production",
)  # fmt: skip
FREE = {category: {} for category in CATEGORIES}


def D(figure: Any) -> Decimal:
    return Decimal(str(figure))


def weights(**values: Any) -> dict[str, Decimal]:
    return {criterion: D(weight) for criterion, weight in values.items()}


def choices(**values: Any) -> tuple[Choice, ...]:
    return tuple(Choice(id=id_, text=f"The answer {id_}", value=None if v is None else D(v)) for id_, v in values.items())


def question(id_: str, scope: str = "option", type_: str = "choice", **more: Any) -> Question:
    if type_ in ("choice", "choices"):
        more.setdefault("choices", choices(yes=1, no=0))
    if more.get("criterion"):
        more.setdefault("weight", D(1))
    return Question(id=id_, scope=scope, type=type_, text=f"Question {id_}?", why="It decides.", answered_by="risk", sources=("s",), **more)


QUESTIONS = (
    question("kind", "use_case", choices=choices(inside=None, outside=None)),
    question("roles", "use_case", "choices", choices=choices(provider=None, deployer=None)),
    question("critical", "use_case", when='kind == "outside"'),
    question("practice", "use_case", choices=choices(yes=None, no=None)),
    question("since", "use_case", "date"),
    question("sla", criterion="service", weight=D(3), choices=choices(full=1, part="0.5", none=0)),
    question("failover", criterion="service", when='sla != "none"'),
    question("uptime", type_="number", criterion="service", anchors=Anchors(D(99), D("99.9")), minimum=D(0), maximum=D(100)),
    question("certificates", type_="choices", criterion="service", not_applicable=True, choices=choices(a=1, b="0.25", c="0.5")),
    question("audit", criterion="control", when='critical == "yes"'),
    question("weights-at-hand", criterion="control", when='sourcing != "closed_api"'),
    question("remark", type_="text"),
)
HIGH = '"provider" in roles && kind == "outside"'


def release(**changes: Any) -> Release:
    """The catalogue; any field of a Release may be changed."""
    dates = (DatedChange(date(2024, 8, 1), date(2027, 12, 2), "The Act", ("s",)),)
    content: dict[str, Any] = {
        "format": "countersign/catalogue@1",
        "key": "small",
        "version": 1,
        "title": "A small catalogue",
        "published_on": DAY,
        "sources": (Source("s", "A source", DAY, "judgement"),),
        "criteria": (
            Criterion("service", "Service", "What is promised."),
            Criterion("control", "Control", "Who decides."),
            Criterion("cost", "Cost", "All of it.", Measure("monthly_cost", Anchors(D(20), D("0.2"), "log"), D(1), ("s",))),
            Criterion("time", "Time", "How soon.", Measure("weeks_to_production", Anchors(D(26), D(0)), D(1), ("s",))),
        ),
        "archetypes": (
            Archetype("chatbot", "Chatbot", "Talks.", "closed", "It talks.", weights(service=5, control=1, cost=2, time=2), ("s",)),
            Archetype("documents", "Documents", "Reads.", "open", "It reads.", weights(service=1, control=4, cost=4, time=1), ("s",)),
        ),
        "profiles": (Profile("even", "Even", "All alike.", weights(service=1, control=1, cost=1, time=1)),),
        "questionnaires": (Questionnaire("all", "All", "Everything.", (Section("one", "One", QUESTIONS),)),),
        "rules": (
            Rule("no-sla", "option", 'sla == "none"', "high", "No service level", "Nothing is promised.", "sla", ("s",)),
            Rule(
                "unguarded", "option", 'kind == "outside" && failover == "no"', "critical", "No failover",
                "It serves customers without a failover.", "failover", ("s",), True, "approver",
            ),
            Rule(
                "forbidden", "use_case", 'risk_class == "prohibited"', "critical", "Forbidden", "The practice is forbidden.",
                "practice", ("s",), True,
            ),
        ),
        "class_headings": (
            ClassHeading("prohibited", "Art. 5", "Forbidden practices"),
            ClassHeading("high", "Art. 6", "High risk"),
        ),
        "class_rules": (
            ClassRule("prohibited", "Art. 5(1)(a)", 'practice == "yes"', ("practice",), "A forbidden practice", dates),
            ClassRule("high", "Annex III(4)(a)", HIGH, ("roles", "kind"), "Recruitment", dates),
        ),
        "obligations": (),
        "exchange": Exchange("EUR", (
            ExchangeRate("USD", date(2025, 1, 1), D("0.8"), ("s",)),
            ExchangeRate("USD", date(2026, 6, 1), D("0.9"), ("s",)),
            ExchangeRate("USD", date(2027, 1, 1), D("0.5"), ("s",)),
            ExchangeRate("GBP", date(2026, 1, 1), D("1.2"), ("s",)),
        )),
        "recommendation": Recommendation(D(8), D(3), D("0.8"), ("s",)),
        "cost_categories": tuple(CostCategory(c, c.replace("_", " "), "their part", "your part") for c in CATEGORIES),
        "roles_question": "roles",
        **changes,
    }  # fmt: skip
    return Release(**content)


DOUBTS = {"unsupported": "0.4", "self_declared": "0.3", "published": "0.2", "contractual": "0.1", "certified": 0}


def robustness(factor: Any = 2, **doubts: Any) -> Robustness:
    """Parameters of the draws: each stated weight within its ``factor``; doubts by basis in place of the usual ones."""
    return Robustness(D(factor), tuple(Doubt(basis, D(share)) for basis, share in (DOUBTS | doubts).items()), ("s",))  # type: ignore[arg-type]


def scenario(id_: str, frequency: Any = (1, 2, 4), likely: Any = 1000, spread: Any = 3, **more: Any) -> LossScenario:
    """Events a year, the median of one in euros, and its spread; its question is ``cost-of-`` and its id."""
    often = frequency if isinstance(frequency, tuple) else (frequency,) * 3
    return LossScenario(
        id_, id_.title(), f"What {id_} costs.", f"cost-of-{id_}", Frequency(*map(D, often)), D(likely), D(spread), ("s",), **more
    )


def change(id_: str, when: str, **factors: Any) -> LossChange:
    return LossChange(id_, f"Because {id_}", when, ("s",), **{key: D(factor) for key, factor in factors.items()})


def transfer(id_: str, when: str, share: Any, months: Any = None) -> Transfer:
    return Transfer(id_, f"Somebody bears {id_}", when, D(share), ("s",), None if months is None else D(months))


def losses() -> tuple[LossScenario, ...]:
    """Two scenarios: one that answers relieve and burden, and one that not every option has, whose cost somebody else may bear in part."""
    return (
        scenario(
            "outage", (1, 3, 9), 2000, 4,
            changes=(
                change("guarded", 'failover == "yes"', frequency="0.25", magnitude="0.5"),
                change("unpromised", 'sla != "full"', frequency=2),
                change("audited", 'audit == "yes"', magnitude="0.8"),
            ),
        ),
        scenario(
            "breach", ("0.05", "0.1", "0.3"), 50_000, 5,
            when='critical != "no"',
            changes=(change("at-hand", 'weights_at_hand == "yes"', frequency="0.5"),),
            transfers=(transfer("liability", 'sla == "full"', "0.5", 6),),
        ),
    )  # fmt: skip


def costs(currency: str | None = None, **categories: dict[str, Any]) -> Costs:
    """All nine categories, free unless given; a figure is a number or (low, likely, high)."""
    given = {**FREE, **categories}
    return Costs(currency, {c: {k: _range(v) for k, v in figures.items()} for c, figures in given.items()})


def _range(figure: Any) -> Range:
    return Range(*map(D, figure)) if isinstance(figure, tuple) else Range.single(D(figure))


def answers(**values: Any) -> dict[str, Response]:
    """Responses by question id; underscores stand for hyphens. A Response may be given as it is."""
    return {id_.replace("_", "-"): v if isinstance(v, Response) else Response(v) for id_, v in values.items()}


GOOD = answers(sla="full", failover="yes", uptime=D("99.9"), certificates=("a",), audit="yes", weights_at_hand="yes", remark="fine")
POOR = answers(sla="part", failover="yes", uptime=D("99.45"), certificates=("a", "b"), audit="no", weights_at_hand="no", remark="poor")
USE_CASE = answers(kind="outside", roles=("deployer",), critical="yes", practice="no", since=DAY)
DEMAND = Demand(
    currency="EUR", input_tokens_per_month=D(80_000_000), output_tokens_per_month=D(20_000_000), growth_per_year=D(0), horizon_months=12,
    discount_rate=D(0), budget=Budget(D(1000), D(3000)),
)  # fmt: skip


def option(id_: str, responses: dict[str, Response] | None = None, price: Any = 10, weeks: Any = 2, **more: Any) -> OptionFacts:
    """A closed API that costs ``price`` a million tokens and takes ``weeks``."""
    figures = costs(model_access={"input_price_per_million": price, "output_price_per_million": price}, time_to_production={"weeks": weeks})
    return OptionFacts(
        **{
            "id": id_,
            "sourcing": "closed_api",
            "name": id_.title(),
            "responses": GOOD if responses is None else responses,
            "costs": figures,
            **more,
        }
    )


def facts(*options: OptionFacts, **more: Any) -> Facts:
    given = options or (option("one"), option("two", POOR, price=20, weeks=13))
    return Facts(**{"as_of": DAY, "archetype": "chatbot", "responses": USE_CASE, "demand": DEMAND, "options": given, **more})


def demand(**changes: Any) -> Demand:
    return replace(DEMAND, **changes)


@pytest.fixture(scope="session")
def small() -> Release:
    return release()

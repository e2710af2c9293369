"""A small catalogue with something to offer, and newer versions of it: what the tests of offers, of the organisation and of moving share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from assessments import editing
from compliance import releases
from compliance.catalogue.index import release_bytes
from compliance.catalogue.model import Band, CostCategory, CostField, Question, Questionnaire, Release, Section, Source
from compliance.catalogue.reference import Named, Price, Published, Staleness
from tests.assessments.asking import Case
from tests.fixtures import Cast, ask_for_everything
from tests.scoring.conftest import CATEGORIES, DAY, QUESTIONS, choices, question, release

SLA_PAGE = "Acme service level agreement"
OWN = (
    question("nis2", "use_case", of_organisation=True, choices=choices(important=None, none=None)),
    question("people", "use_case", "number", of_organisation=True, unit="people", minimum=Decimal(0), maximum=Decimal(900),
             bands=(Band("few", "Few", Decimal(6)), Band("many", "Many"))),
    question("skills", "use_case", "choices", of_organisation=True, choices=choices(training=None, serving=None)),
)  # fmt: skip
HELD = question("held-ready", when='fallback_sourcing != "none"', calculator="error-budget")


def asking(*questions: Question) -> tuple[Questionnaire, ...]:
    return (Questionnaire("all", "All", "Everything.", (Section("one", "One", questions),)),)


def catalogue(**changes: Any) -> Release:
    """The small catalogue with questions of the organisation, and with what is published of Acme Cloud and its Model 4."""
    price = CostField("input_price_per_million", "Price of a million tokens", "USD per million tokens", ("s",))
    content: dict[str, Any] = {
        "key": "open-or-closed",
        "questionnaires": asking(*QUESTIONS, *OWN, HELD),
        "sources": (
            Source("s", "A source", DAY, "judgement"),
            Source("sla", SLA_PAGE, DAY, "primary", reference="acme.example/sla, version 4"),
        ),
        "providers": (Named("acme", "Acme Cloud", ("s",), ("Acme",)),),
        "models": (Named("m4", "Model 4", ("s",)),),
        "published": (
            Published("sla", "part", date(2025, 3, 1), "sla", "99.5 % a month.", provider="acme"),
            Published("sla", "full", date(2026, 6, 1), "sla", "99.9 % a month.", provider="acme"),
            Published("failover", "no", date(2026, 6, 1), "sla", "One region.", provider="acme"),
            Published("certificates", ("c", "a"), date(2026, 6, 1), "sla", "Two of them.", provider="acme", model="m4"),
            Published("uptime", "250", date(2026, 6, 1), "sla", "More than there is.", provider="acme"),
        ),
        "prices": (Price("model_access", "input_price_per_million", Decimal(3), date(2026, 10, 1), "s", provider="acme", currency="USD"),),
        "staleness": Staleness(365, 90, ("s",)),
        "cost_categories": tuple(
            CostCategory(c, c.replace("_", " ").capitalize(), "Theirs.", "Yours.", (price,) if c == "model_access" else ())
            for c in CATEGORIES
        ),
        **changes,
    }  # fmt: skip
    return release(**content)


Publish = Callable[..., Release]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """``publish(version=2, …)`` publishes that catalogue; the first version stands already, and nothing else is published."""
    monkeypatch.setattr(releases, "FOLDER", tmp_path)

    def write(**changes: Any) -> Release:
        made = catalogue(**changes)
        (tmp_path / f"{made.name}.json").write_bytes(release_bytes(made))
        return made

    write()
    return write


@pytest.fixture
def acme(cast: Cast, publish: Publish) -> Case:
    """A draft of ``DAY`` on that catalogue: ``vendor`` is Acme's Model 4, ``own`` names nobody; a browser of the risk officer's."""
    officer = cast.risk_officer
    assessment = editing.assessment_create(
        actor=officer, organisation=cast.organisation, title="Chatbot", name="Chatbot for customers", purpose="Answers.",
        archetype="chatbot", as_of=DAY,
    )  # fmt: skip
    vendor = editing.option_add(
        actor=officer, assessment=assessment, name="Vendor", sourcing="closed_api", provider="acme cloud", model="Model 4 Large"
    )
    own = editing.option_add(actor=officer, assessment=assessment, name="Own", sourcing="self_hosted_open")
    ask_for_everything(assessment, cast.contributor)
    client = Client()
    client.force_login(officer)
    return Case(cast, assessment, vendor, own, client, officer)


def without(*ids: str, questions: tuple[Question, ...] = (*QUESTIONS, *OWN, HELD)) -> tuple[Question, ...]:
    return tuple(q for q in questions if q.id not in ids)


def changed(id_: str, **fields: Any) -> tuple[Question, ...]:
    """The questions, one of them with other fields."""
    return tuple(replace(q, **fields) if q.id == id_ else q for q in (*QUESTIONS, *OWN, HELD))

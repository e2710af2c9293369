"""A small published catalogue, a case on it with two options, and a browser that is signed in: what the tests of the asking pages share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import editing
from assessments.evaluation import release_of
from assessments.models import Assessment, Figure, Option, Response
from compliance import releases
from compliance.catalogue.index import index, release_bytes
from compliance.catalogue.model import CostCategory, CostField
from tests.fixtures import Cast, ask_for_everything
from tests.scoring.conftest import CATEGORIES, release

PRICE = CostField(
    "input_price_per_million", "Price of a million input tokens", "USD per million tokens", ("s",), help="Lists differ.",
    low=Decimal(1), likely=Decimal(2), high=Decimal(4),
)  # fmt: skip


def catalogue() -> Any:
    categories = tuple(
        CostCategory(c, c.replace("_", " ").capitalize(), "The vendor's part.", "Your part.", (PRICE,) if c == "model_access" else ())
        for c in CATEGORIES
    )
    return release(key="open-or-closed", cost_categories=categories)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The small catalogue, published as the newest release."""
    published = catalogue()
    (tmp_path / "open-or-closed@1.json").write_bytes(release_bytes(published))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    return published


@dataclass
class Case:
    """An open draft with the options ``vendor`` (closed) and ``own`` (self-hosted), and requests to its pages by one person."""

    cast: Cast
    assessment: Assessment
    vendor: Option
    own: Option
    client: Client
    person: User

    def acting(self, who: str) -> Case:
        client = Client()
        client.force_login(self.cast[who])
        return Case(self.cast, self.assessment, self.vendor, self.own, client, self.cast[who])

    def url(self, name: str, **kwargs: Any) -> str:
        return reverse(f"assessments:{name}", kwargs={"org": self.cast.organisation.slug, "assessment": self.assessment.pk, **kwargs})

    def question(self, id_: str) -> tuple[str, dict[str, str]]:
        """The text of a question, and its choices' by their ids."""
        asked = index(release_of(self.assessment)).questions[id_]
        return asked.text, {choice.id: choice.text for choice in asked.choices}

    @property
    def section_url(self) -> str:
        return self.url("section", questionnaire="all", section="one")

    def page(self) -> str:
        return self.client.get(self.section_url).content.decode()

    def save(self, question: str, option: str = "", *, htmx: bool = True, **fields: Any) -> HttpResponseBase:
        """Post one answer as its field does; ``fields`` are value, special, basis, note, revision."""
        key = f"{question}@{option}"
        data = {"question": question, "option": option, **{f"{name}:{key}": value for name, value in fields.items()}}
        return self.client.post(self.url("response_save"), data, headers=self.htmx(htmx))

    def save_figure(self, category: str, key: str, option: str = "", *, htmx: bool = True, **fields: Any) -> HttpResponseBase:
        name = f"{category}.{key}@{option}"
        data = {"category": category, "key": key, "option": option, **{f"{part}:{name}": value for part, value in fields.items()}}
        return self.client.post(self.url("figure_save"), data, headers=self.htmx(htmx))

    def htmx(self, on: bool = True) -> dict[str, str]:
        return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{self.section_url}"} if on else {}

    def answer(self, question: str, option: Option | None = None) -> Response | None:
        return Response.objects.filter(assessment=self.assessment, question=question, option=option).first()

    def figure(self, category: str, key: str, option: Option | None = None) -> Figure | None:
        return Figure.objects.filter(assessment=self.assessment, category=category, key=key, option=option).first()

    def close(self) -> None:
        """As if it had been submitted: frozen, whatever would have made it so."""
        Assessment.objects.filter(pk=self.assessment.pk).update(status="in_review")


@pytest.fixture
def case(cast: Cast, small: Any) -> Case:
    officer = cast.risk_officer
    assessment = editing.assessment_create(
        actor=officer,
        organisation=cast.organisation,
        title="Chatbot",
        name="Chatbot for customers",
        purpose="Answers.",
        archetype="chatbot",
    )
    vendor = editing.option_add(actor=officer, assessment=assessment, name="Vendor", sourcing="closed_api")
    own = editing.option_add(actor=officer, assessment=assessment, name="Own", sourcing="self_hosted_open")
    ask_for_everything(assessment, cast.contributor)
    client = Client()
    client.force_login(officer)
    return Case(cast, assessment, vendor, own, client, officer)

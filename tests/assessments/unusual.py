"""Assessments that are unusual and yet defined: what each holds, and what its evaluation says. The pages and the API show them alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assessments import editing
from assessments.answering import figure_save, response_save
from assessments.models import Option
from assessments.scoring.costs import CATEGORIES
from compliance import releases
from compliance.catalogue.index import release_bytes
from tests.assessments.asking import Case, catalogue
from tests.scoring.conftest import robustness


def publish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The small catalogue as the newest release, with the parameters for drawing: how sure a result is gets computed too."""
    published = replace(catalogue(), robustness=robustness())
    (folder / "open-or-closed@1.json").write_bytes(release_bytes(published))
    monkeypatch.setattr(releases, "FOLDER", folder)
    return published


def fill(case: Case, options: int) -> None:
    """So many options, with nothing answered."""
    for n in range(case.assessment.options.count(), options):
        editing.option_add(actor=case.person, assessment=case.assessment, name=f"Option {n}", sourcing="managed_open")


def figure(case: Case, key: str, likely: str, category: str = "demand", option: Option | None = None) -> None:
    figure_save(actor=case.person, assessment=case.assessment, option=option, category=category, key=key, likely=likely)


def priced(case: Case, tokens: str = "1000000") -> None:
    """A use case that no rule forbids, a demand, and costs of every option in every category."""
    for question, value in (("kind", "inside"), ("practice", "no")):
        response_save(actor=case.person, assessment=case.assessment, question_id=question, value=value)
    demand = {"input_tokens_per_month": tokens, "output_tokens_per_month": tokens, "growth_per_year": "0", "horizon_months": "12"}
    for key, likely in (demand | {"discount_rate": "0"}).items():
        figure(case, key, likely)
    for option in case.assessment.options.all():
        for category in CATEGORIES:
            figure(case, "", "0", category, option)
        figure(case, "per_month", "100", "support", option)


def nothing(case: Case) -> None:
    """No option at all."""
    for option in case.assessment.options.all():
        editing.option_remove(actor=case.person, option=option)


def one_option(case: Case) -> None:
    editing.option_remove(actor=case.person, option=case.own)
    priced(case)


def twenty_options(case: Case) -> None:
    priced(case)
    fill(case, 20)


def nothing_answered(case: Case) -> None:
    """Two options, no demand, no answer, no figure."""


def weights_of_nothing(case: Case) -> None:
    """No question of ``control`` is asked of the closed API while the use case is inside."""
    priced(case)
    editing.weights_set(actor=case.person, assessment=case.assessment, weights={"control": "1"})


def no_tokens(case: Case) -> None:
    priced(case, "0")


def budget_of_one_figure(case: Case) -> None:
    priced(case)
    for key in ("budget_target_per_month", "budget_limit_per_month"):
        figure(case, key, "100")


def half_a_budget(case: Case) -> None:
    priced(case)
    figure(case, "budget_target_per_month", "100")


Check = Callable[[dict[str, Any]], bool]
DEFINED: dict[str, tuple[Callable[[Case], None], Check]] = {
    "no option": (nothing, lambda e: e["ranking"] == [] and e["recommendation"]["outcome"] == "none_admissible"),
    "one option": (one_option, lambda e: e["ranking"] == ["vendor"] and e["break_even"] == []),
    "twenty options": (twenty_options, lambda e: len(e["ranking"]) == 20),
    "nothing answered": (nothing_answered, lambda e: {o["score"] for o in e["options"]} == {"0.0"}),
    "weights of nothing": (weights_of_nothing, lambda e: (e["options"][0]["score"], e["options"][0]["score_best"]) == ("0.0", "100.0")),
    "no tokens": (no_tokens, lambda e: all(o["costs"]["complete"] and "per_million_tokens" not in o["costs"] for o in e["options"])),
    "target is limit": (budget_of_one_figure, lambda e: e["options"][0]["values"]["cost"]["value"] == "1.0000"),
    "half a budget": (half_a_budget, lambda e: e["options"][0]["values"]["cost"]["completeness"] == "1.0000"),
}

"""What a snapshot says of the catalogue that its result was held against, so that a reader needs no release."""

from __future__ import annotations

from copy import deepcopy

import pytest

from assessments.changes import changes
from assessments.snapshots import content_of
from tests.fixtures import make_cast, make_submitted, newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def content() -> dict:
    return content_of(newest(make_submitted(make_cast())))


def test_a_snapshot_says_what_the_result_was_held_against(content: dict) -> None:
    grounds = content["grounds"]
    assert grounds["thresholds"]["clear_margin"] == "8"
    assert grounds["thresholds"]["clear_acceptability"] == "0.8"
    assert grounds["thresholds"]["appetite"].startswith("Moderate")
    assert f"{grounds['margin']} ahead of" in content["evaluation"]["recommendation"]["reasons"][0]
    assert [(r["currency"], r["base"], r["rate"], r["on"]) for r in grounds["rates"]] == [("USD", "EUR", "0.86", "2026-01-01")]
    assert [r["risk_class"] for r in grounds["ruled_out"]] == ["out_of_scope", "prohibited", "high"]
    assert "ai-act.prohibited-practices" in grounds["ruled_out"][1]["because"]
    file = {f"{o['id']}/{c}.{k}" for o in content["file"]["options"] for c, held in o["costs"].items() if c != "currency" for k in held}
    assert {f"{f['option']}/{f['figure']}" for f in content["figures"]} == file
    assert {f["by"] for f in content["figures"]} == {"Risk officer"}


def test_a_record_of_before_differs_from_one_that_says_so_in_nothing_that_is_told(content: dict) -> None:
    older = deepcopy(content)
    del older["grounds"], older["figures"]
    assert not changes(older, content).groups
    later = deepcopy(content)
    later["grounds"]["thresholds"]["clear_margin"] = "12"
    (group,) = changes(content, later).groups
    assert [(part.before, part.after) for change in group.changes for part in change.parts] == [("8", "12")]

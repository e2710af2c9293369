"""What would change the recommendation, and the scenarios side by side: the part that the result page loads, and its page without scripts."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import TestCase

from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment
from assessments.scoring.flip import group_of
from assessments.scoring.patch import Patch, what_if
from assessments.scoring.study import study
from assessments.views.presenting import live_content
from assessments.views.presenting_change import changes, scenarios
from assessments.views.trying import Trials
from compliance import releases
from tests.assessments.playing import Reader, html, links, numbers, words
from tests.fixtures import EXAMPLE, Cast, make_cast, make_complete, make_draft

FRAGMENT = {"HX-Request": "true"}
EXAMPLES = sorted(EXAMPLE.parent.glob("*.yaml"))


class Complete(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        cls.data = study(evaluate_assessment(cls.case))

    def setUp(self) -> None:
        self.reader = Reader(self.cast.auditor, self.case)

    def test_the_result_page_loads_it_afterwards_and_links_to_it_without_scripts(self) -> None:
        page = self.reader.get("result")
        address = self.reader.url("result_flips")
        assert f'hx-get="{address}" hx-trigger="load"' in html(page)
        assert address in links(page)
        assert self.data["flips"][0]["text"] not in words(page)

    def test_the_part_alone_and_a_whole_page(self) -> None:
        part, page = self.reader.get("result_flips", **FRAGMENT), self.reader.get("result_flips")
        assert "<!doctype" not in html(part)
        assert "<!doctype html>" in html(page)
        assert html(page).count("<h1") == 1
        for found in (part, page):
            for flip in self.data["flips"]:
                assert flip["text"] in words(found)
            for scenario in self.data["scenarios"]:
                assert scenario["title"] in words(found)
        anchors = [link for link in links(page) if link.startswith("#method-")]
        assert anchors
        assert all(f'id="{link[1:]}"' in html(page) for link in anchors)

    def test_each_change_is_tagged_with_who_leads_then_and_can_be_tried(self) -> None:
        page = self.reader.get("result_flips", **FRAGMENT)
        tries = [link for link in links(page) if "/what-if/?" in link and "scenario=" not in link]
        assert len(tries) == len(self.data["flips"])
        names = dict(self.case.options.values_list("key", "name"))
        tried = self.reader.client.get(tries[0])
        assert tried.status_code == 200
        first = next(f for f in self.data["flips"] if f["what"] == "response" and f["option"])
        assert f"{names[first['leader']]} would lead" in words(tried)
        assert html(page).count('class="flip"') == len(self.data["flips"])

    def test_kinds_without_a_change_say_so(self) -> None:
        text = words(self.reader.get("result_flips", **FRAGMENT))
        assert "No demand from a thousandth to a thousand times of what it is now would put another option first." in text
        assert "No cost figure alone" in text

    def test_every_change_and_scenario_has_its_derivation(self) -> None:
        page = self.reader.get("result_flips", **FRAGMENT)
        derived = [link for link in links(page) if "/trace/" in link and "of=options" not in link]
        assert len(derived) == len(self.data["flips"]) + len(self.data["scenarios"])
        for link in (derived[0], derived[-1]):
            assert self.reader.client.get(link).status_code == 200

    def test_every_figure_of_a_scenario_is_derived_under_it(self) -> None:
        shown = numbers(self.reader.get("result_flips", **FRAGMENT), of="options.")
        assert len(shown) == 3 * len(self.case.options.all()) * (1 + len(self.data["scenarios"]))
        assert len({link for _value, link in shown}) == len(shown)
        for value, link in shown:
            assert round(self.reader.derived(link), value.as_tuple().exponent * -1) == value  # type: ignore[operator]

    def test_scenarios_stand_beside_how_it_stands(self) -> None:
        text = words(self.reader.get("result_flips", **FRAGMENT))
        table = text.split("The assessment as it stands and under each scenario")[1]
        assert "As it stands" in table
        for scenario in self.data["scenarios"]:
            for option in scenario["options"]:
                assert option["score"] in table
                assert f"{Decimal(option['cost_total']):,.0f}" in table
                assert f"{Decimal(option['loss_per_year']):,.0f}" in table
        assert re.search(r"73\.7 Managed open weights, [^()]+ \(\+4\.6\)", table)
        assert "Leaning" in table


class Empty(TestCase):
    def test_with_no_option_it_still_answers(self) -> None:
        cast = make_cast()
        case = make_draft(cast)
        page = Reader(cast.risk_officer, case).get("result_flips")
        assert page.status_code == 200
        assert "As it stands, no option is admissible." in words(page)
        assert "Nothing was found that would turn it." in words(page)
        assert "Not looked for yet: the demand leaves out its tokens or its horizon." in words(page)
        assert "Fewer than two options are admissible" in words(page)


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def content(request: pytest.FixtureRequest) -> dict[str, Any]:
    path: Path = request.param
    facts, release = read_assessment(path.read_text(), path.name, releases.named)
    return {**live_content(evaluate(release, facts), whole=True), "release": release, "facts": facts}


def test_trying_a_change_turns_the_recommendation_as_it_says(content: dict[str, Any]) -> None:
    trials = Trials.of(content)
    assert content["evaluation"]["flips"]
    for flip in content["evaluation"]["flips"]:
        patch = Patch.from_query(parse_qsl(trials.query(flip)))
        tried = what_if(content["release"], content["facts"], patch)
        leader = tried.ranking[0].facts.id if tried.ranking else None
        assert leader == flip["leader"], flip["text"]


def test_changes_are_grouped_by_kind_and_ordered_by_distance(content: dict[str, Any]) -> None:
    shown = changes(content, {})
    assert shown is not None
    assert [group["kind"] for group in shown["groups"]] == ["option", "use_case", "weight", "demand", "cost"]
    for group in shown["groups"]:
        texts = [flip["text"] for flip in (*group["near"], *group["more"])]
        assert texts == [flip["text"] for flip in content["evaluation"]["flips"] if group_of(flip) == group["kind"]]
        assert bool(group["none"]) == (not texts)
    assert shown["count"] == len(content["evaluation"]["flips"])


def flip(what: str, **more: Any) -> dict[str, Any]:
    found = {"what": what, "question": None, "option": None, "from_value": None, "to_value": None, "distance": "0.5000", "leader": "own"}
    return {**found, "text": f"Own leads by {what}.", **more}


def frozen(*flips: dict[str, Any], applying: str = "ab") -> dict[str, Any]:
    """As much of a record as the changes need: two options, and the criteria a to c with the weights 2, 1 and 1."""
    stated = {"a": "2", "b": "1", "c": "1"}
    options = [
        {"id": id_, "admissible": True, "values": {c: {"value": value, "weight": "0"} for c, value in zip(applying, values, strict=False)}}
        for id_, values in (("vendor", ("0.9", "0.2", "0.1")), ("own", ("0.1", "0.9", "0.2")))
    ]
    nodes = [
        {
            "name": c, "value": "", "formula": "", "key": f"options.{o['id']}.values.{c}.weight",
            "inputs": [{"name": "stated", "value": stated[c], "inputs": []}],
        }
        for o in options
        for c in applying
    ]  # fmt: skip
    evaluation = {
        "options": options, "ranking": ["vendor", "own"], "flips": list(flips), "unanswered": {"use_case": [], "options": {}},
        "recommendation": {"outcome": "clear", "option": "vendor"}, "trace": {"name": "", "value": "", "formula": "", "inputs": nodes},
    }  # fmt: skip
    return {
        "evaluation": evaluation,
        "options": [{"id": "vendor", "name": "Vendor"}, {"id": "own", "name": "Own"}],
        "criteria": [{"id": c} for c in "abc"],
    }


@pytest.mark.parametrize(
    ("change", "query"),
    [
        (flip("response", question="s.q", option="own", to_value="yes"), [("answer", "s.q:own:yes")]),
        (flip("response", question="s.q", to_value=""), [("answer", "s.q::[]")]),
        (flip("response", question="s.q", to_value="a, b"), [("answer", "s.q::a, b")]),
        (flip("demand", from_value="100", to_value="250"), [("volume", "2.5002")]),
        (flip("demand", from_value="100000", to_value="150"), [("volume", "0.00149985")]),
        (
            flip("demand", from_value="100", to_value="200", question="s.q", option="own", answer="yes"),
            [("answer", "s.q:own:yes"), ("volume", "2.0002")],
        ),
        (flip("cost", option="own", figure="support.fte", from_value="1", to_value="2.5"), [("figure", "own:support.fte:2.5")]),
    ],
)
def test_the_address_of_a_trial(change: dict[str, Any], query: list[tuple[str, str]]) -> None:
    assert parse_qsl(Trials.of(frozen()).query(change)) == query


def test_a_weight_alone_leaves_the_others_as_they_are_where_all_of_them_count() -> None:
    alone = flip("weight", criterion="b", from_value="0.2500", to_value="0.5000")
    assert parse_qsl(Trials.of(frozen(applying="abc")).query(alone)) == [("w-b", "75")]  # beside 50 and 25


def test_where_a_criterion_counts_for_nobody_every_other_weight_is_named() -> None:
    alone = flip("weight", criterion="b", from_value="0.3333", to_value="0.5000")
    assert parse_qsl(Trials.of(frozen(applying="ab")).query(alone)) == [("w-a", "50"), ("w-b", "50")]


def test_weights_together_go_a_little_beyond_the_turn() -> None:
    level = {"a": {"from": "0.6667", "to": "0.4667"}, "b": {"from": "0.3333", "to": "0.5333"}}
    tried = dict(parse_qsl(Trials.of(frozen()).query(flip("weight", weights=level))))
    assert float(tried["w-a"]) == pytest.approx(46.67, abs=0.01)
    assert 53.33 < float(tried["w-b"]) < 55


@pytest.mark.parametrize(
    ("change", "words_for_it"),
    [
        (flip("weight", distance="0.2500", criterion="b", to_value="0.5"), "12.5 of 100 points of weight move"),
        (flip("response", question="scored", to_value="x"), "the answer’s value moves by 0.50"),
        (flip("response", question="unscored", to_value="x"), "another answer; it has no value of its own"),
        (flip("demand", from_value="100", to_value="250"), "2.5 times what it is now"),
        (flip("demand", from_value="100", to_value="123456"), "1,234.6 times what it is now"),
        (flip("cost", option="own", figure="support.fte", from_value="2", to_value="1", distance="0.5000"), "−50.0 %"),
        (flip("cost", option="own", figure="support.fte", from_value="2", to_value="3", distance="0.5000"), "+50.0 %"),
        (flip("cost", option="own", figure="support.fte", from_value="2", to_value="30", distance="14.0000"), "15.0 times what it is now"),
    ],
)
def test_how_far_a_change_lies_in_words(change: dict[str, Any], words_for_it: str) -> None:
    shown = changes(frozen(change), {"scored": {"criterion": "service"}, "unscored": {"criterion": None}})
    assert shown is not None
    (found,) = [one for group in shown["groups"] for one in group["near"]]
    assert found["far"]["text"] == words_for_it


def test_a_record_of_before_has_neither_changes_nor_scenarios() -> None:
    old = frozen()
    del old["evaluation"]["flips"]
    assert changes(old, {}) is None
    assert scenarios(old) is None

"""The pages of a result for somebody who reads German formats: the comma is the decimal sign, and amounts are those of ``formats``."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from accounts import formats
from assessments import workflow
from assessments.evaluation import evaluate_assessment
from assessments.snapshots import content_of
from assessments.views.showing import amount, formula, reason, sentence
from tests.assessments.playing import OnTheCompleteCase, Reader, html, words
from tests.fixtures import newest

# What holds nothing but a number: links to derivations, cells of figures, and the values of derivations.
NUMBERS = re.compile(
    r'<a class="number"[^>]*>(.*?)<|<td class="num[^"]*"[^>]*>(.*?)</td>|<span class="(?:trace-value|wi-[a-z-]+)">(.*?)</span>'
    r'|<output[^>]*>(.*?)</output>', re.S,
)  # fmt: skip
TAGS = re.compile(r"<[^>]+>")
POINTED = re.compile(r"(?<![\w.,])(?![1-9]\d{0,2}(?:\.\d{3})+(?!\d))\d+\.\d+")  # the point isn't between thousands
QUOTED = re.compile(r"99[.\d]* %|Apache-2.0|5\.1\.a")  # in choices and ids of the catalogue
TRIED = "?volume=2.5&w-cost=17.5&demand=discount_rate:0.095"


def shown(response: Any) -> list[str]:
    found = [next(part for part in groups if part) for groups in NUMBERS.findall(html(response)) if any(groups)]
    return [QUOTED.sub("", unescape(TAGS.sub(" ", text))) for text in found]


class German(OnTheCompleteCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.cast.risk_officer.formats = "de-DE"
        cls.cast.risk_officer.save(update_fields=["formats"])

    def setUp(self) -> None:
        self.reader = Reader(self.cast.risk_officer, self.case)

    def say_all(self, response: Any) -> str:
        numbers = shown(response)
        assert numbers
        assert [text.strip() for text in numbers if POINTED.search(text)] == []
        return words(response)

    def test_the_result_with_what_would_change_it(self) -> None:
        text = self.say_all(self.reader.get("result"))
        found = evaluate_assessment(self.case).as_dict()
        with formats.shown_in("UTC", "de-DE"):
            for option in found["options"]:
                assert formats.number(option["score"]) in text
                assert amount(option["costs"]["total"]["likely"]) in text
        leader = next(o for o in found["options"] if o["id"] == found["recommendation"]["option"])
        assert f"leads with {leader['score'].replace('.', ',')} of 100 points" in text
        assert f"drawn {leader['score_range']['p10'].replace('.', ',')}" in text
        assert not POINTED.search(words(self.reader.get("result_flips")).replace("99.9 %", ""))

    def test_a_what_if(self) -> None:
        text = self.say_all(self.reader.get("what_if", TRIED))
        assert "×2,5, " in text
        assert "Demand × 2,5" in text
        assert "Discount rate 0,095 a year (as it stands, 0,08)" in text
        assert re.search(r"leads,? with \d+,\d of 100 points", text)
        assert 'value="2.5"' in html(self.reader.get("what_if", TRIED))  # a field holds what is typed

    def test_the_weights_and_the_check(self) -> None:
        assert re.search(r"leads with \d+,\d of 100 points", self.say_all(self.reader.get("weights")))
        check = words(self.reader.get("check"))
        assert re.search(r"· \d+,\d of 100", check)
        assert not re.search(r"\d\.\d of 100", check)

    def test_the_derivations(self) -> None:
        text = self.say_all(self.reader.get("trace"))
        assert re.search(r"EUR \d{1,3}(\.\d{3})+,\d\d", text)
        assert "weight 1,5; value of the choice" in text

    def test_what_is_offered_for_a_cost(self) -> None:
        where = {"org": self.case.organisation.slug, "assessment": self.case.pk, "category": "model_access"}
        page = self.reader.client.get(reverse("assessments:costs", kwargs=where))
        assert re.search(r"Use \d+,\d+ [A-Z]{3}", words(page))
        assert re.search(r'data-likely="\d+\.\d+"', html(page))  # what the field takes

    def test_the_record(self) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        text = self.say_all(self.reader.get("record"))
        assert "0,2 incidents per shift" in text
        approver = self.cast.approver
        approver.formats = "de-DE"
        approver.save(update_fields=["formats"])
        assert re.search(r"Score \d+,\d of 100 \( ?at best \d+,\d ?\)", words(Reader(approver, self.case).get("sign")))
        total = content_of(newest(self.case))["evaluation"]["options"][0]["costs"]["total"]["likely"]
        with formats.shown_in("UTC", "de-DE"):
            assert amount(total) in text


@pytest.mark.parametrize(
    ("said", "german"),
    [
        ("A leads with 80.1 of 100 points, 3.7 ahead of GPT-6.1 (76.4).", "A leads with 80,1 of 100 points, 3,7 ahead of GPT-6.1 (76,4)."),
        ("Against GLM 4.6 it gains most on Cost (+1.3 points).", "Against GLM 4.6 it gains most on Cost (+1,3 points)."),
        ("B is not admissible: Art. 5.1(b) isn't met", "B is not admissible: Art. 5.1(b) isn't met"),
        ("It costs EUR 1,234.56 more (EUR 0.86 against EUR 1.50).", "It costs EUR 1.235 more (EUR 0,86 against EUR 1,50)."),
        (
            "B leads once “99.9 % or so” falls below USD 2.5 (now USD 3,000).",
            "B leads once “99.9 % or so” falls below USD 2,5 (now USD 3.000).",
        ),
    ],
)
def test_only_what_is_surely_a_figure_is_written_anew(said: str, german: str) -> None:
    with formats.shown_in("UTC", "de-DE"):
        assert reason(said, "EUR") == german


def test_large_amounts_in_a_reason_have_no_cents_and_those_of_a_change_keep_them() -> None:
    said = "Over 36 months it costs EUR 197,655.83 less (EUR 999.99 against EUR 731,973.17)."
    assert reason(said, "EUR") == "Over 36 months it costs EUR 197,656 less (EUR 999.99 against EUR 731,973)."
    assert sentence(said, "EUR") == said


def test_a_formula_keeps_what_it_quotes() -> None:
    with formats.shown_in("UTC", "de-DE"):
        assert formula("weight 0.5; “99.9 %” = 1,000.25") == "weight 0,5; “99.9 %” = 1.000,25"

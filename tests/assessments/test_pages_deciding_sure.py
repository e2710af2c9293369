"""The result page and the record page on how sure the order is, how far the costs may go, and what each option risks."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from urllib.parse import unquote

from django.test import TestCase
from django.urls import reverse

from assessments import workflow
from assessments.answering import response_save
from assessments.editing import option_add
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from assessments.scoring.words import of_hundred
from assessments.snapshots import content_of
from assessments.views.tracing import found as found_in
from compliance import releases
from compliance.catalogue.index import index
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links, words
from tests.fixtures import SIGNING, Cast, make_cast, make_complete, make_draft, newest


def whole(text: str) -> str:
    return f"{Decimal(text):,.0f}"


def keys(page: object) -> set[str]:
    """The keys of the numbers that a page links to their derivations."""
    return {unquote(link.split("of=")[1]) for link in links(page) if "/trace/" in link and "of=" in link} - {""}


class Complete(OnTheCompleteCase):
    def setUp(self) -> None:
        self.reader = Reader(self.cast.risk_officer, self.case)
        self.data = evaluate_assessment(self.case).as_dict(trace=True)
        self.names = dict(self.case.options.values_list("key", "name"))

    def test_a_sentence_an_option_says_how_often_it_comes_first(self) -> None:
        text = words(self.reader.get("result"))
        stated = self.data["robustness"]["stated_weights"]["rank_acceptability"]
        anywhere = self.data["robustness"]["any_weights"]["rank_acceptability"]
        for id_ in self.data["ranking"]:
            near, any_ = (of_hundred(shares[id_][0]) for shares in (stated, anywhere))
            assert re.search(rf"{self.names[id_]} comes first in {near} .{{0,160}}?draws near the stated weights, and in {any_}", text), id_
        assert "The options were ranked 10,000 times" in text
        assert "up to 2 times as large or as small" in text

    def test_the_range_of_each_score_stands_beside_it_and_in_words(self) -> None:
        page = self.reader.get("result")
        text = words(page)
        for option in self.data["options"]:
            of = option["score_range"]
            assert f"between {of['p10']} and {of['p90']}, half of them below {of['p50']}" in text
            assert f'class="bar-interval" x="{of["p10"]}"' in html(page)

    def test_who_would_be_first_with_which_weights(self) -> None:
        text = words(self.reader.get("result"))
        found = self.data["robustness"]["any_weights"]
        for id_, weights in found["central_weights"].items():
            for weight in (weights or {}).values():
                assert f"{Decimal(weight) * 100:.1f} %" in text
            assert of_hundred(found["confidence"][id_]) in text
        assert "almost certain to be first with them" in text

    def test_one_against_one_stands_in_a_table(self) -> None:
        page = html(self.reader.get("result"))
        table = re.search(r"<caption[^>]*>Of 100 draws, how many put the option of the row.*?</table>", page, re.S)
        assert table
        assert table.group().count('scope="row"') == len(self.data["ranking"])

    def test_every_new_number_has_its_derivation(self) -> None:
        asked_for = keys(self.reader.get("result"))
        assert [key for key in asked_for if found_in(self.data["trace"], key) is None] == []
        id_ = self.data["ranking"][0]
        for key in (
            f"robustness.stated_weights.rank_acceptability.{id_}", f"robustness.any_weights.confidence.{id_}",
            f"options.{id_}.score_range.p10", f"options.{id_}.costs.total.p90", f"options.{id_}.loss.expected_per_year",
            f"options.{id_}.loss.p95", f"options.{id_}.loss.scenarios.outage", "accountability.0.net_per_year",
        ):  # fmt: skip
            assert key in asked_for, key

    def test_the_charts_of_what_was_drawn(self) -> None:
        page = html(self.reader.get("result"))
        for title in ("How often each option takes each rank", "Cost over the horizon with its ranges", "How much a year may cost"):
            assert f"<figcaption>{title}" in page

    def test_costs_with_their_ranges(self) -> None:
        text = words(self.reader.get("result"))
        for option in self.data["options"]:
            for key in ("likely", "p10", "p50", "p90"):
                assert whole(option["costs"]["total"][key]) in text
        assert "up to 8.031 billion tokens a month; there the order turns." in text
        assert "Own cluster then runs 52 replicas." in text

    def test_losses_by_option_and_scenario_with_what_changed_them(self) -> None:
        text = words(self.reader.get("result"))
        scenarios = {s.id: s for s in evaluate_assessment(self.case).release.losses}
        for option in self.data["options"]:
            assert whole(option["loss"]["expected_per_year"]) in text
            assert whole(option["loss"]["p95"]) in text
            for loss in option["loss"]["scenarios"]:
                scenario = scenarios[loss["id"]]
                assert scenario.title in text
                assert whole(loss["expected_per_year"]) in text
                for change in scenario.changes:
                    if change.id in loss["changes"]:
                        assert change.title in text
                for transfer in scenario.transfers:
                    if transfer.id == loss["transfer"]:
                        assert transfer.title in text

    def test_an_assumed_cost_leads_to_the_question_that_replaces_it(self) -> None:
        assert "assumed" not in words(self.reader.get("result")).split("By scenario")[1].split("What it costs to have")[0]
        response_save(
            actor=self.cast.risk_officer, assessment=self.case, question_id="loss.outage", option=None, state="unknown", value=None
        )
        page = self.reader.get("result")
        assert "assumed What one event costs is assumed. Answer it:" in words(page)
        assert "For 1 scenario the cost of an event is assumed as well" in words(page)
        assert any(link.endswith("#a-loss_outage--") for link in links(page))

    def test_what_it_costs_to_have_somebody_answer_for_it(self) -> None:
        text = words(self.reader.get("result"))
        for premium in self.data["accountability"]:
            name = f"{self.names[premium['option']]} costs EUR {whole(premium['extra_cost_per_year']).removeprefix('-')} a year less"
            assert name in text
            assert whole(premium["net_per_year"]) in text
        assert "it is ahead on both counts" in text

    def test_each_figure_links_to_how_it_is_computed(self) -> None:
        page = self.reader.get("result")
        ids = set(re.findall(r'id="(method-[a-z-]+)"', html(page)))
        assert {"method-robustness", "method-ranges", "method-break-even", "method-loss", "method-premium", "method-flips"} <= ids
        anchors = {link.removeprefix("#") for link in links(page) if link.startswith("#method-")}
        assert anchors <= ids
        assert len(anchors) >= 5
        sections = {link.split("#")[1] for link in links(page) if "/methods/#" in link}
        methods = html(self.reader.client.get(reverse("assessments:methods", kwargs={"org": self.cast.organisation.slug})))
        assert sections
        assert [s for s in sections if f'id="{s}"' not in methods] == []

    def test_parameters_lead_into_the_catalogue(self) -> None:
        for key, anchor in (("robustness", "robustness"), ("options.vendor-api.loss.scenarios.outage", "loss-outage")):
            page = self.reader.get("trace", f"?of={key}")
            link = next(link for link in links(page) if link.endswith(f"/reference/#{anchor}"))
            assert f'id="{anchor}"' in html(self.reader.client.get(link.split("#")[0]))
            assert "See it in the catalogue" in words(page)

    def test_no_heading_level_is_skipped_and_no_id_stands_twice(self) -> None:
        page = html(self.reader.get("result"))
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert all(after - before <= 1 for before, after in pairwise(levels)), levels
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert sorted(id_ for id_ in set(ids) if ids.count(id_) > 1) == []


class Older(TestCase):
    """A release without parameters for drawing and without losses."""

    def test_says_that_a_newer_release_brings_it(self) -> None:
        cast = make_cast()
        case = make_complete(cast)
        release = releases.by_name("open-or-closed@2")
        Assessment.objects.filter(pk=case.pk).update(catalogue="open-or-closed@2", catalogue_digest=index(release).digest)
        case.refresh_from_db()
        page = Reader(cast.risk_officer, case).get("result")
        text = words(page)
        assert "It needs a newer release of the catalogue than open-or-closed@2." in text
        assert text.count("See what a newer one would change, and move to it") == 2
        assert Reader(cast.risk_officer, case).url("catalogue") in links(page)
        assert "See what a newer one would change" not in words(Reader(cast.auditor, case).get("result"))
        assert "drawn" not in text.split("Ranking")[2].split("How sure")[0]


class Few(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_draft(cls.cast)

    def test_with_no_admissible_option_there_is_no_order(self) -> None:
        option_add(actor=self.cast.risk_officer, assessment=self.case, name="Our own cluster", sourcing="self_hosted_open")
        text = words(Reader(self.cast.risk_officer, self.case).get("result"))
        assert "No option is admissible, so there is no order to be sure of." in text
        assert "not ruled out" in text
        (own,) = evaluate_assessment(self.case).options
        assert own.loss is not None
        assert f"For {len(own.loss.scenarios)} scenarios the cost of an event is assumed as well" in text
        assert "isn’t held against its losses yet" in text


class Record(TestCase):
    """The same sections from the frozen record, with what would change it."""

    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        cls.case.refresh_from_db()

    def setUp(self) -> None:
        self.reader = Reader(self.cast.auditor, self.case)
        self.content = content_of(newest(self.case))

    def test_it_has_them_all(self) -> None:
        page = self.reader.get("record")
        text = words(page)
        for heading in ("How sure is this order?", "What would change the recommendation", "Scenarios side by side", "What may go wrong"):
            assert heading in text
        for loss in self.content["losses"]:
            assert loss["title"] in text
        for flip in self.content["evaluation"]["flips"]:
            assert flip["text"] in text
        for scenario in self.content["evaluation"]["scenarios"]:
            assert scenario["description"] in text
        assert "hx-trigger" not in html(page).split('id="ranking"')[1]

    def test_every_number_has_its_derivation_in_the_record(self) -> None:
        asked_for = keys(self.reader.get("record"))
        tree = self.content["evaluation"]["trace"]
        assert "flips.0" in asked_for
        assert "scenarios.sovereignty-tightens" in asked_for
        assert [key for key in asked_for if found_in(tree, key) is None] == []
        for key in ("flips.0", "scenarios.sovereignty-tightens"):
            assert self.reader.get("trace", f"?record=1&of={key}").status_code == 200

    def test_a_change_can_be_tried_while_the_record_is_what_stands(self) -> None:
        assert any("/what-if/?" in link for link in links(self.reader.get("record")))
        workflow.return_(
            actor=self.cast.approver, assessment=self.case, digest=newest(self.case).digest, reason="More is needed.", signing=SIGNING
        )
        assert not any("/what-if/?" in link for link in links(self.reader.get("record")))

    def test_an_id_stands_once(self) -> None:
        ids = re.findall(r'\sid="([^"]+)"', html(self.reader.get("record")))
        assert sorted(id_ for id_ in set(ids) if ids.count(id_) > 1) == []

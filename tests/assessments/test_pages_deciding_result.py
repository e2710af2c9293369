"""The result page: what it says, its charts, and the way down from each number to the answers behind it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.answering import response_save
from assessments.editing import option_add
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from assessments.views.places import live_places, questions_of
from assessments.views.presenting import live_content
from assessments.views.showing import reason
from assessments.views.tracing import Reader as TraceReader
from assessments.views.tracing import Step, found
from compliance.catalogue.index import index
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links, words
from tests.fixtures import Cast, make_cast, make_draft, make_submitted


class Complete(OnTheCompleteCase):
    def setUp(self) -> None:
        self.reader = Reader(self.cast.auditor, self.case)

    def test_says_what_is_recommended_and_why(self) -> None:
        text = words(self.reader.get("result"))
        evaluation = evaluate_assessment(self.case).as_dict()
        name = self.case.options.get(key=evaluation["recommendation"]["option"]).name
        assert f"{name} is recommended." in text
        for said in evaluation["recommendation"]["reasons"]:
            assert reason(said, evaluation["currency"]) in text

    def test_every_chart_leads_to_where_its_figures_come_from(self) -> None:
        page = html(self.reader.get("result"))
        figures = page.split('<figure class="chart-figure"')[1:]
        assert len(figures) >= 6
        for figure in figures:
            address = re.search(r'href="([^"]*/result/trace/[^"]*)"', figure.partition("</figure>")[0])
            assert address
            assert self.reader.client.get(address[1].replace("&amp;", "&")).status_code == 200

    def test_stated_weights_and_what_one_event_costs_say_where_they_come_from(self) -> None:
        addresses = [link for link in links(self.reader.get("result")) if "/trace/" in link]
        assert len([link for link in addresses if link.endswith(".weight")]) >= 2 * 9, (
            "in the matrix, and beside the weights that favour an option"
        )
        for column in ("One event costs", "Comes"):
            cells = re.findall(rf'<td data-label="{column}"[^>]*><span>(<a class="number")?', html(self.reader.get("result")))
            assert cells
            assert all(cells)

    def test_shows_every_score_cost_and_criterion(self) -> None:
        text = words(self.reader.get("result"))
        evaluation = evaluate_assessment(self.case)
        for option in evaluation.as_dict()["options"]:
            assert option["score"] in text
            assert f"{float(option['costs']['total']['likely']):,.0f}" in text
        for criterion in evaluation.release.criteria:
            assert criterion.title in text

    def test_has_at_least_three_charts_each_with_its_table(self) -> None:
        figures = re.findall(r"<figure class=\"chart-figure\">.*?</figure>", html(self.reader.get("result")), re.S)
        assert len(figures) >= 3
        for figure in figures:
            assert "<svg" in figure
            assert re.search(r"<details[^>]*>.*<table.*<td", figure, re.S)
            assert "style=" not in figure

    def test_names_the_class_with_its_articles_and_dates(self) -> None:
        act = evaluate_assessment(self.case).as_dict()["ai_act"]
        text = words(self.reader.get("result"))
        assert "Limited risk" in text
        for basis in act["basis"]:
            assert basis["reference"] in text
        assert "2 Aug 2026 in force" in text

    def test_lists_obligations_of_every_instrument_with_their_status(self) -> None:
        text = words(self.reader.get("result"))
        for duty in evaluate_assessment(self.case).classification.duties:
            assert duty.obligation.title in text
        for word in ("Met", "Gap", "Unknown"):
            assert word in text

    def test_every_number_on_it_has_its_derivation(self) -> None:
        asked_for = [unquote(link.split("?of=")[1]) for link in links(self.reader.get("result")) if "?of=" in link]
        keys = {key for key in asked_for if key}
        tree = evaluate_assessment(self.case).as_dict(trace=True)["trace"]
        assert len(keys) > 80
        assert [key for key in sorted(keys) if found(tree, key) is None] == []

    def test_every_leaf_of_the_derivations_leads_to_where_it_is_answered(self) -> None:
        content = live_content(evaluate_assessment(self.case))
        asked = questions_of(content)
        reader = TraceReader(
            asked=asked,
            sources={},
            where=live_places(self.case, asked),
            derivations=self.reader.url("trace", "?of="),
            evaluation=content["evaluation"],
            catalogue=reverse("compliance:reference", kwargs={"org": self.cast.organisation.slug, "release": self.case.catalogue}),
        )
        step = reader.step(content["evaluation"]["trace"])

        def leaves(step: Step) -> list[Step]:
            return [leaf for part in step.inputs for leaf in leaves(part)] if step.inputs else [step]

        found_leaves = leaves(step)
        assert [leaf.name for leaf in found_leaves if not leaf.url] == []
        for url in sorted({leaf.url.split("#")[0] for leaf in found_leaves}):
            assert self.reader.client.get(url).status_code == 200, url

    def test_it_takes_few_queries(self) -> None:
        self.reader.get("result")
        with CaptureQueriesContext(connection) as queries:
            self.reader.get("result")
        assert len(queries) <= 16


class Incomplete(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_draft(cls.cast)

    def setUp(self) -> None:
        self.reader = Reader(self.cast.risk_officer, self.case)

    def test_with_no_option_it_says_what_to_do_next(self) -> None:
        page = self.reader.get("result")
        assert "There is nothing to compare yet" in words(page)
        assert self.reader.url("options") in links(page)

    def test_an_undetermined_class_links_to_the_questions_it_wants(self) -> None:
        page = self.reader.get("result")
        assert "Undetermined" in words(page)
        missing = evaluate_assessment(self.case).as_dict()["ai_act"]["basis"][0]["because"]
        assert missing
        for question in missing:
            anchor = "#a-" + question.replace(".", "_") + "--"
            assert any(link.endswith(anchor) for link in links(page)), question

    def test_what_is_not_answered_is_listed_for_each_option(self) -> None:
        option = option_add(actor=self.cast.risk_officer, assessment=self.case, name="Our own cluster", sourcing="self_hosted_open")
        page = self.reader.get("result")
        unanswered = evaluate_assessment(self.case).as_dict()["unanswered"]
        questions = index(evaluate_assessment(self.case).release).questions
        text = words(page)
        for key in (*unanswered["use_case"], *unanswered["options"][option.key]):
            if key in questions:
                assert questions[key].text in text
        assert self.reader.url("demand") in links(page)
        assert "Too early to tell" in text
        assert "can’t be ruled out" in text


class Derivation(TestCase):
    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_submitted(cls.cast)

    def setUp(self) -> None:
        self.reader = Reader(self.cast.auditor, self.case)
        self.key = f"options.{self.case.options.first().key}.score"

    def derived(self, query: str) -> str:
        """The words of a derivation alone, without the page around it."""
        return words(self.reader.get("trace", query, **{"HX-Request": "true"}))

    def test_a_page_of_nested_steps(self) -> None:
        page = self.reader.get("trace", f"?of={self.key}")
        assert html(page).count("<details") > 20
        assert "100 × weight × value" in words(page)
        assert "<!doctype html>" in html(page)

    def test_a_fragment_for_htmx(self) -> None:
        fragment = self.reader.get("trace", f"?of={self.key}", **{"HX-Request": "true"})
        assert "<!doctype" not in html(fragment)
        assert "100 × weight × value" in words(fragment)

    def test_figures_stand_in_print_and_choices_in_words(self) -> None:
        text = self.derived("?of=options.vendor-api.costs")
        for expected in ("EUR 534,317.34", "USD 180,000 per year", "rate of 1 January 2026", "growth a year 20 %"):
            assert expected in text, expected
        assert text.count("rate of 1 January 2026") == 1
        assert "EUR for one USD 0.86" in self.derived("?of=options.vendor-api.costs.by_category.support")
        assert "fte_cost_per_year" not in text and " ** " not in text
        score = self.derived(f"?of={self.key}")
        assert "value of the choice: “" in score and "points from Service levels 12.5824" in score

    def test_a_break_even_leads_to_the_costs_that_it_is_drawn_from(self) -> None:
        page = self.reader.get("trace", "?of=break_even.0.tokens_per_month")
        assert any(link.endswith("of=options.vendor-api.costs") for link in links(page))

    def test_answers_stand_in_words(self) -> None:
        page = words(self.reader.get("trace"))
        questions = index(evaluate_assessment(self.case).release).questions
        scored = [
            r for r in self.case.responses.filter(state="answered").exclude(option=None)
            if questions[r.question].scored and questions[r.question].type == "choice" and not questions[r.question].when
        ]  # fmt: skip
        assert scored
        texts = {c.id: c.text for c in questions[scored[0].question].choices}
        assert texts[scored[0].value] in page

    def test_of_the_record_it_is_the_record_s(self) -> None:
        Assessment.objects.filter(pk=self.case.pk).update(status="returned")
        option = self.case.options.first()
        self.case.refresh_from_db()
        was = self.derived(f"?record=1&of={self.key}")
        for response in self.case.responses.filter(option=option, state="answered")[:20]:
            response_save(
                actor=self.cast.risk_officer,
                assessment=self.case,
                question_id=response.question,
                option=option,
                state="unknown",
                value=None,
            )
        assert self.derived(f"?record=1&of={self.key}") == was
        assert self.derived(f"?of={self.key}") != was

    def test_what_is_not_there_is_404(self) -> None:
        for query in ("?of=options.nobody.score", "?record=2", "?record=x", "?record=99999999999999999999"):
            assert self.reader.get("trace", query).status_code == 404, query

"""The what-if page and its panel: what moves, what is said of it, what is added and taken back, what is wrong, and that nothing is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.html import escape

from assessments import editing, workflow
from assessments.evaluation import evaluate_assessment, facts_of, release_of
from assessments.scoring.patch import NewAnswer, NewFigure, Patch, what_if
from assessments.scoring.rounding import points
from assessments.views.what_if import what_if_context
from assessments.views.what_if_effect import counted
from audit.models import AuditEvent
from compliance.catalogue.index import index
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links, numbers, words
from tests.fixtures import make_draft

EFFECT = {"HX-Request": "true", "HX-Target": "what-if-effect"}
PANEL = {"HX-Request": "true", "HX-Target": "what-if"}
VALUE = {"HX-Request": "true", "HX-Target": "what-if-value"}
NO_FALLBACK = "answer=service-levels.fallback:vendor-api:none"
CHEAP = "figure=own-cluster:infrastructure.gpu_price_per_hour:2"


class WhatIf(OnTheCompleteCase):
    def setUp(self) -> None:
        self.officer = Reader(self.cast.risk_officer, self.case)

    def page(self, query: str = "", **headers: str) -> Any:
        return self.officer.get("what_if", f"?{query}" if query else "", **headers)

    def rows(self, response: Any) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in response.context["what_if"]["effect"]["rows"]}

    def found(self, patch: Patch) -> dict[str, str]:
        found = what_if(release_of(self.case), facts_of(self.case), patch)
        return {o.facts.id: points(o.score.value) for o in found.options}

    def test_as_it_stands_nothing_is_changed(self) -> None:
        page = self.page()
        standing = evaluate_assessment(self.case)
        assert {id_: row["score"] for id_, row in self.rows(page).items()} == {o.facts.id: points(o.score.value) for o in standing.options}
        assert "Nothing is changed yet" in words(page)
        assert "What is changed" not in words(page)
        for criterion in release_of(self.case).criteria:
            assert f'name="w-{criterion.id}"' in html(page)
        for scenario in release_of(self.case).scenarios:
            assert escape(scenario.title) in html(page)
            assert escape(scenario.description) not in html(page)

    def test_weights_and_demand_move_the_scores(self) -> None:
        page = self.page("w-cost=60&volume=4", **EFFECT)
        expected = self.found(Patch(weights={"cost": "60"}, volume="4"))
        assert {id_: row["score"] for id_, row in self.rows(page).items()} == expected
        assert "<form" not in html(page)
        assert "Weight of Cost: 60 (as it stands, 8)" in words(page)
        assert "Demand × 4" in words(page)

    def test_the_demand_is_said_in_words(self) -> None:
        assert "×2, 960 million tokens a month" in words(self.page("volume=2"))
        assert 'data-once="480000000"' in html(self.page("volume=2"))
        for figure, text in ((480_000_000, "480 million"), (1_234_567_890, "1.23 billion"), (12_000, "12 thousand"), (5, "5")):
            assert counted(Decimal(figure)) == text

    def test_what_the_form_sends_unmoved_is_no_change(self) -> None:
        shown = {c["id"]: c["text"] for c in self.page().context["what_if"]["criteria"]}
        query = "&".join(f"w-{id_}={text}" for id_, text in shown.items())
        assert "Nothing is changed yet" in words(self.page(f"drawn=&scenario=&volume=1&{query}"))
        moved = query.replace(f"w-cost={shown['cost']}", "w-cost=50")
        assert self.page(moved).context["what_if"]["effect"]["address"].endswith("?w-cost=50")

    def test_unmoved_weights_follow_the_scenario(self) -> None:
        query = "&".join(f"w-{c['id']}={c['text']}" for c in self.page().context["what_if"]["criteria"])
        scenario = next(s for s in release_of(self.case).scenarios if s.weights)
        page = self.page(f"drawn=&scenario={scenario.id}&{query}", **PANEL)
        assert {id_: row["score"] for id_, row in self.rows(page).items()} == self.found(Patch(scenario=scenario.id))
        assert scenario.description in words(page)
        assert page.context["what_if"]["drawn"] == scenario.id
        weighed = next(c for c in page.context["what_if"]["criteria"] if c["id"] in scenario.weights)
        assert weighed["text"] not in query.split("&")

    def test_a_profile_of_weights_in_the_address(self) -> None:
        page = self.page("weights=equal")
        assert {id_: row["score"] for id_, row in self.rows(page).items()} == self.found(Patch(weights="equal"))
        assert '<input type="hidden" name="weights" value="equal">' in html(page)
        assert {c["text"] for c in page.context["what_if"]["criteria"]} == {"11.1"}
        fields = "&".join(f"w-{c['id']}={c['text']}" for c in page.context["what_if"]["criteria"])
        assert self.page(f"weights=equal&{fields}").context["what_if"]["effect"]["address"].endswith("?weights=equal")
        moved = self.page("weights=equal&" + fields.replace("w-cost=11.1", "w-cost=80"))
        assert "w-control=11.1" in moved.context["what_if"]["effect"]["address"]

    def test_answers_and_figures_from_the_address_can_be_taken_back(self) -> None:
        page = self.page(f"{NO_FALLBACK}&{CHEAP}&demand=horizon_months:12&volume=2")
        patch = Patch(
            volume="2",
            answers=(NewAnswer("service-levels.fallback", "vendor-api", "none"),),
            figures=(NewFigure("own-cluster", "infrastructure", "gpu_price_per_hour", "2"),),
            demand={"horizon_months": "12"},
        )
        assert {id_: row["score"] for id_, row in self.rows(page).items()} == self.found(patch)
        listed = page.context["what_if"]["effect"]["changes"]
        assert len(listed) == 4
        assert "It stops" in listed[0]["text"]
        assert listed[1]["text"] == "Own cluster: Infrastructure, GPU price 2 an hour (as it stands, 3.99)"
        assert "12 months (as it stands, 36)" in listed[2]["text"]
        assert "12 months instead of 36" in words(page)
        for change in listed:
            assert change["without"] in links(page)
            assert self.officer.client.get(change["without"]).status_code == 200
        without = self.officer.client.get(listed[0]["without"]).context["what_if"]["effect"]["changes"]
        assert [c["text"] for c in without] == [c["text"] for c in listed[1:]]

    def test_changes_are_kept_while_a_slider_moves(self) -> None:
        assert f'<input type="hidden" name="answer" value="{NO_FALLBACK.removeprefix("answer=")}">' in html(self.page(NO_FALLBACK))
        assert "What happens to the use case" in words(self.page(f"{NO_FALLBACK}&w-cost=40", **EFFECT))

    def test_another_leader_and_no_admissible_option_are_said(self) -> None:
        standing = evaluate_assessment(self.case).ranking[0].facts
        release, given = release_of(self.case), facts_of(self.case)
        alone = next(
            c.id for c in release.criteria
            if what_if(release, given, Patch(weights=only(release, c.id))).ranking[0].facts.id != standing.id
        )  # fmt: skip
        page = self.page("&".join(f"w-{c}={w}" for c, w in only(release, alone).items()), **EFFECT)
        assert (
            f"would lead, with {self.rows(page)[leader_of(page)]['score']} of 100 points; as it stands, {standing.label} leads."
            in words(page)
        )
        assert page.context["what_if"]["effect"]["tone"] == "warn"
        forbidden = self.page("answer=ai-act.prohibited-practices::5.1.a", **EFFECT)
        assert "No option would be admissible." in words(forbidden)
        assert "No longer admissible" in words(forbidden)
        assert all(row["blockers"] for row in self.rows(forbidden).values())

    def test_an_answer_that_is_not_asked_changes_nothing_and_says_so(self) -> None:
        assert "it isn't asked here, so it changes nothing" in words(self.page("answer=ai-act.derogation-documented::yes"))

    def test_the_way_to_make_these_the_weights(self) -> None:
        page = self.page("w-cost=92", **EFFECT)
        target = next(link for link in links(page) if "/weights/" in link)
        assert "choice=own" in target
        row = next(r for r in self.officer.client.get(target).context["rows"] if r["chosen"])
        assert [cell["score"] for cell in row["effect"]] == [r["score"] for r in page.context["what_if"]["effect"]["rows"]]
        assert "Make these the weights" not in words(self.page("volume=2"))
        assert "Make these the weights" not in words(Reader(self.cast.auditor, self.case).get("what_if", "?w-cost=50"))

    def test_wrong_input_is_a_message_and_no_trace(self) -> None:
        events = AuditEvent.objects.count()
        for query, said in (
            ("w-cost=lots", "Cost: 'lots' is not a number"),
            ("volume=-1", "Demand: -1 is out of range"),
            ("volume=NaN", "Demand: 'NaN' is not a number"),
            ("scenario=rain", "no scenario 'rain'"),
            ("weights=gut", "no profile of weights 'gut'"),
            ("w-luck=1", "unknown key"),
            ("answer=x", "'x' isn't of the form question:option:value"),
            ("answer=ai-act.roles::pilot", "no choice 'pilot'"),
            ("figure=own-cluster:support.fte:-1", "-1 is out of range"),
            ("demand=horizon_months:0", "0 is out of range"),
            ("&".join(f"w-{c.id}=0" for c in release_of(self.case).criteria), "at least one criterion must have a weight above 0"),
        ):
            for headers in (EFFECT, PANEL, {}):
                page = self.page(query, **headers)
                assert page.status_code == 422, (query, headers)
                assert said in words(page), query
                assert "The effect" not in words(page)
        assert 'value="lots"' in html(self.page("w-cost=lots"))
        assert AuditEvent.objects.count() == events

    def test_a_question_is_chosen_then_its_answer(self) -> None:
        page = self.page()
        assert '<optgroup label="' in html(page)
        first = self.page("w-cost=40&add-question=service-levels.fallback")
        for response in (first, self.page("add-question=service-levels.fallback", **VALUE)):
            assert 'name="add-value"' in html(response)
            assert "It stops" in words(response)
            assert "Vendor API in the EU (now: A fallback was tried; people switch to it)" in words(response)
        second = "add-question=service-levels.fallback&add-value-of=service-levels.fallback&add-option=vendor-api&add-value=none"
        added = self.page(f"w-cost=40&{second}")
        assert added.status_code == 302
        assert added["Location"].endswith("?w-cost=40&answer=service-levels.fallback%3Avendor-api%3Anone")
        other = next(c.id for c in index(release_of(self.case)).questions["service-levels.fallback"].choices if c.id != "none")
        again = self.page(f"{NO_FALLBACK}&{second.replace('add-value=none', f'add-value={other}')}")
        assert again["Location"].endswith(f"?answer=service-levels.fallback%3Avendor-api%3A{other}")

    def test_a_question_about_the_use_case_is_chosen(self) -> None:
        for headers in ({}, VALUE):
            page = self.page("add-question=ai-act.roles", **headers)
            assert page.status_code == 200
            assert "As it stands:" in words(page)
            assert 'name="add-option"' not in html(page)

    def test_a_value_is_never_taken_for_another_questions(self) -> None:
        stale = self.page("add-question=service-levels.fallback&add-value-of=liability.insurance&add-option=vendor-api&add-value=none")
        assert stale.status_code == 200
        assert "Nothing is changed yet" in words(stale)

    def test_several_choices_and_none_of_them(self) -> None:
        chosen = "add-question=ai-act.roles&add-value-of=ai-act.roles&add-value=deployer&add-value=provider"
        assert self.page(chosen)["Location"].endswith("?answer=ai-act.roles%3A%3Adeployer%2Cprovider")
        none = self.page("add-question=ai-act.roles&add-value-of=ai-act.roles&add-value=[]")
        assert "none of these" in words(self.officer.client.get(none["Location"]))

    def test_a_figure_is_added_or_refused_beside_its_form(self) -> None:
        assert self.page("add-figure=own-cluster:infrastructure.gpu_price_per_hour&add-number=2")["Location"].endswith(
            "?figure=own-cluster%3Ainfrastructure.gpu_price_per_hour%3A2"
        )
        assert self.page("add-figure=:horizon_months&add-number=12")["Location"].endswith("?demand=horizon_months%3A12")
        refused = self.page("add-figure=own-cluster:support.fte&add-number=-3&volume=2")
        assert refused.status_code == 422
        assert 'id="what-if-add-errors"' in html(refused)
        assert 'value="-3"' in html(refused)
        assert "The effect" in words(refused)

    def test_every_number_says_where_it_comes_from_under_the_changes(self) -> None:
        page = self.page(f"{NO_FALLBACK}&{CHEAP}&w-cost=40", **EFFECT)
        shown = numbers(page)
        assert len(shown) == 4 * len(self.rows(page))  # score, score before, cost and loss
        for value, address in shown:
            assert round(self.officer.derived(address), value.as_tuple().exponent * -1) == value  # type: ignore[operator]
        whole = self.officer.client.get(shown[0][1])
        assert "Weight of Cost: 40 (as it stands, 8)" in words(whole)
        assert "It stops (as it stands, A fallback was tried; people switch to it)" in words(whole)
        assert page.context["what_if"]["effect"]["address"] in links(whole)
        further = next(link for link in links(whole) if "/trace/" in link and "of=options" in link)
        assert "w-cost=40" in further

    def test_a_derivation_under_a_what_if_that_makes_no_sense_says_why(self) -> None:
        query = "?of=options.vendor-api.score&scenario=rain"
        assert "no scenario 'rain'" in words(self.officer.client.get(self.officer.get("trace", query)["Location"]))
        assert self.officer.get("trace", query, **{"HX-Request": "true"})["HX-Redirect"] == self.officer.url("what_if", query)

    def test_it_saves_nothing_and_everybody_may_try(self) -> None:
        readers = [Reader(person, self.case) for person in (self.cast.auditor, self.cast.approver, self.cast.administrator)]
        before, events = facts_of(self.case), AuditEvent.objects.count()
        for reader in readers:
            assert reader.get("what_if", f"?{NO_FALLBACK}&w-cost=40").status_code == 200
        assert (facts_of(self.case), AuditEvent.objects.count()) == (before, events)
        assert "Nothing is saved" in words(self.page())

    def test_a_submitted_case_can_be_varied_too(self) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=self.case)
        assert "Demand × 2" in words(self.page("volume=2"))

    def test_without_options_it_says_what_to_do(self) -> None:
        page = Reader(self.cast.risk_officer, make_draft(self.cast)).get("what_if")
        assert page.status_code == 200
        assert "There is nothing to vary yet" in words(page)

    def test_with_nothing_answered_and_no_demand(self) -> None:
        draft = make_draft(self.cast)
        for name in ("One", "Two"):
            editing.option_add(actor=self.cast.risk_officer, assessment=draft, name=name, sourcing="closed_api")
        reader = Reader(self.cast.risk_officer, draft)
        page = reader.get("what_if", "?w-cost=50")
        assert page.status_code == 200
        assert "no tokens given" in words(page)
        assert "not known" in words(page)
        refused = reader.get("what_if", "?volume=2")
        assert refused.status_code == 422
        assert "Demand: the demand gives no tokens a month that it could multiply" in words(refused)

    def test_the_result_page_holds_the_panel(self) -> None:
        page = html(self.officer.get("result"))
        assert 'id="what-if-form"' in page
        assert f'action="{self.officer.url("what_if")}"' in page

    def test_the_panel_for_the_result_page(self) -> None:
        request: Any = RequestFactory().get(self.officer.url("result"))
        request.organisation, request.roles, request.user = self.case.organisation, frozenset({"risk_officer"}), self.cast.risk_officer
        context = what_if_context(request, self.case, evaluate_assessment(self.case))
        shown = render_to_string(
            "assessments/_what_if_panel.html", context | {"organisation": self.case.organisation, "assessment": self.case}
        )
        assert "<details" in shown
        assert "open>" in shown
        assert "Try answers and figures too" in shown
        assert "Nothing is changed yet" in shown
        assert " style=" not in shown

    def test_no_inline_style_or_script(self) -> None:
        page = html(self.page(f"{NO_FALLBACK}&volume=2"))
        assert " style=" not in page
        assert "<script>" not in page


def only(release: Any, criterion: str) -> dict[str, str]:
    return {c.id: "1" if c.id == criterion else "0" for c in release.criteria}


def leader_of(response: Any) -> str:
    return str(next(row["id"] for row in response.context["what_if"]["effect"]["rows"] if row["rank"] == 1))

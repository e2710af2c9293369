"""The weights page: choosing, trying out without saving, and what it says of a weight that is none."""

from __future__ import annotations

from assessments.evaluation import evaluate_assessment, release_of
from assessments.models import Assessment
from assessments.scoring.rounding import points
from tests.assessments.playing import OnTheCompleteCase, Reader, html, numbers, words


class Weights(OnTheCompleteCase):
    def setUp(self) -> None:
        self.officer = Reader(self.cast.risk_officer, self.case)

    def stored(self) -> object:
        return Assessment.objects.values_list("weights", flat=True).get(pk=self.case.pk)

    def test_shows_the_effect_of_every_profile(self) -> None:
        text = words(self.officer.get("weights"))
        for profile in release_of(self.case).profiles:
            assert profile.title in text
        for option in evaluate_assessment(self.case).options:
            assert points(option.score.value) in text

    def test_the_effect_shown_is_the_one_that_saving_has(self) -> None:
        profile = release_of(self.case).profiles[0].id
        assert self.officer.post("weights", choice=profile).status_code == 302
        assert self.stored() == profile
        self.case.refresh_from_db()
        scores = [points(o.score.value) for o in evaluate_assessment(self.case).options]
        row = next(r for r in self.officer.get("weights").context["rows"] if r["id"] == profile)
        assert [cell["score"] for cell in row["effect"]] == scores

    def test_own_weights_begin_with_those_in_use_in_per_cent_as_a_what_if_has_them(self) -> None:
        typed = {c["id"]: c["typed"] for c in self.officer.get("weights").context["criteria"]}
        assert typed["service-levels"] == "17"
        assert sum(map(float, typed.values())) == 100

    def test_every_score_says_where_it_comes_from(self) -> None:
        page = self.officer.get("weights", "?choice=own&w-cost=3&w-liability=1")
        shown = numbers(page)
        assert len(shown) == len(page.context["rows"]) * len(page.context["option_names"])
        assert len({value for value, _address in shown}) > len(page.context["option_names"])
        for value, address in shown:
            assert self.officer.derived(address) == value

    def test_trying_out_saves_nothing(self) -> None:
        page = self.officer.get("weights", "?choice=own&w-cost=1")
        row = next(r for r in page.context["rows"] if r["chosen"])
        cost = [points(o.criteria["cost"].value) for o in evaluate_assessment(self.case).options]
        assert (row["id"], [cell["score"] for cell in row["effect"]]) == ("own", cost)
        assert self.stored() == "archetype"

    def test_for_htmx_only_the_effect_comes_back(self) -> None:
        page = self.officer.get("weights", "?choice=own&w-cost=1", **{"HX-Request": "true"})
        assert "<form" not in html(page)
        assert "The effect" in words(page)

    def test_only_who_leads_is_read_out(self) -> None:
        said = "With the chosen weights, Vendor API in the EU leads with 80.1 of 100 points."
        assert said in words(self.officer.get("weights"))
        assert 'aria-live="polite" id="weights-said"' in html(self.officer.get("weights"))
        part = self.officer.get("weights", "?choice=archetype", **{"HX-Request": "true"})
        assert f'<p id="weights-said" hx-swap-oob="innerHTML">{said}</p>' in html(part)

    def test_typed_weights_are_saved(self) -> None:
        assert self.officer.post("weights", choice="own", **{"w-cost": "3", "w-liability": "1", "w-control": ""}).status_code == 302
        assert self.stored() == {"cost": "3", "liability": "1"}

    def test_what_is_no_weight_is_said_beside_its_field_and_kept(self) -> None:
        page = self.officer.post("weights", choice="own", **{"w-cost": "lots", "w-liability": "1"})
        assert page.status_code == 422
        assert 'id="error-w-cost"' in html(page)
        assert 'value="lots"' in html(page)
        assert self.stored() == "archetype"

    def test_all_nought_or_all_empty_is_refused(self) -> None:
        for weights in ({"w-cost": "0"}, {"w-cost": ""}, {}):
            page = self.officer.post("weights", choice="own", **weights)
            assert page.status_code == 422, weights
            assert "At least one weight must be above 0." in words(page)
        assert self.stored() == "archetype"

    def test_an_unknown_profile_is_refused(self) -> None:
        assert self.officer.post("weights", choice="whatever").status_code == 422
        assert self.officer.get("weights", "?choice=whatever").status_code == 200
        assert self.stored() == "archetype"

    def test_who_may_not_edit_sees_it_and_cannot_save(self) -> None:
        auditor = Reader(self.cast.auditor, self.case)
        assert "Save the weights" not in words(auditor.get("weights"))
        assert auditor.post("weights", choice="archetype").status_code == 403

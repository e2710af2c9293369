"""Changing the policy of the sign-off in forms, and trying which way a case would take."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import User
from assessments.models import SignOffPolicy
from assessments.policy import VARIABLES, ReviewRule, default_policy
from assessments.policy_conditions import LineProblem, condition_of, expression_of, in_words, line_from, typed
from assessments.routing import policy_in_force
from assessments.setting_policy import policy_set
from audit.trail import events_of
from tests.assessments.playing import html, words
from tests.fixtures import Cast, make_cast, more_approvers

SAYABLE = (
    'risk_class == "high" || risk_class == "undetermined"', 'residual_risk in ["high", "critical"]', 'inherent_risk in ["none", "low"]',
    "cost_total > 2000000", "blockers >= 1 && gaps <= 3", "!as_recommended", "as_recommended", 'sourcing != "closed_api"',
    'archetype in ["a-b", "c"] || appetite == "low"', 'currency == "EUR"',
)  # fmt: skip


@pytest.mark.parametrize("expression", SAYABLE)
def test_a_condition_becomes_lines_and_the_same_condition_again(expression: str) -> None:
    found = condition_of(expression)
    assert found is not None
    assert expression_of(found) == expression
    again = [line_from(line.fact, line.how, typed(line)) for line in found.lines]
    assert tuple(again) == found.lines, "what stands in the fields says the same"


@pytest.mark.parametrize(
    "expression",
    [
        "blockers > 0 && gaps > 0 || as_recommended",
        "blockers + gaps > 2",
        '(risk_class == "high")',
        "true",
        'unknown_fact == "x"',
        "blockers",
    ],
)
def test_what_lines_cant_say_stays_an_expression(expression: str) -> None:
    assert condition_of(expression) is None
    assert in_words(expression) == expression


def test_a_condition_is_told_in_words() -> None:
    assert in_words(SAYABLE[0]) == "the class under the EU AI Act is high-risk or undetermined"
    assert in_words(SAYABLE[1]) == "the gravest finding after treatment is at least high"
    assert in_words("cost_total > 2000000") == "the cost over the horizon is more than 2,000,000"
    assert in_words("blockers >= 1 && !as_recommended") == "the number of blockers is at least 1 and the option isn't the recommended one"


@pytest.mark.parametrize(
    ("fact", "how", "value"),
    [
        ("", "is", "x"), ("risk_class", "is", ""), ("risk_class", "is", "grave"), ("risk_class", "above", "high"), ("blockers", "is", "many"),
        ("blockers", "like", "1"), ("blockers", "is", "9" * 16), ("as_recommended", "is", "perhaps"), ("archetype", "is", 'a" || true || "'),
        ("inherent_risk", "at_least", "none"), ("risk_class", "is_not", "high, limited"), ("blockers", "is", "²"), ("cost_total", "above", "1.5"),
        ("cost_total", "above", "12,34"), ("cost_total", "above", "1,000.50"),
    ],
)  # fmt: skip
def test_a_line_that_says_nothing_is_refused(fact: str, how: str, value: str) -> None:
    with pytest.raises(LineProblem):
        line_from(fact, how, value)


def test_every_variable_of_a_condition_is_offered() -> None:
    from assessments.policy_conditions import facts

    assert facts().keys() == VARIABLES.keys()


class Fields(HTMLParser):
    """What a browser would send of the page's own form: its fields as they stand, without any button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select, self.area, self.text = "", "", ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = have.get("action", "").partition("#")[0].endswith("/sign-off/edit/")
        if not self.inside:
            return
        if tag == "input" and have.get("name") and (have.get("type") not in ("radio", "checkbox") or "checked" in have):
            self.sent.setdefault(have["name"], []).append(have.get("value", ""))
        elif tag == "select":
            self.select = have["name"]
        elif tag == "option" and self.select and "selected" in have:
            self.sent[self.select] = [have["value"]]
        elif tag == "textarea":
            self.area, self.text = have["name"], ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.sent[self.area], self.area = [self.text.removeprefix("\n")], ""
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.inside = False


class Editing(TestCase):
    cast: Cast
    second: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        (cls.second,) = more_approvers(cls.cast, "second_approver")

    def setUp(self) -> None:
        self.client = Client()
        self.client.force_login(self.cast.administrator)
        self.address = reverse("assessments:policy_edit", args=[self.cast.organisation.slug])

    def step(self, page: Any, do: str, **changes: Any) -> Any:
        """Change some fields of a page as it came, and press a button."""
        sent = Fields(html(page)).sent | {
            name.replace("__", "-"): value if isinstance(value, list) else [value] for name, value in changes.items()
        }
        return self.client.post(self.address, sent | {"do": do})

    def store(self, page: Any, reason: str = "The board asked for it.") -> Any:
        return self.step(page, "store", reason=reason)

    def policy(self) -> Any:
        return policy_in_force(self.cast.organisation)[0]

    def test_the_form_says_what_is_in_force(self) -> None:
        page = self.step(self.client.get(self.address), "preview")
        assert "Nothing would change" in words(page)

    def test_a_stage_is_added_moved_and_put_in_force(self) -> None:
        page = self.step(self.client.get(self.address), "add:stages")
        page = self.step(
            page, "up:stages-2", stages__2__title="Board", stages__2__asks="people", stages__2__people=[self.second.reference],
            stages__2__due_days="5",
            **{"stages-2-when-0-fact": "cost_total", "stages-2-when-0-how": "above", "stages-2-when-0-value": "2,000,000"},
        )  # fmt: skip
        page = self.step(page, "preview")
        text = words(page)
        assert "Stage “Board”" in text
        assert f"stage 2, {self.second.name}, where the cost over the horizon is more than 2,000,000, due within 5 days" in text
        assert not SignOffPolicy.objects.exists(), "seeing what would change changes nothing"
        assert self.store(page).status_code == 302
        stages = self.policy().stages
        assert [stage.id for stage in stages] == ["approval", "board", "second-signature"]
        assert (stages[1].when, stages[1].who.people, stages[1].due_days) == ("cost_total > 2000000", (self.second.reference,), 5)
        assert stages[0] == default_policy().stages[0]
        assert stages[2] == default_policy().stages[1]
        event = events_of(self.cast.organisation.stream).filter(action="policy.set").get()
        assert event.actor == self.cast.administrator.reference

    def test_a_stage_is_removed_and_its_condition_lines_changed(self) -> None:
        page = self.step(self.client.get(self.address), "preview", **{"stages-1-when-1-fact": "", "stages-1-when-1-value": ""})
        assert "where the class under the EU AI Act is high-risk or undetermined" in words(page)
        assert self.store(page).status_code == 302
        assert self.policy().stages[1].when == 'risk_class == "high"'
        page = self.step(self.step(self.client.get(self.address), "remove:stages-1"), "preview")
        assert "taken out" in words(page)
        assert self.store(page).status_code == 302
        assert [stage.id for stage in self.policy().stages] == ["approval"]

    def test_what_is_wrong_is_said_beside_its_field_with_a_way_to_it(self) -> None:
        page = self.step(
            self.client.get(self.address), "preview", stages__0__title=" ", stages__0__due_days="soon", stages__1__asks="people",
            **{"stages-1-when-0-value": "grave", "acceptance-high-days": "0", "review-0-months": "61", "statement-approval": "I approve."},
        )  # fmt: skip
        assert page.status_code == 422
        for name in ("stages-0-title", "stages-0-due_days", "stages-1-people", "stages-1-when-1-value"):
            assert f'href="#id_{name}"' in html(page) or name.endswith("1-value"), name
        assert 'href="#id_stages-1-when-0-value"' in html(page)
        page = self.step(
            self.client.get(self.address),
            "preview",
            **{"acceptance-high-days": "0", "review-0-months": "61", "statement-approval": "I approve."},
        )
        for name in ("acceptance-high-days", "review-0-months", "statement-approval"):
            assert f'href="#id_{name}"' in html(page), name
            assert f'id="error_{name}"' in html(page), name
        assert "I approve." in html(page), "what was typed is kept"
        assert not SignOffPolicy.objects.exists()

    def test_a_policy_that_asks_nobody_is_refused(self) -> None:
        page = self.step(self.client.get(self.address), "remove:stages-0")
        page = self.step(page, "preview")
        assert page.status_code == 422
        assert "would be signed by nobody" in words(page)

    def test_it_needs_a_reason(self) -> None:
        page = self.step(self.client.get(self.address), "preview", stages__0__due_days="3")
        answer = self.store(page, " ")
        assert (answer.status_code, "Say why the policy changes." in words(answer)) == (422, True)
        assert self.store(answer).status_code == 302

    def test_what_somebody_else_set_meanwhile_isnt_lost(self) -> None:
        page = self.step(self.client.get(self.address), "preview", stages__0__due_days="3")
        other = default_policy().model_copy(update={"title": "Another"})
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, policy=other, reason="Meanwhile.")
        answer = self.store(page)
        assert answer.status_code == 422
        assert "Somebody else has changed the policy meanwhile" in words(answer)
        assert self.policy().title == "Another"

    def test_one_goes_on_editing_from_what_would_change(self) -> None:
        page = self.step(self.client.get(self.address), "preview", stages__0__due_days="3")
        page = self.step(page, "edit")
        assert Fields(html(page)).sent["stages-0-due_days"] == ["3"]

    def test_an_expression_that_lines_cant_say_stays_as_it_is(self) -> None:
        mixed = "blockers > 0 && gaps > 0 || as_recommended"
        first, second = default_policy().stages
        other = default_policy().model_copy(update={"stages": (first, second.model_copy(update={"when": mixed}))})
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, policy=other, reason="By text.")
        page = self.client.get(self.address)
        assert Fields(html(page)).sent["stages-1-when-text"] == [mixed]
        assert "Nothing would change" in words(self.step(page, "preview"))
        page = self.step(page, "preview", **{"stages-1-when-text": "blockers > "})
        assert (page.status_code, "is no condition in CEL" in words(page)) == (422, True)

    def test_what_was_set_as_text_is_whole_in_the_form_however_much_it_is(self) -> None:
        first, second = default_policy().stages
        many = " || ".join(f"gaps == {n}" for n in range(15))
        review = [ReviewRule(when=f"gaps == {n}", months=n + 1) for n in range(20)]
        other = default_policy().model_copy(
            update={"stages": (first, second.model_copy(update={"when": many})), "review": (*review, ReviewRule(months=12))}
        )
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, policy=other, reason="By text.")
        page = self.step(self.client.get(self.address), "preview")
        assert "Nothing would change" in words(page)

    def test_a_text_that_is_too_long_is_refused_and_not_cut(self) -> None:
        page = self.step(self.client.get(self.address), "preview", **{"statement-closing": "I mean it. " * 190})
        assert page.status_code == 422
        assert 'href="#id_statement-closing"' in html(page)

    def test_somebody_who_is_no_approver_cant_be_asked(self) -> None:
        page = self.step(
            self.client.get(self.address), "preview", stages__0__asks="people", stages__0__people=[self.cast.risk_officer.reference]
        )
        assert (page.status_code, "is no approver now" in words(page)) == (422, True)

    def test_nonsense_does_no_harm(self) -> None:
        for do in ("up:stages-0", "down:stages-99", "remove:x-1", "add:", "line:stages-7", "²", "up:stages-²"):
            page = self.client.post(self.address, {"do": do, "stages-count": "²"})
            assert page.status_code == 200, do
        for sent in ({}, {"stages-count": "9999"}, {"stages-count": "2", "do": "store", "version": "x"}):
            assert self.client.post(self.address, sent).status_code == 422, sent
        assert not SignOffPolicy.objects.exists()


class Trying(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()

    def read(self, query: str) -> Any:
        client = Client()
        client.force_login(self.cast.contributor)
        return client.get(reverse("assessments:signing_rules", args=[self.cast.organisation.slug]) + query)

    def test_the_picture_has_its_text_and_its_table(self) -> None:
        page = self.read("")
        assert "From submission to approval through 2 stages." in html(page)
        assert "2. Second signature Any approver 10 days review the class under the EU AI Act is high-risk or undetermined" in words(page)
        assert "In this case" not in words(page)

    def test_a_case_is_tried(self) -> None:
        assert "2 stages would be asked Approval, Second signature. An approval would be reviewed after 6 months." in words(
            self.read("?risk_class=high")
        )
        minimal = words(self.read("?risk_class=minimal"))
        assert "1 stage would be asked Approval. An approval would be reviewed after 12 months." in minimal
        assert "Not asked" in minimal

    def test_what_isnt_known_leaves_no_stage_out(self) -> None:
        text = words(self.read("?blockers=0"))
        assert "2 stages would be asked" in text
        assert "its condition can't be told" in text.replace("’", "'")

    def test_what_cant_be_read_is_told(self) -> None:
        page = self.read("?cost_total=much&risk_class=grave")
        assert page.status_code == 200
        assert "Enter a whole number, in digits." in words(page)
        assert "This isn't one of the values." in words(page)

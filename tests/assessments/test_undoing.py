"""Undo: each save from a field can be put back, several steps, by a save like any other."""

from __future__ import annotations

import html
import re

from django.http import HttpResponseBase

from audit.trail import events_of
from tests.assessments.asking import Case


def stack_in(response: HttpResponseBase, key: str) -> str:
    found = re.search(rf'name="undo:{re.escape(key)}" value="([^"]*)"', response.content.decode())
    return html.unescape(found[1]) if found else ""


def undo(case: Case, question: str, option: str, stack: str, revision: int) -> HttpResponseBase:
    key = f"{question}@{option}"
    data = {"question": question, "option": option, f"undo:{key}": stack, f"revision:{key}": str(revision), "undo": "1"}
    return case.client.post(case.url("response_save"), data, headers=case.htmx())


def test_steps_are_taken_back_one_by_one_down_to_unanswered(case: Case) -> None:
    stack = ""
    for n, (value, note) in enumerate((("99", ""), ("99.5", "From the sheet"), ("99.9", "From the sheet"))):
        saved = case.save("uptime", "vendor", value=value, note=note, revision=str(n), undo=stack)
        stack = stack_in(saved, "uptime@vendor")
        assert ">Undo<" in saved.content.decode()
    stood = []
    for n in range(3):
        back = undo(case, "uptime", "vendor", stack, 3 + n)
        assert back.status_code == 200
        assert back["HX-Retarget"] == "#a-uptime--vendor"
        stack = stack_in(back, "uptime@vendor")
        row = case.answer("uptime", case.vendor)
        stood.append((row.state, row.value, row.note, row.revision))
    assert stood == [
        ("answered", "99.5", "From the sheet", 4),
        ("answered", "99", "", 5),
        ("unanswered", None, "", 6),
    ]
    assert not stack
    assert "Put back: Not answered yet." in back.content.decode()
    assert undo(case, "uptime", "vendor", stack, 6).status_code == 422
    changes = [e.body["changes"] for e in events_of(case.cast.organisation.stream) if e.action == "response.saved"]
    assert [c.get("undoes") for c in changes] == [None, None, None, 3, 4, 5]


def test_a_list_a_basis_and_a_word_that_is_none_of_the_choices_come_back(case: Case) -> None:
    case.save("roles", value=["deployer"], basis="contractual", revision="0")
    stack = stack_in(case.save("roles", special="?none", basis="unsupported", revision="1"), "roles@")
    assert undo(case, "roles", "", stack, 2).status_code == 200
    assert (case.answer("roles").value, case.answer("roles").basis) == (["deployer"], "contractual")


def test_an_undo_of_what_somebody_else_changed_meanwhile_is_refused_with_both(case: Case) -> None:
    stack = stack_in(case.save("sla", "vendor", value="full", revision="0"), "sla@vendor")
    case.acting("contributor").save("sla", "vendor", value="none", revision="1")
    refused = undo(case, "sla", "vendor", stack, 1)
    assert refused.status_code == 409
    body = refused.content.decode()
    assert "Theirs is from Contributor" in body
    field = re.search(r'<select[^>]*name="value:sla@vendor".*?</select>', body, re.DOTALL)
    assert field and " selected" not in field[0], "what was to be put back stands in the field"
    assert stack_in(refused, "sla@vendor") == stack
    assert case.answer("sla", case.vendor).value == "none"


def test_what_a_form_brings_as_a_step_is_checked_like_any_answer(case: Case) -> None:
    case.save("sla", "vendor", value="full", revision="0")
    for stack in (
        '[{"state":"answered","value":"sideways","basis":"unsupported","note":""}]',
        '[{"state":"done"}]',
        "[1]",
        "{",
        "[" * 3000,
    ):
        assert undo(case, "sla", "vendor", stack, 1).status_code == 422
    assert case.answer("sla", case.vendor).value == "full"


def test_a_taken_back_answer_hides_again_what_hung_on_it(case: Case) -> None:
    stack = stack_in(case.save("kind", value="outside", revision="0"), "kind@")
    body = undo(case, "kind", "", stack, 1).content.decode()
    assert re.search(r'id="row-critical" hidden hx-swap-oob', body)


def test_a_figure_is_put_back_and_then_taken_away(case: Case) -> None:
    key = "model_access.input_price_per_million@vendor"
    stack = stack_in(case.save_figure("model_access", "input_price_per_million", "vendor", likely="2", revision="0"), key)
    saved = case.save_figure("model_access", "input_price_per_million", "vendor", likely="3", low="1", high="4", revision="1", undo=stack)
    stack = stack_in(saved, key)
    data = {"category": "model_access", "key": "input_price_per_million", "option": "vendor", "undo": "1"}
    back = case.client.post(case.url("figure_save"), data | {f"undo:{key}": stack, f"revision:{key}": "2"}, headers=case.htmx())
    assert back["HX-Retarget"] == "#a-model_access_input_price_per_million--vendor"
    figure = case.figure("model_access", "input_price_per_million", case.vendor)
    assert (figure.low, figure.likely, figure.high) == (None, 2, None)
    stack = stack_in(back, key)
    case.client.post(case.url("figure_save"), data | {f"undo:{key}": stack, f"revision:{key}": "3"}, headers=case.htmx())
    assert case.figure("model_access", "input_price_per_million", case.vendor) is None


def test_a_figure_is_put_back_as_it_was_without_asking_how_its_point_is_meant(case: Case) -> None:
    key = "scaling.per_month@own"
    case.save_figure("scaling", "per_month", "own", likely="16.0420", revision="0")
    saved = case.save_figure("scaling", "per_month", "own", likely="7", revision="1")
    data = {
        "category": "scaling",
        "key": "per_month",
        "option": "own",
        "undo": "1",
        f"undo:{key}": stack_in(saved, key),
        f"revision:{key}": "2",
    }
    assert case.client.post(case.url("figure_save"), data, headers=case.htmx()).status_code == 200
    figure = case.figure("scaling", "per_month", case.own)
    assert figure is not None
    assert f"{figure.likely.normalize():f}" == "16.042"

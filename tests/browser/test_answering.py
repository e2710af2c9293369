"""Answering when things go wrong: the network gone and back, a page loaded anew, two people on one answer, a file that isn't taken."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from assessments.answering import response_save
from assessments.models import Assessment
from tests.browser.conftest import finds_nothing
from tests.fixtures import Cast, make_complete

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUESTION = "service-levels.availability-target"
CELL = "#a-service-levels_availability-target--{}"


def opened(cast: Cast, sign_in) -> tuple[Page, Assessment]:
    assessment = make_complete(cast)
    page = sign_in(cast.risk_officer.email, cut=True)
    page.goto(f"/o/meridian-bank/assessments/{assessment.pk}/questions/service-levels/commitment/")
    return page, assessment


def value(assessment: Assessment, option: str) -> str:
    return assessment.responses.get(question=QUESTION, option__key=option).value


def test_what_was_answered_while_the_network_was_gone_is_sent_later_and_survives_a_reload(cast: Cast, live_server, sign_in) -> None:
    page, assessment = opened(cast, sign_in)
    first, second = assessment.options.values_list("key", flat=True)[:2]
    page.route("**/responses/", lambda route: route.abort())
    wanted = {}
    for option in (first, second):
        field = page.locator(CELL.format(option)).locator("select[name^='value:']")
        stands, offered = field.input_value(), field.evaluate("s => [...s.options].map(o => o.value)")
        wanted[option] = next(v for v in offered if v and not v.startswith("?") and v != stands)
        field.select_option(wanted[option])
        expect(page.locator(CELL.format(option))).to_contain_text("Not saved yet, will be sent")
    expect(page.locator("#unsaved > summary")).to_have_text("2 answers not saved yet")
    page.locator("#unsaved > summary").click()
    finds_nothing(page)
    page.once("dialog", lambda dialog: dialog.accept())  # leaving is warned of
    page.reload()
    expect(page.locator("#unsaved > summary")).to_have_text("2 answers not saved yet")
    expect(page.locator(CELL.format(first)).locator("select[name^='value:']")).to_have_value(wanted[first])
    assert value(assessment, first) != wanted[first]
    page.unroute("**/responses/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    for option in (first, second):
        expect(page.locator(CELL.format(option))).to_contain_text("Saved")
        assert value(assessment, option) == wanted[option]
    expect(page.locator("#unsaved")).to_have_class(re.compile("unsaved-none"))
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('cs-unsaved')).length") == 0


def test_what_is_answered_before_the_page_is_ready_is_saved_once_it_is(cast: Cast, live_server, sign_in) -> None:
    page, assessment = opened(cast, sign_in)
    option = assessment.options.first()
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    page.goto(page.url, wait_until="commit")
    cell = page.locator(CELL.format(option.key))
    field = cell.locator("select[name^='value:']")
    stood, offered = field.input_value(), field.evaluate("s => [...s.options].map(o => o.value)")
    wanted = next(v for v in offered if v and not v.startswith("?") and v != stood)
    field.select_option(wanted)
    expect(cell).not_to_contain_text("Saved")
    assert value(assessment, option.key) == stood
    held[0].continue_()
    expect(cell).to_contain_text("Saved")
    assert value(assessment, option.key) == wanted


def test_two_people_and_an_undo(cast: Cast, live_server, sign_in) -> None:
    page, assessment = opened(cast, sign_in)
    option = assessment.options.first()
    cell = page.locator(CELL.format(option.key))
    field = cell.locator("select[name^='value:']")
    stood, offered = field.input_value(), field.evaluate("s => [...s.options].map(o => o.value)")
    mine, theirs = [v for v in offered if v and not v.startswith("?") and v != stood][:2]
    field.select_option(mine)
    cell.get_by_role("button", name=re.compile("^Undo")).press("Enter")
    expect(cell.locator("select[name^='value:']")).to_have_value(stood)
    assert value(assessment, option.key) == stood
    page.route("**/responses/", lambda route: route.abort())
    cell.locator("select[name^='value:']").select_option(mine)
    expect(cell).to_contain_text("Not saved yet")
    response_save(actor=cast.contributor, assessment=assessment, question_id=QUESTION, option=option, value=theirs)
    page.unroute("**/responses/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(cell).to_contain_text("Theirs is from Contributor")
    finds_nothing(page)
    cell.get_by_role("button", name="Save mine").click()
    expect(cell).to_contain_text("Saved")
    assert value(assessment, option.key) == mine


def test_files_dropped_on_an_answer_and_the_shortcuts(cast: Cast, live_server, sign_in) -> None:
    page, assessment = opened(cast, sign_in)
    option = assessment.options.first()
    cell = page.locator(CELL.format(option.key))
    data = page.evaluate_handle(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["An order form.\\n"], "order.txt", {type: "text/plain"}));
        data.items.add(new File(["MZ"], "order.exe")); return data; }"""
    )
    cell.dispatch_event("dragover", {"dataTransfer": data})
    expect(cell).to_have_class(re.compile("answer-drop"))
    cell.dispatch_event("drop", {"dataTransfer": data})
    expect(cell.get_by_role("link", name="order.txt")).to_be_visible()
    expect(cell.locator(".upload-failed")).to_contain_text("order.exe wasn’t attached")
    assert assessment.responses.get(question=QUESTION, option=option).evidence.get().name == "order.txt"
    finds_nothing(page)
    cell.get_by_role("button", name=re.compile("Dismiss")).press("Enter")
    expect(cell.locator(".upload-failed")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    finds_nothing(page)
    page.get_by_label("Use single letters as shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)

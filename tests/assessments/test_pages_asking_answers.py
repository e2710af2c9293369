"""Saving answers through the section's page: field by field with htmx, and all at once without scripts."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.trail import events_of
from tests.assessments.asking import Case
from tests.fixtures import Cast

MOST_QUERIES = 15


def row(page: str, question: str) -> str:
    """The row of one question in a page or in a fragment."""
    found = re.search(rf'<(section|tr)\b[^>]*id="row-{question}".*?</\1>', page, re.DOTALL)
    assert found, f"no row of {question}"
    return found[0]


def hidden(page: str, question: str) -> bool:
    return " hidden" in row(page, question).split(">")[0]


def test_a_choice_saves_itself_and_is_there_after_a_reload(case: Case) -> None:
    response = case.save("kind", value="outside", revision="0")
    assert response.status_code == 200
    body = response.content.decode()
    assert 'class="saved"' in body
    assert 'name="revision:kind@" value="1"' in body
    saved = case.answer("kind")
    assert saved is not None
    assert (saved.value, saved.state, saved.answered_by) == ("outside", "answered", case.person)
    assert re.search(r'value="outside"[^>]* checked', row(case.page(), "kind"))


def test_several_choices_and_none_of_them(case: Case) -> None:
    case.save("roles", value=["deployer", "provider"], revision="0")
    assert case.answer("roles").value == ["provider", "deployer"]
    case.save("roles", special="?none", revision="1")
    assert (case.answer("roles").value, case.answer("roles").state) == ([], "answered")
    assert re.search(r'value="\?none"[^>]* checked', row(case.page(), "roles"))


@pytest.mark.parametrize(
    ("question", "option", "typed", "stored"),
    [("since", "", "2026-11-24", "2026-11-24"), ("uptime", "vendor", "99.50", "99.50"), ("remark", "own", "It runs.", "It runs.")],
)
def test_dates_numbers_and_texts_save(case: Case, question: str, option: str, typed: str, stored: str) -> None:
    assert case.save(question, option, value=typed, revision="0").status_code == 200
    assert case.answer(question, getattr(case, option, None)).value == stored
    assert typed in row(case.page(), question)


def test_unknown_and_not_applicable_are_said_and_not_applicable_only_where_it_may_be(case: Case) -> None:
    case.save("kind", value="?unknown", revision="0")
    assert case.answer("kind").state == "unknown"
    case.save("certificates", "vendor", special="?not_applicable", revision="0")
    assert case.answer("certificates", case.vendor).state == "not_applicable"
    response = case.save("uptime", "vendor", special="?not_applicable", revision="0")
    assert response.status_code == 422
    assert case.answer("uptime", case.vendor) is None


def test_an_emptied_field_is_unanswered_again(case: Case) -> None:
    case.save("uptime", "vendor", value="99.9", revision="0")
    case.save("uptime", "vendor", value="", revision="1")
    assert case.answer("uptime", case.vendor).state == "unanswered"


def test_clearing_takes_the_answer_back_and_brings_the_fresh_fields(case: Case) -> None:
    case.save("kind", value="outside", note="Seen", revision="0")
    data = {"question": "kind", "option": "", "value:kind@": "outside", "note:kind@": "Seen", "revision:kind@": "1", "clear": "1"}
    response = case.client.post(case.url("response_save"), data, headers=case.htmx())
    assert response["HX-Retarget"] == "#a-kind--"
    assert " checked" not in response.content.decode().split("<template>")[0]
    assert (case.answer("kind").state, case.answer("kind").note) == ("unanswered", "Seen")


def test_a_change_of_basis_or_note_alone_makes_nobody_an_author_of_nothing(case: Case) -> None:
    case.save("kind", value="", basis="unsupported", note="", revision="0")
    assert case.answer("kind") is None
    response = case.save("kind", value="outside", basis="contractual", note="See § 4", revision="0")
    assert "Contractual · note" in response.content.decode()
    assert (case.answer("kind").basis, case.answer("kind").note) == ("contractual", "See § 4")


def test_a_question_appears_when_its_condition_comes_true_and_goes_when_it_does_not(case: Case) -> None:
    assert hidden(case.page(), "critical")
    shown = case.save("kind", value="outside", revision="0").content.decode()
    assert not hidden(shown, "critical")
    assert "1 question was added." in shown
    case.save("critical", value="yes", revision="0")
    gone = case.save("kind", value="inside", revision="1").content.decode()
    assert hidden(gone, "critical")
    assert hidden(case.page(), "critical")
    assert case.answer("critical").value == "yes", "a hidden answer is kept"


def test_in_the_table_only_the_cell_concerned_changes(case: Case) -> None:
    case.save("sla", "own", value="full", revision="0")
    body = case.save("sla", "vendor", value="full", revision="0").content.decode()
    assert 'id="cell-failover--vendor" hx-swap-oob="true"' in body
    assert "cell-failover--own" not in body
    off = case.save("sla", "vendor", value="none", revision="1").content.decode()
    assert "Not asked of this option." in off
    assert "“Question sla?”" in off


def test_a_question_asked_of_some_options_says_why_not_of_the_others(case: Case) -> None:
    cells = row(case.page(), "weights-at-hand")
    assert cells.count("Not asked of this option.") == 1
    assert "how it is sourced (Closed API)" in cells


def test_a_missing_answer_that_others_hang_on_is_named_with_the_way_to_it(case: Case) -> None:
    pending = re.search(r'<div id="section-pending".*?</div>', case.page(), re.DOTALL)[0]
    assert "Question kind?" in pending
    assert case.section_url in pending


def test_progress_comes_with_the_answer(case: Case) -> None:
    body = case.save("kind", value="inside", revision="0").content.decode()
    assert re.search(r'id="count-s-all-one" hx-swap-oob="true".*?1/', body)
    assert re.search(r'id="section-count" hx-swap-oob="true">1 of ', body)


def test_a_stale_save_is_refused_with_both_values_and_can_then_be_kept(case: Case) -> None:
    case.save("sla", "vendor", value="full", revision="0")
    case.acting("contributor").save("sla", "vendor", value="none", note="Nothing in writing", revision="1")
    response = case.save("sla", "vendor", value="part", revision="1")
    body = response.content.decode()
    assert response.status_code == 409
    assert "The answer none" in body
    assert "The answer part" in body
    assert "Save mine" in body
    assert 'name="revision:sla@vendor" value="2"' in body
    assert case.answer("sla", case.vendor).value == "none"
    assert case.save("sla", "vendor", value="part", revision="2").status_code == 200
    assert case.answer("sla", case.vendor).value == "part"


def test_who_changed_it_in_another_window_isn_t_called_somebody_else(case: Case) -> None:
    for sent in ("full", "none"):
        refused = case.save("sla", "vendor", value=sent, revision="0").content.decode()
    assert "You changed this answer in another window" in refused
    assert "Save this one" in refused
    assert "Keep the other" in refused
    assert not re.search("[Ss]omebody else|(?<!keep-)[Tt]heirs|Save mine", refused)
    without_scripts = case.client.post(case.section_url, form_of(case.page()) | {"value:sla@vendor": "none", "revision:sla@vendor": "0"})
    assert "keep the other" in row(without_scripts.content.decode(), "sla")
    for sent in ("1", "2"):
        refused = case.save_figure("scaling", "fte", "own", likely=sent, revision="0").content.decode()
    assert "You changed this figure in another window" in refused
    assert not re.search("[Ss]omebody else|(?<!keep-)[Tt]heirs", refused)


def test_bad_input_is_told_beside_the_field_and_nothing_is_written(case: Case) -> None:
    response = case.save("uptime", "vendor", value="a lot", revision="0")
    assert response.status_code == 422
    assert "&#x27;a lot&#x27; is no number" in response.content.decode()
    assert case.answer("uptime", case.vendor) is None
    assert case.save("uptime", "vendor", value="101", revision="0").status_code == 422
    assert case.save("kind", value="sideways", revision="0").status_code == 422
    assert case.save("kind", value="outside", basis="hearsay", revision="0").status_code == 422
    both = case.save("roles", value=["provider"], special="?unknown", revision="0")
    assert both.status_code == 422
    assert "Keep one." in both.content.decode()


def test_a_script_in_an_answer_is_shown_as_text(case: Case) -> None:
    case.save("remark", "own", value="<script>alert(1)</script>", revision="0")
    assert "<script>alert(1)" not in case.page()
    assert "&lt;script&gt;alert(1)" in case.page()


def form_of(page: str) -> dict[str, list[str]]:
    """What a browser without scripts would post of the section: every field's current value."""
    data: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" class="f" name="([^"]+)" value="([^"]*)"', page):
        data.setdefault(name, []).append(value)
    return data


def test_without_scripts_the_whole_section_is_saved_at_once(case: Case) -> None:
    data = form_of(case.page()) | {
        "value:kind@": "outside",
        "value:sla@vendor": "full",
        "value:sla@own": "none",
        "special:roles@": "?unknown",
    }
    response = case.client.post(case.section_url, data, follow=True)
    assert response.redirect_chain[-1][0] == case.section_url
    assert "Saved 4 answers." in response.content.decode()
    assert case.answer("kind").value == "outside"
    assert case.answer("roles").state == "unknown"
    assert case.answer("sla", case.own).value == "none"
    assert case.assessment.responses.count() == 4, "what was left empty isn't written"


def test_without_scripts_a_wrong_field_keeps_what_was_typed_and_the_others_are_saved(case: Case) -> None:
    data = form_of(case.page()) | {"value:uptime@vendor": "very high", "note:uptime@vendor": "from the sheet", "value:kind@": "inside"}
    response = case.client.post(case.section_url, data)
    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="very high"' in body
    assert "from the sheet" in row(body, "uptime")
    assert "&#x27;very high&#x27; is no number" in row(body, "uptime")
    assert "Some answers aren't saved yet" in body
    assert case.answer("kind").value == "inside"
    assert case.answer("uptime", case.vendor) is None


def test_without_scripts_a_stale_answer_shows_both_values_and_saving_again_keeps_mine(case: Case) -> None:
    data = form_of(case.page())
    case.acting("contributor").save("kind", value="inside", revision="0")
    response = case.client.post(case.section_url, data | {"value:kind@": "outside"})
    body = response.content.decode()
    assert response.status_code == 422
    assert "The answer inside" in row(body, "kind")
    assert re.search(r'value="outside"[^>]* checked', row(body, "kind"))
    again = case.client.post(case.section_url, form_of(body) | {"value:kind@": "outside"})
    assert again.status_code == 302
    assert case.answer("kind").value == "outside"


def test_without_scripts_one_answer_can_be_cleared_and_one_saved(case: Case) -> None:
    assert case.save("kind", value="outside", revision="0", htmx=False)["Location"] == f"{case.section_url}#a-kind--"
    case.client.post(case.section_url, form_of(case.page()) | {"value:kind@": "outside", "clear": "kind@"})
    assert case.answer("kind").state == "unanswered"


def test_a_frozen_assessment_shows_answers_and_takes_none(case: Case) -> None:
    case.save("kind", value="outside", revision="0")
    before = form_of(case.page())
    case.close()
    page = case.page()
    assert "in review" in page
    assert "<select" not in row(page, "sla")
    assert "The answer outside" in row(page, "kind")
    response = case.save("kind", value="inside", revision="1")
    assert response.status_code == 409
    assert "in review and can&#x27;t be changed" in response.content.decode()
    assert case.client.post(case.section_url, before | {"value:kind@": "inside"}, follow=True).status_code == 200
    assert case.answer("kind").value == "outside"


def test_who_only_reads_gets_no_fields_and_saves_nothing(case: Case) -> None:
    for who in ("approver", "auditor", "administrator"):
        other = case.acting(who)
        assert "<select" not in row(other.page(), "sla")
        assert other.save("kind", value="outside", revision="0").status_code == 403
        assert other.client.post(case.section_url, {"value:kind@": "outside", "revision:kind@": "0"}).status_code == 403
    outsider = case.acting("outsider")
    assert outsider.client.get(case.section_url).status_code == 404
    assert outsider.save("kind", value="outside", revision="0").status_code == 404
    assert case.answer("kind") is None


def test_what_does_not_exist_is_not_found(case: Case, cast: Cast) -> None:
    assert case.save("no-such-question", value="1").status_code == 404
    assert case.save("sla", value="full").status_code == 404, "asked of an option, and none is named"
    assert case.save("kind", "vendor", value="outside").status_code == 404, "asked of the use case"
    assert case.save("sla", "nobody", value="full").status_code == 404
    assert case.client.get(case.url("section", questionnaire="all", section="none")).status_code == 404
    assert case.client.get(case.url("response_save")).status_code == 405


def test_each_save_is_in_the_trail_once_and_a_repeated_one_is_not(case: Case) -> None:
    case.save("kind", value="outside", revision="0")
    case.save("kind", value="outside", revision="0")
    events = [e for e in events_of(case.cast.organisation.stream) if e.action == "response.saved"]
    assert len(events) == 1


def test_a_page_and_a_save_need_few_queries(case: Case) -> None:
    for question, option, value in (("kind", "", "outside"), ("sla", "vendor", "full"), ("sla", "own", "part")):
        case.save(question, option, value=value, revision="0")
    with CaptureQueriesContext(connection) as asked:
        case.client.get(case.section_url)
    assert len(asked) <= MOST_QUERIES


def test_digits_that_are_no_revision_are_taken_for_none(case: Case) -> None:
    assert case.save("kind", value="outside", revision="9" * 5000).status_code == 200
    assert case.answer("kind").value == "outside"

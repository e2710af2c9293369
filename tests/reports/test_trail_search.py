"""Finding entries of the trail by person, action, object, time and text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from assessments import editing
from assessments.models import Assessment
from audit.actions import name_of, registered
from audit.models import AuditEvent
from reports import sentence_search
from tests.fixtures import Cast, make_cast, make_draft
from tests.pseudo import CLOSE, OPEN, speaking_pseudo
from tests.reports.trail import address, client_of, date_back, happen
from tests.triggers import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    """Five people and no report: these tests need none."""
    return make_cast()


def listed(cast: Cast, query: dict[str, str]) -> list[int]:
    """The numbers of the cases whose entries the page lists, as it lists them."""
    response = client_of(cast, "auditor").get(address(cast, "reports:trail"), query)
    assert response.status_code == 200
    return [entry.changes["number"] for entry in response.context["entries"] if "number" in entry.changes]


@pytest.mark.databases
def test_each_field_narrows_and_all_of_them_together(cast: Cast) -> None:
    happen(cast, 1, who="auditor")
    happen(cast, 2, who="risk_officer")
    happen(cast, 2, who="risk_officer", action="assessment.changed")
    happen(cast, 3, who="risk_officer", object_type="report", request="r-3")
    officer = cast.risk_officer.reference
    assert listed(cast, {"person": officer}) == [3, 2, 2]
    assert listed(cast, {"action": "assessment.exported"}) == [3, 2, 1]
    assert listed(cast, {"object_type": "assessment", "object_id": "case-2"}) == [2, 2]
    assert listed(cast, {"request": "r-3"}) == [3]
    assert listed(cast, {"text": "case 1"}) == [1]
    assert listed(cast, {"person": officer, "action": "assessment.exported", "object_id": "case-2", "text": "Case"}) == [2]


def test_kinds_of_event_are_chosen_by_a_name(cast: Cast) -> None:
    happen(cast, 1)
    happen(cast, 2, action="person.sign_in_failed", actor=None)
    page = client_of(cast, "auditor").get(address(cast, "reports:trail"), {"action": "record.part_read"})
    named = {choice.key: choice.text for choice in page.context["actions"]}
    assert named["person.sign_in_failed"] == "Failed sign-in"
    assert named["assessment.exported"] == "Assessment exported as a file"
    assert named["record.part_read"] == "Part of a record read"
    assert '<option value="person.sign_in_failed">Failed sign-in (1)</option>' in page.content.decode()
    assert list(named)[:2] == ["assessment.exported", "person.sign_in_failed"]


def test_no_two_kinds_of_event_have_one_name() -> None:
    names = [name_of(action) for action in registered() if not action.startswith("test.")]
    assert len(names) == len(set(names))


def test_what_nobody_known_did_is_found(cast: Cast) -> None:
    happen(cast, 1, actor=None, personal={"object_label": "Case"})
    happen(cast, 2)
    assert listed(cast, {"person": "nobody"}) == [1]


@pytest.mark.databases
def test_days_are_in_utc_and_inclusive(cast: Cast) -> None:
    for number, at in enumerate(("2026-01-01T23:59:59.999999", "2026-01-02T00:00:00", "2026-01-03T23:59:59.999999", "2026-01-04T00:00:00")):
        date_back(happen(cast, number), datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert listed(cast, {"from": "2026-01-02", "to": "2026-01-03"}) == [2, 1]
    assert listed(cast, {"from": "2026-01-04", "to": "2026-01-04"}) == [3]
    assert listed(cast, {"to": "9999-12-31"}) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("from", "yesterday", "This is no date"),
        ("from", "2026-02-30", "This is no date"),
        ("to", "20260101", "This is no date"),
        ("object_id", "two words", "no spaces"),
        ("request", "a\tb", "id has at most 64"),
        ("person", "Ann", "no person"),
        ("text", "nul\0", "control characters"),
        ("text", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_looked_for_is_said_beside_its_field(cast: Cast, field: str, value: str, says: str) -> None:
    happen(cast, 1)
    response = client_of(cast, "auditor").get(address(cast, "reports:trail"), {field: value})
    assert response.status_code == 422
    page = response.content.decode()
    assert says in page.split(f'id="error-{field}"')[1].split("</div>")[0]
    assert "Case 1" not in page


def test_the_last_day_is_not_before_the_first(cast: Cast) -> None:
    response = client_of(cast, "auditor").get(address(cast, "reports:trail"), {"from": "2026-02-02", "to": "2026-02-01"})
    assert response.status_code == 422
    assert response.context["wrong"].keys() == {"to"}
    assert 'value="2026-02-01"' in response.content.decode()


def test_an_entry_links_to_its_object_and_to_what_its_request_did(cast: Cast) -> None:
    happen(cast, 1, request="r-7")
    page = client_of(cast, "auditor").get(address(cast, "reports:trail")).content.decode()
    assert "?object_type=assessment&amp;object_id=case-1" in page
    assert "?request=r-7" in page
    assert address(cast, "reports_api:trail_proof", index=AuditEvent.objects.get(object_id="case-1").index) in page


def test_pages_keep_every_filter_and_tell_the_count(cast: Cast) -> None:
    for _ in range(51):
        happen(cast, 1)
    page = client_of(cast, "auditor").get(address(cast, "reports:trail"), {"object_id": "case-1", "from": "2026-01-01"}).content.decode()
    assert "51 entries" in page
    assert "?object_id=case-1&amp;from=2026-01-01&amp;page=2" in page
    assert "?object_id=case-1&amp;from=2026-01-01&amp;format=jsonl" in page


def test_choices_tell_how_many_entries_they_have(cast: Cast) -> None:
    happen(cast, 1)
    happen(cast, 2)
    response = client_of(cast, "auditor").get(address(cast, "reports:trail"), {"action": "gone.action"})
    actions = {choice.key: choice.count for choice in response.context["actions"]}
    assert (actions["assessment.exported"], actions["gone.action"]) == (2, 0)


def test_another_organisation_s_entries_are_not_found(cast: Cast) -> None:
    happen(cast, 9, stream=cast.elsewhere.stream)
    assert listed(cast, {"text": "Case 9"}) == []


def test_a_page_stands_although_the_bytes_of_an_entry_were_destroyed(cast: Cast) -> None:
    event = happen(cast, 1)
    with without_triggers(connection):
        AuditEvent.objects.filter(pk=event.pk).update(canonical=b"{not json")
    page = client_of(cast, "auditor").get(address(cast, "reports:trail")).content.decode()
    assert "bytes of this entry can&#x27;t be read" in page


def test_searching_costs_few_queries(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(30):
        happen(cast, number)
    client = client_of(cast, "administrator")
    with django_assert_max_num_queries(15):
        client.get(address(cast, "reports:trail"), {"text": "Case", "from": "2026-01-01", "person": cast.auditor.reference})


def proposing(cast: Cast, case: Assessment, option: str, **given: Any) -> AuditEvent:
    return happen(cast, action="option.proposed", object_id=str(case.pk), changes={"number": 0, "option": option}, **given)


def sentences(cast: Cast, text: str) -> list[str]:
    response = client_of(cast, "auditor").get(address(cast, "reports:trail"), {"text": text})
    assert response.status_code == 200
    return [entry.sentence for entry in response.context["entries"]]


@pytest.mark.databases
class TestText:
    """What a text finds is what the page says: no less, and nothing that only ids or details have."""

    def test_fixed_words_and_words_beside_a_name(self, cast: Cast) -> None:
        happen(cast, 1, action="assessment.approved")
        happen(cast, 2, action="assessment.changed")
        assert sentences(cast, "Signed and approved") == ["Auditor signed and approved Case 1"]
        assert sentences(cast, "auditor signed AND approved case") == ["Auditor signed and approved Case 1"]
        assert sentences(cast, "description of Case") == ["Auditor changed the description of Case 2"]

    def test_a_title_is_found_and_what_only_details_have_is_not(self, cast: Cast) -> None:
        case = make_draft(cast)
        option = editing.option_add(actor=cast.risk_officer, assessment=case, name="Own cluster", sourcing="self_hosted_open")
        proposing(cast, case, option.key)
        proposing(
            cast, case, "another", personal={"actor_name": "Ann", "object_label": "Case", "proposal_reason": "The Own cluster is dear"}
        )
        assert sentences(cast, "own cluster") == [
            "Auditor proposed the option “Own cluster” of Case 0",
            f"Risk officer added the option “Own cluster” to {case.title}",
        ]
        assert sentences(cast, option.key) == []
        assert sentences(cast, str(case.pk)) == []
        assert sentences(cast, "option.proposed") == []

    def test_a_reason_is_found_where_the_sentence_tells_it(self, cast: Cast) -> None:
        happen(cast, 1, action="assessment.withdrawn", reason="The budget is gone")
        happen(cast, 2, action="assessment.changed", reason="The budget is gone")
        assert sentences(cast, "budget") == ["Auditor withdrew Case 1: The budget is gone"]

    def test_an_export_has_the_entries_of_the_page(self, cast: Cast) -> None:
        happen(cast, 1, action="assessment.approved")
        happen(cast, 2)
        answer = client_of(cast, "auditor").get(address(cast, "reports:trail_export"), {"text": "signed and", "format": "jsonl"})
        head, *lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
        assert [line["sentence"] for line in lines] == ["Auditor signed and approved Case 1"]
        assert (head["count"], "text_searched" in head) == (1, False)

    def test_of_more_than_can_be_read_the_page_and_an_export_say_what_was_searched(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sentence_search, "MOST_READ", 3)
        for number in range(6):
            happen(cast, number, action="assessment.approved" if number == 0 else "assessment.changed")
        client = client_of(cast, "auditor")
        page = client.get(address(cast, "reports:trail"), {"text": "the description of Case"})
        assert len(page.context["entries"]) == 2  # with the sign-in the newest three
        assert "Older entries were searched in part" in page.content.decode()
        assert "Older entries were searched in part" in client.get(address(cast, "reports:trail"), {"text": "no such"}).content.decode()
        assert sentences(cast, "signed and approved") == ["Auditor signed and approved Case 0"]
        assert sentences(cast, "Case 0") == ["Auditor signed and approved Case 0"]
        answer = client.get(address(cast, "reports:trail_export"), {"text": "the description of Case", "format": "jsonl"})
        assert "text_searched" in json.loads(b"".join(answer.streaming_content).splitlines()[0])

    def test_it_is_searched_in_the_reader_s_language(self, cast: Cast) -> None:
        happen(cast, 1, action="assessment.approved")
        with speaking_pseudo():
            assert sentences(cast, f"{OPEN}Auditor signed and") == [f"{OPEN}Auditor signed and approved Case 1{CLOSE}"]

    def test_pages_go_on_where_the_last_one_ended(self, cast: Cast) -> None:
        for number in range(60):
            happen(cast, number, action="assessment.approved" if number % 2 else "assessment.changed")
        for number in range(60):
            happen(cast, number, action="assessment.approved")
        client, seen = client_of(cast, "auditor"), []
        for page in ("1", "2"):
            found = client.get(address(cast, "reports:trail"), {"text": "auditor signed and approved", "page": page})
            seen += [entry.index for entry in found.context["entries"]]
        assert found.context["page"].paginator.count == len(set(seen)) == 90
        assert seen == sorted(seen, reverse=True)

"""Creating, describing, the options, and the file that an assessment comes from or goes to."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import editing
from assessments.models import Assessment, Option
from audit.trail import events_of
from tests.assessments.asking import Case
from tests.fixtures import Cast

MOST_QUERIES = 15
FORM = {
    "title": "Invoices 2026", "name": "Reading of invoices", "purpose": "Reads.", "archetype": "documents", "owner": "Post room",
    "people_affected": "Staff",
}  # fmt: skip
FILE = """
format: countersign/assessment@1
title: From a file
catalogue: open-or-closed@1
use_case:
  name: Filed
  purpose: To be filed.
  archetype: documents
  responses: {kind: inside}
options:
  - {id: one, name: One, sourcing: closed_api, responses: {sla: full}}
"""


def at(name: str) -> str:
    return reverse(f"assessments:{name}", kwargs={"org": "meridian-bank"})


@pytest.fixture
def officer(cast: Cast, small: Any) -> Client:
    client = Client()
    client.force_login(cast.risk_officer)
    return client


def test_creating_leads_to_the_options(officer: Client, cast: Cast) -> None:
    page = officer.get(at("create")).content.decode()
    assert "Leans closed" in page
    assert "It talks." in page
    response = officer.post(at("create"), FORM)
    made = Assessment.objects.get()
    assert response["Location"] == reverse("assessments:options", kwargs={"org": "meridian-bank", "assessment": made.pk})
    assert (made.title, made.use_case.archetype, made.use_case.owner, made.author) == (
        "Invoices 2026",
        "documents",
        "Post room",
        cast.risk_officer,
    )


def test_a_half_filled_form_says_what_is_missing_and_keeps_the_rest(officer: Client) -> None:
    response = officer.post(at("create"), {"title": "Kept as typed", "purpose": "Also <kept>"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Enter the name of the use case." in page
    assert 'value="Kept as typed"' in page
    assert "Also &lt;kept&gt;" in page
    assert not Assessment.objects.exists()
    assert officer.post(at("create"), FORM | {"archetype": "nonsense"}).status_code == 422
    assert officer.post(at("create"), FORM | {"title": "x" * 201}).status_code == 422


def test_an_empty_form_says_everything_that_is_missing_at_once_and_what_is_required_stands_beside_it(officer: Client) -> None:
    empty = officer.get(at("create")).content.decode()
    assert empty.count("(required)</span>") == 4
    page = officer.post(at("create"), {}).content.decode()
    for said in ("Enter the title.", "Enter the name of the use case.", "Enter the purpose.", "Choose one of the kinds offered."):
        assert f">{said}</p>" in page


def test_only_the_risk_officer_creates_and_imports(cast: Cast, small: Any) -> None:
    for who in ("contributor", "approver", "auditor", "administrator"):
        client = Client()
        client.force_login(cast[who])
        for name in ("create", "import"):
            assert client.get(at(name)).status_code == 403
            assert client.post(at(name), FORM | {"text": FILE}).status_code == 403
    assert Client().get(at("create")).status_code == 302
    assert not Assessment.objects.exists()


def test_the_use_case_is_changed_and_half_filled_kept(case: Case) -> None:
    url = case.url("use_case")
    assert case.client.post(url, FORM)["Location"] == url
    case.assessment.refresh_from_db()
    assert case.assessment.title == "Invoices 2026"
    response = case.client.post(url, FORM | {"purpose": "", "name": "Kept"})
    assert response.status_code == 422
    assert 'value="Kept"' in response.content.decode()
    assert "Enter the purpose." in response.content.decode()
    case.close()
    frozen = case.client.get(url).content.decode()
    assert "in review" in frozen
    assert 'name="title"' not in frozen
    assert "can&#x27;t be changed" in case.client.post(url, FORM, follow=True).content.decode()


def test_an_option_is_added_with_its_currency(case: Case) -> None:
    data = {"name": "Managed", "sourcing": "managed_open", "provider": "Host", "model": "Open 27B", "currency": "USD"}
    assert case.client.post(case.url("option_add"), data)["Location"] == case.url("options")
    option = Option.objects.get(key="managed")
    assert (option.sourcing, option.provider, option.model, option.currency) == ("managed_open", "Host", "Open 27B", "USD")
    page = case.client.get(case.url("options")).content.decode()
    assert "Open 27B" in page
    assert page.count('name="sourcing"') == 4


def test_an_option_half_described_says_everything_that_is_missing(case: Case) -> None:
    response = case.client.post(case.url("option_add"), {"provider": "Kept provider", "currency": "XXX"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Enter the name of the option." in page
    assert "one of the four ways" in page
    assert "no rate" in page
    assert 'value="Kept provider"' in page
    assert case.assessment.options.count() == 2


def test_an_option_takes_no_name_that_another_has(case: Case) -> None:
    taken = {"name": f" {case.own.name.upper()} ", "sourcing": "managed_open"}
    for url in (case.url("option_add"), case.url("option_edit", option="vendor")):
        response = case.client.post(url, taken)
        assert response.status_code == 422
        assert f"Another option is called {case.own.name.upper()}; give this one a name of its own." in response.content.decode()
    assert case.assessment.options.count() == 2


def test_an_option_is_changed_and_keeps_its_id(case: Case) -> None:
    url = case.url("option_edit", option="vendor")
    assert 'value="Vendor"' in case.client.get(url).content.decode()
    case.client.post(url, {"name": "Vendor in the EU", "sourcing": "closed_api", "currency": "USD"})
    case.vendor.refresh_from_db()
    assert (case.vendor.key, case.vendor.name, case.vendor.currency) == ("vendor", "Vendor in the EU", "USD")
    assert case.client.post(url, {"name": "", "sourcing": "closed_api"}).status_code == 422


def test_an_option_called_add_has_an_address_of_its_own(case: Case) -> None:
    case.client.post(case.url("option_add"), {"name": "Add", "sourcing": "closed_api"})
    option = case.assessment.options.get(name="Add")
    assert case.client.get(case.url("option_edit", option=option.key)).status_code == 200


def test_removing_an_option_asks_first_and_says_what_goes(case: Case) -> None:
    case.save("sla", "vendor", value="full", revision="0")
    case.save_figure("scaling", "fte", "vendor", likely="1", revision="0")
    url = case.url("option_remove", option="vendor")
    page = case.client.get(url).content.decode()
    assert "1 answer goes with it" in page
    assert "1 cost figure" in page
    assert case.assessment.options.count() == 2, "asking removes nothing"
    case.client.post(url)
    assert [o.key for o in case.assessment.options.all()] == ["own"]
    assert case.client.get(url).status_code == 404


def test_options_of_a_frozen_assessment_stay(case: Case) -> None:
    case.close()
    for url, data in (
        (case.url("option_add"), {"name": "Late", "sourcing": "closed_api"}),
        (case.url("option_edit", option="vendor"), {"name": "Other", "sourcing": "closed_api"}),
        (case.url("option_remove", option="vendor"), {}),
    ):
        assert "can&#x27;t be changed" in case.client.post(url, data, follow=True).content.decode()
    assert sorted(case.assessment.options.values_list("name", flat=True)) == ["Own", "Vendor"]


def test_only_the_risk_officer_changes_options(case: Case) -> None:
    for who, status in (("contributor", 403), ("approver", 403), ("auditor", 403), ("administrator", 403), ("outsider", 404)):
        other = case.acting(who)
        assert other.client.post(case.url("option_add"), {"name": "X", "sourcing": "closed_api"}).status_code == status
        assert other.client.post(case.url("option_edit", option="vendor"), {"name": "X", "sourcing": "closed_api"}).status_code == status
        assert other.client.post(case.url("option_remove", option="vendor")).status_code == status
        assert other.client.post(case.url("use_case"), FORM).status_code == status
    assert case.assessment.options.count() == 2


@pytest.mark.parametrize("way", ["file", "text"])
def test_a_file_is_imported(officer: Client, way: str) -> None:
    data: dict[str, Any] = {"text": FILE} if way == "text" else {"file": SimpleUploadedFile("case.yaml", FILE.encode())}
    response = officer.post(at("import"), data)
    made = Assessment.objects.get()
    assert response["Location"] == reverse("assessments:detail", kwargs={"org": "meridian-bank", "assessment": made.pk})
    assert made.responses.get(question="kind").value == "inside"
    assert made.responses.get(question="sla").option.key == "one"


def test_everything_wrong_with_a_file_is_listed_and_nothing_written(officer: Client) -> None:
    broken = FILE.replace("kind: inside", "kind: sideways").replace("closed_api", "borrowed")
    response = officer.post(at("import"), {"text": broken})
    page = response.content.decode()
    assert response.status_code == 422
    assert "2 things are wrong" in page
    assert "sideways" in page
    assert "borrowed" in page
    assert "title: From a file" in page, "what was pasted is kept"
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose a file, or paste its text."),
        ({"file": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")}, "UTF-8"),
        ({"text": "- just\n- a list"}, "wrong"),
        ({"text": FILE.replace("  archetype: documents\n", "")}, "archetype"),
    ],
)
def test_what_is_no_assessment_file_is_refused(officer: Client, data: dict[str, Any], said: str) -> None:
    response = officer.post(at("import"), data)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Assessment.objects.exists()


def test_an_export_imports_again_and_is_recorded(case: Case) -> None:
    case.save("kind", value="outside", note="Seen", revision="0")
    case.save_figure("scaling", "fte", "own", likely="2", low="1", high="3", revision="0")
    response = case.client.get(case.url("export"))
    assert response["Content-Disposition"] == 'attachment; filename="chatbot.yaml"'
    assert [e.action for e in events_of(case.cast.organisation.stream)][-1] == "assessment.exported"
    case.client.post(at("import"), {"text": response.content.decode()})
    copy = Assessment.objects.exclude(pk=case.assessment.pk).get()
    assert copy.responses.get(question="kind").note == "Seen"
    assert copy.figures.get(category="scaling").high == 3
    assert case.acting("contributor").client.get(case.url("export")).status_code == 403


def test_a_title_never_becomes_markup(case: Case) -> None:
    editing.use_case_change(actor=case.person, assessment=case.assessment, title="<img src=x onerror=alert(1)>")
    for url in (case.url("detail"), case.url("options"), at("list"), case.section_url):
        assert "<img src=x" not in case.client.get(url).content.decode()


def test_few_queries(case: Case) -> None:
    for url in (case.url("options"), case.url("use_case"), case.url("option_edit", option="own"), at("create")):
        with CaptureQueriesContext(connection) as asked:
            case.client.get(url)
        assert len(asked) <= MOST_QUERIES

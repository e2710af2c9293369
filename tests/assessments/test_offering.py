"""What is published for an option's provider and model: offered beside the question, and taken over as an answer with its source and date."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from assessments import answering, editing, offering
from assessments.errors import Refused, Stale, WrongStatus
from assessments.evaluation import release_of
from assessments.models import Response
from audit.trail import events_of
from tests.assessments.asking import Case
from tests.assessments.offered import SLA_PAGE


def offers(case: Case, option: Any = None) -> Any:
    case.assessment.refresh_from_db()
    return offering.option_offers(case.assessment, release_of(case.assessment), option or case.vendor)


def take(case: Case, question: str, option: str = "vendor", *, htmx: bool = True, **fields: Any) -> Any:
    """Post to the address that takes an offer over; ``fields`` are those of the answer, such as revision."""
    key = f"{question}@{option}"
    data = {"question": question, "option": option, **{f"{name}:{key}": value for name, value in fields.items()}}
    return case.client.post(case.url("take_over"), data, headers=case.htmx(htmx))


def cell(case: Case, question: str, option: str = "vendor") -> str:
    """The cell of the table in which the option's answer stands."""
    found = re.search(rf'<td[^>]*id="cell-{question}--{option}".*?</td>', case.page(), re.DOTALL)
    assert found, f"no cell of {question}"
    return found[0]


def as_of(case: Case, day: date) -> None:
    editing.terms_set(actor=case.person, assessment=case.assessment, currency="EUR", as_of=day)


def test_a_published_value_is_offered_for_the_provider_and_model_that_are_named(acme: Case) -> None:
    found = offers(acme)
    assert set(found) == {"sla", "failover", "certificates"}
    offer = found["sla"]
    assert (offer.kind, offer.value, offer.shown, offer.said_by, offer.on) == (
        "published", "full", "The answer full", SLA_PAGE, date(2026, 6, 1),
    )  # fmt: skip
    assert (offer.basis, offer.verified, offer.stale) == ("published", "primary", False)
    assert offers(acme, acme.own) == {}, "an option that names nobody is offered nothing"
    shown = cell(acme, "sla")
    assert "The answer full" in shown
    assert f"{SLA_PAGE}, checked against the primary text" in shown
    assert "1 Jun 2026" in shown
    assert "99.9 % a month." in shown
    assert "Take over" in shown
    assert "Take over" not in cell(acme, "sla", "own")


def test_without_the_model_only_what_is_said_of_the_provider_is_offered(acme: Case) -> None:
    editing.option_change(actor=acme.person, option=acme.vendor, name="Vendor", sourcing="closed_api", provider="Acme", model="Model 5")
    acme.vendor.refresh_from_db()
    assert set(offers(acme)) == {"sla", "failover"}


def test_taken_over_it_is_an_answer_with_basis_source_and_date(acme: Case) -> None:
    saved = offering.take_over(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, revision=0)
    assert (saved.state, saved.value, saved.basis, saved.revision, saved.answered_by) == ("answered", "full", "published", 1, acme.person)
    assert saved.note == f"{SLA_PAGE} (acme.example/sla, version 4), as of 1 June 2026: 99.9 % a month."
    event = list(events_of(acme.assessment.organisation.stream, object_id=str(acme.assessment.pk)))[-1]
    assert event.action == "response.saved"
    assert event.body["changes"]["taken_from"] == "published"
    assert "Take over" not in cell(acme, "sla"), "what stands already isn't offered"
    answering.response_save(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, value="part")
    assert "Take over" in cell(acme, "sla"), "another answer stands now"


def test_several_choices_are_offered_in_the_order_of_the_question(acme: Case) -> None:
    assert offers(acme)["certificates"].value == ["a", "c"]
    saved = offering.take_over(actor=acme.person, assessment=acme.assessment, question_id="certificates", option=acme.vendor)
    assert offers(acme)["certificates"].is_taken(saved)


def test_what_does_not_fit_the_question_is_not_offered(acme: Case) -> None:
    assert "uptime" not in offers(acme), "250 per cent is beyond its maximum"
    with pytest.raises(Refused, match="Nothing is offered"):
        offering.take_over(actor=acme.person, assessment=acme.assessment, question_id="uptime", option=acme.vendor)
    assert take(acme, "uptime", revision="0").status_code == 422
    page = take(acme, "uptime", htmx=False, revision="0")
    assert page.status_code == 422
    assert "Nothing is offered for this question any more" in page.content.decode()
    assert acme.answer("uptime", acme.vendor) is None


@pytest.mark.parametrize(("days", "stale"), [(365, False), (366, True)])
def test_one_older_than_the_release_trusts_is_marked(acme: Case, days: int, stale: bool) -> None:
    as_of(acme, date(2026, 6, 1) + timedelta(days))
    assert offers(acme)["sla"].stale is stale
    assert ("out of date" in cell(acme, "sla")) is stale


def test_what_a_source_said_later_than_the_day_of_the_assessment_is_not_offered(acme: Case) -> None:
    as_of(acme, date(2026, 5, 31))
    assert {id_: offer.value for id_, offer in offers(acme).items()} == {"sla": "part"}, "the older page is what was said by then"
    as_of(acme, date(2025, 2, 28))
    assert offers(acme) == {}
    assert "Take over" not in acme.page()


def test_a_closed_assessment_offers_nothing_and_takes_nothing_over(acme: Case) -> None:
    acme.close()
    assert "Published:" not in acme.page()
    with pytest.raises(WrongStatus):
        offering.take_over(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor)
    refused = take(acme, "sla", revision="0")
    assert refused.status_code == 409
    assert "can&#x27;t be changed" in refused.content.decode()
    page = take(acme, "sla", htmx=False, revision="0")
    assert page.status_code == 409
    assert "can&#x27;t be changed" in page.content.decode()
    response = acme.client.post(acme.section_url, {"take": "sla@vendor", "revision:sla@vendor": "0"}, follow=True)
    assert "can&#x27;t be changed" in response.content.decode()
    assert not Response.objects.filter(assessment=acme.assessment).exists()


def test_with_htmx_the_answer_is_drawn_anew(acme: Case) -> None:
    response = take(acme, "sla", revision="0")
    assert response.status_code == 200
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#a-sla--vendor", "outerHTML")
    body = response.content.decode()
    assert 'name="revision:sla@vendor" value="1"' in body
    assert re.search(r'<option value="full"[^>]* selected', body)
    assert re.search(r'<option value="published" selected', body)
    assert 'id="row-failover" hx-swap-oob="true"' in body, "a question that follows appears with it"
    assert acme.answer("sla", acme.vendor).value == "full"


def test_the_button_of_a_plain_form_takes_over_and_saves_the_rest_of_the_section(acme: Case) -> None:
    data = {
        "take": "sla@vendor",
        "revision:sla@vendor": "0",
        "value:sla@vendor": "none",
        "revision:remark@own": "0",
        "value:remark@own": "Ours.",
    }
    response = acme.client.post(acme.section_url, data)
    assert (response.status_code, response["Location"]) == (302, f"{acme.section_url}#a-sla--vendor")
    assert (acme.answer("sla", acme.vendor).value, acme.answer("sla", acme.vendor).basis) == ("full", "published")
    assert acme.answer("remark", acme.own).value == "Ours."


def test_a_plain_post_leads_back_to_the_answer(acme: Case) -> None:
    response = take(acme, "failover", htmx=False, revision="0")
    assert (response.status_code, response["Location"]) == (302, f"{acme.section_url}#a-failover--vendor")
    assert acme.answer("failover", acme.vendor).value == "no"


def answered_in_between(case: Case) -> None:
    answering.response_save(
        actor=case.cast.contributor,
        assessment=case.assessment,
        question_id="sla",
        option=case.vendor,
        value="none",
        note="By phone.",
        revision=0,
    )


def test_an_older_revision_is_refused_with_both_answers(acme: Case) -> None:
    answered_in_between(acme)
    with pytest.raises(Stale) as stale:
        offering.take_over(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, revision=0)
    assert (stale.value.theirs["value"], stale.value.mine["value"]) == ("none", "full")
    assert acme.answer("sla", acme.vendor).value == "none"


def test_an_older_revision_with_htmx_shows_both_and_offers_to_take_over_all_the_same(acme: Case) -> None:
    answered_in_between(acme)
    response = take(acme, "sla", revision="0")
    body = response.content.decode()
    assert response.status_code == 409
    assert "HX-Retarget" not in response
    assert "The answer none" in body
    assert "The answer full" in body
    assert f'hx-post="{acme.url("take_over")}"' in body
    assert f'hx-post="{acme.url("response_save")}"' not in body, "saving the fields would save what stands in them, and not the offer"
    assert acme.answer("sla", acme.vendor).value == "none"
    assert take(acme, "sla", revision="1").status_code == 200
    assert acme.answer("sla", acme.vendor).value == "full"


@pytest.mark.parametrize(("through", "status"), [("take_over", 409), ("section", 422)])
def test_an_older_revision_of_a_plain_form_shows_both_on_the_page(acme: Case, through: str, status: int) -> None:
    answered_in_between(acme)
    if through == "take_over":
        response = take(acme, "sla", htmx=False, revision="0")
    else:
        response = acme.client.post(acme.section_url, {"take": "sla@vendor", "revision:sla@vendor": "0"})
    body = response.content.decode()
    assert response.status_code == status
    assert "Somebody else changed this answer" in body
    assert "Take over what is offered once more" in body
    assert f'<a href="{acme.section_url}">keep theirs</a>' in body
    assert f'<form id="section-form" method="post" action="{acme.section_url}">' in body, (
        "the page that comes back saves as the section does"
    )
    assert 'name="revision:sla@vendor" value="1"' in body
    assert acme.answer("sla", acme.vendor).value == "none"


def test_who_answers_takes_over_and_who_reads_does_not(acme: Case) -> None:
    assert take(acme.acting("auditor"), "sla", revision="0").status_code == 403
    assert "Take over" not in acme.acting("auditor").page()
    assert take(acme.acting("contributor"), "sla", revision="0").status_code == 200
    assert acme.answer("sla", acme.vendor).answered_by == acme.cast.contributor


@pytest.mark.parametrize(("question", "option"), [("nothing", "vendor"), ("sla", ""), ("sla", "nobody"), ("kind", "vendor")])
def test_what_is_not_asked_there_is_not_found(acme: Case, question: str, option: str) -> None:
    assert take(acme, question, option, revision="0").status_code == 404


def test_the_day_stands_for_today_where_none_is_set(acme: Case) -> None:
    editing.terms_set(actor=acme.person, assessment=acme.assessment, currency="EUR", as_of=None)
    assert set(offers(acme)) == {"sla", "failover", "certificates"}


def test_a_figure_that_is_what_was_offered_names_its_source(acme: Case) -> None:
    url, field = acme.url("costs", category="model_access"), "input_price_per_million"
    page = acme.client.get(url).content.decode()
    assert "Acme Cloud: A source, as of 1 October 2026 (USD 3)" in page
    acme.save_figure("model_access", field, "vendor", likely="2.7", revision="0")
    assert acme.figure("model_access", field, acme.vendor).source == "Acme Cloud: A source, as of 1 October 2026 (USD 3)"
    acme.save_figure("model_access", field, "vendor", likely="2.8", revision="1")
    assert acme.figure("model_access", field, acme.vendor).source == ""


@pytest.mark.parametrize("of", ["option", "assessment"])
def test_in_another_currency_a_figure_is_no_longer_the_published_one(acme: Case, of: str) -> None:
    field = "input_price_per_million"
    acme.save_figure("model_access", field, "vendor", likely="2.7", revision="0")
    if of == "option":
        given = {name: getattr(acme.vendor, name) for name in ("name", "sourcing", "provider", "model")}
        editing.option_change(actor=acme.person, option=acme.vendor, currency="EUR", **given)
        assert acme.figure("model_access", field, acme.vendor).source, "written out, the currency is the same"
        editing.option_change(actor=acme.person, option=acme.vendor, currency="USD", **given)
    else:
        editing.terms_set(actor=acme.person, assessment=acme.assessment, currency="USD", as_of=acme.assessment.as_of)
    figure = acme.figure("model_access", field, acme.vendor)
    assert (figure.source, figure.revision) == ("", 1)

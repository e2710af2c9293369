"""A full assessment answered in a browser: the organisation once, published values taken over, the rest by hand, until nothing is missing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assessments.models import Assessment, BasisOfAnswer, OrganisationAnswer, State
from assessments.progress import standing_of
from compliance.catalogue.index import index
from compliance.releases import newest
from tests.browser.conftest import finds_nothing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a person would say of a harmless internal use; every other choice takes the last answer that is offered, a number 5.
SAID = {
    "ai-act.is-ai-system": "yes",
    "ai-act.eu-nexus": "yes",
    "ai-act.exclusion": "none",
    "ai-act.gpai": "uses",
    "sovereignty.personal-data": "ordinary",
}


def test_a_full_assessment_with_reference_data_taken_over(cast, live_server, sign_in):
    page = sign_in(cast.risk_officer.email)
    describe_organisation(page)
    assessment = create(page)
    base = f"/o/meridian-bank/assessments/{assessment.pk}/"
    take_over_one(page, assessment, base)
    plain = sign_in(cast.risk_officer.email, java_script_enabled=False)
    fill_demand(plain, base)
    release = newest()
    assert f"{release.key}@{release.version}" == assessment.catalogue
    for questionnaire in release.questionnaires:
        for section in questionnaire.sections:
            answer_section(plain, f"{base}questions/{questionnaire.id}/{section.id}/")
    for category in release.cost_categories:
        enter_costs(plain, f"{base}costs/{category.id}/")
    check(page, assessment, base)


def describe_organisation(page: Page) -> None:
    page.get_by_role("link", name="Organisation", exact=True).click()
    expect(page.locator("[name^='value:']").first).to_be_attached()  # evaluate doesn't wait for the page
    assert page.evaluate(FILL, SAID) == sum(q.of_organisation for q in index(newest()).questions.values())
    finds_nothing(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile(r"Saved \d+ answers"))).to_be_visible()
    assert OrganisationAnswer.objects.count() == sum(q.of_organisation for q in index(newest()).questions.values())


def create(page: Page) -> Assessment:
    page.goto("/o/meridian-bank/assessments/new/")
    page.get_by_label("Title").fill("Summaries of contracts")
    page.get_by_label("Name of the use case").fill("Contract summaries")
    page.get_by_label("Purpose").fill("Summarises contracts for the legal department.")
    page.get_by_role("radio", name=re.compile("Internal document processing")).check(force=True)
    page.get_by_role("button", name="Create and add options").click()
    expect(page.get_by_role("button", name="Add this option")).to_be_visible()
    add_option(page, "Bedrock", "Closed API", "Amazon Bedrock", "")
    add_option(page, "Own Llama", "Self-hosted open weights", "Meridian Bank", "Llama 4 Maverick", fallback="Closed API")
    finds_nothing(page)
    return Assessment.objects.get()


def add_option(page: Page, name: str, sourcing: str, provider: str, model: str, fallback: str = "") -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("radio", name=re.compile(f"^{sourcing}")).check(force=True)
    page.get_by_label("Provider", exact=True).fill(provider)
    page.get_by_label("Model", exact=True).fill(model)
    if fallback:
        page.get_by_label("How the fallback is sourced").select_option(label=fallback)
    page.get_by_role("button", name="Add this option").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def take_over_one(page: Page, assessment: Assessment, base: str) -> None:
    """With scripts the answer is drawn anew in its place: value, basis, and the source and its date in the note."""
    page.goto(base + "questions/service-levels/commitment/")
    cell = page.locator("#a-service-levels_availability-target--bedrock")
    expect(cell).to_contain_text("Published:")
    expect(cell).to_contain_text("out of date")
    cell.locator("details.offered-source summary").click()
    expect(cell.get_by_text("Amazon Bedrock service level agreement")).to_be_visible()
    finds_nothing(page)
    cell.get_by_role("button", name=re.compile("Take over")).click()
    expect(cell.locator("select[name^='value:']")).to_have_value("99.9")
    expect(cell).not_to_contain_text("Published:")
    answer = assessment.responses.get(question="service-levels.availability-target", option__key="bedrock")
    assert (answer.value, answer.basis) == ("99.9", BasisOfAnswer.PUBLISHED)
    assert "Amazon Bedrock service level agreement" in answer.note
    assert "4 October 2023" in answer.note
    finds_nothing(page)


def fill_demand(page: Page, base: str) -> None:
    page.goto(base + "demand/")
    figures = {
        "input_tokens_per_month": "400000000", "output_tokens_per_month": "80000000", "growth_per_year": "0.2", "horizon_months": "36",
        "discount_rate": "0.08",
    }  # fmt: skip
    for key, figure in figures.items():
        page.locator(f'[name="likely:demand.{key}@"]').fill(figure)
    page.get_by_role("button", name=re.compile("^Save")).click()


# Answers whatever isn't answered yet on the page, in one go: a hundred times quicker than a click for each field, and the fields are the same.
FILL = """(said) => {
  let filled = 0;
  const fields = [...document.querySelectorAll("[name^='value:']")];
  for (const name of new Set(fields.map((field) => field.name))) {
    const key = name.slice("value:".length);
    const own = fields.filter((field) => field.name === name);
    const special = [...document.getElementsByName("special:" + key)];
    if (special.some((box) => box.checked)) continue;
    const wanted = said[key.split("@")[0]];
    const ids = (all) => all.filter((id) => id && !id.startsWith("?"));
    if (own[0].tagName === "SELECT") {
      if (own[0].value) continue;
      own[0].value = wanted || ids([...own[0].options].map((option) => option.value)).pop();
    } else if (own[0].type === "radio" || own[0].type === "checkbox") {
      if (own.some((field) => field.checked && field.value)) continue;
      if (own[0].type === "checkbox") (special[0] || own[0]).checked = true;
      else own.find((field) => field.value === (wanted || ids(own.map((field) => field.value)).pop())).checked = true;
    } else {
      if (own[0].value) continue;
      own[0].value = "5";
    }
    filled += 1;
  }
  return filled;
}"""


def answer_section(page: Page, url: str) -> None:
    """First what is offered, then the rest, until an answer brings no further question."""
    page.goto(url)
    while (offers := page.locator("button[name='take']")).count():
        with page.expect_navigation():  # a click alone doesn't wait until the next page is there as a whole
            offers.first.click()
    for _ in range(8):
        if not page.evaluate(FILL, SAID):
            return
        with page.expect_navigation():
            page.get_by_role("button", name="Save this section").click()
        assert page.locator(".trouble-list").count() == 0, page.locator(".trouble-list").inner_text()
    raise AssertionError(f"{url} never comes to an end")


def enter_costs(page: Page, url: str) -> None:
    """What is published or usual stands beside each figure; whatever an option has no figure for costs nothing."""
    page.goto(url)
    for cell in page.locator(".answer-figure").all():
        offer = cell.locator(".figure-offers li").first
        if offer.count():
            figure = re.match(r"[\d.]+", offer.locator(".without-script").inner_text())
            assert figure
            cell.locator("[name^='likely:']").fill(figure.group())
    with page.expect_navigation():
        page.get_by_role("button", name="Save these figures").click()
    for option in ("bedrock", "own-llama"):
        if not any(field.input_value() for field in page.locator(f"[name^='likely:'][name$='@{option}'][type='text']").all()):
            page.locator(f"[name^='likely:'][name$='@{option}'][type='checkbox']").check(force=True)
    page.get_by_role("button", name="Save these figures").click()


def check(page: Page, assessment: Assessment, base: str) -> None:
    standing = standing_of(Assessment.objects.select_related("use_case").get(pk=assessment.pk))
    assert {id_ for sheet in standing.sheets.values() for id_ in sheet.unanswered} == set()
    assert standing.progress.all.answered == standing.progress.all.asked
    taken = assessment.responses.filter(basis=BasisOfAnswer.PUBLISHED, state=State.ANSWERED)
    assert {answer.option.key for answer in taken.select_related("option")} == {"bedrock", "own-llama"}
    assert all(re.search(r"as of \d{1,2} [A-Z][a-z]+ \d{4}: ", answer.note) for answer in taken)
    own = assessment.responses.filter(question__startswith="organisation.")
    assert own.count() == OrganisationAnswer.objects.count()
    assert all("answered for itself on" in answer.note for answer in own)
    assert assessment.figures.exclude(source="").filter(source__contains="as of").exists()
    page.goto(base + "result/")
    expect(page.get_by_text("Llama", exact=False).first).to_be_visible()
    expect(page.locator("body")).to_contain_text("The licence gives no rights here")
    finds_nothing(page)
    page.goto(base + "catalogue/")
    expect(page.locator("main")).to_contain_text("No newer release is published.")

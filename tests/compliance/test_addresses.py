"""The law and the sources behind a question are a click away."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from compliance.addresses import of_act, of_source
from compliance.catalogue.index import index
from compliance.releases import newest
from compliance.views.texts_of_law import laws_of
from tests.fixtures import Cast, make_complete

GDPR = "https://data.europa.eu/eli/reg/2016/679/oj"


@pytest.mark.parametrize(
    ("title", "reference", "address"),
    [
        ("GDPR, Art. 28(2) and (3)", "Regulation (EU) 2016/679", GDPR),
        ("GDPR, Art. 5", "", GDPR),
        ("Regulation (EU) 2016/679 (GDPR)", "Arts 6, 9", GDPR),
        ("NIS2: entry into force", "16 January 2023", "https://data.europa.eu/eli/dir/2022/2555/oj"),
        ("AI Act", "CELEX 02024R1689-20260727", "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:02024R1689-20260727"),
        ("Bedrock", "aws.amazon.com/bedrock/sla, text dated 4 October 2023", "https://aws.amazon.com/bedrock/sla"),
        ("Notes", "github.com/owner/name, a/b.md, status 5 August 2026", "https://github.com/owner/name"),
        ("Tiers", "Vendor's pages; sla.directory", "https://sla.directory"),
        ("A page", "https://example.org/x", "https://example.org/x"),
        ("GDPRs of others", "Several pages", ""),
        ("Error budgets", "(1 − availability) × period", ""),
    ],
)
def test_a_source_is_opened_where_its_citation_says(title: str, reference: str, address: str) -> None:
    assert of_source(title, reference, index(newest()).acts) == address


def test_every_instrument_of_the_newest_release_can_be_opened() -> None:
    acts = index(newest()).acts
    assert acts and all(of_act(act) for act in acts.values())
    assert acts["ai-act"] == "Regulation (EU) 2024/1689"  # itself, and not what amended it


def test_a_question_names_the_places_of_the_law_that_hang_on_its_answer() -> None:
    release = newest()
    questions = index(release).questions
    (law,) = laws_of(release, questions["sovereignty.encryption"])
    assert (law.name, law.url, law.references, law.more) == ("GDPR", GDPR, ("Art. 32",), 0)
    (law,) = laws_of(release, questions["ai-act.annex-iii"])
    assert len(law.references) == 6 and law.more > 10
    assert laws_of(release, questions["organisation.risk-appetite"]) == ()


@pytest.mark.django_db
def test_the_page_of_a_section_links_them(cast: Cast) -> None:
    client, case = Client(), make_complete(cast)
    client.force_login(cast.risk_officer)
    place = {"org": cast.organisation.slug, "assessment": case.pk, "questionnaire": "sovereignty", "section": "location"}
    page = client.get(reverse("assessments:section", kwargs=place)).content.decode()
    assert f'<a href="{GDPR}" rel="noopener noreferrer external">GDPR</a>, Arts 44 to 49' in page
    listed = client.get(reverse("compliance:sources", kwargs={"org": cast.organisation.slug, "release": case.catalogue})).content.decode()
    assert listed.count('rel="noopener noreferrer external"') > 40

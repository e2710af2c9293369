import re

from django.test import Client
from django.urls import reverse


def page(cast) -> str:
    client = Client()
    client.force_login(cast.auditor)
    answer = client.get(reverse("assessments:methods", kwargs={"org": cast.organisation.slug}))
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_section_can_be_linked_to(cast):
    text = page(cast)
    ids = re.findall(r'<h2 id="([^"]+)"', text)
    assert {"robustness", "loss", "costs", "break-even", "what-would-change-it", "ranking-and-recommendation", "draws"} <= set(ids)
    assert all(f'href="#{id_}"' in text for id_ in ids)


def test_tables_can_be_scrolled_and_have_heads_and_no_style_stands_in_the_page(cast):
    text = page(cast)
    assert "style=" not in text
    assert text.count('<table class="table">') == text.count("table-scroll")
    assert '<th scope="col">figure</th>' in text


def test_no_link_leads_to_a_file_that_is_not_served(cast):
    assert ".md" not in page(cast)

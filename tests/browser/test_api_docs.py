"""The page on which people read and try the API, under the same content policy as every other page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from assessments.models import Assessment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_it_lists_the_operations_and_tries_one_as_who_is_signed_in(cast, live_server, sign_in):
    page = sign_in(cast.risk_officer.email)
    answer = page.goto("/api/v1/docs/")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    block = page.locator("#operations-assessments-assessments_create")
    expect(block).to_be_visible()
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_placeholder("org").fill(cast.organisation.slug)
    block.locator("textarea.body-param__text").fill(
        '{"title": "From the docs", "name": "N", "purpose": "P", "archetype": "customer-facing-chatbot"}'
    )
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("201")
    assert Assessment.objects.get().title == "From the docs"

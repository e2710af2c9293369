"""Titles of what the trail names by ids, on the pages that tell what happened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from assessments import editing, naming
from assessments.naming import titles_of
from audit.models import AuditEvent
from compliance.releases import newest
from tests.fixtures import make_cast, make_complete

pytestmark = pytest.mark.django_db


def test_the_trail_s_pages_tell_titles_and_its_entries_keep_ids(client: Client) -> None:
    cast = make_cast()
    case = make_complete(cast)
    option = case.options.order_by("pk").first()
    assert option is not None
    editing.propose(actor=cast.risk_officer, assessment=case, option=option, reason="Another one after all.")
    client.force_login(cast.auditor)
    told = f"proposed the option “{option.name}” of {case.title}"
    for address in (
        reverse("reports:trail", args=[cast.organisation.slug]),
        reverse("reports:assessment_trail", args=[cast.organisation.slug, case.pk]),
    ):
        assert told in client.get(address).content.decode()
    event = AuditEvent.objects.filter(action="option.proposed").latest("index")
    assert event.sentence() == f"Risk officer proposed the option {option.key} of {case.title}"


def test_every_kind_of_id_has_its_title() -> None:
    cast = make_cast()
    case = make_complete(cast)
    titles = titles_of([case])[str(case.pk)]
    assert titles["service-levels.remedy"] == "What is the remedy when the promise is broken?"
    assert titles["figures/model_access"] == "Model access"
    assert titles["figures/demand"] == "Demand"
    assert titles["model_access.minimum_per_month"].startswith("Model access: What a month costs at least")
    assert any("/" in key and ": " in title for key, title in titles.items())
    assert {option.name for option in case.options.all()} <= set(titles.values())
    case.catalogue_digest = "sha256:" + "0" * 64  # a release that isn't there any more: names of options alone
    assert set(titles_of([case])[str(case.pk)]) == {option.key for option in case.options.all()}


def test_titles_are_those_of_the_release_and_not_of_another_by_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_complete(make_cast())
    whole = newest()
    retold = replace(whole, rules=tuple(replace(rule, title=f"{rule.title}, told anew") for rule in whole.rules))
    first = titles_of([case])[str(case.pk)]
    monkeypatch.setattr(naming, "release_of", lambda _case: retold)
    again = titles_of([case])[str(case.pk)]
    rule = whole.rules[0]
    assert (first[rule.id], again[rule.id]) == (rule.title, f"{rule.title}, told anew")

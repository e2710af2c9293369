from datetime import date
from decimal import Decimal

import pytest

from compliance.catalogue.index import index
from compliance.catalogue.offers import default_for, model_named, prices_for, provider_named, published_for
from compliance.releases import newest
from tests.compliance.small import priced

RELEASE = priced()
DAY = date(2026, 11, 23)


def offers(provider="Acme", model="", sourcing="closed_api", as_of=DAY):
    found = published_for(RELEASE, provider=provider, model=model, sourcing=sourcing, as_of=as_of)
    return {id_: (offer.value, offer.stale) for id_, offer in found.items()}


@pytest.mark.parametrize(
    ("text", "found"), [("Acme Cloud", "acme"), (" acme ", "acme"), ("ACME-cloud", "acme"), ("Acme Cloud by others", None), ("", None)]
)
def test_a_provider_is_meant_by_its_whole_name(text, found):
    named = provider_named(RELEASE, text)
    assert (named.id if named else None) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Model 4", "m4"),
        ("model 4 large 2026", "m4"),
        ("Model 4 Mini", "m4-mini"),
        ("M4-Mini-Instruct", "m4-mini"),
        ("Model 42", None),
        ("Model", None),
    ],
)
def test_a_model_is_meant_by_the_longest_beginning(text, found):
    named = model_named(RELEASE, text)
    assert (named.id if named else None) == found


def test_the_newest_word_of_the_day_is_offered_and_an_old_one_is_marked():
    assert offers() == {"a": ("high", False)}
    assert offers(as_of=date(2026, 5, 31)) == {"a": ("low", True)}
    assert offers(as_of=date(2025, 12, 31)) == {"a": ("low", False)}, "365 days, minus a day"
    assert offers(as_of=date(2024, 12, 31)) == {}


def test_what_is_said_of_both_comes_before_what_is_said_of_one():
    assert offers(model="Model 4 Large", sourcing="managed_open")["n"] == ("9", False)
    assert offers(model="Model 4 Large", sourcing="closed_api")["n"] == ("7", False), "that word holds for another sourcing"
    assert offers(provider="", model="Model 4")["n"] == ("7", False)
    assert offers(provider="Somebody", model="Model 5") == {}


def test_prices_name_whose_they_are_and_from_when():
    found = prices_for(RELEASE, provider="Acme", model="Model 4", sourcing="closed_api", category="model_access", as_of=DAY)
    (price,) = found["input_price_per_million"]
    assert (price.likely, price.on, price.about, price.stale) == (Decimal(4), date(2026, 10, 1), "Acme Cloud, Model 4", False)
    found = prices_for(RELEASE, provider="Acme", model="Model 4", sourcing="closed_api", category="model_access", as_of=date(2026, 9, 1))
    (price,) = found["input_price_per_million"]
    assert (price.likely, price.stale) == (Decimal(3), True)


def test_every_kind_of_hardware_is_offered():
    found = prices_for(RELEASE, provider="", model="", sourcing="self_hosted_open", category="infrastructure", as_of=DAY)
    assert {p.about: p.likely for p in found["gpu_price_per_hour"]} == {"H100": Decimal(4), "A100": Decimal(2)}


def test_a_usual_figure_by_sourcing():
    field = index(RELEASE).cost_categories["model_access"].fields[0]
    usual = default_for(RELEASE, field, "self_hosted_open", DAY)
    assert (usual.likely, usual.currency) == (Decimal(0), "USD")
    assert default_for(RELEASE, field, "closed_api", DAY).likely == Decimal(2)
    assert default_for(RELEASE, field, "closed_api", date(2026, 10, 1)) is None, "nobody had said it by then"


def test_the_products_own_reference_data_is_found_by_the_names_that_people_write():
    release = newest()
    bedrock = published_for(release, provider="AWS Bedrock", model="", sourcing="managed_open", as_of=DAY)
    target = bedrock["service-levels.availability-target"]
    assert target.value == "99.9"
    assert target.on == date(2023, 10, 4)
    assert target.stale
    llama = published_for(release, provider="", model="Llama 4 Maverick", sourcing="self_hosted_open", as_of=DAY)
    assert llama["liability.licence-territory"].value == "withheld"
    older = published_for(release, provider="", model="Llama 3.3 70B", sourcing="self_hosted_open", as_of=DAY)
    assert older.get("liability.licence-territory") is None or older["liability.licence-territory"].value != "withheld"

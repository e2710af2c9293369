from __future__ import annotations

import pytest

from tests.fixtures import Cast, make_draft

pytestmark = pytest.mark.django_db
VENDOR = {"id": "vendor-api", "name": "Vendor API", "sourcing": "closed_api", "provider": "Example Models"}


def test_added_changed_listed_removed(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    added = officer("post", "options", VENDOR, assessment=draft)
    assert (added.status_code, added.json()["id"]) == (201, "vendor-api")
    changed = officer("patch", "option", {"model": "Frontier 5"}, assessment=draft, option="vendor-api")
    assert (changed.json()["provider"], changed.json()["model"]) == ("Example Models", "Frontier 5")
    assert [row["id"] for row in officer("get", "options", assessment=draft).json()["results"]] == ["vendor-api"]
    assert officer("get", "option", assessment=draft, option="vendor-api").json() == changed.json()
    assert officer("delete", "option", assessment=draft, option="vendor-api").status_code == 204
    assert officer("get", "option", assessment=draft, option="vendor-api").status_code == 404


def test_id_is_made_from_the_name(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    names = [
        officer("post", "options", {"name": name, "sourcing": "self_hosted_open"}, assessment=draft)
        for name in ("Own cluster", "Own: cluster")
    ]
    assert [answer.json()["id"] for answer in names] == ["own-cluster", "own-cluster-2"]


def test_two_options_have_two_names(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    officer("post", "options", VENDOR, assessment=draft)
    again = officer("post", "options", VENDOR | {"id": "other", "name": " vendor api "}, assessment=draft)
    assert again.status_code == 422
    assert again.json()["errors"] == {"name": ["Another option is called vendor api; give this one a name of its own."]}
    officer("post", "options", VENDOR | {"id": "other", "name": "Other"}, assessment=draft)
    renamed = officer("patch", "option", {"name": "VENDOR API"}, assessment=draft, option="other")
    assert (renamed.status_code, list(renamed.json()["errors"])) == (422, ["name"])
    assert officer("patch", "option", {"name": "OTHER"}, assessment=draft, option="other").json()["name"] == "OTHER"
    draft.options.update(name="One")  # as a file may have it
    assert officer("patch", "option", {"model": "Frontier 5"}, assessment=draft, option="other").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [({"sourcing": "borrowed"}, "sourcing"), ({"id": "Vendor API"}, "id"), ({"name": ""}, "name"), ({"price": 3}, "price")],
)
def test_wrong_field_is_named(officer, cast: Cast, body: dict[str, object], field: str) -> None:
    draft = make_draft(cast)
    answer = officer("post", "options", VENDOR | body, assessment=draft)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not draft.options.exists()


def test_currency_is_one_that_has_a_rate(officer, cast: Cast) -> None:
    draft = make_draft(cast)
    officer("post", "options", VENDOR, assessment=draft)
    wrong = officer("patch", "option", {"currency": "XXX"}, assessment=draft, option="vendor-api")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["currency"])
    assert officer("patch", "option", {"currency": "USD"}, assessment=draft, option="vendor-api").json()["currency"] == "USD"

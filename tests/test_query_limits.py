"""No page asks the database more than fifteen questions, the session and the person included, however much there is; none asks in a loop; and
none makes a browser that has nothing yet load more than 100 kB of script and style.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import zeal
import zeal.constants
import zeal.patch
from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Organisation, User
from tests import crowd
from tests.permissions import ROLES, TABLE, Row
from tests.signed_in import confirm
from tests.test_permissions import House, build

MOST = 15
HEAVIEST = 100_000
HEAVY = {"api:docs"}  # the API's reference for developers is Swagger's own page
LOADED = re.compile(r'(?:<script[^>]* src|<link rel="stylesheet" href)="/static/([^"?]+)')
# Made anew for each download, and recorded in the trail.
FILES = {"reports:bundle", "reports:trail_export", "reports:download", "assessments:export", "assessments:evidence_download"}
# Pages that send on whoever comes to them like this: with one organisation, signed in already, without a second factor of that kind.
ELSEWHERE = {"home", "account_login", "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "provider_sign_in"}
NOT_HERE = {"mfa_remove_webauthn"}  # nobody has a passkey here
PAGES = [row for row in TABLE if row.kind in ("page", "personal", "public") and "GET" in row.methods and row.name not in FILES | NOT_HERE]


@cache
def weight(path: str) -> int:
    """The size in bytes of a static file as the web server sends it to a browser that takes nothing better than gzip."""
    found = finders.find(path)
    assert isinstance(found, str), path
    return len(gzip.compress(Path(found).read_bytes(), 9))


@pytest.fixture(scope="module", autouse=True)
def zealous() -> None:
    """Zeal watches what the ORM loads, once it has been asked to."""
    zeal.constants.initialize_app_registry()
    zeal.patch.patch()


@pytest.fixture(scope="module", params=["few", "many"])
def house(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    with django_db_blocker.unblock(), transaction.atomic():
        house = build()
        if request.param == "many":
            crowd.fill(house)
        yield house
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def of_all_trades(house: House) -> User:
    """Somebody with every role, to whom pages show the most; they had no part in any of the cases."""
    person = User.objects.create_user("all-trades@meridian-bank.example", "", name="Of all trades")
    places = Organisation.objects.exclude(pk=house.cast.elsewhere.pk)
    Membership.objects.bulk_create(Membership(user=person, organisation=place, role=role) for place in places for role in ROLES)
    return person


@pytest.mark.django_db
@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_pages(house: House, of_all_trades: User, row: Row) -> None:
    client, address = Client(), house.address(row)
    person = house.cast.risk_officer if row.private else of_all_trades
    client.force_login(person)
    confirm(client, person)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries, zeal.zeal_context():
        response = client.get(address)
        transaction.set_rollback(True)
    assert response.status_code in (200, 204) or row.name in ELSEWHERE
    assert len(queries) <= MOST, "\n".join(query["sql"][:200] for query in queries)
    if row.name not in HEAVY and response["Content-Type"].startswith("text/html"):
        loaded = {path: weight(path) for path in LOADED.findall(response.content.decode())}
        assert sum(loaded.values()) <= HEAVIEST, loaded

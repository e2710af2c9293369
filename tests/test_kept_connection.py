"""A connection that is kept between requests: looked at without a round trip, and made anew where the server has gone."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from psycopg import connect

from tests.workers import database_url, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(monkeypatch):
    """This thread's connection, kept and looked at before each use as in the service."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    connection.close()
    connection.ensure_connection()
    return connection


def next_request():
    connection.close_if_unusable_or_obsolete()  # as at the beginning of each request, of which the test client lets Django know nothing


def process():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def ended(process_id):
    with connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [process_id])
        wait_for(lambda: not other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process_id]).fetchone())


def test_it_is_kept_without_a_question(kept, monkeypatch):
    before = process()
    asked = []
    monkeypatch.setattr(kept.connection, "cursor", lambda *a, **k: asked.append(a))
    next_request()
    kept.close_if_health_check_failed()
    monkeypatch.undo()
    assert not asked
    assert process() == before


def test_where_the_server_ended_it_the_next_request_has_another(kept):
    before = process()
    ended(before)
    next_request()
    assert process() != before
    assert Client().get("/account/sign-in/").status_code == 200


def test_after_an_error_the_server_is_asked(kept, monkeypatch):
    before = process()
    with pytest.raises(ProgrammingError), kept.cursor() as cursor:
        cursor.execute("SELECT no_such_column")
    asked, ask = [], kept.connection.cursor
    monkeypatch.setattr(kept.connection, "cursor", lambda *a, **k: asked.append(a) or ask(*a, **k))
    next_request()
    monkeypatch.undo()
    assert asked
    assert process() == before

"""A refused token is told to the trail, and can't flood it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.refusals import EVERY, MOST_GUESSES, MOST_GUESSES_FROM_ONE, MOST_OF_A_TOKEN
from accounts.services import token_create, token_revoke
from audit.models import AuditEvent
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
HOME = "192.0.2.7"


def call(plain: str, address: str = HOME) -> int:
    answer = Client().get(
        "/api/v1/organisations/meridian-bank/assessments/", headers={"Authorization": f"Bearer {plain}"}, REMOTE_ADDR=address
    )  # fmt: skip
    return answer.status_code


def told(stream: str) -> list[str]:
    return [event.sentence() for event in AuditEvent.objects.filter(stream=stream, action="token.refused").order_by("index")]


def guess(number: int) -> str:
    return f"cs_{number:09}{'x' * 31}"


@pytest.fixture
def token(cast: Cast) -> tuple[ApiToken, str]:
    return token_create(actor=cast.risk_officer, organisation=cast.organisation, name="script")


def expire(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires=timezone.now())


def revoke(token: ApiToken) -> None:
    token_revoke(actor=token.user, token=token)


def close(token: ApiToken) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


@pytest.mark.databases
@pytest.mark.parametrize(
    ("spoil", "why"), [(expire, "it has expired"), (revoke, "it was revoked"), (close, "account of its person is closed")]
)
def test_one_that_is_good_no_more_is_told_to_its_organisation(cast, token, spoil, why):
    found, plain = token
    spoil(found)
    assert call(plain) == 401
    (sentence,) = told(cast.organisation.stream)
    assert sentence.startswith(f"Somebody at {HOME} gave the API token {found.prefix}, which was refused: ")
    assert why in sentence
    event = AuditEvent.objects.get(action="token.refused")
    assert event.changes["person"] == cast.risk_officer.reference
    assert all(text not in bytes(event.canonical).decode() for text in (plain, found.prefix, HOME))
    assert told("system") == []


def test_one_that_nobody_has_is_told_to_the_system(cast, token):
    assert call(guess(1)) == 401
    assert told("system") == [f"Somebody at {HOME} gave the API token cs_000000001, which was refused: it isn't known"]
    assert told(cast.organisation.stream) == []


def test_a_guess_at_a_tokens_end_is_told_to_its_organisation(cast, token):
    found, plain = token
    assert call(plain[:-1] + ("a" if plain[-1] != "a" else "b")) == 401
    assert told(cast.organisation.stream) == [f"Somebody at {HOME} gave the API token {found.prefix}, which was refused: it isn't known"]


def test_a_guess_does_not_hide_the_use_of_a_revoked_one(cast, token):
    found, plain = token
    revoke(found)
    call(plain + "x")
    call(plain)
    assert [sentence.rpartition(": ")[2] for sentence in told(cast.organisation.stream)] == ["it isn't known", "it was revoked"]


def test_a_good_one_is_not_told(cast, token):
    assert call(token[1]) == 200
    assert not AuditEvent.objects.filter(action="token.refused").exists()


@pytest.mark.databases
@pytest.mark.parametrize("plain", ["cs_", "cs_\x00", "cs_\xff\u00e9", "cs_a b", "cs_<b>{0}"])
def test_what_can_not_be_a_token_is_refused_all_the_same(db, plain):
    assert call(plain) == 401
    assert len(told("system")) == 1


def test_the_same_is_told_once_in_a_quarter_of_an_hour(cast, token):
    found, plain = token
    expire(found)
    start = timezone.now() + timedelta(seconds=1)
    counts = []
    for after in (timedelta(0), EVERY - timedelta(seconds=1), EVERY):
        with time_machine.travel(start + after, tick=False):
            assert call(plain) == 401
        counts.append(len(told(cast.organisation.stream)))
    assert counts == [1, 1, 2]
    call(plain, "192.0.2.8")
    assert len(told(cast.organisation.stream)) == 3


def test_an_ipv6_network_counts_as_one_source(cast, token):
    found, plain = token
    expire(found)
    for host in ("1", "2", "ffff:1:2:3"):
        call(plain, f"2001:db8::{host}")
    assert len(told(cast.organisation.stream)) == 1
    assert "Somebody at 2001:db8::/64" in told(cast.organisation.stream)[0]


def test_many_guesses_from_one_address_are_told_up_to_a_limit(db):
    for number in range(MOST_GUESSES_FROM_ONE + 5):
        assert call(guess(number)) == 401
    assert len(told("system")) == MOST_GUESSES_FROM_ONE
    call(guess(1), "192.0.2.8")
    assert len(told("system")) == MOST_GUESSES_FROM_ONE + 1


def test_many_guesses_from_many_addresses_are_too_and_hide_no_revoked_token(cast, token):
    for number in range(MOST_GUESSES + 5):
        assert call(guess(number), f"198.51.{number // 10}.1") == 401
    assert len(told("system")) == MOST_GUESSES
    found, plain = token
    revoke(found)
    call(plain)
    assert len(told(cast.organisation.stream)) == 1


def test_one_token_from_many_addresses_is_told_up_to_a_limit(cast, token):
    found, plain = token
    expire(found)
    for number in range(MOST_OF_A_TOKEN + 5):
        call(plain, f"198.51.100.{number}")
    assert len(told(cast.organisation.stream)) == MOST_OF_A_TOKEN


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_several_at_once_are_told_once(cast):
    def one(_: int) -> int:
        try:
            return call(guess(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(one, range(6))) == {401}
    assert len(told("system")) == 1

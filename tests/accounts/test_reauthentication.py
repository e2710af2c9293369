from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from accounts import reauthentication
from accounts.models import User
from accounts.reauthentication import LIMIT, UNANSWERED, WINDOW, TooManyFailures, check, check_password
from audit.models import AuditEvent
from tests.fixtures import PASSWORD, Cast

SECOND = timedelta(seconds=1)


@pytest.mark.django_db
def test_the_right_password_passes_and_clears_the_count(cast):
    for _ in range(LIMIT - 1):
        assert not check_password(cast.approver, "wrong")
    assert check_password(cast.approver, PASSWORD)
    for _ in range(LIMIT - 1):
        assert not check_password(cast.approver, "wrong")
    assert check_password(cast.approver, PASSWORD)


@pytest.mark.django_db
def test_five_wrong_ones_close_signing_for_a_quarter_of_an_hour_from_the_fifth(cast):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        for _ in range(LIMIT - 1):
            assert not check_password(cast.approver, "wrong")
    fifth = start + WINDOW - SECOND
    with time_machine.travel(fifth, tick=False):
        assert not check_password(cast.approver, "wrong")
    for moment in (fifth, fifth + WINDOW - SECOND):
        with time_machine.travel(moment, tick=False):
            with pytest.raises(TooManyFailures):
                check_password(cast.approver, PASSWORD)
            assert check_password(cast.auditor, PASSWORD)
    with time_machine.travel(fifth + WINDOW, tick=False):
        assert check_password(cast.approver, PASSWORD)


@pytest.mark.django_db
def test_wrong_ones_far_apart_close_nothing(cast):
    start = timezone.now()
    for number in range(2 * LIMIT):
        with time_machine.travel(start + number * WINDOW / (LIMIT - 2), tick=False):
            assert not check_password(cast.approver, "wrong")


@pytest.mark.django_db
def test_a_wrong_one_is_recorded(cast):
    check_password(cast.approver, PASSWORD)
    check_password(cast.approver, "wrong")
    event = AuditEvent.objects.get(stream=cast.organisation.stream)
    assert event.sentence() == "Approver gave a wrong password when signing"


def break_off(monkeypatch: pytest.MonkeyPatch, user: User, times: int) -> None:
    """Attempts whose process ends in the middle."""

    def ends(self: User, password: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(User, "check_password", ends)
        for _ in range(times):
            with pytest.raises(KeyboardInterrupt):
                check(None, user, password=PASSWORD)


@pytest.mark.django_db
def test_attempts_that_came_to_no_answer_count_until_they_cant_come_to_one(cast, monkeypatch):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        break_off(monkeypatch, cast.approver, LIMIT)
        with pytest.raises(TooManyFailures, match=r"come to no answer.*Wait a minute") as closed:
            check(None, cast.approver, password=PASSWORD)
        assert closed.value.wait == UNANSWERED, (
            "nobody who gave no wrong password is told of wrong ones, or kept waiting for a quarter of an hour"
        )
    with time_machine.travel(start + UNANSWERED, tick=False):
        assert check(None, cast.approver, password=PASSWORD) == "password"


@pytest.mark.django_db
def test_attempts_broken_off_give_nobody_more_wrong_ones(cast, monkeypatch):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        break_off(monkeypatch, cast.approver, LIMIT - 1)
        assert not check_password(cast.approver, "wrong")
        with pytest.raises(TooManyFailures):
            check_password(cast.approver, "wrong")
    with time_machine.travel(start + UNANSWERED, tick=False):
        for _ in range(LIMIT - 1):
            assert not check_password(cast.approver, "wrong")
        with pytest.raises(TooManyFailures):
            check_password(cast.approver, PASSWORD)


@pytest.mark.django_db
def test_a_wrong_one_counts_where_the_trail_cant_be_told(cast, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    start = timezone.now()
    with time_machine.travel(start, tick=False), monkeypatch.context() as patch:
        patch.setattr(reauthentication, "tell", full)
        for _ in range(LIMIT):
            with pytest.raises(OSError, match="no space"):
                check(None, cast.approver, password="wrong")
    with time_machine.travel(start + UNANSWERED, tick=False), pytest.raises(TooManyFailures):
        check(None, cast.approver, password=PASSWORD)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_guesses_made_at_once_dont_slip_past_the_limit(cast: Cast):
    def guess(_: int) -> str:
        try:
            return "wrong" if not check_password(cast.approver, "wrong") else "right"
        except TooManyFailures:
            return "closed"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(guess, range(8)))
    assert answers == ["closed"] * (8 - LIMIT) + ["wrong"] * LIMIT


@pytest.mark.django_db(transaction=True)
def test_the_count_cant_be_rolled_back_by_a_caller(cast: Cast):
    with pytest.raises(RuntimeError), transaction.atomic():
        check_password(cast.approver, "wrong")

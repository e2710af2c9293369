from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from accounts.reauthentication import LIMIT, WINDOW, TooManyFailures, check_password
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

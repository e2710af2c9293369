from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.reauthentication import LIMIT, TooManyFailures, check_password
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_right_password_passes_and_clears_the_count(cast):
    for _ in range(LIMIT - 1):
        assert not check_password(cast.approver, "wrong")
    assert check_password(cast.approver, PASSWORD)
    assert not check_password(cast.approver, "wrong")
    assert check_password(cast.approver, PASSWORD)


def test_five_wrong_ones_close_signing_for_a_quarter_of_an_hour(cast):
    for _ in range(LIMIT):
        assert not check_password(cast.approver, "wrong")
    with pytest.raises(TooManyFailures):
        check_password(cast.approver, PASSWORD)
    assert check_password(cast.auditor, PASSWORD)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert check_password(cast.approver, PASSWORD)

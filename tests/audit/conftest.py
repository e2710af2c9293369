from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.db import transaction

from audit import actions
from audit.trail import Event, record

ORG = "org:11111111-1111-4111-8111-111111111111"
ANN = "person:aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
BOB = "person:bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"


@pytest.fixture(autouse=True)
def test_actions() -> Iterator[None]:
    """Actions of these tests alone; the registry is afterwards as it was."""
    with mock.patch.dict(actions._sentences):
        actions.register("test.noted", "Noted", "{actor} noted {object}: {reason}")
        actions.register("test.moved", "Moved", "{actor} moved {object} from {status[from]} to {status[to]}")
        actions.register("test.invited", "Invited", "{actor} invited {member_name} as {role}")
        yield


@pytest.fixture(autouse=True)
def second_place(settings, tmp_path: Path) -> Path:
    """A second place and log keys of this test's own; returns the place's folder."""
    settings.VAR_DIR = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "checkpoints": {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": tmp_path / "place"}}
    }
    return tmp_path / "place"


@pytest.fixture
def note() -> Callable[..., Event]:
    """Record a small event, in a transaction of its own."""

    def note(number: int = 0, **given: object) -> Event:
        arguments = {
            "stream": ORG,
            "action": "test.noted",
            "actor": ANN,
            "object_type": "thing",
            "object_id": f"t-{number}",
            "changes": {"number": number},
            "personal": {"actor_name": "Ann Example"},
        }
        with transaction.atomic():
            return record(**{**arguments, **given})

    return note

"""What every test shares: how the test database is made, and how it is emptied although its tables are append-only."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis

from assessments.scoring.evaluate import Evaluation, evaluate
from assessments.scoring.facts import Facts
from assessments.scoring.study import study
from compliance.catalogue.index import index
from compliance.catalogue.model import Release
from tests.fixtures import Cast, make_cast
from tests.triggers import empty
from tests.workers import prefix, start_worker  # noqa: F401 - fixtures

# What a property test finds must not hang on how busy the machine is: neither an example nor their drawing is timed.
of_hypothesis.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
of_hypothesis.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays in a browser comes first, since it takes longest: nobody is left with it at the end, while the others have nothing to do."""
    items.sort(key=lambda item: "browser" not in item.keywords)


def pytest_collection_finish() -> None:
    """What has been imported stays, so it isn't looked through again for what could go; and that is looked for more seldom, for each look takes
    long in a process that knows the whole catalogue and all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite's test database is a file as in service, not memory: threads and other processes then meet its real locks. PostgreSQL's is a copy
    of the one that ``make test`` migrates for all its processes."""
    for database in settings.DATABASES.values():
        if name := os.environ.get("TEST_TEMPLATE"):
            database.setdefault("TEST", {})["TEMPLATE"] = name
        if database["ENGINE"].endswith("sqlite3"):
            path: Path = tmp_path_factory.mktemp("database") / "test.sqlite3"
            database.setdefault("TEST", {})["NAME"] = str(path)


@pytest.fixture(scope="session", autouse=True)
def views_read() -> None:
    """A module that is first read while a test has put something else in a function's place would keep that for good."""
    import_module("config.urls")


@pytest.fixture(scope="session", autouse=True)
def emptied_past_triggers() -> Iterator[None]:
    """Transactional tests end by emptying every table, which the append-only ones refuse: their triggers rest meanwhile. Only what holds rows is
    emptied, and by DELETE: Django's TRUNCATE of all tables, after which it fills those of permissions and content types again, takes ten times
    as long."""

    def emptied(_test: TransactionTestCase) -> None:
        for alias in connections:
            empty(connections[alias])

    with mock.patch.object(TransactionTestCase, "_fixture_teardown", emptied):
        yield


@pytest.fixture(scope="session", autouse=True)
def suited_to_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Passwords are hashed by a cheap method, static files are named without their manifest, and uploaded files lie in a folder that goes away."""
    files = {"BACKEND": "config.folder.FilesFolder", "OPTIONS": {"location": tmp_path_factory.mktemp("files")}}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": files,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            "checkpoints": {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": tmp_path_factory.mktemp("checkpoints")}},
        },
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def evaluated_once() -> Iterator[None]:
    """Hundreds of tests evaluate and submit the same case. What an evaluation of its facts says, and what the study of that, are pure functions,
    which ``tests/scoring`` sees to, so they are worked out once for all of them."""
    found: dict[bytes, Evaluation] = {}
    known: dict[bytes, dict[str, Any]] = {}

    def evaluated(release: Release, facts: Facts) -> Evaluation:
        key = pickle.dumps((index(release).digest, facts))
        if key not in found:
            if len(found) >= 50:  # an evaluation holds all that was read
                found.clear()
            found[key] = evaluate(release, facts)
        return found[key]

    def studied(evaluation: Evaluation, trace: bool = False) -> dict[str, Any]:
        key = pickle.dumps((index(evaluation.release).digest, evaluation.facts, evaluation.seed, evaluation.draws, trace))
        if key not in known:
            known[key] = study(evaluation, trace)
        return known[key]

    with mock.patch("assessments.evaluation.evaluate", evaluated), mock.patch("assessments.snapshots.study", studied):
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    """Meridian Bank's five people, one for each role, and an outsider; see tests/fixtures.py."""
    return make_cast()

"""A sign-off report made by the real task from a real decision: once for each file of tests, in a transaction that is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import override_settings

from assessments.models import DecisionRecord
from jobs import timing
from jobs.models import Job
from reports.models import Report
from reports.tasks import make_sign_off
from tests import fixtures
from tests.fixtures import Cast, make_approved, make_cast
from tests.triggers import without_triggers


@dataclass(frozen=True)
class Made:
    cast: Cast
    decision: DecisionRecord
    job: Job
    report: Report
    data: bytes


@pytest.fixture(scope="module", autouse=True)
def own_var_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Seals are made in a folder that goes away."""
    path = tmp_path_factory.mktemp("var")
    with override_settings(VAR_DIR=path):
        yield path


@pytest.fixture(scope="module", autouse=True)
def no_heartbeat() -> Iterator[None]:
    """A test's transaction is open all the while, and on SQLite the heartbeat's own connection would wait for it."""
    with mock.patch.object(timing, "HEARTBEAT_EVERY", timedelta(hours=1)):
        yield


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker, own_var_dir: Path) -> Iterator[Made]:
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        # A small case, whose report is made in a fraction of the time; a module that needs the worked example's says so.
        small = Path(__file__).parents[1] / "chaos" / "case.yaml"
        with mock.patch.object(fixtures, "EXAMPLE", fixtures.EXAMPLE if hasattr(request.module, "WORKED_EXAMPLE") else small):
            decision = make_approved(cast)
        job = Job.objects.get(key=f"sign_off:{decision.digest}")
        assert make_sign_off(str(job.pk)) is True
        report = Report.objects.get()
        with report.file.open("rb") as file:
            data = file.read()
        yield Made(cast, decision, job, report, data)
        transaction.set_rollback(True)


@pytest.fixture
def made(house: Made, db: None) -> Made:
    return house


@pytest.fixture
def cast(made: Made) -> Cast:
    return made.cast


@pytest.fixture
def decision(made: Made) -> DecisionRecord:
    return made.decision


@pytest.fixture
def job(made: Made) -> Job:
    """What the signature asked for, done."""
    return Job.objects.get(pk=made.job.pk)


@pytest.fixture
def report(made: Made) -> Report:
    return Report.objects.get(pk=made.report.pk)


@pytest.fixture
def stored(made: Made) -> bytes:
    return made.data


@pytest.fixture
def waiting(job: Job, report: Report) -> Job:
    """The job as the signature left it, before a worker came: nothing is made yet."""
    with without_triggers(connection):
        Report.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(status="queued", step=0, steps=0, attempts=0, finished_at=None, started_at=None, message="")
    return Job.objects.get(pk=job.pk)

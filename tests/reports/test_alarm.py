"""The nightly check looks at what was signed too, where the trail itself is sound."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connection
from django.test import TestCase, override_settings

from accounts import mailing
from assessments.models import Verdict
from audit.models import AuditCheck
from jobs.models import Job
from reports import tasks
from tests.fixtures import make_approved, make_cast
from tests.triggers import without_triggers


class Nightly(TestCase):
    def setUp(self) -> None:
        # The nightly check looks at everything that lies in the second place: not at what other tests left there.
        folder = self.enterContext(TemporaryDirectory())
        place = {"BACKEND": "audit.places.WriteOnceFolder", "OPTIONS": {"location": folder}}
        self.enterContext(override_settings(STORAGES={**settings.STORAGES, "checkpoints": place}))
        self.cast = make_cast()
        make_approved(self.cast)

    def test_what_was_signed_is_sound(self) -> None:
        assert tasks.watch_trail() == 0

    def test_a_verdict_that_was_changed_is_an_alarm(self) -> None:
        with without_triggers(connection):
            Verdict.objects.update(reason="Another one.")
        assert tasks.watch_trail() == 1
        told = AuditCheck.objects.get(stream=self.cast.organisation.stream)
        assert "the verdict of Approver states another reason" in told.problem
        mail = Job.objects.get(task=mailing.TASK, args__kind="trail_alarm")
        assert mail.args["context"]["problem"] == told.problem

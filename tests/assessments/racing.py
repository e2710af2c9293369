"""People who act in the same instant, each in a thread with a connection of its own, and what must hold afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction

from accounts.models import User
from accounts.seal import warm
from assessments import editing, workflow
from assessments.errors import Refused
from assessments.files import import_assessment
from assessments.models import Assessment, DecisionRecord, Verdict
from assessments.setting_policy import policy_set
from assessments.verifying import verify_records
from audit import appending
from audit.models import AuditEvent
from audit.verify import verify_stream
from tests.assessments.acting import CASE, PROPOSED, PolicyModel
from tests.fixtures import SIGNING, Cast, ask_for_everything, more_approvers, newest, read_all

Act = Callable[[], object]
REFUSALS = (Refused, PermissionDenied, ValidationError)
DONE = "done"
PATIENCE = 30.0  # seconds


class Racers:
    """Starts acts in threads. Each result is ``DONE`` or the name of the refusal; any other exception is the test's failure."""

    def __init__(self, *acts: Act) -> None:
        self.results: list[str] = [""] * len(acts)
        self.failures: list[BaseException] = []
        self.together = False
        self.backends: dict[int, int] = {}  # number of the act -> process that serves its connection
        self.ready = Barrier(len(acts))
        self.threads = [Thread(target=self._run, args=(number, act)) for number, act in enumerate(acts)]

    def _run(self, number: int, act: Act) -> None:
        try:
            connection.ensure_connection()
            if connection.vendor == "postgresql":
                self.backends[number] = connection.connection.info.backend_pid
            if self.together:
                self.ready.wait(PATIENCE)
            act()
            self.results[number] = DONE
        except REFUSALS as refusal:
            self.results[number] = type(refusal).__name__
        except BaseException as error:
            self.failures.append(error)
        finally:
            connection.close()

    def at_once(self) -> list[str]:
        self.together = True
        for thread in self.threads:
            thread.start()
        return self._ended()

    def in_line(self, stream: str) -> list[str]:
        """Each goes as far as it can while somebody else appends to the trail, the first one first; then the trail is free.

        On PostgreSQL each has then seen nothing of the others, holds all locks that it takes before its event, and they go on in this order. On
        SQLite, with its one lock, they all wait at their first statement.
        """
        with transaction.atomic():
            appending.locked_head(stream)
            for number, thread in enumerate(self.threads):
                thread.start()
                end = time.monotonic() + PATIENCE
                while connection.vendor == "postgresql" and thread.is_alive() and not _waits(self.backends.get(number)):
                    assert time.monotonic() < end, "it neither ends nor waits"
                    time.sleep(0.005)
        return self._ended()

    def _ended(self) -> list[str]:
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads), "they wait for each other"
        for error in self.failures:
            raise error
        return self.results


def _waits(backend: int | None) -> bool:
    """Whether this process of PostgreSQL waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted)", [backend])
        return bool(cursor.fetchone()[0])


@dataclass
class Bank:
    """The cast with three more approvers, under a policy."""

    cast: Cast
    second: User
    third: User
    fourth: User
    policy: PolicyModel | None = None

    @property
    def stream(self) -> str:
        return self.cast.organisation.stream

    def __getitem__(self, who: str) -> User:
        return {"second": self.second, "third": self.third, "fourth": self.fourth}.get(who) or self.cast[who]

    def set_policy(self, policy: PolicyModel) -> None:
        addresses = {who: self[who].email for who in ("approver", "second", "third", "fourth")}
        policy_set(actor=self.cast.administrator, organisation=self.cast.organisation, text=policy.text(addresses), reason="As agreed.")
        self.policy = policy

    def policy_once(self, policy: PolicyModel) -> None:
        """Set it, unless it was set as the last one already."""
        if policy != self.policy:
            self.set_policy(policy)

    def draft(self) -> Assessment:
        case = import_assessment(actor=self.cast.risk_officer, organisation=self.cast.organisation, text=CASE.read_text("utf-8"))
        ask_for_everything(case, self.cast.contributor)
        return editing.propose(actor=self.cast.risk_officer, assessment=case, option=case.options.get(key=PROPOSED), reason="It fits best.")

    def submit(self, case: Assessment) -> None:
        workflow.submit(actor=self.cast.risk_officer, assessment=case)

    def submitted(self, *readers: str) -> Assessment:
        """A case in review that the readers have read."""
        case = self.draft()
        self.submit(case)
        for who in readers:
            read_all(self[who], case)
        return Assessment.objects.get(pk=case.pk)

    def speak(self, who: str, case: Assessment, kind: str = "approve", seat: str | None = None) -> Act:
        """The act of giving a verdict on what is submitted now."""
        digest, actor = newest(case).digest, self[who]
        given: dict[str, Any] = {"actor": actor, "assessment": case, "digest": digest, "signing": SIGNING}
        if seat:
            given["on_behalf_of"] = self[seat]
        if kind != "approve":
            given["reason"] = "The remedy isn't named."
        act = {"approve": workflow.approve, "return": workflow.return_, "reject": workflow.reject, "abstain": workflow.abstain}[kind]
        return lambda: act(**given)

    def stands(self, case: Assessment) -> tuple[str, int, int]:
        """Status, number of verdicts on the newest snapshot, number of decisions on the case."""
        snapshot = newest(case)
        return (
            Assessment.objects.values_list("status", flat=True).get(pk=case.pk),
            Verdict.objects.filter(participation__snapshot=snapshot).count(),
            DecisionRecord.objects.filter(snapshot__assessment=case).count(),
        )

    def told(self, since: int) -> list[str]:
        """The actions of the trail from the entry ``since`` on, in order."""
        return list(AuditEvent.objects.filter(stream=self.stream, index__gte=since).order_by("index").values_list("action", flat=True))

    def check(self) -> None:
        """The trail is what was written, and the stored sign-offs are what it tells of."""
        assert verify_stream(self.stream).problems == []
        assert verify_records(self.cast.organisation) == []


def make_bank(cast: Cast, policy: PolicyModel) -> Bank:
    bank = Bank(cast, *more_approvers(cast, "second", "third", "fourth"))
    bank.set_policy(policy)
    warm(cast.organisation)
    return bank

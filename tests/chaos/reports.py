"""Many reports while the processes that make them are killed, the disk is full, the template is broken and the broker is away."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.chaos import disk, faults, parts
from tests.chaos.parts import DidNotStart, Part
from tests.chaos.run import say
from tests.chaos.stage import Stage
from tests.chaos.story import CASE, GIVEN_UP, PROPOSED

SECONDS_AWAY = 60  # of the broker
SECONDS_FULL = 8  # of the disk
SECONDS_BROKEN = 4  # of the template
SECONDS_BETWEEN = 2.0
SECONDS_TO_SETTLE = 600
ASKED_TWICE = 4  # every so manyth report is asked for once more
# How a report that needs an administrator says so.
UNEXPECTED = "failed because of an unexpected error"
TEMPLATE = "template can't be used: Invalid block tag"


class ReportRun:
    def __init__(self, stage: Stage, seed: int, *, reports: int, real: int) -> None:
        """``real``: how many of the ``reports`` are laid out and sealed; the others are cheap (``tests.chaos.faults``)."""
        self.stage, self.reports, self.real = stage, reports, min(real, reports)
        self.random = random.Random(seed)
        self.flags = stage.folder / "faults"
        self.files, self.mounted = stage.folder / "var" / "files", False
        self.wrong: list[str] = []
        self.met: Counter[str] = Counter()
        self.restarted: Counter[str] = Counter()
        self.workers: dict[str, Part] = {}

    def play(self) -> list[str]:
        """Returns what was wrong, and says what it does."""
        self.mounted = disk.mount(self.files)
        try:
            return self._play()
        finally:
            if self.mounted and not self.wrong:  # where something is wrong, what was made may tell why
                disk.unmount(self.files)

    def _play(self) -> list[str]:
        self._open()
        signing = threading.Thread(target=self._sign, daemon=True)
        signing.start()
        every = [
            ("pool process", self._kill_pool_process), ("worker of reports", self._again("reports")),
            ("worker with the relay", self._again("worker")), ("beat", self._again("beat")), ("broker", self._again("broker")),
            (f"broker away for {SECONDS_AWAY} s", self._broker_away), ("pool and broker at once", self._pool_and_broker),
            (f"disk full for {SECONDS_FULL} s", self._disk_full),
            (f"template broken for {SECONDS_BROKEN} s", self._flag(faults.TEMPLATE_BROKEN, SECONDS_BROKEN)),
        ]  # fmt: skip
        number = 0
        try:
            while signing.is_alive() or self._counts()[0] < self.reports * 3 // 4 or not number:
                for name, fault in self.random.sample(every, len(every)):
                    number += 1
                    time.sleep(self.random.uniform(0, 2 * SECONDS_BETWEEN))
                    self.stage.revive(say)
                    what = fault()
                    self.met[name] += 1
                    self._say(number, f"{name}{f' ({what})' if what else ''}")
                    self._start_again()
                if self.wrong:
                    break
            signing.join()
            self._settle()
            self._check()
        except DidNotStart as fault:
            self.wrong.append(str(fault))
        return self.wrong

    def _open(self) -> None:
        self.flags.mkdir()
        self.stage.environment[faults.FOLDER] = str(self.flags)
        self.stage.prepare()
        from tests.chaos import service  # noqa: F401 - this process asks for work with the same short waits
        from tests.fixtures import make_cast

        self.cast = make_cast()
        self.stage.start(*parts.two_workers(self.stage.folder, self.stage.environment))

    def _sign(self) -> None:
        """Take one case after the other through its sign-off, which asks for its report."""
        from django.db import connections

        in_full = set(self.random.sample(range(1, self.reports + 1), self.real))
        try:
            for number in range(1, self.reports + 1):
                self._decide(f"Case {number}" if number in in_full else f"Case {number} {faults.CHEAP}", twice=number % ASKED_TWICE == 0)
        except Exception:
            self.wrong.append(f"a case couldn't be signed: {traceback.format_exc()}")
        finally:
            connections.close_all()

    def _decide(self, title: str, *, twice: bool) -> None:
        from assessments import editing, workflow
        from assessments.files import import_assessment
        from jobs import broker
        from jobs.models import Job
        from tests.fixtures import sign

        cast = self.cast
        text = CASE.replace("title: Assistant", f"title: {title}")
        case = import_assessment(actor=cast.risk_officer, organisation=cast.organisation, text=text)
        option = case.options.get(key=PROPOSED)
        case = editing.propose(actor=cast.risk_officer, assessment=case, option=option, reason="It fits best.")
        workflow.submit(actor=cast.risk_officer, assessment=case)
        decision = sign(cast, case)
        if twice:
            job = Job.objects.get(key=f"sign_off:{decision.digest}")
            with suppress(Exception):  # the broker may be away
                broker.send(job.task, job.pk)

    # The faults

    def _again(self, name: str) -> Callable[[], str]:
        def kill() -> str:
            part = self.stage.parts[name]
            processes = part.kill()
            part.start()
            part.wait()
            return f"{processes} processes"

        return kill

    def _kill_pool_process(self) -> str:
        process = self.stage.parts["reports"].process
        assert process is not None
        pool = parts.descendants(process.pid)
        if not pool:
            return "there was none"
        pid = self.random.choice(pool)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return ""

    def _pool_and_broker(self) -> str:
        """While the worker itself stands still, so that it learns of both in the same moment."""
        worker, broker = self.stage.parts["reports"].process, self.stage.parts["broker"]
        assert worker is not None
        os.kill(worker.pid, signal.SIGSTOP)
        pool = parts.descendants(worker.pid)
        for pid in pool:
            os.kill(pid, signal.SIGKILL)
        broker.kill()
        os.kill(worker.pid, signal.SIGCONT)
        time.sleep(self.random.uniform(0, SECONDS_BETWEEN))
        broker.start()
        broker.wait()
        return f"{len(pool)} processes of the pool"

    def _broker_away(self) -> str:
        broker = self.stage.parts["broker"]
        broker.kill()
        time.sleep(SECONDS_AWAY)
        broker.start()
        broker.wait()
        return ""

    def _disk_full(self) -> str:
        if not self.mounted:
            self._flag(faults.DISK_FULL, SECONDS_FULL)()
            return "a storage that refuses"
        ballast = disk.fill(self.files)
        time.sleep(SECONDS_FULL)
        ballast.unlink()
        return ""

    def _flag(self, name: str, seconds: float) -> Callable[[], str]:
        def raise_for_a_while() -> str:
            flag: Path = self.flags / name
            flag.touch()
            time.sleep(seconds)
            flag.unlink()
            return ""

        return raise_for_a_while

    # What becomes of it

    def _start_again(self) -> None:
        """What an administrator does with the reports that failed; each must say why."""
        from jobs.models import Job
        from reports.health import job_restart

        for job in Job.objects.filter(status="failed"):
            reason = next((reason for reason in (GIVEN_UP, TEMPLATE, UNEXPECTED) if reason in job.error), None)
            if reason is None or (reason is UNEXPECTED and str(job.pk) not in job.error):
                self.wrong.append(f"{job.label} failed and doesn't say why: {job.error}")
            job_restart(actor=self.cast.administrator, organisation=self.cast.organisation, job=job)
            self.restarted[reason or "?"] += 1

    def _settle(self) -> None:
        from tests.chaos import checking

        begun = said = time.monotonic()
        while not checking.settled() or self._counts()[2]:
            if time.monotonic() - begun > SECONDS_TO_SETTLE:
                self.wrong.append(f"{SECONDS_TO_SETTLE} s after the last fault something is still owed")
                break
            self._start_again()
            self.stage.revive(say)
            if time.monotonic() - said > 15:
                said = time.monotonic()
                self._say(0, "waiting")
            time.sleep(0.5)
        say(f"      settled {time.monotonic() - begun:.0f} s after the last fault")

    def _check(self) -> None:
        from audit.models import AuditEvent
        from jobs.models import Job
        from reports.models import Report
        from tests.chaos import checking

        self.wrong += checking.problems([], settled=True)
        made, told = Report.objects.count(), AuditEvent.objects.filter(action="report.made").count()
        if (made, told) != (self.reports, self.reports):
            self.wrong.append(f"{self.reports} reports were asked for; {made} are there, and the trail tells of {told}")
        attempts = Counter(Job.objects.filter(task="reports.make_sign_off").values_list("attempts", flat=True))
        say(f"\n{self.reports} reports asked for, {self.reports // ASKED_TWICE} of them twice; {made} made, {self.real} of them in full.")
        say("Attempts (since an administrator started it last): " + ", ".join(f"{n} at the {a}." for a, n in sorted(attempts.items())))
        say("Faults: " + ", ".join(f"{name} {times} times" for name, times in sorted(self.met.items())) + ".")
        say(f"Started again by an administrator: {dict(self.restarted) or 'none'}.")
        if left := checking.left_behind():
            say(f"{len(left)} files of killed workers lie in the store and no report names them.")
        self.wrong += [f"the {name} ended by itself {times} times" for name, times in self.stage.ended.items()]

    def _counts(self) -> tuple[int, int, int]:
        """How many reports are made, are owed, and failed."""
        from jobs.models import Job
        from reports.models import Report

        jobs = Counter(Job.objects.filter(task="reports.make_sign_off").values_list("status", flat=True))
        return Report.objects.count(), jobs["queued"] + jobs["running"], Job.objects.filter(status="failed").count()

    def _say(self, number: int, what: str) -> None:
        made, owed, failed = self._counts()
        say(f"{number or '':4}  {what:36} {made:4} made, {owed:3} owed, {failed} failed")
        sys.stdout.flush()

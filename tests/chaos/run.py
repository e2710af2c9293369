"""The kills, and the looks at the database between them."""

from __future__ import annotations

import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator

from tests.chaos.parts import DidNotStart
from tests.chaos.stage import Stage
from tests.chaos.story import GIVEN_UP, Ledger, People, Story, Wrong
from tests.chaos.watch import RUNNING, SENT, WAITING, Moment, Watch

KILLS_IN_A_ROUND = 20
WEIGHTS = {"web": 4, "worker": 3, "broker": 3, "database": 4, "beat": 1}
# Each of these is to be killed at each moment of a sign-off; the beat has no part in it and is killed at random.
EACH = ("web", "worker", "broker", "database")
AIMED, SECONDS_TO_AIM = 0.85, 8
SECONDS_TO_SETTLE = 300
ORGANISATION = "meridian-bank"
# The short run: one case, and each part killed once where it has most to lose. In this order each kill holds the case up until it is over.
SHORT = (
    ("database", Moment("submit", SENT)),
    ("web", Moment("sign", SENT)),
    ("broker", Moment("report", WAITING)),
    ("worker", Moment("report", RUNNING)),
)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Run:
    def __init__(self, stage: Stage, people: People, seed: int, *, kills: int | None, clients: int) -> None:
        """``kills`` None: the short run."""
        self.stage, self.people, self.kills, self.clients = stage, people, kills, clients
        self.random = random.Random(seed)
        self.watch, self.ledger = Watch(), Ledger()
        self.aimed: Counter[tuple[Moment, str]] = Counter()
        self.table: Counter[tuple[str, str]] = Counter()  # (moment, part): kills
        self.killed: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._enough = threading.Event()
        self._number, self._lock = 0, threading.Lock()

    def play(self) -> list[str]:
        """Sign cases off, kill, wait until nothing is owed any more, look; returns what was wrong, and says what it does."""
        threads = [threading.Thread(target=self._client, name=f"client {n}", daemon=True) for n in range(1, self.clients + 1)]
        for thread in threads:
            thread.start()
        if self.kills is None:
            self._enough.set()  # after the first case
        try:
            for number, (name, moment) in enumerate(self._aims(), 1):
                self._kill(number, name, moment)
                if self.wrong:
                    break
                if number % KILLS_IN_A_ROUND == 0:
                    self._check(f"after {number} kills", settled=False)
            self._settle(threads)
            self._check("at the end", settled=True)
        except DidNotStart as fault:
            self.wrong.append(str(fault))
        self._summary()
        return self.wrong

    def _client(self) -> None:
        while not self.wrong:
            with self._lock:
                self._number += 1
                number = self._number
            try:
                Story(number, self.people, self.watch, self.ledger).run()
            except Wrong as wrong:
                self.wrong.append(str(wrong))
            except Exception:
                self.wrong.append(f"case {number} couldn't be played: {traceback.format_exc()}")
            if self._enough.is_set():
                return

    def _aims(self) -> Iterator[tuple[str, Moment | None]]:
        """What is killed next, at the moment at which it is to be killed; None: wherever the cases happen to be."""
        if self.kills is None:
            for name, wanted in SHORT:
                moment = self.watch.next_moment(wanted.__eq__, 60, or_now=True)
                time.sleep(self.random.uniform(0, 0.2))
                yield name, moment
            return
        for _ in range(self.kills):
            moment = self.watch.next_moment(self._due, SECONDS_TO_AIM) if self.random.random() < AIMED else None
            # Up to the time that an answer may take.
            time.sleep(self.random.uniform(0, 0.5 if moment else 2))
            yield self._choose(moment), moment

    def _due(self, moment: Moment) -> bool:
        """One of the parts hasn't been killed at it yet."""
        return any(not self.aimed[moment, name] for name in EACH)

    def _choose(self, moment: Moment | None) -> str:
        """By weight; at a moment that was aimed at, out of those that haven't been killed there."""
        names = [name for name in EACH if not self.aimed[moment, name]] if moment else list(WEIGHTS)
        return self.random.choices(names, [WEIGHTS[name] for name in names])[0]

    def _kill(self, number: int, name: str, moment: Moment | None) -> None:
        self.stage.revive(say)
        part = self.stage.parts[name]
        during = self.watch.text()
        for there in {moment} if moment else set(self.watch.moments()):
            self.table[str(there), name] += 1
        if moment:
            self.aimed[moment, name] += 1
        processes = part.kill()
        begun = time.monotonic()
        if self.kills is not None:
            time.sleep(self.random.uniform(0, 1))
        part.start()
        part.wait()
        self.killed[name] += 1
        aim = f"aimed at {moment}" if moment else "at random"
        say(
            f"{number:4}  {name:8} {processes:2} processes, answers again after {time.monotonic() - begun:4.1f} s; {aim}; {during or 'idle'}"
        )

    def _check(self, when: str, *, settled: bool) -> None:
        from django.db import connections

        from tests.chaos import checking

        begun = time.monotonic()
        found = checking.problems(self.ledger.told, settled=settled)
        what = checking.counts()
        left = checking.left_behind() if settled else []
        again = checking.mails_sent_again() if settled else 0
        connections.close_all()  # the database is about to be killed again
        self.wrong += found
        say(f"      {when}: {f'{len(found)} things wrong' if found else 'nothing wrong'} in {what} ({time.monotonic() - begun:.1f} s)")
        if left:
            say(f"      {len(left)} files of killed workers lie in the store and no report names them, such as {left[0]}")
        if again:
            say(f"      {again} mails were sent again, with the same Message-ID, since their worker was killed before it had said so")

    def _settle(self, threads: list[threading.Thread]) -> None:
        """Let the clients finish what they have in hand, and the service what it owes."""
        from django.db import connections

        from tests.chaos import checking

        begun = time.monotonic()
        self._enough.set()
        while any(thread.is_alive() for thread in threads) or self._start_again() or not checking.settled():
            if time.monotonic() - begun > SECONDS_TO_SETTLE:
                self.wrong.append(f"{SECONDS_TO_SETTLE} s after the last kill something is still owed; {self.watch.text()}")
                break
            self.stage.revive(say)
            time.sleep(0.2)
        connections.close_all()
        say(f"      settled {time.monotonic() - begun:.0f} s after the last kill")

    def _start_again(self) -> bool:
        """What an administrator does with work that was given up, since whoever should have begun it was killed each time; whether there was
        any. A report is left to its case."""
        from accounts.models import Membership, Role
        from jobs.models import Job
        from reports.health import job_restart

        given_up = list(Job.objects.filter(status="failed", error__contains=GIVEN_UP).exclude(task="reports.make_sign_off"))
        for job in given_up:
            place = Membership.objects.select_related("user", "organisation").get(organisation__slug=ORGANISATION, role=Role.ADMINISTRATOR)
            job_restart(actor=place.user, organisation=place.organisation, job=job)
            self.ledger.restarted += 1
        return bool(given_up)

    def _summary(self) -> None:
        ledger, names = self.ledger, list(WEIGHTS)
        say(f"\n{'kills during':20}" + "".join(f"{name:>10}" for name in names))
        for moment in sorted({moment for moment, _ in self.table}):
            say(f"{moment:20}" + "".join(f"{self.table[moment, name] or '':>10}" for name in names))
        say(f"{'kills':20}" + "".join(f"{self.killed[name]:>10}" for name in names))
        say("(One at a random moment counts for every case that was under way.)")
        steps = len({moment for moment, _ in self.aimed})
        say(f"Aimed at {steps} moments of a sign-off, in {len(self.aimed)} of the {len(EACH) * steps} pairs of moment and part.")
        say(
            f"\n{ledger.finished} cases signed off; {ledger.unsure} requests without a usable answer, {ledger.repeated} repeated; "
            f"{ledger.restarted} times work that had used up its attempts was started again by an administrator."
        )
        for name, times in self.stage.ended.items():
            say(f"The {name} ended by itself {times} times and was started again.")

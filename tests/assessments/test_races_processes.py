"""People whom different processes of the service serve, signing in the same instant."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.assessments.acting import PolicyModel, Rule
from tests.assessments.racing import DONE, make_bank
from tests.fixtures import Cast
from tests.jobs.worker import PREFIX
from tests.workers import ROOT, on_the_tests_database

PEOPLE = ("approver", "second", "third")
ROUNDS = 3


class Process:
    """One process of the service; see ``racing_process``."""

    def __init__(self, prefix: str) -> None:
        command = [sys.executable, "-m", "tests.assessments.racing_process"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=on_the_tests_database() | {PREFIX: prefix}, stdin=pipe, stdout=pipe, text=True
        )

    def ask(self, who: str, kind: str, case: UUID) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"who": who, "kind": kind, "case": str(case)}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def processes(transactional_db: None, prefix: str) -> Iterator[list[Process]]:
    started = [Process(prefix) for _ in PEOPLE]
    try:
        assert [one.answer() for one in started] == ["ready"] * len(started)
        yield started
    finally:
        for one in started:
            one.end()


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_three_processes_sign_at_once(processes: list[Process], cast: Cast) -> None:
    """Where one signature is needed one of the three decides, whichever verdict it is; where two are needed two of them do."""
    bank = make_bank(cast, PolicyModel((Rule(None, 1),)))

    def play(*kinds: str) -> tuple[list[str], tuple[str, int, int]]:
        case = bank.submitted(*PEOPLE)
        for one, who, kind in zip(processes, PEOPLE, kinds, strict=True):
            one.ask(bank[who].email, kind, case.pk)
        results = [one.answer() for one in processes]
        return results, bank.stands(case)

    for _ in range(ROUNDS):
        kinds = ("approve", "return", "reject")
        results, stands = play(*kinds)
        assert Counter(results) == {DONE: 1, "WrongStatus": 2}, results
        outcomes = {"approve": ("approved", 1, 1), "return": ("returned", 1, 0), "reject": ("rejected", 1, 1)}
        assert stands == outcomes[kinds[results.index(DONE)]]
    bank.set_policy(PolicyModel((Rule(None, 2),)))
    for _ in range(ROUNDS):
        results, stands = play("approve", "approve", "approve")
        assert Counter(results) == {DONE: 2, "WrongStatus": 1}, results
        assert stands == ("approved", 2, 1)
    bank.check()

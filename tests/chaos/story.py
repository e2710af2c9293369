"""How one case is signed off by clients of the API who are never told why something broke: they look, and repeat what is missing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.client import Answer, Client, Unsure
from tests.chaos.watch import BEFORE, RUNNING, SENT, WAITING, Watch

CASE = (Path(__file__).parent / "case.yaml").read_text()
PROPOSED = "vendor-api"
FINAL = ("approved", "rejected", "withdrawn")
GIVEN_UP = "was given up after"  # as the error of such work has it
# Who speaks in the two stages, and what the step is called: the deputy signs in the second one's seat.
SIGNERS = {"approver": "sign", "second": "countersign", "deputy": "stand-in", "conflicted": "abstain"}
# How long a step may take with everything being killed meanwhile, and how often a service that is well may refuse it.
_SECONDS_FOR_A_STEP = 300
_REFUSALS = 3
_PAUSE = 0.3
_POLL = 0.1


# What does a step: it is given what to call when its request is out.
Act = Callable[[Callable[[], None]], Answer]


class Wrong(Exception):
    """The service did what it must not; its text says what."""


@dataclass(frozen=True)
class People:
    """``api``: a client with a token for each of the risk officer, the approvers of SIGNERS and the auditor; ``references``: how the trail
    names the approvers; ``owner``: who sees to conditions; ``administrator``: one who is signed in to the pages."""

    organisation: str
    password: str
    api: dict[str, Client]
    references: dict[str, str]
    owner: str
    administrator: Client


@dataclass(frozen=True)
class Told:
    """Something that a client was told has happened: it must be there for ever."""

    assessment: str
    what: str
    value: str


@dataclass
class Ledger:
    """What all clients were told, and what they met on the way."""

    told: list[Told] = field(default_factory=list)
    repeated: int = 0
    unsure: int = 0
    restarted: int = 0
    finished: int = 0


class Story:
    """One case, from its draft to its stored report.

    ``number`` (from 1) decides the kind: every third one is decided, the others are withdrawn after the first signature, so that the reports
    leave room for more sign-offs. Of those that are decided every second has a condition and is signed by the second approver's deputy, and
    some are rejected in the second stage. In every second case somebody abstains before the first signature. Every fourth one is returned and
    submitted again on the way.
    """

    def __init__(self, number: int, people: People, watch: Watch, ledger: Ledger) -> None:
        self.number, self.people, self.watch, self.ledger = number, people, watch, ledger
        self.title = f"Case {number}"
        self.returned = number % 4 == 0
        self.outcome = "withdrawn" if number % 3 != 1 else "rejected" if number % 5 == 0 else "approved"
        self.last = "deputy" if number % 2 == 1 else "second"
        self.abstained = number % 2 == 1
        self.path = ""  # of the assessment, once it is there
        self.furthest = (0, 0)

    @property
    def in_organisation(self) -> str:
        return f"/api/v1/organisations/{self.people.organisation}/assessments/"

    def run(self) -> None:
        """Raises Wrong where the service lost, doubled or refused something, or stood still."""
        try:
            self.step("draft", self.is_drafted, self.draft)
            self.step("propose", self.is_proposed, self.propose)
            submissions = 1
            self.step("submit", self.is_submitted(1), self.submit)
            if self.returned:
                self.step("return", self.is_("returned"), self.give_back)
                submissions = 2
                self.step("submit", self.is_submitted(2), self.submit)
            if self.abstained:
                self.step(SIGNERS["conflicted"], self.has_spoken("conflicted"), self.abstain)
            self.speak("approver")
            if self.outcome == "withdrawn":
                self.step("withdraw", self.is_(self.outcome), self.withdraw)
            else:
                self.speak(self.last)
                if (status := self.look()["status"]) != self.outcome:
                    raise Wrong(f"{self.title} is {status} after the last signature, not {self.outcome}")
                self.wait_for_report()
                self.step("download", lambda: self.downloaded, self.download)
            if self.look()["snapshot"]["number"] != submissions:
                raise Wrong(f"{self.title} was submitted {submissions} times and has another number of snapshots")
        finally:
            self.watch.over(self.number)
        self.ledger.finished += 1

    def speak(self, who: str) -> None:
        self.step("read", self.has_read(who), self.read(who))
        self.step(SIGNERS[who], self.has_spoken(who), self.sign(who))

    # What a step is

    def step(self, name: str, done: Callable[[], bool], act: Act) -> None:
        """Look whether it is done; if not, do it, and look again, until it is."""
        end = time.monotonic() + _SECONDS_FOR_A_STEP
        refusals = tries = 0
        while True:
            self.watch.at(self.number, name, BEFORE)
            if done():
                return
            if time.monotonic() > end:
                raise Wrong(f"{self.title}: {name} isn't done after {_SECONDS_FOR_A_STEP} s")
            tries += 1
            self.ledger.repeated += tries > 1
            try:
                answer = act(lambda: self.watch.at(self.number, name, SENT))
            except Unsure:
                self.ledger.unsure += 1
                time.sleep(_PAUSE)
                continue
            if answer.status == 429:
                # One person signs several cases at once here: five of their attempts may have been killed in a row, and count for a while.
                self.ledger.unsure += 1
                time.sleep(_PAUSE)
                continue
            if answer.status >= 400:
                # The first answer may have been lost: then what is repeated is refused, and looking shows that it is done.
                refusals += 1
                if tries == 1 or refusals > _REFUSALS:
                    raise Wrong(f"{self.title}: {name} was refused: {answer.text}")

    def get(self, who: str, path: str) -> Answer:
        """What a person sees who reloads until the page is there."""
        end = time.monotonic() + _SECONDS_FOR_A_STEP
        while True:
            try:
                answer = self.people.api[who].send("GET", path)
            except Unsure:
                if time.monotonic() > end:
                    raise Wrong(f"{self.title}: {path} can't be read after {_SECONDS_FOR_A_STEP} s") from None
                time.sleep(_PAUSE)
                continue
            if answer.status != 200:
                raise Wrong(f"{self.title}: {path} answers {answer.text}")
            return answer

    def look(self) -> dict[str, Any]:
        """The assessment as it stands. What has been seen once must stay: raises Wrong where it has gone back."""
        seen: dict[str, Any] = self.get("risk_officer", self.path).data
        number = seen["snapshot"]["number"] if seen["snapshot"] else 0
        stands = (number, {"draft": 0, "in_review": 1}.get(seen["status"], 2))
        if stands < self.furthest:
            raise Wrong(f"{self.title} stands at {stands} and was seen at {self.furthest} before: something was lost")
        if stands > self.furthest:
            self.furthest = stands
            if number:
                self.tell("snapshot", seen["snapshot"]["digest"])
            if seen["status"] in FINAL:
                self.tell("status", seen["status"])
        return seen

    def tell(self, what: str, value: str) -> None:
        self.ledger.told.append(Told(self.path.rstrip("/").rpartition("/")[2], what, value))

    def post(self, who: str, name: str, body: Any, sent: Callable[[], None], method: str = "POST") -> Answer:
        answer = self.people.api[who].send(method, f"{self.path}{name}/", body, sent=sent)
        if answer.status == 200 and name in ("submit", "approve", "reject", "withdraw"):
            self.tell("snapshot", answer.data["snapshot"]["digest"])
            if answer.data["status"] in FINAL:
                self.tell("status", answer.data["status"])
        return answer

    # The steps

    def is_drafted(self) -> bool:
        found = [row for row in self.rows() if row["title"] == self.title]
        if len(found) > 1:
            raise Wrong(f"{self.title} is there {len(found)} times")
        if found:
            self.path = f"{self.in_organisation}{found[0]['id']}/"
        return bool(found)

    def rows(self) -> list[dict[str, Any]]:
        """Every assessment that the risk officer sees."""
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            data = self.get("risk_officer", f"{self.in_organisation}?page={page}").data
            rows += data["results"]
            if not data["next"]:
                return rows
            page += 1

    def draft(self, sent: Callable[[], None]) -> Answer:
        text = CASE.replace("title: Assistant", f"title: {self.title}")
        return self.people.api["risk_officer"].send("POST", f"{self.in_organisation}import/", text, kind="application/yaml", sent=sent)

    def is_proposed(self) -> bool:
        return self.look()["proposal"] is not None

    def propose(self, sent: Callable[[], None]) -> Answer:
        return self.post("risk_officer", "proposal", {"option": PROPOSED, "reason": "It fits best."}, sent, "PUT")

    def is_submitted(self, number: int) -> Callable[[], bool]:
        return lambda: (self.look()["snapshot"] or {"number": 0})["number"] >= number

    def submit(self, sent: Callable[[], None]) -> Answer:
        return self.post("risk_officer", "submit", None, sent)

    def is_(self, status: str) -> Callable[[], bool]:
        return lambda: self.look()["status"] == status

    def give_back(self, sent: Callable[[], None]) -> Answer:
        return self.post("approver", "return", {"digest": self.look()["snapshot"]["digest"], "reason": "Name the owner."}, sent)

    def at_the_desk_of(self, who: str) -> dict[str, Any]:
        """What the person has to read, and what their signature would say."""
        desk: dict[str, Any] = self.get(who, f"{self.path}attestation/").data
        return desk

    def has_read(self, who: str) -> Callable[[], bool]:
        return lambda: all(part["read_at"] for part in self.at_the_desk_of(who)["parts"])

    def read(self, who: str) -> Act:
        def act(sent: Callable[[], None]) -> Answer:
            """Mark what is unread, one part after the other; returns the first answer that is a refusal, or the last."""
            desk = self.at_the_desk_of(who)
            for part in [part["part"] for part in desk["parts"] if not part["read_at"]]:
                answer = self.post(who, "parts-seen", {"digest": desk["snapshot"]["digest"], "part": part}, sent)
                if answer.status != 200:
                    break
            return answer

        return act

    def has_spoken(self, who: str) -> Callable[[], bool]:
        def done() -> bool:
            verdicts = self.get("auditor", f"{self.path}verdicts/").data["verdicts"]
            mine = [verdict for verdict in verdicts if verdict["person"]["reference"] == self.people.references[who]]
            if len(mine) > 1:
                raise Wrong(f"{self.title}: the {who} has {len(mine)} verdicts on one snapshot")
            for verdict in mine:
                self.tell("verdict", verdict["id"])
            return bool(mine)

        return done

    def sign(self, who: str) -> Act:
        def act(sent: Callable[[], None]) -> Answer:
            desk = self.at_the_desk_of(who)
            body: dict[str, Any] = {"digest": desk["snapshot"]["digest"], "password": self.people.password}
            if who == "deputy":
                body["on_behalf_of"] = self.people.references["second"]
            if who == self.last and self.outcome == "rejected":
                return self.post(who, "reject", body | {"reason": "The contract isn't signed."}, sent)
            if who == self.last and self.number % 2 == 1:
                due_on = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
                body["conditions"] = [{"text": "Name the owner of the data.", "owner": self.people.owner, "due_on": due_on}]
            accepted = [{"option": i["option"], "finding": i["finding"], "reason": "Until the next review."} for i in desk["to_accept"]]
            return self.post(who, "approve", body | {"acceptances": accepted}, sent)

        return act

    def abstain(self, sent: Callable[[], None]) -> Answer:
        return self.post("conflicted", "abstain", {"digest": self.look()["snapshot"]["digest"], "reason": "My brother sells it."}, sent)

    def withdraw(self, sent: Callable[[], None]) -> Answer:
        return self.post("risk_officer", "withdraw", {"reason": "Not needed any more."}, sent)

    def wait_for_report(self) -> None:
        """Follow the report until it is made; one that was given up an administrator starts again, as its error says."""
        end = time.monotonic() + 2 * _SECONDS_FOR_A_STEP
        while True:
            standing = self.get("auditor", f"{self.path}report/").data
            if standing["progress"] == "made":
                self.report = standing["report"]
                self.tell("report", self.report["sha256"])
                return
            if standing["progress"] == "failed":
                if GIVEN_UP not in standing["job"]["error"]:
                    raise Wrong(f"{self.title}: its report failed: {standing['job']['error']}")
                self.start_again()
            elif standing["progress"] == "undecided":
                raise Wrong(f"{self.title} is {self.outcome}, and its report says that nothing has been decided")
            self.watch.at(self.number, "report", RUNNING if standing["progress"] == "running" else WAITING)
            if time.monotonic() > end:
                raise Wrong(f"{self.title}: its report isn't made after {2 * _SECONDS_FOR_A_STEP} s: {standing}")
            time.sleep(_POLL)

    def start_again(self) -> None:
        self.ledger.restarted += 1
        page = self.path.replace("/api/v1/organisations/", "/o/")
        try:
            answer = self.people.administrator.send("POST", f"{page}report/again/")
        except Unsure:
            return
        if answer.status != 302:
            raise Wrong(f"{self.title}: its report can't be started again: {answer.text}")

    downloaded = False
    report: dict[str, Any]

    def download(self, sent: Callable[[], None]) -> Answer:
        answer = self.people.api["auditor"].send("GET", f"{self.path}report/file/", sent=sent)
        if answer.status == 200:
            digest = hashlib.sha256(answer.body).hexdigest()
            if digest != self.report["sha256"]:
                raise Wrong(f"{self.title}: the report that was downloaded has the SHA-256 {digest}, not {self.report['sha256']}")
            self.downloaded = True
        return answer

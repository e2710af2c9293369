"""What people acting on assessments should come to: a model in plain Python, told in the words of docs/sign-off.md, to hold the service against.

Nobody here asks the product anything. A question (``submit``, ``speak`` ...) is answered with the kind of exception that the act must be refused
with, or None where it must succeed; ``did_...`` then takes it over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.core.exceptions import PermissionDenied

from assessments.errors import Refused, Stale, WrongStatus
from assessments.policy import DEFAULT

CASE = Path(__file__).parents[1] / "chaos" / "case.yaml"
PROPOSED, OTHER = "vendor-api", "managed-open"  # the only option that can be proposed, and one that can't
ON_CALL, INSURANCE = "incident-support.on-call", "liability.insurance"
WORST = "nobody"  # the answer that makes a blocker, which an approval must accept
ANSWERS = {ON_CALL: ("own-and-provider", WORST), INSURANCE: ("yes", "no")}

Refusal = type[Exception] | None
Group = frozenset[str]


@dataclass(frozen=True)
class Rule:
    """A stage of a policy. ``people``: None for everybody with the role; ``needed``: None for all of them."""

    people: tuple[str, ...] | None
    needed: int | None


@dataclass(frozen=True)
class PolicyModel:
    """``acceptors``: who may accept a blocker, None for every approver."""

    rules: tuple[Rule, ...]
    acceptors: tuple[str, ...] | None = None

    def named(self) -> set[str]:
        return {p for rule in self.rules for p in rule.people or ()} | set(self.acceptors or ())

    def text(self, addresses: dict[str, str]) -> str:
        """The product's policy with these stages, as an administrator would write it; ``addresses``: name -> e-mail address."""

        def who(people: tuple[str, ...] | None) -> str:
            return "{role: approver}" if people is None else f"{{people: [{', '.join(addresses[p] for p in people)}]}}"

        stages = "".join(
            f"  - {{id: s{n}, title: Stage {n}, who: {who(rule.people)}, quorum: {rule.needed or 'all'}, due_days: 5, meaning: approval}}\n"
            for n, rule in enumerate(self.rules, 1)
        )
        head, _, rest = DEFAULT.read_text("utf-8").partition("stages:\n")
        rest = rest[rest.index("\n# Who may accept") :]
        before, _, after = rest.partition("\nreview:")
        return head + "stages:\n" + stages + before.replace("{role: approver}", who(self.acceptors)) + "\nreview:" + after


POLICIES = (
    PolicyModel((Rule(None, 2), Rule(("third",), None))),
    PolicyModel((Rule(("approver", "second"), 1), Rule(None, 1))),
    PolicyModel((Rule(None, None),)),
    PolicyModel((Rule(("second", "third"), None), Rule(("third", "fourth", "approver"), 2))),
    PolicyModel((Rule(None, 1),), acceptors=("second",)),
)


@dataclass(frozen=True)
class Said:
    person: str
    seat: str
    stage: int
    approving: bool


@dataclass
class RecordModel:
    """One submission. ``stages``: who has a seat in each (None: everybody with the role), and how many it needs."""

    stages: list[tuple[Group | None, int]]
    hands: Group
    to_accept: bool
    acceptors: tuple[str, ...] | None
    parts: int
    accepted: bool = False
    read: dict[str, int] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def given(self, stage: int) -> int:
        return sum(s.approving and s.stage == stage for s in self.said)

    def turn(self) -> int | None:
        return next((n for n, (_, needed) in enumerate(self.stages) if self.given(n) < needed), None)

    def may_accept(self, person: str) -> bool:
        return self.acceptors is None or person in self.acceptors

    def spoken(self) -> set[str]:
        return self.hands | {s.person for s in self.said}


@dataclass
class CaseModel:
    """``answers``: question -> (answer, revision, who gave it); ``proposal``: option and whether a reason stands; ``former``: its index;
    ``wrote``: who ever answered, overwritten since or not."""

    answers: dict[str, tuple[str, int, str]]
    status: str = "draft"
    submissions: int = 0
    proposal: tuple[str, bool] | None = None
    record: RecordModel | None = None
    review_on: date | None = None
    former: int | None = None
    successors: list[int] = field(default_factory=list)
    wrote: set[str] = field(default_factory=set)


@dataclass
class StandIn:
    of: str
    to: str
    first: date
    last: date
    ended: bool = False


@dataclass
class World:
    roles: dict[str, set[str]]
    policy: PolicyModel
    cases: list[CaseModel]
    today: date
    stand_ins: list[StandIn] = field(default_factory=list)

    def approvers(self) -> set[str]:
        return {person for person, roles in self.roles.items() if "approver" in roles}

    def standing_in_for(self, of: Iterable[str]) -> set[str]:
        of = set(of)
        return {d.to for d in self.stand_ins if d.of in of and not d.ended and d.first <= self.today <= d.last}

    # editing and submitting

    def edit(self, who: str, case: CaseModel, question: str, answer: str, fresh: bool) -> Refusal:
        if not self.roles[who] & {"risk_officer", "contributor"}:
            return PermissionDenied
        if case.status not in ("draft", "returned"):
            return WrongStatus
        return Stale if answer != case.answers[question][0] and not fresh else None

    def did_edit(self, who: str, case: CaseModel, question: str, answer: str) -> None:
        held, revision, _ = case.answers[question]
        if answer != held:
            case.answers[question] = (answer, revision + 1, who)
            case.wrote.add(who)

    def propose(self, who: str, case: CaseModel) -> Refusal:
        if "risk_officer" not in self.roles[who]:
            return PermissionDenied
        return None if case.status in ("draft", "returned") else WrongStatus

    def submit(self, who: str, case: CaseModel) -> Refusal:
        if "risk_officer" not in self.roles[who]:
            return PermissionDenied
        if case.status not in ("draft", "returned"):
            return WrongStatus
        option, reason = case.proposal or (OTHER, False)
        blocked = case.answers[ON_CALL][0] == WORST  # then no option is recommended, and the proposal needs its reason
        if option == OTHER or (blocked and not reason):
            return Refused
        free = self.approvers() - self.hands(who, case)
        slots: list[set[str]] = []
        for rule in self.policy.rules:
            if rule.people is None:
                able, needed = free, max(len(free), 1) if rule.needed is None else rule.needed
            else:
                if set(rule.people) - self.approvers():
                    return Refused
                seats = set(rule.people) & free
                able, needed = (seats | self.standing_in_for(seats)) & free, rule.needed or len(rule.people)
            slots += [able] * needed
        if not fits(slots):
            return Refused
        may_accept = set.union(*slots) & set(self.policy.acceptors or self.approvers())
        return Refused if blocked and not may_accept else None

    def hands(self, who: str, case: CaseModel) -> set[str]:
        return {"risk_officer", who} | case.wrote | {by for _, _, by in case.answers.values()}

    def did_submit(self, who: str, case: CaseModel) -> None:
        hands = frozenset(self.hands(who, case))
        free = frozenset(self.approvers() - hands)
        stages = []
        for rule in self.policy.rules:
            seats = free if rule.people is None and rule.needed is None else rule.people and frozenset(rule.people)
            stages.append((seats, rule.needed or len(seats or ())))
        case.status, case.submissions = "in_review", case.submissions + 1
        blocked = case.answers[ON_CALL][0] == WORST
        case.record = RecordModel(stages, hands, blocked, self.policy.acceptors, parts=8 if case.submissions == 1 else 9)

    # signing

    def may_read(self, who: str, case: CaseModel, current: bool) -> Refusal:
        if "approver" not in self.roles[who]:
            return PermissionDenied
        if case.status != "in_review":
            return WrongStatus
        return None if current else Refused

    def seats(self, who: str, record: RecordModel) -> list[str]:
        """Whose voice the person may be in the stage that is open, their own first."""
        turn = record.turn()
        if turn is None or who not in self.approvers() or who in record.spoken():
            return []
        named, _ = record.stages[turn]
        asked = (self.approvers() if named is None else named) - record.hands - {s.seat for s in record.said if s.stage == turn}
        others = [] if named is None else sorted(seat for seat in (asked & self.approvers()) - {who} if who in self.standing_in_for([seat]))
        return [who] * (who in asked) + others

    def needed_later(self, who: str, record: RecordModel) -> bool:
        turn = record.turn()
        assert turn is not None
        left = self.approvers() - record.spoken() - {who}
        slots: list[set[str]] = []
        for named, needed in record.stages[turn + 1 :]:
            seats = None if named is None else (named & self.approvers()) - record.hands
            able = left if seats is None else (seats | self.standing_in_for(seats)) & left
            slots += [able] * needed
        return not fits(slots)

    def speak(
        self, who: str, case: CaseModel, kind: str, *, current: bool = True, reason: bool = True, seat: str | None = None,
        accepting: bool = True, conditions: bool | None = None,
    ) -> Refusal:  # fmt: skip
        """``kind``: approve, return, reject or abstain; ``seat``: in whose the person says to speak; ``conditions``: None for none, False for
        one that isn't complete."""
        if refused := self.may_read(who, case, current):
            return refused
        record = case.record
        assert record is not None
        turn, seats = record.turn(), self.seats(who, record)
        assert turn is not None
        if not seats or (seat is not None and seat not in seats) or (kind != "approve" and not reason):
            return Refused
        if kind in ("approve", "reject") and record.read.get(who, 0) < record.parts:
            return Refused
        if kind != "approve":
            return None
        to_accept = record.to_accept and not record.accepted
        if self.needed_later(who, record) or conditions is False or (to_accept and record.may_accept(who) and not accepting):
            return Refused
        closes = turn == len(record.stages) - 1 and record.given(turn) + 1 == record.stages[turn][1]
        return Refused if closes and to_accept and not record.may_accept(who) else None

    def did_speak(self, who: str, case: CaseModel, kind: str, seat: str | None, review_on: date) -> None:
        record = case.record
        assert record is not None
        turn = record.turn()
        assert turn is not None
        record.said.append(Said(who, seat or self.seats(who, record)[0], turn, kind == "approve"))
        record.accepted |= kind == "approve" and record.to_accept and record.may_accept(who)
        if kind == "return":
            case.status = "returned"
        elif kind == "reject":
            case.status = "rejected"
        elif record.turn() is None:
            case.status, case.review_on = "approved", review_on
            if case.former is not None and self.cases[case.former].status == "approved":
                self.cases[case.former].status = "superseded"

    # the rest

    def withdraw(self, who: str, case: CaseModel, reason: bool) -> Refusal:
        if "risk_officer" not in self.roles[who]:
            return PermissionDenied
        if case.status not in ("draft", "returned", "in_review"):
            return WrongStatus
        return None if reason else Refused

    def succeed(self, who: str, case: CaseModel) -> Refusal:
        if "risk_officer" not in self.roles[who]:
            return PermissionDenied
        under_way = any(self.cases[n].status not in ("rejected", "withdrawn") for n in case.successors)
        return None if case.status in ("approved", "expired", "rejected") and not under_way else WrongStatus

    def did_succeed(self, case: CaseModel) -> None:
        case.successors.append(len(self.cases))
        assert case.record is not None
        self.cases.append(CaseModel(dict(case.answers), former=self.cases.index(case), wrote=set(case.record.hands)))

    def delegate(self, who: str, of: str, to: str, first: date, last: date) -> Refusal:
        if not self.roles[who] & {"approver", "administrator"} or (who != of and "administrator" not in self.roles[who]):
            return PermissionDenied
        possible = {of, to} <= self.approvers() and of != to and first <= last and last >= self.today
        return None if possible else Refused

    def end(self, who: str, stand_in: StandIn) -> Refusal:
        if not self.roles[who] & {"approver", "administrator"} or (who != stand_in.of and "administrator" not in self.roles[who]):
            return PermissionDenied
        return WrongStatus if stand_in.ended else None

    def set_policy(self, who: str, policy: PolicyModel) -> Refusal:
        if "administrator" not in self.roles[who]:
            return PermissionDenied
        return Refused if policy == self.policy or policy.named() - self.approvers() else None

    def day(self, today: date) -> None:
        self.today = today
        for case in self.cases:
            if case.status == "approved" and case.review_on is not None and case.review_on <= today:
                case.status = "expired"


def fits(slots: list[set[str]], taken: frozenset[str] = frozenset()) -> bool:
    """Whether each slot can be given to a person of its own: tried out."""
    if not slots:
        return True
    return any(fits(slots[1:], taken | {person}) for person in sorted(slots[0] - taken))

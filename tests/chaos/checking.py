"""What must hold in the database and the store, whatever was killed. Reads one consistent state, so that clients may go on meanwhile."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Hashable, Iterable
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F

from assessments.models import Assessment, Condition, DecisionRecord, Delegation, Participation, PartSeen, Snapshot, Verdict
from assessments.parts import PARTS
from assessments.routing import turn_of
from audit.canonical import sha256_hex
from audit.models import AuditCheckpoint, AuditEvent
from jobs.models import Job, Outbox
from reports.models import Report
from tests.chaos.story import Told

# What the trail calls a verdict.
SPOKEN = ("signed", "approved", "rejected", "returned", "abstained")


def problems(told: Iterable[Told], *, settled: bool) -> list[str]:
    """A sentence for everything that is lost, doubled or half done. ``settled``: nobody is at work any more, so nothing may be owed either."""
    told = list(told)  # before the database is read: what is told later needn't be there
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        always = [*_snapshots(), *_verdicts(), *_reading(), *_decisions(), *_statuses(), *_lost(told)]
        return [*always, *_jobs(settled), *_mails(settled), *_reports(settled), *_trail(settled)]


def settled() -> bool:
    """Whether every job is over and nothing is owed to the broker."""
    return not Outbox.objects.exists() and not Job.objects.exclude(status__in=["done", "failed"]).exists()


def left_behind() -> list[str]:
    """Files in the store that no report names: what a worker had written when it was killed."""
    known = set(Report.objects.values_list("file", flat=True))
    folder = Path(default_storage.path("reports"))
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    return [name for path in files if (name := f"reports/{path.relative_to(folder)}") not in known]


def counts() -> str:
    """How much there is, in words."""
    return (
        f"{Assessment.objects.count()} assessments, {Snapshot.objects.count()} snapshots, {Verdict.objects.count()} verdicts "
        f"({Verdict.objects.exclude(seat_of=F('participation__person')).count()} by a deputy, "
        f"{Verdict.objects.filter(verdict='abstain').count()} abstentions), "
        f"{DecisionRecord.objects.count()} decision records, {Report.objects.count()} reports, {Job.objects.count()} jobs, "
        f"{AuditEvent.objects.count()} events in the trail"
    )


def _once(what: str, owed: Iterable[Hashable], there: Iterable[Hashable]) -> list[str]:
    """Each of ``owed`` is there once, and nothing else is."""
    due, found = Counter(owed), Counter(there)
    wrong = [f"{what} {key}: there are {found[key]}, and there must be {due[key]}" for key in due if found[key] != due[key]]
    return wrong + [f"{what} {key}: it belongs to nothing" for key in found if key not in due]


def _events(*actions: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__in=actions))


def _digest(content: bytes | memoryview) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _snapshots() -> list[str]:
    rows = list(Snapshot.objects.order_by("assessment", "number"))
    wrong: list[str] = []
    numbers: dict[str, list[int]] = {}
    for row in rows:
        numbers.setdefault(str(row.assessment_id), []).append(row.number)
        if _digest(row.content) != row.digest:
            wrong.append(f"snapshot {row.pk}: its bytes don't have its digest")
            continue
        content = json.loads(bytes(row.content))
        if (content["number"], content["assessment"]["id"]) != (row.number, str(row.assessment_id)):
            wrong.append(f"snapshot {row.pk}: its bytes are another snapshot's")
    wrong += [
        f"assessment {key}: its snapshots are numbered {held}" for key, held in numbers.items() if held != list(range(1, len(held) + 1))
    ]
    told = [(event.object_id, event.changes["snapshot"], event.changes["digest"]) for event in _events("assessment.submitted")]
    return wrong + _once("event of submission", [(str(row.assessment_id), row.number, row.digest) for row in rows], told)


def _verdicts() -> list[str]:
    verdicts = list(Verdict.objects.select_related("participation__snapshot", "seat_of"))
    wrong = [
        f"verdict {verdict.pk}: it is on another digest than its snapshot's"
        for verdict in verdicts
        if verdict.snapshot_digest != verdict.participation.snapshot.digest
    ]
    approvers = Participation.objects.filter(part="approver")
    wrong += _once("verdict of participation", approvers.values_list("pk", flat=True), [v.participation_id for v in verdicts])
    persons = Counter((v.participation.snapshot_id, v.participation.person_id) for v in verdicts)
    wrong += [f"snapshot {snapshot}: person {person} has {n} verdicts" for (snapshot, person), n in persons.items() if n > 1]
    seats = Counter((v.stage_id, v.seat_of_id) for v in verdicts)
    wrong += [f"stage {stage}: the seat of person {person} has {n} verdicts" for (stage, person), n in seats.items() if n > 1]
    stood_in = set(Delegation.objects.values_list("of_id", "to_id"))
    for verdict in verdicts:
        person, seat = verdict.participation.person_id, verdict.seat_of_id
        if person != seat and (seat, person) not in stood_in:
            wrong.append(f"verdict {verdict.pk}: it was given in a seat that is neither the person's own nor one they stand in for")
    owed = [(sha256_hex(bytes(v.content)), v.seat_of.reference if v.seat_of else "") for v in verdicts]
    events = [(event.changes["signature"], event.changes["seat_of"]) for event in _events(*(f"assessment.{word}" for word in SPOKEN))]
    return wrong + _once("event of verdict", owed, events)


def _reading() -> list[str]:
    """What was read was read once, and by whom the trail says."""
    seen = PartSeen.objects.select_related("snapshot", "person")
    owed = [(row.snapshot.digest, row.person.reference, PARTS[row.part]) for row in seen]
    there = [(event.changes["digest"], event.actor, event.changes["part"]) for event in _events("record.part_read")]
    return _once("event of reading", owed, there)


def _decisions() -> list[str]:
    rows = list(DecisionRecord.objects.select_related("snapshot"))
    wrong: list[str] = []
    for row in rows:
        if _digest(row.content) != row.digest:
            wrong.append(f"decision record {row.pk}: its bytes don't have its digest")
            continue
        given = Verdict.objects.filter(participation__snapshot=row.snapshot).count()
        stated = len(json.loads(bytes(row.content))["verdicts"])
        if not given or given != stated:
            wrong.append(f"decision record {row.digest}: it states {stated} verdicts, and there are {given}")
    closed = [snapshot.pk for snapshot in Snapshot.objects.all() if turn_of(snapshot) is None]
    wrong += _once("approval of a snapshot whose stages are closed", closed, [r.snapshot_id for r in rows if r.outcome == "approved"])
    owed = [(str(row.snapshot.assessment_id), row.outcome, row.digest) for row in rows]
    events = _events("assessment.approved", "assessment.rejected")
    return wrong + _once(
        "event of decision", owed, [(e.object_id, e.action.removeprefix("assessment."), e.changes["decision_record"]) for e in events]
    )


def _statuses() -> list[str]:
    """The status of each assessment is what its newest snapshot, the verdicts on it and the trail make it."""
    withdrawn = Counter(event.object_id for event in _events("assessment.withdrawn"))
    wrong = [f"assessment {key}: it was withdrawn {times} times" for key, times in withdrawn.items() if times > 1]
    for assessment in Assessment.objects.all():
        newest = assessment.latest_snapshot
        due = "draft"
        if newest is not None:
            decision = DecisionRecord.objects.filter(snapshot=newest).first()
            returned = Verdict.objects.filter(participation__snapshot=newest, verdict="return").exists()
            due = decision.outcome if decision else "returned" if returned else "in_review"
        if str(assessment.pk) in withdrawn:
            due = "withdrawn" if due in ("draft", "in_review", "returned") else f"{due} and withdrawn"
        if assessment.status != due:
            wrong.append(f"assessment {assessment.title}: it is {assessment.status}, and what is recorded of it makes it {due}")
    return wrong


def _jobs(settled: bool) -> list[str]:
    """Each decision asked once for its report, its checkpoint and its mails; every verdict that decides nothing for its checkpoint."""
    jobs = list(Job.objects.all())
    owed = []
    for row in DecisionRecord.objects.select_related("snapshot__submitted_by"):
        owners = Condition.objects.filter(verdict__participation__snapshot=row.snapshot).values_list("owner__uuid", flat=True)
        told = [f"mail:decision:{row.snapshot_id}:{row.outcome}:{uuid}" for uuid in {row.snapshot.submitted_by.uuid, *owners}]
        owed += [f"sign_off:{row.digest}", f"checkpoint:decision:{row.digest}", *told]
    spoken = {event.changes["signature"] for event in _events("assessment.signed", "assessment.returned", "assessment.abstained")}
    owed += [f"checkpoint:verdict:{verdict.pk}" for verdict in Verdict.objects.all() if sha256_hex(bytes(verdict.content)) in spoken]
    there = [job.key for job in jobs if job.key.startswith(("sign_off:", "checkpoint:", "mail:decision:"))]
    wrong = _once("job", owed, there)
    wrong += [f"job {key}: it is there {n} times" for key, n in Counter(job.key for job in jobs).items() if n > 1]
    wrong += _once("outbox row of job", [job.pk for job in jobs if not job.over], Outbox.objects.values_list("job_id", flat=True))
    if settled:
        wrong += [f"job {job.key}: it is {job.status} ({job.error or job.message})" for job in jobs if job.status != "done"]
    return wrong


def mails_sent_again() -> int:
    """How many mails lie in the folder more than once: the one thing that can't be done exactly once."""
    return sum(n - 1 for n in _mails_sent().values())


def _mails_sent() -> Counter[str]:
    """Message-ID: how often it lies in the folder."""
    folder = Path(settings.EMAIL_FILE_PATH)
    parse = BytesHeaderParser().parsebytes
    return Counter(str(parse(path.read_bytes())["Message-ID"]).strip() for path in folder.glob("[!.]*.eml"))


def _mails(settled: bool) -> list[str]:
    """Every mail that was asked for was sent, and none that wasn't."""
    sent = {name.strip("<>").partition("@")[0] for name in _mails_sent()}
    mails = Job.objects.filter(key__startswith="mail:")
    done = {str(pk) for pk in mails.filter(status="done").values_list("pk", flat=True)}
    asked = {str(pk) for pk in mails.values_list("pk", flat=True)}
    wrong = [f"mail {pk}: its job is done, and it wasn't sent" for pk in done - sent]
    return wrong + ([f"mail {pk}: nobody asked for it" for pk in sent - asked] if settled else [])


def _reports(settled: bool) -> list[str]:
    reports = list(Report.objects.select_related("decision_record"))
    done = Job.objects.filter(status="done", key__startswith="sign_off:").values_list("key", flat=True)
    wrong = _once("report of job", done, [f"sign_off:{report.decision_record.digest}" for report in reports])
    if settled:
        decisions = DecisionRecord.objects.values_list("pk", flat=True)
        wrong += _once("report of decision record", decisions, [report.decision_record_id for report in reports])
    for report in reports:
        try:
            stored = default_storage.open(report.file.name or "").read()
        except OSError as error:
            wrong.append(f"report {report.pk}: its file can't be read: {error}")
            continue
        if (len(stored), hashlib.sha256(stored).hexdigest()) != (report.size, report.sha256):
            wrong.append(f"report {report.pk}: its file isn't what was stored")
    events = _events("report.made")
    return wrong + _once("event of report", [(str(r.pk), r.sha256) for r in reports], [(e.object_id, e.changes["sha256"]) for e in events])


def _trail(settled: bool) -> list[str]:
    """It verifies; once all has settled, against the second place too, which then has a checkpoint of every decision."""
    said = io.StringIO()
    try:
        call_command("verify_audit", stdout=said, without_second_place=not settled)
    except CommandError as error:
        return [f"the trail: {error}; {said.getvalue().strip()}"]
    if not settled:
        return []
    decided = _events("assessment.approved", "assessment.rejected")
    last = max((event.index for event in decided), default=-1)
    signed = max(AuditCheckpoint.objects.filter(stream__startswith="org:").values_list("size", flat=True), default=0)
    return [] if signed > last else [f"the trail: its last checkpoint is of {signed} entries, and the last decision is entry {last}"]


def _lost(told: Iterable[Told]) -> list[str]:
    """Everything that a client was told is there."""
    statuses = {str(pk): status for pk, status in Assessment.objects.values_list("pk", "status")}
    there = {("snapshot", str(pk), digest) for pk, digest in Snapshot.objects.values_list("assessment", "digest")}
    there |= {("status", pk, status) for pk, status in statuses.items()}
    there |= {("verdict", str(owner), str(pk)) for pk, owner in Verdict.objects.values_list("pk", "participation__snapshot__assessment")}
    there |= {("report", str(pk), digest) for pk, digest in Report.objects.values_list("assessment", "sha256")}
    missing = sorted({(claim.what, claim.assessment, claim.value) for claim in told} - there)
    return [f"assessment {assessment}: a client was told of the {what} {value}, and it isn't there" for what, assessment, value in missing]

"""What an administrator looks after, each with its state in words: people, sign-off, catalogue, seal, mail, retention and health."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import mailing
from accounts.models import Organisation, User
from accounts.seal import known_certificates
from accounts.services import administrator_only, factors_of_outer
from assessments.models import Assessment, DecisionRecord, Evidence, SignOffPolicy, Snapshot, Status
from assessments.routing import approvers_of
from audit.keys import LogKeyUnreadable, verifiers_of
from audit.models import AuditCheckpoint, AuditEvent
from audit.trail import record
from compliance import releases
from compliance.catalogue.index import index
from jobs.models import Job
from reports.health import CHECKED_WITHIN, SealStanding, last_check, seal_standing
from reports.models import Report
from reports.service import BAD, GOOD, WARN, checks

OPEN = (Status.DRAFT, Status.RETURNED)


@dataclass(frozen=True)
class Tile:
    """``state``: good, warn, bad, or plain where nothing can be well or ill; ``words``: the state as a sentence; ``more``: what lies behind."""

    title: str
    icon: str
    url: str
    state: str
    words: str
    more: str


def tiles(organisation: Organisation) -> list[Tile]:
    """The landing page: at most eleven queries, whatever the organisation holds."""
    return [_people(organisation), _sign_off(organisation), _catalogue(organisation), _seal(organisation), *_work(organisation)]


def _url(name: str, organisation: Organisation) -> str:
    return reverse(name, args=[organisation.slug])


def _people(organisation: Organisation) -> Tile:
    found = User.objects.filter(memberships__organisation=organisation).aggregate(
        all=Count("pk", distinct=True), bare=Count("pk", distinct=True, filter=Q(~Exists(factors_of_outer("pk")), is_active=True))
    )
    people, bare = found["all"], found["bare"]
    known = ngettext("%(n)s person.", "%(n)s people.", people) % {"n": people}
    words = (
        ngettext("%(n)s has no second factor.", "%(n)s have no second factor.", bare) % {"n": bare}
        if bare
        else _("Each has a second factor.")
    )
    more = _("Add people, give and take roles, help somebody who can't sign in")
    return Tile(_("People and roles"), "people", _url("accounts:people", organisation), WARN if bare else GOOD, f"{known} {words}", more)


def _sign_off(organisation: Organisation) -> Tile:
    version = SignOffPolicy.objects.filter(organisation=organisation).aggregate(n=Max("version"))["n"]
    words = (
        _("Version %(n)s of your own policy is in force.") % {"n": version}
        if version
        else _("The policy that comes with Countersign is in force.")
    )
    state = "plain"
    if not approvers_of(organisation):
        state, words = WARN, f"{_('Nobody is an approver, so nobody can sign.')} {words}"
    more = _("See the way of a record as a picture, try a case, change who signs")
    return Tile(_("Sign-off"), "diagram-3", _url("assessments:signing_rules", organisation), state, words, more)


def _catalogue(organisation: Organisation) -> Tile:
    newest = {key: version for key, version, _path in releases.published()}
    held = Counter(Assessment.objects.filter(organisation=organisation, status__in=OPEN).values_list("catalogue", flat=True))
    behind = sum(n for name, n in held.items() if int(name.partition("@")[2]) < newest.get(name.partition("@")[0], 0))
    words = (
        ngettext("%(n)s draft is on an older release.", "%(n)s drafts are on an older release.", behind) % {"n": behind}
        if behind
        else _("Every draft is on the newest release.")
    )
    more = _("Which releases there are, what uses them, what a newer one would change")
    return Tile(
        _("Catalogue"), "journal-text", _url("reports:administration_catalogue", organisation), WARN if behind else GOOD, words, more
    )


def _seal(organisation: Organisation) -> Tile:
    seal = seal_standing(organisation)
    state, words = seal_in_words(seal)
    more = _("The certificate that reports are sealed with, the former ones, the key of the log")
    return Tile(_("Seal"), "patch-check-fill", _url("reports:administration_seal", organisation), state, words, more)


def seal_in_words(seal: SealStanding) -> tuple[str, str]:
    """How the seal stands, and a sentence on it."""
    if seal.problem:
        return BAD, _("It can't be opened.")
    if not seal.fingerprint:
        return "plain", _("Nothing was sealed yet; the key is made with the first report.")
    if seal.over:
        return BAD, _("The certificate is over. Rotate it before the next report.")
    assert seal.until is not None
    until = {"day": f"{seal.until:%-d %B %Y}"}
    if seal.ends_soon:
        return WARN, _("The certificate ends on %(day)s. Rotate it before.") % until
    return GOOD, _("The certificate is good until %(day)s.") % until


def _work(organisation: Organisation) -> list[Tile]:
    mail = Q(task=mailing.TASK)
    counts = Job.objects.filter(stream=organisation.stream).aggregate(
        mail_waiting=Count("pk", filter=mail & Q(status__in=("queued", "running"))), mail_failed=Count("pk", filter=mail & Q(status="failed")),
        failed=Count("pk", filter=~mail & Q(status="failed")),
    )  # fmt: skip
    waiting, lost = counts["mail_waiting"], counts["mail_failed"]
    parts = [ngettext("%(n)s mail waits.", "%(n)s mails wait.", waiting) % {"n": waiting} if waiting else _("No mail waits.")]
    parts.append(ngettext("%(n)s failed.", "%(n)s failed.", lost) % {"n": lost} if lost else _("None failed."))
    if nobody := settings.EMAIL_BACKEND.endswith("FolderBackend"):
        parts.insert(0, _("No mail server is set, so nobody is sent anything."))
    state, words = health_in_words(organisation, counts["failed"])
    return [
        Tile(
            _("Mail"), "envelope-open", _url("reports:administration_mail", organisation), BAD if lost else WARN if nobody else GOOD, " ".join(parts),
            _("Where mails go, what failed and why, a mail to try it"),
        ),
        Tile(
            _("Retention"), "clock-history", _url("reports:administration_retention", organisation), "plain",
            _("Records, reports and the trail are never deleted."), _("What is kept how long, how much there is, erasing a person's name"),
        ),
        Tile(
            _("Health"), "shield-check", _url("reports:health", organisation), state, words,
            _("Trail, checkpoints, database, broker, workers, disk, and work that failed"),
        ),
    ]  # fmt: skip


def health_in_words(organisation: Organisation, failed: int) -> tuple[str, str]:
    """Whether all is well, and what isn't."""
    check = last_check(organisation.stream)
    wrong = [item.name for item in checks() if item.state == BAD]
    if check is not None and not check.ok:
        wrong.insert(0, _("the trail isn't sound"))
    if failed:
        wrong.append(ngettext("%(n)s piece of work failed", "%(n)s pieces of work failed", failed) % {"n": failed})
    if wrong:
        return BAD, _("To see to: %(what)s.") % {"what": ", ".join(wrong)}
    if check is None or check.at < timezone.now() - CHECKED_WITHIN:
        return WARN, _("The trail wasn't checked for a day and a half.") if check else _("The trail wasn't checked yet.")
    return GOOD, _("All is well.")


@dataclass(frozen=True)
class ReleaseUse:
    """``uses``: how many assessments are on it, by status; ``former``: the release before it of the same catalogue, or None."""

    name: str
    digest: str
    newest: bool
    uses: list[tuple[str, int]]
    former: str | None


def release_uses(organisation: Organisation) -> list[ReleaseUse]:
    """Every published release, the newest first, with the organisation's assessments on it: one query."""
    counted: dict[str, list[tuple[str, int]]] = {}
    rows = (
        Assessment.objects.filter(organisation=organisation).values_list("catalogue", "status").annotate(n=Count("pk")).order_by("status")
    )
    for name, status, n in rows:
        counted.setdefault(name, []).append((str(Status(status).label), n))
    found, newest = [], {key: version for key, version, _path in releases.published()}
    former: dict[str, str] = {}
    for key, version, _path in releases.published():
        name = f"{key}@{version}"
        found.append(ReleaseUse(name, index(releases.by_name(name)).digest, version == newest[key], counted.get(name, []), former.get(key)))
        former[key] = name
    return found[::-1]


def behind(organisation: Organisation) -> Any:
    """The organisation's assessments that aren't on the newest release of their catalogue, drafts first."""
    newest = {key: version for key, version, _path in releases.published()}
    current = [f"{key}@{version}" for key, version in newest.items()]
    rows = Assessment.objects.filter(organisation=organisation).exclude(catalogue__in=current).select_related("use_case")
    return rows.order_by("status", "use_case__name", "pk")


@dataclass(frozen=True)
class Certificate:
    fingerprint: str
    subject: str
    issuer: str
    until: datetime | None
    since: datetime
    retired: datetime | None


def certificates(organisation: Organisation) -> list[Certificate]:
    """Every certificate that the organisation sealed with, the newest first; one whose bytes can't be read has no subject."""
    found = []
    for row in known_certificates(organisation):
        try:
            read = x509.load_der_x509_certificate(bytes(row.certificate))
            subject, issuer, until = read.subject.rfc4514_string(), read.issuer.rfc4514_string(), read.not_valid_after_utc
        except ValueError:
            subject, issuer, until = "", "", None
        found.append(Certificate(row.fingerprint, subject, "" if issuer == subject else issuer, until, row.made_at, row.retired_at))
    return found[::-1]


def log_keys(organisation: Organisation) -> tuple[list[str], str]:
    """The public keys that signed the organisation's checkpoints, the newest last, and why they can't be read, else empty."""
    try:
        return [key.text for key in verifiers_of(organisation.stream)], ""
    except LogKeyUnreadable as error:
        return [], str(error)


@dataclass(frozen=True)
class Mail:
    """``to``: the server that takes them, without any password, empty where none is set; ``last``: when one was last sent."""

    to: str
    sender: str
    waiting: int
    failed: list[Job]
    failed_count: int
    last: datetime | None

    @property
    def failed_not_shown(self) -> int:
        return self.failed_count - len(self.failed)


MOST_FAILED = 20


def mail_of(organisation: Organisation) -> Mail:
    """How the organisation's mail stands: two queries."""
    jobs = Job.objects.filter(stream=organisation.stream, task=mailing.TASK)
    counts = jobs.aggregate(
        waiting=Count("pk", filter=Q(status__in=("queued", "running"))), failed=Count("pk", filter=Q(status="failed")),
        last=Max("finished_at", filter=Q(status="done")),
    )  # fmt: skip
    failed = list(jobs.filter(status="failed").order_by("-finished_at")[:MOST_FAILED]) if counts["failed"] else []
    to = ""
    if not settings.EMAIL_BACKEND.endswith("FolderBackend"):
        to = _("%(host)s, port %(port)s") % {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT}
    return Mail(to, settings.DEFAULT_FROM_EMAIL, counts["waiting"], failed, counts["failed"], counts["last"])


def mail_try(*, actor: User, organisation: Organisation) -> Job:
    """Ask for a mail to the administrator themselves, and record that. Raises PermissionDenied for anybody else."""
    with transaction.atomic():
        administrator_only(actor, organisation)
        key = f"{organisation.uuid}:{timezone.now():%Y%m%d%H%M%S%f}"
        job = mailing.mail_later(
            kind="trial", to=actor, organisation=organisation, key=key, context={"path": _url("reports:administration_mail", organisation)}
        )
        record(
            stream=organisation.stream, action="mail.tried", actor=actor.reference, object_type="job", object_id=str(job.pk),
            personal={"actor_name": actor.name},
        )  # fmt: skip
    return job


@dataclass(frozen=True)
class Kept:
    """What is kept: ``number`` of them, ``size`` in bytes (None where it takes none of its own), until when, and how it goes."""

    what: str
    number: int
    size: int | None
    until: str


def kept(organisation: Organisation) -> list[Kept]:
    """Everything that is kept of the organisation, with how much there is of it: six queries."""
    evidence = Evidence.objects.filter(response__assessment__organisation=organisation).aggregate(n=Count("pk"), size=Sum("size"))
    reports = Report.objects.filter(organisation=organisation).aggregate(n=Count("pk"), size=Sum("size"))
    jobs = Job.objects.filter(stream=organisation.stream).count()
    never = _("for good: the database refuses to change or delete it")
    there = _("for good here; in the second place as long as its object lock says (CHECKPOINTS_RETAIN_YEARS: %(n)s)")
    taken_off = _("for good on the disk; off an answer when somebody takes it off while the assessment is open")
    return [
        Kept(_("Entries of the trail"), AuditEvent.objects.filter(stream=organisation.stream).count(), None, never),
        Kept(
            _("Checkpoints of the trail"), AuditCheckpoint.objects.filter(stream=organisation.stream).count(), None,
            there % {"n": settings.CHECKPOINTS_RETAIN_YEARS},
        ),
        Kept(_("Submitted records"), Snapshot.objects.filter(assessment__organisation=organisation).count(), None, never),
        Kept(_("Decisions"), DecisionRecord.objects.filter(snapshot__assessment__organisation=organisation).count(), None, never),
        Kept(_("Reports"), reports["n"], reports["size"] or 0, _("for good: a correction is a new edition, and the former one stays")),
        Kept(_("Evidence"), evidence["n"], evidence["size"] or 0, taken_off),
        Kept(_("Work that was asked for"), jobs, None, _("for good, with what became of it")),
    ]  # fmt: skip


def mail_folder() -> tuple[int, int]:
    """How many mails lie in VAR_DIR/mail, of all organisations, and their bytes; nothing deletes them."""
    files = (
        [entry.stat().st_size for entry in Path(settings.EMAIL_FILE_PATH).glob("*.eml")] if Path(settings.EMAIL_FILE_PATH).is_dir() else []
    )
    return len(files), sum(files)

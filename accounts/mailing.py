"""Mail to people: asked for in the transaction of what it tells of, sent by a worker, kept until it is sent or somebody has seen why it can't be.

The job's arguments name people by their references; the address is looked up when it is sent. As far as mail can be, it is sent once: of several
workers that are handed the same job, one has it. Two things send a mail again, with the same Message-ID, by which mail programs know it for the same:
a worker that is killed between the server's OK and the end of its transaction, and a server whose OK is lost on the way.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
import textwrap
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from accounts import formats
from accounts.models import Organisation, User
from jobs.models import Job
from jobs.queue import enqueue
from jobs.work import Progress, TryLater, WorkRefused

log = logging.getLogger(__name__)

TASK = "accounts.send_mail"
# kind: its subject, filled in from the context. The title stands last, since a long one is cut off. A mail is in the service's language
# (LANGUAGE_CODE), since nobody is there whose own could be asked for.
SUBJECTS = {
    "request_to_sign": gettext_noop("Your signature is asked for: {title}"),
    "reminder": gettext_noop("Your signature is still missing: {title}"),
    "decision": gettext_noop("{Outcome}{under}: {title}"),
    "returned": gettext_noop("Returned for changes: {title}"),
    "nobody_signs": gettext_noop("Nobody is left who could sign: {title}"),
    "review_due": gettext_noop("Review due {when}: {title}"),
    "expired": gettext_noop("Approval expired: {title}"),
    "acceptance_expired": gettext_noop("An accepted finding is open again: {title}"),
    "condition_due": gettext_noop("Condition {state} {due_on}: {title}"),
    "request_to_answer": gettext_noop("Your answers are asked for: {title}"),
    "answers_due": gettext_noop("Answers {state} {due_on}: {title}"),
    "question_to_colleague": gettext_noop("{by} asks you something: {title}"),
    "factors_removed": gettext_noop("Your second factors were removed"),
    "password_reset": gettext_noop("You were given a temporary password"),
    "provider_disconnected": gettext_noop("Your sign-in through {provider} was disconnected"),
    "audit_access_given": gettext_noop("You can audit {organisation} from {starts_on} to {ends_on}"),
    "audit_access_ended": gettext_noop("Your access as an auditor of {organisation} has ended"),
    "trial": gettext_noop("A mail to try it, from {organisation}"),
    "trail_alarm": gettext_noop("Alarm: the trail of {organisation} isn't what was written"),
}
OUTCOMES = {"approved": gettext_noop("Approved"), "rejected": gettext_noop("Rejected")}
LONGEST_SUBJECT = 150
LONGEST_KEY = 200
WIDTH = 78


def mail_later(*, kind: str, to: User, organisation: Organisation, key: str, context: dict[str, Any]) -> Job:
    """Ask for one mail, in the caller's transaction; the same ``kind`` and ``key`` to the same person ask for the same mail, which is sent once.

    ``kind``: one of ``SUBJECTS``. ``context``: JSON values for its templates ``mail/<kind>.txt`` and ``.html``; days (names that end in ``_on``) are
    ISO dates or None; ``path`` is the address within the service that the mail links to, beginning with a slash.

    Raises KeyError for a kind that there isn't, and TransactionManagementError outside a transaction.
    """
    if kind not in SUBJECTS:
        raise KeyError(kind)
    return enqueue(
        task=TASK, key=_job_key(kind, key, to), stream=organisation.stream, label=f"Mail: {in_words(kind)}", requested_by=None,
        args={"kind": kind, "person": str(to.uuid), "organisation": str(organisation.uuid), "context": context},
    )  # fmt: skip


def _job_key(kind: str, key: str, to: User) -> str:
    whole = f"mail:{kind}:{key}:{to.uuid}"
    # Cut off, it would lose the person, and the second person's mail would count as the first one's.
    return whole if len(whole) <= LONGEST_KEY else f"mail:{kind}:{hashlib.sha256(key.encode()).hexdigest()}:{to.uuid}"


def in_words(kind: str) -> str:
    """Return a kind as people call it."""
    return kind.replace("_", " ")


def send(progress: Progress) -> None:
    """The work of the job. Raises WorkRefused where trying again wouldn't help, and TryLater where it may."""
    args = progress.args
    person = User.objects.filter(uuid=args["person"]).first()
    organisation = Organisation.objects.get(uuid=args["organisation"])
    if person is None or not person.is_active or not _to_be_told(person, organisation):
        return  # whoever has left is told nothing any more
    message = compose(args["kind"], person, organisation, args["context"], progress.job_id)
    try:
        message.send()
    except OSError as error:  # as all of smtplib's are
        if why := _for_good(error, person):
            # The server's own words are for the log: they often repeat the address.
            log.warning("mail %s was refused for good", progress.job_id, exc_info=error)
            raise WorkRefused(f"{why} Then try the mail again.") from error
        raise TryLater(_what_may_pass(error)) from error


def _to_be_told(person: User, organisation: Organisation) -> bool:
    """A limited auditor is told before the first day and after the end, too."""
    return organisation.memberships.filter(user=person).exists() or organisation.audit_accesses.filter(user=person).exists()


def _for_good(error: OSError, person: User) -> str:
    """Return what has to be put right before the mail can go, as sentences; empty where time alone may do it."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server doesn't offer what EMAIL_URL asks of it, such as TLS or a password. Correct EMAIL_URL."
    code = _code(error)
    if not 500 <= code < 600:
        return ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"The mail server refuses the address of {person.name} for good (code {code}). Check the address."
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"The mail server refuses the sender of the mail for good (code {code}). Correct MAIL_FROM."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The mail server refuses the user name and password for good (code {code}). Correct EMAIL_URL."
    return f"The mail server refuses the mail for good (code {code}). Look up in the log what it said, and put that right."


def _what_may_pass(error: OSError) -> str:
    if code := _code(error):
        return f"the mail server said to try later (code {code})"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the mail server broke off the connection"
    if settings.EMAIL_BACKEND.endswith("FolderBackend"):
        return f"the mail couldn't be written to its folder ({error.strerror or type(error).__name__})"
    return f"the mail server couldn't be reached ({error.strerror or type(error).__name__})"


def _code(error: OSError) -> int:
    """Return the server's reply code, or 0 where it gave none. A mail has one recipient, so one code says all."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


@formats.as_sent()
def compose(kind: str, person: User, organisation: Organisation, context: dict[str, Any], job_id: uuid.UUID) -> EmailMultiAlternatives:
    """Return the mail in both forms. A title may hold anything: line breaks in it become spaces in the subject."""
    site = settings.SITE_URL.rstrip("/")
    shown = _for_people(context) | {"organisation": organisation.name, "person": person.name, "link": site + context.get("path", "/")}
    subject = " ".join(gettext(SUBJECTS[kind]).format_map(shown).split())
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    message = EmailMultiAlternatives(
        subject, wrapped(render_to_string(f"mail/{kind}.txt", shown)), to=[person.email],
        headers={"Message-ID": f"<{job_id}@{urlsplit(site).hostname or 'localhost'}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    message.attach_alternative(render_to_string(f"mail/{kind}.html", shown | {"subject": subject}), "text/html")
    return message


def _for_people(context: dict[str, Any]) -> dict[str, Any]:
    """Return the context with its days spelt out (31 January 2027), and the words that depend on a number or a state."""
    shown = dict(context)
    for name, value in context.items():
        if name.endswith("_on") and value:
            shown[name] = formats.day(value)
    if (days := context.get("days")) is not None:
        near = {0: gettext("today"), 1: gettext("tomorrow")}
        shown["when"] = near.get(days) or gettext("in %(n)d days") % {"n": days}
    shown["state"] = gettext("overdue since") if context.get("overdue") else gettext("due on")
    conditions = context.get("conditions") or 0
    shown["under"] = ngettext(" under %(n)d condition", " under %(n)d conditions", conditions) % {"n": conditions} if conditions else ""
    shown["Outcome"] = gettext(OUTCOMES[context["outcome"]]) if "outcome" in context else ""
    return shown


def wrapped(text: str) -> str:
    """Return the text with lines of 78 characters at most; a longer word, such as a link, stays whole on a line of its own."""
    lines = [textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.strip().splitlines()]
    return "\n".join(lines) + "\n"


class FolderBackend(BaseEmailBackend):
    """Mails as files that a mail program opens, one each, in the folder EMAIL_FILE_PATH; what the default set-up has in place of a server."""

    def send_messages(self, email_messages: Any) -> int:
        """Write each mail, and return how many they were. Raises OSError."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            self._write(folder, message)
        return len(email_messages)

    def _write(self, folder: Path, message: EmailMessage) -> None:
        name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}.eml"
        draft = folder / f".{name}"
        draft.write_bytes(message.message().as_bytes())
        draft.replace(folder / name)  # whoever watches the folder sees whole mails alone

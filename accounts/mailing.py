"""Mail to people: asked for in the transaction of what it tells of, sent by a worker, kept until it is sent or somebody has seen why it can't be.

The job's arguments name people by their references; the address is looked up when it is sent. A worker that is killed between the server's OK and
the end of its transaction sends the mail again, with the same Message-ID, by which mail programs know it for the same.
"""

from __future__ import annotations

import smtplib
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

from accounts.models import Organisation, User
from jobs.models import Job
from jobs.queue import enqueue
from jobs.work import Progress, WorkRefused

TASK = "accounts.send_mail"
# kind: its subject, filled in from the context
SUBJECTS = {
    "request_to_sign": "Your signature is asked for: {title}",
    "reminder": "Still waiting for your signature: {title}",
    "decision": "{title} is {outcome}",
    "returned": "{title} was returned to you",
    "review_due": "The review of {title} is due in {days} days",
    "expired": "The approval of {title} has expired",
    "acceptance_expired": "An accepted finding of {title} is open again",
    "condition_due": "A condition of {title} is due on {due_on}",
    "trail_alarm": "Alarm: the trail of {organisation} isn't what was written",
}
LONGEST_SUBJECT = 150


def mail_later(*, kind: str, to: User, organisation: Organisation, key: str, context: dict[str, Any]) -> Job:
    """Ask for one mail, in the caller's transaction; the same ``key`` asks for the same mail, which is sent once.

    ``kind``: one of ``SUBJECTS``; ``context``: JSON values for its templates ``mail/<kind>.txt`` and ``.html``, with ``path``, the address within
    the service that the mail links to. Raises KeyError for a kind that there isn't.
    """
    return enqueue(
        task=TASK, key=f"mail:{kind}:{key}:{to.uuid}"[:200], stream=organisation.stream, label=f"Mail: {in_words(kind)}", requested_by=None,
        args={"kind": kind, "person": str(to.uuid), "organisation": str(organisation.uuid), "context": context, "subject": SUBJECTS[kind]},
    )  # fmt: skip


def in_words(kind: str) -> str:
    return kind.replace("_", " ")


def send(progress: Progress) -> None:
    """The work of the job. Raises WorkRefused where the mail can't be sent, however often it is tried; OSError where it may pass."""
    args = progress.args
    person = User.objects.filter(uuid=args["person"]).first()
    organisation = Organisation.objects.get(uuid=args["organisation"])
    if person is None or not person.is_active or not organisation.memberships.filter(user=person).exists():
        return  # whoever has left is told nothing any more
    message = compose(args["kind"], person, organisation, args["context"], progress.job_id)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and all(500 <= code < 600 for code in codes):
            raise WorkRefused(f"The mail server refuses the address for good (code {codes[0]}). Correct the person's address.") from error
        raise
    except smtplib.SMTPResponseException as error:
        if 500 <= error.smtp_code < 600:
            raise WorkRefused(f"The mail server refuses the mail for good (code {error.smtp_code}). Check its settings.") from error
        raise


def compose(kind: str, person: User, organisation: Organisation, context: dict[str, Any], job_id: uuid.UUID) -> EmailMultiAlternatives:
    """The mail in both forms. A title may hold anything: line breaks in it become spaces in the subject."""
    shown = context | {
        "organisation": organisation.name,
        "person": person.name,
        "link": settings.SITE_URL.rstrip("/") + context.get("path", "/"),
    }
    subject = " ".join(SUBJECTS[kind].format_map(shown).split())
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    message = EmailMultiAlternatives(
        subject, render_to_string(f"mail/{kind}.txt", shown).strip() + "\n", to=[person.email],
        headers={"Message-ID": f"<{job_id}@{urlsplit(settings.SITE_URL).hostname}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    message.attach_alternative(render_to_string(f"mail/{kind}.html", shown | {"subject": subject}), "text/html")
    return message


class FolderBackend(BaseEmailBackend):
    """Mails as files that a mail program opens, one each, in the folder EMAIL_FILE_PATH; what the default set-up has in place of a server."""

    def send_messages(self, email_messages: Any) -> int:
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

"""Mail: asked for in a transaction, sent by a worker in both forms, never lost and never in anybody's way."""

from __future__ import annotations

import smtplib
from email import policy
from email.parser import BytesParser
from pathlib import Path
from unittest import mock

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.template.loader import get_template

from accounts.mailing import SUBJECTS, mail_later
from accounts.tasks import send_mail
from jobs import queue
from jobs.models import Job, Outbox
from tests.fixtures import Cast

CONTEXTS = {
    "request_to_sign": {"title": "Chatbot", "stage": "Approval", "due_on": "2027-01-31", "submitted_by": "Rosa"},
    "reminder": {"title": "Chatbot", "stage": "Approval", "due_on": "2027-01-31", "overdue": True},
    "decision": {"title": "Chatbot", "outcome": "approved", "option": "Vendor API", "by": "Ingrid", "conditions": 2},
    "returned": {"title": "Chatbot", "by": "Ingrid", "reason": "Name the <remedy>."},
    "review_due": {"title": "Chatbot", "review_on": "2027-01-31", "days": 30},
    "expired": {"title": "Chatbot", "review_on": "2027-01-31"},
    "acceptance_expired": {"title": "Chatbot", "finding": "Nobody is on call", "expired_on": "2027-01-31"},
    "condition_due": {"title": "Chatbot", "text": "Set up a rota", "due_on": "2027-01-31", "overdue": False},
    "trail_alarm": {"stream": "org:1", "problem": "entry 4 was changed", "checked_at": "2027-01-31 02:30 UTC"},
}


def asked(cast: Cast, kind: str = "decision", key: str = "1", **changes) -> Job:
    with transaction.atomic():
        return mail_later(
            kind=kind, to=cast.risk_officer, organisation=cast.organisation, key=key,
            context=CONTEXTS[kind] | {"path": "/o/meridian-bank/"} | changes,
        )  # fmt: skip


@pytest.mark.parametrize("kind", SUBJECTS)
def test_each_kind_is_told_in_both_forms(cast: Cast, kind: str) -> None:
    assert send_mail(str(asked(cast, kind).pk))
    (sent,) = mail.outbox
    assert sent.to == [cast.risk_officer.email]
    (html, form) = sent.alternatives[0]
    assert form == "text/html"
    assert "{" not in sent.subject + sent.body
    assert not {"{{", "{%"} & {html[at : at + 2] for at in range(len(html))}
    assert "http://127.0.0.1:8000/o/meridian-bank/" in sent.body
    assert 'href="http://127.0.0.1:8000/o/meridian-bank/"' in html
    given = [str(value) for name, value in CONTEXTS[kind].items() if name not in ("overdue", "days", "conditions", "reason", "path")]
    assert all(value in sent.body or value in sent.subject for value in given)
    assert sent.message()["Message-ID"].strip("<>").split("@")[0] == str(Job.objects.get().pk)


def test_what_people_wrote_is_escaped_in_html_alone(cast: Cast) -> None:
    send_mail(str(asked(cast, "returned").pk))
    assert "Name the <remedy>." in mail.outbox[0].body
    assert "Name the &lt;remedy&gt;." in mail.outbox[0].alternatives[0][0]


def test_a_title_can_not_add_a_header(cast: Cast) -> None:
    send_mail(str(asked(cast, title="Überblick\r\nBcc: other@elsewhere.example").pk))
    message = BytesParser(policy=policy.default).parsebytes(mail.outbox[0].message().as_bytes())
    assert message["Bcc"] is None
    assert message["Subject"].strip() == "Überblick Bcc: other@elsewhere.example is approved"


def test_asked_twice_sent_once(cast: Cast) -> None:
    first, second = asked(cast), asked(cast)
    assert first == second
    send_mail(str(first.pk))
    send_mail(str(second.pk))
    assert len(mail.outbox) == 1
    assert asked(cast, key="2") != first


def test_no_address_stands_in_the_job(cast: Cast) -> None:
    assert cast.risk_officer.email not in str(asked(cast).args)


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    with transaction.atomic():
        asked(cast)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_who_has_left_is_told_nothing(cast: Cast) -> None:
    job = asked(cast)
    cast.risk_officer.memberships.all().delete()
    assert send_mail(str(job.pk))
    assert not mail.outbox


def failing(error: Exception):
    return mock.patch.object(EmailBackend, "send_messages", side_effect=error)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), smtplib.SMTPDataError(451, b"try later"), smtplib.SMTPServerDisconnected()])
def test_what_may_pass_is_tried_again(cast: Cast, error: Exception) -> None:
    job = asked(cast)
    with failing(error):
        assert not send_mail(str(job.pk))
    job.refresh_from_db()
    assert job.status == "queued"
    assert Outbox.objects.get(job=job).due_at > job.created_at
    assert send_mail(str(job.pk))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error", [smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no such user")}), smtplib.SMTPAuthenticationError(535, b"no")]
)
def test_what_will_not_pass_is_kept_with_its_reason(cast: Cast, error: Exception) -> None:
    job = asked(cast)
    with failing(error):
        send_mail(str(job.pk))
    job.refresh_from_db()
    assert job.status == "failed"
    assert "for good" in job.error
    with transaction.atomic():
        queue.retry(job.pk)
    assert send_mail(str(job.pk))
    assert len(mail.outbox) == 1


def test_patience_ends(cast: Cast) -> None:
    job = asked(cast)
    with failing(ConnectionRefusedError()):
        for _ in range(11):
            send_mail(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 11)


def test_the_folder_holds_whole_mails(cast: Cast, settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "accounts.mailing.FolderBackend", tmp_path / "mail"
    send_mail(str(asked(cast).pk))
    (file,) = (tmp_path / "mail").iterdir()
    message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
    assert (file.suffix, message["To"]) == (".eml", cast.risk_officer.email)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_every_kind_has_its_templates() -> None:
    assert SUBJECTS.keys() == CONTEXTS.keys()
    for kind in SUBJECTS:
        get_template(f"mail/{kind}.txt")
        get_template(f"mail/{kind}.html")

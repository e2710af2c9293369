"""Mail: asked for in a transaction, sent by a worker in both forms, never lost and never in anybody's way."""

from __future__ import annotations

import os
import re
import smtplib
import subprocess
import sys
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from unittest import mock

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.utils import DNS_NAME
from django.db import transaction
from django.utils import timezone

from accounts.mailing import SUBJECTS, mail_later
from accounts.tasks import send_mail
from config.apps import production_warnings
from config.celery import app
from jobs import queue
from jobs.models import Job, Outbox
from tests.accounts.mail_server import HANG_UP, MailServer, serving
from tests.fixtures import Cast

ROOT = Path(__file__).parents[2]
DUE = "2027-01-31"
# What each kind is told, and what its subject says then.
CONTEXTS = {
    "request_to_sign": {"title": "Chatbot", "stage": "Approval", "due_on": DUE, "submitted_by": "Rosa"},
    "reminder": {"title": "Chatbot", "stage": "Approval", "due_on": DUE, "overdue": True},
    "decision": {"title": "Chatbot", "outcome": "approved", "option": "Vendor API", "by": "Ingrid", "conditions": 2},
    "returned": {"title": "Chatbot", "by": "Ingrid", "reason": "Name the <remedy>."},
    "nobody_signs": {"title": "Chatbot", "by": "Ingrid"},
    "review_due": {"title": "Chatbot", "review_on": DUE, "days": 30},
    "expired": {"title": "Chatbot", "review_on": DUE},
    "acceptance_expired": {"title": "Chatbot", "finding": "Nobody is on call", "expired_on": DUE},
    "condition_due": {"title": "Chatbot", "text": "Set up a rota", "due_on": DUE, "overdue": False},
    "request_to_answer": {"title": "Chatbot", "parts": ["Liability: Contract"], "due_on": DUE, "note": "Ask the vendor.", "by": "Rosa"},
    "answers_due": {"title": "Chatbot", "parts": ["Liability: Contract", "Demand"], "due_on": DUE, "overdue": True},
    "question_to_colleague": {"title": "Chatbot", "by": "Rosa", "text": "Is the cap yearly?"},
    "trial": {},
    "password_reset": {"by": "Ada", "reason": "Forgotten over the holidays."},
    "factors_removed": {"by": "Ada", "reason": "Lost telephone."},
    "provider_disconnected": {"by": "Ada", "provider": "Meridian ID", "reason": "New account there."},
    "audit_access_given": {"by": "Ada", "scope": "2 assessments", "starts_on": DUE, "ends_on": DUE, "reason": "The yearly <audit>."},
    "audit_access_ended": {"by": "Ada", "ends_on": DUE, "reason": "The <audit> is over."},
    "trail_alarm": {"stream": "org:1", "problem": "entry 4 was changed", "checked_at": "31 January 2027, 02:30 UTC"},
}


def asked(cast: Cast, kind: str = "decision", key: str = "1", **changes: object) -> Job:
    with transaction.atomic():
        return mail_later(
            kind=kind, to=cast.risk_officer, organisation=cast.organisation, key=key,
            context=CONTEXTS[kind] | {"path": "/o/meridian-bank/"} | changes,
        )  # fmt: skip


def sent(cast: Cast, kind: str, **changes: object) -> tuple[str, str, str]:
    """Send one mail; return its subject, its text with each paragraph on one line, and its HTML."""
    mail.outbox.clear()
    assert send_mail(str(asked(cast, kind, key=str(changes), **changes).pk))
    (message,) = mail.outbox
    text = "\n\n".join(" ".join(paragraph.split()) for paragraph in message.body.split("\n\n"))
    return message.subject, text, message.alternatives[0][0]


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(raw)


class TestWhatIsSaid:
    @pytest.mark.parametrize("kind", SUBJECTS)
    def test_each_kind_is_told_in_both_forms(self, cast: Cast, settings, kind: str) -> None:
        settings.TEMPLATES = [settings.TEMPLATES[0] | {"OPTIONS": settings.TEMPLATES[0]["OPTIONS"] | {"string_if_invalid": "NOT FILLED"}}]
        subject, text, html = sent(cast, kind)
        assert not [form for form in (subject, text, html) if "NOT FILLED" in form or "None" in form or "{{" in form or "{%" in form]
        assert "http://127.0.0.1:8000/o/meridian-bank/" in text.split("\n\n")
        assert 'href="http://127.0.0.1:8000/o/meridian-bank/"' in html
        for name, value in CONTEXTS[kind].items():
            if name not in ("overdue", "days", "conditions", "reason", "outcome"):
                for told in value if isinstance(value, list) else ["31 January 2027" if name.endswith("_on") else value]:
                    assert told in text or told in subject, name
                    assert told in html, name
        assert "Meridian Bank" in text
        assert "Risk officer" in text

    @pytest.mark.parametrize(
        ("kind", "changes", "subject", "sentence"),
        [
            ("request_to_sign", {}, "Your signature is asked for: Chatbot", "at the stage “Approval”, by 31 January 2027."),
            ("request_to_sign", {"due_on": None}, "Your signature is asked for: Chatbot", "at the stage “Approval”."),
            ("reminder", {}, "Your signature is still missing: Chatbot", "It was due on 31 January 2027."),
            ("reminder", {"overdue": False}, "Your signature is still missing: Chatbot", "It is due on 31 January 2027."),
            ("decision", {}, "Approved under 2 conditions: Chatbot", "It holds under 2 conditions; see what they ask of whom."),
            ("decision", {"conditions": 1}, "Approved under 1 condition: Chatbot", "It holds under 1 condition; see what it asks of whom."),
            ("decision", {"outcome": "rejected", "conditions": 0}, "Rejected: Chatbot", "“Chatbot” is rejected."),
            ("returned", {}, "Returned for changes: Chatbot", "Ingrid has returned “Chatbot” with this reason:"),
            ("review_due", {}, "Review due in 30 days: Chatbot", "by 31 January 2027, in 30 days."),
            ("review_due", {"days": 1}, "Review due tomorrow: Chatbot", "by 31 January 2027, tomorrow."),
            ("condition_due", {}, "Condition due on 31 January 2027: Chatbot", "It is due on 31 January 2027:"),
            ("condition_due", {"overdue": True}, "Condition overdue since 31 January 2027: Chatbot", "It was due on 31 January 2027:"),
        ],
    )
    def test_the_sentence_suits_the_case(self, cast: Cast, kind: str, changes: dict, subject: str, sentence: str) -> None:
        said = sent(cast, kind, **changes)
        assert said[0] == subject
        assert sentence in said[1]
        assert sentence in said[2]

    def test_the_button_has_the_colour_of_the_product(self) -> None:
        primary = re.search(r"--cs-primary: (#[0-9a-f]{6})", (ROOT / "static/css/app.css").read_text())
        assert primary is not None
        assert f"background: {primary[1]}; color: #fff" in (ROOT / "templates/mail/base.html").read_text()

    def test_no_conditions_are_not_mentioned(self, cast: Cast) -> None:
        assert "condition" not in sent(cast, "decision", conditions=0)[1]

    def test_what_people_wrote_is_escaped_in_html_alone(self, cast: Cast) -> None:
        _, text, html = sent(cast, "returned", title="R&D {title} {{ link }}")
        assert "“R&D {title} {{ link }}”" in text
        assert "Name the <remedy>." in text
        assert "“R&amp;D {title} {{ link }}”" in html
        assert "Name the &lt;remedy&gt;." in html

    def test_plain_text_is_wrapped_and_a_link_stays_whole(self, cast: Cast) -> None:
        path = "/o/" + "meridian-" * 12
        send_mail(str(asked(cast, "returned", reason="First point of many. " * 12 + "\nSecond point.", path=path).pk))
        lines = mail.outbox[0].body.splitlines()
        assert [line for line in lines if len(line) > 78] == [f"http://127.0.0.1:8000{path}"]
        assert "Second point." in lines

    def test_a_long_title_leaves_the_matter_in_sight(self, cast: Cast) -> None:
        subject, _, _ = sent(cast, "request_to_sign", title="Very " * 60)
        assert subject.startswith("Your signature is asked for: Very")
        assert len(subject) == 150


def test_the_headers(cast: Cast) -> None:
    job = asked(cast)
    send_mail(str(job.pk))
    message = parsed(mail.outbox[0].message().as_bytes())
    assert message["Message-ID"] == f"<{job.pk}@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Countersign <countersign@localhost>"
    assert message["Date"]
    assert message["Reply-To"] is None


def test_a_title_can_not_add_a_header(cast: Cast) -> None:
    send_mail(str(asked(cast, title="Überblick\r\nBcc: other@elsewhere.example").pk))
    message = parsed(mail.outbox[0].message().as_bytes())
    assert message["Bcc"] is None
    assert message["Subject"].strip() == "Approved under 2 conditions: Überblick Bcc: other@elsewhere.example"


class TestAsking:
    def test_asked_twice_sent_once(self, cast: Cast) -> None:
        first, second = asked(cast), asked(cast)
        assert first == second
        send_mail(str(first.pk))
        send_mail(str(second.pk))
        assert len(mail.outbox) == 1
        assert asked(cast, key="2") != first

    def test_a_long_key_keeps_people_and_matters_apart(self, cast: Cast) -> None:
        with transaction.atomic():
            keys = {
                mail_later(kind="expired", to=to, organisation=cast.organisation, key=key, context={}).key
                for to in (cast.risk_officer, cast.approver)
                for key in ("k" * 300, "k" * 300 + "2", "k" * 300)
            }
        assert len(keys) == 4

    def test_no_address_stands_in_the_job(self, cast: Cast) -> None:
        assert cast.risk_officer.email not in str(asked(cast).args)

    def test_what_is_rolled_back_is_not_told(self, cast: Cast, django_capture_on_commit_callbacks) -> None:
        with django_capture_on_commit_callbacks() as published, transaction.atomic():
            asked(cast)
            transaction.set_rollback(True)
        assert not Job.objects.exists()
        assert not published

    def test_a_kind_that_there_is_not(self, cast: Cast) -> None:
        with transaction.atomic(), pytest.raises(KeyError):
            mail_later(kind="birthday", to=cast.approver, organisation=cast.organisation, key="1", context={})

    def test_it_waits_in_a_queue_of_its_own(self, cast: Cast, monkeypatch, django_capture_on_commit_callbacks) -> None:
        monkeypatch.setitem(app.conf, "broker_url", "memory://")
        monkeypatch.setitem(app.conf, "broker_transport_options", {})
        with app.connection_for_write() as connection, connection.channel() as channel:
            app.amqp.TaskConsumer(channel)  # declares every queue, as a worker does
            with django_capture_on_commit_callbacks(execute=True):
                job = asked(cast)
            assert channel.basic_get("celery", no_ack=True) is None
            assert channel.basic_get("reports", no_ack=True) is None
            message = channel.basic_get("mail", no_ack=True)
        assert message.headers["task"] == "accounts.send_mail"
        assert str(job.pk) in message.headers["argsrepr"]


@pytest.mark.parametrize("change", ["left", "deactivated"])
def test_who_has_left_is_told_nothing(cast: Cast, change: str) -> None:
    job = asked(cast)
    if change == "left":
        cast.risk_officer.memberships.all().delete()
    else:
        cast.risk_officer.is_active = False
        cast.risk_officer.save()
    assert send_mail(str(job.pk))
    assert not mail.outbox


def failing(error: Exception):
    return mock.patch.object(EmailBackend, "send_messages", side_effect=error)


class TestABrokenServer:
    @pytest.mark.parametrize(
        ("error", "why"),
        [
            (ConnectionRefusedError(111, "Connection refused"), "the mail server couldn't be reached (Connection refused)"),
            (TimeoutError(), "the mail server couldn't be reached (TimeoutError)"),
            (smtplib.SMTPServerDisconnected("gone"), "the mail server broke off the connection"),
            (smtplib.SMTPDataError(451, b"try later"), "the mail server said to try later (code 451)"),
            (smtplib.SMTPRecipientsRefused({"a@b.example": (450, b"busy")}), "the mail server said to try later (code 450)"),
        ],
    )
    def test_what_may_pass_is_tried_again(self, cast: Cast, error: Exception, why: str) -> None:
        job = asked(cast)
        with failing(error):
            assert not send_mail(str(job.pk))
        job.refresh_from_db()
        assert (job.status, job.message) == ("queued", f"It will be tried again: {why}")
        assert Outbox.objects.get(job=job).due_at > timezone.now()
        assert send_mail(str(job.pk))
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize(
        ("error", "why"),
        [
            (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no")}), "refuses the address of Risk officer for good (code 550)"),
            (smtplib.SMTPSenderRefused(553, b"no", "c@localhost"), "Correct MAIL_FROM."),
            (smtplib.SMTPAuthenticationError(535, b"no"), "refuses the user name and password for good (code 535). Correct EMAIL_URL."),
            (smtplib.SMTPDataError(554, b"spam"), "refuses the mail for good (code 554)"),
            (smtplib.SMTPNotSupportedError("STARTTLS"), "doesn't offer what EMAIL_URL asks of it"),
        ],
    )
    def test_what_will_not_pass_is_kept_with_its_reason(self, cast: Cast, error: Exception, why: str) -> None:
        job = asked(cast)
        with failing(error):
            assert not send_mail(str(job.pk))
        job.refresh_from_db()
        assert job.status == "failed"
        assert why in job.error
        assert "@" not in job.error
        queue.retry(job.pk)
        assert send_mail(str(job.pk))
        assert len(mail.outbox) == 1

    def test_patience_ends_in_words_and_the_mail_can_be_tried_again(self, cast: Cast) -> None:
        job = asked(cast)
        waits = []
        with failing(ConnectionRefusedError(111, "Connection refused")):
            for _ in range(10):
                send_mail(str(job.pk))
                waits.append(Outbox.objects.get(job=job).due_at - timezone.now())
            send_mail(str(job.pk))
        assert sum(waits, timedelta()) > timedelta(hours=17)
        job.refresh_from_db()
        assert job.error == (
            "Mail: decision was given up after 11 attempts: the mail server couldn't be reached (Connection refused). "
            "An administrator can start it again."
        )
        queue.retry(job.pk)
        assert send_mail(str(job.pk))
        assert len(mail.outbox) == 1


@pytest.fixture
def server(settings, monkeypatch) -> MailServer:
    """A mail server that the settings name; the machine's own name isn't looked up, which can take seconds."""
    monkeypatch.setattr(DNS_NAME, "_fqdn", "localhost", raising=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "countersign", "secret"
    with serving() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server


def test_by_smtp(cast: Cast, server: MailServer) -> None:
    job = asked(cast)
    assert send_mail(str(job.pk))
    (taken,) = server.mails
    assert parsed(taken)["To"] == cast.risk_officer.email
    assert parsed(taken)["Message-ID"] == f"<{job.pk}@127.0.0.1>"


@pytest.mark.parametrize(
    ("at", "answer", "status"),
    [
        ("EHLO", HANG_UP, "queued"), ("RCPT", HANG_UP, "queued"), ("MAIL", "451 busy", "queued"), ("RCPT", "450 grey", "queued"),
        ("END", "452 full", "queued"), ("AUTH", "454 not now", "queued"),
        ("AUTH", "535 no", "failed"), ("MAIL", "550 no", "failed"), ("RCPT", "550 no", "failed"), ("DATA", "554 no", "failed"),
        ("END", "554 spam", "failed"), ("EHLO", "250 fine", "failed"),
    ],
)  # fmt: skip
def test_a_server_that_will_not_have_it(cast: Cast, server: MailServer, at: str, answer: str, status: str) -> None:
    job = asked(cast)
    with mock.patch.dict(server.answers, {at: answer}):
        assert not send_mail(str(job.pk))
    job.refresh_from_db()
    assert job.status == status
    queue.retry(job.pk)
    assert send_mail(str(job.pk))
    assert len(server.mails) == 1


def test_a_server_that_only_says_goodbye_badly_has_the_mail(cast: Cast, server: MailServer) -> None:
    server.answers["QUIT"] = HANG_UP
    assert send_mail(str(asked(cast).pk))
    assert len(server.mails) == 1


class TestTheFolder:
    @pytest.fixture(autouse=True)
    def folder(self, settings, tmp_path: Path) -> Path:
        settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "accounts.mailing.FolderBackend", tmp_path / "mail"
        return tmp_path / "mail"

    def test_it_holds_whole_mails(self, cast: Cast, folder: Path) -> None:
        send_mail(str(asked(cast).pk))
        (file,) = folder.iterdir()
        message = parsed(file.read_bytes())
        assert (file.suffix, message["To"]) == (".eml", cast.risk_officer.email)
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]

    def test_one_that_can_not_be_written_is_tried_again(self, cast: Cast, folder: Path) -> None:
        folder.write_text("in the way")
        job = asked(cast)
        assert not send_mail(str(job.pk))
        job.refresh_from_db()
        assert job.message == "It will be tried again: the mail couldn't be written to its folder (File exists)"


class TestSettings:
    @pytest.mark.parametrize(
        ("url", "read"),
        [
            ("smtp+tls://us%40er:p%2Fq@mail.example", "mail.example 587 us@er p/q False True"),
            ("smtps://mail.example:4650", "mail.example 4650   True False"),
            ("smtp://user:pa/ss@mail.example", "EMAIL_URL must be"),
            ("http://mail.example:25", "EMAIL_URL must be"),
        ],
    )
    def test_the_server_s_address(self, tmp_path: Path, url: str, read: str) -> None:
        names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_SSL", "EMAIL_USE_TLS")
        code = "from config import settings as s; print({})".format(", ".join(f"s.{name}" for name in names))
        (tmp_path / "url").write_text(f"{url}\n")
        environment = {**os.environ, "VAR_DIR": str(tmp_path), "EMAIL_URL_FILE": str(tmp_path / "url")}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert read in done.stdout + done.stderr
        assert "pa/ss" not in done.stderr

    def test_production_warns_of_mail_that_reaches_nobody(self, settings) -> None:
        settings.PRODUCTION, settings.EMAIL_BACKEND = True, "accounts.mailing.FolderBackend"
        mine = {"countersign.W004", "countersign.W005"}
        assert mine <= {found.id for found in production_warnings(None)}
        settings.SITE_URL, settings.EMAIL_BACKEND = "https://countersign.example", "django.core.mail.backends.smtp.EmailBackend"
        assert not mine & {found.id for found in production_warnings(None)}

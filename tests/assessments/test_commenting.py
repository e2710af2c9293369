"""The thread under a question: written with and without script, asked of colleagues, settled, deleted while nobody replied."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mailing import TASK, compose
from assessments import commenting, workflow
from assessments.errors import Refused, WrongStatus
from assessments.models import Assignment, Comment, Participation, Thread
from assessments.snapshots import content_of
from audit.models import AuditEvent
from audit.trail import events_of
from jobs.models import Job
from tests.assessments.asking import Case
from tests.fixtures import Cast, first_use_case_question, make_complete, newest

HTMX = {"HX-Request": "true"}
QUESTION = "kind"
MOST_QUERIES = 15


def thread(case: Case) -> str:
    return case.url("comments", question=QUESTION)


def write(case: Case, who: str, text: str, ask: str = "") -> Comment:
    return commenting.write(actor=case.cast[who], assessment=case.assessment, question=QUESTION, text=text, ask=ask)


def said(case: Case) -> str:
    return events_of(case.cast.organisation.stream).last().sentence()


def test_a_comment_is_written_without_script_and_counted_at_the_question(case: Case) -> None:
    assert thread(case) in case.page()
    answer = case.client.post(thread(case), {"text": "Is this <b>so</b>?"}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain
    assert "Is this &lt;b&gt;so&lt;/b&gt;?" in page
    assert "Risk officer" in page
    assert said(case) == "Risk officer commented on kind of Chatbot"
    assert "1 comment" in case.acting("auditor").page()
    assert b"Is this" not in bytes(AuditEvent.objects.get(action="comment.written").canonical)


def test_with_htmx_the_thread_comes_back_and_the_count_with_it(case: Case) -> None:
    page = case.client.post(thread(case), {"text": "Is this so?"}, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "Is this so?" in page
    assert 'id="talkn-kind" hx-swap-oob="true">1 comment' in page
    assert "<html" not in case.client.get(thread(case), headers=HTMX).content.decode()


def test_a_colleague_is_asked_by_mail_and_their_reply_settles_what_waits(case: Case) -> None:
    theirs = case.acting("contributor")
    case.client.post(thread(case), {"text": "Which of them?", "ask": case.cast.contributor.email})
    (job,) = [job for job in Job.objects.filter(task=TASK) if job.args["kind"] == "question_to_colleague"]
    told = compose("question_to_colleague", case.cast.contributor, case.cast.organisation, job.args["context"], job.pk)
    assert told.subject == "Risk officer asks you something: Chatbot"
    assert "Which of them?" in told.body
    assert thread(case) in told.body
    assert "asks you</span>" in theirs.page()
    assert said(case) == "Risk officer asked Contributor about kind of Chatbot"
    theirs.client.post(thread(case), {"text": "The first."})
    assert "asks you</span>" not in theirs.page()


def test_who_cannot_read_the_question_cannot_be_asked(case: Case) -> None:
    Assignment.objects.all().delete()
    for address in (
        case.cast.contributor.email,
        case.cast.outsider.email,
        case.cast.auditor.email,
        case.person.email,
        "nobody@example.com",
    ):
        answer = case.client.post(thread(case), {"text": "Well?", "ask": address})
        assert answer.status_code == 422
        assert "Choose somebody who can read this question" in answer.content.decode()
    assert not Comment.objects.exists()


def test_an_auditor_reads_and_writes_nothing(case: Case) -> None:
    write(case, "risk_officer", "Is this so?")
    theirs = case.acting("auditor")
    page = theirs.client.get(thread(case)).content.decode()
    assert "Is this so?" in page
    assert "<textarea" not in page
    assert theirs.client.post(thread(case), {"text": "No."}).status_code == 403


def test_a_contributor_reads_the_threads_of_their_own_parts(case: Case) -> None:
    write(case, "risk_officer", "Is this so?")
    Assignment.objects.filter(section="one").delete()
    theirs = case.acting("contributor")
    assert theirs.client.get(thread(case)).status_code == 403
    assert theirs.client.post(thread(case), {"text": "No."}).status_code == 403
    with pytest.raises(PermissionDenied):
        write(case, "contributor", "No.")


def test_a_comment_goes_while_nobody_replied_and_the_trail_keeps_that_it_was(case: Case) -> None:
    first = write(case, "contributor", "Is this so?")

    def delete(who: str, comment: Comment) -> int:
        return case.acting(who).client.post(case.url("comment_delete", question=QUESTION, comment=comment.pk)).status_code

    assert delete("risk_officer", first) == 403
    reply = write(case, "risk_officer", "Yes.")
    assert delete("contributor", first) == 409
    assert delete("risk_officer", reply) == 302
    assert delete("contributor", first) == 302
    assert not Comment.objects.exists()
    assert not Thread.objects.exists()
    assert said(case) == "Contributor deleted their comment on kind of Chatbot"
    assert AuditEvent.objects.filter(action="comment.written").count() == 2
    assert delete("contributor", first) == 404


def test_a_thread_is_settled_and_reopens_with_the_next_comment(case: Case) -> None:
    with pytest.raises(Refused):
        commenting.resolve(actor=case.person, assessment=case.assessment, question=QUESTION)
    write(case, "contributor", "Is this so?", ask=case.person.email)
    settle = case.url("comments_settle", question=QUESTION)
    assert "asks you</span>" in case.page()
    page = case.client.post(settle, headers=HTMX).content.decode()
    assert "Settled by Risk officer" in page
    assert "asks you</span>" not in case.page()
    assert "settled" in case.page()
    case.client.post(settle, {"reopen": "1"})
    assert said(case) == "Risk officer reopened the comments on kind of Chatbot"
    case.client.post(settle)
    write(case, "contributor", "No, wait.")
    assert Thread.objects.get().resolved_at is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_what_cannot_be_kept_comes_back(case: Case, text: str) -> None:
    answer = case.client.post(thread(case), {"text": text})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Thread.objects.exists()


def test_unknown_questions_are_missing(case: Case) -> None:
    assert case.client.get(case.url("comments", question="no-such")).status_code == 404


def test_comments_are_read_only_once_it_is_decided(case: Case) -> None:
    write(case, "risk_officer", "Is this so?")
    case.close()
    write(case, "approver", "What does it rest on?")
    type(case.assessment).objects.update(status="approved")
    with pytest.raises(WrongStatus):
        write(case, "risk_officer", "Too late.")
    assert "<textarea" not in case.client.get(thread(case)).content.decode()


def test_who_comments_has_no_hand_in_the_record_and_it_holds_no_comment(cast: Cast) -> None:
    assessment = make_complete(cast)
    commenting.write(actor=cast.approver, assessment=assessment, question=first_use_case_question(assessment), text="Is this really so?")
    workflow.submit(actor=cast.risk_officer, assessment=assessment)
    snapshot = newest(assessment)
    assert "Is this really so?" not in str(content_of(snapshot))
    assert not Participation.objects.filter(snapshot=snapshot, person=cast.approver).exists()


def test_a_section_asks_as_many_queries_with_many_comments(case: Case) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            case.page()
        return len(asked)

    write(case, "contributor", "First.")
    one = queries()
    for n in range(30):
        write(case, "contributor" if n % 2 else "approver", f"More {n}.")
    assert queries() == one <= MOST_QUERIES
    with CaptureQueriesContext(connection) as asked:
        case.client.get(thread(case), headers=HTMX)
    assert len(asked) <= MOST_QUERIES

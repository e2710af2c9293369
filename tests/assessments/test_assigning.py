"""Who is asked for what, and that a contributor reads and answers no more than that, on every page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mailing import TASK, compose
from accounts.models import Membership, User
from assessments import answering, assigning, attaching, daily, offering
from assessments.errors import Refused, WrongStatus
from assessments.models import Assignment
from audit.models import AuditEvent
from audit.trail import erase_person, events_of
from jobs.models import Job
from tests.assessments.asking import Case
from tests.fixtures import soon, today

SECTION, DEMAND, MODEL = ("all", "one"), ("", "demand"), ("", "model_access")
MOST_QUERIES = 15


@pytest.fixture
def fresh(case: Case) -> Case:
    """The case, of which nobody is asked anything."""
    Assignment.objects.all().delete()
    return case


def another(case: Case, name: str = "Lea Lawyer", role: str = "contributor") -> User:
    person = User.objects.create_user(f"{name.split()[0].lower()}@meridian.example", "x", name=name)
    Membership.objects.create(user=person, organisation=case.cast.organisation, role=role)
    return person


def ask(case: Case, *places: tuple[str, str], person: User | None = None, days: int | None = 30, note: str = "") -> list[Assignment]:
    asked = person or case.cast.contributor
    due_on = None if days is None else today() + timedelta(days=days)
    return assigning.assign(actor=case.person, assessment=case.assessment, person=asked.email, places=places, due_on=due_on, note=note)


def mails(kind: str) -> list[Job]:
    return [job for job in Job.objects.filter(task=TASK).order_by("created_at") if job.args["kind"] == kind]


def said(case: Case) -> str:
    return events_of(case.cast.organisation.stream).last().sentence()


def test_a_request_is_called_the_same_on_every_page(fresh: Case) -> None:
    contributor = fresh.acting("contributor")
    (row,) = ask(fresh, SECTION)
    for days, word in ((14, "asked"), (3, "asked"), (2, "due"), (0, "due"), (-1, "late"), (None, "asked")):
        Assignment.objects.update(due_on=None if days is None else today() + timedelta(days=days))
        for reader, url in (
            (contributor, fresh.url("detail")), (contributor, fresh.section_url), (fresh, fresh.url("assignments")),
            (fresh, fresh.url("assignment", assignment=row.pk)),
        ):  # fmt: skip
            assert tags(reader.client.get(url).content.decode()) == [word], (days, url)


def tags(page: str) -> list[str]:
    """What is said of requests, in the order of the page."""
    return re.findall(r"</svg>(asked|due|late|overdue|done|no day set)</span>", page)


def test_asking_from_the_page_tells_the_person_once_and_the_trail(fresh: Case) -> None:
    form = {
        "places": ["all/one", "/demand"],
        "person": fresh.cast.contributor.email,
        "due_on": soon().isoformat(),
        "note": "Ask the vendor.",
    }
    answer = fresh.client.post(fresh.url("assignments"), form, follow=True)
    page = answer.content.decode()
    assert "Contributor is asked for 2 parts." in page
    assert "2 of" in page
    assert {row.place for row in Assignment.objects.filter(person=fresh.cast.contributor, due_on=soon())} == {SECTION, DEMAND}
    (job,) = mails("request_to_answer")
    told = compose("request_to_answer", fresh.cast.contributor, fresh.cast.organisation, job.args["context"], job.pk)
    assert "All: One" in told.body
    assert "Demand" in told.body
    assert "Ask the vendor." in told.body
    assert "Ask the vendor." in str(told.alternatives[0][0])
    assert said(fresh) == "Risk officer asked Contributor to answer all/one, figures/demand of Chatbot"
    event = AuditEvent.objects.filter(action="section.assigned").get()
    assert b"Ask the vendor" not in bytes(event.canonical), "free text stands in the trail as a digest"
    assert b"Contributor" not in bytes(event.canonical)


def test_the_way_to_the_form_stays_beside_the_parts(fresh: Case) -> None:
    page = fresh.client.get(fresh.url("assignments")).content.decode()
    assert page.index('name="places"') < page.index('href="#assign-form"') < page.index('id="assign-form"')


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"person": ""}, "Choose a contributor or risk officer"),
        ({"person": "approver@meridian-bank.example"}, "Choose a contributor or risk officer"),
        ({"due_on": "2001-01-01"}, "That day is over already."),
        ({"due_on": "soon"}, "Write the day as year-month-day"),
        ({"places": []}, "Choose at least one part."),
        ({"places": ["all/nowhere"]}, "is no part of this assessment"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(fresh: Case, wrong: dict[str, Any], message: str) -> None:
    form = {"places": ["all/one"], "person": fresh.cast.contributor.email, "due_on": "", "note": "Keep me."} | wrong
    answer = fresh.client.post(fresh.url("assignments"), form)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert "Keep me." in answer.content.decode()
    assert not Assignment.objects.exists()


def test_a_contributor_reads_and_answers_what_is_assigned_and_nothing_else(fresh: Case) -> None:
    theirs = fresh.acting("contributor")
    assert theirs.client.get(fresh.url("detail")).status_code == 404, "nothing of it concerns them yet"
    ask(fresh, DEMAND)
    section = fresh.section_url
    assert theirs.client.get(fresh.url("detail")).status_code == 200
    assert theirs.client.get(fresh.url("demand")).status_code == 200
    for name, more in (("use_case", {}), ("options", {})):
        assert theirs.client.get(fresh.url(name, **more)).status_code == 200, "what the questions are about"
    for address in (
        section,
        fresh.url("costs", category="model_access"),
        *(fresh.url(n) for n in ("result", "check", "weights", "trace", "what_if")),
    ):
        assert theirs.client.get(address).status_code == 403, address
    assert theirs.save("kind", value="inside").status_code == 403
    assert theirs.save("kind", value="inside", htmx=False).status_code == 403
    assert theirs.client.post(section, {"revision:kind@": "0", "value:kind@": "inside"}).status_code == 403
    assert theirs.save_figure("model_access", "input_price_per_million", "vendor", likely="2").status_code == 403
    assert theirs.save_figure("demand", "horizon_months", likely="24").status_code == 200
    assert fresh.answer("kind") is None
    spine = theirs.client.get(fresh.url("demand")).content.decode()
    assert section not in spine
    assert fresh.url("result") not in spine
    assert f'href="{fresh.url("assignments")}"' not in spine


def test_who_answers_what_stands_in_the_spine_of_whoever_reads_it_all(fresh: Case) -> None:
    asked = ask(fresh, DEMAND)
    here = f'<a href="{fresh.url("assignments")}" aria-current="page">'
    reader = fresh.acting("approver")
    assert here.replace(' aria-current="page"', "") in reader.client.get(fresh.url("result")).content.decode()
    assert here in reader.client.get(fresh.url("assignments")).content.decode()
    changing = fresh.client.get(fresh.url("assignment", assignment=asked[0].pk)).content.decode()
    assert here in changing, "also while one of them is changed"


def test_the_services_refuse_too(fresh: Case) -> None:
    ask(fresh, DEMAND)
    who, case = fresh.cast.contributor, fresh.assessment
    file = SimpleUploadedFile("a.txt", b"Some text\n")
    for act in (
        lambda: answering.response_save(actor=who, assessment=case, question_id="kind", value="inside"),
        lambda: answering.figure_save(actor=who, assessment=case, option=fresh.vendor, category="model_access", key="", likely="0"),
        lambda: attaching.evidence_attach(actor=who, assessment=case, question_id="kind", option=None, upload=file),
        lambda: offering.take_over(actor=who, assessment=case, question_id="kind", option=None),
    ):
        with pytest.raises(PermissionDenied):
            act()
    kept = attaching.evidence_attach(
        actor=fresh.person, assessment=case, question_id="kind", option=None, upload=SimpleUploadedFile("b.txt", b"More text\n")
    )
    for act in (lambda: attaching.evidence_remove(actor=who, evidence=kept), lambda: attaching.evidence_open(actor=who, evidence=kept)):
        with pytest.raises(PermissionDenied):
            act()
    ask(fresh, SECTION)
    attaching.evidence_open(actor=who, evidence=kept).close()
    answering.response_save(actor=who, assessment=case, question_id="kind", value="inside")


def test_who_holds_another_role_reads_all_and_answers_what_is_assigned(fresh: Case) -> None:
    Membership.objects.create(user=fresh.cast.approver, organisation=fresh.cast.organisation, role="contributor")
    both = fresh.acting("approver")
    page = both.page()
    assert "it isn&#x27;t assigned to you" in page
    assert 'name="value:kind@"' not in page
    assert both.save("kind", value="inside").status_code == 403
    ask(fresh, SECTION, person=fresh.cast.approver)
    assert 'name="value:kind@"' in both.page()
    assert both.save("kind", value="inside").status_code == 200


def test_passing_on_moves_the_right_with_it(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    lea = another(fresh)
    form = {"person": lea.email, "due_on": "", "note": "Yours now."}
    assert fresh.client.post(fresh.url("assignment", assignment=row.pk), form).status_code == 302
    row.refresh_from_db()
    assert (row.person, row.due_on, row.note) == (lea, None, "Yours now.")
    assert said(fresh) == "Risk officer passed all/one of Chatbot on from Contributor to Lea Lawyer"
    assert [job.args["person"] for job in mails("request_to_answer")] == [str(fresh.cast.contributor.uuid), str(lea.uuid)]
    assert fresh.acting("contributor").client.get(fresh.section_url).status_code == 404
    ask(fresh, SECTION)
    answer = fresh.client.post(fresh.url("assignment", assignment=row.pk), {"person": fresh.cast.contributor.email})
    assert "is asked for this part already" in answer.content.decode()


def test_withdrawing_keeps_the_answers(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    fresh.acting("contributor").save("kind", value="inside")
    fresh.client.post(fresh.url("assignment", assignment=row.pk), {"withdraw": "1"})
    assert not Assignment.objects.exists()
    assert fresh.answer("kind") is not None
    assert said(fresh) == "Risk officer asks Contributor no more to answer all/one of Chatbot"
    again = fresh.client.post(fresh.url("assignment", assignment=row.pk), {"withdraw": "1"})
    assert again.status_code == 404


def test_being_through_is_the_persons_own_word_and_can_be_taken_back(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    theirs = fresh.acting("contributor")
    assert "I am through with this" in theirs.page()
    assert fresh.client.post(fresh.url("assignment_done", assignment=row.pk)).status_code == 403
    theirs.client.post(fresh.url("assignment_done", assignment=row.pk))
    assert said(fresh) == "Contributor is through with all/one of Chatbot"
    count = AuditEvent.objects.count()
    theirs.client.post(fresh.url("assignment_done", assignment=row.pk))
    assert AuditEvent.objects.count() == count, "saying it twice changes nothing"
    assert "Not through yet" in theirs.page()
    theirs.client.post(fresh.url("assignment_done", assignment=row.pk), {"undo": "1", "next": "https://elsewhere.example/"})
    row.refresh_from_db()
    assert row.done_at is None
    answer = theirs.client.post(fresh.url("assignment_done", assignment=row.pk), {"next": "https://elsewhere.example/"})
    assert answer["Location"] == fresh.section_url


def test_asking_again_opens_what_was_done(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    assigning.mark_done(actor=fresh.cast.contributor, assignment=row)
    (again,) = ask(fresh, SECTION, days=None)
    assert again.pk == row.pk
    assert (again.done_at, again.due_on) == (None, None)


def test_a_closed_assessment_keeps_its_assignments_as_they_are(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    fresh.close()
    for act in (
        lambda: ask(fresh, DEMAND),
        lambda: assigning.withdraw(actor=fresh.person, assignment=row),
        lambda: assigning.mark_done(actor=fresh.cast.contributor, assignment=row),
    ):
        with pytest.raises(WrongStatus):
            act()
    assert "Not answered yet" in fresh.acting("contributor").page(), "what was theirs to answer is theirs to read"


def test_reminders_come_before_the_day_and_after_it_once_a_day(fresh: Case) -> None:
    ask(fresh, SECTION, DEMAND)
    ask(fresh, MODEL, days=None)

    def asked_for(day: date) -> int:
        return daily.run(day).get("answers", 0)

    assert [asked_for(soon() - timedelta(days=n)) for n in (10, 4, 3, 2, 1, 0)] == [0, 0, 2, 0, 2, 2]
    assert asked_for(soon() + timedelta(days=1)) == 2
    asked_for(soon() + timedelta(days=1))
    jobs = mails("answers_due")
    assert len(jobs) == 4, "one mail a day for both, whoever often it is run"
    told = compose("answers_due", fresh.cast.contributor, fresh.cast.organisation, jobs[-1].args["context"], jobs[-1].pk)
    assert told.subject.startswith("Answers overdue since")
    assert "All: One" in told.body
    for row in Assignment.objects.all():
        assigning.mark_done(actor=fresh.cast.contributor, assignment=row)
    assert asked_for(soon() + timedelta(days=2)) == 0
    assert mail.outbox == [], "sent by a worker alone"


def test_names_in_its_events_can_be_erased(fresh: Case) -> None:
    (row,) = ask(fresh, SECTION)
    lea = another(fresh)
    assigning.assignment_change(actor=fresh.person, assignment=row, person=lea.email)
    # Outside the test's transaction there would be none, so the check of that is left to tests/audit/test_erasing.py.
    assert erase_person(fresh.cast.contributor.reference) == 2
    sentences = [event.sentence() for event in events_of(fresh.cast.organisation.stream)]
    assert not any("Contributor" in sentence for sentence in sentences)
    assert any("Lea Lawyer" in sentence for sentence in sentences)


def test_pages_ask_few_queries_whatever_is_assigned(fresh: Case) -> None:
    def queries(case: Case, address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert case.client.get(address).status_code == 200
        return len(asked)

    ask(fresh, SECTION)
    theirs = fresh.acting("contributor")
    pages = [(fresh, fresh.url("assignments")), (theirs, fresh.url("detail")), (fresh, fresh.section_url), (theirs, fresh.section_url)]
    before = [queries(*page) for page in pages]
    ask(fresh, *assigning.places_in(fresh.assessment))
    for n in range(8):
        ask(fresh, *assigning.places_in(fresh.assessment), person=another(fresh, f"P{n} Person"))
    assert [queries(*page) for page in pages] == before
    assert max(before) <= MOST_QUERIES


def test_no_part_is_refused_by_the_database_for_being_nameless(fresh: Case) -> None:
    with pytest.raises(Refused):
        ask(fresh, ("", ""))

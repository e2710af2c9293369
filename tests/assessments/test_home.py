"""The page that a person begins with: what waits, what is at risk, what changed; and the first run."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.formats import short_day
from accounts.models import Membership
from assessments import commenting, editing, workflow
from assessments.delegating import delegate
from assessments.models import Assessment, Assignment, Standing
from assessments.setting_policy import policy_set
from assessments.workflow import Asking
from tests.assessments.acting import PolicyModel, Rule
from tests.assessments.asking import Case
from tests.assessments.test_assigning import ask
from tests.fixtures import SIGNING, Cast, make_submitted, more_approvers, newest, sign, today
from tests.portfolio.making import add

MOST_QUERIES = 15
ROLES = ("risk_officer", "contributor", "approver", "auditor", "administrator")
HOME = reverse("assessments:home", kwargs={"org": "meridian-bank"})
KIND = "answered “Question kind?”"  # the title of a question that is named by its id in the trail


def home(cast: Cast, who: str) -> str:
    client = Client()
    client.force_login(cast[who])
    response = client.get(HOME)
    assert response.status_code == 200
    return response.content.decode()


def waiting(page: str) -> str:
    """The part of the page that tells what waits."""
    return page.partition('id="waiting-title"')[2].partition("</section>")[0]


def at_risk(page: str) -> str:
    return page.partition('id="risk-title"')[2].partition("</section>")[0]


def test_an_empty_organisation_shows_the_risk_officer_how_to_begin(cast: Cast) -> None:
    page = home(cast, "risk_officer")
    for text in ("in three steps", reverse("assessments:create", args=["meridian-bank"]), "See it done on an example"):
        assert text in page
    for who in ("contributor", "approver", "auditor", "administrator"):
        assert "in three steps" not in home(cast, who)
        assert ("Add people and give them roles" if who == "administrator" else "you get a mail") in home(cast, who)


def test_the_example_is_a_draft_that_says_so_and_can_be_withdrawn(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.risk_officer)
    answer = client.post(reverse("assessments:example", args=["meridian-bank"]))
    made = Assessment.objects.get()
    assert answer["Location"] == reverse("assessments:detail", args=["meridian-bank", made.pk])
    assert (made.title, made.status, made.author) == ("Example: Chatbot for retail banking customers", "draft", cast.risk_officer)
    assert made.responses.filter(state="answered").count() > 50
    assert made.is_example, "no portfolio counts it"
    workflow.withdraw(actor=cast.risk_officer, assessment=made, reason="Seen.")
    assert "Example:" not in waiting(home(cast, "risk_officer"))


def test_the_introduction_is_put_away_for_good(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.approver)
    assert "How this works" in client.get(HOME).content.decode()
    assert client.post(reverse("accounts:guide_close"), {"next": HOME})["Location"] == HOME
    assert "How this works" not in client.get(HOME).content.decode()
    assert "How this works" in home(cast, "risk_officer"), "each person for themselves"
    assert client.post(reverse("accounts:guide_close"), {"next": "https://elsewhere.example/"})["Location"] == "/"


def test_drafts_and_returned_ones_wait_for_the_risk_officer(case: Case) -> None:
    assert "Your draft: finish it" in waiting(home(case.cast, "risk_officer"))
    Assessment.objects.update(status="returned")
    assert "Returned: read why and finish it" in waiting(home(case.cast, "risk_officer"))
    for who in ("auditor", "approver", "administrator"):
        assert "Nothing waits for you." in home(case.cast, who)


def test_parts_to_answer_wait_with_their_day_and_what_is_open(case: Case) -> None:
    Assignment.objects.all().delete()
    assert "Nothing waits for you." in home(case.cast, "contributor")
    (row,) = ask(case, ("all", "one"), days=5)
    told = waiting(home(case.cast, "contributor"))
    assert "Answer: All: One" in told
    assert "questions are open" in told
    assert case.section_url in told
    (row.questionnaire, row.section) = ("", "scaling")  # of each option a figure of it, and nothing more is open there
    row.save()
    for option in ("vendor", "own"):
        case.save_figure("scaling", "per_month", option, likely="5", revision="0")
    told = waiting(home(case.cast, "contributor"))
    assert "Confirm that you are through: " in told
    assert "nothing is open any more" in told
    (row.questionnaire, row.section) = ("all", "one")
    row.save()
    Assignment.objects.update(due_on=today() - timedelta(days=1))
    assert "todo-late" in waiting(home(case.cast, "contributor"))
    assert "Contributor is late with 1 part" in at_risk(home(case.cast, "risk_officer"))
    assert "late with" not in home(case.cast, "approver"), "who answers is the risk officer's to look after"
    Assignment.objects.update(done_at=timezone.now())
    assert "Nothing waits for you." in home(case.cast, "contributor")
    assert row.place == ("all", "one")


def test_a_question_to_a_colleague_waits_until_they_reply(case: Case) -> None:
    common = {"assessment": case.assessment, "question": "kind"}
    commenting.write(actor=case.person, text="Which?", ask=case.cast.contributor.email, **common)
    assert "Risk officer asks you" in waiting(home(case.cast, "contributor"))
    assert case.url("comments", question="kind") in home(case.cast, "contributor")
    commenting.write(actor=case.cast.contributor, text="This one.", **common)
    assert "Risk officer asks you" not in home(case.cast, "contributor")


def test_records_wait_for_the_approver_until_a_verdict_and_again_after_a_return(cast: Cast) -> None:
    assessment = make_submitted(cast)
    assert "Read the record and sign it" in waiting(home(cast, "approver"))
    snapshot = newest(assessment)
    workflow.return_(actor=cast.approver, assessment=assessment, digest=snapshot.digest, reason="Ask legal first.", signing=SIGNING)
    assert "Read the record and sign it" not in home(cast, "approver")
    workflow.submit(actor=cast.risk_officer, assessment=assessment)
    assert "Read the record and sign it" in waiting(home(cast, "approver"))
    condition = Asking("Set up a rota.", cast.contributor.email, today() + timedelta(days=3))
    record = sign(cast, assessment, condition)
    assert "Read the record and sign it" not in home(cast, "approver")
    told = waiting(home(cast, "contributor"))
    assert "Meet your condition" in told
    assert "Set up a rota." in told
    changed = home(cast, "administrator").partition('id="changed-title"')[2]
    assert "Approver signed" in changed
    assert record.outcome == "approved"


@pytest.mark.databases
def test_a_seat_of_somebody_who_is_away_waits_for_the_one_who_stands_in(cast: Cast) -> None:
    second, third = more_approvers(cast, "second_approver", "third_approver")
    seated(cast, second.email)
    make_submitted(cast)

    def told(person: Any) -> str:
        client = Client()
        client.force_login(person)
        return waiting(client.get(HOME).content.decode())

    assert "Read the record and sign it" in told(second)
    assert "Read the record" not in told(third)
    delegate(
        actor=second, organisation=cast.organisation, of=second, to=third, starts_on=today(), ends_on=today() + timedelta(days=3), reason="Leave."
    )  # fmt: skip
    assert "Read the record and sign it in the seat of Second approver" in told(third)


def seated(cast: Cast, email: str) -> None:
    """Records are signed by the person with this address."""
    text = PolicyModel((Rule(("second",), 1),)).text({"second": email})
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="As agreed.")


@pytest.mark.databases
def test_what_is_overdue_or_lapsed_is_at_risk(cast: Cast) -> None:
    assessment = make_submitted(cast)
    sign(cast, assessment, Asking("Set up a rota.", cast.contributor.email, today()))
    Assessment.objects.update(review_on=today() + timedelta(days=20))
    assert "Review the decision" in waiting(home(cast, "risk_officer"))
    workflow.expire(assessment=assessment, today=today() + timedelta(days=20))
    assert "past its review date" in at_risk(home(cast, "approver"))
    assert "Start the next assessment" in waiting(home(cast, "risk_officer"))
    assert "review date" not in home(cast, "contributor")


def test_an_administrator_sees_who_has_no_second_factor_first(cast: Cast) -> None:
    page = home(cast, "administrator")
    assert "5 people have no second factor" in at_risk(page)
    assert page.index("risk-title") < page.index("waiting-title")
    assert "second factor" not in home(cast, "approver")


def test_what_changed_is_told_as_far_as_one_reads(case: Case) -> None:
    Assignment.objects.all().delete()
    ask(case, ("", "demand"))
    editing.weights_set(actor=case.person, assessment=case.assessment, weights={"service": "2", "control": "1"})
    case.save("kind", value="inside")
    case.save_figure("demand", "horizon_months", likely="24")
    commenting.write(actor=case.person, assessment=case.assessment, question="kind", text="Well?")
    theirs = home(case.cast, "contributor").partition('id="changed-title"')[2]
    for told, read in (
        ("asked Contributor to answer", True),
        ("“Demand: Horizon”", True),
        ("weights", False),
        (KIND, False),
        ("commented", False),
    ):
        assert (told in theirs) == read, told
    audited = home(case.cast, "auditor").partition('id="changed-title"')[2]
    for told in ("“Demand: Horizon”", "weights", KIND, "commented"):
        assert told in audited
    assert case.url("comments", question="kind") in audited, "what is said leads to where it is said"
    assert "weights" not in home(case.cast, "risk_officer").partition('id="changed-title"')[2], "one's own changes are no news"


def test_runs_of_the_same_are_one_line(case: Case) -> None:
    for n in range(5):
        case.save("uptime", "vendor", value=str(99 - n), revision=str(n))
    assert "and 4 more like it" in home(case.cast, "auditor")


def test_changes_stand_by_assessment_and_say_what_is_new_since_the_last_visit(case: Case) -> None:
    other = editing.assessment_create(
        actor=case.person, organisation=case.cast.organisation, title="Claims", name="Claims", purpose="Pays.", archetype="documents"
    )  # fmt: skip
    case.save("kind", value="inside")
    first = home(case.cast, "auditor").partition('id="changed-title"')[2]
    assert "since you were last here" not in first, "who was never here knows of nothing"
    assert first.index(case.assessment.title) < first.index("Claims"), "what changed last comes first"

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        editing.weights_set(actor=case.person, assessment=other, weights={"service": "2", "control": "1"})
        then = home(case.cast, "auditor").partition('id="changed-title"')[2]
        assert "1 is new since you were last here, on" in then
        assert then.count('class="change-new"') == 1
        assert then.index("Claims") < then.index("weights") < then.index(case.assessment.title)

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert "Nothing new since you were last here, on" in home(case.cast, "auditor")


def test_what_has_no_room_is_found_in_the_trail_of_its_assessment(case: Case) -> None:
    for n in range(12):  # turn about, so that they are no run
        case.save("uptime", "vendor", value=str(99 - n), revision=str(n))
        case.save_figure("demand", "horizon_months", likely=str(24 + n), revision=str(n))
    page = home(case.cast, "auditor")
    trail = reverse("reports:assessment_trail", args=["meridian-bank", case.assessment.pk])
    assert re.search(rf'<a href="{trail}">\d+ more<', page)


def test_an_outsider_gets_nothing_and_other_organisations_stay_out(case: Case) -> None:
    client = Client()
    client.force_login(case.cast.outsider)
    assert client.get(HOME).status_code == 404
    editing.assessment_create(
        actor=case.cast.outsider, organisation=case.cast.elsewhere, title="Secret claims", name="Claims", purpose="Pays.", archetype="documents"
    )  # fmt: skip
    for who in ("risk_officer", "administrator", "auditor"):
        assert "Secret claims" not in home(case.cast, who)


def test_bookmarked_searches_of_the_list_still_work(case: Case) -> None:
    answer = case.client.get(HOME, {"q": "chat", "status": "draft"})
    assert answer["Location"] == reverse("assessments:list", args=["meridian-bank"]) + "?q=chat&status=draft"


@pytest.mark.databases
def test_it_asks_few_queries_whatever_waits(case: Case) -> None:
    cast, person = case.cast, case.person
    for role in ("approver", "contributor", "administrator"):
        Membership.objects.create(user=person, organisation=cast.organisation, role=role)
    ask(case, ("all", "one"), person=person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert case.client.get(HOME).status_code == 200
        return len(asked)

    few = queries()
    for n in range(10):
        made = editing.assessment_create(
            actor=cast.risk_officer, organisation=cast.organisation, title=f"Case {n}", name=f"Case {n}", purpose="To test.", archetype="documents"
        )  # fmt: skip
        another = Case(cast, made, case.vendor, case.own, case.client, person)
        ask(another, ("all", "one"), ("", "demand"), person=person, days=9_999)
        ask(another, ("all", "one"))
        commenting.write(actor=cast.contributor, assessment=made, question="kind", text="Well?", ask=person.email)
    Assignment.objects.filter(person=cast.contributor).update(due_on=today() - timedelta(days=2))
    add(cast, *({"title": f"Grave {n}"} for n in range(10)), duties=[(today() + timedelta(days=9), "dora", "gap")])
    assert queries() <= MOST_QUERIES
    assert few <= MOST_QUERIES


def test_it_tells_what_is_at_risk_in_the_portfolio(cast: Cast) -> None:
    near, portfolio = today() + timedelta(days=12), reverse("assessments:portfolio", args=["meridian-bank"])
    add(
        cast, {"title": "Grave"}, {"title": "Graver", "residual": "critical"}, {"title": "Proposed", "status": "in_review"},
        *({"title": f"Fine {n}", "residual": "medium"} for n in range(3)),
        duties=[(near, "data-act", "gap"), (near, "dora", "met"), (today(), "gdpr", "gap"), (today() + timedelta(days=31), "nis2", "gap")],
    )  # fmt: skip
    for who in ("risk_officer", "approver", "auditor", "administrator"):
        told = at_risk(home(cast, who))
        text = " ".join(re.sub(r"<[^>]*>", " ", told).split())
        assert "Concentration per provider is above its limit Herfindahl–Hirschman index 10,000; high from 1,800" in text
        assert "Concentration per model is above its limit" in text
        assert "2 chosen options have a high or critical residual risk" in text
        assert f"18 obligations with a gap begin to apply Data Act by {short_day(near)}" in text
        assert text.count("begin to apply") == 1
        assert f"{portfolio}?state=approved&amp;risk=high" in told
        assert f"{portfolio}charts/providers/" in told
        assert f"{portfolio}charts/obligations/" in told
    assert "Concentration" not in home(cast, "contributor")


def test_a_portfolio_within_its_limits_is_no_risk(cast: Cast) -> None:
    add(cast, *({"title": f"Case {n}", "provider": f"P{n}", "model": f"M{n}", "residual": "low"} for n in range(9)), duties=())
    assert "nothing in the portfolio is above a limit" in at_risk(home(cast, "auditor"))


def test_few_use_cases_are_not_warned_of_what_they_cannot_help(cast: Cast) -> None:
    add(cast, *({"title": f"Case {n}", "residual": "low"} for n in range(5)), duties=())
    assert "Concentration" not in home(cast, "auditor")
    add(cast, {"title": "One more", "residual": "low"}, duties=())
    assert "Concentration per provider is above its limit" in at_risk(home(cast, "auditor"))


def test_holders_that_are_not_named_are_not_taken_for_one(cast: Cast) -> None:
    nobody = {"provider": "", "model": "", "residual": "low"}
    add(cast, *({"title": f"Case {n}", **nobody} for n in range(9)), duties=())
    assert "Concentration" not in home(cast, "auditor")


def test_concentration_is_not_judged_by_what_is_left_while_others_are_worked_out(cast: Cast) -> None:
    made = add(cast, *({"title": f"Case {n}", "residual": "low"} for n in range(9)), duties=())
    Standing.objects.filter(pk=made[0].pk).update(of_change=None)
    told = at_risk(home(cast, "auditor"))
    assert "is above its limit" not in told
    assert "The figures of 1 assessment are being worked out" in told
    # What can't be worked out stays so, and the rest is judged without it.
    Standing.objects.filter(pk=made[0].pk).update(of_change=made[0].updated_at, problem="Its release is gone.")
    told = at_risk(home(cast, "auditor"))
    assert "Concentration per provider is above its limit" in told
    assert "being worked out" not in told


def test_what_the_portfolio_shows_is_told_however_much_is_overdue(case: Case) -> None:
    add(case.cast, {"title": "Grave"})
    for n in range(14):
        made = editing.assessment_create(
            actor=case.person, organisation=case.cast.organisation, title=f"Case {n}", name=f"Case {n}", purpose="To test.", archetype="documents"
        )  # fmt: skip
        ask(Case(case.cast, made, case.vendor, case.own, case.client, case.person), ("all", "one"))
    Assignment.objects.update(due_on=today() - timedelta(days=2))
    page = home(case.cast, "risk_officer")
    assert "1 chosen option has a high or critical residual risk" in page
    assert "and 5 more" in at_risk(page)


def test_the_introduction_has_a_line_for_every_role(cast: Cast) -> None:
    told = {who: home(cast, who).partition('class="guide"')[2].partition("</section>")[0].count("<li>") for who in ROLES}
    assert min(told.values()) >= 3, told

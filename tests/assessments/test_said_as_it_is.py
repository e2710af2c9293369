"""What pages say of what stands in the way, of what is proposed, and of what others still owe, is true of the case at hand."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role
from assessments import assigning, commenting, editing, registering, workflow
from assessments.evaluation import evaluate_assessment, release_of
from assessments.models import Assessment
from tests.assessments.playing import Reader, html, words
from tests.fixtures import Cast, make_complete, make_draft, more_approvers, read_all, sign, today


def with_two_options(cast: Cast) -> Assessment:
    draft = make_draft(cast)
    for name in ("One", "Two"):
        editing.option_add(actor=cast.risk_officer, assessment=draft, name=name, sourcing="closed_api")
    return draft


def test_without_approvers_nobody_is_said_to_have_answered(cast: Cast) -> None:
    case = make_complete(cast)
    Membership.objects.filter(role=Role.APPROVER, organisation=cast.organisation).delete()
    page = words(Reader(cast.risk_officer, case).get("check"))
    assert "nobody is an approver yet" in page
    assert "every approver wrote or answered" not in page


def test_where_nothing_is_recommended_no_other_option_is(cast: Cast) -> None:
    draft = with_two_options(cast)
    officer = Reader(cast.risk_officer, draft)
    saved = words(officer.client.post(officer.url("propose"), {"option": "one", "reason": ""}, follow=True))
    assert "The proposal is saved. Before it can be submitted it needs a reason" in saved
    assert "Give the reason: nothing is recommended." in saved
    assert "the recommended option is another one" not in saved
    assert "can't be told yet" in saved
    assert "not admissible" not in saved
    assert "Too early to tell" in words(officer.get("what_if"))
    assert "No option is admissible" not in words(officer.get("what_if"))


def test_a_proposal_other_than_the_recommended_needs_a_reason_and_says_so_once(cast: Cast) -> None:
    case = make_complete(cast)
    officer = Reader(cast.risk_officer, case)
    other = case.options.exclude(pk=case.proposed_option_id).first()
    assert other is not None
    said = words(officer.client.post(officer.url("propose"), {"option": other.key, "reason": ""}, follow=True))
    assert "The proposal is saved. Before it can be submitted it needs a reason, since it isn't the recommended option." in said
    assert "The proposal is saved." in words(
        officer.client.post(officer.url("propose"), {"option": other.key, "reason": "It is ours."}, follow=True)
    )


def test_what_is_still_out_is_told_before_submitting_and_closed_after_it(cast: Cast) -> None:
    case = make_complete(cast)
    case.assignments.all().delete()
    officer = Reader(cast.risk_officer, case)
    assert "isn't through with it" not in words(officer.get("check"))
    assigning.assign(
        actor=cast.risk_officer, assessment=case, person=cast.contributor.email, places=[("liability", "exposure")],
        due_on=today() + timedelta(days=14), note="",
    )  # fmt: skip
    about = "liability.customer-facing"
    commenting.write(actor=cast.risk_officer, assessment=case, question=about, text="Is the cap yearly?", ask=cast.contributor.email)
    page = officer.get("check")
    assert "1 part is asked of somebody who isn't through with it." in words(page)
    assert "The comments on 1 question ask a colleague something" in words(page)
    assert officer.url("assignments") in html(page)
    assert reverse("assessments:comments", args=[case.organisation.slug, case.pk, about]) in html(page)
    workflow.submit(actor=cast.risk_officer, assessment=case)
    colleague = words(Reader(cast.contributor, case).get("detail"))
    assert "Nothing is to be answered now." in colleague
    assert ", by " not in colleague.partition("What you are asked for")[2].partition("You read the use case")[0]


def test_who_reads_parts_alone_is_not_told_that_there_are_no_findings(cast: Cast) -> None:
    case = make_complete(cast)
    page = words(Reader(cast.contributor, case).get("findings"))
    assert "None that you see to. You read those alone." in page
    assert "Neither a blocker nor a finding." not in page


def test_the_administrator_of_an_empty_organisation_is_told_how_to_begin(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.administrator)
    page = words(client.get(reverse("assessments:home", args=[cast.organisation.slug])))
    assert "it takes a risk officer, who writes it, and an approver, who signs it" in page


def test_the_author_s_day_of_an_acceptance_is_kept_and_its_treatment_shown(cast: Cast) -> None:
    case = make_complete(cast)
    option = case.proposed_option
    assert option is not None
    entry = next(e for e in registering_entries(case) if e["option"] == option.key and not e["blocker"] and e["inherent"] == "medium")
    day = timezone.now().date() + timedelta(days=40)
    registering.treat(
        actor=cast.risk_officer, assessment=case, option=option, finding=entry["finding"], treatment="accept", plan="Small, and watched.",
        owner=cast.risk_officer.email, due_on=day,
    )  # fmt: skip
    workflow.submit(actor=cast.risk_officer, assessment=case)
    read_all(cast.approver, case)
    page = Reader(cast.approver, case).get("sign")
    assert f'value="{day.isoformat()}"' in html(page)
    assert "Small, and watched." in words(page)
    assert "No treatment: it keeps its severity." not in words(page).partition("What you would accept")[2].partition("Under conditions")[0]


def registering_entries(case: Assessment) -> list:
    return registering.register_of(case, release_of(case), evaluate_assessment(case).as_dict(), files=False)


def test_what_was_accepted_names_the_finding(cast: Cast) -> None:
    case = make_complete(cast)
    option = case.proposed_option
    assert option is not None
    entry = next(e for e in registering_entries(case) if e["option"] == option.key)
    registering.treat(
        actor=cast.risk_officer, assessment=case, option=option, finding=entry["finding"], treatment="accept", plan="Small, and watched."
    )
    workflow.submit(actor=cast.risk_officer, assessment=case)
    sign(cast, case)
    accepted = words(Reader(cast.auditor, case).get("record")).partition("What was accepted")[2]
    assert accepted.strip().startswith(entry["title"])


def test_standing_in_that_can_not_take_effect_says_so(cast: Cast) -> None:
    (second,) = more_approvers(cast, "second_approver")
    client = Client()
    client.force_login(cast.approver)
    rules = reverse("assessments:signing_rules", args=[cast.organisation.slug])
    given = {"to": str(second.pk), "starts_on": today().isoformat(), "ends_on": today().isoformat(), "reason": "Leave."}
    said = words(client.post(reverse("assessments:delegate", args=[cast.organisation.slug]), given, follow=True))
    assert f"No stage asks {cast.approver.name} by name at present." in said
    Membership.objects.filter(user=second).delete()
    assert f"Without effect: {second.name} is no approver any more" in words(client.get(rules))

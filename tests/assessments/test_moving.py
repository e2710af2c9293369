"""A newer release of the catalogue: what it would change for an assessment, and moving a draft to it; a signed one stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from assessments import answering, editing, moving
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import evaluate_assessment
from assessments.models import Assessment
from assessments.scoring import facts
from assessments.scoring.carry import misfit
from audit.trail import events_of
from compliance.catalogue.index import index
from compliance.catalogue.law import ClassRule, DatedChange, Obligation
from compliance.catalogue.model import Question, Release
from compliance.releases import by_name
from tests.assessments.asking import Case
from tests.assessments.offered import HELD, OWN, Publish, asking
from tests.fixtures import Cast, make_approved
from tests.scoring.conftest import HIGH, QUESTIONS, choices, question, weights

LATER = question("exit", "use_case", choices=choices(yes=None, no=None))


def duty(id_: str, applies_from: date = date(2026, 8, 2), text: str = "It is to be done.", met: str = "yes") -> Obligation:
    return Obligation(
        id=id_, instrument="gdpr", reference=f"Art. {id_}", role="anyone", title=f"Duty {id_}", text=text, when="true", shown_by=("practice",),
        dates=(DatedChange(date(2024, 8, 1), applies_from, "The Act", ("s",)),), met_when=f'practice == "{met}"',
    )  # fmt: skip


def high_risk(*references: str) -> tuple[ClassRule, ...]:
    dates = (DatedChange(date(2024, 8, 1), date(2027, 12, 2), "The Act", ("s",)),)
    conditions = {"Annex III(4)(a)": HIGH, "Annex III(5)(b)": 'kind == "outside"'}
    return tuple(ClassRule("high", r, conditions[r], ("roles", "kind"), "A listed purpose", dates) for r in references)


FIRST: dict[str, Any] = {
    "obligations": (duty("1"), duty("2"), duty("3"), duty("4"), duty("5")), "class_rules": high_risk("Annex III(4)(a)"),
}  # fmt: skip
SECOND: dict[str, Any] = {
    "version": 2,
    "obligations": (duty("1"), duty("3", date(2027, 8, 2)), duty("4", text="It is to be done at once."), duty("5", met="no"), duty("6")),
    "class_rules": high_risk("Annex III(4)(a)", "Annex III(5)(b)"),
    "questionnaires": asking(
        *(replace(q, choices=choices(full=1, none=0)) if q.id == "sla" else q for q in (*QUESTIONS, *OWN, HELD) if q.id != "audit"), LATER
    ),
}


@pytest.fixture
def first(publish: Publish) -> Release:
    return publish(**FIRST)


@pytest.fixture
def answered(first: Release, acme: Case) -> Case:
    """A draft on the first release with answers of both kinds, some of which the second doesn't take."""
    given = {
        None: {"kind": "outside", "roles": ["deployer"], "critical": "yes", "practice": "no"},
        acme.vendor: {"sla": "part", "failover": "yes", "audit": "yes"},
        acme.own: {"sla": "full", "remark": "Ours."},
    }
    for option, answers in given.items():
        for id_, value in answers.items():
            answering.response_save(
                actor=acme.cast.contributor, assessment=acme.assessment, question_id=id_, option=option, value=value, note="Seen."
            )
    return acme


def moved(case: Case, release: Release, who: str = "risk_officer") -> Any:
    lost = moving.move(actor=case.cast[who], assessment=case.assessment, release=release)
    case.assessment.refresh_from_db()
    return lost


def stored(case: Case) -> dict[tuple[str | None, str], tuple[str, Any, int]]:
    rows = case.assessment.responses.select_related("option")
    return {(r.option.key if r.option else None, r.question): (r.state, r.value, r.revision) for r in rows}


# Which release is newer


def test_the_newest_release_of_the_same_catalogue_is_named_where_it_is_newer(acme: Case, publish: Publish) -> None:
    assert moving.newer_release(acme.assessment) is None
    publish(key="another-one", version=9)
    assert moving.newer_release(acme.assessment) is None
    publish(version=2)
    third = publish(version=3)
    assert moving.newer_release(acme.assessment) == third
    Assessment.objects.filter(pk=acme.assessment.pk).update(catalogue="gone@1")
    acme.assessment.refresh_from_db()
    assert moving.newer_release(acme.assessment) is None


# What it would change


def test_nothing_changes_where_only_the_number_does(answered: Case, publish: Publish) -> None:
    effect = moving.effect_of(answered.assessment, publish(**FIRST | {"version": 2}))
    assert effect.release == "open-or-closed@2"
    assert effect.nothing
    assert [option.changed for option in effect.options] == [False, False]


def test_the_effect_names_class_obligations_scores_questions_and_lost_answers(answered: Case, publish: Publish) -> None:
    effect = moving.effect_of(answered.assessment, publish(**SECOND))
    assert effect.risk_class == ("minimal", "high")
    assert list(effect.obligations) == [
        ("applies from 2027-08-02 rather than 2026-08-02", "GDPR Art. 3", "Duty 3"), ("reworded", "GDPR Art. 4", "Duty 4"),
        ("met rather than gap", "GDPR Art. 5", "Duty 5"), ("new", "GDPR Art. 6", "Duty 6"), ("gone", "GDPR Art. 2", "Duty 2"),
    ]  # fmt: skip
    vendor, own = effect.options
    assert (vendor.id, vendor.name, vendor.changed) == ("vendor", "Vendor", True)
    assert Decimal(vendor.score[1]) < Decimal(vendor.score[0]), "the better answer to the service level is lost"
    assert own.id == "own"
    assert effect.questions == ("sla", "exit")
    assert {(one.question, one.option, one.reason) for one in effect.lost} == {
        ("sla", "vendor", "the chosen answer isn't offered any more"), ("audit", "vendor", "the question isn't asked any more"),
    }  # fmt: skip
    assert not effect.nothing


def test_looking_changes_nothing(answered: Case, publish: Publish) -> None:
    before, digest = stored(answered), evaluate_assessment(answered.assessment).as_dict()
    moving.effect_of(answered.assessment, publish(**SECOND))
    answered.assessment.refresh_from_db()
    assert (stored(answered), evaluate_assessment(answered.assessment).as_dict()) == (before, digest)
    assert answered.assessment.catalogue == "open-or-closed@1"


def test_a_blocker_that_comes_with_it_is_seen_in_what_is_admissible(answered: Case, publish: Publish) -> None:
    rules = publish(**FIRST).rules
    blocking = tuple(replace(r, when='sla == "part"', blocker=True) if r.id == "no-sla" else r for r in rules)
    effect = moving.effect_of(answered.assessment, publish(**FIRST | {"version": 2, "rules": blocking}))
    assert [(option.name, option.admissible) for option in effect.options] == [("Vendor", (True, False)), ("Own", (False, False))]


def test_the_recommendation_before_and_after(answered: Case, publish: Publish) -> None:
    effect = moving.effect_of(answered.assessment, publish(**SECOND))
    outcomes = ("clear", "leaning", "too_close", "none_admissible")
    assert all(what.split(":")[0] in outcomes for what in effect.recommendation)
    assert effect.recommendation[0].endswith(("Vendor", "Own"))


# Moving


def test_answers_are_kept_and_those_that_do_not_fit_are_open_again_and_named(answered: Case, publish: Publish) -> None:
    before = stored(answered)
    lost = moved(answered, release := publish(**SECOND))
    assert {(one.question, one.option) for one in lost} == {("sla", "vendor"), ("audit", "vendor")}
    after = stored(answered)
    assert {place: after[place] for place in after if before[place] != after[place]} == {
        ("vendor", "sla"): ("unanswered", None, 2), ("vendor", "audit"): ("unanswered", None, 2),
    }  # fmt: skip
    assert (answered.assessment.catalogue, answered.assessment.catalogue_digest) == ("open-or-closed@2", index(release).digest)
    assert answered.answer("sla", answered.vendor).note == "Seen.", "what was written beside it stays"
    assert answered.answer("kind").answered_by == answered.cast.contributor, "and whose answer it is"
    evaluate_assessment(answered.assessment)
    assert "Question exit?" in answered.page()


def test_the_trail_tells_from_where_to_where_and_what_was_lost(answered: Case, publish: Publish) -> None:
    moved(answered, publish(**SECOND))
    event = list(events_of(answered.cast.organisation.stream, object_id=str(answered.assessment.pk)))[-1]
    assert event.sentence() == "Risk officer moved Chatbot to a newer release of the catalogue"
    assert event.changes["catalogue"] == {"before": "open-or-closed@1", "after": "open-or-closed@2"}
    assert {"question": "sla", "option": "vendor", "state": "answered", "before": "part"} in event.changes["lost"]
    assert "weights" not in event.changes


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("even", "archetype"),
        ("archetype", "archetype"),
        ({"service": "3", "time": "1"}, {"service": "3"}),
        ({"service": "0", "time": "1"}, "archetype"),
    ],
)
def test_weights_are_kept_as_far_as_the_newer_release_knows_them(acme: Case, publish: Publish, given: Any, kept: Any) -> None:
    editing.weights_set(actor=acme.person, assessment=acme.assessment, weights=given)
    one = publish()
    archetypes = tuple(replace(a, weights=weights(service=5, control=1, cost=2)) for a in one.archetypes)
    criteria = tuple(c for c in one.criteria if c.id != "time")
    moved(acme, publish(version=2, profiles=(), criteria=criteria, archetypes=archetypes))
    assert acme.assessment.weights == kept
    event = list(events_of(acme.cast.organisation.stream, object_id=str(acme.assessment.pk)))[-1]
    assert event.changes.get("weights") == (None if given == kept else {"before": given, "after": kept})
    evaluate_assessment(acme.assessment)


def test_one_that_is_submitted_or_signed_is_refused_and_unchanged(answered: Case, publish: Publish) -> None:
    second, before = publish(**SECOND), stored(answered)
    for status in ("in_review", "approved", "rejected", "withdrawn"):
        Assessment.objects.filter(pk=answered.assessment.pk).update(status=status)
        with pytest.raises(WrongStatus):
            moved(answered, second)
    answered.assessment.refresh_from_db()
    assert (answered.assessment.catalogue, stored(answered)) == ("open-or-closed@1", before)
    Assessment.objects.filter(pk=answered.assessment.pk).update(status="returned")
    moved(answered, second)
    assert answered.assessment.catalogue == "open-or-closed@2"


def test_only_to_a_newer_release_of_the_same_catalogue(acme: Case, publish: Publish) -> None:
    for release in (by_name("open-or-closed@1"), publish(key="another-one", version=2)):
        with pytest.raises(Refused, match="isn't newer than"):
            moved(acme, release)
    moved(acme, publish(version=3))
    with pytest.raises(Refused, match="isn't newer than"):
        moved(acme, publish(version=2))


def test_a_kind_of_use_case_that_is_gone_keeps_it_where_it_is(acme: Case, publish: Publish) -> None:
    one = publish()
    second = publish(version=2, archetypes=tuple(a for a in one.archetypes if a.id != "chatbot"))
    with pytest.raises(Refused, match="has no archetype 'chatbot'"):
        moved(acme, second)
    acme.assessment.refresh_from_db()
    assert acme.assessment.catalogue == "open-or-closed@1"
    page = acme.client.get(acme.url("catalogue")).content.decode()
    assert "can’t be read under the newer release" in page
    assert "Move this draft" not in page


@pytest.mark.parametrize("who", ["contributor", "approver", "auditor", "administrator", "outsider"])
def test_only_who_may_edit_moves(acme: Case, publish: Publish, who: str) -> None:
    with pytest.raises(PermissionDenied):
        moved(acme, publish(version=2), who)


@pytest.mark.parametrize(
    ("now", "value", "reason"),
    [
        ({"type_": "number"}, date(2026, 1, 1), "takes a number"),
        ({"type_": "date"}, Decimal(4), "takes a date"),
        ({"type_": "number"}, "many", "takes a number"),
        ({"type_": "text"}, ("a", "b"), "takes a text"),
        ({"type_": "number", "maximum": Decimal(3)}, Decimal(4), "outside"),
        ({"type_": "number", "minimum": Decimal(5)}, Decimal(4), "outside"),
        ({"type_": "choices"}, "yes", "isn't offered"),
        ({"type_": "choices"}, ("yes", "perhaps"), "isn't offered"),
        ({"type_": "choice"}, ("yes",), "isn't offered"),
        ({"type_": "choice"}, "perhaps", "isn't offered"),
        ({"type_": "choice"}, "yes", ""),
        ({"type_": "choices"}, (), ""),
        ({"type_": "number", "minimum": Decimal(4), "maximum": Decimal(4)}, Decimal(4), ""),
        ({"type_": "date"}, date(2026, 1, 1), ""),
        ({"type_": "text"}, "As before.", ""),
    ],
)
def test_which_answers_fit_a_question_of_another_release(now: dict[str, Any], value: Any, reason: str) -> None:
    found = misfit(question("q", "use_case", **now), "use_case", facts.Response(value))
    assert reason in found
    assert bool(found) == bool(reason)


def test_a_question_of_another_scope_or_that_always_applies_now(acme: Case) -> None:
    asked: Question = question("q", "option")
    assert "isn't asked any more" in misfit(asked, "use_case", facts.Response("yes"))
    assert "isn't asked any more" in misfit(None, "option", facts.Response("yes"))
    assert "always applies" in misfit(asked, "option", facts.Response(None, "not_applicable"))
    assert misfit(replace(asked, not_applicable=True), "option", facts.Response(None, "not_applicable")) == ""
    assert misfit(asked, "option", facts.Response(None, "unknown")) == ""


# The page


def test_the_page_says_that_nothing_newer_is_published(acme: Case) -> None:
    page = acme.client.get(acme.url("catalogue")).content.decode()
    assert "open-or-closed@1" in page
    assert "No newer release is published." in page
    response = acme.client.post(acme.url("catalogue"), follow=True)
    assert response.redirect_chain == [(acme.url("catalogue"), 302)]
    assert acme.assessment.catalogue == "open-or-closed@1"


def test_the_page_shows_the_effect_and_moves_the_draft(answered: Case, publish: Publish) -> None:
    publish(**SECOND)
    overview = answered.client.get(answered.url("detail")).content.decode()
    assert answered.url("catalogue") in overview, "the assessment is told of it"
    page = answered.client.get(answered.url("catalogue")).content.decode()
    for shown in (
        "Minimal risk → <strong>High-risk</strong>",
        "GDPR Art. 6</strong>, Duty 6: new",
        "2 questions would be open",
        "Question exit?",
    ):
        assert shown in page
    assert f'href="{answered.section_url}#a-sla--vendor"' in page, "the way to the answer that is lost"
    assert "Move this draft to release 2" in page
    response = answered.client.post(answered.url("catalogue"), follow=True)
    assert response.redirect_chain == [(answered.url("detail"), 302)]
    shown = response.content.decode()
    assert "Moved to open-or-closed@2." in shown
    assert "2 answers didn&#x27;t fit it and are open again." in shown
    answered.assessment.refresh_from_db()
    assert answered.assessment.catalogue == "open-or-closed@2"


def test_who_only_reads_sees_the_effect_without_the_button(answered: Case, publish: Publish) -> None:
    publish(**SECOND)
    reader = answered.acting("auditor")
    assert "Move this draft" not in reader.client.get(reader.url("catalogue")).content.decode()
    assert reader.client.post(reader.url("catalogue")).status_code == 403
    stranger = answered.acting("outsider")
    assert stranger.client.get(stranger.url("catalogue")).status_code == 404


def test_the_page_of_a_submitted_one_says_that_it_keeps_its_release(answered: Case, publish: Publish) -> None:
    publish(**SECOND)
    Assessment.objects.filter(pk=answered.assessment.pk).update(status="withdrawn")
    page = answered.client.get(answered.url("catalogue")).content.decode()
    assert "keeps its release for good" in page
    assert "Move this draft" not in page
    answered.client.post(answered.url("catalogue"), follow=True)
    answered.assessment.refresh_from_db()
    assert answered.assessment.catalogue == "open-or-closed@1"


def test_a_signed_case_is_read_on_the_day_of_its_record(cast: Cast) -> None:
    record = make_approved(cast)
    signed = record.snapshot.assessment
    day = date.fromisoformat(json.loads(bytes(record.snapshot.content))["as_of"])
    assert moving.day_of_reading(signed) == day
    Assessment.objects.filter(pk=signed.pk).update(as_of=None)
    signed.refresh_from_db()
    assert moving.day_of_reading(signed) == day


# The command


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("diff_catalogue", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_changed_and_whom_it_touches(answered: Case, publish: Publish) -> None:
    publish(**SECOND)
    told = run("open-or-closed@1", "open-or-closed@2")
    for line in (
        "added    question exit: Question exit?", "removed  question audit: Question audit?", "changed  question sla: Question sla?",
        "meridian-bank: Chatbot (draft)", "  class: minimal -> high", "  obligation GDPR Art. 6, Duty 6: new", "  newly open: sla, exit",
        "  answer to sla of vendor is lost: the chosen answer isn't offered any more", "1 assessments on open-or-closed@1",
    ):  # fmt: skip
        assert line in told
    assert "Chatbot" not in run("open-or-closed@1", "open-or-closed@2", "--content-only")
    assert "0 assessments on open-or-closed@2" in run("open-or-closed@2", "open-or-closed@1")


def test_the_command_as_json(answered: Case, publish: Publish) -> None:
    publish(**SECOND)
    data = json.loads(run("open-or-closed@1", "open-or-closed@2", "--format", "json"))
    assert data["format"] == "countersign/catalogue-diff@1"
    sla = next(c for c in data["changes"] if (c["part"], c["id"]) == ("question", "sla"))
    assert (sla["kind"], list(sla["fields"])) == ("changed", ["choices"])
    (touched,) = data["assessments"]
    assert (touched["organisation"], touched["status"]) == ("meridian-bank", "draft")
    assert "class: minimal -> high" in touched["effects"]


def test_the_command_goes_on_past_an_assessment_that_cannot_be_read(answered: Case, publish: Publish) -> None:
    publish(version=2, archetypes=tuple(a for a in publish(**FIRST).archetypes if a.id != "chatbot"))
    assert "can't be read: open-or-closed@2 has no archetype 'chatbot'" in run("open-or-closed@1", "open-or-closed@2")


def test_the_command_names_a_release_that_is_not_there(publish: Publish, db: None) -> None:
    with pytest.raises(CommandError, match="open-or-closed@9"):
        run("open-or-closed@1", "open-or-closed@9")

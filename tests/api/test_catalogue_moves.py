"""Published releases, the release that an assessment is on, and moving a draft to the newest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assessments import answering
from assessments.models import Assessment
from compliance.catalogue.index import index
from tests.assessments.asking import Case
from tests.assessments.offered import HELD, OWN, Publish, asking
from tests.compliance.small import obligation
from tests.scoring.conftest import QUESTIONS, choices, question

pytestmark = pytest.mark.django_db
SECOND = asking(
    *(replace(q, choices=choices(full=1, none=0)) if q.id == "sla" else q for q in (*QUESTIONS, *OWN, HELD)), question("exit", "use_case")
)


@pytest.fixture
def answered(acme: Case) -> Case:
    answering.response_save(actor=acme.person, assessment=acme.assessment, question_id="sla", option=acme.vendor, value="part")
    answering.response_save(actor=acme.person, assessment=acme.assessment, question_id="kind", value="inside")
    return acme


def test_the_published_releases(call_as, publish: Publish) -> None:
    first, second, other = publish(), publish(version=2, title="The next one"), publish(key="another", version=1)
    body = call_as("auditor")("get", "releases").json()
    assert body["count"] == 3
    assert body["results"][2] == {
        "key": "open-or-closed", "version": 2, "digest": index(second).digest, "published_on": "2026-11-23", "title": "The next one",
    }  # fmt: skip
    assert [row["digest"] for row in body["results"]] == [index(r).digest for r in (other, first, second)]
    assert call_as("auditor")("get", "releases", query="?page_size=1&page=2").json()["results"][0]["version"] == 1


def test_an_assessment_on_the_newest_release(officer, acme: Case) -> None:
    shown = officer("get", "assessment_catalogue", assessment=acme.assessment)
    assert (shown.status_code, shown.json()) == (200, {"release": "open-or-closed@1", "newer": None, "effect": None, "trouble": ""})
    refused = officer("post", "assessment_catalogue", assessment=acme.assessment)
    assert (refused.status_code, refused.json()["detail"]) == (422, "No newer release is published.")


def test_what_a_newer_release_would_change(call_as, answered: Case, publish: Publish) -> None:
    publish(version=2, questionnaires=SECOND)
    body = call_as("auditor")("get", "assessment_catalogue", assessment=answered.assessment).json()
    assert (body["release"], body["newer"], body["trouble"]) == ("open-or-closed@1", "open-or-closed@2", "")
    effect = body["effect"]
    assert set(effect) == {"release", "risk_class", "recommendation", "options", "obligations", "questions", "lost", "nothing"}
    assert effect["release"] == "open-or-closed@2"
    assert set(effect["risk_class"]) == {"before", "after"}
    assert [(o["id"], o["name"]) for o in effect["options"]] == [("vendor", "Vendor"), ("own", "Own")]
    vendor = effect["options"][0]
    assert float(vendor["score"]["after"]) < float(vendor["score"]["before"])
    assert set(vendor["admissible"]) == {"before", "after"}
    assert effect["questions"] == ["sla", "exit"]
    assert effect["lost"] == [{"question": "sla", "option": "vendor", "reason": "the chosen answer isn't offered any more"}]
    assert effect["nothing"] is False


def test_obligations_that_come_and_go(officer, acme: Case, publish: Publish) -> None:
    publish(version=2, obligations=(obligation("o", when="true", met_when=None, shown_by=("practice",)),))
    effect = officer("get", "assessment_catalogue", assessment=acme.assessment).json()["effect"]
    assert effect["obligations"] == [{"what": "new", "reference": "GDPR Art. 1", "title": "Do it"}]


def test_the_draft_is_moved_to_the_newest(officer, answered: Case, publish: Publish) -> None:
    publish(version=2)
    publish(version=3, questionnaires=SECOND)
    moved = officer("post", "assessment_catalogue", assessment=answered.assessment)
    assert moved.status_code == 200
    assert moved.json() == {
        "release": "open-or-closed@3",
        "lost": [{"question": "sla", "option": "vendor", "reason": "the chosen answer isn't offered any more"}],
    }
    assert officer("get", "assessment", assessment=answered.assessment).json()["catalogue"] == "open-or-closed@3"
    rows = {row["question"]: row for row in officer("get", "responses", assessment=answered.assessment).json()["results"]}
    assert (rows["kind"]["value"], rows["sla"]["state"], rows["sla"]["value"]) == ("inside", "unanswered", None)


@pytest.mark.parametrize("status", ["in_review", "approved", "rejected", "withdrawn"])
def test_what_was_submitted_is_a_conflict(officer, answered: Case, publish: Publish, status: str) -> None:
    publish(version=2)
    Assessment.objects.filter(pk=answered.assessment.pk).update(status=status)
    refused = officer("post", "assessment_catalogue", assessment=answered.assessment)
    assert refused.status_code == 409
    answered.assessment.refresh_from_db()
    assert answered.assessment.catalogue == "open-or-closed@1"


def test_one_that_cannot_be_read_under_the_newer_release_says_why(officer, acme: Case, publish: Publish) -> None:
    publish(version=2, archetypes=tuple(a for a in publish().archetypes if a.id != "chatbot"))
    body = officer("get", "assessment_catalogue", assessment=acme.assessment).json()
    assert (body["newer"], body["effect"]) == ("open-or-closed@2", None)
    assert body["trouble"] == "open-or-closed@2 has no archetype 'chatbot'"
    refused = officer("post", "assessment_catalogue", assessment=acme.assessment)
    assert refused.status_code == 422
    assert "has no archetype 'chatbot'" in refused.json()["detail"]


@pytest.mark.parametrize(("who", "reads"), [("contributor", 403), ("approver", 200), ("auditor", 200), ("administrator", 200)])
def test_who_may_not_edit_does_not_move(call_as, acme: Case, publish: Publish, who: str, reads: int) -> None:
    publish(version=2)
    assert call_as(who)("get", "assessment_catalogue", assessment=acme.assessment).status_code == reads
    assert call_as(who)("post", "assessment_catalogue", assessment=acme.assessment).status_code == 403

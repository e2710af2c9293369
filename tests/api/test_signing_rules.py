"""An organisation's policy of the sign-off, and who stands in for whom, over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from assessments.models import Delegation, SignOffPolicy
from assessments.policy import DEFAULT
from assessments.setting_policy import LONGEST
from tests.fixtures import Cast, more_approvers, today

pytestmark = pytest.mark.django_db
TEXT = DEFAULT.read_text()
TWO = TEXT.replace("quorum: any", "quorum: 2", 1)


class TestPolicy:
    def test_it_is_read_set_and_read_again_as_it_can_be_put_back(self, call_as: Any, cast: Cast) -> None:
        administrator = call_as("administrator")
        before = call_as("contributor")("get", "policy").json()
        assert (before["version"], before["text"]) == (0, TEXT)
        answer = administrator("put", "policy", {"text": TWO, "reason": "The board asked for it."})
        assert (answer.status_code, answer.json()["version"], answer.json()["policy"]["stages"][0]["quorum"]) == (200, 1, 2)
        assert answer.json()["digest"] == SignOffPolicy.objects.get().digest
        again = administrator("put", "policy", {"text": answer.json()["text"], "reason": "Again."})
        assert (again.status_code, list(again.json()["errors"])) == (422, ["text"])

    def test_people_stand_by_reference_and_can_be_put_back_by_address(self, call_as: Any, cast: Cast) -> None:
        named = TEXT.replace("who: {role: approver}", f"who: {{people: [{cast.approver.email}]}}", 1)
        shown = call_as("administrator")("put", "policy", {"text": named, "reason": "By name."}).json()
        assert shown["policy"]["stages"][0]["who"]["people"] == [cast.approver.reference]
        assert cast.approver.email in shown["text"]

    def test_every_mistake_is_named_with_its_line(self, call_as: Any, cast: Cast) -> None:
        wrong = TEXT.replace("quorum: any", "quorum: 0").replace("{months: 12}", "{months: none}")
        answer = call_as("administrator")("put", "policy", {"text": wrong, "reason": "As agreed."})
        assert answer.status_code == 422
        lines = [number for number, line in enumerate(wrong.splitlines(), 1) if "quorum: 0" in line or "months: none" in line]
        said = str(answer.json()["errors"]["text"])
        assert len(lines) == 3
        for line in lines:
            assert f"Line {line}," in said or f"Line {line}:" in said, said
        assert not SignOffPolicy.objects.exists()

    def test_what_can_not_be_is_refused(self, call_as: Any, cast: Cast) -> None:
        administrator = call_as("administrator")
        for body, status, field in (
            ({"text": TWO}, 400, "reason"), ({"text": TWO, "reason": ""}, 400, "reason"), ({"reason": "Why not."}, 400, "text"),
            ({"text": TWO + "#" * LONGEST, "reason": "Long."}, 400, "text"), ({"text": "- ", "reason": "Short."}, 422, "text"),
            ({"text": TWO.replace("who: {role: approver}", "who: {people: [no@where.example]}", 1), "reason": "Odd."}, 422, "text"),
        ):  # fmt: skip
            answer = administrator("put", "policy", body)
            assert (answer.status_code, list(answer.json()["errors"])) == (status, [field]), (
                body["reason"] if "reason" in body else body.keys()
            )
        assert not SignOffPolicy.objects.exists()

    @pytest.mark.parametrize("who", ["risk_officer", "contributor", "approver", "auditor"])
    def test_an_administrator_sets_it(self, call_as: Any, cast: Cast, who: str) -> None:
        assert call_as(who)("put", "policy", {"text": TWO, "reason": "I like it."}).status_code == 403


class TestDelegations:
    def body(self, cast: Cast, **changes: str) -> dict[str, str]:
        second = "second-approver@meridian-bank.example"
        days = {"starts_on": today().isoformat(), "ends_on": (today() + timedelta(days=3)).isoformat()}
        return {"of": cast.approver.email, "to": second, "reason": "Leave."} | days | changes

    @pytest.fixture(autouse=True)
    def second(self, cast: Cast) -> None:
        more_approvers(cast, "second_approver", "third_approver")

    def test_one_s_own_is_made_listed_and_ended_once(self, approver: Any, call_as: Any, cast: Cast) -> None:
        answer = approver("post", "delegations", self.body(cast))
        assert answer.status_code == 201
        made = answer.json()
        assert (made["of"]["reference"], made["ended_at"]) == (cast.approver.reference, None)
        assert call_as("auditor")("get", "delegations").json()["results"] == [made]
        assert approver("delete", "delegation", delegation=made["id"]).status_code == 204
        assert call_as("auditor")("get", "delegations").json()["results"][0]["ended_at"] is not None
        assert approver("delete", "delegation", delegation=made["id"]).status_code == 409

    def test_another_s_is_an_administrator_s_to_make_and_end(self, approver: Any, call_as: Any, cast: Cast) -> None:
        body = self.body(cast, of="third-approver@meridian-bank.example")
        assert approver("post", "delegations", body).status_code == 403
        made = call_as("administrator")("post", "delegations", body)
        assert made.status_code == 201
        assert approver("delete", "delegation", delegation=made.json()["id"]).status_code == 403
        assert call_as("administrator")("delete", "delegation", delegation=made.json()["id"]).status_code == 204

    @pytest.mark.parametrize("who", ["risk_officer", "contributor", "auditor"])
    def test_others_are_refused(self, call_as: Any, cast: Cast, who: str) -> None:
        assert call_as(who)("post", "delegations", self.body(cast)).status_code == 403
        assert not Delegation.objects.exists()

    def test_what_can_not_be_is_named(self, call_as: Any, cast: Cast) -> None:
        administrator = call_as("administrator")
        over = (today() - timedelta(days=1)).isoformat()
        for changes, status, field in (
            ({"of": cast.auditor.email}, 422, "of"), ({"to": cast.approver.email}, 422, "to"), ({"to": cast.outsider.email}, 422, "to"),
            ({"to": "nobody"}, 400, "to"), ({"starts_on": "soon"}, 400, "starts_on"),
            ({"ends_on": over}, 422, "ends_on"), ({"reason": ""}, 400, "reason"),
        ):  # fmt: skip
            answer = administrator("post", "delegations", self.body(cast, **changes))
            assert (answer.status_code, list(answer.json()["errors"])) == (status, [field]), changes
        assert not Delegation.objects.exists()

    def test_one_of_elsewhere_is_not_found(self, call_as: Any, cast: Cast) -> None:
        made = call_as("administrator")("post", "delegations", self.body(cast)).json()
        outsider = call_as("outsider")
        elsewhere = reverse("api:delegation", args=[cast.elsewhere.slug, made["id"]])
        assert outsider.client.delete(elsewhere).status_code == 404
        assert outsider("delete", "delegation", delegation=made["id"]).status_code == 404

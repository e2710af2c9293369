"""The page on which an organisation's policy is set and read, and standing in is arranged and ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import User
from assessments.models import Delegation, DelegationEnd, SignOffPolicy
from assessments.policy import DEFAULT
from assessments.setting_policy import LONGEST
from tests.assessments.playing import html, words
from tests.fixtures import Cast, make_cast, more_approvers, today
from tests.triggers import without_triggers

TEXT = DEFAULT.read_text()


class OnTheRules(TestCase):
    cast: Cast
    second: User
    third: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.second, cls.third = more_approvers(cls.cast, "second_approver", "third_approver")

    def setUp(self) -> None:
        self.clients: dict[int, Client] = {}

    def as_(self, person: User) -> Client:
        client = self.clients.setdefault(person.pk, Client())
        client.force_login(person)
        return client

    def url(self, name: str = "signing_rules", *more: Any) -> str:
        return reverse(f"assessments:{name}", args=[self.cast.organisation.slug, *more])

    def read(self, person: User, query: str = "") -> Any:
        return self.as_(person).get(self.url() + query)


class Policy(OnTheRules):
    def set(self, text: str, reason: str = "The board asked for it.", who: User | None = None, **more: Any) -> Any:
        return self.as_(who or self.cast.administrator).post(self.url(), {"text": text, "reason": reason}, **more)

    def test_the_one_that_comes_with_the_product_is_told_in_words(self) -> None:
        text = words(self.read(self.cast.contributor))
        assert "this organisation hasn’t set one of its own" in text
        assert "Any approver, within 10 days." in text
        assert "After 6 months where the class under the EU AI Act is high-risk" in text
        assert "After 12 months otherwise" in text
        assert "Change the policy" not in text

    def test_a_new_version_is_in_force_and_the_one_before_can_be_read(self) -> None:
        two = TEXT.replace("quorum: any", "quorum: 2", 1)
        assert "Version 1 of the policy is in force" in words(self.set(two, follow=True))
        named = two.replace(
            "who: {role: approver}\n    quorum: 2", f"who: {{people: [{self.second.email}, {self.third.email}]}}\n    quorum: all", 1
        )
        page = self.set(named, reason="Two people by name.", follow=True)
        text = words(page)
        assert "Version 2 of this organisation’s own policy." in text
        assert f"{self.second.name} and {self.third.name}, within 10 days." in text
        assert "Two people by name." in text
        assert self.second.email in html(page), "an administrator can change it from there"
        first = words(self.read(self.cast.auditor, "?version=1"))
        assert "Any 2 approvers, within 10 days." in first
        assert "The board asked for it." in first
        assert SignOffPolicy.objects.get(version=1).digest in first
        assert "To version 2, which is in force now" in first
        assert self.read(self.cast.auditor, "?version=2").status_code == 200
        for wrong in ("3", "0", "x", "²", "9" * 40):
            assert self.read(self.cast.auditor, f"?version={wrong}").status_code == 404, wrong
        assert Client().get(self.url() + "?version=1").status_code == 302
        assert self.as_(self.cast.outsider).get(self.url() + "?version=1").status_code == 404

    def test_every_mistake_is_named_with_its_line_and_what_was_typed_is_kept(self) -> None:
        wrong = TEXT.replace("quorum: any", "quorum: 0").replace("{months: 12}", "{months: none}")
        answer = self.set(wrong)
        assert answer.status_code == 422
        error = html(answer).partition('id="error_text">')[2].partition("</div>")[0]
        lines = [number for number, line in enumerate(wrong.splitlines(), 1) if "quorum: 0" in line or "months: none" in line]
        assert len(lines) == 3
        for line in lines:
            assert f"Line {line}," in error or f"Line {line}:" in error, error
        assert len(error.splitlines()) >= 3, "one a line"
        assert "months: none" in html(answer)
        assert 'value="The board asked for it."' in html(answer)
        assert not SignOffPolicy.objects.exists()

    def test_it_needs_a_reason(self) -> None:
        answer = self.set(TEXT.replace("quorum: any", "quorum: 2", 1), reason=" ")
        assert (answer.status_code, "Say why the policy changes." in words(answer)) == (422, True)
        assert 'id="error_why-policy"' in html(answer)
        assert "quorum: 2" in html(answer)

    def test_the_same_again_is_refused(self) -> None:
        two = TEXT.replace("quorum: any", "quorum: 2", 1)
        self.set(two)
        answer = self.set(two)
        assert (answer.status_code, "in force already" in words(answer)) == (422, True)
        assert SignOffPolicy.objects.count() == 1

    def test_one_that_is_too_long_is_not_cut(self) -> None:
        answer = self.set(TEXT + "#" * LONGEST)
        assert (answer.status_code, f"at most {LONGEST} are read" in words(answer)) == (422, True)
        assert not SignOffPolicy.objects.exists()

    def test_a_stranger_in_it_is_named(self) -> None:
        answer = self.set(TEXT.replace("who: {role: approver}", "who: {people: [no@where.example]}", 1))
        assert "no@where.example isn't the address of an approver" in words(answer)

    def test_an_administrator_sets_it(self) -> None:
        for who in ("risk_officer", "contributor", "approver", "auditor"):
            assert self.set(TEXT.replace("quorum: any", "quorum: 2", 1), who=self.cast[who]).status_code == 403, who
        assert not SignOffPolicy.objects.exists()


class StandingIn(OnTheRules):
    def arrange(self, who: User, **changes: Any) -> Any:
        fields = {
            "of": str(self.third.pk),
            "to": str(self.second.pk),
            "starts_on": today().isoformat(),
            "ends_on": today().isoformat(),
            "reason": "Leave.",
        }
        return self.as_(who).post(self.url("delegate"), fields | changes)

    def end(self, who: User, row: Delegation) -> Any:
        return self.as_(who).post(self.url("end_delegation", row.pk), follow=True)

    def test_an_approver_arranges_it_for_themselves_alone(self) -> None:
        assert self.arrange(self.cast.approver, of=str(self.third.pk)).status_code == 302
        row = Delegation.objects.get()
        assert (row.of, row.to, row.reason) == (self.cast.approver, self.second, "Leave.")
        text = words(self.read(self.cast.contributor))
        assert f"{self.cast.approver.name} {self.second.name}" in text
        assert "Now" in text
        assert "Who is away" not in html(self.read(self.cast.approver)).partition('<form class="narrow-form"')[2].partition("</form>")[0]

    def test_an_administrator_arranges_it_for_others(self) -> None:
        assert self.arrange(self.cast.administrator).status_code == 302
        assert Delegation.objects.get().of == self.third

    def test_others_are_refused(self) -> None:
        for who in ("risk_officer", "contributor", "auditor"):
            assert self.arrange(self.cast[who]).status_code == 403, who
            assert "Let somebody sign" not in words(self.read(self.cast[who])), who
        assert not Delegation.objects.exists()

    def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(self) -> None:
        for changes, field in (
            ({"of": ""}, "of"), ({"to": ""}, "to"), ({"to": str(self.cast.auditor.pk)}, "to"), ({"to": str(self.third.pk)}, "to"),
            ({"starts_on": ""}, "starts_on"), ({"ends_on": "31.12.2027"}, "ends_on"), ({"ends_on": (today() - timedelta(1)).isoformat()}, "ends_on"),
            ({"ends_on": (today() + timedelta(400)).isoformat()}, "ends_on"), ({"reason": " "}, "why-away"),
        ):  # fmt: skip
            with self.subTest(changes=changes):
                answer = self.arrange(self.cast.administrator, **changes)
                assert answer.status_code == 422
                assert f'id="error_{field}"' in html(answer)
                assert f'aria-describedby="error_{field}"' in html(answer)
                assert '<details class="panel" open>' in html(answer)
                if "to" not in changes:
                    assert f'<option value="{self.second.pk}" selected>' in html(answer)
                if "reason" not in changes:
                    assert 'value="Leave."' in html(answer)
        assert not Delegation.objects.exists()

    def test_it_is_ended_by_whom_it_is_of_or_an_administrator(self) -> None:
        self.arrange(self.cast.administrator)
        row = Delegation.objects.get()
        assert self.end(self.second, row).status_code == 403
        assert self.end(self.cast.risk_officer, row).status_code == 403
        assert "End it" not in words(self.read(self.second))
        assert "End it" in words(self.read(self.third))
        assert "It is ended." in words(self.end(self.third, row))
        assert DelegationEnd.objects.get().by == self.third
        assert "This has been ended already." in words(self.end(self.cast.administrator, row))
        text = words(self.read(self.cast.administrator))
        assert "Ended on" in text
        assert "End it" not in text

    def test_one_of_elsewhere_is_not_found(self) -> None:
        self.arrange(self.cast.administrator)
        url = reverse("assessments:end_delegation", args=[self.cast.elsewhere.slug, Delegation.objects.get().pk])
        assert self.as_(self.cast.outsider).post(url).status_code == 404

    def test_days_are_told_in_words(self) -> None:
        self.arrange(self.cast.administrator, starts_on=(today() + timedelta(1)).isoformat(), ends_on=(today() + timedelta(2)).isoformat())
        with without_triggers(connection):
            Delegation.objects.update(starts_on=date(2031, 1, 5), ends_on=date(2031, 1, 6))
        assert "From 5 January 2031" in words(self.read(self.third))

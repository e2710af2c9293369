"""The overview once it is decided: how long the approval holds, what is still open of it, and the way to the next assessment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import conditions, succeeding, workflow
from assessments.models import Assessment, Condition, Status
from assessments.snapshots import content_of
from assessments.views.wire import in_words
from assessments.workflow import Asking
from tests.assessments.playing import OnTheCompleteCase, Reader, html, links, words
from tests.fixtures import newest, sign, soon, today
from tests.triggers import without_triggers

MOST_QUERIES = 15


class Decided(OnTheCompleteCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        workflow.submit(actor=cls.cast.risk_officer, assessment=cls.case)
        sign(cls.cast, cls.case, Asking("Rehearse the exit.", cls.cast.contributor.email, soon()))
        cls.case.refresh_from_db()

    def page(self, who: str = "risk_officer") -> Any:
        return Reader(self.cast[who], self.case).get("detail")

    def test_it_tells_what_is_still_open_and_the_way_to_the_next(self) -> None:
        page = self.page()
        text, ways = words(page), links(page)
        url = Reader(self.cast.risk_officer, self.case).url
        assert "Nothing is left" not in text
        assert f"The approval holds until {in_words(self.case.review_on)}, its review date." in text
        assert f"1 condition of the approval is still open the first is due on {in_words(soon())}" in text
        content = content_of(newest(self.case))
        untreated = [
            f for f in content["register"] if f["option"] == content["proposal"]["option"] and not f["treatment"] and not f["blocker"]
        ]
        assert f"{len(untreated)} findings of the chosen option are not treated" in text
        assert {url("findings"), url("findings") + "#conditions", url("record") + "#next"} <= set(ways)

    def test_a_condition_is_overdue_and_then_met(self) -> None:
        with without_triggers(connection):
            Condition.objects.update(due_on=today() - timedelta(days=1))
        assert "1 is overdue" in words(self.page())
        conditions.meet(actor=self.cast.contributor, condition=Condition.objects.get(), note="Done.")
        assert "still open" not in words(self.page())

    def test_who_may_not_start_the_next_is_not_offered_it_and_one_that_has_begun_is_shown(self) -> None:
        assert "Start the next assessment" not in words(self.page("auditor"))
        following = succeeding.succeed(actor=self.cast.risk_officer, assessment=self.case)
        page = self.page("auditor")
        assert "The next assessment has been started" in words(page)
        assert Reader(self.cast.auditor, following).url("detail") in links(page)

    def test_an_approval_that_has_expired_says_so(self) -> None:
        Assessment.objects.filter(pk=self.case.pk).update(status=Status.EXPIRED)
        text = words(self.page())
        assert f"The approval expired on {in_words(self.case.review_on)}" in text
        assert "Start the next assessment" in text

    def test_the_option_is_chosen_from_the_approval_on(self) -> None:
        for name in ("detail", "options"):
            page = html(Reader(self.cast.risk_officer, self.case).get(name))
            assert "Chosen</span>" in page
            assert "Proposed</span>" not in page
        assert "chosen: " in words(self.page())

    def test_it_takes_few_queries(self) -> None:
        reader = Reader(self.cast.risk_officer, self.case)
        with CaptureQueriesContext(connection) as asked:
            reader.get("detail")
        assert len(asked) <= MOST_QUERIES


class Proposed(OnTheCompleteCase):
    def test_the_option_is_proposed_until_then(self) -> None:
        page = Reader(self.cast.risk_officer, self.case).get("detail")
        assert "Proposed</span>" in html(page)
        assert "Start the next assessment" not in words(page)

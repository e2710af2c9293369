"""The form at the end of a part of a record: I have read this part."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import SimpleTestCase, override_settings
from django.urls import include, path

from assessments.parts import PartOfRecord


def _answer(request: HttpRequest, org: str, assessment: int) -> HttpResponse:
    return HttpResponse()


# The form's address alone, so that what is read here is the form and nothing else.
urlpatterns = [path("", include(([path("<slug:org>/<int:assessment>/seen/", _answer, name="seen")], "assessments")))]


@override_settings(ROOT_URLCONF=__name__)
class PartSeen(SimpleTestCase):
    def form(self, seen_at: datetime | None) -> str:
        part = PartOfRecord("costs", "Costs", seen_at)
        context = {
            "part": part,
            "organisation": SimpleNamespace(slug="bank"),
            "assessment": SimpleNamespace(pk=7),
            "snapshot": SimpleNamespace(digest="sha256:ab"),
        }
        return render_to_string("assessments/_part_seen.html", context)

    def test_an_unread_part_asks_to_be_read(self) -> None:
        html = self.form(None)
        assert 'method="post" action="/bank/7/seen/" hx-post="/bank/7/seen/"' in html
        assert '<input type="hidden" name="digest" value="sha256:ab"><input type="hidden" name="part" value="costs">' in html
        assert 'I have read this part<span class="visually-hidden">: Costs</span></button>' in html

    def test_a_read_part_says_when(self) -> None:
        html = self.form(datetime(2027, 3, 1, 9, 5, tzinfo=UTC))
        assert "Read by you on 1 March 2027, 09:05 UTC" in html
        assert "<form" not in html

    def test_what_comes_back_takes_the_place_of_the_form(self) -> None:
        """The answer to the form is the same fragment; what is inside goes where the form was."""
        unread, read = self.form(None), self.form(datetime(2027, 3, 1, tzinfo=UTC))
        assert 'hx-target="#seen-costs" hx-select="#seen-costs > *" hx-swap="innerHTML"' in unread
        for html in (unread, read):
            assert 'id="seen-costs" aria-live="polite"' in html

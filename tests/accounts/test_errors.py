import pytest
from django.core.cache import cache
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.test import Client
from django.urls import reverse
from rest_framework import exceptions

from config import views
from config.problems import problem_details
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


def test_an_unknown_address_says_so_with_a_way_onward(client, cast):
    client.force_login(cast.auditor)
    page = client.get("/o/meridian-bank/no/such/page/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    assert "isn&#x27;t open to you" in page.content.decode()
    assert reverse("home") in page.content.decode()


def test_a_missing_right_says_which_role_it_needs(client, cast):
    client.force_login(cast.auditor)
    page = client.get(reverse("accounts:people", args=["meridian-bank"]))
    assert page.status_code == 403
    assert "needs the role administrator" in page.content.decode()


def test_a_person_never_sees_a_stack_trace_and_the_log_has_it(client, cast, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("the secret inside")

    client.raise_request_exception = False
    client.force_login(cast.auditor)
    monkeypatch.setattr(views, "places_of", broken)
    page = client.get(reverse("home"))
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.content.decode()
    assert "secret inside" not in page.content.decode()
    assert any("secret inside" in str(record.exc_info) for record in caplog.records if record.exc_info)


def test_an_address_that_only_takes_a_form_leads_to_its_page(client, cast):
    client.force_login(cast.administrator)
    answer = client.get(reverse("accounts:person_add", args=["meridian-bank"]))
    page = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "There is no page at this address" in page
    assert f'class="btn btn-primary" href="{reverse("accounts:people", args=["meridian-bank"])}"' in page


def test_only_a_page_that_is_asked_for_gets_a_page_in_place_of_405(client, cast):
    client.force_login(cast.administrator)
    address = reverse("accounts:person_add", args=["meridian-bank"])
    for more in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        answer = client.get(address, headers=more)
        assert (answer.status_code, answer["Allow"], answer.content) == (405, "POST", b"")
    answer = client.delete(reverse("accounts:people", args=["meridian-bank"]))
    assert (answer.status_code, answer.content) == (405, b"")


def test_the_api_answers_in_problem_details(client, cast):
    for path, status in (("/api/v1/organisations/meridian-bank/assessments/", 401), ("/api/v1/nowhere/", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_the_page_of_last_resort_needs_no_template(client, cast, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no template can be read")

    client.raise_request_exception = False
    client.force_login(cast.auditor)
    monkeypatch.setattr(views, "places_of", broken)
    monkeypatch.setattr(views.loader, "get_template", broken)
    page = client.get(reverse("home"))
    assert page.status_code == 500
    assert 'href="/"' in page.content.decode()


def test_a_form_that_has_expired_says_so(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.auditor)
    page = client.post(reverse("account_logout"))
    assert page.status_code == 403
    assert "This form has expired" in page.content.decode()
    assert "<style" not in page.content.decode()
    assert client.get(reverse("home")).status_code == 302


def test_more_than_a_request_may_hold_is_refused_as_that(client, cast, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    page = client.post(reverse("account_login"), {"login": "a" * 200, "password": "x"})
    assert page.status_code == 413
    assert "too much at once" in page.content.decode()


def test_what_cant_be_read_is_a_bad_request(client, cast, monkeypatch):
    def unreadable(*args, **kwargs):
        raise BadRequest

    client.force_login(cast.auditor)
    monkeypatch.setattr(views, "places_of", unreadable)
    page = client.get(reverse("home"))
    assert page.status_code == 400
    assert reverse("home") in page.content.decode()


def test_too_many_attempts_to_sign_in_are_stopped_with_a_page(client, db):
    cache.clear()
    try:
        codes = {client.post(reverse("account_login"), {"login": f"{n}@example.com", "password": PASSWORD}).status_code for n in range(31)}
        page = client.post(reverse("account_login"), {"login": "more@example.com", "password": PASSWORD})
    finally:
        cache.clear()
    assert codes == {200, 429}
    assert page.status_code == 429
    assert "Too many attempts" in page.content.decode()


@pytest.mark.parametrize(
    ("error", "status"),
    [(RequestDataTooBig(), 413), (TooManyFilesSent(), 413), (SuspiciousOperation(), 400), (RuntimeError("inside"), 500)],
)
def test_what_fails_inside_the_api_is_a_problem(error, status):
    answer = problem_details(error, {})
    assert (answer.status_code, answer.content_type, answer.data["status"]) == (status, "application/problem+json", status)
    assert "inside" not in answer.data["detail"]


def test_what_is_wrong_with_fields_stands_under_errors():
    answer = problem_details(exceptions.ValidationError({"title": ["Give it a title."]}), {})
    assert answer.status_code == 400
    assert answer.data["errors"] == {"title": ["Give it a title."]}


def test_health_needs_nobody(client):
    assert client.get(reverse("health")).json() == {"status": "ok"}

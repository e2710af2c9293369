import pytest
from django.urls import reverse

from config import views

pytestmark = pytest.mark.django_db


def test_an_unknown_address_says_so_with_a_way_onward(client, cast):
    client.force_login(cast.auditor)
    page = client.get("/o/meridian-bank/no/such/page/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
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
    monkeypatch.setattr(views.Organisation.objects, "filter", broken)
    page = client.get(reverse("home"))
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.content.decode()
    assert "secret inside" not in page.content.decode()
    assert any("secret inside" in str(record.exc_info) for record in caplog.records if record.exc_info)


def test_the_api_answers_in_problem_details(client, cast):
    for path, status in (("/api/v1/organisations/meridian-bank/assessments/", 401), ("/api/v1/nowhere/", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_health_needs_nobody(client):
    assert client.get(reverse("health")).json() == {"status": "ok"}

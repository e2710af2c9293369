"""What one request caused stands in the trail under one id."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from audit.context import current_request_id, request_id
from audit.trail import events_of, record
from audit.verify import verify_stream
from tests.audit.conftest import ORG

pytestmark = pytest.mark.django_db


def record_two(request: HttpRequest) -> HttpResponse:
    for number in (1, 2):
        record(stream=ORG, action="test.noted", actor=None, object_type="thing", object_id=str(number))
    return HttpResponse("done")


urlpatterns = [path("record-two", record_two)]


@pytest.fixture(autouse=True)
def only_these_middlewares(settings):
    settings.MIDDLEWARE = ["audit.middleware.LogMiddleware", "audit.middleware.RequestIdMiddleware"]


@pytest.mark.urls("tests.audit.test_request_id")
def test_events_of_one_request_share_its_id_and_the_answer_names_it(client):
    answers = [client.get("/record-two"), client.get("/record-two")]
    requests = [event.request for event in events_of(ORG)]
    first, second = (answer["X-Request-ID"] for answer in answers)
    assert requests == [first, first, second, second]
    assert first != second
    assert current_request_id() is None
    assert verify_stream(ORG).ok


@pytest.mark.urls("tests.audit.test_request_id")
@pytest.mark.parametrize(("given", "kept"), [("from-the-proxy:7", True), ("x" * 65, False), ("a b\n<script>", False)])
def test_a_proxys_id_is_kept_where_it_is_one(client, settings, given, kept):
    settings.DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
    answer = client.get("/record-two", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert events_of(ORG).first().request == answer["X-Request-ID"]


@pytest.mark.urls("tests.audit.test_request_id")
def test_without_the_logs_middleware_it_makes_its_own(client, settings):
    settings.MIDDLEWARE = ["audit.middleware.RequestIdMiddleware"]
    answer = client.get("/record-two")
    assert len(answer["X-Request-ID"]) == 36
    assert {event.request for event in events_of(ORG)} == {answer["X-Request-ID"]}


@pytest.mark.urls("tests.audit.test_request_id")
def test_the_log_names_the_address_that_a_request_came_from_and_not_what_a_header_says(client):
    with capture_logs(processors=[merge_contextvars]) as lines:
        client.get("/record-two", headers={"x-forwarded-for": "198.51.100.7"}, REMOTE_ADDR="192.0.2.9")
    assert {line["ip"] for line in lines} == {"192.0.2.9"}


def test_a_task_groups_its_events_under_an_id_of_its_own(note):
    with request_id("job:1"):
        grouped = note(0)
        with request_id("job:2"):
            inner = note(1)
    after = note(2)
    assert (grouped.request, inner.request, after.request) == ("job:1", "job:2", "")
    with pytest.raises(ValueError, match="'a b' is no request id"), request_id("a b"):
        pass

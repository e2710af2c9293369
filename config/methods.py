"""What a browser is shown at an address that only takes what a form sends, as the address bar names it after a form came back."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import escape_uri_path

from config.views import method_not_allowed

# What stands above a form without being its page: it takes forms alone, hands out a file, or isn't for everybody who sends the form.
NO_WAY_BACK = {
    "assessments:response_save",
    "assessments:evidence_attach",
    "assessments:evidence_download",
    "assessments:assignments",
    "assessments:assignment",
    "reports:audit",
}


class MethodsMiddleware:
    """Gives the empty answer 405 to a GET its page. It stands last, so that the page is made as those of the views are: it knows the person,
    their formats and the messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content or not _is_for_a_page(request):
            return response
        page = method_not_allowed(request, page_above(request.path_info))
        page["Allow"] = response["Allow"]
        return page


def _is_for_a_page(request: HttpRequest) -> bool:
    asked_by_page = request.htmx  # type: ignore[attr-defined]
    return request.method == "GET" and request.accepts("text/html") and not asked_by_page and not request.path.startswith("/api/")


def page_above(path: str) -> str:
    """The nearest page that an address lies under: the one with the form, or the one that it belongs to."""
    parts = path.strip("/").split("/")
    for length in range(len(parts) - 1, 0, -1):
        above = f"/{'/'.join(parts[:length])}/"
        try:
            found = resolve(above)
        except Resolver404:
            continue
        if found.view_name not in NO_WAY_BACK:
            return escape_uri_path(above)
    return reverse("home")

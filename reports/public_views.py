"""The public page that tells whether a file is a report of this service. It needs no sign-in, and says the same to everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from reports import public


@csrf_exempt  # nothing is changed for anybody, and the check would read the upload before it can be hashed piece by piece
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """A form for a PDF, and one of three answers to it."""
    if request.method != "POST":
        return _page(request)
    if not public.may_ask(request):
        response = _page(request, trouble=_("Too many files were checked from your address. Wait ten minutes, then try again."), status=429)
        response["Retry-After"] = str(int(public.WITHIN.total_seconds()))
        return response
    if public.too_large(request):
        return _page(request, trouble=_("The file is larger than 200 MB. A report of this service is smaller."), status=413)
    request.upload_handlers = [public.HashingHandler(request)]
    file = request.FILES.get("file")
    if not isinstance(file, public.Hashed) or not file.size:
        return _page(request, trouble=_("Choose a PDF file first. An empty file can't be checked."), status=422)
    return _page(request, outcome=public.outcome_of(file.sha256))


def _page(request: HttpRequest, *, outcome: str = "", trouble: str = "", status: int = 200) -> HttpResponse:
    # No organisation in the head, whoever is signed in: one might take the report for that one's.
    context: dict[str, object] = {"outcome": outcome, "trouble": trouble, "organisation": None, "my_organisations": []}
    return render(request, "reports/verify.html", context, status=status)

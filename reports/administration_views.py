"""Administration: one landing page, and what isn't on a page of its own already."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import member
from accounts.models import Role
from reports import administration as gathered
from reports.health import seal_standing

NAV = {"nav": "administration"}
A_PAGE = 50


@require_safe
@never_cache
@member(Role.ADMINISTRATOR)
def administration(request: HttpRequest) -> HttpResponse:
    """What an administrator looks after, each with its state."""
    return render(request, "reports/administration.html", NAV | {"tiles": gathered.tiles(request.organisation)})  # type: ignore[attr-defined]


@require_safe
@member(Role.ADMINISTRATOR)
def catalogue(request: HttpRequest) -> HttpResponse:
    """The releases of the catalogue, and which assessments are on an older one."""
    organisation = request.organisation  # type: ignore[attr-defined]
    page = Paginator(gathered.behind(organisation), A_PAGE).get_page(request.GET.get("page"))
    context = NAV | {"releases": gathered.release_uses(organisation), "page": page}
    return render(request, "reports/administration_catalogue.html", context)


@require_safe
@never_cache
@member(Role.ADMINISTRATOR)
def seal(request: HttpRequest) -> HttpResponse:
    """The seal's certificates, the key of the log, and how each is rotated."""
    organisation = request.organisation  # type: ignore[attr-defined]
    standing = seal_standing(organisation)
    state, words = gathered.seal_in_words(standing)
    keys, trouble = gathered.log_keys(organisation)
    context = NAV | {
        "standing": standing, "state": state, "words": words, "certificates": gathered.certificates(organisation), "keys": keys,
        "keys_trouble": trouble, "level": settings.SEAL_LEVEL, "authority": settings.SEAL_TIMESTAMP_URL, "own": bool(settings.SEAL_PKCS12),
        "given_log_key": bool(settings.CHECKPOINT_KEY_FILE), "stream": organisation.stream,
    }  # fmt: skip
    return render(request, "reports/administration_seal.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member(Role.ADMINISTRATOR)
def mail(request: HttpRequest) -> HttpResponse:
    """Where mails go and what failed; posting asks for a mail to oneself."""
    organisation = request.organisation  # type: ignore[attr-defined]
    if request.method == "POST":
        gathered.mail_try(actor=request.user, organisation=organisation)  # type: ignore[arg-type]
        messages.success(request, _("A mail to %(address)s was asked for.") % {"address": request.user.email})  # type: ignore[union-attr]
        return redirect("reports:administration_mail", org=organisation.slug)
    return render(request, "reports/administration_mail.html", NAV | {"mail": gathered.mail_of(organisation), "may_restart": True})


@require_safe
@member(Role.ADMINISTRATOR)
def retention(request: HttpRequest) -> HttpResponse:
    """What is kept how long, and how much there is of it."""
    number, size = gathered.mail_folder()
    context = NAV | {"kept": gathered.kept(request.organisation), "mails": number, "mails_size": size}  # type: ignore[attr-defined]
    return render(request, "reports/administration_retention.html", context)

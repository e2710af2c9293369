"""An organisation's people, and one's own API tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.access import accesses_not_over, member
from accounts.models import ApiToken, Membership, Organisation, Role, User

PEOPLE_A_PAGE = 50
FACTOR_CHOICES = ("with", "without")


def _people_page(request: Any, status: int = 200, **more: Any) -> HttpResponse:
    """The people, found by name or address (``q``), ``role`` and whether they have a second ``factor``; three queries whatever their number."""
    sought = {name: request.GET.get(name, "").replace("\0", "").strip()[:254] for name in ("q", "role", "factor")}
    page = Paginator(_sought(request.organisation, **sought), PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    rows = Membership.objects.filter(organisation=request.organisation, user__in=list(page.object_list)).order_by("role")
    held: dict[int, list[Membership]] = {}
    for row in rows:
        held.setdefault(row.user_id, []).append(row)
    people = []
    for user in page.object_list:
        memberships = held.get(user.pk, [])
        roles = {m.role for m in memberships}
        user.grantable = [(value, label) for value, label in Role.choices if value not in roles]
        user.unchosen = request.GET.get("unchosen") == str(user.pk)
        people.append((user, memberships))
    accesses = accesses_not_over().filter(organisation=request.organisation).select_related("user").order_by("user__name", "ends_on")
    context = {
        "nav": "administration", "people": people, "page": page, "sought": sought, "accesses": accesses,
        "role_choices": [("", _("Choose a role")), *Role.choices],
        "query": "".join(f"{urlencode({name: value})}&" for name, value in sought.items() if value), "typed": {}, "errors": {},
        "role_filter": [("", _("Any role")), *Role.choices],
        "factor_filter": [("", _("With or without")), ("with", _("With a second factor")), ("without", _("Without a second factor"))],
    }  # fmt: skip
    return render(request, "accounts/people.html", context | more, status=status)


def _sought(organisation: Organisation, *, q: str, role: str, factor: str) -> Any:
    mine = Membership.objects.filter(organisation=organisation)
    if role in Role.values:
        mine = mine.filter(role=role)
    found = User.objects.filter(pk__in=mine.values("user")).annotate(has_factor=Exists(services.factors_of_outer("pk")))
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q))
    if factor in FACTOR_CHOICES:
        found = found.filter(has_factor=factor == "with")
    return found.order_by("name", "pk")


@require_safe
@member(Role.ADMINISTRATOR)
def people(request: HttpRequest) -> HttpResponse:
    return _people_page(request)


@require_POST
@member(Role.ADMINISTRATOR)
def person_add(request: Any) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("email", "name", "role")}
    try:
        user, password = services.user_create(
            actor=request.user, organisation=request.organisation, by_provider="by_provider" in request.POST, **typed
        )
    except ValidationError as error:
        errors = error.message_dict if hasattr(error, "error_dict") else {"email": error.messages}
        return _people_page(request, status=422, typed=typed, errors={name: " ".join(found) for name, found in errors.items()})
    return _people_page(request, added=user, password=password)


@require_POST
@member(Role.ADMINISTRATOR)
def role_grant(request: Any) -> HttpResponse:
    """Give a role; where none is chosen, back to the row, which says so, on the page of the list that the query names."""
    user = get_object_or_404(User.objects.filter(memberships__organisation=request.organisation).distinct(), pk=_number(request, "user"))
    if not request.POST.get("role"):
        back = urlencode({**request.GET.dict(), "unchosen": user.pk})
        return redirect(f"{reverse('accounts:people', args=[request.organisation.slug])}?{back}#role-{user.pk}")
    try:
        services.membership_grant(actor=request.user, user=user, organisation=request.organisation, role=request.POST.get("role", ""))
        messages.success(request, _("%(user)s is %(role)s now.") % {"user": user.name, "role": Role(request.POST["role"]).label.lower()})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("accounts:people", org=request.organisation.slug)


@require_POST
@member(Role.ADMINISTRATOR)
def role_revoke(request: Any) -> HttpResponse:
    """Take a role; where more goes with it, first off to the page that says what and sends this again, ``confirmed``."""
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organisation"), pk=_number(request, "membership"), organisation=request.organisation
    )
    if "confirmed" not in request.POST and services.loss_with(membership):
        return redirect("reports:role_taking", org=request.organisation.slug, membership=membership.pk)
    try:
        services.membership_revoke(actor=request.user, membership=membership)
        messages.success(
            request, _("%(user)s is no longer %(role)s.") % {"user": membership.user.name, "role": Role(membership.role).label.lower()}
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("accounts:people", org=request.organisation.slug)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def tokens(request: Any) -> HttpResponse:
    """One's own tokens here; a new one's text is shown once, on the answer to the form."""
    context: dict[str, Any] = {"nav": "tokens", "errors": {}, "typed": ""}
    if request.method == "POST":
        context["typed"] = request.POST.get("name", "")
        try:
            context["token"], context["plain"] = services.token_create(
                actor=request.user, organisation=request.organisation, name=context["typed"]
            )
            context["typed"] = ""
        except ValidationError as error:
            context["errors"] = {"name": " ".join(error.messages)}
    context["tokens"] = ApiToken.objects.filter(user=request.user, organisation=request.organisation, revoked_at=None)
    return render(request, "accounts/tokens.html", context, status=422 if context["errors"] else 200)


@require_POST
@member()
def token_revoke(request: Any, token: int) -> HttpResponse:
    found = get_object_or_404(
        ApiToken.objects.select_related("organisation"), pk=token, organisation=request.organisation, user=request.user, revoked_at=None
    )
    services.token_revoke(actor=request.user, token=found)
    messages.success(request, _("The token %(token)s no longer works.") % {"token": found.name})
    return redirect("accounts:tokens", org=request.organisation.slug)


@login_required
@require_POST
def guide_close(request: Any) -> HttpResponse:
    """Put the introduction away for good; back to ``next``, a page of ours, or to the way in."""
    User.objects.filter(pk=request.user.pk, guide_closed_at__isnull=True).update(guide_closed_at=timezone.now())
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "home")

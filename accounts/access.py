"""Which roles a person holds, and the decorator that lets only members of an organisation through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts import formats
from accounts.models import AuditAccess, Membership, Organisation, Role, User
from accounts.rows import columns_of, instance


@dataclass(frozen=True)
class Rights:
    """What a person may do in an organisation. ``limits``: the limited accesses that the role of auditor rests on, each of which opens its own
    scope; None where roles are held, which nothing limits."""

    roles: frozenset[str]
    limits: tuple[AuditAccess, ...] | None = None


def rights_of(user: User | AnonymousUser, organisation: Organisation) -> Rights:
    """The rights of an active person in an organisation on this day; no role for an outsider. Whoever holds a role isn't limited by an access."""
    if not user.is_authenticated or not user.is_active:
        return Rights(frozenset())
    roles = frozenset(Membership.objects.filter(user_id=user.pk, organisation=organisation).values_list("role", flat=True))
    if roles:
        return Rights(roles)
    limits = tuple(accesses_now().filter(user_id=user.pk, organisation=organisation))
    return Rights(frozenset({Role.AUDITOR.value}) if limits else frozenset(), limits)


def roles_of(user: User | AnonymousUser, organisation: Organisation) -> frozenset[str]:
    """The roles of an active person in an organisation; empty for an outsider."""
    return rights_of(user, organisation).roles


def accesses_not_over() -> QuerySet[AuditAccess]:
    """Limited accesses that are good today or will be: their last day (UTC) hasn't passed and nobody has ended them."""
    return AuditAccess.objects.filter(ends_on__gte=timezone.now().date(), ended__isnull=True)


def accesses_now() -> QuerySet[AuditAccess]:
    """Limited accesses that are good today."""
    return accesses_not_over().filter(starts_on__lte=timezone.now().date())


def people_of(organisation: Organisation) -> QuerySet[User]:
    """Whoever holds a role in the organisation, or an access that isn't over."""
    auditors = accesses_not_over().filter(organisation=organisation).values("user")
    return User.objects.filter(Q(memberships__organisation=organisation) | Q(pk__in=auditors)).distinct()


def organisations_of(user: User) -> QuerySet[Organisation]:
    """The organisations that a person can enter today."""
    audited = accesses_now().filter(user_id=user.pk).values("organisation")
    return Organisation.objects.filter(Q(memberships__user_id=user.pk) | Q(pk__in=audited)).distinct()


# A person with the organisations that they can enter today, a row for each role held there, which is empty where they enter by a limited
# access. In plain SQL: it is asked for every page and every save, and to build it by the ORM took longer than the database does.
_PERSON = """
WITH who AS ({who})
SELECT {person}, {organisation}, held.role{told} FROM who
  LEFT JOIN accounts_user u ON u.id = who.person
  LEFT JOIN (
       SELECT organisation_id, role FROM accounts_membership WHERE user_id = (SELECT person FROM who)
        UNION ALL
       SELECT a.organisation_id, '' FROM accounts_auditaccess a LEFT JOIN accounts_auditaccessend e ON e.access_id = a.id
        WHERE a.user_id = (SELECT person FROM who) AND a.starts_on <= %s AND a.ends_on >= %s AND e.id IS NULL
       ) held ON u.id IS NOT NULL
  LEFT JOIN accounts_organisation o ON o.id = held.organisation_id
 ORDER BY o.name, o.id
"""
Places = dict[Organisation, frozenset[str]]


def read_person(who: str, values: Sequence[Any], *told: str) -> tuple[User | None, Places, tuple[Any, ...]] | None:
    """A person and what ``places_of`` says of them, in one query. ``who``: a statement that finds one row at most, with the person's key as
    ``person`` (None: nobody), and other columns, of which those named by ``told`` are returned as well. None where it finds none."""
    today = connection.ops.adapt_datefield_value(timezone.now().date())
    besides = "".join(f", who.{name}" for name in told)
    statement = _PERSON.format(who=who, person=columns_of(User, "u"), organisation=columns_of(Organisation, "o"), told=besides)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, today, today])
        rows = cursor.fetchall()
    if not rows:
        return None
    first = len(User._meta.concrete_fields)
    last = first + len(Organisation._meta.concrete_fields)
    known: dict[int, tuple[Any, ...]] = {}
    held: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        if (organisation := row[first]) is not None:  # its id
            known.setdefault(organisation, row[first:last])
            held[organisation].update([row[last]] if row[last] else [])
    person = None if rows[0][0] is None else instance(User, rows[0][:first])
    return person, {instance(Organisation, row): frozenset(held[id_]) for id_, row in known.items()}, rows[0][last + 1 :]


def places_of(user: User) -> Places:
    """Every organisation that a person can enter today, by name, with the roles that they hold there: none where they enter by a limited
    access alone. One query, whatever their number, and none for who was read with them for this request and hasn't been asked about yet."""
    read, user.places_read = user.places_read, None
    if read is None:
        found = read_person("SELECT CAST(%s AS bigint) AS person", [user.pk])
        read = found[1] if found else {}
    return read


def entered(user: User | AnonymousUser, slug: str) -> tuple[Organisation, Rights]:
    """The organisation with the person's rights there; Http404 where the person holds no role, as where there is no such organisation."""
    organisation, rights, _places = _entered(user, slug)
    return organisation, rights


def _entered(user: User | AnonymousUser, slug: str) -> tuple[Organisation, Rights, list[Organisation]]:
    """As ``entered``, with every organisation that the person can enter."""
    places = places_of(user) if user.is_authenticated and user.is_active else {}
    found = next((one for one in places if one.slug == slug), None)
    rights = Rights(frozenset()) if found is None else Rights(places[found]) if places[found] else rights_of(user, found)
    if found is None or not rights.roles:
        raise Http404(_("No such organisation, or it isn't yours."))
    return found, rights, list(places)


def organisation_for(user: User | AnonymousUser, slug: str) -> tuple[Organisation, frozenset[str]]:
    """The organisation with the person's roles there; Http404 as of ``entered``."""
    organisation, rights = entered(user, slug)
    return organisation, rights.roles


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """And back. Whoever sends something had a session: the page says that it has ended, and leads back to where it was sent from, since not
    every address that is posted to is a page."""
    here = request.get_full_path()
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(here)
    sent_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(sent_from, {request.get_host()}):
        here = urlsplit(sent_from)._replace(scheme="", netloc="").geturl()
    return redirect_to_login(here, f"{reverse('account_login')}?ended=1")


def member(*allowed: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """For views under ``/o/<slug:org>/``: the view gets ``request.organisation``, ``request.roles`` and ``request.rights`` in place of
    ``org``.

    Anonymous people are sent to sign in, outsiders get 404, members with none of the ``allowed`` roles 403 (none named: any member).
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, org: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            request.organisation, request.rights, request.places = _entered(request.user, org)  # type: ignore[attr-defined]
            request.roles = request.rights.roles  # type: ignore[attr-defined]
            if allowed and not request.roles & set(allowed):  # type: ignore[attr-defined]
                names = _(" or ").join(Role(role).label.lower() for role in allowed)
                there = request.organisation.name  # type: ignore[attr-defined]
                raise PermissionDenied(_("This needs the role %(roles)s in %(organisation)s.") % {"roles": names, "organisation": there})
            user, there = request.user, request.organisation  # type: ignore[attr-defined]
            with formats.shown_in(user.time_zone or there.time_zone, user.formats or there.formats):
                return view(request, *args, **kwargs)

        return inner

    return decorate

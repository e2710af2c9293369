"""The page that a person begins with: what waits for them, what is at risk, what others changed; and the first run of an organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import formats
from accounts.access import member
from assessments import files
from assessments.changed import lately_for
from assessments.models import Assessment
from assessments.permissions import ADMINISTRATOR, APPROVER, AUDITOR, CONTRIBUTOR, READS_ALL, RISK_OFFICER, require, visible
from assessments.portfolio.ahead import ahead_of
from assessments.portfolio.figures import Portfolio
from assessments.portfolio.reading import Filters
from assessments.progress import Standing, standings
from assessments.views.common import allowed, place_url, url_or_none
from assessments.waiting import Thing, things_for
from compliance.catalogue.index import index
from compliance.releases import by_name
from compliance.views.words import INSTRUMENTS

EXAMPLE = "bank-chatbot.yaml"
SHOWN, COUNTED = 12, 8  # lines of a list, and assessments of which the open questions are counted
LIST_NAMES = ("q", "status", "page")
# What each role sees first; what isn't named follows by its day.
FIRST = {
    APPROVER: ("sign", "comment", "condition"),
    RISK_OFFICER: ("returned", "stuck", "comment", "sign", "answer"),
    CONTRIBUTOR: ("answer", "comment", "condition"),
}


@dataclass(frozen=True)
class Line:
    """One thing to do or to know of, with the way there. ``late``: its day is over."""

    what: str
    name: str
    how: str
    url: str
    due_on: date | None = None
    late: bool = False


@member()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the person, what is at risk and what changed, in the order of their role; who has bookmarked a search of the list, as it
    was here once, is sent to it."""
    organisation, rights = request.organisation, request.rights  # type: ignore[attr-defined]
    if any(name in request.GET for name in LIST_NAMES):
        return redirect(f"{reverse('assessments:list', args=[organisation.slug])}?{request.GET.urlencode()}")
    person, today = request.user, timezone.now().date()
    context: dict[str, Any] = {
        "nav": "home",
        "may_create": allowed(request, "create"),
        "may_manage": ADMINISTRATOR in request.roles,  # type: ignore[attr-defined]
        "guide": guide_for(request.roles) if person.guide_closed_at is None else [],  # type: ignore[attr-defined, union-attr]
        "may_read_trail": allowed(request, "trail"),
    }
    things = things_for(person, organisation, rights, today)  # type: ignore[arg-type]
    mine = sorted((thing for thing in things if thing.mine), key=lambda thing: _rank(thing, request.roles))  # type: ignore[attr-defined]
    waiting = waiting_lines(request, mine[:SHOWN], today)
    overdue = risk_lines(request, [thing for thing in things if not thing.mine], today)
    watches = bool(READS_ALL & request.roles)  # type: ignore[attr-defined]
    ahead = ahead_lines(request) if watches else []
    room = max(SHOWN - len(ahead), 0)
    if not any(thing.case for thing in things) and not visible(person, organisation, rights).exists():  # type: ignore[arg-type]
        context["first_run"] = True
    lately = lately_for(person, organisation, rights)  # type: ignore[arg-type]
    context |= {
        "waiting": waiting,
        "waiting_more": max(len(mine) - SHOWN, 0),
        "at_risk": overdue[:room] + ahead,
        "at_risk_more": max(len(overdue) - room, 0),
        "lately": lately,
        "watches": watches,
        "trail": url_or_none("reports:trail", org=organisation.slug),
        "risk_first": ADMINISTRATOR in request.roles and not request.roles & {RISK_OFFICER, APPROVER},  # type: ignore[attr-defined]
    }
    return render(request, "assessments/home.html", context)


def _rank(thing: Thing, roles: frozenset[str]) -> tuple[int, date, str, str]:
    order: Sequence[str] = next((kinds for role, kinds in FIRST.items() if role in roles), ())
    return order.index(thing.kind) if thing.kind in order else len(order), thing.due_on or date.max, thing.title, thing.about


def waiting_lines(request: HttpRequest, things: list[Thing], today: date) -> list[Line]:
    """The person's own things as lines; for parts to answer, with how many questions are open."""
    wanted = list(dict.fromkeys(thing.case for thing in things if thing.kind == "answer" and thing.case))[:COUNTED]
    found = Assessment.objects.filter(pk__in=wanted, organisation=request.organisation).select_related("use_case", "organisation")  # type: ignore[attr-defined]
    how = standings(found) if wanted else {}
    lines = []
    for thing in things:
        what, told, url = _waiting(request, thing, how.get(thing.case))  # type: ignore[arg-type]
        lines.append(Line(what, thing.title, told, url, thing.due_on, thing.overdue(today)))
    return lines


def _waiting(request: HttpRequest, thing: Thing, standing: Standing | None) -> tuple[str, str, str]:
    """(what to do, more about it, address)."""
    match thing.kind:
        case "answer":
            questionnaire, _slash, section = thing.about.partition("/")
            part = standing.progress.places.get((questionnaire, section)) if standing else None
            if standing is None or part is None:
                return _("Answer what you are asked"), "", _page(request, thing, "detail")
            left = part.count.asked - part.count.answered
            where = place_url(standing.assessment, part.place)
            if not left:
                return _("Confirm that you are through: %(part)s") % {"part": part.name}, _("nothing is open any more"), where
            told = ngettext("%(n)d question is open", "%(n)d questions are open", left) % {"n": left}
            return _("Answer: %(part)s") % {"part": part.name}, told, where
        case "sign":
            seat = _(" in the seat of %(name)s") % {"name": thing.more} if thing.more else ""
            return _("Read the record and sign it") + seat, thing.about, _page(request, thing, "record")
        case "condition":
            return _("Meet your condition"), _short(thing.about), _page(request, thing, "findings") + "#conditions"
        case "acceptance":
            return _("An acceptance ends"), _short(thing.about), _page(request, thing, "findings")
        case "treatment":
            return _("See to a finding"), _title(thing.about, "rules"), _page(request, thing, "findings")
        case "comment":
            address = _page(request, thing, "comments", question=thing.about.partition("|")[2])
            return _("%(name)s asks you") % {"name": thing.more}, _title(thing.about, "questions"), address
        case "stuck":
            return _("Nobody is left who could sign: see why"), "", _page(request, thing, "record")
        case "returned":
            return _("Returned: read why and finish it"), "", _page(request, thing, "detail")
        case "approved":
            return _("Review the decision"), _("the approval expires on this day"), _page(request, thing, "record")
        case "expired":
            return _("Start the next assessment: the approval has expired"), "", _page(request, thing, "record")
    return _("Your draft: finish it"), "", _page(request, thing, "detail")


def risk_lines(request: HttpRequest, things: list[Thing], today: date) -> list[Line]:
    """What is overdue or open again with others, and what administrators look after; what belongs together is one line."""
    org = request.organisation.slug  # type: ignore[attr-defined]
    lines: list[Line] = []
    groups: dict[tuple[str, Any, str], list[Thing]] = defaultdict(list)
    for thing in things:
        groups[(thing.kind, thing.case, thing.more if thing.kind == "answer" else thing.key if thing.case else "")].append(thing)
    for (kind, _case, _who), some in groups.items():
        thing, n = some[0], len(some)
        names = ", ".join(sorted({one.title for one in some})[:4]) + (" …" if n > 4 else "")
        match kind:
            case "answer":
                late = ngettext("%(who)s is late with %(n)d part", "%(who)s is late with %(n)d parts", n) % {"who": thing.more, "n": n}
                line = Line(late, thing.title, "", _page(request, thing, "assignments"), thing.due_on, True)
            case "sign":
                line = Line(_("A signature is overdue"), thing.title, thing.about, _page(request, thing, "record"), thing.due_on, True)
            case "condition":
                late = _("%(who)s is late with a condition") % {"who": thing.more}
                line = Line(late, thing.title, _short(thing.about), _page(request, thing, "findings") + "#conditions", thing.due_on, True)
            case "acceptance":
                where = _page(request, thing, "findings")
                line = Line(_("An accepted finding is open again"), thing.title, _short(thing.about), where, thing.due_on, True)
            case "treatment":
                who = thing.more or _("Nobody in particular")
                late = _("%(who)s is late with a finding") % {"who": who}
                line = Line(late, thing.title, _title(thing.about, "rules"), _page(request, thing, "findings"), thing.due_on, True)
            case "stuck":
                line = Line(_("Nobody is left who could sign"), thing.title, "", _page(request, thing, "record"))
            case "no_factor":
                told = ngettext("%(n)d person has no second factor", "%(n)d people have no second factor", n) % {"n": n}
                line = Line(told, names, "", reverse("accounts:people", args=[org]))
            case "job":
                told = ngettext("%(n)d task was given up", "%(n)d tasks were given up", n) % {"n": n}
                line = Line(told, names, _short(thing.about), url_or_none("reports:health", org=org) or "")
            case _:
                line = Line(_("The decision is past its review date"), thing.title, "", _page(request, thing, "record"), thing.due_on, True)
        lines.append(line)
    return lines


def ahead_lines(request: HttpRequest) -> list[Line]:
    """What the portfolio shows to be at risk though nothing of it is overdue, for who may see it."""
    org = request.organisation.slug  # type: ignore[attr-defined]
    seen = visible(request.user, request.organisation, request.rights)  # type: ignore[arg-type, attr-defined]
    portfolio = Portfolio(seen, Filters())
    ahead = ahead_of(portfolio)
    lines = []
    whats = {"provider": _("Concentration per provider is above its limit"), "model": _("Concentration per model is above its limit")}
    for of, index_ in ahead.concentrated.items():
        assert portfolio.limit is not None  # nothing is above no limit
        told = _("Herfindahl–Hirschman index %(index)s; high from %(limit)s") % {
            "index": formats.number(f"{index_:,}"), "limit": formats.number(f"{portfolio.limit.high_from:,}"),
        }  # fmt: skip
        lines.append(Line(whats[of], "", told, reverse("assessments:portfolio_chart", args=[org, f"{of}s"])))
    if n := ahead.pending:
        what = ngettext("The figures of %(n)d assessment are being worked out", "The figures of %(n)d assessments are being worked out", n)
        told = _("until they are, concentration isn’t judged")
        lines.append(Line(what % {"n": n}, "", told, reverse("assessments:portfolio", args=[org])))
    if n := ahead.grave:
        what = ngettext(
            "%(n)d chosen option has a high or critical residual risk", "%(n)d chosen options have a high or critical residual risk", n
        )
        lines.append(Line(what % {"n": n}, "", "", reverse("assessments:portfolio", args=[org]) + "?state=approved&risk=high&sort=-risk"))
    for (day, instrument), n in ahead.duties.items():
        what = ngettext("%(n)d obligation with a gap begins to apply", "%(n)d obligations with a gap begin to apply", n) % {"n": n}
        where = reverse("assessments:portfolio_chart", args=[org, "obligations"])
        lines.append(Line(what, str(INSTRUMENTS.get(instrument, instrument)), "", where, day))
    return lines


def _page(request: HttpRequest, thing: Thing, name: str, **more: str) -> str:
    where = {"org": request.organisation.slug, "assessment": thing.case, **more}  # type: ignore[attr-defined]
    return reverse(f"assessments:{name}", kwargs=where)


def _short(text: str) -> str:
    return Truncator(text).chars(120)


def _title(about: str, kind: str) -> str:
    """The words for ``<release>|<id>`` in the catalogue: of one of its ``rules`` or ``questions``; the id where it isn't installed any more."""
    catalogue, _bar, id_ = about.partition("|")
    try:
        known = index(by_name(catalogue))
    except LookupError:
        return id_
    if kind == "rules":
        return known.rules[id_].title if id_ in known.rules else id_
    return known.questions[id_].text if id_ in known.questions else id_


def guide_for(roles: frozenset[str]) -> list[str]:
    """How this works, in a few sentences, for who holds these roles."""
    told = [
        _(
            "An assessment asks what each way to source a model means: service, liability, law, cost. What follows is worked out from the answers."
        )
    ]
    if RISK_OFFICER in roles:
        told.append(_("You describe the use case, add at least two options, and ask the people who know for their part of the answers."))
        told.append(_("Then you propose an option and submit it; what was submitted is frozen."))
    if CONTRIBUTOR in roles:
        told.append(_("You answer the parts that you are asked for; each answer saves itself. What you don't know, answer as unknown."))
    if APPROVER in roles:
        told.append(_("You read a frozen record, and sign it or give it back with a reason. Nobody signs what they wrote or answered."))
    if AUDITOR in roles:
        told.append(
            _(
                "You read the assessments, records, reports and trail that are open to you, and change nothing. With an evidence bundle you check a "
                "decision without this service."
            )
        )
    if ADMINISTRATOR in roles:
        told.append(_("You look after people and roles, who signs what, and the health of the service. That gives no say in a decision."))
    told.append(_("What happens is kept in a trail that nobody can change, and this page always shows what waits for you."))
    return told


@member()
@require_POST
def example(request: HttpRequest) -> HttpResponse:
    """A guided first assessment: the worked example as a draft of the person's, whose title says what it is."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "create")  # type: ignore[arg-type]
    text = (Path(settings.BASE_DIR) / "examples" / EXAMPLE).read_text("utf-8")
    with transaction.atomic():
        made = files.import_assessment(
            actor=request.user, organisation=organisation, text=text, name=EXAMPLE,  # type: ignore[arg-type]
            title=lambda title: _("Example: %(title)s") % {"title": title},
        )  # fmt: skip
        Assessment.objects.filter(pk=made.pk).update(is_example=True)
    messages.success(
        request, _("A worked example, all answered. Look at its result, change an answer and see what follows; withdraw it when you are done.")
    )  # fmt: skip
    return redirect("assessments:detail", org=organisation.slug, assessment=made.pk)

"""The page on which an approver decides: what the signature rests on, whose turn it is, and the forms with what was typed into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.reauthentication import factors_of
from assessments.desk import Desk, Item, desk_for
from assessments.errors import Refused
from assessments.models import Assessment, Snapshot
from assessments.permissions import ACTIONS
from assessments.snapshots import content_of
from assessments.verdicts import Accepting, Asking, why_barred
from assessments.views.common import page_context
from assessments.views.drafts import draft_kept
from assessments.views.recording import key_facts, needed_later, progress_of, since_before, stage_rows
from assessments.views.wire import day_in, dom_id, in_words

CONDITION_ROWS = 3
SIGNED = ("approve", "reject")
SECRET = frozenset({"password", "code", "credential", "csrfmiddlewaretoken"})


def sign_page(
    request: HttpRequest,
    assessment: Assessment,
    snapshot: Snapshot,
    *,
    form: str = "",
    errors: Mapping[str, str] | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    """The verdicts that the person can give. ``form`` names the one whose fields are given back as they were typed, but for what is secret;
    where nothing was posted, those that the session has kept."""
    content = content_of(snapshot)
    desk = desk_for(request.user, snapshot)  # type: ignore[arg-type]
    typed: Mapping[str, str] = {name: str(text) for name, text in request.POST.items() if name not in SECRET}
    if request.method != "POST":
        form, typed = draft_kept(request, snapshot)
    errors = errors or {}
    facts = key_facts(content)
    treated = {e["finding"]: e for e in content.get("register", []) if e["option"] == content["proposal"]["option"]}
    barred = "" if desk.may_speak else _barred(request, snapshot, desk)
    context = page_context(
        request, assessment, snapshot=snapshot, content=content, barred=barred, form=form, errors=errors, trouble=trouble, typed=typed,
        wrong=[(_place(name, form), text) for name, text in errors.items()],
        needed_later=needed_later(request.user, desk), desk=desk, stages=stage_rows(desk.stages, content, True), statements=desk.statements,
        factors=None if barred else factors_of(request.user),  # type: ignore[arg-type]
        items=[
            _item(item, treated.get(item.data["id"]), typed if form == "approve" else {}, errors) for item in desk.items
        ],
        conditions=[_condition(number, typed if form == "approve" else {}, errors) for number in range(1, CONDITION_ROWS + 1)],
        condition_typed=form == "approve" and any(name.startswith("condition:") and text for name, text in typed.items()),
        restored=bool(form) and request.method != "POST",
        lost=[text for name, text in typed.items() if _is_text(name) and text.strip()] if form in SIGNED and desk.unread else [],
        members=[] if barred else _may_see_to(desk),
        back=reverse("assessments:sign", args=[assessment.organisation.slug, assessment.pk]),
        progress=progress_of(desk.parts), **since_before(request, assessment, snapshot, content), **facts,
    )  # fmt: skip
    return render(request, "assessments/sign.html", context, status=403 if barred and status == 200 else status)


def _place(name: str, form: str) -> str:
    """Where on the page a field that was refused stands."""
    if ":" in name:
        element = name.replace(":", "-")
        return f"id_{element if name.startswith('condition:') else dom_id(element)}"
    return f"id_{name}-{form}" if name in ("password", "code", "reason") else f"form-{form}"


def _may_see_to(desk: Desk) -> list[User]:
    """Who can own a condition, by name: as ``verdicts.may_see_to``."""
    return list(dict.fromkeys(one.user for one in desk.sign_off.members if one.role in ACTIONS["meet_condition"]))


def _is_text(name: str) -> bool:
    """Whether it is a field of one's own words, which nobody wants to write twice."""
    return name == "reason" or name.startswith("accept:") or name.endswith(":text")


def _barred(request: HttpRequest, snapshot: Snapshot, desk: Desk) -> str:
    if had := desk.sign_off.part_of(request.user):  # type: ignore[arg-type]
        return why_barred(had)
    if desk.turn is None:
        return _("Nothing is to be decided on this record now.")
    names = ", ".join(person.name for person in desk.sign_off.who_is_asked(desk.turn.stage)) or _("nobody now")
    return _("It isn't your turn: the stage %(stage)s asks %(names)s.") % {"stage": desk.turn.stage.title, "names": names}


def _item(item: Item, treated: Mapping[str, Any] | None, typed: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    """A finding to be accepted; its last day is at first the author's, ``treated``, and never later than the policy allows."""
    reason, until = f"accept:{item.name}", f"until:{item.name}"
    latest = item.latest.isoformat() if item.latest else ""
    proposed = (treated or {}).get("due_on") or ""
    proposed = proposed if timezone.now().date().isoformat() < proposed < latest else latest  # ISO days sort as they follow each other
    return item.data | {
        "treated": treated,
        "name": reason, "element": dom_id(reason.replace(":", "-")), "typed": typed.get(reason, ""), "error": errors.get(reason, ""),
        "until_name": until, "until_element": dom_id(until.replace(":", "-")), "until_typed": typed.get(until, proposed),
        "until_error": errors.get(until, ""), "latest": item.latest,
        "until_help": _("At the latest %(day)s. After its day the finding is open again.") % {"day": in_words(item.latest)} if item.latest else "",
    }  # fmt: skip


def _condition(number: int, typed: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    def field(name: str) -> dict[str, str]:
        full = f"condition:{number}:{name}"
        return {"name": full, "element": full.replace(":", "-"), "typed": typed.get(full, ""), "error": errors.get(full, "")}

    return {"number": number, "text": field("text"), "owner": field("owner"), "due_on": field("due_on")}


def typed_acceptances(posted: Mapping[str, str]) -> dict[tuple[str, str], Accepting]:
    """The reasons and days by (option, finding). Raises Refused for a day that isn't one."""
    accepted = {}
    for name, text in posted.items():
        if name.startswith("accept:") and name.count(":") == 2:
            _prefix, option, finding = name.split(":")
            until = day_in(posted.get(f"until:{option}:{finding}", ""), f"until:{option}:{finding}")
            accepted[(option, finding)] = Accepting(str(text), until)
    return accepted


def typed_conditions(posted: Mapping[str, str]) -> list[Asking]:
    """The conditions of which anything was typed. Raises Refused for a day that isn't one, and for a row left out between two."""
    rows: list[Asking] = []
    for number in range(1, CONDITION_ROWS + 1):
        values = {name: posted.get(f"condition:{number}:{name}", "").strip() for name in ("text", "owner", "due_on")}
        if any(values.values()):
            if len(rows) != number - 1:
                raise Refused(_("Fill in the conditions from the first on."), {"condition:1:text": _("Say what must be done.")})
            rows.append(Asking(values["text"], values["owner"], day_in(values["due_on"], f"condition:{number}:due_on")))
    return rows

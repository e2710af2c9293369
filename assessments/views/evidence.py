"""Every file that an assessment's answers rest on, and the answers that claim a contract or a certificate without any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.models import BasisOfAnswer, Evidence, Response, State
from assessments.progress import Owner, Standing, standing_of
from assessments.views.common import find, page_context
from assessments.views.places import live_places

A_PAGE = 50
CLAIMS = (BasisOfAnswer.CONTRACTUAL, BasisOfAnswer.CERTIFIED)


@dataclass(frozen=True)
class Claim:
    """An answer that says it rests on a contract or a certificate, with no file beside it."""

    question: str
    option: str
    basis: str
    url: str


@require_safe
@member()
def evidence_all(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """All evidence, found by the file's name, its digest or the question (``q``) and the ``questionnaire``; and where it is missing."""
    found = find(request, assessment)
    standing = standing_of(found)
    asked = {
        question.id: {"text": question.text, "scope": question.scope, "questionnaire": questionnaire.id, "section": section.id}
        for questionnaire in standing.release.questionnaires for section in questionnaire.sections for question in section.questions
    }  # fmt: skip
    where = live_places(found, asked)
    q, chosen = request.GET.get("q", "").replace("\0", "").strip()[:200], request.GET.get("questionnaire", "")
    rows = Evidence.objects.filter(response__assessment=found).select_related("response", "response__option", "uploaded_by")
    attached = set(rows.values_list("response_id", flat=True))
    titles = {questionnaire.id: questionnaire.title for questionnaire in standing.release.questionnaires}
    if chosen in titles:
        rows = rows.filter(response__question__in=[id_ for id_, one in asked.items() if one["questionnaire"] == chosen])
    if q:
        meant = [id_ for id_, one in asked.items() if q.casefold() in str(one["text"]).casefold()]
        rows = rows.filter(Q(name__icontains=q) | Q(sha256__startswith=q.lower()) | Q(response__question__in=meant))
    page = Paginator(rows.order_by("-uploaded_at", "id"), A_PAGE).get_page(request.GET.get("page"))
    files = []
    for row in page:
        answer, option = row.response, row.response.option
        files.append(
            {
                "row": row, "text": asked.get(answer.question, {}).get("text", answer.question), "option": option.name if option else "",
                "basis": BasisOfAnswer(answer.basis).label if answer.basis else "", "url": where(answer.question, option.key if option else ""),
            }
        )  # fmt: skip
    context: dict[str, Any] = {
        "page": page, "files": files, "missing": _missing(standing, asked, attached, where), "q": q, "chosen": chosen if chosen in titles else "",
        "choices": [("", ""), *titles.items()], "attached": len(attached),
        "query": "".join(f"{urlencode({name: value})}&" for name, value in (("q", q), ("questionnaire", chosen)) if value),
    }  # fmt: skip
    return render(request, "assessments/evidence_all.html", page_context(request, found, standing, **context))


def claiming(standing: Standing, attached: set[int]) -> list[tuple[Owner, str, Response]]:
    """(owner, question, answer) of the answers that claim a contract or a certificate; ``attached``: the answers that have a file. One that its
    condition hides claims nothing."""
    return [
        (owner, id_, row) for (owner, id_), row in standing.responses.items()
        if row.state == State.ANSWERED and row.basis in CLAIMS and row.pk not in attached
        and id_ in standing.known.questions and standing.visible(standing.known.questions[id_], owner)
    ]  # fmt: skip


def _missing(standing: Standing, asked: dict[str, Any], attached: set[int], where: Any) -> list[Claim]:
    """In the order of the questionnaires."""
    options = {option.pk: option for option in standing.options}
    order = {id_: place for place, id_ in enumerate(asked)}
    rows = claiming(standing, attached)
    rows.sort(key=lambda item: (order[item[1]], item[0] or 0))
    return [
        Claim(
            str(asked[id_]["text"]), options[owner].name if owner else "", str(BasisOfAnswer(row.basis).label),
            where(id_, options[owner].key if owner else ""),
        )
        for owner, id_, row in rows
    ]  # fmt: skip

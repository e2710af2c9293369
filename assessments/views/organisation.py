"""What the organisation says of itself: asked once here, and offered in each of its assessments."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import member
from assessments.errors import Refused, Stale
from assessments.models import BasisOfAnswer, OrganisationAnswer, Response, State
from assessments.organisation import organisation_answer_save, questions_of_organisation
from assessments.permissions import require
from assessments.snapshots import display
from assessments.views.common import allowed
from assessments.views.showing import answer
from assessments.views.wire import dom_id, revision_in
from compliance.catalogue.index import index
from compliance.catalogue.model import Question
from compliance.releases import newest


@member()
def answers(request: HttpRequest) -> HttpResponse:
    """The organisation's own answers; posting saves each that changed, and those that can't be saved come back as typed."""
    organisation = request.organisation  # type: ignore[attr-defined]
    troubles: dict[str, Refused] = {}
    if request.method == "POST":
        require(request.user, organisation, "describe_organisation")  # type: ignore[arg-type]
        saved = 0
        kept = {row.question: row.revision for row in OrganisationAnswer.objects.filter(organisation=organisation)}
        for id_, question in questions_of_organisation().items():
            if f"revision:{id_}" not in request.POST:
                continue
            value: Any = (
                request.POST.getlist(f"value:{id_}") if question.type == "choices" else request.POST.get(f"value:{id_}", "").strip()
            )
            try:
                row = organisation_answer_save(
                    actor=request.user, organisation=organisation, question_id=id_, value=value or None,  # type: ignore[arg-type]
                    basis=request.POST.get(f"basis:{id_}") or BasisOfAnswer.SELF_DECLARED, note=request.POST.get(f"note:{id_}", ""),
                    revision=revision_in(request.POST[f"revision:{id_}"]),
                )  # fmt: skip
            except Refused as error:
                troubles[id_] = error
            else:
                saved += (row.revision if row else 0) != kept.get(id_, 0)
        if not troubles:
            if saved:
                messages.success(request, ngettext("Saved %(n)d answer.", "Saved %(n)d answers.", saved) % {"n": saved})
            else:
                messages.info(request, _("Nothing was changed, so nothing was saved."))
            return redirect(request.path)
    release = newest()
    rows = {r.question: r for r in OrganisationAnswer.objects.filter(organisation=organisation).select_related("answered_by")}
    sources = index(release).sources
    context = {
        "nav": "organisation",
        "release": release,
        "may_edit": allowed(request, "describe_organisation"),
        "bases": BasisOfAnswer.choices,
        "lines": [line(request, q, rows.get(id_), troubles.get(id_)) | {"sources": [sources[s] for s in q.sources]}
                  for id_, q in questions_of_organisation(release).items()],
    }  # fmt: skip
    return render(request, "assessments/organisation.html", context, status=422 if troubles else 200)


def line(request: HttpRequest, question: Question, row: OrganisationAnswer | None, trouble: Refused | None) -> dict[str, Any]:
    """One question as the page shows it: what is typed where it wasn't saved, else what stands."""
    stands: list[str] = []
    if row is not None:
        stands = [str(v) for v in row.value] if isinstance(row.value, list) else [str(row.value)]
    values = request.POST.getlist(f"value:{question.id}") if trouble else stands
    return {
        "question": question,
        "dom": dom_id(question.id),
        "values": values,
        "basis": request.POST.get(f"basis:{question.id}", "") if trouble else (row.basis if row else BasisOfAnswer.SELF_DECLARED),
        "note": request.POST.get(f"note:{question.id}", "") if trouble else (row.note if row else ""),
        "row": row,
        "revision": row.revision if row else 0,
        "shown": answer(question, display(question, Response(state=State.ANSWERED, value=row.value))) if row else "",
        "error": (trouble.fields.get("value") or trouble.message) if trouble else "",
        "stale": isinstance(trouble, Stale),
    }

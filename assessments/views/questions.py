"""All questions of an assessment on one page, by a filter, each with its answer and the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from assessments.models import Option, Response, State
from assessments.progress import Standing, standing_of
from assessments.snapshots import display
from assessments.views.common import find, page_context
from assessments.views.filtering import ALL, CHANGED, LABELS, Filter, filter_in, read_by_blockers
from assessments.views.showing import answer
from assessments.views.wire import dom_id, key_of
from compliance.catalogue.model import Question, Questionnaire, Section


@dataclass(frozen=True)
class Line:
    """One answer of the list: of the use case where ``option`` is None."""

    question: Question
    option: Option | None
    row: Response | None
    visible: bool | None
    blocks: bool

    @property
    def dom(self) -> str:
        return dom_id(key_of(self.question, self.option))

    @property
    def answered(self) -> bool:
        return self.row is not None and self.row.state != State.UNANSWERED

    @property
    def may_be_asked(self) -> bool:
        """Whether it isn't known yet that it is asked, and nobody answered it all the same."""
        return self.visible is None and not self.answered

    @property
    def shown(self) -> str:
        if self.row is None or not self.answered:
            return _("May yet be asked") if self.may_be_asked else _("Not answered yet")
        return answer(self.question, display(self.question, self.row))


@dataclass(frozen=True)
class Group:
    """The lines of one section, each question's together."""

    questionnaire: Questionnaire
    section: Section
    questions: tuple[tuple[Question, tuple[Line, ...]], ...]


@member()
@require_safe
def questions(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """Every question that the filter in the address wants: ``show``, ``days``, ``q``, ``option``."""
    standing = standing_of(find(request, assessment))
    chosen = filter_in(request.GET, standing, request.user.pk)
    groups = groups_of(standing, chosen)
    lines = [line for group in groups for _question, of in group.questions for line in of]
    open_ = sum(line.may_be_asked for line in lines)
    context = page_context(
        request, standing.assessment, standing, chosen=chosen, groups=groups, asked=len(lines) - open_, open=open_,
        answered=sum(line.answered for line in lines), kinds=LABELS.items(), changed=CHANGED,
        typed=request.GET.get("q", "").strip()[:200], all=ALL,
    )  # fmt: skip
    return render(request, "assessments/questions.html", context)


def groups_of(standing: Standing, chosen: Filter) -> list[Group]:
    """The sections that hold something wanted. What isn't asked is left out, unless it was answered and is looked for."""
    blockers = read_by_blockers(standing.known)
    options: list[Option | None] = [o for o in standing.options if chosen.option in ("", o.key)]
    groups = []
    for questionnaire in standing.release.questionnaires:
        for section in questionnaire.sections:
            kept = []
            for question in section.questions:
                of: list[Option | None] = options if question.scope == "option" else [None] if not chosen.option else []
                lines = tuple(
                    Line(question, o, standing.responses.get((o.pk if o else None, question.id)), visible, question.id in blockers)
                    for o in of
                    if (visible := standing.visible(question, o.pk if o else None)) is not False
                    and chosen.wants(standing, question, o.pk if o else None)
                )
                if lines:
                    kept.append((question, lines))
            if kept:
                groups.append(Group(questionnaire, section, tuple(kept)))
    return groups

"""What a section's page shows: its questions as rows, and for the use case or each option a cell with the answer as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.formats import short_day
from assessments.errors import Stale
from assessments.models import Assessment, BasisOfAnswer, Evidence, Option, Response, Sourcing, State
from assessments.offering import Offer, option_offers, organisation_offers
from assessments.progress import Owner, Standing
from assessments.scoring.answers import open_questions
from assessments.snapshots import display
from assessments.views.showing import answer
from assessments.views.wire import NONE_OF_THESE, NOT_APPLICABLE, UNKNOWN, Posted, dom_id, key_of
from compliance.catalogue.conditions import references, truth
from compliance.catalogue.model import Question, Section, Source
from compliance.views.texts_of_law import Law, laws_of
from compliance.views.words import ANSWERED_BY

SELECT_FITS = 15  # characters that a select in a column shows whole; assessment.js has the same number
SPECIAL_OF_STATE = {State.UNKNOWN: UNKNOWN, State.NOT_APPLICABLE: NOT_APPLICABLE}


@dataclass(frozen=True)
class Trouble:
    """Why an answer wasn't saved: ``fields`` says what is wrong beside which field; ``sent`` is what was typed and is kept in the form;
    ``taking``: it was an offer that was taken over."""

    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    sent: Posted | None = None
    stale: Stale | None = None
    taking: bool = False

    @property
    def beside_value(self) -> str:
        others = ("basis", "note", "file")
        return self.fields.get("value") or ("" if any(name in self.fields for name in others) else self.message)


@dataclass(frozen=True)
class Cell:
    """One answer to one question. ``table``: it stands in the table of options, where a choice is a select rather than radios; ``files``: how
    many, where ``evidence`` wasn't read; ``undo``: what can be put back, as the form carries it."""

    question: Question
    option: Option | None
    visible: bool | None
    row: Response | None
    evidence: tuple[Evidence, ...] = ()
    trouble: Trouble | None = None
    reason: str = ""
    offer: Offer | None = None
    files: int = 0
    undo: str = ""

    @property
    def offered(self) -> Offer | None:
        """What is offered, unless it is what stands there already."""
        return None if self.offer is None or self.offer.is_taken(self.row) else self.offer

    @property
    def key(self) -> str:
        return key_of(self.question, self.option)

    @property
    def dom(self) -> str:
        return dom_id(self.key)

    @property
    def table(self) -> bool:
        return self.option is not None

    @property
    def sent(self) -> Posted | None:
        return self.trouble.sent if self.trouble else None

    @property
    def revision(self) -> int:
        return self.row.revision if self.row else 0

    @property
    def state(self) -> str:
        return self.row.state if self.row else State.UNANSWERED

    @property
    def answered(self) -> bool:
        return self.state != State.UNANSWERED

    @property
    def values(self) -> list[str]:
        """What is chosen or typed: from the form that came back, else from the row."""
        if self.sent:
            return self.sent.values
        if self.row is None or self.row.state != State.ANSWERED:
            return []
        return [str(v) for v in self.row.value] if isinstance(self.row.value, list) else [str(self.row.value)]

    @property
    def text(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def specials(self) -> list[str]:
        if self.sent:
            return self.sent.specials
        if self.row and self.row.state == State.ANSWERED and self.row.value == []:
            return [NONE_OF_THESE]
        return [SPECIAL_OF_STATE[State(self.state)]] if self.state in SPECIAL_OF_STATE else []

    @property
    def choices(self) -> list[tuple[str, str, str, bool]]:
        """(id, text, help, chosen) of each choice of the question."""
        return [(c.id, c.text, c.help, c.id in self.values) for c in self.question.choices]

    @property
    def special_choices(self) -> list[tuple[str, str, bool]]:
        """(token, text, chosen) of what may be said instead of a value."""
        offered = [(NONE_OF_THESE, _("None of these"))] if self.question.type == "choices" else []
        offered.append((UNKNOWN, _("Unknown")))
        if self.question.not_applicable:
            offered.append((NOT_APPLICABLE, _("Not applicable")))
        return [(token, text, token in self.specials) for token, text in offered]

    @property
    def basis(self) -> str:
        if self.sent and self.sent.basis is not None:
            return self.sent.basis
        return self.row.basis if self.row else BasisOfAnswer.UNSUPPORTED

    @property
    def basis_choices(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in BasisOfAnswer.choices]

    @property
    def note(self) -> str:
        if self.sent and self.sent.note is not None:
            return self.sent.note
        return self.row.note if self.row else ""

    @property
    def shown(self) -> str:
        """The answer as people read it."""
        return answer(self.question, display(self.question, self.row)) if self.row and self.answered else _("Not answered yet")

    @property
    def chosen_in_full(self) -> str:
        """The text of the chosen option where a select in a column would cut it off."""
        text = next((text for id_, text, _help, chosen in self.choices if chosen), "")
        return text if len(text) > SELECT_FITS else ""

    @property
    def summary(self) -> str:
        """What stands beside the answer: its basis, a note, files."""
        parts = []
        if self.row and self.row.basis != BasisOfAnswer.UNSUPPORTED:
            parts.append(self.row.get_basis_display())
        if self.row and self.row.note:
            parts.append(_("note"))
        if files := len(self.evidence) or self.files:
            parts.append(ngettext("%(n)d file", "%(n)d files", files) % {"n": files})
        return " · ".join(parts)

    @property
    def whose(self) -> str:
        """Who answered, when, and how often it was saved."""
        if self.row is None or self.row.answered_by is None:
            return ""
        told = {"who": self.row.answered_by.name, "day": short_day(self.row.answered_at), "n": self.row.revision}
        return _("%(who)s, %(day)s, revision %(n)s") % told

    @property
    def theirs_and_mine(self) -> list[tuple[str, str, str]]:
        """(what, theirs, mine) of everything that two people saved differently."""
        if not self.trouble or not self.trouble.stale:
            return []
        theirs, mine = self.trouble.stale.theirs, self.trouble.stale.mine
        pairs = [(_("Answer"), self._read(theirs), self._read(mine))]
        pairs.append((_("Basis"), str(BasisOfAnswer(str(theirs["basis"])).label), str(BasisOfAnswer(str(mine["basis"])).label)))
        pairs.append((_("Note"), str(theirs["note"]) or "–", str(mine["note"]) or "–"))
        return [pair for pair in pairs if pair[1] != pair[2]]

    def _read(self, content: Mapping[str, Any]) -> str:
        if content["state"] == State.UNANSWERED:
            return _("Not answered yet")
        return answer(self.question, display(self.question, Response(state=content["state"], value=content["value"])))


@dataclass(frozen=True)
class Row:
    """One question of a section. ``shown``: it is asked of the use case, or of one option at least; ``off``: the page's filter leaves it out."""

    question: Question
    cells: tuple[Cell, ...]
    sources: tuple[Source, ...]
    laws: tuple[Law, ...]
    off: bool = False

    @property
    def dom(self) -> str:
        return dom_id(self.question.id)

    @property
    def shown(self) -> bool:
        return any(cell.visible for cell in self.cells)

    @property
    def cell(self) -> Cell:
        return self.cells[0]

    @property
    def answered_by(self) -> str:
        return str(ANSWERED_BY.get(self.question.answered_by, self.question.answered_by))


def evidence_of(assessment: Assessment, questions: Iterable[str]) -> dict[tuple[Owner, str], tuple[Evidence, ...]]:
    """The files of these questions' answers, in one query."""
    found: dict[tuple[Owner, str], tuple[Evidence, ...]] = defaultdict(tuple)
    files = Evidence.objects.filter(response__assessment=assessment, response__question__in=list(questions)).select_related("response")
    for evidence in files:
        found[(evidence.response.option_id, evidence.response.question)] += (evidence,)
    return found


def offers_in(standing: Standing, section: Section) -> dict[Owner, Mapping[str, Offer]]:
    """By owner and question id; nothing is offered once the assessment is closed."""
    if not standing.assessment.is_open:
        return {}
    found: dict[Owner, Mapping[str, Offer]] = {None: organisation_offers(standing.assessment, section.questions)}
    if any(q.scope == "option" for q in section.questions):
        found |= {option.pk: option_offers(standing.assessment, standing.release, option) for option in standing.options}
    return found


def section_rows(standing: Standing, section: Section, troubles: Mapping[str, Trouble] | None = None) -> list[Row]:
    """Every question of the section, asked or not, with a cell for the use case or each option."""
    evidence = evidence_of(standing.assessment, [q.id for q in section.questions])
    troubles = troubles or {}
    by_key = {option.pk: option for option in standing.options}
    offers = offers_in(standing, section)

    def cell(question: Question, owner: Owner) -> Cell:
        option = by_key[owner] if owner is not None else None
        visible = standing.visible(question, owner)
        return Cell(
            question, option, visible, standing.responses.get((owner, question.id)), evidence[(owner, question.id)],
            troubles.get(key_of(question, option)), "" if visible else why_not_asked(standing, question, option),
            offers.get(owner, {}).get(question.id),
        )  # fmt: skip

    return [
        Row(
            question,
            tuple(cell(question, owner) for owner in standing.owners(question)),
            tuple(standing.known.sources[s] for s in question.sources if s in standing.known.sources),
            laws_of(standing.release, question),
        )
        for question in section.questions
    ]


def why_not_asked(standing: Standing, question: Question, option: Option | None) -> str:
    """In words, what keeps the question from being asked: an answer, the sourcing, or an answer that is still missing."""
    if question.when is None:
        return ""
    variables = standing.sheets[option.pk if option else None].variables
    names = sorted(references(question.when))
    missing = [n for n in names if n not in variables]
    if truth(question.when, variables) is None:
        waits = [f"“{standing.known.by_variable[n].text}”" for n in missing if n in standing.known.by_variable]
        return _("It depends on an answer that is missing: %(questions)s") % {"questions": ", ".join(waits)} if waits else ""
    deciding = [n for n in names if n in variables and truth(question.when, {k: v for k, v in variables.items() if k != n}) is None]
    because = [_because(standing, name, option) for name in deciding or [n for n in names if n in variables]]
    return _("Because of %(grounds)s.") % {"grounds": _(" and ").join(because)} if because else ""


def _because(standing: Standing, name: str, option: Option | None) -> str:
    if name == "fallback_sourcing" and option:
        return _("whether it has a fallback of its own")
    if name == "sourcing" and option:
        return _("how it is sourced (%(sourcing)s)") % {"sourcing": Sourcing(option.sourcing).label}
    if name in standing.known.by_variable:
        return _("the answer to “%(question)s”") % {"question": standing.known.by_variable[name].text}
    return _("the kind of use case")


@dataclass(frozen=True)
class Pending:
    """Questions of a section that may yet be asked, and the questions whose answers decide that, with where each stands."""

    count: int
    waits_for: tuple[tuple[Question, str, str], ...]


def pending_of(standing: Standing, section: Section) -> Pending:
    """What may follow in the section; ``waits_for`` holds (question, questionnaire id, section id)."""
    count, wanted = 0, set()
    for question in section.questions:
        for owner in standing.owners(question):
            if standing.visible(question, owner) is None and question.when is not None:
                count += 1
                sheets = [standing.sheets[None]] + ([standing.sheets[owner]] if owner is not None else [])
                wanted.update(open_questions(standing.known, sheets, standing.sheets[owner].variables, references(question.when)))
    places = {
        q.id: (q, questionnaire.id, part.id)
        for questionnaire in standing.release.questionnaires
        for part in questionnaire.sections
        for q in part.questions
        if q.id in wanted
    }
    return Pending(count, tuple(places.values()))

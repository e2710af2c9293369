"""One record's content, looked into by name, and the texts in which what it holds stands on a page.

Whatever a record lacks reads as not there (None): an older one lacks what was added to the format since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from assessments.changes.words import STATES

Data = Mapping[str, Any]
NOTHING: Data = {}


class Record:
    def __init__(self, content: Data) -> None:
        self.content = content

    def items(self, *path: str) -> list[Data]:
        """The list of mappings at ``path``, empty where there is none."""
        found = self.at(*path)
        return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []

    def at(self, *path: str) -> Any:
        found: Any = self.content
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    @cached_property
    def options(self) -> dict[str, Data]:
        return by_id(self.items("options"))

    @cached_property
    def file_options(self) -> dict[str, Data]:
        return by_id(self.items("file", "options"))

    @cached_property
    def results(self) -> dict[str, Data]:
        return by_id(self.items("evaluation", "options"))

    @cached_property
    def questions(self) -> dict[str, Data]:
        sections = [s for q in self.items("questionnaires") for s in q.get("sections") or []]
        return by_id(question for section in sections for question in section.get("questions") or [])

    @cached_property
    def findings(self) -> dict[tuple[str, str], Data]:
        return {(str(f.get("option")), str(f.get("id"))): f for f in self.items("findings")}

    @cached_property
    def treatments(self) -> dict[tuple[str, str], Data]:
        return {(str(e.get("option")), str(e.get("finding"))): e for e in self.items("register")}

    @cached_property
    def stages(self) -> list[Data]:
        return self.items("routing", "stages")

    @property
    def currency(self) -> str:
        return str(self.at("evaluation", "currency") or "")

    def named(self, *path: str, field: str = "title") -> dict[str, str]:
        """Id (or reference) -> title of the items of a list."""
        return {str(item.get("id", item.get("reference"))): str(item[field]) for item in self.items(*path) if field in item}

    def option_name(self, option: str) -> str:
        return str(self.options.get(option, NOTHING).get("name") or "")

    # What is told in one text though it stands in several places.

    def answer(self, owner: str, question: str) -> str | None:
        answer = self._answer(owner, question)
        if not answer:
            return None
        state, given = str(answer.get("state")), str(answer.get("display") or plain(answer.get("value")) or "")
        if state == "answered":
            return given
        said = STATES.get(state, state)
        return f"{said}; kept is “{given}”" if given and state in ("hidden", "open") else said

    def answered(self, owner: str, question: str) -> str | None:
        """By whom and when an answer was given, or None."""
        answer = self._answer(owner, question)
        said = [str(answer[key]) for key in ("answered_by",) if answer.get(key)]
        said += [moment(answer["answered_at"])] if answer.get("answered_at") else []
        return ", ".join(said) or None

    def evidence(self, owner: str, question: str, digest: str) -> str | None:
        return named_file(self._answer(owner, question), digest)

    def treated_by(self, option: str, finding: str) -> str | None:
        """The name of who sees to it that a finding is treated."""
        owner = self.treatments.get((option, finding), NOTHING).get("owner")
        return plain(owner.get("name") if isinstance(owner, Mapping) else owner)

    def evidence_of_treatment(self, option: str, finding: str, digest: str) -> str | None:
        return named_file(self.treatments.get((option, finding), NOTHING), digest)

    def _answer(self, owner: str, question: str) -> Data:
        answers = self.questions.get(question, NOTHING).get("answers")
        found = answers.get(owner) if isinstance(answers, Mapping) else None
        return found if isinstance(found, Mapping) else NOTHING

    def demand(self, key: str) -> str | None:
        given = self.at("file", "demand") or NOTHING
        budget = given.get("budget") or NOTHING
        return ranged(given.get(key, budget.get(key.removeprefix("budget_"))))

    def cost(self, option: str, category: str, key: str) -> str | None:
        """The figure as text; where there is none, what that means for its category."""
        costs = self.file_options.get(option, NOTHING).get("costs") or NOTHING
        if not category:
            return plain(costs.get(key))
        figures = costs.get(category)
        if figures is None:
            return None
        if not figures:
            return "costs nothing"
        return ranged(figures.get(key)) if key else "costs something"

    def total_range(self, option: str) -> str | None:
        """``EUR 500,433.26 – 534,967.22 – 568,753.44``, or None where nothing was drawn."""
        costs = self.results.get(option, NOTHING).get("costs") or NOTHING
        draws = percentiles(costs.get("total"))
        return f"{self.currency} {draws}" if draws else None

    def score_range(self, option: str) -> str | None:
        return percentiles(self.results.get(option, NOTHING).get("score_range")) or None

    def asked_by_name(self, stage: str, reference: str) -> str | None:
        """The name of a person who has a seat in a stage of the sign-off."""
        for one in self.stages:
            people = one.get("people") if stage in (one.get("key"), one.get("title")) else None
            for person in people if isinstance(people, list) else []:
                if isinstance(person, Mapping) and person.get("reference") == reference:
                    return plain(person.get("name"))
        return None

    def basis(self, reference: str) -> str | None:
        """A point of the AI Act that the class rests on, with its text and its first day."""
        points = {str(b.get("reference")): b for b in self.items("evaluation", "ai_act", "basis")}
        texts = self.named("class_texts", field="text")
        if reference not in points and reference not in texts:
            return None
        since = points.get(reference, NOTHING).get("applies_from")
        return f"{reference}: {texts.get(reference, '')}{f' (from {since})' if since else ''}"

    def release(self) -> str:
        return f"{self.at('catalogue', 'key')}@{self.at('catalogue', 'version')}"


def by_id(items: Iterable[Any]) -> dict[str, Data]:
    return {str(item.get("id")): item for item in items if isinstance(item, Mapping)}


def named_file(holder: Data, digest: str) -> str | None:
    """The file with that digest among the evidence of ``holder``: ``contract.pdf, sha256:…``."""
    files = holder.get("evidence")
    for file in files if isinstance(files, list) else []:
        if isinstance(file, Mapping) and file.get("sha256") == digest:
            return f"{file.get('name')}, sha256:{digest}"
    return None


def percentiles(found: Any) -> str:
    return " – ".join(grouped(found[k]) for k in ("p10", "p50", "p90") if k in found) if isinstance(found, Mapping) else ""


def ranged(figure: Any) -> str | None:
    """A figure, or a range as low – likely – high, with thousands apart."""
    if figure is None:
        return None
    if isinstance(figure, Mapping):
        return " – ".join(grouped(figure[key]) for key in ("low", "likely", "high") if key in figure)
    return grouped(figure)


def grouped(figure: Any) -> str:
    """A number with its thousands apart, every digit kept; anything else as it is."""
    whole, dot, rest = str(figure).partition(".")
    digits = whole.removeprefix("-")
    return f"{'−' if whole != digits else ''}{int(digits):,}{dot}{rest}" if digits.isdecimal() else str(figure)


def percent(share: Any) -> str:
    """A share of 0 to 1 in hundredths, every digit kept; anything else as it is."""
    try:
        return f"{(Decimal(str(share)) * 100).normalize():f} %"
    except InvalidOperation:
        return str(share)


def moment(text: Any) -> str:
    """``3 March 2026, 10:12 UTC`` of a time as records write it; anything else as it is."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def plain(value: Any) -> str | None:
    """A value as people read it; None where it is null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        texts = [plain(item) or "nothing" for item in value]
        return ("\n" if all(text.endswith(".") for text in texts) else "; ").join(texts) or "none"
    return str(value)

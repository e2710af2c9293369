"""A condition of the catalogue, which the record has as a formula, in the words of the record's own questions and answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance.wording import Asks, Reading, Unreadable, reading
from reports import wording
from reports.wording import word

_PLAIN = {
    "sourcing": ("the sourcing", wording.SOURCINGS),
    "fallback_sourcing": ("the sourcing of the fallback", wording.SOURCINGS),
    "archetype": ("the kind of use", {}),
    "risk_class": ("the class under the EU AI Act", wording.CLASSES),
}
_SAID = {
    "is": "{} is answered {}", "is_not": "{} isn’t answered {}", "includes": "{} is answered with {}, or with it among others",
    "excludes": "{} isn’t answered with {}", "exactly": "{} is answered with {} alone", "not_exactly": "{} isn’t answered with {} alone",
    "some": "{} is answered with anything", "none": "nothing is chosen under {}",
}  # fmt: skip


def in_words(condition: str, questions: Mapping[str, Mapping[str, Any]]) -> str:
    """``“Is there a contract?” is answered “No”``; "" where the condition can't be read. ``questions``: those of the record by their variable."""
    try:
        return _said(reading(condition), questions)
    except Unreadable:
        return ""


def _said(part: Reading, questions: Mapping[str, Mapping[str, Any]]) -> str:
    if isinstance(part, Asks):
        return _test(part, questions)
    if not part.parts:
        return "always" if part.kind == "all" else "never"
    inner = [text if isinstance(p, Asks) else f"({text})" for p in part.parts if (text := _said(p, questions))]
    return (", and " if part.kind == "all" else ", or ").join(inner)


def _test(test: Asks, questions: Mapping[str, Mapping[str, Any]]) -> str:
    question = questions.get(test.variable)
    if question is None:
        subject, words = _PLAIN.get(test.variable, (test.variable.replace("_", " "), {}))
        values = " or ".join(word(v, words) if v else "none" for v in test.values)
        return f"{subject} {'isn’t' if test.relation in ('is_not', 'excludes', 'not_exactly') else 'is'} {values}"
    texts = {c["id"]: c["text"] for c in [*(question.get("choices") or []), *(question.get("bands") or [])]}
    values = (" and " if "exactly" in test.relation else " or ").join(f"“{texts.get(v, v)}”" if v else "nothing" for v in test.values)
    return _SAID[test.relation].format(f"“{question['text']}”", values or "nothing")

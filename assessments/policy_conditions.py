"""A policy's conditions as people read and write them: lines of a fact, a comparison and a value, and from there to CEL and back.

What the lines can't say (a mixture of "and" and "or", arithmetic) stays an expression. The same condition always gives the same text, so that
nothing counts as changed that was only read and written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.changes.words import CLASSES
from assessments.policy import SEVERITIES
from compliance.terms import SOURCINGS

ANY, ALL = "any", "all"
IS, IS_NOT, AT_LEAST, AT_MOST, ABOVE, BELOW = "is", "is_not", "at_least", "at_most", "above", "below"
HOWS = {
    IS: gettext_lazy("is"), IS_NOT: gettext_lazy("is not"), AT_LEAST: gettext_lazy("is at least"), AT_MOST: gettext_lazy("is at most"),
    ABOVE: gettext_lazy("is more than"), BELOW: gettext_lazy("is less than"),
}  # fmt: skip
SIGNS = {"==": IS, "!=": IS_NOT, ">=": AT_LEAST, "<=": AT_MOST, ">": ABOVE, "<": BELOW}
YES = {"yes": True, "no": False}
LONGEST_NUMBER = 15  # digits
_NUMBER = re.compile(r"[0-9]+|[0-9]{1,3}([\s,.'’_])[0-9]{3}(?:\1[0-9]{3})*")  # a sign may part thousands, and nothing else


@dataclass(frozen=True)
class Fact:
    """Something that a condition can ask. ``kind``: word, grade (a severity), number or yes_no; ``values``: what a word can be, by id, empty
    where it isn't limited."""

    label: str
    kind: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """``how`` is one of ``HOWS``; ``values`` are ids, or one number in digits."""

    fact: str
    how: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """``join``: whether ``any`` of the lines must hold, or ``all``."""

    join: str
    lines: tuple[Line, ...]


class LineProblem(ValueError):
    """A line that says nothing that can be asked; its text is a sentence."""


def whole_number(text: str) -> int | None:
    """A whole number as people write it, its thousands apart or not; None where it is none, or longer than any amount."""
    digits = re.sub(r"[^0-9]", "", text)
    return int(digits) if _NUMBER.fullmatch(text.strip()) and len(digits) <= LONGEST_NUMBER else None


def facts() -> dict[str, Fact]:
    """Everything that a condition can ask, in the order in which it is offered."""
    grades = {grade: grade for grade in SEVERITIES}
    return {
        "risk_class": Fact(_("Class under the EU AI Act"), "word", CLASSES),
        "inherent_risk": Fact(_("Gravest finding"), "grade", grades),
        "residual_risk": Fact(_("Gravest finding after treatment"), "grade", grades),
        "blockers": Fact(_("Number of blockers"), "number", {}),
        "gaps": Fact(_("Number of obligations not met"), "number", {}),
        "cost_total": Fact(_("Cost over the horizon"), "number", {}),
        "currency": Fact(_("Currency of the costs"), "word", {}),
        "archetype": Fact(_("Kind of use"), "word", {}),
        "sourcing": Fact(_("Sourcing"), "word", SOURCINGS),
        "appetite": Fact(_("Risk appetite"), "word", {"low": "low", "medium": "medium", "high": "high"}),
        "as_recommended": Fact(_("Proposed as recommended"), "yes_no", {"yes": _("yes"), "no": _("no")}),
    }


_STRING = r'"([^"\\]*)"'
_IN = re.compile(rf"\s*([a-z_]+) in \[\s*({_STRING}(?:\s*,\s*{_STRING})*)\s*\]\s*")
_COMPARED = re.compile(rf"\s*([a-z_]+)\s*(==|!=|>=|<=|>|<)\s*(?:{_STRING}|(\d+)|(true|false))\s*")
_BARE = re.compile(r"\s*(!?)([a-z_]+)\s*")


def condition_of(expression: str) -> Condition | None:
    """The lines that an expression in CEL says; None where lines can't say it."""
    joins = [join for join, sign in ((ANY, "||"), (ALL, "&&")) if sign in expression]
    if len(joins) > 1:
        return None
    lines = [_line_of(part) for part in re.split(r"\|\||&&", expression)]
    found = tuple(line for line in lines if line is not None)
    return Condition(joins[0] if joins else ANY, found) if len(found) == len(lines) else None


def _line_of(text: str) -> Line | None:
    known = facts()
    if match := _IN.fullmatch(text):
        fact, values = match[1], tuple(re.findall(_STRING, match[2]))
        kind = known[fact].kind if fact in known else ""
        if kind == "grade" and len(values) > 1:
            if values == SEVERITIES[-len(values) :]:
                return Line(fact, AT_LEAST, (values[0],))
            if values == SEVERITIES[: len(values)]:
                return Line(fact, AT_MOST, (values[-1],))
        return Line(fact, IS, values) if kind in ("word", "grade") else None
    if match := _COMPARED.fullmatch(text):
        fact, how, word, number, truth = match[1], SIGNS[match[2]], match[3], match[4], match[5]
        kind = known[fact].kind if fact in known else ""
        if kind in ("word", "grade") and word is not None and how in (IS, IS_NOT):
            return Line(fact, how, (word,))
        if kind == "number" and number is not None:
            return Line(fact, how, (number,))
        if kind == "yes_no" and truth is not None and how in (IS, IS_NOT):
            return Line(fact, IS, ("yes" if (truth == "true") == (how == IS) else "no",))
        return None
    match = _BARE.fullmatch(text)
    if match and match[2] in known and known[match[2]].kind == "yes_no":
        return Line(match[2], IS, ("no" if match[1] else "yes",))
    return None


def expression_of(condition: Condition) -> str:
    """A condition in CEL, with nothing in it that a value could break out of: values are ids and digits."""
    return (" || " if condition.join == ANY else " && ").join(_expression(line) for line in condition.lines)


def _expression(line: Line) -> str:
    fact = facts()[line.fact]
    if fact.kind == "yes_no":
        return line.fact if line.values == ("yes",) else f"!{line.fact}"
    if fact.kind == "number":
        return f"{line.fact} {next(sign for sign, how in SIGNS.items() if how == line.how)} {line.values[0]}"
    values = line.values
    if fact.kind == "grade" and line.how in (AT_LEAST, AT_MOST):
        place = SEVERITIES.index(values[0])
        values = SEVERITIES[place:] if line.how == AT_LEAST else SEVERITIES[: place + 1]
    if len(values) == 1:
        return f'{line.fact} {"!=" if line.how == IS_NOT else "=="} "{values[0]}"'
    quoted = ", ".join(f'"{value}"' for value in values)
    return f"{line.fact} in [{quoted}]"


def line_from(fact_id: str, how: str, text: str) -> Line:
    """A line from what somebody chose and typed: several words stand with commas between them, as ids or as they are called.

    Raises LineProblem.
    """
    known = facts()
    if fact_id not in known:
        raise LineProblem(_("Choose what the condition asks."))
    fact = known[fact_id]
    if how not in HOWS:
        raise LineProblem(_("Choose how it is compared."))
    if fact.kind == "number":
        number = whole_number(text)
        if number is None:
            raise LineProblem(_("Enter a whole number, in digits."))
        return Line(fact_id, how, (str(number),))
    values = tuple(dict.fromkeys(_value(fact, part.strip()) for part in text.split(",") if part.strip()))
    if not values:
        raise LineProblem(_("Enter a value."))
    if fact.kind == "yes_no":
        if len(values) > 1 or how not in (IS, IS_NOT):
            raise LineProblem(_("Say that it is yes, or that it is no."))
        return Line(fact_id, IS, values if how == IS else ("no" if values[0] == "yes" else "yes",))
    if how in (ABOVE, BELOW) or (how in (AT_LEAST, AT_MOST) and fact.kind != "grade"):
        raise LineProblem(_("This is a word: compare it with “is” or “is not”."))
    if how != IS and len(values) > 1:
        raise LineProblem(_("Give one value here, and a line for each further one."))
    if how in (AT_LEAST, AT_MOST) and len(_up_to(how, values[0])) == len(SEVERITIES):
        raise LineProblem(_("This always holds; leave the line out."))
    if fact.kind == "grade":
        values = tuple(sorted(values, key=SEVERITIES.index))
    return Line(fact_id, how, values)


def _up_to(how: str, grade: str) -> tuple[str, ...]:
    place = SEVERITIES.index(grade)
    return SEVERITIES[place:] if how == AT_LEAST else SEVERITIES[: place + 1]


def _value(fact: Fact, text: str) -> str:
    if not fact.values:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", text):
            raise LineProblem(_("Enter one word without spaces, such as EUR or customer-facing-chatbot."))
        return text
    for id_, label in fact.values.items():
        if text.casefold() in (id_.casefold(), str(label).casefold()):
            return id_
    raise LineProblem(_("“%(text)s” isn't one of: %(known)s.") % {"text": text, "known": ", ".join(map(str, fact.values.values()))})


def in_words(expression: str) -> str:
    """An expression as a clause that follows "where": ``the class under the EU AI Act is high risk``. One that lines can't say stands as it is."""
    found = condition_of(expression)
    if found is None:
        return expression
    lines: list[Line] = []
    for line in found.lines:
        if found.join == ANY and lines and lines[-1].fact == line.fact and lines[-1].how == line.how == IS:
            lines[-1] = Line(line.fact, IS, lines[-1].values + line.values)
        else:
            lines.append(line)
    return _joined(map(words_of, lines), _("or") if found.join == ANY else _("and"))


def words_of(line: Line) -> str:
    """One line as a clause."""
    fact = facts()[line.fact]
    if fact.kind == "yes_no":
        return _("the option is the recommended one") if line.values == ("yes",) else _("the option isn't the recommended one")
    label = _("the %(what)s") % {"what": fact.label[:1].lower() + fact.label[1:]}
    if fact.kind == "number":
        return f"{label} {HOWS[line.how]} {int(line.values[0]):,}"
    shown = _joined((str(fact.values.get(value, value)).lower() if fact.values else value for value in line.values), _("or"))
    return f"{label} {HOWS[line.how]} {shown}"


def typed(line: Line) -> str:
    """A line's value as it stands in its field."""
    fact = facts()[line.fact]
    return ", ".join(str(fact.values.get(value, value)) for value in line.values)


def _joined(parts: Iterable[str], word: str) -> str:
    *most, last = parts
    return f"{', '.join(most)} {word} {last}" if most else last

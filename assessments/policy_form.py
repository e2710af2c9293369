"""The form in which a policy is edited without YAML: from a policy to its fields, from what came in to the fields, and from there to a policy.

Everything that is being edited stands in the form itself, so that each step works without a script and nothing half-done is kept. Fields are named
by their place: ``stages-0-title``, ``stages-0-when-1-value``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _

from assessments.policy import FORMAT, MOST_STAGES, SEVERITIES, Policy, PolicyError, Statements, Who, policy_of
from assessments.policy_conditions import ANY, IS, Condition, Line, LineProblem, condition_of, expression_of, line_from, typed

MOST_LINES, MOST_REVIEWS = 12, 12  # that a form offers; a policy that was set as text may have more, which the form keeps
READ = 100  # rows or lines of one kind that are read
LONGEST = 2000
GRAVEST_FIRST = tuple(reversed(SEVERITIES[1:]))


@dataclass
class LineForm:
    """One line of a condition as it was typed."""

    fact: str = ""
    how: str = IS
    value: str = ""
    error: str = ""

    @property
    def blank(self) -> bool:
        return not self.fact and not self.value.strip()


@dataclass
class ConditionForm:
    """``name``: what its fields begin with. ``text``: an expression that lines can't say, which stands in a field of its own; else empty."""

    name: str
    join: str = ANY
    lines: list[LineForm] = field(default_factory=list)
    text: str = ""
    error: str = ""

    @property
    def offered(self) -> list[LineForm]:
        """The lines, and an empty one for the next."""
        return self.lines if len(self.lines) >= MOST_LINES else [*self.lines, LineForm()]

    def expression(self) -> str | None:
        """In CEL; None where there is no condition. Notes on each line what is wrong with it."""
        if self.text.strip():
            return self.text.strip()
        found: list[Line] = []
        for line in self.lines:
            try:
                found.append(line_from(line.fact, line.how, line.value))
            except LineProblem as error:
                line.error = str(error)
        return expression_of(Condition(self.join, tuple(found))) if found else None


@dataclass
class Row:
    """A stage, who may accept a severity, or a line of review: its plain fields in ``values``, what is wrong with which in ``errors``.
    ``people``: references of who is asked by name, where ``values["asks"]`` is ``people``."""

    name: str
    values: dict[str, str]
    people: list[str] = field(default_factory=list)
    when: ConditionForm | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class PolicyForm:
    values: dict[str, str]
    stages: list[Row]
    acceptance: list[Row]
    review: list[Row]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Everything that is wrong, each with the id of the field to go to."""
        found = [(f"id_{name}", text) for name, text in self.errors.items()]
        for row in (*self.stages, *self.acceptance, *self.review):
            found += [(f"id_{row.name}-{name}", text) for name, text in row.errors.items()]
            if row.when is not None:
                found += [(f"id_{row.when.name}-text", row.when.error)] if row.when.error else []
                found += [(f"id_{row.when.name}-{n}-value", line.error) for n, line in enumerate(row.when.lines) if line.error]
        return found

    def numbered(self) -> PolicyForm:
        """The same with every name at its place, after rows were added, removed or moved."""
        for kind, rows in (("stages", self.stages), ("review", self.review)):
            for n, row in enumerate(rows):
                row.name = f"{kind}-{n}"
                if row.when is not None:
                    row.when.name = f"{row.name}-when"
        return self


STATEMENTS = tuple(Statements.model_fields)
PLAIN = ("title", "source", "treatment_needed_from")
STAGE = ("id", "title", "asks", "quorum", "number", "due_days", "meaning")


def form_of(policy: Policy) -> PolicyForm:
    """The form that says what the policy says."""
    values = {name: str(getattr(policy, name)) for name in PLAIN}
    values |= {f"statement-{name}": getattr(policy.statements, name) for name in STATEMENTS}
    stages = [
        Row(
            "",
            {
                "id": stage.id, "title": stage.title, "asks": "people" if stage.who.people else "role", "due_days": str(stage.due_days),
                "quorum": "number" if isinstance(stage.quorum, int) else stage.quorum,
                "number": str(stage.quorum) if isinstance(stage.quorum, int) else "", "meaning": stage.meaning,
            },
            list(stage.who.people), _condition(stage.when),
        )
        for stage in policy.stages
    ]  # fmt: skip
    acceptance = [_acceptance(grade, policy.acceptance[grade].who, policy.acceptance[grade].longest_days) for grade in GRAVEST_FIRST]  # type: ignore[index]
    review = [Row("", {"months": str(line.months)}, when=_condition(line.when)) for line in policy.review]
    return PolicyForm(values, stages, acceptance, review).numbered()


def _acceptance(grade: str, who: Who, days: int) -> Row:
    return Row(f"acceptance-{grade}", {"grade": grade, "asks": "people" if who.people else "role", "days": str(days)}, list(who.people))


def _condition(expression: str | None) -> ConditionForm:
    if expression is None:
        return ConditionForm("")
    found = condition_of(expression)
    if found is None:
        return ConditionForm("", text=expression)
    return ConditionForm("", found.join, [LineForm(line.fact, line.how, typed(line)) for line in found.lines])


def read_form(post: QueryDict) -> PolicyForm:
    """What came in, as it was typed."""
    # One sign more than fits is read, so that what is too long is refused and never cut.
    values = {name: post.get(name, "")[: LONGEST + 1] for name in (*PLAIN, *(f"statement-{name}" for name in STATEMENTS))}
    stages = []
    for n in range(_count(post, "stages", READ)):
        stages.append(_row(post, f"stages-{n}", STAGE, conditional=True))
    acceptance = [_row(post, f"acceptance-{grade}", ("asks", "days")) for grade in GRAVEST_FIRST]
    for row, grade in zip(acceptance, GRAVEST_FIRST, strict=True):
        row.values["grade"] = grade
    review = [_row(post, f"review-{n}", ("months",), conditional=True) for n in range(_count(post, "review", READ))]
    return PolicyForm(values, stages, acceptance, review)


def _count(post: QueryDict, name: str, most: int) -> int:
    text = post.get(f"{name}-count", "")
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _row(post: QueryDict, name: str, fields: tuple[str, ...], *, conditional: bool = False) -> Row:
    values = {part: post.get(f"{name}-{part}", "").strip()[: LONGEST + 1] for part in fields}
    when = None
    if conditional:
        lines = [
            LineForm(*(post.get(f"{name}-when-{n}-{part}", "")[: LONGEST + 1] for part in ("fact", "how", "value"))) for n in range(READ)
        ]
        when = ConditionForm(
            f"{name}-when", "all" if post.get(f"{name}-when-join") == "all" else ANY, [line for line in lines if not line.blank],
            post.get(f"{name}-when-text", "")[: LONGEST + 1],
        )  # fmt: skip
    return Row(name, values, post.getlist(f"{name}-people"), when)


def changed(form: PolicyForm, do: str) -> str:
    """Carry out a step that adds, removes or moves a row; return the id of what to go to afterwards, empty where ``do`` is no such step."""
    verb, _dash, rest = do.partition(":")
    kind, _dash, number = rest.partition("-")
    rows = {"stages": form.stages, "review": form.review}.get(kind)
    if rows is None:
        return ""
    place = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1
    here = 0 <= place < len(rows)
    if verb == "add" and len(rows) < (MOST_STAGES if kind == "stages" else MOST_REVIEWS):
        new = _new_stage() if kind == "stages" else Row("", {"months": "12"}, when=ConditionForm(""))
        place = len(rows) if kind == "stages" else 0  # the last line of review stands for everything else
        rows.insert(place, new)
    elif verb == "remove" and here:
        del rows[place]
        place = max(place - 1, 0)
    elif verb in ("up", "down") and here:
        other = place + (-1 if verb == "up" else 1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            place = other
    elif not (verb == "line" and here):
        return ""
    form.numbered()
    return f"{kind}-{place}"


def _new_stage() -> Row:
    values = {"id": "", "title": "", "asks": "role", "quorum": "any", "number": "", "due_days": "10", "meaning": "review"}
    return Row("", values, when=ConditionForm(""))


def policy_from(form: PolicyForm, approvers: Mapping[str, str], day: str) -> Policy | None:
    """The policy that the form says, people by reference; None where something is wrong, which is noted beside its field.

    ``approvers``: names by reference. ``day``: ISO, what the policy is dated.
    """
    stages, taken = [], {row.values["id"] for row in form.stages} - {""}
    for row in form.stages:
        if not row.values["id"]:
            row.values["id"] = _new_id(row.values["title"], taken)
            taken.add(row.values["id"])
        quorum = row.values["quorum"]
        stages.append(
            {
                "id": row.values["id"], "title": row.values["title"], "who": _who(row, approvers), "meaning": row.values["meaning"],
                "quorum": _whole(row, "number", _("Enter how many must sign.")) if quorum == "number" else quorum,
                "due_days": _whole(row, "due_days", _("Enter the days.")), **_when(row),
            }
        )  # fmt: skip
        if not row.values["title"]:
            row.errors["title"] = _("Enter what the stage is called.")
    acceptance = {
        row.values["grade"]: {"who": _who(row, approvers), "longest_days": _whole(row, "days", _("Enter the days."))}
        for row in form.acceptance
    }
    review = [{"months": _whole(row, "months", _("Enter the months.")), **_when(row)} for row in form.review]
    if form.problems:
        return None
    data = {
        "format": FORMAT, "as_of": day, "stages": stages, "acceptance": acceptance, "review": review,
        "statements": {name: form.values[f"statement-{name}"].strip() for name in STATEMENTS},
        **{name: form.values[name].strip() for name in PLAIN},
    }  # fmt: skip
    try:
        return policy_of(data)
    except PolicyError as error:
        for path, sentence in error.places:
            _note(form, path, sentence)
        return None


def _new_id(title: str, taken: set[str]) -> str:
    whole = slugify(title).strip("-_").replace("_", "-")[:50] or "stage"
    return next(name for n in range(1, MOST_STAGES + 3) if (name := whole if n == 1 else f"{whole}-{n}") not in taken)


def _when(row: Row) -> dict[str, str]:
    assert row.when is not None
    expression = row.when.expression()
    return {} if expression is None else {"when": expression}


def _who(row: Row, approvers: Mapping[str, str]) -> dict[str, Any]:
    if row.values["asks"] != "people":
        return {"role": "approver"}
    if not row.people:
        row.errors["people"] = _("Choose at least one person.")
    elif any(person not in approvers for person in row.people):
        row.errors["people"] = _("One of them is no approver now; take them out, or make them one first.")
    return {"people": list(row.people)}


def _whole(row: Row, name: str, missing: str) -> int:
    text = row.values[name]
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return int(text)
    row.errors[name] = missing
    return 0


def _note(form: PolicyForm, path: tuple[str | int, ...], sentence: str) -> None:
    """Put what is wrong beside its field; what belongs to none stands at the top."""
    kind = path[0] if path else ""
    if kind in ("stages", "review") and len(path) > 1:
        row = (form.stages if kind == "stages" else form.review)[int(path[1])]
        field_ = str(path[2]) if len(path) > 2 else ""
        if field_ == "when" or (not field_ and "condition" in sentence) or (not field_ and "compares what" in sentence):
            assert row.when is not None
            row.when.error = sentence
        else:
            row.errors[{"quorum": "number", "": "title", "who": "people"}.get(field_, field_)] = sentence
    elif kind == "acceptance" and len(path) > 1:
        row = next(row for row in form.acceptance if row.values["grade"] == path[1])
        row.errors["people" if len(path) > 2 and path[2] == "who" else "days"] = sentence
    elif kind == "statements":
        name = sentence.partition(":")[0].lower()
        name = str(path[1]) if len(path) > 1 else name if name in STATEMENTS else STATEMENTS[0]
        form.errors[f"statement-{name}"] = sentence
    else:
        form.errors[str(kind) if kind in PLAIN else "policy"] = sentence

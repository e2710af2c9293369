"""An organisation's rules on who signs what: reading them, and what they say of one submission. Pure.

The form is that of ``policies/default.yaml``, which says what each part means.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import cel
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.canonical import canonical_bytes, sha256_hex
from compliance.catalogue.yamltree import Node, YamlProblems, parse

FORMAT = "countersign/sign-off-policy@1"
DEFAULT = Path(__file__).parent / "policies" / "default.yaml"
SEVERITIES = ("none", "low", "medium", "high", "critical")
MOST_STAGES = 12
# What a condition can ask, with two values of its type to try it on: one alone might leave a part of it unread.
VARIABLES: dict[str, tuple[str, str] | tuple[int, int] | tuple[bool, bool]] = {
    "risk_class": ("high", "limited"), "inherent_risk": ("high", "low"), "residual_risk": ("high", "low"), "blockers": (1, 0), "gaps": (1, 0),
    "cost_total": (10**9, 0), "currency": ("EUR", "USD"), "archetype": ("customer-facing-chatbot", ""), "sourcing": ("closed_api", "managed_open"),
    "appetite": ("low", "high"), "as_recommended": (False, True),
}  # fmt: skip
PLACES = frozenset({"digest", "option"})

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Days = Annotated[int, Field(ge=1, le=3660)]


class PolicyError(ValueError):
    """A policy that can't be used; ``problems`` are sentences that say what is wrong and where. ``places``: where each of them is, as a path
    into the data (``("stages", 1, "quorum")``; empty for the whole), with the sentence alone; none where the text can't be read at all."""

    def __init__(self, problems: list[str], places: list[tuple[tuple[str | int, ...], str]] | None = None) -> None:
        self.problems = problems
        self.places = places or []
        super().__init__(" ".join(problems))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Who(_Strict):
    """Everybody with a role, or people by name (e-mail address in the text, reference once it is kept)."""

    role: Literal["approver"] | None = None
    people: tuple[Annotated[str, Field(min_length=3, max_length=254)], ...] = ()

    @model_validator(mode="after")
    def one_of_both(self) -> Who:
        if (self.role is None) == (not self.people):
            raise ValueError(_("name either the role approver or at least one person"))
        if len(set(self.people)) != len(self.people):
            raise ValueError(_("a person is named twice"))
        return self


def _checked(expression: str) -> str:
    try:
        program = cel.compile(expression)
    except (ValueError, RuntimeError) as error:
        raise ValueError(
            _("%(expression)r is no condition in CEL: %(why)s") % {"expression": expression, "why": str(error).splitlines()[0]}
        ) from None
    if strange := sorted(set(program.variables()) - VARIABLES.keys()):
        said = {"expression": expression, "strange": ", ".join(strange), "known": ", ".join(VARIABLES)}
        raise ValueError(_("%(expression)r asks %(strange)s; it can ask %(known)s") % said)
    for sample in (0, 1):
        try:
            outcome = program.execute({name: values[sample] for name, values in VARIABLES.items()})
        except (RuntimeError, TypeError, ValueError) as error:
            said = {"expression": expression, "why": str(error).split(".")[0]}
            raise ValueError(_("%(expression)r compares what can't be compared: %(why)s") % said) from None
        if not isinstance(outcome, bool):
            raise ValueError(
                _("%(expression)r gives %(outcome)r, which is neither true nor false") % {"expression": expression, "outcome": outcome}
            )
    return expression


class _Conditional(_Strict):
    when: Text | None = None

    @model_validator(mode="after")
    def condition_holds_up(self) -> _Conditional:
        if self.when is not None:
            _checked(self.when)
        return self

    def applies(self, facts: Mapping[str, str | int | bool]) -> bool | None:
        """Whether the condition holds for ``facts``; None where one that it needs isn't known."""
        if self.when is None:
            return True
        try:
            return bool(cel.compile(self.when).execute(dict(facts)))
        except RuntimeError as error:
            if "Undefined variable" in str(error):
                return None
            raise


class StageRule(_Conditional):
    id: Id
    title: Annotated[str, Field(min_length=1, max_length=200)]
    who: Who
    quorum: Literal["any", "all"] | Annotated[int, Field(ge=1, le=50)]
    due_days: Days
    meaning: Literal["approval", "review"]

    @model_validator(mode="after")
    def quorum_can_be_reached(self) -> StageRule:
        if isinstance(self.quorum, int) and self.who.people and self.quorum > len(self.who.people):
            raise ValueError(
                _("%(quorum)d of %(people)d people can't be reached") % {"quorum": self.quorum, "people": len(self.who.people)}
            )
        return self


class AcceptanceRule(_Strict):
    who: Who
    longest_days: Days


class ReviewRule(_Conditional):
    months: Annotated[int, Field(ge=1, le=60)]


class Statements(_Strict):
    approval: Text
    review: Text
    rejection: Text
    risk_acceptance: Text
    conditions: Text
    closing: Text

    @model_validator(mode="after")
    def places_known(self) -> Statements:
        for name in type(self).model_fields:
            try:
                named = {field for _literal, field, spec, conversion in string.Formatter().parse(getattr(self, name)) if field is not None}
            except ValueError as error:
                raise ValueError(_("%(name)s: %(error)s; write {digest} and {option}") % {"name": name, "error": error}) from None
            if named - PLACES:
                strange = ", ".join(sorted(named - PLACES))
                raise ValueError(
                    _("%(name)s: only {digest} and {option} can be filled in, not %(strange)s") % {"name": name, "strange": strange}
                )
            if name in ("approval", "review", "rejection") and "digest" not in named:
                raise ValueError(_("%(name)s: it must hold {digest}, or the signature isn't bound to what was read") % {"name": name})
        return self


class Policy(_Strict):
    format: Literal["countersign/sign-off-policy@1"]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    source: Text
    stages: Annotated[tuple[StageRule, ...], Field(min_length=1, max_length=MOST_STAGES)]
    acceptance: dict[Literal["low", "medium", "high", "critical"], AcceptanceRule]
    treatment_needed_from: Literal["none", "low", "medium", "high", "critical"]
    review: Annotated[tuple[ReviewRule, ...], Field(min_length=1)]
    statements: Statements

    @model_validator(mode="after")
    def whole(self) -> Policy:
        ids = [stage.id for stage in self.stages]
        if len(set(ids)) != len(ids):
            raise ValueError(_("two stages have the same id"))
        if all(stage.when is not None for stage in self.stages):
            raise ValueError(_("no stage stands without a condition, so some records would be signed by nobody; leave 'when' out of one"))
        if missing := [severity for severity in SEVERITIES[1:] if severity not in self.acceptance]:
            raise ValueError(_("acceptance says nothing of %(severities)s") % {"severities": ", ".join(missing)})
        if self.review[-1].when is not None:
            raise ValueError(_("the last line of review must stand without a condition"))
        return self

    def as_data(self) -> dict[str, Any]:
        """In the shape of the file."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def digest(self) -> str:
        return sha256_hex(canonical_bytes(self.as_data()))

    def stages_for(self, facts: Mapping[str, str | int | bool]) -> tuple[StageRule, ...]:
        """The stages that ``facts`` need, in order; one whose condition can't be told is among them, since unknown isn't no risk."""
        return tuple(stage for stage in self.stages if stage.applies(facts) is not False)

    def review_months(self, facts: Mapping[str, str | int | bool]) -> int:
        """After how many months an approval is to be reviewed: the soonest of the lines that can't be told and the first that holds."""
        soonest = None
        for line in self.review:
            applies = line.applies(facts)
            if applies is not False:
                soonest = line.months if soonest is None else min(soonest, line.months)
            if applies:
                break
        assert soonest is not None  # the last line has no condition
        return soonest


def read_policy(text: str) -> Policy:
    """Read a policy from YAML. Raises PolicyError that names each problem with its line."""
    try:
        root = parse(text)
    except YamlProblems as error:
        raise PolicyError([_("Line %(line)d: %(message)s.") % {"line": p.line, "message": p.message} for p in error.problems]) from None
    if root.kind != "map":
        raise PolicyError([_("A policy is a map that begins with 'format: %(format)s'.") % {"format": FORMAT}])
    return _validated(root.plain(), root)


def policy_of(data: dict[str, Any]) -> Policy:
    """A policy from data in the shape of the file. Raises PolicyError."""
    return _validated(data, None)


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """The policy that comes with the product."""
    return read_policy(DEFAULT.read_text("utf-8"))


def _validated(data: Any, root: Node | None) -> Policy:
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        problems = error.errors()
        places = [(_path(problem), f"{_message(problem)[:1].upper()}{_message(problem)[1:]}.") for problem in problems]
        raise PolicyError([_sentence(problem, root) for problem in problems], places) from None


def _path(problem: Any) -> tuple[str | int, ...]:
    # pydantic names the branch of a union that it tried; the file has no such step.
    return tuple(step for step in problem["loc"] if not (isinstance(step, str) and ("literal[" in step or "constrained-" in step)))


def _message(problem: Any) -> str:
    return str(problem["msg"].removeprefix("Value error, "))


def _sentence(problem: Any, root: Node | None) -> str:
    path, message = _path(problem), _message(problem)
    said = {"what": ".".join(map(str, path)) or _("policy"), "message": f"{message[0].lower()}{message[1:]}"}
    if root is None:
        return _("%(what)s: %(message)s.") % said
    return _("Line %(line)d, %(what)s: %(message)s.") % (said | {"line": root.find(path).line})


@dataclass(frozen=True)
class Slot:
    """One signature that a stage still needs, and who could give it."""

    stage: str
    candidates: frozenset[int]


def fillable(slots: list[Slot]) -> bool:
    """Whether different people can give all of the signatures: a maximum matching of bipartite graphs (Hopcroft and Karp 1973, in scipy)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    people = sorted({person for slot in slots for person in slot.candidates})
    if len(people) < len(slots):
        return False
    columns = {person: column for column, person in enumerate(people)}
    pairs = [(row, columns[person]) for row, slot in enumerate(slots) for person in slot.candidates]
    if not slots:
        return True
    graph = csr_matrix(([1] * len(pairs), ([r for r, _ in pairs], [c for _, c in pairs])), shape=(len(slots), len(people)))
    return bool((maximum_bipartite_matching(graph, perm_type="column") >= 0).all())

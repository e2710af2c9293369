"""What the law says, on which day it said so, and what isn't law yet."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic.dataclasses import dataclass

from compliance.catalogue.kinds import STRICT, ActRole, Condition, Id, RiskClass, Scope, Text


@dataclass(frozen=True, config=STRICT)
class DatedChange:
    """From ``known_from`` (entry into force of ``act``) the law says that the point applies from ``applies_from``.

    ``text``: what an obligation asks for in that version, where it isn't the obligation's own text.
    """

    known_from: date
    applies_from: date
    act: Text
    sources: tuple[Id, ...]
    text: str = ""


@dataclass(frozen=True, config=STRICT)
class ClassRule:
    """One line of the decision table: where ``when`` holds, the use case has ``risk_class`` on ``reference``.

    ``because`` names the questions it was read from. A line is known from its first dated change on, and not before.
    """

    risk_class: RiskClass
    reference: Text
    when: Condition
    because: tuple[Id, ...]
    text: Text
    dates: tuple[DatedChange, ...]


@dataclass(frozen=True, config=STRICT)
class ClassHeading:
    """The classes in the order in which they are read; ``reference`` stands for the whole step where it can't be decided."""

    risk_class: RiskClass
    reference: Text
    text: Text


@dataclass(frozen=True, config=STRICT)
class Obligation:
    """What a source requires. ``when`` (CEL) says for whom; ``met_when`` (CEL) which answers show it met; none of it true is a gap.

    Both may use the variables ``risk_class``, ``act_points`` (references that the class certainly rests on), ``settled_points`` (the same, and
    unknown while an answer that is missing could add one) and every question of the use case; those
    of ``scope`` option are read for each option, with its ``sourcing``, ``fallback_sourcing`` and questions besides. ``shown_by`` names the
    questions that ``met_when`` reads.
    """

    id: Id
    instrument: Literal["ai-act", "gdpr", "dora", "nis2", "data-act", "product-liability", "cra"]
    reference: Text
    role: ActRole
    title: Text
    text: Text
    when: Condition
    shown_by: tuple[Id, ...]
    dates: tuple[DatedChange, ...]
    met_when: Condition | None = None
    scope: Scope = "use_case"


@dataclass(frozen=True, config=STRICT)
class Proposal:
    """Law that isn't law yet: shown beside the obligations it would ``touch``, and never counted. ``status`` in words, as of ``seen_on``."""

    id: Id
    title: Text
    reference: Text
    proposed_on: date
    text: Text
    status: Text
    seen_on: date
    sources: tuple[Id, ...]
    touches: tuple[Id, ...] = ()

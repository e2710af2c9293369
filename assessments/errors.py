"""What can go wrong with what a person asks, in words for that person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Refused(Exception):
    """A request that can't be carried out as it stands; ``fields`` names what is wrong beside which field."""

    message: str
    fields: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


@dataclass
class WrongStatus(Refused):
    """The assessment's status doesn't allow the action."""


@dataclass
class Stale(Refused):
    """Somebody saved in between: ``theirs`` is what stands now, saved ``by`` whom and when; ``mine`` what was to be saved. ``own``: it was
    the same person, in another window."""

    theirs: Mapping[str, object] = field(default_factory=dict)
    mine: Mapping[str, object] = field(default_factory=dict)
    by: str = ""
    at: datetime | None = None
    own: bool = False

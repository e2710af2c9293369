"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``ok``: True it holds, False it doesn't, None it couldn't be checked here; ``message`` is a sentence."""

    name: str
    ok: bool | None
    message: str


@dataclass(frozen=True)
class Verification:
    """``ok`` where no check failed. ``snapshot`` and ``decision`` are the embedded records as data, where they could be read;
    ``certificate`` is the SHA-256 of the seal's certificate in 64 hexadecimal digits, "" without a seal."""

    checks: list[Check]
    snapshot: dict[str, Any] | None = field(default=None, repr=False)
    decision: dict[str, Any] | None = field(default=None, repr=False)
    certificate: str = ""

    @property
    def ok(self) -> bool:
        return all(check.ok is not False for check in self.checks)

    @property
    def failures(self) -> list[Check]:
        return [check for check in self.checks if check.ok is False]

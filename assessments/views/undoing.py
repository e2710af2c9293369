"""Undo: what stood before each save travels with the form, so that nothing need be kept for it and an undo is a save like any other."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from assessments.errors import Refused

STEPS = 10
LONGEST = 20_000  # characters


def pushed(stack: str, before: dict[str, Any]) -> str:
    """The stack with what stood before on top; the oldest leave where it grows beyond ten steps or 20,000 characters."""
    steps = [*_steps(stack), before][-STEPS:]
    while steps and len(text := json.dumps(steps, ensure_ascii=False, separators=(",", ":"))) > LONGEST:
        steps.pop(0)
    return text if steps else ""


def popped(stack: str) -> tuple[dict[str, Any], str]:
    """The newest step, and the stack without it; raises Refused where there is none."""
    steps = _steps(stack)
    if not steps:
        raise Refused(_("There is nothing to undo here any more."))
    rest = steps[:-1]
    return steps[-1], json.dumps(rest, ensure_ascii=False, separators=(",", ":")) if rest else ""


def _steps(stack: str) -> list[dict[str, Any]]:
    """The steps that a form brought, none where they can't be read: they were in somebody's browser."""
    try:
        steps = json.loads(stack) if stack and len(stack) <= 2 * LONGEST else []
    except (ValueError, RecursionError):
        return []
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []

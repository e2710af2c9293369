"""How the trail tells an approval: under how many conditions, where it has any. What was recorded stays; old entries are told so too."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from audit.actions import Telling, Told

SIGNED = _("{actor} signed {object} at the stage {stage}")
SIGNED_UNDER = _("{actor} signed {object} at the stage {stage} under {conditions:condition|conditions}")
APPROVED = _("{actor} signed and approved {object}")
APPROVED_UNDER = _("{actor} signed and approved {object} under {conditions:condition|conditions}")


def _under(plain: str, under: str) -> Telling:
    def choose(told: Told) -> tuple[str, dict[str, Any]]:
        return under if told.changes.get("conditions") else plain, {}

    return Telling((plain, under), choose)


SIGNATURE = _under(SIGNED, SIGNED_UNDER)
APPROVAL = _under(APPROVED, APPROVED_UNDER)

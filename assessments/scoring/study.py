"""The whole document: an evaluation with what would change it, and what it says under each scenario. These take ten times as long as the
evaluation, so they are computed apart."""

from __future__ import annotations

from typing import Any

from assessments.scoring.evaluate import Evaluation
from assessments.scoring.flips import find_flips
from assessments.scoring.scenarios import compare


def study(evaluation: Evaluation, trace: bool = False) -> dict[str, Any]:
    """``countersign/evaluation@1`` with ``flips`` and ``scenarios``."""
    document = evaluation.as_dict(trace=trace)
    derived = document.pop("trace", None)
    document["flips"] = [flip.as_dict() for flip in find_flips(evaluation)]
    document["scenarios"] = [compared.as_dict() for compared in compare(evaluation)]
    return document if derived is None else {**document, "trace": derived}

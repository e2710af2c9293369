"""What would change the recommendation: the least change of the weights, of each answer, of demand and of each cost figure.

Searched with binary floats on the facts that an evaluation holds; what is printed lies on the far side of the turn, and tests apply every flip
and evaluate again. Combinations are left out but for one: an option's own better answer together with the demand.
"""

from __future__ import annotations

from decimal import localcontext

from assessments.scoring.evaluate import Evaluation
from assessments.scoring.flip import Flip
from assessments.scoring.flip_answers import answer_flips
from assessments.scoring.flip_figures import figure_flips
from assessments.scoring.flip_weights import weight_flips
from assessments.scoring.rounding import COMPUTING
from assessments.scoring.vary import Answers


def find_flips(evaluation: Evaluation) -> tuple[Flip, ...]:
    """All flips, the smallest distance first."""
    with localcontext(COMPUTING):
        answers = Answers(evaluation)
        found = [*answer_flips(answers), *weight_flips(answers)]
        found += figure_flips(answers, frozenset(f.leader for f in found if f.what == "response"))
    return tuple(sorted(found, key=lambda f: (f.distance, f.what, f.option or "", f.question or f.criterion or f.figure or "")))

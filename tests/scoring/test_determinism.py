"""The same facts give the same bytes, in any process and under any hash seed."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import read_assessment
from compliance.releases import by_name
from tests.scoring.conftest import costs, facts, losses, option, release, robustness

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json
from tests.scoring.test_determinism import found
print(json.dumps(found({bank})))
"""


def found(bank):
    """The small catalogue, plain and with everything that can be drawn; for the ``bank`` its worked example under the release it names."""
    if bank:
        name = "bank-chatbot.yaml"
        given, catalogue = read_assessment((ROOT / "examples" / name).read_text(), name, by_name)
        return [evaluate(catalogue, given).as_dict(trace=True)]
    unsure = release(robustness=robustness(), losses=losses())
    ranged = option("three", costs=costs(support={"per_month": (10, 20, 90)}, time_to_production={"weeks": (1, 2, 9)}))
    return [
        evaluate(release(), facts()).as_dict(trace=True),
        evaluate(unsure, facts(option("one"), option("two", weeks=13), ranged)).as_dict(trace=True),
    ]


@pytest.mark.parametrize(("bank", "seeds"), [(False, ("0", "1", "4242")), (True, ("7",))], ids=["small", "bank-chatbot"])
def test_another_process_under_another_hash_seed(bank, seeds):
    here = json.dumps(found(bank))
    for seed in seeds:
        there = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(bank=bank)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


def test_evaluating_does_not_hang_on_the_caller_s_decimal_context(small):
    from decimal import Context, localcontext

    expected = evaluate(small, facts()).as_dict(trace=True)
    with localcontext(Context(prec=5)):
        assert evaluate(small, facts()).as_dict(trace=True) == expected


def test_a_currency_that_is_written_out_draws_the_same():
    drawing = release(robustness=robustness(), losses=losses())
    ranged = costs(support={"fte": 1, "fte_cost_per_year": (10_000, 20_000, 50_000)}, time_to_production={"weeks": 2})
    implied, written = (
        evaluate(drawing, facts(option("one", costs=replace(ranged, currency=c))), draws=100).as_dict() for c in (None, "EUR")
    )
    assert implied == written

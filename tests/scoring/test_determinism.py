"""The same facts give the same bytes, in any process and under any hash seed."""

import json
import os
import subprocess
import sys
from pathlib import Path

from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import facts

SCRIPT = """
import json
from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import facts, release
print(json.dumps(evaluate(release(), facts()).as_dict(trace=True)))
"""


def test_another_process_under_another_hash_seed(small):
    here = json.dumps(evaluate(small, facts()).as_dict(trace=True))
    for seed in ("0", "1", "4242"):
        there = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).resolve().parents[2],
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

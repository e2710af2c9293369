"""How long the scoring takes: the bank's chatbot, SMAA against the floor of plain numpy, and how time and memory grow.

    python benchmarks/scoring.py [--write]

Every claim is a ratio of two times taken in this run; ``--write`` keeps the tables in benchmarks/README.md.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import numpy as np  # noqa: E402

from assessments.scoring import smaa  # noqa: E402
from assessments.scoring.draws import Stream, around, on_simplex  # noqa: E402
from assessments.scoring.evaluate import evaluate  # noqa: E402
from assessments.scoring.facts import Costs, Demand, Facts, OptionFacts, Range, Response  # noqa: E402
from assessments.scoring.file import read_assessment  # noqa: E402
from assessments.scoring.flips import find_flips  # noqa: E402
from benchmarks.tables import keep  # noqa: E402
from compliance import releases  # noqa: E402
from compliance.catalogue.model import (  # noqa: E402
    Anchors,
    Archetype,
    Choice,
    Criterion,
    Exchange,
    Measure,
    Question,
    Questionnaire,
    Recommendation,
    Release,
    Section,
    Source,
)
from compliance.catalogue.risk import Doubt, Frequency, LossScenario, Robustness  # noqa: E402

EXAMPLE = ROOT / "examples" / "bank-chatbot.yaml"
LIMIT_MS = {"without draws": 12, "with 10,000 draws of everything": 60, "all flips": 400}
DAY = date(2026, 11, 23)
MEMORY_LIMIT_MB = 300
LARGEST = (2_000, 20, 100_000)


def median_ms(run: Callable[[], object], times: int) -> float:
    """The median of ``times`` runs in milliseconds, after one that warms the caches."""
    run()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def chatbot() -> list[tuple[str, str, str, str]]:
    facts, release = read_assessment(EXAMPLE.read_text("utf-8"), str(EXAMPLE), releases.named)
    plain = evaluate(release, facts, draws=0)
    found = {
        "without draws": median_ms(lambda: evaluate(release, facts, draws=0), 40),
        "with 10,000 draws of everything": median_ms(lambda: evaluate(release, facts), 20),
        "all flips": median_ms(lambda: find_flips(plain), 5),
    }
    least = found["without draws"]
    rows = []
    for what, took in found.items():
        limit = LIMIT_MS[what]
        rows.append(
            (f"chatbot, {what}", f"{took:.1f} ms", f"{took / limit:.2f} of the limit of {limit} ms", f"{took / least:.1f} × without draws")
        )
    return rows


def against_the_floor(options: int = 5, criteria: int = 9, draws: int = 10_000) -> list[tuple[str, str, str, str]]:
    """SMAA-2 under stated and any weights, with values drawn, against plain numpy that draws, multiplies and sorts the same sizes."""
    claimed = np.linspace(0.2, 0.9, options * criteria).reshape(options, criteria)
    stated = np.full(criteria, 1 / criteria)

    def ours() -> None:
        values = [claimed[n] - 0.2 * Stream("seed", "value", str(n)).uniform(draws, criteria) for n in range(options)]
        for weights in (
            around(stated, 2.0, Stream("seed", "stated").uniform(draws, criteria)),
            on_simplex(Stream("seed", "any").uniform(draws, criteria)),
        ):
            tally = smaa.Tally(options, criteria)
            tally.add(smaa.totals(values, weights), weights)
            central = tally.central_weights()
        sure = smaa.Confidence(central)
        sure.add(values)

    def floor() -> None:
        generator = np.random.default_rng(1)
        values = [claimed[n] - 0.2 * generator.random((draws, criteria)) for n in range(options)]
        for _ in range(2):
            weights = generator.standard_exponential((draws, criteria))
            weights /= weights.sum(axis=1, keepdims=True)
            scores = np.stack([np.einsum("nc,nc->n", weights, v) for v in values], axis=1)
            np.argsort(scores, axis=1)
        for _ in range(options):
            scores = np.stack([v @ stated for v in values], axis=1)
            np.argsort(scores, axis=1)

    mine, least = median_ms(ours, 20), median_ms(floor, 20)
    what = f"SMAA, {options} options, {criteria} criteria, {draws:,} draws"
    return [(what, f"{mine:.1f} ms", f"{mine / least:.2f} × the floor of {least:.1f} ms (limit 3)", "")]


def made_up(questions: int, options: int) -> tuple[Release, Facts]:
    """A catalogue and an assessment of that size, with ranged costs and a scenario of loss."""
    criteria = tuple(Criterion(f"c{n}", f"Criterion {n}", "Counts.") for n in range(8))
    criteria += (Criterion("cost", "Cost", "All of it.", Measure("monthly_cost", Anchors(D(20), D("0.2"), "log"), D(1), ("s",))),)
    choices = tuple(Choice(f"a{n}", f"Answer {n}", D(n) / 4) for n in range(5))
    asked = tuple(
        Question(f"q{n}", "option", "choice", f"Question {n}?", "It decides.", "risk", ("s",), choices=choices, criterion=f"c{n % 8}", weight=D(1),
                 when=f'q{n - 1} != "a0"' if n % 10 == 9 else None)
        for n in range(questions)
    )  # fmt: skip
    release = Release(
        format="countersign/catalogue@1", key="made-up", version=1, title="Made up", published_on=DAY,
        sources=(Source("s", "A source", DAY, "judgement"),), criteria=criteria,
        archetypes=(Archetype("kind", "Kind", "A kind.", "open", "It is.", {c.id: D(1) for c in criteria}, ("s",)),),
        questionnaires=(Questionnaire("all", "All", "Everything.", (Section("one", "One", asked),)),),
        rules=(), class_headings=(), class_rules=(), obligations=(), exchange=Exchange("EUR", ()),
        recommendation=Recommendation(D(8), D(3), D("0.8"), ("s",)), cost_categories=(), roles_question="q0",
        robustness=Robustness(D(2), (Doubt("unsupported", D("0.4")),), ("s",)),
        losses=(LossScenario("outage", "Outage", "It fails.", "q0", Frequency(D(1), D(4), D(12)), D(5000), D(4), ("s",)),),
    )  # fmt: skip
    ranged = {
        "model_access": {"input_price_per_million": Range(D(1), D(2), D(4)), "output_price_per_million": Range(D(5), D(9), D(20))},
        "support": {"fte": Range(D("0.2"), D("0.5"), D(1)), "fte_cost_per_year": Range(D(140000), D(180000), D(220000))},
        **{c: {} for c in ("infrastructure", "scaling", "monitoring", "security_and_compliance", "updates_and_patches", "fine_tuning")},
        "time_to_production": {"weeks": Range(D(2), D(4), D(8))},
    }
    need = Demand("EUR", D(80_000_000), D(20_000_000), growth_per_year=D("0.2"), horizon_months=36, discount_rate=D("0.08"))
    those = tuple(
        OptionFacts(
            f"o{n}", "closed_api", responses={q.id: Response(f"a{(n + i) % 4 + 1}") for i, q in enumerate(asked)}, costs=Costs(None, ranged)
        )
        for n in range(options)
    )
    return release, Facts(as_of=DAY, archetype="kind", demand=need, options=those)


def growth() -> list[tuple[str, str, str, str]]:
    rows = []
    for what, sizes in (("questions", (250, 500, 1000, 2000)), ("options", (2, 5, 10, 20)), ("draws", (1_000, 10_000, 100_000))):
        first = 0.0
        for size in sizes:
            release, facts = made_up(size if what == "questions" else 250, size if what == "options" else 5)
            draws = size if what == "draws" else 10_000 if what == "options" else 0
            took = median_ms(lambda r=release, f=facts, n=draws: evaluate(r, f, draws=n), 3)
            first = first or took / size
            rows.append((f"{size:,} {what}", f"{took:.0f} ms", f"{took / size / first:.2f} × the time a unit at {sizes[0]:,}", ""))
    return rows


def largest() -> list[tuple[str, str, str, str]]:
    """The largest size in a process of its own, for its memory alone."""
    done = subprocess.run([sys.executable, __file__, "--largest"], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    what = "{:,} questions, {} options, {:,} draws at once".format(*LARGEST)
    return [(what, f"{seconds:.1f} s", f"{megabytes:.0f} MB, {megabytes / MEMORY_LIMIT_MB:.2f} of the limit of {MEMORY_LIMIT_MB} MB", "")]


def table(rows: list[tuple[str, str, str, str]]) -> str:
    lines = ["| what | took | against | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    if "--largest" in sys.argv:
        questions, options, draws = LARGEST
        release, facts = made_up(questions, options)
        start = time.perf_counter()
        evaluate(release, facts, draws=draws)
        print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    found = table([*chatbot(), *against_the_floor(), *growth(), *largest()])
    print(found)
    if "--write" in sys.argv:
        keep("scoring", found)


if __name__ == "__main__":
    main()

"""Golden cases: figures from outside, or worked out by hand, in ``cases/``. What each key means is told in ``cases/README.md``."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from assessments.scoring.draws import Stream, lognormal_of_interval, pert, pert_mean
from assessments.scoring.evaluate import Evaluation, evaluate
from assessments.scoring.facts import Response
from compliance.catalogue.model import Anchors, Criterion, Questionnaire, Section
from tests.scoring.conftest import D, costs, demand, facts, option, question, release, robustness, scenario, transfer

FOLDER = Path(__file__).parent / "cases"
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
MARKS = {"primary", "secondary", "computed", "judgement"}
SEED = "golden"
PLAIN = release()


def cases(topic: str, kind: str | None = None) -> list[Any]:
    """The cases of a file, each with what it takes from the head of its file, as pytest parameters."""
    head = {k: v for k, v in FILES[topic].items() if k not in ("cases", "sources")}
    found = [{**head, **case} for case in FILES[topic]["cases"] if kind is None or case["kind"] == kind]
    return [pytest.param(case, id=case["title"]) for case in found]


def bare(id_: str, **categories: dict[str, Any]):
    """An option that costs these figures and nothing else."""
    return replace(option(id_), costs=costs(**categories))


@pytest.mark.parametrize("topic", sorted(FILES))
def test_each_case_names_its_source_its_units_and_the_reason_of_its_tolerance(topic):
    content = FILES[topic]
    assert content["topic"] == topic
    assert content["units"] and content["how"]
    for case in content["cases"]:
        whole = {**content, **case}
        source = whole["source"]
        source = content["sources"][source] if isinstance(source, str) else source
        assert source["title"] and source["reference"] and source["mark"] in MARKS
        assert all(whole[key] for key in ("title", "inputs", "expected", "tolerance", "because"))


def _payback(own: dict[str, Any], api: dict[str, dict[str, Any]], million_tokens: Any) -> tuple[float, float | None]:
    """Months until the two have cost the same: by their totals, and by their break-even volumes where there is one."""
    tokens = D(million_tokens) * 1_000_000
    totals, volumes = [], []
    for months in (1, 100):
        need = demand(input_tokens_per_month=tokens / 3, output_tokens_per_month=tokens * 2 / 3, horizon_months=months)
        found = evaluate(PLAIN, facts(bare("api", **api), bare("own", infrastructure=own), demand=need), draws=0)
        theirs, ours = (o.costs.total for o in found.options)
        totals.append(float(ours - theirs))
        volumes.append(found.break_even[0].tokens)
    slope = (totals[1] - totals[0]) / 99
    by_total = 1 - totals[0] / slope
    if None in volumes:
        return by_total, None
    # The break-even volume is a + b / months.
    b = float(volumes[0] - volumes[1]) / (1 - 1 / 100)
    a = float(volumes[0]) - b
    return by_total, b / (float(tokens) - a)


@pytest.mark.parametrize("case", cases("break-even-hardware"))
def test_break_even_of_hardware(case):
    given = case["inputs"]
    own = {"one_off": given["hardware"], "other_per_month": given["own_per_month"]}
    for against, months in case["expected"].items():
        if "api_per_month" in given:
            found, _ = _payback(own, {"infrastructure": {"other_per_month": given["api_per_month"]}}, 1)
        else:
            prices = {f"{key}_per_million": price for key, price in case["vendors"][against].items()}
            found, by_volume = _payback(own, {"model_access": prices}, given["million_tokens"])
            assert by_volume == pytest.approx(months, abs=case["tolerance"])
        assert found == pytest.approx(months, abs=case["tolerance"])


def test_pan_et_al_is_played_whole():
    pan = [case for case in FILES["break-even-hardware"]["cases"] if case["source"] == "pan"]
    assert [len(case["expected"]) for case in pan] == [3] * 6


@pytest.mark.parametrize("case", cases("cost-per-token"))
def test_cost_per_token(case):
    given = case["inputs"]
    machine = {
        "gpus_per_replica": 1,
        "gpu_price_per_hour": given["gpu_price_per_hour"],
        "tokens_per_second_per_replica": given["tokens_per_second"],
        "utilisation_limit": given["utilisation"],
    }
    full = D(given["tokens_per_second"]) * D(given["utilisation"]) * 3600 * 730
    need = demand(input_tokens_per_month=full, output_tokens_per_month=D(0))
    found = evaluate(PLAIN, facts(bare("one", infrastructure=machine), demand=need), draws=0).as_dict()["options"][0]["costs"]
    assert found["replicas_at_end"] == 1
    assert float(found["per_million_tokens"]) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("pert"))
def test_pert(case):
    given, expected = case["inputs"], case["expected"]
    figures = given["low"], given["likely"], given["high"]
    span, draws = given["high"] - given["low"], case["draws"]
    even = (np.arange(100_000) + 0.5) / 100_000
    drawn = pert(*figures, even)
    assert pert_mean(*figures) == pytest.approx(expected["mean"], rel=1e-5)
    assert drawn.mean() == pytest.approx(expected["mean"], abs=0.0005 * span)

    total = evaluate(PLAIN, facts(bare("one", support={"one_off": figures})), draws=draws, seed=SEED).options[0].cost_draws
    assert total.total.mean() == pytest.approx(expected["mean"], abs=3 * drawn.std() / sqrt(draws))
    for key, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        step = 0.005
        low, exact, high = pert(*figures, np.array([share - step, share, share + step]))
        assert exact == pytest.approx(expected[key], abs=0.0005 * span)
        error = sqrt(share * (1 - share) / draws) * (high - low) / (2 * step)
        assert float(getattr(total, key)) == pytest.approx(expected[key], abs=3 * error)


def _compared(values: dict[str, list[Any]], weights: list[Any], factor: Any, draws: int) -> Evaluation:
    """Options whose values are given, one number question a criterion; [least, claimed] rests on a basis that is doubted so far."""
    size = len(next(iter(values.values())))
    bases = ["unsupported", "self_declared", "published", "contractual", "certified"]
    doubts: dict[Decimal, str] = {D(0): bases.pop()}
    options = []
    for id_, row in values.items():
        responses = {}
        for n, value in enumerate(row):
            least, claimed = map(D, value) if isinstance(value, list) else (D(value), D(value))
            doubt = 1 - least / claimed if claimed else D(0)
            if doubt not in doubts:
                doubts[doubt] = bases.pop()
            responses[f"q{n}"] = Response(claimed, basis=doubts[doubt])
        options.append(replace(bare(id_), responses=responses))
    asked = [question(f"q{n}", type_="number", criterion=f"c{n}", anchors=Anchors(D(0), D(1))) for n in range(size)]
    catalogue = release(
        criteria=tuple(Criterion(f"c{n}", f"Criterion {n}", "One value.") for n in range(size)),
        questionnaires=(Questionnaire("all", "All", "Everything.", (Section("one", "One", tuple(asked)),)),),
        rules=(),
        robustness=robustness(factor, **{basis: doubt for doubt, basis in doubts.items()}),
    )
    stated = {f"c{n}": D(weight) for n, weight in enumerate(weights)}
    return evaluate(catalogue, facts(*options, weights=stated, responses={}), draws=draws, seed=SEED)


def assert_share(found: Any, expected: float, draws: int, where: str) -> None:
    assert float(found) == pytest.approx(expected, abs=max(3 * sqrt(expected * (1 - expected) / draws), 1e-9)), where


@pytest.mark.parametrize("case", cases("smaa"))
def test_smaa(case):
    given, expected, draws = case["inputs"], case["expected"], case["draws"]
    size = len(next(iter(given["values"].values())))
    found = _compared(given["values"], given.get("weights", [1] * size), given["factor"], draws).as_dict()["robustness"]
    ranks = {"any": found["any_weights"]["rank_acceptability"], "stated": found["stated_weights"]["rank_acceptability"]}
    for kind in ranks.keys() & expected.keys():
        for id_, row in expected[kind].items():
            for rank, share in enumerate(row):
                assert_share(ranks[kind][id_][rank], share, draws, f"{kind} {id_} {rank}")
    for id_, row in expected.get("pairwise", {}).items():
        for other, share in row.items():
            assert_share(found["pairwise"][id_][other], share, draws, f"{id_} before {other}")
    for id_, share in expected.get("confidence", {}).items():
        confidence = found["any_weights"]["confidence"][id_]
        if share == "none":
            assert confidence is None
        else:
            assert_share(confidence, share, draws, f"confidence of {id_}")
    for id_, row in expected.get("central", {}).items():
        central = found["any_weights"]["central_weights"][id_]
        if row == "none":
            assert central is None
            continue
        off = 3 * expected["deviation"][id_] / sqrt(expected["any"][id_][0] * draws) + 0.00005  # printed with four decimals
        assert list(map(float, central.values())) == pytest.approx(row, abs=off), id_


def _loss(given: dict[str, Any], draws: int):
    """The loss of the one option that the scenario given can happen to."""
    if "interval" in given:
        low, high = map(D, given["interval"])
        median, spread = (low * high).sqrt(), (high / low).sqrt()
    else:
        median, spread = D(given.get("median", given.get("each"))), D(given.get("spread", 1))
    rate = tuple(given["rate"]) if isinstance(given["rate"], list) else given["rate"]
    borne = (transfer("vendor", "true", given["share"], given["cap_months"]),) if "share" in given else ()
    catalogue = release(losses=(scenario("event", rate, median, spread, transfers=borne),))
    one = bare("one", model_access={"minimum_per_month": given.get("fee", 0)})
    return evaluate(catalogue, facts(one), draws=draws, seed=SEED).options[0].loss


@pytest.mark.parametrize("case", cases("fair", "expected"))
def test_expected_loss(case):
    given, expected = case["inputs"], case["expected"]
    assert float(_loss(given, 0).expected) == pytest.approx(expected["per_year"], abs=case["tolerance"])
    if "mu" in expected:
        assert lognormal_of_interval(*given["interval"]) == pytest.approx((expected["mu"], expected["sigma"]), abs=0.5e-6)


@pytest.mark.parametrize("case", cases("fair", "product"))
def test_a_drawn_rate_times_a_drawn_loss(case):
    given = case["inputs"]
    rate, each = (pert(*given[key], Stream(SEED, key).uniform(given["draws"])) for key in ("rate", "each"))
    drawn = rate * (each + given["fixed"])
    assert drawn.mean() == pytest.approx(case["expected"]["per_year"], abs=3 * drawn.std() / sqrt(given["draws"]))


@pytest.mark.parametrize("case", cases("fair", "exceedance"))
def test_exceedance(case):
    given = case["inputs"]
    loss, draws = _loss(given, given["draws"]), given["draws"]
    for amount, share in case["expected"].items():
        assert_share(loss.exceedance(amount), share, draws, f"more than {amount}")


@pytest.mark.parametrize("case", cases("saw"))
def test_simple_additive_weighting(case):
    given, expected = case["inputs"], case["expected"]
    rows = np.array(given["rows"])
    columns = [column if better == "more" else 1 / column for column, better in zip(rows.T, given["better"], strict=True)]
    values = np.stack([column / column.sum() for column in columns], axis=1)
    found = _compared({f"o{n}": list(map(repr, map(float, row))) for n, row in enumerate(values)}, [1] * len(columns), 1, 0)
    assert [float(o.score.value) for o in found.options] == pytest.approx(expected["scores"], abs=case["tolerance"])
    ranking = [o.facts.id for o in found.ranking]
    assert [ranking.index(o.facts.id) + 1 for o in found.options] == expected["ranks"]

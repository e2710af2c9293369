"""The charts: well-formed, safe under the page's policy, with a text and a table that say the same, and the same bytes each time."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assessments.charts.costs import cost_chart, curve_of, monthly_cost_chart
from assessments.charts.drawing import Names
from assessments.charts.losses import exceedance_chart
from assessments.charts.ranges import cost_ranges_chart
from assessments.charts.robustness import ordinal, ranks_chart, shade
from assessments.charts.scores import scores_chart, values_chart
from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Demand
from tests.scoring.conftest import GOOD, POOR, answers, costs, demand, facts, losses, option, release, robustness

CHARTS = (scores_chart, values_chart, cost_chart, monthly_cost_chart, ranks_chart, cost_ranges_chart, exceedance_chart)
SVG = "{http://www.w3.org/2000/svg}"
NAMES = Names(options={"one": "Vendor <API> & Co", "own": "Own cluster"}, criteria={"service": "Service levels"})


def evaluation(**more):
    machine = {"gpus_per_replica": 1, "gpu_price_per_hour": "0.5", "tokens_per_second_per_replica": 20, "utilisation_limit": "0.5"}
    own = option("own", POOR, sourcing="self_hosted_open")
    own = type(own)(**{**vars(own), "costs": costs(infrastructure=machine, support={"per_month": (50, 100, 400)})})
    silent = option("silent", GOOD | answers(failover="no"), price=30)
    drawing = release(robustness=robustness(), losses=losses())
    return evaluate(drawing, facts(option("one", price=20), own, silent, **more)).as_dict(trace=True)


@pytest.mark.parametrize("chart", CHARTS)
def test_it_is_an_image_with_a_title_and_a_description(chart):
    found = chart(evaluation(), NAMES)
    root = ElementTree.fromstring(found.svg)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert (title.text, description.text) == (found.title, found.description)
    assert root.get("viewBox")


@pytest.mark.parametrize("chart", CHARTS)
def test_it_needs_no_style_or_script_of_its_own(chart):
    root = ElementTree.fromstring(chart(evaluation(), NAMES).svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in ("style", "script", "foreignObject", "image")
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]


def test_ids_differ_between_charts():
    ids = [e.get("id") for chart in CHARTS for e in ElementTree.fromstring(chart(evaluation(), NAMES).svg).iter() if e.get("id")]
    assert len(ids) == len(set(ids)) >= 8


@pytest.mark.parametrize("chart", CHARTS)
def test_rows_are_as_wide_as_the_header(chart):
    table = chart(evaluation(), NAMES).table
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.header)}


def test_scores_say_the_scores():
    found = scores_chart(evaluation(), NAMES)
    rows = {row[0]: row for row in found.table.rows}
    data = {o["id"]: o for o in evaluation()["options"]}
    assert rows["Own cluster"][-2:] == (data["own"]["score"], data["own"]["score_best"])
    assert sum(float(part) for part in rows["Own cluster"][1:-2]) == pytest.approx(float(data["own"]["score"]), abs=0.3)
    assert f"silent {data['silent']['score']} (at best {data['silent']['score_best']}, not admissible)" in found.description
    assert "Service levels" in found.svg
    assert "Vendor &lt;API&gt; &amp; Co" in found.svg


def test_criteria_and_categories_stand_in_the_order_of_the_catalogue_whatever_that_of_the_record():
    data = json.loads(json.dumps(evaluation(), sort_keys=True))  # as canonical JSON has it
    criteria = sorted({c for o in data["options"] for c in o["values"]}, reverse=True)
    categories = sorted({c for o in data["options"] for c in o["costs"].get("by_category", ())}, reverse=True)
    assert len(criteria) > 1
    assert len(categories) > 1
    names = Names(criteria={c: c.upper() for c in criteria}, categories={c: c.upper() for c in categories})
    assert list(scores_chart(data, names).table.header[1:-2]) == [names.criteria[c] for c in criteria]
    values, costs_ = values_chart(data, names), cost_chart(data, names)
    assert [row[0] for row in values.table.rows] == [names.criteria[c] for c in criteria]
    assert [row[0] for row in costs_.table.rows[:-1]] == [names.categories[c] for c in categories]
    assert values.svg.index(f">{names.criteria[criteria[0]]}<") < values.svg.index(f">{names.criteria[criteria[-1]]}<")


def test_values_show_what_is_open():
    silent = option("one", {k: v for k, v in GOOD.items() if k != "uptime"})
    data = evaluate(release(), facts(silent, option("two"))).as_dict()
    table = values_chart(data).table
    assert dict(zip(table.header, table.rows[0], strict=True))["one"] == "0.8333 to 1.0000"


def test_costs_say_the_costs():
    found = cost_chart(evaluation(), NAMES)
    assert found.table.rows[-1][0] == "Total"
    assert "Vendor <API> & Co EUR 24,000.00" in found.description


def test_the_monthly_cost_says_the_break_even():
    data = evaluation()
    tokens = data["break_even"][0]["tokens_per_month"]
    found = monthly_cost_chart(data, NAMES)
    assert found.table.rows[0] == ("Vendor <API> & Co and Own cluster", f"{int(tokens):,}")
    assert f"{int(tokens):,}" in found.description


def test_a_break_even_beyond_the_chart_is_told_below_it():
    data = evaluation()
    assert "Beyond this chart" not in monthly_cost_chart(data, NAMES).svg
    data["break_even"][0]["tokens_per_month"] = "8030503006000"
    found = monthly_cost_chart(data, NAMES).svg
    assert "Beyond this chart they cost the same, in tokens a month:" in found
    assert "Vendor &lt;API&gt; &amp; Co and Own cluster: 8.0 trillion" in found


def test_what_is_drawn_says_what_its_parts_mean():
    data = evaluation()
    assert "EUR over the horizon; ends P10 and P90, tick P50, mark the likely cost" in re.sub(
        r"EUR \w+ over", "EUR over", cost_ranges_chart(data, NAMES).svg
    )
    assert "\u00a0% in 1st place" in ranks_chart(data, NAMES).svg
    amounts = exceedance_chart(data, NAMES).svg
    assert ">10,000<" in amounts
    assert not re.search(r">\d+[kMG]<", amounts)


def test_the_monthly_cost_needs_the_trace():
    data = evaluation()
    del data["trace"]
    with pytest.raises(ValueError, match="trace"):
        monthly_cost_chart(data)


def test_the_monthly_cost_draws_a_published_managed_price():
    data = evaluation()
    price = {"provider": "host-of-it", "model": "m", "price_per_million": "12.00", "on": "2026-11-01", "source": "s"}
    data["break_even"].append({"between": ["own"], "managed": price, "tokens_per_month": "40000000"})
    found = monthly_cost_chart(data, Names(options=NAMES.options, providers={"host-of-it": "The Host"}))
    assert found.table.rows[-1] == ("Own cluster and the published price of The Host", "40,000,000")
    assert "Published price, The Host" in found.svg
    assert "Published price, Host of it" in monthly_cost_chart(data, NAMES).svg


def test_ranks_say_how_often_an_option_comes_first():
    data = evaluation()
    stated = data["robustness"]["stated_weights"]["rank_acceptability"]
    found = ranks_chart(data, NAMES)
    rows = {row[0]: row[1:] for row in found.table.rows}
    for id_, name in (("one", "Vendor <API> & Co"), ("own", "Own cluster")):
        assert rows[f"{name}, near the stated weights"] == tuple(f"{float(share) * 100:.2f}\u00a0%" for share in stated[id_])
        assert f"{name}, under any weights" in rows
    assert found.table.header == ("Option and weights", "1st", "2nd")
    assert "silent" not in found.svg  # it isn't admissible, so it has no rank
    assert f"{NAMES.option('one')} first in {float(stated['one'][0]) * 100:.2f}\u00a0%" in found.description


def test_one_admissible_option_has_no_ranks_to_draw():
    single = evaluate(release(robustness=robustness()), facts(option("one"))).as_dict()
    assert ranks_chart(single) is None
    assert ranks_chart(evaluate(release(), facts()).as_dict()) is None


def test_ordinals_and_shades():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "112th",
    ]  # fmt: skip
    shades = [shade(n, 20) for n in range(20)]
    assert len(set(shades)) == 20
    assert [int(s[1:3], 16) for s in shades] == sorted(int(s[1:3], 16) for s in shades)


def test_cost_ranges_say_what_was_drawn():
    data = evaluation()
    found = cost_ranges_chart(data, NAMES)
    total = {o["id"]: o["costs"]["total"] for o in data["options"]}
    rows = {row[0]: row[1:] for row in found.table.rows}
    assert rows["Own cluster"] == tuple(f"{float(total['own'][key]):,.2f}" for key in ("likely", "p10", "p50", "p90"))
    assert rows["silent"][1:] == ("no range",) * 3
    assert f"Own cluster EUR {float(total['own']['p10']):,.2f} to {float(total['own']['p90']):,.2f}" in found.description
    assert "no range" in found.svg


def test_without_a_range_there_is_no_interval_to_draw():
    assert cost_ranges_chart(evaluate(release(), facts()).as_dict()) is None


def test_losses_say_how_many_years_exceed_each_amount():
    data = evaluation()
    found = exceedance_chart(data, NAMES)
    steps = data["options"][0]["loss"]["exceedance"]
    assert found.table.header == ("Of 100 years lose more than", "Vendor <API> & Co", "Own cluster", "silent")
    assert [row[0] for row in found.table.rows] == [f"EUR {int(step['amount']):,}" for step in steps]
    assert [row[1] for row in found.table.rows] == [f"{float(step['probability']) * 100:.2f}" for step in steps]
    assert f"Own cluster EUR {float(data['options'][1]['loss']['p95']):,.2f}" in found.description


def test_there_is_no_exceedance_without_losses_or_draws():
    assert exceedance_chart(evaluate(release(), facts()).as_dict()) is None
    assert exceedance_chart(evaluate(release(losses=losses()), facts(), draws=0).as_dict()) is None


def test_there_is_nothing_to_draw_without_costs():
    data = evaluation(demand=Demand())
    assert cost_chart(data) is None
    assert cost_ranges_chart(data) is None
    assert monthly_cost_chart(data) is None
    assert scores_chart(data).table.rows


def test_one_option_and_two_of_the_same_name():
    drawing = release(robustness=robustness(), losses=losses())
    ranged = [type(o)(**{**vars(o), "costs": costs(support={"per_month": (50, 100, 400)})}) for o in (option("one"), option("two", POOR))]
    single = evaluate(drawing, facts(ranged[0])).as_dict(trace=True)
    same = Names(options={"one": "The same", "two": "The same"})
    double = evaluate(drawing, facts(*ranged)).as_dict(trace=True)
    for chart in CHARTS:
        assert chart is ranks_chart or ElementTree.fromstring(chart(single).svg) is not None
        assert ElementTree.fromstring(chart(double, same).svg) is not None
    assert "The same (1)" in scores_chart(double, same).svg
    assert "The same (2)" in scores_chart(double, same).svg


def test_the_same_bytes_in_another_process():
    script = (
        "import hashlib; from tests.charts.test_charts import *; "
        "print([hashlib.sha256(c(evaluation(), NAMES).svg.encode()).hexdigest() for c in CHARTS])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_the_line_of_an_option_ends_at_its_capacity():
    machines = {
        "tokens_per_second_per_replica": 100,
        "utilisation_limit": 1,
        "maximum_replicas": 1,
        "gpus_per_replica": 1,
        "gpu_price_per_hour": 1,
    }
    own = option("own", costs=costs(infrastructure=machines, time_to_production={"weeks": 2}))
    found = evaluate(release(), facts(own, option("api"), demand=demand(growth_per_year=Decimal(0)))).as_dict(trace=True)
    curve = curve_of(found, "own")
    capacity = Decimal(found["options"][0]["costs"]["capacity"]["tokens_per_month"])
    assert abs(max(volume for volume, _ in curve.points(capacity * 3)) - capacity) <= 1
    assert max(volume for volume, _ in curve.points(capacity / 2)) == capacity / 2

"""The parts of a made-up record that tell how sure it is, what it risks and what would change it; and the same record without them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

FROZEN = ("losses", "robustness", "providers")
COMPUTED = ("robustness", "accountability", "flips", "scenarios", "trace")

LOSSES = [
    {
        "id": "outage", "title": "The model is out of service", "description": "It doesn't answer for hours.",
        "changes": [
            {"id": "nobody-called", "title": "Nobody is bound to look at it at night"},
            {"id": "fallback-tried", "title": "A fallback that was tried takes over"},
            {"id": "never-true", "title": "No option's answers show this"},
        ],
        "transfers": [{"id": "credits", "title": "Service credits of a tenth of a month's fee"}],
    },
    {
        "id": "vendor-exit", "title": "The provider stops, or its price drives you away", "description": "You must move at a bad time.",
        "changes": [{"id": "planned", "title": "An exit is planned"}], "transfers": [],
    },
]  # fmt: skip
DOUBTS = [{"basis": "unsupported", "share": "0.4"}, {"basis": "self_declared", "share": "0.25"}, {"basis": "contractual", "share": "0.1"}]
EXPECTED = {"vendor-api": "82343.13", "managed-open": "95278.80", "own-cluster": "160235.22"}
SCORES = {"vendor-api": ("68.1", "70.0", "72.3"), "managed-open": ("60.2", "62.8", "65.1")}
TOTALS = {"vendor-api": "784480.00", "managed-open": "508160.00", "own-cluster": "1575500.00"}


def frozen_texts() -> dict[str, Any]:
    """What a snapshot holds beside the evaluation."""
    return deepcopy(
        {
            "losses": LOSSES,
            "robustness": {"weight_factor": "2", "doubts": DOUBTS},
            "providers": [{"id": "hoster", "name": "Hoster SA"}],
        }
    )


def add_risk(evaluation: dict[str, Any]) -> dict[str, Any]:
    """``evaluation`` with ranges, robustness, losses, premiums, flips, scenarios and a derivation."""
    for option in evaluation["options"]:
        id_, costs = option["id"], option["costs"]
        likely = float(costs["total"]["likely"])
        costs["total"] |= {"p10": f"{likely * 0.9:.2f}", "p50": f"{likely * 1.02:.2f}", "p90": f"{likely * 1.2:.2f}"}
        if id_ in SCORES:
            option["score_range"] = dict(zip(("p10", "p50", "p90"), SCORES[id_], strict=True))
        if id_ == "own-cluster":
            costs["capacity"] = {"tokens_per_month": "900000000", "exceeded_in_month": 31}
        option["values"]["service-levels"]["least"] = "0.3777"
        option["loss"] = _loss(id_)
    evaluation["break_even"].append(
        {
            "between": ["own-cluster"], "tokens_per_month": "2718281828", "replicas": {"own-cluster": 7},
            "managed": {"provider": "hoster", "model": "Open 120B Instruct", "price_per_million": "0.41", "on": "2026-11-20",
                        "source": "bedrock-sla"},
        }
    )  # fmt: skip
    return evaluation | {
        "robustness": {
            "samples": 10_000,
            "stated_weights": {
                "factor": "2",
                "rank_acceptability": {"managed-open": ["0.1700", "0.8300"], "vendor-api": ["0.8300", "0.1700"]},
            },
            "any_weights": {
                "rank_acceptability": {"managed-open": ["0.0000", "1.0000"], "vendor-api": ["1.0000", "0.0000"]},
                "central_weights": {
                    "managed-open": None,
                    "vendor-api": dict.fromkeys(evaluation["options"][0]["values"], "0.1234"),
                },
                "confidence": {"managed-open": None, "vendor-api": "0.9000"},
            },
            "pairwise": {"managed-open": {"vendor-api": "0.1700"}, "vendor-api": {"managed-open": "0.8300"}},
        },
        "accountability": [
            {"option": "vendor-api", "against": "own-cluster", "extra_cost_per_year": "-263673.33", "loss_avoided_per_year": "77892.09",
             "net_per_year": "341565.42"},
            {"option": "vendor-api", "against": "managed-open", "extra_cost_per_year": "92106.67", "loss_avoided_per_year": "12935.67",
             "net_per_year": "-79171.00"},
        ],
        "flips": [
            {"what": "weight", "question": None, "option": None, "criterion": "cost", "from_value": "0.0800", "to_value": "0.2200",
             "distance": "0.2800", "leader": "managed-open", "text": "Managed open weights leads once the weight of Cost rises above 22.0 %."},
            {"what": "demand", "question": None, "option": None, "from_value": "480000000", "to_value": "715000000", "distance": "0.4896",
             "leader": "managed-open", "text": "Managed open weights leads once demand passes 715 million tokens a month."},
            {"what": "response", "question": "s0-1.q1", "option": "vendor-api", "from_value": "x", "to_value": "nobody", "distance": "0.7500",
             "leader": None, "text": "No option is admissible once nobody is woken for Vendor API in the EU."},
        ],
        "scenarios": [
            {
                "id": "sovereignty-tightens", "title": "Sovereignty tightens", "description": "A framework for transfers falls.",
                "ranking": ["managed-open", "vendor-api"], "recommendation": {"outcome": "leaning", "option": "managed-open"},
                "options": [
                    {"id": id_, "admissible": id_ != "own-cluster", "score": score, "cost_total": TOTALS[id_], "loss_per_year": EXPECTED[id_]}
                    for id_, score in (("vendor-api", "61.7"), ("managed-open", "66.6"), ("own-cluster", "55.0"))
                ],
            }
        ],
        "trace": _trace(evaluation),
    }  # fmt: skip


def without_risk(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The record as it was before any of this was computed."""
    snapshot = {key: value for key, value in deepcopy(snapshot).items() if key not in FROZEN}
    evaluation = {key: value for key, value in snapshot["evaluation"].items() if key not in COMPUTED}
    evaluation["break_even"] = [b for b in evaluation["break_even"] if "managed" not in b]
    for option in evaluation["options"]:
        option.pop("score_range", None)
        option.pop("loss")
        option["costs"].pop("capacity", None)
        option["costs"]["total"] = {"likely": option["costs"]["total"]["likely"]}
        option["values"]["service-levels"].pop("least")
    return snapshot | {"evaluation": evaluation}


def _loss(option: str) -> dict[str, Any]:
    own = option == "own-cluster"
    outage = {
        "id": "outage", "expected_per_year": "17849.40", "events_per_year": "3.5000", "cost_per_event": "5164.72",
        "borne_by_others": "0.00" if own else "64.89", "assumed": own, "changes": ["nobody-called"] if own else ["fallback-tried"],
        "not_ruled_out": ["nobody-called"] if own else [], "transfer": None if own else "credits",
    }  # fmt: skip
    leaving = {
        "id": "vendor-exit", "expected_per_year": "20269.31", "events_per_year": "0.2417", "cost_per_event": "83873.00",
        "borne_by_others": "0.00", "assumed": False, "changes": ["planned"], "not_ruled_out": [], "transfer": None,
    }  # fmt: skip
    return {
        "expected_per_year": EXPECTED[option],
        "p95": "296957.46",
        "exceedance": [{"amount": "20000", "probability": "0.6704"}, {"amount": "2000000", "probability": "0.0004"}],
        "scenarios": [outage] if own else [outage, leaving],
    }


def _trace(evaluation: dict[str, Any]) -> dict[str, Any]:
    """A short derivation: down to a response for each option, and a demand."""

    def node(name: str, value: str, formula: str = "", inputs: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
        return {"name": name, "value": value, "formula": formula, "inputs": inputs or [], **more}

    options = []
    for option in evaluation["options"]:
        key = f"options.{option['id']}"
        response = node("response", "contract-with-remedy")
        asked = node("What kind of promise is it?", "0.8000", "weight 3; value of the choice: contract-with-remedy = 0.8", [response],
                     question="s0-0.q3", basis="contractual", source=["bedrock-sla"])  # fmt: skip
        value = node("Service levels", "0.8000", "Σ weight × value ÷ Σ weight", [asked])
        score = node("score", option["score"], "100 × Σ weight × value", [value], key=f"{key}.score")
        options.append(node(f"Option {option['id']}", option["score"], "", [score], key=key))
    tokens = node(
        "tokens a month", "480000000", "input + output", [node("input tokens a month", "400000000")], key="demand.tokens_per_month"
    )
    return node("evaluation", "", "every number below", [tokens, *options])

"""How sure the ranking is, as the result and record pages show it, for people who never heard of the method behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts import formats
from assessments.scoring.words import of_hundred
from assessments.views.showing import Content, names_of, number

STATED = "robustness.stated_weights.rank_acceptability"
ANY = "robustness.any_weights.rank_acceptability"
CENTRAL = "robustness.any_weights.central_weights"
CONFIDENCE = "robustness.any_weights.confidence"


def sure(content: Content) -> dict[str, Any] | None:
    """The shares of draws by option, in the order of the ranking; None where the release has no parameters to draw with."""
    found = content["evaluation"]
    robustness = found.get("robustness")
    if robustness is None:
        return None
    stated = robustness["stated_weights"]["rank_acceptability"]
    ids = [id_ for id_ in found["ranking"] if id_ in stated]
    anywhere, names = robustness["any_weights"]["rank_acceptability"], names_of(content)
    options = {option["id"]: option for option in found["options"]}
    return {
        "samples": formats.number(f"{robustness['samples']:,}"),
        "factor": formats.number(str(robustness["stated_weights"]["factor"])),
        "rows": [
            {
                "id": id_,
                "name": names[id_],
                "first": number(of_hundred(stated[id_][0]), f"{STATED}.{id_}", names[id_]),
                "first_any": number(of_hundred(anywhere[id_][0]), f"{ANY}.{id_}", names[id_]),
                "score": options[id_]["score"],
                "range": options[id_].get("score_range"),
            }
            for id_ in ids
        ],
        "several": len(ids) > 1,
        "pairs": _pairs(robustness["pairwise"], ids, names) if len(ids) > 1 else [],
        "central": _central(content, robustness["any_weights"], ids, names) if len(ids) > 1 else None,
    }


def range_bar(score_range: Content | None) -> dict[str, str] | None:
    """Where the interval of a drawn score begins on a bar of 100, how wide it is, and where its middle lies."""
    if score_range is None:
        return None
    low, middle, high = (Decimal(score_range[p]) for p in ("p10", "p50", "p90"))
    return {**score_range, "width": str(high - low), "middle": str(max(Decimal(0), middle - Decimal("0.4")))}


def _pairs(pairwise: Content, ids: list[str], names: dict[str, str]) -> list[dict[str, Any]]:
    """A row an option: of a hundred draws, how many put it before each other option."""
    return [
        {
            "name": names[a],
            "cells": [
                None
                if a == b
                else number(
                    of_hundred(pairwise[a][b]).removesuffix(" of 100"),
                    f"robustness.pairwise.{a}.{b}",
                    _("%(one)s before %(other)s") % {"one": names[a], "other": names[b]},
                )
                for b in ids
            ],
        }
        for a in ids
    ]


def _central(content: Content, found: Content, ids: list[str], names: dict[str, str]) -> dict[str, Any]:
    """The weights that favour each option beside the stated ones, and how sure it is first with them."""
    options = [{"id": id_, "name": names[id_], "never": found["central_weights"][id_] is None} for id_ in ids]
    criteria = [c for c in content["criteria"] if any(c["id"] in (w or {}) for w in found["central_weights"].values())]
    rows = []
    for criterion in criteria:
        of = {o["id"]: o["values"][criterion["id"]]["weight"] for o in content["evaluation"]["options"] if criterion["id"] in o["values"]}
        stated, key = set(of.values()), f"options.{next(iter(of), '')}.values.{criterion['id']}.weight"
        rows.append(
            {
                "title": criterion["title"],
                "stated": number(_share(stated.pop()), key, criterion["title"]) if len(stated) == 1 else number(_("varies"), "", ""),
                "cells": [
                    number(_share(weights[criterion["id"]]), f"{CENTRAL}.{id_}", f"{criterion['title']}, {names[id_]}") if weights else None
                    for id_ in ids
                    for weights in [found["central_weights"][id_]]
                ],
            }
        )
    confidence = [
        {
            **number(of_hundred(share), f"{CONFIDENCE}.{id_}", names[id_]),
            "words": _confidence(Decimal(share)),
        }
        if (share := found["confidence"][id_]) is not None
        else None
        for id_ in ids
    ]
    return {"options": options, "rows": rows, "confidence": confidence}


def _share(weight: str) -> str:
    return formats.numbers(f"{Decimal(weight) * 100:.1f}\u00a0%")


def _confidence(share: Decimal) -> str:
    """What a confidence factor means: how often the option is first with the weights that favour it, while its values are drawn."""
    if share >= Decimal("0.95"):
        return _("almost certain to be first with them")
    if share >= Decimal("0.75"):
        return _("mostly first with them")
    if share >= Decimal("0.5"):
        return _("first more often than not, though no sure thing")
    if share >= Decimal("0.25"):
        return _("first in fewer than half of the draws even with them")
    return _("seldom first even with them: its answers don’t carry it")

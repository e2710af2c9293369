"""An evaluation as its pages show it: what the result page and the record page have in common.

Both are given as *content*, a mapping with the keys of a snapshot that matter here (``evaluation``, ``options``, ``criteria``,
``cost_categories``, ``losses``, ``providers``, ``obligations``, ``class_texts``, ``findings``, ``questionnaires``): the record page passes the
snapshot itself, the result page the same made of what stands now. So a frozen record is shown from its own words alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.figures import DEMAND_FIGURES
from assessments.models import Sourcing
from assessments.scoring.evaluate import Evaluation
from assessments.scoring.study import study
from assessments.snapshots import class_texts, findings, losses, obligations, providers
from assessments.views.law import act, day, duties
from assessments.views.places import Where, questions_of, text_of
from assessments.views.presenting_change import changes, scenarios
from assessments.views.presenting_costs import break_even, costs
from assessments.views.presenting_risk import risk
from assessments.views.presenting_sure import range_bar, sure
from assessments.views.showing import Content as Content
from assessments.views.showing import amount as amount
from assessments.views.showing import names_of, numbers_of, percent, reason, short
from compliance.catalogue.index import as_data
from compliance.views.words import INSTRUMENTS

SEVERITIES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "info"}


def live_content(evaluation: Evaluation, whole: bool = False) -> dict[str, Any]:
    """What stands now in the form of a snapshot's content, without people and answers. ``whole``: with what would change it and the
    scenarios, which take several times as long."""
    found = study(evaluation, trace=True) if whole else evaluation.as_dict(trace=True)
    release = evaluation.release
    return {
        "evaluation": found,
        "options": [
            {"id": o.id, "name": o.label, "sourcing": o.sourcing, "provider": o.provider, "model": o.model}
            | (
                {"fallback": {"sourcing": o.fallback.sourcing, "provider": o.fallback.provider, "model": o.fallback.model}}
                if o.fallback
                else {}
            )
            for o in evaluation.facts.options
        ],
        "criteria": [as_data(c) for c in release.criteria],
        "cost_categories": [{"id": c.id, "title": c.title} for c in release.cost_categories],
        "losses": losses(release),
        "providers": providers(release, found),
        "obligations": obligations(evaluation),
        "class_texts": class_texts(evaluation),
        "findings": findings(release, found),
        "questionnaires": [as_data(q) for q in release.questionnaires],
        "sources": [{"id": s.id, "title": s.title} for s in release.sources],
    }


def present(content: Content, where: Where, try_at: str = "") -> dict[str, Any]:
    """The context of the partials that show an evaluation. ``try_at``: the address of the what-if page, empty where nothing can be tried."""
    found = content["evaluation"]
    asked = questions_of(content)
    names = names_of(content)
    return {
        "evaluation": found,
        "catalogue_name": catalogue_of(content),
        "currency": found["currency"],
        "as_of": day(found["as_of"]),
        "names": names,
        "traced": numbers_of(found.get("trace")),
        "verdict": verdict(found, names),
        "ranked": ranked(content),
        "matrix": matrix(content),
        "obstacles": obstacles(content, asked, where),
        "act": act(content, asked, where),
        "duties": duties(content),
        "costs": costs(content),
        "break_even": break_even(content),
        "sure": sure(content),
        "risk": risk(content, asked, where),
        "with_losses": "accountability" in found,
        "changes": changes(content, asked, try_at),
        "scenarios": scenarios(content, try_at),
        "open": unanswered(content, asked, where),
    }


def catalogue_of(content: Content) -> str:
    """The name of the release that it was computed with."""
    catalogue = content["evaluation"]["catalogue"]
    return f"{catalogue['key']}@{catalogue['version']}"


def verdict(found: Content, names: Mapping[str, str]) -> dict[str, Any]:
    """The recommendation in one sentence, with its reasons as the reader writes figures."""
    recommendation = found["recommendation"]
    name = names.get(recommendation["option"] or "", "")
    sentence, tone = {
        "clear": (_("%(option)s is recommended."), "good"),
        "leaning": (_("The figures lean towards %(option)s, without settling it."), "info"),
        "too_close": (_("Too close to call: %(option)s is ahead, but not far or not surely enough to count."), "warn"),
        "none_admissible": (_("No option is admissible as things stand."), "bad"),
    }[recommendation["outcome"]]
    label = {"clear": _("Clear"), "leaning": _("Leaning"), "too_close": _("Too close to call"), "none_admissible": _("None admissible")}
    return {
        "sentence": sentence % {"option": name} if name else sentence,
        "tone": tone,
        "label": label[recommendation["outcome"]],
        "option": recommendation["option"],
        "reasons": [
            {"text": reason(text, found["currency"]), "key": keys[0] if keys else ""}
            for text, keys in zip_longest(recommendation["reasons"], recommendation.get("backed_by", []))
        ],
    }


def present_live(content: Content, where: Where, try_at: str = "") -> dict[str, Any]:
    """``present`` of what isn't frozen: while nothing but missing answers keeps the options out, it is too early to say that none is admissible.
    A record says what was recorded."""
    shown = present(content, where, try_at)
    options = content["evaluation"]["options"]
    stopped = [option["admissible"] or {b["id"] for b in option["blockers"]} & {f["id"] for f in option["findings"]} for option in options]
    if options and not any(stopped):
        reasons = [
            ngettext("%(option)s: %(n)d blocker can't be ruled out yet.", "%(option)s: %(n)d blockers can't be ruled out yet.", n)
            % {"option": shown["names"][option["id"]], "n": n}
            for option in options for n in [len(option["blockers"])]
        ]  # fmt: skip
        shown["verdict"] |= {
            "sentence": _("Too early to tell: what could stop each option hasn't been answered yet."), "tone": "info",
            "label": _("Too early to tell"), "early": True, "reasons": [{"text": text, "key": ""} for text in reasons],
        }  # fmt: skip
    return shown


def ranked(content: Content) -> list[dict[str, Any]]:
    """Options by rank, those that aren't admissible last."""
    found = content["evaluation"]
    described = {option["id"]: option for option in content["options"]}
    places = {id_: n for n, id_ in enumerate(found["ranking"], 1)}
    rows = [
        {
            "id": option["id"],
            "name": described[option["id"]]["name"],
            "provider": described[option["id"]].get("provider", ""),
            "model": described[option["id"]].get("model", ""),
            "sourcing": Sourcing(option["sourcing"]).label,
            "fallback": _fallback(described[option["id"]]),
            "rank": places.get(option["id"]),
            "admissible": option["admissible"],
            "score": option["score"],
            "best": option["score_best"],
            "range": range_bar(option.get("score_range")),
            "completeness": percent(option["completeness"]),
            "blockers": len(option["blockers"]),
            "total": amount(option["costs"].get("total", {}).get("likely")),
            "costs_complete": option["costs"]["complete"],
        }
        for option in found["options"]
    ]
    return sorted(rows, key=lambda row: row["rank"] or len(rows) + 1)


def _fallback(option: Content) -> str:
    """An option's second model in one line; empty without one."""
    held = option.get("fallback")
    return ", ".join(part for part in (str(Sourcing(held["sourcing"]).label), held["provider"], held["model"]) if part) if held else ""


def matrix(content: Content) -> dict[str, Any]:
    """A row a criterion, a cell an option; ``weight`` is the row's where all options have the same."""
    options = content["evaluation"]["options"]
    rows = []
    for criterion in content["criteria"]:
        cells = [_cell(option, criterion) for option in options]
        if not any(cells):
            continue
        weights = {cell["weight"] for cell in cells if cell}
        rows.append(
            {
                "title": criterion["title"],
                "description": criterion["description"],
                "weight": next(iter(weights)) if len(weights) == 1 else None,
                "weight_key": next(cell["key"] for cell in cells if cell) + ".weight",
                "cells": cells,
            }
        )
    totals = [{"score": o["score"], "best": o["score_best"], "completeness": percent(o["completeness"]), "id": o["id"]} for o in options]
    return {"options": [o["id"] for o in options], "rows": rows, "totals": totals}


def _cell(option: Content, criterion: Content) -> dict[str, Any] | None:
    value = option["values"].get(criterion["id"])
    if value is None:
        return None
    return {
        "value": short(value["value"]),
        "exact": value["value"],
        "best": short(value["best"]) if value["best"] != value["value"] else "",
        "best_exact": value["best"],
        "completeness": percent(value["completeness"]),
        "weight": f"{Decimal(value['weight']) * 100:.1f}",
        "points": f"{Decimal(value['value']) * 100:.2f}",
        "best_points": f"{Decimal(value['best']) * 100:.2f}",
        "key": f"options.{option['id']}.values.{criterion['id']}",
        "of": criterion["title"],
        "option": option["id"],
    }


def obstacles(content: Content, asked: Mapping[str, Any], where: Where) -> list[dict[str, Any]]:
    """For each option its blockers (also those that can't be ruled out yet) and its other findings, the gravest first."""
    names = {option["id"]: option["name"] for option in content["options"]}
    titles = {(f["option"], f["id"]): f for f in content["findings"]}
    references = {o["id"]: f"{INSTRUMENTS[o['instrument']]}, {o['reference']}" for o in content["obligations"]}
    order = list(SEVERITIES)
    groups = []
    for option in content["evaluation"]["options"]:
        blockers = [
            {
                **blocker,
                "title": titles[(option["id"], blocker["id"])]["title"] if (option["id"], blocker["id"]) in titles else "",
                "role": (blocker["acceptable_by"] or "").replace("_", " "),
                "question_text": text_of(blocker["question"], asked),
                "url": where(blocker["question"], option["id"]),
            }
            for blocker in option["blockers"]
        ]
        others = [
            {
                **finding,
                "tone": SEVERITIES[finding["severity"]],
                "references": [references[o] for o in finding["obligations"] if o in references],
                "question_text": text_of(finding["question"], asked),
                "url": where(finding["question"], option["id"]),
            }
            for finding in content["findings"]
            if finding["option"] == option["id"] and not finding["blocker"]
        ]
        others.sort(key=lambda f: order.index(f["severity"]))
        groups.append({"id": option["id"], "name": names[option["id"]], "blockers": blockers, "findings": others})
    return groups


def unanswered(content: Content, asked: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """What isn't answered, of the use case and of each option, with where to answer it; ``ignored`` are answers that a condition hides."""
    found = content["evaluation"]
    names = {option["id"]: option["name"] for option in content["options"]}
    categories = {c["id"]: c["title"] for c in content["cost_categories"]}

    def line(key: str, option: str = "") -> dict[str, str]:
        kind, _dot, rest = key.partition(".")
        if key in asked:
            return {"text": asked[key]["text"], "part": asked[key]["section_title"], "url": where(key, option)}
        if kind == "demand":
            label = _(DEMAND_FIGURES[rest].label) if rest in DEMAND_FIGURES else rest.replace("_", " ").capitalize()
            return {"text": label, "part": _("Demand"), "url": where(key)}
        if kind == "costs":
            return {"text": categories.get(rest, rest.capitalize()), "part": _("Deployment tax"), "url": where(key)}
        return {"text": _("Kind of use case"), "part": _("Use case"), "url": where(key)}

    groups = [{"title": _("Use case and demand"), "lines": [line(key) for key in found["unanswered"]["use_case"]]}] + [
        {"title": names[id_], "lines": [line(key, id_) for key in keys]} for id_, keys in found["unanswered"]["options"].items()
    ]
    ignored = [*found["ignored"]["use_case"], *(key for keys in found["ignored"]["options"].values() for key in keys)]
    return {
        "groups": [group for group in groups if group["lines"]],
        "count": sum(len(group["lines"]) for group in groups),
        "ignored": [line(key) for key in dict.fromkeys(ignored)],
    }

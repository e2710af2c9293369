"""The figures: computed again from the embedded assessment file, under the catalogue release that the record names."""

from __future__ import annotations

import json
import re
from typing import Any

from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import FileErrors, read_assessment
from assessments.scoring.study import study
from compliance import releases
from compliance.catalogue.index import index
from reports.verifier.checks import Check

NAME = "figures"
# Since then sentences are others, and so is the search for what would change it: of records made before, figures alone are compared.
REWORDED = (0, 7, 0)
# What YAML doesn't take as it stands, or takes for the end of a line, although JSON has it inside a text.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def check_figures(snapshot: dict[str, Any]) -> Check:
    """``ok`` is None where the release isn't installed here, so that nothing can be said."""
    try:
        catalogue, recorded = snapshot["catalogue"], snapshot["evaluation"]
        name, digest, file = f"{catalogue['key']}@{catalogue['version']}", catalogue["digest"], snapshot["file"]
        by = snapshot["software"]["countersign"]
    except (KeyError, TypeError) as error:
        return Check(NAME, False, f"The snapshot isn't built as its format says ({error!r}).")
    try:
        release = releases.by_name(name)
    except LookupError:
        return Check(NAME, None, f"The figures can't be computed again here: the catalogue release {name} isn't installed.")
    if index(release).digest != digest:
        message = f"The figures can't be computed again here: the release installed as {name} isn't the one of the record ({digest})."
        return Check(NAME, None, message)
    try:
        facts, _ = read_assessment(assessment_text(file), "snapshot.json", lambda _name: release)
        found, traced = evaluate(release, facts), "trace" in recorded
        again = study(found, traced) if "flips" in recorded else found.as_dict(traced)
        same = f"The figures are the same when they are computed again from the embedded file under {name}"
        if _made_before(REWORDED, by):
            recorded, again = _figures_alone(recorded), _figures_alone(again)
            same += f"; the sentences and what would change it are those of Countersign {by}, and aren't compared"
    except FileErrors as error:
        return Check(NAME, False, f"The embedded assessment file can't be read: {error.errors[0].message}.")
    except (ValueError, KeyError, TypeError) as error:
        return Check(NAME, False, f"The embedded assessment file can't be evaluated ({error}).")
    difference = first_difference(recorded, json.loads(json.dumps(again)), "evaluation")
    if difference is None:
        return Check(NAME, True, f"{same}.")
    return Check(NAME, False, f"Computed again, the figures differ from the record, which Countersign {by} made: {difference}.")


def _made_before(version: tuple[int, ...], by: str) -> bool:
    return bool(re.fullmatch(r"\d+(\.\d+)*", by)) and tuple(map(int, by.split("."))) < version


def _figures_alone(evaluation: dict[str, Any]) -> dict[str, Any]:
    """Without its sentences: the reasons of the recommendation, its derivation and the changes that would turn it."""
    recommendation = {key: value for key, value in evaluation["recommendation"].items() if key not in ("reasons", "backed_by")}
    kept = {key: value for key, value in evaluation.items() if key not in ("trace", "flips")}
    return {**kept, "recommendation": recommendation}


def assessment_text(file: dict[str, Any]) -> str:
    """The embedded assessment file as text: JSON, which is YAML too."""
    text = json.dumps(file, ensure_ascii=False, indent=1)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def first_difference(recorded: Any, again: Any, path: str) -> str | None:
    """Where two pieces of JSON data first differ, in words; keys in alphabetical order."""
    if isinstance(recorded, dict) and isinstance(again, dict):
        for key in sorted(recorded.keys() | again.keys()):
            if key not in recorded or key not in again:
                return f"{path}.{key} is {'not in the record' if key not in recorded else 'in the record alone'}"
            if found := first_difference(recorded[key], again[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(recorded, list) and isinstance(again, list):
        if len(recorded) != len(again):
            return f"{path} has {len(recorded)} entries in the record and {len(again)} now"
        for number, (a, b) in enumerate(zip(recorded, again, strict=True)):
            if found := first_difference(a, b, f"{path}[{number}]"):
                return found
        return None
    return None if recorded == again else f"{path} is {_shown(recorded)} in the record and {_shown(again)} now"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"

"""What the law says of a use case, as the result and record pages show it: its class under the AI Act, and its obligations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy

from assessments.views.places import Where, text_of
from compliance.views import words

CLASSES = words.CLASSES | {"undetermined": gettext_lazy("Undetermined")}
CLASS_TONES = words.CLASS_TONES | {"undetermined": "plain"}
STATUSES = {"met": (gettext_lazy("Met"), "good"), "gap": (gettext_lazy("Gap"), "bad"), "unknown": (gettext_lazy("Unknown"), "plain")}


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def act(content: Mapping[str, Any], asked: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """The class under the AI Act, what it rests on, and (undetermined) which answers are missing."""
    found = content["evaluation"]["ai_act"]
    texts = {entry["reference"]: entry["text"] for entry in content["class_texts"]}
    rows = [
        {
            "reference": basis["reference"],
            "text": texts.get(basis["reference"], ""),
            "applies_from": day(basis["applies_from"]),
            "in_force": basis["in_force"],
            "because": [{"text": text_of(id_, asked), "url": where(id_)} for id_ in basis["because"]],
        }
        for basis in found["basis"]
    ]
    undetermined = found["risk_class"] == "undetermined"
    return {
        "risk_class": found["risk_class"],
        "label": CLASSES[found["risk_class"]],
        "tone": CLASS_TONES[found["risk_class"]],
        "at_least": CLASSES[found["at_least"]] if found["at_least"] else "",
        "roles": [role.replace("-", " ") for role in found["roles"]],
        "missing": rows[0] if undetermined and rows else None,
        "basis": rows[1:] if undetermined else rows,
    }


def duties(content: Mapping[str, Any]) -> dict[str, Any]:
    """Obligations by instrument, with how many are met, open and unknown; where the options differ, how each one stands."""
    names = {option["id"]: option["name"] for option in content["options"]}
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in words.INSTRUMENTS}
    counts = dict.fromkeys(STATUSES, 0)
    for duty in content["obligations"]:
        label, tone = STATUSES[duty["status"]]
        counts[duty["status"]] += 1
        groups.setdefault(duty["instrument"], []).append(
            {
                **duty,
                "label": label,
                "tone": tone,
                "applies_from": day(duty["applies_from"]),
                "role": duty["role"].replace("-", " "),
                "by_option": [
                    {"name": names.get(option, option), "label": STATUSES[status][0], "tone": STATUSES[status][1]}
                    for option, status in duty.get("by_option", {}).items()
                ],
            }
        )
    return {
        "groups": [{"instrument": words.INSTRUMENTS.get(name, name), "rows": rows} for name, rows in groups.items() if rows],
        "count": len(content["obligations"]),
        **counts,
    }

"""The class under the EU AI Act and the obligations of every law, as the pages show them. Pure."""

from __future__ import annotations

from typing import Any

from reports import questions, wording
from reports.brief import status_for
from reports.wording import ordered, word

READ = frozenset({"primary", "secondary"})


def risk_class(snapshot: dict[str, Any]) -> dict[str, Any]:
    """``ruled_out``: the classes that were read before and of which nothing holds, with the answers that this rests on; those of records that
    don't tell are none."""
    act = snapshot["evaluation"]["ai_act"]
    texts = {t["reference"]: t["text"] for t in snapshot["class_texts"]}
    asked = {q["id"]: q for q in questions.questions(snapshot)}
    before = [r for r in snapshot.get("grounds", {}).get("ruled_out", []) if r["risk_class"] != "out_of_scope"]
    return {
        "text": word(act["risk_class"], wording.CLASSES),
        "undetermined": act["risk_class"] == "undetermined",
        "at_least": word(act["at_least"], wording.CLASSES) if act["at_least"] else "",
        "roles": ", ".join(r.replace("-", " ") for r in act["roles"]) or "none",
        "basis": [
            b
            | {"reference": wording.articles(b["reference"]), "text": _said(texts.get(b["reference"], ""))}
            | {"questions": [_with_answer(asked[q]) if q in asked else q for q in b["because"]]}
            for b in act["basis"]
        ],
        "ruled_out": [
            {
                "text": f"Not {word(r['risk_class'], wording.CLASSES).lower()}",
                "reference": r["reference"],
                "read": r["text"].rstrip("."),
                "questions": [text for q in r["because"] if q in asked and (text := _answered(asked[q]))],
            }
            for r in before
        ],
    }


def _said(text: str) -> str:
    """A point's text without pointing at what stands above it in the catalogue's table and not on the page."""
    return text.replace("None of the classes above", "None of the other classes applies")


def _with_answer(question: dict[str, Any]) -> str:
    """A question with what was answered, where it has one answer: those that the class is read from are asked of the use case."""
    return _answered(question) or str(question["text"])


def _answered(question: dict[str, Any]) -> str:
    answers = list(question["answers"].values())
    given = answers[0].get("display", "") if len(answers) == 1 and answers[0]["state"] == "answered" else ""
    return f"{question['text']} {given}" if given else ""


def obligations(snapshot: dict[str, Any], names: dict[str, str], option: str) -> list[dict[str, Any]]:
    """Those of one law together, the AI Act first; within a law by its articles. ``option``: the proposed one, whose status stands apart."""
    places = {instrument: place for place, instrument in enumerate(wording.INSTRUMENTS)}
    verified = {s["id"]: s["verified"] for s in snapshot["sources"]}

    def place(obligation: dict[str, Any]) -> tuple[Any, ...]:
        law = obligation["instrument"]
        return places.get(law, len(places)), law, wording.in_order(obligation["reference"])

    return [_obligation(o, names, option, verified) for o in sorted(snapshot["obligations"], key=place)]


def _obligation(obligation: dict[str, Any], names: dict[str, str], option: str, verified: dict[str, str]) -> dict[str, Any]:
    role = obligation["role"].replace("-", " ")
    status = status_for(obligation, option)
    by_option = obligation.get("by_option")
    return obligation | {
        "reference": wording.articles(obligation["reference"]),
        "status": status or "",
        "status_text": _status(status),
        "instrument_text": wording.INSTRUMENTS.get(obligation["instrument"], obligation["instrument"]),
        "role_text": "" if role == "anyone" else f"Duty of the {role}",
        "doubt": _doubt([verified[s] for s in obligation["sources"] if s in verified]),
        "others": [] if by_option is None else _others(ordered(by_option, list(names)), names, option),
    }


def _doubt(states: list[str]) -> str:
    """How far the text of an obligation was verified, where it wasn't wholly, by the state of its sources."""
    if "to_check" not in states:
        return ""
    return "text verified in part" if READ & set(states) else "text not verified"


def _others(by_option: dict[str, str], names: dict[str, str], option: str) -> list[dict[str, str]]:
    """The other options by their status, the worst first; those that don't owe it last."""
    found: dict[str, list[str]] = {}
    for id_ in names:
        if id_ != option:
            found.setdefault(by_option.get(id_, ""), []).append(names[id_])
    return [{"text": _status(s), "names": "; ".join(found[s])} for s in ("gap", "unknown", "met", "") if s in found]


def _status(status: str | None) -> str:
    return word(status, wording.STATUSES) if status else "Does not apply"

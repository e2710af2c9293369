"""Every question as it was asked, with its answers, as the pages show them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from reports import wording
from reports.wording import ordered, word

LONGEST_PLAIN = 4  # digits of a number that is read without its thousands apart
MOST_TOGETHER = 700  # characters of answers that stay on one page; more may be parted between two options


def questions(snapshot: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for questionnaire in snapshot["questionnaires"]:
        for section in questionnaire["sections"]:
            yield from section["questions"]


def questionnaires(snapshot: dict[str, Any], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    titles = {c["id"]: c["title"] for c in snapshot["criteria"]}
    for questionnaire in snapshot["questionnaires"]:
        sections = []
        for section in questionnaire["sections"]:
            questions = []
            for question in section["questions"]:
                answers = ordered(question["answers"], list(names))
                rows = [_answer(key, a, names, question["scope"]) for key, a in answers.items()]
                questions.append(
                    {
                        "id": question["id"],
                        "text": question["text"],
                        "criterion": titles.get(question.get("criterion") or "", ""),
                        "asked": any(r["state"] != "hidden" for r in rows),
                        "answers": rows,
                        "long": sum(len(r["text"]) + len(r["note"]) for r in rows) > MOST_TOGETHER,
                    }
                )
            sections.append(section | {"questions": questions})
        yield questionnaire | {"sections": sections}


def _answer(key: str, answer: dict[str, Any], names: dict[str, str], scope: str) -> dict[str, Any]:
    state = answer["state"]
    given = state == "answered"
    return {
        "owner": "Use case" if scope == "use_case" else names.get(key, key),
        "state": state,
        "given": given,
        "text": _shown(answer) if given else word(state, wording.STATES),
        "basis": word(answer.get("basis"), wording.BASES) if given else "",
        "note": answer.get("note", ""),
        "by": answer.get("answered_by") or "",
        "on": wording.short_day(answer.get("answered_at")),
        "evidence": answer.get("evidence", []),
    }


def _shown(answer: dict[str, Any]) -> str:
    """The answer as it is displayed, the thousands of a large number apart."""
    text: str = answer.get("display", "")
    value = answer.get("value")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) > LONGEST_PLAIN and text.startswith(value):
        return wording.count(value) + text.removeprefix(value)
    return text


def answer_counts(snapshot: dict[str, Any]) -> dict[str, int]:
    """How many answers there are, by what became of them; ``asked`` counts a question once for each option that it is asked of,
    ``left`` what has no answer, or that it is unknown."""
    states = Counter(a["state"] for q in questions(snapshot) for a in q["answers"].values())
    asked = sum(n for state, n in states.items() if state != "hidden")
    bases = Counter(a["basis"] for q in questions(snapshot) for a in q["answers"].values() if a["state"] == "answered")
    return {
        "asked": asked,
        "answered": states["answered"],
        "not_applicable": states["not_applicable"],
        "left": asked - states["answered"] - states["not_applicable"],
        "hidden": states["hidden"],
        "unsupported": bases["unsupported"],
    }


def bases(snapshot: dict[str, Any], option: str) -> dict[str, Any]:
    """On which basis the answers rest, the proposed option's own and all of them, and how many of each have a file; ``claimed`` counts those that
    say that a contract or a certificate bears them."""
    counts: dict[str, Counter[str]] = {basis: Counter() for basis in wording.BASES}
    for question in questions(snapshot):
        for owner, answer in question["answers"].items():
            if answer["state"] != "answered":
                continue
            count = counts.setdefault(answer.get("basis") or "unsupported", Counter())
            keys = ["all", *(["own"] if owner == option else [])]
            count.update(keys + ([f"{key}_filed" for key in keys] if answer.get("evidence") else []))
    claimed = counts["contractual"] + counts["certified"]
    return {
        "rows": [{"basis": word(basis, wording.BASES), **_four(count)} for basis, count in counts.items() if count],
        "total": _four(sum(counts.values(), Counter())),
        "claimed": _four(claimed),
        "own_text": wording.listed(
            [
                f"{n} {'is' if n == 1 else 'are'} {word(basis, wording.BASES).lower()}"
                for basis, count in counts.items()
                if (n := count["own"])
            ]
        ),
    }


def _four(count: Counter[str]) -> dict[str, int]:
    return {key: count[key] for key in ("own", "own_filed", "all", "all_filed")}


def evidence(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Every file once, with the questions that rest on it."""
    files: dict[str, dict[str, Any]] = {}
    for question in questions(snapshot):
        for answer in question["answers"].values():
            for item in answer.get("evidence", []):
                row = files.setdefault(item["sha256"], item | {"questions": [], "size_text": wording.file_size(item["size"])})
                if question["text"] not in row["questions"]:
                    row["questions"].append(question["text"])
    return sorted(files.values(), key=lambda f: (f["name"], f["sha256"]))

"""Every question as it was asked, with its answers, as the pages show them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from compliance.catalogue.model import MONEY
from reports import wording
from reports.unasked import Unasked
from reports.wording import listed, ordered, word

LONGEST_PLAIN = 4  # digits of a number that is read without its thousands apart
MOST_TOGETHER = 700  # characters of answers that stay on one page; more may be parted between two options


def questions(snapshot: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for questionnaire in snapshot["questionnaires"]:
        for section in questionnaire["sections"]:
            yield from section["questions"]


def questionnaires(snapshot: dict[str, Any], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Each with the person and day that stand behind most of its answers (``by`` and ``on``), and in each section the questions that were asked
    of somebody, with their answers, and by reason the titles of those that weren't (``unasked``)."""
    titles = {c["id"]: c["title"] for c in snapshot["criteria"]}
    unasked = Unasked(snapshot)
    currency = snapshot["evaluation"]["currency"]
    for questionnaire in snapshot["questionnaires"]:
        usual, others = _usual(questionnaire)
        sections = []
        for section in questionnaire["sections"]:
            asked: list[dict[str, Any]] = []
            left: dict[str, list[str]] = {}
            for question in section["questions"]:
                answers = ordered(question["answers"], list(names))
                hidden = _hidden(question, answers, names, unasked)
                if all(a["state"] == "hidden" for a in answers.values()):
                    left.setdefault(_why(hidden), []).append(question["text"])
                    continue
                rows = _joined([(key, _answer(question, a, usual, currency)) for key, a in answers.items() if a["state"] != "hidden"])
                asked.append(
                    {
                        "id": question["id"],
                        "text": question["text"],
                        "criterion": titles.get(question.get("criterion") or "", ""),
                        "hidden": [f"not asked of {listed(whom)}{_since(reason)}" for whom, reason in hidden],
                        "left": _not_chosen(question),
                        "answers": [row | {"owner": _owner(question, keys, names)} for keys, row in rows],
                        "long": sum(len(row["text"]) + len(row["note"]) for _, row in rows) > MOST_TOGETHER,
                    }
                )
            unasked_groups = [{"why": why, "titles": texts} for why, texts in left.items()]
            sections.append({"id": section["id"], "title": section["title"], "questions": asked, "unasked": unasked_groups})
        yield {
            **questionnaire,
            "sections": sections,
            "asked": any(s["questions"] for s in sections),
            "by": usual[0],
            "on": wording.day(usual[1]),
            "others": others,
        }


def _usual(questionnaire: dict[str, Any]) -> tuple[tuple[str, str], bool]:
    """Who gave most of the answers, on which day, and whether somebody else gave one or another day; the first of several that gave as many."""
    found = Counter(
        _given(a) for s in questionnaire["sections"] for q in s["questions"] for a in q["answers"].values() if a["state"] != "hidden"
    )
    found.pop(("", ""), None)
    return (found.most_common(1)[0][0] if found else ("", "")), len(found) > 1


def _given(answer: dict[str, Any]) -> tuple[str, str]:
    return answer.get("answered_by") or "", (answer.get("answered_at") or "")[:10]


def _hidden(
    question: dict[str, Any], answers: dict[str, dict[str, Any]], names: dict[str, str], unasked: Unasked
) -> list[tuple[list[str], str]]:
    """The names of those whom the question wasn't asked of, and why."""
    found: dict[str, list[str]] = {}
    for key, answer in answers.items():
        if answer["state"] == "hidden":
            found.setdefault(unasked.reason(question, key), []).append(key)
    return [([names.get(key, key) for key in keys], unasked.reason(question, keys[0], len(keys) > 1)) for keys in found.values()]


def _since(reason: str) -> str:
    return f", since {reason}" if reason else ""


def _why(hidden: list[tuple[list[str], str]]) -> str:
    """What follows "Not asked" where a question was asked of nobody."""
    if len(hidden) == 1:
        reason = hidden[0][1]
        return (" of any option" if reason.startswith(("they ", "their ")) else "") + _since(reason)
    return ";".join(f" of {listed(whom)}{_since(reason)}" for whom, reason in hidden)


def _joined(rows: list[tuple[str, dict[str, Any]]]) -> list[tuple[list[str], dict[str, Any]]]:
    """Options that have the same answer to the last letter share a row."""
    found: list[tuple[list[str], dict[str, Any]]] = []
    for key, row in rows:
        for keys, other in found:
            if row == other:
                keys.append(key)
                break
        else:
            found.append(([key], row))
    return found


def _owner(question: dict[str, Any], keys: list[str], names: dict[str, str]) -> str:
    if question["scope"] == "use_case":
        return "Use case"
    return "Every option" if len(keys) == len(names) > 1 else "; ".join(names.get(key, key) for key in keys)


def _not_chosen(question: dict[str, Any]) -> str:
    """Of a question that takes several choices those that no answer has, so that "None of these" says of which; "" where the answers differ, each of
    which then says its own."""
    chosen = [set(a["value"]) for a in question["answers"].values() if _takes_several(question, a)]
    return _left(question, chosen[0]) if chosen and all(value == chosen[0] for value in chosen) else ""


def _takes_several(question: dict[str, Any], answer: dict[str, Any]) -> bool:
    return question["type"] == "choices" and answer["state"] == "answered" and isinstance(answer.get("value"), list)


def _left(question: dict[str, Any], chosen: Collection[str]) -> str:
    left = [c["text"] for c in question.get("choices", []) if c["id"] not in chosen]
    return f"Not chosen: {'; '.join(left)}" if left else ""


def _answer(question: dict[str, Any], answer: dict[str, Any], usual: tuple[str, str], currency: str) -> dict[str, Any]:
    state = answer["state"]
    given = state == "answered"
    by, on = _given(answer)
    told = [by if by != usual[0] else "", wording.short_day(on) if on and (by, on) != usual else ""]
    return {
        "state": state,
        "given": given,
        "text": _shown(question, answer, currency) if given else word(state, wording.STATES),
        "basis": word(answer.get("basis"), wording.BASES) if given else "",
        "note": answer.get("note", ""),
        "by": ", ".join(part for part in told if part),
        "evidence": answer.get("evidence", []),
        "left": _left(question, answer["value"]) if _takes_several(question, answer) and not _not_chosen(question) else "",
    }


def _shown(question: dict[str, Any], answer: dict[str, Any], currency: str) -> str:
    """The answer as it is displayed, the thousands of a large number apart, and an amount of money behind its currency."""
    text: str = answer.get("display", "")
    value = answer.get("value")
    if not isinstance(value, str) or wording.number(value) is None:
        return text
    if question.get("unit") in MONEY:
        return f"{currency} {wording.count(value)}"
    if value.isascii() and value.isdecimal() and len(value) > LONGEST_PLAIN and text.startswith(value):
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

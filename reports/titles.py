"""What stands in a record by its id, by the title that the record has for it: in the trace of the evaluation and in the sentences of the trail. Pure.

The records keep ids, since a title may be another one in a later release; whoever reads the printed page has the titles alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from compliance.catalogue.model import variable_of
from reports import wording
from reports.conditions import in_words
from reports.questions import questions
from reports.wording import word

Node = dict[str, Any]
LONGEST = 160  # characters of a title within a sentence
_CHOICES = "value of the choice: "
_CHOICE = re.compile(r"(?<![\w.-])([a-z0-9][\w.-]*)(?= = [0-9])")
_SOURCING = re.compile(r"(?<=sourcing )([a-z_]+)")
_PLACE = re.compile(r"\boptions\.([a-z0-9-]+)((?:\.[a-z_]+)+)")
_KEY = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
_CATEGORY = re.compile(r"\.by_category\.([a-z_]+)")
_STATED = re.compile(r"stated weight \((.+)\)")
_FROM = re.compile(r"(?<=, from )(.+)$")
# The actions whose sentence names something of the catalogue or an option by its id, with what stands before and after it there.
_IN_TRAIL = {
    "option.proposed": r"(?<=the option )\S+(?= of )", "option.changed": r"(?<=the option )\S+(?= of )",
    "option.added": r"(?<=the option )\S+(?= to )", "option.removed": r"(?<=the option )\S+(?= from )",
    "response.saved": r"(?<= answered )\S+(?= of )", "figure.saved": r"(?<= entered )\S+(?= of )",
    "organisation.answered": r"(?<= answered )\S+(?= for )", "evidence.attached": r"(?<= evidence to )\S+(?= of )",
    "evidence.removed": r"(?<= evidence from )\S+(?= of )", "comment.written": r"(?<= commented on )\S+(?= of )",
    "comment.asked": r"(?<= about )\S+(?= of )", "comment.deleted": r"(?<=their comment on )\S+(?= of )",
    "comment.resolved": r"(?<=the comments on )\S+(?= of )", "comment.reopened": r"(?<=the comments on )\S+(?= of )",
    "finding.treated": r"(?<=the treatment of )\S+(?= of )|(?<= of )\S+(?= in )",
    "finding.untreated": r"(?<=the treatment of )\S+(?= of )|(?<= of )\S+(?= in )",
    "answers.copied": r"(?<=of the option )\S+(?= to )|(?<= to )\S+(?= in )",
    "section.assigned": r"(?<= to answer )\S+(?:, \S+)*(?= of )", "section.unassigned": r"(?<= to answer )\S+(?:, \S+)*(?= of )",
    "section.assignment_changed": r"(?<= is asked for in )\S+(?:, \S+)*(?= of )", "section.reassigned": r"(?<= passed )\S+(?:, \S+)*(?= of )",
    "section.done": r"(?<= is through with )\S+(?:, \S+)*(?= of )", "section.not_done": r"(?<=t through with )\S+(?:, \S+)*(?= of )",
    "acceptance.expired": r"(?<=The acceptance of )\S+(?= in )",
}  # fmt: skip


class Titles:
    """Those of one snapshot."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        asked = list(questions(dict(snapshot)))
        self.questions = {q["id"]: q["text"] for q in asked}
        self.choices = {q["id"]: {c["id"]: c["text"] for c in q.get("choices") or []} for q in asked}
        self.by_variable = {variable_of(q["id"]): q for q in asked}
        self.options = {o["id"]: o["name"] for o in snapshot["options"]}
        self.criteria = {c["id"]: c["title"] for c in snapshot["criteria"]}
        self.losses = {loss["id"]: loss["title"] for loss in snapshot.get("losses") or [] if "id" in loss and "title" in loss}
        self.findings = {f["id"]: f["title"] for f in snapshot.get("findings") or [] if "id" in f and "title" in f}
        self.fields = {(c["id"], f["key"]): f["text"] for c in snapshot["cost_categories"] for f in c["fields"]}
        self.figures = {f"{c['id']}.{f['key']}": f"{c['title']}: {f['text']}" for c in snapshot["cost_categories"] for f in c["fields"]}
        self.parts = {f"{q['id']}/{s['id']}": f"{q['title']}: {s['title']}" for q in snapshot["questionnaires"] for s in q["sections"]}
        self.parts |= {"figures/demand": "Demand"} | {f"figures/{c['id']}": c["title"] for c in snapshot["cost_categories"]}
        use_case = snapshot["use_case"]
        self.archetypes = {use_case.get("archetype"): use_case.get("archetype_title") or use_case.get("archetype")}
        self.flips = snapshot["evaluation"].get("flips") or []

    def of_trace(self, node: Node, category: str = "") -> Node:
        """The node and all below it with titles. ``category``: of the cost that the node is a part of."""
        found = _CATEGORY.search(node.get("key", ""))
        category = found[1] if found else category
        parts = [self.of_trace(part, category) for part in node["inputs"]]
        if node.get("key", "").endswith(".blockers"):  # what makes each of them one is a condition of the catalogue
            parts = [self._blocker(named, part) for named, part in zip(parts, node["inputs"], strict=True)]
        named = node | {"inputs": parts}
        if "name" not in node:
            return named  # the trace's own top has nothing but inputs
        formula = _SOURCING.sub(
            lambda m: word(m[1], wording.SOURCINGS), node["formula"].replace("in options of the sourcing ", "for the sourcing ")
        )
        named["formula"] = _KEY.sub(_spaced, _PLACE.sub(self._place, formula))
        self._name(named, category)
        question = node.get("question", "")
        if question in self.questions:
            self._answer(named, question)
        elif question.removeprefix("loss.") in self.losses:
            named["question"] = f"“{self.losses[question.removeprefix('loss.')]}”"
        kind, _, number = node.get("key", "").partition(".")
        if kind == "flips" and number.isdecimal() and int(number) < len(self.flips):
            choices = self.choices.get(self.flips[int(number)].get("question") or "", {})
            named["value"] = _answer_text(node["value"], choices)
            named["formula"] = _FROM.sub(lambda m: _quoted(_answer_text(m[1], choices), m[1]), named["formula"])
        return named

    def _blocker(self, named: Node, node: Node) -> Node:
        """With its condition in words, the formula beside it as ``condition``, and the texts of the answers that it reads."""
        said = in_words(node["formula"], self.by_variable)
        read = zip(named["inputs"], node["inputs"], strict=True)
        inputs = [part | {"value": _answer_text(part["value"], self.choices.get(was.get("question", ""), {}))} for part, was in read]
        named = named | {"inputs": inputs, "formula": said or node["formula"], "condition": node["formula"] if said else ""}
        return named | {"question": ""} if named.get("question", "") in said else named

    def _place(self, match: re.Match[str]) -> str:
        """``options.own-cluster.costs.monthly`` as ``Own cluster, costs, monthly``."""
        return f"{self.options.get(match[1], match[1])}{match[2].replace('.', ', ')}"

    def _name(self, named: Node, category: str) -> None:
        name = named["name"]
        if name in self.questions:
            named |= {"name": self.questions[name], "value": _answer_text(named["value"], self.choices[name])}
        elif stated := _STATED.fullmatch(name):
            named["name"] = f"stated weight ({self.archetypes.get(stated[1], stated[1])})"
        else:
            title = self.criteria.get(name) or self.figures.get(name) or self.fields.get((category, name))
            named["name"] = title or _KEY.sub(_spaced, name)

    def _answer(self, named: Node, question: str) -> None:
        """An answer's own row: its question is its name, and the choice stands in its formula."""
        choices = self.choices[question]
        before, chosen, after = named["formula"].partition(_CHOICES)
        named["formula"] = before + chosen + _CHOICE.sub(lambda m: f"“{choices[m[1]]}”" if m[1] in choices else m[1], after)
        named["inputs"] = [
            part | {"name": "answer", "value": _answer_text(part["value"], choices)} if part["name"] == "response" else part
            for part in named["inputs"]
            if not (chosen and part["name"] == "response" and all(one in choices for one in part["value"].split(", ")))
        ]
        named["question"] = "" if named["name"] == self.questions[question] else f"“{self.questions[question]}”"

    def of_sentence(self, action: str, sentence: str) -> str:
        """A sentence of the trail with the title of what it names by an id; as it is where the snapshot has none."""
        pattern = _IN_TRAIL.get(action)
        count = pattern.count("|") + 1 if pattern else 0
        return re.sub(pattern, lambda m: ", ".join(map(self._titled, m[0].split(", "))), sentence, count=count) if pattern else sentence

    def _titled(self, id_: str) -> str:
        title = next((kind[id_] for kind in (self.options, self.questions, self.figures, self.findings, self.parts) if kind.get(id_)), "")
        return f"“{wording.shortened(title, LONGEST)}”" if title else id_


def _answer_text(value: str, choices: Mapping[str, str]) -> str:
    """A choice's text, or those of several; any other answer as it is."""
    parts = value.split(", ")
    return "; ".join(choices[part] for part in parts) if all(part in choices for part in parts) else value


def _quoted(text: str, id_: str) -> str:
    return text if text == id_ else f"“{text}”"


def _spaced(match: re.Match[str]) -> str:
    return match[0].replace("_", " ")

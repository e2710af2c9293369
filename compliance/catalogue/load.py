"""Reads the catalogue: its YAML from a folder, or a compiled release from one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from compliance.catalogue.model import Release
from compliance.catalogue.yamltree import Node, YamlProblems, parse

LISTS = (
    "sources", "criteria", "archetypes", "profiles", "rules", "class_headings", "class_rules", "obligations", "proposals", "cost_categories",
    "providers", "models", "published", "prices", "benchmarks", "scenarios", "losses",
)  # fmt: skip
SINGLES = ("catalogue", "exchange", "recommendation", "staleness", "arithmetic", "robustness", "questionnaire", "section")

_RELEASE = TypeAdapter(Release)


@dataclass(frozen=True)
class ContentProblem:
    """What is wrong in the catalogue, and where: ``file`` is relative to the content folder, ``line`` counts from 1."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class ContentError(ValueError):
    """Everything that stops a catalogue from loading."""

    def __init__(self, problems: list[ContentProblem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line))
        super().__init__("\n".join(str(p) for p in self.problems))


class Content:
    """The raw catalogue: plain data in the shape of a Release, and where each part of it stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data: dict[str, Any] = {}
        self.problems: list[ContentProblem] = []
        self._places: dict[tuple[str | int, ...], tuple[str, Node]] = {}
        self._read()

    def place(self, path: tuple[str | int, ...]) -> tuple[str, int]:
        """File and line of the deepest part that stands on ``path``, which is as in the Release: ('rules', 3, 'when')."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._places:
                file, node = self._places[path[:length]]
                return file, node.find(path[length:]).line
        return "catalogue.yaml", 1

    def problem(self, path: tuple[str | int, ...], message: str) -> ContentProblem:
        file, line = self.place(path)
        return ContentProblem(file, line, ".".join(str(step) for step in path), message)

    def _read(self) -> None:
        files = sorted(p for p in self.folder.rglob("*.yaml"))
        if not files:
            self.problems.append(ContentProblem(str(self.folder), 1, "", "no YAML file here; name the folder that holds catalogue.yaml"))
        questionnaires: dict[str, dict[str, Any]] = {}
        for path in files:
            name = path.relative_to(self.folder).as_posix()
            try:
                root = parse(path.read_text("utf-8"))
            except YamlProblems as error:
                self.problems += [ContentProblem(name, p.line, p.key, p.message) for p in error.problems]
                continue
            except UnicodeDecodeError as error:
                self.problems.append(ContentProblem(name, 1, "", f"not UTF-8 text ({error.reason} at byte {error.start})"))
                continue
            if root.kind != "map":
                self.problems.append(
                    ContentProblem(name, root.line, "", "a catalogue file is a map with keys such as 'rules' or 'section'")
                )
                continue
            for key, (key_node, value) in root.entries.items():
                self._take(name, key, key_node, value, questionnaires.setdefault(path.parent.as_posix(), {}))
        self._assemble(questionnaires)

    def _take(self, file: str, key: str, key_node: Node, value: Node, group: dict[str, Any]) -> None:
        if key in LISTS:
            if value.kind != "list":
                self.problems.append(ContentProblem(file, value.line, key, "must be a list"))
                return
            target = self.data.setdefault(key, [])
            for item in value.items:
                self._places[(key, len(target))] = (file, item)
                target.append(item.plain())
        elif key in ("exchange", "recommendation", "staleness", "arithmetic", "robustness", "catalogue"):
            if key in self.data:
                self.problems.append(ContentProblem(file, key_node.line, key, "stands in two files; keep one"))
            self.data[key] = value.plain()
            self._places[(key,)] = (file, value)
        elif key == "questionnaire":
            group["head"] = (file, value)
        elif key == "section":
            group.setdefault("sections", []).append((file, value))
        else:
            known = ", ".join((*LISTS, *SINGLES))
            self.problems.append(ContentProblem(file, key_node.line, key, f"unknown key; known are {known}"))

    def _assemble(self, groups: dict[str, dict[str, Any]]) -> None:
        questionnaires: list[Any] = []
        for folder in sorted(groups):
            group = groups[folder]
            if not group:
                continue
            if "head" not in group:
                file, node = group["sections"][0]
                self.problems.append(ContentProblem(file, node.line, "section", "its folder has no questionnaire.yaml"))
                continue
            index = len(questionnaires)
            file, node = group["head"]
            self._places[("questionnaires", index)] = (file, node)
            head = node.plain()
            sections = []
            for position, (section_file, section) in enumerate(group.get("sections", [])):
                self._places[("questionnaires", index, "sections", position)] = (section_file, section)
                sections.append(section.plain())
            questionnaires.append({**head, "sections": sections} if isinstance(head, dict) else head)
        self.data["questionnaires"] = questionnaires

    def release(self) -> Release:
        """The content as a Release; raises ContentError with every problem of syntax and schema."""
        head = self.data.pop("catalogue", None)
        if not isinstance(head, dict):
            self.problems.append(ContentProblem("catalogue.yaml", 1, "catalogue", "missing: give key, version, title and published_on"))
            raise ContentError(self.problems)
        data = {"format": "countersign/catalogue@1", **head, **self.data}
        for field in head:
            self._places[(field,)] = (self._places[("catalogue",)][0], self._places[("catalogue",)][1].find((field,)))
        try:
            release = _RELEASE.validate_python(data)
        except ValidationError as error:
            for item in error.errors():
                path = tuple(item["loc"])
                self.problems.append(self.problem(path, _message(item["type"], item["msg"], item.get("input"))))
            raise ContentError(self.problems) from None
        if self.problems:
            raise ContentError(self.problems)
        return release


def _message(kind: str, message: str, value: object) -> str:
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return "unknown key; take it out or correct its spelling"
    if kind in ("missing", "missing_argument"):
        return "missing"
    shown = "" if isinstance(value, dict | list) else f" (it is {value!r})"
    return message[0].lower() + message[1:] + shown


def load_content(folder: Path) -> tuple[Release, Content]:
    """Read, type and return the YAML under ``folder``; references are checked apart, by ``check``."""
    content = Content(folder)
    return content.release(), content


def load_release(path: Path) -> Release:
    """A compiled release from its canonical JSON; raises ValueError where the file isn't one."""
    return release_from_json(path.read_bytes())


def release_from_json(data: bytes) -> Release:
    """The Release that canonical JSON describes; raises ValueError (pydantic's ValidationError is one)."""
    return _RELEASE.validate_python(json.loads(data))

"""Reads the responses of an assessment file: the question says what type an answer has, not YAML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from assessments.scoring.facts import BASES, Basis, Evidence, Response, State, Value
from assessments.scoring.reading import Bounds, Reader, joined, known_ids, suggestion
from compliance.catalogue.index import Index
from compliance.catalogue.model import Question
from compliance.catalogue.yamltree import Node

UNKNOWN, NOT_APPLICABLE = "unknown", "not-applicable"
SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
LIMIT = Decimal(10) ** 15


def read_responses(reader: Reader, node: Node | None, key: str, known: Index, scope: str) -> Mapping[str, Response]:
    """Responses by question id; only questions of ``scope`` are allowed. An empty value is no response."""
    found = {}
    here = {id_: q for id_, q in known.questions.items() if q.scope == scope}
    for id_, (name, value) in reader.raw_entries(node, key).items():
        path = joined(key, id_)
        if id_ in known.questions and id_ not in here:
            right = "use_case.responses" if scope == "option" else "the responses of each option"
            reader.note(name, path, f"this question is not asked here; put it under {right}")
        elif id_ not in here:
            reader.note(name, path, f"no question {id_!r}; {suggestion(id_, here)}")
        elif value.kind != "null" and (response := _response(reader, value, path, here[id_])):
            found[id_] = response
    return found


def _response(reader: Reader, node: Node, key: str, question: Question) -> Response | None:
    if node.kind != "map":
        state, value = _value(reader, node, key, question)
        return Response(value, state) if state else None
    parts = reader.entries(node, key, ("value", "basis", "note", "evidence"))
    basis = reader.one_of(parts.get("basis"), joined(key, "basis"), BASES, "basis") or BASES[0]
    note = reader.text(parts.get("note"), joined(key, "note"))
    evidence = _evidence(reader, parts.get("evidence"), joined(key, "evidence"))
    state, value = _value(reader, parts["value"], joined(key, "value"), question) if "value" in parts else ("unknown", None)
    return Response(value, state, cast(Basis, basis), note, evidence) if state else None


def _value(reader: Reader, node: Node, key: str, question: Question) -> tuple[State | None, Value]:
    """State and value; no state after an error."""
    if node.kind == "scalar" and node.text == UNKNOWN:
        return "unknown", None
    if node.kind == "scalar" and node.text == NOT_APPLICABLE:
        if question.not_applicable:
            return "not_applicable", None
        reader.note(node, key, "this question always applies; answer it, or write unknown")
        return None, None
    value: Value
    if question.type == "choice":
        value = _choice(reader, node, key, question)
    elif question.type == "choices":
        value = _choices(reader, node, key, question)
    elif question.type == "number":
        value = reader.number(node, key, bounds_of(question))
    elif question.type == "date":
        value = reader.date(node, key)
    else:
        value = reader.text(node, key) or None
        if value is None and node.kind == "scalar":
            reader.note(node, key, "an empty text is no answer; leave it out, or write unknown")
    return ("answered", value) if value is not None else (None, None)


def bounds_of(question: Question) -> Bounds:
    """What an answer in numbers may be."""
    least = question.minimum if question.minimum is not None else -LIMIT
    return Bounds(least, question.maximum if question.maximum is not None else LIMIT)


def _choice(reader: Reader, node: Node, key: str, question: Question) -> str | None:
    ids = [c.id for c in question.choices]
    if node.kind != "scalar":
        reader.note(node, key, f"takes one choice, not several: {known_ids(ids)}, or unknown")
        return None
    return reader.one_of(node, key, ids, "choice")


def _choices(reader: Reader, node: Node, key: str, question: Question) -> tuple[str, ...] | None:
    ids = [c.id for c in question.choices]
    if node.kind != "list":
        shown = node.text if node.kind == "scalar" and node.text in ids else ids[0]
        reader.note(node, key, f"takes several choices: write a list such as [{shown}], [] where none applies, or unknown")
        return None
    chosen = set()
    fine = True
    for position, item in enumerate(node.items):
        place = f"{key}[{position}]"
        choice = reader.one_of(item, place, ids, "choice")
        if choice is None and item.kind == "null":
            reader.note(item, place, "an empty item; take it out")
        elif choice in chosen:
            reader.note(item, place, f"{choice} stands twice; keep one")
        if choice is None or choice in chosen:
            fine = False
        else:
            chosen.add(choice)
    return tuple(id_ for id_ in ids if id_ in chosen) if fine else None


def _evidence(reader: Reader, node: Node | None, key: str) -> tuple[Evidence, ...]:
    if node is None:
        return ()
    if node.kind != "list":
        reader.note(node, key, "must be a list of {file, sha256}")
        return ()
    found = []
    for position, item in enumerate(node.items):
        place = f"{key}[{position}]"
        parts = reader.entries(item, place, ("file", "sha256"))
        file = reader.text(parts.get("file"), joined(place, "file"))
        if not file:
            reader.note(item, joined(place, "file"), "missing: give the path of the file, relative to this one's folder")
            continue
        if problem := path_problem(file):
            reader.note(parts["file"], joined(place, "file"), problem)
        digest = reader.text(parts.get("sha256"), joined(place, "sha256"))
        matched = SHA256.fullmatch(digest)
        if digest and not matched:
            reader.note(parts["sha256"], joined(place, "sha256"), "must be the SHA-256 of the file as 64 digits of 0-9a-f")
        found.append(Evidence(file, matched.group(1) if matched else ""))
    return tuple(found)


def path_problem(path: str) -> str:
    """Why a path may lead out of the file's folder, or "". Both kinds of slash count, on every system."""
    flat = posixpath.normpath(path.replace("\\", "/"))
    if flat.startswith("/") or re.match(r"[A-Za-z]:", flat) or flat == ".." or flat.startswith("../"):
        return f"{path!r} lies outside the folder of this file; name a file in or below it"
    if "\0" in path:
        return "a path can't hold a null character"
    return ""

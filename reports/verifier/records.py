"""The two embedded records: that they are there, canonical, and say the same as each other and as the document around them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pikepdf

from audit.canonical import NotCanonical, canonical_bytes, sha256_hex
from reports.verifier.checks import Check
from reports.verifier.figures import check_figures
from reports.verifier.log import FORMAT, check_log
from reports.verifier.signatures import check_signatures

SNAPSHOT, DECISION = "snapshot.json", "decision-record.json"
EVALUATION, PROOF = "evaluation.json", "log-proof.json"
FORMATS = {SNAPSHOT: ("countersign/snapshot@1",), DECISION: ("countersign/decision@1", "countersign/decision@2")}
LABELS = {SNAPSHOT: "snapshot", DECISION: "decision record"}
_UNREADABLE = (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError, IndexError)


def check_records(pdf: pikepdf.Pdf) -> tuple[list[Check], dict[str, Any] | None, dict[str, Any] | None]:
    """The checks, then the snapshot and the decision record as data, each None where it can't be read."""
    checks: list[Check] = []
    data: dict[str, dict[str, Any] | None] = {DECISION: None}
    digests: dict[str, str] = {}
    draft = _is_draft(pdf)
    if draft:
        checks.append(Check("draft", True, "This is a draft, which nobody has signed: it decides nothing."))
    for name in (SNAPSHOT,) if draft else (SNAPSHOT, DECISION):
        content, description, problem = _attachment(pdf, name)
        if content is None:
            checks.append(Check(name, False, problem))
            data[name] = None
            continue
        digests[name] = sha256_hex(content)
        found, data[name] = _check_content(name, content, problem)
        checks += found
        checks.append(_check_stated(f"description of {name}", f"The description of {name}", description, digests[name]))
    checks.append(_check_others(pdf))
    checks += _check_metadata(pdf, digests)
    snapshot, decision = data[SNAPSHOT], data[DECISION]
    try:
        if decision is not None and SNAPSHOT in digests:
            checks += check_binding(decision, digests[SNAPSHOT])
        if decision is not None and snapshot is not None:
            checks.append(_check_agreement(snapshot, decision))
        if decision is not None:
            checks += check_signatures(decision)
    except _UNREADABLE as error:
        checks.append(Check("decision", False, f"The decision record isn't built as its format says ({error!r})."))
    if snapshot is not None:
        checks.append(_check_evaluation(pdf, snapshot))
        checks.append(check_figures(snapshot))
    if decision is not None:
        checks += _check_proof(pdf, decision, digests[DECISION])
    return checks, snapshot, decision


def _is_draft(pdf: pikepdf.Pdf) -> bool:
    """Whether it says that it is one, and has no decision in it."""
    try:
        return "kind draft" in str(pdf.docinfo.get("/Keywords", "")) and DECISION not in [name for name, _ in _embedded(pdf)]
    except _UNREADABLE:
        return False


def _check_evaluation(pdf: pikepdf.Pdf, snapshot: dict[str, Any]) -> Check:
    content, _, problem = _attachment(pdf, EVALUATION)
    if content is None:
        return Check(EVALUATION, None, f"{problem} Reports made before it was embedded have it in snapshot.json alone.")
    try:
        same = not problem and content == canonical_bytes(snapshot["evaluation"])
    except (KeyError, NotCanonical):
        same = False
    if not same:
        return Check(EVALUATION, False, f"{EVALUATION} isn't the evaluation that the snapshot holds.")
    return Check(EVALUATION, True, f"{EVALUATION} is the evaluation that the snapshot holds.")


def _check_proof(pdf: pikepdf.Pdf, decision: dict[str, Any], digest: str) -> list[Check]:
    content, _, problem = _attachment(pdf, PROOF)
    if content is None:
        return [Check(PROOF, None, f"{problem} Reports made before it was embedded have the log's root in the decision record alone.")]
    try:
        proof = json.loads(content)
        if problem or proof["format"] != FORMAT or canonical_bytes(proof) != content:
            return [Check(PROOF, False, problem or f"{PROOF} isn't in the format {FORMAT}, or not in its canonical form.")]
        return check_log(proof, decision, digest)
    except (*_UNREADABLE, NotCanonical, RecursionError) as error:
        return [Check(PROOF, False, f"{PROOF} isn't built as its format says ({error!r}).")]


def _attachment(pdf: pikepdf.Pdf, name: str) -> tuple[bytes | None, str, str]:
    """Bytes, description and what is wrong with the attachment."""
    try:
        specs = [spec for key, spec in _embedded(pdf) if key == name]
        if len(specs) != 1:
            return None, "", f"{name} must be embedded once; it is {'not there' if not specs else 'there several times'}."
        spec = specs[0]
        stream = spec.EF.F
        content = bytes(stream.read_bytes())
        parameters = stream.get("/Params", pikepdf.Dictionary())
        stated = bytes(parameters.get("/CheckSum", b""))
        problem = ""
        if int(parameters.get("/Size", -1)) != len(content) or stated != hashlib.md5(content, usedforsecurity=False).digest():
            problem = f"{name} isn't the file that was embedded: its size or checksum differ from those stated beside it."
        return content, str(spec.get("/Desc", "")), problem
    except _UNREADABLE as error:
        return None, "", f"{name} can't be read from the PDF: its stream was damaged ({' '.join(str(error).split())[:120]})."


def _embedded(pdf: pikepdf.Pdf) -> list[tuple[str, Any]]:
    names = pdf.Root.Names.EmbeddedFiles.Names
    return [(str(names[i]), names[i + 1]) for i in range(0, len(names), 2)]


def _check_content(name: str, content: bytes, problem: str) -> tuple[list[Check], dict[str, Any] | None]:
    if problem:
        return [Check(name, False, problem)], _data(content)
    try:
        data = json.loads(content)
        canonical = canonical_bytes(data)
    except (ValueError, RecursionError, NotCanonical) as error:
        return [Check(name, False, f"{name} is no canonical JSON: {error}")], None
    if canonical != content:
        return [Check(name, False, f"{name} isn't in the canonical form (RFC 8785) that records have; its bytes were changed.")], _data(
            content
        )
    if not isinstance(data, dict) or data.get("format") not in FORMATS[name]:
        stated = data.get("format") if isinstance(data, dict) else None
        return [Check(name, False, f"{name} is in the format {stated!r}; this release reads {' and '.join(FORMATS[name])}.")], None
    return [Check(name, True, f"{name} is embedded, in canonical form, {sha256_hex(content)}.")], data


def _data(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _check_stated(check: str, what: str, text: str, digest: str) -> Check:
    if digest in text:
        return Check(check, True, f"{what} states that digest.")
    return Check(check, False, f"{what} states another digest than the embedded file has: the file has {digest}.")


def _check_others(pdf: pikepdf.Pdf) -> Check:
    """Nothing else may be embedded, and the associated files are those that the readers list."""
    try:
        embedded = _embedded(pdf)
        associated = [spec.objgen for spec in pdf.Root.get("/AF", [])]
        strange = [key for key, _ in embedded if key not in (*FORMATS, EVALUATION, PROOF)]
        if strange:
            return Check("attachments", False, f"There are files embedded that don't belong here: {', '.join(strange)[:200]}.")
        if sorted(associated) != sorted(spec.objgen for _, spec in embedded):
            return Check("attachments", False, "The files associated with the document aren't those that are embedded in it.")
    except _UNREADABLE:
        return Check("attachments", False, "The list of embedded files can't be read: it was damaged or is missing.")
    names = ", ".join(sorted(key for key, _ in embedded))
    return Check("attachments", True, f"{len(embedded)} files are embedded ({names}), and no other.")


def _check_metadata(pdf: pikepdf.Pdf, digests: dict[str, str]) -> list[Check]:
    """The document information and the XMP metadata name both digests."""
    try:
        places = {
            "document information": str(pdf.docinfo.get("/Keywords", "")),
            "XMP metadata": pdf.Root.Metadata.read_bytes().decode("utf-8", "replace"),
        }
    except _UNREADABLE:
        return [Check("metadata", False, "The document's metadata can't be read: they were damaged or are missing.")]
    checks = []
    for place, text in places.items():
        wrong = [name for name, digest in digests.items() if f"{LABELS[name]} {digest}" not in text]
        if wrong:
            checks.append(Check(place, False, f"The {place} states another digest than {' and '.join(wrong)} {_have(wrong)}."))
        elif digests:
            checks.append(Check(place, True, f"The {place} states the same digests."))
    return checks


def _have(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def check_binding(decision: dict[str, Any], digest: str) -> list[Check]:
    """The decision record and each verdict in it name the snapshot by its digest."""
    checks = []
    stated = decision["snapshot"]["digest"]
    if stated == digest:
        checks.append(Check("decision", True, "The decision record names this snapshot by its digest."))
    else:
        checks.append(
            Check("decision", False, f"The decision record is about another snapshot: it names {stated}, the embedded one has {digest}.")
        )
    if not decision["verdicts"]:
        checks.append(Check("verdicts", False, "The decision record holds no verdict."))
    for verdict in decision["verdicts"]:
        person, bound = verdict["person"]["name"], verdict["snapshot_digest"]
        said = verdict["verdict"].replace("_", " ")
        if bound == digest:
            checks.append(
                Check(
                    f"verdict of {person}",
                    True,
                    f"The verdict of {person} ({said}) is bound to this snapshot.",
                )
            )
        else:
            message = f"The verdict of {person} is bound to another snapshot: it names {bound}, the embedded one has {digest}."
            checks.append(Check(f"verdict of {person}", False, message))
    return checks


def _check_agreement(snapshot: dict[str, Any], decision: dict[str, Any]) -> Check:
    """What both records state is the same, the outcome follows from the verdicts, and the trail lies within the log."""
    wrong = [key for key in ("organisation", "assessment") if snapshot[key] != decision[key]]
    if snapshot["number"] != decision["snapshot"]["number"]:
        wrong.append("snapshot number")
    if snapshot["proposal"]["option"] != decision["decision"]["option"]:
        wrong.append("proposed option")
    if wrong:
        return Check("agreement", False, f"Snapshot and decision record don't agree on: {', '.join(wrong)}.")
    last = {"approved": ("approve", "approve_with_conditions"), "rejected": ("reject",)}.get(decision["decision"]["outcome"], ())
    if not decision["verdicts"] or decision["verdicts"][-1]["verdict"] not in last:
        return Check("agreement", False, f"The outcome {decision['decision']['outcome']!r} doesn't follow from the last verdict.")
    if decision["decision"]["outcome"] == "approved" and (
        short := [s["title"] for s in decision.get("stages", []) if s["given"] < s["needed"]]
    ):
        return Check("agreement", False, f"The record was approved although the stages {', '.join(short)} lack signatures.")
    indices = [entry["index"] for entry in decision["trail"]]
    if indices != sorted(set(indices)) or (indices and indices[-1] >= decision["log"]["size"]):
        return Check("agreement", False, "The entries of the trail aren't in order, or lie beyond the log's size.")
    return Check("agreement", True, "Snapshot and decision record agree with each other.")

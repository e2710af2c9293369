"""The verifier: a true report holds, and whatever is changed in it is found and named."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from types import SimpleNamespace

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.seal import signer_for
from audit.canonical import canonical_bytes
from reports import seal as sealing
from reports.document import Records
from reports.verifier import verify_pdf
from reports.verifier.figures import assessment_text, first_difference
from tests.reports.sample import digest_of, sample_decision, sample_records, sample_snapshot
from tests.reports.test_printing import unsigned

BANK = SimpleNamespace(uuid=uuid.UUID(int=1), name="North Bank AG")
FORGER = SimpleNamespace(uuid=uuid.UUID(int=2), name="North Bank AG")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The unsigned and the sealed file of the sample."""
    from django.test import override_settings

    snapshot, decision = sample_records()
    plain = unsigned(Records(snapshot, digest_of(snapshot), decision, digest_of(decision)))
    with override_settings(VAR_DIR=tmp_path_factory.mktemp("var")):
        return plain, sealing.seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]


def names_of_failures(data: bytes) -> set[str]:
    return {check.name for check in verify_pdf(data).failures}


def resealed(plain: bytes, change: Callable[[pikepdf.Pdf], None], organisation: SimpleNamespace = BANK) -> bytes:
    """The file with a change made to its objects, written anew and sealed again: its structure is sound."""
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return sealing.seal(out.getvalue(), signer_for(organisation), reason="test")  # type: ignore[arg-type]


def put(pdf: pikepdf.Pdf, name: str, content: bytes) -> None:
    """Replace an embedded file as a careful forger would: with its size and checksum."""
    import hashlib

    names = pdf.Root.Names.EmbeddedFiles.Names
    spec = next(names[i + 1] for i in range(0, len(names), 2) if str(names[i]) == name)
    stream = spec.EF.F
    stream.write(content)
    stream.Params.Size = len(content)
    stream.Params.CheckSum = pikepdf.String(hashlib.md5(content).digest())


def test_a_true_report_holds(sample: tuple[bytes, bytes]) -> None:
    verification = verify_pdf(sample[1])
    assert verification.failures == []
    assert {"snapshot.json", "decision-record.json", "seal", "seal's coverage", "certificate", "agreement"} <= {
        c.name for c in verification.checks
    }
    assert len(verification.certificate) == 64


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_bit_anywhere_is_found(sample: tuple[bytes, bytes], data: st.DataObject) -> None:
    sealed = bytearray(sample[1])
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))
    assert not verify_pdf(bytes(sealed)).ok


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_digit_of_the_signature_itself_is_found(sample: tuple[bytes, bytes], data: st.DataObject) -> None:
    """No signature covers its own bytes, nor the padding behind them."""
    sealed = bytearray(sample[1])
    start = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    position = data.draw(st.integers(start, sealed.index(b">", start) - 1))
    sealed[position] = data.draw(st.sampled_from(b"0123456789ABCDEFabcdef").filter(lambda digit: digit != sealed[position]))
    assert not verify_pdf(bytes(sealed)).ok


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_found(sample: tuple[bytes, bytes], share: float) -> None:
    assert names_of_failures(sample[1][: int(len(sample[1]) * share)])


def test_something_added_at_the_end_is_found(sample: tuple[bytes, bytes]) -> None:
    assert names_of_failures(sample[1] + b"\n") & {"seal", "seal's coverage"}


def test_a_later_revision_of_the_pages_is_named(sample: tuple[bytes, bytes]) -> None:
    from pyhanko.pdf_utils.generic import NameObject, TextStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sample[1]))
    writer.root[NameObject("/Lang")] = TextStringObject("xx")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert "seal's coverage" in names_of_failures(out.getvalue())


def test_the_unsealed_file_has_no_seal(sample: tuple[bytes, bytes]) -> None:
    assert names_of_failures(sample[0]) == {"seal"}


def test_a_changed_answer_in_the_snapshot_is_named_although_the_file_is_sound(sample: tuple[bytes, bytes]) -> None:
    content = sample_records()[0].replace(b"Head of Digital Channels", b"Head of Digital Chancels")
    failures = names_of_failures(resealed(sample[0], lambda pdf: put(pdf, "snapshot.json", content)))
    assert {
        "description of snapshot.json",
        "document information",
        "XMP metadata",
        "decision",
        "verdict of Dr Marguerite Oyelaran",
    } == failures


def test_a_changed_decision_record_is_named(sample: tuple[bytes, bytes]) -> None:
    content = sample_records()[1].replace(b'"approved"', b'"rejected"')
    failures = names_of_failures(resealed(sample[0], lambda pdf: put(pdf, "decision-record.json", content)))
    assert {"description of decision-record.json", "document information", "XMP metadata", "agreement"} == failures


def test_a_record_that_is_not_canonical_is_named(sample: tuple[bytes, bytes]) -> None:
    content = json.dumps(sample_snapshot(), ensure_ascii=False).encode()
    assert "snapshot.json" in names_of_failures(resealed(sample[0], lambda pdf: put(pdf, "snapshot.json", content)))


def test_a_stream_that_was_changed_beside_its_checksum_is_named(sample: tuple[bytes, bytes]) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        names = pdf.Root.Names.EmbeddedFiles.Names
        for i in range(1, len(names), 2):
            if str(names[i].UF) == "snapshot.json":
                names[i].EF.F.write(sample_records()[0][:-1] + b" }"[1:])
                names[i].EF.F.write(names[i].EF.F.read_bytes().replace(b"Frankfurt", b"Frankfurd"))

    assert "snapshot.json" in names_of_failures(resealed(sample[0], change))


def test_a_verdict_on_another_snapshot_is_named_with_its_person(sample: tuple[bytes, bytes]) -> None:
    decision = sample_decision(sample_records()[0])
    decision["verdicts"][0]["snapshot_digest"] = "sha256:" + "0" * 64
    content = canonical_bytes(decision)
    assert "verdict of Dr Marguerite Oyelaran" in names_of_failures(
        resealed(sample[0], lambda pdf: put(pdf, "decision-record.json", content))
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda pdf: pdf.attachments.__setitem__("other.txt", b"x"), "attachments"),
        (lambda pdf: pdf.attachments.__delitem__("snapshot.json"), "snapshot.json"),
        (lambda pdf: pdf.docinfo.__setitem__("/Keywords", pikepdf.String("none")), "document information"),
        (lambda pdf: pdf.Root.__delitem__("/Metadata"), "XMP metadata"),
        (lambda pdf: pdf.Root.__delitem__("/AF"), "attachments"),
    ],
)
def test_a_change_of_the_document_around_the_records_is_named(
    sample: tuple[bytes, bytes], change: Callable[[pikepdf.Pdf], None], named: str
) -> None:
    assert named in names_of_failures(resealed(sample[0], change))


def test_a_forger_s_own_seal_shows_another_certificate(sample: tuple[bytes, bytes]) -> None:
    """The file alone can't tell; its fingerprint does, and with the database at hand the command compares it."""
    forged = verify_pdf(resealed(sample[0], lambda pdf: None, FORGER))
    assert forged.ok
    assert forged.certificate != verify_pdf(sample[1]).certificate


@settings(max_examples=50)
@given(st.binary(max_size=2000))
def test_what_is_no_pdf_is_refused_and_never_raises(data: bytes) -> None:
    assert names_of_failures(b"%PDF-1.7\n" + data) >= {"document"}


@given(st.dictionaries(st.sampled_from(["title", "purpose", "note"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=50)))
def test_the_embedded_file_survives_yaml(data: dict[str, str]) -> None:
    import yaml

    assert yaml.safe_load(assessment_text(data)) == data


def test_the_first_difference_is_told_by_its_path() -> None:
    assert (
        first_difference({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, "evaluation")
        == 'evaluation.a[1].b is "x" in the record and "y" now'
    )
    assert first_difference({"a": 1}, {"a": 1}, "evaluation") is None

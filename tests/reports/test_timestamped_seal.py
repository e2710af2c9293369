"""Seals of PAdES B-T and B-LTA by authorities of the test's own: they hold, for Poppler too, and whatever is changed in them is found."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pdfua import validate
from pyhanko.pdf_utils.generic import ArrayObject, NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper

from accounts.seal import SealUnreadable, signer_for
from config.apps import production_warnings, refuse_unfit_seal_level
from jobs.models import Job
from reports.models import Report
from reports.seal import LastRevision, seal
from reports.tasks import make_sign_off
from reports.timestamping import AuthorityAway
from reports.verifier import verify_pdf
from reports.verifier.checks import Check
from reports.verifier.seal import check_seal
from reports.verifier.timestamps import TIMESTAMP_FIELD
from tests.accounts.keyfiles import PASSPHRASE
from tests.reports.authorities import Authorities, authorities, certificate
from tests.reports.test_printing import records_of, unsigned

BANK = SimpleNamespace(name="North Bank", slug="north-bank")


@pytest.fixture(scope="module")
def them() -> Iterator[Authorities]:
    with authorities() as made:
        yield made


@pytest.fixture
def willing(them: Authorities) -> Iterator[Authorities]:
    """The authorities, who do again what they should after the test."""
    them.asked.clear()
    yield them
    them.answer, them.change = None, lambda request: None
    them.down.clear()
    them.revoked.clear()


@pytest.fixture(scope="module")
def folder(them: Authorities, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys")
    (path / "seal.p12").write_bytes(them.seal_file())
    (path / "roots.pem").write_bytes(them.root.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def configured(them: Authorities, folder: Path) -> Callable[..., Any]:
    def at(level: str, **others: Any) -> Any:
        given = {
            "SEAL_LEVEL": level, "SEAL_PKCS12": str(folder / "seal.p12"), "SEAL_PKCS12_PASSPHRASE": PASSPHRASE,
            "SEAL_TIMESTAMP_URL": f"{them.url}/tsa", "SEAL_TIMESTAMP_ROOTS": str(folder / "roots.pem"), "SEAL_REVOCATION_HOSTS": [],
        }  # fmt: skip
        return override_settings(**given | others)

    return at


@pytest.fixture(scope="module")
def plain() -> bytes:
    return unsigned(records_of())


@pytest.fixture(scope="module")
def sealed(configured: Callable[..., Any], plain: bytes) -> dict[str, bytes]:
    """The sample at each level."""
    found = {}
    for level in ("B-B", "B-T", "B-LTA"):
        with configured(level):
            found[level] = seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]
    return found


def checks(data: bytes) -> dict[str, Check]:
    return {check.name: check for check in check_seal(data)[0]}


def failures(data: bytes) -> set[str]:
    return {check.name for check in check_seal(data)[0] if check.ok is False}


def test_each_level_holds_and_is_named(sealed: dict[str, bytes], plain: bytes) -> None:
    for level, data in sealed.items():
        verification = verify_pdf(data)
        assert verification.failures == [], level
        assert f"The seal is valid, PAdES {level};" in checks(data)["seal"].message
        assert data.startswith(plain)


def test_a_timestamp_says_who_gave_it_and_when(sealed: dict[str, bytes]) -> None:
    assert not {"timestamp", "document timestamp", "validation data"} & set(checks(sealed["B-B"]))
    found = checks(sealed["B-T"])
    assert found["timestamp"].message.startswith("Test Timestamps timestamped the seal at 2")
    assert "lead to Test Root" in found["timestamp authority"].message
    assert "what the authority says" in found["timestamp authority"].message
    assert "document timestamp" not in found
    last = checks(sealed["B-LTA"])
    assert last["document timestamp"].message.startswith("Test Timestamps timestamped the whole document at 2")
    assert "all that is needed to check its seal and timestamps" in last["validation data"].message


def pdfsig(data: bytes, tmp_path: Path) -> list[str]:
    """What Poppler says of each signature."""
    path = tmp_path / "sealed.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True)
    return done.stdout.split("Signature #")[1:]


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_pdfsig_finds_it_valid_over_the_whole_document(sealed: dict[str, bytes], level: str, tmp_path: Path) -> None:
    (one,) = pdfsig(sealed[level], tmp_path)
    assert "Signature is Valid." in one
    assert "Total document signed" in one


def test_pdfsig_finds_the_seal_valid_and_the_timestamp_over_the_whole_document(sealed: dict[str, bytes], tmp_path: Path) -> None:
    """Poppler of Debian 12 knows no document timestamps: it says what they cover, and not whether they hold."""
    first, second = pdfsig(sealed["B-LTA"], tmp_path)
    assert "Field Name: Seal" in first
    assert "Signature is Valid." in first
    assert "Not total document signed" in first
    assert "Field Name: Timestamp" in second
    assert "Test Timestamps" in second
    assert "- Total document signed" in second


@pytest.mark.parametrize("level", ["B-T", "B-LTA"])
def test_it_stays_accessible_and_declares_its_standards(sealed: dict[str, bytes], level: str, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed[level])
    assert [finding.message for finding in validate(str(path)).findings] == []
    with pikepdf.open(path) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")
        tree = document.Root.StructTreeRoot
        widgets = [each for each in document.pages[0].Annots if each.Subtype == "/Widget"]
        assert [str(each.T) for each in widgets] == (["Seal", "Timestamp"] if level == "B-LTA" else ["Seal"])
        parents = {int(tree.ParentTree.Nums[i]): tree.ParentTree.Nums[i + 1] for i in range(0, len(tree.ParentTree.Nums), 2)}
        forms = [kid for kid in tree.K[0].K if isinstance(kid, pikepdf.Dictionary) and kid.get("/S") == "/Form"]
        for widget, form in zip(widgets, forms, strict=True):
            assert int(widget.F) == 132  # printed and locked, and neither hidden nor invisible (PDF/A-3, 6.3.2)
            assert str(widget.TU)
            assert form.K.Obj.objgen == widget.objgen
            assert parents[int(widget.StructParent)].objgen == form.objgen
        assert tree.ParentTreeNextKey == max(parents) + 1


def test_what_is_needed_later_is_in_the_document(sealed: dict[str, bytes], them: Authorities) -> None:
    with pikepdf.open(io.BytesIO(sealed["B-LTA"])) as document:
        store = document.Root.DSS
        held = {bytes(each.read_bytes()) for each in store.Certs}
        assert {one.public_bytes(Encoding.DER) for one in (them.root, them.issuer, them.tsa, them.seal)} <= held
        assert (len(store.CRLs), len(store.OCSPs)) == (1, 1)


def test_an_organisation_that_issued_its_certificate_itself_has_them_too(
    configured: Callable[..., Any], plain: bytes, tmp_path: Path, willing: Authorities
) -> None:
    with configured("B-LTA", SEAL_PKCS12="", VAR_DIR=tmp_path):
        data = seal(plain, signer_for(SimpleNamespace(uuid="5" * 32, name="North Bank")), reason="test")  # type: ignore[arg-type]
    assert failures(data) == set()
    assert "issued the seal's certificate to itself" in checks(data)["certificate"].message
    assert "/ocsp" not in willing.asked


def test_a_document_without_tags_has_them_too(configured: Callable[..., Any], willing: Authorities) -> None:
    out, blank = io.BytesIO(), io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    writer = IncrementalPdfFileWriter(out)
    append_signature_field(writer, SigFieldSpec("Seal"))
    writer.write(blank)
    with configured("B-LTA"):
        assert failures(seal(blank.getvalue(), signer_for(BANK), reason="test")) == set()  # type: ignore[arg-type]


class TestAway:
    """What doesn't answer, or wrongly, is a fault that may pass, and no lower level is made instead."""

    @pytest.mark.parametrize(("level", "path"), [("B-T", "/tsa"), ("B-LTA", "/tsa"), ("B-LTA", "/ocsp"), ("B-LTA", "/root.crl")])
    def test_it_is_to_be_tried_again(
        self, configured: Callable[..., Any], plain: bytes, willing: Authorities, level: str, path: str
    ) -> None:
        willing.down.add(path)
        with configured(level), pytest.raises(AuthorityAway, match="can't be reached"):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]

    def test_nobody_listens(self, configured: Callable[..., Any], plain: bytes) -> None:
        with configured("B-T", SEAL_TIMESTAMP_URL="http://127.0.0.1:9/"), pytest.raises(AuthorityAway, match="can't be reached"):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]

    @pytest.mark.parametrize("what", ["garbage", "refusal", "imprint", "nonce"])
    def test_a_wrong_answer_is_not_taken(self, configured: Callable[..., Any], plain: bytes, willing: Authorities, what: str) -> None:
        if what == "imprint":
            willing.change = lambda request: request["message_imprint"].__setitem__("hashed_message", b"x" * 32)
        elif what == "nonce":
            willing.change = lambda request: request.__setitem__("nonce", 1)
        else:
            willing.answer = b"no answer" if what == "garbage" else bytes.fromhex("30053003020102")
        with configured("B-T"), pytest.raises(AuthorityAway):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]

    @pytest.mark.django_db
    def test_a_report_waits_for_the_authority(self, configured: Callable[..., Any], waiting: Job, willing: Authorities) -> None:
        willing.down.add("/tsa")
        with configured("B-T"):
            assert make_sign_off(str(waiting.pk)) is False
            waiting.refresh_from_db()
            assert (waiting.status, Report.objects.count()) == (Job.Status.QUEUED, 0)
            assert waiting.message == "It will be tried again: the timestamp authority for seals can't be reached, or refuses"
            willing.down.clear()
            assert make_sign_off(str(waiting.pk)) is True
        with Report.objects.get().file.open("rb") as file:
            assert "PAdES B-T" in checks(file.read())["seal"].message


class TestNotAsConfigured:
    def test_an_authority_of_somebody_else_is_refused(
        self, configured: Callable[..., Any], plain: bytes, folder: Path, willing: Authorities
    ) -> None:
        (folder / "others.pem").write_bytes(willing.issuer.public_bytes(Encoding.PEM))
        with configured("B-T", SEAL_TIMESTAMP_ROOTS=str(folder / "others.pem")), pytest.raises(SealUnreadable, match="don't hold"):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]

    def test_a_revoked_certificate_seals_nothing(self, configured: Callable[..., Any], plain: bytes, willing: Authorities) -> None:
        willing.revoked.add(willing.tsa.serial_number)
        with configured("B-LTA"), pytest.raises(SealUnreadable, match="was revoked"):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]

    def test_only_configured_hosts_are_asked(self, configured: Callable[..., Any], plain: bytes, willing: Authorities) -> None:
        elsewhere = f"{willing.url}/tsa".replace("127.0.0.1", "localhost")
        with configured("B-LTA", SEAL_TIMESTAMP_URL=elsewhere), pytest.raises(SealUnreadable, match=r"127\.0\.0\.1, which isn't asked"):
            seal(plain, signer_for(BANK), reason="test")  # type: ignore[arg-type]
        assert {"/ocsp", "/root.crl"}.isdisjoint(willing.asked)
        with configured("B-LTA", SEAL_TIMESTAMP_URL=elsewhere, SEAL_REVOCATION_HOSTS=["127.0.0.1"]):
            assert failures(seal(plain, signer_for(BANK), reason="test")) == set()  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"SEAL_LEVEL": "B-X"}, "SEAL_LEVEL must be one of B-B, B-T, B-LTA"),
            ({"SEAL_TIMESTAMP_URL": ""}, "needs a timestamp authority"),
            ({"SEAL_TIMESTAMP_URL": "file:///etc/hosts"}, "needs a timestamp authority"),
            ({"SEAL_TIMESTAMP_ROOTS": ""}, "needs SEAL_TIMESTAMP_ROOTS"),
            ({"SEAL_TIMESTAMP_ROOTS": "/nowhere/roots.pem"}, "isn't one"),
        ],
    )
    def test_settings_that_do_not_go_together_do_not_start(
        self, configured: Callable[..., Any], change: dict[str, str], message: str
    ) -> None:
        with configured("B-LTA"):
            refuse_unfit_seal_level()
        with (
            configured("B-LTA", **{key: value for key, value in change.items() if key != "SEAL_LEVEL"}),
            pytest.MonkeyPatch.context() as patch,
        ):
            from django.conf import settings

            patch.setattr(settings, "SEAL_LEVEL", change.get("SEAL_LEVEL", "B-LTA"))
            with pytest.raises(ImproperlyConfigured, match=message):
                refuse_unfit_seal_level()

    def test_an_authority_that_nobody_vouches_for_is_warned_of(self, configured: Callable[..., Any]) -> None:
        with configured("B-T", PRODUCTION=True):
            assert "countersign.W007" not in {found.id for found in production_warnings(None)}
        with configured("B-T", PRODUCTION=True, SEAL_TIMESTAMP_ROOTS=""):
            refuse_unfit_seal_level()
            assert "countersign.W007" in {found.id for found in production_warnings(None)}


def ends(data: bytes) -> list[int]:
    """Where each revision of the file ends."""
    found, at = [], data.find(b"%%EOF\n")
    while at != -1:
        found.append(at + 6)
        at = data.find(b"%%EOF\n", at + 1)
    return found


def with_signature(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The file with its seal's signature changed, and written in its place."""
    start = data.index(b"/Contents <") + len(b"/Contents <")
    end = data.index(b">", start)
    parsed = cms.ContentInfo.load(bytes.fromhex(data[start:end].decode()))
    changed = parsed.copy()
    change(changed["content"]["signer_infos"][0])
    return data[:start] + changed.dump(force=True).hex().upper().encode().ljust(end - start, b"0") + data[end:]


def token_in(data: bytes) -> Any:
    return PdfFileReader(io.BytesIO(data)).embedded_signatures[0].signer_info["unsigned_attrs"]


class TestTamperedTimestamp:
    def test_a_timestamp_of_another_seal_is_named(self, sealed: dict[str, bytes]) -> None:
        other = token_in(sealed["B-LTA"])
        data = with_signature(sealed["B-T"], lambda signer: signer.__setitem__("unsigned_attrs", other))
        assert failures(data) == {"timestamp"}
        assert "it is of other bytes" in checks(data)["timestamp"].message

    def test_one_by_a_certificate_that_is_not_for_timestamps_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        own = certificate("Test Timestamps", them.tsa_key, "Test Root", them.root_key)

        def replace(signer: Any) -> None:
            token = them.token(hashlib.sha256(signer["signature"].native).digest(), own)
            signer["unsigned_attrs"] = cms.CMSAttributes([simple_cms_attribute("signature_time_stamp_token", token)])

        data = with_signature(sealed["B-T"], replace)
        assert failures(data) == {"timestamp"}
        assert "isn't one for timestamps" in checks(data)["timestamp"].message

    @pytest.mark.parametrize("level", ["B-T", "B-LTA"])
    def test_a_changed_digit_anywhere_in_the_signatures_is_found(self, sealed: dict[str, bytes], level: str) -> None:
        """A timestamp lies in the signature, but not under it; that of the whole document covers all but itself. Of a root in it that was changed
        nobody can tell from the file more than that the root is missing."""
        data = sealed[level]
        start = data.rindex(b"/Contents <") + len(b"/Contents <")
        end = data.index(b">", start)
        for position in range(start, end, 331):
            changed = bytearray(data)
            changed[position] = ord("0") if changed[position] != ord("0") else ord("1")
            assert not all(check.ok for check in check_seal(bytes(changed))[0]), f"the digit {position - start} of {end - start}"

    def test_a_changed_byte_of_the_last_revision_is_found(self, sealed: dict[str, bytes]) -> None:
        data = sealed["B-LTA"]
        first = ends(data)[-2]
        for position in range(first, len(data), 401):
            changed = bytearray(data)
            changed[position] ^= 1
            assert not all(check.ok for check in check_seal(bytes(changed))[0]), f"the byte {position - first} of {len(data) - first}"


def revised(data: bytes, change: Callable[[Any], None], writer: type[IncrementalPdfFileWriter] = LastRevision) -> bytes:
    made, out = writer(io.BytesIO(data)), io.BytesIO()
    change(made)
    made.write(out)
    return out.getvalue()


def timestamped(data: bytes, them: Authorities, change: Callable[[Any], None]) -> bytes:
    """A revision with a change, under a timestamp that any authority gives anybody."""
    writer, out = LastRevision(io.BytesIO(data)), io.BytesIO()
    change(writer)
    PdfTimeStamper(them.stamper(), TIMESTAMP_FIELD).timestamp_pdf(writer, "sha256", output=out)
    return out.getvalue()


def set_language(writer: Any) -> None:
    writer.root[NameObject("/Lang")] = TextStringObject("xx")
    writer.update_root()


def drop_store(writer: Any) -> None:
    del writer.root["/DSS"]
    writer.update_root()


def drop_crls(writer: Any) -> None:
    writer.root["/DSS"][NameObject("/CRLs")] = ArrayObject()
    writer.update_container(writer.root["/DSS"])


def leave(writer: Any) -> None:
    pass


class TestLaterRevisions:
    @pytest.mark.parametrize("change", [set_language, drop_store, drop_crls])
    @pytest.mark.parametrize("writer", [LastRevision, IncrementalPdfFileWriter])
    def test_one_after_the_timestamp_is_named(self, sealed: dict[str, bytes], change: Any, writer: Any) -> None:
        assert "document timestamp" in failures(revised(sealed["B-LTA"], change, writer))

    def test_a_second_timestamp_after_it_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        out = io.BytesIO()
        PdfTimeStamper(them.stamper(), "Another").timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(sealed["B-LTA"])), "sha256", output=out)
        assert "2 timestamps over the whole document" in checks(out.getvalue())["seal"].message

    def test_a_timestamp_that_was_taken_away_is_missed(self, sealed: dict[str, bytes]) -> None:
        cut = sealed["B-LTA"][: ends(sealed["B-LTA"])[-2]]
        assert failures(cut) == {"document timestamp"}
        assert "was taken away" in checks(cut)["document timestamp"].message

    def test_a_change_under_a_new_timestamp_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        data = timestamped(sealed["B-LTA"][: ends(sealed["B-LTA"])[-2]], them, set_language)
        assert failures(data) >= {"document timestamp"}
        assert "beside the timestamp" in checks(data)["document timestamp"].message

    def test_a_change_between_the_seal_and_a_new_timestamp_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        between = revised(sealed["B-LTA"][: ends(sealed["B-LTA"])[-2]], set_language)
        assert "document timestamp" in failures(timestamped(between, them, leave))

    def test_a_timestamp_on_a_seal_that_announces_none_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        assert failures(timestamped(sealed["B-T"], them, leave)) >= {"document timestamp"}

    def test_a_new_timestamp_without_what_belongs_under_it_is_named(self, sealed: dict[str, bytes], them: Authorities) -> None:
        assert "validation data" in failures(timestamped(sealed["B-LTA"][: ends(sealed["B-LTA"])[-2]], them, leave))

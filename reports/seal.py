"""Putting the organisation's seal on a finished PDF: a PAdES signature that covers the whole file and allows no change after it.

SEAL_LEVEL says which: B-B is the signature alone; in B-T it holds an authority's timestamp; B-LTA adds one more revision with what is needed to
check both when their issuers are gone (certificates and revocation data), under a timestamp over the whole document.

The bytes of the unsigned file stay as they are, at the beginning of the sealed one. A seal is never the same twice (ECDSA, and its time), which is
why the digest of the unsigned file is kept too.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, TextStringObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError

from accounts.seal import SealUnreadable
from reports.finishing import SEAL_FIELD
from reports.timestamping import Authority, AuthorityAway, ConfiguredHosts, authority_roots, context_of, roots_of
from reports.verifier.seal import check_seal
from reports.verifier.timestamps import TIMESTAMP_FIELD


class LastRevision(IncrementalPdfFileWriter):
    """What a seal allows to be added to its document: a revision that doesn't change the document's dates and metadata by the way."""

    def _update_meta(self) -> None:
        pass


def seal(pdf: bytes, signer: SimpleSigner, *, reason: str) -> bytes:
    """Return ``pdf`` with the seal in its empty field, of the level SEAL_LEVEL. ``reason`` is shown by readers beside the signature.

    Raises AuthorityAway, which passes, where the timestamp authority or who gives revocation data doesn't answer, and SealUnreadable where their
    answers don't fit what is configured: a seal of a lower level is never made instead.
    """
    metadata: dict[str, Any] = {
        "field_name": SEAL_FIELD,
        "md_algorithm": "sha256",
        "subfilter": SigSeedSubFilter.PADES,
        "certify": True,
        "docmdp_permissions": MDPPerm.NO_CHANGES,
        "reason": reason,
    }
    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    if settings.SEAL_LEVEL == "B-B":
        PdfSigner(PdfSignatureMetadata(**metadata), signer).sign_pdf(writer, existing_fields_only=True, output=out)
        return out.getvalue()
    if settings.SEAL_LEVEL == "B-LTA":
        _add_timestamp_field(writer)
    asyncio.run(_sign(writer, signer, metadata, out))
    sealed = out.getvalue()
    # An authority may answer with a form of timestamp that holds, but that our own verifier doesn't take: then nothing leaves.
    if wrong := [check.message for check in check_seal(sealed)[0] if check.ok is False]:
        raise SealUnreadable(f"The seal with its timestamp wouldn't hold when it is verified: {wrong[0]}")
    return sealed


async def _sign(writer: IncrementalPdfFileWriter, signer: SimpleSigner, metadata: dict[str, Any], out: io.BytesIO) -> None:
    hosts, lasting = ConfiguredHosts(), settings.SEAL_LEVEL == "B-LTA"
    try:
        roots = authority_roots()
        authority = Authority(hosts, context_of(roots, hosts, lasting=lasting) if roots else None)
        await PdfSigner(PdfSignatureMetadata(**metadata), signer, timestamper=authority).async_sign_pdf(
            writer, existing_fields_only=True, output=out
        )
        if lasting:
            await _make_last(signer, authority, context_of(roots_of(signer), hosts, lasting=True), out)
    except AuthorityAway:
        raise
    except OSError as error:
        raise AuthorityAway("a host that the seal needs can't be reached") from error
    except (SigningError, PathBuildingError, PathValidationError) as error:
        raise _fault(error, hosts) from error
    finally:
        await hosts.close()


async def _make_last(signer: SimpleSigner, authority: Authority, context: ValidationContext, out: io.BytesIO) -> None:
    """Add the one revision with the validation data of all certificates, and a timestamp over that and everything before."""
    certificates = CertificateValidator(signer.signing_cert, signer.cert_registry, validation_context=context)
    revision = LastRevision(out)
    DocumentSecurityStore.supply_dss_in_writer(
        revision, None, paths=[await certificates.async_validate_usage(set())], validation_context=context
    )
    if authority.context is not None:
        paths = [path async for path in authority.validation_paths(authority.context)]
        DocumentSecurityStore.supply_dss_in_writer(revision, None, paths=paths, validation_context=authority.context)
    await PdfTimeStamper(authority, TIMESTAMP_FIELD).async_timestamp_pdf(revision, "sha256", in_place=True)


def _fault(error: Exception, hosts: ConfiguredHosts) -> Exception:
    """What a certificate that doesn't hold comes to: to be tried again only where a host gave no answer."""
    causes = list(_causes(error))
    if any(isinstance(cause, RevokedError) for cause in causes):
        return SealUnreadable(f"A certificate of the seal or of its timestamp was revoked: {causes[-1]}")
    if hosts.refused:
        named = ", ".join(sorted(hosts.refused))
        return SealUnreadable(
            f"Revocation data for the seal is at {named}, which isn't asked: name it in SEAL_REVOCATION_HOSTS, or choose another SEAL_LEVEL."
        )
    if hosts.failed:
        return AuthorityAway("who says whether the seal's certificates were revoked can't be reached")
    return SealUnreadable(
        f"The certificates of the seal and its timestamp don't hold as SEAL_LEVEL and SEAL_TIMESTAMP_ROOTS ask for: {causes[-1]}"
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _add_timestamp_field(writer: IncrementalPdfFileWriter) -> None:
    """The empty, invisible field of the timestamp over the whole document, with its place in the structure tree (PDF/UA-1, 7.18.4).

    The seal covers it, so that the tree needs no change after the seal, and a timestamp that was taken away is missed.
    """
    page_ref = writer.find_page_for_modification(0)[0]
    page, root = page_ref.get_object(), writer.root
    widget = DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/Widget"), pdf_name("/FT"): pdf_name("/Sig"),
        pdf_name("/T"): TextStringObject(TIMESTAMP_FIELD), pdf_name("/TU"): TextStringObject("Timestamp of the sealed document"),
        pdf_name("/Rect"): ArrayObject([NumberObject(0)] * 4), pdf_name("/F"): NumberObject(132), pdf_name("/P"): page_ref,
    })  # fmt: skip
    widget_ref = writer.add_object(widget)
    _append(writer, root["/AcroForm"], "/Fields", widget_ref)
    _append(writer, page, "/Annots", widget_ref)
    if "/StructTreeRoot" not in root:
        return
    tree = root["/StructTreeRoot"]
    document_ref = tree["/K"].raw_get(0)
    form_ref = writer.add_object(DictionaryObject({
        pdf_name("/Type"): pdf_name("/StructElem"), pdf_name("/S"): pdf_name("/Form"), pdf_name("/P"): document_ref,
        pdf_name("/Pg"): page_ref, pdf_name("/K"): writer.add_object(DictionaryObject({
            pdf_name("/Type"): pdf_name("/OBJR"), pdf_name("/Obj"): widget_ref, pdf_name("/Pg"): page_ref,
        })),
    }))  # fmt: skip
    _append(writer, document_ref.get_object(), "/K", form_ref)
    key = NumberObject(tree["/ParentTreeNextKey"])
    _append(writer, tree["/ParentTree"], "/Nums", key, form_ref)
    tree[pdf_name("/ParentTreeNextKey")] = NumberObject(key + 1)
    writer.update_container(tree)
    widget[pdf_name("/StructParent")] = key


def _append(writer: IncrementalPdfFileWriter, holder: Any, key: str, *items: Any) -> None:
    """Add to an array, whether it lies in its holder or is an object of its own."""
    if key in holder:
        holder[key].extend(items)
        writer.update_container(holder[key])
    else:
        holder[pdf_name(key)] = ArrayObject(items)
        writer.update_container(holder)

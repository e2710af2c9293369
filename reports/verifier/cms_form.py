"""The bytes of a CMS signature that no signature covers, its own, held to the one form that they may have."""

from __future__ import annotations

from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509

_METHODS = {"ec": "sha256_ecdsa", "rsa": "sha256_rsa"}  # by the key of the certificate
_MOST_CERTIFICATES = 10  # a seal's own, and those of its issuers
_NO_PARAMETERS = (b"", b"\x05\x00")
_PLAIN_METHODS = ("rsassa_pkcs1v15", "sha256_rsa", "sha384_rsa", "sha512_rsa", "sha256_ecdsa", "sha384_ecdsa", "sha512_ecdsa")


def wrong_seal(content: bytes, certificate: asn1_x509.Certificate) -> str:
    """What is wrong with the form of a seal's signature; empty where nothing is. ``content``: with the zeros behind it."""
    parsed = cms.ContentInfo.load(content)
    der = parsed.dump()
    plain = cms.ContentInfo.load(der, strict=True).copy()
    signer = plain["content"]["signer_infos"][0]
    if signer["unsigned_attrs"].native is not None:
        del signer["unsigned_attrs"]  # a timestamp has the form that its authority gave it
    if plain.dump(force=True) != _rebuilt(parsed, with_timestamp=False) or _rebuilt(parsed, with_timestamp=True) != der:
        return "The seal's signature isn't in the one form (DER) that it must have."
    return "" if _is_seal(parsed["content"], certificate) else "The seal's signature has parts that our seals don't have, or lacks some."


def wrong_timestamp(token: cms.ContentInfo) -> str:
    """What is wrong with the form of an authority's timestamp; empty where nothing is."""
    der = token.dump()
    if _rebuilt(cms.ContentInfo.load(der, strict=True), with_timestamp=True) != der:
        return "isn't in the one form (DER) that it must have"
    return "" if _is_timestamp(token["content"]) else "has parts that timestamps here don't have, or lacks some"


def timestamp_in(signed: cms.SignedData) -> cms.ContentInfo | None:
    """The timestamp that a seal's signature holds beside what it signs."""
    attributes = signed["signer_infos"][0]["unsigned_attrs"]
    if attributes.native is None:
        return None
    found: cms.ContentInfo = attributes[0]["values"][0]
    return found


def _is_seal(signed: Any, certificate: asn1_x509.Certificate) -> bool:
    """The parts that the signature's own arithmetic leaves open have the one value that our seals have."""
    signer = signed["signer_infos"][0]
    certificates = [each.chosen.dump() for each in signed["certificates"]]
    method = cms.SignedDigestAlgorithm({"algorithm": _METHODS.get(certificate.public_key.algorithm, "sha256_ecdsa")})
    sha256 = [a["algorithm"].native for a in signed["digest_algorithms"]]
    return bool(
        signed["version"].native == "v1"
        and len(signed["signer_infos"]) == 1
        and signer["version"].native == "v1"
        and 1 <= len(certificates) <= _MOST_CERTIFICATES
        and len(set(certificates)) == len(certificates)
        and sha256 == ["sha256"]
        and signer["digest_algorithm"]["algorithm"].native == "sha256"
        and signer["signature_algorithm"].dump() == method.dump()
        and signed["encap_content_info"]["content_type"].native == "data"
        and signed["encap_content_info"]["content"].native is None
        and signed["crls"].native is None
        and _holds_a_timestamp_at_most(signer["unsigned_attrs"])
        # as bytes: names are otherwise compared without regard to their case
        and signer["sid"].chosen["issuer"].dump() == certificate.issuer.dump()
        and signer["sid"].chosen["serial_number"].native == certificate.serial_number
    )


def _holds_a_timestamp_at_most(attributes: Any) -> bool:
    if attributes.native is None:
        return True
    return len(attributes) == 1 and attributes[0]["type"].native == "signature_time_stamp_token" and len(attributes[0]["values"]) == 1


def _is_timestamp(signed: Any) -> bool:
    signer = signed["signer_infos"][0]
    certificates = [each.chosen.dump() for each in signed["certificates"]]
    digests = list(signed["digest_algorithms"])
    return bool(
        signed["version"].dump() == b"\x02\x01\x03"
        and len(signed["signer_infos"]) == 1
        and signer["version"].dump() == b"\x02\x01\x01"
        and 1 <= len(certificates) <= _MOST_CERTIFICATES
        and len(set(certificates)) == len(certificates)
        and len(digests) == 1
        and digests[0]["algorithm"].native == signer["digest_algorithm"]["algorithm"].native
        and _parameters(digests[0]) in _NO_PARAMETERS
        and _parameters(signer["digest_algorithm"]) in _NO_PARAMETERS
        and (
            signer["signature_algorithm"]["algorithm"].native not in _PLAIN_METHODS
            or _parameters(signer["signature_algorithm"]) in _NO_PARAMETERS
        )
        and signed["crls"].native is None
        and signer["unsigned_attrs"].native is None
        and signer["sid"].name == "issuer_and_serial_number"
        and any(
            signer["sid"].chosen["issuer"].dump() == each.chosen.issuer.dump()
            and signer["sid"].chosen["serial_number"].dump() == each.chosen["tbs_certificate"]["serial_number"].dump()
            for each in signed["certificates"]
        )
    )


def _parameters(algorithm: Any) -> bytes:
    return bytes(algorithm["parameters"].dump())


def _rebuilt(info: Any, *, with_timestamp: bool) -> bytes:
    """The signature put together anew from its parts, whose bytes stay as they are."""
    signed = info["content"]
    signers = b"".join(_signer(signer, with_timestamp) for signer in signed["signer_infos"])
    encapsulated = signed["encap_content_info"]
    inner = encapsulated["content_type"].dump()
    if encapsulated["content"].native is not None:
        inner += _tagged(0xA0, _tagged(0x04, bytes(encapsulated["content"])))
    parts = [
        signed["version"].dump(),
        _tagged(0x31, b"".join(_algorithm(each) for each in signed["digest_algorithms"])),
        _tagged(0x30, inner),
        _tagged(0xA0, b"".join(each.dump() for each in signed["certificates"])),
        signed["crls"].dump() if signed["crls"].native is not None else b"",
        _tagged(0x31, signers),
    ]
    return _tagged(0x30, info["content_type"].dump() + _tagged(0xA0, _tagged(0x30, b"".join(parts))))


def _signer(signer: Any, with_timestamp: bool) -> bytes:
    sid = signer["sid"].chosen
    parts = [
        signer["version"].dump(),
        _tagged(0x30, sid["issuer"].dump() + sid["serial_number"].dump())
        if signer["sid"].name == "issuer_and_serial_number"
        else sid.dump(),
        _algorithm(signer["digest_algorithm"]),
        _tagged(0xA0, b"".join(each.dump() for each in signer["signed_attrs"])),
        _algorithm(signer["signature_algorithm"]),
        _tagged(0x04, signer["signature"].native),
    ]
    if with_timestamp and signer["unsigned_attrs"].native is not None:
        attributes = (
            _tagged(0x30, each["type"].dump() + _tagged(0x31, b"".join(value.dump() for value in each["values"])))
            for each in signer["unsigned_attrs"]
        )
        parts.append(_tagged(0xA1, b"".join(attributes)))
    return _tagged(0x30, b"".join(parts))


def _algorithm(algorithm: Any) -> bytes:
    return _tagged(0x30, algorithm["algorithm"].dump() + _parameters(algorithm))


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content

"""Second factors for tests: an authenticator app's code at a moment, and a passkey made of software."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

from accounts.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ORIGIN, RP_ID = "https://testserver", "testserver"


def enrol_app(user: User) -> None:
    TOTP.activate(user, SECRET)


def code_now(secret: str = SECRET, steps: int = 0) -> str:
    """What the app shows now, or ``steps`` times 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


class Passkey:
    """One ES256 credential (WebAuthn Level 2, 6.1 and 6.5), without an attestation."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(b"a passkey").digest()

    def _data(self, flags: int, attested: bytes = b"") -> bytes:
        return hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + (1).to_bytes(4, "big") + attested

    @staticmethod
    def _client(kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer of ``navigator.credentials.create``."""
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attestation = cbor.encode({"fmt": "none", "authData": self._data(0x45, attested), "attStmt": {}})
        client = self._client("webauthn.create", options["publicKey"]["challenge"], ORIGIN)
        return self._answer({"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(attestation)})

    def get(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        """The answer of ``navigator.credentials.get``."""
        assert websafe_decode(options["publicKey"]["allowCredentials"][0]["id"]) == self.id
        client, data = self._client("webauthn.get", options["publicKey"]["challenge"], origin), self._data(0x05)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": websafe_encode(client), "authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)}
        )

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        identifier = websafe_encode(self.id)
        return {"id": identifier, "rawId": identifier, "type": "public-key", "response": response, "clientExtensionResults": {}}

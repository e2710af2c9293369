"""Authorities of the test's own, on one port of this machine: who timestamps, and who says which certificates were revoked (OCSP and a CRL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.accounts.keyfiles import packed

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Authorities:
    """A root, under it a timestamp authority (with a CRL) and an issuer of seals (the CRL too), under that a seal's certificate (by OCSP).

    ``answer`` replaces what the timestamp authority answers; ``change`` alters the request that it answers; ``down`` are the paths that fail;
    ``asked`` the paths that were asked for, in order; ``revoked`` what the CRL lists, by serial number.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answer: bytes | None = None
        self.change: Callable[[tsp.TimeStampReq], None] = lambda request: None
        self.down: set[str] = set()
        self.asked: list[str] = []
        self.revoked: set[int] = set()
        listed = x509.CRLDistributionPoints([_point(f"{self.url}/root.crl")])
        self.root_key, self.key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = certificate("Test Root", self.root_key, "Test Root", self.root_key, ca=True)
        self.issuer = certificate("Test Issuer", self.key, "Test Root", self.root_key, listed, ca=True)
        self.tsa_key = rsa.generate_private_key(65537, 2048)
        self.tsa = certificate(
            "Test Timestamps", self.tsa_key, "Test Root", self.root_key, listed, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        )
        self.seal_key = ec.generate_private_key(ec.SECP256R1())
        told = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{self.url}/ocsp"))
        self.seal = certificate("North Bank", self.seal_key, "Test Issuer", self.key, x509.AuthorityInformationAccess([told]))

    def seal_file(self, *others: x509.Certificate) -> bytes:
        """The PKCS#12 file of the seal, with its issuers unless others are given."""
        return packed(self.seal_key, self.seal, list(others) or [self.issuer, self.root])

    def stamper(self, own: x509.Certificate | None = None, key: rsa.RSAPrivateKey | None = None) -> DummyTimeStamper:
        der = (key or self.tsa_key).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return DummyTimeStamper(
            tsa_cert=_asn1(own or self.tsa), tsa_key=asn1_keys.PrivateKeyInfo.load(der),
            certs_to_embed=SimpleCertificateStore.from_certs([_asn1(self.root)]),
        )  # fmt: skip

    def timestamp(self, question: bytes) -> bytes:
        request = tsp.TimeStampReq.load(question)
        self.change(request)
        return self.answer if self.answer is not None else self.stamper().request_tsa_response(request).dump()

    def token(self, digest: bytes, own: x509.Certificate) -> Any:
        """A timestamp of what has the SHA-256 ``digest``, under another certificate of the timestamp authority's key."""
        stamper = self.stamper(own)
        return stamper.request_tsa_response(stamper.request_cms(digest, "sha256")[1])["time_stamp_token"]

    def crl(self) -> bytes:
        now = datetime.now(UTC)
        made = x509.CertificateRevocationListBuilder().issuer_name(_name("Test Root")).last_update(now - HOUR).next_update(now + DAY)
        for serial in self.revoked:
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - HOUR).build()
            made = made.add_revoked_certificate(gone)
        return made.sign(self.root_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, question: bytes) -> bytes:
        request, now = ocsp.load_der_ocsp_request(question), datetime.now(UTC)
        made = ocsp.OCSPResponseBuilder().add_response(
            self.seal, self.issuer, request.hash_algorithm, ocsp.OCSPCertStatus.GOOD, now - HOUR, now + DAY, None, None
        )
        made = made.responder_id(ocsp.OCSPResponderEncoding.NAME, self.issuer)
        for extension in request.extensions:  # the nonce
            made = made.add_extension(extension.value, critical=extension.critical)
        return made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


@contextmanager
def authorities() -> Iterator[Authorities]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("application/pkix-crl", lambda _: made.crl())

        def do_POST(self) -> None:
            if self.path == "/ocsp":
                self._reply("application/ocsp-response", made.ocsp)
            else:
                self._reply("application/timestamp-reply", made.timestamp)

        def _reply(self, kind: str, reply: Callable[[bytes], bytes]) -> None:
            question = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.asked.append(self.path)
            body = b"" if self.path in made.down else reply(question)
            self.send_response(503 if self.path in made.down else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Authorities(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def certificate(
    name: str, key: Any, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType, ca: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True).add_extension(usage, critical=True)
    )  # fmt: skip
    for extension in extensions:
        made = made.add_extension(extension, critical=isinstance(extension, x509.ExtendedKeyUsage))
    return made.sign(issuer_key, hashes.SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))

"""Timestamps of RFC 3161, by an authority of the test's own."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from audit import places, timestamps
from audit.checkpoints import publish
from audit.places import Kept
from audit.timestamps import BadTimestamp
from audit.verify import verify_stream
from tests.audit.conftest import ORG
from tests.audit.tampering import tamper

pytestmark = pytest.mark.django_db


def authority():
    """A key and a certificate that may sign timestamps."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate


KEY, CERTIFICATE = authority()


class Authority:
    """Answers as it is told: ``change`` may alter the request that is answered, ``answer`` replaces the answer."""

    def __init__(self):
        der = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        certificate = asn1_x509.Certificate.load(CERTIFICATE.public_bytes(Encoding.DER))
        self.stamper = DummyTimeStamper(tsa_cert=certificate, tsa_key=asn1_keys.PrivateKeyInfo.load(der))
        self.change = lambda request: None
        self.answer = None
        self.asked = 0

    def __call__(self, question):
        self.asked += 1
        request = tsp.TimeStampReq.load(question)
        self.change(request)
        return self.answer if self.answer is not None else self.stamper.request_tsa_response(request).dump()


@pytest.fixture
def tsa(settings):
    made = Authority()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = made(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.TIMESTAMP_URL = f"http://127.0.0.1:{server.server_port}/"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_checkpoint_carries_a_timestamp_over_its_note(tsa, note, second_place):
    note(0)
    row = publish(ORG)
    stated = timestamps.check(bytes(row.token), row.note.encode())
    assert abs(stated - datetime.now(UTC)) < timedelta(minutes=5)
    assert places.read(Kept(ORG, 1, row.root[:16]), ".tsr") == bytes(row.token)
    assert verify_stream(ORG, second_place=True).problems == []
    assert tsa.asked == 1


def test_its_signature_is_checked_where_certificates_are_trusted(tsa, note, settings, tmp_path):
    settings.TIMESTAMP_ROOTS = str(tmp_path / "roots.pem")
    (tmp_path / "roots.pem").write_bytes(CERTIFICATE.public_bytes(Encoding.PEM))
    note(0)
    row = publish(ORG)
    assert row.token is not None
    assert verify_stream(ORG).problems == []
    (tmp_path / "roots.pem").write_bytes(authority()[1].public_bytes(Encoding.PEM))
    (problem,) = verify_stream(ORG).problems
    assert problem.kind == "forged"
    assert "its signature doesn't hold" in problem.message
    (tmp_path / "roots.pem").unlink()
    assert "trusted certificates can't be read" in verify_stream(ORG).unchecked[0]


def other_imprint(request):
    request["message_imprint"]["hashed_message"] = hashlib.sha256(b"other").digest()


def other_nonce(request):
    request["nonce"] = 1


@pytest.mark.parametrize(
    ("change", "answer", "message"),
    [
        (other_imprint, None, "it is of other bytes"),
        (other_nonce, None, "its nonce isn't the one that was asked with"),
        (None, b"no answer", "it can't be read"),
        (None, bytes.fromhex("30053003020102"), "it can't be read|the authority refused"),  # status: rejection
    ],
)
def test_a_wrong_answer_is_not_kept_and_holds_nothing_up(tsa, note, caplog, change, answer, message):
    tsa.change, tsa.answer = change or tsa.change, answer
    note(0)
    assert publish(ORG).token is None
    assert "a checkpoint goes without one" in caplog.text
    assert re.search(message, caplog.text)
    assert verify_stream(ORG, second_place=True).problems == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/hosts", "nowhere"])
def test_an_authority_that_cannot_be_reached_holds_nothing_up(note, settings, caplog, url):
    settings.TIMESTAMP_URL = url
    note(0)
    assert publish(ORG).token is None
    assert "a checkpoint goes without one" in caplog.text


def test_a_timestamp_of_another_note_is_found(tsa, note):
    note(0)
    first = publish(ORG)
    note(1)
    publish(ORG)
    tamper("UPDATE audit_auditcheckpoint SET token = %(token)s WHERE size = 2", token=bytes(first.token))
    assert [(problem.kind, problem.message) for problem in verify_stream(ORG, second_place=True).problems] == [
        ("forged", "the timestamp of the checkpoint of 2 entries isn't one: it is of other bytes"),
        ("checkpoint", "the timestamp of the checkpoint of 2 entries is another in the table than in the second place"),
    ]
    with pytest.raises(BadTimestamp, match="it is of other bytes"):
        timestamps.check(bytes(first.token), b"other")

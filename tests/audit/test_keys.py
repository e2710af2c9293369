"""The log's keys: made once, kept secret, rotated without losing what they signed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command

from audit import keys
from audit.checkpoints import publish
from audit.keys import LogKeyUnreadable, signers_of, verifiers_of
from audit.models import AuditCheckpoint
from audit.note import PLAIN, TIMED
from audit.trail import events_of
from audit.verify import verify_stream
from tests.audit.conftest import ANN, ORG

pytestmark = pytest.mark.django_db


def pem(key=None):
    return (key or Ed25519PrivateKey.generate()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_is_made_once_for_each_stream_and_readable_by_the_service_alone(tmp_path):
    assert verifiers_of(ORG) == []
    plain, timed = signers_of(ORG)
    assert (plain.kind, timed.kind) == (PLAIN, TIMED)
    assert plain.verifier.public != timed.verifier.public
    assert signers_of(ORG)[0].verifier == plain.verifier
    assert signers_of("system")[0].verifier != plain.verifier
    assert verifiers_of(ORG) == [plain.verifier, timed.verifier]
    folder = tmp_path / "log-keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(list(folder.iterdir())) == 4
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert plain.key.private_bytes_raw() not in path.read_bytes()
    assert b"ENCRYPTED PRIVATE KEY" in (folder / "system.pem").read_bytes()


def test_another_secret_key_opens_nothing_unless_it_is_told_the_former(settings):
    before = signers_of(ORG)[0].verifier
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    with pytest.raises(LogKeyUnreadable, match="SECRET_KEY isn't the one it was made under"):
        signers_of(ORG)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert signers_of(ORG)[0].verifier == before


def test_a_configured_key_signs_every_stream_each_under_its_own_name(settings, tmp_path):
    path = tmp_path / "given.pem"
    path.write_bytes(pem())
    settings.CHECKPOINT_KEY_FILE = str(path)
    one, other = signers_of(ORG), signers_of("system")
    assert one[0].verifier.public == other[0].verifier.public
    assert one[1].verifier.public != other[1].verifier.public  # the timestamped kind doesn't sign the name
    first = one[0].verifier
    path.unlink()
    path.write_bytes(pem())
    assert signers_of(ORG)[0].verifier != first
    assert first in verifiers_of(ORG)
    with pytest.raises(LogKeyUnreadable, match="is given by CHECKPOINT_KEY_FILE: put another key there"):
        keys.rotate(ORG)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read from"),
        (b"nothing", "holds no Ed25519 private key"),
        (pem(generate_private_key(SECP256R1())), "holds no Ed25519"),
    ],
)
def test_a_configured_key_that_is_none_is_refused(settings, tmp_path, content, message):
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "given.pem")
    if content is not None:
        (tmp_path / "given.pem").write_bytes(content)
    with pytest.raises(LogKeyUnreadable, match=message):
        signers_of(ORG)


def test_rotation_is_recorded_and_keeps_old_checkpoints_verifiable(note, capsys):
    note(0)
    publish(ORG)
    call_command("rotate_log_key", stream=ORG, by=ANN)
    assert "is signed with countersign.local/org:" in capsys.readouterr().out
    event = events_of(ORG).last()
    former, new = (row.key_id for row in (AuditCheckpoint.objects.get(), publish(ORG)))
    assert former != new
    assert event.changes["key"] == {"from": former, "to": new}
    assert event.sentence() == f"{ANN} gave log {ORG} a new signing key: {new} after {former}"
    assert verify_stream(ORG, second_place=True).problems == []
    with pytest.raises(CommandError, match="There is no stream 'org:none'"):
        call_command("rotate_log_key", stream="org:none")


def test_without_the_list_of_keys_nothing_is_believed(note, tmp_path):
    note(0)
    publish(ORG)
    listed = tmp_path / "log-keys" / "org-11111111-1111-4111-8111-111111111111.vkeys"
    listed.unlink()
    assert {problem.kind for problem in verify_stream(ORG, second_place=True).problems} == {"forged"}
    listed.write_text("nonsense\n")
    report = verify_stream(ORG)
    assert report.ok
    assert "The list of the log's public keys" in report.unchecked[0]

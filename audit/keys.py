"""The log's keys: an Ed25519 key a stream, made when the first checkpoint is signed.

The private key lies in VAR_DIR/log-keys/<stream>.pem, under a passphrase derived from SECRET_KEY; a copy of the folder is worth nothing
without that key. CHECKPOINT_KEY_FILE gives one key for all streams instead.

Beside it, <stream>.vkeys lists every public key that the stream was ever signed with, one a line, so that old checkpoints stay verifiable.
It is a file on purpose: whoever owns the database could add a key of their own to a table, and sign what they like.
"""

from __future__ import annotations

import base64
import os
import re
import uuid
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key
from django.conf import settings
from django.db import transaction
from django.utils.encoding import force_bytes

from audit import note
from audit.note import PLAIN, TIMED, Signer, Verifier
from audit.trail import record

_NOT_IN_ORIGIN = re.compile(r"[\s+]")


class LogKeyUnreadable(RuntimeError):
    """A log's key can't be read; the message says which and what would help."""


def origin_of(stream: str) -> str:
    """The name that a stream's checkpoints carry: CHECKPOINT_ORIGIN without its scheme, and the stream."""
    base = settings.CHECKPOINT_ORIGIN.partition("://")[2] or settings.CHECKPOINT_ORIGIN
    return _NOT_IN_ORIGIN.sub("-", f"{base.strip('/')}/{stream}")


def file_name(stream: str) -> str:
    """The stream as files and folders are named after it: ``org-<uuid>`` or ``system``."""
    return stream.replace(":", "-")


def signers_of(stream: str) -> tuple[Signer, Signer]:
    """The two that sign a stream's checkpoints: the plain one, and the one that states the time. Made on first use.

    Raises LogKeyUnreadable.
    """
    configured = settings.CHECKPOINT_KEY_FILE
    path = Path(configured) if configured else _path(stream)
    if not configured and not path.exists():
        _write(stream, path, replace=False)
    try:
        stat = path.stat()
    except OSError as error:
        raise LogKeyUnreadable(f"The key of the log can't be read from {path}: {error.strerror}") from None
    signers = _signers(stream, origin_of(stream), path, not configured, (stat.st_ino, stat.st_mtime_ns, settings.SECRET_KEY))
    _remember(stream, [signer.verifier for signer in signers])
    return signers


def verifiers_of(stream: str) -> list[Verifier]:
    """Every key that a stream's checkpoints were ever signed with by this service; none where none was. Makes no key.

    Raises LogKeyUnreadable for a list of keys that was damaged.
    """
    try:
        return [note.verifier(line) for line in _list(stream).read_text("utf-8").split()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise LogKeyUnreadable(f"The list of the log's public keys {_list(stream)} can't be read: {error}") from None


def rotate(stream: str, *, actor: str = "system") -> tuple[Verifier, Verifier]:
    """Make a new key for a stream, record that, and return the former plain key and the new one.

    Checkpoints signed by the former stay verifiable. ``actor``: who does it, a person's reference or ``system``. Call it outside a transaction.
    Raises LogKeyUnreadable, also where CHECKPOINT_KEY_FILE names the key: put another file there instead.
    """
    if settings.CHECKPOINT_KEY_FILE:
        raise LogKeyUnreadable("The log's key is given by CHECKPOINT_KEY_FILE: put another key there; the former public key is kept here.")
    former, _ = signers_of(stream)
    _write(stream, _path(stream), replace=True)
    current, _ = signers_of(stream)
    change = {"from": former.verifier.key_id.hex(), "to": current.verifier.key_id.hex()}
    with transaction.atomic():
        record(
            stream=stream,
            action="audit.log_key_rotated",
            actor=actor,
            object_type="log",
            object_id=stream,
            changes={"key": change, "public": current.verifier.text},
        )
    return former.verifier, current.verifier


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "log-keys"


def _path(stream: str) -> Path:
    return _folder() / f"{file_name(stream)}.pem"


def _list(stream: str) -> Path:
    return _folder() / f"{file_name(stream)}.vkeys"


@lru_cache(maxsize=256)
def _signers(stream: str, origin: str, path: Path, sealed: bool, version: tuple[int, int, str]) -> tuple[Signer, Signer]:
    """``version``: which state of the file it is; another one is read anew, so that a rotation reaches every process."""
    key = _read(stream, path, sealed)
    return Signer(origin, PLAIN, key), Signer(origin, TIMED, _time_key(key, origin))


def _time_key(key: Ed25519PrivateKey, origin: str) -> Ed25519PrivateKey:
    """A key of its own for the signatures that state a time, as signed-note and tlog-cosignature ask for: derived, so that there is one to keep."""
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"countersign/log-time/{origin}".encode())
    return Ed25519PrivateKey.from_private_bytes(derive.derive(key.private_bytes_raw()))


def _read(stream: str, path: Path, sealed: bool) -> Ed25519PrivateKey:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LogKeyUnreadable(f"The key of the log can't be read from {path}: {error.strerror}") from None
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    for password in [_passphrase(secret, stream) for secret in secrets] if sealed else [None]:
        with suppress(ValueError, TypeError):
            key = load_pem_private_key(data, password)
            if isinstance(key, Ed25519PrivateKey):
                return key
    if sealed:
        raise LogKeyUnreadable(
            f"The key of the log {stream} ({path}) can't be opened: SECRET_KEY isn't the one it was made under. Add the former one to "
            "SECRET_KEY_FALLBACKS."
        )
    raise LogKeyUnreadable(f"{path}, which CHECKPOINT_KEY_FILE names, holds no Ed25519 private key in PEM without a password.")


def _passphrase(secret: str | bytes, stream: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"countersign/log-key/{stream}".encode())
    return base64.urlsafe_b64encode(derive.derive(force_bytes(secret)))


def _write(stream: str, path: Path, *, replace: bool) -> None:
    """Write a new key. Where two processes make the first one at once, one of them wins and the other's is thrown away unused."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    encryption = BestAvailableEncryption(_passphrase(settings.SECRET_KEY, stream))
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(draft, path)
        else:
            with suppress(FileExistsError):
                os.link(draft, path)  # refuses to replace what is there, and never shows half a file
    finally:
        draft.unlink(missing_ok=True)


def _remember(stream: str, verifiers: list[Verifier]) -> None:
    """Keep public keys for good. Lines are appended whole, so two processes at once at most write one twice."""
    known = verifiers_of(stream)
    lines = "".join(f"{verifier.text}\n" for verifier in verifiers if verifier not in known)
    if not lines:
        return
    path = _list(stream)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as file:
        file.write(lines.encode())
        os.fsync(file.fileno())

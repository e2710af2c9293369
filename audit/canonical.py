"""The one way in which records become bytes: JSON in the canonical form of RFC 8785. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import rfc8785

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """A value that a canonical record can't hold; the message names where it stands."""


def canonical_bytes(obj: Any) -> bytes:
    """Return the RFC 8785 bytes of ``obj``.

    ``obj`` is made of mappings with text keys, lists or tuples, text, integers of at most 2**53 - 1 either way,
    booleans and None. Floats are refused although the standard allows them: a record states numbers as text or
    integers, so that nobody's printing of a float decides its hash.

    Raises NotCanonical, naming the path of the first value that doesn't fit, such as ``$.options[2].score``.
    """
    # With ASCII keys and no floats Python's own encoder, in C, writes the same bytes several times as fast; a test holds it against rfc8785.
    if _ordinary(obj):
        try:
            return json.dumps(obj, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            pass  # the check below says where
    _check(obj, "$")
    return rfc8785.dumps(obj)


def _ordinary(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    if kind is dict:
        return all(type(key) is str and key.isascii() and _ordinary(item) for key, item in value.items())
    return (kind is list or kind is tuple) and all(map(_ordinary, value))


def sha256_hex(data: bytes) -> str:
    """Return the digest of ``data`` as records write it: ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _check(value: Any, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"{path}: {value} is larger than 2**53 - 1; write it as text")
    elif isinstance(value, float):
        raise NotCanonical(f"{path}: {value!r} is a float; write numbers as text or as integers")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{path}: the key {key!r} is a {type(key).__name__}; keys are text")
            _check_text(key, path)
            _check(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            _check(item, f"{path}[{position}]")
    else:
        raise NotCanonical(
            f"{path}: a {type(value).__name__} has no canonical form; use text, integers, booleans, None, lists and mappings"
        )


def _check_text(value: str, path: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{path}: the text holds half of a surrogate pair and is no valid Unicode") from None

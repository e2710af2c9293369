import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import NotCanonical, canonical_bytes, sha256_hex

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


def test_keys_are_sorted_by_utf16_and_nothing_is_escaped_needlessly():
    # U+10000 is stored in UTF-16 as D800 DC00, so it sorts before U+FB33: RFC 8785, 3.2.3.
    assert canonical_bytes({"\ufb33": 1, "\U00010000": [True, None], "a": "é\n"}).decode() == (
        '{"a":"é\\n","\U00010000":[true,null],"\ufb33":1}'
    )


@given(values)
def test_reads_back_as_what_was_written(value):
    assert json.loads(canonical_bytes(value)) == value


@given(values)
def test_the_bytes_are_those_of_the_standard(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(st.dictionaries(texts, values))
def test_the_order_of_keys_does_not_count(value):
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"options": [{"score": 1}, {"score": 0.5}]}, r"^\$\.options\[1\]\.score: 0\.5 is a float"),
        ({"cost": Decimal("1.5")}, r"^\$\.cost: a Decimal has no canonical form"),
        ({"n": 2**53}, r"^\$\.n: 9007199254740992 is larger"),
        ({"a": {1: "x"}}, r"^\$\.a: the key 1 is a int"),
        (["\ud800"], r"^\$\[0\]: the text holds half of a surrogate pair"),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(value, message):
    with pytest.raises(NotCanonical, match=message):
        canonical_bytes(value)


def test_digest_names_its_algorithm():
    assert sha256_hex(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

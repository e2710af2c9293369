"""The tree against published vectors, and proofs against tampering."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle

# The eight leaves, roots and proofs that Certificate Transparency's implementations test with (RFC 6962).
DATA = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
LEAVES = [merkle.leaf_hash(data) for data in DATA]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

sizes = st.integers(min_value=1, max_value=70)


def leaves_of(size):
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_root_is_the_published_one(size):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proof_is_the_published_one(index, size):
    proof = merkle.inclusion_proof(LEAVES[:size], index)
    assert [step.hex() for step in proof] == INCLUSION[index, size]
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_proof_is_the_published_one(first, second):
    proof = merkle.consistency_proof(LEAVES[:second], first)
    assert [step.hex() for step in proof] == CONSISTENCY[first, second]
    assert merkle.verify_consistency(first, second, bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second]), proof)


@given(sizes)
def test_appending_to_the_frontier_gives_the_root_of_the_definition(size):
    def by_definition(leaves):
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return merkle.node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))

    frontier = ()
    for index, leaf in enumerate(leaves_of(size)):
        frontier = merkle.frontier_append(frontier, index, leaf)
    assert merkle.frontier_root(frontier) == by_definition(leaves_of(size))
    ranges = merkle.frontier_ranges(size)
    assert [merkle.root(leaves_of(size)[start:end]) for start, end in ranges] == list(frontier)


@given(st.data(), sizes)
def test_every_inclusion_proof_verifies_and_any_change_breaks_it(data, size):
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = merkle.root(leaves), merkle.inclusion_proof(leaves, index)
    assert merkle.verify_inclusion(leaves[index], index, size, proof, root)

    flipped = flip(data, leaves[index])
    assert not merkle.verify_inclusion(flipped, index, size, proof, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, proof, flip(data, root))
    assert not merkle.verify_inclusion(leaves[index], index, size, [*proof, root], root)
    assert not merkle.verify_inclusion(leaves[index], size, size, proof, root)
    if size > 1:
        other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
        assert not merkle.verify_inclusion(leaves[index], other, size, proof, root)
        assert not merkle.verify_inclusion(leaves[index], index, size, proof[:-1], root)
        step = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:step], flip(data, proof[step]), *proof[step + 1 :]]
        assert not merkle.verify_inclusion(leaves[index], index, size, changed, root)


@given(st.data(), sizes)
def test_every_consistency_proof_verifies_and_any_change_breaks_it(data, size):
    leaves = leaves_of(size)
    first = data.draw(st.integers(0, size))
    old, new = merkle.root(leaves[:first]), merkle.root(leaves)
    proof = merkle.consistency_proof(leaves, first)
    assert merkle.verify_consistency(first, size, old, new, proof)

    assert not merkle.verify_consistency(first, size, flip(data, old), new, proof)
    assert not merkle.verify_consistency(first, size, old, new, [*proof, new])
    assert not merkle.verify_consistency(size + 1, size, old, new, proof)
    if first:
        assert not merkle.verify_consistency(first, size, old, flip(data, new), proof)
    if proof:
        step = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:step], flip(data, proof[step]), *proof[step + 1 :]]
        assert not merkle.verify_consistency(first, size, old, new, changed)
        assert not merkle.verify_consistency(first, size, old, new, proof[:-1])


@given(st.data(), sizes)
def test_a_rewritten_prefix_has_no_consistency_proof(data, size):
    first = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    rewritten = list(leaves)
    rewritten[data.draw(st.integers(0, first - 1))] = merkle.leaf_hash(b"rewritten")
    proof = merkle.consistency_proof(rewritten, first)
    assert not merkle.verify_consistency(first, size, merkle.root(leaves[:first]), merkle.root(rewritten), proof)


def test_a_proof_outside_the_tree_is_refused():
    with pytest.raises(ValueError, match="no leaf 8 in a tree of 8"):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(ValueError, match="no earlier size 9"):
        merkle.consistency_proof(LEAVES, 9)
    with pytest.raises(ValueError, match="a frontier of 3 leaves has 2 hashes, not 1"):
        merkle.frontier_append([LEAVES[0]], 3, LEAVES[1])


def flip(data, hashed):
    bit = data.draw(st.integers(0, 8 * len(hashed) - 1))
    return (int.from_bytes(hashed, "big") ^ 1 << bit).to_bytes(len(hashed), "big")


@given(sizes, st.data())
def test_many_ranges_in_one_pass_give_the_same_proofs(size, data):
    leaves = leaves_of(size)
    indexes = data.draw(st.lists(st.integers(0, size - 1), max_size=5))
    first = data.draw(st.integers(0, size))
    wanted = [merkle.inclusion_ranges(index, size) for index in indexes] + [merkle.consistency_ranges(first, size), [(0, first), (0, size)]]
    roots = iter(merkle.subtree_roots(iter(leaves), [one for group in wanted for one in group]))
    found = [[next(roots) for _ in group] for group in wanted]
    assert found[:-2] == [merkle.inclusion_proof(leaves, index) for index in indexes]
    assert found[-2] == merkle.consistency_proof(leaves, first)
    assert found[-1] == [merkle.root(leaves[:first]), merkle.root(leaves)]


@pytest.mark.parametrize(("ranges", "says"), [([(1, 3)], "no subtree"), ([(0, 9)], "end before 9")])
def test_a_range_that_can_not_be_is_refused(ranges, says):
    with pytest.raises(ValueError, match=says):
        merkle.subtree_roots(LEAVES, ranges)

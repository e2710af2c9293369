"""The Merkle tree of RFC 6962, section 2.1: roots, proofs and their verification. Pure.

Hashes are 32 raw bytes of SHA-256. Functions that take ``leaves`` want leaf hashes, not the data behind them. A
*frontier* holds the roots of the complete subtrees from left to right, the largest first: as many as the size has
bits set; it is all that appending needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """Hash one entry: SHA-256 of 0x00 and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent: SHA-256 of 0x01, left, right."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over all leaf hashes; of no leaves it is the SHA-256 of nothing."""
    peaks: list[bytes] = []
    extend(peaks, 0, leaves)
    return frontier_root(peaks)


def extend(frontier: list[bytes], size: int, leaves: Iterable[bytes]) -> int:
    """Append many leaf hashes to the frontier of ``size`` leaves, in place, and return the new size.

    The loop that a verification spends its time in: one hash a leaf on average and little else.
    """
    sha256, push, pop = hashlib.sha256, frontier.append, frontier.pop
    for leaf in leaves:
        carried, rest = leaf, size
        while rest & 1:  # equal subtrees merge, as a carry does in binary addition
            carried = sha256(b"\x01" + pop() + carried).digest()
            rest >>= 1
        push(carried)
        size += 1
    return size


def frontier_append(frontier: Sequence[bytes], size: int, leaf: bytes) -> tuple[bytes, ...]:
    """Return the frontier of size + 1 leaves, given the one of ``size`` leaves: one hash an append on average,
    log2(size) at most.

    Raises ValueError when the frontier can't be one of that size.
    """
    if len(frontier) != size.bit_count():
        raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes, not {len(frontier)}")
    peaks = list(frontier)
    extend(peaks, size, [leaf])
    return tuple(peaks)


def frontier_root(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree that a frontier stands for."""
    if not frontier:
        return EMPTY_ROOT
    *peaks, result = frontier
    for peak in reversed(peaks):
        result = node_hash(peak, result)
    return result


def frontier_ranges(size: int) -> list[tuple[int, int]]:
    """Return, for each hash of the frontier of ``size`` leaves, the first index it covers and the one after the last."""
    ranges, start = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            ranges.append((start, start + (1 << bit)))
            start += 1 << bit
    return ranges


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` (from 0) in the tree over ``leaves``, from the leaf's sibling up (RFC 6962, 2.1.1).

    Raises ValueError for an index outside the tree.
    """
    return [root(leaves[start:end]) for start, end in inclusion_ranges(index, len(leaves))]


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return, for each hash of a leaf's audit path, the leaves it is the root of: the first, and the one after the last.

    Raises ValueError for an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:  # from the root down to the leaf
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Return the proof that the tree over the first ``first`` leaves is a prefix of the tree over all of them (RFC 6962, 2.1.2).

    Nothing needs to be proved of the empty and of the whole tree: their proofs are empty. Raises ValueError when
    ``first`` is out of range.
    """
    return [root(leaves[start:end]) for start, end in consistency_ranges(first, len(leaves))]


def consistency_ranges(first: int, size: int) -> list[tuple[int, int]]:
    """Return, for each hash of that proof, the leaves it is the root of. Raises ValueError when ``first`` is out of range."""
    if not 0 <= first <= size:
        raise ValueError(f"a tree of {size} leaves has no earlier size {first}")
    if first in (0, size):
        return []
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end != first:  # towards the subtree that the old tree ends with
        middle = start + _split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # the old tree is no subtree of the new one, so what it ends with must be told
        ranges.append((start, end))
    return ranges[::-1]


def subtree_roots(leaves: Iterable[bytes], ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """Return the root over each range of leaves (first, one after the last) as ``inclusion_ranges`` and the like name them, in their order.

    Reads the leaves' hashes once and computes each node once, however many ranges there are; keeps what was asked for and nothing else. Raises
    ValueError for a range that is no subtree of any RFC 6962 tree, or that the leaves don't reach.
    """
    pieces = {one: _perfect(*one) for one in ranges}
    wanted = {piece for parts in pieces.values() for piece in parts}
    found: dict[tuple[int, int], bytes] = {}
    stack: list[tuple[int, int, bytes]] = []
    for index, leaf in enumerate(leaves):
        start, end, node = index, index + 1, leaf
        if (start, end) in wanted:
            found[start, end] = node
        while stack and stack[-1][1] - stack[-1][0] == end - start:
            start, _, left = stack.pop()
            node = node_hash(left, node)
            if (start, end) in wanted:
                found[start, end] = node
        stack.append((start, end, node))
    roots = []
    for one in ranges:
        if missing := [piece for piece in pieces[one] if piece not in found]:
            raise ValueError(f"the leaves end before {missing[0][1]}")
        hashes = [found[piece] for piece in pieces[one]]
        whole = hashes.pop() if hashes else EMPTY_ROOT
        while hashes:
            whole = node_hash(hashes.pop(), whole)
        roots.append(whole)
    return roots


def _perfect(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that a range consists of, from the largest on."""
    parts = []
    while start < end:
        step = 1 << ((end - start).bit_length() - 1)
        if start % step:
            raise ValueError(f"leaves {start} to {end} are no subtree")
        parts.append((start, start + step))
        start += step
    return parts


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Tell whether ``leaf`` is entry ``index`` of the tree of ``size`` leaves with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and result == root_hash


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the tree of ``second`` leaves begins with the tree of ``first`` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if first == second:
        return not proof and first_root == second_root
    path = list(proof)
    if first & (first - 1) == 0:  # a complete subtree is its own first step
        path.insert(0, first_root)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1

"""Where the labels of marked points go in a chart of lines: beside their points, and off the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]  # in pixels, from the upper left

LETTER, HEIGHT = 6.6, 10.0  # what a letter of a label takes, and its line
CLEAR = 1.5  # what stays free around a label
MARKER = 6.5  # what a marked point takes to each side
STEP = 3.0  # a line is looked at every so many pixels
DOWN = (14, 16, 18, 22, 28, 36, 46, 58)
ASIDE = (0.0, 0.25, 0.5, 0.75, 1.0, 1.3)  # of half the label's width


def beside(marked: Sequence[tuple[Point, str]], lines: Sequence[Sequence[Point]], width: float, height: float) -> list[tuple[int, int]]:
    """How far the middle of each label stands from its point, to the right and down, in pixels: as near as can be where neither a line, a marked
    point nor a label before it lies under it, all within the frame; where no place is free, where the least lies under it."""
    drawn = [place for line in lines for place in _along(line)]
    points = [point for point, _ in marked]
    taken: list[tuple[float, float, float, float]] = []
    found: list[tuple[int, int]] = []
    for (x, y), text in marked:
        half = len(text) * LETTER / 2
        best: tuple[float, tuple[int, int], tuple[float, float, float, float]] | None = None
        for right, down in _candidates(half):
            left, upper = x + right - half - CLEAR, y + down - HEIGHT / 2 - CLEAR
            box = (left, upper, left + 2 * (half + CLEAR), upper + HEIGHT + 2 * CLEAR)
            if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height:
                continue
            under = sum(1 for px, py in drawn if box[0] <= px <= box[2] and box[1] <= py <= box[3])
            under += 100 * sum(
                1 for px, py in points if box[0] - MARKER <= px <= box[2] + MARKER and box[1] - MARKER <= py <= box[3] + MARKER
            )
            under += 100 * sum(1 for other in taken if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3])
            if best is None or under < best[0]:
                best = (under, (right, down), box)
            if not under:
                break
        if best is not None:
            taken.append(best[2])
        found.append(best[1] if best is not None else (0, -DOWN[0]))
    return found


def _candidates(half: float) -> list[tuple[int, int]]:
    """The nearest first, above before below."""
    places = [(round(side * share * half), way * down) for down in DOWN for share in ASIDE for way in (-1, 1) for side in (-1, 1)]
    return sorted(places, key=lambda place: max(0.0, abs(place[0]) - half / 2) + abs(place[1]))


def _along(line: Sequence[Point]) -> Iterator[Point]:
    """Points along a line of straight pieces, close enough that no label fits between two of them."""
    for (x, y), (to_x, to_y) in pairwise(line):
        pieces = max(1, int(max(abs(to_x - x), abs(to_y - y)) / STEP))
        for piece in range(pieces + 1):
            yield x + (to_x - x) * piece / pieces, y + (to_y - y) * piece / pieces

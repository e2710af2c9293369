"""Labels of marked points in a chart of lines."""

import random
from itertools import pairwise

import pytest

from assessments.charts.labels import CLEAR, HEIGHT, LETTER, beside

WIDTH, TALL = 520, 300


def boxes(marked, places):
    for ((x, y), text), (right, down) in zip(marked, places, strict=True):
        half = len(text) * LETTER / 2
        yield x + right - half, y + down - HEIGHT / 2, x + right + half, y + down + HEIGHT / 2


def crossed(box, line):
    """Whether a line of straight pieces runs through a box, looked at closely."""
    for (x, y), (to_x, to_y) in pairwise(line):
        for step in range(2001):
            px, py = x + (to_x - x) * step / 2000, y + (to_y - y) * step / 2000
            if box[0] < px < box[2] and box[1] < py < box[3]:
                return True
    return False


def crossings(slopes):
    """Straight lines over the whole width, and where each two meet within the frame."""
    lines = [[(0.0, start), (float(WIDTH), end)] for start, end in slopes]
    marked = []
    for number, (a, b) in enumerate(slopes):
        for c, d in slopes[number + 1 :]:
            share = (c - a) / ((b - a) - (d - c)) if (b - a) != (d - c) else -1
            if 0.02 < share < 0.98:
                marked.append(((share * WIDTH, a + (b - a) * share), "18.6 billion"))
    return lines, marked


def test_a_label_stands_off_the_lines_near_its_point():
    lines, marked = crossings([(260.0, 35.0), (240.0, 10.0), (250.0, 180.0), (203.0, 199.0)])
    assert len(marked) > 2
    lines.append([(260.0, 0.0), (260.0, float(TALL))])
    places = beside(marked, lines, WIDTH, TALL)
    for box in boxes(marked, places):
        assert not any(crossed(box, line) for line in lines), box
    assert all(abs(right) <= 60 and abs(down) <= 58 for right, down in places)


def test_labels_stay_in_the_frame_and_off_each_other():
    marked = [((2.0, 2.0), "4.7 billion"), ((10.0, 6.0), "5.2 billion"), ((518.0, 298.0), "49.6 billion")]
    found = list(boxes(marked, beside(marked, [], WIDTH, TALL)))
    for box in found:
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= WIDTH
        assert box[3] <= TALL
    first, second = found[:2]
    assert first[2] <= second[0] or second[2] <= first[0] or first[3] <= second[1] or second[3] <= first[1]


def test_where_no_place_is_free_the_least_is_covered():
    hatched = [[(0.0, float(y)), (float(WIDTH), float(y))] for y in range(0, TALL, 8)]
    (place,) = beside([((260.0, 150.0), "1.0 billion")], hatched, WIDTH, TALL)
    assert place == beside([((260.0, 150.0), "1.0 billion")], hatched, WIDTH, TALL)[0]
    assert place != (0, 0)


@pytest.mark.parametrize("seed", range(8))
def test_lines_as_they_come_are_seldom_touched(seed):
    """Of random crossings nearly every label finds a free place; one that doesn't is still drawn."""
    rng = random.Random(seed)
    lines, marked = crossings([(rng.uniform(60, 290), rng.uniform(10, 250)) for _ in range(4)])
    touched = sum(any(crossed(box, line) for line in lines) for box in boxes(marked, beside(marked, lines, WIDTH, TALL)))
    assert touched <= 1
    assert CLEAR > 0

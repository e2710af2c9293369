"""How charts read on a dark page: the style sheet turns their colours, and whatever stands on them still reads."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from assessments.charts.drawing import DARK, FAINT, INK, INSIDE, PALETTE, ink_on
from assessments.charts.holdings import BANDS, SHADES
from assessments.charts.residual import DARK_UNTIL, FULL, NOTHING, strength
from assessments.charts.robustness import shade
from assessments.models import Severity

CSS = Path(__file__).parents[2] / "static" / "css"
DARK_TOKENS = dict(
    re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", (CSS / "app.css").read_text().split('[data-bs-theme="dark"] {')[1].split("}")[0])
)
Colour = tuple[float, ...]


def by_night() -> dict[str, str]:
    """What the style sheet paints instead of each fill."""
    sheet = (CSS / "result.css").read_text()
    rules = re.findall(r'\[data-bs-theme="dark"\] \.chart-frame ([^{]*)\{ fill: ([^;]+); \}', sheet)
    return {
        fill: DARK_TOKENS[painted[4:-1]] if painted.startswith("var(") else painted
        for selector, painted in rules
        for fill in re.findall(r'fill="(#[0-9a-fA-F]{6})"', selector)
    }


def rgb(colour: str) -> Colour:
    return tuple(int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))


def over(colour: Colour, share: float, ground: Colour) -> Colour:
    return tuple(c * share + g * (1 - share) for c, g in zip(colour, ground, strict=True))


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG 2.2 defines it."""
    light = [
        sum(
            k * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for k, v in zip((0.2126, 0.7152, 0.0722), colour, strict=True)
        )
        for colour in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


def painted(colour: str) -> Colour:
    return rgb(by_night().get(colour, colour))


SURFACE = rgb(DARK_TOKENS["--cs-surface"])


@pytest.mark.parametrize("ink", [INK, FAINT])
def test_text_beside_marks_is_light(ink: str) -> None:
    assert contrast(painted(ink), SURFACE) >= 4.5
    for _level, band in BANDS:
        assert contrast(painted(ink), painted(band)) >= 4.5


@pytest.mark.parametrize("colour", sorted({*PALETTE, FULL, "#a3261f"}))
def test_a_mark_stands_out_from_the_page(colour: str) -> None:
    assert contrast(painted(colour), SURFACE) >= 3


@pytest.mark.parametrize("colour", sorted(DARK))
def test_white_reads_on_every_hue_that_carries_it(colour: str) -> None:
    assert contrast(painted(colour), rgb("#ffffff")) >= 4.5


def test_dark_text_on_a_colour_stays_dark_and_is_read_there() -> None:
    assert INSIDE not in by_night()
    pale = [colour for colour in PALETTE if ink_on(colour) == INSIDE] + [shade(n, 6) for n in range(1, 6)]
    pale += [colour for colour, ink in SHADES.values() if ink == INSIDE]
    for colour in pale:
        assert contrast(painted(colour), rgb(INSIDE)) >= 4


def test_every_cell_of_the_heat_map_is_read_by_day_and_by_night() -> None:
    day, night = rgb("#ffffff"), SURFACE
    assert contrast(painted(INK), painted(NOTHING)) >= 4.5
    parts = [place / (len(Severity) - 1) for place in range(len(Severity))]
    for part in parts:
        white = part > DARK_UNTIL
        assert contrast(rgb("#ffffff" if white else INK), over(rgb(FULL), strength(part), day)) >= 4.5
        assert contrast(rgb("#ffffff") if white else painted(INK), over(painted(FULL), strength(part), night)) >= 4.5
    for ground, full in ((day, rgb(FULL)), (night, painted(FULL))):
        for lesser, graver in pairwise(over(full, strength(part), ground) for part in parts):
            assert contrast(lesser, graver) >= 1.2

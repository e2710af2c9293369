"""Figures as people type them, and conditions taken apart to be said in words."""

from decimal import Decimal

import pytest

from compliance.views.typed import decimal
from compliance.wording import Asks, Group, Unreadable, reading


class TestTyped:
    @pytest.mark.parametrize(
        ("text", "figure"),
        [
            ("1e22", "1E+22"), ("3.3e24", "3.3E+24"), ("1,000,000", "1000000"), ("1 000 000", "1000000"), ("1,000.5", "1000.5"), ("99,9", "99.9"),
            ("0,001", "0.001"), ("10^23", "1E+23"), ("3.3 × 10^24", "3.3E+24"), ("3.3x10^24", "3.3E+24"), (" .5 ", "0.5"), ("-2", "-2"),
        ],
    )  # fmt: skip
    def test_figures_as_people_write_them(self, text, figure):
        assert decimal(text) == Decimal(figure)

    @pytest.mark.parametrize("text", ["", "twelve", "1e", "1.2.3", "1,00,000", "inf", "0x10", "1e99999", "9" * 61, "٣", "10^^3", "x10^3"])
    def test_nonsense_is_refused(self, text):
        with pytest.raises(ValueError):
            decimal(text)


class TestWording:
    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            ('a == "x"', Asks("a", "is", ("x",))),
            ('!(a == "x")', Asks("a", "is_not", ("x",))),
            ('a in ["x", "y"]', Asks("a", "is", ("x", "y"))),
            ('"x" in a || "y" in a', Asks("a", "includes", ("x", "y"))),
            ('!("x" in a || "y" in a)', Asks("a", "excludes", ("x", "y"))),
            ("size(a) > 0", Asks("a", "some")),
            ("!(size(a) == 0)", Asks("a", "some")),
            ('a != ["x"]', Asks("a", "not_exactly", ("x",))),
            ("true", Group("all", ())),
            (
                'a == "x" && (b == "y" || c == "z")',
                Group("all", (Asks("a", "is", ("x",)), Group("any", (Asks("b", "is", ("y",)), Asks("c", "is", ("z",)))))),
            ),
            ('!(a == "x" && b == "y")', Group("any", (Asks("a", "is_not", ("x",)), Asks("b", "is_not", ("y",))))),
        ],
    )  # fmt: skip
    def test_conditions_are_taken_apart(self, condition, said):
        assert reading(condition) == said

    @pytest.mark.parametrize("condition", ["a", "a ==", 'a == "x" &&', "size(a) > 3", "a + b", '(a == "x"', 'a.b == "x"'])
    def test_what_is_not_read_is_refused(self, condition):
        with pytest.raises(Unreadable):
            reading(condition)

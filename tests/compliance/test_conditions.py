import pytest

from compliance.catalogue.conditions import needed, possible, truth

DOMAINS = {
    "a": ("choice", ("yes", "no")),
    "b": ("choices", ("p", "q", "r")),
    "c": ("choice", ("x", "y", "z")),
}


@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ('a == "yes"', {"a": "yes"}, True),
        ('a == "yes"', {"a": "no"}, False),
        ('a == "yes"', {}, None),
        ('a == "yes" && "p" in b', {"a": "no"}, False),
        ('"p" in b && a == "yes"', {"a": "no"}, False),
        ('a == "yes" || "p" in b', {"a": "yes"}, True),
        ('"p" in b || a == "yes"', {"a": "yes"}, True),
        ('!("p" in b)', {}, None),
        ('"p" in b', {"b": []}, False),
        ("size(b) > 0", {"b": ["q"]}, True),
        ("true", {}, True),
    ],
)
def test_a_missing_answer_is_unknown_and_never_false(expression, variables, expected):
    assert truth(expression, variables) is expected


def test_a_type_error_is_an_error_and_not_unknown():
    with pytest.raises(ValueError, match="condition"):
        truth('a > 3 && "x" in a', {"a": "yes"})


def test_what_an_unknown_outcome_hangs_on():
    expression = 'a == "yes" && ("p" in b || c == "x")'
    assert needed(expression, {"a": "yes"}, DOMAINS) == {"b", "c"}
    assert needed(expression, {"a": "yes", "c": "y"}, DOMAINS) == {"b"}
    assert needed(expression, {"c": "x"}, DOMAINS) == {"a"}


def test_what_answers_can_reach():
    assert possible('a == "yes"', DOMAINS) == {True, False}
    assert possible('a == "yes" && a == "no"', DOMAINS) == {False}
    assert possible('"p" in b && "q" in b', DOMAINS) == {True, False}

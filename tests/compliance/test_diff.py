from dataclasses import replace
from decimal import Decimal

import pytest

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.diff import diff
from compliance.catalogue.model import Choice
from compliance.releases import by_name
from tests.compliance.small import obligation, question, rule, small


def brief(old, new):
    return [(c.kind, c.part, c.id) for c in diff(old, new)]


def test_nothing_changed():
    assert diff(small(), small()) == ()


def test_what_was_added_changed_and_removed_is_told_field_by_field():
    old = small(question("a"), question("b"), rules=(rule("r", 'a == "yes"'),), obligations=(obligation("o"),))
    reworded = question("a", choices=(Choice("yes", "Certainly"), Choice("no", "No")))
    new = replace(small(reworded, question("c"), rules=(rule("r", 'a == "no"'),), obligations=(obligation("o"),)), version=2)
    assert brief(old, new) == [
        ("changed", "question", "a"), ("added", "question", "c"), ("changed", "rule", "r"), ("removed", "question", "b"),
    ]  # fmt: skip
    changed = diff(old, new)
    assert list(changed[0].fields) == ["choices"]
    assert changed[2].fields == {"when": ('a == "yes"', 'a == "no"')}


def test_a_moved_question_and_a_changed_weight():
    old = small(
        question("a", criterion="worth", weight=Decimal(1), choices=(Choice("yes", "Yes", Decimal(1)), Choice("no", "No", Decimal(0))))
    )
    new = small(
        question("a", criterion="worth", weight=Decimal(2), choices=(Choice("yes", "Yes", Decimal(1)), Choice("no", "No", Decimal(0))))
    )
    (change,) = diff(old, new)
    assert change.fields == {"weight": ("1", "2")}


def test_the_published_releases_differ_as_their_content_does():
    first, now = by_name("open-or-closed@1"), compile_catalogue(CONTENT)
    parts = {(c.kind, c.part) for c in diff(first, now)}
    assert ("added", "question") in parts
    assert ("removed", "question") in parts, "one level for the whole gave way to eight objectives"
    assert not {c.id for c in diff(first, now) if c.kind == "removed" and c.part == "question"} - {"sovereignty.seal-level"}


@pytest.mark.parametrize("name", ["../releases/open-or-closed@1", "./open-or-closed@1", "open-or-closed@1\n", "open-or-closed", ""])
def test_a_release_is_found_by_its_name_alone_and_by_no_path(name: str) -> None:
    """Names come out of records that somebody hands in."""
    with pytest.raises(LookupError, match="no catalogue release"):
        by_name(name)

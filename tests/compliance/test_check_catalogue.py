"""Bad content stops the load and names file, line and key; the product's own content is clean."""

import shutil
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compliance import CONTENT
from compliance.catalogue.check import check
from compliance.catalogue.compile import compile_catalogue, release_bytes, release_digest
from compliance.catalogue.law import DatedChange, Proposal
from compliance.catalogue.load import ContentError, release_from_json
from compliance.catalogue.model import Source
from compliance.catalogue.reference import Price, Published, Scenario
from compliance.releases import newest
from tests.compliance.small import DAY, obligation, question, rule, small

EARLIER = DatedChange(date(2024, 1, 1), date(2025, 1, 1), "An act", ("s",))
LATER = DatedChange(date(2026, 1, 1), date(2027, 1, 1), "Another act", ("s",))


@pytest.fixture
def content(tmp_path) -> Path:
    shutil.copytree(CONTENT, tmp_path / "content")
    return tmp_path / "content"


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first ``old`` by ``new``; returns its line."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def problems(content: Path) -> list[str]:
    with pytest.raises(ContentError) as caught:
        compile_catalogue(content)
    return [str(problem) for problem in caught.value.problems]


SECTION = "questionnaires/10-service-levels/01-commitment.yaml"


def test_the_products_own_content_is_clean():
    out = StringIO()
    call_command("check_catalogue", stdout=out)
    assert "nothing wrong" in out.getvalue()


def test_the_published_release_is_what_the_content_says():
    release = compile_catalogue(CONTENT)
    published = newest()
    assert (published.key, published.version) == (release.key, release.version)
    assert release_digest(published) == release_digest(release)


def test_a_release_reads_back_as_it_was_written():
    release = compile_catalogue(CONTENT)
    assert release_from_json(release_bytes(release)) == release


def test_an_unknown_key(content):
    line = spoil(content / SECTION, "    why:", "    whyever:")
    found = problems(content)
    assert any(p.startswith(f"{SECTION}:{line}:") and "whyever: unknown key" in p for p in found), found


def test_a_missing_source(content):
    path = content / "rules" / sorted(p.name for p in (content / "rules").iterdir())[0]
    text = path.read_text()
    start = text.index("    sources:")
    path.write_text(text[:start] + text[text.index("\n", start) + 1 :])
    assert any(p.startswith(f"rules/{path.name}:") and "sources: missing" in p for p in problems(content))


def test_a_source_that_does_not_exist(content):
    line = spoil(content / SECTION, "sources: [", "sources: [nobody-wrote-this, ")
    assert any(p.startswith(f"{SECTION}:{line}:") and "no source has the id 'nobody-wrote-this'" in p for p in problems(content))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('service_levels_no_such == "x"', "is no choice question that can be read here"),
        ('sourcing == "steam_powered"', "'steam_powered' is no choice of sourcing"),
        ("sourcing ==", "not a CEL condition"),
        ('sourcing == "closed_api" && sourcing == "managed_open"', "can never be reached"),
    ],
)
def test_a_condition_that_can_not_be_read_or_reached(content, condition, message):
    path = content / SECTION
    text = path.read_text()
    at = text.rindex("\n", 0, text.index("  why:", text.index("scope: option"))) + 1
    indent = " " * (len(text[at:]) - len(text[at:].lstrip()))
    path.write_text(text[:at] + f"{indent}when: '{condition}'\n" + text[at:])
    line = text[:at].count("\n") + 1
    found = problems(content)
    assert any(p.startswith(f"{SECTION}:{line}:") and message in p for p in found), found


def test_a_choice_value_outside_nought_to_one(content):
    spoil(content / SECTION, "value: 1", "value: 7")
    assert any("outside 0 to 1" in p and p.startswith(SECTION) for p in problems(content))


def test_an_unknown_criterion(content):
    line = spoil(content / SECTION, "criterion: service-levels", "criterion: luck")
    assert any(p.startswith(f"{SECTION}:{line}:") and "no criterion has the id 'luck'" in p for p in problems(content))


def test_dead_ends_bands_and_overlapping_values(content):
    """Each spoils one thing and is told of it with file and line."""

    def spoiled(old: str, new: str, message: str, file: str = SECTION) -> None:
        text = (content / file).read_text()
        line = spoil(content / file, old, new)
        found = problems(content)
        assert any(p.startswith(f"{file}:") and abs(int(p.split(":")[1]) - line) <= 25 and message in p for p in found), found[:5]
        (content / file).write_text(text)

    spoiled("value: 0.55", "value: 0.3", "choices overlap: each is worth 0.3")
    spoiled(", value: 0.55", "", "missing: every choice of a scored question has a value")
    spoiled("criterion: service-levels\n      weight: 3", "weight: 3", "a scored question has both a criterion and a weight")
    bands = "questionnaires/50-incident-support/01-people.yaml"
    spoiled("below: 6", "below: 9", "overlaps the band before it", bands)


def test_a_dead_end_through_two_conditions():
    """Alone each condition can hold; together they can't."""
    release = small(
        question("a", scope="use_case"), question("b", scope="use_case", when='a == "yes"'),
        question("c", scope="use_case", when='b == "yes" && a == "no"'),
        rules=(rule("r", 'a == "yes" && b == "yes" && c == "yes"', scope="use_case"),),
    )  # fmt: skip
    found = found_in(release)
    assert any("the question can never be reached" in message for path, message in found if path[-2:] == (2, "when"))
    assert any("the finding can never be made" in message for path, message in found if path[0] == "rules")


def found_in(release):
    found = []
    check(release, lambda path, message: found.append((path, message)))
    return found


def test_a_circle():
    release = small(question("a", when='b == "yes"'), question("b", when='a == "yes"'))
    assert any("hangs on itself" in message for _, message in found_in(release))


def test_a_question_that_changes_nothing_not_even_through_another():
    release = small(question("a"), question("b", when='a == "yes"'), question("c"), rules=(rule("r", 'c == "yes"', "c"),))
    told = [path for path, message in found_in(release) if "changes anything" in message]
    assert [path[-1] for path in told] == [0, 1]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"obligations": (obligation("o", met_when=None),)}, "no answer shows whether the obligation is met"),
        ({"obligations": (obligation("o", shown_by=("b",)),)}, "leaves out 'a', which met_when reads"),
        ({"obligations": (obligation("o", dates=(LATER, EARLIER)),)}, "must stand in the order in which they became known"),
        ({"published": (Published("a", "perhaps", DAY, "s", "So it says."),)}, "'perhaps' is no choice of a; it has yes, no"),
        ({"published": (Published("zz", "yes", DAY, "s", "So it says."),)}, "no question has the id 'zz'"),
        ({"published": (Published("a", "yes", date(2027, 1, 1), "s", "So it says."),)}, "lies after the release's own day"),
        ({"published": (Published("a", "yes", DAY, "s", "So it says.", provider="nobody"),)}, "no provider has the id 'nobody'"),
        ({"published": (Published("a", "yes", DAY, "unread", "So it says."),)}, "no source has the id 'unread'"),
        ({"prices": (Price("model_access", "colour", Decimal(1), DAY, "s", hardware="H100"),)}, "has no field model_access.colour"),
        ({"scenarios": (Scenario("x", "Something", "It happens.", ("s",)),)}, "changes nothing"),
        (
            {"scenarios": (Scenario("x", "Something", "It happens.", ("s",), weights={"luck": Decimal(2)}),)},
            "no criterion has the id 'luck'",
        ),
        (
            {"proposals": (Proposal("p", "A bill", "COM 1", DAY, "It would.", "Pending.", DAY, ("s",), ("none",)),)},
            "no obligation has the id",
        ),
        ({"sources": (Source("s", "A source", DAY, "primary"), Source("t", "Another", DAY, "primary"))}, "nothing rests on 't'"),
    ],
)
def test_what_names_something_that_is_not_there(parts, message):
    release = small(question("a"), question("b"), rules=(rule("r", 'a == "yes" || b == "yes"'),), **parts)
    found = [text for _, text in found_in(release)]
    assert any(message in text for text in found), found


def test_a_folder_with_nothing_in_it(tmp_path):
    with pytest.raises(CommandError, match="no YAML file here"):
        call_command("check_catalogue", str(tmp_path))


def test_a_published_release_never_changes(content, tmp_path):
    into = tmp_path / "releases"
    into.mkdir()
    call_command("publish_catalogue", str(content), "--into", str(into), stdout=StringIO())
    spoil(content / SECTION, "    why: ", "    why: In other words, ")
    with pytest.raises(CommandError, match="a release never changes"):
        call_command("publish_catalogue", str(content), "--into", str(into), stdout=StringIO())

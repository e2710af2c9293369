"""Bad content stops the load and names file, line and key; the product's own content is clean."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue, release_bytes, release_digest
from compliance.catalogue.load import ContentError, release_from_json
from compliance.releases import newest


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

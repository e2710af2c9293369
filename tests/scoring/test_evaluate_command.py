"""``manage.py evaluate``."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from compliance import releases
from compliance.catalogue.index import release_bytes
from tests.scoring.conftest import release

FILE = """\
format: countersign/assessment@1
as_of: 2026-11-23
use_case:
  archetype: chatbot
  responses: {kind: inside, practice: no}
options:
  - {id: one, sourcing: closed_api, responses: {sla: full, failover: yes}}
"""


@pytest.fixture
def published(tmp_path, monkeypatch):
    """One release, published in a folder of its own."""
    (tmp_path / "open-or-closed@1.json").write_bytes(release_bytes(release(key="open-or-closed")))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    return tmp_path


def run(*arguments):
    """Exit code, standard output and standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command("evaluate", *map(str, arguments), stdout=out, stderr=err)
        code = 0
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def file(published):
    path = published / "case.yaml"
    path.write_text(FILE)
    return path


def test_it_prints_one_json_document(file):
    code, out, err = run(file)
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert data["format"] == "countersign/evaluation@1"
    assert data["catalogue"]["key"] == "open-or-closed"
    assert list(data) == [
        "format", "catalogue", "input_digest", "as_of", "currency", "ai_act", "obligations", "unanswered", "ignored", "options", "ranking",
        "break_even", "recommendation",
    ]  # fmt: skip
    assert run(file)[1] == out


def test_with_its_derivation(file):
    assert json.loads(run(file, "--trace")[1])["trace"]["name"] == "evaluation"
    assert "\nDerivation\n" in run(file, "--trace", "--format", "text")[1]


def test_as_text(file):
    code, out, _ = run(file, "--format", "text")
    assert code == 0
    assert out.startswith("Assessment\n==========\nAs of 2026-11-23, catalogue open-or-closed@1")


def test_an_outcome_can_be_made_to_fail(file):
    code, out, _ = run(file, "--fail-on", "none_admissible, leaning")
    assert code == 1
    assert json.loads(out)["recommendation"]["outcome"] == "leaning"
    assert run(file, "--fail-on", "none_admissible")[0] == 0


def test_an_outcome_that_does_not_exist(file):
    code, out, err = run(file, "--fail-on", "close")
    assert (code, out) == (2, "")
    assert err == "--fail-on: no outcome 'close'; there are clear, leaning, too_close, none_admissible\n"


def test_a_wrong_file_prints_all_mistakes_and_nothing_else(file):
    file.write_text(FILE.replace("full", "best").replace("chatbot", "robot"))
    code, out, err = run(file)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{file}:4: use_case.archetype: no archetype 'robot'; there are chatbot, documents",
        f"{file}:7: options[0].responses.sla: no choice 'best'; there are full, part, none",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, ":1: file: can't be read: No such file or directory"), (b"format: a\n\xff", ":2: file: not UTF-8 text (byte 0xff)")],
)
def test_a_file_that_is_no_text(published, content, message):
    path = published / "other.yaml"
    if content is not None:
        path.write_bytes(content)
    code, out, err = run(path)
    assert (code, out) == (2, "")
    assert f"{path}{message}" in err


def test_a_catalogue_that_is_not_published(file):
    file.write_text("catalogue: open-or-closed@7\n" + FILE)
    code, _, err = run(file)
    assert code == 2
    assert f"{file}:1: catalogue: no catalogue release 'open-or-closed@7'; published are: open-or-closed@1" in err

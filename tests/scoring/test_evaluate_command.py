"""``manage.py evaluate``."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from compliance import releases
from compliance.catalogue.index import release_bytes
from compliance.catalogue.reference import AnswerChange, Scenario
from tests.scoring.conftest import release, robustness

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
    worse = Scenario("worse", "Worse", "Nothing is promised.", ("s",), answers=(AnswerChange("sla", "none"),))
    content = release(key="open-or-closed", scenarios=(worse,), robustness=robustness())
    (tmp_path / "open-or-closed@1.json").write_bytes(release_bytes(content))
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
        "robustness", "break_even", "recommendation", "flips", "scenarios",
    ]  # fmt: skip
    assert run(file)[1] == out


def scores(*arguments):
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    return {o["id"]: o["score"] for o in json.loads(out)["options"]}


def test_under_a_scenario(file):
    data = json.loads(run(file, "--scenario", "worse")[1])
    standing = json.loads(run(file)[1])
    assert scores(file, "--scenario", "worse") == {o["id"]: o["score"] for o in standing["scenarios"][0]["options"]} != scores(file)
    assert data["input_digest"] != standing["input_digest"]


def test_with_changes(file):
    """A file that has the changes in it gives the same scores."""
    changed = scores(
        file, "--set", "one.sla=part", "--set", "kind=outside", "--set", "weights.cost=0", "--set", "one.costs.support.fte=0.5"
    )
    other = (
        FILE.replace("sla: full", "sla: part").replace("kind: inside", "kind: outside").replace("}}", "}, costs: {support: {fte: 0.5}}}")
    )
    file.write_text(other + "weights: {service: 50, control: 10, cost: 0, time: 20}\n")
    assert scores(file) == changed
    assert scores(file, "--set", "weights=even") == scores(file, "--set", "weights = even")


def test_changes_go_over_the_scenario(file):
    assert scores(file, "--scenario", "worse", "--set", "one.sla=full") == scores(file)


def test_the_number_of_draws(file):
    assert "robustness" not in json.loads(run(file, "--draws", "0")[1])
    few = json.loads(run(file, "--draws", "50")[1])
    assert few["robustness"]["samples"] == 50
    assert json.loads(run(file)[1])["robustness"]["samples"] == 10_000


@pytest.mark.parametrize("draws", ["-1", "1000001", "1e3", "many", "", "1.5"])
def test_a_number_of_draws_that_is_none(file, draws):
    code, out, err = run(file, f"--draws={draws}")
    assert (code, out) == (2, "")
    assert err == f"--draws: {draws!r} is no number of draws; write a whole number from 0 to 1000000\n"


def test_changes_that_are_wrong_come_all_at_once(file):
    wrong = (
        "volume=0",
        "weights.luck=1",
        "one.sla=best",
        "two.sla=full",
        "one.costs.support.fte=-1",
        "demand.horizon_months=1.5",
        "size=2",
    )
    code, out, err = run(file, "--scenario", "rain", *(part for change in wrong for part in ("--set", change)))
    assert (code, out) == (2, "")
    assert {line.split(":")[0] for line in err.splitlines()} == {
        "--scenario", "--set volume", "--set weights.luck", "--set one.sla", "--set two.sla", "--set one.costs.support.fte",
        "--set demand.horizon_months", "--set size",
    }  # fmt: skip
    assert "--set one.sla: no choice 'best'; there are full, part, none" in err
    assert "--scenario: no scenario 'rain'; there are worse" in err


def test_a_change_without_a_value(file):
    assert run(file, "--set", "volume") == (2, "", "--set volume: write KEY=VALUE, such as volume=2\n")


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

"""Keys of texts, the JSON Schema that editors use, and the list of sources with what rests on them."""

import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from compliance import CONTENT
from compliance.catalogue.resting import resting_on
from compliance.catalogue.schema import catalogue_schema
from compliance.catalogue.texts import texts
from compliance.catalogue.yamltree import parse
from compliance.releases import newest
from tests.compliance.small import question, small

VALIDATOR = Draft202012Validator(catalogue_schema())
FILES = sorted(CONTENT.rglob("*.yaml"))


def test_every_text_has_a_key_of_its_own_and_no_key_is_empty():
    found = list(texts(newest()))
    keys = [key for key, _ in found]
    assert len(set(keys)) == len(keys)
    assert all(text.strip() for _, text in found)
    content = dict(found)
    assert content["question.ai-act.roles.choice.deployer.text"].startswith("Deployer")
    assert content["question.ai-act.eu-nexus.why"]
    assert content["criterion.cost.title"] == "Cost"


def test_a_key_stays_when_the_text_is_reworded_and_when_the_question_moves():
    before = dict(texts(small(question("a"), question("b"))))
    after = dict(texts(small(question("b"), question("a"))))
    assert before == after


def test_the_schema_in_the_folder_is_the_one_of_the_classes():
    assert json.loads((CONTENT / "catalogue.schema.json").read_text()) == json.loads(json.dumps(catalogue_schema()))


def as_yaml_1_2(content):
    """What an editor's reader makes of the source texts: numbers and truths, while an "on" stays a word."""
    if isinstance(content, dict):
        return {key: as_yaml_1_2(value) for key, value in content.items()}
    if isinstance(content, list):
        return [as_yaml_1_2(item) for item in content]
    if content in ("true", "false"):
        return content == "true"
    if isinstance(content, str) and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", content):
        return int(content) if content.lstrip("-").isdigit() else float(content)
    return content


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(CONTENT).as_posix())
def test_every_file_fits_the_schema_and_tells_editors_where_it_is(path):
    text = path.read_text()
    content = as_yaml_1_2(parse(text).plain())
    errors = [f"{e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(content)]
    assert errors == []
    up = "../" * (len(path.relative_to(CONTENT).parts) - 1)
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={up}catalogue.schema.json"


def test_the_schema_refuses_what_the_loader_refuses():
    wrong = {"rules": [{"id": "x", "scope": "nowhere"}], "unheard-of": 1}
    messages = [e.message for e in Draft202012Validator(catalogue_schema()).iter_errors(wrong)]
    assert any("unheard-of" in m for m in messages)
    assert any("nowhere" in m for m in messages)


def test_sources_with_what_rests_on_them():
    release = newest()
    resting = resting_on(release)
    assert "question ai-act.roles" in resting["ai-act"]
    assert [id_ for id_, what in resting.items() if not what] == []


def run(*arguments):
    out = StringIO()
    call_command("sources", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_each_with_how_far_it_was_verified():
    text = run("--verified", "primary")
    assert "the primary text was read" in text
    assert "TO BE CHECKED" not in text
    data = json.loads(run("--format", "json"))
    marks = {s["verified"] for s in data["sources"]}
    assert marks == {"primary", "secondary", "computed", "to_check", "judgement"}
    assert all(s["resting"] for s in data["sources"])


def test_an_unknown_release_is_named():
    with pytest.raises(CommandError, match="no catalogue release 'open-or-closed@99'"):
        run("--catalogue", "open-or-closed@99")


def test_how_far_a_fact_was_verified_is_said_of_its_source_and_not_within_a_text():
    for key, text in texts(newest()):
        if not key.startswith(("source.", "note.")):
            assert "to be checked" not in text, key


def test_each_choice_of_one_says_by_itself_what_it_means():
    """Printed alone, an answer has no neighbours that "these" or "later" could mean."""
    for key, text in texts(newest()):
        if ".choice." in key and key.endswith(".text"):
            assert not re.match(r"(These|Those|That share|That, and|Later|Neither,|After that|From then)\b", text), (key, text)


def test_money_is_measured_in_the_demand_s_currency():
    asked = {q.id: q for of in newest().questionnaires for s in of.sections for q in s.questions}
    outage = asked["loss.outage"]
    assert outage.money
    assert outage.measured("8,000", "EUR") == "EUR 8,000"
    assert outage.measured("8,000") == "8,000 in the demand's currency"
    assert asked["capability.coding-gap"].measured("6") == "6 %"

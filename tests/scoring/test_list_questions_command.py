"""``manage.py list_questions``."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from compliance import releases
from compliance.catalogue.index import release_bytes
from tests.scoring.conftest import QUESTIONS, release


@pytest.fixture(autouse=True)
def published(tmp_path, monkeypatch):
    for version in (1, 2):
        small = release(key="open-or-closed", version=version)
        (tmp_path / f"open-or-closed@{version}.json").write_bytes(release_bytes(small))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)


def run(*arguments):
    out = StringIO()
    call_command("list_questions", *arguments, stdout=out)
    return out.getvalue()


def test_every_question_with_what_a_file_needs():
    data = json.loads(run("--format", "json"))
    found = {q["id"]: q for q in data["questions"]}
    assert list(found) == [q.id for q in QUESTIONS]
    assert data["catalogue"]["version"] == 2
    assert found["failover"] == {
        "id": "failover",
        "questionnaire": "all",
        "section": "one",
        "scope": "option",
        "type": "choice",
        "text": "Question failover?",
        "choices": [{"id": "yes", "text": "The answer yes", "value": "1"}, {"id": "no", "text": "The answer no", "value": "0"}],
        "criterion": "service",
        "weight": "1",
        "condition": 'sla != "none"',
        "not_applicable": False,
    }
    assert found["kind"]["choices"][0]["value"] is None
    assert found["uptime"]["anchors"] == {"worst": "99", "best": "99.9", "scale": "linear"}
    assert data["archetypes"] == ["chatbot", "documents"]


def test_an_older_release():
    assert json.loads(run("--catalogue", "open-or-closed@1"))["catalogue"]["version"] == 1


def test_as_text():
    page = run("--format", "text")
    assert "sla  [option, choice, service, weight 3]\n  Question sla?\n" in page
    assert "    part (0.5): The answer part\n" in page
    assert '  asked when: sla != "none"\n' in page
    assert "    a number from 0 to 100" in page


def test_a_release_that_is_not_published():
    err = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("list_questions", catalogue="open-or-closed@9", stderr=err)
    assert stop.value.code == 2
    assert err.getvalue() == "--catalogue: no catalogue release 'open-or-closed@9'; published are: open-or-closed@1, open-or-closed@2\n"

"""Import and export of the assessment file: the same facts and the same figures, and nothing half-written."""

import pytest

from assessments.errors import Refused
from assessments.evaluation import evaluate_assessment
from assessments.files import export_assessment, import_assessment
from assessments.models import Assessment, Figure, Response
from assessments.scoring.evaluate import evaluate
from assessments.scoring.file import FileErrors, read_assessment
from audit.models import AuditEvent
from compliance.releases import named
from tests.fixtures import EXAMPLE

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def load(cast, text: str) -> Assessment:
    return import_assessment(actor=cast.risk_officer, organisation=cast.organisation, text=text, name="file.yaml")


def test_an_import_gives_the_figures_of_the_file(cast):
    facts, release = read_assessment(EXAMPLE.read_text(), "x", named)
    assessment = load(cast, EXAMPLE.read_text())
    assert evaluate_assessment(assessment).as_dict(trace=True) == evaluate(release, facts).as_dict(trace=True)


def test_importing_an_export_gives_the_same_figures(cast):
    first = load(cast, EXAMPLE.read_text())
    again = load(cast, export_assessment(actor=cast.risk_officer, assessment=first))
    assert evaluate_assessment(again).as_dict() == evaluate_assessment(first).as_dict()


def test_the_trail_holds_what_came_in_and_no_free_text(cast):
    assessment = load(cast, EXAMPLE.read_text())
    events = AuditEvent.objects.filter(object_id=str(assessment.pk))
    assert [e.action for e in events] == ["assessment.created", "assessment.imported"]
    changes = events[1].changes
    assert changes["use_case"]["responses"]["ai-act.eu-nexus"]["value"] == "yes"
    assert "note" not in str(changes)


def test_evidence_is_named_with_its_digest(cast):
    text = EXAMPLE.read_text()
    digest = "ab" * 32
    line = next(line for line in text.splitlines() if "ai-act.eu-nexus:" in line)
    indent = line[: len(line) - len(line.lstrip())]
    named_evidence = f"{indent}ai-act.eu-nexus: {{value: yes, evidence: [{{file: proof.pdf, sha256: {digest}}}]}}"
    assessment = load(cast, text.replace(line, named_evidence))
    evidence = assessment.responses.get(question="ai-act.eu-nexus").evidence.get()
    assert (evidence.name, evidence.sha256, bool(evidence.file)) == ("proof.pdf", digest, False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: countersign/assessment@1", "format: countersign/assessment@1\nsurprise: 1", "surprise"),
        ("sourcing: closed_api", "sourcing: rented", "sourcing"),
        ("horizon_months: 36", "horizon_months: 0", "horizon_months"),
    ],
)
def test_a_bad_file_writes_nothing(cast, old, new, message):
    with pytest.raises(FileErrors, match=message):
        load(cast, EXAMPLE.read_text().replace(old, new, 1))
    assert not Assessment.objects.exists()


def test_what_the_database_could_not_keep_is_refused_whole(cast):
    text = EXAMPLE.read_text().replace("  peak_ratio: 4 ", "  peak_ratio: 4.0000000001 ")
    with pytest.raises(Refused, match="demand.peak_ratio has more digits"):
        load(cast, text)
    assert not (Assessment.objects.exists() or Response.objects.exists() or Figure.objects.exists())

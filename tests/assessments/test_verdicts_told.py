"""An approval under conditions is told as one: in the trail, on home, on the overview and in the mail; and how it was known who signed."""

from __future__ import annotations

from datetime import timedelta

from assessments.workflow import Asking
from audit.models import AuditEvent
from jobs.models import Job
from tests.assessments.playing import Reader, words
from tests.assessments.test_home import home
from tests.fixtures import Cast, make_submitted, sign, today


def test_under_conditions_an_approval_says_so(cast: Cast) -> None:
    case = make_submitted(cast)
    sign(cast, case, Asking("Name who is on call.", cast.risk_officer.email, today() + timedelta(days=30)))
    who, title = cast.approver.name, case.title
    told = f"{who} signed and approved {title} under 1 condition"
    event = AuditEvent.objects.get(action="assessment.approved")
    assert event.told() == told
    assert event.sentence() == f"{who} signed and approved {title}"  # what signed records hold
    assert told in " ".join(home(cast, "risk_officer").split())
    officer = Reader(cast.risk_officer, case)
    assert "Approved under 1 condition" in words(officer.get("detail"))
    assert Job.objects.get(args__kind="decision", args__person=str(cast.risk_officer.uuid)).args["context"]["conditions"] == 1


def test_without_conditions_none_are_mentioned(cast: Cast) -> None:
    case = make_submitted(cast)
    sign(cast, case)
    assert AuditEvent.objects.get(action="assessment.approved").told() == f"{cast.approver.name} signed and approved {case.title}"
    officer = Reader(cast.risk_officer, case)
    assert "under" not in words(officer.get("detail")).partition("Latest decision")[2].partition("Read the record")[0]
    assert "identity checked by password" in words(officer.get("record"))

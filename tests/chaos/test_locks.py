"""What a transaction holds when it takes the head of the trail.

Whoever writes an event holds the head until the commit, and only then checks its foreign keys, for which it locks the rows that it refers to
(FOR KEY SHARE). So nobody may hold such a row more strongly (FOR UPDATE) while waiting for the head: each would wait for the other. The run
with many reports found that between a signature and the end of a report.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Thread

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from accounts.services import membership_grant, membership_revoke
from assessments import conditions, daily, delegating, workflow
from assessments.models import Assessment, Condition
from assessments.policy import DEFAULT
from assessments.setting_policy import policy_set
from assessments.succeeding import succeed
from assessments.workflow import Asking
from audit import appending
from tests.fixtures import SIGNING, make_cast, make_submitted, more_approvers, newest, sign
from tests.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)
REFERRED_TO = (Organisation, User, Assessment)
LONGER_THAN_ANY_REVIEW = timedelta(days=800)


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tables of which a row couldn't be referred to by others whenever the head was taken; each once."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks")
    found: list[str] = []
    locked_head = appending.locked_head

    def look() -> None:
        with psycopg.connect(database_url(), autocommit=True) as other:
            for model in REFERRED_TO:
                table = model._meta.db_table
                try:
                    other.execute(f"SELECT 1 FROM {table} FOR KEY SHARE NOWAIT")
                except psycopg.errors.LockNotAvailable:
                    if table not in found:
                        found.append(table)

    def looked_at(stream: str) -> appending.Head:
        thread = Thread(target=look)
        thread.start()
        thread.join()
        return locked_head(stream)

    monkeypatch.setattr(appending, "locked_head", looked_at)
    return found


def test_nothing_that_others_refer_to_is_locked_against_them_while_the_trail_is_written(blocked: list[str]) -> None:
    cast = make_cast()
    ours = cast.organisation
    (second,) = more_approvers(cast, "second")
    seen: dict[str, list[str]] = {}

    def done(what: str) -> None:
        if blocked:
            seen[what] = list(blocked)
            blocked.clear()

    case = make_submitted(cast)
    done("import, propose, submit")
    workflow.return_(actor=second, assessment=case, digest=newest(case).digest, reason="Name the owner.", signing=SIGNING)
    done("return")
    workflow.submit(actor=cast.risk_officer, assessment=case)
    workflow.abstain(actor=second, assessment=case, digest=newest(case).digest, reason="My brother sells it.", signing=SIGNING)
    done("abstain")
    sign(cast, case, Asking("Set up a rota.", cast.contributor.email, date(2090, 1, 31)))
    done("sign")
    conditions.meet(actor=cast.contributor, condition=Condition.objects.get(), note="Done.")
    done("meet a condition")
    policy_set(
        actor=cast.administrator, organisation=ours, text=DEFAULT.read_text().replace("due_days: 10", "due_days: 9"), reason="Sooner."
    )
    done("set the policy")
    today = timezone.now().date()
    row = delegating.delegate(
        actor=cast.administrator, organisation=ours, of=second, to=cast.approver, starts_on=today, ends_on=today, reason="Leave."
    )
    delegating.end(actor=second, delegation=row)
    done("delegate")
    membership_grant(actor=cast.administrator, user=cast.auditor, organisation=ours, role="contributor")
    membership_revoke(actor=cast.administrator, membership=Membership.objects.get(user=cast.auditor, role="contributor"))
    done("grant and revoke a role")
    succeed(actor=cast.risk_officer, assessment=case)
    done("succeed")
    daily.run(today + LONGER_THAN_ANY_REVIEW)
    done("what is due")
    assert Assessment.objects.get(pk=case.pk).status == "expired"
    other = make_submitted(cast)
    workflow.withdraw(actor=cast.risk_officer, assessment=other, reason="Not needed.")
    done("withdraw")
    assert seen == {}

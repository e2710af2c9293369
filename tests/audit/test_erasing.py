"""Erasing a person: the log, its checkpoints and its proofs hold as before."""

import pytest
from django.core.management import CommandError, call_command

from audit.checkpoints import publish
from audit.keys import verifiers_of
from audit.models import AuditPrivate
from audit.proofs import check, consistency, inclusion
from audit.verify import verify_stream
from tests.audit.conftest import ANN, BOB, ORG

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_everything_still_verifies_afterwards(note, capsys):
    for number in range(5):
        note(number)
    note(5, actor=BOB, personal={"actor_name": "Bob Sample"})
    publish(ORG)
    proof = inclusion(ORG, 2)
    call_command("erase_person", ANN, by=BOB)
    assert capsys.readouterr().out == f"5 texts that name {ANN} erased; the trail shows the reference instead.\n"
    assert [private.text for private in AuditPrivate.objects.all()] == ["Bob Sample"]
    publish(ORG)
    assert verify_stream(ORG, second_place=True).problems == []
    assert inclusion(ORG, 2, proof.size) == proof
    check(consistency(ORG, 6, 7).as_dict(), verifiers_of(ORG))


@pytest.mark.parametrize(
    ("given", "message"), [((ORG,), "is no person's reference: use 'person:<uuid>'"), ((ANN, "--by", "Bob"), "'Bob' is no actor")]
)
def test_bad_references_are_named_and_nothing_is_erased(note, given, message):
    note(0)
    with pytest.raises(CommandError, match=message):
        call_command("erase_person", *given)
    assert AuditPrivate.objects.count() == 1

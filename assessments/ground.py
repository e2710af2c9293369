"""What an answer is saved on: its assessment, locked, with its options and the answers that stand, in two statements for any number of them.

They are written by hand and read without models: saving an answer is what people do all day, and building queries and rows of a thousand
answers by the ORM took ten times as long as the databases do. Both statements are plain SQL, the same on either database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.rows import columns_of, instance
from assessments.errors import WrongStatus
from assessments.evaluation import release_of
from assessments.models import Assessment, Option, Response, State
from assessments.permissions import ACTIONS, Place, Reach, reach_with, refuse
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release

# The row is changed to lock it, which saves a statement: that it was worked on is what a save says of the assessment anyway, and what is
# refused, or changes nothing, is rolled back.
_LOCK = "UPDATE assessments_assessment SET updated_at = %s WHERE id = %s AND organisation_id = %s RETURNING {columns}"
# Read after the lock is held: what somebody else changed while we waited for it counts, the person's roles among it. Note and
# number of files come for the one question alone.
_READ = """
SELECT 'response', r.id, COALESCE(option_id, 0), question, state, CAST(value AS text), basis, revision,
       CASE WHEN question = %s THEN note ELSE '' END,
       CASE WHEN question = %s THEN (SELECT COUNT(*) FROM assessments_evidence e WHERE e.response_id = r.id) ELSE 0 END,
       CASE WHEN answered_by_id = %s THEN 1 ELSE 0 END
  FROM assessments_response r WHERE assessment_id = %s AND question IN (%s{questions})
UNION ALL SELECT 'option', id, 0, key, sourcing, fallback_sourcing, name, position, '', 0, 0 FROM assessments_option WHERE assessment_id = %s
UNION ALL SELECT 'use case', 0, 0, archetype, '', '', '', 0, '', 0, 0 FROM assessments_usecase WHERE id = %s
UNION ALL SELECT 'role', 0, 0, role, '', '', '', 0, '', 0, 0 FROM accounts_membership WHERE organisation_id = %s AND user_id = %s
UNION ALL SELECT 'place', 0, 0, questionnaire, section, '', '', 0, '', 0, 0 FROM assessments_assignment WHERE assessment_id = %s AND person_id = %s
"""


@lru_cache(maxsize=256)
def _reading(questions: tuple[str, ...]) -> str:
    """The statement with these ids of the catalogue written into it, so that not each save has them quoted anew."""
    return _READ.format(questions="".join(", '" + question.replace("'", "''").replace("%", "%%") + "'" for question in questions))


class Answer(NamedTuple):
    """One answer as it stands. ``value`` in JSON, None where there is none; ``note`` and ``files``: of the question that was asked for;
    ``mine``: the person gave it who is about to answer."""

    pk: int
    state: str
    value: str | None
    basis: str
    revision: int
    note: str = ""
    files: int = 0
    mine: bool = False

    @property
    def content(self) -> Any:
        return None if self.value is None else json.loads(self.value)


@dataclass
class Ground:
    """An assessment held by ``hold`` until the transaction ends. ``reach``: what of it the person answers; ``answers`` by option (None: the
    use case) and question, of those that were read."""

    assessment: Assessment
    known: Index
    archetype: str
    options: tuple[Option, ...]
    reach: Reach
    answers: dict[tuple[int | None, str], Answer] = field(default_factory=dict)

    @property
    def release(self) -> Release:
        return self.known.release

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    def response(self, option: Option | None, question: str) -> Response:
        """The answer as a row to be changed; a new one, with revision 0, where there is none."""
        response = Response(assessment=self.assessment, option=option, question=question)
        stands = self.answers.get((option.pk if option else None, question))
        if stands is not None:
            response.pk, response.state, response.value = stands.pk, stands.state, stands.content
            response.basis, response.note, response.revision = stands.basis, stands.note, stands.revision
            response._state.adding, response._state.db = False, connection.alias
        return response

    def put(self, response: Response) -> None:
        """Take note of what was saved."""
        value = None if response.state != State.ANSWERED else json.dumps(response.value)
        place = (response.option_id, response.question)
        files = self.answers[place].files if place in self.answers else 0
        self.answers[place] = Answer(response.pk, response.state, value, response.basis, response.revision, response.note, files, mine=True)


def hold(*, actor: User, organisation: Organisation, assessment: UUID, question: str = "", alone: bool = False) -> Ground:
    """Lock an assessment of ``organisation`` so that ``actor`` can answer ``question``; call it in a transaction. The answers that say what follows
    from one to it are read with it; ``alone``: its own and no other, since nothing is to be counted.

    Raises Assessment.DoesNotExist where the organisation has no such one, PermissionDenied for who may not answer, and WrongStatus.
    """
    pk = Assessment._meta.pk.get_db_prep_value(assessment, connection)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(columns=columns_of(Assessment)), [now, pk, organisation.pk])
        row = cursor.fetchone()
    if row is None:
        raise Assessment.DoesNotExist("There is no such assessment in this organisation.")
    found = instance(Assessment, row)
    found.organisation = organisation
    use_case = Assessment._meta.get_field("use_case").target_field.get_db_prep_value(found.use_case_id, connection)
    known = index(release_of(found))
    also = () if alone else known.read_with(question)
    roles: set[str] = set()
    places: set[Place] = set()
    archetype, options, answers = "", [], {}
    with connection.cursor() as cursor:
        cursor.execute(_reading(also), [question, question, actor.pk, pk, question, pk, use_case, organisation.pk, actor.pk, pk, actor.pk])
        for kind, id_, owner, name, state, value, basis, number, note, files, mine in cursor.fetchall():
            if kind == "response":
                answers[(owner or None, name)] = Answer(id_, state, value, basis, number, note, files, bool(mine))
            elif kind == "option":
                option = Option(pk=id_, assessment=found, key=name, sourcing=state, fallback_sourcing=value, name=basis, position=number)
                option._state.adding, option._state.db = False, connection.alias
                options.append(option)
            elif kind == "use case":
                archetype = name
            elif kind == "place":
                places.add((name, state))
            else:
                roles.add(name)
    if not (actor.is_active and ACTIONS["answer"] & roles):
        refuse(organisation, "answer")
    reach = reach_with(roles, frozenset(places))
    if not reach.reads_all and not reach.places:
        raise Assessment.DoesNotExist("There is nothing in this assessment for this person.")
    if not found.is_open:
        raise WrongStatus(_("This assessment is %(status)s and can't be changed.") % {"status": found.get_status_display().lower()})
    options.sort(key=lambda o: (o.position, o.pk))
    return Ground(found, known, archetype, tuple(options), reach, answers)

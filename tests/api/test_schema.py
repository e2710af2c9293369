"""The published schema: generated without a warning, and kept by every answer to whatever can be made up from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from accounts.services import token_create
from tests.fixtures import Cast, attach, first_use_case_question, make_complete, make_submitted, option_of, sign

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.django_db
def test_it_is_generated_without_a_warning(tmp_path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))
    assert yaml.safe_load((tmp_path / "schema.yaml").read_text())["openapi"].startswith("3.")


@pytest.fixture
def in_this_process() -> Iterator[None]:
    """The service called by WSGI in this process would close the connection that holds this test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def parts_of(cast: Cast) -> list[dict[str, object]]:
    """What addresses need, for a draft and for a signed case."""
    draft, signed = make_complete(cast), make_submitted(cast)
    sign(cast, signed)
    shared = {
        "org": cast.organisation.slug, "option": option_of(draft).key, "question": first_use_case_question(draft), "number": 1,
        "evidence": str(attach(cast, draft).pk), "category": "support", "key": "one_off",
    }  # fmt: skip
    return [shared | {"assessment": str(case.pk)} for case in (draft, signed)]


def test_no_answer_breaks_the_schema(cast: Cast, in_this_process: None) -> None:
    """Every operation with made-up bodies and parts of the address: nowhere a 500, everywhere what the schema says."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application())
    known = [{}, *parts_of(cast)]
    _, token = token_create(actor=cast.risk_officer, organisation=cast.organisation, name="made up")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 30
    broken = []
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=4, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def play(case: schemathesis.Case) -> None:
            made_up = dict(case.path_parameters or {})
            for parts in known:
                case.path_parameters = made_up | {name: part for name, part in parts.items() if name in made_up}
                with transaction.atomic():
                    response = case.call(headers={"Authorization": f"Bearer {token}"})
                    case.validate_response(response, checks=CHECKS)
                    transaction.set_rollback(True)

        try:
            play()
        except BaseExceptionGroup as errors:  # schemathesis raises several failures of one answer together
            broken += [f"{operation.label}: {error}" for error in errors.exceptions]
        except Exception as error:
            broken.append(f"{operation.label}: {error}")
    assert not broken, "\n\n".join(broken)

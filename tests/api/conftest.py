from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from assessments.models import Assessment
from tests.assessments.asking import case, small
from tests.assessments.offered import acme, publish
from tests.fixtures import Cast

__all__ = ["acme", "case", "publish", "small"]


class Caller:
    """Somebody who calls the API: signed in, or with a token."""

    def __init__(self, cast: Cast, person: User | None, token: str = "") -> None:
        self.cast, self.client = cast, APIClient(raise_request_exception=False)
        if token:
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        elif person is not None:
            self.client.force_login(person)

    def __call__(
        self, method: str, name: str, body: Any = None, *, assessment: Assessment | None = None, query: str = "", **parts: Any
    ) -> Any:
        """Send ``body`` as JSON to the address called ``name``, within Meridian Bank and ``assessment``."""
        if name != "organisations":
            parts.setdefault("org", self.cast.organisation.slug)
        if assessment is not None:
            parts["assessment"] = assessment.pk
        kind = {"format": "json"} if body is not None else {}
        return getattr(self.client, method)(reverse(name if ":" in name else f"api:{name}", kwargs=parts) + query, body, **kind)


@pytest.fixture
def call_as(cast: Cast) -> Callable[[str], Caller]:
    """``call_as("auditor")`` is a caller signed in as the auditor; ``call_as("")`` is one whom nobody knows."""
    return lambda who: Caller(cast, cast[who] if who else None)


@pytest.fixture
def officer(cast: Cast) -> Caller:
    return Caller(cast, cast.risk_officer)


@pytest.fixture
def approver(cast: Cast) -> Caller:
    return Caller(cast, cast.approver)

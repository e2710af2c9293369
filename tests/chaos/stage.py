"""The whole set-up in one folder: database, broker, web server, worker and beat, and the people who use it."""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest import mock

from tests.chaos import parts
from tests.chaos.client import Client
from tests.chaos.parts import HOST, Part
from tests.chaos.story import SIGNERS, People


def two_stages(second: str) -> str:
    """The policy that comes with the product, with its second signature asked for always, of the person with that e-mail address."""
    from assessments.policy import DEFAULT

    text, changed = re.subn(
        r"(- id: second-signature\n.*\n) +when: .*\n    who: .*\n", rf"\1    who: {{people: ['{second}']}}\n", DEFAULT.read_text()
    )
    assert changed == 1, "the policy that comes with the product has no second signature with a condition any more"
    return text


class Stage:
    """``ended``: how often each part ended by itself, and was started again as a supervisor would."""

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        """Starts the database and the broker. ``small``: the beat runs inside the worker, and dies with it. Raises NotToBeHad and
        DidNotStart."""
        self.folder, self.small = folder, small
        self.parts: dict[str, Part] = {}
        self.ended: Counter[str] = Counter()
        var = folder / "var"
        var.mkdir()
        self.database_port, broker_port, self.web_port = (parts.free_port() for _ in range(3))
        self.environment = {
            **os.environ,
            "VAR_DIR": str(var),
            "DATABASE_URL": parts.database_url(self.database_port),
            "BROKER_URL": f"redis://{HOST}:{broker_port}/0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
        }
        self.start(parts.database(folder, self.database_port), parts.broker(folder, broker_port))

    def prepare(self) -> None:
        """Make the tables; the process that calls this becomes one of the service's own."""
        os.environ.update(self.environment | {"LOG_LEVEL": "ERROR"})
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)

    def open(self) -> People:
        """Tables, the organisation's people with their tokens, and the processes of the service. Raises DidNotStart."""
        self.prepare()
        # Not before the tables are there: the worker and the beat would find fault with it, and say so in their logs.
        processes = parts.web(self.folder, self.web_port, self.environment), *parts.of_celery(self.folder, self.environment, self.small)
        self._begin(*processes)
        people = self._people()
        for part in processes:
            part.wait()
        return people

    def start(self, *new: Part) -> None:
        """Start parts and wait until they answer. Raises DidNotStart."""
        self._begin(*new)
        for part in new:
            part.wait()

    def _begin(self, *new: Part) -> None:
        for part in new:
            self.parts[part.name] = part
            part.start()

    def _people(self) -> People:
        from django.conf import settings
        from django.contrib.auth.hashers import make_password
        from django.db import connections
        from django.test import Client as Browser
        from django.utils import timezone

        assert str(settings.DATABASES["default"]["PORT"]) == str(self.database_port), "the settings were read before the set-up was there"
        from accounts.authentication import new_token
        from assessments.delegating import delegate
        from assessments.setting_policy import policy_set
        from tests.fixtures import PASSWORD, make_cast, more_approvers

        # They all have the same password, so it is hashed once, which is slow on purpose.
        with mock.patch("django.contrib.auth.base_user.make_password", cache(make_password)):
            cast = make_cast()
            second, deputy, conflicted = more_approvers(cast, "second", "deputy", "conflicted")
        policy_set(
            actor=cast.administrator,
            organisation=cast.organisation,
            text=two_stages(second.email),
            reason="Two people sign everything.",
        )
        today = timezone.now().date()
        delegate(
            actor=cast.administrator, organisation=cast.organisation, of=second, to=deputy, starts_on=today - timedelta(days=1),
            ends_on=today + timedelta(days=2), reason="Leave.",
        )  # fmt: skip
        people = {
            "risk_officer": cast.risk_officer, "approver": cast.approver, "second": second, "deputy": deputy, "conflicted": conflicted,
            "auditor": cast.auditor,
        }  # fmt: skip
        api = {}
        for name, person in people.items():
            _, plain = new_token(user=person, organisation=cast.organisation, name="chaos", expires=None)
            api[name] = Client(self.web_port, {"Authorization": f"Bearer {plain}"})
        browser = Browser()
        browser.force_login(cast.administrator)
        csrf = secrets.token_hex(16)
        session = browser.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={csrf}"
        connections.close_all()  # this process holds none while the database is killed
        references = {name: people[name].reference for name in SIGNERS}
        administrator = Client(self.web_port, {"Cookie": cookies, "X-CSRFToken": csrf})
        return People(cast.organisation.slug, PASSWORD, api, references, cast.contributor.email, administrator)

    def revive(self, say: Callable[[str], None]) -> None:
        """Start again what has ended by itself, as the supervisor does that each part has in service."""
        for part in self.parts.values():
            if (code := part.ended()) is not None:
                self.ended[part.name] += 1
                say(f"      the {part.name} ended by itself (exit {code}) and is started again")
                part.start()
                part.wait()

    def close(self) -> None:
        for part in reversed(self.parts.values()):
            if part.process is not None and part.ended() is None:
                part.kill()

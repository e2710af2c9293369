"""A browser without scripts for the page tests: signed in as one of the cast, on one assessment."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import User
from assessments.models import Assessment
from tests.fixtures import Cast, make_cast, make_complete

TAGS = re.compile(r"<[^>]+>")


class OnTheCompleteCase(TestCase):
    """The cast, and the bank's chatbot with every answer."""

    cast: Cast
    case: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.case = make_complete(cls.cast)


class Reader:
    def __init__(self, person: User, case: Assessment) -> None:
        self.client, self.case = Client(), case
        self.client.force_login(person)

    def url(self, name: str, query: str = "") -> str:
        return reverse(f"assessments:{name}", kwargs={"org": self.case.organisation.slug, "assessment": self.case.pk}) + query

    def get(self, name: str, query: str = "", **headers: str) -> Any:
        return self.client.get(self.url(name, query), headers=headers)

    def derived(self, address: str) -> Decimal:
        """The value at the root of the derivation that stands at ``address``."""
        value = self.client.get(address, headers={"HX-Request": "true"}).context["step"].value
        return Decimal(value.removeprefix("EUR ").replace(",", ""))

    def post(self, name: str, **fields: Any) -> Any:
        return self.client.post(self.url(name), fields)


def html(response: Any) -> str:
    return str(response.content.decode())


def words(response: Any) -> str:
    """The page's text, its white space made single."""
    return " ".join(unescape(TAGS.sub(" ", html(response))).split())


def numbers(response: Any, of: str = "") -> list[tuple[Decimal, str]]:
    """The numbers that say where they come from, and the addresses of their derivations; those whose keys begin with ``of``."""
    found = re.findall(rf'<a class="number" href="([^"]+[?&](?:amp;)?of={of}[^"]*)"[^>]*>([^<]+)<', html(response))
    return [(Decimal(text.replace(",", "")), unescape(href)) for href, text in found]


def links(response: Any) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a [^>]*?href="([^"]+)"', html(response))]

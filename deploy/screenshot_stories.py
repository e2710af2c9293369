"""What the pictures show: by role, in the order in which a person meets things. See deploy/screenshots.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

ORG = "/o/meridian-bank/"


def case(camera: Any, title: str) -> str:
    """The address of an assessment of the demonstration."""
    camera.page.goto(ORG + "assessments/")
    return str(camera.page.get_by_role("link", name=re.compile(title)).first.get_attribute("href"))


def submit(page: Any, chatbot: str) -> None:
    """The recommended option is proposed, and the record goes to its approver."""
    page.goto(chatbot + "check/")
    page.get_by_label("Vendor API in the EU").first.check()
    page.get_by_role("button", name=re.compile("proposal", re.I)).click()
    page.get_by_text("The proposal is saved.").wait_for()
    page.get_by_role("button", name=re.compile("^Submit")).click()
    page.get_by_text("In review").first.wait_for()


def read(page: Any) -> None:
    """Every part of the record that is open."""
    unread = page.get_by_role("button", name=re.compile("I have read this part"))
    for left in range(unread.count(), 0, -1):
        unread.first.click()
        page.wait_for_function("left => document.querySelectorAll('form:has([name=part]) button').length < left", arg=left)


def play(enter: Callable[[str], Any]) -> None:
    rosa = enter("rosa@meridian.example")
    chatbot = case(rosa, "Chatbot")
    rosa.shot("officer-1-home", ORG)
    rosa.shot("officer-2-assessment", chatbot)
    rosa.shot("officer-3-who-answers", chatbot + "who-answers/", at=".assign-group:has(.assign-who)")
    rosa.shot("officer-4-questions", chatbot + "questions/service-levels/commitment/", at=".one-option")
    rosa.shot("officer-5-costs", chatbot + "costs/infrastructure/")
    rosa.shot("result", chatbot + "result/")
    rosa.shot("officer-6-result-by-night", chatbot + "result/", dark=True)
    rosa.shot("officer-7-check", chatbot + "check/")
    rosa.shot("officer-8-portfolio", ORG + "portfolio/")
    rosa.shot("officer-9-portfolio-charts", ORG + "portfolio/charts/")
    amir = enter("amir@meridian.example")
    amir.shot("colleague-1-home", ORG)
    amir.shot("colleague-2-section", chatbot + "questions/liability/contract/")
    submit(rosa.page, chatbot)
    ingrid = enter("ingrid@meridian.example")
    ingrid.shot("approver-1-home", ORG)
    ingrid.shot("approver-2-record-on-a-phone", chatbot + "record/", phone=True)
    read(ingrid.page)
    ingrid.shot("approver-3-signing-on-a-phone", chatbot + "sign/", phone=True, at="form:has(#id_password-approve)")
    tomas = enter("tomas@meridian.example")
    tomas.shot("auditor-1-reports", ORG + "audit/")
    tomas.shot("auditor-2-trail", ORG + "trail/")
    ada = enter("ada@meridian.example")
    ada.shot("administrator-1-administration", ORG + "administration/")
    ada.shot("administrator-2-policy", ORG + "sign-off/")
    ada.shot("administrator-3-people", ORG + "people/")

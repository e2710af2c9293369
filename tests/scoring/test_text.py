"""The page for a terminal."""

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Demand
from assessments.scoring.text import text_page
from tests.scoring.conftest import GOOD, answers, facts, option


def test_it_says_what_the_output_says(small):
    case = facts(option("one"), option("two", GOOD | answers(failover="no"), price=20), title="A chatbot")
    page = text_page(evaluate(small, case))
    assert page.startswith("A chatbot\n=========\nAs of 2026-11-23, catalogue small@1, amounts in EUR\n\nClear: One\n")
    assert "Two   " in page
    assert "not admissible" in page
    assert "It serves customers without a failover. (can be accepted by: approver)" in page
    assert "12,000.00  24,000.00" in page
    assert "Class: minimal risk; roles: deployer" in page
    assert all(len(line) <= 120 for line in page.splitlines())


def test_what_is_open_is_listed(small):
    page = text_page(evaluate(small, facts(option("one", {}), responses={}, archetype=None, demand=Demand())))
    assert "Use case: kind, roles, practice, since, archetype, demand.currency" in page
    assert "No option is admissible" in page
    assert "Not computed: see the open answers." in page
    assert "Class: undetermined" in page


def test_with_its_derivation(small):
    page = text_page(evaluate(small, facts()), trace=True)
    assert "\nDerivation\n----------\n" in page
    assert "Question sla?: 1   [weight 3; value of the choice: full = 1]" in page

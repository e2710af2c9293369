"""The assessment file: what it may say, and every mistake with its line and what would be right."""

from datetime import date
from decimal import Decimal

import pytest

from assessments.scoring.evaluate import evaluate
from assessments.scoring.facts import Evidence, Range, Response
from assessments.scoring.file import FileErrors, read_assessment, write_assessment
from tests.scoring.conftest import D, release

SMALL = release()
HEAD = "format: countersign/assessment@1\n"
OPTION = "options:\n  - {id: one, sourcing: closed_api}\n"


def lookup(name):
    if name in (None, "small@1"):
        return SMALL
    raise LookupError(f"no catalogue release {name!r}; published are: small@1")


def read(text, today=None):
    return read_assessment(text, "file.yaml", lookup, today)[0]


def errors(text):
    with pytest.raises(FileErrors) as caught:
        read(text)
    return str(caught.value).splitlines()


FULL = """\
format: countersign/assessment@1
title: 'Yes: a "title"'
as_of: 2026-11-23
catalogue: small@1
use_case:
  name: 007
  purpose: "null"
  archetype: chatbot
  responses:
    kind: outside
    roles: [deployer, provider]
    critical: {value: yes, basis: contractual, note: "See the contract: § 3"}
    practice: unknown
    since: 2026-01-31
demand:
  currency: EUR
  input_tokens_per_month: 8e7
  output_tokens_per_month: 20000000.50
  cached_share: 0.3
  peak_ratio: 4
  growth_per_year: -0.1
  horizon_months: 36
  discount_rate: 0.08
  budget: {target_per_month: 1000, limit_per_month: 3000}
weights: {service: 2, cost: 0.1}
options:
  - id: one
    name: One
    sourcing: managed_open
    provider: A provider
    model: A model
    responses:
      sla: {value: part, basis: certified, evidence: [{file: papers/sla.pdf, sha256: DIGEST}, {file: note.txt}]}
      uptime: 99.95
      certificates: not-applicable
      remark: "  two\\n lines "
    costs:
      currency: USD
      model_access: {input_price_per_million: {low: 0.15, likely: 0.2, high: 1}}
      monitoring: {}
      support:
""".replace("DIGEST", "ab" * 32)


def test_everything_that_a_file_can_say():
    facts = read(FULL)
    assert (facts.title, facts.use_case_name, facts.purpose) == ('Yes: a "title"', "007", "null")
    assert (facts.as_of, facts.archetype) == (date(2026, 11, 23), "chatbot")
    assert facts.responses == {
        "kind": Response("outside"),
        "roles": Response(("provider", "deployer")),
        "critical": Response("yes", "answered", "contractual", "See the contract: § 3"),
        "practice": Response(None, "unknown"),
        "since": Response(date(2026, 1, 31)),
    }
    assert facts.demand.input_tokens_per_month == 80_000_000
    assert facts.demand.output_tokens_per_month == Decimal("20000000.50")
    assert (facts.demand.growth_per_year, facts.demand.horizon_months) == (Decimal("-0.1"), 36)
    assert facts.weights == {"service": Decimal(2), "cost": Decimal("0.1")}
    one = facts.options[0]
    assert (one.sourcing, one.provider, one.model) == ("managed_open", "A provider", "A model")
    assert one.responses["sla"] == Response(
        "part", "answered", "certified", "", (Evidence("papers/sla.pdf", "ab" * 32), Evidence("note.txt"))
    )
    assert one.responses["uptime"] == Response(Decimal("99.95"))
    assert one.responses["certificates"] == Response(None, "not_applicable")
    assert one.responses["remark"].value == "  two\n lines "
    assert one.costs.currency == "USD"
    # A category without a value is left out, and an empty one costs nothing.
    assert one.costs.categories == {
        "model_access": {"input_price_per_million": Range(D("0.15"), D("0.2"), D(1))},
        "monitoring": {},
    }


def test_what_is_left_out_is_unanswered():
    facts = read(HEAD + OPTION, today=date(2026, 5, 4))
    assert facts.as_of == date(2026, 5, 4)
    assert (facts.responses, facts.archetype, facts.weights) == ({}, None, "archetype")
    assert (facts.demand.currency, facts.demand.cached_share, facts.demand.peak_ratio) == (None, 0, 1)
    assert facts.options[0].costs.categories == {}
    assert evaluate(SMALL, facts).as_dict()["options"][0]["score"] == "0.0"


@pytest.mark.parametrize("text", [FULL, HEAD + OPTION], ids=["full", "least"])
def test_a_written_file_reads_as_the_same_facts(text):
    facts = read(text, today=date(2026, 11, 23))
    again = read(write_assessment(facts, SMALL))
    assert again == facts
    assert evaluate(SMALL, again).as_dict(trace=True) == evaluate(SMALL, facts).as_dict(trace=True)


def case(*lines):
    """A file with these lines after the format, and one option after them."""
    return HEAD + "\n".join(lines) + "\n" + OPTION


def answer(scope, line):
    if scope == "use_case":
        return HEAD + f"use_case:\n  responses:\n    {line}\n" + OPTION
    return HEAD + f"options:\n  - id: one\n    sourcing: closed_api\n    responses:\n      {line}\n"


def cost(line):
    return HEAD + f"options:\n  - id: one\n    sourcing: closed_api\n    costs:\n      {line}\n"


NUMBER = "write a number from 0 to 1000000000000, without thousands separators or units"
WRONG = {
    "not yaml": (HEAD + "title: [1\n", "file.yaml:3: file: not readable as YAML"),
    "not a map": ("- a\n", "file.yaml:1: file: an assessment file is a map that begins with format: countersign/assessment@1"),
    "empty": ("", "file.yaml:1: file: an assessment file is a map"),
    "duplicate key": (case("title: a", "title: b"), "file.yaml:3: title: the key stands twice"),
    "tag": (case("title: !!python/object:os.system x"), "file.yaml:2: title: a YAML tag"),
    "no format": (OPTION, "file.yaml:1: format: missing: write format: countersign/assessment@1"),
    "another format": ("format: countersign/assessment@2\n" + OPTION, "file.yaml:1: format: not a format that is read here"),
    "unknown key": (case("weight: even"), "file.yaml:2: weight: unknown key; did you mean weights?"),
    "unknown catalogue": (case("catalogue: small@9"), "file.yaml:2: catalogue: no catalogue release 'small@9'; published are: small@1"),
    "day": (case("as_of: 23.11.2026"), "file.yaml:2: as_of: must be a day written as 2026-11-23"),
    "impossible day": (case("as_of: 2026-02-30"), "file.yaml:2: as_of: must be a day written as 2026-11-23"),
    "archetype": (
        case("use_case: {archetype: chat-bot}"),
        "file.yaml:2: use_case.archetype: no archetype 'chat-bot'; did you mean chatbot?",
    ),
    "text": (case("title: {a: b}"), "file.yaml:2: title: must be a text"),
    "unknown question": (
        answer("use_case", "kinds: inside"),
        "file.yaml:4: use_case.responses.kinds: no question 'kinds'; did you mean kind?",
    ),
    "question of an option": (
        answer("use_case", "sla: full"),
        "file.yaml:4: use_case.responses.sla: this question is not asked here; put it under the responses of each option",
    ),
    "question of the use case": (
        answer("option", "kind: inside"),
        "file.yaml:6: options[0].responses.kind: this question is not asked here; put it under use_case.responses",
    ),
    "choice": (answer("option", "sla: ful"), "file.yaml:6: options[0].responses.sla: no choice 'ful'; did you mean full?"),
    "several for one": (
        answer("option", "sla: [full]"),
        "options[0].responses.sla: takes one choice, not several: full, part, none, or unknown",
    ),
    "one for several": (answer("option", "certificates: a"), "responses.certificates: takes several choices: write a list such as [a]"),
    "choice in a list": (answer("option", "certificates: [a, z]"), "responses.certificates[1]: no choice 'z'; there are a, b, c"),
    "twice in a list": (answer("option", "certificates: [a, a]"), "responses.certificates[1]: a stands twice; keep one"),
    "not applicable": (answer("option", "sla: not-applicable"), "responses.sla: this question always applies; answer it, or write unknown"),
    "number": (answer("option", "uptime: much"), "responses.uptime: 'much' is not a number; write a number from 0 to 100"),
    "number out of range": (answer("option", "uptime: 100.1"), "responses.uptime: 100.1 is out of range; write a number from 0 to 100"),
    "not a figure": (answer("option", "uptime: .nan"), "'.nan' is not a number"),
    "endless figure": (answer("option", "uptime: 1e999999"), "'1e999999' is not a number"),
    "response key": (answer("option", "sla: {values: full}"), "responses.sla.values: unknown key; did you mean value?"),
    "basis": (
        answer("option", "sla: {value: full, basis: contract}"),
        "responses.sla.basis: no basis 'contract'; did you mean contractual?",
    ),
    "path above": (
        answer("option", "sla: {value: full, evidence: [{file: a/../../b}]}"),
        "evidence[0].file: 'a/../../b' lies outside the folder",
    ),
    "absolute path": (answer("option", "sla: {value: full, evidence: [{file: /etc/passwd}]}"), "'/etc/passwd' lies outside the folder"),
    "windows path": (answer("option", "sla: {value: full, evidence: [{file: 'C:\\a'}]}"), "lies outside the folder"),
    "no path": (answer("option", "sla: {value: full, evidence: [{sha256: ab}]}"), "evidence[0].file: missing: give the path"),
    "digest": (answer("option", "sla: {value: full, evidence: [{file: a, sha256: ab}]}"), "must be the SHA-256 of the file as 64 digits"),
    "currency": (
        case("demand: {currency: euro}"),
        "file.yaml:2: demand.currency: must be a currency of three capital letters, such as EUR",
    ),
    "currency without a rate": (
        case("demand: {currency: CHF}"),
        "demand.currency: the catalogue has no rate between EUR and CHF on or before",
    ),
    "horizon of nought": (
        case("demand: {horizon_months: 0}"),
        "demand.horizon_months: 0 is out of range; write a whole number from 1 to 600",
    ),
    "broken horizon": (case("demand: {horizon_months: 1.5}"), "demand.horizon_months: 1.5 is out of range; write a whole number"),
    "share": (case("demand: {cached_share: 1.1}"), "demand.cached_share: 1.1 is out of range; write a number from 0 to 1"),
    "peak": (case("demand: {peak_ratio: 0.5}"), "demand.peak_ratio: 0.5 is out of range; write a number from 1 to 10000"),
    "growth": (case("demand: {growth_per_year: -1}"), "demand.growth_per_year: -1 is out of range; write a number above -1 to 10"),
    "tokens": (case("demand: {input_tokens_per_month: 400_000}"), "'400_000' is not a number; write a number from 0"),
    "budget": (
        case("demand: {budget: {target_per_month: 5, limit_per_month: 4}}"),
        "budget.target_per_month: 5 is above limit_per_month 4",
    ),
    "half a budget": (case("demand: {budget: {target_per_month: 5}}"), "demand.budget.limit_per_month: missing: a budget needs both"),
    "profile": (case("weights: evn"), "file.yaml:2: weights: no profile of weights 'evn'; did you mean even?"),
    "criterion": (case("weights: {services: 1}"), "file.yaml:2: weights.services: unknown key; did you mean service?"),
    "negative weight": (case("weights: {service: -1}"), "weights.service: -1 is out of range"),
    "no weight": (case("weights: {service: 0}"), "file.yaml:2: weights: at least one criterion must have a weight above 0"),
    "no options": (HEAD, "file.yaml:1: options: missing: give at least one option with its id and sourcing"),
    "empty options": (HEAD + "options: []\n", "file.yaml:2: options: missing"),
    "options as a map": (HEAD + "options: {a: b}\n", "file.yaml:2: options: must be a list; begin each option with '- id:'"),
    "too many options": (HEAD + "options: [" + ", ".join("{id: a}" for _ in range(21)) + "]\n", "options: 21 options; 20 is the most"),
    "option without an id": (HEAD + "options: [{sourcing: closed_api}]\n", "options[0].id: missing: give the option an id"),
    "option without a sourcing": (HEAD + "options: [{id: a}]\n", "options[0].sourcing: missing: write one of closed_api"),
    "sourcing": (HEAD + "options: [{id: a, sourcing: open}]\n", "options[0].sourcing: no sourcing 'open'"),
    "id": (HEAD + "options: [{id: A b, sourcing: closed_api}]\n", "options[0].id: must be lower-case letters, digits and hyphens"),
    "same id": (HEAD + OPTION.replace("options:\n", "options:\n  - {id: one, sourcing: closed_api}\n"), "options[1].id: one stands twice"),
    "category": (cost("modelaccess: {}"), "file.yaml:6: options[0].costs.modelaccess: unknown key; did you mean model_access?"),
    "cost key": (cost("support: {ftes: 1}"), "options[0].costs.support.ftes: unknown key; did you mean fte?"),
    "negative price": (
        cost("model_access: {input_price_per_million: -1}"),
        f"input_price_per_million: -1 is out of range; {NUMBER.split(',')[0]}",
    ),
    "price with a unit": (cost("support: {per_month: 5 EUR}"), f"'5 EUR' is not a number; {NUMBER}"),
    "range upside down": (
        cost("support: {per_month: {low: 3, likely: 2, high: 4}}"),
        "per_month: must have low <= likely <= high; it has 3, 2, 4",
    ),
    "half a range": (cost("support: {per_month: {low: 3}}"), "per_month: a range needs low, likely and high; missing: likely, high"),
    "costs' currency": (cost("currency: CHF"), "options[0].costs.currency: the catalogue has no rate between CHF and EUR on or before"),
    "throughput of nought": (cost("infrastructure: {tokens_per_second_per_replica: 0}"), "0 is out of range; write a number above 0"),
    "more than all of it": (
        cost("infrastructure: {utilisation_limit: 60}"),
        "utilisation_limit: 60 is out of range; write a number above 0 to 1",
    ),
    "half a replica": (cost("infrastructure: {minimum_replicas: 1.5}"), "minimum_replicas: 1.5 is out of range; write a whole number"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named_with_its_line_and_what_would_be_right(text, message):
    found = errors(text)
    assert any(message in line for line in found), found


def test_all_mistakes_come_at_once_in_the_order_of_their_lines():
    text = (
        "format: x\ncatalogue: small@1\ndemand: {horizon_months: 0}\noptions:\n  - {id: a, sourcing: b}\n  - {id: c, costs: {support: 3}}\n"
    )
    assert [line.split(": ")[:2] for line in errors(text)] == [
        ["file.yaml:1", "format"],
        ["file.yaml:3", "demand.horizon_months"],
        ["file.yaml:5", "options[0].sourcing"],
        ["file.yaml:6", "options[1].sourcing"],
        ["file.yaml:6", "options[1].costs.support"],
    ]


def test_aliases_that_expand_without_bound_are_refused():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 8):
        bomb += f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n"
    assert any("after aliases are expanded" in line for line in errors(HEAD + bomb + OPTION))


def test_lists_without_end_in_lists_are_refused():
    for depth in (51, 50_000):
        line = HEAD.count("\n") + 1
        assert errors(HEAD + "title: " + "[" * depth + "]" * depth) == [
            f"file.yaml:{line}: file: nested more than 50 levels deep; write it flatter"
        ]


def test_choice_ids_that_look_like_other_types_are_read_from_their_source():
    odd = release(
        questionnaires=(
            type(SMALL.questionnaires[0])(
                "all",
                "All",
                "Everything.",
                (
                    type(SMALL.questionnaires[0].sections[0])(
                        "one", "One", tuple(_odd(q) for q in SMALL.questionnaires[0].sections[0].questions)
                    ),
                ),
            ),
        )
    )
    text = HEAD + "use_case:\n  responses:\n    practice: [50.10, 2, no]\n" + OPTION
    facts, _ = read_assessment(text, "file.yaml", lambda _: odd)
    assert facts.responses["practice"].value == ("2", "50.10", "no")


def _odd(question):
    from dataclasses import replace

    from tests.scoring.conftest import choices

    if question.id != "practice":
        return question
    return replace(question, type="choices", choices=choices(**{"2": None, "50.10": None, "no": None, "50.1": None}))

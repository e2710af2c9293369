import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.catalogue.conditions import truth
from compliance.catalogue.index import ActVariables, index
from compliance.catalogue.reach import assignments
from compliance.catalogue.yamltree import parse
from compliance.classification import classify, duties_of, known_on
from compliance.releases import newest

RELEASE = newest()
QUESTIONS = {id_: q for id_, q in index(RELEASE).questions.items() if id_.startswith("ai-act.") and q.type in ("choice", "choices")}
DOCUMENT = parse((Path(__file__).parent / "classification_cases.yaml").read_text()).plain()
BASE = {k: tuple(v) if isinstance(v, list) else v for k, v in DOCUMENT["base"].items()}
CASES = DOCUMENT["cases"]
ORDER = [heading.risk_class for heading in RELEASE.class_headings]
TODAY, DAY = date(2026, 11, 24), timedelta(days=1)
AMENDED, AMENDMENT = date(2026, 7, 27), "Regulation (EU) 2026/1744"
IN_SCOPE = {"ai-act.is-ai-system": "yes", "ai-act.eu-nexus": "yes", "ai-act.exclusion": "none"}
POINTS = [c.id for c in QUESTIONS["ai-act.annex-iii"].choices]
OF_THE_TABLE = sorted(id_ for id_, q in QUESTIONS.items() if any(q.variable in line.when for line in RELEASE.class_rules))
PRACTICES = [c.id for c in QUESTIONS["ai-act.prohibited-practices"].choices if c.id not in ("5.1.ba", "5.1.bb")]


def read(answers, as_of, release=RELEASE):
    """Classify as an evaluation does: a question that its condition hides is bound to nothing."""
    given_answers, hidden = dict(answers), {}
    for question in QUESTIONS.values():
        if question.when is None:
            continue
        bound = {QUESTIONS[k].variable: v if isinstance(v, str) else list(v) for k, v in given_answers.items()} | hidden
        if truth(question.when, bound) is False:
            given_answers.pop(question.id, None)
            hidden[question.variable] = "" if question.type == "choice" else []
    return classify(release, given_answers, as_of, hidden)


def answers_of(case):
    raw = case["only"] if "only" in case else {**DOCUMENT["base"], **case.get("answers", {})}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if v is not None}


def owed(result):
    """The duties under the Act by reference, with the day from which each applies."""
    return {d.obligation.reference: d.applies_from.isoformat() for d in result.duties if d.obligation.instrument == "ai-act"}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_reviewed_cases(case):
    assert re.match(r"(Art\.|Annex) \w", case["law"])
    result = read(answers_of(case), date.fromisoformat(case.get("as_of", "2026-11-24")))
    assert result.risk_class == case["class"]
    if result.risk_class == "undetermined":
        assert re.match(rf"{re.escape(result.basis[0].reference)}(?!\d)", case["law"]), "the step that is open"
        assert "missing" in case
    if "at_least" in case:
        assert result.at_least == (None if case["at_least"] == "null" else case["at_least"])
    if "references" in case:
        assert [b.reference for b in result.basis] == case["references"]
    if "missing" in case:
        assert list(result.basis[0].because) == case["missing"]
    if "applies_from" in case:
        assert {b.applies_from.isoformat() for b in result.basis} == {case["applies_from"]}
    if "in_force" in case:
        assert {b.in_force for b in result.basis} == {case["in_force"] == "true"}
    assert {r: owed(result).get(r) for r in case.get("owes", {})} == case.get("owes", {})
    assert not [r for r in case.get("owes_not", []) if r in owed(result)]


def test_the_cases_are_many_each_has_its_own_name_and_only_known_words():
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    words = {
        "name", "law", "as_of", "answers", "only", "class", "at_least", "references", "missing", "applies_from", "in_force", "owes", "owes_not",
    }  # fmt: skip
    assert not [case["name"] for case in CASES if not case.keys() <= words or not {"name", "law", "class"} <= case.keys()]
    references = {o.reference for o in RELEASE.obligations if o.instrument == "ai-act"}
    assert {r for case in CASES for r in [*case.get("owes", {}), *case.get("owes_not", [])]} <= references


def test_every_line_of_the_table_and_every_choice_that_it_reads_has_a_case():
    rested_on = {
        (line.risk_class, line.text)
        for case in CASES
        for result in [read(answers_of(case), date.fromisoformat(case.get("as_of", "2026-11-24")))]
        for line in RELEASE.class_rules
        if line.text in {b.text for b in result.basis}
    }
    assert {(line.risk_class, line.text) for line in RELEASE.class_rules} <= rested_on
    used = {
        (id_, choice)
        for case in CASES
        for id_, value in answers_of(case).items()
        for choice in ([value] if isinstance(value, str) else value)
    }
    assert not [(id_, c.id) for id_ in OF_THE_TABLE for c in QUESTIONS[id_].choices if (id_, c.id) not in used]


def values_of(question):
    ids = [c.id for c in question.choices]
    if question.type == "choice":
        return st.sampled_from(ids)
    return st.lists(st.sampled_from(ids), max_size=3, unique=True).map(tuple)


def some_answers():
    return st.fixed_dictionaries({}, optional={id_: values_of(q) for id_, q in QUESTIONS.items()})


def complete_answers():
    return some_answers().map(lambda answers: BASE | answers)


def all_answers():
    return st.fixed_dictionaries({id_: values_of(q) for id_, q in QUESTIONS.items()})


def without(answers, left_out):
    return {k: v for k, v in answers.items() if k not in left_out}


SOME_OF_THE_QUESTIONS = st.sets(st.sampled_from(OF_THE_TABLE), min_size=1, max_size=4)
SLOW = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@SLOW
@given(some_answers(), st.sampled_from(PRACTICES))
def test_a_prohibited_practice_that_counts_always_wins(answers, practice):
    """Whatever else is answered or left open: only scope and the point's own carve-out can take it away."""
    others = tuple(p for p in answers.get("ai-act.prohibited-practices", ()) if p != practice)
    carved_out = tuple(e for e in answers.get("ai-act.exceptions", ()) if e != practice)
    answers |= IN_SCOPE | {"ai-act.prohibited-practices": (*others, practice), "ai-act.exceptions": carved_out}
    result = read(answers, TODAY)
    assert result.risk_class == "prohibited"
    assert f"Art. 5(1)({practice[-1]})" in [b.reference for b in result.basis]


@pytest.mark.parametrize("practice", ["5.1.ba", "5.1.bb"])
@pytest.mark.parametrize("role", [c.id for c in QUESTIONS["ai-act.roles"].choices])
def test_imagery_is_prohibited_exactly_where_the_test_fits_the_role(practice, role):
    answers = BASE | {"ai-act.prohibited-practices": (practice,), "ai-act.roles": (role,)}
    for test in ("5.1a.a.i", "5.1a.a.ii", "5.1a.b"):
        fits = role == "deployer" if test == "5.1a.b" else role in ("provider", "importer", "product-manufacturer")
        answers["ai-act.imagery-test"] = (test,)
        assert read(answers, AMENDED).risk_class == ("prohibited" if fits else "minimal")
        assert read(answers, AMENDED - DAY).risk_class == "minimal"


@SLOW
@given(some_answers(), st.sampled_from(["military", "scientific-research", "pre-market-testing"]))
def test_an_exclusion_of_every_role_comes_before_everything(answers, exclusion):
    assert read(answers | {"ai-act.exclusion": exclusion}, TODAY).risk_class == "out_of_scope"


@pytest.mark.parametrize("point", POINTS)
def test_each_use_of_annex_iii_is_high_unless_the_whole_derogation_holds(point):
    """All ways in which the three conditions can be kept, broken or open."""
    kept = {"ai-act.derogation-documented": "yes", "ai-act.no-significant-risk": "yes", "ai-act.profiling": "no"}
    broken = {"ai-act.derogation-documented": "no", "ai-act.no-significant-risk": "no", "ai-act.profiling": "yes"}
    reference = f"Annex III({point[0]})({point[2:]})".removesuffix("()")
    for derogation, states in product(["6.3.a", "6.3.d"], product([kept, broken, None], repeat=3)):
        states = dict(zip(kept, states, strict=True))
        answers = BASE | {"ai-act.annex-iii": (point,), "ai-act.derogation": (derogation,)}
        del answers["ai-act.profiling"]
        result = read(answers | {id_: state[id_] for id_, state in states.items() if state}, TODAY)
        if broken in states.values():
            assert (result.risk_class, [b.reference for b in result.basis]) == ("high", [reference])
        elif still_open := [id_ for id_, state in states.items() if state is None]:
            assert (result.risk_class, list(result.basis[0].because)) == ("undetermined", still_open)
        else:
            assert result.risk_class == "minimal"


@pytest.mark.parametrize("carved_out", [c.id for c in QUESTIONS["ai-act.exceptions"].choices])
def test_a_carve_out_takes_its_own_point_away_and_no_other(carved_out):
    claims = {"ai-act.exceptions": (carved_out,), "ai-act.imagery-test": ("5.1a.b",)}
    for id_ in ("ai-act.prohibited-practices", "ai-act.annex-iii", "ai-act.transparency"):
        for choice in QUESTIONS[id_].choices:
            answers = BASE | {id_: (choice.id,)}
            with_it, without_it = read(answers | claims, TODAY), read(answers | claims | {"ai-act.exceptions": ()}, TODAY)
            assert without_it.risk_class != "minimal"
            assert with_it.risk_class == ("minimal" if choice.id == carved_out else without_it.risk_class)


@SLOW
@given(some_answers(), st.sampled_from(POINTS), st.sampled_from(["profiling", "risk", "documented"]))
def test_profiling_significant_risk_or_no_document_always_defeats_a_derogation(answers, point, how):
    """The reading is then what it is with no derogation claimed at all, whatever else is answered or left open."""
    beside = {
        "profiling": {"ai-act.profiling": "yes"},
        "risk": {"ai-act.no-significant-risk": "no"},
        "documented": {"ai-act.derogation-documented": "no"},
    }[how]
    carved_out = tuple(e for e in answers.get("ai-act.exceptions", ()) if e != point)
    answers |= IN_SCOPE | beside | {"ai-act.annex-iii": (point,), "ai-act.exceptions": carved_out}
    claimed = read(answers | {"ai-act.derogation": ("6.3.a",)}, TODAY)
    unclaimed = read(answers | {"ai-act.derogation": ()}, TODAY)
    assert claimed.risk_class in ("high", "prohibited") or claimed.at_least == "high"
    assert (claimed.risk_class, claimed.at_least, claimed.basis) == (unclaimed.risk_class, unclaimed.at_least, unclaimed.basis)


@SLOW
@given(some_answers(), st.sets(st.sampled_from(POINTS), min_size=1, max_size=4))
def test_a_derogation_that_holds_takes_annex_iii_away_and_nothing_else(answers, points):
    answers |= IN_SCOPE | {
        "ai-act.derogation": ("6.3.b",), "ai-act.no-significant-risk": "yes", "ai-act.derogation-documented": "yes", "ai-act.profiling": "no",
    }  # fmt: skip
    claimed = read(answers | {"ai-act.annex-iii": tuple(sorted(points))}, TODAY)
    no_use = read(answers | {"ai-act.annex-iii": ()}, TODAY)
    assert (claimed.risk_class, claimed.at_least, claimed.basis) == (no_use.risk_class, no_use.at_least, no_use.basis)


@SLOW
@given(complete_answers(), SOME_OF_THE_QUESTIONS)
def test_missing_answers_never_lower_the_class_nor_raise_it(answers, left_out):
    known = read(answers, TODAY)
    poorer = read(without(answers, left_out), TODAY)
    if poorer.risk_class != "undetermined":
        assert poorer.risk_class == known.risk_class
        assert {b.reference for b in poorer.basis} <= {b.reference for b in known.basis}
        return
    assert poorer.basis[0].because, "what is missing must be named"
    assert not [id_ for id_ in poorer.basis[0].because if id_ in without(answers, left_out)]


@SLOW
@given(st.one_of(all_answers(), complete_answers()), SOME_OF_THE_QUESTIONS)
def test_at_least_is_never_more_than_what_comes_out(answers, left_out):
    poorer = read(without(answers, left_out), TODAY)
    if poorer.at_least:
        full = read(answers, TODAY)
        assert poorer.risk_class == "undetermined"
        assert ORDER.index("prohibited") <= ORDER.index(full.risk_class) <= ORDER.index(poorer.at_least)


@SLOW
@given(all_answers().map(lambda answers: answers | {"ai-act.eu-nexus": "yes"}))
def test_answering_what_is_missing_step_by_step_decides_the_class_and_asks_nothing_else(answers):
    so_far = {}
    for _ in QUESTIONS:
        result = read(so_far, TODAY)
        if result.risk_class != "undetermined":
            break
        wanted = result.basis[0].because
        assert wanted
        assert not so_far.keys() & set(wanted)
        so_far |= {id_: answers[id_] for id_ in wanted}
    assert result.risk_class == read(answers, TODAY).risk_class


# --- What is known, and what is in force, change exactly on their days. Every line, obligation and dated change; no samples. ---


def expected(dates, day):
    """The change that counts on ``day``, found otherwise than classification does."""
    known = sorted((change.known_from, position) for position, change in enumerate(dates) if change.known_from <= day)
    return dates[known[-1][1]] if known else None


def days_of(dates):
    """Every day on which something of these dates changes, and the day before it."""
    turning = {day for change in dates for day in (change.known_from, change.applies_from)}
    return sorted(turning | {day - DAY for day in turning})


def crafted(expression, scopes):
    """Some answers, by variable, that make a condition true."""
    known = index(RELEASE)
    found = next(assignments(expression, known, known.domains(scopes) | ActVariables(RELEASE).of_class), None)
    assert found is not None, f"nothing makes this true: {expression}"
    return found


def variables_for(obligation):
    return crafted(obligation.when, ("use_case",) if obligation.scope == "use_case" else ("use_case", "option"))


def answers_for(line):
    """A use case that rests on ``line`` and on no line of an earlier class."""
    by_variable = {q.variable: q.id for q in QUESTIONS.values()}
    found = crafted(line.when, ("use_case",))
    return BASE | {by_variable[name]: value if isinstance(value, str) else tuple(value) for name, value in found.items()}


def id_of_line(line):
    return f"{line.reference} {line.text[:24]}"


CHANGES = [(item, position) for item in (*RELEASE.class_rules, *RELEASE.obligations) for position in range(len(item.dates))]
NAMES = [f"{getattr(item, 'id', '') or id_of_line(item)} {item.dates[position].known_from}" for item, position in CHANGES]


@pytest.mark.parametrize(("item", "position"), CHANGES, ids=NAMES)
def test_a_change_is_known_on_its_day_and_the_former_one_the_day_before(item, position):
    change, former = item.dates[position], item.dates[position - 1] if position else None
    assert known_on(item.dates, change.known_from - DAY) == former
    assert known_on(item.dates, change.known_from) == change
    assert known_on(item.dates, change.known_from) != former
    following = item.dates[position + 1] if position + 1 < len(item.dates) else None
    assert known_on(item.dates, following.known_from - DAY if following else date.max) == change


@pytest.mark.parametrize("line", RELEASE.class_rules, ids=id_of_line)
def test_a_line_of_the_table_is_read_and_in_force_exactly_from_its_days(line):
    answers = answers_for(line)

    def found_on(day):
        return [b for b in read(answers, day).basis if (b.reference, b.text) == (line.reference, line.text)]

    for day in days_of(line.dates):
        change = expected(line.dates, day)
        found = [(b.because, b.applies_from, b.in_force) for b in found_on(day)]
        assert found == ([(line.because, change.applies_from, day >= change.applies_from)] if change else [])
    assert_flips(line.dates, lambda day: [b.in_force for b in found_on(day)])


@pytest.mark.parametrize("obligation", RELEASE.obligations, ids=lambda o: o.id)
def test_an_obligation_is_listed_and_in_force_exactly_from_its_days(obligation):
    alone, variables = replace(RELEASE, obligations=(obligation,)), variables_for(obligation)

    def found_on(day):
        return list(duties_of(alone, variables, day, obligation.scope))

    for day in days_of(obligation.dates):
        change = expected(obligation.dates, day)
        found = [(d.obligation, d.applies_from, d.in_force, d.text) for d in found_on(day)]
        text = (change.text or obligation.text) if change else ""
        assert found == ([(obligation, change.applies_from, day >= change.applies_from, text)] if change else [])
    assert_flips(obligation.dates, lambda day: [d.in_force for d in found_on(day)])


def assert_flips(dates, in_force_on):
    """Each change that still counts on the day from which it applies comes into force on it; one that was overtaken never does."""
    for position, change in enumerate(dates):
        if expected(dates, change.applies_from) == change:
            assert in_force_on(change.applies_from) == [True]
            if change.known_from < change.applies_from:
                assert in_force_on(change.applies_from - DAY) == [False]
        elif position + 1 < len(dates):
            assert in_force_on(dates[position + 1].known_from - DAY) == [change.applies_from < dates[position + 1].known_from]
    assert in_force_on(date.max) == [True]


def test_nothing_but_the_amendment_became_known_on_its_day():
    for item in (*RELEASE.class_rules, *RELEASE.obligations):
        days = [change.known_from for change in item.dates]
        assert days == sorted(set(days))
        for change in item.dates:
            assert (change.known_from == AMENDED) is (change.act == AMENDMENT)


@SLOW
@given(some_answers())
def test_the_day_of_the_amendment_changes_nothing_but_what_it_amended(answers):
    amended = {o.id for o in RELEASE.obligations if any(c.act == AMENDMENT for c in o.dates)}
    before, after = read(answers, AMENDED - DAY), read(answers, AMENDED)
    imagery = {"5.1.ba", "5.1.bb"} & set(answers.get("ai-act.prohibited-practices", ("5.1.ba",)))
    if before.risk_class != after.risk_class or before.at_least != after.at_least:
        assert imagery
        assert after.risk_class in ("prohibited", "undetermined")
        return
    for then, now in ((before.duties, after.duties), (after.duties, before.duties)):
        listed = {d.obligation.id: d for d in now}
        for duty in then:
            if duty.obligation.id not in amended:
                other = listed.get(duty.obligation.id)
                assert other is not None, f"{duty.obligation.id} came or went"
                assert (duty.applies_from, duty.in_force, duty.status, duty.text) == (
                    other.applies_from, other.in_force, other.status, other.text,
                )  # fmt: skip
    lines = {line.reference for line in RELEASE.class_rules if any(c.act == AMENDMENT for c in line.dates)}
    steps = {heading.reference for heading in RELEASE.class_headings} if imagery else set()
    changed = set(before.basis) ^ set(after.basis)
    assert {b.reference for b in changed} <= lines | steps


def test_on_the_day_of_the_amendment_every_duty_reads_as_its_data_say():
    """Each obligation of the release on the two days, under answers that bring it."""
    for obligation in RELEASE.obligations:
        alone, variables = replace(RELEASE, obligations=(obligation,)), variables_for(obligation)
        listed = [list(duties_of(alone, variables, day, obligation.scope)) for day in (AMENDED - DAY, AMENDED)]
        then, now = ([(d.applies_from, d.text, d.status) for d in duties] for duties in listed)
        assert now, f"{obligation.id} is not listed under answers that bring it"
        if any(change.act == AMENDMENT for change in obligation.dates):
            assert then != now, f"{obligation.id}: the amendment changes neither day nor text"
        else:
            assert then == now, obligation.id


def test_what_may_still_come_to_a_certain_class_leaves_its_duties_open():
    """A product of Annex I is high-risk whatever Annex III says; which date its duties have is told by Annex III alone."""
    answers = {k: tuple(v) if isinstance(v, list) else v for k, v in DOCUMENT["base"].items()}
    answers |= {"ai-act.annex-i": "yes", "ai-act.annex-i-section": "a", "ai-act.instructions": "yes"}

    def statuses(**more):
        found = read({k: v for k, v in (answers | more).items() if v is not None}, date(2026, 11, 24))
        assert found.risk_class == "high"
        return {d.obligation.id: d.status for d in found.duties if d.obligation.reference == "Art. 26(1)"}

    assert statuses(**{"ai-act.annex-iii": None}) == {"ai-act.26.1": "unknown", "ai-act.26.1.product": "unknown"}
    assert statuses(**{"ai-act.annex-iii": ()}) == {"ai-act.26.1.product": "met"}
    assert statuses(**{"ai-act.annex-iii": ("4.a",)}) == {"ai-act.26.1": "met"}
    assert statuses(**{"ai-act.annex-iii": ("4.a",), "ai-act.annex-i": None}) == {"ai-act.26.1": "met"}, "certain without Annex I"


@pytest.mark.parametrize("sourcing", ["closed_api", "managed_open", "self_hosted_open", "on_device_open"])
@pytest.mark.parametrize(("obligation", "question"), [("gdpr.5.1.b", "sovereignty.own-use"), ("gdpr.5.1.e", "sovereignty.own-retention")])
def test_purpose_and_storage_bind_the_controller_on_its_own_servers_too(sourcing, obligation, question):
    known = index(RELEASE)
    of = known.obligations[obligation]
    asked = {"sourcing": sourcing, "sovereignty_personal_data": "ordinary"}
    assert truth(of.when, asked)
    own = known.questions[question]
    provider = {"sovereignty_training_on_inputs": "excluded", "sovereignty_retention": "zero", "sovereignty_deletion": "deleted"}
    assert not truth(of.met_when, asked | provider | {own.variable: own.choices[0].id})
    assert truth(of.met_when, asked | provider | {own.variable: own.choices[-1].id})
    assert truth(of.met_when, asked | {own.variable: own.choices[-1].id}) is (
        True if sourcing in ("self_hosted_open", "on_device_open") else None
    )


def test_what_is_minimal_names_the_exceptions_that_took_a_point_away():
    minimal = [line for line in RELEASE.class_rules if line.risk_class == "minimal"]
    assert all("ai-act.exceptions" in line.because for line in minimal)

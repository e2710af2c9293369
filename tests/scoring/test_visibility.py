"""Which questions are asked, with three values, and what is bound, ignored and listed."""

from assessments.scoring.evaluate import evaluate
from tests.scoring.conftest import GOOD, USE_CASE, answers, facts, option, question, release


def evaluated(small, responses=None, use_case=None, **more):
    return evaluate(small, facts(option("one", responses, **more), responses=USE_CASE if use_case is None else use_case))


def test_a_hidden_question_keeps_its_answer_and_ignores_it(small):
    found = evaluated(small, GOOD | answers(sla="none"))
    assert found.as_dict()["ignored"]["options"] == {"one": ["failover", "weights-at-hand"]}
    assert found.options[0].sheet.variables["failover"] == ""
    assert found.options[0].sheet.asked["failover"].response == answers(failover="yes")["failover"]


def test_a_hidden_question_of_several_choices_is_an_empty_list():
    hidden = question("places", "use_case", "choices", when='kind == "inside"')
    nested = question("near", "use_case", when='!("yes" in places)')
    small = release()
    section = small.questionnaires[0].sections[0]
    more = type(section)("two", "Two", (nested, hidden))
    changed = release(questionnaires=(type(small.questionnaires[0])("all", "All", "Everything.", (section, more)),))
    found = evaluate(changed, facts())
    assert found.sheet.variables["places"] == []
    # It stands before what it depends on, and is read after it.
    assert found.sheet.asked["near"].visible is True
    assert found.as_dict()["unanswered"]["use_case"] == ["near"]


def test_an_unknown_condition_counts_as_unanswered_whatever_stands_there_and_is_not_listed(small):
    without = {k: v for k, v in GOOD.items() if k != "sla"}
    found = evaluated(small, without)
    assert found.options[0].sheet.asked["failover"].visible is None
    assert "failover" not in found.options[0].sheet.variables
    assert found.as_dict()["unanswered"]["options"] == {"one": ["sla"]}
    assert found.as_dict()["ignored"]["options"] == {"one": ["weights-at-hand"]}


def test_conditions_of_options_read_the_use_case_and_the_sourcing(small):
    closed = evaluated(small, use_case=USE_CASE | answers(critical="no"))
    assert [id_ for id_, a in closed.options[0].sheet.asked.items() if a.visible is False] == ["audit", "weights-at-hand"]
    own = evaluated(small, sourcing="self_hosted_open")
    assert own.options[0].sheet.asked["weights-at-hand"].visible is True


def test_a_question_that_hangs_on_a_hidden_one_is_hidden_too(small):
    # Inside, so "critical" is hidden and bound to "", so "audit" isn't asked either.
    found = evaluated(small, use_case=USE_CASE | answers(kind="inside"))
    assert found.sheet.asked["critical"].visible is False
    assert found.options[0].sheet.asked["audit"].visible is False
    assert found.as_dict()["ignored"]["use_case"] == ["critical"]


def test_a_circle_is_unknown_and_ends():
    small = release()
    section = small.questionnaires[0].sections[0]
    circle = (question("hen", "use_case", when='egg == "yes"'), question("egg", "use_case", when='hen == "yes"'))
    changed = release(
        questionnaires=(type(small.questionnaires[0])("all", "All", "Everything.", (section, type(section)("two", "Two", circle))),)
    )
    found = evaluate(changed, facts())
    assert {found.sheet.asked[id_].visible for id_ in ("hen", "egg")} == {None}

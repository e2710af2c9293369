import pytest

from compliance.catalogue.index import index
from compliance.catalogue.reach import Circular, decides, reachable
from tests.compliance.small import BANDS, question, small

DOMAINS = ("use_case", "option")


def reach(release, condition):
    known = index(release)
    return reachable(condition, known, known.domains(DOMAINS))


def test_a_chain_of_conditions_that_no_answers_open():
    """Each condition alone can be true; together they can't: c is asked only where a is yes, and never then."""
    release = small(question("a"), question("b", when='a == "yes"'), question("c", when='b == "yes" && a == "no"'))
    assert not reach(release, index(release).questions["c"].when)
    assert reach(release, 'b == "yes"')


def test_a_hidden_question_is_read_as_nothing():
    release = small(question("a"), question("b", when='a == "yes"'))
    assert reach(release, 'b == "" && a == "no"')
    assert not reach(release, 'b == "no" && a == "no"')


def test_bands_of_a_number_are_read_by_their_ids():
    release = small(question("n", type_="number", bands=BANDS))
    assert reach(release, 'n == "some"')
    assert not reach(release, 'n == "few" && n == "many"')


def test_what_turns_an_outcome_is_found_and_what_does_not_is_not():
    release = small(question("a"), question("b"))
    known = index(release)
    domains = known.domains(DOMAINS)
    one, other = decides("b", 'a == "yes" && b == "yes"', known, domains)
    assert one["b"] != other["b"]
    assert one["a"] == other["a"] == "yes"
    assert decides("b", 'a == "yes" && (b == "yes" || b != "yes")', known, domains) is None


def test_a_circle_is_told():
    release = small(question("a", when='b == "yes"'), question("b", when='a == "yes"'))
    with pytest.raises(Circular):
        reach(release, 'a == "yes"')

"""Random facts for the small catalogue of ``conftest.py``, for property tests."""

from dataclasses import replace

from hypothesis import strategies as st

from assessments.scoring.facts import BASES, Costs, Response
from tests.scoring.conftest import CATEGORIES, D, costs, facts, option

BETTER = {"sla": ["none", "part", "full"], "failover": ["no", "yes"], "audit": ["no", "yes"], "weights-at-hand": ["no", "yes"]}
amounts = st.integers(0, 2000)


def answered(values):
    """A response of one of the ``values``, on any basis."""
    return st.builds(lambda value, basis: Response(value, basis=basis), values, st.sampled_from(BASES))


def _sets(ids):
    return st.lists(st.sampled_from(ids), unique=True).map(lambda chosen: tuple(sorted(chosen)))


# "none" for the service level hides a question, so the answers that are compared stay above it.
responses = st.fixed_dictionaries(
    {},
    optional={
        "sla": answered(st.sampled_from(["part", "full"])),
        "failover": answered(st.sampled_from(["no", "yes"])),
        "uptime": answered(st.integers(980, 1000).map(lambda n: D(n) / 10)),
        "certificates": answered(_sets(["a", "b", "c"])),
        "audit": answered(st.sampled_from(["no", "yes"])),
        "weights-at-hand": answered(st.sampled_from(["no", "yes"])),
    },
)
use_cases = st.fixed_dictionaries(
    {},
    optional={
        "kind": answered(st.sampled_from(["inside", "outside"])),
        "roles": answered(_sets(["provider", "deployer"])),
        "critical": answered(st.sampled_from(["no", "yes"])),
        "practice": answered(st.sampled_from(["no", "yes"])),
    },
)
# What keeps most options admissible, so that there is something to rank.
open_cases = use_cases.map(lambda found: {**found, "kind": Response("inside"), "practice": Response("no")})


def ranges(figures=amounts):
    """(low, likely, high) in order; now and then all the same."""
    return st.tuples(figures, figures, figures).map(lambda three: tuple(sorted(three)))


@st.composite
def options(draw, id_="one", figures=amounts, most_left_out=2):
    """``figures``: numbers, or ``ranges()`` for costs that aren't certain."""
    given = costs(
        model_access={"input_price_per_million": draw(amounts) / 100, "minimum_per_month": draw(figures)},
        support={"per_month": draw(figures), "one_off": draw(figures)},
        time_to_production={"weeks": draw(st.integers(0, 30) if figures is amounts else ranges(st.integers(0, 30)))},
    )
    left_out = draw(st.sets(st.sampled_from(CATEGORIES), max_size=most_left_out))
    given = Costs(None, {c: f for c, f in given.categories.items() if c not in left_out})
    sourcing = draw(st.sampled_from(["closed_api", "self_hosted_open"]))
    return replace(option(id_), sourcing=sourcing, responses=draw(responses), costs=given)


def without(found, key):
    return {k: v for k, v in found.items() if k != key}


cases = st.builds(lambda one, two, use_case: facts(one, two, responses=use_case), options("one"), options("two"), use_cases)

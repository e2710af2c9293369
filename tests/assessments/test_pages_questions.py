"""Questions by filter: of one section, and of the whole assessment."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone

from assessments.models import Response
from tests.assessments.asking import Case


def listed(case: Case, **asked: str) -> set[str]:
    """What the page of all questions links to."""
    page = case.client.get(case.url("questions"), asked)
    assert page.status_code == 200
    return set(re.findall(r'questions/all/one/#a-([\w-]+)"', page.content.decode()))


def test_unanswered_mine_and_words(case: Case) -> None:
    case.save("sla", "vendor", value="full", note="By Acme's Order Form", revision="0")
    case.acting("contributor").save("kind", value="outside", revision="0")
    everything = listed(case)
    assert {"kind--", "sla--vendor", "sla--own", "critical--"} <= everything
    unanswered = listed(case, show="unanswered")
    assert {"critical--", "sla--own", "uptime--vendor"} <= unanswered
    assert not {"kind--", "sla--vendor"} & unanswered
    assert "failover--own" not in unanswered, "whether it is asked isn't known yet"
    assert listed(case, show="mine") == {"sla--vendor"}
    assert listed(case, q="order form") == {"sla--vendor"}
    assert listed(case, q="question KIND") == {"kind--"}
    assert listed(case, option="own", show="unanswered") == {d for d in unanswered if d.endswith("--own")}
    assert listed(case, show="nonsense", days="-1", option="nobody") == everything


def test_the_page_counts_questions_and_what_is_answered_of_them(case: Case) -> None:
    def said(**asked: str) -> str:
        page = case.client.get(case.url("questions"), asked).content.decode()
        found = re.search(r'class="questions-found" role="status">(.*?)</p>', page, re.S)
        assert found is not None
        return found[1]

    every = re.fullmatch(r"(\d+) questions, 0 answered; (\d+) more may yet be asked", said())
    assert every is not None
    assert int(every[1]) + int(every[2]) == len(listed(case))
    case.save("sla", "vendor", value="full", revision="0")
    assert " questions, 1 answered; " in said()
    assert said(show="mine") == "1 question, 1 answered"


def test_an_unknown_is_still_wanted_and_what_is_not_asked_is_not(case: Case) -> None:
    case.save("kind", value="?unknown", revision="0")
    assert "kind--" in listed(case, show="unanswered")
    case.save("kind", value="inside", revision="1")
    assert "critical--" not in listed(case)


def test_changed_in_the_last_days(case: Case) -> None:
    for question in ("kind", "practice"):
        case.save(question, value="inside" if question == "kind" else "yes", revision="0")
    Response.objects.filter(question="kind").update(answered_at=timezone.now() - timedelta(days=9))
    assert listed(case, show="changed") == {"practice--"}
    assert listed(case, show="changed", days="10") == {"kind--", "practice--"}


def test_what_blockers_read(case: Case, small) -> None:
    names = " ".join(rule.when for rule in small.rules if rule.blocker)
    assert names, "the small catalogue has a blocker"
    read = {dom.split("--")[0] for dom in listed(case, show="blockers")}
    assert read == {dom.split("--")[0] for dom in listed(case) if re.search(rf"\b{dom.split('--')[0].replace('-', '_')}\b", names)}


def test_a_section_shows_what_is_asked_for_and_says_how_much_it_leaves_out(case: Case) -> None:
    case.save("kind", value="inside", revision="0")
    page = case.client.get(case.section_url, {"show": "mine"}).content.decode()
    assert re.search(r'class="question asked" id="row-kind"', page)
    assert re.search(r'class="question asked row-off" id="row-practice"', page)
    assert "aren’t shown" in page
    assert 'aria-current="true">Answered by me <span class="section-filter-count" id="filter-mine">1<' in page
    assert "row-off" not in case.page()


def chips(html: str) -> dict[str, str]:
    return dict(re.findall(r'class="section-filter-count" id="filter-(\w+)"[^>]*>(\d+)<', html))


def test_the_numbers_beside_the_filters_follow_each_answer(case: Case) -> None:
    case.acting("contributor").save("practice", value="no", revision="0")
    for question, option, fields in (
        ("kind", "", {"value": "inside"}),  # others are asked from then on
        ("uptime", "vendor", {"value": "99.5"}),
        ("uptime", "own", {"special": "?unknown"}),
        ("practice", "", {"value": "yes", "revision": "1"}),
    ):
        saved = case.save(question, option, **{"revision": "0", **fields}).content.decode()
        page = chips(case.page())
        assert {"unanswered", "mine"} <= chips(saved).keys()
        assert chips(saved) == {kind: page[kind] for kind in chips(saved)}, question
    assert page["mine"] == "4"


def test_a_section_of_which_nothing_is_asked_for_says_so(case: Case) -> None:
    page = case.client.get(case.section_url, {"show": "mine"}).content.decode()
    assert "No question of this section is like that." in page
    assert "aren’t shown" not in page

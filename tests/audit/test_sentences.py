"""What people read of an event."""

import pytest

from audit import actions
from audit.trail import erase_person, events_of
from audit.verify import verify_stream
from tests.audit.conftest import ANN, BOB, ORG

pytestmark = pytest.mark.django_db


def test_a_sentence_names_actor_object_and_reason(note):
    event = note(reason="the price changed", personal={"actor_name": "Ann Example", "object_label": "“Chatbot”"})
    assert event.sentence() == "Ann Example noted “Chatbot”: the price changed"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"actor": None, "personal": {}}, "An unknown person noted thing t-0: no reason given"),
        ({"actor": "system", "personal": {"actor_name": ""}}, "The system noted thing t-0: no reason given"),
        ({"personal": {}, "object_type": "use_case"}, f"{ANN} noted use case t-0: no reason given"),
        (
            {"action": "test.moved", "changes": {"status": {"from": "draft", "to": None}}, "personal": {}},
            f"{ANN} moved thing t-0 from draft to nothing",
        ),
        (
            {"action": "test.moved", "changes": {"status": {"from": True, "to": ["a", 2]}}, "personal": {}},
            f"{ANN} moved thing t-0 from yes to a, 2",
        ),
        ({"reason": "{actor} {0} %s"}, "Ann Example noted thing t-0: {actor} {0} %s"),
    ],
)
def test_what_is_not_there_is_said_in_words(note, given, sentence):
    assert note(**given).sentence() == sentence


def test_a_sentence_that_was_changed_or_dropped_later_still_renders(note):
    event = note()
    actions._sentences["test.noted"] = "{actor} noted {object} in {place} by {route[first]}"
    assert event.sentence() == "Ann Example noted thing t-0 in [not recorded] by [not recorded]"
    del actions._sentences["test.noted"]
    assert event.sentence() == "Ann Example did test.noted on thing t-0"


@pytest.mark.parametrize(("count", "told"), [(0, "0 things"), (1, "1 thing"), (2, "2 things")])
def test_a_number_has_its_noun(note, count, told):
    actions.register("test.counted", "Counted", "{actor} counted {count:thing|things} of {object}")
    event = note(action="test.counted", changes={"count": count})
    assert event.sentence() == f"Ann Example counted {told} of thing t-0"


def test_an_erased_name_is_shown_as_its_reference(note):
    note(0, reason="asked by phone")
    note(
        1,
        actor=BOB,
        action="test.invited",
        changes={"member": ANN, "role": "auditor"},
        personal={"actor_name": "Bob Sample", "member_name": "Ann Example"},
    )
    note(2, actor=BOB, object_type="person", object_id=ANN.removeprefix("person:"), personal={"object_label": "Ann Example"})
    note(3, actor=BOB, personal={"actor_name": "Bob Sample"})
    note(4, stream="system")
    before = [bytes(event.canonical) for event in events_of(ORG)]

    assert erase_person(ANN, actor=BOB) == 4

    told = [event.sentence() for event in events_of(ORG)]
    assert told == [
        f"{ANN} noted thing t-0: asked by phone",
        f"Bob Sample invited {ANN} as auditor",
        f"{BOB} noted person {ANN.removeprefix('person:')}: no reason given",
        "Bob Sample noted thing t-3: no reason given",
        f"{BOB} erased the name of person {ANN.removeprefix('person:')} from 3 entries of the trail",
    ]
    assert [bytes(event.canonical) for event in events_of(ORG)][:4] == before
    assert verify_stream(ORG).ok
    assert verify_stream("system").ok
    assert events_of("system").last().action == "audit.person_erased"
    assert erase_person(ANN) == 0
    assert events_of(ORG).count() == 5


def test_an_erased_reason_is_not_told_as_never_given(note):
    event = note(reason="private matters", personal={"object_label": "the thing"})
    event.private.filter(key="reason").delete()
    assert event.sentence() == f"{ANN} noted the thing: [erased]"


def test_erasing_needs_a_reference():
    with pytest.raises(ValueError, match="'Ann Example' is no person's reference"):
        erase_person("Ann Example")


@pytest.mark.parametrize(
    ("action", "sentence", "message"),
    [
        ("noted", "{actor}", "'noted' is no action: write lower-case words joined by dots"),
        ("Test.Noted", "{actor}", "is no action"),
        ("test.odd", "{actor.name}", r"\{actor\.name\} is no plain name"),
        ("test.odd", "{actor!r}", "is no plain name"),
        ("test.odd", "{count:>10}", "is no plain name"),
        ("test.odd", "{}", "is no plain name"),
        ("test.noted", "something else", "test.noted is registered already"),
    ],
)
def test_a_bad_registration_is_refused(action, sentence, message):
    with pytest.raises(ValueError, match=message):
        actions.register(action, "Odd", sentence)


def test_registering_the_same_again_changes_nothing():
    before = actions.registered()
    actions.register("test.noted", "Noted", before["test.noted"])
    assert actions.registered() == before

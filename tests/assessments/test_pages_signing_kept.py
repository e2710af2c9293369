"""What an approver types is kept: beside what is refused, while they are away at their provider, and never what is secret."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from assessments import delegating, editing, workflow
from assessments.answering import response_save
from assessments.models import Acceptance, Assessment, Condition, Verdict
from assessments.policy import DEFAULT
from assessments.setting_policy import policy_set
from assessments.snapshots import content_of, to_be_accepted
from assessments.views.drafts import KEY, LONGEST
from tests.accounts.openid import Provider, provider
from tests.assessments.playing import Reader, html, words
from tests.fixtures import PASSWORD, SIGNING, Cast, make_complete, more_approvers, newest, read_all, soon, today

pytestmark = pytest.mark.django_db


def in_review(cast: Cast) -> Assessment:
    """The proposed option has one blocker that an approver may accept: nobody is on call."""
    case = make_complete(cast)
    option = case.proposed_option
    response_save(actor=cast.contributor, assessment=case, question_id="incident-support.on-call", option=option, value="nobody")
    editing.propose(actor=cast.risk_officer, assessment=case, option=option, reason="A rota is being set up.")
    workflow.submit(actor=cast.risk_officer, assessment=case)
    case.refresh_from_db()
    return case


@pytest.fixture
def reviewed(cast: Cast) -> Assessment:
    return in_review(cast)


@pytest.fixture
def approver(cast: Cast, reviewed: Assessment) -> Reader:
    read_all(cast.approver, reviewed)
    return Reader(cast.approver, reviewed)


def item_of(case: Assessment) -> str:
    (item,) = to_be_accepted(content_of(newest(case)))
    return f"{item['option']}:{item['id']}"


def typed(case: Assessment, cast: Cast, **changes: Any) -> dict[str, str]:
    """An approval under two conditions, with everything that it asks for."""
    return {
        "digest": newest(case).digest, "password": PASSWORD,
        f"accept:{item_of(case)}": "The rota starts in May.", f"until:{item_of(case)}": soon().isoformat(),
        "condition:1:text": "Set up a rota.", "condition:1:owner": cast.contributor.email, "condition:1:due_on": soon().isoformat(),
        "condition:2:text": "Sign the clause.", "condition:2:owner": cast.risk_officer.email, "condition:2:due_on": soon().isoformat(),
    } | changes  # fmt: skip


def holds(page: Any, *texts: str) -> None:
    for text in texts:
        assert text in html(page), text


def all_of_it(page: Any, cast: Cast) -> None:
    holds(
        page,
        "The rota starts in May.</textarea>",
        "Set up a rota.</textarea>",
        "Sign the clause.</textarea>",
        f'value="{soon().isoformat()}"',
    )
    assert f'<option value="{cast.contributor.email}" selected>' in html(page)
    assert f'<option value="{cast.risk_officer.email}" selected>' in html(page)
    assert PASSWORD not in html(page)


def test_everything_typed_is_signed(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    assert approver.post("sign", **typed(reviewed, cast)).status_code == 302
    assert Acceptance.objects.get().expires_on == soon()
    assert [(c.text, c.owner, c.due_on) for c in Condition.objects.order_by("number")] == [
        ("Set up a rota.", cast.contributor, soon()), ("Sign the clause.", cast.risk_officer, soon()),
    ]  # fmt: skip
    text = words(approver.get("record"))
    assert "It holds under 2 conditions" in text
    assert soon().isoformat() not in text, "days are told in words"


def test_what_is_wrong_is_said_beside_its_field(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    item = item_of(reviewed)
    accept, until = f"accept:{item}", f"until:{item}"
    row: dict[str, str] = {"condition:1:text": "", "condition:1:owner": "", "condition:1:due_on": ""}
    wrong: tuple[tuple[dict[str, str], str, str], ...] = (
        ({"condition:2:text": ""}, "condition:2:text", "Say what must be done."),
        ({"condition:1:owner": "no@where.example"}, "condition:1:owner", "Nobody with this address can see to it"),
        ({"condition:2:due_on": "soon"}, "condition:2:due_on", "Write the day as year-month-day"),
        ({"condition:1:due_on": "2020-01-01"}, "condition:1:due_on", "Say until when: today or later."),
        (row, "condition:1:text", "Say what must be done."),
        ({until: "yesterday"}, until, "Write the day as year-month-day"),
        ({until: "2020-01-01"}, until, "Give a day after today"),
        ({accept: " "}, accept, "Say why this is accepted"),
    )
    for changes, field, says in wrong:
        answer = approver.post("sign", **typed(reviewed, cast, **changes))
        assert answer.status_code == 422, changes
        element = field.replace(":", "-").replace(".", "_")
        error = html(answer).partition(f'id="error_{element}">')[2].partition("</div>")[0]
        assert says in unescape(error), changes
        if changes is not row:
            holds(answer, "Set up a rota.</textarea>", '<details class="sign-conditions" open>')
    assert not Verdict.objects.exists()


def test_a_wrong_password_keeps_it_over_a_reload(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    answer = approver.post("sign", **typed(reviewed, cast, password="guess"))
    all_of_it(answer, cast)
    page = approver.get("sign")
    all_of_it(page, cast)
    assert "What you typed before is still here" in words(page)
    kept = str(approver.client.session[KEY])
    assert "guess" not in kept
    assert "csrf" not in kept
    assert approver.post("sign", **typed(reviewed, cast)).status_code == 302
    assert KEY not in approver.client.session


def test_a_rejection_is_kept_too(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    approver.post("reject", digest=newest(reviewed).digest, reason="Too dear for us.", password="guess")
    page = approver.get("sign")
    holds(page, "Too dear for us.</textarea>")
    assert approver.post("reject", digest=newest(reviewed).digest, reason="Too dear for us.", password=PASSWORD).status_code == 302
    assert KEY not in approver.client.session


def test_any_verdict_ends_it(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    approver.post("sign", **typed(reviewed, cast, password="guess"))
    approver.post("return", digest=newest(reviewed).digest, reason="Name the remedy.")
    assert KEY not in approver.client.session


def test_it_is_bound_to_the_record(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    approver.post("sign", **typed(reviewed, cast, password="guess"))
    (second,) = more_approvers(cast, "second_approver")
    old = newest(reviewed).digest
    workflow.return_(actor=second, assessment=reviewed, digest=old, reason="Name the remedy.", signing=SIGNING)
    workflow.submit(actor=cast.risk_officer, assessment=reviewed)
    read_all(cast.approver, reviewed)
    page = approver.get("sign")
    assert "The rota starts in May." not in html(page)
    assert "What you typed before" not in words(page)


def test_it_is_bound_to_the_person(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    approver.post("sign", **typed(reviewed, cast, password="guess"))
    (second,) = more_approvers(cast, "second_approver")
    read_all(second, reviewed)
    draft = approver.client.session[KEY]
    other = Reader(second, reviewed)
    session = other.client.session
    session[KEY] = draft
    session.save()
    assert "The rota starts in May." not in html(other.get("sign"))


def test_a_record_that_changed_is_told_and_the_words_are_given_back(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    fields = typed(reviewed, cast)
    (second,) = more_approvers(cast, "second_approver")
    workflow.return_(actor=second, assessment=reviewed, digest=fields["digest"], reason="Name the remedy.", signing=SIGNING)
    workflow.submit(actor=cast.risk_officer, assessment=reviewed)
    answer = approver.post("sign", **fields)
    text = words(answer)
    assert answer.status_code == 422
    assert "The record has changed since you opened it" in text
    assert "Read these parts first" in text
    for mine in ("The rota starts in May.", "Set up a rota.", "Sign the clause."):
        assert mine in text, "it can be copied"
    assert not Verdict.objects.filter(participation__person=cast.approver).exists()


def test_abstaining_needs_a_reason_and_keeps_nothing_secret(cast: Cast, approver: Reader, reviewed: Assessment) -> None:
    more_approvers(cast, "second_approver")
    answer = approver.post("abstain", digest=newest(reviewed).digest, reason=" ")
    assert answer.status_code == 422
    assert 'id="error_reason-abstain"' in html(answer)
    stale = approver.post("abstain", digest="sha256:" + "0" * 64, reason="I hold shares in the vendor.")
    assert (stale.status_code, "I hold shares in the vendor.</textarea>" in html(stale)) == (422, True)
    answer = approver.client.post(
        approver.url("abstain"), {"digest": newest(reviewed).digest, "reason": "I hold shares in the vendor."}, follow=True
    )
    assert "You abstain. Others decide without you." in words(answer)
    assert Verdict.objects.get().verdict == "abstain"
    assert approver.get("sign").status_code == 403


class TestSeats:
    """Two people are asked by name, and one of them stands in for the other."""

    @pytest.fixture
    def both(self, cast: Cast) -> tuple[User, User]:
        first, second = more_approvers(cast, "first_named", "second_named")
        stage = f"who: {{people: [{first.email}, {second.email}]}}\n    quorum: any"
        text = DEFAULT.read_text().replace("who: {role: approver}\n    quorum: any", stage, 1)
        policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="By name.")
        delegating.delegate(
            actor=first, organisation=cast.organisation, of=first, to=second, starts_on=today(), ends_on=today(), reason="Leave."
        )  # fmt: skip
        return first, second

    def test_the_seat_is_chosen_kept_and_signed_in(self, cast: Cast, both: tuple[User, User]) -> None:
        case = in_review(cast)
        away, here = both
        read_all(here, case)
        reader = Reader(here, case)
        assert f"For {away.name}, who is away" in words(reader.get("sign"))
        answer = reader.post("sign", **typed(case, cast, password="guess", on_behalf_of=str(away.pk)))
        assert f'<option value="{away.pk}" selected>' in html(answer)
        assert f'<option value="{away.pk}" selected>' in html(reader.get("sign"))
        assert reader.post("sign", **typed(case, cast, on_behalf_of=str(away.pk))).status_code == 302
        assert Verdict.objects.get().seat_of == away
        assert f"In the seat of {away.name}, who was away." in words(reader.get("record"))

    def test_a_seat_of_somebody_else_is_refused_beside_its_field(self, cast: Cast, both: tuple[User, User]) -> None:
        case = in_review(cast)
        read_all(both[1], case)
        reader = Reader(both[1], case)
        answer = reader.post("sign", **typed(case, cast, on_behalf_of=str(cast.approver.pk)))
        assert answer.status_code == 422
        assert 'id="error_seat-approve"' in html(answer)
        assert not Verdict.objects.exists()

    def test_who_is_not_asked_is_told_who_is(self, cast: Cast, both: tuple[User, User]) -> None:
        case = in_review(cast)
        page = Reader(cast.approver, case).get("sign")
        assert page.status_code == 403
        assert f"It isn't your turn: the stage Approval asks {both[0].name}, {both[1].name}." in words(page)
        assert "Sign and approve" not in words(page)


def test_who_is_needed_later_is_told_before_they_read_and_type(cast: Cast) -> None:
    first, named = more_approvers(cast, "first_named", "second_named")
    last = f'when: risk_class != "none"\n    who: {{people: [{named.email}]}}'
    text = DEFAULT.read_text().replace('when: risk_class == "high" || risk_class == "undetermined"\n    who: {role: approver}', last, 1)
    policy_set(actor=cast.administrator, organisation=cast.organisation, text=text, reason="By name.")
    case = in_review(cast)
    reader = Reader(named, case)
    page = reader.get("sign")
    assert "You are needed at a later stage" in words(page)
    assert "Sign and approve" not in words(page)
    assert "Return it" in words(page)
    read_all(first, case)
    other = Reader(first, case)
    assert "Sign and approve" in words(other.get("sign"))
    assert other.post("sign", **typed(case, cast)).status_code == 302
    read_all(named, case)
    page = reader.get("sign")
    assert "You are needed at a later stage" not in words(page)
    assert "Sign and approve" in words(page)


class TestAtTheProvider:
    """One who has no password here, and signs in through the provider."""

    @pytest.fixture
    def idp(self, settings: Any) -> Iterator[Provider]:
        with provider(settings) as fake:
            yield fake

    @pytest.fixture
    def reader(self, cast: Cast, idp: Provider, approver: Reader) -> Reader:
        cast.approver.set_unusable_password()
        cast.approver.save()
        approver.client.force_login(cast.approver)
        SocialAccount.objects.create(user=cast.approver, provider="oidc", uid="a-1")
        idp.person = {"sub": "a-1", "email": cast.approver.email, "email_verified": True}
        return approver

    def away(self, page: Any) -> str:
        (where,) = set(re.findall(r'href="(/account/provider/[^"]+)"', html(page)))
        return unescape(where)

    def test_what_was_typed_is_there_again_and_is_signed(self, cast: Cast, reader: Reader, reviewed: Assessment, idp: Provider) -> None:
        form = reader.get("sign")
        assert 'name="sign_in_again"' in html(form)
        assert "/account/provider/" not in html(form), "a link would lose what was typed"
        going = reader.post("sign", **typed(reviewed, cast, password="", sign_in_again="1"))
        assert going.status_code == 200
        assert f'content="0; url={self.away(going).replace("&", "&amp;")}"' in html(going)
        idp.auth_time = int(time.time())
        back = idp.visit(reader.client, self.away(going))
        assert back.request["PATH_INFO"] == reader.url("sign")
        all_of_it(back, cast)
        assert reader.post("sign", **typed(reviewed, cast, password="")).status_code == 302
        assert Verdict.objects.get().authentication == "provider:oidc"
        assert KEY not in reader.client.session

    def test_a_rejection_goes_the_same_way(self, reader: Reader, reviewed: Assessment, idp: Provider) -> None:
        given = {"digest": newest(reviewed).digest, "reason": "Too dear for us."}
        going = reader.post("reject", **given, sign_in_again="1")
        idp.auth_time = int(time.time())
        back = idp.visit(reader.client, self.away(going))
        holds(back, "Too dear for us.</textarea>")
        assert reader.post("reject", **given).status_code == 302

    def test_who_forgot_to_sign_in_again_keeps_it_as_well(self, cast: Cast, reader: Reader, reviewed: Assessment) -> None:
        answer = reader.post("sign", **typed(reviewed, cast, password=""))
        assert "Sign in again with your provider first" in words(answer)
        all_of_it(answer, cast)
        all_of_it(reader.get("sign"), cast)

    def test_what_is_too_long_to_keep_is_said_before_one_goes(self, cast: Cast, reader: Reader, reviewed: Assessment) -> None:
        long = "ä" * (LONGEST // 2 + 1)
        answer = reader.post("sign", **typed(reviewed, cast, password="", sign_in_again="1", **{"condition:1:text": long}))
        assert answer.status_code == 422
        assert "too long to be kept" in words(answer)
        holds(answer, long)
        assert KEY not in reader.client.session

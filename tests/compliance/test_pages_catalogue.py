"""The catalogue's own pages: any member reads them; a calculator's figures come in the address and are reckoned on the server."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from compliance import CONTENT, releases
from compliance.catalogue.compile import compile_catalogue
from compliance.catalogue.index import index, release_bytes
from compliance.catalogue.law import DatedChange, Proposal
from compliance.catalogue.model import Band, Choice, Source
from compliance.catalogue.reference import Benchmark
from compliance.wording import reading
from tests.compliance.small import D, obligation, priced, question, rule, small

pytestmark = pytest.mark.django_db
OLD, NEW, FULL = "small@1", "small@2", "open-or-closed@99"


def old_release():
    return small(question("a"), question("gone"), rules=(rule("stop", 'a == "no"'),))


def new_release():
    """Everything that a page can show, once: a condition, a blocker, two versions of a law, a proposal, reference data old and new."""
    versions = (
        DatedChange(date(2024, 8, 1), date(2025, 2, 2), "The first act", ("s",), "Ensure a sufficient level."),
        DatedChange(date(2026, 7, 27), date(2027, 12, 2), "The amending act", ("s",)),
    )
    came_later = (DatedChange(date(2026, 7, 27), date(2026, 7, 27), "The amending act", ("law",)),)
    literacy = obligation("o.1", when='b == "yes"', met_when='a == "high"', dates=versions)
    stop = rule("stop", '!(a == "high" || b == "yes")', blocker=True, acceptable_by="approver", obligations=("o.1",))
    omnibus = Proposal(
        "p", "An omnibus", "COM(2025) 837", date(2025, 11, 19), "Would change it.", "In committee.", date(2026, 8, 5), ("s",), ("o.1",)
    )
    own, law = Source("s", "A source", date(2026, 11, 1), "judgement"), Source("law", "An act", date(2026, 11, 1), "primary", "OJ L 1744")
    return replace(
        priced(),
        version=2,
        sources=(own, law),
        questionnaires=small(
            question("a", criterion="worth", weight=D(3), choices=(Choice("low", "Low", D(0)), Choice("high", "High", D(1)))),
            question("n", type_="number", unit="people", bands=(Band("few", "Fewer than six", D(6)), Band("many", "Six or more"))),
            question("b", when='a == "high" && n == "many"', help="Look into the contract."),
        ).questionnaires,
        rules=(
            replace(stop, severity="critical"),
            rule("look", 'n == "few" && sourcing in ["closed_api", "managed_open"]', question_="n"),
        ),
        obligations=(
            replace(literacy, title="Support literacy", text="Take measures that support it."),
            replace(obligation("o.2"), title="Come later", dates=came_later),
        ),
        proposals=(omnibus,),
        benchmarks=(Benchmark("Reasoning", "GSM8K", D(2), D(4), date(2026, 3, 1), "s", "n"),),
    )


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Two releases of a small catalogue, in place of the real ones."""
    for release in (old_release(), new_release()):
        (tmp_path / f"{release.name}.json").write_bytes(release_bytes(release))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    monkeypatch.setattr(releases, "newest", lambda key="small", newest=releases.newest: newest("small"))
    return tmp_path


@pytest.fixture(scope="module")
def content():
    """The content as it stands, under a version of its own."""
    return replace(compile_catalogue(CONTENT), version=99)


@pytest.fixture
def full(content, tmp_path, monkeypatch):
    (tmp_path / f"{content.name}.json").write_bytes(release_bytes(content))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    return content


@pytest.fixture
def member(cast):
    client = Client()
    client.force_login(cast.contributor)
    return client


def address(name: str, **kwargs: str) -> str:
    return reverse(f"compliance:{name}", kwargs={"org": "meridian-bank", **kwargs})


def read(client: Client, url: str, status: int = 200, **data: str) -> str:
    """The text of a page, without its tags."""
    response = client.get(url, data)
    assert response.status_code == status
    main = re.search(r"<main.*</main>", response.content.decode(), re.S)
    assert main is not None
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main.group())))


class TestReading:
    def test_the_front_page_counts_and_leads_on(self, member, published):
        response = member.get(address("catalogue"))
        assert response.status_code == 200
        text = response.content.decode()
        assert index(new_release()).digest in text and index(old_release()).digest in text
        assert address("changes", release=NEW, other=OLD) in text
        assert text.index("small@2") < text.index("small@1")
        assert '<a href="/o/meridian-bank/catalogue/" aria-current="page">Catalogue</a>' in text
        assert "1 of them a blocker" in text and "Usually leans open" in text

    def test_no_release_yet(self, member, tmp_path, monkeypatch):
        monkeypatch.setattr(releases, "FOLDER", tmp_path)
        assert "No release is published" in read(member, address("catalogue"))

    def test_ids_stand_where_files_and_the_api_are_spoken_of(self, member, published):
        listed = member.get(address("questions", release=NEW)).content.decode()
        assert "<code>a</code>" not in listed
        assert "<code>a</code>" in member.get(address("questions", release=NEW), {"q": "a"}).content.decode(), "ids can be searched for"
        page = member.get(address("question", release=NEW, question="a")).content.decode()
        body, _summary, names = page.partition("Names in files and in the API")
        assert "<code>a</code>" not in body and "<code>a</code>" in names and "<code>high</code>" in names

    def test_questions_are_searched(self, member, published):
        url = address("questions", release=NEW)
        everything = read(member, url)
        assert "3 questions." in everything and "asked only in some cases" in everything
        found = read(member, url, q="CONTRACT look")
        assert "1 of 3 questions fits" in found and "Is it b?" in found and "Is it a?" not in found
        assert "No question fits that search." in read(member, url, q="<script>")

    def test_a_question_says_what_it_changes(self, member, published):
        with time_machine.travel(datetime(2026, 11, 24, tzinfo=UTC)):
            text = read(member, address("question", release=NEW, question="a"))
        assert "Why it is asked It decides." in text
        assert "3, at least 100 % of its criterion" in text
        for group in ("The score 1", "Blockers 1", "Obligations 2", "Whether other questions are asked 1"):
            assert group in text
        assert "Critical" in text
        assert "whether it is met" in text
        assert "Acme Cloud High By the new page. 1 Jun 2026" in text
        assert "1 Jun 2026 out of date" not in text and "By the old page. 1 Jan 2025 out of date" in text

    def test_a_condition_is_said_in_words(self, member, published):
        response = member.get(address("question", release=NEW, question="b"))
        text = read(member, address("question", release=NEW, question="b"))
        assert "Asked when All of these: Is it a? is High Is it n? is Six or more" in text
        assert 'a == "high" && n == "many"' in text
        assert f'<a href="{address("question", release=NEW, question="a")}">Is it a?</a>' in response.content.decode()

    def test_a_number_shows_bands_and_benchmarks(self, member, published):
        text = read(member, address("question", release=NEW, question="n"))
        assert "A figure in people" in text and "Fewer than six 6" in text
        assert "2 to 4 % behind the best closed one (GSM8K)" in text
        assert "Acme Cloud, Model 4 Managed open weights 9 people Of both." in text

    def test_rules_stand_with_their_conditions(self, member, published):
        text = read(member, address("rules", release=NEW))
        assert "1 rule is a blocker" in text and "Can be accepted by an approver." in text
        assert "Is it a? isn’t High Is it b? isn’t Yes" in text
        assert "How the option is sourced is Closed API or Managed open weights" in text

    def test_sources_say_what_rests_on_them(self, member, published):
        url = address("sources", release=NEW)
        assert "2 sources." in read(member, url)
        only = read(member, url, verified="primary")
        assert "1 source." in only and "1 part rests on it" in only and "GDPR, Art. 1: Come later" in only
        assert "2 sources." in read(member, url, verified="nonsense")

    def test_reference_data_is_dated_and_filtered(self, member, published):
        url = address("reference", release=NEW)
        text = read(member, url)
        assert "Terms count as out of date after 365 days, prices after 90." in text
        assert "H100 4 USD" in text and "Cost defaults" in text
        of_acme = read(member, url, provider="acme")
        assert "Acme Cloud, Model 4 3 USD" in of_acme and "H100 4 USD" not in of_acme
        assert "This release holds no reference data." in read(member, address("reference", release=OLD))

    def test_changes_stand_before_and_after(self, member, published):
        text = read(member, address("changes", release=NEW, other=OLD))
        assert "From small@1" in text and "Removed 1 Is it gone? gone" in text
        assert "Added 2 Is it n? n Is it b? b" in text
        assert "Answers Before yes · Yes no · No After low · Low · value: 0 high · High · value: 1" in text
        assert (
            "Condition Before Is it a? is No As the" in text and "After All of these: Is it a? isn’t High Is it b? isn’t Yes As the" in text
        )
        backwards = read(member, address("changes", release=OLD, other=NEW))
        assert "Removed 2 Is it n? n Is it b? b" in backwards
        assert "Nothing: the two say the same." in read(member, address("changes", release=NEW, other=NEW))

    def test_an_older_release_says_that_there_is_a_newer(self, member, published):
        assert "A newer release is published: small@2." in read(member, address("questions", release=OLD))

    @pytest.mark.parametrize(
        ("name", "kwargs"),
        [
            ("questions", {"release": "small@3"}),
            ("question", {"release": NEW, "question": "nobody"}),
            ("obligations", {"release": "small"}),
            ("changes", {"release": NEW, "other": "small@0"}),
        ],
    )
    def test_what_is_not_there(self, member, published, name, kwargs):
        assert member.get(address(name, **kwargs)).status_code == 404


class TestLaw:
    def test_an_obligation_reads_as_it_was_known(self, member, published):
        url = address("obligations", release=NEW)
        before, after = read(member, url, as_of="2026-07-26"), read(member, url, as_of="2026-07-27")
        assert "On 26 July 2026 1 obligation was law, 1 of it in force. 1 of this release came later." in before
        assert "Ensure a sufficient level. Of whom: anyone Applies from 2 Feb 2025 in force" in before and "Come later" not in before
        assert "On 27 July 2026 2 obligations were law, 1 of them in force." in after
        assert "Take measures that support it. Of whom: anyone Applies from 2 Dec 2027 not yet" in after
        assert "Known from 1 Aug 2024 by The first act: applies from 2 Feb 2025." in after

    def test_a_proposal_is_marked(self, member, published):
        text = read(member, address("obligations", release=NEW))
        assert "COM(2025) 837 An omnibus proposal, not law" in text and "Would touch GDPR, Art. 1: Support literacy" in text

    def test_what_is_no_day(self, member, published):
        text = read(member, address("obligations", release=NEW), status=422, as_of="yesterday")
        assert "“yesterday” is no day" in text

    def test_before_any_law(self, member, published):
        assert "Nothing of this release was law on that day." in read(member, address("obligations", release=NEW), as_of="2020-01-01")

    def test_the_literacy_duty_was_recast(self, member, full):
        """Art. 4 in the content itself: Regulation (EU) 2026/1744 in force on 27 July 2026."""
        url = address("obligations", release=FULL)
        assert "a sufficient level of AI literacy of the people" in read(member, url, as_of="2026-07-26").split("Art. 5")[0]
        duty = read(member, url, as_of="2026-07-27").split("Support AI literacy")[1]
        assert duty.strip().startswith("Take measures that support the development of AI literacy")


def with_calculator(release, name: str) -> str:
    return next(id_ for id_, question in index(release).questions.items() if question.calculator == name)


class TestCalculators:
    @pytest.fixture
    def reckon(self, member, full):
        def reckon(calculator: str, status: int = 200, **data: str) -> str:
            text = read(member, address("question", release=FULL, question=with_calculator(full, calculator)), status, **data)
            return text.replace("\u202f", " ")

        return reckon

    @pytest.mark.parametrize(
        ("availability", "minutes", "hours"),
        [
            ("99", "432", "87.6"),
            ("99.5", "216", "43.8"),
            ("99.9", "43.2", "8.76"),
            ("99,95 %", "21.6", "4.38"),
            ("99.999", "0.432", "0.0876"),
        ],
    )
    def test_error_budgets(self, reckon, availability, minutes, hours):
        text = reckon("error-budget", availability=availability)
        assert f"A month {minutes} minutes" in text and f"A year {hours} hours" in text
        assert "30 days and a year as 365" in text

    def test_incidents_series_and_parallel(self, reckon):
        text = reckon("error-budget", availability="99.9", minutes="60", second="99.5")
        assert "Incidents that the month bears 0.72 43.2 ÷ 60" in text
        assert "99.4005 %" in text and "0.999 × 0.995 = 0.994005" in text
        assert "99.9995 %" in text and "= 0.999995" in text and "fail independently" in text

    def test_a_rota(self, reckon):
        eight = reckon("rota", people="8")
        assert "Weeks a year on call, each 13 52 ÷ 8 people × 2 roles" in eight and "Share of the year 25 %" in eight
        assert "Enough people by published practice." in eight and "Incidents that a shift bears 2" in eight
        assert "Too few people by published practice." in reckon("rota", people="7", sites="1")
        assert "People wanted 12 6 on each of 2 sites" in reckon("rota", people="12", sites="2")

    def test_a_staffed_seat(self, reckon):
        text = reckon("seat")
        assert "1 720 hours 5.09 people 8 760 ÷ 1 720" in text and "5.31 people" in text and "4.76 people" in text

    def test_fine_tuning_against_unknown_compute(self, reckon):
        below = reckon("fine-tuning", modification="3.3e22", systemic="no")
        assert "Threshold 3.33 × 10²² FLOP" in below and "The answer that follows: “No" in below
        above = reckon("fine-tuning", modification="3.4 × 10^22")
        assert "Your share 34 %" in above and "The answer that follows: “Yes”" in above
        assert "Threshold 3.33 × 10²⁴ FLOP" in reckon("fine-tuning", modification="1e22", systemic="yes")

    def test_fine_tuning_by_the_rule_of_thumb(self, reckon):
        text = reckon("fine-tuning", parameters="8e9", tokens="50,000,000", original="1e25")
        assert "estimated to be checked 2.4 × 10¹⁸ FLOP 6 × active parameters × tokens" in text
        assert "as you gave it" in text and "Not above the threshold" in text

    def test_reporting_clocks(self, reckon):
        text = reckon("reporting-clocks", start="2026-12-24T03:00")
        assert "Fri 25 Dec 2026, 03:00 Early warning NIS2, Art. 23 24" in text
        assert "Fri 08 Jan 2027, 03:00" in text

    @pytest.mark.parametrize(
        ("calculator", "data", "message"),
        [
            ("error-budget", {"availability": "often"}, "“often” is no number."),
            ("error-budget", {"availability": "101"}, "Give a figure from 0 to 100."),
            ("error-budget", {"availability": "", "minutes": "0"}, "Give a figure here."),
            ("error-budget", {"availability": "99", "minutes": "0"}, "Give more than 0."),
            ("rota", {"people": "7.5"}, "Give a whole number."),
            ("rota", {"people": "8", "sites": "-1"}, "Give a figure from 1 to"),
            ("fine-tuning", {"modification": "1e999"}, "is out of any range"),
            ("fine-tuning", {"modification": ""}, "Give the compute, or parameters and tokens."),
            ("fine-tuning", {"parameters": "8e9"}, "Give both parameters and tokens"),
            ("fine-tuning", {"modification": "NaN"}, "“NaN” is no number."),
            ("reporting-clocks", {"start": "at night"}, "Give a day and a time"),
            ("reporting-clocks", {"start": "9999-12-31T23:00"}, "Give a year from 2000 to 2100."),
        ],
    )
    def test_a_bad_figure_gets_a_message(self, reckon, calculator, data, message):
        assert message in reckon(calculator, 422, **data)

    def test_the_message_stands_beside_its_field(self, member, full):
        url = address("question", release=FULL, question=with_calculator(full, "rota"))
        text = member.get(url, {"people": "many"}).content.decode()
        assert 'value="many" aria-describedby="help_people error_people" aria-invalid="true"' in text


class TestContent:
    def test_every_question_has_a_page(self, member, full):
        for id_ in index(full).questions:
            assert member.get(address("question", release=FULL, question=id_)).status_code == 200, id_

    @pytest.mark.parametrize("name", ["questions", "rules", "obligations", "sources", "reference"])
    def test_every_link_within_the_catalogue_leads_somewhere(self, member, full, name):
        """An address of the same release, with an anchor that its page has."""
        seen: dict[str, str] = {}
        for url in sorted(
            set(re.findall(r'href="(/o/meridian-bank/catalogue/[^"]+#[^"]+)"', member.get(address(name, release=FULL)).content.decode()))
        ):
            page, anchor = url.split("#")
            if page not in seen:
                seen[page] = member.get(page.split("?")[0]).content.decode()
            assert f'id="{html.unescape(anchor)}"' in seen[page], url

    def test_every_condition_can_be_said(self, full):
        conditions = [q.when for q in index(full).questions.values() if q.when]
        conditions += [one.when for one in (*full.rules, *full.class_rules, *full.obligations)]
        conditions += [o.met_when for o in full.obligations if o.met_when]
        conditions += [part.when for loss in full.losses for part in (loss, *loss.changes, *loss.transfers) if part.when]
        for condition in conditions:
            reading(condition)


class TestLosses:
    def test_a_scenario_stands_with_its_figures_changes_and_transfers(self, member, full):
        text = read(member, address("reference", release=FULL)).replace("\u202f", " ")
        outage = text.split("The model is out of service")[1].split("Somebody relies on wrong output and is harmed")[0]
        assert "How often 1 to 8 a year, most likely 3" in outage
        assert "EUR 5 000 where the question is open, 90 % between EUR 1 000 and EUR 25 000." in outage
        assert "the median divided and multiplied by 5" in outage and "Can happen to every option" in outage
        assert "One machine takes the whole use case down with it" in outage and "2 times as frequent" in outage
        assert "What fails when one machine fails? is The whole use case" in outage
        assert "80 % of each event, up to 10 % of a month’s fee" in outage
        assert "80 % of each event, up to 12 months’ fees" in outage

    def test_doubts_stand_with_the_bounds_of_the_weights(self, member, full):
        doubts = read(member, address("reference", release=FULL)).split("Doubts and weights")[-1]
        assert "between 0.5 and 2 times what is stated" in doubts
        assert "Unsupported 40 % Self-declared 25 % Published 15 % Contractual 10 % Certified 5 %" in doubts

    def test_a_provider_s_page_and_an_older_release_have_none(self, member, full, published):
        provider = full.providers[0].id
        assert "Scenarios of loss" not in read(member, address("reference", release=FULL), provider=provider)
        assert "Scenarios of loss" not in read(member, address("reference", release=NEW))

    def test_a_question_says_which_loss_it_changes_and_how(self, member, full):
        asked = read(member, address("question", release=FULL, question="loss.outage"))
        assert "A figure in the demand's currency, at least 1." in asked
        assert "The loss to expect in a year 1 The model is out of service The answer is the median cost of one event." in asked
        read_too = read(member, address("question", release=FULL, question="service-levels.redundancy"))
        assert "One machine takes the whole use case down with it: 2 times as frequent." in read_too
        cap = read(member, address("question", release=FULL, question="liability.cap"))
        assert "The provider bears it, up to about a year's fees: others bear 60 % of each event, up to 12 months’ fees." in cap
        personal = read(member, address("question", release=FULL, question="sovereignty.personal-data"))
        assert "Data reaches somebody who has no right to it Whether it can happen to the option." in personal

    def test_changes_of_a_loss_and_of_a_doubt_are_told(self, member, full, tmp_path):
        outage = full.losses[0]
        change = replace(outage.changes[0], frequency=D(3), when='service_levels_worst_month_minutes == "beyond"')
        doubts = (*full.robustness.doubts[:4], replace(full.robustness.doubts[4], share=D("0.02")))
        later = replace(
            full,
            version=100,
            losses=(replace(outage, spread=D(6), changes=(change, *outage.changes[1:]), transfers=outage.transfers[1:]), *full.losses[1:]),
            robustness=replace(full.robustness, doubts=doubts),
        )
        (tmp_path / f"{later.name}.json").write_bytes(release_bytes(later))
        text = read(member, address("changes", release=later.name, other=FULL))
        assert "Scenarios of loss 1 changed" in text and "Who else bears a loss 1 removed" in text
        assert "Spread of the cost of one event Before 5 After 6" in text
        assert "How often Before 2 After 3" in text and "After How many minutes of outage" in text
        assert "Doubt by basis Before certified: 0.05 After certified: 0.02" in text

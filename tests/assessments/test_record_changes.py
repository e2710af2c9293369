"""What changed from one record to the next: everything that differs is told, in words, and nothing that doesn't."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.test import SimpleTestCase, TestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import formats
from assessments import editing, workflow
from assessments.answering import figure_save, response_save
from assessments.changes import Change, Changes, as_data, changes, words
from assessments.models import Assessment, BasisOfAnswer, Evidence, Part, Severity, Sourcing, Status, Treatment
from assessments.snapshots import content_of
from assessments.views import law
from audit.canonical import canonical_bytes
from tests.fixtures import Cast, attach, first_use_case_question, make_cast, make_complete, newest

Content = dict[str, Any]
Step = str | int
QUESTION, GONE, KEPT = "service-levels.need", "own-cluster", "managed-open"


def submitted(cast: Cast, case: Assessment) -> Content:
    """The record of the case as it stands, which is given back at once."""
    workflow.submit(actor=cast.risk_officer, assessment=case)
    content = content_of(newest(case))
    Assessment.objects.filter(pk=case.pk).update(status=Status.RETURNED)
    case.refresh_from_db()
    return content


def change(found: Changes, group: str, title: str, of: str = "") -> Change:
    """The one change of that title."""
    (one,) = [c for c in found.group(group) if c.title == title and c.of == of]
    return one


def sides(one: Change, label: str = "") -> tuple[str | None, str | None]:
    (part,) = [p for p in one.parts if p.label == label]
    return part.before, part.after


class Played(TestCase):
    """Two records of one state, and a third after an answer, its note, a figure, a file, a name, the proposal and the options changed."""

    file: Evidence
    attached_to: str
    records: tuple[str, ...]
    found: Changes

    @classmethod
    def setUpTestData(cls) -> None:
        cast = make_cast()
        case = make_complete(cast)
        first, second = submitted(cast, case), submitted(cast, case)
        response_save(actor=cast.contributor, assessment=case, question_id=QUESTION, value="99.0", note="Asked the branches again.")
        cls.file = attach(cast, case)
        option = case.options.get(key=KEPT)
        figure_save(
            actor=cast.contributor, assessment=case, option=option, category="support", key="per_month",
            likely="9000", low="8000", high="9500",
        )  # fmt: skip
        figure_save(actor=cast.contributor, assessment=case, option=None, category="demand", key="horizon_months", likely="24")
        editing.option_change(
            actor=cast.risk_officer, option=option, name="Open weights, managed", sourcing=option.sourcing, provider=option.provider,
            model=option.model, currency=option.currency,
        )  # fmt: skip
        editing.option_remove(actor=cast.risk_officer, option=case.options.get(key=GONE))
        editing.propose(actor=cast.risk_officer, assessment=case, option=case.proposed_option, reason="It still fits best.")
        third = submitted(cast, case)
        cls.attached_to = next(
            q["text"]
            for n in third["questionnaires"]
            for s in n["sections"]
            for q in s["questions"]
            if q["id"] == first_use_case_question(case)
        )
        cls.records = tuple(json.dumps(content) for content in (first, second, third))
        cls.found = changes(first, third)

    def record(self, number: int) -> Content:
        content: Content = json.loads(self.records[number - 1])
        return content

    def test_two_records_of_one_state_differ_in_nothing(self) -> None:
        first, second = self.record(1), self.record(2)
        assert (first["number"], second["number"]) == (1, 2)
        assert not changes(first, second)

    def test_tells_an_answer_with_its_note_and_who_gave_it(self) -> None:
        one = change(self.found, "answers", "Which monthly availability does the use case need?")
        assert one.kind == "changed"
        before, after = sides(one, "Answer")
        assert (before or "").startswith("99.9 %")
        assert (after or "").startswith("99 %")
        assert sides(one, "Note") == ("", "Asked the branches again.")
        before, after = sides(one, "Answered")
        assert (before or "").startswith("Risk officer, ")
        assert (after or "").startswith("Contributor, ")
        assert len(one.parts) == 3

    def test_tells_evidence_by_name_and_digest(self) -> None:
        one = change(self.found, "answers", self.attached_to)
        assert sides(one, "Evidence") == (None, f"{self.file.name}, sha256:{self.file.sha256}")

    def test_tells_no_other_answer(self) -> None:
        assert len(self.found.group("answers")) == 2

    def test_tells_figures_with_label_unit_and_range(self) -> None:
        months = change(self.found, "figures", "Horizon")
        assert (months.unit, sides(months)) == ("months", ("36", "24"))
        running = change(self.found, "figures", "Support, running", of="Open weights, managed")
        assert (running.unit, sides(running)[1]) == ("a month", "8,000 – 9,000 – 9,500")
        assert len(self.found.group("figures")) == 2

    def test_tells_a_new_name_and_counts_what_went_with_an_option(self) -> None:
        renamed, gone = self.found.group("options")
        assert sides(renamed, "Name") == ("Managed open weights", "Open weights, managed")
        assert (gone.title, gone.kind) == ("Own cluster", "removed")
        answers = sum(GONE in q["answers"] for n in self.record(1)["questionnaires"] for s in n["sections"] for q in s["questions"])
        assert sides(gone, "Answers") == (str(answers), None)
        assert sides(gone, "Findings and what is done about them") == (
            str(sum(f["option"] == GONE for f in self.record(1)["findings"])),
            None,
        )

    def test_tells_the_reason_of_the_proposal(self) -> None:
        assert sides(change(self.found, "proposal", "Proposal"), "Reason") == ("It fits best.", "It still fits best.")

    def test_tells_the_results_of_each_option_that_stays(self) -> None:
        before, after = ({o["id"]: o for o in self.record(n)["evaluation"]["options"]} for n in (1, 3))
        for key, name in (("vendor-api", "Vendor API in the EU"), (KEPT, "Open weights, managed")):
            one = change(self.found, "results", name)
            assert sides(one, "Cost over the horizon") == tuple(
                f"EUR {float(side[key]['costs']['total']['likely']):,.2f}" for side in (before, after)
            )
        assert [c for c in self.found.group("results") if c.title == "Own cluster"] == []
        assert sides(change(self.found, "results", "Ranking")) == (
            "Vendor API in the EU; Managed open weights; Own cluster",
            "Vendor API in the EU; Open weights, managed",
        )

    def test_tells_findings_that_are_gone(self) -> None:
        def held(number: int) -> set[tuple[str, str]]:
            return {(f["option"], f["id"]) for f in self.record(number)["findings"] if f["option"] != GONE}

        told = {tuple(c.key.split(":")[1:]) for c in self.found.group("findings") if c.kind == "removed"}
        assert told == held(1) - held(3)
        assert told

    def test_names_no_group_that_has_no_change(self) -> None:
        assert not {"catalogue", "weights", "software", "other"} & {group.key for group in self.found.groups}

    def test_is_ready_for_json(self) -> None:
        data = as_data(self.found)
        assert canonical_bytes(data)
        assert data["count"] == sum(len(group["changes"]) for group in data["groups"]) == self.found.count

    def test_the_page_tells_it_with_the_record_before(self) -> None:
        html = render_to_string("assessments/_record_changes.html", {"changes": self.found, "since": 1})
        assert "What changed since record 1" in html
        assert "Asked the branches again." in html
        assert html.count('<th scope="row">') == sum(len(c.parts) for g in self.found.groups for c in g.changes)
        for group in self.found.groups:
            assert f'href="#since-{group.key}">{group.title}</a> <strong>{group.count}</strong>' in html

    def test_the_page_says_where_nothing_changed(self) -> None:
        html = render_to_string("assessments/_record_changes.html", {"changes": Changes(()), "since": 4})
        assert "says the same as record 4" in html
        assert "<table" not in html

    # Exactly: no leaf of a record is beyond telling.

    def test_every_kind_of_leaf_is_told_when_it_alone_differs(self) -> None:
        before = small(self.record(3))
        untold = set()
        for path in one_of_each_kind(before):
            for value in (ALTERED, GONE_FROM_THERE):
                after = altered(before, path, value)
                if after != before and not told(changes(before, after)):
                    untold.add(path)
        assert untold == {("number",), ("submitted", "at"), ("evaluation", "input_digest")}

    def test_any_leaf_is_told_whatever_it_becomes(self) -> None:
        before = small(self.record(3))
        paths = [path for path in leaves(before) if path not in (("number",), ("submitted", "at"), ("evaluation", "input_digest"))]

        @settings(max_examples=60)
        @given(st.sampled_from(paths), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2))
        def holds(path: tuple[Step, ...], value: Any) -> None:
            after = altered(before, path, value)
            assert told(changes(before, after)) == (json.dumps(before) != json.dumps(after))
            assert told(changes(after, before)) == (json.dumps(before) != json.dumps(after))

        holds()


ALTERED, GONE_FROM_THERE = "something else", object()


def small(content: Content) -> Content:
    """A record with one or two of each kind, so that many comparisons take little time; with a register and stages."""
    found = copy.deepcopy(content)
    for questionnaire in found["questionnaires"]:
        questionnaire["sections"] = [s | {"questions": s["questions"][:1]} for s in questionnaire["sections"][:1]]
    found["questionnaires"] = [q for q in found["questionnaires"] if q["id"] == "service-levels"]
    for holder in (found["file"]["use_case"], *found["file"]["options"]):
        holder["responses"] = dict(list(holder["responses"].items())[:1])
    for option in found["evaluation"]["options"]:
        option["values"] = {"cost": option["values"]["cost"]}
        option["loss"] |= {key: option["loss"][key][:1] for key in ("exceedance", "scenarios")}
        option |= {key: option[key][:1] for key in ("obligations", "findings")}
    for option in found["file"]["options"]:
        option["costs"] = {key: option["costs"][key] for key in ("currency", "scaling", "support") if key in option["costs"]}
    for key in ("sources", "obligations", "losses", "findings", "criteria", "cost_categories"):
        found[key] = found[key][:1]
    evaluation = found["evaluation"]
    for key in ("flips", "obligations", "scenarios", "accountability", "break_even"):
        evaluation[key] = evaluation[key][:1]
    evaluation["robustness"].pop("any_weights")
    evaluation["trace"] = {"name": "evaluation", "inputs": [{"name": "tokens a month", "value": "480000000", "inputs": []}]}
    entry = {"treatment": "mitigate", "inherent": "high", "residual": "low", "due_on": "2027-03-01", "plan": "Mark it."}
    found["register"] = [
        {"option": "vendor-api", "finding": "output-not-marked", "owner": {"reference": "person:1", "name": "Ada"}} | entry
    ]
    found["routing"] = {"stages": [{"key": "risk", "title": "Risk", "role": "approver", "quorum": "any", "needed": 1, "due_days": 5}]}
    return found


def leaves(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    steps = list(held)
    if not steps:
        yield path
    for key, item in steps:
        yield from leaves(item, (*path, key))


def one_of_each_kind(content: Content) -> list[tuple[Step, ...]]:
    """One path for each kind of leaf: the places in lists, and the names within a mapping of many alike, don't make a kind."""
    alike = {"responses", "values", "by_category", "by_option", "answers", "software", "confidence", "pairwise", "central_weights"}
    kinds: dict[tuple[Step, ...], tuple[Step, ...]] = {}
    for path in leaves(content):
        kind = tuple("*" if isinstance(step, int) or (n and path[n - 1] in alike) else step for n, step in enumerate(path))
        kinds.setdefault(kind, path)
    return list(kinds.values())


def altered(content: Content, path: tuple[Step, ...], value: Any) -> Content:
    """The content with another value at one place, or without that place."""
    top = path[0]
    found = content | {str(top): copy.deepcopy(content[str(top)])}
    holder: Any = found
    for step in path[:-1]:
        holder = holder[step]
    if value is GONE_FROM_THERE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return found


def told(found: Changes) -> bool:
    """Whether anything is told; and whatever is told has two sides that differ."""
    parts = [part for group in found.groups for one in group.changes for part in one.parts]
    assert all(part.before != part.after for part in parts)
    assert all(one.parts for group in found.groups for one in group.changes)
    return bool(parts)


class Written(SimpleTestCase):
    """From contents that are written here."""

    FINDING: Content = {"option": "a", "id": "f", "title": "No exit plan", "severity": "high"}
    ENTRY: Content = {"option": "a", "finding": "f", "title": "No exit plan", "inherent": "high", "residual": "high", "treatment": "avoid"}

    def test_a_record_of_before_there_was_a_register_has_an_empty_one(self) -> None:
        before: Content = {"options": [{"id": "a", "name": "Cloud"}], "findings": [self.FINDING]}
        owner = {"reference": "person:1", "name": "Ada"}
        one = change(changes(before, before | {"register": [self.ENTRY | {"owner": owner}]}), "findings", "No exit plan", of="Cloud")
        assert one.kind == "changed"
        assert sides(one, "How grave it is after that") == (None, "High")
        assert sides(one, "What is done about it") == (None, "Avoid")
        assert sides(one, "Who sees to it") == (None, "Ada")

    def test_tells_another_treatment(self) -> None:
        before, after = ({"findings": [self.FINDING], "register": [self.ENTRY | {"treatment": t}]} for t in ("avoid", "transfer"))
        one = change(changes(before, after), "findings", "No exit plan", of="a")
        assert sides(one, "What is done about it") == ("Avoid", "Transfer")
        assert len(one.parts) == 1

    def test_a_finding_that_is_gone_is_told_once(self) -> None:
        found = changes({"findings": [self.FINDING], "register": [self.ENTRY]}, {"findings": [], "register": []})
        assert (found.count, change(found, "findings", "No exit plan", of="a").kind) == (1, "removed")

    def test_tells_stages_by_their_titles(self) -> None:
        ada, bo = {"reference": "person:1", "name": "Ada"}, {"reference": "person:2", "name": "Bo"}
        stage = {"key": "risk", "title": "Risk", "needed": 1, "people": [ada]}
        before: Content = {"routing": {"stages": [stage]}}
        found = changes(
            before, {"routing": {"stages": [stage | {"needed": 2, "people": [ada, bo]}, {"key": "board", "title": "Board", "needed": 3}]}}
        )
        assert sides(change(found, "routing", "Risk"), "Approvals needed") == ("1", "2")
        assert sides(change(found, "routing", "Risk"), "Asked by name") == (None, "Bo")
        assert change(found, "routing", "Board").kind == "added"

    def test_tells_people_and_who_submitted(self) -> None:
        ada = {"reference": "person:1", "name": "Ada", "part": "author"}
        before: Content = {"people": [ada], "submitted": {"by": "Ada", "reference": "person:1", "at": "2027-01-01T00:00:00Z"}}
        bo = {"reference": "person:2", "name": "Bo", "part": "answered"}
        after: Content = {"people": [ada, bo], "submitted": {"by": "Bo", "reference": "person:2", "at": "2027-01-02T00:00:00Z"}}
        found = changes(before, after)
        assert sides(change(found, "people", "Bo"), "Part") == (None, "Answered")
        assert sides(change(found, "people", "Who submitted it"), "Submitted by") == ("Ada", "Bo")

    def test_tells_the_release_and_a_question_that_it_words_otherwise(self) -> None:
        def record(version: int, text: str) -> Content:
            question = {"id": "q", "text": text, "answers": {"use_case": {"state": "unknown"}}}
            sections = [{"id": "s", "title": "S", "questions": [question]}]
            return {
                "catalogue": {"key": "bank", "version": version, "digest": f"sha256:{version}"},
                "questionnaires": [{"id": "n", "title": "N", "sections": sections}],
            }

        found = changes(record(1, "Who?"), record(2, "Who is it?"))
        assert [group.key for group in found.groups] == ["catalogue"]
        assert sides(change(found, "catalogue", "Release"), "Release") == ("bank@1", "bank@2")
        assert sides(change(found, "catalogue", "Who is it?"), "Text") == ("Who?", "Who is it?")

    def test_what_it_doesnt_know_is_told_with_its_path(self) -> None:
        found = changes({"novelty": {"depth": [{"id": "x", "far": 1}]}}, {"novelty": {"depth": [{"id": "x", "far": True}]}})
        (one,) = found.group("other")
        assert one.title == "novelty › depth › x › far"
        assert sides(one) == ("1", "yes")

    def test_tells_another_order_of_the_options(self) -> None:
        a, b = {"id": "a", "name": "A"}, {"id": "b", "name": "B"}
        assert sides(change(changes({"options": [a, b]}, {"options": [b, a]}), "options", "Options")) == ("A; B", "B; A")

    def test_a_page_shows_no_text_as_markup(self) -> None:
        found = changes({"proposal": {"reason": "<b>"}}, {"proposal": {"reason": "<i>"}})
        html = render_to_string("assessments/_record_changes.html", {"changes": found, "since": 1})
        assert "&lt;b&gt;" in html
        assert "<b>" not in html

    def test_a_treatment_is_told_as_its_form_asks_for_it(self) -> None:
        after = self.ENTRY | {"plan": "", "due_on": "2027-03-01"}
        before = self.ENTRY | {"plan": "Mark it.", "due_on": None}
        found = changes({"findings": [self.FINDING], "register": [before]}, {"findings": [self.FINDING], "register": [after]})
        one = change(found, "findings", "No exit plan", of="a")
        assert [part.label for part in one.parts] == ["Until when", "How, or why nothing has to be done"]
        form = (Path(__file__).parents[2] / "assessments/templates/assessments/_finding.html").read_text()
        assert all(label in form for (kind, _part), label in words.PARTS_OF.items() if kind == "finding")
        with formats.shown_in("UTC", "de-DE"):
            html = render_to_string("assessments/_record_changes.html", {"changes": found, "since": 1})
        assert "1. März 2027" in html or "1. March 2027" in html
        assert "2027-03-01" not in html
        assert html.count('<span class="muted">nothing<') == 2
        assert "empty" not in html

    def test_the_day_on_which_it_was_read_is_a_day(self) -> None:
        found = changes({"as_of": "2027-03-01"}, {"as_of": "2027-03-02"})
        html = render_to_string("assessments/_record_changes.html", {"changes": found, "since": 1})
        assert "1 March 2027" in html
        assert "2 March 2027" in html

    def test_its_words_are_those_of_the_forms(self) -> None:
        assert dict(BasisOfAnswer.choices) == words.BASES
        assert dict(Sourcing.choices) == words.SOURCINGS
        assert dict(Severity.choices) == words.RATINGS
        assert dict(Treatment.choices) == words.TREATMENTS
        assert dict(Part.choices) == words.PEOPLE
        assert law.CLASSES == words.CLASSES

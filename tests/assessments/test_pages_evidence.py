"""All evidence of an assessment on one page, and where it is missing."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.answering import response_save
from assessments.models import Response
from reports.trail_views import KINDS_OF_EVENT
from tests.assessments.playing import OnTheCompleteCase, Reader, html, words
from tests.fixtures import attach, first_use_case_question


class AllEvidence(OnTheCompleteCase):
    def read(self, query: str = "") -> str:
        answer = Reader(self.cast.auditor, self.case).get("evidence_all", query)
        assert answer.status_code == 200
        return words(answer)

    def test_each_file_stands_there_with_its_digest_and_who_attached_it(self) -> None:
        kept = attach(self.cast, self.case)
        page = Reader(self.cast.auditor, self.case).get("evidence_all")
        text = words(page)
        assert f"certificate.txt 19 bytes {kept.sha256}" in text
        assert self.cast.contributor.name in text
        assert f"/evidence/{kept.pk}/" in html(page)

    def test_they_are_found_by_name_digest_question_and_questionnaire(self) -> None:
        kept, other = attach(self.cast, self.case), attach(self.cast, self.case, "contract.txt", b"A contract.")
        for query, there, gone in (
            ("?q=CERTIF", "certificate.txt", "contract.txt"), (f"?q={other.sha256[:12]}", "contract.txt", "certificate.txt"),
            ("?q=no such thing", "Nothing fits.", "certificate.txt"), ("?questionnaire=service-levels&q=nothing%00", "Nothing fits.", kept.sha256),
        ):  # fmt: skip
            assert there in self.read(query), query
            assert gone not in self.read(query), query
        assert "2 files" in self.read("?questionnaire=nonsense&page=\xb2")

    def test_a_claim_without_a_file_is_told_and_one_with_a_file_isnt(self) -> None:
        Response.objects.filter(assessment=self.case).update(basis="published")
        assert "Nowhere: each answer that claims" in self.read()
        question = first_use_case_question(self.case)
        Response.objects.filter(assessment=self.case, question=question, option=None).update(basis="certified")
        assert "1 answer says that it rests on a contract or a certificate, and has no file." in self.read()
        attach(self.cast, self.case)
        assert "Nowhere: each answer that claims" in self.read()

    def test_it_asks_no_more_the_more_there_is(self) -> None:
        for number in range(12):
            attach(self.cast, self.case, f"file-{number}.txt", f"Content {number}".encode())
        reader = Reader(self.cast.administrator, self.case)
        reader.get("evidence_all")
        with CaptureQueriesContext(connection) as asked:
            reader.get("evidence_all")
        assert len(asked) <= 15, [query["sql"][:100] for query in asked]

    def test_the_timeline_is_filtered_by_what_happened(self) -> None:
        attach(self.cast, self.case)
        option = self.case.proposed_option
        response_save(
            actor=self.cast.contributor, assessment=self.case, question_id="incident-support.on-call", option=option, value="nobody"
        )
        address = Reader(self.cast.auditor, self.case).url("detail") + "trail/"
        client = Reader(self.cast.auditor, self.case).client
        only = words(client.get(address + "?kind=evidence"))
        assert "attached evidence to" in only
        assert "answered" not in only.partition("Show")[2]
        assert "attached evidence to" not in words(client.get(address + "?kind=answers"))
        for kind in ("", "x", *KINDS_OF_EVENT):
            assert client.get(f"{address}?kind={kind}").status_code == 200, kind
        assert "wasn\u2019t checked yet" in only

"""A made-up, realistic pair of frozen records: what a decision on three options looks like, with no database and no catalogue."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from typing import Any

from audit.canonical import canonical_bytes
from tests.reports.sample_risk import add_risk, frozen_texts

CRITERIA = {
    "service-levels": "Service levels",
    "liability": "Liability and licence",
    "regulation-and-sovereignty": "Regulation and data sovereignty",
    "incident-support": "Support at 3 AM",
    "cost": "Cost",
    "time-to-production": "Time to production",
    "capability": "Capability for the task",
    "control": "Control and customisation",
    "concentration": "Exit and concentration",
}
WEIGHTS = ["0.1700", "0.1800", "0.1500", "0.1400", "0.0800", "0.0600", "0.1000", "0.0400", "0.0800"]
OPTIONS = [
    ("vendor-api", "Vendor API in the EU", "closed_api", "Example Models Inc.", "Frontier 5, EU region", "71.4", "78.0", "0.8600"),
    ("managed-open", "Managed open weights", "managed_open", "Hoster SA", "Open 120B Instruct", "64.9", "75.2", "0.8100"),
    ("own-cluster", "Own cluster in Frankfurt", "self_hosted_open", "own operations", "Open 120B Instruct", "52.3", "66.0", "0.7900"),
]
VALUES = {
    "vendor-api": ["0.8000", "0.7400", "0.6600", "0.9000", "0.5200", "0.9500", "0.8800", "0.2500", "0.3000"],
    "managed-open": ["0.6500", "0.5500", "0.7800", "0.6000", "0.7400", "0.8000", "0.7600", "0.5500", "0.5200"],
    "own-cluster": ["0.4000", "0.3500", "0.9000", "0.3000", "0.4100", "0.2500", "0.7600", "0.9500", "0.8500"],
}
COSTS = {
    "vendor-api": ["612480.00", "0.00", "18000.00", "24000.00", "61000.00", "0.00", "15000.00", "48000.00", "6000.00"],
    "managed-open": ["204160.00", "36000.00", "24000.00", "42000.00", "74000.00", "18000.00", "38000.00", "60000.00", "12000.00"],
    "own-cluster": ["0.00", "841500.00", "96000.00", "128000.00", "142000.00", "88000.00", "64000.00", "132000.00", "84000.00"],
}
CATEGORIES = {
    "model_access": "Model access",
    "infrastructure": "Infrastructure",
    "scaling": "Scaling",
    "monitoring": "Monitoring",
    "security_and_compliance": "Security and compliance",
    "updates_and_patches": "Updates and patches",
    "fine_tuning": "Fine-tuning",
    "support": "Support",
    "time_to_production": "Time to production",
}
PEOPLE = {"author": "Ines Albrecht", "answered": "Tomasz Wilk", "approver": "Dr Marguerite Oyelaran"}
QUESTIONS = {
    "Availability and what backs it": [
        ("Which monthly availability does the use case need?", "use_case", "service-levels", "99.9 %: less than three quarters of an hour a month"),
        ("Which monthly availability is promised for the model's answers?", "option", "service-levels", "99.9 % up to 99.95 %"),
        ("What kind of promise is it?", "option", "service-levels", "A contract that names a remedy"),
        ("How is a credit obtained?", "option", "service-levels", "By a claim with logs within thirty days"),
    ],
    "Who is called at 3 AM": [
        ("Who is woken first when answers fail at night?", "option", "incident-support", "The provider's on-call engineer, under contract"),
        ("How soon does somebody who understands the system look at it?", "option", "incident-support", "Within fifteen minutes"),
        ("Has turning back to the previous version been rehearsed?", "option", "incident-support", "Yes, within the last six months"),
    ],
    "Data and jurisdiction": [
        ("Does the system process personal data?", "use_case", "regulation-and-sovereignty", "Yes, of customers"),
        ("Where are prompts and answers processed?", "option", "regulation-and-sovereignty", "In the European Union only"),
        ("Under whose law can the operator be made to hand data over?", "option", "regulation-and-sovereignty", "United States (parent company)"),
        ("Are prompts kept, and for how long?", "option", "regulation-and-sovereignty", "Thirty days, for abuse monitoring"),
    ],
    "Use and licence": [
        ("Who pays when output infringes a right of others?", "option", "liability", "The provider, up to a cap of 12 months' fees"),
        ("Does the licence allow this purpose without a limit?", "option", "liability", "Yes"),
        ("Does the contract forbid turning it into a high-risk system?", "option", "liability", "Yes, in the usage policy"),
    ],
}  # fmt: skip


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sample_evaluation() -> dict[str, Any]:
    options = []
    for key, _, sourcing, _, _, score, best, completeness in OPTIONS:
        total = sum(float(c) for c in COSTS[key])
        blocked = key == "own-cluster"
        options.append(
            {
                "id": key, "sourcing": sourcing, "admissible": not blocked,
                "score": score, "score_best": best, "completeness": completeness,
                "values": {
                    c: {"value": v, "best": f"{min(1.0, float(v) + 0.08):.4f}", "weight": w, "completeness": completeness}
                    for c, v, w in zip(CRITERIA, VALUES[key], WEIGHTS, strict=True)
                },
                "blockers": [
                    {"id": "no-one-on-call", "question": "incident-support.q1", "acceptable_by": "approver",
                     "message": "Nobody is on call at night, while the use case needs 99.9 % availability."}
                ] if blocked else [],
                "findings": [
                    {"id": "retention", "severity": "medium", "question": "data.q4", "obligations": ["gdpr.28"]},
                    *([{"id": "no-one-on-call", "severity": "critical", "question": "incident-support.q1", "obligations": []}] if blocked else []),
                ],
                "costs": {
                    "total": {"likely": f"{total:.2f}"}, "by_category": dict(zip(CATEGORIES, COSTS[key], strict=True)),
                    "per_million_tokens": f"{total / 18500:.2f}", "replicas_at_end": 4 if blocked else 0, "complete": True,
                },
            }
        )  # fmt: skip
    evaluation = {
        "format": "countersign/evaluation@1",
        "catalogue": {"key": "open-or-closed", "version": 1, "digest": "sha256:" + "ab" * 32},
        "input_digest": "sha256:" + "cd" * 32,
        "as_of": "2026-11-23",
        "currency": "EUR",
        "ai_act": {
            "risk_class": "limited", "at_least": None, "roles": ["deployer", "provider"],
            "basis": [{"reference": "Art. 50(1)", "because": ["ai-act.transparency"], "applies_from": "2026-08-02", "in_force": True}],
            "obligations": [],
        },
        "unanswered": {"use_case": [], "options": {"managed-open": ["service-levels.q4"]}},
        "ignored": {"use_case": [], "options": {}},
        "options": options,
        "ranking": ["vendor-api", "managed-open"],
        "break_even": [
            {"between": ["vendor-api", "managed-open"], "tokens_per_month": "83000000"},
            {"between": ["vendor-api", "own-cluster"], "tokens_per_month": "1240000000"},
            {"between": ["managed-open", "own-cluster"], "tokens_per_month": None,
             "reason": "Managed open weights costs less at every volume, at the demand's mix of tokens."},
        ],
        "recommendation": {
            "outcome": "clear", "option": "vendor-api",
            "reasons": [
                "Vendor API in the EU leads Managed open weights by 6.5 points.",
                "It is ahead above all in support at 3 AM and in liability and licence.",
                "Own cluster in Frankfurt isn't admissible: nobody is on call at night, while the use case needs 99.9 % availability.",
            ],
        },
    }  # fmt: skip
    return add_risk(evaluation)


def sample_questionnaires(times: int = 1, answer: str | None = None, note: str = "") -> list[dict[str, Any]]:
    """``times`` repeats the sections, to make a long report; ``answer`` and ``note`` go into one answer of the first option."""
    sections = []
    for round_ in range(times):
        for number, (title, questions) in enumerate(QUESTIONS.items()):
            rows = []
            for i, (text, scope, criterion, display) in enumerate(questions, start=1):
                keys = ["use_case"] if scope == "use_case" else [o[0] for o in OPTIONS]
                rows.append(
                    {
                        "id": f"s{round_}-{number}.q{i}", "scope": scope, "type": "choice", "text": text,
                        "why": "A promise can only be too weak against a need.", "help": "", "choices": [], "unit": "",
                        "criterion": criterion, "weight": "2", "sources": ["bedrock-sla"],
                        "answers": {k: _answer(k, display, i, answer, note) for k in keys},
                    }
                )  # fmt: skip
            sections.append({"id": f"s{round_}-{number}", "title": title, "questions": rows})
    return [{"id": "service-levels", "title": "Service levels and support", "sections": sections}]


def _answer(key: str, display: str, number: int, own: str | None, note: str) -> dict[str, Any]:
    if key == "managed-open" and number == 4:
        return {"state": "unanswered"}
    if key == "own-cluster" and number == 3:
        return {"state": "hidden"}
    mine = own is not None and key == OPTIONS[0][0]
    return {
        "state": "answered", "value": "x", "display": own if mine else display, "basis": "contractual" if key == "vendor-api" else "self_declared",
        "note": note if mine else "Clause 7.2 of the master agreement of 3 October 2026." if number == 2 else "",
        "answered_by": PEOPLE["answered"], "answered_at": "2026-11-19T10:12:00.000000Z", "revision": 2,
        "evidence": [{"name": "master-agreement.pdf", "sha256": "5e" * 32, "size": 482133, "type": "application/pdf"}] if number == 2 else [],
    }  # fmt: skip


def sample_snapshot(**changes: Any) -> dict[str, Any]:
    evaluation = sample_evaluation()
    snapshot = {
        "format": "countersign/snapshot@1", "number": 2,
        "organisation": {"slug": "north-bank", "name": "North Bank AG"},
        "assessment": {"id": "6f0f6c1e-52b4-4a6e-9d7a-0d1c6f5c1a11", "title": "Chatbot for retail banking customers"},
        "use_case": {
            "name": "Retail banking chatbot", "purpose": "Answers customers' questions about accounts, cards and fees in the mobile app, hands "
            "over to a person on request, and never decides on credit.", "archetype": "customer-facing-chatbot",
            "archetype_title": "Customer-facing chatbot", "owner": "Head of Digital Channels", "people_affected": "1.2 million retail customers",
        },
        "catalogue": evaluation["catalogue"], "as_of": "2026-11-23",
        "file": {
            "format": "countersign/assessment@1", "title": "Chatbot for retail banking customers", "as_of": "2026-11-23",
            "demand": {
                "currency": "EUR", "input_tokens_per_month": "400000000", "output_tokens_per_month": "80000000", "cached_share": "0.3",
                "peak_ratio": "4", "growth_per_year": "0.2", "horizon_months": "36", "discount_rate": "0.08",
            },
        },
        "questionnaires": sample_questionnaires(),
        "options": [{"id": o[0], "name": o[1], "sourcing": o[2], "provider": o[3], "model": o[4]} for o in OPTIONS],
        "criteria": [{"id": k, "title": t, "description": f"What is promised and proved about {t.lower()}."} for k, t in CRITERIA.items()],
        "cost_categories": [{"id": k, "title": t, "fields": []} for k, t in CATEGORIES.items()],
        "obligations": [
            {"id": "ai-act.50.1", "instrument": "ai-act", "reference": "Art. 50(1)", "title": "Tell people that they talk to a machine",
             "text": "People who deal directly with an AI system are told so, unless it is obvious.", "role": "provider",
             "applies_from": "2026-08-02", "in_force": True, "status": "met", "sources": ["ai-act"]},
            {"id": "ai-act.4", "instrument": "ai-act", "reference": "Art. 4", "title": "AI literacy", "role": "deployer",
             "text": "Measures support that the people who run the system know enough about it.",
             "applies_from": "2025-02-02", "in_force": True, "status": "gap", "sources": ["ai-act"]},
            {"id": "gdpr.28", "instrument": "gdpr", "reference": "Art. 28(3)", "title": "Contract with the processor", "role": "anyone",
             "text": "Processing by a processor is governed by a contract.", "applies_from": "2018-05-25", "in_force": True,
             "status": "unknown", "sources": ["gdpr"]},
            {"id": "ai-act.50.2", "instrument": "ai-act", "reference": "Art. 50(2)", "title": "Marking of generated content",
             "text": "Synthetic output is marked so that machines can tell.", "role": "provider", "applies_from": "2026-12-02", "in_force": False,
             "status": "unknown", "sources": ["ai-act"]},
        ],
        "class_texts": [{"reference": "Art. 50(1)", "text": "The system deals directly with people, who must be told that it is a machine."}],
        "findings": [
            {"option": "vendor-api", "id": "retention", "severity": "medium", "title": "Prompts are kept for abuse monitoring",
             "message": "The provider keeps prompts for thirty days; agree on none, or tell the customers.", "question": "data.q4",
             "obligations": ["gdpr.28"], "blocker": False, "acceptable_by": None, "sources": ["gdpr"]},
            {"option": "own-cluster", "id": "no-one-on-call", "severity": "critical", "title": "Nobody on call",
             "message": "Nobody is on call at night, while the use case needs 99.9 % availability.", "question": "incident-support.q1",
             "obligations": [], "blocker": True, "acceptable_by": "approver", "sources": []},
        ],
        "evaluation": evaluation,
        "proposal": {"option": "vendor-api", "option_name": "Vendor API in the EU", "recommended": "vendor-api",
                     "reason": "The bank has no operations at night, and the provider answers for uptime."},
        "sources": [
            {"id": "ai-act", "title": "Regulation (EU) 2024/1689, consolidated", "reference": "OJ L 2024/1689", "read_on": "2026-11-23",
             "verified": "primary", "note": ""},
            {"id": "gdpr", "title": "Regulation (EU) 2016/679", "reference": "OJ L 119", "read_on": "2026-11-23",
             "verified": "secondary", "note": ""},
            {"id": "bedrock-sla", "title": "Service level agreement of a hosted model service", "reference": "https://example.com/sla",
             "read_on": "2026-11-20", "verified": "to_check", "note": "The terms change without notice."},
        ],
        "people": [
            {"reference": "person:1", "name": PEOPLE["author"], "part": "author"},
            {"reference": "person:2", "name": PEOPLE["answered"], "part": "answered"},
        ],
        "submitted": {"by": PEOPLE["author"], "reference": "person:1", "at": "2026-11-23T09:31:12.482113Z"},
        "software": {"countersign": "0.1.0", "python": "3.11.2", "weasyprint": "70.0", "rfc8785": "0.1.4", "vl-convert-python": "1.9.0"},
    }  # fmt: skip
    return snapshot | frozen_texts() | changes


def sample_decision(snapshot: bytes, outcome: str = "approved", **changes: Any) -> dict[str, Any]:
    import json

    data, digest = json.loads(snapshot), digest_of(snapshot)
    decision = {
        "format": "countersign/decision@1", "organisation": data["organisation"], "assessment": data["assessment"],
        "snapshot": {"number": data["number"], "digest": digest},
        "decision": {"outcome": outcome, "option": data["proposal"]["option"], "option_name": data["proposal"]["option_name"],
                     "at": "2026-11-24T08:05:41.118220Z"},
        "verdicts": [
            {"verdict": "approve" if outcome == "approved" else "reject", "person": {"reference": "person:3", "name": PEOPLE["approver"],
             "email": "m.oyelaran@north-bank.example"}, "role": "approver", "meaning": "approval",
             "statement": "I have read the record with this digest and approve the proposed option for the use case named in it.", "reason": "",
             "at": "2026-11-24T08:05:41.118220Z", "snapshot_digest": digest, "authentication": "password", "address": "192.0.2.17",
             "client": "Firefox 132"},
        ],
        "acceptances": [],
        "log": {"stream": "org:1b7f0a9e-6a53-4b3f-8f5d-5d1f7b1a2c3d", "size": 214, "root": "9c" * 32},
        "trail": [
            {"index": 12, "at": "2026-11-10T08:00:00.000000Z", "sentence": f"{PEOPLE['author']} created the assessment Chatbot for retail banking "
             "customers", "action": "assessment.created", "leaf_hash": "1a" * 32},
            {"index": 205, "at": "2026-11-20T15:00:00.000000Z", "sentence": f"{PEOPLE['author']} proposed the option vendor-api of Chatbot for "
             "retail banking customers", "action": "option.proposed", "leaf_hash": "2b" * 32},
            {"index": 213, "at": "2026-11-23T09:31:12.482113Z", "sentence": f"{PEOPLE['author']} submitted Chatbot for retail banking customers for "
             "sign-off", "action": "assessment.submitted", "leaf_hash": "3c" * 32},
        ],
    }  # fmt: skip
    return deepcopy(decision) | changes


def sample_records(outcome: str = "approved", **changes: Any) -> tuple[bytes, bytes]:
    """Canonical bytes of a snapshot with ``changes`` and of the decision on it."""
    snapshot = canonical_bytes(sample_snapshot(**changes))
    return snapshot, canonical_bytes(sample_decision(snapshot, outcome))

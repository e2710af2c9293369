"""Who gets what at every address of the project: the permission table. ``test_permissions.py`` plays it as every person of the cast.

A row gives for each method the roles that are let through; a method that isn't named lets nobody through. Who isn't let through gets, by the
kind of address:

| kind         | a member without the right | an outsider | nobody known    |
|--------------|----------------------------|-------------|-----------------|
| page         | 403                        | 404         | sent to sign in |
| api          | 403                        | 404         | 401             |
| personal     | let through                | let through | sent to sign in |
| personal_api | let through                | let through | 401             |
| public       | let through                | let through | let through     |

Let through means that the request was carried out, or refused for what it says (400, 409, 415, 422) and not for who sent it. A row that is
``private`` speaks of one member's own thing: the other members get 404 as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

RO, CO, AP, AU, AD = "risk_officer", "contributor", "approver", "auditor", "administrator"
ROLES = (RO, CO, AP, AU, AD)
PEOPLE = (*ROLES, "outsider", "anonymous")
MEMBERS = frozenset(ROLES)
EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = EVERYBODY - {"anonymous"}
WRITERS = frozenset({RO})
ANSWERERS = frozenset({RO, CO})
APPROVERS = frozenset({AP})
OVERSIGHT = frozenset({RO, AP, AU, AD})  # who reads reports, exports and the trail
ADMINISTRATORS = frozenset({AD})
READERS = MEMBERS - {CO}  # who reads all of an assessment; a contributor reads the parts that they are asked for
COMMENTERS = MEMBERS - {AU}
DESCRIBERS = frozenset({RO, AD})  # who says what the organisation is

Kind = Literal["page", "api", "personal", "personal_api", "public"]
Stage = Literal["draft", "in_review", "approved"]


@dataclass(frozen=True)
class Row:
    """``stage``: the status of the assessment that the address is tried on. ``args``: what the address needs besides."""

    name: str
    kind: Kind
    methods: dict[str, frozenset[str]]
    stage: Stage = "draft"
    args: dict[str, str] = field(default_factory=dict)
    private: bool = False


def page(name: str, stage: Stage = "draft", **methods: frozenset[str]) -> Row:
    return Row(name, "page", methods, stage)


def api(name: str, stage: Stage = "draft", **methods: frozenset[str]) -> Row:
    return Row(name, "api", methods, stage)


def personal(name: str, *methods: str) -> Row:
    return Row(name, "personal", dict.fromkeys(methods, SIGNED_IN))


def public(name: str, *methods: str) -> Row:
    return Row(name, "public", dict.fromkeys(methods, EVERYBODY))


WAYS_IN = [
    personal("home", "GET"),
    personal("design", "GET"),
    public("health", "GET"),
    Row("metrics", "public", {}),  # for the bearer of a token of its own; there is no such page for people
    public("account_login", "GET", "POST"),
    public("account_logout", "GET", "POST"),
    personal("account_change_password", "GET", "POST"),
    personal("account_reauthenticate", "GET", "POST"),
    public("mfa_authenticate", "GET", "POST"),  # whoever isn't in the middle of signing in is sent to its beginning
    personal("mfa_reauthenticate", "GET", "POST"),
    personal("mfa_reauthenticate_webauthn", "GET", "POST"),
    personal("mfa_index", "GET"),
    personal("mfa_activate_totp", "GET", "POST"),
    Row("mfa_deactivate_totp", "page", {"GET": WRITERS, "POST": WRITERS}, private=True),  # the risk officer has one
    personal("mfa_add_webauthn", "GET", "POST"),
    Row("mfa_remove_webauthn", "personal", dict.fromkeys(("GET", "POST"), SIGNED_IN), args={"pk": "1"}),
    Row("mfa_view_recovery_codes", "page", {"GET": WRITERS}, private=True),
    personal("mfa_generate_recovery_codes", "GET", "POST"),
    personal("account_settings", "GET", "POST"),
    personal("passkey_options", "POST"),
    personal("provider_sign_in", "GET"),
    Row("openid_connect_login", "public", {}, args={"provider_id": "none"}),  # no provider is configured here
    Row("openid_connect_callback", "public", {}, args={"provider_id": "none"}),
    public("socialaccount_login_cancelled", "GET"),
]

ACCOUNTS = [
    personal("accounts:guide_close", "POST"),
    page("accounts:people", GET=ADMINISTRATORS),
    page("accounts:person_add", POST=ADMINISTRATORS),
    page("accounts:role_grant", POST=ADMINISTRATORS),
    page("accounts:role_revoke", POST=ADMINISTRATORS),
    page("accounts:sign_in_of", GET=ADMINISTRATORS),
    page("accounts:factors_remove", POST=ADMINISTRATORS),
    page("accounts:password_reset", POST=ADMINISTRATORS),
    page("accounts:provider_disconnect", POST=ADMINISTRATORS),
    page("accounts:times", GET=ADMINISTRATORS, POST=ADMINISTRATORS),
    page("accounts:tokens", GET=MEMBERS, POST=MEMBERS),
    Row("accounts:token_revoke", "page", {"POST": WRITERS}, private=True),  # the token is the risk officer's
]

ASSESSMENTS = [
    page("assessments:home", GET=MEMBERS),
    page("assessments:example", POST=WRITERS),
    page("assessments:list", GET=MEMBERS),
    page("assessments:create", GET=WRITERS, POST=WRITERS),
    page("assessments:import", GET=WRITERS, POST=WRITERS),
    page("assessments:organisation", GET=MEMBERS, POST=DESCRIBERS),
    page("assessments:methods", GET=MEMBERS),
    page("assessments:portfolio", GET=OVERSIGHT),
    page("assessments:portfolio_export", GET=OVERSIGHT),
    page("assessments:portfolio_charts", GET=OVERSIGHT),
    *(
        Row(f"assessments:{name}", "page", {"GET": OVERSIGHT}, args={"chart": "states"})
        for name in ("portfolio_chart", "portfolio_chart_svg", "portfolio_chart_csv")
    ),
    page("assessments:detail", GET=MEMBERS),
    page("assessments:catalogue", GET=READERS, POST=WRITERS),
    page("assessments:use_case", GET=MEMBERS, POST=WRITERS),
    page("assessments:options", GET=MEMBERS),
    page("assessments:option_add", POST=WRITERS),
    page("assessments:option_edit", GET=WRITERS, POST=WRITERS),
    page("assessments:option_remove", GET=WRITERS, POST=WRITERS),
    page("assessments:export", GET=OVERSIGHT),
    page("assessments:demand", GET=MEMBERS, POST=ANSWERERS),
    page("assessments:costs", GET=MEMBERS, POST=ANSWERERS),
    page("assessments:figure_save", POST=ANSWERERS),
    page("assessments:questions", GET=OVERSIGHT),
    page("assessments:section", GET=MEMBERS, POST=ANSWERERS),
    page("assessments:response_save", POST=ANSWERERS),
    page("assessments:answers_copy", GET=WRITERS, POST=WRITERS),
    page("assessments:take_over", POST=ANSWERERS),
    page("assessments:take_all", POST=ANSWERERS),
    page("assessments:evidence_attach", POST=ANSWERERS),
    page("assessments:evidence_all", GET=OVERSIGHT),
    page("assessments:evidence_download", GET=MEMBERS),
    page("assessments:evidence_remove", POST=ANSWERERS),
    page("assessments:assignments", GET=READERS, POST=WRITERS),
    page("assessments:assignment", GET=WRITERS, POST=WRITERS),
    page("assessments:assignment_done", POST=frozenset({CO})),  # the contributor is asked
    page("assessments:comments", GET=MEMBERS, POST=COMMENTERS),
    page("assessments:comments_settle", POST=COMMENTERS),
    page("assessments:comment_delete", POST=WRITERS),  # the risk officer wrote it
    page("assessments:weights", GET=READERS, POST=WRITERS),
    page("assessments:result", GET=READERS),
    page("assessments:trace", GET=READERS),
    page("assessments:result_flips", GET=READERS),
    *(Row(f"assessments:result_chart_{kind}", "page", {"GET": READERS}, args={"chart": "scores"}) for kind in ("svg", "csv")),
    page("assessments:what_if", GET=READERS),
    page("assessments:check", GET=READERS),
    page("assessments:propose", POST=WRITERS),
    page("assessments:submit", POST=WRITERS),
    page("assessments:withdraw", POST=WRITERS),
    page("assessments:record", "in_review", GET=READERS),
    page("assessments:sign", "in_review", GET=APPROVERS, POST=APPROVERS),
    page("assessments:return", "in_review", POST=APPROVERS),
    page("assessments:reject", "in_review", POST=APPROVERS),
    page("assessments:seen", "in_review", POST=APPROVERS),
    page("assessments:abstain", "in_review", POST=APPROVERS),
    page("assessments:findings", GET=MEMBERS),
    page("assessments:treat", POST=WRITERS),
    page("assessments:condition_step", "approved", POST=ANSWERERS),  # its owner, here the contributor, or a risk officer
    page("assessments:succeed", "approved", POST=WRITERS),
    page("assessments:signing_rules", GET=MEMBERS, POST=ADMINISTRATORS),
    page("assessments:policy_edit", GET=ADMINISTRATORS, POST=ADMINISTRATORS),
    page("assessments:delegate", POST=APPROVERS | ADMINISTRATORS),
    page("assessments:end_delegation", POST=APPROVERS | ADMINISTRATORS),
]

# Any member reads the catalogue; the release of the first day is always there.
_RELEASE = {"release": "open-or-closed@1", "other": "open-or-closed@1", "question": "ai-act.roles"}
CATALOGUE = [
    page("compliance:catalogue", GET=MEMBERS),
    *(
        Row(f"compliance:{name}", "page", {"GET": MEMBERS}, args=_RELEASE)
        for name in ("questions", "question", "rules", "obligations", "sources", "reference", "changes")
    ),
]

REPORTS = [
    page("reports:list", GET=OVERSIGHT),
    page("reports:panel", "approved", GET=OVERSIGHT),
    page("reports:again", "approved", POST=frozenset({RO, AP, AD})),  # the approver's signature asked for it
    page("reports:cancel", "approved", POST=frozenset({RO, AP})),
    page("reports:download", "approved", GET=OVERSIGHT),
    page("reports:documents", "approved", GET=OVERSIGHT),
    page("reports:bundle", "approved", GET=OVERSIGHT),
    page("reports:ask", "approved", POST=frozenset({RO, AP, AD})),
    page("reports:correct", "approved", POST=ADMINISTRATORS),
    page("reports:style", GET=ADMINISTRATORS, POST=ADMINISTRATORS),
    page("reports:logo", GET=ADMINISTRATORS),
    page("reports:trail", GET=OVERSIGHT, POST=OVERSIGHT),
    page("reports:trail_export", GET=OVERSIGHT),
    page("reports:checkpoints", GET=OVERSIGHT),
    page("reports:health", GET=frozenset({AU, AD})),
    page("reports:job_again", "approved", POST=ADMINISTRATORS),
    page("reports:assessment_trail", GET=OVERSIGHT),
    page("reports:audit", GET=frozenset({AU})),
    page("reports:gather", "approved", POST=OVERSIGHT),
    page("reports:check", "approved", POST=OVERSIGHT),
    page("reports:administration", GET=ADMINISTRATORS),
    page("reports:administration_catalogue", GET=ADMINISTRATORS),
    page("reports:administration_seal", GET=ADMINISTRATORS),
    page("reports:administration_mail", GET=ADMINISTRATORS, POST=ADMINISTRATORS),
    page("reports:administration_retention", GET=ADMINISTRATORS),
    page("reports:role_taking", GET=ADMINISTRATORS),
    page("reports:auditors", GET=ADMINISTRATORS, POST=ADMINISTRATORS),
    page("reports:auditor_end", POST=ADMINISTRATORS),
    public("reports:verify", "GET", "POST"),
]

API = [
    public("api:schema", "GET"),
    public("api:docs", "GET"),
    Row("api:organisations", "personal_api", {"GET": SIGNED_IN}),
    api("api:questions", GET=MEMBERS),
    api("api:organisation_answers", GET=MEMBERS),
    api("api:organisation_answer", PUT=DESCRIBERS, DELETE=DESCRIBERS),
    api("api:releases", GET=MEMBERS),
    api("api:portfolio", GET=OVERSIGHT),
    api("api:assessments", GET=MEMBERS, POST=WRITERS),
    api("api:import", POST=WRITERS),
    api("api:assessment", GET=MEMBERS, PATCH=WRITERS),
    api("api:terms", PUT=WRITERS),
    api("api:assessment_catalogue", GET=READERS, POST=WRITERS),
    api("api:export", GET=OVERSIGHT),
    api("api:options", GET=MEMBERS, POST=WRITERS),
    api("api:option", GET=MEMBERS, PATCH=WRITERS, DELETE=WRITERS),
    api("api:responses", GET=MEMBERS),
    api("api:response", PUT=ANSWERERS),
    api("api:option_response", PUT=ANSWERERS),
    api("api:copied_answers", POST=WRITERS),
    api("api:offers", GET=MEMBERS),
    api("api:response_take_over", POST=ANSWERERS),
    api("api:option_response_take_over", POST=ANSWERERS),
    api("api:figures", GET=MEMBERS),
    api("api:demand_figure", PUT=ANSWERERS, DELETE=ANSWERERS),
    api("api:cost_category", PUT=ANSWERERS, DELETE=ANSWERERS),
    api("api:cost_figure", PUT=ANSWERERS, DELETE=ANSWERERS),
    api("api:evidence_files", GET=MEMBERS, POST=ANSWERERS),
    api("api:evidence", GET=MEMBERS, DELETE=ANSWERERS),
    api("api:evidence_file", GET=MEMBERS),
    api("api:assignments", GET=MEMBERS, POST=WRITERS),
    api("api:assignment", PATCH=WRITERS, DELETE=WRITERS),
    api("api:assignment_done", PUT=frozenset({CO}), DELETE=frozenset({CO})),
    api("api:comments", GET=MEMBERS, POST=COMMENTERS),
    api("api:comment", DELETE=WRITERS),
    api("api:comments_resolved", PUT=COMMENTERS, DELETE=COMMENTERS),
    api("api:evaluation", GET=READERS),
    api("api:what_if", POST=READERS),
    api("api:weights", PUT=WRITERS),
    api("api:proposal", PUT=WRITERS),
    api("api:submit", POST=WRITERS),
    api("api:withdraw", POST=WRITERS),
    api("api:attestation", "in_review", GET=APPROVERS),
    api("api:approve", "in_review", POST=APPROVERS),
    api("api:return", "in_review", POST=APPROVERS),
    api("api:reject", "in_review", POST=APPROVERS),
    api("api:part_seen", "in_review", POST=APPROVERS),
    api("api:abstain", "in_review", POST=APPROVERS),
    api("api:verdicts", "in_review", GET=READERS),
    api("api:findings", GET=MEMBERS),
    api("api:finding", PUT=WRITERS, DELETE=WRITERS),
    api("api:conditions", "approved", GET=MEMBERS),
    api("api:condition_met", "approved", POST=ANSWERERS | APPROVERS),
    api("api:condition_reopened", "approved", POST=APPROVERS),
    api("api:succeed", "approved", POST=WRITERS),
    api("api:policy", GET=MEMBERS, PUT=ADMINISTRATORS),
    api("api:delegations", GET=MEMBERS, POST=APPROVERS | ADMINISTRATORS),
    api("api:delegation", DELETE=APPROVERS | ADMINISTRATORS),
    api("api:snapshots", "in_review", GET=READERS),
    api("api:snapshot", "in_review", GET=READERS),
    api("api:decision", "approved", GET=OVERSIGHT),
    api("reports_api:report", "approved", GET=OVERSIGHT),
    api("reports_api:report_cancel", "approved", POST=frozenset({RO, AP})),
    api("reports_api:report_again", "approved", POST=frozenset({RO, AP, AD})),
    api("reports_api:report_file", "approved", GET=OVERSIGHT),
    api("reports_api:documents", "approved", GET=OVERSIGHT, POST=frozenset({RO, AP, AD})),
    api("reports_api:document_file", "approved", GET=OVERSIGHT),
    api("reports_api:document_correct", "approved", POST=ADMINISTRATORS),
    api("reports_api:bundle", "approved", GET=OVERSIGHT),
    api("reports_api:trail", GET=OVERSIGHT),
    api("reports_api:organisation_trail", GET=OVERSIGHT),
    api("reports_api:trail_export", GET=OVERSIGHT),
    Row("reports_api:trail_proof", "api", {"GET": OVERSIGHT}, args={"index": "0"}),
    Row("reports_api:trail_consistency", "api", {"GET": OVERSIGHT}),
    public("reports_api:verify", "POST"),
    api("reports_api:trail_checkpoints", GET=OVERSIGHT),
]

TABLE = [*WAYS_IN, *ACCOUNTS, *ASSESSMENTS, *CATALOGUE, *REPORTS, *API]

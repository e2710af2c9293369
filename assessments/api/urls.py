"""The API's addresses. The permission table in tests/permissions.py knows every name here."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from assessments.api import answers, catalogue, deciding, describing, organisation, register, results, signing_rules, taking, what_if
from assessments.api.docs import Docs

app_name = "api"
_O = "organisations/<slug:org>/"
_A = _O + "assessments/<uuid:assessment>/"
_P = _A + "options/<slug:option>/"

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("organisations/", describing.Organisations.as_view(), name="organisations"),
    path(_O + "questions/", results.Questions.as_view(), name="questions"),
    path(_O + "answers/", organisation.OrganisationAnswers.as_view(), name="organisation_answers"),
    path(_O + "answers/<str:question>/", organisation.OneOrganisationAnswer.as_view(), name="organisation_answer"),
    path(_O + "catalogue/releases/", catalogue.Releases.as_view(), name="releases"),
    path(_O + "assessments/", describing.Assessments.as_view(), name="assessments"),
    path(_O + "assessments/import/", describing.Import.as_view(), name="import"),
    path(_A, describing.AssessmentDetail.as_view(), name="assessment"),
    path(_A + "terms/", describing.Terms.as_view(), name="terms"),
    path(_A + "catalogue/", catalogue.AssessmentCatalogue.as_view(), name="assessment_catalogue"),
    path(_A + "export/", describing.Export.as_view(), name="export"),
    path(_A + "options/", describing.Options.as_view(), name="options"),
    path(_P, describing.OptionDetail.as_view(), name="option"),
    path(_A + "responses/", answers.Responses.as_view(), name="responses"),
    path(_A + "responses/<str:question>/", answers.UseCaseResponse.as_view(), name="response"),
    path(_P + "responses/<str:question>/", answers.OptionResponse.as_view(), name="option_response"),
    path(_A + "offers/", taking.Offers.as_view(), name="offers"),
    path(_A + "responses/<str:question>/take-over/", taking.UseCaseTakeOver.as_view(), name="response_take_over"),
    path(_P + "responses/<str:question>/take-over/", taking.OptionTakeOver.as_view(), name="option_response_take_over"),
    path(_A + "figures/", answers.Figures.as_view(), name="figures"),
    path(_A + "demand/<str:key>/", answers.DemandFigure.as_view(), name="demand_figure"),
    path(_P + "costs/<str:category>/", answers.CostCategory.as_view(), name="cost_category"),
    path(_P + "costs/<str:category>/<str:key>/", answers.CostFigure.as_view(), name="cost_figure"),
    path(_A + "evidence/", answers.EvidenceFiles.as_view(), name="evidence_files"),
    path(_A + "evidence/<uuid:evidence>/", answers.EvidenceDetail.as_view(), name="evidence"),
    path(_A + "evidence/<uuid:evidence>/file/", answers.EvidenceDownload.as_view(), name="evidence_file"),
    path(_A + "evaluation/", results.EvaluationDetail.as_view(), name="evaluation"),
    path(_A + "what-if/", what_if.WhatIf.as_view(), name="what_if"),
    path(_A + "weights/", results.Weights.as_view(), name="weights"),
    path(_A + "proposal/", results.Proposal.as_view(), name="proposal"),
    path(_A + "submit/", deciding.Submit.as_view(), name="submit"),
    path(_A + "withdraw/", deciding.Withdraw.as_view(), name="withdraw"),
    path(_A + "attestation/", deciding.AttestationDetail.as_view(), name="attestation"),
    path(_A + "approve/", deciding.Approve.as_view(), name="approve"),
    path(_A + "findings/", register.Findings.as_view(), name="findings"),
    path(_P + "findings/<str:finding>/", register.OneFinding.as_view(), name="finding"),
    path(_A + "conditions/", register.Conditions.as_view(), name="conditions"),
    path(_A + "conditions/<int:condition>/met/", register.ConditionMet.as_view(), name="condition_met"),
    path(_A + "conditions/<int:condition>/reopened/", register.ConditionReopened.as_view(), name="condition_reopened"),
    path(_A + "succeed/", register.Succeed.as_view(), name="succeed"),
    path(_O + "sign-off/policy/", signing_rules.PolicyDetail.as_view(), name="policy"),
    path(_O + "sign-off/delegations/", signing_rules.Delegations.as_view(), name="delegations"),
    path(_O + "sign-off/delegations/<uuid:delegation>/", signing_rules.DelegationDetail.as_view(), name="delegation"),
    path(_A + "parts-seen/", deciding.PartSeen.as_view(), name="part_seen"),
    path(_A + "abstain/", deciding.Abstain.as_view(), name="abstain"),
    path(_A + "verdicts/", deciding.Verdicts.as_view(), name="verdicts"),
    path(_A + "return/", deciding.Return.as_view(), name="return"),
    path(_A + "reject/", deciding.Reject.as_view(), name="reject"),
    path(_A + "snapshots/", deciding.Snapshots.as_view(), name="snapshots"),
    path(_A + "snapshots/<int:number>/", deciding.SnapshotBytes.as_view(), name="snapshot"),
    path(_A + "decision/", deciding.DecisionBytes.as_view(), name="decision"),
]

"""Pages of assessments. Everything lies under one organisation; the permission table in tests/permissions.py knows every name here."""

from django.urls import path

from assessments.views import answers, deciding, describing, lists, methods, moving, organisation, results, taking, what_if

app_name = "assessments"
_A = "o/<slug:org>/assessments/<uuid:assessment>/"

urlpatterns = [
    path("o/<slug:org>/", lists.portfolio, name="list"),
    path("o/<slug:org>/assessments/new/", describing.create, name="create"),
    path("o/<slug:org>/assessments/import/", describing.import_file, name="import"),
    path("o/<slug:org>/organisation/", organisation.answers, name="organisation"),
    path("o/<slug:org>/methods/", methods.methods, name="methods"),
    path(_A, lists.overview, name="detail"),
    path(_A + "catalogue/", moving.catalogue, name="catalogue"),
    path(_A + "use-case/", describing.use_case, name="use_case"),
    path(_A + "options/", describing.options, name="options"),
    path(_A + "options/add/", describing.option_add, name="option_add"),
    path(_A + "options/<slug:option>/", describing.option_edit, name="option_edit"),
    path(_A + "options/<slug:option>/remove/", describing.option_remove, name="option_remove"),
    path(_A + "export.yaml", describing.export_file, name="export"),
    path(_A + "demand/", answers.demand, name="demand"),
    path(_A + "costs/<slug:category>/", answers.costs, name="costs"),
    path(_A + "figures/", answers.figure_save, name="figure_save"),
    path(_A + "questions/<slug:questionnaire>/<slug:section>/", answers.section, name="section"),
    path(_A + "responses/", answers.response_save, name="response_save"),
    path(_A + "responses/take-over/", taking.take_over, name="take_over"),
    path(_A + "responses/take-over-all/", taking.take_all, name="take_all"),
    path(_A + "evidence/", answers.evidence_attach, name="evidence_attach"),
    path(_A + "evidence/<uuid:evidence>/", answers.evidence_download, name="evidence_download"),
    path(_A + "evidence/<uuid:evidence>/remove/", answers.evidence_remove, name="evidence_remove"),
    path(_A + "weights/", results.weights, name="weights"),
    path(_A + "result/", results.result, name="result"),
    path(_A + "result/trace/", results.trace, name="trace"),
    path(_A + "result/flips/", results.flips, name="result_flips"),
    path(_A + "result/what-if/", what_if.what_if, name="what_if"),
    path(_A + "check/", deciding.check, name="check"),
    path(_A + "propose/", deciding.propose, name="propose"),
    path(_A + "submit/", deciding.submit, name="submit"),
    path(_A + "withdraw/", deciding.withdraw, name="withdraw"),
    path(_A + "record/", deciding.record, name="record"),
    path(_A + "sign/", deciding.sign, name="sign"),
    path(_A + "return/", deciding.return_, name="return"),
    path(_A + "reject/", deciding.reject, name="reject"),
]

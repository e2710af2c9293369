"""Pages of the catalogue: what is asked, why, and what it rests on. The same for every organisation, and read within one."""

from django.urls import path

from compliance.views import law, overview, questions, reference

app_name = "compliance"
_C = "o/<slug:org>/catalogue/"
_R = _C + "<str:release>/"

urlpatterns = [
    path(_C, overview.catalogue, name="catalogue"),
    path(_R + "questions/", questions.questions, name="questions"),
    path(_R + "questions/<str:question>/", questions.question, name="question"),
    path(_R + "rules/", law.rules, name="rules"),
    path(_R + "obligations/", law.obligations, name="obligations"),
    path(_R + "sources/", reference.sources, name="sources"),
    path(_R + "reference/", reference.reference, name="reference"),
    path(_R + "changes/<str:other>/", overview.changes, name="changes"),
]

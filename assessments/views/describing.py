"""The pages that describe: what the use case is, which options there are, and the file that an assessment comes from or goes to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from assessments import editing, files
from assessments.errors import Refused, WrongStatus
from assessments.evaluation import release_of
from assessments.models import Assessment, Option, Sourcing
from assessments.permissions import require
from assessments.progress import standing_of
from assessments.scoring.reading import FileError, FileErrors
from assessments.views.common import find, find_option, page_context
from compliance.catalogue.model import Release
from compliance.releases import newest

FIELDS = ("title", "name", "purpose", "archetype", "owner", "people_affected")
OPTION_FIELDS = ("name", "sourcing", "provider", "model", "fallback_sourcing", "fallback_provider", "fallback_model", "currency")
LONGEST_FILE = 2 * 1024 * 1024
SOURCINGS = {
    Sourcing.CLOSED_API: gettext_lazy(
        "A vendor runs its own closed model; you call it and pay per token. Most responsibility can be bought with the contract."
    ),
    Sourcing.MANAGED_OPEN: gettext_lazy(
        "A provider hosts a model with open weights for you. The model can be taken elsewhere, the operation is theirs."
    ),
    Sourcing.SELF_HOSTED_OPEN: gettext_lazy(
        "Your own people run open weights on machines that you rent or own. Full control, and every duty is yours."
    ),
    Sourcing.ON_DEVICE_OPEN: gettext_lazy(
        "A small open model runs on the device itself, also with no connection. Updates and support must reach each device."
    ),
}


def typed(request: HttpRequest, fields: tuple[str, ...]) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in fields}


def archetype_cards(release: Release, chosen: str) -> list[tuple[Any, bool]]:
    return [(archetype, archetype.id == chosen) for archetype in release.archetypes]


def sourcing_cards(chosen: str) -> list[tuple[str, str, str, bool]]:
    """(id, name, explanation, chosen) of the four ways to source a model."""
    return [(s.value, str(s.label), str(text), s.value == chosen) for s, text in SOURCINGS.items()]


def option_choices(assessment: Assessment, sourcing: str) -> dict[str, Any]:
    """What an option's form offers: sourcings, currencies, and the providers and models that the catalogue publishes values of."""
    release = release_of(assessment)
    return {
        "sourcings": sourcing_cards(sourcing),
        "sourcing_choices": Sourcing.choices,
        "currencies": editing.currencies_of(assessment),
        "providers": [p.name for p in release.providers],
        "models": [m.name for m in release.models],
    }


@member()
def create(request: HttpRequest) -> HttpResponse:
    """A new assessment of a new use case; from there to its options."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "create")  # type: ignore[arg-type]
    values, wrong = typed(request, FIELDS), {}
    if request.method == "POST":
        try:
            made = editing.assessment_create(actor=request.user, organisation=organisation, **values)  # type: ignore[arg-type]
        except Refused as error:
            wrong = error.fields
        else:
            messages.success(request, _("The assessment stands. Add the options to compare."))
            return redirect("assessments:options", org=organisation.slug, assessment=made.pk)
    context = {"nav": "assessments", "values": values, "wrong": wrong, "archetypes": archetype_cards(newest(), values["archetype"])}
    return render(request, "assessments/create.html", context, status=422 if wrong else 200)


@member()
def use_case(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """What the use case is; a form while the person may change it."""
    found = find(request, assessment, partly=True)
    values = {name: getattr(found if name == "title" else found.use_case, name) for name in FIELDS}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
        values |= {name: request.POST[name] for name in FIELDS if name in request.POST}
        try:
            editing.use_case_change(actor=request.user, assessment=found, **values)  # type: ignore[arg-type]
        except WrongStatus as error:
            messages.error(request, error.message)
            return redirect(request.path)
        except Refused as error:
            wrong = error.fields
        else:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    standing = standing_of(found)
    context = page_context(
        request, found, standing, values=values, wrong=wrong, archetypes=archetype_cards(standing.release, values["archetype"]),
        archetype=standing.known.archetypes.get(found.use_case.archetype),
    )  # fmt: skip
    return render(request, "assessments/use_case.html", context, status=422 if wrong else 200)


def options_page(request: HttpRequest, assessment: Assessment, values: dict[str, str], wrong: dict[str, str]) -> HttpResponse:
    context = page_context(
        request,
        assessment,
        values=values,
        wrong=wrong,
        **option_choices(assessment, values["sourcing"]),
    )
    return render(request, "assessments/options.html", context, status=422 if wrong else 200)


@member()
@require_safe
def options(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """The options, and the form that adds one."""
    return options_page(request, find(request, assessment, partly=True), dict.fromkeys((*OPTION_FIELDS, "copy_from"), ""), {})


@member()
@require_POST
def option_add(request: HttpRequest, assessment: UUID) -> HttpResponse:
    found = find(request, assessment)
    require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
    values = typed(request, (*OPTION_FIELDS, "copy_from"))
    try:
        option = editing.option_add(actor=request.user, assessment=found, **values)  # type: ignore[arg-type]
    except WrongStatus as error:
        messages.error(request, error.message)
    except Refused as error:
        return options_page(request, found, values, error.fields or {"name": error.message})
    else:
        messages.success(request, _("%(option)s was added.") % {"option": option.name})
    return redirect("assessments:options", org=found.organisation.slug, assessment=found.pk)


@member()
def option_edit(request: HttpRequest, assessment: UUID, option: str) -> HttpResponse:
    """Change one option's description; its answers and figures stay."""
    found = find(request, assessment)
    chosen: Option = find_option(found, option)
    require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
    values = {name: getattr(chosen, name) for name in OPTION_FIELDS}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        values |= {name: request.POST[name] for name in OPTION_FIELDS if name in request.POST}
        try:
            editing.option_change(actor=request.user, option=chosen, **values)  # type: ignore[arg-type]
        except WrongStatus as error:
            messages.error(request, error.message)
            return redirect("assessments:options", org=found.organisation.slug, assessment=found.pk)
        except Refused as error:
            wrong = error.fields or {"name": error.message}
        else:
            messages.success(request, _("Saved."))
            return redirect("assessments:options", org=found.organisation.slug, assessment=found.pk)
    context = page_context(
        request,
        found,
        option=chosen,
        values=values,
        wrong=wrong,
        **option_choices(found, values["sourcing"]),
    )
    return render(request, "assessments/option_edit.html", context, status=422 if wrong else 200)


@member()
def option_remove(request: HttpRequest, assessment: UUID, option: str) -> HttpResponse:
    """Asks first, saying what goes with the option; posting removes it."""
    found = find(request, assessment)
    chosen: Option = find_option(found, option)
    require(request.user, found.organisation, "edit")  # type: ignore[arg-type]
    if request.method == "POST":
        try:
            editing.option_remove(actor=request.user, option=chosen)  # type: ignore[arg-type]
        except WrongStatus as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("%(option)s was removed.") % {"option": chosen.name})
        return redirect("assessments:options", org=found.organisation.slug, assessment=found.pk)
    standing = standing_of(found)
    lost = {
        "answers": sum(owner == chosen.pk and row.state != "unanswered" for (owner, _q), row in standing.responses.items()),
        "figures": sum(owner == chosen.pk for owner, _c, _k in standing.figures),
    }
    return render(request, "assessments/option_remove.html", page_context(request, found, standing, option=chosen, lost=lost))


@member()
def import_file(request: HttpRequest) -> HttpResponse:
    """An assessment from a file, uploaded or pasted; all that is wrong with it comes back at once, and nothing is written then."""
    organisation = request.organisation  # type: ignore[attr-defined]
    require(request.user, organisation, "create")  # type: ignore[arg-type]
    text, wrong = request.POST.get("text", ""), ""
    errors: tuple[FileError, ...] = ()
    if request.method == "POST":
        try:
            text, name = read_upload(request, text)
            made = files.import_assessment(actor=request.user, organisation=organisation, text=text, name=name)  # type: ignore[arg-type]
        except FileErrors as error:
            errors = error.errors
        except Refused as error:
            wrong = error.fields.get("file") or error.message
        else:
            messages.success(request, _("Imported. Everything that the file says stands in this draft."))
            return redirect("assessments:detail", org=organisation.slug, assessment=made.pk)
    context = {"nav": "assessments", "text": text, "errors": lines_of(text, errors), "wrong": wrong}
    return render(request, "assessments/import.html", context, status=422 if errors or wrong else 200)


def read_upload(request: HttpRequest, text: str) -> tuple[str, str]:
    """The file's text and name: the upload, else what was pasted; raises Refused."""
    upload = request.FILES.get("file")
    if upload is None:
        if not text.strip():
            raise Refused(_("No file."), {"file": _("Choose a file, or paste its text.")})
        return text, "pasted.yaml"
    if (upload.size or 0) > LONGEST_FILE:
        raise Refused(_("Too large."), {"file": _("An assessment file has at most %(n)d MB.") % {"n": LONGEST_FILE // 1024 // 1024}})
    try:
        return upload.read().decode("utf-8-sig"), upload.name or "upload.yaml"
    except UnicodeDecodeError:
        raise Refused(_("No text."), {"file": _("The file isn't UTF-8 text; save it as YAML in UTF-8.")}) from None


def lines_of(text: str, errors: tuple[FileError, ...]) -> list[tuple[FileError, str]]:
    """Each error with the line that it is about."""
    lines = text.splitlines()
    return [(error, lines[error.line - 1].strip() if 0 < error.line <= len(lines) else "") for error in errors]


@member()
@require_safe
def export_file(request: HttpRequest, assessment: UUID) -> HttpResponse:
    """The assessment as a file; that it was taken is recorded."""
    found = find(request, assessment)
    text = files.export_assessment(actor=request.user, assessment=found)  # type: ignore[arg-type]
    name = slugify(found.title)[:60] or "assessment"
    return HttpResponse(
        text, content_type="application/yaml; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    )

"""How the figures are computed: docs/methods.md as a page, whose sections the figures link to."""

from __future__ import annotations

import re
from functools import lru_cache

import markdown
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from accounts.access import member

# A file beside the text isn't served: what it is called stays, the link goes.
_ELSEWHERE = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]+\)")


@lru_cache(maxsize=1)
def _page() -> tuple[str, list[dict[str, str]]]:
    """The text as HTML without its title, and its sections (``id``, ``name``)."""
    text = (settings.BASE_DIR / "docs" / "methods.md").read_text("utf-8")
    _title, _, body = text.partition("\n")
    reader = markdown.Markdown(extensions=["tables", "toc"], output_format="html")
    html = reader.convert(_ELSEWHERE.sub(r"\1", body))
    html = html.replace("<table>", '<div class="table-scroll panel-table" tabindex="0"><table class="table">').replace(
        "</table>", "</table></div>"
    )
    html = html.replace("<th>", '<th scope="col">')
    return html, [{"id": section["id"], "name": section["name"]} for section in reader.toc_tokens]  # type: ignore[attr-defined]


@require_safe
@member()
def methods(request: HttpRequest) -> HttpResponse:
    html, sections = _page()
    return render(request, "assessments/methods.html", {"text": mark_safe(html), "sections": sections})  # noqa: S308 (our own file)

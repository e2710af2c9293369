"""Every text that a person reads is marked for translation: in the templates of pages and mails, between tags and in the attributes that are
read out, and in Python where a refusal, a message or a label is made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

ROOT = Path(__file__).parent.parent
READ_OUT = {
    "alt",
    "aria-label",
    "title",
    "placeholder",
    "aria-description",
    "aria-valuetext",
    "label",
    "data-label",
    "data-done",
    "data-failed",
}
TEMPLATES = sorted(
    path
    for folder in ("templates", *(f"{app}/templates" for app in ("accounts", "compliance", "assessments", "reports")))
    for path in [*(ROOT / folder).rglob("*.html"), *(ROOT / folder).rglob("*.txt")]
    if "pdf" not in path.parts  # reports are records, which keep the language they were signed in
    and path.name
    not in ("design.html", "_design_states.html", "_field_attributes.html")  # for those who build pages; the inside of a tag, without words
)
# Names, units and notations that no language translates.
SAME_EVERYWHERE = {
    "Countersign", "UTC", "PDF", "SHA", "JSON", "CSV", "YAML", "CEL", "FLOP", "Art.", "API", "TSA", "ISO", "sha", "DD", "HH", "MM", "YYYY",
    "QR", "OK", "URL", "JSONL", "ID",
}  # fmt: skip
PASSED = re.compile(r'\b(?:heading|lead|text|label|help|action_text|sub|title)="([^"]+)"')  # words handed to a component
WORD = re.compile(r"[^\W\d_]{2,}")


class Texts(HTMLParser):
    """Collects what is read: text, and attributes that are read out; not code, scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.quiet: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code"):
            self.quiet.append(tag)
        self.found += [value for name, value in attrs if name in READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        if self.quiet and self.quiet[-1] == tag:
            self.quiet.pop()

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.found.append(data)


def plain_words(source: str) -> list[str]:
    """The words of a template that stand outside of translate and blocktranslate."""
    html, inside, found = "", "", []
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.split_contents()[0]
            if name in ("blocktranslate", "blocktrans", "comment"):
                inside = f"end{name}"
            elif name == inside:
                inside = ""
            elif name == "include":
                found += PASSED.findall(token.contents)
            else:
                html += "\u2060"  # stands where a tag prints something, and can't be a word
        elif token.token_type == TokenType.TEXT and not inside:
            html += token.contents
        elif token.token_type == TokenType.VAR and not inside:
            html += "\u2060"
    texts = Texts()
    texts.feed(html)
    texts.close()
    return [text.strip() for text in found + texts.found if set(WORD.findall(text)) - SAME_EVERYWHERE]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates(path: Path) -> None:
    assert plain_words(path.read_text()) == []


def test_it_sees_what_is_not_marked() -> None:
    assert plain_words('<p>Hello {{ name }}</p><img alt="A cat">{% if x %}Yes{% endif %}<code>kubectl</code>') == [
        "Hello \u2060",
        "A cat",
        "\u2060Yes\u2060",
    ]
    assert plain_words('{% include "components/empty.html" with heading="Nothing yet" text=_("Begin") %}') == ["Nothing yet"]
    assert plain_words("{% translate 'Hello' %}{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}<p>42, SHA-256</p>") == []


SENTENCE = re.compile(r'["`]([A-Z][a-z]+(?: [a-z]+)+[^"`]*)["`]')


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").glob("*.js")), ids=lambda path: path.name)
def test_scripts(path: Path) -> None:
    """What a script says stands in the page, in its language, and not in the script."""
    code = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
    assert SENTENCE.findall(code) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_days_times_and_numbers_are_written_in_one_place(path: Path) -> None:
    """By the filters of accounts.formats, as the reader has chosen; Django's own is for machines."""
    assert re.findall(r"\|date:(?!'c'|'Y-m-d')\S+|\|time:\S+|\|intcomma|\|naturaltime|\|floatformat", path.read_text()) == []


# Calls that make what a person reads: errors that pages and the API show, messages, entries of the registry of the trail.
SAID = {
    "Refused", "WrongStatus", "Stale", "PermissionDenied", "Http404", "ValidationError", "ParseError", "AuthenticationFailed", "Wrong", "NotProved",
    "BundleRefused", "Withheld", "PolicyError", "NoFigure", "UnknownFilter", "_wrong", "register", "problem", "json_problem", "_error",
    "success", "info", "warning", "error",
}  # fmt: skip
LOGS = {"log", "logger"}
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "marked"}
FIELDS = {"wrong", "errors"}  # dictionaries of what is wrong beside which field
SOURCES = sorted(
    path
    for app in ("accounts", "audit", "jobs", "compliance", "assessments", "reports", "config")
    for path in (ROOT / app).rglob("*.py")
    if not {"migrations", "management", "verifier"} & set(path.parts)  # commands and the verifier speak to whoever runs them, in English
    # Pure: their texts are part of what is computed and recorded.
    and not path.is_relative_to(ROOT / "compliance" / "catalogue") and not path.is_relative_to(ROOT / "assessments" / "scoring")
)  # fmt: skip
PROSE = re.compile(r"[A-Za-z’']{2,}[,;:.]? +[\w“%({]")


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def unmarked(node: ast.AST) -> Iterator[str]:
    """The sentences in an expression that stand outside of the functions that mark them."""
    if isinstance(node, ast.Call) and called(node) in MARKS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and PROSE.search(node.value):
        yield node.value
    if isinstance(node, ast.JoinedStr) and PROSE.search("".join(v.value if isinstance(v, ast.Constant) else "x" for v in node.values)):
        yield ast.unparse(node)
    parts = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for part in parts:
        if not (isinstance(node, ast.JoinedStr) and isinstance(part, ast.Constant)):
            yield from unmarked(part)


def findings(source: str) -> list[str]:
    """What a module says to people without having marked it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called(node) in SAID:
            of = getattr(node.func, "value", None)
            if not (isinstance(of, ast.Name) and of.id in LOGS):
                found += [text for part in [*node.args, *(k.value for k in node.keywords)] for text in unmarked(part)]
        elif isinstance(node, ast.Call) and called(node) in MARKS and node.args:
            # What is put together before it is looked up is in no catalogue.
            found += [ast.unparse(arg) for arg in node.args[:2] if isinstance(arg, (ast.JoinedStr, ast.BinOp))]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            of = node.targets[0].value
            if isinstance(of, ast.Name) and of.id in FIELDS:
                found += unmarked(node.value)
        elif isinstance(node, ast.ClassDef) and any("Choices" in ast.unparse(base) for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple) and isinstance(line.value.elts[-1], ast.Constant):
                    found.append(str(line.value.elts[-1].value))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_python_says_to_people(path: Path) -> None:
    assert findings(path.read_text()) == []


def test_it_sees_what_python_has_not_marked() -> None:
    assert findings('raise Refused("The file is empty.", {"file": f"Has {n} bytes."})') == ["The file is empty.", "f'Has {n} bytes.'"]
    assert findings('raise Refused(_("The file is empty."), {"file": _("Has %(n)d bytes.") % {"n": n}})') == []
    assert findings('wrong["to"] = "Choose somebody" if x else _("Choose me")') == ["Choose somebody"]
    assert findings('messages.success(request, f"{name} is {role} now.")') == ["f'{name} is {role} now.'"]
    assert findings('log.warning("mail %s was refused for good")') == []
    assert findings('text = _(f"Only {name} can say that.")') == ["f'Only {name} can say that.'"]
    assert findings('class Role(models.TextChoices):\n    AUDITOR = "auditor", "Auditor"') == ["Auditor"]
    assert findings('register("thing.done", "Thing done", "{actor} did it all")') == ["Thing done", "{actor} did it all"]

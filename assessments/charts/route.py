"""The way of a record through its sign-off, as a picture: stage under stage, with the way around one that isn't always asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from assessments.charts.drawing import REPORT, Chart, Manner, Table
from compliance.marking import marked as _

WIDTH, LEFT, RIGHT = 400, 12, 352
SPINE, BYPASS = 42, 378  # where the way runs, and the way around a stage
LINE, PAD, GAP = 19, 14, 34
# Of the product's font at 14 px a capital takes about 9 units and the average letter 7: a line is broken early rather than cut.
LETTERS, LETTERS_BOLD = 43, 38
INK, MUTED, FRAME, MARK, PAPER, SOFT = "#10292e", "#55656a", "#84908f", "#0b5963", "#ffffff", "#e2eff0"
ASKED, SKIPPED, UNSURE = "asked", "skipped", "unsure"


@dataclass(frozen=True)
class Step:
    """A stage. ``condition``: when it is asked, as a clause that follows "if"; empty where always. ``state``: for one case whether it is asked
    (``asked``, ``skipped``, or ``unsure`` where that can't be told, so that it stands); None for the policy itself."""

    title: str
    who: str
    days: int
    meaning: str
    condition: str = ""
    state: str | None = None


STATES = {ASKED: _("Asked"), SKIPPED: _("Not asked"), UNSURE: _("Asked, as its condition can't be told")}
MEANINGS = {"approval": _("approval"), "review": _("review")}


def route_chart(title: str, steps: Sequence[Step], manner: Manner = REPORT) -> Chart:
    """A picture 400 units wide that reads on a phone, from top to bottom; the table says the same a stage a row."""
    _ = manner.word
    tried = any(step.state for step in steps)
    said = []
    for n, step in enumerate(steps, 1):
        when = _("if %(condition)s") % {"condition": step.condition} if step.condition else _("always")
        outcome = f" ({_(STATES[step.state]).lower()})" if step.state else ""
        within = _("within %(days)s") % {"days": _days(step.days, manner)}
        said.append(f"{n}. {step.title}: {step.who}, {within}, {when}{outcome}")
    way = (
        _("From submission to approval through %(n)d stage.") if len(steps) == 1 else _("From submission to approval through %(n)d stages.")
    )
    description = f"{way % {'n': len(steps)}} {'. '.join(said)}."
    rows = tuple(
        (
            f"{n}. {step.title}", step.who, _days(step.days, manner), _(MEANINGS.get(step.meaning, step.meaning)),
            step.condition or _("always"), *((_(STATES[step.state]) if step.state else "",) if tried else ()),
        )
        for n, step in enumerate(steps, 1)
    )  # fmt: skip
    header = (_("Stage"), _("Who"), _("Due within"), _("Meaning"), _("Only if"), *((_("In this case"),) if tried else ()))
    return Chart(_svg(title, description, steps, manner), title, description, Table(header, rows))


def _days(number: int, manner: Manner) -> str:
    _ = manner.word
    return (_("%(n)d day") if number == 1 else _("%(n)d days")) % {"n": number}


def wrapped(text: str, letters: int) -> list[str]:
    """Lines of so many letters at most; a longer word is broken."""
    lines, line = [], ""
    for word in text.split():
        while len(word) > letters:
            room = letters - len(line) - 1 if line else letters
            if room > 3:
                line, word = f"{line} {word[:room]}".strip(), word[room:]
            lines.append(line)
            line = ""
        if line and len(line) + 1 + len(word) > letters:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line or not lines else lines


def _svg(title: str, description: str, steps: Sequence[Step], manner: Manner) -> str:
    _ = manner.word
    parts: list[str] = []
    y = 8.0
    y = _end(parts, y, _("Submitted"))
    for n, step in enumerate(steps, 1):
        y = _step(parts, y, n, step, manner)
    y = _arrow(parts, y, MARK)
    y = _end(parts, y, _("Approved"))
    height = round(y + 8)
    name = "route-" + hashlib.sha256(repr((title, description)).encode()).hexdigest()[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart route-chart" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-labelledby="{name}-title {name}-desc" font-family="Inter, sans-serif" font-size="14">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def _end(parts: list[str], y: float, text: str) -> float:
    parts.append(
        f'<rect class="route-end" x="{LEFT}" y="{y:g}" width="112" height="32" rx="16" fill="{MARK}"/>'
        f'<text class="route-end-text" x="{LEFT + 56}" y="{y + 21:g}" text-anchor="middle" font-weight="600" fill="#ffffff">{escape(text)}</text>'
    )
    return y + 32


def _arrow(parts: list[str], y: float, colour: str) -> float:
    parts.append(
        f'<path class="route-way" d="M{SPINE} {y:g}V{y + GAP - 7:g}" stroke="{colour}" stroke-width="2" fill="none"/>'
        f'<path class="route-head" d="M{SPINE - 5} {y + GAP - 9:g}h10l-5 8z" fill="{colour}"/>'
    )
    return y + GAP


def _step(parts: list[str], y: float, number: int, step: Step, manner: Manner) -> float:
    _ = manner.word
    skipped = step.state == SKIPPED
    lit = FRAME if skipped else MARK
    top = y
    if step.condition:
        top = y + GAP / 2
        parts.append(f'<path class="route-way" d="M{SPINE} {y:g}V{top:g}" stroke="{MARK}" stroke-width="2" fill="none"/>')
        parts.append(f'<circle class="route-fork" cx="{SPINE}" cy="{top:g}" r="5" fill="{MARK}"/>')
        y = top + 6
        for text in wrapped(_("if %(condition)s") % {"condition": step.condition}, LETTERS_BOLD):
            y += LINE
            parts.append(
                f'<text class="route-condition" x="{SPINE + 14}" y="{y:g}" font-size="13" font-style="italic" fill="{MUTED}">{escape(text)}</text>'
            )
        y -= GAP / 2
        parts.append(f'<path class="route-way" d="M{SPINE} {top:g}V{y:g}" stroke="{lit}" stroke-width="2" fill="none"/>')
    y = _arrow(parts, y, lit)
    lines = [(text, "route-title", "600", INK) for text in wrapped(f"{number}  {step.title}", LETTERS_BOLD)]
    lines += [(text, "route-text", "400", INK) for text in wrapped(step.who, LETTERS)]
    meaning = {"days": _days(step.days, manner), "meaning": _(MEANINGS.get(step.meaning, step.meaning))}
    lines += [(text, "route-muted", "400", MUTED) for text in wrapped(_("within %(days)s · means %(meaning)s") % meaning, LETTERS)]
    if step.state:
        lines += [(text, "route-state", "600", MUTED if skipped else MARK) for text in wrapped(_(STATES[step.state]), LETTERS_BOLD)]
    height = len(lines) * LINE + 2 * PAD - 5
    dashed = ' stroke-dasharray="5 4"' if skipped or (step.condition and step.state is None) else ""
    kind = "route-box route-box-skipped" if skipped else "route-box route-box-asked" if step.state else "route-box"
    fill = PAPER if skipped or not step.state else SOFT
    parts.append(
        f'<rect class="{kind}" x="{LEFT}" y="{y:g}" width="{RIGHT - LEFT}" height="{height:g}" rx="8" fill="{fill}" stroke="{lit}" '
        f'stroke-width="{1.25 if skipped else 1.75}"{dashed}/>'
    )
    for place, (text, look, weight, colour) in enumerate(lines):
        parts.append(
            f'<text class="{look}" x="{LEFT + 14}" y="{y + PAD + 11 + place * LINE:g}" font-weight="{weight}" fill="{colour}">{escape(text)}</text>'
        )
    y += height
    if step.condition:
        end = y + GAP / 2
        parts.append(
            f'<path class="route-way" d="M{SPINE} {y:g}V{end:g}" stroke="{lit}" stroke-width="2" fill="none"/>'
            f'<path class="route-around" d="M{SPINE + 5} {top:g}H{BYPASS - 10}q10 0 10 10V{end - 10:g}q0 10 -10 10H{SPINE}" '
            f'stroke="{MARK if skipped else FRAME}" stroke-width="{2 if skipped else 1.5}" fill="none"/>'
            f'<text class="route-otherwise" font-size="12" fill="{MUTED}" text-anchor="middle" '
            f'transform="rotate(90 {BYPASS + 6} {(top + end) / 2:g})" x="{BYPASS + 6}" y="{(top + end) / 2:g}">{escape(_("otherwise"))}</text>'
        )
        return end
    return y

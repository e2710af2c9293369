"""axe-core over a page: every rule on the page as it stands, and those that look at colours on one of each kind of element.

To work out what is behind each text is most of what axe does, and takes it 20 s on a page of many questions. No rule of a style sheet can tell two
elements apart that have the same tags, attributes and states, inside and around them, and the same place among their like: one of them is taken
out while colours are looked at.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that look at colours
ONE_OF_EACH_KIND = """() => {
  const kinds = new Map();
  const number = (text) => kinds.get(text) ?? kinds.set(text, kinds.size).get(text);
  // Every attribute may be styled by, but for those that name, point somewhere, or say what is read or drawn.
  const NAMES = new Set(["id", "for", "name", "value", "href", "src", "alt", "title", "content", "datetime", "action", "d", "points", "transform",
    "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "viewBox", "maxlength", "placeholder", "list", "headers"]);
  const POINTS = /^(hx-|aria-(label|labelledby|describedby|controls|details|owns|valuenow|valuetext)$|data-(?!tone|state|level|kind|bs-theme))/;
  const states = (one) => [one.checked, one.open, one.disabled, ...[...one.attributes].map((a) =>
    NAMES.has(a.name) || POINTS.test(a.name) ? a.name : `${a.name}=${a.value}`).sort()].join(" ");
  const own = new Map();
  const measure = (one) => {
    const inside = [...new Set([...one.children].map(measure))].sort().join();
    own.set(one, number(`${one.tagName} ${states(one)} [${inside}]`));
    return own.get(one);
  };
  measure(document.body);
  const seen = new Map();
  window.tookOut = [];
  const look = (one, around, among) => {
    const place = number(`${around} > ${one.tagName} ${states(one)} ${among}`);
    const kind = `${place}:${own.get(one)}`;
    seen.set(kind, (seen.get(kind) || 0) + 1);
    if (seen.get(kind) > 1 && !one.contains(document.activeElement)) {
      const mark = document.createComment("");
      window.tookOut.push([one, mark]);
      one.replaceWith(mark);
    } else {
      if (one.tagName === "SELECT") return;  // what is chosen stays chosen
      // First, last, every second, and what follows what may look otherwise too.
      const children = [...one.children];
      children.forEach((child, n) => look(child, place, `${n % 2} ${!n} ${n === children.length - 1} ${own.get(children[n - 1])}`));
    }
  };
  look(document.body, "", "");
}"""
PUT_BACK = "() => { for (const [one, mark] of window.tookOut) mark.replaceWith(one); }"


def _run(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    # What it found in order isn't asked for: on a page of many thousand elements, to write that down takes longer than to look.
    found: list[dict[str, Any]] = page.evaluate("(options) => axe.run(options)", options | {"reporter": "no-passes"})["violations"]
    return found


def violations(page: Page, *, practice: bool = False, both: bool = False, colours_alone: bool = False) -> list[str]:
    """What axe finds wrong with the page as it stands, a line each. ``practice``: its own advice too; ``both``: colours by night as well;
    ``colours_alone``: where only these are others than when it was last looked at."""
    found = []
    if not colours_alone:
        tags = [*TAGS, "best-practice"] if practice else TAGS
        found += _run(page, {"runOnly": tags, "rules": {rule: {"enabled": False} for rule in COLOURS}})
    page.evaluate(ONE_OF_EACH_KIND)
    colours = {"runOnly": {"type": "rule", "values": COLOURS}}
    found += _run(page, colours)
    if both:
        page.emulate_media(color_scheme="dark")
        found += [one | {"id": f"{one['id']}, by night"} for one in _run(page, colours)]
        page.emulate_media(color_scheme="light")
    page.evaluate(PUT_BACK)
    return [
        f"{one['id']}: " + " | ".join(f"{node['html'][:160]} {node.get('failureSummary', '')[:160]}" for node in one["nodes"][:3])
        for one in found
    ]

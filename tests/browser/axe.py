"""axe-core over a page: every rule on the page as it stands, and those that look at colours on one of each kind of element.

To work out what is behind each text is most of what axe does, and takes it 20 s on a page of many questions. What has the same tags and classes,
inside and around it, has the same colours by day and by night, so that the third of its kind is taken out while colours are looked at.
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
  const STATES = ["type", "disabled", "checked", "aria-current", "aria-disabled", "aria-pressed", "aria-selected", "aria-invalid", "aria-sort",
                  "href", "open", "role", "style", "fill", "stroke", "data-tone"];
  const states = (one) => STATES.map((name) => name === "href" ? one.hasAttribute(name) : one.getAttribute(name)).join();
  const own = new Map();
  const measure = (one) => {
    const inside = [...new Set([...one.children].map(measure))].sort().join();
    own.set(one, number(`${one.tagName} ${one.getAttribute("class")} ${states(one)} ${one.checked} [${inside}]`));
    return own.get(one);
  };
  measure(document.body);
  const seen = new Map();
  window.tookOut = [];
  const look = (one, around) => {
    const place = number(`${around} > ${one.tagName} ${one.getAttribute("class")} ${states(one)}`);
    const kind = `${place}:${own.get(one)}`;
    seen.set(kind, (seen.get(kind) || 0) + 1);
    if (seen.get(kind) > 2 && !one.contains(document.activeElement)) {
      const mark = document.createComment("");
      window.tookOut.push([one, mark]);
      one.replaceWith(mark);
    } else {
      if (one.tagName !== "SELECT") for (const child of [...one.children]) look(child, place);  // what is chosen stays chosen
    }
  };
  look(document.body, "");
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

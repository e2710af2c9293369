"""axe-core over a page: every rule on the page as it stands, and those that look at colours on one of each kind of element.

To work out what is behind each text is most of what axe does, and takes it 20 s on a page of many questions. No rule of a style sheet can tell two
elements apart that have the same tags, attributes and states, inside and around them, and the same place among their like: one of them is taken
out while colours are looked at, and both where an earlier page with the same style sheets had their like.
"""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that look at colours
NEVER_WRONG = ["hidden-content"]  # it only asks to look by oneself
# Kinds go to and fro as one text: Playwright looks at each number of a list by itself, which takes it longer than axe.
ONE_OF_EACH_KIND = """(known) => {
  const seen = new Set(JSON.parse(known)), fresh = [];
  const number = (text) => {  // cyrb53, a hash of 53 bits: the same on every page
    let [a, b] = [0xdeadbeef, 0x41c6ce57];
    for (let n = 0; n < text.length; n++) {
      const code = text.charCodeAt(n);
      a = Math.imul(a ^ code, 2654435761);
      b = Math.imul(b ^ code, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return 4294967296 * (2097151 & b) + (a >>> 0);
  };
  // Every attribute may be styled by, but for those that name, point somewhere, or say what is read or drawn.
  const NAMES = new Set(["id", "for", "name", "value", "href", "src", "alt", "title", "content", "datetime", "action", "d", "points", "transform",
    "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "viewBox", "maxlength", "placeholder", "list", "headers"]);
  const POINTS = /^(hx-|aria-(label|labelledby|describedby|controls|details|owns|valuenow|valuetext)$|data-(?!tone|state|level|kind|bs-theme))/;
  const says = (one) => [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  const states = (one) => [one.checked, one.open, one.disabled, says(one), ...[...one.attributes].map((a) =>
    NAMES.has(a.name) || POINTS.test(a.name) ? a.name : `${a.name}=${a.value}`).sort()].join(" ");
  const own = new Map();
  const measure = (one) => {
    const inside = [...new Set([...one.children].map(measure))].sort().join();
    own.set(one, number(`${one.tagName} ${states(one)} [${inside}]`));
    return own.get(one);
  };
  measure(document.body);
  window.tookOut = [];
  const look = (one, around, among) => {
    const place = number(`${around} > ${one.tagName} ${states(one)} ${among}`);
    if (one.hidden) return;  // it has no colours, and words in it that the page's scripts may want meanwhile
    const kind = number(`${place}:${own.get(one)}`), focused = one.contains(document.activeElement);
    if (seen.has(kind) && !focused) {
      const mark = document.createComment("");
      window.tookOut.push([one, mark]);
      one.replaceWith(mark);
    } else {
      if (!focused) {
        seen.add(kind);
        fresh.push(kind);
      }
      if (one.tagName === "SELECT") return;  // what is chosen stays chosen
      // First, last, every second, and what follows what may look otherwise too.
      const children = [...one.children];
      children.forEach((child, n) => look(child, place, `${n % 2} ${!n} ${n === children.length - 1} ${own.get(children[n - 1])}`));
    }
  };
  const sheets = [...document.querySelectorAll("style, link[rel=stylesheet]")].map((one) => one.href || one.textContent).join();
  look(document.body, number(`${innerWidth} ${states(document.documentElement)} ${sheets}`), "");
  return JSON.stringify(fresh);
}"""
AT_NIGHT = "matchMedia('(prefers-color-scheme: dark)').matches"
PUT_BACK = "() => { for (const [one, mark] of window.tookOut) mark.replaceWith(one); }"


# The kinds whose colours were found in order by day (False) and by night (True), in this process.
_known: dict[bool, set[int]] = {False: set(), True: set()}


def _run(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    # What it found in order isn't asked for: on a page of many thousand elements, to write that down takes longer than to look.
    found: list[dict[str, Any]] = page.evaluate("(options) => axe.run(options)", options | {"reporter": "no-passes"})["violations"]
    return found


def violations(page: Page, *, practice: bool = False, both: bool = False, colours_alone: bool = False) -> list[str]:
    """What axe finds wrong with the page as it stands, a line each. ``practice``: its own advice too; ``both``: colours by night as well;
    ``colours_alone``: where only these are others than when it was last looked at."""
    page.wait_for_load_state("load")  # before its style sheets have come, a page shows what they hide
    found = []
    if not colours_alone:
        tags = [*TAGS, "best-practice"] if practice else TAGS
        found += _run(page, {"runOnly": tags, "rules": {rule: {"enabled": False} for rule in COLOURS + NEVER_WRONG}})
    nights = [False, True] if both else [page.evaluate(AT_NIGHT)]
    known = set.intersection(*(_known[night] for night in nights))
    fresh = json.loads(page.evaluate(ONE_OF_EACH_KIND, json.dumps(list(known))))
    for night in nights:
        if both:
            page.emulate_media(color_scheme="dark" if night else "light")
        wrong = _run(page, {"runOnly": {"type": "rule", "values": COLOURS}})
        found += [one | {"id": f"{one['id']}, by night"} if night and both else one for one in wrong]
        if not wrong:
            _known[night].update(fresh)
    if both:
        page.emulate_media(color_scheme="light")
    page.evaluate(PUT_BACK)
    return [
        f"{one['id']}: " + " | ".join(f"{node['html'][:160]} {node.get('failureSummary', '')[:160]}" for node in one["nodes"][:3])
        for one in found
    ]

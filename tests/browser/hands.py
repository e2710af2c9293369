"""Two ways to use a page: by the keyboard alone, and by pointing. A journey is written once and played by both.

The keyboard reaches everything by Tab from where the focus is, as a person does: what can't be reached so fails the journey.
"""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import ElementHandle, Locator, Page, expect

FURTHEST = 400  # presses of Tab before something counts as out of reach
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1}
_WHERE = "element => !element.isConnected ? 'gone' : element === document.activeElement ? 'focused' : 'elsewhere'"
_STEPS = """(select, label) =>
    [...select.options].findIndex(option => option.text.trim().startsWith(label)) - select.selectedIndex"""


class Hand(Protocol):
    page: Page

    def press(self, target: Locator) -> None:
        """Follow a link, press a button, open or close what is folded."""

    def fill(self, target: Locator, text: str) -> None:
        """Put ``text`` in the place of what stands in a field."""

    def tick(self, target: Locator) -> None:
        """Choose a radio button or tick a box."""

    def pick(self, target: Locator, label: str) -> None:
        """Choose from a select what begins with ``label``."""


class Keys:
    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        # A locator looks through the whole page each time, so it is asked again only where the page has put another element in this one's place.
        element = target.element_handle()
        for _ in range(FURTHEST):
            where = element.evaluate(_WHERE)
            if where == "gone":
                element = target.element_handle()
                where = element.evaluate(_WHERE)
            if where == "focused":
                self._seen(target, element)
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} can't be reached by Tab on {self.page.url}")

    def _seen(self, target: Locator, element: ElementHandle) -> None:
        """Focus shows: an outline, a ring or another border than without it (WCAG 2.4.7), and isn't hidden under something (2.4.11)."""
        shown = element.evaluate(
            """element => {
                const shapes = [element, element.labels && element.labels[0], element.nextElementSibling, element.parentElement];
                const marked = shapes.filter(Boolean).some(one => {
                    const style = getComputedStyle(one);
                    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
                });
                const box = element.getBoundingClientRect();
                return marked && box.bottom > 0 && box.top < innerHeight;
            }"""
        )
        assert shown, f"the focus on {target} can't be seen"

    def press(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def tick(self, target: Locator) -> None:
        if target.get_attribute("type") != "radio":
            self.reach(target)
            self.page.keyboard.press("Space")
        else:
            self._choose(target)
        expect(target).to_be_checked()

    def _choose(self, target: Locator) -> None:
        """A group of radio buttons is one stop; the arrows go through it."""
        name = target.get_attribute("name")
        for _ in range(FURTHEST):
            if self.page.evaluate("name => document.activeElement.type === 'radio' && document.activeElement.name === name", name):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"{target} can't be reached by Tab on {self.page.url}")
        self.page.keyboard.press("Space")
        while target.evaluate(_WHERE) != "focused":
            self.page.keyboard.press("ArrowDown")

    def pick(self, target: Locator, label: str) -> None:
        """By the arrows, so that what saves itself is saved no oftener than options are passed."""
        self.reach(target)
        steps = target.evaluate(_STEPS, label)
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")


class Pointer:
    """A mouse, or a finger where the page knows touch."""

    def __init__(self, page: Page, *, touch: bool = False) -> None:
        self.page, self.touch = page, touch

    def press(self, target: Locator) -> None:
        if self.touch:
            target.tap()
        else:
            target.click()

    def fill(self, target: Locator, text: str) -> None:
        self.press(target)
        target.fill(text)

    def tick(self, target: Locator) -> None:
        label = target.locator("xpath=ancestor::label | following-sibling::label").first
        self.press(label if label.count() else target)
        expect(target).to_be_checked()

    def pick(self, target: Locator, label: str) -> None:
        value = target.evaluate("(select, label) => [...select.options].find(option => option.text.trim().startsWith(label)).value", label)
        target.select_option(value)

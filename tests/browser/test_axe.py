"""That colours are looked at on one of each kind of element alone, over all pages, hides nothing that is wrong with another kind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations

pytestmark = pytest.mark.browser

ROW = "<tr><td>Sound</td></tr>"
PAGE = """<!doctype html><html lang="en"><title>Rows</title><style>
body { background: #fff; color: #111 } .faint { color: #ddd } @media (prefers-color-scheme: dark) { .night { color: #eee } }
</style><main><h1>Rows</h1><table><tr><th>Head</th></tr>%s</table></main>"""


@pytest.mark.parametrize(
    ("odd", "wrong"),
    [
        (ROW, []),
        ('<tr><td class="faint"></td></tr>', []),
        ('<tr><td class="faint">As the one that said nothing</td></tr>', ["color-contrast", "color-contrast, by night"]),
        ('<tr><td class="faint">As the one that was wrong</td></tr>', ["color-contrast", "color-contrast, by night"]),
        ('<tr><td><b class="faint">Faint</b></td></tr>', ["color-contrast", "color-contrast, by night"]),
        ('<tr><td class="night">Faint by night</td></tr>', ["color-contrast, by night"]),
        ('<tr><td><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></td></tr>', ["image-alt"]),
    ],
)
def test_what_is_wrong_with_one_row_of_many_is_found(browser: Browser, odd: str, wrong: list[str]) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.set_content(PAGE % (ROW * 9 + odd + ROW * 9))
    rows = page.locator("tr").count()
    assert [one.split(": ")[0] for one in violations(page, both=True)] == wrong
    assert page.locator("tr").count() == rows, "what was taken out is put back"
    page.close()


def test_the_words_that_scripts_of_the_page_take_from_it_meanwhile_stay_in_it(browser: Browser) -> None:
    page = browser.new_page(reduced_motion="reduce")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(
        PAGE % (ROW * 9) + '<div hidden><span data-word="one">One</span> <span data-word="two">Two</span></div>'
        "<script>setInterval(() => document.querySelector('[data-word=two]').textContent, 0)</script>"
    )
    for _ in range(2):
        assert violations(page) == []
    assert complaints == []
    page.close()


def test_what_a_style_sheet_hides_is_not_looked_at_before_it_has_come(browser: Browser) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.route(
        "https://rows.example/",
        lambda route: route.fulfill(
            body=PAGE % ROW + '<details class="none"><summary></summary></details><link rel="stylesheet" href="late.css">',
            content_type="text/html",
        ),
    )
    page.route(
        "**/late.css", lambda route: (page.wait_for_timeout(500), route.fulfill(body=".none { display: none }", content_type="text/css"))
    )
    page.goto("https://rows.example/", wait_until="commit")
    assert violations(page) == []
    page.close()

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

"""The book opened from a folder, by double-click: all of it can be read, and it says what is missing."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("DOWNHILL_HTML", REPOSITORY / "_build" / "html"))
# All but 404.html: a server sends that from anywhere in the site, so its addresses count from the root.
PAGES = sorted(
    page.relative_to(HTML).as_posix()
    for page in HTML.rglob("*.html")
    if "_static" not in page.parts and page.name != "404.html"
)
CONTROLS = "button, input, select, textarea, [role=slider], [role=button], canvas"
# What a page shows besides its text: pictures that did not load, and controls that nothing answers to.
LOOK = f"""() => ({{
  broken: [...document.images].filter((image) => !image.naturalWidth).map((image) => image.outerHTML),
  dead: [...document.querySelectorAll("{CONTROLS}")]
    .filter((one) => one.checkVisibility() && !one.disabled && !one.closest("form.search, .reading"))
    .map((one) => one.outerHTML),
  figures: [...document.querySelectorAll("figure.chart svg")]
    .filter((one) => !one.closest("details:not([open])"))
    .map((svg) => svg.getBoundingClientRect().width),
  styled: getComputedStyle(document.querySelector(".wordmark")).textDecorationLine,
  links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
  words: document.querySelector("main").innerText.length,
}})"""


@pytest.fixture(scope="module")
def folder_page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opened_from_a_folder_is_readable_and_says_what_is_missing(folder_page, page):
    folder_page.goto((HTML / page).as_uri())
    seen = folder_page.evaluate(LOOK)
    assert seen["words"] > 60
    assert seen["styled"] == "none"
    assert seen["broken"] == []
    assert all(width > 100 for width in seen["figures"])
    assert seen["dead"] == []
    assert folder_page.get_by_text("You opened this page from a folder").is_visible()
    inside = [link for link in seen["links"] if link.startswith("file:")]
    assert inside
    missing = [link for link in inside if not Path(url2pathname(urlsplit(link).path)).is_file()]
    assert missing == []


def test_the_same_page_from_a_server_says_nothing_of_the_kind(new_context, site):
    page = new_context().new_page()
    page.goto(f"{site}/index.html")
    assert page.locator(".standing-still:visible").count() == 0


def test_an_old_browser_reads_the_page_and_is_told_so(new_context, site, watch):
    watch.expect_error("Unexpected token")
    context = new_context()
    # As before 2022: no structuredClone, and modules that end at the first thing they do not know.
    context.add_init_script("delete self.structuredClone")
    broken = {"body": "?", "content_type": "text/javascript"}
    context.route(re.compile(r"\.m?js\b"), lambda route: route.fulfill(**broken))
    page = context.new_page()
    page.goto(f"{site}/after/the-sums-behind-one-step.html")
    assert page.get_by_text("This browser is too old").is_visible()
    assert page.evaluate(LOOK)["dead"] == []
    assert page.locator(".cell pre").first.is_visible()

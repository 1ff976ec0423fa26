"""The cheat sheet prints on one page of A4, large enough to read and with nothing cut off."""

import re

import pytest
from playwright.sync_api import Page

PAGE = "before/cheat-sheet.html"
# 210 mm by 297 mm, less 10 mm on each side, at 96 pixels an inch.
SHEET = {"width": 718, "height": 1047}
SMALLEST = 8 * 96 / 72  # 8 pt in pixels


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.fixture
def printed(new_context, site) -> Page:
    page = new_context(viewport=SHEET).new_page()
    page.emulate_media(media="print")
    page.goto(f"{site}/{PAGE}", wait_until="load")
    page.evaluate("document.fonts.ready")
    return page


@pytest.mark.parametrize("own_margins", [True, False])
def test_it_prints_on_one_page_of_a4(printed, own_margins):
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")
    options = {"prefer_css_page_size": True} if own_margins else {"margin": margin}
    assert pages_of(printed.pdf(format="A4", **options)) == 1


def test_pages_are_counted(new_context, site):
    page = new_context().new_page()
    page.goto(f"{site}/before/fine-tuning-in-plain-english.html", wait_until="load")
    assert pages_of(page.pdf(format="A4")) > 5


def test_no_text_on_paper_is_smaller_than_eight_points(printed):
    small = printed.evaluate(
        """(smallest) => [...document.querySelectorAll("body *")]
          .filter((element) => element.checkVisibility())
          .filter((element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
          .filter((element) => !element.closest(".unseen, .skip"))
          .map((e) => [e.textContent.trim().slice(0, 40), parseFloat(getComputedStyle(e).fontSize)])
          .filter(([, size]) => size < smallest)""",
        SMALLEST,
    )
    assert small == []


def test_every_part_is_whole_and_on_the_sheet(printed):
    parts = printed.locator(".cheat-sheet > section")
    assert parts.count() == 12
    for part in parts.all():
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SHEET["width"] + 1
        assert box["y"] + box["height"] <= SHEET["height"]
        assert part.evaluate("(e) => e.scrollWidth <= e.clientWidth + 1"), part.inner_text()
        # A part that was broken across the columns would be as wide as both.
        assert box["width"] < SHEET["width"] / 2


def test_what_is_of_the_screen_stays_off_the_paper(printed):
    for name in (".top", "nav.chapters", ".bottom", ".turn"):
        assert printed.locator(name).is_hidden()


def test_it_gives_no_symptoms_of_activity_1_away(printed):
    words = printed.locator(".cheat-sheet").inner_text().lower()
    for cause in ("too small", "too large", "too low", "too high", "wrong parameters", "zigzag"):
        assert cause not in words

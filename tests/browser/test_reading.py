"""Text size and spacing: chosen once, kept, and there before anything is painted."""

import pytest
from playwright.sync_api import expect

CHAPTER = "/before/downhill-by-eye.html"
FIRST_PAINT = """() => {
  window.sizes = [];
  new MutationObserver(() => window.sizes.push([document.documentElement.dataset.size, !!document.body]))
    .observe(document, { childList: true, subtree: true, attributes: true });
}"""


def chosen(page):
    return page.evaluate("({ ...document.documentElement.dataset })")


def font_size(page):
    return page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")


@pytest.fixture
def chapter(page, site):
    page.goto(site + CHAPTER)
    return page


def open_panel(page):
    page.get_by_label("Reading: text size and spacing").click()


def test_a_choice_changes_the_page_and_stays(chapter, site):
    before = font_size(chapter)
    open_panel(chapter)
    chapter.get_by_role("radio", name="Largest").check()
    chapter.get_by_role("radio", name="Wide").check()
    assert font_size(chapter) == pytest.approx(before * 1.35, rel=0.01)
    chapter.goto(site + "/reference/glossary.html")
    assert chosen(chapter)["size"] == "largest"
    assert font_size(chapter) == pytest.approx(before * 1.35, rel=0.01)
    open_panel(chapter)
    expect(chapter.get_by_role("radio", name="Largest")).to_be_checked()
    expect(chapter.get_by_role("radio", name="Wide")).to_be_checked()


def test_normal_takes_it_back(chapter, site):
    open_panel(chapter)
    chapter.get_by_role("radio", name="Larger").check()
    chapter.get_by_role("group", name="Text size").get_by_role("radio", name="Normal").check()
    chapter.reload()
    assert "size" not in chosen(chapter)
    assert chapter.evaluate("localStorage.getItem('downhill-size')") is None


def test_it_is_there_before_the_first_paint(chapter, site):
    chapter.evaluate("localStorage.setItem('downhill-size', 'largest')")
    chapter.add_init_script(f"({FIRST_PAINT})()")
    chapter.reload()
    with_body = [size for size, has_body in chapter.evaluate("window.sizes") if has_body]
    assert with_body
    assert set(with_body) == {"largest"}


@pytest.mark.parametrize("stored", ["huge", "", "<b>", "larger largest"])
def test_a_value_that_is_none_of_ours_is_ignored(chapter, stored):
    chapter.evaluate("value => localStorage.setItem('downhill-size', value)", stored)
    chapter.reload()
    assert "size" not in chosen(chapter)
    open_panel(chapter)
    expect(chapter.get_by_role("group", name="Text size").get_by_role("radio", name="Normal")).to_be_checked()


def test_by_keyboard_alone(chapter):
    summary = chapter.get_by_label("Reading: text size and spacing")
    summary.focus()
    chapter.keyboard.press("Enter")
    chapter.keyboard.press("Tab")
    chapter.keyboard.press("ArrowDown")
    assert chosen(chapter)["size"] == "larger"
    chapter.keyboard.press("Escape")
    expect(chapter.locator("details.reading form")).to_be_hidden()
    expect(summary).to_be_focused()


def test_where_storage_is_refused_the_choice_holds_for_the_page(page, site):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {"
        " get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.goto(site + CHAPTER)
    open_panel(page)
    page.get_by_role("radio", name="Larger").check()
    assert chosen(page)["size"] == "larger"


@pytest.mark.parametrize("width", [320, 1280])
def test_the_largest_text_with_wide_spacing_needs_no_sideways_scrolling(new_context, site, width):
    context = new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(site + CHAPTER)
    page.evaluate(
        "localStorage.setItem('downhill-size', 'largest'); localStorage.setItem('downhill-spacing', 'wide')"
    )
    for path in (CHAPTER, "/index.html", "/reference/glossary.html", "/test-this-laptop.html"):
        page.goto(site + path)
        open_panel(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path

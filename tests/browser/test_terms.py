"""Glossary terms that explain themselves: by mouse, by keyboard, by touch, and without JavaScript."""

import json
import re

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

CHAPTER = "/before/fine-tuning-in-plain-english.html"


@pytest.fixture
def chapter(page, site):
    page.goto(site + CHAPTER)
    page.wait_for_selector('[data-widget="terms"][data-ready]', state="attached")
    return page


@pytest.fixture
def touched(new_context, site):
    page = new_context(
        has_touch=True, is_mobile=True, reduced_motion="reduce", viewport={"width": 390, "height": 800}
    ).new_page()
    page.goto(site + CHAPTER)
    page.wait_for_selector('[data-widget="terms"][data-ready]', state="attached")
    return page


def word(page, name="fine-tuning"):
    return page.locator("a.term", has_text=re.compile(f"^{name}$")).first


def tip(page):
    return page.locator(".term-tip")


def told(page):
    return json.loads(page.locator('[data-widget="terms"] script').text_content())


def middle(found):
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_mouse_on_a_word_shows_what_it_means_and_the_page_does_not_move(chapter):
    found = word(chapter)
    found.scroll_into_view_if_needed()
    section = chapter.locator("main section").first
    before = section.inner_text(), section.bounding_box()
    found.hover()
    expect(tip(chapter)).to_be_visible()
    explained = told(chapter)["term-fine-tuning"]
    assert tip(chapter).inner_text().split("\n") == [
        "fine-tuning",
        explained["text"],
        "fine-tuning in the glossary",
    ]
    assert (section.inner_text(), section.bounding_box()) == before
    chapter.mouse.move(2, 300)
    expect(tip(chapter)).to_be_hidden()


def test_a_pointer_on_its_way_elsewhere_opens_nothing(page, site):
    page.clock.install(time=0)
    page.goto(site + CHAPTER)
    x, y = middle(word(page))
    page.clock.pause_at(60_000)
    page.mouse.move(x, y)
    page.clock.run_for(100)
    assert tip(page).is_hidden()
    page.mouse.move(2, 300)
    page.clock.run_for(2000)
    assert tip(page).is_hidden()
    page.mouse.move(x, y)
    page.clock.run_for(160)
    expect(tip(page)).to_be_visible()


def test_the_pointer_may_move_onto_it_and_follow_its_link(page, site):
    page.clock.install(time=0)
    page.goto(site + CHAPTER)
    x, y = middle(word(page))
    page.clock.pause_at(60_000)
    page.mouse.move(x, y)
    page.clock.run_for(200)
    page.mouse.move(2, y)
    page.clock.run_for(200)
    page.mouse.move(*middle(tip(page)))
    page.clock.run_for(5000)
    expect(tip(page)).to_be_visible()
    tip(page).get_by_role("link").click()
    page.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_from_one_word_to_the_next_there_is_one_popover(chapter):
    # Upwards, and with both in view: the popover is below its word, scrolls with it, and covers neither word.
    word(chapter, "weights").hover()
    expect(tip(chapter).locator("b")).to_have_text("weight")
    word(chapter).hover()
    expect(tip(chapter).locator("b")).to_have_text("fine-tuning")
    assert tip(chapter).count() == 1


def test_a_click_follows_the_link(chapter):
    word(chapter).click()
    chapter.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_the_focus_shows_it_and_enter_follows_the_link(chapter):
    found = word(chapter)
    chapter.locator("a.term").first.focus()
    for _ in range(40):
        if found.evaluate("e => e === document.activeElement"):
            break
        chapter.keyboard.press("Tab")
    expect(found).to_be_focused()
    expect(tip(chapter)).to_contain_text(told(chapter)["term-fine-tuning"]["text"])
    # It stays, wherever the mouse goes.
    chapter.mouse.move(*middle(found))
    chapter.mouse.move(9, 350)
    chapter.wait_for_timeout(500)
    expect(tip(chapter)).to_be_visible()
    chapter.keyboard.press("Escape")
    expect(tip(chapter)).to_be_hidden()
    expect(found).to_be_focused()
    chapter.keyboard.press("Tab")
    expect(tip(chapter).locator("b")).to_have_text("pretrained model")
    chapter.keyboard.press("Enter")
    chapter.wait_for_url("**/reference/glossary.html#term-pretrained-model")


def test_it_goes_with_the_focus_and_adds_no_stop_on_the_way(chapter):
    words = chapter.locator("a.term")
    words.nth(1).focus()
    stops = []
    for _ in range(2):
        chapter.keyboard.press("Tab")
        stops.append(chapter.evaluate("document.activeElement.textContent"))
    assert stops == words.all_inner_texts()[2:4]
    chapter.locator(".top a").first.focus()
    expect(tip(chapter)).to_be_hidden()


def test_escape_closes_it_without_moving_the_pointer(chapter):
    word(chapter).hover()
    expect(tip(chapter)).to_be_visible()
    chapter.keyboard.press("Escape")
    expect(tip(chapter)).to_be_hidden()
    chapter.wait_for_timeout(400)
    expect(tip(chapter)).to_be_hidden()


def test_the_first_tap_shows_it_and_the_second_follows_the_link(touched):
    found = word(touched)
    x, y = middle(found)
    touched.touchscreen.tap(x, y)
    expect(tip(touched)).to_be_visible()
    assert touched.url.endswith(CHAPTER)
    touched.touchscreen.tap(*middle(tip(touched).locator("span")))
    expect(tip(touched)).to_be_visible()
    touched.touchscreen.tap(x, y)
    touched.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_a_tap_elsewhere_closes_it_and_a_tap_on_another_word_asks_again(touched):
    touched.touchscreen.tap(*middle(word(touched)))
    expect(tip(touched).locator("b")).to_have_text("fine-tuning")
    touched.touchscreen.tap(*middle(word(touched, "weights")))
    expect(tip(touched).locator("b")).to_have_text("weight")
    touched.touchscreen.tap(380, 10)
    expect(tip(touched)).to_be_hidden()
    touched.touchscreen.tap(*middle(word(touched)))
    expect(tip(touched)).to_be_visible()
    assert touched.url.endswith(CHAPTER)
    box = tip(touched).get_by_role("link").bounding_box()
    assert box["height"] >= 44
    tip(touched).get_by_role("link").tap()
    touched.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_a_screen_reader_hears_a_link_and_the_definition(chapter):
    for found in chapter.locator("a.term").all():
        name = found.evaluate("a => decodeURIComponent(a.hash.slice(1))")
        expect(found).to_have_role("link")
        expect(found).to_have_accessible_description(told(chapter)[name]["text"])


@pytest.mark.parametrize("width", [1280, 320])
def test_it_is_always_in_the_window_and_never_on_its_word(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 500}, reduced_motion="reduce").new_page()
    page.goto(site + CHAPTER)
    page.wait_for_selector('[data-widget="terms"][data-ready]', state="attached")
    above = 0
    for found in page.locator("a.term").all()[:24]:
        for block in ("start", "end"):
            page.evaluate("document.activeElement.blur()")
            found.evaluate("(e, block) => e.scrollIntoView({ block, behavior: 'instant' })", block)
            page.keyboard.press("Shift")  # the keyboard was used last: a focus is to be seen
            found.evaluate("e => e.focus({ preventScroll: true })")
            expect(tip(page)).to_be_visible()
            box, line = tip(page).bounding_box(), found.evaluate("e => e.getClientRects()[0].toJSON()")
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            assert box["y"] >= 0 and box["y"] + box["height"] <= 500
            assert box["y"] >= line["bottom"] or box["y"] + box["height"] <= line["top"]
            above += box["y"] < line["top"]
    assert 0 < above < 48
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_goes_with_its_word_when_the_page_scrolls(chapter):
    found = word(chapter)
    found.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    chapter.keyboard.press("Shift")
    found.focus()
    expect(tip(chapter)).to_be_visible()
    away = """e => document.querySelector('.term-tip').getBoundingClientRect().top
                   - e.getBoundingClientRect().bottom"""
    before = found.evaluate(away)
    top = found.bounding_box()["y"]
    chapter.evaluate("scrollBy({ top: 120, behavior: 'instant' })")
    # It follows with the event of the scrolling, a frame later.
    chapter.wait_for_function(
        """([e, top, before]) => {
             const word = e.getBoundingClientRect();
             const away = document.querySelector('.term-tip').getBoundingClientRect().top - word.bottom;
             return word.top < top - 100 && Math.abs(away - before) <= 1;
           }""",
        arg=[found.element_handle(), top, before],
    )
    assert found.evaluate(away) == pytest.approx(before, abs=1)


def test_the_words_are_those_of_the_glossary(chapter, site):
    explained = told(chapter)
    assert len(explained) > 20
    chapter.goto(site + "/reference/glossary.html")
    assert chapter.locator("a.term, .term-tip").count() == 0
    for name, what in explained.items():
        entry = chapter.locator(f"dt[id='{name}']")
        assert entry.inner_text().rstrip("#").strip() == what["name"]
        words = entry.locator("xpath=following-sibling::dd[1]").inner_text()
        assert " ".join(words.split()).startswith(what["text"])


def test_in_a_section_every_word_is_marked_once(chapter):
    twice = chapter.evaluate(
        """[...document.querySelectorAll("main section")].flatMap((section) => {
             const seen = [...section.querySelectorAll("a.term")]
               .filter((a) => a.closest("section") === section).map((a) => a.hash);
             return seen.filter((hash, index) => seen.indexOf(hash) !== index); })"""
    )
    assert twice == []
    assert chapter.locator("a:not(.term) > .std-term").count() == 0


def test_a_marked_word_looks_like_no_other_link(chapter):
    looks = "e => { const s = getComputedStyle(e); return [s.color, s.textDecorationStyle]; }"
    term = word(chapter).evaluate(looks)
    link = chapter.locator("main p a:not(.term)").first.evaluate(looks)
    text = word(chapter).locator("xpath=..").evaluate(looks)
    assert term[1] == "dashed" and link[1] != "dashed"
    assert term[0] == text[0] != link[0]


def test_without_javascript_the_words_are_links(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + CHAPTER)
    assert page.locator('[data-widget="terms"]').is_hidden()
    word(page).click()
    page.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_in_a_browser_without_popovers_the_words_are_links(page, site):
    page.add_init_script("delete HTMLElement.prototype.showPopover")
    page.goto(site + CHAPTER)
    word(page).hover()
    page.wait_for_timeout(300)
    assert tip(page).count() == 0
    word(page).click()
    page.wait_for_url("**/reference/glossary.html#term-fine-tuning")


def test_nothing_of_it_is_printed(chapter):
    chapter.keyboard.press("Shift")  # the keyboard was used last: a focus is to be seen
    word(chapter).focus()
    expect(tip(chapter)).to_be_visible()
    chapter.emulate_media(media="print")
    expect(tip(chapter)).to_be_hidden()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_while_it_is_open(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(site + CHAPTER)
    word(page).hover()
    expect(tip(page)).to_be_visible()
    assert violations(page) == []

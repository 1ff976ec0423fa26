"""A long page is laid out from its top; soon all of it is, and a link to a place on it leads there."""

import pytest
from playwright.sync_api import expect

PAGE = "before/maths-words.html"
WAITING = """[...document.querySelectorAll("main section p")].filter(
  (p) => p.checkVisibility() && !p.checkVisibility({ contentVisibilityAuto: true })).length"""
# The moments between two pictures never come, as on a busy page.
NEVER_IDLE = "window.requestIdleCallback = () => 0"


@pytest.fixture
def busy(context, site):
    context.add_init_script(NEVER_IDLE)
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    return page


def top_of(page, place):
    return page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", place)


def test_what_is_far_below_waits(busy):
    assert busy.evaluate(WAITING) > 100


def test_soon_nothing_waits(page, site):
    page.goto(f"{site}/{PAGE}")
    expect(page.locator("html.top-first")).to_have_count(0)
    assert page.evaluate(WAITING) == 0
    assert page.locator("main [style*='content-visibility']").count() == 0


def test_a_link_to_a_place_leads_there_and_so_does_a_reload(context, site):
    context.add_init_script(NEVER_IDLE)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site}/{PAGE}#early-stopping")
    assert page.evaluate(WAITING) == 0
    assert 0 <= top_of(page, "early-stopping") < 200
    page.reload()
    assert page.evaluate(WAITING) == 0


def test_a_link_on_the_page_leads_there_though_it_was_waiting(busy):
    busy.emulate_media(reduced_motion="reduce")
    busy.set_viewport_size({"width": 1600, "height": 900})  # wide enough for the list of sections
    busy.get_by_role("navigation", name="On this page").get_by_role("link", name="Holding back").click()
    assert busy.evaluate(WAITING) == 0
    assert 0 <= top_of(busy, "holding-back") < 200

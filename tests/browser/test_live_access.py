"""Live cells for everyone: axe, narrow screens, targets, names, and the dialog by keyboard."""

import re

import pytest
from axe import WIDTHS, violations
from live import open_cells
from playwright.sync_api import expect


@pytest.mark.parametrize("width", [*WIDTHS, 320])
def test_cells_at_rest_running_edited_failed_and_the_dialog(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    first, second, *_ = open_cells(page, site)
    assert violations(page) == []
    first.finish(
        "print('x' * 300)\nfrom IPython.display import HTML\nHTML('<table><tr><td>1</td></tr></table>')"
    )
    second.finish("1 / 0")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.locator(".cell button:visible").evaluate_all(
        "buttons => buttons.filter((b) => b.getBoundingClientRect().height < 44).map((b) => b.textContent)"
    )
    assert small == []
    first.where.click()
    page.get_by_role("radio", name="Your own Jupyter server").check()
    assert violations(page) == []
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_each_control_and_region_has_a_name_of_its_own(page, site):
    open_cells(page, site)
    for role in ("region", "group", "textbox"):
        names = page.locator(".cell").get_by_role(role).evaluate_all("found => found.map((e) => e.ariaLabel)")
        assert all(names) and len(names) == len(set(names))


def test_the_place_is_chosen_by_keyboard_alone(page, site):
    first = open_cells(page, site)[0]
    first.where.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="In this browser")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Address of the server")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.where).to_be_focused()


def test_focus_can_be_seen_on_every_control(page, site):
    first = open_cells(page, site)[0].finish("print('once')")
    for control in (first.run, first.reset, first.where, first.swap):
        control.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(control).to_be_focused()
        assert control.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
    first.code.focus()
    expect(first.place.locator(".cm-editor")).to_have_class(re.compile("cm-focused"))
    outline = first.place.locator(".cm-editor").evaluate("element => getComputedStyle(element).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_nothing_moves_when_the_bars_come(new_context, site):
    page = new_context().new_page()
    page.add_init_script(
        "window.moved = 0;"
        "new PerformanceObserver((list) => list.getEntries().forEach((e) => (moved += e.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    open_cells(page, site)
    page.wait_for_timeout(500)
    assert page.evaluate("moved") < 0.1


def test_paper_has_code_and_results_without_controls(page, site):
    first = open_cells(page, site)[0]
    page.emulate_media(media="print")
    expect(first.run).to_be_hidden()
    expect(first.ours).to_contain_text("step 2")

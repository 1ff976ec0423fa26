"""Charts, drawn again in place when a reader points at them, or from a specification."""

import re

import pytest
from playwright.sync_api import expect

from lab import charts

EVALUATIONS = [
    {"epoch": epoch, "train_loss": 1.1 * 0.8**epoch, "validation_loss": 1.1 * 0.9**epoch}
    for epoch in range(6)
]
COUNTS = {"too-low": {"neutral": 24}, "just-right": {"negative": 4, "neutral": 14, "positive": 6}}
FIGURES = {
    "lines": charts.Chart(charts.loss_curves(EVALUATIONS), "A caption.", "Both curves fall."),
    "many": charts.Chart(
        charts.comparison(
            {"valley": [{"step": n, "height": 1 / (n + 1)} for n in range(60)]}, "height", x="step"
        ),
        "A line without marks.",
        "It falls.",
    ),
    "bars": charts.Chart(
        charts.predicted_classes(COUNTS, {"negative": 6, "neutral": 12, "positive": 6}), "Answers.", "Bars."
    ),
}
# A point of the validation curve, as Vega names it to itself.
VALUE = "epoch: 3; loss: 0.80"
VEGA = "_static/vendor/vega.js"
# The middle of a mark of the picture, by the words that Vega gave it, on the screen.
PLACE = """(picture, words) => {
  const mark = [...picture.querySelectorAll(":is(.mark-symbol, .mark-rect) > [aria-label]")]
    .find((one) => one.ariaLabel.startsWith(words));
  const box = mark.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@pytest.fixture
def chart_page(site, html):
    """Open a page with the figures of this file and a chapter's policy, styles and module."""
    policy = re.search(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', (html / "index.html").read_text("utf-8")
    )
    styles = "".join(
        f'<link rel="stylesheet" href="/_static/{name}.css">' for name in ("tokens", "site", "widgets/chart")
    )
    figures = "".join(
        f'<section id="{name}">{chart._repr_mimebundle_()["text/html"]}</section>'
        for name, chart in FIGURES.items()
    )
    body = (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">{policy[0]}<title>Charts</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{styles}'
        '<script type="module" src="/_static/widgets/chart.js"></script></head>'
        f"<body><main>{figures}</main></body></html>"
    )

    def open_in(page):
        page.route(site + "/charts.html", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto(site + "/charts.html")
        expect(page.locator("figure.chart").last).to_have_attribute("data-chart", "still")
        return page

    return open_in


@pytest.fixture
def shown(page, chart_page):
    return chart_page(page)


def figure(page, name):
    return page.locator(f"#{name} figure")


def upgraded(page, name):
    found = figure(page, name)
    found.locator(".chart-picture").hover(position={"x": 3, "y": 3})
    expect(found).to_have_attribute("data-chart", "live")
    return found


def point_at(page, found, words):
    found.scroll_into_view_if_needed()
    page.mouse.move(*found.locator(".chart-picture").evaluate(PLACE, words))
    return found.locator(".chart-tip")


def test_nothing_is_fetched_before_a_reader_points(shown, watch):
    shown.locator("summary").first.focus()
    shown.keyboard.press("Enter")
    shown.mouse.move(5, 5)
    shown.wait_for_timeout(300)
    assert not [url for url in watch.requests if VEGA in url]
    upgraded(shown, "lines")
    upgraded(shown, "bars")
    assert len([url for url in watch.requests if VEGA in url]) == 1


@pytest.mark.parametrize("name", FIGURES)
def test_the_new_picture_stands_where_the_old_one_stood(shown, name):
    found = figure(shown, name)
    # Where the figure is, and where its plot is within it: the box inside the axes.
    found.scroll_into_view_if_needed()
    boxes = """f => [f, f.querySelector('svg'), f.querySelector('.root path.background')]
        .map(e => e.getBoundingClientRect()).flatMap(b => [b.x, b.y, b.width, b.height])"""
    before = found.evaluate(boxes)
    found.locator("svg").evaluate("svg => { svg.old = true }")
    upgraded(shown, name)
    assert not found.locator("svg").evaluate("svg => svg.old ?? false")
    assert found.locator("svg").get_attribute("aria-hidden") == "true"
    assert found.evaluate(boxes) == pytest.approx(before, abs=0.6)


def test_a_point_tells_its_value(shown):
    found = upgraded(shown, "lines")
    tip = point_at(shown, found, VALUE)
    expect(tip).to_be_visible()
    assert tip.inner_text().split("\n") == ["series validation", "epoch 3", "loss (lower is better) 0.8019"]
    ring = found.locator(".chart-ring").bounding_box()
    at = found.locator(".chart-picture").evaluate(PLACE, VALUE)
    assert [ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2] == pytest.approx(at, abs=1)
    shown.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_near_is_near_enough_and_far_is_not(shown):
    found = upgraded(shown, "lines")
    x, y = found.locator(".chart-picture").evaluate(PLACE, VALUE)
    shown.mouse.move(x + 12, y - 12)
    assert "epoch 3" in found.locator(".chart-tip").inner_text()
    shown.mouse.move(x + 12, y - 60)
    expect(found.locator(".chart-tip")).to_be_hidden()


def test_a_line_without_marks_tells_the_value_at_the_pointer_and_not_its_first(shown):
    found = upgraded(shown, "many")
    found.scroll_into_view_if_needed()
    plot = found.locator(".root > g > path.background").bounding_box()
    shown.mouse.move(plot["x"] + plot["width"] * 0.9, plot["y"] + plot["height"] - 4)
    assert shown.locator("#vg-tooltip-element").count() == 0, "one tip is enough"
    step = int(re.search(r"step (\d+)", found.locator(".chart-tip").inner_text())[1])
    assert step == pytest.approx(54, abs=1)
    assert f"height {1 / (step + 1):.4g}"[:-1] in found.locator(".chart-tip").inner_text()


def test_a_bar_tells_its_count(shown):
    found = upgraded(shown, "bars")
    tip = point_at(shown, found, "headlines: 14")
    assert tip.inner_text().split("\n") == ["run ● right steps", "class neutral", "headlines 14"]
    shown.mouse.move(2, 2)
    expect(tip).to_be_hidden()


def test_a_tap_asks_and_a_tap_elsewhere_ends_it(new_context, chart_page):
    page = chart_page(
        new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}).new_page()
    )
    found = figure(page, "bars")
    found.scroll_into_view_if_needed()
    x, y = found.locator(".chart-picture").evaluate(PLACE, "headlines: 24")
    x = min(x, 330)
    page.touchscreen.tap(x, y)
    expect(found).to_have_attribute("data-chart", "live")
    expect(found.locator(".chart-tip")).to_contain_text("headlines 24")
    inner = found.locator(".chart-tip").bounding_box()
    assert inner["x"] >= 0
    x, y = found.locator(".chart-picture").evaluate(PLACE, "headlines: 4")
    page.touchscreen.tap(x, y)
    expect(found.locator(".chart-tip")).to_contain_text("headlines 4")
    page.wait_for_timeout(100)
    assert found.locator(".chart-tip").is_visible(), "it stays when the finger is lifted"
    page.touchscreen.tap(200, 5)
    expect(found.locator(".chart-tip")).to_be_hidden()


def test_the_tip_never_leaves_the_picture(shown):
    found = upgraded(shown, "lines")
    for words in ("epoch: 0; loss: 1.1", "epoch: 5; loss: 0.36"):
        tip, picture = (
            point_at(shown, found, words).bounding_box(),
            found.locator(".chart-picture").bounding_box(),
        )
        assert tip["x"] >= picture["x"] and tip["x"] + tip["width"] <= picture["x"] + picture["width"] + 0.5
        assert tip["y"] >= picture["y"] and tip["y"] + tip["height"] <= picture["y"] + picture["height"] + 0.5


def test_colours_follow_the_theme(shown):
    found = upgraded(shown, "bars")
    point_at(shown, found, "headlines: 14")
    colours = """f => [
      getComputedStyle(f.querySelector('[aria-label^="headlines: 14"]')).fill,
      getComputedStyle(f.querySelector('.chart-tip')).backgroundColor,
      getComputedStyle(f.querySelector('.mark-text text')).fill]"""
    shown.evaluate("document.documentElement.dataset.theme = 'light'")
    light = found.evaluate(colours)
    shown.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = found.evaluate(colours)
    token = "name => getComputedStyle(Object.assign(document.body, { style: `color: var(${name})` })).color"
    assert dark == [shown.evaluate(token, name) for name in ("--neutral", "--card", "--ink")]
    assert all(one != two for one, two in zip(light, dark, strict=True))


def test_without_vega_the_picture_stays_and_the_next_pointing_tries_again(shown, watch):
    watch.expect_error("ERR_FAILED")
    shown.route(f"**/{VEGA}*", lambda route: route.abort())
    found = figure(shown, "lines")
    found.locator("svg").evaluate("svg => { svg.old = true }")
    with shown.expect_request(f"**/{VEGA}*"):
        found.locator(".chart-picture").hover(position={"x": 3, "y": 3})
    expect(found).to_have_attribute("data-chart", "still")
    shown.wait_for_timeout(200)
    assert found.locator("svg").evaluate("svg => svg.old")
    shown.unroute(f"**/{VEGA}*")
    shown.mouse.move(2, 2)
    upgraded(shown, "lines")


def same(found):
    """A figure's structure: its elements with their classes, and its words, the picture's inside left out."""
    return found.evaluate(
        """figure => {
             const told = (e) => [
               e.tagName, e.className, e.getAttribute('role'), e.getAttribute('aria-label'),
               e.matches('td, th, figcaption, summary') ? e.textContent : '',
               e.matches('.chart-picture') ? [] : [...e.children].map(told)];
             return told(figure);
           }"""
    )


def as_numbers(part):
    """Numbers by their value: Python and JavaScript write small ones differently."""
    tag, *rest, text, children = part
    return [
        tag,
        *rest,
        float(text) if tag == "TD" and re.match(r"[\d.]", text) else text,
        [as_numbers(c) for c in children],
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_from_a_specification_is_built_as_lab_builds_it(shown, name):
    place = shown.locator(f"#{name}")
    place.evaluate(
        """async place => {
             const { figureFor } = await import('/_static/widgets/chart.js');
             place.append(await figureFor(JSON.parse(place.querySelector('.chart-spec').textContent)));
           }"""
    )
    ours, theirs = place.locator("figure").all()
    assert as_numbers(same(theirs)) == as_numbers(same(ours))
    assert theirs.locator(".chart-spec").evaluate("s => JSON.parse(s.textContent)") == FIGURES[name].spec
    assert theirs.locator("svg path").count() > 5
    if name == "bars":
        expect(point_at(shown, theirs, "headlines: 14")).to_be_visible()


def test_a_figure_without_vega_says_so_and_holds_its_numbers(shown, watch):
    watch.expect_error("ERR_FAILED")
    shown.route(f"**/{VEGA}*", lambda route: route.abort())
    shown.evaluate(
        """async () => {
             const { figureFor } = await import('/_static/widgets/chart.js');
             const spec = { data: { values: [{ a_b: 1.23456, c: 2 }] } };
             document.querySelector('main').append(await figureFor(spec));
           }"""
    )
    found = shown.locator("main > figure")
    assert (
        found.locator(".chart-picture").inner_text() == "The chart could not be drawn; its numbers are below."
    )
    found.locator("summary").click()
    assert found.get_by_role("columnheader").all_inner_texts() == ["a b", "c"]
    assert found.get_by_role("cell").all_inner_texts() == ["1.235", "2"]


def test_a_chapter_brings_its_charts_to_life(page, site):
    page.goto(site + "/after/the-sums-behind-one-step.html")
    found = page.locator("figure.chart").first
    found.scroll_into_view_if_needed()
    found.locator(".chart-picture").hover()
    expect(found).to_have_attribute("data-chart", "live")

"""Draw it, then see it, by mouse, by touch and by keyboard, and without any of them."""

import json
import re
import sys
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from lab import records

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
RUN = records.load("minilm-just-right-seed-0")
OTHER = records.load("minilm-too-high-seed-0")
DIVERGED = records.load("page-model-too-high-seed-0")
REASONS = ["It learns", "It is stuck", "Something else"]
POINTS = [1, 2, 3, 5, 6]
WHERE = "/day/drawing.html"


@pytest.fixture(scope="module")
def write():
    """The HTML of a place, as the directive writes it."""
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extensions that this one builds on
    try:
        import draw

        yield (
            lambda name, run, metric="validation_loss": (
                draw.opening(name)
                + "<p>Which way will it go?</p>"
                + draw.closing(name, run, metric, REASONS, f"../reference/runs.html#run-{run.id}")
            )
        )
    finally:
        sys.path.remove(str(EXTENSIONS))


@pytest.fixture
def open_with(site, html):
    """Open a page of the book that holds these places, with a chapter's policy and styles."""
    policy = re.search(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', (html / "index.html").read_text("utf-8")
    )

    def open_in(page, *places, script=True):
        body = (
            f'<!DOCTYPE html><html lang="en-GB"{" class=js" if script else ""}><head><meta charset="utf-8">'
            f'{policy[0]}<title>Draw</title><meta name="viewport" content="width=device-width">'
            '<link rel="icon" href="data:,"><link rel="stylesheet" href="/_static/tokens.css">'
            '<link rel="stylesheet" href="/_static/site.css">'
            '<link rel="stylesheet" href="/_static/widgets/draw.css">'
            '<script type="module" src="/_static/widgets/draw.js"></script></head>'
            f'<body><div class="columns"><main><article class="text"><h1>Draw</h1>{"".join(places)}'
            "</article></main></div></body></html>"
        )
        page.route(site + WHERE, lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto(site + WHERE)
        if script:
            page.wait_for_selector(".draw[data-ready] >> nth=-1")
        return [Place(place) for place in page.locator(".draw").all()]

    return open_in


@pytest.fixture
def still(new_context):
    """A page of a reader who asked for less motion: the curve is there at once."""
    return new_context(reduced_motion="reduce").new_page()


@pytest.fixture
def place(still, write, open_with):
    return open_with(still, write("first", RUN))[0]


class Place:
    """What a reader sees and can press, by its role and its words."""

    def __init__(self, root):
        self.root = root
        self.picture = root.get_by_role("img").first
        self.points = root.get_by_role("slider")
        self.show = root.get_by_role("button", name="Show the real curve")
        self.again = root.get_by_role("button", name="Draw again")
        self.status = root.get_by_role("status")
        self.why = root.get_by_role("textbox", name="Biggest difference, and why?")
        self.outcome = root.locator(".draw-outcome")
        self.real = root.locator(".draw-figure .draw-real-line")
        self.marks = root.locator(".draw-mark")
        self.numbers = root.get_by_text("The numbers behind this figure")

    def shape(self, name):
        return self.root.get_by_role("radio", name=name, exact=True)

    def values(self):
        return [float(value) for value in self.points.evaluate_all("all => all.map((one) => one.value)")]

    def set_points(self):
        return self.root.locator(".draw-point").evaluate_all(
            "all => all.map((one) => one.classList.contains('draw-set'))"
        )

    def spot(self, epoch, value, last=6, top=2.5):
        """Where a value stands on the screen: the axes are at the same place in every picture."""
        self.root.locator(".draw-picture").scroll_into_view_if_needed()
        box = self.root.locator(".draw-svg").bounding_box()
        x, y = 46 + (464 - 46) * epoch / last, 290 - (290 - 34) * value / top
        return box["x"] + box["width"] * x / 480, box["y"] + box["height"] * y / 344

    def covered(self):
        return self.real.get_attribute("d") is None and not self.outcome.is_visible()


def everything_said(page):
    """All that a reader can see or hear: the words, and the names and descriptions of what has no words."""
    return page.locator("main").evaluate(
        """main => main.innerText + [...main.querySelectorAll('*')].map((e) =>
             ['aria-label', 'aria-valuetext', 'alt', 'title', 'href', 'src', 'id', 'class', 'style', 'd']
               .map((name) => e.getAttribute(name) ?? '').join(' ')).join('\\n')"""
    )


def drawn_at(values):
    """The reader's curve at each epoch, where all five points are set: the start, then straight lines."""
    knots = dict(zip(POINTS, values, strict=True))
    knots[4] = (knots[3] + knots[5]) / 2
    return [RUN.evaluations[0]["validation_loss"], *(knots[epoch] for epoch in range(1, 7))]


def test_while_it_is_covered_two_runs_look_and_sound_the_same(still, write, open_with):
    said = set()
    for run in ("minilm-too-high-seed-2", "minilm-rate-2e-05-seed-2"):
        (place,) = open_with(still, write("first", records.load(run)))
        said.add(everything_said(still))
        assert still.locator("table, details").count() == 0
        assert place.covered()
    assert len(said) == 1
    assert not re.search("verdict|seed|converged|collapsed", said.pop())


def test_the_curve_is_not_shown_before_something_was_drawn_and_the_place_says_so(place):
    missing = "First drag a point or pick a shape."
    expect(place.show).to_have_attribute("aria-disabled", "true")
    expect(place.show).to_have_accessible_description(re.compile(missing))
    place.show.click(force=True)
    expect(place.status).to_contain_text(missing)
    assert place.covered()
    place.shape("hardly moves").check()
    expect(place.show).to_have_attribute("aria-disabled", "false")
    expect(place.status).to_be_empty()


def test_a_point_is_dragged_with_the_mouse(place):
    page = place.root.page
    page.mouse.move(*place.spot(3, RUN.evaluations[0]["validation_loss"]))
    page.mouse.down()
    page.mouse.move(*place.spot(3, 0.5), steps=5)
    page.mouse.up()
    values = place.values()
    assert values[2] == pytest.approx(0.5, abs=0.051)
    assert place.set_points() == [False, False, True, False, False]
    # Points that were not set lie on the line to the next one that was, and level after the last.
    assert values[0] > values[1] > values[2] == values[3] == values[4]
    expect(place.points.nth(2)).to_be_focused()
    page.mouse.move(*place.spot(3, 2))
    assert place.values() == values, "the point is let go"


def test_pressing_beside_the_points_moves_the_nearest(place):
    page = place.root.page
    for epoch, value in zip(POINTS, (2.0, 0.4, 1.5, 0.9, 0.0), strict=True):
        page.mouse.click(*place.spot(epoch, value))
    assert place.values() == pytest.approx([2.0, 0.4, 1.5, 0.9, 0.0])
    page.mouse.click(*place.spot(6, -0.1))
    assert place.values()[4] == 0
    x, y = place.spot(6, 2.5)
    page.mouse.move(*place.spot(6, 1))
    page.mouse.down()
    page.mouse.move(x, y - 60)
    page.mouse.up()
    assert place.values()[4] == 2.5, "no further than the chart"


@pytest.fixture
def touched(new_context, write, open_with):
    page = new_context(
        has_touch=True, is_mobile=True, reduced_motion="reduce", viewport={"width": 390, "height": 700}
    ).new_page()
    (place,) = open_with(page, write("first", RUN), "<p style='height: 60rem'>Further down</p>")
    return place


def swipe(page, start, end):
    touch = page.context.new_cdp_session(page)
    (x, y), (to_x, to_y) = start, end
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 9):
        at = {"x": x + (to_x - x) * part / 8, "y": y + (to_y - y) * part / 8}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_drags_a_point_and_the_page_stays(touched):
    page = touched.root.page
    start = RUN.evaluations[0]["validation_loss"]
    before = page.evaluate("scrollY")
    # Upwards, where the page could go with it.
    swipe(page, touched.spot(2, start), touched.spot(2, 2.4))
    expect(touched.points.nth(1)).to_have_attribute("aria-valuetext", re.compile(r"epoch 2: loss 2\.[34]"))
    assert touched.set_points() == [False, True, False, False, False]
    assert page.evaluate("scrollY") == before


def test_a_tap_moves_the_nearest_point_and_a_swipe_beside_the_points_scrolls(touched):
    page = touched.root.page
    page.touchscreen.tap(*touched.spot(5, 0.5))
    expect(touched.points.nth(3)).to_have_attribute("aria-valuetext", re.compile(r"epoch 5: loss 0\.(4|5)"))
    assert touched.values()[3] == pytest.approx(0.5, abs=0.051)
    kept, before = touched.values(), page.evaluate("scrollY")
    swipe(page, touched.spot(1, 0.4), touched.spot(1, 2.4))
    page.wait_for_function("before => scrollY !== before", arg=before)
    assert touched.values() == kept


def test_a_point_can_be_touched_as_well_as_a_button(touched):
    for handle in touched.root.locator(".draw-point").all():
        box = handle.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_by_keyboard_alone(place):
    page, start = place.root.page, RUN.evaluations[0]["validation_loss"]
    page.keyboard.press("Tab")
    expect(place.points.first).to_be_focused()
    expect(place.points.first).to_have_accessible_name("Point 1 of 5")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    value = round(start / 0.05) * 0.05 - 4 * 0.05
    expect(place.points.first).to_have_attribute("aria-valuetext", f"epoch 1: loss {value:.2f}")
    page.keyboard.press("ArrowUp")
    expect(place.points.first).to_have_attribute("aria-valuetext", f"epoch 1: loss {value + 0.05:.2f}")
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(place.shape("falls, then levels out")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(place.shape("hardly moves")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(place.root.get_by_role("radio", name="It learns")).to_be_checked()
    page.keyboard.press("Tab")
    expect(place.show).to_be_focused()
    page.keyboard.press("Enter")
    expect(place.outcome).to_be_focused()
    expect(place.outcome).to_contain_text("Biggest difference")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(place.why).to_be_focused()
    page.keyboard.type("Tiny steps.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(place.root.get_by_role("table")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(place.points.first).to_be_focused()
    assert place.covered()


def test_every_stop_of_the_tab_key_shows_where_it_is(place):
    page = place.root.page
    for _ in range(8):
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("validation_loss", ["falls, then levels out", "hardly moves", "leaps about", "falls, then rises"]),
        ("accuracy", ["rises, then levels out", "hardly moves", "leaps about", "rises, then falls"]),
    ],
)
def test_a_shape_sets_the_points_until_one_is_moved(still, write, open_with, metric, names):
    (place,) = open_with(still, write("first", RUN, metric))
    start, seen = RUN.evaluations[0][metric], set()
    for name in names:
        place.shape(name).check()
        assert place.set_points() == [True] * 5
        seen.add(tuple(place.values()))
    assert len(seen) == 4
    place.shape("hardly moves").check()
    assert place.values() == pytest.approx([start] * 5, abs=0.026)
    place.shape(names[0]).check()
    end = place.values()[-1]
    assert end < start if metric == "validation_loss" else end > start
    place.points.last.press("ArrowUp")
    for name in names:
        expect(place.shape(name)).not_to_be_checked()


def test_the_real_curve_and_what_is_said_of_it(place):
    for point, value in zip(place.points.all(), (0.9, 0.75, 0.7, 0.65, 0.6), strict=True):
        point.fill(str(value))
    place.root.get_by_role("radio", name="It learns").check()
    place.show.click()
    real = RUN.column("validation_loss")
    drawn = drawn_at((0.9, 0.75, 0.7, 0.65, 0.6))
    epoch = max(range(7), key=lambda one: abs(real[one] - drawn[one]))
    expect(place.outcome).to_contain_text(
        f"Biggest difference: epoch {epoch}, you drew {drawn[epoch]:.2f}, the run was at {real[epoch]:.2f}."
    )
    expect(place.outcome).to_contain_text("Your reason: It learns")
    expect(place.outcome).to_contain_text("The run’s verdict: converged, overfitting.")
    link = place.outcome.get_by_role("link", name=RUN.id)
    assert link.evaluate("a => new URL(a.href).pathname + new URL(a.href).hash") == (
        f"/reference/runs.html#run-{RUN.id}"
    )
    words = place.picture.get_attribute("aria-label")
    for epoch, value in enumerate(real):
        assert f"epoch {epoch}: {value:.2f}" in words
    assert "Your curve: epoch 1: 0.90; epoch 2: 0.75;" in words
    assert words.endswith("Verdict: converged, overfitting.")
    place.numbers.click()
    rows = place.root.locator("tbody tr").all_inner_texts()
    assert rows[1].split("\t") == ["1", "0.90", f"{real[1]:.2f}"] and len(rows) == 7
    assert place.marks.count() == 7
    assert place.root.locator(".draw-shade").get_attribute("d").endswith("Z")
    expect(place.show).to_be_hidden()
    for radio in ("It learns", "hardly moves"):
        expect(place.root.get_by_role("radio", name=radio)).to_be_hidden()
    assert place.points.first.is_disabled()


def test_the_link_leads_to_the_run(place):
    place.shape("hardly moves").check()
    place.show.click()
    place.outcome.get_by_role("link").click()
    page = place.root.page
    page.wait_for_url("**/reference/runs.html#*")
    expect(page.locator("tr:target")).to_be_visible()


def test_the_curve_stands_where_its_values_are(place):
    place.shape("hardly moves").check()
    place.show.click()
    for epoch, value in enumerate(RUN.column("validation_loss")):
        spot = place.spot(epoch, value)
        box = place.marks.nth(epoch).bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert middle == pytest.approx(spot, abs=1.5)
    # The discs of the points stand on the line that was drawn.
    for index, epoch in enumerate(POINTS):
        box = place.root.locator(".draw-point").nth(index).bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert middle == pytest.approx(place.spot(epoch, 1.1), abs=1.5)


def test_it_draws_epoch_by_epoch(page, write, open_with):
    page.clock.install(time=0)
    (place,) = open_with(page, write("first", RUN))
    page.clock.pause_at(60_000)
    place.shape("hardly moves").check()
    place.show.click()
    seen = [place.marks.count()]
    while seen[-1] < 7 and len(seen) < 40:
        assert place.covered() or not place.outcome.is_visible()
        page.clock.run_for(100)
        seen.append(place.marks.count())
    assert sorted(set(seen)) == [1, 2, 3, 4, 5, 6, 7] and seen == sorted(seen)
    assert 20 < len(seen) < 30, "about two and a half seconds"
    expect(place.outcome).to_be_focused()


def test_everything_is_there_after_a_reload(place):
    page = place.root.page
    place.shape("leaps about").check()
    place.root.get_by_role("radio", name="It is stuck").check()
    values = place.values()
    page.reload()
    assert place.values() == values
    expect(place.shape("leaps about")).to_be_checked()
    expect(place.root.get_by_role("radio", name="It is stuck")).to_be_checked()
    assert place.covered()
    place.points.nth(1).press("ArrowDown")
    moved = place.values()
    place.show.click()
    place.why.fill("It shook.")
    said = place.outcome.inner_text()
    page.reload()
    assert place.values() == moved != values
    assert place.outcome.inner_text() == said
    expect(place.why).to_have_value("It shook.")
    expect(place.marks).to_have_count(7)


def test_points_that_were_not_set_are_not_set_after_a_reload(place):
    place.points.nth(2).fill("0.6")
    values = place.values()
    place.root.page.reload()
    assert place.values() == values
    assert place.set_points() == [False, False, True, False, False]


def test_draw_again_starts_anew_and_loses_nothing_that_was_typed(place):
    place.shape("leaps about").check()
    place.root.get_by_role("radio", name="It is stuck").check()
    place.show.click()
    place.why.fill("It shook.")
    place.again.click()
    for _ in range(2):
        assert place.covered()
        assert place.set_points() == [False] * 5
        expect(place.show).to_have_attribute("aria-disabled", "true")
        for radio in place.root.get_by_role("radio").all():
            expect(radio).not_to_be_checked()
        assert "Verdict" not in place.picture.get_attribute("aria-label")
        assert place.root.locator("table").count() == 0
        place.root.page.reload()
    place.shape("hardly moves").check()
    place.show.click()
    expect(place.why).to_have_value("It shook.")


def test_starting_anew_while_the_curve_is_drawn_leaves_nothing_of_it(page, write, open_with):
    page.clock.install(time=0)
    (place,) = open_with(page, write("first", RUN))
    page.clock.pause_at(60_000)
    place.shape("hardly moves").check()
    place.show.click()
    page.clock.run_for(800)
    assert place.marks.count() > 1
    place.root.locator("button", has_text="Draw again").evaluate("button => button.click()")
    page.clock.run_for(4000)
    assert place.covered() and place.marks.count() == 0


def test_two_places_keep_to_themselves(still, write, open_with):
    first, second = open_with(still, write("first", RUN), write("second", OTHER, "accuracy"))
    first.shape("hardly moves").check()
    first.show.click()
    assert second.covered() and second.set_points() == [False] * 5
    second.points.first.fill("0.52")
    expect(second.points.first).to_have_attribute("aria-valuetext", "epoch 1: accuracy 0.52")
    still.reload()
    assert first.marks.count() == 7 and second.covered()


def test_what_is_kept_is_text_under_the_names_that_the_module_says(place):
    place.shape("hardly moves").check()
    place.root.get_by_role("radio", name="Something else").check()
    place.show.click()
    place.why.fill("<img src=x onerror=alert(1)>")
    kept = place.root.page.evaluate("({ ...localStorage })")
    values = json.loads(kept["downhill-answer draw first points"])
    assert values == pytest.approx([1.1] * 5)
    assert kept["downhill-answer draw first shape"] == "hardly moves"
    assert kept["downhill-answer draw first reason"] == "Something else"
    assert kept["downhill-answer draw first shown"] == "yes"
    assert kept["downhill-answer draw first why"] == "<img src=x onerror=alert(1)>"
    place.root.page.reload()
    assert place.root.locator("img").count() == 0
    expect(place.why).to_have_value("<img src=x onerror=alert(1)>")


@pytest.mark.parametrize(
    "points", ["[1,2]", "{}", "[1,2,3,4,5,", '[1,2,"<b>",4,5]', "[1,1,1,1,99]", "null", ""]
)
def test_points_that_cannot_be_read_are_no_points(place, points):
    page = place.root.page
    page.evaluate("text => localStorage.setItem('downhill-answer draw first points', text)", points)
    page.evaluate("localStorage.setItem('downhill-answer draw first shown', 'yes')")
    page.reload()
    page.wait_for_selector(".draw[data-ready]")
    assert place.set_points() == [False] * 5
    assert place.covered()


def test_a_browser_that_keeps_nothing_can_still_draw_and_says_what_to_do(still, write, open_with):
    still.add_init_script(
        "for (const name of ['getItem', 'setItem', 'removeItem', 'key']) "
        "Storage.prototype[name] = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    (place,) = open_with(still, write("first", RUN))
    place.shape("falls, then rises").check()
    note = place.root.get_by_text("This browser does not keep what you do here: print or copy this page")
    expect(note).to_be_visible()
    place.show.click()
    place.why.fill("Still here.")
    expect(place.outcome).to_contain_text("Biggest difference")
    expect(note).to_be_visible()


def test_another_tab_shows_the_same_drawing_and_loses_nothing_that_was_typed(still, write, open_with):
    # Before the module listens, so that it can be kept from hearing of another tab.
    still.add_init_script(
        "addEventListener('storage', (event) => window.deaf && event.stopImmediatePropagation(), true)"
    )
    (place,) = open_with(still, write("first", RUN))
    place.shape("leaps about").check()
    place.show.click()
    tab = still.context.new_page()
    (other,) = open_with(tab, write("first", RUN))
    place.why.fill("Steps too long.")
    expect(other.why).to_have_value("Steps too long.")
    # Both write before either has heard of the other.
    still.evaluate("window.deaf = true")
    other.why.fill("Steps too short.")
    still.wait_for_function(
        "() => localStorage.getItem('downhill-answer draw first why') === 'Steps too short.'"
    )
    place.why.press("End")
    place.why.type("!")
    expect(place.why).to_have_value("Steps too long.!")
    aside = place.root.get_by_text("Another tab had another answer to this: Steps too short.")
    expect(aside).to_be_visible()
    place.root.get_by_role("button", name="Delete the other").click()
    expect(aside).to_be_hidden()
    expect(place.why).to_be_focused()
    place.again.click()
    expect(other.outcome).to_be_hidden()
    assert other.set_points() == [False] * 5


def test_a_curve_beyond_the_chart_says_so(still, write, open_with):
    (place,) = open_with(still, write("first", DIVERGED))
    place.shape("hardly moves").check()
    place.show.click()
    real = DIVERGED.column("validation_loss")
    epoch = max(range(11), key=lambda one: abs(real[one] - 1.1))
    expect(place.outcome).to_contain_text(f"epoch {epoch}, you drew 1.10, the run was at {real[epoch]:,.0f}.")
    expect(place.outcome).to_contain_text("▲ at the top: the run’s value is beyond the chart.")
    for mark in place.marks.all()[1:]:
        assert mark.evaluate("e => e.tagName") == "path"
        top = place.spot(0, 2.5)[1]
        box = mark.bounding_box()
        assert box["y"] + box["height"] / 2 == pytest.approx(top, abs=6)


def module(page, expression):
    return page.evaluate(f"import('/_static/widgets/draw.js').then((m) => {expression})")


def test_the_arithmetic(place):
    page = place.root.page
    assert module(page, "m.drawnCurve(1, [1, 3, 5], [null, 0.4, null], 6)") == pytest.approx(
        [1, 0.8, 0.6, 0.4, 0.4, 0.4, 0.4]
    )
    assert module(page, "m.drawnCurve(1, [1, 2], [null, null], 2)") == [1, 1, 1]
    assert module(page, "m.furthest([1, 1, 1, 1], [1, 1.2, 0.5, 1.5])") == 2
    assert module(page, "m.furthest([1, 1, 1], [1, NaN, 9])") == 1
    assert module(page, "m.furthest([1, 1, 1], [1, 9, Infinity])") == 2
    # Nobody draws the start.
    assert module(page, "m.furthest([5, 1], [1, 1.1])") == 1
    said = module(page, "m.difference([1, 0.5], [1, NaN])")
    assert said == "Biggest difference: epoch 1, you drew 0.50, the run’s was no longer a number."
    assert module(page, "m.difference([1, 0.501], [1, 0.499])").startswith("No difference to speak of")
    assert module(page, "m.inWords(-Infinity)") == "minus infinity"
    assert module(page, "m.inWords(1335.2)") == "1,335"


def test_data_that_cannot_be_read_leaves_the_place_as_it_is(still, write, open_with, watch):
    watch.expect_error("JSON")
    broken = re.sub(r'(class="data">)\{', r"\1", write("first", RUN))
    (place,) = open_with(still, broken)
    assert place.root.locator(".draw-fold").is_visible()
    assert place.root.get_by_role("button").count() == 0


@pytest.mark.parametrize("width", [1280, 320])
def test_without_javascript_there_are_the_question_the_blank_chart_the_boxes_and_a_fold(
    new_context, write, open_with, width
):
    page = new_context(java_script_enabled=False, viewport={"width": width, "height": 800}).new_page()
    (place,) = open_with(page, write("first", RUN), script=False)
    assert place.root.get_by_text("Which way will it go?").is_visible()
    blank, real = place.root.locator("svg").all()
    assert blank.locator(".draw-real-line").count() == 0
    words = blank.get_attribute("aria-label")
    assert words.startswith("A blank chart. Across: epochs 0 to 6. Up: validation loss, 0 to 2.5. Marked: ")
    assert place.root.locator(".draw-ticks li").all_inner_texts() == REASONS
    assert not real.is_visible()
    place.root.get_by_text("The real curve").click()
    assert real.is_visible() and real.locator(".draw-real-line").count() == 6
    assert place.root.get_by_role("table").is_visible()
    assert place.root.get_by_role("link", name=RUN.id).is_visible()


def test_paper_has_the_blank_chart_until_the_curve_was_shown(place):
    page = place.root.page
    page.emulate_media(media="print")
    box = place.root.locator(".draw-svg").bounding_box()
    assert box["width"] > 500 and box["height"] > 350
    assert place.root.get_by_text("Because").is_visible()
    assert place.root.locator(".draw-lines").is_visible()
    assert place.root.locator(".draw-point:visible").count() == 0
    for button in place.root.locator("button, .draw-shapes").all():
        assert button.is_hidden()
    assert place.covered()
    page.emulate_media(media="screen")
    place.shape("hardly moves").check()
    place.show.click()
    place.why.fill("It moved after all.")
    page.emulate_media(media="print")
    assert place.marks.count() == 7 and place.root.locator(".draw-point:visible").count() == 5
    assert place.outcome.is_visible()
    assert place.root.locator(".draw-on-paper").inner_text().endswith("It moved after all.")
    assert place.why.is_hidden() and place.root.locator(".draw-lines").is_hidden()


def test_paper_without_javascript_does_not_show_the_curve(new_context, write, open_with):
    page = new_context(java_script_enabled=False).new_page()
    (place,) = open_with(page, write("first", RUN), script=False)
    page.emulate_media(media="print")
    assert place.root.locator("svg").first.is_visible()
    assert place.root.locator(".draw-ticks li").first.is_visible()
    assert place.root.locator(".draw-fold").is_hidden()
    assert place.root.locator(".draw-lines").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_covered_or_open(new_context, write, open_with, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    first, second = open_with(page, write("first", RUN), write("second", DIVERGED))
    assert violations(page) == []
    first.shape("leaps about").check()
    second.shape("hardly moves").check()
    second.show.click()
    second.why.fill("Too far.")
    second.numbers.click()
    assert violations(page) == []


def test_nothing_is_wider_than_a_narrow_phone(new_context, write, open_with):
    page = new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce").new_page()
    (place,) = open_with(page, write("first", DIVERGED))
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 320
    place.shape("leaps about").check()
    place.show.click()
    place.numbers.click()
    assert page.evaluate(wide) <= 320
    # The words of the picture are not smaller than the page's smallest.
    size = place.root.locator(".draw-up").first.evaluate(
        """e => parseFloat(getComputedStyle(e).fontSize)
               * e.ownerSVGElement.getBoundingClientRect().width / 480"""
    )
    assert size >= 11

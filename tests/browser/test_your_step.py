"""Downhill by eye: the widget *Your step* in its chapter, by mouse and by keyboard."""

import re
from itertools import pairwise

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

CHAPTER = "/before/downhill-by-eye.html"
WIDE = {"name": "wide valley", "curvature": 1, "startHeight": 2, "rim": 5}
STEEP = WIDE | {"name": "steep valley", "curvature": 8}


@pytest.fixture
def chapter(page, site):
    page.emulate_media(reduced_motion="reduce")
    page.goto(site + CHAPTER)
    page.wait_for_selector("[data-widget=your-step][data-ready] >> nth=1")
    return page


def widgets(page):
    places = page.locator("[data-widget=your-step]")
    return Widget(places.nth(0)), Widget(places.nth(1))


class Widget:
    """What a reader sees and can press, by its role and its words."""

    def __init__(self, place):
        self.place = place
        self.guess = place.get_by_role("spinbutton")
        self.commit = place.get_by_role("button", name="Commit my guess")
        self.never = place.get_by_role("button", name="It never gets there")
        self.step = place.get_by_role("button", name="Take one step")
        self.again = place.get_by_role("button", name="Start again")
        self.slider = place.get_by_role("slider", name="Step size")
        self.said = place.get_by_role("status")
        self.limit = place.locator(".ys-limit")
        self.marks = place.locator(".ys-mark")
        self.rows = place.locator(".ys-walks tbody tr")

    def size(self):
        return self.slider.get_attribute("aria-valuetext")

    def set(self, size):
        index = self.place.page.evaluate(f"{module()}.then(m => m.STEP_SIZES.indexOf({size}))")
        self.slider.fill(str(index))

    def walk(self, count):
        for _ in range(count):
            self.step.click()


def module():
    return "import(document.querySelector('script[src*=\"your-step.js\"]').src)"


def call(page, expression, argument=None):
    """The value of an expression in the module's names ``m`` and the argument ``a``."""
    return page.evaluate(f"a => {module()}.then(m => {expression})", argument)


@pytest.mark.parametrize("valley", [WIDE, STEEP], ids=["wide", "steep"])
def test_the_slope_is_the_derivative_of_the_height(chapter, valley):
    for place in (-1.1, -0.3, 0.02, 0.9):
        near = 1e-6
        at = {"v": valley, "x": place, "h": near}
        difference = call(chapter, "m.height(a.v, a.x + a.h) - m.height(a.v, a.x - a.h)", at)
        slope = call(chapter, "m.gradient(a.v, a.x)", at)
        assert slope == pytest.approx(difference / (2 * near), rel=1e-6)
    assert call(chapter, "m.gradient(a, 9)", valley) == 0
    assert call(chapter, "m.height(a, 9)", valley) == valley["rim"]


@pytest.mark.parametrize("valley", [WIDE, STEEP], ids=["wide", "steep"])
def test_every_step_size_walks_as_the_closed_form_says(chapter, valley):
    """In a bowl the distance to the middle is multiplied by 1 - size * curvature at each step."""
    curvature, seen = valley["curvature"], set()
    for size in call(chapter, "m.STEP_SIZES"):
        places = call(chapter, "m.walk(a.v, a.s)", {"v": valley, "s": size})
        ending = call(chapter, "m.ending(a.v, a.p)", {"v": valley, "p": places})
        first = -((2 * valley["startHeight"] / curvature) ** 0.5)
        expected = [first * (1 - size * curvature) ** count for count in range(len(places))]
        assert places == pytest.approx(expected, rel=1e-9, abs=1e-12), size
        limit = 2 / curvature
        assert ending == ("bottom" if size < limit else "bouncing" if size == limit else "out"), size
        seen.add(ending)
    assert seen == {"bottom", "bouncing", "out"}
    assert call(chapter, "m.limit(a)", valley) == 2 / curvature


def test_the_sizes_are_evenly_spread_on_a_logarithmic_scale(chapter):
    sizes = call(chapter, "m.STEP_SIZES")
    ratios = [larger / smaller for smaller, larger in pairwise(sizes)]
    assert (sizes[0], sizes[-1]) == (0.02, 5)
    assert min(ratios) > 1.09 and max(ratios) < 1.16  # the twentieth root of ten is 1.122


def test_the_written_tables_are_real_walks(chapter):
    for index, valley in enumerate([WIDE, STEEP]):
        written_rows = chapter.locator(".ys-written").nth(index).locator("tr")
        rows = written_rows.evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.textContent.trim()))"
        )
        sizes = [float(text) for text in rows[0][1:]]
        assert len(rows) == 9 and len(sizes) >= 4
        for column, size in enumerate(sizes, start=1):
            places = call(chapter, "m.walk(a.v, a.s, 7)", {"v": valley, "s": size})
            written = [row[column] for row in rows[1:] if row[column]]
            for count, cell in enumerate(written):
                part = {"v": valley, "p": places[: count + 1]}
                # A ball that bounces is drawn to the end of the table, at the height it keeps.
                part["p"] = part["p"] if count < len(places) else places
                height = call(chapter, "m.heightInWords(m.height(a.v, a.p.at(-1)))", part)
                ending = call(chapter, "m.ending(a.v, a.p)", part)
                assert cell == height + (f" {ending}" if ending in ("bottom", "out") else ""), (size, count)
            ended = call(chapter, "m.ending(a.v, a.p)", {"v": valley, "p": places})
            assert len(written) == (len(places) if ended in ("bottom", "out") else 8), size


def test_the_answer_to_the_exercise_is_what_the_walks_do(chapter):
    answer = chapter.locator("details", has_text="Our answer").text_content()
    ranges = re.findall(r"from ([\d.]+\d) to ([\d.]+\d)", answer)
    for (smallest, largest), valley in zip(ranges, [WIDE, STEEP], strict=True):
        sizes = call(
            chapter,
            "m.STEP_SIZES.filter(s => { const p = m.walk(a, s, 4); return m.ending(a, p) === 'bottom'; })",
            valley,
        )
        assert (float(smallest), float(largest)) == (sizes[0], sizes[-1])


def test_the_page_describes_the_two_valleys_that_are_tested(chapter):
    for index, valley in enumerate([WIDE, STEEP]):
        data = chapter.locator("[data-widget=your-step]").nth(index).evaluate("place => ({...place.dataset})")
        assert call(chapter, "m.readValley(a)", data) == valley


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"curvature": "none"}, 'data-curvature is "none"; it must be a number above 0.'),
        ({"startHeight": "-2"}, 'data-start-height is "-2"; it must be a number above 0.01.'),
        ({"rim": "1"}, 'data-rim is "1"; it must be a number above 2.'),
        ({"name": ""}, "data-name is missing"),
    ],
)
def test_a_valley_that_cannot_be_is_refused_in_one_sentence(chapter, wrong, message):
    data = {"name": "valley", "curvature": "1", "startHeight": "2", "rim": "5"} | wrong
    reading = "{ try { m.readValley(a); return ''; } catch (error) { return error.message; } }"
    said = call(chapter, reading, data)
    assert message in said and said.startswith("your-step: ")


def test_by_keyboard_a_guess_comes_first_and_comes_back_at_the_end(chapter):
    wide, _ = widgets(chapter)
    assert not wide.step.is_visible()
    wide.guess.focus()
    chapter.keyboard.type("4")
    chapter.keyboard.press("Enter")
    assert wide.step.evaluate("button => button === document.activeElement")
    assert not wide.guess.is_visible()
    chapter.keyboard.press("Enter")
    assert wide.said.inner_text() == "Step 1: height 0.92, lower than before."
    for _ in range(6):
        chapter.keyboard.press("Space")
    said = wide.said.inner_text()
    assert "Step 7: height 0.009, lower than before." in said
    assert "The ball is at the bottom after 7 steps. You guessed 4 steps. It took 7." in said
    assert wide.step.get_attribute("aria-disabled") == "true"
    chapter.keyboard.press("Enter")
    assert wide.marks.count() == 8, "a walk that is over takes no further step"
    chapter.keyboard.press("Tab")
    chapter.keyboard.press("Enter")
    assert wide.marks.count() == 1 and "back at the start" in wide.said.inner_text()


def test_by_keyboard_the_slider_chooses_the_step_and_takes_the_ball_back(chapter):
    wide, _ = widgets(chapter)
    wide.never.press("Enter")
    chapter.keyboard.press("Enter")
    wide.slider.focus()
    chapter.keyboard.press("ArrowRight")
    assert wide.size() == "0.36"
    assert wide.said.inner_text() == "Step size 0.36. The ball is back at the start."
    assert wide.marks.count() == 1
    chapter.keyboard.press("Home")
    assert wide.size() == "0.02"
    wide.place.get_by_role("button", name="Larger step size").press("Enter")
    assert wide.size() == "0.022"
    smaller = wide.place.get_by_role("button", name="Smaller step size")
    for _ in range(2):
        smaller.press("Space")
    assert wide.said.inner_text() == "Step size 0.02."
    assert wide.size() == "0.02", "one smaller, and no further than the end"


def test_nothing_moves_by_itself(chapter):
    wide, _ = widgets(chapter)
    wide.never.click()
    before = wide.place.locator(".ys-ball").bounding_box()
    chapter.wait_for_timeout(700)
    assert wide.place.locator(".ys-ball").bounding_box() == before and wide.marks.count() == 1


@pytest.mark.parametrize(
    ("guess", "mirrored"),
    [
        ("7", "You guessed 7 steps, and you were right."),
        ("9", "You guessed 9 steps. It took only 7."),
        (None, "You said it never gets there. It took 7 steps."),
    ],
)
def test_every_guess_is_mirrored(chapter, guess, mirrored):
    wide, _ = widgets(chapter)
    if guess:
        wide.guess.fill(guess)
        wide.commit.click()
    else:
        wide.never.click()
    wide.walk(7)
    assert mirrored in wide.said.inner_text()


def test_an_empty_guess_is_no_guess(chapter):
    wide, _ = widgets(chapter)
    wide.commit.click()
    assert wide.guess.is_visible() and not wide.step.is_visible()


def test_a_guess_for_another_step_size_waits_for_it(chapter):
    wide, _ = widgets(chapter)
    wide.guess.fill("4")
    wide.commit.click()
    wide.set(1)
    wide.walk(1)
    assert "Your guess was for 0.32: set the slider there to see how it does." in wide.said.inner_text()
    wide.set(0.32)
    wide.walk(7)
    assert "You guessed 4 steps. It took 7." in wide.said.inner_text()


def test_the_limit_shows_only_after_a_fall_out(chapter):
    wide, _ = widgets(chapter)
    wide.never.click()
    wide.set(1.6)
    wide.walk(6)
    assert "The ball is at the bottom" in wide.said.inner_text() and not wide.limit.is_visible()
    wide.set(2)
    wide.walk(6)
    assert "Step 6: height 2.00, the same as before, on the other side." in wide.said.inner_text()
    assert "for ever" in wide.said.inner_text() and not wide.limit.is_visible()
    wide.walk(3)
    assert wide.said.inner_text() == "Step 9: height 2.00, the same as before, on the other side."
    wide.set(2.2)
    wide.walk(2)
    assert wide.said.inner_text() == "Step 2: height 4.15, higher than before, on the other side."
    assert not wide.limit.is_visible()
    wide.walk(1)
    assert "Step 3: height 5.00, higher than before, over the rim." in wide.said.inner_text()
    assert "The limit of this valley, 2, is now marked on the slider." in wide.said.inner_text()
    assert wide.limit.is_visible() and wide.limit.inner_text().endswith("limit 2")
    expect(wide.slider).to_have_accessible_description("In this valley: limit 2")


def test_the_limit_stands_where_the_slider_stands_at_it(chapter):
    wide, _ = widgets(chapter)
    wide.never.click()
    wide.set(5)
    wide.walk(1)
    wide.set(2)
    mark, slider, thumb = wide.limit.bounding_box(), wide.slider.bounding_box(), 28
    share = wide.slider.evaluate("slider => slider.value / slider.max")
    middle = slider["x"] + thumb / 2 + share * (slider["width"] - thumb)
    assert mark["x"] + mark["width"] / 2 == pytest.approx(middle, abs=4)


def test_the_trail_is_kept_on_the_drawing_and_in_words(chapter):
    wide, _ = widgets(chapter)
    wide.never.click()
    wide.set(2.2)
    wide.walk(2)
    at = wide.place.locator("svg").evaluate(
        """svg => {
          const all = (name, value) => [...svg.querySelectorAll(name)].map(value);
          const lines = all('.ys-number', text => [text.textContent, text.getAttribute('y') - 15]);
          const marks = all('.ys-mark', mark => mark.transform.baseVal[0].matrix.f);
          return { lines: Object.fromEntries(lines), marks };
        }"""
    )
    per_height = at["lines"]["0"] - at["lines"]["1"]
    heights = [(at["lines"]["0"] - y) / per_height for y in at["marks"]]
    assert heights == pytest.approx([2, 2 * 1.2**2, 2 * 1.2**4], rel=1e-6)
    assert wide.place.locator(".ys-arc").count() == 2
    wide.place.locator("summary").click()
    assert wide.place.locator(".ys-told li").all_inner_texts() == [
        "Start: height 2.00.",
        "Step 1: height 2.88, higher than before, on the other side.",
        "Step 2: height 4.15, higher than before, on the other side.",
    ]
    expect(wide.place.get_by_role("img")).to_have_accessible_name(
        "A wide valley in cross-section. After 2 steps the ball is on its left wall, at height 4.15."
    )


def test_the_walks_are_kept_and_the_shortest_named(chapter):
    wide, _ = widgets(chapter)
    wide.never.click()
    for size, count in [(0.8, 2), (0.32, 7), (4, 1)]:
        wide.set(size)
        wide.walk(count)
    wide.set(0.02)
    wide.walk(20)
    wide.set(0.5)
    wide.walk(3)
    wide.again.click()
    rows = [re.sub(r"\s+", " ", text) for text in wide.rows.all_inner_texts()]
    assert rows == [
        "0.02 ▼ still on its way 20",
        "0.32 ● reached the bottom 7",
        "0.8 ● reached the bottom, fewest so far 2",
        "4 ▲ climbed out 1",
    ]


def test_the_steep_valley_fails_where_the_wide_one_worked(chapter):
    wide, steep = widgets(chapter)
    wide.guess.fill("7")
    wide.commit.click()
    wide.walk(7)
    assert steep.size() == wide.size() == "0.32"
    steep.guess.fill("7")
    steep.commit.click()
    steep.walk(2)
    assert "over the rim" in steep.said.inner_text()
    assert "You guessed 7 steps. With this step size it never gets there." in steep.said.inner_text()
    assert steep.limit.inner_text().endswith("limit 0.25") and not wide.limit.is_visible()


def test_the_best_step_of_the_wide_valley_is_carried_to_the_steep_one(chapter):
    wide, steep = widgets(chapter)
    wide.never.click()
    wide.set(0.2)
    wide.walk(12)
    assert steep.size() == "0.32", "slower than the page's own is not carried over"
    wide.set(0.8)
    wide.walk(2)
    assert steep.size() == "0.8"
    assert "your best in the wide valley: 2 steps there" in steep.said.inner_text()
    steep.never.click()
    wide.set(1)
    wide.walk(1)
    assert steep.size() == "0.8", "a reader who has begun keeps the step size"
    steep.walk(1)
    assert "You said it never gets there, and it does not." in steep.said.inner_text()


def test_the_ball_glides_unless_less_motion_is_asked_for(page, site):
    click = """button => {
      const ball = button.closest('.ys').querySelector('.ys-ball');
      const at = () => Number(ball.getAttribute('cx'));
      const before = at();
      button.click();
      const soon = at() - before;
      const late = done => requestAnimationFrame(() => done([soon, at() - before]));
      return new Promise(done => setTimeout(() => late(done), 800));
    }"""
    for motion in ("reduce", "no-preference"):
        page.emulate_media(reduced_motion=motion)
        page.goto(site + CHAPTER)
        wide, _ = widgets(page)
        wide.never.click()
        soon, late = wide.step.evaluate(click)
        assert late > 10
        assert soon == late if motion == "reduce" else soon < late / 2


@pytest.mark.parametrize("width", [1280, 320])
def test_it_fits_a_narrow_phone_and_a_finger(chapter, width):
    chapter.set_viewport_size({"width": width, "height": 700})
    wide, _ = widgets(chapter)
    targets = [wide.guess, wide.commit, wide.never]
    for target in targets:
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    wide.never.click()
    wide.set(5)
    wide.walk(1)
    wide.place.locator("summary").click()
    around = wide.place.locator("summary, .ys-dial button").all()
    for target in [wide.step, wide.again, wide.slider, *around]:
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert chapter.evaluate("document.documentElement.scrollWidth") <= width
    drawing = wide.place.locator(".ys-figure svg")
    shown, drawn = drawing.evaluate("svg => [svg.clientWidth, svg.viewBox.baseVal.width]")
    assert shown == drawn, "drawn at the width it has, so that its words keep their size"


def test_without_javascript_the_walks_are_there_to_read(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + CHAPTER)
    place = page.locator("[data-widget=your-step]").first
    assert place.locator("table").is_visible() and "With 0.32 it takes seven steps." in place.inner_text()
    assert not place.get_by_role("button").count()


def test_on_its_own_page_a_wrong_attribute_leaves_the_words(page, site, watch):
    watch.expect_error('data-curvature is "none"; it must be a number above 0.')
    page.goto(site + "/tests/your-step.html")
    page.wait_for_selector("[data-widget=your-step][data-ready] >> nth=2")
    wide, steep = widgets(page)
    assert wide.never.is_visible() and steep.never.is_visible()
    broken = page.locator("[data-widget=your-step]").nth(2)
    assert broken.inner_text().strip() == "A wrong attribute leaves this."
    assert not broken.get_by_role("button").count()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_before_and_after_a_walk(chapter, width):
    chapter.set_viewport_size({"width": width, "height": 900})
    wide, steep = widgets(chapter)
    assert violations(chapter, "[data-widget='your-step']") == []
    wide.never.click()
    wide.set(5)
    wide.walk(1)
    wide.set(1)
    wide.walk(1)
    wide.place.locator("summary").click()
    steep.never.click()
    steep.walk(1)
    assert violations(chapter, "[data-widget='your-step']") == []

"""Was it luck: the bracket, the dots that appear, the question and what is kept, by mouse and by keyboard."""

import json
import re

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from lab import records

CHAPTER = "/day/was-it-luck.html"
KEY = "downhill-answer luck two-rates"
SETTINGS = ("minilm-just-right", "minilm-rate-2e-05")


def values(setting, metric="accuracy"):
    return [records.load(f"{SETTINGS[setting]}-seed-{seed}").final[metric]["value"] for seed in range(5)]


class Luck:
    """What a reader sees and can press, by role and words."""

    def __init__(self, page):
        self.page = page
        self.place = page.locator("[data-widget=luck]")
        self.lowest = self.place.get_by_role("slider", name="Lowest of the other four")
        self.highest = self.place.get_by_role("slider", name="Highest of the other four")
        self.show = self.place.get_by_role("button", name="Show the other four")
        self.next = self.place.get_by_role("button", name="Now 0.00002 (2e-5)")
        self.submit = self.place.get_by_role("button", name="That is my answer")
        self.again = self.place.get_by_role("button", name="Start again")
        self.said = self.place.get_by_role("status")
        self.pictures = self.place.locator(".luck-live").get_by_role("img")
        self.dots = self.place.locator(".luck-live .luck-dot")
        self.bars = self.place.locator(".luck-live .luck-bar")
        self.table = self.place.locator(".luck-live .luck-table")

    def bracket(self, low, high):
        """Set both handles by their values."""
        for slider, value in ((self.lowest, low), (self.highest, high)):
            slider.fill(str(round((value - 0.55) / 0.005)))

    def guess(self, low, high):
        self.bracket(low, high)
        self.show.click()

    def to_the_question(self):
        self.guess(0.69, 0.75)
        self.next.click()
        self.guess(0.60, 0.75)

    def to_the_end(self, answer="It was luck"):
        self.to_the_question()
        self.place.get_by_role("radio", name=re.compile(answer)).check()
        self.submit.click()

    def reload(self):
        self.page.reload()
        self.place.locator(".luck-live").wait_for()
        return self


def opened(page, site):
    page.goto(site + CHAPTER)
    luck = Luck(page)
    luck.place.locator(".luck-live").wait_for()
    return luck


@pytest.fixture
def luck(page, site):
    """The widget of a reader who asked for less motion: what appears, appears at once."""
    page.emulate_media(reduced_motion="reduce")
    return opened(page, site)


def test_before_the_guess_one_run_is_all_there_is(luck):
    assert luck.dots.count() == 1
    assert (
        luck.pictures.get_attribute("aria-label")
        == f"accuracy of ● 0.00005 (5e-5). seed 0: {values(0)[0]:.3f}."
    )
    seen = luck.place.inner_text()
    labels = " ".join(
        luck.place.locator("[aria-label]:visible").evaluate_all("all => all.map(e => e.ariaLabel)")
    )
    for setting in (0, 1):
        for value in values(setting)[1 - setting :]:
            assert f"{value:.3f}" not in seen + labels
    assert luck.bars.count() == 0 and luck.table.count() == 0
    expect(luck.place.locator(".luck-paper")).to_be_hidden()


def test_the_dot_stands_where_its_value_is(luck):
    share = luck.dots.evaluate(
        "dot => { const [d, p] = [dot, dot.closest('.luck-plot')].map(e => e.getBoundingClientRect());"
        "return (d.x + d.width / 2 - p.x) / p.width }"
    )
    assert share == pytest.approx((values(0)[0] - 0.55) / 0.30, abs=0.005)


def test_by_keyboard_alone_from_the_first_handle_to_the_answer(luck, page):
    luck.lowest.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert luck.lowest.get_attribute("aria-valuetext") == "0.700, 2.2 points below the run that is shown"
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert luck.highest.get_attribute("aria-valuetext") == "0.740, 1.8 points above the run that is shown"
    expect(luck.place.get_by_text("Your bracket: 0.700 to 0.740, 4.0 points wide.")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(luck.next).to_be_focused()
    page.keyboard.press("Enter")
    expect(luck.lowest).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(luck.place.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(luck.said).to_contain_text("You said: luck.")
    expect(luck.place.get_by_role("radio", name="accuracy")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(luck.said).to_contain_text("By macro-F1")


def test_a_guess_that_was_not_made_shows_nothing(luck):
    assert luck.show.get_attribute("aria-disabled") == "true"
    luck.show.press("Enter")  # it can be reached and says why it does nothing
    expect(luck.said).to_have_text("First pull the handles to where you think the other runs lie.")
    assert luck.dots.count() == 1


def test_the_handles_do_not_pass_each_other(luck):
    luck.bracket(0.70, 0.75)
    luck.lowest.fill("60")
    assert luck.lowest.input_value() == luck.highest.input_value() == "40"
    luck.highest.fill("0")
    assert luck.highest.input_value() == "40"


def test_the_handles_are_dragged_by_mouse_and_are_a_fingers_width(luck, page):
    def handle(end):
        # The handle is not an element: a finger's width, it ends (or begins) at the value it stands for.
        box = luck.place.locator(".luck-shade").bounding_box()
        x = box["x"] - 22 if end == "from" else box["x"] + box["width"] + 22
        return x, box["y"] + box["height"] / 2

    luck.place.scroll_into_view_if_needed()
    width = luck.place.locator(".luck-live .luck-plot").bounding_box()["width"]
    for end, by in (("from", -0.1), ("to", 0.2)):
        x, y = handle(end)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + by * width, y, steps=5)
        page.mouse.up()
    told = luck.place.locator(".luck-told").inner_text()
    low, high = map(float, re.findall(r"0\.\d{3}", told))
    assert low == pytest.approx(0.72 - 0.03, abs=0.006)
    assert high == pytest.approx(0.725 + 0.06, abs=0.006)
    assert luck.lowest.bounding_box()["height"] >= 44


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (
            0.69,
            0.75,
            "All four lie in your bracket. It is 6.0 points wide; they are spread over 4.1 points. Neither",
        ),
        (
            0.60,
            0.80,
            "All four lie in your bracket. It is 20.0 points wide; they are spread over 4.1 points. Too wide",
        ),
        (
            0.70,
            0.73,
            "Two of the other four lie in your bracket, one below it and one above it. It is 3.0 points wide",
        ),
        (0.72, 0.73, "None of the other four lie in your bracket, three below it and one above it."),
        (0.71, 0.80, "One of the other four lies in your bracket, three below it."),
    ],
)
def test_it_says_how_many_lie_in_the_bracket(luck, low, high, said):
    luck.guess(low, high)
    others = values(0)[1:]
    inside = sum(low <= value <= high for value in others)
    assert {4: "All four", 2: "Two", 1: "One", 0: "None"}[inside] == said.split(" of")[0].split(" lie")[0]
    expect(luck.said).to_contain_text(said)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.70, 0.73, "Too narrow."), (0.71, 0.80, "Wide enough, but not in the right place.")],
)
def test_it_says_what_was_wrong_with_the_bracket(luck, low, high, said):
    luck.guess(low, high)
    expect(luck.said).to_contain_text(said)


ENDS = """(bar) => {
  const plot = bar.closest('.luck-lane').querySelector('.luck-plot');
  const [b, p] = [bar, plot].map((element) => element.getBoundingClientRect());
  return [(b.x - p.x) / p.width, (b.right - p.x) / p.width];
}"""


def test_the_bars_reach_from_the_lowest_to_the_highest(luck):
    luck.guess(0.69, 0.75)
    final = records.load("minilm-just-right-seed-0").final["accuracy"]
    ends = {
        "luck-bracket": (0.69, 0.75),
        "luck-seeds": (min(values(0)), max(values(0))),
        "luck-interval": (final["low"], final["high"]),
    }
    for kind, (low, high) in ends.items():
        found = luck.place.locator(f".luck-live .{kind} span").evaluate(ENDS)
        assert found == pytest.approx([(low - 0.55) / 0.3, (high - 0.55) / 0.3], abs=0.01), kind
    said = f"The five seeds: {min(values(0)):.3f} to {max(values(0)):.3f}, 4.1 points wide"
    expect(luck.place.get_by_text(said)).to_be_visible()
    expect(luck.place.get_by_text("Two kinds of “how sure”").last).to_be_visible()


def test_the_dots_appear_one_after_another_unless_less_motion_was_asked_for(page, site):
    page.clock.install(time=0)
    luck = opened(page, site)
    page.clock.pause_at(60_000)
    luck.guess(0.69, 0.75)
    for count in range(2, 6):
        page.clock.run_for(700)
        expect(luck.dots).to_have_count(count)
        if count < 5:
            assert luck.bars.count() == 0 and luck.said.inner_text() == ""
    expect(luck.bars).to_have_count(3)
    expect(luck.next).to_be_focused()


def test_reduced_motion_shows_all_at_once(luck):
    luck.guess(0.69, 0.75)
    assert luck.dots.count() == 5 and luck.bars.count() == 3
    assert luck.pictures.get_attribute("aria-label").count("seed") == 5


def test_a_reader_who_went_elsewhere_keeps_the_focus(page, site):
    luck = opened(page, site)
    luck.guess(0.69, 0.75)
    link = page.get_by_role("searchbox")
    link.focus()
    expect(luck.next).to_be_visible()
    expect(link).to_be_focused()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("0.00005 .* is better", "Probably. Luck alone could do this, but rarely"),
        ("^0.00002 .* is better", "These runs say otherwise: on average ● 0.00005 (5e-5) is ahead."),
        ("It was luck", "Luck alone could do this, but rarely. It leans to ● 0.00005 (5e-5)"),
    ],
)
def test_each_answer_is_held_against_the_runs(luck, answer, said):
    luck.to_the_end(answer)
    expect(luck.said).to_contain_text(said)
    expect(luck.said).to_contain_text(
        "By accuracy ● 0.00005 (5e-5) is ahead on five of five seeds, by 1.1 points to 6.0 points"
    )
    expect(luck.said).to_contain_text("all five seeds would point the same way once in 16 times")
    best, worst = max(values(1)), min(values(0))
    expect(luck.said).to_contain_text(f"is {100 * (best - worst):.1f} points ahead of the worst of")


def test_no_answer_is_no_answer(luck):
    luck.to_the_question()
    luck.submit.click()
    expect(luck.said).to_have_text("Choose one of the three answers first.")
    assert luck.table.count() == 0


@pytest.mark.parametrize(
    ("label", "metric", "ahead"),
    [
        ("macro-F1", "macro_f1", "● 0.00005 (5e-5) is ahead on four of five"),
        ("validation loss", "validation_loss", "0.00002 (2e-5) is ahead on five of five"),
    ],
)
def test_the_same_runs_by_another_measure(luck, label, metric, ahead):
    luck.to_the_end()
    luck.place.get_by_role("radio", name=label).check()
    expect(luck.said).to_contain_text(f"By {label} {ahead} seeds")
    rows = luck.table.locator("tbody tr")
    for seed, (one, two) in enumerate(zip(values(0, metric), values(1, metric), strict=True)):
        cells = rows.nth(seed).locator("th, td").all_inner_texts()
        assert cells[:3] == [str(seed), f"{one:.3f}", f"{two:.3f}"]
        lead = (one - two) * (-1 if metric == "validation_loss" else 100)
        assert cells[3][0] == ("+" if lead > 0 else "−")
        assert float(cells[3][1:]) == pytest.approx(abs(lead), abs=0.06)
    assert luck.place.locator(".luck-live .luck-bracket").count() == 0  # it was a guess of accuracies


def test_compare_and_judge_in_other_cases(luck, page):
    found = page.evaluate(
        """async () => {
          const { src } = document.querySelector('script[src*="widgets/luck.js"]');
          const { compare, reply } = await import(src);
          const metric = (one, two, better = "higher") =>
            ({ title: "x", better, unit: "points", scale: 100, runs: [{ values: one }, { values: two }] });
          const cases = [metric([0.9, 0.8], [0.1, 0.2]), metric([0.5, 0.7], [0.6, 0.5]),
            metric([0.1, 0.2], [0.9, 0.8], "lower"), metric([0.5, 0.5], [0.5, 0.5])];
          return cases.map((one) => {
            const found = compare(one, ["A", "B"]);
            return [found.ahead, found.kind, reply("luck", found, ["A", "B"]), found.sentences.length];
          });
        }"""
    )
    assert [row[:2] for row in found] == [[0, "apart"], [0, "open"], [0, "apart"], [0, "open"]]
    assert found[0][2] == "More than luck: no seed would have told another story. A is ahead."
    assert found[1][2].startswith("That is what these runs allow")
    assert [row[3] for row in found] == [3, 2, 3, 2]


def test_from_the_first_reveal_on_one_can_start_again(luck):
    expect(luck.again).to_be_hidden()
    guess = (lambda: luck.guess(0.69, 0.75), luck.next.click)
    for steps in (guess[:1], guess, (luck.to_the_question,)):
        for step in steps:
            step()
        luck.again.click()
        expect(luck.lowest).to_be_focused()
        assert luck.dots.count() == 1
        expect(luck.again).to_be_hidden()


def test_what_was_guessed_and_answered_is_there_after_a_reload(luck):
    luck.guess(0.69, 0.75)
    luck.reload()
    assert luck.dots.count() == 5
    expect(luck.place.get_by_text("Your bracket: 0.690 to 0.750")).to_be_visible()
    luck.next.click()
    luck.guess(0.60, 0.75)
    luck.reload()
    assert luck.dots.count() == 10
    luck.place.get_by_role("radio", name="It was luck").check()
    luck.submit.click()
    luck.reload()
    expect(luck.said).to_contain_text("You said: luck.")
    assert luck.page.evaluate(f"JSON.parse(localStorage['{KEY}'])") == {
        "brackets": [[0.69, 0.75], [0.6, 0.75]],
        "answer": "luck",
    }
    luck.again.click()
    expect(luck.lowest).to_be_focused()
    assert luck.dots.count() == 1
    assert luck.page.evaluate(f"localStorage['{KEY}']") is None
    assert luck.reload().dots.count() == 1


@pytest.mark.parametrize(
    "stored",
    [
        "rubbish",
        "null",
        "3",
        '"x"',
        '{"brackets": 5}',
        '{"brackets": [["<img src=x onerror=alert(1)>", 1]]}',
        '{"brackets": [[0.8, 0.6]]}',
        '{"brackets": [[0.1, 0.9]]}',
        '{"brackets": [[null, null]]}',
        '{"answer": 0}',
        '{"brackets": [["0.6", "0.7"]]}',
        '{"brackets": [[0.6, 0.7, 0.8]]}',
    ],
)
def test_what_cannot_be_believed_is_forgotten(page, site, stored):
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(f"localStorage[{json.dumps(KEY)}] = {json.dumps(stored)}")
    luck = opened(page, site)
    assert luck.dots.count() == 1
    luck.guess(0.69, 0.75)
    expect(luck.next).to_be_visible()


def test_answers_deleted_in_another_tab_are_forgotten_here(luck, site):
    luck.to_the_end()
    other = luck.page.context.new_page()
    other.goto(site + "/index.html")
    other.evaluate("key => localStorage.removeItem(key)", KEY)
    expect(luck.dots).to_have_count(1)
    expect(luck.lowest).to_be_visible()
    luck.guess(0.69, 0.75)
    kept = json.loads(luck.page.evaluate(f"localStorage['{KEY}']"))
    assert kept == {"brackets": [[0.69, 0.75]], "answer": None}


def test_starting_again_while_the_dots_appear_shows_one_dot(page, site):
    page.clock.install(time=0)
    luck = opened(page, site)
    other = page.context.new_page()
    other.goto(site + "/index.html")
    page.clock.pause_at(60_000)
    luck.guess(0.69, 0.75)
    page.clock.run_for(700)
    expect(luck.dots).to_have_count(2)
    other.evaluate("() => localStorage.clear()")
    expect(luck.lowest).to_be_visible()
    luck.bracket(0.69, 0.75)
    page.clock.run_for(3000)  # as long as the four dots would have taken
    assert luck.dots.count() == 1 and luck.bars.count() == 0
    expect(luck.show).to_be_visible()


def test_it_works_where_nothing_can_be_kept(page, site):
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    luck = opened(page, site)
    luck.to_the_end()
    expect(luck.said).to_contain_text("You said: luck.")


def test_without_javascript_the_axis_is_blank_and_the_runs_are_folded(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + CHAPTER)
    paper = page.locator(".luck-paper")
    assert paper.locator(".luck-dot:visible").count() == 2
    assert paper.locator("table:visible").count() == 0
    paper.locator("summary").click()
    assert paper.locator(".luck-dot:visible").count() == 12
    text = paper.inner_text()
    for setting in (0, 1):
        assert all(f"{value:.3f}" in text for value in values(setting))


SHOWN = "e => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })"


def test_on_paper_whoever_has_not_guessed_has_blank_axes_and_the_runs_on_the_next_sheet(luck, page):
    page.emulate_media(media="print", reduced_motion="reduce")
    expect(luck.place.locator(".luck-live")).to_be_hidden()
    expect(luck.place.locator(".luck-paper > .luck-lane").first).to_be_visible()
    assert luck.place.locator(".luck-answer table").first.evaluate(SHOWN)
    assert luck.place.locator(".luck-answer").evaluate("e => getComputedStyle(e).breakBefore") == "page"


def test_on_paper_whoever_is_done_has_what_they_did(luck, page):
    luck.to_the_end()
    page.emulate_media(media="print", reduced_motion="reduce")
    expect(luck.place.locator(".luck-paper")).to_be_hidden()
    expect(luck.table).to_be_visible()
    expect(luck.again).to_be_hidden()
    expect(luck.place.get_by_text("Your bracket: 0.690 to 0.750")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_at_any_stage(new_context, site, width):
    context = new_context(viewport={"width": width, "height": 900})
    luck = opened(context.new_page(), site)
    luck.bracket(0.69, 0.75)
    assert violations(luck.page) == []
    luck.show.click()
    assert violations(luck.page) == []
    luck.next.click()
    luck.guess(0.60, 0.75)
    assert violations(luck.page) == []
    luck.place.get_by_role("radio", name="It was luck").check()
    luck.submit.click()
    luck.place.get_by_role("radio", name="validation loss").check()
    assert violations(luck.page) == []


def test_nothing_is_wider_than_a_narrow_phone_at_any_stage(new_context, site):
    context = new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce")
    luck = opened(context.new_page(), site)
    wide = "document.documentElement.scrollWidth"
    luck.bracket(0.55, 0.85)
    assert luck.page.evaluate(wide) <= 320
    luck.show.click()
    luck.next.click()
    luck.guess(0.55, 0.85)
    luck.place.get_by_role("radio", name="It was luck").check()
    luck.submit.click()
    assert luck.page.evaluate(wide) <= 320

"""Checks: every kind by mouse and by keyboard, after a reload, without JavaScript, on paper, for everyone."""

import importlib
import json
import re
import shutil
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from tests.small_book import build
from tools import site as sites

HERE = Path(__file__).parent
KINDS = ["flat", "overfit", "one-step", "neutral-share", "causes"]
FEEDBACK = [
    *("never began to move", "Flat and high in both", "far too low.", "what the word means"),
    *("in every healthy run", "makes the validation loss rise", "That is divergence"),
    *("nothing to score", "the answers and the labels", "slope of the loss", "Against the gradient"),
    *("share of neutral", "More than half", "neutral headlines alone", "About right", "Too low", "Too high"),
    *("too short to see", "threw it out", "by heart", "this figure shows", "from the first epoch on"),
    *("✓", "✗", "Right.", "Not this one"),
]
STEPS = ["The model answers a batch", "The loss is computed", "The gradient is computed", "The weights move"]
RIGHTS = ["the rate is far too low", "the rate is far too high", "overfitting"]
PAGE = """<!doctype html>
<html lang="en-GB" class="js"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Checks</title>
<link rel="stylesheet" href="/_static/tokens.css"><link rel="stylesheet" href="/_static/site.css">
<link rel="stylesheet" href="/_static/widgets/chart.css">
<link rel="stylesheet" href="/_static/widgets/quiz.css">
<script type="module" src="/_static/widgets/quiz.js"></script></head>
<body><div class="columns"><main><div class="text">{body}</div></main></div></body></html>
"""


@pytest.fixture(scope="module")
def site(html, tmp_path_factory):
    """The page of checks as the directive writes it, beside the site's own files."""
    markdown = (HERE / "pages" / "quiz.md").read_text("utf-8")
    bodies, warnings = build(tmp_path_factory.mktemp("book"), {"quiz": markdown}, ["chart", "quiz"])
    assert warnings == ""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(html / "_static", folder / "_static", ignore=shutil.ignore_patterns("pyodide", "*.whl"))
    # An extension of the book, which the build has made known.
    policy = importlib.import_module("page").security_policy(live=False)
    broken = bodies["quiz"].replace('{"right": [1]}', "{").replace("One of each kind.", "One is broken.")
    for name, body in {"quiz": bodies["quiz"], "broken": broken}.items():
        made = PAGE.format(policy=policy, body=body)
        (folder / f"{name}.html").write_text(made, "utf-8")
    with sites.serve(folder) as address:
        yield address.rstrip("/")


def opened(page, site):
    page.goto(f"{site}/quiz.html")
    page.wait_for_selector("[data-widget=quiz][data-ready] >> nth=6")
    return page


@pytest.fixture
def checks(page, site):
    return opened(page, site)


class Check:
    """What a reader sees of one check and can press."""

    def __init__(self, page, name):
        self.page = page
        self.name = name
        self.place = page.locator(f"#quiz-{name}")
        self.group = self.place.get_by_role("group").first
        self.button = self.place.get_by_role("button", name="Check my answer")
        self.said = self.place.get_by_role("status")
        self.rows = self.place.locator(".quiz-row")
        self.replies = self.place.locator(".quiz-reply")
        self.selects = self.place.get_by_role("combobox")
        self.input = self.place.get_by_role("textbox")

    def option(self, words):
        return self.place.get_by_label(words)

    def order(self):
        return self.place.locator(".quiz-order .quiz-words").all_inner_texts()

    def up(self, words):
        return self.place.get_by_role("button", name=f"Up: {words}")

    def down(self, words):
        return self.place.get_by_role("button", name=f"Down: {words}")

    def kept(self):
        return json.loads(self.page.evaluate(f"localStorage.getItem('downhill-answer quiz {self.name}')"))

    def answer(self, right=True):
        """Answer by mouse."""
        if self.name == "flat":
            self.option("Nothing yet" if right else "Training has finished").check()
        elif self.name == "overfit":
            self.option("The validation loss rises").check()
            self.option("The model gets surer" if right else "The loss is not a number").check()
        elif self.name == "one-step":
            wanted = STEPS if right else STEPS[::-1]
            for index, step in enumerate(wanted):
                while self.order().index(step) > index:
                    self.up(step).click()
        elif self.name == "neutral-share":
            self.input.fill("52 %" if right else "0.3")
        else:
            for index, choice in enumerate(RIGHTS if right else RIGHTS[::-1]):
                self.selects.nth(index).select_option(choice)


def texts(locator):
    return [" ".join(text.split()) for text in locator.all_inner_texts()]


def tab_to(page, locator):
    """Press Tab until it has the focus."""
    for _ in range(80):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {locator}")


def call(page, expression, argument):
    """The value of an expression in the module's names ``m`` and the argument ``a``."""
    module = "import(document.querySelector('script[src*=\"quiz.js\"]').src)"
    return page.evaluate(f"a => {module}.then(m => {expression})", argument)


def numbers(page, texts):
    """What the module reads in each of these texts."""
    return call(page, "a.map((text) => m.readNumber(text))", texts)


@pytest.mark.parametrize("name", KINDS)
def test_right_is_said_in_words_with_a_sign(checks, name):
    check = Check(checks, name)
    expect(check.said).to_be_empty()
    check.answer()
    expect(check.said.get_by_text("✓")).to_have_count(0)
    check.button.click()
    expect(check.said).to_contain_text("✓")
    expect(check.said).to_contain_text("Right")
    expect(check.button).to_be_focused()


@pytest.mark.parametrize("name", KINDS)
def test_wrong_is_said_in_words_with_a_sign_and_may_be_mended(checks, name):
    check = Check(checks, name)
    check.answer(right=False)
    check.button.click()
    expect(check.said).to_contain_text("✗")
    expect(check.said).to_contain_text(re.compile("Not (yet|this one)"))
    if name == "overfit":
        check.option("The loss is not a number").uncheck()
    check.answer()
    assert not re.search("[✓✗]", check.said.inner_text())
    check.button.click()
    expect(check.said).to_contain_text("✓")


def test_single_says_why_of_the_chosen_and_of_the_others_if_asked(checks):
    check = Check(checks, "flat")
    check.answer(right=False)
    check.button.click()
    assert "Not this one. Not so fast. Flat can also mean" in " ".join(check.said.inner_text().split())
    folds = check.place.locator(".quiz-more details")
    assert texts(folds.locator("summary")) == [
        "Nothing yet; look at the training loss as well",
        "The learning rate is too high",
    ]
    assert "it has not begun" not in check.place.inner_text()
    folds.first.locator("summary").click()
    assert texts(folds.first)[0].endswith(" well ✓ Right. Yes. Flat and high in both: it has not begun.")
    check.option("The learning rate is too high").check()
    expect(check.said).to_be_empty()
    expect(folds).to_have_count(0)


def test_multiple_says_of_each_option_why(checks):
    check = Check(checks, "overfit")
    check.option("The validation loss rises").check()
    check.option("The training loss is below").check()
    check.button.click()
    assert texts(check.replies) == [
        "✓ Rightly ticked. That is what the word means.",
        "✗ Should not be ticked. A small gap is there in every healthy run.",
        "✗ Should be ticked. It is what makes the validation loss rise.",
        "✓ Rightly not ticked. That is divergence.",
    ]
    assert texts(check.said) == ["✗ Not yet: 2 of 4 right. Each line says why."]
    described = check.option("The training loss is below").get_attribute("aria-describedby")
    expect(checks.locator(f"#{described}")).to_contain_text("Should not be ticked.")


def test_what_was_said_goes_with_what_it_was_said_of(checks):
    check = Check(checks, "overfit")
    check.answer(right=False)
    check.button.click()
    assert check.kept()["checked"] is True
    check.option("The model gets surer").check()
    expect(check.said).to_be_empty()
    said = texts(check.replies)
    assert [bool(text) for text in said] == [True, True, False, True]
    assert check.option("The model gets surer").get_attribute("aria-describedby") is None
    assert check.kept() == {
        "choice": [
            "The validation loss rises while the training loss falls",
            "The model gets surer of its wrong answers",
            "The loss is not a number",
        ],
        "checked": False,
    }


def test_order_says_which_way(checks):
    check = Check(checks, "one-step")
    shown = check.order()
    assert sorted(shown) == sorted(STEPS) and shown != STEPS
    check.answer()
    assert check.order() == STEPS
    check.down(STEPS[0]).click()
    assert texts(check.said) == ["“The model answers a batch” is now number 2 of 4."]
    check.button.click()
    assert texts(check.replies) == [
        "✗ Belongs further down. It needs the answers and the labels.",
        "✗ Belongs further up. Without answers there is nothing to score.",
        "✓ In its place. It is the slope of the loss.",
        "✓ In its place. Against the gradient.",
    ]
    check.up(STEPS[0]).click()
    assert [bool(text) for text in texts(check.replies)] == [False, False, True, True]


def test_match_says_of_each_and_asks_for_all(checks):
    check = Check(checks, "causes")
    offered = check.selects.first.locator("option").all_inner_texts()
    assert offered[0] == "Choose …" and sorted(offered[1:]) == sorted(RIGHTS)
    check.place.get_by_label("Curve 1, flat from the start").select_option("overfitting")
    check.button.click()
    assert texts(check.said) == ["Choose for each first: 2 to go."]
    expect(check.place.get_by_label("Curve 2")).to_be_focused()
    check.place.get_by_label("Curve 2").select_option("the rate is far too high")
    check.place.get_by_label("Curve 3").select_option("overfitting")
    check.button.click()
    assert texts(check.replies) == [
        "✗ Not this one. Every step is too short to see.",
        "✓ Right. The first steps threw it out.",
        "✓ Right. It has them by heart.",
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0.52", "✓ Right: About right It is the share"),
        ("52%", "✓ Right: About right We read “52%” as 0.52. It is the share"),
        (".3", "✗ Not yet: Too low We read “.3” as 0.3. More than half"),
        ("0,9", "✗ Not yet: Too high We read “0,9” as 0.9. It is right on neutral"),
        ("52", "✗ Not yet: Too high If you mean per cent, write %. It is right"),
    ],
)
def test_a_number_is_read_and_judged(checks, typed, said):
    check = Check(checks, "neutral-share")
    check.input.fill(typed)
    check.button.click()
    assert " ".join(check.said.inner_text().split()).startswith(said)
    assert check.input.get_attribute("aria-invalid") == "false"


@pytest.mark.parametrize("typed", ["2e-5", "0.00002", "2×10^-5", "2 x 10⁻⁵", "0,002 %"])
def test_a_rate_without_a_tolerance_is_right_however_it_is_written(checks, typed):
    check = Check(checks, "rate")
    check.input.fill(typed)
    check.button.click()
    expect(check.said).to_contain_text("Right: That is it")


def test_what_is_no_number_is_said_and_never_markup(checks):
    check = Check(checks, "neutral-share")
    check.button.click()
    assert texts(check.said) == ["Write a number first."]
    check.input.fill("<img src=x> half")
    check.button.click()
    assert check.said.inner_text().startswith("“<img src=x> half” is not a number that we can read.")
    expect(check.input).to_be_focused()
    assert check.input.get_attribute("aria-invalid") == "true"
    checks.reload()
    expect(check.input).to_have_value("<img src=x> half")
    assert check.place.locator("img").count() == 0
    check.input.fill("1")
    assert check.input.get_attribute("aria-invalid") is None


def test_numbers_as_readers_write_them(checks):
    written = {
        0.5: "0.5|.5|0,5|0,500| 50 % |50%|50 per cent|50 percent",
        2e-5: "2e-5|2E-5|2×10^-5|2 × 10^-5|2x10^-5|2*10**-5|2·10⁻⁵|2 x 10-5|2×10^(-5)|0.00002|0,002 %",
        1e-5: "10^-5|1e-5|10⁻⁵",
        2e5: "2×10⁵|2e5|2e+5|200,000|200 000|200000",
        1234567.5: "1,234,567.5|1234567.5",
        -3: "-3|−3|-3.",
        3: "3|+3",
        0: "0|0.0|0 %",
    }
    read = {text: number for number, texts in written.items() for text in texts.split("|")}
    assert dict(zip(read, numbers(checks, list(read)), strict=True)) == read
    refused = [
        "",
        " ",
        "half",
        "1/2",
        "2x105",
        "1.2.3",
        "1,00,0",
        "5 epochs",
        "e5",
        "%",
        "2e",
        "--1",
        "1e999",
        "٣",
    ]
    assert numbers(checks, refused) == [None] * len(refused)


def test_the_ends_of_the_tolerance_are_within_it(checks):
    judged = "a.map((value) => m.near(value, { answer: 0.52, tolerance: 0.02 }))"
    assert 0.54 - 0.52 > 0.02, "the computer's own sum is a hair too large"
    assert call(checks, judged, [0.54, 0.5, 0.541, 0.499]) == [True, True, False, False]


@pytest.mark.parametrize("name", ["flat", "overfit"])
def test_nothing_chosen_is_nothing_checked(checks, name):
    check = Check(checks, name)
    check.button.click()
    expect(check.said).to_contain_text("first.")
    expect(check.rows.first.locator("input")).to_be_focused()
    assert not re.search("[✓✗]", check.place.inner_text())


def test_by_keyboard_one_is_chosen(checks):
    check = Check(checks, "flat")
    tab_to(checks, check.option("Training has finished"))
    checks.keyboard.press("ArrowDown")
    expect(check.option("Nothing yet")).to_be_checked()
    checks.keyboard.press("Tab")
    expect(check.button).to_be_focused()
    checks.keyboard.press("Space")
    expect(check.said).to_contain_text("Right.")
    checks.keyboard.press("Tab")
    checks.keyboard.press("Enter")
    assert "✗ Not this one. Not so fast." in texts(check.place.locator(".quiz-more details"))[0]
    checks.keyboard.press("Shift+Tab")
    checks.keyboard.press("Shift+Tab")
    checks.keyboard.press("ArrowDown")
    expect(check.option("The learning rate is too high")).to_be_checked()
    checks.keyboard.press("Enter")
    assert texts(check.said) == ["✗ Not this one. Perhaps, but it may as well be far too low."]


def test_by_keyboard_some_are_ticked(checks):
    check = Check(checks, "overfit")
    tab_to(checks, check.option("The validation loss rises"))
    checks.keyboard.press("Space")
    tab_to(checks, check.option("The model gets surer"))
    checks.keyboard.press("Space")
    tab_to(checks, check.button)
    checks.keyboard.press("Enter")
    expect(check.said).to_contain_text("Right. Each line says why.")
    expect(check.button).to_be_focused()


def test_by_keyboard_items_are_moved_and_the_focus_goes_along(checks):
    check = Check(checks, "one-step")
    for index, step in enumerate(STEPS):
        tab_to(checks, check.up(step)) if index == 0 else check.up(step).focus()
        while check.order().index(step) > index:
            checks.keyboard.press("Enter")
            expect(check.up(step)).to_be_focused()
            place = check.order().index(step) + 1
            assert texts(check.said) == [f"“{step}” is now number {place} of 4."]
    assert check.order() == STEPS
    check.up(STEPS[0]).focus()
    assert check.up(STEPS[0]).get_attribute("aria-disabled") == "true"
    checks.keyboard.press("Space")
    assert texts(check.said) == [f"“{STEPS[0]}” is first already."]
    tab_to(checks, check.down(STEPS[3]))
    checks.keyboard.press("Space")
    assert texts(check.said) == [f"“{STEPS[3]}” is last already."]
    checks.keyboard.press("Tab")
    checks.keyboard.press("Enter")
    expect(check.said).to_contain_text("Right.")


def test_by_keyboard_a_number_is_written_and_checked_with_enter(checks):
    check = Check(checks, "neutral-share")
    tab_to(checks, check.input)
    checks.keyboard.type("0.5x")
    checks.keyboard.press("Enter")
    expect(check.said).to_contain_text("not a number that we can read")
    expect(check.input).to_be_focused()
    checks.keyboard.press("Backspace")
    expect(check.said).to_be_empty()
    checks.keyboard.press("Enter")
    expect(check.said).to_contain_text("Right: About right")


def test_by_keyboard_pairs_are_matched(checks):
    check = Check(checks, "causes")
    for index, right in enumerate(RIGHTS):
        tab_to(checks, check.selects.nth(index))
        for _ in RIGHTS:
            if check.selects.nth(index).input_value() != right:
                checks.keyboard.press("ArrowDown")
        expect(check.selects.nth(index)).to_have_value(right)
    tab_to(checks, check.button)
    checks.keyboard.press("Enter")
    expect(check.said).to_contain_text("Right. Each line says why.")


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_an_answer_is_there_after_a_reload_and_feedback_if_it_was_checked(checks, name, right):
    check = Check(checks, name)
    controls = "[...document.querySelectorAll('.quiz :is(input, select)')].map((e) => [e.checked, e.value])"

    def state():
        return checks.evaluate(controls), check.order() if name == "one-step" else None

    fresh = state()
    check.answer(right)
    answered = state()
    assert answered != fresh
    opened(checks, checks.url.rsplit("/", 1)[0])
    assert state() == answered
    assert not re.search("[✓✗]", check.place.inner_text())
    check.button.click()
    said, replies = check.said.inner_text(), texts(check.replies)
    opened(checks, checks.url.rsplit("/", 1)[0])
    assert state() == answered
    assert (check.said.inner_text(), texts(check.replies)) == (said, replies)
    assert checks.evaluate("document.activeElement === document.body")


DAMAGED = [
    *("", "no JSON", "null", "1", "[]", "{}", '{"choice": null, "checked": true}', '{"checked": true}'),
    *('{"choice": 0, "checked": true}', '{"choice": "<b>One</b>", "checked": true}', '{"choice": ["?"]}'),
    *('{"choice": {"length": 4}, "checked": true}', '{"choice": {"__proto__": 1, "Curve 1": 2}}'),
    json.dumps({"choice": [STEPS[0]] * 4, "checked": True}),
    json.dumps({"choice": [*STEPS[:3], None], "checked": True}),
    json.dumps({"choice": "1" * 10000, "checked": True}),
    json.dumps({"choice": {"Curve 1, flat from the start": RIGHTS[0], "Curve 2, flat after a leap": "?"}}),
    json.dumps({"choice": ["The loss is not a number", "The loss is a number"], "checked": True}),
]


def test_a_damaged_answer_counts_for_nothing(checks, site):
    fresh = checks.locator("main").inner_html()
    for kept in DAMAGED:
        for name in KINDS:
            checks.evaluate("([n, k]) => localStorage.setItem(`downhill-answer quiz ${n}`, k)", [name, kept])
        opened(checks, site)
        for name in KINDS:
            check = Check(checks, name)
            # Any short text could have been typed as a number, but it is checked only if it is one.
            assert not re.search("[✓✗]", check.place.inner_text()), (name, kept)
            assert checks.locator("input:checked").count() == 0, (name, kept)
            assert all(len(field.input_value()) < 60 for field in check.input.all()), (name, kept)
            assert [select.input_value() for select in check.selects.all()] in ([], ["", "", ""]), (
                name,
                kept,
            )
        if "<b>" not in kept:
            assert checks.locator("main").inner_html() == fresh, kept
    check = Check(checks, "flat")
    check.answer()
    assert check.kept()["choice"] == "Nothing yet; look at the training loss as well"


def test_where_nothing_can_be_kept_a_check_still_works(new_context, site):
    context = new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page = opened(context.new_page(), site)
    for name in KINDS:
        check = Check(page, name)
        check.answer()
        check.button.click()
        expect(check.said).to_contain_text("Right")


def test_nothing_gives_an_answer_away_before_it_is_checked(checks):
    page_text = checks.evaluate(
        """() => { const main = document.querySelector("main").cloneNode(true);
             for (const data of main.querySelectorAll("script")) data.remove();
             return main.innerHTML; }"""
    )
    heard = checks.locator("main").aria_snapshot()
    for telling in FEEDBACK:
        assert telling not in page_text, telling
        assert telling not in heard, telling
    marks = checks.locator("[data-right]")
    expect(marks).to_have_count(0)


def test_each_form_is_a_group_named_by_what_is_asked(checks):
    names = {
        "flat": "What do you know? Choose one.",
        "overfit": "Which of these are signs of overfitting? Choose every one that is right.",
        "one-step": "What happens in one step? Put it in order. Put these in order.",
        "neutral-share": "What is the accuracy of a model that always answers neutral? Answer with a number.",
        "causes": "Which cause belongs to which curve? Find what belongs to each.",
    }
    for name, said in names.items():
        expect(Check(checks, name).group).to_have_accessible_name(said)
        assert Check(checks, name).group.evaluate("group => group.tagName") == "FIELDSET"


def test_the_button_stays_under_the_pointer(checks):
    check = Check(checks, "overfit")
    check.answer()
    check.button.evaluate("button => button.scrollIntoView({ block: 'center', behavior: 'instant' })")
    before = check.button.bounding_box()["y"]
    check.button.click()
    assert check.replies.first.bounding_box()["height"] > 40
    assert check.button.bounding_box()["y"] == pytest.approx(before, abs=1)
    box = check.option("The loss is not a number")
    box.evaluate("box => box.scrollIntoView({ block: 'center', behavior: 'instant' })")
    check.option("The loss is not a number").check()
    check.button.click()
    before = box.bounding_box()["y"]
    box.uncheck()
    assert box.bounding_box()["y"] == pytest.approx(before, abs=1)


def test_feedback_may_hold_a_figure(checks):
    check = Check(checks, "with-figure")
    assert check.place.locator(".chart").count() == 1
    check.option("It overfits more").check()
    check.button.click()
    expect(check.said.locator("figure.chart svg")).to_be_visible()


def test_without_javascript_every_answer_is_behind_a_fold(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/quiz.html")
    assert page.locator("form, input, select, button").count() == 0
    words = page.locator("main").inner_text()
    for telling in FEEDBACK:
        assert telling not in words, telling
    for shown in ("What do you know?", "Choose one. Then open it to see what we say.", *STEPS, *RIGHTS):
        assert shown in words, shown
    for summary in page.locator(".quiz-still > details > summary").all():
        summary.click()
    words = page.locator("main").inner_text()
    for telling in FEEDBACK:
        assert telling in words, telling


@pytest.mark.parametrize("scripts", [True, False])
def test_on_paper_there_is_room_for_an_answer_and_no_answer(new_context, site, scripts):
    page = new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{site}/quiz.html")
    if scripts:
        page.wait_for_selector("[data-widget=quiz][data-ready] >> nth=6")
        page.emulate_media(media="print")
        blank = page.locator("main").inner_text()
        page.emulate_media(media="screen")
        for name in KINDS:
            Check(page, name).answer()
            Check(page, name).button.click()
        page.emulate_media(media="print")
        assert page.locator("main").inner_text() == blank, "what was answered is not printed either"
    else:
        for summary in page.locator(".quiz-still > details > summary").all():
            summary.click()
        page.emulate_media(media="print")
    words = page.locator("main").inner_text()
    for telling in (*FEEDBACK, "Then open"):
        assert telling not in words, telling
    for shown in (
        "What do you know?",
        "Choose one.",
        "The loss is not a number",
        "Your answer:",
        *STEPS,
        *RIGHTS,
    ):
        assert words.count(shown) >= 1, shown
    for step in STEPS:
        assert words.count(step) == 1
    assert page.locator(".quiz :is(form, button, input, select, .quiz-verdict):visible").count() == 0
    edges = {
        "#quiz-flat .quiz-still summary": ["::before", "border-top-width", 3],
        "#quiz-overfit .quiz-still summary": ["::before", "border-top-width", 4],
        "#quiz-one-step .quiz-items > li": ["::before", "border-bottom-width", 4],
        "#quiz-neutral-share .quiz-paper": ["::after", "border-bottom-width", 1],
        "#quiz-causes .quiz-items > li": ["::after", "border-bottom-width", 3],
    }
    style = "(e, [part, name]) => [getComputedStyle(e, part).content, getComputedStyle(e, part)[name]]"
    for selector, (*part, count) in edges.items():
        places = page.locator(selector)
        assert places.count() == count
        for place in places.all():
            assert place.is_visible()
            content, edge = place.evaluate(style, part)
            assert content == '""' and edge not in ("", "0px"), selector


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_before_and_after_every_check(new_context, site, width):
    context = new_context(viewport={"width": width, "height": 900})
    page = opened(context.new_page(), site)
    assert violations(page) == []
    for right in (False, True):
        for name in KINDS:
            Check(page, name).answer(right)
            Check(page, name).button.click()
        for summary in page.locator(".quiz-more summary").all():
            summary.click()
        assert violations(page) == []


def test_axe_finds_nothing_without_javascript(new_context, site):
    page = opened(new_context().new_page(), site)
    # axe itself needs scripts: the folds as they are before the module has run.
    page.route("**/quiz.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.reload()
    for summary in page.locator(".quiz-still > details > summary").all():
        summary.click()
    assert violations(page) == []


def test_nothing_is_wider_than_a_narrow_phone_and_targets_are_large(new_context, site):
    page = opened(new_context(viewport={"width": 320, "height": 700}).new_page(), site)
    for name in KINDS:
        Check(page, name).answer(right=False)
        Check(page, name).button.click()
    for summary in page.locator(".quiz-more summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    sides = page.locator(
        ".quiz :is(button, select, input[type=text], .quiz-option-label, .quiz-more summary):visible"
    ).evaluate_all("places => places.map((place) => place.getBoundingClientRect().height)")
    assert len(sides) > 25
    assert min(sides) >= 44


def test_a_check_whose_data_is_broken_stays_as_it_is(page, site, watch):
    watch.expect_error("quiz flat: ")
    page.goto(f"{site}/broken.html")
    page.wait_for_selector("[data-widget=quiz][data-ready] >> nth=5")
    broken = page.locator("#quiz-flat")
    assert broken.get_attribute("data-ready") is None
    broken.locator("summary").nth(1).click()
    expect(broken.get_by_text("Flat and high in both")).to_be_visible()

"""Same score, different story: answered first, opened after, by mouse and by keyboard."""

import importlib
import re
import sys
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from lab import headlines, records

REPOSITORY = Path(__file__).resolve().parents[2]
IDS = ("minilm-rate-1e-05-seed-1", "minilm-rate-0-0002-num-train-epochs-30-seed-1")
RUNS = [records.load(run_id) for run_id in IDS]
KEY = "downhill-answer same-score.x1234"
TITLES = [
    "What each run answers",
    "Which classes each run mixes up",
    "How each run began",
    "Ten headlines",
    "Which runs they were",
]


@pytest.fixture(scope="session")
def body(html):
    """A page of its own, under a chapter's policy, with the widget as its directive writes it."""
    sys.path.insert(0, str(REPOSITORY / "book" / "_ext"))
    try:
        extension = importlib.import_module("same_score")
    finally:
        sys.path.remove(str(REPOSITORY / "book" / "_ext"))
    ours = headlines.load()
    pair = extension.pair(RUNS, {row.id: row.label for row in ours})
    parts = extension.question_and_parts(*pair, {row.id: row.text for row in ours})
    names = "".join(
        f'<li><p>Run {number} is <a href="/reference/runs.html#run-{run.id}">{run.id}</a>: '
        f"{extension.described(run)}.</p></li>"
        for number, run in enumerate(RUNS, start=1)
    )
    index = (html / "index.html").read_text("utf-8")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', index)[0]
    theme = re.search(r"<script>\{const r=.*?</script>", index)[0]
    files = ("tokens", "site", "widgets/chart", "widgets/same-score")
    styles = "".join(f'<link rel="stylesheet" href="/_static/{name}.css">' for name in files)
    scripts = "".join(
        f'<script type="module" src="/_static/widgets/{name}.js"></script>'
        for name in ("chart", "same-score")
    )
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">{policy}{theme}'
        '<title>Same score</title><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{styles}{scripts}</head><body><div class="columns"><main><h1>Same score</h1>'
        f'<div class="widget" data-widget="same-score" data-name="x1234">{parts}'
        '<div class="same-score-sentence"><label>One sentence <input></label></div>'
        f"{extension.OPEN.format(TITLES[-1])}<ul>{names}</ul>{extension.CLOSE}</div></main></div></body></html>"
    )


@pytest.fixture
def opened(site, body):
    def open_in(page):
        page.route(
            site + "/same-score.html",
            lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"),
        )
        page.goto(site + "/same-score.html")
        return Widget(page)

    return open_in


@pytest.fixture
def shown(page, opened):
    widget = opened(page)
    page.locator("[data-ready]").wait_for()
    return widget


class Widget:
    """What a reader sees and can press, by its role and its words."""

    def __init__(self, page):
        self.page = page
        self.place = page.locator("[data-widget=same-score]")
        self.commit = self.place.get_by_role("button", name="Commit my answer")
        self.all = self.place.get_by_role("button", name="Open everything")
        self.said = self.place.get_by_role("status")
        self.parts = self.place.locator(".same-score-part")
        self.sentence = self.place.get_by_label("One sentence")

    def choice(self, name):
        return self.place.get_by_role("radio", name=name, exact=True)

    def summary(self, number):
        return self.parts.nth(number).locator("> summary")

    def answer(self, name="Run 2"):
        self.choice(name).check()
        self.commit.click()

    def titles(self):
        return [part.locator("> summary").inner_text() for part in self.parts.all() if part.is_visible()]

    def kept(self):
        return self.page.evaluate("key => localStorage.getItem(key)", KEY)


def test_before_the_answer_there_is_the_score_and_the_question_alone(shown):
    assert shown.titles() == [] and not shown.all.is_visible() and not shown.sentence.is_visible()
    told = shown.page.locator("body").inner_text() + shown.page.locator("body").aria_snapshot()
    assert "Of 467 validation headlines run 1 is right on 295, and run 2 on 296." in told
    for words in (*IDS, "overfitting", "improving", "positive", "learning rate", "sure"):
        assert words not in told
    assert not shown.page.locator("body").get_by_role("img").count()


def test_without_a_choice_nothing_opens(shown):
    shown.commit.click()
    assert shown.titles() == [] and shown.kept() is None
    assert shown.choice("Run 1").evaluate("radio => radio.validity.valueMissing")


@pytest.mark.parametrize(
    ("name", "kept", "said"),
    [
        ("Run 1", "run 1", "run 1"),
        ("Run 2", "run 2", "run 2"),
        ("I cannot say", "I cannot say", "that you cannot say"),
    ],
)
def test_each_answer_is_kept_and_held_up_at_the_end(shown, name, kept, said):
    shown.answer(name)
    assert shown.kept() == kept
    expect(shown.said).to_have_text(f"You said: {said}. Open the parts below, one after the other.")
    expect(shown.choice(name)).to_be_disabled()
    shown.all.click()
    expect(shown.parts.last).to_contain_text(
        f"Before you opened anything you said: {said}. Would you say so again?"
    )


def test_by_keyboard_the_parts_come_one_after_the_other(shown):
    page = shown.page
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(shown.choice("Run 1")).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(shown.choice("Run 2")).to_be_checked()
    page.keyboard.press("Enter")
    expect(shown.summary(0)).to_be_focused()
    for number in range(5):
        assert shown.titles() == TITLES[: number + 1]
        expect(shown.sentence).to_be_visible(visible=number == 4)
        shown.summary(number).focus()
        page.keyboard.press("Enter")
        expect(shown.parts.nth(number)).to_have_attribute("open", "")
        if number < 4:
            expect(shown.summary(number + 1)).to_be_visible()
    assert shown.kept() == "run 2" and not shown.all.is_visible()
    for _ in range(2):
        shown.summary(0).press("Enter")
        page.evaluate("new Promise(requestAnimationFrame)")
        assert shown.titles() == TITLES, "to close a part, or to open it again, takes none away"


def test_everything_opens_at_once(shown):
    shown.answer()
    shown.all.click()
    assert shown.titles() == TITLES and shown.place.locator(".same-score-part[open]").count() == 5
    assert shown.sentence.is_visible() and not shown.all.is_visible()
    for run in RUNS:
        link = shown.place.get_by_role("link", name=run.id)
        expect(link).to_have_attribute("href", f"/reference/runs.html#run-{run.id}")


def test_after_a_reload_the_answer_is_there_and_every_part(shown):
    shown.answer("I cannot say")
    shown.page.reload()
    shown.page.locator("[data-ready]").wait_for()
    expect(shown.choice("I cannot say")).to_be_checked()
    assert shown.titles() == TITLES and not shown.place.locator(".same-score-part[open]").count()
    assert not shown.commit.is_visible() and shown.sentence.is_visible()


def test_a_kept_answer_that_is_none_of_ours_is_no_answer(page, opened):
    page.add_init_script(f"localStorage.setItem('{KEY}', '<b>run 3</b>')")
    shown = opened(page)
    page.locator("[data-ready]").wait_for()
    assert shown.titles() == [] and shown.commit.is_visible()


def test_where_the_browser_keeps_nothing_it_goes_on_and_says_so(page, opened):
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
    )
    shown = opened(page)
    page.locator("[data-ready]").wait_for()
    shown.answer()
    expect(shown.said).to_contain_text("This browser does not keep answers")
    assert shown.titles() == TITLES[:1]


def test_the_matrices_are_tables_with_heads_and_add_up(shown):
    shown.answer()
    shown.all.click()
    for number, run in enumerate(RUNS, start=1):
        table = shown.place.get_by_role("table", name=f"Run {number}: a row for each true label")
        assert [head.inner_text() for head in table.get_by_role("columnheader").all()] == [
            "true label", *run.classes, "right",
        ]  # fmt: skip
        for label in run.classes:
            cells = (
                table.get_by_role("row", name=re.compile(f"^{label} ")).get_by_role("cell").all_inner_texts()
            )
            assert sum(map(int, cells[:3])) == run.corpus["validation_labels"][label]


def test_a_printed_page_has_the_question_and_every_part_open(shown):
    for answered in (False, True):
        if answered:
            shown.answer()
        shown.page.emulate_media(media="print")
        assert shown.place.get_by_text("Which would you ship?").is_visible()
        boxes = [shown.place.get_by_text("Which would you ship?").bounding_box()]
        for part in shown.parts.all():
            inner = part.locator("> div")
            assert inner.is_visible() and inner.bounding_box()["height"] > 50
            boxes.append(inner.bounding_box())
        tops = [box["y"] for box in boxes]
        assert tops == sorted(tops) and not shown.commit.is_visible()
        shown.page.emulate_media(media="screen")


def test_without_javascript_the_question_comes_first_and_the_parts_are_folded(new_context, opened):
    shown = opened(new_context(java_script_enabled=False).new_page())
    assert shown.place.get_by_text("Which would you ship?").is_visible()
    assert shown.titles() == TITLES and not shown.place.get_by_role("button").count()
    assert not shown.place.get_by_text(IDS[0]).is_visible()
    for number in range(5):
        shown.summary(number).click()
        assert shown.parts.nth(number).locator("> div").is_visible()
    assert shown.place.get_by_text(IDS[0]).is_visible()


def test_nothing_moves_by_itself(shown):
    shown.page.emulate_media(reduced_motion="reduce")
    shown.answer()
    shown.all.click()
    moving = shown.place.evaluate(
        "place => place.getAnimations({ subtree: true }).filter(one => one.playState === 'running').length"
    )
    assert moving == 0


@pytest.mark.parametrize("width", [1280, 320])
def test_it_fits_a_narrow_phone_and_a_finger(shown, width):
    page = shown.page
    page.set_viewport_size({"width": width, "height": 800})
    targets = [shown.commit, *shown.place.locator("fieldset label").all()]
    for target in targets:
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44 and box["x"] + box["width"] <= width
    shown.answer()
    targets = [shown.all, shown.summary(0)]
    assert all(target.bounding_box()["height"] >= 44 for target in targets)
    shown.all.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_matrix_is_seen_whole(shown):
    shown.page.set_viewport_size({"width": 390, "height": 800})
    shown.answer()
    shown.all.click()
    boxes = shown.place.locator(".table-scroll:has(> .same-score-matrix)")
    assert boxes.count() == 2
    for box in boxes.all():
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_covered_and_open(shown, width):
    page = shown.page
    page.set_viewport_size({"width": width, "height": 900})
    assert violations(page) == []
    shown.answer()
    assert violations(page) == []
    shown.all.click()
    for fold in shown.place.get_by_text("The numbers behind this figure").all():
        fold.click()
    # site.js, which is not on this page, sees to what scrolls.
    page.evaluate("document.querySelectorAll('.table-scroll').forEach(box => { box.tabIndex = 0 })")
    assert violations(page) == []

"""Every kind of page and the live cells in Firefox and in WebKit: all come to life, none complains."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import webdriver
from webdriver import CONTROL, ENTER, RIGHT

from tools import browser as browsers
from tools import site as sites

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
import offline

CELLS = "after/the-sums-behind-one-step.html"
# Of these pages nothing more is asked than to be there and alive; the other kinds have a test of their own.
PAGES = [
    "day/activity-1-curve-diagnosis.html",
    "day/activity-2-set-up-and-yardsticks.html",
    "day/activity-5-convergence-check.html",
    "day/activity-6-data-quality-and-uncertainty.html",
    "day/activity-7-reflection-and-horizon-scan.html",
    "day/going-further.html",
    "after/evidence-map.html",
    "reference/glossary.html",
    "coach/the-day-at-a-glance.html",
]
# What says of itself that it has come to life, and has not yet.
WAITING = ", ".join(
    [
        *(
            f"[data-widget={name}]:not([data-ready])"
            for name in ("draw", "luck", "own-run", "quiz", "replay", "same-score", "terms", "your-step")
        ),
        "[data-widget=worksheet]:not(.ws-on)",
        "[data-widget=keep-for-offline]:not([data-state])",
        ".cell:has(.cell_input pre):not(.live)",
    ]
)
CHART = ENTER.join(
    [
        "from lab import charts",
        'walk = {"walk": charts.points("step", "height", [3, 2, 1])}',
        'charts.Chart(charts.comparison(walk, "height", x="step"), "Mine.", "It falls.")',
    ]
)


COMPLAINTS = "return JSON.parse(sessionStorage.complaints ?? '[]')"


@pytest.fixture(scope="session", params=browsers.OTHERS)
def browser(request, html):
    try:
        path = browsers.other(request.param)
    except LookupError as why:
        pytest.skip(str(why))
    # Beside the book: a Firefox that comes as a snap does not see the system's folder for what is temporary.
    with tempfile.TemporaryDirectory(dir=html.parent, ignore_cleanup_errors=True) as profile:
        start = {"Firefox": webdriver.firefox, "WebKit": webdriver.webkit}[request.param]
        with start(path, Path(profile)) as running:
            yield running


@pytest.fixture(scope="session")
def folder(html, tmp_path_factory):
    """The book, with a script on each page that notes complaints."""
    folder = tmp_path_factory.mktemp("site") / "html"
    shutil.copytree(html, folder)
    shutil.copytree(Path(__file__).parent / "pages", folder / "tests")
    for page in folder.rglob("*.html"):
        words = page.read_text("utf-8")
        noting = '<head><script src="/tests/complaints.js"></script>'
        page.write_text(words.replace("<head>", noting, 1), "utf-8")
    offline.write_worker(folder)  # it knows each file by its hash
    return folder


@pytest.fixture(scope="session")
def site(folder):
    with sites.serve(folder) as address:
        yield address


@pytest.fixture
def opened(browser, site):
    """Open a page and wait until all of it is alive; in the end nothing has complained or is kept."""

    def open_page(path):
        browser.open(site + path)
        browser.wait(f"return document.readyState === 'complete' && !document.querySelector('{WAITING}')")
        return browser

    yield open_page
    assert browser.js(COMPLAINTS) == []
    browser.js("localStorage.clear(); sessionStorage.clear()")


def text(browser, css):
    return browser.js("return document.querySelector(given[0]).textContent", css)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_to_life(opened, path):
    browser = opened(path)
    assert browser.js("return document.querySelector('main').innerText.length") > 1000
    family = "return getComputedStyle(document.body).fontFamily"
    assert browser.js(family).startswith('"Atkinson')


def test_the_landing_page_walks_and_its_search_leads_to_a_chapter(opened):
    browser = opened("index.html")
    heights = "return [...document.querySelectorAll('[data-walk]')].map((e) => e.textContent)"
    before = browser.js(heights)
    browser.click(".hill-step")
    browser.wait(f"{heights}.join() !== given[0].join()", before)
    browser.type("#search-words", "curvature" + ENTER)
    browser.click("#search-results a", "How long may a step be?")
    browser.wait("return location.pathname.endsWith('/after/the-sums-behind-one-step.html')")


def test_colours_and_text_size_are_kept_from_page_to_page(opened):
    browser = opened("before/fine-tuning-in-plain-english.html")
    chosen = "return { ...document.documentElement.dataset }"
    look = """const style = getComputedStyle(document.querySelector("main p"));
              return [style.color, parseFloat(style.fontSize)]"""
    ink, size = browser.js(look)
    browser.click("button.theme")
    browser.click("details.reading summary")
    browser.click("details.reading label", "Largest")
    browser.wait("return document.documentElement.dataset.size === 'largest'")
    assert browser.js(chosen)["theme"] == "dark"
    opened("reference/what-is-stored.html")
    assert browser.js(chosen) | {"theme": "dark", "size": "largest"} == browser.js(chosen)
    changed, grown = browser.js(look)
    assert changed != ink
    assert grown == pytest.approx(size * 1.35, rel=0.01)


def test_a_term_explains_itself_and_links_are_underlined(opened):
    browser = opened("before/reading-a-curve.html")
    browser.js("document.querySelector('a.term').focus()")
    browser.find(".term-tip", text(browser, "a.term"))
    line = "return getComputedStyle(document.querySelector(given[0])).textDecorationLine"
    assert [browser.js(line, css) for css in ("a.term", ".measured a")] == ["underline", "underline"]


def test_a_word_of_the_index_leads_to_its_entry(opened):
    """Though the entries between are not laid out yet."""
    browser = opened("before/maths-words.html")
    at_the_top = """const { top } = document.getElementById(given[0]).getBoundingClientRect();
                    return top > -5 && top < innerHeight / 3"""
    browser.click(".word-index a", "Kappa")
    browser.wait(at_the_top, "kappa")
    browser.open("about:blank")
    opened("before/maths-words.html#warm-up")
    browser.wait(at_the_top, "warm-up")


def test_an_address_that_leads_nowhere_says_so(browser, site):
    browser.open(site + "day/no/such/thing")
    browser.find("h1", "This page is not here")
    browser.click("main a", "Go to the first page")
    browser.find("h1", "Watch a model learn")
    assert browser.js(COMPLAINTS) == []
    browser.js("sessionStorage.clear()")


def test_an_answer_is_judged_and_a_figure_comes_to_life(opened):
    browser = opened("before/reading-a-curve.html")
    browser.click("#quiz-curve-first label", "It falls to about half")
    browser.click("#quiz-curve-first button", "Check my answer")
    browser.find("#quiz-curve-first [role=status]", "✗")
    browser.click("#quiz-curve-gap summary", "The numbers behind this figure")
    browser.find("#quiz-curve-gap td")
    # As a mouse over it does, which WebDriver's click ends in.
    browser.click("figure.chart .chart-picture")
    browser.find("figure.chart[data-chart=live] svg")


def test_a_drawn_curve_is_held_against_the_real_one(opened):
    browser = opened("before/reading-a-curve.html")
    browser.type(".draw input[type=range]", RIGHT)
    browser.click(".draw label", "hardly moves")
    browser.click(".draw button", "Show the real curve")
    browser.find(".draw-outcome")


def test_the_ball_takes_a_step(opened):
    browser = opened("before/downhill-by-eye.html")
    browser.type("[data-widget=your-step] input[type=number]", "3")
    browser.click("[data-widget=your-step] button", "Commit my guess")
    browser.click("[data-widget=your-step] button", "Take one step")
    browser.wait("return document.querySelector('.ys-mark')")


def test_a_replay_goes_on(opened):
    browser = opened("day/activity-3-learning-rate-experiment.html")
    browser.click(".replay button", "Next epoch")
    browser.find(".replay-evaluations tbody tr")
    before = text(browser, ".replay-progress")
    browser.click(".replay button", "Start")
    browser.wait("return document.querySelector('.replay-progress').textContent !== given[0]", before)


def test_two_runs_of_one_score_open_after_the_answer(opened):
    browser = opened("day/activity-4-share-and-compare.html")
    browser.click("[data-widget=same-score] label", "Run 2")
    browser.click("[data-widget=same-score] button", "Commit my answer")
    browser.find(".same-score-part summary", "What each run answers")


def test_what_is_typed_in_the_worksheet_is_there_after_a_reload(opened):
    browser = opened("day/worksheet.html")
    browser.type(".ws-field textarea", "kept in this browser")
    kept = "return Object.values(localStorage).includes('kept in this browser')"
    browser.wait(kept)
    opened("day/worksheet.html")
    assert browser.js("return document.querySelector('.ws-field textarea').value") == "kept in this browser"


def test_luck_shows_the_other_four(opened):
    browser = opened("day/was-it-luck.html")
    browser.type(".luck-handle", RIGHT * 3)
    browser.click(".luck-live button", "Show the other four")
    browser.wait("return document.querySelectorAll('.luck-live .luck-dot').length >= 5")


def test_the_runs_are_listed(opened):
    browser = opened("reference/runs.html")
    assert browser.js("return document.querySelectorAll('main table tr').length") > 20


def test_the_decision_log_drafts(opened):
    browser = opened("after/decision-log.html")
    browser.find("[data-part=rows]", "run log is empty")


def test_this_laptop_can_run_python(opened):
    browser = opened("test-this-laptop.html")
    browser.find(".laptop-summary", "Python can run in this browser")


def test_live_cells_run_are_edited_draw_and_are_stopped(opened):
    browser = opened(CELLS)
    first = "div.cell.live"
    stored = text(browser, f"{first} .cell_output pre")
    browser.click(f"{first} button", "Run code")
    browser.find(f"{first} .live-status", "Done in")
    assert text(browser, f"{first} .live-output").strip() == stored.strip()

    def write(code):
        browser.click(f"{first} .cell_input")
        browser.type(f"{first} .cm-content", f"{CONTROL}a")
        browser.type(f"{first} .cm-content", code)

    write(CHART)
    browser.click(f"{first} button", "Run code")
    browser.find(f"{first} .live-output svg")
    write("while True: pass")
    browser.click(f"{first} button", "Run code")
    browser.find(f"{first} .live-status", "Running")
    browser.click(f"{first} button", "Stop")
    browser.find(f"{first} .live-status", "Stopped.")
    browser.click(f"{first} button", "Reset code")
    browser.click(f"{first} button", "Run code")
    browser.find(f"{first} .live-status", "Done in")


def test_the_book_is_kept_and_python_judges_a_log_without_the_network(browser, folder):
    with sites.serve(folder) as address:
        browser.open(address + "keep-for-offline.html")
        browser.click("[data-widget=keep-for-offline] button", "Keep for offline")
        browser.find(".offline-said", "Kept, complete")
        browser.wait("return navigator.serviceWorker.ready.then(() => true)")
    browser.open(address + "day/verdict-on-your-own-run.html")
    browser.click("[data-widget=own-run] button", "Try example 1")
    browser.find(".own-run-result h3", "Verdict")
    assert browser.js(COMPLAINTS) == []
    browser.js("sessionStorage.clear()")

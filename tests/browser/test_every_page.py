"""What a reader may rely on, on every page, in a real browser: nothing asked of others, open to everyone."""

import os
import re
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from live import LONG
from playwright.sync_api import BrowserContext, Page

REPOSITORY = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("DOWNHILL_HTML", REPOSITORY / "_build" / "html"))
PAGES = sorted(
    page.relative_to(HTML).as_posix() for page in HTML.rglob("*.html") if "_static" not in page.parts
)
# One page of each kind is looked at in every way, the others in one.
KINDS = [
    "index.html",
    "before/fine-tuning-in-plain-english.html",
    "before/downhill-by-eye.html",
    "after/the-sums-behind-one-step.html",
    "test-this-laptop.html",
    "reference/glossary.html",
    "search.html?q=loss",
]
WITH_WIDGETS = [
    *KINDS,
    "before/reading-a-curve.html",
    "day/activity-3-learning-rate-experiment.html",
    "day/activity-4-share-and-compare.html",
    "day/verdict-on-your-own-run.html",
    "day/was-it-luck.html",
    "day/worksheet.html",
    "after/decision-log.html",
    "keep-for-offline.html",
]
WAYS = [(page, width) for page in KINDS for width in WIDTHS] + [
    (page, 1280) for page in PAGES if page not in KINDS
]


def view(new_context, width: int = 1280, **more) -> BrowserContext:
    return new_context(viewport={"width": width, "height": 900}, **more)


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address, wait_until="load")
    # What waits until a reader comes near is to be looked at as well.
    page.evaluate(
        "() => { const sheet = new CSSStyleSheet();"
        " sheet.replaceSync('* { content-visibility: visible !important }');"
        " document.adoptedStyleSheets.push(sheet); }"
    )
    page.wait_for_timeout(300)
    return page


def test_there_are_pages_to_look_at():
    assert {kind.split("?")[0] for kind in KINDS} <= set(PAGES)


@pytest.mark.parametrize(("page", "width"), WAYS)
def test_axe_finds_nothing(new_context, site, page, width):
    context = view(new_context, width)
    shown = opened(context, f"{site}/{page}")
    if "?q=" in page:
        shown.locator("#search-results li").first.wait_for()
    assert violations(shown) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_while_a_cell_has_run(new_context, site, width):
    context = view(new_context, width)
    page = opened(context, f"{site}/after/the-sums-behind-one-step.html")
    page.get_by_role("button", name=re.compile("^Run code")).first.click()
    page.get_by_text("Your result").first.wait_for(timeout=LONG)
    page.locator(".cell_input").first.click()
    page.get_by_role("textbox").first.wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_asks_another_site_for_anything(new_context, watch, site, page):
    shown = opened(view(new_context), f"{site}/{page}")
    # Far enough down, and long enough, for Python to have started where there is a cell.
    shown.keyboard.press("End")
    shown.wait_for_timeout(2500 if shown.locator(".cell").count() else 300)
    assert any(url.endswith(page) for url in watch.requests)
    watch.settle()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_a_narrow_phone(new_context, site, page):
    context = view(new_context, 320)
    shown = opened(context, f"{site}/{page}")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_without_javascript(new_context, site, page):
    context = view(new_context, java_script_enabled=False)
    shown = opened(context, f"{site}/{page}")
    assert len(shown.locator("main").inner_text()) > 60
    assert shown.locator("button.theme").is_hidden()
    for cell in shown.locator(".cell").all():
        assert cell.locator("pre").first.is_visible() or cell.locator("details.hide").count()


@pytest.mark.parametrize("page", WITH_WIDGETS)
def test_a_page_reads_where_modules_do_not_run(new_context, site, page):
    """As in a browser from before 2017, which runs the plain scripts of a page and no others."""
    context = view(new_context)

    def without_modules(route):
        body = route.fetch().text().replace('type="module"', 'type="unknown"')
        route.fulfill(body=body, content_type="text/html; charset=utf-8")

    context.route(f"{site}/{page}", without_modules)
    shown = opened(context, f"{site}/{page}")
    # What would give an answer away is covered for two seconds, for a module that may yet come.
    shown.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    parts = shown.locator(":is([data-widget], .cell_output, figure):not([hidden], [hidden] *, details *)")
    unseen = """all => all.filter((one) => !one.checkVisibility({ visibilityProperty: true }))
                          .map((one) => one.outerHTML)"""
    assert parts.evaluate_all(unseen) == []
    # The search leads to its page, which says what it needs; what folds needs no script.
    controls = shown.locator(":is(button, input, select, textarea):visible:not(form[action] *)")
    assert controls.evaluate_all("all => all.map((one) => one.outerHTML)") == []


def test_the_chapters_open_without_javascript_on_a_phone(new_context, site):
    context = view(new_context, 390, java_script_enabled=False)
    page = opened(context, f"{site}/before/downhill-by-eye.html")
    assert page.get_by_role("navigation", name="Chapters").is_hidden()
    page.get_by_text("Chapters", exact=True).click()
    assert page.get_by_role("navigation", name="Chapters").is_visible()


def test_the_chapters_open_and_close_by_keyboard_on_a_phone(new_context, site):
    context = view(new_context, 390)
    page = opened(context, f"{site}/before/downhill-by-eye.html")
    button = page.get_by_role("button", name="Chapters")
    chapters = page.get_by_role("navigation", name="Chapters")
    button.focus()
    assert button.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    assert chapters.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert chapters.is_hidden()
    page.keyboard.press("Space")
    assert chapters.is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_to_a_place_leads_there_though_cells_above_it_come_to_life(new_context, site, width):
    page = view(new_context, width).new_page()
    place = page.locator("#kappa h3")

    def is_at_the_top():
        page.wait_for_function("() => !document.querySelector('.cell:not(.live)')")
        top = None
        while top != (top := place.bounding_box()["y"]):  # it goes there smoothly
            page.wait_for_timeout(1500)
        assert top == pytest.approx(80, abs=20)

    page.goto(f"{site}/before/maths-words.html#kappa")
    is_at_the_top()
    page.goto(f"{site}/before/maths-words.html")
    page.locator(".word-index").get_by_role("link", name="Kappa", exact=True).click()
    is_at_the_top()
    # Whoever moves on is not fetched back.
    page.mouse.move(200, 300)
    page.mouse.wheel(0, 500)
    page.wait_for_function(
        "() => Math.abs(document.querySelector('#kappa h3').getBoundingClientRect().y) > 300"
    )
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => (fold.open = true))")
    page.wait_for_timeout(300)
    assert abs(place.bounding_box()["y"]) > 300


def test_the_first_tab_skips_to_the_text(new_context, site):
    context = view(new_context)
    page = opened(context, f"{site}/before/downhill-by-eye.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Skip to")
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("page", PAGES)
def test_every_stop_of_the_tab_key_can_be_seen_and_none_holds_it(new_context, site, page):
    context = new_context(viewport={"width": 1280, "height": 300})
    shown = opened(context, f"{site}/{page}")
    # Open folds, so that what is in them is on the way too.
    shown.evaluate("document.querySelectorAll('main details').forEach((fold) => (fold.open = true))")
    # What is around a chapter is the same on every page, so it is gone through on one of each kind.
    around = page in KINDS
    total = shown.evaluate(
        """(where) => [...document.querySelector(where).querySelectorAll(
             "a[href], button, input, select, textarea, summary, [tabindex='0']")]
           .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0).length""",
        "body" if around else "main",
    )
    if not around:
        shown.locator("main").focus()
    reached = 0
    for _ in range(total + 30):
        shown.keyboard.press("Tab")
        at = shown.evaluate(
            """async (around) => {
              const element = document.activeElement;
              if (element === document.body || !(around || element.closest("main"))) return null;
              element.seen = (element.seen ?? 0) + 1;
              // An editor shows its focus on the frame around it, a moment after it has it.
              const parents = [element.closest("label"), element.closest(".cm-editor")];
              const frames = [element, ...parents].filter(Boolean);
              const shows = () => frames.map((frame) => getComputedStyle(frame))
                .some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
              for (let frame = 0; frame < 30 && !shows(); frame += 1) {
                await new Promise(requestAnimationFrame);
              }
              return { name: element.outerHTML.slice(0, 120), seen: element.seen, ring: shows() };
            }""",
            around,
        )
        if at is None or at["seen"] > 1:
            break
        assert at["ring"], f"no focus is to be seen on {at['name']}"
        reached += 1
    radios = shown.locator("input[type=radio]").count()
    assert reached >= total - radios, f"{reached} of {total} places were reached"


def test_the_colour_button_is_remembered_and_comes_before_the_first_paint(new_context, site):
    context = view(new_context)
    page = opened(context, f"{site}/index.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(f"{site}/before/downhill-by-eye.html", wait_until="commit")
    page.wait_for_selector("body")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(paper) == light


def test_a_title_of_several_words_keeps_its_spaces_and_breaks_on_a_phone(new_context, site):
    page = opened(view(new_context, 320), f"{site}/index.html")
    # As page.py writes it for a fork with such a title.
    width = page.evaluate(
        """() => {
          const mark = document.querySelector(".wordmark");
          const letter = (text) => Object.assign(document.createElement("span"), { textContent: text });
          mark.replaceChildren(..."Gradients for Chemists and Physicists".split("").map(letter));
          return mark.children[9].getBoundingClientRect().width;
        }"""
    )
    assert width > 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_hill_takes_one_real_step_a_press(new_context, site):
    page = opened(view(new_context), f"{site}/index.html")
    hill = page.locator(".hill")

    def heights() -> list[float]:
        return [float(text.split()[-1]) for text in page.locator("[data-walk]").all_inner_texts()]

    def taken() -> int:
        return hill.locator(".walk.right:not(.ahead)").count()

    before, steps = heights(), taken()
    page.locator(".hill-step").focus()
    page.keyboard.press("Enter")
    assert taken() == steps + 1
    assert heights()[0] < before[0]
    assert heights()[1] < before[1]
    assert f"Step {steps + 1}" in page.locator(".hill-said").inner_text()
    while taken() < int(hill.get_attribute("data-steps")):
        page.keyboard.press("Enter")
    tiny, right, giant = heights()
    # Right steps arrive, tiny steps have hardly left, giant steps climb out higher than they began.
    start = float(hill.get_attribute("data-start"))
    assert right < 0.1 * start < tiny < start < giant
    page.get_by_role("button", name="Start again at the top").click()
    assert taken() == 0
    assert set(heights()) == {start}


def test_nothing_moves_for_a_reader_who_asked_for_less_motion(new_context, site):
    context = view(new_context, reduced_motion="reduce")
    for address in PAGES:
        page = opened(context, f"{site}/{address}")
        moving = page.evaluate(
            """[...document.querySelectorAll("*")].filter((e) => { const s = getComputedStyle(e);
                 return parseFloat(s.transitionDuration) > 0 || parseFloat(s.animationDuration) > 0 ||
                   s.scrollBehavior === "smooth" }).map((e) => e.outerHTML.slice(0, 100))"""
        )
        assert moving == [], address
        page.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_printed_page_holds_the_text_and_none_of_the_buttons(new_context, site, page):
    context = view(new_context)
    shown = opened(context, f"{site}/{page}")
    shown.emulate_media(media="print")
    assert shown.locator("h1").is_visible()
    for control in shown.locator(".top form, .theme, nav, .live-bar, .hill-controls").all():
        assert control.is_hidden()
    assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

"""One learner, alone, from Activity 1 to Activity 7: what the day asks for is done, and is there afterwards.

Every field, every check and every figure of the day's chapters, whatever they are by now; then each page is
opened again in a new tab, and the worksheet shows all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from axe import WIDTHS, violations
from playwright.sync_api import BrowserContext, Locator, Page, expect

REPOSITORY = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text("utf-8"))
DAY = [
    chapter["file"]
    for part in TOC["parts"]
    if part["caption"] == "The day"
    for chapter in part["chapters"]
    if not chapter["file"].endswith(("/index", "/verdict-on-your-own-run"))
]


def opened(page: Page, site: str, chapter: str) -> None:
    page.goto(f"{site}/{chapter}.html")
    # Folds hide parts of the day, such as the prediction for each preset.
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => (fold.open = true))")


def fields(page: Page) -> dict[str, Locator]:
    """Each control of the worksheet on the page, by the name of its answer."""
    places = page.locator(".ws-field[data-name]")
    found = {}
    for number in range(places.count()):
        place = places.nth(number)
        found[place.get_attribute("data-name")] = place.locator("input, textarea, select").first
    return found


def kind(control: Locator) -> str:
    return control.evaluate("(control) => control.type || control.tagName.toLowerCase()")


def value(control: Locator) -> str:
    return control.evaluate(
        "(control) => (control.type === 'checkbox' ? String(control.checked) : control.value)"
    )


def fill(control: Locator, name: str) -> None:
    """An answer as a learner would give it: the first choice, or a text that names the field."""
    match kind(control):
        case "checkbox":
            control.check()
        case "select-one":
            control.select_option(index=1)
        case "number":
            control.fill("45")
        case _:
            control.fill(f"{name}: 1 < 2 & <b>three</b>")


def answer(check: Locator) -> None:
    """Some answer to a check, right or wrong, given by what stands there."""
    kind = check.get_attribute("data-kind")
    if kind in ("single", "multiple"):
        check.get_by_role("radio" if kind == "single" else "checkbox").first.check()
    elif kind == "number":
        check.get_by_role("textbox").fill("0,5")
    elif kind == "match":
        for select in check.get_by_role("combobox").all():
            select.select_option(index=1)
    check.get_by_role("button", name="Check my answer").click()


def draw(place: Locator) -> None:
    place.get_by_role("radio").first.check()  # a shape
    place.locator("fieldset").last.get_by_role("radio").first.check()  # a reason
    place.get_by_role("button", name="Show the real curve").click()
    place.get_by_role("textbox", name="Biggest difference, and why?").fill("epoch 2, for I forgot the noise")


def replay(place: Locator) -> None:
    place.get_by_role("combobox", name="Speed").select_option(label="at once")
    place.get_by_role("button", name="Start", exact=True).click()
    place.get_by_role("button", name="Put this row into my run log").click()


def same_score(place: Locator) -> None:
    place.get_by_role("radio", name="Run 2", exact=True).check()
    place.get_by_role("button", name="Commit my answer").click()
    everything = place.get_by_role("button", name="Open everything")
    if everything.is_visible():
        everything.click()


def luck(place: Locator) -> None:
    for button in ("Show the other four", re.compile("^Now "), "Show the other four"):
        if isinstance(button, str):
            place.get_by_role("slider", name="Lowest of the other four").press("Home")
            place.get_by_role("slider", name="Highest of the other four").press("End")
        place.get_by_role("button", name=button).click()
    place.get_by_role("radio").first.check()
    place.get_by_role("button", name="That is my answer").click()


def play(page: Page) -> None:
    """Everything that this page asks for; the replays first, for they fill in fields."""
    for place in page.locator("[data-widget=replay]").all():
        replay(place)
    for place in page.locator("[data-widget=draw]").all():
        draw(place)
    for place in page.locator("[data-widget=same-score]").all():
        same_score(place)
    for place in page.locator("[data-widget=luck]").all():
        luck(place)
    for check in page.locator("[data-widget=quiz]").all():
        answer(check)
    for name, control in fields(page).items():
        if not value(control) or kind(control) in ("checkbox", "select-one"):
            fill(control, name)
    page.keyboard.press("Tab")  # out of the last field


def kept(page: Page) -> dict[str, str]:
    stored = page.evaluate("({ ...localStorage })")
    return {name: text for name, text in stored.items() if name.startswith("downhill-answer ")}


@dataclass
class Day:
    """What a day alone left in its browser, and what axe found on each page when all was done there."""

    context: BrowserContext
    given: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)
    checks: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def day(shared_page: Page, site: str) -> Day:
    day = Day(shared_page.context)
    page = shared_page
    page.set_default_timeout(30_000)
    page.emulate_media(reduced_motion="reduce")
    for chapter in DAY:
        opened(page, site, chapter)
        play(page)
        day.given |= {name: value(control) for name, control in fields(page).items()}
        day.checks += page.locator("[data-widget=quiz]").count()
        day.faults[chapter] = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                day.faults[chapter].append(f"it is wider than {width}")
            day.faults[chapter] += violations(page)
        page.set_viewport_size({"width": 1280, "height": 900})
    day.stored = kept(page)
    page.close()
    return day


@pytest.mark.timeout(600)
def test_a_solo_day_is_all_there_afterwards(day, site):
    again = day.context.new_page()
    for chapter in DAY:
        opened(again, site, chapter)
        for name, control in fields(again).items():
            assert value(control) == day.given[name], f"{chapter}: {name}"
        for check in again.locator("[data-widget=quiz]").all():
            expect(check.get_by_role("status").filter(has_text=re.compile(r"\w"))).not_to_have_count(0)
    assert kept(again) == day.stored

    definition = yaml.safe_load((REPOSITORY / "book" / "worksheet.yml").read_text("utf-8"))
    asked = {
        field["id"] for part in definition["parts"] if not part.get("elsewhere") for field in part["fields"]
    }
    assert {name.partition(".")[0] for name, text in day.given.items() if text} == asked
    assert day.given["b-log.run-1.run-id"].startswith("minilm-")
    assert day.given["b-log.run-2.run-id"] != day.given["b-log.run-1.run-id"]
    assert day.checks >= 21  # at least three in each of seven activities
    assert not again.locator("main b", has_text="three").count(), "what was typed is text and no mark-up"


@pytest.mark.parametrize("chapter", DAY)
def test_each_activity_has_its_checks(html, chapter):
    if "activity-" in chapter:
        text = (html / f"{chapter}.html").read_text("utf-8")
        assert text.count('data-widget="quiz"') >= 3


@pytest.mark.parametrize("chapter", DAY)
def test_axe_finds_nothing_with_everything_open_and_answered(day, chapter):
    assert day.faults[chapter] == []

"""The worksheet: what is typed is kept, in this browser only, and never lost without a word."""

import json
import re
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]
# The module that the page itself has loaded: its address has its version in it.
ANSWERS = "import(performance.getEntriesByType('resource').find((e) => e.name.includes('/answers.js')).name)"
ADDRESS = "/day/worksheet.html"
ALONE = "/tests/worksheet.html"

REFUSED = """Object.defineProperty(globalThis, 'localStorage',
    { get() { throw new DOMException('denied', 'SecurityError') } })"""
FORGETS = "Storage.prototype.setItem = () => {}"
# Filled to the last byte, by the browser's own limit: a large part first, then whatever still fits.
FILL_UP = """() => {
  let size = 1 << 20, n = 0;
  while (size >= 1) {
    try { localStorage.setItem(`filler-${n}`, 'x'.repeat(size)); n += 1 } catch { size >>= 1 }
  }
  return n }"""
MAKE_ROOM = """Object.keys(localStorage).filter((key) => key.startsWith('filler'))
    .forEach((key) => localStorage.removeItem(key))"""
# Another tab may be in another process of the browser, which hears of what is kept a moment later.
FILLED = "(n) => Object.keys(localStorage).filter((key) => key.startsWith('filler')).length === n"

ALIKE = "Two curves look alike"
PULSE = "Half-way pulse"
OWN_WORK = "These answers are my own work"
OTHER = "Another tab had another answer to this. See it"
MARKUP = "<img src=x onerror=\"document.title='broken'\"><b>bold</b> &amp; ' \" </textarea>"


class Sheet:
    """A page with fields as a reader sees it, and what its browser keeps."""

    def __init__(self, page, address):
        self.page = page
        page.goto(address)
        page.wait_for_selector(".ws-on")

    def field(self, label):
        return self.page.get_by_label(label)

    def row(self, name):
        return self.page.get_by_role("group", name=name, exact=True)

    def kept(self, name):
        return self.page.evaluate("name => localStorage.getItem(`downhill-answer ${name}`)", name)

    def aside(self, name):
        return self.page.evaluate("name => localStorage.getItem(`downhill-answer-aside ${name}`)", name)

    def wait_until_kept(self, name, value):
        self.page.wait_for_function(
            "([name, value]) => localStorage.getItem(`downhill-answer ${name}`) === value", arg=[name, value]
        )

    def message(self, name):
        return self.page.locator(f'[data-name="{name}"] .ws-message').first

    def come_back(self):
        """As when the reader returns from another window."""
        self.page.evaluate("dispatchEvent(new Event('focus'))")


@pytest.fixture
def sheet(page, site):
    return Sheet(page, site + ADDRESS)


@pytest.fixture
def two_tabs(context, site):
    return Sheet(context.new_page(), site + ADDRESS), Sheet(context.new_page(), site + ADDRESS)


def with_stored(page, stored):
    """Have the browser keep this before the page is opened, and not again at each reload."""
    page.add_init_script(
        f"""if (!sessionStorage.getItem('stored-before')) {{
              sessionStorage.setItem('stored-before', '1');
              Object.entries({json.dumps(stored)}).forEach((entry) => localStorage.setItem(...entry));
            }}"""
    )


# Kept, and there again.


def test_every_kind_of_field_is_there_after_a_reload(sheet, page):
    def filled():
        return [
            sheet.field("Your name").input_value(),
            sheet.field(ALIKE).input_value(),
            sheet.field("Minutes spent").input_value(),
            sheet.field(PULSE).input_value(),
            sheet.field(OWN_WORK).is_checked(),
            sheet.row("run 1").get_by_label("LR value").first.input_value(),
            sheet.row("curve 2").get_by_label("Likeliest cause").input_value(),
        ]

    assert filled() == ["", "", "", "", False, "", ""]
    sheet.field("Your name").fill("Ada")
    sheet.field(ALIKE).fill("The gradients.\n\nThen the parameters.")
    sheet.field("Minutes spent").fill("about 90")
    sheet.field(PULSE).select_option("flat")
    sheet.field(OWN_WORK).check()
    sheet.row("run 1").get_by_label("LR value").first.fill("0.00005 (5e-5)")
    sheet.row("curve 2").get_by_label("Likeliest cause").select_option("overfitting")
    before = filled()
    page.reload()
    page.wait_for_selector(".ws-on")
    assert filled() == before
    assert before[1] == "The gradients.\n\nThen the parameters."
    assert sheet.kept("about-own-work") == "yes"


def test_what_is_taken_back_is_forgotten(sheet):
    sheet.field(OWN_WORK).check()
    sheet.field(OWN_WORK).uncheck()
    sheet.field(PULSE).select_option("flat")
    sheet.field(PULSE).select_option("")
    sheet.field("Your name").fill("Ada")
    sheet.wait_until_kept("about-name", "Ada")
    sheet.field("Your name").fill("")
    sheet.wait_until_kept("about-name", None)
    assert sheet.page.evaluate("Object.keys(localStorage)") == []


def test_every_answer_of_the_page_is_there_after_a_reload(sheet, page):
    controls = page.locator(".ws-answer > :is(input[type=text], textarea)")
    typed = controls.evaluate_all(
        """all => all.map((control, at) => {
          control.value = `answer ${at}`;
          control.dispatchEvent(new Event('input', { bubbles: true }));
          return control.value;
        })"""
    )
    assert len(typed) > 100
    page.reload()
    page.wait_for_selector(".ws-on")
    assert controls.evaluate_all("all => all.map((control) => control.value)") == typed


def test_typing_is_kept_while_it_goes_on(sheet, page):
    sheet.field(ALIKE).focus()
    # Keys come faster than the pause, so that a delay that each of them put off would never end.
    page.evaluate(
        """() => { const field = document.activeElement;
           globalThis.typing = setInterval(() => {
             field.value += 'x';
             field.dispatchEvent(new Event('input', { bubbles: true }));
           }, 40) }"""
    )
    page.wait_for_function("() => localStorage.getItem('downhill-answer a-alike')?.length > 1", timeout=5000)
    first = len(sheet.kept("a-alike"))
    longer = "first => localStorage.getItem('downhill-answer a-alike').length > first"
    page.wait_for_function(longer, arg=first, timeout=5000)
    page.evaluate("clearInterval(globalThis.typing)")


@pytest.mark.parametrize("leaving", ["blur", "pagehide", "hidden"])
def test_what_was_just_typed_is_kept_at_once_on_leaving(sheet, page, leaving):
    leave = {
        "blur": "field.blur()",
        "pagehide": "dispatchEvent(new PageTransitionEvent('pagehide'))",
        "hidden": """Object.defineProperty(document, 'hidden', { value: true, configurable: true });
                     document.dispatchEvent(new Event('visibilitychange'))""",
    }[leaving]
    kept = page.evaluate(
        f"""() => {{ const field = document.querySelector('[data-name="a-alike"] textarea');
            field.focus();
            field.value = 'just now';
            field.dispatchEvent(new Event('input', {{ bubbles: true }}));
            const before = localStorage.getItem('downhill-answer a-alike');
            {leave};
            return [before, localStorage.getItem('downhill-answer a-alike')]; }}"""
    )
    assert kept == [None, "just now"]


def test_typing_and_going_to_another_page_at_once_loses_nothing(sheet, page, site):
    sheet.field(ALIKE).press_sequentially("gone")
    page.goto(site + ALONE)
    assert page.get_by_label("First").input_value() == "gone"


def test_that_it_is_kept_is_said_once_and_quietly(sheet, page):
    page.evaluate(
        """() => { globalThis.said = [];
           for (const voice of document.querySelectorAll('[role=status], [aria-live], output'))
             new MutationObserver(() => said.push(voice.textContent))
               .observe(voice, { childList: true, subtree: true, characterData: true }) }"""
    )
    sheet.field(ALIKE).press_sequentially("one two three", delay=30)
    sheet.field("Your name").press_sequentially("Ada Example", delay=30)
    sheet.field(PULSE).select_option("flat")
    sheet.wait_until_kept("about-name", "Ada Example")
    assert page.evaluate("said") == ["Kept in this browser."]
    expect(page.get_by_text("✓ Kept, in this browser only.").first).to_be_visible()


def test_nothing_is_sent(sheet, page, watch):
    loaded = len(watch.requests)
    sheet.field(ALIKE).fill("secret")
    sheet.wait_until_kept("a-alike", "secret")
    sheet.field(PULSE).select_option("flat")
    assert watch.requests[loaded:] == []


def test_a_field_on_another_page_and_twice_on_one_is_the_same_answer(sheet, page, site):
    sheet.field(ALIKE).fill("from the worksheet")
    alone = Sheet(page, site + ALONE)
    assert alone.field("First").input_value() == "from the worksheet"
    alone.field("First").fill("changed")
    expect(alone.field("Again")).to_have_value("changed")
    alone.field("Again").fill("and back")
    alone.field("Again").blur()
    expect(alone.field("First")).to_have_value("and back")
    assert page.locator(".ws-aside").count() == 0


def test_what_another_widget_writes_shows_in_the_field(page, site):
    alone = Sheet(page, site + ALONE)
    answers = f"{ANSWERS}.then((answers) => "
    assert page.evaluate(answers + "answers.write('b-log.run-1.accuracy', '0.72'))") is True
    expect(alone.field("Accuracy")).to_have_value("0.72")
    assert alone.kept("b-log.run-1.accuracy") == "0.72"


# Whatever a browser has kept is text, and no page breaks of it.


def test_nothing_stored_or_typed_is_ever_markup(page, site, context):
    names = [
        "a-alike",
        "about-name",
        "b-pulse",
        "b-log.run-1.notes",
        "about-minutes",
        "a-curves.curve-1.cause",
    ]
    with_stored(page, {f"downhill-answer {name}": MARKUP for name in names})
    page.add_init_script(f"localStorage.setItem('downhill-answer-aside a-alike', {json.dumps('x' + MARKUP)})")
    sheet = Sheet(page, site + ADDRESS)
    assert sheet.field(ALIKE).input_value() == MARKUP
    assert sheet.field(PULSE).input_value() == MARKUP
    page.get_by_text(OTHER).click()
    expect(page.locator(".ws-other")).to_have_text("x" + MARKUP)
    page.get_by_role("button", name="Use it instead").click()
    expect(sheet.field(ALIKE)).to_have_value("x" + MARKUP)
    sheet.field("Cohort or group").fill(MARKUP)
    sheet.field("Cohort or group").blur()
    assert page.locator("main img, main b").count() == 0
    assert page.title().startswith("Worksheet · ")


def test_damaged_values_are_shown_as_they_are_and_left_alone(page, site):
    stored = {
        "downhill-answer b-pulse": "sideways",
        "downhill-answer about-own-work": "banana",
        "downhill-answer about-minutes": "NaN\x00{",
        "downhill-answer about-name": "two\nlines",
        "downhill-answer a-alike": "x" * 30_000,
        "downhill-answer a-curves.curve-1.cause": "[object Object]",
        "downhill-answer not-a-field": "a note of the next version",
        "downhill-answer ": "nameless",
        "downhill-answer __proto__": "odd",
        "other-site": "not ours",
    }
    with_stored(page, stored)
    sheet = Sheet(page, site + ADDRESS)
    assert sheet.field(PULSE).input_value() == "sideways"
    assert not sheet.field(OWN_WORK).is_checked()
    assert len(sheet.field(ALIKE).input_value()) == 30_000
    # Through every field and out again, without a change.
    page.evaluate(
        "document.querySelectorAll('.ws-answer > :first-child').forEach((c) => (c.focus(), c.blur()))"
    )
    sheet.come_back()
    assert page.evaluate("({ ...localStorage })") == stored
    sheet.field(PULSE).select_option("rising")
    sheet.field(OWN_WORK).check()
    assert (sheet.kept("b-pulse"), sheet.kept("about-own-work")) == ("rising", "yes")
    assert sheet.kept("not-a-field") == "a note of the next version"


def test_a_line_stays_one_line(sheet, page):
    run_id = sheet.row("run 1").get_by_label("Run ID")
    run_id.press_sequentially("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    run_id.blur()
    assert sheet.kept("b-log.run-1.run-id") == "onetwo"
    run_id.fill("pasted\nwith a break")
    run_id.blur()
    assert sheet.kept("b-log.run-1.run-id") == "pasted with a break"


# Not kept: it is said, what to do is said, and nothing goes.

NOT_KEPT = (
    "Not kept: this browser has no room for it, or refuses. Print or copy this page before you leave it."
)


@pytest.mark.parametrize("script", [REFUSED, FORGETS], ids=["refused", "forgets"])
def test_a_browser_that_keeps_nothing_says_so_and_holds_the_page(page, site, script):
    page.add_init_script(script)
    sheet = Sheet(page, site + ADDRESS)
    expect(page.locator(".ws-warning").first).to_have_text(
        re.compile("^This browser does not keep what you type: print or copy this page before you leave it")
    )
    sheet.field(ALIKE).fill("only here")
    sheet.field(PULSE).select_option("flat")
    expect(sheet.message("a-alike")).to_have_text(NOT_KEPT)
    expect(sheet.message("b-pulse")).to_have_text(NOT_KEPT)
    described = sheet.field(ALIKE).get_attribute("aria-describedby")
    assert NOT_KEPT in page.evaluate(
        "ids => ids.split(' ').map((id) => document.getElementById(id).textContent)", described
    )
    expect(page.locator("[role=status].unseen").first).to_have_text(NOT_KEPT)
    # All modules of the page read what was typed.
    assert page.evaluate(f"{ANSWERS}.then((a) => a.all())") == {
        "a-alike": "only here",
        "b-pulse": "flat",
    }
    page.on("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.evaluate("location.reload()")
    assert asked.value.type == "beforeunload"
    assert sheet.field(ALIKE).input_value() == "only here"


def test_a_full_browser_says_so_keeps_what_it_had_and_keeps_all_once_there_is_room(sheet, page):
    sheet.field(ALIKE).fill("early")
    sheet.wait_until_kept("a-alike", "early")
    assert page.evaluate(FILL_UP) > 5
    sheet.field(ALIKE).fill("early, and much more text than there is room for")
    sheet.field("Your name").fill("Ada")
    expect(sheet.message("a-alike")).to_have_text(NOT_KEPT)
    expect(sheet.message("about-name")).to_have_text(NOT_KEPT)
    assert sheet.kept("a-alike") == "early"
    page.evaluate(MAKE_ROOM)
    sheet.come_back()
    assert sheet.kept("a-alike") == "early, and much more text than there is room for"
    assert sheet.kept("about-name") == "Ada"
    expect(sheet.message("a-alike")).to_be_hidden()
    # And the page may be left.
    page.on("dialog", lambda dialog: pytest.fail("held back though everything is kept"))
    page.reload()


def test_an_answer_that_is_too_long_is_not_cut_and_said_to_be_too_long(sheet):
    sheet.field(ALIKE).fill("short")
    sheet.wait_until_kept("a-alike", "short")
    sheet.field(ALIKE).fill("y" * 20_001)
    expect(sheet.message("a-alike")).to_have_text(
        "Not kept: this is longer than 20,000 characters. Shorten it, or print or copy it."
    )
    assert len(sheet.field(ALIKE).input_value()) == 20_001
    assert sheet.kept("a-alike") == "short"
    sheet.field(ALIKE).fill("y" * 20_000)
    sheet.wait_until_kept("a-alike", "y" * 20_000)
    expect(sheet.message("a-alike")).to_be_hidden()


LOST = "This browser has deleted answers that you still see on this page"


@pytest.mark.parametrize("noticed", ["on coming back", "on typing elsewhere", "from another tab"])
def test_answers_that_the_browser_deleted_stay_on_the_page_and_can_be_kept_again(two_tabs, noticed):
    sheet, other = two_tabs
    sheet.field(ALIKE).fill("still here")
    sheet.field(PULSE).select_option("flat")
    sheet.wait_until_kept("a-alike", "still here")
    if noticed == "from another tab":
        other.page.evaluate("localStorage.clear()")
    else:
        sheet.page.evaluate("localStorage.clear()")
    if noticed == "on coming back":
        sheet.come_back()
    if noticed == "on typing elsewhere":
        sheet.field("Your name").fill("Ada")
    again = sheet.page.get_by_role("button", name="Keep them again").first
    expect(again).to_be_visible()
    expect(sheet.page.get_by_text(LOST).first).to_be_visible()
    assert sheet.field(ALIKE).input_value() == "still here"
    assert sheet.kept("a-alike") is None
    again.click()
    assert sheet.kept("a-alike") == "still here"
    assert sheet.kept("b-pulse") == "flat"
    expect(again).to_be_hidden()
    expect(sheet.page.get_by_text(LOST)).to_have_count(0)
    assert sheet.page.evaluate("document.activeElement.className").startswith("ws-note")


# Two tabs.


def test_an_untouched_field_takes_over_what_another_tab_wrote(two_tabs):
    first, second = two_tabs
    first.field(ALIKE).fill("written in the first")
    first.field(PULSE).select_option("flat")
    first.field(OWN_WORK).check()
    expect(second.field(ALIKE)).to_have_value("written in the first")
    expect(second.field(PULSE)).to_have_value("flat")
    expect(second.field(OWN_WORK)).to_be_checked()
    second.field(ALIKE).fill("written in the first, and the second")
    expect(first.field(ALIKE)).to_have_value("written in the first, and the second")
    first.field(ALIKE).fill("")
    expect(second.field(ALIKE)).to_have_value("")
    for tab in two_tabs:
        assert tab.page.locator(".ws-aside").count() == 0


def test_a_field_with_text_that_is_not_kept_yet_keeps_it_and_the_other_answer_too(two_tabs):
    first, second = two_tabs
    # Typed and waiting to be kept, when the other tab's answer comes.
    second.page.evaluate(
        """() => { const field = document.querySelector('[data-name="a-alike"] textarea');
           // Without blurring, and with a clock that stands still.
           globalThis.setTimeout = () => 1;
           field.value = 'mine'; field.dispatchEvent(new Event('input', { bubbles: true }));
           }""",
    )
    first.page.evaluate("localStorage.setItem('downhill-answer a-alike', 'theirs')")
    summary = second.page.get_by_text(OTHER)
    expect(summary).to_be_visible()
    assert second.field(ALIKE).input_value() == "mine"
    assert (second.kept("a-alike"), second.aside("a-alike")) == ("mine", "theirs")
    # The other tab shows the same.
    expect(first.field(ALIKE)).to_have_value("mine")
    expect(first.page.get_by_text(OTHER)).to_be_visible()


def set_up_conflict(first, second):
    """Text typed in the second tab, which has not heard of the first one's answer."""
    first.field(ALIKE).fill("theirs")
    second.wait_until_kept("a-alike", "theirs")
    second.field(ALIKE).fill("mine")
    second.wait_until_kept("a-alike", "mine")
    expect(second.page.get_by_text(OTHER)).to_be_visible()


DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"


@pytest.fixture
def deaf_tabs(context, site):
    """Two tabs, of which the second hears nothing of the first, like one that the browser put to sleep."""
    second = context.new_page()
    second.add_init_script(DEAF)
    return Sheet(context.new_page(), site + ADDRESS), Sheet(second, site + ADDRESS)


def test_a_tab_that_slept_does_not_write_over_what_was_written_meanwhile(deaf_tabs):
    first, second = deaf_tabs
    set_up_conflict(first, second)
    assert (second.kept("a-alike"), second.aside("a-alike")) == ("mine", "theirs")
    second.page.get_by_text(OTHER).click()
    expect(second.page.locator(".ws-other")).to_have_text("theirs")


def test_the_other_answer_outlives_a_reload_and_can_be_taken_and_taken_back(deaf_tabs):
    first, second = deaf_tabs
    set_up_conflict(first, second)
    second.page.reload()
    second.page.wait_for_selector(".ws-on")
    assert second.field(ALIKE).input_value() == "mine"
    second.page.get_by_text(OTHER).focus()
    second.page.keyboard.press("Enter")
    second.page.keyboard.press("Tab")
    second.page.keyboard.press("Enter")
    expect(second.field(ALIKE)).to_have_value("theirs")
    assert second.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    assert (second.kept("a-alike"), second.aside("a-alike")) == ("theirs", "mine")
    second.page.get_by_text(OTHER).click()
    second.page.get_by_role("button", name="Delete it").click()
    assert (second.kept("a-alike"), second.aside("a-alike")) == ("theirs", None)
    assert second.page.locator(".ws-aside").count() == 0
    expect(first.page.locator(".ws-aside")).to_have_count(0)


def test_a_third_answer_joins_what_is_put_aside_and_none_is_lost(deaf_tabs):
    first, second = deaf_tabs
    set_up_conflict(first, second)
    expect(first.field(ALIKE)).to_have_value("mine")
    first.field(ALIKE).fill("a third")
    second.wait_until_kept("a-alike", "a third")
    second.field(ALIKE).fill("mine, longer")
    second.wait_until_kept("a-alike", "mine, longer")
    assert second.aside("a-alike") == "theirs\n\na third"


def test_two_tabs_that_write_at_the_very_same_time_lose_neither(two_tabs):
    write = """([text, at]) => setTimeout(() => {
        const field = document.querySelector('[data-name="a-alike"] textarea');
        globalThis.before = field.value;
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));
        globalThis.wrote = text;
      }, at - Date.now())"""
    kept = """texts => {
        const kept = localStorage.getItem('downhill-answer a-alike') ?? '';
        const aside = localStorage.getItem('downhill-answer-aside a-alike') ?? '';
        return texts.every((text) => kept === text || aside.includes(text)) }"""
    for turn in range(8):
        texts = [f"turn {turn} of the {which} tab" for which in ("first", "second")]
        soon = two_tabs[0].page.evaluate("Date.now()") + 400
        for tab, text in zip(two_tabs, texts, strict=True):
            tab.page.evaluate(write, [text, soon])
        for tab, text in zip(two_tabs, texts, strict=True):
            tab.page.wait_for_function("text => globalThis.wrote === text", arg=text)
        # A tab that was late has shown the other's text, and its reader has written over it knowingly.
        shown = [tab.page.evaluate("globalThis.before") for tab in two_tabs]
        for tab in two_tabs:
            tab.page.wait_for_function(kept, arg=[text for text in texts if text not in shown], timeout=5000)


def test_no_room_to_put_the_other_answer_aside_and_it_is_not_written_over(deaf_tabs):
    first, second = deaf_tabs
    first.field(ALIKE).fill("theirs")
    second.wait_until_kept("a-alike", "theirs")
    second.page.wait_for_function(FILLED, arg=first.page.evaluate(FILL_UP))
    second.field(ALIKE).fill("mine")
    expect(second.message("a-alike")).to_have_text(NOT_KEPT)
    assert second.kept("a-alike") == "theirs"
    assert second.field(ALIKE).input_value() == "mine"
    first.page.evaluate(MAKE_ROOM)
    second.page.wait_for_function(FILLED, arg=0)
    second.come_back()
    assert (second.kept("a-alike"), second.aside("a-alike")) == ("mine", "theirs")


def test_back_from_another_page_shows_what_was_written_there(sheet, page, site):
    sheet.field(ALIKE).fill("before")
    page.goto(site + ALONE)
    page.get_by_label("First").fill("on the other page")
    page.go_back()
    page.wait_for_selector(".ws-on")
    expect(sheet.field(ALIKE)).to_have_value("on the other page")


def test_a_page_that_the_browser_had_put_away_shows_what_is_kept_now(sheet, page):
    sheet.field(ALIKE).fill("before")
    sheet.field("Your name").fill("Ada")
    sheet.wait_until_kept("about-name", "Ada")
    # Of what happens meanwhile such a page hears nothing; no event comes in the tab that does it either.
    page.evaluate(
        """() => { localStorage.setItem('downhill-answer a-alike', 'after');
           localStorage.removeItem('downhill-answer about-name');
           dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) }"""
    )
    assert sheet.field(ALIKE).input_value() == "after"
    assert sheet.field("Your name").input_value() == ""
    assert page.locator(".ws-aside").count() == 0


# What others of this site rely on.


def test_the_answers_module(page, site):
    page.goto(site + ALONE)
    found = page.evaluate(
        """async () => {
          const answers = await import('/_static/answers.js');
          const heard = [];
          const stop = answers.onChange((name, value, from) => heard.push([name, value, from]));
          localStorage.setItem('downhill-theme', 'dark');
          localStorage.setItem('downhill-answer-aside one', 'put aside');
          const out = { none: answers.read('one') };
          out.wrote = [answers.write('one', 'x'), answers.write('two', 'y'), answers.write('gone', 'z')];
          answers.write('gone', '');
          out.gone = answers.read('gone');
          out.names = answers.names();
          out.all = answers.all();
          out.kept = [answers.keeps(), answers.isKept('one')];
          out.keys = Object.keys(localStorage).sort();
          stop();
          answers.write('one', 'unheard');
          out.cleared = answers.clear();
          out.left = Object.keys(localStorage);
          return { ...out, heard };
        }"""
    )
    assert found == {
        "none": None,
        "wrote": [True, True, True],
        "gone": None,
        "names": ["one", "two"],
        "all": {"one": "x", "two": "y"},
        "kept": [True, True],
        "keys": [
            "downhill-answer one",
            "downhill-answer two",
            "downhill-answer-aside one",
            "downhill-theme",
        ],
        "cleared": 2,
        "left": ["downhill-theme"],
        "heard": [["one", "x", "here"], ["two", "y", "here"], ["gone", "z", "here"], ["gone", None, "here"]],
    }


# The page of all answers.


def test_it_says_how_many_answers_each_part_has(sheet, page):
    lines = page.locator(".worksheet-progress li")
    assert lines.all_inner_texts() == [
        "About you: 0 of 8 answers",
        "Part A: Curve diagnosis: 0 of 9 answers",
        "Part B: The experiment: 0 of 25 answers",
        "Part C: In your own words: 0 of 9 answers",
        "Part D: Going further: 0 of 3 answers",
        "Part E: Horizon scan: 0 of 7 answers",
        "Decision log: 0 of 13 answers",
    ]
    sheet.field(ALIKE).fill("x")
    curve = sheet.row("curve 2")
    curve.get_by_label("What you see").fill("falls")
    curve.get_by_label("Likeliest cause").select_option("healthy")
    sheet.row("curve 4").get_by_label("Likeliest cause").select_option("healthy")
    expect(lines.nth(1)).to_have_text("Part A: Curve diagnosis: 3 of 9 answers")
    assert lines.nth(1).locator("progress").evaluate("bar => [bar.value, bar.max]") == [3, 9]
    sheet.field(ALIKE).fill("")
    expect(lines.nth(1)).to_have_text("Part A: Curve diagnosis: 2 of 9 answers")
    lines.nth(1).get_by_role("link").click()
    assert page.url.endswith("#part-a")


STORED = {
    "downhill-answer a-alike": "mine",
    "downhill-answer-aside a-alike": "another",
    "downhill-answer quiz-what-is-flat": "2",
    "downhill-answer draw just-right": "[1,2]",
    "downhill-code /x.html 12": "print()",
    "downhill-theme": "dark",
    "downhill-laptop-first-visit": "2026-03-02T12:00:00.000Z",
    "other-site": "not ours",
}


def test_delete_everything_asks_once_and_deletes_all_that_is_ours(page, site, context):
    with_stored(page, STORED)
    page.add_init_script("sessionStorage.setItem('downhill-place', '{}')")
    sheet = Sheet(page, site + ADDRESS)
    other = Sheet(context.new_page(), site + ALONE)
    button = page.get_by_role("button", name="Delete everything from this browser")
    dialog = page.get_by_role("dialog", name="Delete everything?")
    button.click()
    expect(dialog).to_be_visible()
    text = dialog.inner_text()
    assert "3 answers of yours" in text and "1 edit of code" in text
    assert "your choice of colours" in text
    for way_out in (lambda: page.keyboard.press("Escape"), lambda: page.get_by_text("Keep it").click()):
        way_out()
        expect(dialog).to_be_hidden()
        assert page.evaluate("Object.keys(localStorage).length") == len(STORED)
        expect(button).to_be_focused()
        button.click()
    dialog.get_by_role("button", name="Delete everything").click()
    expect(dialog).to_be_hidden()
    expect(
        page.get_by_text("Deleted, with 3 answers. This site keeps nothing in this browser now.")
    ).to_be_visible()
    assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]") == [
        ["other-site"],
        ["stored-before"],
    ]
    assert sheet.field(ALIKE).input_value() == ""
    assert page.locator(".ws-aside").count() == 0
    # The other tab is emptied too, and offers nothing to be kept again.
    expect(other.field("First")).to_have_value("")
    other.come_back()
    expect(other.page.get_by_role("button", name="Keep them again").first).to_be_hidden()
    page.reload()
    page.wait_for_selector(".ws-on")
    assert sheet.field(ALIKE).input_value() == ""


def test_delete_everything_leaves_the_book_that_is_kept_for_offline_and_says_so(sheet, page):
    sheet.field(ALIKE).fill("mine")
    page.evaluate("localStorage.setItem('downhill-offline /', 'wanted')")
    page.get_by_role("button", name="Delete everything from this browser").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("The book itself is still kept for offline")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == ["downhill-offline /"]


def test_delete_everything_by_keyboard_where_the_first_answer_is_no(sheet, page):
    sheet.field(ALIKE).fill("mine")
    page.get_by_role("button", name="Delete everything from this browser").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Enter")
    assert sheet.kept("a-alike") == "mine"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert sheet.kept("a-alike") is None
    expect(page.get_by_role("button", name="Delete everything from this browser")).to_be_focused()


def test_delete_everything_where_nothing_is_kept(page, site):
    page.add_init_script(REFUSED)
    sheet = Sheet(page, site + ADDRESS)
    sheet.field(ALIKE).fill("only here")
    page.get_by_role("button", name="Delete everything from this browser").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 answer of yours")
    page.get_by_role("dialog").get_by_role("button", name="Delete everything").click()
    expect(sheet.field(ALIKE)).to_have_value("")
    expect(sheet.message("a-alike")).to_be_hidden()


# On paper, by keyboard, on a phone.

LONG = "A sentence that is long enough to be broken into lines on any paper.\n" * 30
ALL_FILLED = {
    "about-name": "Ada",
    "about-own-work": "yes",
    "a-alike": LONG,
    "b-pulse": "flat",
    "a-curves.curve-1.sees": LONG,
    "a-curves.curve-1.cause": "overfitting",
    "b-log.run-1.run-id": "minilm-just-right-seed-0",
    "b-log.run-1.notes": LONG,
    "decision-chosen": "5e-5",
}


def test_it_prints_answers_in_full_and_empty_fields_as_boxes(page, site):
    with_stored(page, {f"downhill-answer {name}": text for name, text in ALL_FILLED.items()})
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    sheet = Sheet(page, site + ADDRESS)
    page.emulate_media(media="print")
    assert page.locator(".ws-answer > :is(input, select, textarea)").count() > 100
    assert (
        page.locator("main :is(input, select, textarea, button, .ws-note)").filter(visible=True).count() == 0
    )

    def box(name):
        return page.locator(f'[data-name="{name}"] .ws-box')

    for name, text in ALL_FILLED.items():
        if name in ("about-own-work", "b-pulse", "a-curves.curve-1.cause", "decision-chosen"):
            continue
        assert box(name).inner_text().rstrip("\n") == text.rstrip("\n")
        cut = box(name).evaluate(
            "box => [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth]"
        )
        assert max(cut) <= 0
    assert box("b-pulse").inner_text() == "flat"
    assert box("about-own-work").evaluate("box => getComputedStyle(box, '::before').content") == '"✓"'
    empty = box("a-elsewhere").bounding_box()
    assert empty["height"] >= 100 and empty["width"] > 600
    assert "healthy" in box("a-curves.curve-2.cause").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert len(page.pdf(format="A4")) > 10_000
    sheet.page.emulate_media(media="screen")


def test_the_print_button_prints(sheet, page):
    page.evaluate("window.print = () => (document.title = 'printed')")
    page.get_by_role("button", name="Print the worksheet").click()
    assert page.title() == "printed"


def test_without_javascript_every_field_is_a_label_and_an_empty_box(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + ADDRESS)
    fields = page.locator(".ws-field")
    assert fields.count() > 100
    assert page.locator("main :is(input, textarea, select, button)").count() == 0
    labels = page.locator(".ws > .ws-field > .ws-label")
    assert labels.count() == labels.filter(visible=True).count() > 40
    boxes = page.locator(".ws-box").evaluate_all(
        "all => all.map((box) => box.getBoundingClientRect().height)"
    )
    assert len(boxes) == fields.count()
    assert min(boxes) >= 18
    pulse = page.locator('[data-name="b-pulse"] li')
    assert pulse.all_inner_texts() == ["falling", "flat", "rising", "leaping"]
    assert page.get_by_text("this site keeps nothing in your browser").is_visible()
    assert page.get_by_text("Part B: The experiment: 25 answers").is_visible()


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_a_text_area_is_as_high_as_its_text(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    sheet = Sheet(page, site + ADDRESS)
    areas = [sheet.field(ALIKE), sheet.row("curve 1").get_by_label("What you see")]
    areas.append(sheet.row("run 2").get_by_label("Notes"))
    for area in areas:
        before = area.bounding_box()["height"]
        area.fill("word " * 120 + "\n" + "unbroken" * 30 + "\n\nlast\n")
        cut = area.evaluate(
            "area => [area.scrollHeight - area.clientHeight, area.scrollWidth - area.clientWidth]"
        )
        assert max(cut) <= 0
        assert area.bounding_box()["height"] > before + 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_run_log_stands_in_columns_on_a_laptop_and_in_cards_on_a_phone(sheet, page):
    rows = ["baseline", "run-1", "run-2", "run-3"]

    def boxes(column, inside):
        """The four of a column, from the top of the page, which may be scrolling."""
        return page.evaluate(
            """([rows, column, inside]) => rows.map((row) => {
                 const box = document.querySelector(`[data-name="b-log.${row}.${column}"] ${inside}`)
                   .getBoundingClientRect();
                 return { left: box.left, right: box.right, width: box.width,
                          top: box.top + scrollY, bottom: box.bottom + scrollY };
               })""",
            [rows, column, inside],
        )

    # So that one cell is higher than those beside it.
    sheet.row("run 1").first.get_by_label("Run ID").fill("a-very-long-name-of-a-run " * 3)
    controls = boxes("accuracy", "textarea")
    assert len({round(box["top"]) for box in controls}) == 1
    lefts = [box["left"] for box in controls]
    assert lefts == sorted(lefts) and lefts[1] - lefts[0] > 100
    # The labels stand once, before the first.
    assert [box["width"] > 1 for box in boxes("accuracy", ".ws-label")] == [True, False, False, False]
    page.set_viewport_size({"width": 390, "height": 900})
    ends = [box["bottom"] for box in boxes("accuracy", "textarea")]
    tops = [box["top"] for box in boxes("macro-f1", "textarea")]
    assert all(top > end for top, end in zip(tops, ends, strict=True))
    for box in boxes("accuracy", "textarea"):
        assert box["width"] > 220 and box["right"] <= 390
    assert all(box["width"] > 40 for box in boxes("accuracy", ".ws-label"))


def test_the_tab_key_goes_down_one_run_before_the_next(sheet, page):
    sheet.row("run 1").first.get_by_label("Run ID").focus()
    names = []
    for _ in range(13):
        names.append(page.evaluate("document.activeElement.closest('.ws-field').dataset.name"))
        page.keyboard.press("Tab")
    assert names[:3] == ["b-log.run-1.run-id", "b-log.run-1.preset", "b-log.run-1.rate"]
    assert names[-2:] == ["b-log.run-1.notes", "b-log.run-2.run-id"]


def test_every_control_has_a_name_a_finger_can_hit_it_and_rows_are_named(new_context, site):
    page = new_context(viewport={"width": 390, "height": 900}).new_page()
    Sheet(page, site + ADDRESS)
    controls = page.locator(".ws-answer > :is(input, select, textarea)").evaluate_all(
        """all => all.map((control) => {
          const [label] = control.labels;
          const target = control.type === 'checkbox' ? label : control;
          return [label?.textContent ?? '', target.getBoundingClientRect().height];
        })"""
    )
    assert len(controls) == page.locator(".ws-field").count()
    assert [label for label, height in controls if not label or height < 44] == []
    tree = page.locator(".ws-wide").first.aria_snapshot()
    assert '- group "Run log"' in tree and '- group "run 3"' in tree
    assert sheet_autocomplete(page) == ["name"]


def sheet_autocomplete(page):
    values = page.locator("[autocomplete]").evaluate_all("all => all.map((one) => one.autocomplete)")
    return sorted(set(values) - {"off"})


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_with_fields_filled_and_everything_said(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    stored = {f"downhill-answer {name}": text for name, text in ALL_FILLED.items()}
    with_stored(page, {**stored, "downhill-answer-aside a-alike": "another"})
    sheet = Sheet(page, site + ADDRESS)
    page.get_by_text(OTHER).click()
    sheet.field("Cohort or group").fill("y" * 20_001)
    expect(sheet.message("about-cohort")).to_be_visible()
    page.evaluate("localStorage.removeItem('downhill-answer b-pulse')")
    sheet.come_back()
    expect(page.get_by_role("button", name="Keep them again").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Delete everything from this browser").click()
    assert violations(page) == []

"""Test this laptop: every capability there, every capability really taken away, by mouse and by keyboard."""

import re
from datetime import date
from pathlib import Path

import pytest
from axe import WIDTHS, violations

ADDRESS = "/test-this-laptop.html"
LINE = re.compile(
    r"Laptop test: WebAssembly (?P<webassembly>[^,]+), worker (?P<worker>[^,]+), "
    r"storage (?P<storage>[^,]+), download (?P<download>[^,]+), clipboard (?P<clipboard>[^.]+)\. "
    r"(?P<browser>.+), (?P<size>\d+×\d+), (?P<day>\d{4}-\d\d-\d\d)\."
)

# Each capability as a locked-down browser lacks it: the test that must say no, its sentence, and the script.
TAKEN = {
    "WebAssembly is absent": ("WebAssembly", "has no WebAssembly", "delete globalThis.WebAssembly"),
    "WebAssembly is refused": (
        "WebAssembly",
        "refused to run a tiny program",
        "WebAssembly.instantiate = () => Promise.reject(new WebAssembly.CompileError('disallowed'))",
    ),
    "WebAssembly is a stand-in that cannot add": (
        "WebAssembly",
        "refused to run a tiny program",
        "WebAssembly.instantiate = async () => ({ instance: { exports: { add: () => 0 } } })",
    ),
    "WebAssembly has no exceptions": (
        # Such an engine stops at the section that declares one: 13, of 3 bytes.
        "WebAssembly",
        "refused to run a tiny program",
        """const real = WebAssembly.instantiate;
           WebAssembly.instantiate = (bytes) => bytes.some((byte, at) => byte === 13 && bytes[at + 1] === 3)
             ? Promise.reject(new WebAssembly.CompileError('unknown section code')) : real(bytes)""",
    ),
    "a worker throws": (
        "Background worker",
        "does not start a worker",
        "globalThis.Worker = class { constructor() { throw new DOMException('no', 'SecurityError') } }",
    ),
    "a worker is stopped": (
        "Background worker",
        "stopped it",
        """const Real = Worker, broken = () => URL.createObjectURL(new Blob(['throw new Error(1)']));
           globalThis.Worker = class extends Real {
             constructor(url, options) {
               super(broken(), options);
               this.addEventListener('error', (event) => event.preventDefault());
             }
           }""",
    ),
    "a worker is silent": (
        "Background worker",
        "did not answer within 6 seconds",
        "const Real = Worker; globalThis.Worker = class extends Real { postMessage() {} }",
    ),
    "storage throws": (
        "Storage that lasts",
        "refused to keep a note",
        """Object.defineProperty(globalThis, 'localStorage',
             { get() { throw new DOMException('denied', 'SecurityError') } })""",
    ),
    "storage is full": (
        "Storage that lasts",
        "refused to keep a note",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
    ),
    "storage forgets at once": (
        "Storage that lasts",
        "refused to keep a note",
        "Storage.prototype.setItem = () => {}",
    ),
}
KEYS = {"WebAssembly": "webassembly", "Background worker": "worker", "Storage that lasts": "storage"}


class Laptop:
    """The page as a reader sees it, by roles and words."""

    def __init__(self, page):
        self.page = page
        self.summary = page.locator(".laptop-summary")
        self.save = page.get_by_role("button", name="Save a small file")
        self.arrived = page.get_by_role("radio", name="Yes, it arrived")
        self.lost = page.get_by_role("radio", name="No, it did not")
        self.clipboard = page.get_by_role("button", name="Try the clipboard")
        self.copy = page.get_by_role("button", name="Copy the line")
        self.line = page.get_by_label("This is the line.")
        self.copied = page.locator(".laptop-copied")

    def card(self, name):
        return self.page.locator(".laptop-card").filter(has=self.page.locator("dt", has_text=name))

    def answer(self, name):
        """The term as it is read out: its name and its answer."""
        return self.card(name).locator("dt").text_content()

    def told(self):
        """The line for the coach, in its parts."""
        match = LINE.fullmatch(self.line.input_value())
        assert match, self.line.input_value()
        return match.groupdict()


def opened(page, site, clipboard=True):
    if clipboard:
        # Without windows a browser has nobody to ask.
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site + ADDRESS)
    # A worker that stays silent is given six seconds.
    page.wait_for_selector(".laptop-summary:not(:text('Testing.'))", timeout=15_000)
    return Laptop(page)


@pytest.fixture
def laptop(page, site):
    return opened(page, site)


@pytest.fixture
def refusing(new_context, site):
    """The page in a browser that refuses the clipboard: what is not in its list is denied."""
    return opened(new_context(permissions=["geolocation"]).new_page(), site, clipboard=False)


def test_three_tests_run_by_themselves_and_are_said_once(laptop):
    said = "Python can run in this browser. WebAssembly yes, background worker yes, storage yes."
    assert laptop.summary.inner_text() == said
    assert [laptop.answer(name) for name in (*KEYS, "Download", "Clipboard")] == [
        "WebAssembly: Yes",
        "Background worker: Yes",
        "Storage that lasts: Yes",
        "Download: Not tried yet",
        "Clipboard: Not tried yet",
    ]
    # The one live region that speaks by itself; the two outputs speak when their button is pressed.
    assert laptop.page.get_by_role("status").count() == 4
    assert laptop.page.locator("[role=status]").count() == 1


def test_the_line_holds_what_was_found(laptop):
    told = laptop.told()
    assert [told[key] for key in KEYS.values()] == ["yes", "yes", "yes"]
    assert (told["download"], told["clipboard"]) == ("not tried", "not tried")
    assert re.fullmatch(r"(Headless)?Chrom\w+ \d+ on (Linux|macOS)", told["browser"])
    assert (told["size"], told["day"]) == ("1280×900", date.today().isoformat())
    assert laptop.line.get_attribute("readonly") is not None


@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_taken_away_is_a_no_and_the_rest_is_not(page, site, taken):
    name, sentence, script = TAKEN[taken]
    page.add_init_script(script)
    laptop = opened(page, site)
    assert laptop.answer(name) == f"{name}: No"
    assert sentence in laptop.card(name).inner_text()
    assert laptop.card(name).get_by_text("Without it.").is_visible()
    others = set(KEYS) - {name}
    assert [laptop.answer(other) for other in others] == [f"{other}: Yes" for other in others]
    python = "can" if name == "Storage that lasts" else "cannot"
    assert laptop.summary.inner_text().startswith(f"Python {python} run in this browser.")
    assert laptop.summary.inner_text().endswith("Under each no, you read what works without it.")
    assert laptop.told()[KEYS[name]] == "no"


def test_a_policy_that_forbids_webassembly_and_workers_is_a_no_for_both(page, site, watch):
    watch.expect_error("Content Security Policy")

    def stricter(route):
        answer = route.fetch()
        body = answer.text().replace(" 'wasm-unsafe-eval'", "")
        route.fulfill(response=answer, body=body.replace("worker-src 'self' blob:", "worker-src 'self'"))

    page.route("**" + ADDRESS, stricter)
    laptop = opened(page, site)
    assert [laptop.told()[key] for key in KEYS.values()] == ["no", "no", "yes"]


def test_the_note_of_the_first_visit_is_there_after_a_reload(laptop, page):
    assert "written and read back" in laptop.card("Storage").inner_text()
    page.reload()
    page.wait_for_selector("[data-ready]")
    now = date.today()
    assert f"The note of your first visit, {now.day} {now:%B %Y}" in laptop.card("Storage").inner_text()
    assert laptop.told()["storage"] == f"yes (kept since {now.isoformat()})"


@pytest.mark.parametrize(
    ("persisted", "said"),
    [("true", "has promised to keep it"), ("false", "until you clear your browsing data")],
)
def test_an_old_note_is_dated_and_the_browsers_promise_told(page, site, persisted, said):
    page.add_init_script(
        f"""localStorage.setItem('downhill-laptop-first-visit', '2026-03-02T12:00:00.000Z');
            StorageManager.prototype.persisted = () => Promise.resolve({persisted});"""
    )
    laptop = opened(page, site)
    assert laptop.told()["storage"] == "yes (kept since 2026-03-02)"
    sentence = laptop.card("Storage").inner_text()
    assert "2 March 2026" in sentence and said in sentence


def test_a_note_that_is_no_date_is_written_afresh(page, site):
    page.add_init_script("localStorage['downhill-laptop-first-visit'] = 'rubbish'")
    laptop = opened(page, site)
    assert laptop.told()["storage"] == "yes" and "read back" in laptop.card("Storage").inner_text()
    assert page.evaluate("localStorage['downhill-laptop-first-visit']").startswith(str(date.today().year))


def test_the_file_is_saved_and_the_reader_says_whether_it_came(laptop, page):
    assert not laptop.arrived.is_visible()
    with page.expect_download() as saved:
        laptop.save.click()
    assert saved.value.suggested_filename == "downhill-test.txt"
    assert date.today().isoformat() in Path(saved.value.path()).read_text("utf-8")
    assert laptop.answer("Download") == "Download: Waiting for you"
    assert laptop.told()["download"] == "not answered"
    laptop.arrived.check()
    assert laptop.answer("Download") == "Download: Yes" and laptop.told()["download"] == "yes"
    laptop.lost.check()
    assert laptop.answer("Download") == "Download: No" and laptop.told()["download"] == "no"
    with page.expect_download():
        laptop.save.click()
    assert laptop.told()["download"] == "not answered" and not laptop.lost.is_checked()


def test_answers_to_a_press_outlive_the_reload_that_storage_asks_for(laptop, page):
    with page.expect_download():
        laptop.save.click()
    laptop.arrived.check()
    laptop.clipboard.click()
    laptop.card("Clipboard").get_by_text("was put on the clipboard").wait_for()
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert (laptop.told()["download"], laptop.told()["clipboard"]) == ("yes", "yes")
    assert laptop.arrived.is_checked()


def test_the_clipboard_is_tried_on_a_press_and_holds_the_sentence(new_context, site):
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    laptop = opened(context.new_page(), site)
    laptop.clipboard.click()
    laptop.card("Clipboard").get_by_text("was put on the clipboard").wait_for()
    assert laptop.answer("Clipboard") == "Clipboard: Yes"
    pasted = "navigator.clipboard.readText()"
    assert laptop.page.evaluate(pasted) == "Laptop test: the clipboard works."
    laptop.copy.click()
    laptop.copied.get_by_text("Copied.").wait_for()
    assert laptop.page.evaluate(pasted) == laptop.line.input_value()


def test_what_is_copied_says_that_the_clipboard_works(new_context, site):
    laptop = opened(new_context(permissions=["clipboard-read", "clipboard-write"]).new_page(), site)
    laptop.copy.click()
    laptop.copied.get_by_text("Copied.").wait_for()
    assert "clipboard yes" in laptop.page.evaluate("navigator.clipboard.readText()")
    assert laptop.answer("Clipboard") == "Clipboard: Yes"


def test_a_refused_clipboard_is_a_no_and_leaves_the_line_selected(refusing):
    refusing.clipboard.click()
    refusing.card("Clipboard").get_by_text("did not let the page use the clipboard").wait_for()
    assert refusing.answer("Clipboard") == "Clipboard: No" and refusing.told()["clipboard"] == "no"
    refusing.copy.click()
    refusing.copied.get_by_text("The browser refused").wait_for()
    selected = "f => [f === document.activeElement, f.value.slice(f.selectionStart, f.selectionEnd)]"
    assert refusing.line.evaluate(selected) == [True, refusing.line.input_value()]
    assert refusing.told()["clipboard"] == "no"


def test_a_page_without_a_clipboard_at_all_is_a_no(page, site):
    # As on every address that is not https.
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined })")
    laptop = opened(page, site)
    laptop.copy.click()
    laptop.copied.get_by_text("The browser refused").wait_for()
    assert laptop.answer("Clipboard") == "Clipboard: No"


def test_everything_can_be_done_by_keyboard(laptop, page):
    page.locator("main").focus()
    laptop.card("WebAssembly").scroll_into_view_if_needed()

    def tab_to(target):
        for _ in range(12):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError("the Tab key does not come to it")

    tab_to(laptop.save)
    with page.expect_download():
        page.keyboard.press("Enter")
    tab_to(laptop.arrived)
    page.keyboard.press("Space")
    assert laptop.told()["download"] == "yes"
    page.keyboard.press("ArrowDown")
    assert laptop.told()["download"] == "no"
    tab_to(laptop.clipboard)
    page.keyboard.press("Space")
    laptop.card("Clipboard").get_by_text("was put on the clipboard").wait_for()
    tab_to(laptop.line)
    tab_to(laptop.copy)
    page.keyboard.press("Enter")
    laptop.copied.get_by_text("Copied.").wait_for()
    assert laptop.copy.evaluate("button => button === document.activeElement")


MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.1 Safari/605.1.15"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) CriOS/156.0.1 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"
GOOGLE = [("Not/A)Brand", "8"), ("Chromium", "156"), ("Google Chrome", "156")]
CHROMIUM = [("Chromium", "156"), (" Not A;Brand", "99")]


def says(brands, platform):
    named = [{"brand": brand, "version": version} for brand, version in brands]
    return {"brands": named, "platform": platform}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ({"userAgentData": says(GOOGLE, "Windows")}, "Google Chrome 156 on Windows"),
        ({"userAgentData": says(CHROMIUM, "Linux")}, "Chromium 156 on Linux"),
        ({"userAgent": "Mozilla/5.0 (Windows NT 10.0; rv:151.0) Firefox/151.0"}, "Firefox 151 on Windows"),
        ({"userAgent": "Mozilla/5.0 (Android 16; Mobile; rv:151.0) Firefox/151.0"}, "Firefox 151 on Android"),
        ({"userAgent": MAC}, "Safari 26 on macOS"),
        ({"userAgent": MAC, "maxTouchPoints": 5}, "Safari 26 on iPadOS"),
        ({"userAgent": IPHONE}, "Chrome 156 on iOS"),
        ({"userAgent": EDGE}, "Edge 156 on Windows"),
        ({"userAgent": ""}, "An unknown browser"),
    ],
)
def test_the_browser_is_named(laptop, agent, words):
    module = "import(document.querySelector('script[src*=\"test-this-laptop.js\"]').src)"
    assert laptop.page.evaluate(f"agent => {module}.then(m => m.browserInWords(agent))", agent) == words


def test_nothing_is_sent(laptop, page, watch, site):
    loaded = len(watch.requests)
    with page.expect_download():
        laptop.save.click()
    laptop.arrived.check()
    laptop.clipboard.click()
    laptop.copy.click()
    laptop.copied.get_by_text("Copied.").wait_for()
    assert [url for url in watch.requests[loaded:] if not url.startswith("blob:")] == []


def test_without_javascript_each_capability_is_explained(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + ADDRESS)
    assert page.get_by_text("JavaScript is switched off in this browser").is_visible()
    terms = page.locator("[data-part=tests] dt").all_inner_texts()
    assert terms == [*KEYS, "Download", "Clipboard"]
    assert page.get_by_text("What needs it.").count() == page.get_by_text("Without it.").count() == 5
    assert page.locator("main button").count() == 0
    assert page.get_by_text("this page cannot write the line for you").is_visible()


def test_it_fits_a_narrow_phone_and_a_finger(laptop, page):
    page.set_viewport_size({"width": 320, "height": 700})
    with page.expect_download():
        laptop.save.click()
    targets = [laptop.save, laptop.clipboard, laptop.copy, *page.locator(".laptop-arrived label").all()]
    for target in targets:
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    field = laptop.line.evaluate("field => [field.scrollHeight, field.clientHeight]")
    assert field[0] <= field[1], "the whole line is to be seen"


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_with_every_kind_of_answer(page, site, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(TAKEN["WebAssembly is absent"][2])
    laptop = opened(page, site)
    with page.expect_download():
        laptop.save.click()
    laptop.copy.click()
    laptop.copied.get_by_text("Copied.").wait_for()
    assert violations(page) == []

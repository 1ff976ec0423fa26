"""Verdict on your own run: a log chosen, dropped or pasted, judged by real Python in this browser."""

import json
import re
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]
LOGS = REPOSITORY / "tests" / "unit" / "logs"
ADDRESS = "/day/verdict-on-your-own-run.html"
LONG = 90_000  # milliseconds: Python starts slowly where several tests share two cores
ROW = "downhill-answer b-convergence.run-1."


class OwnRun:
    """What a reader sees and can press, by role and words."""

    def __init__(self, page):
        self.page = page
        self.place = page.locator("[data-widget=own-run]")
        self.choose = self.place.get_by_label("Choose a log file, or drop one here")
        self.paste = self.place.get_by_label("The whole text of a log")
        self.judge = self.place.get_by_role("button", name="Judge this text")
        self.status = self.place.locator(".own-run-status")
        self.result = self.place.get_by_role("region", name=re.compile("^Verdict"))
        self.verdict = self.result.get_by_role("heading")
        self.picture = self.result.get_by_role("img")
        self.row = self.place.get_by_label("Row")
        self.fill = self.place.get_by_role("button", name="Fill the convergence row of my worksheet")
        self.over = self.place.get_by_role("button", name="Write over it")
        self.filled = self.place.locator("output")

    def bring(self, name, content=None):
        content = (LOGS / name).read_bytes() if content is None else content
        self.choose.set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
        return self

    def open_paste(self):
        self.place.get_by_text("Or paste the text of a log").click()

    def says(self, words):
        """The line below the controls, once nothing is going on."""
        expect(self.status).to_have_text(re.compile(words), timeout=LONG)
        return self

    def fact(self, term):
        return self.result.locator("dt", has_text=term).locator("xpath=following-sibling::dd[1]")

    def kept(self):
        columns = ("change", "naive", "verdict")
        return [self.page.evaluate("key => localStorage.getItem(key)", ROW + column) for column in columns]


def opened(page, site):
    page.goto(site + ADDRESS)
    page.locator("[data-widget=own-run][data-ready]").wait_for()
    return OwnRun(page)


@pytest.fixture(scope="module")
def shared(shared_page, site):
    """One page for the tests that leave each other alone: Python starts once for all of them."""
    return opened(shared_page, site)


@pytest.fixture
def own(page, site):
    return opened(page, site)


def test_nothing_starts_and_nothing_is_fetched_before_there_is_a_log(own, watch, page):
    text = own.place.inner_text()
    assert re.search(r"Python has to start .* fetches \d\.\d MB from this site, once", text)
    assert "three to ten seconds" in text and "is not uploaded" in text
    page.keyboard.press("End")
    page.wait_for_load_state("networkidle")
    assert not [url for url in watch.requests if "pyodide" in url]


def test_a_chosen_file_is_judged_with_its_reasons_and_its_chart(shared):
    shared.bring("overfitting.json").says("^overfitting.json: converged, overfitting")
    expect(shared.verdict).to_have_text("Verdict: converged, overfitting")
    expect(shared.fact("What it goes by")).to_contain_text("Validation loss starts at")
    expect(shared.fact("Overfitting")).to_contain_text("Yes: the validation loss has turned")
    expect(shared.fact("What to try first")).to_have_text(re.compile(r"^\w.+\.$"))
    expect(shared.fact("below 0.01")).to_contain_text("It does not see that the curve has levelled off.")
    expect(shared.picture).to_have_attribute("aria-label", re.compile("training, from .* validation, from"))
    assert shared.picture.locator("svg path").count() > 5
    numbers = shared.result.get_by_text("The numbers behind this figure")
    numbers.click()
    assert shared.result.locator("tbody tr").count() > 10


@pytest.mark.parametrize(
    ("log", "verdict", "term", "said"),
    [
        ("stalled-flat.json", "stalled", "below 0.01", "It takes standing still for having arrived."),
        ("collapsed.json", "collapsed", "Learning rate", "It looks too high."),
        ("keras.csv", "converged", "Learning rate", "It looks about right."),
        ("downhill-run.json", "still improving", "Overfitting", "No sign of it."),
        ("two-epochs.json", "not enough to tell", "Learning rate", "The log cannot say."),
        (
            "one-evaluation.json",
            "not enough to tell",
            "below 0.01",
            "It cannot judge: it needs two evaluations.",
        ),
        ("run-bert-tag-eval_loss.csv", "still improving", "What to try first", "Train"),
        ("nan-from-the-start.json", "diverged", "What it goes by", "not a finite number"),
    ],
)
def test_logs_of_many_kinds(shared, log, verdict, term, said):
    shared.bring(log).says(rf"^{re.escape(log)}: {verdict}")
    expect(shared.verdict).to_have_text(re.compile(f"^Verdict: {verdict}"))
    expect(shared.fact(term)).to_contain_text(said)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "empty.csv",
            b" \n",
            "^empty.csv: it is empty; a run file, trainer_state.json or a CSV file is allowed.$",
        ),
        ("picture.png", b"\x89PNG\r\n\x1a\n\xff", "^picture.png: it is not UTF-8 text"),
        ("config.json", None, '^config.json: it has neither "evaluations" nor a list "log_history"'),
        ("ragged.csv", None, "^ragged.csv, line 3: it has 2 values; the header allows 3.$"),
        (
            "large.csv",
            b"step,loss\n" * 300_000,
            r"^large.csv is 3.0 MB large, and this page reads up to 2.0 MB",
        ),
        (
            "deep.json",
            b"[" * 500_000,
            "^deep.json: it is broken JSON .nested more than 100 deep.; a log is not.$",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_no_verdict(shared, name, content, said):
    shared.bring("stalled.json").says("^stalled.json: stalled")
    shared.bring(name, content).says(said)
    expect(shared.place.locator(".own-run-result")).to_be_hidden()
    assert shared.place.locator(".own-run-result").inner_text() == ""


def test_a_file_that_is_too_large_is_not_even_read(shared):
    shared.page.evaluate("() => { File.prototype.arrayBuffer = () => { document.title = 'read'; throw 0 } }")
    shared.bring("large.csv", b"step,loss\n" * 300_000).says("^large.csv is 3.0 MB large")
    assert shared.page.title() != "read"
    shared.page.evaluate("() => void delete File.prototype.arrayBuffer")


def test_after_a_log_that_could_not_be_read_the_next_one_is_judged(shared):
    shared.bring("ragged.csv").says("^ragged.csv, line 3")
    shared.bring("stalled.json").says("^stalled.json: stalled")
    shared.bring("stalled.json").says("^stalled.json: stalled")  # the same file again


def test_of_two_logs_in_a_row_the_second_is_shown(shared):
    shared.bring("stalled.json").bring("collapsed.json").says("^collapsed.json: collapsed")
    expect(shared.verdict).to_have_text("Verdict: collapsed")
    expect(shared.picture).to_have_count(1)


def test_pasted_text_by_keyboard_alone(shared):
    page = shared.page
    shared.choose.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(shared.paste).to_be_focused()
    page.keyboard.insert_text((LOGS / "keras.csv").read_text("utf-8"))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    shared.says("^The pasted text: converged")
    shared.paste.fill("")
    shared.judge.press("Enter")
    shared.says("^There is no text yet: paste a log first.$")


DROP = """([files, folder]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const target = document.querySelector('.own-run-drop');
  const over = new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true });
  target.dispatchEvent(over);
  const marked = target.classList.contains('own-run-over');
  const drop = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
  target.dispatchEvent(drop);
  return [over.defaultPrevented, marked, drop.defaultPrevented, target.classList.contains('own-run-over')];
}"""


def test_a_dropped_file_is_judged_and_the_page_stays(shared):
    log = (LOGS / "stalled.json").read_text("utf-8")
    assert shared.page.evaluate(DROP, [[["mine.json", log]], False]) == [True, True, True, False]
    shared.says("^mine.json: stalled")
    shared.page.evaluate(DROP, [[["a.json", log], ["b.json", log]], False])
    shared.says("^Several files at once: drop one log at a time.$")
    shared.page.evaluate(DROP, [[], False])
    shared.says("^That was not a file.")


HOSTILE = (
    "\"\"\"');import js;js.document.title='owned';x=('</script><img src=x onerror=document.title='owned'>"
)


def test_a_hostile_file_is_data_and_nothing_else(own, page):
    title = page.title()
    rows = [
        {"step": step, "eval_loss": 1 / step, HOSTILE: HOSTILE, "loss": 2 / step, "epoch": step}
        for step in range(1, 6)
    ]
    content = json.dumps({"log_history": rows, HOSTILE: HOSTILE}).encode()
    name = "=cmd('x')</script><img src=x onerror=alert(1)>\"\\.json"
    own.bring(name, content)
    own.says(re.escape(f"{name}: "))
    expect(own.result).to_contain_text(name)
    bad = f"step,val_loss,{HOSTILE}\n1,{HOSTILE.replace(',', ' ')},1\n"
    own.bring("bad.csv", bad.encode()).says("bad.csv")
    own.bring("bad.json", json.dumps({"log_history": [{"step": HOSTILE, "loss": 1}]}).encode())
    own.says("^bad.json, entry 1: step is ")
    assert "import js" in own.status.inner_text()  # shown as the text it is
    assert page.title() == title
    assert own.place.locator("img[src], script:not([type='application/json'])").count() == 0
    own.bring("stalled.json").says("^stalled.json: stalled")


def test_python_code_gets_the_log_as_data(own, page):
    """What is sent to Python as code is the same whatever the log holds."""
    page.evaluate(
        "() => { const post = Worker.prototype.postMessage; window.sent = [];"
        "Worker.prototype.postMessage = function (message, ...more) {"
        " window.sent.push([message.code, message.given?.name, message.given?.content?.length]);"
        " return post.call(this, message, ...more) } }"
    )
    hostile = f"{HOSTILE}.csv".replace("/", "")
    for name, content in (("one.csv", b"step,val_loss\n1,1\n"), (hostile, HOSTILE.encode())):
        own.bring(name, content).says(f"^{re.escape(name)}(:|, line)")
    sent = page.evaluate("sent")
    assert len(sent) == 2 and sent[0][0] == sent[1][0]
    assert sent[1][1:] == [hostile, len(HOSTILE)]


def test_nothing_is_sent_anywhere(own, watch):
    own.bring("stalled.json").says("^stalled.json: stalled")
    expect(own.picture).to_be_visible()
    before = len(watch.requests)
    own.bring("collapsed.json").says("^collapsed.json: collapsed")
    expect(own.verdict).to_have_text("Verdict: collapsed")
    later = [url for url in watch.requests[before:] if not url.startswith(("data:", "blob:"))]
    assert later == []


def test_the_examples_say_nothing_before_they_are_tried_and_can_be_saved(shared):
    page = shared.page
    before = shared.place.locator(".own-run-examples")
    for word in ("collapsed", "stalled", "overfitting", "healthy", "seed"):
        assert word not in before.inner_html()
    verdicts = []
    for number in range(1, before.get_by_role("button").count() + 1):
        before.get_by_role("button", name=f"Try example {number}").click()
        shared.says(f"^Example {number}: ")
        verdicts.append(shared.verdict.inner_text().removeprefix("Verdict: "))
        with page.expect_download() as saved:
            before.get_by_role("link", name=f"Save example {number}").click()
        assert saved.value.suggested_filename == f"example-{number}.json"
        assert "log_history" in json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert sorted(verdicts) == ["collapsed", "converged", "converged, overfitting", "stalled"]


def test_an_example_that_does_not_arrive_is_said_and_comes_the_next_time(own, page, watch):
    watch.expect_error("example-1.json")
    page.route("**/_logs/example-1.json", lambda route: route.fulfill(status=503))
    button = own.place.get_by_role("button", name="Try example 1")
    button.click()
    own.says("^Example 1 did not arrive. Check the connection, then try again.$")
    page.unroute("**/_logs/example-1.json")
    button.click()
    own.says("^Example 1: converged, overfitting")


def test_what_was_said_while_python_started_is_not_written_over(own):
    own.place.get_by_role("button", name="Try example 1").click()
    own.open_paste()
    own.judge.click()
    own.says("^There is no text yet")
    expect(own.place).not_to_have_attribute("aria-busy", "true", timeout=LONG)
    own.says("^There is no text yet")


def test_a_chart_that_does_not_arrive_is_said_and_comes_the_next_time(own, page, watch):
    watch.expect_error("chart.js")
    page.route("**/widgets/chart.js*", lambda route: route.fulfill(status=503))
    own.bring("stalled.json").says("^stalled.json: stalled")
    expect(own.result).to_contain_text("The chart did not arrive. The verdict does not need it")
    page.unroute("**/widgets/chart.js*")
    own.bring("overfitting.json").says("^overfitting.json: converged")
    expect(own.picture).to_be_visible()


def test_the_worksheets_row_is_filled_on_request_and_nothing_there_is_lost(own, page):
    own.bring("stalled.json").says("^stalled.json: stalled")
    assert own.kept() == [None, None, None]
    own.fill.click()
    expect(own.filled).to_contain_text("Row run 1 is filled. Your own judgement is still yours to write")
    assert own.kept() == ["fell by 0.0032", "converged", "stalled"]
    # The row further down the page shows what it now holds.
    there = page.locator("[data-row=run-1]").locator(
        "input:not([type=radio]), input:checked, textarea, select"
    )
    assert [field.input_value() for field in there.all()][:3] == own.kept()
    own.fill.click()  # the same again is no loss
    expect(own.over).to_be_hidden()
    own.bring("overfitting.json").says("^overfitting.json: converged")
    own.fill.click()
    expect(own.filled).to_have_text("That row already says: fell by 0.0032; converged; stalled.")
    assert own.kept()[2] == "stalled"
    own.row.select_option("run 2")
    expect(own.over).to_be_hidden()
    own.fill.click()
    assert (
        page.evaluate("localStorage['downhill-answer b-convergence.run-2.verdict']")
        == "converged, overfitting"
    )
    own.row.select_option("run 1")
    own.fill.click()
    own.over.click()
    assert own.kept() == ["rose by 0.0616", "not converged", "converged, overfitting"]
    expect(own.fill).to_be_focused()
    address = own.filled.get_by_role("link").evaluate("link => link.href")
    assert page.request.get(address).ok


def test_where_nothing_can_be_kept_the_row_is_said_to_be_written_down(own, page):
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('x', 'QuotaExceededError') } }"
    )
    own.bring("stalled.json").says("^stalled.json: stalled")
    own.fill.click()
    expect(own.filled).to_contain_text(
        "This browser did not keep it. Write it down: the validation loss fell by 0.0032"
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('no'))", None),
        (
            "globalThis.Worker = class { constructor() { throw new DOMException('no', 'SecurityError') } }",
            "^This browser did not let the page start Python: it blocks workers here. The command line",
        ),
    ],
)
def test_where_python_cannot_run_the_page_says_how_to_get_the_verdict(page, site, watch, script, said):
    watch.expect_error("WebAssembly|wasm")
    if said is None:  # a worker is out of an init script's reach: the policy is what an employer would set
        said = "^This browser does not run WebAssembly, which Python needs here.* The command line"

        def stricter(route):
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text().replace(" 'wasm-unsafe-eval'", ""))

        page.route("**" + ADDRESS, stricter)
    else:
        page.add_init_script(script)
    own = opened(page, site)
    own.bring("stalled.json").says(said)
    expect(page.get_by_text("python -m lab verdict trainer_state.json")).to_be_visible()
    expect(own.place.locator(".own-run-result")).to_be_hidden()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (
            "**/python_stdlib.zip",
            "^Python could not start: a part of it did not arrive. Check the connection",
        ),
        ("**/wheels/*.whl", "^The book’s lab did not arrive. Check the connection"),
    ],
)
def test_a_part_of_python_that_does_not_arrive_is_said_and_comes_the_next_time(page, site, watch, part, said):
    watch.expect_error("503|Failed to load|pyodide|python_stdlib")
    page.context.route(part, lambda route: route.fulfill(status=503))
    own = opened(page, site)
    own.bring("stalled.json").says(said)
    page.context.unroute(part)
    own.bring("stalled.json").says("^stalled.json: stalled")


def test_without_javascript_the_page_says_how_and_the_examples_can_be_saved(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + ADDRESS)
    place = page.locator("[data-widget=own-run]")
    expect(place).to_contain_text("This part of the page needs JavaScript")
    expect(page.get_by_text("python -m lab verdict trainer_state.json")).to_be_visible()
    with page.expect_download() as saved:
        place.get_by_role("link", name="Save example 1").click()
    assert saved.value.suggested_filename == "example-1.json"


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_with_everything_open(new_context, site, width):
    context = new_context(viewport={"width": width, "height": 900})
    own = opened(context.new_page(), site)
    own.open_paste()
    own.bring("overfitting.json").says("^overfitting.json: converged")
    expect(own.picture).to_be_visible()
    own.result.get_by_text("The numbers behind this figure").click()
    own.fill.click()
    assert violations(own.page) == []
    own.bring("ragged.csv").says("^ragged.csv, line 3")
    assert violations(own.page) == []


def test_a_verdict_fits_a_narrow_phone(new_context, site):
    own = opened(new_context(viewport={"width": 320, "height": 800}).new_page(), site)
    own.open_paste()
    long = "a" * 120
    own.bring(f"{long}.json", (LOGS / "overfitting.json").read_bytes()).says(f"^{long}.json: converged")
    expect(own.picture).to_be_visible()
    own.fill.click()
    assert own.page.evaluate("document.documentElement.scrollWidth") <= 320
    for button in own.place.get_by_role("button").all():
        if button.is_visible():
            assert button.bounding_box()["height"] >= 44

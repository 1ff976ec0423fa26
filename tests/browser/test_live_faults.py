"""What can go wrong with Python in the browser, done on purpose.

Each time our result stays, one sentence says what happened and what to do, and after the fault is gone the
next press of Run code works.
"""

import re
from pathlib import Path

import pytest
from live import LONG, open_cells
from playwright.sync_api import expect

PAGE_FILE = Path(__file__).parent / "pages" / "live.html"
NEXT_STEP = re.compile("[Pp]ress Run code|Try another browser|choose ")


def says(cell, pattern: str) -> None:
    """``cell`` failed with a sentence like ``pattern`` that names a next step; our result still stands."""
    expect(cell.status).to_have_text(re.compile(pattern), timeout=LONG)
    expect(cell.status).to_have_text(NEXT_STEP)
    expect(cell.ours).to_contain_text("step 2")
    expect(cell.stop).to_be_hidden()


def works_again(cell) -> None:
    cell.finish("'works again'")
    assert cell.output.strip() == "'works again'"


def test_the_browser_refuses_workers(page, site):
    page.add_init_script(
        "const Real = Worker; window.allow = () => (window.Worker = Real);"
        "window.Worker = function () { throw new DOMException('refused', 'SecurityError') }"
    )
    first = open_cells(page, site)[0].start()
    says(first, "it blocks workers here")
    page.evaluate("void allow()")
    works_again(first)


def with_policy(page, site, old: str, new: str):
    """Serve the page with ``old`` replaced by ``new`` in its policy; return how to stop that."""

    def change(route):
        text = PAGE_FILE.read_text("utf-8")
        assert old in text
        route.fulfill(body=text.replace(old, new), content_type="text/html")

    page.route(f"{site}/tests/live.html", change)
    return lambda: page.unroute(f"{site}/tests/live.html", change)


def test_a_policy_refuses_the_worker(page, site, watch):
    watch.expect_error("Content Security Policy|content security policy")
    lift = with_policy(page, site, "worker-src 'self' blob:", "worker-src 'none'")
    first = open_cells(page, site)[0].start()
    says(first, "it blocks workers here")
    lift()
    works_again(open_cells(page, site)[0])


def test_webassembly_is_refused_in_the_worker_as_on_its_page(page, site, watch):
    watch.expect_error("WebAssembly|wasm-eval")
    lift = with_policy(page, site, " 'wasm-unsafe-eval'", "")
    first = open_cells(page, site)[0].start()
    says(first, "does not run WebAssembly")
    lift()
    works_again(open_cells(page, site)[0])


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("pyodide/pyodide.mjs", "Python could not start: .* did not arrive"),
        ("pyodide/pyodide.asm.mjs", r"the Python interpreter \(pyodide.asm.mjs\) did not arrive"),
        ("pyodide/pyodide.asm.wasm", r"the Python interpreter \(pyodide.asm.wasm\) did not arrive"),
        ("pyodide/python_stdlib.zip", r"Python’s own library \(python_stdlib.zip\) did not arrive"),
        ("live/worker.js", r"the program that starts Python \(worker.js\) did not arrive"),
        ("live/runner.py", r"runner.py did not arrive"),
        ("live/display.py", r"display.py did not arrive"),
        ("wheels/pyodide-lock.json", r"pyodide-lock.json did not arrive"),
    ],
)
def test_a_file_is_missing(page, site, watch, missing, sentence):
    # Pyodide complains of what it misses in words of its own, where it has the time before it is ended.
    watch.expect_error("404|net::ERR|/_static/pyodide/pyodide")
    page.context.route(f"**/_static/{missing}*", lambda route: route.fulfill(status=404, body="not here"))
    first = open_cells(page, site)[0].start()
    says(first, sentence)
    page.context.unroute(f"**/_static/{missing}*")
    works_again(first)


def test_the_wheel_is_missing(page, site, watch):
    watch.expect_error("404")
    first, second, *_ = open_cells(page, site)
    second.finish("kept = 'kept'")
    page.context.route("**/*.whl", lambda route: route.fulfill(status=404, body="not here"))
    first.write("import lab\nkept").start()
    says(first, "The book’s lab, which this code imports, did not arrive")
    page.context.unroute("**/*.whl")
    assert first.finish().output.strip() == "'kept'"


def test_a_file_of_the_page_itself_is_missing(page, site, watch):
    watch.expect_error("404")
    page.context.route("**/live/chooser.js*", lambda route: route.fulfill(status=404, body="not here"))
    first = open_cells(page, site)[0]
    first.where.click()
    says(first, r"A part of this page, chooser.js, did not arrive")
    page.context.unroute("**/live/chooser.js*")
    first.where.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_editor_is_missing_and_the_code_still_runs(page, site, watch):
    watch.expect_error("404")
    page.context.route("**/codemirror.js*", lambda route: route.fulfill(status=404, body="not here"))
    first = open_cells(page, site)[0]
    first.code.click()
    page.wait_for_timeout(500)
    first.finish()
    assert first.output == "step 0\nstep 1\nstep 2\n"
    page.context.unroute("**/codemirror.js*")
    works_again(first)


@pytest.mark.parametrize(
    "code", ["import js\njs.close()", "import os\nos._exit(1)", "import ctypes\nctypes.string_at(0x7fff0000)"]
)
def test_the_interpreter_dies(page, site, watch, code):
    watch.expect_error("fatal error|memory access out of bounds|RuntimeError")
    first = open_cells(page, site)[0].finish(code)
    says(first, "Python ended unexpectedly and has forgotten every name")
    works_again(first)


def test_the_interpreter_dies_while_nothing_runs(page, site):
    first, second, *_ = open_cells(page, site)
    second.finish("import js\njs.setTimeout(js.close, 300)\nNone")
    expect(first.words).to_have_text("", timeout=LONG)  # Python is not ready any more
    works_again(first)


def test_memory_runs_out(page, site):
    first = open_cells(page, site)[0]
    first.finish("hoard = [0] * 10**9")
    expect(first.yours).to_contain_text("MemoryError")
    expect(first.yours).to_contain_text("Python in this browser ran out of memory. Make the code smaller")
    works_again(first)


def test_recursion_has_an_end(page, site):
    first = open_cells(page, site)[0].finish("def again(): again()\nagain()")
    expect(first.yours).to_contain_text("RecursionError")
    works_again(first)


def test_the_first_thing_a_cell_shows_may_need_a_part_that_is_missing(page, site, watch):
    watch.expect_error("404")
    page.context.route("**/dompurify.js*", lambda route: route.fulfill(status=404, body="not here"))
    first = open_cells(page, site)[0].finish("from IPython.display import HTML\nHTML('<b>bold</b>')")
    expect(first.yours).to_contain_text("did not arrive")
    page.context.unroute("**/dompurify.js*")
    first.finish()
    expect(first.yours.locator("b")).to_have_text("bold")

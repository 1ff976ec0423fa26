"""Live cells in the reader's own browser: running, editing, stopping, showing, and every cell of the book."""

import json
import os
import re
from pathlib import Path

import pytest
from live import LONG, PAGE, cells, open_cells
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]


def built_folder() -> Path:
    return Path(os.environ.get("DOWNHILL_HTML", REPOSITORY / "_build" / "html"))


def pages_with_cells() -> list[str]:
    folder = built_folder()
    found = [path for path in folder.rglob("*.html") if "_static" not in path.relative_to(folder).parts]
    return sorted(
        path.relative_to(folder).as_posix()
        for path in found
        if '<div class="cell_input' in path.read_text("utf-8")
    )


def words_and_charts(output) -> list:
    """What an output holds: its text as it stands, and each chart as its specification.

    Printed text that Jupyter passed on in several pieces is one text.
    """
    shown: list = []
    streaming = False
    for part in output.locator(":scope > .output").all():
        spec = part.locator("script.chart-spec")
        content = json.loads(spec.text_content()) if spec.count() else part.text_content().strip("\n")
        goes_on = streaming and "stream" in part.get_attribute("class").split()
        streaming = "stream" in part.get_attribute("class").split()
        if goes_on:
            shown[-1] += "\n" + content
        else:
            shown.append(content)
    return shown


def test_the_book_has_pages_with_cells(html):
    assert len(pages_with_cells()) >= 2


@pytest.mark.parametrize("path", pages_with_cells())
def test_every_cell_of_the_book_gives_our_result_live(page, site, path):
    page.goto(f"{site}/{path}")
    for cell in cells(page):
        if "tag_needs-torch" in cell.place.get_attribute("class").split():
            continue
        for fold in cell.place.locator("details.hide > summary").all():
            fold.click()
        stored = cell.place.locator(".cell_output:not(.live-output)")
        ours = words_and_charts(stored) if stored.count() else []
        cell.finish()
        expect(cell.status).to_have_text(re.compile("^Done"), timeout=LONG)
        expect(cell.place.locator("[aria-busy=true]")).to_have_count(0, timeout=LONG)
        assert words_and_charts(cell.place.locator(".live-output")) == ours


@pytest.fixture(scope="module")
def shared(shared_page, site):
    """The first two cells of a page on which Python is ready, for tests that need no page of their own."""
    first, second, *_ = open_cells(shared_page, site)
    first.finish()
    return first, second


def test_a_page_without_javascript_shows_code_and_our_result(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + PAGE)
    expect(page.locator("#first .cell_input")).to_contain_text("for step in range(steps):")
    expect(page.locator("#first .cell_output")).to_have_text("step 0\nstep 1\nstep 2\n", use_inner_text=False)
    expect(page.get_by_role("button")).to_have_count(0)


def test_our_result_stays_until_there_is_something_new_and_comes_back(page, site):
    first = open_cells(page, site)[0]
    first.write("import time\ntime.sleep(10)\nprint('mine')").start()
    expect(first.status).to_have_text("Running …", timeout=LONG)
    expect(first.ours).to_be_visible()
    expect(first.ours).to_contain_text("step 2")
    first.ended()
    expect(first.yours).to_contain_text("mine")
    expect(first.ours).to_have_count(0)
    first.swap.click()
    expect(first.ours).to_contain_text("step 2")
    first.swap.click()
    expect(first.yours).to_contain_text("mine")


def test_a_run_that_shows_nothing_leaves_our_result(shared):
    first = shared[0].finish("quiet = 1")
    expect(first.status).to_have_text(re.compile("^Done .* This code showed nothing.$"))
    expect(first.ours).to_contain_text("step 2")


def test_each_output_is_under_its_own_cell_in_whatever_order_cells_run(page, site):
    first, second, third, _ = open_cells(page, site)
    third.finish("print('from three')")
    second.finish("'from two'")
    first.finish("print('from one')")
    assert [cell.output.strip() for cell in (first, second, third)] == [
        "from one",
        "'from two'",
        "from three",
    ]


def test_run_all_above_runs_them_in_order_and_stops_at_an_error(page, site):
    first, second, third, _ = open_cells(page, site)
    third.above.click()
    second.ended()
    assert (first.output, second.output.strip()) == ("step 0\nstep 1\nstep 2\n", "42")
    first.write("1 / 0")
    third.above.click()
    second.ended()
    expect(first.status).to_have_text("Python reported an error: it is shown below.")
    expect(second.status).to_have_text("Not run, because a cell before it did not finish.")


def test_output_streams_while_the_cell_runs(shared):
    first = shared[0]
    first.write("import time\nprint('begun', end='')\ntime.sleep(10)\nprint(' and ended')").start()
    expect(first.yours).to_contain_text("begun", timeout=LONG)
    expect(first.status).to_have_text("Running …")
    assert "ended" not in first.output
    first.ended()
    assert first.output.strip() == "begun and ended"


def test_a_traceback_starts_at_the_readers_own_line(shared):
    first = shared[0].finish("def share(parts):\n    return 1 / parts\nshare(0)")
    lines = first.output.strip().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].strip() == 'File "Cell 1", line 3, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"
    first.finish("print(1")
    assert first.output.strip().endswith("SyntaxError: '(' was never closed")


def test_await_works_at_the_top_of_a_cell(shared):
    first = shared[0].finish("import asyncio\nawait asyncio.sleep(0, 'awaited')")
    assert first.output.strip() == "'awaited'"


def test_display_update_clear_and_progress(shared):
    first, second = shared
    first.finish(
        "from IPython.display import HTML, ProgressBar, clear_output, display\n"
        "print('gone')\nclear_output(wait=True)\n"
        "handle = display(HTML('<b>first</b>'), display_id=True)\n"
        "for i in ProgressBar(3): pass"
    )
    expect(first.yours.locator("b")).to_have_text("first")
    expect(first.yours.get_by_role("progressbar")).to_have_attribute("value", "3")
    assert "gone" not in first.output
    second.finish("handle.update(HTML('<b>second</b>'))")
    expect(first.yours.locator("b")).to_have_text("second")
    expect(second.yours).to_have_count(0)
    first.finish("for i in range(3):\n    print(f'\\r{i} of 2', end='')")
    assert first.output.strip() == "2 of 2"


def test_html_is_purified_and_pictures_are_shown(page, site, watch):
    # What DOMPurify takes away, the policy would have refused too; the picture x is nowhere.
    watch.expect_error("inline event handler|/tests/x")
    first = open_cells(page, site)[0]
    first.finish(
        "from IPython.display import HTML\n"
        'HTML(\'<p id=kept onclick="x()">kept<script>document.title = "run"</script>'
        '<img src=x onerror="document.title = 1"><style>body{display:none}</style></p>\')'
    )
    expect(first.yours.locator("#kept")).to_be_visible()
    assert first.yours.locator("#kept").get_attribute("onclick") is None
    assert first.yours.locator("script, style").count() == 0
    assert page.title() == "Live cells, one of each kind"
    first.finish(
        "import struct, zlib\nfrom IPython.display import Image\n"
        "def chunk(kind, data):\n"
        "    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))\n"
        "Image(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 5, 4, 8, 0, 0, 0, 0))\n"
        "      + chunk(b'IDAT', zlib.compress(bytes(4 * 6))) + chunk(b'IEND', b''), alt='five by four')"
    )
    image = first.yours.get_by_role("img", name="five by four")
    expect(image).to_have_js_property("naturalWidth", 5)


def test_a_chart_is_drawn_from_its_specification_and_redrawn_by_an_update(shared):
    first = shared[0]
    first.finish(
        "from IPython.display import display\nfrom lab import charts\n"
        "def draw(height):\n"
        "    spec = charts.line([(0, 0), (1, height)], 'step', 'height')\n"
        "    return charts.Chart(spec, 'A caption.', f'up to {height}')\n"
        "handle = display(draw(1), display_id=True)\nhandle.update(draw(2))"
    )
    figure = first.yours.get_by_role("figure")
    expect(figure.get_by_role("img", name="up to 2")).to_be_visible()
    expect(figure.locator("svg path").first).to_be_attached()
    expect(figure.locator("figcaption")).to_have_text("A caption.")
    figure.get_by_text("The numbers behind this figure").click()
    expect(figure.get_by_role("row")).to_have_count(3)


@pytest.mark.parametrize(
    ("part", "late"),
    [
        ("**/vendor/dompurify.js*", "HTML('<b>late</b>')"),
        ("**/widgets/chart.js*", "charts.Chart(charts.line([(0, 0)], 'x', 'y'), 'late', 'late')"),
    ],
    ids=["HTML", "chart"],
)
def test_what_waits_for_a_part_of_the_page_does_not_overwrite_what_came_after(page, site, part, late):
    held = []
    page.context.route(part, lambda route: held.append(route))
    first, second, *_ = open_cells(page, site)
    show = "from IPython.display import HTML, display\nfrom lab import charts\n"
    first.finish(f"{show}handle = display({late}, display_id=True)\nhandle.update('early')")
    expect(first.yours).to_contain_text("early")
    for route in held:
        route.continue_()
    page.context.unroute(part)
    # As soon as the part is there.
    second.finish(f"display({late})")
    expect(second.yours).to_contain_text("late")
    assert first.output.strip() == "'early'"


def test_there_is_one_dialog_however_often_it_is_asked_for(page, site):
    held = []
    page.context.route("**/live/chooser.js*", lambda route: held.append(route))
    first, second, *_ = open_cells(page, site)
    first.where.click()
    second.where.click()
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    second.where.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_stored_run_is_read_from_the_site(shared, html):
    runs = sorted(path.stem for path in (html / "_runs").glob("[!_]*.json"))
    assert runs
    first = shared[0].finish(f"from lab import records\nrecords.load({runs[0]!r}).id")
    assert first.output.strip() == repr(runs[0])


def test_too_much_output_is_cut_with_a_sentence_and_the_page_goes_on(shared):
    first, second = shared
    first.finish("for i in range(200_000): print('a line of the flood', i)")
    expect(first.yours).to_contain_text("the page stops showing it here")
    assert 90_000 < len(first.output) < 101_000
    first.finish("from IPython.display import HTML\nfor i in range(500): display(HTML('<i>x</i>'))")
    expect(first.yours.locator("i")).to_have_count(200)
    expect(first.yours).to_contain_text("the page stops showing it here")
    assert second.finish("'still here'").output.strip() == "'still here'"


def test_the_page_answers_while_a_cell_floods_it(page, site):
    first = open_cells(page, site)[0]
    first.write(
        "from IPython.display import clear_output\nwhile True:\n"
        "    clear_output(wait=True)\n    print('again')"
    ).start()
    expect(first.yours).to_contain_text("again", timeout=LONG)
    first.stop.click()
    expect(first.status).to_contain_text("Stopped.", timeout=5000)


def test_the_reader_edits_runs_by_keys_and_tab_goes_on(page, site):
    first = open_cells(page, site)[0]
    page.keyboard.press("Tab")
    expect(first.code).to_be_focused()
    expect(first.place.locator(".cm-content")).to_be_focused(timeout=10_000)
    expect(first.code).to_have_accessible_name("Code of cell 1")
    page.keyboard.press("Control+a")
    page.keyboard.type("'by keys'")
    page.keyboard.press("Shift+Enter")
    expect(first.yours).to_contain_text("'by keys'", timeout=LONG)
    first.ended()
    page.keyboard.type("[:4]")
    page.keyboard.press("Control+Enter")
    expect(first.yours).to_contain_text("'by k'", timeout=LONG)
    page.keyboard.press("Tab")
    expect(first.run).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(first.code).to_be_focused()


def test_the_editor_is_fetched_with_the_first_focus_only(page, site, watch):
    first = open_cells(page, site)[0]
    first.finish()
    assert not any("codemirror" in url for url in watch.requests)
    first.code.click()
    expect(first.place.locator(".cm-content")).to_be_focused()
    assert sum("codemirror" in url for url in watch.requests) == 1


def test_the_editor_stands_exactly_where_the_code_stood(page, site):
    first = open_cells(page, site)[0]
    before = first.place.bounding_box()
    first.code.click()
    expect(first.place.locator(".cm-content")).to_be_focused()
    after = first.place.bounding_box()
    assert abs(before["height"] - after["height"]) < 1.5


def test_edits_survive_a_reload_and_reset_forgets_them(page, site):
    first = open_cells(page, site)[0]
    expect(first.reset).to_be_hidden()
    first.write("'edited'")
    page.reload()
    first = cells(page)[0]
    expect(first.code).to_have_text("'edited'")
    assert first.finish().output.strip() == "'edited'"
    first.reset.click()
    expect(first.code).to_contain_text("for step in range(steps):")
    expect(first.run).to_be_focused()
    expect(first.reset).to_be_hidden()
    page.reload()
    expect(cells(page)[0].code).to_contain_text("for step in range(steps):")


def test_a_browser_that_refuses_storage_still_runs_and_edits(page, site):
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name,"
        " { get() { throw new DOMException('refused', 'SecurityError') } })"
    )
    first = open_cells(page, site)[0]
    assert first.finish("'no storage'").output.strip() == "'no storage'"


def test_stop_ends_an_endless_loop_and_the_next_run_works(page, site):
    first = open_cells(page, site)[0]
    first.write("while True: pass").start()
    expect(first.status).to_have_text("Running …", timeout=LONG)
    first.stop.click()
    expect(first.status).to_have_text(
        re.compile("^Stopped. Python starts afresh and has forgotten every name")
    )
    expect(first.stop).to_be_hidden()
    expect(first.run).to_be_focused()
    expect(first.ours).to_contain_text("step 2")
    assert first.finish("'back'").output.strip() == "'back'"


def test_a_waiting_cell_says_so_and_can_be_taken_back(page, site):
    first, second, *_ = open_cells(page, site)
    first.write("while True: pass").start()
    expect(first.status).to_have_text("Running …", timeout=LONG)
    second.start()
    expect(second.status).to_have_text("Waiting for the cell that runs now …")
    second.stop.click()
    expect(second.status).to_have_text("Stopped.")
    expect(first.status).to_have_text("Running …")
    first.stop.click()


def test_on_a_desktop_python_starts_by_itself_and_then_answers_at_once(page, site):
    first = open_cells(page, site)[0]
    expect(first.words).to_have_text("Python is ready in this browser", timeout=LONG)
    assert first.finish("'at once'").output.strip() == "'at once'"


@pytest.mark.parametrize(
    ("options", "script"),
    [
        ({"is_mobile": True, "has_touch": True, "viewport": {"width": 390, "height": 844}}, ""),
        ({}, "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"),
        ({}, "Object.defineProperty(navigator, 'connection', { value: { type: 'cellular' } })"),
    ],
    ids=["phone", "saves data", "metered"],
)
def test_elsewhere_nothing_is_fetched_before_run_which_says_how_much(
    new_context, site, watch, options, script
):
    page = new_context(**options).new_page()
    page.add_init_script(script)
    first = open_cells(page, site)[0]
    expect(first.words).to_have_text("The first run fetches 6.3 MB from this site, once")
    page.wait_for_timeout(4000)
    assert not any("pyodide" in url for url in watch.requests)
    first.start()
    expect(first.status).to_have_text("Python is starting: it fetches 6.3 MB from this site, once …")
    first.ended()
    assert any("pyodide.asm.wasm" in url for url in watch.requests)
    assert first.output == "step 0\nstep 1\nstep 2\n"


def test_the_books_package_is_fetched_on_import_and_not_before(page, site, watch):
    first = open_cells(page, site)[0].finish("1 + 1")
    assert not any(url.endswith(".whl") for url in watch.requests)
    first.finish("import lab")
    assert sum(url.endswith(".whl") for url in watch.requests) == 1


def test_a_status_is_announced_once_and_by_its_own_cell(page, site):
    # How long a run takes here is no part of what is announced.
    page.add_init_script("performance.now = () => 0")
    first, second, *_ = open_cells(page, site)
    first.finish("1 + 1")
    expect(first.status).to_have_text("Done in under 0.1 s.")
    expect(second.status).to_have_text("")
    expect(second.words).to_have_text("Python is ready in this browser")


def test_a_missing_module_says_where_there_are_more(shared):
    first = shared[0].finish("import numpy")
    assert "ModuleNotFoundError: No module named 'numpy'" in first.output
    expect(first.yours).to_contain_text("A Jupyter server has more")


def test_a_name_that_a_cell_above_gives_says_which_buttons_bring_it(shared):
    first = shared[0].finish("print(made_further_up)")
    assert "NameError: name 'made_further_up' is not defined" in first.output
    expect(first.yours).to_contain_text("press Run all above, then Run code")


def test_input_says_that_it_cannot_ask(shared):
    first = shared[0].finish("input('your name?')")
    assert "EOFError: input() cannot ask a question on this page" in first.output

"""Live cells on a real Jupyter server: the reader's own, and the one that runs beside the page."""

import re
import time
from urllib.parse import urlsplit

import pytest
from live import LONG, cells, open_cells
from playwright.sync_api import expect
from stand_ins import free_port, jupyter


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):
    with jupyter(site, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


def own(page, cell, url: str, token: str) -> None:
    """Choose one's own server, as a reader does."""
    cell.where.click()
    dialog = page.get_by_role("dialog", name="Where shall the code run?")
    dialog.get_by_role("radio", name="Your own Jupyter server").check()
    dialog.get_by_role("textbox", name="Address of the server").fill(url)
    dialog.get_by_label("Token").fill(token)
    dialog.get_by_role("button", name="Run it there").click()
    expect(dialog).to_be_hidden()


def test_cells_run_on_the_readers_own_server(page, site, server, watch):
    first, second, third, torch = open_cells(page, site)
    assert watch.foreign() == []
    watch.expect_origin(server.url)
    own(page, first, server.url, server.token)
    expect(first.where).to_have_text("Runs on your Jupyter server")
    first.finish(
        "import sys\nsteps = 3\nprint('on', sys.implementation.name)\nprint('to err', file=sys.stderr)"
    )
    # A Jupyter server sends the two streams each in its own time.
    assert sorted(first.output.split()) == ["cpython", "err", "on", "to"]
    assert second.finish().output.strip() == "42"
    third.finish("1 / 0")
    assert "ZeroDivisionError: division by zero" in third.output
    assert "\x1b" not in third.output
    assert torch.finish().output.strip() == "on a server"


def test_what_is_run_before_the_tabs_choice_is_known_runs_there(page, site, server, watch):
    watch.expect_origin(server.url)
    page.add_init_script("sessionStorage.setItem('downhill-place', JSON.stringify({ kind: 'local' }))")
    asked = []
    page.context.route("**/_local/kernel.json", lambda route: asked.append(route))
    first = open_cells(page, site)[0]
    first.write("import sys\n'browser' if sys.platform == 'emscripten' else 'server'").start()
    page.wait_for_timeout(200)
    asked[0].fulfill(json={"baseUrl": server.url, "token": server.token})
    expect(first.yours).to_have_text(re.compile("'server'"), timeout=LONG)


def test_rich_outputs_of_a_server(page, site, server, watch):
    watch.expect_origin(server.url)
    first, second, *_ = open_cells(page, site)
    own(page, first, server.url, server.token)
    first.finish(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "from IPython.display import HTML, clear_output, display\n"
        "print('gone')\nclear_output(wait=True)\nhandle = display(HTML('<b>first</b>'), display_id=True)\n"
        "plt.plot([1, 2, 4])\nplt.show()"
    )
    assert "gone" not in first.output
    picture = first.yours.get_by_role("img")
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 100", arg=picture.element_handle()
    )
    second.finish("handle.update(HTML('<b>second</b>'))")
    expect(first.yours.locator("b")).to_have_text("second")


def test_stop_interrupts_and_names_stay(page, site, server, watch):
    watch.expect_origin(server.url)
    first = open_cells(page, site)[0]
    own(page, first, server.url, server.token)
    first.finish("kept = 'kept'")
    first.write("while True: pass").start()
    expect(first.status).to_have_text("Running …", timeout=LONG)
    first.stop.click()
    expect(first.status).to_have_text("Stopped.", timeout=LONG)
    assert first.finish("kept").output.strip() == "'kept'"


def test_the_server_beside_the_page_is_offered_by_itself(page, site, server, watch):
    page.context.route(
        "**/_local/kernel.json",
        lambda route: route.fulfill(json={"baseUrl": server.url, "token": server.token}),
    )
    *_, torch = open_cells(page, site)
    torch.start()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("PyTorch")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    expect(dialog).to_contain_text(f"The code is sent to {urlsplit(server.url).netloc}")
    assert watch.foreign() == []
    watch.expect_origin(server.url)
    dialog.get_by_role("button", name="Run it there").click()
    torch.ended()
    assert torch.output.strip() == "on a server"
    # The choice holds for the tab, and is told before anything is contacted again.
    page.reload()
    torch = cells(page)[-1]
    expect(torch.where).to_have_text("Runs in Jupyter on this computer")
    assert torch.finish().output.strip() == "on a server"


def test_nothing_is_chosen_by_cancel_or_escape(page, site):
    first, *_ = open_cells(page, site)
    first.where.click()
    page.get_by_role("button", name="Cancel").click()
    first.where.click()
    expect(page.get_by_role("radio", name="In this browser")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(first.where).to_be_focused()
    expect(first.where).to_have_text("Runs in this browser")


def test_the_token_is_kept_nowhere_but_in_memory(page, site, server, watch):
    watch.expect_origin(server.url)
    first = open_cells(page, site)[0]
    own(page, first, f"{server.url}lab?token={server.token}", "")
    assert first.finish("1 + 1").output.strip() == "2"
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert server.token not in stored


def test_an_address_that_is_none_is_refused_in_the_form(page, site):
    first = open_cells(page, site)[0]
    first.where.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Your own Jupyter server").check()
    dialog.get_by_role("textbox", name="Address of the server").fill("my server")
    dialog.get_by_role("button", name="Run it there").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Write the address with http:// or https://")
    expect(dialog.get_by_role("textbox", name="Address of the server")).to_be_focused()


def test_a_wrong_token(page, site, server, watch):
    watch.expect_origin(server.url)
    watch.expect_error("403|CORS|ERR_FAILED")
    first = open_cells(page, site)[0]
    own(page, first, server.url, "wrong")
    first.start()
    expect(first.status).to_have_text(re.compile("refused the token. Copy the token again"), timeout=LONG)
    expect(first.ours).to_contain_text("step 2")
    own(page, first, server.url, server.token)
    assert first.finish("'right'").output.strip() == "'right'"


def test_a_server_that_does_not_answer(page, site, server, watch):
    nobody = f"http://127.0.0.1:{free_port()}/"
    watch.expect_origin(nobody)
    watch.expect_origin(server.url)
    watch.expect_error("CONNECTION_REFUSED|ERR_FAILED")
    first = open_cells(page, site)[0]
    own(page, first, nobody, "any")
    first.start()
    expect(first.status).to_have_text(re.compile("does not answer. Start it"), timeout=LONG)
    expect(first.ours).to_contain_text("step 2")
    own(page, first, server.url, server.token)
    assert first.finish("'here'").output.strip() == "'here'"


def test_a_server_that_does_not_accept_this_page(page, site, watch, tmp_path):
    with jupyter("http://elsewhere.example", tmp_path) as other:
        watch.expect_origin(other.url)
        watch.expect_error("CORS|ERR_FAILED")
        first = open_cells(page, site)[0]
        own(page, first, other.url, other.token)
        first.start()
        expect(first.status).to_have_text(re.compile(f"--ServerApp.allow_origin={site}"), timeout=LONG)
        expect(first.ours).to_contain_text("step 2")


def test_the_server_goes_away_and_comes_back(page, site, watch, tmp_path):
    port = free_port()
    watch.expect_error("WebSocket|CONNECTION_REFUSED|ERR_|Connection|NetworkError|fetch")
    watch.expect_origin(f"http://127.0.0.1:{port}")
    first, second, *_ = open_cells(page, site)
    with jupyter(site, tmp_path, port) as running:
        own(page, first, running.url, running.token)
        second.finish("1 + 1")
        first.write("import time\ntime.sleep(60)").start()
        expect(first.status).to_have_text("Running …", timeout=LONG)
        running.stop()
        expect(first.status).to_have_text(
            re.compile("is lost. If the server still runs, press Run code"), timeout=LONG
        )
        expect(first.ours).to_contain_text("step 2")
        second.start()
        expect(second.status).to_have_text(re.compile("does not answer"), timeout=LONG)
    with jupyter(site, tmp_path, port):
        assert first.finish("'back'").output.strip() == "'back'"


def test_the_kernel_of_a_server_dies(page, site, server, watch):
    watch.expect_origin(server.url)
    # thebe-core asks the server once more for the session that died.
    watch.expect_error("api/sessions|CORS|ERR_FAILED|disconnected|NetworkError|fetch")
    first = open_cells(page, site)[0]
    own(page, first, server.url, server.token)
    first.finish("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    expect(first.status).to_have_text(re.compile("Python ended unexpectedly"), timeout=LONG)
    expect(first.ours).to_contain_text("step 2")
    assert first.finish("'alive'").output.strip() == "'alive'"


def test_thebe_core_is_missing(page, site, server, watch):
    watch.expect_origin(server.url)
    watch.expect_error("404")
    page.context.route("**/thebe-core.min.js*", lambda route: route.fulfill(status=404, body="not here"))
    first = open_cells(page, site)[0]
    own(page, first, server.url, server.token)
    first.start()
    expect(first.status).to_have_text(re.compile("A part of this page, .* did not arrive"), timeout=LONG)
    page.context.unroute("**/thebe-core.min.js*")
    assert first.finish("'here'").output.strip() == "'here'"


def test_leaving_a_server_ends_its_kernel(page, site, server, watch):
    watch.expect_origin(server.url)
    first = open_cells(page, site)[0]
    before = len(server.kernels())
    own(page, first, server.url, server.token)
    first.finish("1 + 1")
    assert len(server.kernels()) == before + 1
    first.where.click()
    page.get_by_role("radio", name="In this browser").check()
    page.get_by_role("button", name="Run it there").click()
    assert first.finish("import sys\nsys.platform").output.strip() == "'emscripten'"
    end = time.monotonic() + 30
    while len(server.kernels()) != before and time.monotonic() < end:
        page.wait_for_timeout(200)
    assert len(server.kernels()) == before

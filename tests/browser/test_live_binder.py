"""Live cells on Binder: a stand-in speaks BinderHub's protocol in front of a real Jupyter server."""

import json
import re
from urllib.parse import urlsplit

import pytest
from live import LONG, open_cells
from playwright.sync_api import expect
from stand_ins import binderhub, jupyter


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):
    with jupyter(site, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture
def hub(server):
    with binderhub() as running:
        running.server = server
        yield running


@pytest.fixture
def binder_page(page, hub, server, watch, request):
    """A page of a book whose _config.yml names a repository and this hub.

    It waits for a sign, two seconds where none will come and the test says so in its name.
    """
    silence = 2000 if "silent" in request.node.name else LONG
    config = {
        "download_bytes": 6316552,
        "launch": [{"name": "Colab", "url": "https://colab.research.google.com/github/downhill/book"}],
        "binder": {"hub": hub.url.rstrip("/"), "repository": "downhill/book", "branch": "main"},
        "limits": {"binderSilence": silence},
    }
    page.add_init_script(
        "document.addEventListener('readystatechange', () => {"
        f"document.getElementById('live-config').textContent = {json.dumps(json.dumps(config))}"
        "}, { once: true })"
    )
    # What page asked whom is looked at by each test; the watch only has to know both.
    watch.expect_origin(hub.url)
    watch.expect_origin(server.url)
    return page


def choose_binder(page, cell) -> None:
    cell.where.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Binder").check()
    dialog.get_by_role("button", name="Run it there").click()


def test_the_page_says_who_will_be_contacted_and_contacts_nobody_before(binder_page, site, hub, watch):
    first = open_cells(binder_page, site)[0]
    first.where.click()
    dialog = binder_page.get_by_role("dialog")
    expect(dialog).to_contain_text(
        f"The code is sent to {urlsplit(hub.url).netloc}, which then knows your internet address"
    )
    expect(dialog.get_by_role("link", name="Open in Colab")).to_be_visible()
    dialog.get_by_role("radio", name="Binder").check()
    assert hub.asked == []
    assert all(url.startswith((site, "data:", "blob:")) for url in watch.requests)
    dialog.get_by_role("button", name="Cancel").click()
    assert hub.asked == []


def test_a_cell_runs_on_a_server_that_binder_starts(binder_page, site, hub):
    first, *_, torch = open_cells(binder_page, site)
    choose_binder(binder_page, first)
    first.finish("import sys\nprint(sys.implementation.name)")
    assert first.output.strip() == "cpython"
    assert hub.asked == ["/build/gh/downhill/book/main"]
    assert torch.finish().output.strip() == "on a server"
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (
            "fail",
            "Binder refused to start a server: Could not resolve ref for gh:downhill/book/main. Try again",
        ),
        ("refuse", "Binder refused to start a server. Try again in a few minutes"),
        ("silent", "Binder has said nothing for 2 s, so the page stopped waiting. Try again later"),
    ],
)
def test_binder_refuses_or_says_nothing(binder_page, site, hub, watch, behaviour, sentence):
    watch.expect_error("503|EventSource|net::ERR|CORS")
    hub.behaviour = behaviour
    first = open_cells(binder_page, site)[0]
    choose_binder(binder_page, first)
    first.start()
    expect(first.status).to_have_text(re.compile(re.escape(sentence)), timeout=LONG)
    expect(first.ours).to_contain_text("step 2")
    hub.behaviour = "launch"
    assert first.finish("'launched'").output.strip() == "'launched'"


def test_waiting_for_binder_can_be_stopped(binder_page, site, hub):
    hub.behaviour = "silent"
    first = open_cells(binder_page, site)[0]
    choose_binder(binder_page, first)
    first.start()
    expect(first.status).to_have_text("Python is starting on Binder …")
    first.stop.click()
    expect(first.status).to_have_text("Stopped.")
    expect(first.ours).to_contain_text("step 2")


def test_the_limit_where_no_test_sets_another_is_sixty_seconds(page, site):
    source = page.request.get(f"{site}/_static/live/kernel-server.js").text()
    assert "binderSilence: 60_000" in source

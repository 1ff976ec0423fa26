"""What the chapter Where to run says about a page: the symptom comes, and the fix helps."""

import pytest
from live import cells, open_cells
from playwright.sync_api import expect
from stand_ins import jupyter

WORDS = "/before/maths-words.html"


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):
    # Of the module, so that it outlives the page, which goes on asking it.
    with jupyter(site, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


def test_a_name_from_a_cell_above(page, site):
    gradient = open_cells(page, site, WORDS)[2]
    gradient.finish()
    assert "NameError: name 'scratch' is not defined" in gradient.output
    gradient.above.click()
    gradient.ended().finish()
    assert "measured by nudging: [2.0, 12.0]" in gradient.output


def test_files_opened_by_double_click_have_no_buttons_and_a_server_helps(browser, html, page, site):
    # Not watched: a page from a file cannot load its own scripts, and says so.
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"file://{html}{WORDS}", wait_until="load")
    assert opened.locator(".cell").count() > 0
    assert opened.get_by_role("button", name="Run code").count() == 0
    assert opened.locator("button.theme").is_hidden()
    context.close()
    page.goto(site + WORDS)
    expect(page.get_by_role("button", name="Run code").first).to_be_visible()


@pytest.mark.timeout(120)
def test_jupyters_own_address_with_its_token_is_all_that_has_to_be_pasted(page, site, server, watch):
    watch.expect_origin(server.url)
    page.goto(site + WORDS)
    first = cells(page)[0]
    first.where.click()
    dialog = page.get_by_role("dialog", name="Where shall the code run?")
    dialog.get_by_role("radio", name="Your own Jupyter server").check()
    address = f"{server.url}tree?token={server.token}"
    dialog.get_by_role("textbox", name="Address of the server").fill(address)
    dialog.get_by_role("button", name="Run it there").click()
    expect(dialog).to_be_hidden()
    first.finish("import torch\nprint('PyTorch', torch.ones(2).sum().item())")
    assert first.output.strip() == "PyTorch 2.0"

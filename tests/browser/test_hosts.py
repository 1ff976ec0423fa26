"""Below a path, on a host that compresses nothing and does not know what WebAssembly is."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools import site as sites

CHAPTER = "after/the-sums-behind-one-step.html"


class Poor(sites.Handler):
    """A host that compresses nothing and sends WebAssembly without a type."""

    def answer(self, path):
        del self.headers["Accept-Encoding"]
        super().answer(path)

    def send(self, status, headers, body=None):
        if self.path.partition("?")[0].endswith(".wasm"):
            headers = {name: value for name, value in headers.items() if name != "Content-Type"}
        super().send(status, headers, body)


@pytest.fixture
def address(html, tmp_path, watch):
    (tmp_path / "name").symlink_to(html, target_is_directory=True)
    server = sites.Site(tmp_path, handler=Poor)
    # Let it serve what the link leads to.
    server.find = lambda path: _found(tmp_path, path)
    with sites.running(server):
        watch.expect_origin(server.origin)
        yield f"{server.origin}/name/"


def _found(folder: Path, path: str) -> Path | None:
    found = folder / path.lstrip("/") / ("index.html" if path.endswith("/") else "")
    return found if found.is_file() else None


@pytest.mark.timeout(180)
def test_everything_works_below_a_path_on_a_poor_host(new_context, address, watch):
    # Pyodide says so itself before it takes the slower way.
    watch.expect_error("wasm streaming compile failed|falling back to ArrayBuffer")
    sent = {}
    context = new_context()
    context.on("response", lambda response: sent.setdefault(response.url, response.headers))
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="The sums behind one step").first.click()
    assert page.url == address + CHAPTER
    figure = page.locator("figure.chart").first
    figure.locator(".chart-picture").hover()
    expect(figure).to_have_attribute("data-chart", "live", timeout=30_000)
    page.get_by_role("button", name=re.compile("^Run code")).first.click()
    expect(page.get_by_text("Your result").first).to_be_visible(timeout=90_000)
    page.goto(address + "before/downhill-by-eye.html")
    expect(page.locator("[data-widget=your-step][data-ready]").first).to_be_visible()
    page.get_by_role("searchbox", name="Search the book").fill("curvature")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results a").first).to_have_text("curvature")
    wasm = [headers for url, headers in sent.items() if ".wasm" in url]
    assert wasm
    assert all("content-type" not in headers for headers in wasm)
    assert not any("content-encoding" in headers for headers in sent.values())
    assert [url for url in sent if url.startswith("http") and not url.startswith(address)] == []

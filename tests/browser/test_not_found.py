"""An address that leads nowhere, at a server's root and below a path, and the link to report a mistake."""

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from playwright.sync_api import expect

from tools import site as sites

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("address", ["/nowhere.html", "/day/no/such/thing", "/reference/gone/"])
def test_it_says_so_and_leads_home(page, site, watch, address):
    watch.expect_error("404")
    response = page.goto(site + address)
    assert response.status == 404
    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Atkinson')
    page.get_by_role("link", name="Go to the first page").click()
    assert urlsplit(page.url).path in ("/", "/index.html")


def test_its_search_finds(page, site, watch):
    watch.expect_error("404")
    page.goto(site + "/day/no/such/thing")
    page.get_by_label("Words to look for").fill("curvature")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.locator("#search-results li").first).to_be_visible()


def test_its_own_places_are_on_it(page, site, watch):
    watch.expect_error("404")
    page.goto(site + "/day/no/such/thing")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    expect(page).to_have_url(re.compile("#content$"))


def test_below_a_path_its_links_count_from_there(new_context, html, watch, tmp_path):
    watch.expect_error("404")
    shutil.copytree(html, tmp_path / "name")
    own = tmp_path / "name" / "404.html"
    # As the build writes it where DOWNHILL_BASE_URL ends in /name.
    own.write_text(own.read_text("utf-8").replace('<base href="/">', '<base href="/name/">'), "utf-8")
    shutil.copy(own, tmp_path / "404.html")
    with sites.serve(tmp_path) as address:
        watch.expect_origin(address)
        page = new_context().new_page()
        page.goto(address.rstrip("/") + "/name/day/no/such/thing")
        page.get_by_role("link", name="Go to the first page").click()
        expect(page).to_have_title(re.compile("model tuning you can watch"))
        assert urlsplit(page.url).path.startswith("/name/")


def test_every_page_has_a_link_to_report_a_mistake_with_page_and_version(page, site):
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text("utf-8"))
    if not re.fullmatch("[^:]+@[^:]+", config["sphinx"]["config"]["downhill"]["contact"]):
        pytest.skip("contact in _config.yml is no e-mail address, so there is nothing to fill in")
    seen = set()
    for path in ("index.html", "before/downhill-by-eye.html", "search.html"):
        page.goto(f"{site}/{path}")
        link = urlsplit(page.get_by_role("link", name="Report a mistake").get_attribute("href"))
        assert link.scheme == "mailto"
        text = unquote(parse_qs(link.query)["body"][0])
        assert f"Page: {path}\n" in text
        seen.add(re.search(r"Version: \d+\.\d+\.\d+, ([0-9a-f]{8})\n", text)[1])
    assert len(seen) == 3

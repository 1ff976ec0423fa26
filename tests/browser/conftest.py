"""The built site in a real Chromium, and a watch on what every page asks for and complains about.

A test that loads a page fails at its end if any page made a request to another origin, wrote an error to the
console or threw one, unless the test has said beforehand that it expects that: ``watch.expect_error("404")``,
``watch.expect_origin("http://127.0.0.1:8888")``.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tools import browser as chromium
from tools import site as sites

REPOSITORY = Path(__file__).resolve().parents[2]
STANDALONE = Path(__file__).parent / "pages"
# For an action and for what comes of it: a machine with much other work is slow, which is no fault of a page.
PATIENCE_MS = 30_000
INLINE_SCHEMES = ("data", "blob", "about", "chrome")
expect.set_options(timeout=PATIENCE_MS)


class Watch:
    """What the pages of one test asked for and complained about."""

    def __init__(self, site: str) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.origins = {origin(site)}
        # Asked for by every page on this machine; the plain server of the tests has no kernel beside it.
        self.expected = [r"404.*/_local/kernel\.json"]

    def expect_error(self, pattern: str) -> None:
        self.expected.append(pattern)

    def expect_origin(self, address: str) -> None:
        self.origins.add(origin(address))

    def attach(self, context: BrowserContext) -> None:
        # The context hears of the requests of workers too, the page alone does not.
        context.on("request", lambda request: self.requests.append(request.url))
        context.on(
            "console",
            lambda message: (
                self.complain(message.text, message.location) if message.type == "error" else None
            ),
        )
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def complain(self, text: str, location: dict) -> None:
        self.errors.append(f"{text} ({location.get('url', '')})")

    def foreign(self) -> list[str]:
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in INLINE_SCHEMES and origin(url) not in self.origins
        ]

    def unexpected(self) -> list[str]:
        return [
            error for error in self.errors if not any(re.search(pattern, error) for pattern in self.expected)
        ]

    def settle(self) -> None:
        assert self.foreign() == [], "a page asked another origin for something"
        assert self.unexpected() == [], "a page complained"


def origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme.replace('ws', 'http')}://{parts.netloc}"


@pytest.fixture(scope="session")
def html() -> Path:
    folder = Path(os.environ.get("DOWNHILL_HTML", REPOSITORY / "_build" / "html"))
    if not (folder / "index.html").is_file():
        pytest.fail(f"there is no built book in {folder}: run `python -m tools build` first")
    return folder


@pytest.fixture(scope="session")
def site(html: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the built site, without a slash at its end; below /tests/ are the tests' own pages."""
    # Served, not answered by Playwright: such a page would count as one from the public internet, which
    # may not ask this computer for anything.
    folder = tmp_path_factory.mktemp("site") / "html"
    shutil.copytree(html, folder)
    shutil.copytree(STANDALONE, folder / "tests")
    with sites.serve(folder) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(**chromium.launch_options())
    yield running
    running.close()


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    watching = Watch(site)
    yield watching
    watching.settle()


@pytest.fixture(scope="module")
def shared_page(browser: Browser, site: str) -> Iterator[Page]:
    """One watched page for a module's tests that leave each other alone: Python starts once for all."""
    watching = Watch(site)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watching.attach(context)
    yield context.new_page()
    context.close()
    watching.settle()


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Make a watched browser context, with Playwright's options for it."""
    made: list[BrowserContext] = []

    def make(**options) -> BrowserContext:
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        watch.attach(context)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def context(new_context) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()

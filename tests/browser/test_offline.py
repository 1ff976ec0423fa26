"""Keep for offline, with a real service worker, and a server that is really stopped."""

import re
import shutil
import sys
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools import site as sites

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
import offline

KEEP = "keep-for-offline.html"
CHAPTER = "after/the-sums-behind-one-step.html"
LONG = 90_000
# The addresses of everything that is kept, complete or not.
HELD = """async () => {
  const [name] = await caches.keys();
  return (await (await caches.open(name)).keys()).map((request) => request.url);
}"""

INSTALLING = """() => navigator.serviceWorker.getRegistration()
  .then((registration) => Boolean(registration?.installing))"""
# What is kept is told three seconds late, the first time; `states` are those that the page then shows.
LATE_KEYS = """
  const { keys } = CacheStorage.prototype;
  let first = true;
  globalThis.states = [];
  CacheStorage.prototype.keys = async function () {
    const names = await keys.call(this);
    if (!first) return names;
    first = false;
    await new Promise((done) => setTimeout(done, 3000));
    setTimeout(() => (globalThis.told = true), 500);
    return names;
  };
  const place = () => document.querySelector('[data-widget=keep-for-offline]')?.dataset.state;
  new MutationObserver(() => globalThis.states.push(place()))
    .observe(document, { subtree: true, attributeFilter: ['data-state'] });
"""


class Host:
    """A folder of a built site that is served at one address, and can be stopped and changed."""

    def __init__(self, folder):
        self.folder = folder
        self.port = 0
        self.running = None
        self.start()

    def start(self):
        self.running = sites.serve(self.folder, self.port)
        self.address = self.running.__enter__()
        self.port = int(re.search(r":(\d+)", self.address)[1])

    def stop(self):
        if self.running:
            self.running.__exit__(None, None, None)
            self.running = None

    def version(self):
        return re.search(r'downhill-version" content="(\w+)"', (self.folder / KEEP).read_text("utf-8"))[1]

    def publish(self, words):
        """Put a new version there, whose chapter says these words."""
        path = self.folder / CHAPTER
        path.write_text(re.sub(r"<h1>[^<]*", f"<h1>{words}", path.read_text("utf-8")), "utf-8")
        return offline.write_worker(self.folder)


@pytest.fixture
def host(html, tmp_path):
    # Without the stored runs it is a third of the files; they are files like the others.
    folder = tmp_path / "name"
    shutil.copytree(html, folder, ignore=shutil.ignore_patterns("minilm-*", "tfidf-*"))
    offline.write_worker(folder)
    serving = Host(folder)
    yield serving
    serving.stop()


@pytest.fixture
def context(new_context, watch, host):
    watch.expect_origin(host.address)
    # A server that is gone, and files that a test takes away.
    watch.expect_error("404|ERR_CONNECTION_REFUSED|Failed to fetch|ServiceWorker")
    return new_context(viewport={"width": 1280, "height": 900})


def hold(monkeypatch, path):
    """The server waits with this file until the second event is set; the first says that it was asked."""
    asked, go = threading.Event(), threading.Event()
    find = sites.Site.find

    def late(self, name):
        if name == f"/{path}":
            asked.set()
            assert go.wait(60)
        return find(self, name)

    monkeypatch.setattr(sites.Site, "find", late)
    return asked, go


def kept(context, host):
    page = context.new_page()
    page.goto(host.address + KEEP)
    expect(page.get_by_text(re.compile("To keep the whole book"))).to_contain_text("MB to fetch")
    page.get_by_role("button", name="Keep for offline").click()
    expect(page.get_by_text(f"Kept, complete, version {host.version()}")).to_be_visible(timeout=LONG)
    # It is said a moment before the worker serves.
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    return page


def test_nothing_is_kept_before_the_button_is_pressed(context, host):
    page = context.new_page()
    for path in ("index.html", KEEP, CHAPTER):
        page.goto(host.address + path)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    assert page.evaluate("caches.keys()") == []


@pytest.mark.timeout(400)
def test_the_whole_book_works_without_the_network_in_a_new_tab(context, host):
    kept(context, host)
    host.stop()
    page = context.new_page()
    page.goto(host.address + CHAPTER)
    page.get_by_role("button", name=re.compile("^Run code")).first.click()
    expect(page.get_by_text("Your result").first).to_be_visible(timeout=LONG)
    figure = page.locator("figure.chart").first
    figure.locator(".chart-picture").hover()
    expect(figure).to_have_attribute("data-chart", "live", timeout=20_000)
    page.goto(host.address + "search.html?q=curvature")
    expect(page.locator("#search-results a").first).to_have_text("curvature", timeout=20_000)
    page.goto(host.address + "before/downhill-by-eye.html")
    expect(page.locator("[data-widget=your-step][data-ready]").first).to_be_visible()
    # Every page that the list names, and the page for what it does not.
    for path in offline.files(host.folder):
        if path.endswith(".html") and path != "404.html":
            assert page.goto(host.address + path).ok, path
    # What every object in JavaScript has is no page either.
    for address in ("no/such/page", "toString", "constructor"):
        assert page.goto(host.address + address).status == 404
        expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    # A folder's address without its slash leads to the folder, where its links count from.
    page.goto(host.address + "day")
    assert page.url == host.address + "day/"
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Atkinson')


@pytest.mark.timeout(400)
def test_the_page_that_kept_it_needs_no_reload(context, host):
    page = kept(context, host)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    host.stop()
    page.get_by_role("link", name="Glossary", exact=True).click()
    expect(page.get_by_role("heading", name="Glossary")).to_be_visible()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("accident", ["lost", "altered"])
def test_a_download_that_was_cut_off_goes_on_and_an_altered_file_is_not_kept(context, host, accident):
    victim = host.folder / "_static" / "pyodide" / "pyodide.asm.wasm"
    whole = victim.read_bytes()
    if accident == "lost":
        victim.unlink()
    else:
        victim.write_bytes(whole[:-1] + b"!")
    page = context.new_page()
    page.goto(host.address + KEEP)
    page.get_by_role("button", name="Keep for offline").click()
    expect(page.get_by_text("The site is being changed")).to_be_visible(timeout=LONG)
    held = set(page.evaluate(HELD))
    assert len(held) > 50
    assert not any("asm.wasm" in url for url in held)
    victim.write_bytes(whole)
    asked = set()
    context.on("request", lambda request: asked.add(request.url))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Kept, complete")).to_be_visible(timeout=LONG)
    assert any("asm.wasm" in url for url in asked)
    assert asked & held == set()


@pytest.mark.timeout(400)
def test_it_goes_on_by_itself_on_the_next_page(context, host):
    page = context.new_page()
    page.goto(host.address + KEEP)
    page.evaluate("localStorage.setItem('downhill-offline /', 'wanted')")
    page.goto(host.address + "index.html")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(host.address + KEEP)
    expect(page.get_by_text("Kept, complete")).to_be_visible()


@pytest.mark.timeout(400)
def test_a_new_version_waits_for_the_reader_and_never_mixes(context, host):
    first = host.version()
    kept(context, host)
    reading = context.new_page()
    reading.goto(host.address + CHAPTER)
    old = reading.get_by_role("heading", level=1).inner_text()
    second = host.publish("Another heading")
    assert second != first
    # A page that is opened now still is of the old version, as are its files.
    other = context.new_page()
    other.goto(host.address + CHAPTER)
    expect(other.get_by_role("heading", level=1)).to_have_text(old)
    assert other.locator("meta[name=downhill-version]").get_attribute("content") == first
    bar = other.get_by_role("region", name="New version")
    expect(bar).to_contain_text("A new version of this book is kept and complete", timeout=LONG)
    assert reading.get_by_role("heading", level=1).inner_text() == old
    other.get_by_role("button", name="Take it and reload").click()
    for page in (other, reading):
        expect(page.get_by_role("heading", level=1)).to_contain_text("Another heading", timeout=LONG)
        assert page.locator("meta[name=downhill-version]").get_attribute("content") == second
    host.stop()
    other.goto(host.address + CHAPTER)
    expect(other.get_by_role("heading", level=1)).to_contain_text("Another heading")
    assert other.evaluate("caches.keys()") == [f"downhill / {second}"]


@pytest.mark.timeout(400)
def test_later_leaves_the_old_version_until_every_page_is_closed(context, host):
    page = kept(context, host)
    page.goto(host.address + CHAPTER)
    host.publish("Another heading")
    page.reload()
    bar = page.get_by_role("region", name="New version")
    expect(bar).to_contain_text("new version", timeout=LONG)
    bar.get_by_role("button", name="Later").click()
    expect(bar).to_be_hidden()
    assert "Another heading" not in page.get_by_role("heading", level=1).inner_text()
    for open_page in context.pages:
        open_page.close()
    again = context.new_page()
    again.wait_for_timeout(2000)  # the browser changes over once it has seen the last page go
    again.goto(host.address + CHAPTER)
    expect(again.get_by_role("heading", level=1)).to_contain_text("Another heading")


@pytest.mark.timeout(400)
def test_a_page_opened_while_a_new_version_comes_hears_of_it_too(context, host, monkeypatch):
    page = kept(context, host)
    page.goto(host.address + CHAPTER)
    host.publish("Another heading")
    asked, go = hold(monkeypatch, CHAPTER)
    page.reload()
    page.wait_for_function(INSTALLING)
    other = context.new_page()
    other.goto(host.address + "index.html")
    other.wait_for_function(INSTALLING)
    other.wait_for_timeout(500)
    assert asked.wait(60)
    go.set()
    expect(other.get_by_role("region", name="New version")).to_be_visible(timeout=LONG)


@pytest.mark.timeout(400)
def test_the_button_may_be_pressed_before_the_page_knows_what_is_kept(context, host):
    page = context.new_page()
    page.add_init_script(LATE_KEYS)
    page.goto(host.address + KEEP)
    page.get_by_role("button", name="Keep for offline").click()
    page.wait_for_function("() => globalThis.told")
    expect(page.get_by_text("Kept, complete")).to_be_visible(timeout=LONG)
    assert "failed" not in page.evaluate("() => globalThis.states")


@pytest.mark.timeout(400)
def test_what_the_browser_threw_away_is_said_and_the_site_works_on(context, host):
    page = kept(context, host)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.evaluate("caches.keys().then(names => Promise.all(names.map(name => caches.delete(name))))")
    other = context.new_page()
    other.goto(host.address + CHAPTER)
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("The browser has thrown away what was kept")).to_be_visible()
    page.get_by_role("button", name="Keep it again").click()
    expect(page.get_by_text("Kept, complete")).to_be_visible(timeout=LONG)
    host.stop()
    other.goto(host.address + CHAPTER)
    expect(other.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.timeout(400)
def test_pages_opened_while_it_is_kept_again_leave_it_alone(context, host, monkeypatch):
    page = kept(context, host)
    page.evaluate("caches.keys().then(names => Promise.all(names.map(name => caches.delete(name))))")
    other = context.new_page()
    other.goto(host.address + "index.html")
    expect(page.get_by_text("The browser has thrown away what was kept")).to_be_visible()
    # A worker that has been idle for half a minute is ended, and starts again with no memory.
    session = context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    asked, go = hold(monkeypatch, CHAPTER)
    page.get_by_role("button", name="Keep it again").click()
    assert asked.wait(60)
    other.goto(host.address + "index.html")
    go.set()
    expect(page.get_by_text("Kept, complete")).to_be_visible(timeout=LONG)
    host.stop()
    for path in ("index.html", KEEP, CHAPTER):
        other.goto(host.address + path)
        expect(other.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.timeout(400)
def test_no_room_is_one_sentence_and_leaves_nothing(context, host):
    page = context.new_page()
    session = context.new_cdp_session(page)
    page.goto(host.address + KEEP)
    session.send(
        "Storage.overrideQuotaForOrigin", {"origin": host.address.rstrip("/"), "quotaSize": 3_000_000}
    )
    page.get_by_role("button", name="Keep for offline").click()
    expect(page.get_by_text("This browser has no room for the book")).to_be_visible(timeout=LONG)
    assert page.evaluate("caches.keys()") == []
    page.goto(host.address + CHAPTER)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.timeout(400)
def test_one_click_removes_it(context, host):
    page = kept(context, host)
    page.get_by_role("button", name="Remove what was kept").click()
    expect(page.get_by_text("Removed. The book needs the network again")).to_be_visible()
    expect(page.get_by_role("button", name="Keep for offline")).to_be_focused()
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("localStorage.getItem('downhill-offline /')") is None
    page.goto(host.address + CHAPTER)
    assert page.evaluate("navigator.serviceWorker.controller") is None


@pytest.mark.timeout(400)
def test_other_sites_of_the_same_host_are_left_alone(context, host):
    for folder in ("fork", "notes"):
        (host.folder / folder).mkdir()
    shutil.copytree(host.folder / "_static", host.folder / "fork" / "_static")
    for name in ("index.html", KEEP):
        shutil.copy(host.folder / name, host.folder / "fork" / name)
    (host.folder / "notes" / "index.html").write_text("<!DOCTYPE html><h1>Notes</h1>", "utf-8")
    # The list of files was made before they were there, so this is how a site below ours looks to the worker.
    page = kept(context, host)
    for address in ("notes/", "notes"):
        page.goto(host.address + address)
        expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    page.goto(host.address + "fork/" + KEEP)
    expect(page.get_by_role("button", name="Keep for offline")).to_be_visible()
    assert page.evaluate("caches.keys()") == [f"downhill / {host.version()}"]
    # A page of the book itself that the list lacks would be of another version.
    shutil.copy(host.folder / "index.html", host.folder / "newer.html")
    assert page.goto(host.address + "newer.html").status == 404


def test_where_no_worker_is_possible_it_says_so(context, host):
    page = context.new_page()
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    page.goto(host.address + KEEP)
    expect(page.get_by_text("This browser does not let this page be kept")).to_be_visible()
    expect(page.get_by_role("button", name="Keep for offline")).to_have_count(0)

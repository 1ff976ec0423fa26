"""What holds for every page of the built book, read as a file."""

import base64
import hashlib
import html.parser
import json
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import yaml

from tools import links

REPOSITORY = Path(__file__).resolve().parents[2]
# The only addresses of other sites a page may hold: links that a reader follows, in <a>.
LOADING = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "use": "href",
    "form": "action",
}


class Page(html.parser.HTMLParser):
    """A page's elements with their attributes, and its inline scripts."""

    def __init__(self, path: Path):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[dict[str, str | None], str]] = []
        self.inside = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = tag == "script" and "src" not in dict(attributes)
        if self.inside:
            self.inline.append((dict(attributes), ""))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            attributes, text = self.inline[-1]
            self.inline[-1] = (attributes, text + data)

    def policy(self):
        (content,) = [
            a["content"]
            for tag, a in self.elements
            if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        ]
        return dict(rule.strip().split(" ", 1) for rule in content.split(";"))


def test_the_policy_allows_exactly_the_inline_scripts_of_the_page(built_page):
    page = Page(built_page)
    scripts = [
        text
        for attributes, text in page.inline
        if attributes.get("type") in (None, "module", "text/javascript")
    ]
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in scripts
    }
    allowed = set(page.policy()["script-src"].split())
    assert scripts
    assert {source for source in allowed if source.startswith("'sha256-")} == hashes
    assert allowed - hashes <= {"'self'", "'wasm-unsafe-eval'"}
    assert page.policy()["object-src"] == "'none'"
    assert page.policy()["default-src"] == "'self'"


def test_the_policy_comes_before_anything_it_governs(built_page):
    names = [(tag, a.get("http-equiv")) for tag, a in Page(built_page).elements]
    policy = names.index(("meta", "Content-Security-Policy"))
    assert not {"script", "link", "style", "img"} & {tag for tag, _ in names[:policy]}


def test_no_inline_handler_and_no_script_address(built_page):
    for tag, attributes in Page(built_page).elements:
        assert not [name for name in attributes if name.startswith("on")], (
            f"<{tag}> has an inline handler: {attributes}"
        )
        assert not any(
            (value or "").strip().lower().startswith("javascript:") for value in attributes.values()
        )


def test_nothing_is_loaded_from_another_site(built_page):
    for tag, attributes in Page(built_page).elements:
        address = attributes.get(LOADING.get(tag, ""), "") or ""
        assert not re.match(r"(?:[a-z]+:)?//", address), f"<{tag}> loads {address}"
        assert "url(http" not in (attributes.get("style") or "")


def test_each_file_a_page_asks_for_is_there(built_page, html):
    for tag, attributes in Page(built_page).elements:
        address = attributes.get(LOADING.get(tag, ""), "") or ""
        if not address or address.startswith(("data:", "#")) or urlsplit(address).scheme:
            continue
        path = urljoin("/" + built_page.relative_to(html).as_posix(), urlsplit(address).path)
        assert (html / path.lstrip("/")).is_file(), f"<{tag}> asks for {address}"


def test_each_link_inside_the_book_leads_somewhere(built_page, html):
    assert list(links.broken(html, built_page)) == []


def test_a_page_says_what_it_is(built_page):
    page = Page(built_page)
    assert ("html", "en-GB") in [(tag, a.get("lang")) for tag, a in page.elements]
    (title,) = re.findall("<title>(.*)</title>", built_page.read_text("utf-8"))
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text("utf-8"))
    book = html.escape(config["title"])
    assert title.startswith(f"{book}: ") or title.endswith(f" · {book}")
    descriptions = [
        a["content"] for tag, a in page.elements if tag == "meta" and a.get("name") == "description"
    ]
    assert len(descriptions) == 1
    assert 40 <= len(descriptions[0]) <= 160
    assert [tag for tag, _ in page.elements].count("h1") == 1


def test_headings_go_down_one_level_at_a_time(built_page):
    levels = [int(tag[1]) for tag, _ in Page(built_page).elements if re.fullmatch("h[1-6]", tag)]
    assert [(one, next_one) for one, next_one in pairwise(levels) if next_one > one + 1] == []


def test_each_number_from_a_stored_run_is_marked_as_one(built_page):
    text = built_page.read_text("utf-8")
    number = r'<a class="reference internal" href="[^"]*#run-'
    assert len(re.findall(number, text)) == len(re.findall('<span class="measured">' + number, text))


def test_measured_numbers_are_in_the_book(html):
    assert any('<span class="measured">' in page.read_text("utf-8") for page in html.rglob("*.html"))


def test_every_picture_has_words(built_page):
    for tag, attributes in Page(built_page).elements:
        if tag == "img":
            assert (attributes.get("alt") or "").strip(), f"{attributes.get('src')} has no alternative text"
            assert not (attributes["alt"] or "").startswith("_images/"), "a file name is not alternative text"


@pytest.mark.timeout(180)
def test_every_page_is_valid_html(html):
    java = shutil.which("java")
    if not java:
        pytest.skip(
            "no Java, so HTML is not checked (on Debian as root: apt-get install default-jre-headless)"
        )
    pages = [path for path in sorted(html.rglob("*.html")) if "_static" not in path.relative_to(html).parts]
    checker = REPOSITORY / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    result = subprocess.run(
        [java, "-jar", checker, "--format", "json", *pages], capture_output=True, text=True, check=False
    )
    messages = json.loads(result.stderr)["messages"]
    errors = [
        f"{Path(m['url']).name}:{m.get('lastLine')}: {m['message']}" for m in messages if m["type"] == "error"
    ]
    assert errors == []

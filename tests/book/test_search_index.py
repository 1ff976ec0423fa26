"""What the search may quote: nothing that a page shows only to those who have asked for it."""

import json
import re

from bs4 import BeautifulSoup, SoupStrainer


def said(element) -> str:
    return " ".join(element.get_text().split())


def pages(html):
    return [page for page in sorted(html.rglob("*.html")) if "_static" not in page.parts]


def soup(page):
    # Without drawings and data, which take most of the time.
    text = re.sub(r"<(svg|script)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.S)
    return BeautifulSoup(text, "html.parser", parse_only=SoupStrainer("main"))


def test_nothing_in_a_fold_or_a_check_can_be_found(html):
    entries = json.loads((html / "search.json").read_text("utf-8"))
    text = " ".join(" ".join(entry["text"].split()) for entry in entries)
    looked_at = {"details": 0, ".quiz": 0}
    for page in pages(html):
        main = soup(page)
        for kind in looked_at:
            # What is said in the open as well is no secret.
            hidden = [said(p) for block in main.select(kind) for p in block.select("p")]
            for block in main.select(kind):
                block.extract()
            in_the_open = said(main)
            # Long enough to be a sentence of its own.
            secret = [one for one in hidden if len(one) > 60 and one not in in_the_open]
            assert [one for one in secret if one in text] == [], page.name
            looked_at[kind] += len(secret)
    assert min(looked_at.values()) > 20, looked_at


def test_of_the_key_there_is_the_title(html):
    entries = json.loads((html / "search.json").read_text("utf-8"))
    (key,) = [entry for entry in entries if entry["page"] == "coach/activity-1-key"]
    assert (key["place"], key["text"]) == ("", "")
    assert "key to Activity 1" in key["title"]


def test_every_page_and_every_term_is_in_it(html):
    entries = json.loads((html / "search.json").read_text("utf-8"))
    found = {f"{entry['page']}.html" for entry in entries if entry["kind"] == "page"}
    assert found == {page.relative_to(html).as_posix() for page in pages(html)} - {"search.html", "404.html"}
    glossary = soup(html / "reference" / "glossary.html")
    terms = [name for entry in entries if entry["kind"] == "term" for name in entry["title"].split(", ")]
    assert len(terms) == len(glossary.select("dl.glossary dt")) > 50


def test_no_other_search_is_left(html):
    # Sphinx's own, which no page loads, would be kept for offline too.
    left = {path.name for path in html.rglob("*.js")}
    assert left & {"searchindex.js", "searchtools.js", "language_data.js", "doctools.js"} == set()

"""Search: what ``_static/search.js`` looks through, ``search.json`` at the root of the site.

It is read off the finished pages: one entry a section, and one a term of the glossary. What a reader has to
ask for first is left out, so that no result gives an answer away: folds (the solutions of checks among them)
and widgets; so is code. A page with ``nosearch: true`` in its front matter is found by its title alone.

Where learners have another word for what a section is about, the section names it, and it is found by that
too::

    ```{index} wifi, hotspot
    ```
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, SoupStrainer, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

INDEX = "search.json"
BLOCK = "\u2029"  # Unicode's paragraph separator, while lines are told apart
DRAWN = re.compile(r"<(svg|script|figure)\b.*?</\1>", re.S)
LEFT_OUT = "details, [data-widget], .cell, .highlight, .headerlink, .katex"
# What Sphinx's theme puts there for its own search, and other scripts that no page of ours loads.
UNUSED = (
    "searchtools.js",
    "language_data.js",
    "doctools.js",
    "documentation_options.js",
    "sphinx_highlight.js",
    "translations.js",
)


def text_of(element: Tag) -> str:
    """The words of an element, a line a block."""
    for block in element.select("p, li, dd, td, th, div, dt"):
        block.append(" " if block.name == "dt" else BLOCK)
    lines = (" ".join(line.split()) for line in element.get_text().split(BLOCK))
    return "\n".join(line for line in lines if line)


def other_words(env: BuildEnvironment, docname: str) -> dict[str, list[str]]:
    """What ``{index}`` says, by the ids of the section that it stands in."""
    if not env.domains["index"].entries.get(docname):
        return {}
    sections = env.get_doctree(docname).findall(nodes.section)
    said = {
        tuple(section["ids"]): [e[1] for n in section if isinstance(n, addnodes.index) for e in n["entries"]]
        for section in sections
    }
    return {place: words for places, words in said.items() for place in places}


def entries(page: BeautifulSoup, docname: str, named: dict[str, list[str]]) -> list[dict[str, str]]:
    """The sections of a page, and the terms that it defines, in their order."""
    part = text_of(page.select_one("main p.part") or Tag(name="p"))
    for element in page.select(LEFT_OUT):
        element.decompose()
    found = []
    for term in page.select("dl.glossary dd"):
        names = []
        for name in term.find_previous_siblings():
            if name.name != "dt":
                break
            names.insert(0, name)
        entry = {"kind": "term", "title": ", ".join(text_of(name) for name in names)}
        found.append(entry | {"place": names[0]["id"], "text": text_of(term)})
    for glossary in page.select("dl.glossary"):
        glossary.decompose()
    sections = page.select("main section")
    title = text_of(sections[0].find("h1")) if sections else ""
    # From the innermost, so that what is left of each is its own.
    own = []
    for section in reversed(sections):
        heading = section.find(["h1", "h2", "h3", "h4", "h5", "h6"])
        name = text_of(heading.extract())
        said = ", ".join(named.get(section["id"], []))
        entry = {"kind": "section", "place": section["id"], "title": name, "words": said}
        own.append(entry | {"text": text_of(section.extract())})
    if own:
        own[-1] |= {"kind": "page", "place": ""}
    return [{"page": docname, "of": title, "part": part} | entry for entry in [*reversed(own), *found]]


def write(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    found = []
    for docname in sorted(app.env.found_docs):
        # Drawings and data are most of a page, and take most of the time.
        html = DRAWN.sub("", (site / f"{docname}.html").read_text("utf-8"))
        page = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("main"))
        listed = entries(page, docname, other_words(app.env, docname))
        if "nosearch" in app.env.metadata[docname]:
            listed = [entry | {"text": ""} for entry in listed if entry["kind"] == "page"]
        found += listed
    (site / INDEX).write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")), "utf-8")
    for name in UNUSED:
        (site / "_static" / name).unlink(missing_ok=True)


def no_other(app: Sphinx) -> None:
    # Sphinx's own search finds whole pages and quotes what is in folds.
    app.builder.search = False


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", no_other)
    # Before ``offline`` lists all files.
    app.connect("build-finished", write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Which uses of a glossary term are marked, and what goes into the page about them."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
GLOSSARY = """
Glossary
========

.. glossary::

   batch
   mini-batch
     The few examples of one :term:`step`. A second sentence. A third one.

   step
     One change of "the weights", <worked out> from one :term:`batch`.

   slope
     It is :math:`\\Delta y / \\Delta x`. How steep the *ground* is. It has a sign.

   sum
     It is :math:`a + b`.

   long
     {long} This is a second sentence, and with the first one it is too much for a small place on a page.
""".replace("{long}", "A definition that goes on and on" + " and on" * 30 + ".")


@pytest.fixture(scope="module", autouse=True)
def extension():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extension
    yield
    sys.path.remove(str(EXTENSIONS))


def build(folder, chapter, glossary=GLOSSARY, extensions=("terms",)):
    """A small book with this chapter and a glossary, built: the application; its pages by name."""
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    texts = {
        "conf.py": f"extensions = {list(extensions)}\nhtml_theme = 'basic'\n",
        "index.rst": f"Title\n=====\n\n{chapter}\n\n.. toctree::\n   :hidden:\n\n   words\n",
        "words.rst": glossary,
    }
    for name, text in texts.items():
        path = source / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            # Sphinx reads again what is newer than its own reading of it.
            os.utime(path, (path.stat().st_mtime + 10,) * 2)
    app = SphinxTestApp("html", srcdir=source, builddir=folder / "build")
    try:
        app.env.downhill_needed = {}
        app.build()
        assert app.warning.getvalue() == ""
    finally:
        app.cleanup()
    pages = (folder / "build" / "html").glob("*.html")
    return app, {page.stem: page.read_text("utf-8") for page in pages}


def links(html):
    """The words of the page that are marked, in their order."""
    return re.findall(r'<a class="term reference internal"[^>]*><span[^>]*>(.*?)</span></a>', html)


def data(html):
    return json.loads(re.search(r'<script type="application/json" class="data">(.*?)</script>', html)[1])


def test_the_first_use_in_a_section_is_marked_and_the_later_ones_are_plain_words(tmp_path):
    chapter = """
A :term:`step`. And a :term:`step`. Two :term:`steps <step>`.

Deeper
------
A :term:`step`, a :term:`step`.

Deeper still
~~~~~~~~~~~~
The :term:`Step <step>`.

Beside
------
One *more* :term:`step`.
"""
    _, pages = build(tmp_path, chapter)
    assert links(pages["index"]) == ["step", "step", "Step", "step"]
    assert "</a>. And a step. Two steps.</p>" in pages["index"]
    assert pages["index"].count("std-term") == 4, "no other link is left"
    assert pages["index"].count('href="words.html#term-step"') == 4


def test_two_names_of_one_term_are_one_term(tmp_path):
    _, pages = build(tmp_path, "A :term:`mini-batch` or :term:`batch`.")
    assert links(pages["index"]) == ["mini-batch"]
    assert list(data(pages["index"])) == ["term-mini-batch"]


def test_a_heading_explains_nothing_and_does_not_count(tmp_path):
    _, pages = build(tmp_path, "The :term:`step` again\n----------------------\n\nA :term:`step`.")
    assert re.search(r"<h2>The step again", pages["index"])
    assert links(pages["index"]) == ["step"]


def test_what_may_not_be_seen_yet_is_a_section_of_its_own(tmp_path):
    chapter = """
.. container:: fold

   A :term:`step`, a :term:`step`.

In sight: a :term:`step`, a :term:`step`.

.. container:: fold

   A :term:`step`.
"""
    _, pages = build(tmp_path, chapter)
    assert links(pages["index"]) == ["step"] * 3


def test_the_page_holds_how_the_definitions_of_its_own_terms_begin(tmp_path):
    app, pages = build(tmp_path, "A :term:`step`, :term:`slope`, :term:`batch` and something :term:`long`.")
    told = data(pages["index"])
    assert told["term-step"] == {
        "name": "step",
        "text": "One change of “the weights”, <worked out> from one batch.",
    }
    assert told["term-batch"]["text"] == "The few examples of one step. A second sentence."
    assert told["term-slope"]["text"] == "How steep the ground is. It has a sign.", "no formula"
    assert told["term-long"]["text"].endswith("and on and on."), "the first sentence alone"
    assert set(told) == {"term-step", "term-slope", "term-batch", "term-long"}
    assert app.env.downhill_needed["index"] == ["widgets/terms.css", "widgets/terms.js"]
    _, pages = build(tmp_path / "other", "A :term:`step`.")
    assert set(data(pages["index"])) == {"term-step"}


def test_a_term_that_is_a_formula_alone_stays_a_link(tmp_path):
    _, pages = build(tmp_path, "A :term:`sum`, the same :term:`sum`.")
    assert links(pages["index"]) == [] and pages["index"].count('href="words.html#term-sum"') == 2


def test_a_page_without_terms_asks_for_nothing(tmp_path):
    app, pages = build(tmp_path, "Nothing here.")
    assert "index" not in app.env.downhill_needed
    assert "data-widget" not in pages["index"]


def test_the_glossary_stays_as_it_is(tmp_path):
    app, pages = build(tmp_path / "with", "A :term:`step`.")
    _, without = build(tmp_path / "without", "A :term:`step`.", extensions=())
    body = r'<div class="body".*?<div class="clearer">'
    assert re.search(body, pages["words"], re.S)[0] == re.search(body, without["words"], re.S)[0]
    assert "words" not in app.env.downhill_needed


def test_another_definition_reaches_pages_that_have_not_changed(tmp_path):
    build(tmp_path, "A :term:`step`.")
    _, pages = build(tmp_path, "A :term:`step`.", GLOSSARY.replace("One change", "A single change"))
    assert data(pages["index"])["term-step"]["text"].startswith("A single change")

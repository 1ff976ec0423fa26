"""Glossary terms that explain themselves: in a section, the first use of each is marked.

Later uses in the section become plain words. A widget's place or a fold is a section of its own, since what
is in it may not be seen yet. The definitions go into the page, as data for ``widgets/terms.js``: the
beginnings of the glossary's own, of the terms that are marked on it. A glossary's own page stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from page import need
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from stored import json_script

# A second sentence is told where both together are not longer than this.
SHORT = 300
# Where a formula stood, while sentences are told apart.
FORMULA = "\ue000"


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=\S)", " ".join(text.split()))


def beginning(definition: nodes.Element) -> str:
    """The first sentence of a definition, and the second where both are short; of those without a formula."""
    first = definition.deepcopy()
    for formula in list(first.findall(lambda node: isinstance(node, nodes.math | nodes.math_block))):
        formula.parent.replace(formula, nodes.Text(FORMULA))
    told = [sentence for sentence in sentences(first.astext()) if FORMULA not in sentence][:2]
    return " ".join(told if len(" ".join(told)) <= SHORT else told[:1])


def definitions(glossary: nodes.document) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The ids of the terms that share a definition, the first one's name, and how the definition begins."""
    for item in glossary.findall(nodes.definition_list_item):
        terms = [(name["ids"], name.astext()) for name in item.findall(nodes.term) if name["ids"]]
        if terms:
            text = beginning(next(item.findall(nodes.definition)))
            yield [one for ids, _ in terms for one in ids], {"name": terms[0][1], "text": text}


def glossaries(env: BuildEnvironment) -> set[str]:
    objects = env.domains["std"].objects
    return {page for (kind, _), (page, _) in objects.items() if kind == "term"}


def collect(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Read the definitions; where they have changed, every page that has been read is written again."""
    before = getattr(env, "downhill_terms", None)
    env.downhill_terms = {}
    for page in sorted(glossaries(env)):
        for ids, told in definitions(env.get_doctree(page)):
            # Terms of one definition are one term: the second to be met is not explained again.
            if told["text"]:
                env.downhill_terms |= {one: told | {"id": ids[0]} for one in ids}
    return [] if before in (None, env.downhill_terms) else sorted(env.found_docs)


def term_of(link: nodes.reference) -> str:
    """The id of the term that a link leads to, or nothing."""
    word = link.children[0] if link.children else None
    if not (isinstance(word, nodes.inline) and "std-term" in word["classes"]):
        return ""
    return str(link.get("refid") or link["refuri"].partition("#")[2])


def scope_of(node: nodes.Node) -> nodes.Node | None:
    """What a term is met in: the nearest section, widget's place or fold."""
    while node is not None and not (
        isinstance(node, nodes.section | nodes.container | nodes.document)
        # A node of an extension of ours.
        or not type(node).__module__.startswith(("docutils.", "sphinx.", "myst_nb."))
    ):
        node = node.parent
    return node


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    terms: dict[str, dict[str, str]] = app.env.downhill_terms
    if docname in glossaries(app.env):
        return
    met: set[tuple[int, str]] = set()
    marked: dict[str, dict[str, str]] = {}
    for link in list(doctree.findall(nodes.reference)):
        told = terms.get(term_of(link))
        if told is None:
            continue
        here = (id(scope_of(link)), told["id"])
        # A heading is not a place to explain a word in.
        if here in met or isinstance(link.parent, nodes.title):
            link.parent.replace(link, link.children[0].children)
            continue
        met.add(here)
        link["classes"].append("term")
        marked[term_of(link)] = {name: told[name] for name in ("name", "text")}
    if marked:
        need(app, docname, "widgets/terms.css", "widgets/terms.js")
        doctree += nodes.raw(
            "",
            f'<div data-widget="terms" hidden>{json_script(dict(sorted(marked.items())))}</div>',
            format="html",
        )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-updated", collect)
    app.connect("doctree-resolved", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

"""What the worksheet's answers are evidence for, drawn up from worksheet.yml, so that it cannot drift.

``{evidence-map} codes`` is the table of the codes with our short labels and the place for the wording of the
standard; ``{evidence-map} parts`` says for each part which chapter asks what and for which codes it counts;
``{evidence-map} by-code`` says for each code which chapters and which fields are the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from tables import Cell, table
from worksheet import OWN_PAGE, Field, Part, Worksheet, loaded

PASTE = "[Educators: paste the wording here]"


class EvidenceMap(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        sheet = loaded(self)
        views = {"codes": self.codes, "parts": self.parts, "by-code": self.by_code}
        if self.arguments[0] not in views:
            raise self.error(f"evidence-map: {self.arguments[0]!r} is none of {', '.join(views)}")
        return list(views[self.arguments[0]](sheet))

    def codes(self, sheet: Worksheet) -> Iterator[nodes.Node]:
        rows = [[code.id, code.label, code.wording or strong(PASTE)] for code in sheet.codes]
        yield in_words("The codes", ("Code", "Our short label", "Wording of your standard"), rows)

    def parts(self, sheet: Worksheet) -> Iterator[nodes.Node]:
        for part in sheet.parts:
            if fields := [field for field in part.fields if field.codes]:
                section = titled(f"evidence-{part.anchor}", part.heading)
                rows = [
                    [self.field(part, field), self.chapter(field.where), ", ".join(field.codes)]
                    for field in fields
                ]
                section += in_words(
                    f"Evidence in {part.heading}", ("Your answer to", "Asked in", "Codes"), rows
                )
                yield section

    def by_code(self, sheet: Worksheet) -> Iterator[nodes.Node]:
        for code in sheet.codes:
            section = titled(
                f"evidence-{code.id.lower().replace('/', '-').replace(' ', '-')}", f"{code.id}: {code.label}"
            )
            chapters: dict[str, list[nodes.Node]] = {}
            for part in sheet.parts:
                for field in part.fields:
                    if code.id in field.codes:
                        chapters.setdefault(field.where, []).append(self.field(part, field))
            rows = [[self.chapter(where), listed(found)] for where, found in chapters.items()]
            section += in_words(f"Evidence for {code.id}", ("Activity", "Your answers to"), rows)
            yield section

    def field(self, part: Part, field: Field) -> nodes.Node:
        """The field's label, linked to where all answers are."""
        page = field.where if part.elsewhere else OWN_PAGE
        address = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", field.label, refuri=f"{address}#field-{field.id}", internal=True)

    def chapter(self, docname: str) -> nodes.Node:
        """The chapter, called by its own title."""
        return pending_xref(
            "", nodes.inline("", docname), refdomain="std", reftype="doc", refexplicit=False,
            reftarget=f"/{docname}", refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip


def titled(name: str, title: str) -> nodes.section:
    section = nodes.section(ids=[name], names=[name])
    section += nodes.title(title, title)
    return section


def in_words(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> nodes.table:
    """A table in which no column is of numbers: a question that begins with its number is none."""
    made = table(caption, head, rows)
    for entry in made.findall(nodes.entry):
        entry["classes"] = []
    return made


def listed(found: Iterable[nodes.Node]) -> nodes.Node:
    """Several in one cell, which holds a paragraph: so they are parted by semicolons."""
    inline = nodes.inline()
    for number, node in enumerate(found):
        inline += [nodes.Text("; "), node] if number else [node]
    return inline


def strong(text: str) -> nodes.Node:
    return nodes.strong(text, text)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("evidence-map", EvidenceMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

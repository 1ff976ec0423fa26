"""Tables that extensions build: a caption, a head, the first column as heads of the rows, links to runs."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.addnodes import pending_xref

# A cell is text, or text that stands for a node: a run's name, which becomes a link to the run.
Cell = str | nodes.Node


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> nodes.table:
    """Columns of numbers alone end together, words start together."""
    numeric = [all(_text(cell)[:1].isdigit() for cell in column) for column in zip(*rows, strict=True)]
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1, **({} if number else {"stub": 1})) for number in range(len(head))]
    lines = [_row(line, numeric) for line in (head, *rows)]
    group += [nodes.thead("", lines[0]), nodes.tbody("", *lines[1:])]
    return nodes.table("", nodes.title("", caption), group)


def run_link(run_id: str, text: str, docname: str) -> nodes.Node:
    """The text, as a link to that run's row on the page of all runs."""
    link = pending_xref(
        "", nodes.inline(text, text), refdomain="std", reftype="ref", reftarget=f"run-{run_id}",
        refexplicit=True, refdoc=docname, refwarn=True,
    )  # fmt: skip
    # Around the link: Sphinx writes its own classes over those in it.
    return nodes.inline("", "", link, classes=["measured"])


def _row(cells: Sequence[Cell], numeric: Sequence[bool]) -> nodes.row:
    row = nodes.row()
    for cell, is_number in zip(cells, numeric, strict=True):
        content = nodes.Text(cell) if isinstance(cell, str) else cell
        row += nodes.entry("", nodes.paragraph("", "", content), classes=["number"] if is_number else [])
    return row


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.astext()

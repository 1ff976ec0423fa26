"""``{worksheet}``: fields of the worksheet, asked for in place.

``{worksheet} a-alike b-log.run-1`` shows these fields in this order: a field of worksheet.yml, one row of a
table as ``<table>.<row>``, or all of a part as ``part-A``. ``{worksheet} all`` is every part under a heading.
Without JavaScript each is a label and an empty box, to be printed and filled in by hand;
widgets/worksheet.js puts a control beside the box, which holds the control's value when it is printed.
``{worksheet-progress}`` lists the parts with how many answers each asks for, which its module counts.

An id that worksheet.yml does not have fails the build, as does a worksheet.yml that says too little or too
much.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from page import need
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import json_script

DEFINITION = Path(__file__).resolve().parents[1] / "worksheet.yml"
OWN_PAGE = "day/worksheet"
KINDS = ("line", "text", "number", "choice", "tick", "table")
# A table of more columns than this has its rows side by side, since so many controls do not fit in a line.
WIDE = 3
WITHOUT_JAVASCRIPT = "Print this page to answer on paper. With JavaScript switched on, you can type here."


@dataclass(frozen=True)
class Field:
    """One thing that is asked for. A table has rows and columns, and the columns are fields themselves."""

    id: str
    kind: str
    label: str
    help: str = ""
    options: tuple[str, ...] = ()
    autocomplete: str = "off"
    where: str = OWN_PAGE
    codes: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    columns: tuple[Field, ...] = ()

    def answers(self) -> list[list[str]]:
        """The names under which its answers are kept; those of a row of a table together."""
        if not self.rows:
            return [[self.id]]
        return [[f"{self.id}.{slug(row)}.{column.id}" for column in self.columns] for row in self.rows]

    def row(self, name: str) -> Field:
        """The same table with that row alone. Raises KeyError."""
        found = [row for row in self.rows if slug(row) == name]
        if not found:
            raise KeyError(name)
        return replace(self, rows=tuple(found))


@dataclass(frozen=True)
class Part:
    id: str
    title: str
    fields: tuple[Field, ...]
    elsewhere: bool = False

    @property
    def heading(self) -> str:
        """A part with a letter is called by it."""
        return f"Part {self.id}: {self.title}" if len(self.id) == 1 else self.title

    @property
    def anchor(self) -> str:
        return f"part-{self.id.lower()}"


@dataclass(frozen=True)
class Code:
    id: str
    label: str
    wording: str = ""


@dataclass(frozen=True)
class Worksheet:
    parts: tuple[Part, ...]
    codes: tuple[Code, ...]

    def fields(self) -> list[Field]:
        return [field for part in self.parts for field in part.fields]

    def asked_by(self, wanted: str) -> list[Field]:
        """The fields that one word of the directive asks for. Raises ValueError with the words for it."""
        parts = {f"part-{part.id}": part for part in self.parts}
        if wanted in parts:
            return list(parts[wanted].fields)
        fields = {field.id: field for field in self.fields()}
        name, _, row = wanted.partition(".")
        if name not in fields:
            raise ValueError(f"worksheet.yml has no field {name!r}")
        if not row:
            return [fields[name]]
        try:
            return [fields[name].row(row)]
        except KeyError:
            rows = ", ".join(f"{name}.{slug(one)}" for one in fields[name].rows) or "none: it is no table"
            raise ValueError(f"worksheet.yml: {name} has no row {row!r}; its rows are {rows}") from None


def slug(text: str) -> str:
    return text.lower().replace(" ", "-")


def load(path: Path = DEFINITION) -> Worksheet:
    """The worksheet's definition. Raises ValueError where it says too little, too much or the same twice."""
    content = yaml.safe_load(path.read_text("utf-8"))
    codes = tuple(Code(**entry) for entry in _known(content["codes"], {"id", "label", "wording"}))
    parts = tuple(
        _part(entry)
        for entry in _known(content["parts"], {"id", "title", "elsewhere", "where", "codes", "fields"})
    )
    sheet = Worksheet(parts, codes)
    names = [part.id for part in parts] + [code.id for code in codes] + [f.id for f in sheet.fields()]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"worksheet.yml: {', '.join(sorted(twice))} stands there twice")
    for field in sheet.fields():
        if unknown := set(field.codes) - {code.id for code in codes}:
            raise ValueError(f"worksheet.yml: {field.id} has codes that are not listed: {sorted(unknown)}")
    return sheet


def _known(entries: Iterable[Mapping[str, Any]], keys: set[str]) -> Iterator[Mapping[str, Any]]:
    for entry in entries:
        if unknown := set(entry) - keys:
            raise ValueError(f"worksheet.yml: {entry.get('id')} has {sorted(unknown)}, which nothing reads")
        yield entry


def _part(entry: Mapping[str, Any]) -> Part:
    inherited = {name: entry[name] for name in ("where", "codes") if name in entry}
    keys = {"id", "kind", "label", "help", "options", "autocomplete", "where", "codes", "rows", "columns"}
    fields = tuple(_field({**inherited, **field}) for field in _known(entry["fields"], keys))
    return Part(str(entry["id"]), entry["title"], fields, entry.get("elsewhere", False))


def _field(entry: Mapping[str, Any]) -> Field:
    name = entry.get("id", "")
    if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(f"worksheet.yml: {name!r} is no id; small letters, digits and hyphens are")
    if entry.get("kind") not in KINDS or not entry.get("label"):
        raise ValueError(f"worksheet.yml: {name} needs a label and a kind, one of {', '.join(KINDS)}")
    if (entry["kind"] == "choice") != bool(entry.get("options")):
        raise ValueError(f"worksheet.yml: {name}: a choice has options, and nothing else has")
    if (entry["kind"] == "table") != bool(entry.get("rows") and entry.get("columns")):
        raise ValueError(f"worksheet.yml: {name}: a table has rows and columns, and nothing else has")
    columns = _known(entry.get("columns", ()), {"id", "label", "kind", "options"})
    lists = {key: tuple(entry[key]) for key in ("options", "codes", "rows") if key in entry}
    return Field(**{**entry, **lists, "columns": tuple(_field(column) for column in columns)})


class Asked(nodes.General, nodes.Element):
    """Fields in their order, as HTML; `anchors` are those whose first place on the page this is."""


class WorksheetDirective(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        sheet = loaded(self)
        need(self.env.app, self.env.docname, "widgets/worksheet.css", "widgets/worksheet.js")
        if self.arguments[0].strip() == "all":
            return [self.part(part) for part in sheet.parts if not part.elsewhere]
        try:
            fields = [field for word in self.arguments[0].split() for field in sheet.asked_by(word)]
        except ValueError as error:
            raise self.error(str(error)) from None
        return [self.asked(together(fields))]

    def part(self, part: Part) -> nodes.Node:
        section = nodes.section(ids=[part.anchor], names=[part.anchor])
        section += nodes.title(part.heading, part.heading)
        section += self.asked(part.fields)
        return section

    def asked(self, fields: Iterable[Field]) -> nodes.Node:
        docname = self.env.docname
        seen = self.env.temp_data.setdefault("worksheet_anchors", set())
        anchors = {field.id for field in fields} - seen
        seen |= anchors
        if docname == OWN_PAGE:
            # For {ref}`the run log <field-b-log>` in any chapter.
            for name in anchors:
                self.env.domains["std"].note_hyperlink_target(f"field-{name}", docname, f"field-{name}", name)
        return Asked("", fields=list(fields), anchors=anchors)


class Progress(SphinxDirective):
    """The parts, each with how many answers it asks for; a row of a table counts as one."""

    def run(self) -> list[nodes.Node]:
        sheet = loaded(self)
        widget = "widgets/worksheet-progress"
        need(self.env.app, self.env.docname, f"{widget}.css", f"{widget}.js")
        listed = nodes.bullet_list()
        counted = {}
        for part in sheet.parts:
            answers = [names for field in part.fields for names in field.answers()]
            counted[part.anchor] = answers
            line = nodes.paragraph()
            if part.elsewhere:
                line += pending_xref(
                    "", nodes.inline("", part.heading), refdomain="std", reftype="doc", refexplicit=True,
                    reftarget="/" + part.fields[0].where, refdoc=self.env.docname, refwarn=True,
                )  # fmt: skip
            else:
                line += nodes.reference("", part.heading, refid=part.anchor)
            line += nodes.Text(f": {len(answers)} answers")
            listed += nodes.list_item("", line)
        place = nodes.container(classes=["worksheet-progress"])
        place += [nodes.raw("", json_script(counted), format="html"), listed]
        return [place]


def loaded(directive: SphinxDirective) -> Worksheet:
    """The definition; the page is built again when it changes."""
    directive.env.note_dependency(str(DEFINITION))
    try:
        return load()
    except (KeyError, TypeError, ValueError) as error:
        raise directive.error(f"{directive.name}: {error}") from None


def together(fields: Iterable[Field]) -> list[Field]:
    """Rows of one table that follow each other become one table of these rows."""
    joined: list[Field] = []
    for field in fields:
        if joined and field.rows and joined[-1].id == field.id:
            rows = dict.fromkeys([*joined[-1].rows, *field.rows])
            joined[-1] = replace(field, rows=tuple(rows))
        else:
            joined.append(field)
    return joined


def write(self: Any, node: Asked) -> None:
    self.body.append('<div class="widget ws" data-widget="worksheet">\n')
    for field in node["fields"]:
        anchor = f' id="field-{field.id}"' if field.id in node["anchors"] else ""
        self.body.append(table(field, anchor) if field.rows else place(field, field.id, anchor))
    self.body.append(f'<p class="ws-note">{WITHOUT_JAVASCRIPT}</p></div>\n')
    raise nodes.SkipNode


def place(field: Field, name: str, anchor: str = "") -> str:
    """One field: its label, its help and the box for its answer."""
    help_line = f'<p class="ws-help">{html.escape(field.help)}</p>' if field.help else ""
    return (
        f'<div class="ws-field" data-name="{name}" data-kind="{field.kind}"'
        f' data-autocomplete="{field.autocomplete}"{anchor}>'
        f'<p class="ws-label">{html.escape(field.label)}</p>{help_line}'
        f'<div class="ws-answer">{box(field)}</div></div>\n'
    )


def box(field: Field) -> str:
    """Where an answer is written by hand: an empty box, or the options to tick."""
    if field.kind == "choice":
        options = "".join(f"<li>{html.escape(option)}</li>" for option in field.options)
        return f'<ul class="ws-box">{options}</ul>'
    return '<div class="ws-box"></div>'


def table(field: Field, anchor: str) -> str:
    """A table as a group of fields for each row: beside each other, below each other, or one alone."""
    shape = "single" if len(field.rows) == 1 else "wide" if len(field.columns) > WIDE else "narrow"
    help_line = f'<p class="ws-help">{html.escape(field.help)}</p>' if field.help else ""
    rows = "".join(
        f'<div class="ws-row" data-row="{slug(row)}"><p class="ws-row-name">{html.escape(row)}</p>'
        + "".join(place(column, f"{field.id}.{slug(row)}.{column.id}") for column in field.columns)
        + "</div>\n"
        for row in field.rows
    )
    return (
        f'<div class="ws-table ws-{shape}" data-table="{field.id}"{anchor}>'
        f'<p class="ws-caption">{html.escape(field.label)}</p>{help_line}'
        f'<div class="ws-rows" style="--columns: {len(field.columns)}; --rows: {len(field.rows)}">'
        f"{rows}</div></div>\n"
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(Asked, html=(write, None))
    app.add_directive("worksheet", WorksheetDirective)
    app.add_directive("worksheet-progress", Progress)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

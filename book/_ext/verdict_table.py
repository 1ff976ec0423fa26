"""How often the verdict is right: ``{verdict}``, ``{verdict-table}`` and ``{verdict-misses}``.

``{verdict}`unseen.all.ours``` writes one figure: a count of assets/verdict/scores.json, by part, expected
verdict and rule; ``thresholds.PATIENCE`` a threshold of lab.verdict. A format may follow after a bar, as in
the ``{run}`` role. ``{verdict-table} unseen`` is one of TABLES, ``{verdict-misses}`` the list of what our
verdict got wrong. What does not exist fails the build.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from docutils import nodes
from run import in_words
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from tables import Cell, run_link, table

from lab import verdict, verdict_score
from lab.verdict_score import ALL

Row = dict[str, Any]
Shown = tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]  # caption, head, rows
YES, NO = "yes", "no"


def stored() -> dict[str, Any]:
    """What `python -m lab.verdict_score` wrote. Raises ValueError where it did not, or for other cases."""
    file = verdict_score.SCORES
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no {file.name}: python -m lab.verdict_score") from None
    if [row["case"] for row in found["cases"]] != [case.case for case in verdict_score.read()]:
        raise ValueError(f"{file.name} is of other cases than cases.csv: python -m lab.verdict_score")
    return found


def figures() -> dict[str, Any]:
    """Every figure that prose may name."""
    thresholds = {name: value for name, value in vars(verdict).items() if isinstance(value, int | float)}
    return stored()["totals"] | {"thresholds": thresholds}


def value(path: str) -> Any:
    found: Any = figures()
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            raise KeyError(f"there is no {path!r} (stopped at {key!r})")
        found = found[key]
    return found


def summary(part: str, caption: str) -> Shown:
    """By expected verdict, how many cases there are and in how many either rule was right."""
    head = ("expected verdict", "cases", "our verdict right", "tempting rule right")
    rows: list[tuple[Cell, ...]] = [
        ("all of them" if name == ALL else name, str(row["cases"]), str(row["ours"]), str(row["naive"]))
        for name, row in stored()["totals"][part].items()
        if name != "overfitting"  # the tempting rule has no word for it
    ]
    return caption, head, rows


def every(docname: str, seen: bool, caption: str) -> Shown:
    head = (
        *("case", "expected", "our verdict", "our verdict right", "tempting rule", "tempting rule right"),
        "why it was expected",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            case_of(row, docname),
            expected(row),
            said(row),
            YES if right(row) else NO,
            row["naive"],
            YES if row["naive_right"] else NO,
            row["reason"],
        )
        for row in stored()["cases"]
        if row["seen"] == seen
    ]
    return caption, head, rows


def right(row: Row) -> bool:
    return row["ours_right"] and row["overfitting_right"] is not False


def expected(row: Row) -> str:
    return " or ".join(row["expected"]) + beside(row["expected_overfitting"])


def said(row: Row) -> str:
    """Our verdict; overfitting is left out where nobody wrote down what to expect of it."""
    return row["ours"] + ("" if row["expected_overfitting"] is None else beside(row["overfitting"]))


def beside(overfitting: bool | None) -> str:
    return {True: ", overfitting", False: ", not overfitting", None: ""}[overfitting]


def case_of(row: Row, docname: str) -> Cell:
    """The case's name: a link where it is a stored run."""
    return row["case"] if "." in row["source"] else run_link(row["source"], row["case"], docname)


TABLES: dict[str, Callable[[str], Shown]] = {
    "unseen": lambda _: summary("unseen", "Cases on which no threshold was set"),
    "seen": lambda _: summary("seen", "Cases on which the thresholds were set"),
    "every-unseen": lambda docname: every(docname, False, "Every case on which no threshold was set"),
    "every-seen": lambda docname: every(docname, True, "Every case on which the thresholds were set"),
}


class VerdictRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        path, _, form = self.text.partition("|")
        try:
            text = in_words(value(path.strip()), form.strip())
        except (KeyError, ValueError) as error:
            message = self.inliner.reporter.error(
                f"{{verdict}}`{self.text}`: {error.args[0]}", line=self.lineno
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        chosen = path.startswith("thresholds.")
        return [nodes.inline(text, text, classes=[] if chosen else ["measured"])], []


class VerdictTable(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in TABLES:
            raise self.error(f"there is no table {name!r}; there are {', '.join(TABLES)}")
        try:
            caption, head, rows = TABLES[name](self.env.docname)
        except ValueError as error:
            raise self.error(f"{{verdict-table}} {name}: {error}") from None
        return [table(caption, head, rows)]


class VerdictMisses(SphinxDirective):
    """Each case in which our verdict, or what it said of overfitting, was not what was expected."""

    def run(self) -> list[nodes.Node]:
        try:
            missed = [row for row in stored()["cases"] if not right(row)]
        except ValueError as error:
            raise self.error(f"{{verdict-misses}}: {error}") from None
        if not missed:
            return [nodes.paragraph("", "There is none.")]
        return [nodes.definition_list("", *map(self.miss, missed))]

    def miss(self, row: Row) -> nodes.definition_list_item:
        lines = (
            f"Expected: {expected(row)}. Our verdict: {said(row)}.",
            f"Why it was expected: {row['reason']}.",
            f"What the verdict saw: {row['evidence']}",
        )
        case = case_of(row, self.env.docname)
        return nodes.definition_list_item(
            "",
            nodes.term("", "", nodes.Text(case) if isinstance(case, str) else case),
            nodes.definition("", *(nodes.paragraph("", line) for line in lines)),
        )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("verdict", VerdictRole())
    app.add_directive("verdict-table", VerdictTable)
    app.add_directive("verdict-misses", VerdictMisses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""``{replay}``: stored runs that ``widgets/replay.js`` draws as if they were training now.

``:runs:`` names one run, or several for the reader to pick from. ``:log: b-log run-1`` offers to put a run's
log row into that row of that table of the worksheet. ``:log-axis:`` makes the loss axis logarithmic. Read
without JavaScript, and printed, are the body and of each run a still figure, the verdict and the log row.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import vl_convert
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from page import need
from run import ROUTES, dials, in_list, verdict_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import json_script, run_of
from widget import WidgetPlace

from lab import charts, records
from lab.report import COLUMNS, Cell, in_words, log_row, time_in_words

WORKSHEET = Path(__file__).resolve().parent.parent / "worksheet.yml"
WORKSHEET_PAGE = "day/worksheet"
# A batch's loss may be 0.00000000000000001, and 0 has no place on a log axis.
LEAST = 0.001
# Below this share of the time on the processor a run had to wait for others, so its seconds say little.
BUSY = 0.8
EVALUATED = {
    "train_loss": "training loss",
    "validation_loss": "validation loss",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
}
# Said with every run, so not once more as a dial that was chosen; a fault is what no log would name.
SAID = {"learning_rate", "seed", "num_train_epochs", "train_subset", "fault"}


def planned_steps(run: records.Run) -> int:
    """How many steps its settings asked for; a run that was given up took fewer."""
    last = run.evaluations[-1]
    steps: int = round(last["step"] / last["epoch"] * run.settings["num_train_epochs"])
    return steps


def planned_seconds(run: records.Run) -> float:
    """How long all of them would have taken at the run's own pace: the recorded time where it finished."""
    start, last = run.evaluations[0]["seconds"], run.evaluations[-1]
    return float(start + (last["seconds"] - start) * planned_steps(run) / last["step"])


def rate_and_sign(run: records.Run) -> str:
    rate = in_words(float(run.settings["learning_rate"]))
    return f"{charts.PRESET_NAMES[run.preset]}, rate {rate}" if run.preset else f"learning rate {rate}"


def labels(runs: Sequence[records.Run]) -> list[str]:
    """What each run is called in the picker: its preset or rate; seed and route where those differ."""
    names = [rate_and_sign(run) for run in runs]
    for more in (lambda run: f"seed {run.settings['seed']}", route_of):
        often = Counter(names)
        if any(often[name] > 1 and len({more(run) for run in runs}) > 1 for name in names):
            names = [f"{name}, {more(run)}" for name, run in zip(names, runs, strict=True)]
    return names


def route_of(run: records.Run) -> str:
    return ROUTES.get(run.route, run.route)


def texts(run: records.Run) -> str:
    return "headlines" if run.corpus["name"] == "headlines" else "sentences"


def settings_in_words(run: records.Run) -> str:
    epochs = run.settings["num_train_epochs"]
    chosen = {name: value for name, value in dials(run).items() if name not in SAID}
    parts = [
        rate_and_sign(run),
        f"{epochs} epochs of {planned_steps(run) // epochs} steps",
        f"{run.corpus['train']} {texts(run)} to train on, {run.corpus['validation']} for validation",
        in_list(chosen),
        f"seed {run.settings['seed']}",
    ]
    return "; ".join(filter(None, parts))


def pictures(runs: Sequence[records.Run], *, log: bool = False) -> list[str]:
    """An SVG of each run on the same axes, long enough for the longest; nothing in them is read out.

    On a log axis a loss below LEAST stands at LEAST, and the pictures say so.
    """
    drawn = [_no_lower(run) for run in runs] if log else list(runs)
    specs = charts.on_shared_axes(
        [charts.while_training(run.evaluations, run.steps, log=log) for run in drawn]
    )
    for spec in specs:
        spec["encoding"]["x"]["scale"]["domain"] = [0, max(map(planned_steps, runs))]
        if log:  # The axis ends at powers of ten, which have numbers.
            spec["encoding"]["y"]["scale"]["nice"] = True
        if drawn != list(runs):
            spec["title"] = {"text": f"A loss below {LEAST:g} is drawn at {LEAST:g}."}
        spec["config"] = spec["config"] | {"aria": False}
    return [_shorter(vl_convert.vegalite_to_svg(spec)) for spec in specs]


def _no_lower(run: records.Run) -> records.Run:
    def raised(loss: float) -> float:
        return LEAST if loss < LEAST else loss  # which leaves what is not a number

    return replace(
        run,
        evaluations=[
            row | {name: raised(row[name]) for name in ("train_loss", "validation_loss")}
            for row in run.evaluations
        ],
        steps={**run.steps, "loss": list(map(raised, run.steps["loss"]))},
    )


def _shorter(svg: str) -> str:
    """The same picture to a hundredth of a pixel, in a third of the bytes; its texts stay as they are."""

    def rounded(path: re.Match[str]) -> str:
        return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", path[0])

    return re.sub(r' (?:d|transform)="[^"]*"', rounded, svg)


def row_in_words(run: records.Run) -> dict[str, str]:
    """The run's log row, each cell as text."""

    def text(cell: Cell) -> str:
        return cell if isinstance(cell, str) else in_words(cell, ".3f" if isinstance(cell, float) else "d")

    return {column: text(cell) for column, cell in log_row(run).items()}


def still(run: records.Run, label: str, picture: str) -> str:
    """What is read of a run without JavaScript: figure, every evaluation, verdict and log row."""
    caption = (
        f"{route_of(run)}, {label}: the loss of each batch, and at each evaluation the loss on training and "
        f"on validation {texts(run)}. It took {time_in_words(run.seconds)}."
    )
    first, last = (run.evaluations[number] for number in (0, -1))
    ends = "; ".join(
        f"{title} from {in_words(first[name], '.3f')} to {in_words(last[name], '.3f')}"
        for name, title in EVALUATED.items()
    )
    said = run.verdict
    return (
        '<div class="replay-run">'
        # Not a figure.chart that chart.js would draw again: its values are in the table.
        '<figure class="chart replay-figure" data-chart="still">'
        f"<figcaption>{html.escape(caption)}</figcaption>"
        f'<div class="chart-picture" role="img" aria-label="{html.escape(f"{caption} {ends}.")}">'
        f"{charts.inner_svg(picture)}</div></figure>"
        f"<p>{html.escape(settings_in_words(run))}.</p>"
        f"<details><summary>Every evaluation: {html.escape(label)}</summary>{evaluations(run)}</details>"
        '<div class="replay-end">'
        f"<p><strong>Verdict: {html.escape(verdict_of(run))}.</strong> {html.escape(said['evidence'])} "
        f"One thing to try first: {html.escape(said['first_try'])}</p>"
        f"{table('Its row in the run log', [], row_in_words(run).items())}</div></div>"
    )


def evaluations(run: records.Run) -> str:
    return table(
        "What was measured; accuracy and macro-F1 on validation alone",
        ["epoch", *EVALUATED.values()],
        [
            [f"{row['epoch']:g}", *(in_words(row[name], ".3f") for name in EVALUATED)]
            for row in run.evaluations
        ],
    )


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column heads the rows."""
    heads = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in head)
    body = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{html.escape(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="table-scroll"><table><caption>{html.escape(caption)}</caption>'
        f"{f'<thead><tr>{heads}</tr></thead>' if head else ''}<tbody>{body}</tbody></table></div>"
    )


def ending(run: records.Run) -> str:
    """How training came to its end, in one sentence."""
    last, asked = run.evaluations[-1]["step"], planned_steps(run)
    if run.status == records.FINISHED:
        return f"Training has ended after {last} steps."
    how = {
        records.DIVERGED: "was given up",
        records.STOPPED_EARLY: "stopped early",
        records.INTERRUPTED: "was interrupted",
    }[run.status]
    return f"Training {how} after step {last} of {asked}."


def data(run: records.Run, label: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """What the widget needs of a run beside its still; ``columns`` has the titles of the worksheet's ids."""
    row = row_in_words(run)
    return {
        "label": label,
        "model": route_of(run),
        "settings": settings_in_words(run),
        "planned": planned_steps(run),
        "steps_an_epoch": run.evaluations[-1]["step"] / run.evaluations[-1]["epoch"],
        "planned_seconds": round(planned_seconds(run), 3),
        "busy": run.cpu_seconds < BUSY * run.seconds,
        "evaluated": run.column("step"),
        "seconds": run.column("seconds"),
        "losses": [in_words(loss) for loss in run.steps["loss"]],
        "ending": ending(run),
        "verdict": verdict_of(run),
        "row": [[column, title, row[title]] for column, title in columns.items()],
    }


def worksheet_row(words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The row's title and the table's columns, each id with its label.

    Raises ValueError where the worksheet has no such row, or its table no place for a log row.
    """
    parts = yaml.safe_load(WORKSHEET.read_text("utf-8"))["parts"]
    tables = {field["id"]: field for part in parts for field in part["fields"] if field["kind"] == "table"}
    if len(words) != 2 or words[0] not in tables:
        raise ValueError(
            f":log: {' '.join(words)!r}: write a table of the worksheet and a row, as in b-log run-1"
        )
    rows = {name.replace(" ", "-"): name for name in tables[words[0]]["rows"]}
    if words[1] not in rows:
        raise ValueError(f":log: {words[0]} has no row {words[1]!r}; it has {', '.join(rows)}")
    columns = {column["id"]: column["label"] for column in tables[words[0]]["columns"]}
    if other := [label for label in columns.values() if label not in COLUMNS]:
        raise ValueError(f":log: {words[0]} asks for what no log row holds: {', '.join(other)}")
    return rows[words[1]], columns


class Replay(SphinxDirective):
    has_content = True
    option_spec: ClassVar = {
        "runs": directives.unchanged_required,
        "log": directives.unchanged_required,
        "log-axis": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        if "runs" not in self.options:
            raise self.error("{replay}: :runs: is missing; it names one stored run or several")
        runs = [run_of(self, name) for name in self.options["runs"].split()]
        names = labels(runs)
        if len(set(names)) < len(names):
            raise self.error(f"{{replay}}: the reader could not tell these runs apart: {', '.join(names)}")
        target, columns = self.target() if "log" in self.options else (None, {})
        need(self.env.app, self.env.docname, "widgets/replay.css", "widgets/replay.js")
        place = WidgetPlace("", name="replay", data={})
        words_and_figures = nodes.container(classes=["replay-still"])
        self.state.nested_parse(self.content, self.content_offset, words_and_figures)
        drawn = pictures(runs, log="log-axis" in self.options)
        words_and_figures += nodes.raw("", "".join(map(still, runs, names, drawn)), format="html")
        shown = [data(run, name, columns) for run, name in zip(runs, names, strict=True)]
        script = json_script({"worksheet": target, "runs": shown})
        place += [words_and_figures, nodes.raw("", script, format="html")]
        return [place]

    def target(self) -> tuple[dict[str, str], dict[str, str]]:
        """Where the log row may go: the row's cells, its title and its page; and the table's columns."""
        words = self.options["log"].split()
        try:
            title, columns = worksheet_row(words)
        except ValueError as error:
            raise self.error(f"{{replay}}: {error.args[0]}") from None
        self.env.note_dependency(str(WORKSHEET))
        page = self.env.app.builder.get_relative_uri(self.env.docname, WORKSHEET_PAGE)
        return {"cells": ".".join(words), "row": title, "page": page}, columns


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("replay", Replay)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

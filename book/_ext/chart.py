"""``{chart}``: a figure of stored runs, drawn by ``lab.charts`` while the book is built.

The argument is what to draw; ``:runs:`` names the runs, each as ``id`` or ``name=id``, where ``*`` stands for
any part of an id (``just-right=minilm-just-right-seed-?``). Kinds:

loss       training and validation loss of one run
metrics    accuracy and macro-F1 of one run, with always-neutral
compare    ``:metric:`` of several runs, one line each (default validation_loss)
gap        the gap in loss of several runs
steps      ``:metric:`` (loss, learning_rate, grad_norm) at each step, ``:every:`` so many steps; ``:first:``
           draws the first so many alone
seeds      ``:metric:`` of several settings, the mean of their seeds in their range
rates      ``:metric:`` over the learning rate, a point a seed
answers    how often each class was answered, beside the true labels; ``:at:`` the number of the evaluation,
           0 being the one before any training, where it is not the one whose weights were kept
dots       ``:metric:`` of several settings side by side, a dot a seed; or several, each as ``name=path``

``:with:`` names further runs for which the axes must have room, so that figures can be compared.
``:alt:`` says what the picture shows; without it the values are read out, and nothing is said about them.
``:covered:`` leaves out the numbers, for a figure that the reader is still to judge. ``:log:`` makes the
axis logarithmic; ``:levels:`` adds ``name=value`` lines, and ``always-neutral`` alone is computed.
``:name:`` is what ``{ref}`` finds the figure by.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from typing import Any, ClassVar

import vl_convert
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import run_of

from lab import charts, records
from lab.report import in_words


def always_neutral(run: records.Run) -> float:
    """The accuracy of answering "neutral" to every validation headline."""
    labels = run.corpus["validation_labels"]
    return float(labels["neutral"] / sum(labels.values()))


MOST_POINTS = 12  # more than these of one line are too many to listen to


def values_in_words(spec: charts.Spec) -> str:
    """The values of each line or bar, and nothing about them; of a long line, where it starts and ends."""
    x, y = (spec["encoding"][axis]["field"] for axis in ("x", "y"))
    bars = spec["mark"]["type"] == "bar" if "mark" in spec else False
    name, where, what = ("run", "class", x) if bars else ("series", x, y)
    lines: dict[str, list[str]] = {}
    for row in spec["data"]["values"]:
        value = "not a number" if row[what] is None else in_words(row[what], "d" if bars else ".3g")
        # A level has no place along the axis.
        point = value if row[where] is None else f"{in_words(row[where])}: {value}"
        lines.setdefault(str(row.get(name, "")), []).append(point)
    return " ".join(
        f"{name or 'values'}, {'; '.join(points if len(points) <= MOST_POINTS else (points[0], points[-1]))}."
        for name, points in lines.items()
    )


Draw = Callable[["ChartDirective", dict[str, list[records.Run]]], charts.Spec]


class ChartDirective(SphinxDirective):
    required_arguments = 1
    option_spec: ClassVar = {
        "runs": directives.unchanged_required,
        "with": directives.unchanged,
        "metric": directives.unchanged,
        "every": directives.positive_int,
        "first": directives.positive_int,
        "at": directives.nonnegative_int,
        "levels": directives.unchanged,
        "log": directives.flag,
        "covered": directives.flag,
        "caption": directives.unchanged_required,
        "alt": directives.unchanged,
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        kind = self.arguments[0]
        if kind not in KINDS:
            raise self.error(f"{{chart}} {kind}: allowed is one of {', '.join(KINDS)}")
        missing = {"runs", "caption"} - set(self.options)
        if missing:
            raise self.error(f"{{chart}} {kind}: {' and '.join(sorted(missing))} must be given")
        try:
            spec = self.spec(KINDS[kind])
        except KeyError as error:
            raise self.error(f"{{chart}} {kind}: the runs have no {error.args[0]!r}") from None
        except ValueError as error:
            raise self.error(f"{{chart}} {kind}: {error.args[0]}") from None
        spec |= {
            "usermeta": {
                "caption": self.options["caption"],
                "alt": self.options.get("alt") or f"{self.options['caption']} {values_in_words(spec)}",
            }
        }
        html = charts.figure(spec, vl_convert.vegalite_to_svg(spec), covered="covered" in self.options)
        if "name" in self.options:
            name = nodes.make_id(self.options["name"])
            html = f'<div id="{name}">{html}</div>'
            self.env.domains["std"].note_hyperlink_target(
                name, self.env.docname, name, self.options["caption"]
            )
        return [nodes.raw("", html, format="html")]

    def spec(self, draw: Draw) -> charts.Spec:
        spec = draw(self, self.named_runs("runs"))
        if "with" not in self.options:
            return spec
        others = [draw(self, {name: found}) for name, found in self.named_runs("with").items()]
        return charts.on_shared_axes([spec, *others])[0]

    def named_runs(self, option: str) -> dict[str, list[records.Run]]:
        """Each name with the runs that its pattern finds; at least one."""
        found: dict[str, list[records.Run]] = {}
        for word in self.options[option].split():
            name, _, pattern = word.rpartition("=")
            ids = fnmatch.filter(records.ids(), pattern) or [pattern]
            runs = [run_of(self, run_id) for run_id in ids]
            found.setdefault(name or runs[0].preset or pattern, []).extend(runs)
        return {name.replace("_", " "): runs for name, runs in found.items()}

    def levels(self, runs: dict[str, list[records.Run]]) -> dict[str, float]:
        first = next(iter(runs.values()))[0]
        words = self.options.get("levels", "").split()
        return {
            name.replace("_", " "): float(value) if value else always_neutral(first)
            for name, _, value in (word.partition("=") for word in words)
        }

    @property
    def metric(self) -> str:
        return str(self.options.get("metric", "validation_loss"))

    @property
    def log(self) -> bool:
        return "log" in self.options


def firsts(runs: dict[str, list[records.Run]]) -> dict[str, records.Run]:
    return {name: found[0] for name, found in runs.items()}


def only(runs: dict[str, list[records.Run]]) -> records.Run:
    return next(iter(runs.values()))[0]


KINDS: dict[str, Draw] = {
    "loss": lambda asked, runs: charts.loss_curves(only(runs).evaluations, log=asked.log),
    "metrics": lambda asked, runs: charts.metric_curves(only(runs).evaluations, always_neutral(only(runs))),
    "compare": lambda asked, runs: charts.comparison(
        {name: run.evaluations for name, run in firsts(runs).items()},
        asked.metric,
        log=asked.log,
        levels=asked.levels(runs),
    ),
    "gap": lambda asked, runs: charts.gap_curves(
        {name: run.evaluations for name, run in firsts(runs).items()}
    ),
    "steps": lambda asked, runs: charts.over_steps(
        {
            name: {quantity: values[: asked.options.get("first")] for quantity, values in run.steps.items()}
            for name, run in firsts(runs).items()
        },
        asked.options.get("metric", "loss"),
        log=asked.log,
        every=asked.options.get("every", 1),
    ),
    "seeds": lambda asked, runs: charts.over_seeds(
        {name: [run.evaluations for run in found] for name, found in runs.items()},
        asked.metric,
        log=asked.log,
        levels=asked.levels(runs),
    ),
    "rates": lambda asked, runs: charts.learning_rates(
        [run for found in runs.values() for run in found], asked.metric, log=asked.log
    ),
    "answers": lambda asked, runs: charts.predicted_classes(
        {
            name: run.evaluations[asked.options.get("at", run.final["evaluation"])]["predicted_counts"]
            for name, run in firsts(runs).items()
        },
        only(runs).corpus["validation_labels"],
    ),
    "dots": lambda asked, runs: charts.dots(
        runs,
        {
            name.replace("_", " "): path
            for name, _, path in (word.rpartition("=") for word in asked.metric.split())
        },
    ),
}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("chart", ChartDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

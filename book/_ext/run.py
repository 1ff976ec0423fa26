"""Stored runs in prose: the ``{run}`` role and the ``{all-runs}`` directive.

``{run}`page-model-too-high-seed-0:validation_loss[-1]``` writes that value of that stored run, rounded for
reading, and links it to the run's place on the page of all runs. A format may follow after a bar:
``|.2f``, ``|.0%``, ``|,d``. A run or a value that does not exist fails the build, as does a stored file that
cannot be read.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lab import page_model, records, settings
from lab.charts import AXIS_TITLES
from lab.report import corpus_in_words, in_words, rate_of, time_in_words

ROUTES = {
    page_model.ROUTE: "Page model",
    settings.TFIDF: "Word-count model",
    settings.MINILM: "MiniLM",
    "hub": "Models of the Hugging Face Hub",
}
FINAL = ("validation_loss", "accuracy", "macro_f1")
# Rows of a group differ in these.
OF_A_ROW = {"learning_rate", "seed"}
# What a page needs first of every run, in one file beside them.
SUMMARY = "_summary.json"


class RunRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        reference, _, form = self.text.partition("|")
        run_id, _, path = reference.partition(":")
        try:
            text = in_words(records.load(run_id.strip()).value(path.strip()), form.strip())
        except (KeyError, ValueError, FileNotFoundError) as error:
            message = self.inliner.reporter.error(f"{{run}}`{self.text}`: {error.args[0]}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        link = pending_xref(
            "", nodes.inline(text, text), refdomain="std", reftype="ref",
            reftarget=f"run-{run_id.strip()}", refexplicit=True, refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip
        # Around the link: Sphinx writes its own classes over those in it.
        measured = nodes.inline("", "", link, classes=["measured"])
        # A rate is in one piece, or a narrow page breaks its exponent off.
        rate = path.strip().endswith("learning_rate")
        return [nodes.inline("", "", measured, classes=["unbroken"]) if rate else measured], []


class AllRuns(SphinxDirective):
    """Every stored run: a section a route, in it a table for each choice of dials but rate and seed."""

    def run(self) -> list[nodes.Node]:
        stored, _ = records.load_all()
        order = [*ROUTES, *sorted({run.route for run in stored} - set(ROUTES))]
        return [
            self.route(route, [run for run in stored if run.route == route])
            for route in order
            if any(run.route == route for run in stored)
        ]

    def route(self, route: str, runs: list[records.Run]) -> nodes.Node:
        section = titled(f"runs-{route}", ROUTES.get(route, route))
        section += facts(
            {
                "Dials at their defaults": in_list(
                    {name: value for name, value in defaults(route).items() if name in runs[0].settings}
                ),
                "Run on": "; ".join(dict.fromkeys(in_list(run.environment) for run in runs)),
            }
        )
        for group in groups(runs):
            section += self.group(group)
        return section

    def group(self, runs: list[records.Run]) -> nodes.Node:
        first = runs[0]
        own = {name: value for name, value in dials(first).items() if name not in OF_A_ROW}
        section = titled(f"runs-{first.id}", in_list(own) or "All dials at their defaults")
        section += facts(
            {
                "Corpus": f"{corpus_in_words(first.corpus)}; trained on "
                f"{spread(run.corpus['train'] for run in runs)} headlines, measured on "
                f"{spread(run.corpus['validation'] for run in runs)} others",
                "Model": f"{first.model['name']}, {sizes_in_words([run.model for run in runs])}",
                "Repeat with": command(first),
            }
        )
        section += self.table(runs)
        return section

    def table(self, runs: list[records.Run]) -> nodes.Node:
        on_true_labels = any("on_true_labels" in run.final for run in runs)
        head = [
            *("learning rate", "seed", "verdict", *(AXIS_TITLES[name] for name in FINAL)),
            *(["accuracy on true labels"] if on_true_labels else []),
            *("training loss", f"answers ({', '.join(runs[0].classes)})", "processor time"),
        ]
        body = nodes.tbody()
        for run in runs:
            kept = run.evaluations[run.final["evaluation"]]
            true = run.final.get("on_true_labels")
            row = table_row(
                [
                    rate_of(run),
                    run.settings["seed"],
                    verdict_of(run),
                    *(with_interval(run.final[name]) for name in FINAL),
                    *([in_words(true["accuracy"], ".3f") if true else ""] if on_true_labels else []),
                    in_words(kept["train_loss"], ".3f"),
                    ", ".join(str(kept["predicted_counts"][label]) for label in run.classes),
                    time_in_words(run.cpu_seconds),
                ]
            )
            # The place that a measured number in a chapter links to.
            row["ids"] = [f"run-{run.id}"]
            self.env.domains["std"].note_hyperlink_target(
                f"run-{run.id}", self.env.docname, f"run-{run.id}", run.id
            )
            body += row
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
        group += [nodes.thead("", table_row(head)), body]
        return nodes.table("", group)


def groups(runs: Iterable[records.Run]) -> list[list[records.Run]]:
    """Runs of one route that share every dial but rate and seed; those at the defaults first."""
    together: dict[str, list[records.Run]] = {}
    for run in runs:
        shared = {name: value for name, value in dials(run).items() if name not in OF_A_ROW}
        together.setdefault(json.dumps(shared, sort_keys=True), []).append(run)
    return [
        sorted(together[shared], key=lambda run: (run.settings["learning_rate"], run.settings["seed"]))
        for shared in sorted(together, key=lambda shared: (shared != "{}", shared))
    ]


def defaults(route: str) -> dict[str, Any]:
    """Every dial of a route at its default; the rate and the seed, which have none that matters, left out."""
    kind = page_model.Settings if route == page_model.ROUTE else settings.Settings
    return {dial.name: dial.default for dial in fields(kind) if dial.name not in {"preset", *OF_A_ROW}}


def dials(run: records.Run) -> dict[str, Any]:
    """What was chosen for a run: each dial that is not at its default and makes it another run."""
    usual = defaults(run.route)
    nothing_new = settings.MACHINE_DIALS | ({"encoder"} if run.route == settings.TFIDF else set())
    return {
        name: value
        for name, value in run.settings.items()
        if name not in nothing_new
        and (name not in usual or value != usual[name])
        # auto counts as float32, as in a run's name.
        and (name, value) != ("dtype", "float32")
    }


def command(run: records.Run) -> str:
    """What repeats the run: where it was computed on is set as well, for the last digits depend on it."""
    if run.route == page_model.ROUTE:
        return "python -m lab.page_model"
    usual = defaults(run.route)
    chosen = {
        name: value for name, value in run.settings.items() if name not in usual or value != usual[name]
    }
    texts = [f"{name}={'none' if value is None else value}" for name, value in chosen.items()]
    return shlex.join(["python", "-m", "lab", "run", *(word for text in texts for word in ("--set", text))])


def verdict_of(run: records.Run) -> str:
    """How it ended, and how training stopped where it did not go to its end."""
    words = [run.verdict.get("name", ""), "overfitting" * bool(run.verdict.get("overfitting"))]
    # A run that was given up is judged diverged as well.
    words += [] if run.status in (records.FINISHED, words[0]) else [run.status]
    return ", ".join(filter(None, words))


def with_interval(measured: Mapping[str, float]) -> str:
    value, low, high = (in_words(measured[name], ".3f") for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def sizes_in_words(models: list[Mapping[str, Any]]) -> str:
    """How many parameters they have, and how many of them were trained where that is not all."""
    of_all, trained = (
        spread(model[name] for model in models) for name in ("parameters", "trainable_parameters")
    )
    return f"{of_all} parameters" + (f", {trained} of them trained" if trained != of_all else "")


def spread(numbers: Iterable[int]) -> str:
    """One number where all are the same, else from the least to the most."""
    found = sorted(set(numbers))
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,} to {found[-1]:,}"


def in_list(named: Mapping[str, Any]) -> str:
    """Names with their values, those in a mapping or a list within it too; what is empty is left out."""

    def items(name: str, value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            for inner, inner_value in value.items():
                yield from items(inner, inner_value)
        elif isinstance(value, list):
            yield from [f"{name} {' '.join(value)}"] if value else []
        else:
            yield f"{name} {'none' if value is None else value}"

    return ", ".join(text for name, value in named.items() for text in items(name, value))


def titled(name: str, title: str) -> nodes.section:
    section = nodes.section(ids=[name], names=[name])
    section += nodes.title(title, title)
    return section


def table_row(cells: list[Any]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", str(cell))) for cell in cells))


def facts(rows: Mapping[str, str]) -> nodes.Node:
    """Terms and what is said of each; a command is set as code."""
    listed = nodes.definition_list(classes=["facts"])
    for name, value in rows.items():
        text = nodes.literal(value, value) if name == "Repeat with" else nodes.Text(value)
        listed += nodes.definition_list_item(
            "", nodes.term("", name), nodes.definition("", nodes.paragraph("", "", text))
        )
    return listed


def summary(run: Mapping[str, Any]) -> dict[str, Any]:
    """What a page needs first of a run, given as in its file: every number to six significant digits.

    The evaluations are without the counts, which are long, and the gaps, which are differences of the rest.
    """
    kept = ("id", "route", "preset", "settings", "status", "final")
    left_out = ("predicted_counts", "gap", "accuracy_gap")
    return rounded(
        {
            **{name: run[name] for name in kept},
            "verdict": {name: run["verdict"].get(name) for name in ("name", "overfitting", "learning_rate")},
            "evaluations": [
                {name: value for name, value in row.items() if name not in left_out}
                for row in run["evaluations"]
            ],
        }
    )


def rounded(value: Any) -> Any:
    """The same, every number in it to six significant digits."""
    if isinstance(value, Mapping):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return records.rounded([value])[0] if isinstance(value, float) else value


def problems(folder: Path) -> list[str]:
    """One line for each file of the folder that cannot be read."""
    _, found = records.load_all(folder)
    for path in sorted(folder.glob("*.answers.json")):
        try:
            records.answers(path.name.removesuffix(".answers.json"), folder)
        except ValueError as error:
            found.append(str(error))
    return found


def publish(runs: Path, site: Path) -> None:
    """Put the stored runs and answers where the reader's browser finds them, each on one line.

    With them go the list of the runs' names and the summary of all.
    """
    summaries = []
    for run_id in records.ids(runs):
        content = json.loads((runs / f"{run_id}.json").read_text("utf-8"))
        write(site / f"{run_id}.json", content)
        summaries.append(summary(content))
        answers = runs / f"{run_id}.answers.json"
        if answers.is_file():
            write(site / answers.name, json.loads(answers.read_text("utf-8")))
    write(site / records.SITE_INDEX, records.ids(runs))
    write(site / SUMMARY, summaries)


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False), "utf-8")


def check_runs(app: Sphinx) -> None:
    """Build nothing on a stored file that cannot be read."""
    if found := problems(records.RUNS):
        # Jupyter Book prints two tracebacks around any other exception.
        raise SystemExit("\n".join(found))


def copy_runs(app: Sphinx, error: Exception | None) -> None:
    """Publish the runs, and none that is gone."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_runs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    publish(records.RUNS, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("run", RunRole())
    app.add_directive("all-runs", AllRuns)
    app.connect("builder-inited", check_runs)
    app.connect("build-finished", copy_runs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

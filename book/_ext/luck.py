"""``{luck}``: five seeds of two settings, of which the reader sees one and guesses where the others lie.

    ```{luck} two-rates
    :runs: just-right=minilm-just-right-seed-? 2e-5=minilm-rate-2e-05-seed-?
    :metric: accuracy
    :axis: 0.55 0.85
    What the reader is asked; any MyST.
    ```

The argument names the answer that ``_static/widgets/luck.js`` keeps. ``:runs:`` has two settings, each a
preset's name, a learning rate or any name (``_`` is a space), and the runs that belong to it, the same seeds
on the same splits in both. ``:metric:`` is what is guessed (default accuracy); the other two of accuracy,
macro_f1 and validation_loss are looked at afterwards. ``:axis:`` is from where to where the axis of the guess
reaches, chosen so that it gives nothing away, and ``:first:`` the place of the seed that is shown first
(default 0).

Without JavaScript, and on paper, the page has the axis with one run of each setting, and folded below it all
runs, their range, the 95 % interval of that one run, and a table.
"""

from __future__ import annotations

import fnmatch
import html
import math
from collections.abc import Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from page import need
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import json_script, run_of

from lab import records
from lab.charts import PRESET_NAMES
from lab.report import rate_in_words

# What is measured: its name, which end is better, in what a difference is said and how many of that are 1.
METRICS = {
    "accuracy": {"title": "accuracy", "better": "higher", "unit": "points", "scale": 100},
    "macro_f1": {"title": "macro-F1", "better": "higher", "unit": "points", "scale": 100},
    "validation_loss": {"title": "validation loss", "better": "lower", "unit": "", "scale": 1},
}
GRID = 0.05  # from one line of the axis to the next
STEP = 0.005  # how far one press of an arrow key moves the bracket
CLOSE = 0.04  # dots nearer than this share of the axis stand on top of each other

NUMBERS = ("nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class LuckPlace(nodes.General, nodes.Element):
    """The element that widgets/luck.js upgrades."""


class Luck(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "runs": directives.unchanged_required,
        "metric": lambda given: directives.choice(given, tuple(METRICS)),
        "axis": directives.unchanged_required,
        "first": directives.nonnegative_int,
    }

    def run(self) -> list[nodes.Node]:
        need(self.env.app, self.env.docname, "widgets/luck.css", "widgets/luck.js")
        data = self.data()
        node = LuckPlace("", name=self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, node)
        node += nodes.raw("", json_script(data) + on_paper(data), format="html")
        return [node]

    def data(self) -> dict[str, Any]:
        """What the widget shows: settings, seeds, and for each metric its axis and the places on it."""
        settings = self.settings()
        together = {
            name: [(run.settings["seed"], run.corpus["split_sha256"]) for run in runs]
            for name, runs in settings.items()
        }
        one, two = together.values()
        if one != two:
            raise self.error(f"{{luck}} {self.arguments[0]}: both settings need the same seeds and splits")
        first = self.options.get("first", 0)
        if first >= len(one):
            raise self.error(f"{{luck}} {self.arguments[0]}: there is no seed {first} in the runs")
        guessed = self.options.get("metric", "accuracy")
        metrics = {guessed: self.axis()} | {name: None for name in METRICS if name != guessed}
        try:
            places = [
                METRICS[name] | on_axis(name, list(settings.values()), first, axis)
                for name, axis in metrics.items()
            ]
        except ValueError as error:
            raise self.error(f"{{luck}} {self.arguments[0]}: {error}") from None
        return {
            "settings": list(settings),
            "seeds": [seed for seed, _ in one],
            "first": first,
            "step": STEP,
            "metrics": places,
        }

    def settings(self) -> dict[str, list[records.Run]]:
        found = {}
        for word in self.options["runs"].split():
            name, _, pattern = word.rpartition("=")
            runs = [run_of(self, run_id) for run_id in fnmatch.filter(records.ids(), pattern) or [pattern]]
            found[in_words(name, runs[0])] = runs
        if len(found) != 2 or min(map(len, found.values())) < 3:
            raise self.error(f"{{luck}} {self.arguments[0]}: two settings of three runs or more are needed")
        return found

    def axis(self) -> tuple[float, float] | None:
        if "axis" not in self.options:
            return None
        low, high = map(float, self.options["axis"].split())
        return low, high


def in_words(name: str, run: records.Run) -> str:
    """A setting's name as readers know it: a rate both ways, a preset's with its sign."""
    rate = rate_in_words(float(run.settings["learning_rate"]))
    if name in PRESET_NAMES:
        return f"{PRESET_NAMES[name][0]} {rate}"
    try:
        return rate if float(name) == run.settings["learning_rate"] else name
    except ValueError:
        return name.replace("_", " ")


def on_axis(
    metric: str, settings: Sequence[Sequence[records.Run]], first: int, axis: tuple[float, float] | None
) -> dict[str, Any]:
    """One metric of the settings' runs: the axis, its lines, and where each run and interval stands."""
    finals = [[run.final[metric] for run in runs] for runs in settings]
    ends = [end for runs in finals for end in (runs[first]["low"], runs[first]["high"])]
    ends += [final["value"] for runs in finals for final in runs]
    low, high = axis or (
        math.floor(min(ends) / GRID) * GRID,
        math.ceil(max(ends) / GRID) * GRID,
    )
    if not low <= min(ends) <= max(ends) <= high:
        raise ValueError(f"the axis from {low} to {high} has no room for {min(ends):.3g} to {max(ends):.3g}")
    lines = round((high - low) / GRID)
    return {
        "axis": [round(low, 2), round(high, 2)],
        "ticks": [round(low + number * GRID, 2) for number in range(lines + 1)],
        "runs": [
            {
                "values": [final["value"] for final in runs],
                "levels": levels([(final["value"] - low) / (high - low) for final in runs]),
                "interval": [runs[first]["low"], runs[first]["high"]],
            }
            for runs in finals
        ],
    }


def levels(places: Sequence[float]) -> list[int]:
    """How high each dot stands, so that none hides another: of those that are close, the first lowest."""
    found: list[int] = []
    for number, place in enumerate(places):
        taken = {found[other] for other in range(number) if abs(places[other] - place) < CLOSE}
        found.append(next(level for level in range(len(places)) if level not in taken))
    return found


def on_paper(data: dict[str, Any]) -> str:
    """What is there without a script: the blank axes, and folded below them all the runs."""
    metric = data["metrics"][0]
    blank = "".join(lane(data, metric, number, covered=True) for number in range(2))
    shown = "".join(lane(data, metric, number, covered=False) for number in range(2))
    tables = "".join(table(data, each) for each in data["metrics"])
    return (
        f'<div class="luck-paper"><p>One run of each setting. Mark on each line where you think the other '
        f"{in_letters(len(data['seeds']) - 1)} runs lie, before you look.</p>{blank}"
        f'<details class="luck-answer"><summary>All the runs</summary><div>{shown}{tables}'
        "<p>The 95 % interval is that of the one run which was shown first. It says what other held-out "
        "headlines could have given that one model, and knows nothing of other seeds.</p>"
        "</div></details></div>"
    )


def lane(data: dict[str, Any], metric: dict[str, Any], number: int, *, covered: bool) -> str:
    """One setting's line of the figure; while it is covered it has one dot and nothing else."""
    low, high = metric["axis"]
    runs, first = metric["runs"][number], data["first"]
    values = runs["values"]
    at = "--at:{:.4f}".format
    share = [(value - low) / (high - low) for value in values]
    shown = [first] if covered else range(len(values))
    dots = "".join(
        f'<span class="luck-dot{" luck-own" * (i == first)}" style="{at(share[i])};'
        f'--level:{0 if covered else runs["levels"][i]}"></span>'
        for i in shown
    )
    lines = "".join(
        f'<span class="luck-tick" style="{at((tick - low) / (high - low))}"><span>{tick:.2f}</span></span>'
        for tick in metric["ticks"]
    )
    count = in_letters(len(values))
    bars = (
        ""
        if covered
        else bar("seeds", f"The {count} seeds", (min(values), max(values)), low, high)
        + bar("interval", "95 % interval of the one run", runs["interval"], low, high)
    )
    words = "; ".join(f"seed {data['seeds'][i]}: {values[i]:.3f}" for i in shown)
    alt = f"{metric['title']} of {data['settings'][number]}. {words}."
    return (
        f'<div class="luck-lane"><p class="luck-name">{html.escape(data["settings"][number])}: '
        f"{metric['title']} ({metric['better']} is better)</p>"
        f'<div class="luck-plot" role="img" aria-label="{html.escape(alt)}">{lines}'
        f'<div class="luck-dots">{dots}</div></div>{bars}</div>'
    )


def bar(kind: str, words: str, ends: Sequence[float], low: float, high: float) -> str:
    start, end = ((end - low) / (high - low) for end in ends)
    return (
        f'<div class="luck-row"><p>{words}: {ends[0]:.3f} to {ends[1]:.3f}</p>'
        f'<div class="luck-bar luck-{kind}" style="--from:{start:.4f};--to:{end:.4f}">'
        "<span></span></div></div>"
    )


def in_letters(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def table(data: dict[str, Any], metric: dict[str, Any]) -> str:
    one, two = (runs["values"] for runs in metric["runs"])
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in ("Seed", *data["settings"]))
    rows = "".join(
        f'<tr><th scope="row">{seed}</th><td>{a:.3f}</td><td>{b:.3f}</td></tr>'
        for seed, a, b in zip(data["seeds"], one, two, strict=True)
    )
    caption = f"{metric['title'][0].upper()}{metric['title'][1:]} of each seed ({metric['better']} is better)"
    return (
        f'<div class="table-scroll"><table class="luck-table"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def open_element(self: Any, node: LuckPlace) -> None:
    self.body.append(
        f'<div class="widget luck" data-widget="luck" data-name="{html.escape(node["name"])}">\n'
    )


def close_element(self: Any, node: LuckPlace) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(LuckPlace, html=(open_element, close_element))
    app.add_directive("luck", Luck)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

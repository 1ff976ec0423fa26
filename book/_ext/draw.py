"""``{draw}``: a blank chart on which the reader draws a stored run's curve before it is shown.

    ```{draw} name-in-the-book
    :run: minilm-just-right-seed-0
    :metric: validation_loss
    :reasons: One reason | Another
    The question, any MyST.
    ```

``:metric:`` is validation_loss (the default), accuracy or macro_f1; "Something else" is added to the reasons.
The axes depend on where the run starts and on how long it is, never on where it goes. ``widgets/draw.js``
takes the place over; without it there are the question, the blank chart, the reasons as boxes to tick, and
the real curve in a fold.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

from chart import always_neutral
from docutils import nodes
from docutils.parsers.rst import directives
from page import need
from run import verdict_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import json_script, opaque, run_of

from lab import records
from lab.charts import AXIS_TITLES
from lab.records import Run
from lab.report import METRICS_IN_WORDS, in_words

METRICS = ("validation_loss", "accuracy", "macro_f1")
SOMETHING_ELSE = "Something else"
POINTS = 5
# Where the axes stand in the picture, in its own units. On a phone its words are larger, so there is room.
WIDTH, HEIGHT = 480, 344
LEFT, RIGHT, TOP, BOTTOM = 46, 464, 34, 290
# How far a level's name stands from its line: a point on the line does not cover it.
AWAY = 14
# How far a shape has come, point by point, from the start (0) to no loss at all or a full score (1).
SHAPES = {
    "levels out": (0.28, 0.42, 0.48, 0.5, 0.5),
    "hardly moves": (0.0, 0.0, 0.0, 0.0, 0.0),
    "leaps about": (-0.4, 0.25, -0.55, 0.1, -0.35),
    "turns": (0.25, 0.4, 0.35, 0.15, -0.1),
}
SHAPES_OF_A_LOSS = ("falls, then levels out", "hardly moves", "leaps about", "falls, then rises")
SHAPES_OF_A_SCORE = ("rises, then levels out", "hardly moves", "leaps about", "rises, then falls")


@dataclass(frozen=True)
class Frame:
    """What may be seen of a run before its curve: its axes, and the levels that are marked on them."""

    metric: str
    epochs: list[int]
    top: float
    levels: dict[str, float] = field(hash=False)

    @property
    def step(self) -> float:
        """The smallest difference that the reader can draw."""
        return 0.01 if self.top == 1 else self.top / 50

    @property
    def title(self) -> str:
        better = "lower" if self.metric == "validation_loss" else "higher"
        return f"{AXIS_TITLES[self.metric]} ({better} is better)"

    def x(self, epoch: float) -> float:
        return LEFT + (RIGHT - LEFT) * epoch / self.epochs[-1]

    def y(self, value: float) -> float:
        """What is beyond the chart is drawn at its edge."""
        return BOTTOM - (BOTTOM - TOP) * min(max(value, 0), self.top) / self.top


def frame_of(run: Run, metric: str) -> Frame:
    """The blank chart for a run; ValueError where the run cannot be drawn."""
    if metric not in METRICS:
        raise ValueError(f"the metric is {metric!r}; allowed is one of {', '.join(METRICS)}")
    epochs = run.column("epoch")
    if len(epochs) < 3 or epochs != list(range(len(epochs))):
        raise ValueError(f"{run.id} was not measured at the end of each of two epochs or more")
    loss = metric == "validation_loss"
    return Frame(
        metric=metric,
        epochs=[int(epoch) for epoch in epochs],
        top=top_above(run.column(metric)[0]) if loss else 1,
        levels=levels_of(run, metric),
    )


def top_above(start: float) -> float:
    """The next of 1, 2, 2.5 and 5 (or ten times that, and so on) that is at least twice the start."""
    power = 10.0 ** math.floor(math.log10(2 * start))
    return next(top for times in (1, 2, 2.5, 5, 10) if (top := times * power) >= 2 * start)


def levels_of(run: Run, metric: str) -> dict[str, float]:
    """What the reader may know beforehand: where the run starts, and what a model gets that reads nothing."""
    start = float(run.column(metric)[0])
    if metric == "validation_loss":
        return {"starting loss": start, "class shares": loss_of_class_shares(run)}
    always = always_neutral(run)
    # Right for every neutral headline, and every answer is neutral; nought for each other class.
    f1 = 2 * always / (1 + always) / len(run.classes)
    return {"untrained model": start, "always-neutral": always if metric == "accuracy" else f1}


def loss_of_class_shares(run: Run) -> float:
    """The validation loss of giving every headline the shares of the classes in the training set.

    Answering "neutral" for sure would cost infinitely much at the first headline that is not.
    """
    seen, held_back = (run.corpus[f"{part}_labels"] for part in ("train", "validation"))
    return -sum(
        count / sum(held_back.values()) * math.log(seen[label] / sum(seen.values()))
        for label, count in held_back.items()
        if count
    )


def points_of(epochs: Sequence[int]) -> list[int]:
    """The epochs at which the reader sets a point: at most five, evenly spread from the first to the last."""
    count = min(POINTS, len(epochs) - 1)
    # A half goes down: at the start there is more to draw.
    return [math.ceil(1 + number * (epochs[-1] - 1) / (count - 1) - 0.5) for number in range(count)]


def shapes_of(frame: Frame) -> list[dict[str, Any]]:
    """Four curves to begin with, made from the start alone, with a value for each point."""
    start = next(iter(frame.levels.values()))
    loss = frame.metric == "validation_loss"
    points = len(points_of(frame.epochs))
    chosen = [round(number * (POINTS - 1) / (points - 1)) for number in range(points)]

    def value(way: float) -> float:
        if loss:
            return start * (1 - way)
        return start + way * (1 - start) if way > 0 else start * (1 + way)

    return [
        {"label": label, "values": [value(ways[number]) for number in chosen]}
        for label, ways in zip(SHAPES_OF_A_LOSS if loss else SHAPES_OF_A_SCORE, SHAPES.values(), strict=True)
    ]


def number(value: float) -> str:
    return in_words(value, ",.0f" if abs(value) >= 100 else ".2f")


def blank_in_words(frame: Frame) -> str:
    marked = " and ".join(f"{name}, {number(value)}" for name, value in frame.levels.items())
    return (
        f"A blank chart. Across: epochs 0 to {frame.epochs[-1]}. Up: {AXIS_TITLES[frame.metric]}, "
        f"0 to {frame.top:g}. Marked: {marked}."
    )


def curve_in_words(frame: Frame, values: Sequence[float]) -> str:
    told = "; ".join(f"epoch {epoch}: {number(value)}" for epoch, value in enumerate(values))
    return f"The run’s {AXIS_TITLES[frame.metric]}: {told}."


def picture(frame: Frame, words: str, values: Sequence[float] = ()) -> str:
    """The chart as an SVG image; with values, their curve is in it."""
    parts = [f'<text class="draw-name" x="2" y="14">{html.escape(frame.title)}</text>']
    for tick in range(6):
        value = frame.top * tick / 5
        y = frame.y(value)
        parts.append(
            f'<path class="draw-{"grid" if tick else "axis"}" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
            f'<text class="draw-up" x="{LEFT - 8}" y="{y:.1f}">{value:g}</text>'
        )
    parts.append(f'<path class="draw-axis" d="M{LEFT} {TOP}V{BOTTOM}"/>')
    last = frame.epochs[-1]
    for epoch in range(0, last + 1, 1 if last <= 10 else 2 if last <= 20 else 5):
        x = frame.x(epoch)
        parts.append(
            f'<path class="draw-axis" d="M{x:.1f} {BOTTOM}v5"/>'
            f'<text class="draw-across" x="{x:.1f}" y="{BOTTOM + 9}">{epoch}</text>'
        )
    parts.append(f'<text class="draw-name draw-end" x="{RIGHT}" y="{HEIGHT - 6}">epoch</text>')
    # The higher one's name above its line and the lower one's below: they may be close together.
    highest = max(frame.levels.values())
    names = []
    for name, value in frame.levels.items():
        y = frame.y(value)
        above = value == highest
        parts.append(f'<path class="draw-level" d="M{LEFT} {y:.1f}H{RIGHT}"/>')
        names.append(
            f'<text class="draw-level-name draw-{"above" if above else "below"}" x="{RIGHT}" '
            f'y="{y + (-AWAY if above else AWAY):.1f}">{html.escape(name)} {number(value)}</text>'
        )
    x, y = frame.x(0), frame.y(next(iter(frame.levels.values())))
    parts.append(f'<circle class="draw-start" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    if values:
        for (before, one), (epoch, two) in pairwise(enumerate(values)):
            if not (math.isnan(one) or math.isnan(two)):
                line = f"M{frame.x(before):.1f} {frame.y(one):.1f}L{frame.x(epoch):.1f} {frame.y(two):.1f}"
                parts.append(f'<path class="draw-real-line" d="{line}"/>')
    return (
        f'<svg class="draw-svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(words)}">'
        f"{''.join(parts)}{''.join(names)}</svg>"
    )


def about_the_marks(frame: Frame) -> str:
    """What the scale and the marked levels are."""
    if frame.metric == "validation_loss":
        return (
            f"The scale ends at {frame.top:g}, at least twice the starting loss, whatever the run does. "
            "<b>Class shares</b> is the loss of reading nothing and giving every headline each class’s share "
            "of the training set."
        )
    return (
        "The scale has room for every score there can be. <b>Always-neutral</b> reads nothing and answers "
        "“neutral” to every headline; the <b>untrained model</b> is this one before its first step."
    )


def numbers_table(frame: Frame, values: Sequence[float]) -> str:
    rows = "".join(f"<tr><td>{epoch}</td><td>{number(value)}</td></tr>" for epoch, value in enumerate(values))
    return (
        f'<div class="table-scroll"><table><thead><tr><th scope="col">epoch</th>'
        f'<th scope="col">{AXIS_TITLES[frame.metric]}</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def opening(name: str) -> str:
    """The place's HTML before the question."""
    return (
        f'<div class="widget draw" data-widget="draw" id="{opaque("draw", name)}"><div class="draw-question">'
    )


def closing(name: str, run: Run, metric: str, reasons: Sequence[str], link: str) -> str:
    """The place's HTML after the question; ``link`` leads to the run on the page of all runs."""
    frame = frame_of(run, metric)
    values = [float(value) for value in run.column(metric)]
    blank = blank_in_words(frame)
    real = curve_in_words(frame, values)
    verdict = verdict_of(run)
    boxes = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons)
    data = {
        "name": name,
        "run": run.id,
        "link": link,
        "verdict": verdict,
        "metric": METRICS_IN_WORDS[metric].removeprefix("validation "),
        "title": AXIS_TITLES[metric],
        "values": values,
        "start": values[0],
        "top": frame.top,
        "step": frame.step,
        "last": frame.epochs[-1],
        "points": points_of(frame.epochs),
        "shapes": shapes_of(frame),
        "reasons": list(reasons),
        "box": [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM],
        "blank": blank,
        "real": f"{real} Verdict: {verdict}.",
    }
    return (
        "</div>"
        f'<figure class="draw-figure"><div class="draw-picture">{picture(frame, blank)}</div>'
        f"<figcaption>{about_the_marks(frame)}</figcaption></figure>"
        f'<div class="draw-ticks"><p>Because:</p><ul>{boxes}</ul></div>'
        '<p class="draw-lines">Biggest difference, and why?</p>'
        '<details class="draw-fold"><summary>The real curve</summary><div>'
        f"{picture(frame, real, values)}<p>Verdict: {html.escape(verdict)}. "
        f'The run: <a href="{html.escape(link)}">{html.escape(run.id)}</a>.</p>'
        f"{numbers_table(frame, values)}</div></details>{json_script(data)}</div>"
    )


class DrawPlace(nodes.General, nodes.Element):
    """The widget's place, with the question in it."""


class Draw(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "run": directives.unchanged_required,
        "metric": directives.unchanged_required,
        "reasons": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if missing := {"run", "reasons"} - set(self.options):
            raise self.error(f"{{draw}} {name}: {' and '.join(sorted(missing))} must be given")
        # What the reader drew is kept by the name.
        drawn: dict[str, str] = self.env.downhill_drawn
        if name in drawn:
            raise self.error(f"{{draw}} {name}: the name is taken, in {drawn[name]}")
        drawn[name] = self.env.docname
        run = run_of(self, self.options["run"])
        metric = self.options.get("metric", METRICS[0])
        try:
            frame_of(run, metric)
        except ValueError as error:
            raise self.error(f"{{draw}} {name}: {error}") from None
        reasons = [reason for text in self.options["reasons"].split("|") if (reason := text.strip())]
        need(self.env.app, self.env.docname, "widgets/draw.css", "widgets/draw.js")
        node = DrawPlace("", name=name, run=run.id, metric=metric, reasons=[*reasons, SOMETHING_ELSE])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def open_place(self: Any, node: DrawPlace) -> None:
    self.body.append(opening(node["name"]))


def close_place(self: Any, node: DrawPlace) -> None:
    # Where the run stands is known only now that every page has been read.
    page, place = self.builder.env.domains["std"].anonlabels[f"run-{node['run']}"]
    link = f"{self.builder.get_relative_uri(self.builder.current_docname, page)}#{place}"
    self.body.append(closing(node["name"], records.load(node["run"]), node["metric"], node["reasons"], link))


def remember(app: Sphinx) -> None:
    if not hasattr(app.env, "downhill_drawn"):
        app.env.downhill_drawn = {}


def forget(app: Sphinx, env: Any, docname: str) -> None:
    env.downhill_drawn = {name: page for name, page in env.downhill_drawn.items() if page != docname}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(DrawPlace, html=(open_place, close_place))
    app.add_directive("draw", Draw)
    app.connect("builder-inited", remember)
    app.connect("env-purge-doc", forget)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

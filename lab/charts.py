"""Training curves as Vega-Lite specifications: plain dictionaries, standard library only.

Colours are the page's design tokens, by name (``var(--train)``), so that one picture serves light
and dark. Training is always a full line, validation always dashed; presets carry their sign in their name.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

Spec = dict[str, Any]
Evaluations = Sequence[Mapping[str, Any]]

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"

PRESET_NAMES = {"too-low": "▼ tiny steps", "just-right": "● right steps", "too-high": "▲ giant steps"}
# Series that always look the same, wherever they are drawn: name -> (colour, dash).
LOOKS: dict[str, tuple[str, list[int]]] = {
    "training": ("var(--train)", [1, 0]),
    "validation": ("var(--validation)", [6, 4]),
    PRESET_NAMES["too-low"]: ("var(--low)", [2, 3]),
    PRESET_NAMES["just-right"]: ("var(--right)", [1, 0]),
    PRESET_NAMES["too-high"]: ("var(--high)", [7, 4]),
    "negative": ("var(--negative)", [1, 0]),
    "neutral": ("var(--neutral)", [1, 0]),
    "positive": ("var(--positive)", [1, 0]),
}
# For every other name, in turn: no colour that has a meaning above, and neighbours differ in dash too.
OTHER_COLORS = ("var(--ink)", "var(--warn)", "var(--edge)")
OTHER_DASHES = ([1, 0], [9, 3, 2, 3], [1, 3])
OTHER_LOOKS = [(OTHER_COLORS[i % 3], OTHER_DASHES[(i + i // 3) % 3]) for i in range(9)]
AXIS_TITLES = {
    "train_loss": "training loss",
    "validation_loss": "validation loss",
    "accuracy": "validation accuracy",
    "macro_f1": "validation macro-F1",
    "confidence_when_wrong": "confidence when wrong",
}

CONFIG: Spec = {
    "background": None,
    "font": "var(--font-text)",
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--rule)",
        "gridColor": "var(--rule)",
        "tickColor": "var(--rule)",
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelFontSize": 16,
        "titleFontSize": 16,
        "titleFontWeight": 600,
        "titlePadding": 8,
        "labelPadding": 6,
    },
    "legend": {
        "labelColor": "currentColor",
        "labelFontSize": 16,
        "orient": "top",
        "title": None,
        "symbolSize": 130,
        "symbolStrokeWidth": 2.5,
    },
}
WIDTH, HEIGHT = 400, 240


def loss_curves(evaluations: Evaluations, *, log: bool = False) -> Spec:
    """Training and validation loss over epochs, for one run's evaluations."""
    series = {"training": "train_loss", "validation": "validation_loss"}
    return _lines(
        [
            {"epoch": evaluation["epoch"], "loss": evaluation[key], "series": name}
            for name, key in series.items()
            for evaluation in evaluations
        ],
        "loss",
        "loss (lower is better)",
        list(series),
        log=log,
    )


def comparison(runs: Mapping[str, Evaluations], metric: str, *, log: bool = False, x: str = "epoch") -> Spec:
    """One measured quantity over epochs (or over another count, ``x``), for several runs on shared axes.

    ``runs`` maps a preset (too-low, just-right, too-high) or any name of yours to evaluations.
    """
    names = {PRESET_NAMES.get(name, name): evaluations for name, evaluations in runs.items()}
    return _lines(
        [
            {x: evaluation[x], metric: evaluation[metric], "series": name}
            for name, evaluations in names.items()
            for evaluation in evaluations
        ],
        metric,
        AXIS_TITLES.get(metric, metric.replace("_", " ")),
        list(names),
        log=log,
        x=x,
    )


def predicted_classes(runs: Mapping[str, Mapping[str, int]], truth: Mapping[str, int]) -> Spec:
    """How often each class was answered, a bar a run, beside how often it is the right answer.

    ``runs`` maps a preset or name to counts by class; ``truth`` holds the true counts by class.
    """
    names = {PRESET_NAMES.get(name, name): counts for name, counts in runs.items()} | {"true labels": truth}
    rows = [
        {"run": name, "class": label, "headlines": counts.get(label, 0)}
        for name, counts in names.items()
        for label in truth
    ]
    return _spec(rows) | {
        "mark": {"type": "bar", "stroke": "var(--paper)", "strokeWidth": 1},
        "height": {"step": 36},
        "encoding": {
            "y": {
                "field": "run",
                "type": "nominal",
                "sort": list(names),
                "axis": {"title": None, "ticks": False},
            },
            "x": {
                "field": "headlines",
                "type": "quantitative",
                "axis": {"title": "headlines", "tickCount": 5},
            },
            "color": _color(list(truth)) | {"field": "class"},
            "order": {"field": "class", "type": "ordinal"},
            "tooltip": [{"field": "run"}, {"field": "class"}, {"field": "headlines"}],
        },
    }


def points(x: str, y: str, values: Iterable[float]) -> list[dict[str, float]]:
    """Values in their order as rows for ``comparison``: ``x`` counts them from 0, ``y`` is the value."""
    return [{x: number, y: value} for number, value in enumerate(values)]


def line(points: Iterable[tuple[float, float]], x_title: str, y_title: str, *, log: bool = False) -> Spec:
    """One curve through (x, y) points, drawn in the accent colour."""
    rows = [{"x": x, "y": y} for x, y in points if math.isfinite(x) and _drawable(y, log)]
    scale: Spec = {"type": "log"} if log else {"zero": False}
    return _spec(rows) | {
        "mark": {
            "type": "line",
            "stroke": "var(--accent)",
            "strokeWidth": 2.5,
            "point": {"color": "var(--accent)"},
        },
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "axis": {"title": x_title, "tickCount": 6}},
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": scale,
                "axis": {"title": y_title, "tickCount": 5},
            },
            "tooltip": [
                {"field": "x", "type": "quantitative", "title": x_title},
                {"field": "y", "type": "quantitative", "title": y_title, "format": ".4~g"},
            ],
        },
    }


class Chart:
    """A specification that shows itself, with its caption, its words for who cannot see it and its numbers.

    ``alt`` says what the picture shows; the numbers are the specification's own data. Where vl-convert is
    installed (the book's build, Jupyter) the chart is an HTML figure holding an SVG, which needs no script
    to be read; in the page's own Python it is a Vega-Lite specification.
    """

    def __init__(self, spec: Spec, caption: str, alt: str) -> None:
        self.spec = spec | {"usermeta": {"caption": caption, "alt": alt}}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        try:
            import vl_convert
        except ImportError:
            return {VEGA_LITE_MIME: self.spec, "text/plain": repr(self)}
        svg = vl_convert.vegalite_to_svg(self.spec)
        return {"text/html": figure(self.spec, svg), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Chart: {self.spec['usermeta']['alt']}"


def figure(spec: Spec, svg: str) -> str:
    """The HTML figure for ``spec``: picture, caption, the numbers behind it and the specification itself."""
    words = spec["usermeta"]
    rows = spec["data"]["values"]
    columns = list(rows[0]) if rows else []
    head = "".join(f'<th scope="col">{html.escape(column.replace("_", " "))}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_short(row[column]))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    # "</" must not end the script element early; "\u003c" is the same character to every JSON reader.
    data = json.dumps(spec, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<figure class="chart"><figcaption>{html.escape(words["caption"])}</figcaption>'
        f'<div class="chart-picture" role="img" aria-label="{html.escape(words["alt"])}">'
        f"{_inner_svg(svg)}</div>"
        f"<details><summary>The numbers behind this figure</summary>"
        '<div class="table-scroll">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
        f'<script type="application/json" class="chart-spec">{data}</script></figure>'
    )


def _inner_svg(svg: str) -> str:
    # The picture is one image with one description; its hundreds of marks are not to be read out one by one.
    return svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def _lines(
    rows: list[Spec], field: str, title: str, names: list[str], *, log: bool, x: str = "epoch"
) -> Spec:
    rows = [row for row in rows if _drawable(row[field], log)]
    scale: Spec = {"type": "log"} if log else {"zero": False, "nice": True}
    series = {"field": "series", "type": "nominal", "sort": names}
    dash = {
        "scale": {"domain": names, "range": [dash for _, dash in _looks(names)]},
        "legend": {"symbolType": "stroke"},
    }
    return _spec(rows) | {
        # Marks where each value stands, as long as they can be told apart.
        "mark": {"type": "line", "strokeWidth": 2.5}
        | ({"point": {"size": 45, "filled": True}} if len(rows) <= 25 * len(names) else {}),
        "encoding": {
            "x": {
                "field": x,
                "type": "quantitative",
                "axis": {"title": x, "tickMinStep": 1, "format": "d", "grid": False},
            },
            "y": {
                "field": field,
                "type": "quantitative",
                "scale": scale,
                "axis": {"title": title + (" (log axis)" if log else ""), "format": "~g"}
                | ({"values": _powers_of_ten([row[field] for row in rows])} if log else {"tickCount": 5}),
            },
            "color": series | _color(names),
            "strokeDash": series | dash,
            "tooltip": [
                {"field": "series"},
                {"field": x},
                {"field": field, "type": "quantitative", "title": title, "format": ".4~g"},
            ],
        },
    }


def _spec(rows: list[Spec]) -> Spec:
    return {
        "$schema": VEGA_LITE,
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": {"type": "pad", "contains": "padding"},
        "data": {"values": [{name: _rounded(value) for name, value in row.items()} for row in rows]},
        "config": CONFIG,
    }


def _rounded(value: Any) -> Any:
    """Twelve digits of a number: no chart shows more, and systems round the last ones differently."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _color(names: list[str]) -> Spec:
    return {"type": "nominal", "scale": {"domain": names, "range": [color for color, _ in _looks(names)]}}


def _looks(names: list[str]) -> list[tuple[str, list[int]]]:
    others = cycle(OTHER_LOOKS)
    return [LOOKS[name] if name in LOOKS else next(others) for name in names]


def _powers_of_ten(values: Sequence[float]) -> list[float]:
    """Grid lines for a log axis: one each power of ten, which is all that a reader can count."""
    if not values:
        return [1.0]
    return [
        10.0**power
        for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    ]


def _drawable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

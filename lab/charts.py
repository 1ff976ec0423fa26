"""Training curves as Vega-Lite specifications: plain dictionaries, standard library only.

Colours are the page's design tokens, by name (``var(--train)``), so that one picture serves light
and dark. Training is always a full line, validation always dashed; presets carry their sign in their name.
A band is always said in words above its chart.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import cycle
from statistics import fmean
from typing import Any

from lab.records import Run
from lab.settings import MACHINE_DIALS

Spec = dict[str, Any]
Evaluations = Sequence[Mapping[str, Any]]

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"

PRESET_NAMES = {"too-low": "▼ tiny steps", "just-right": "● right steps", "too-high": "▲ giant steps"}
# Series that always look the same, wherever they are drawn: name -> (colour, dash).
LOOKS: dict[str, tuple[str, list[int]]] = {
    "training": ("var(--train)", [1, 0]),
    "validation": ("var(--validation)", [6, 4]),
    "one batch": ("var(--ink-soft)", [1, 0]),
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
    "gap": "gap in loss (+ is worse)",
    "accuracy_gap": "gap in accuracy (+ is worse)",
}
# Of the dials by which runs are set side by side, what an axis calls each.
DIAL_TITLES = {
    "train_label_noise": "training labels made wrong",
    "validation_label_noise": "validation labels made wrong",
    "train_subset": "headlines to train on",
    "agreement": "annotators who agree",
    "method": "what is trained",
}
STEP_TITLES = {
    "loss": "loss of the batch",
    "learning_rate": "learning rate",
    "grad_norm": "length of the gradient",
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
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": "currentColor",
        "fontSize": 16,
        "fontWeight": "normal",
        "offset": 6,
    },
}
BAND: Spec = {"type": "area", "fillOpacity": 0.2}
POINT: Spec = {"size": 45, "filled": True}
# A chart's points at the rates of presets look like the presets' signs.
OTHER_RATE = "no preset"
SHAPES = dict(zip(PRESET_NAMES.values(), ("triangle-down", "circle", "triangle-up"), strict=True)) | {
    OTHER_RATE: "diamond"
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


def metric_curves(evaluations: Evaluations, always_neutral: float | None = None) -> Spec:
    """Validation accuracy and macro-F1 (0 to 1) over epochs, for one run's evaluations.

    ``always_neutral``, the accuracy of answering "neutral" to everything, is a line to be above.
    """
    series = {"accuracy": "accuracy", "macro-F1": "macro_f1"}
    return _lines(
        [
            {"epoch": evaluation["epoch"], "score": evaluation[key], "series": name}
            for name, key in series.items()
            for evaluation in evaluations
        ],
        "score",
        "score (higher is better)",
        list(series),
        levels={} if always_neutral is None else {"always-neutral": always_neutral},
    )


def comparison(
    runs: Mapping[str, Evaluations],
    metric: str,
    *,
    log: bool = False,
    x: str = "epoch",
    levels: Mapping[str, float] | None = None,
) -> Spec:
    """One measured quantity over epochs (or over another count, ``x``), for several runs on shared axes.

    ``runs`` maps a preset (too-low, just-right, too-high) or any name of yours to evaluations. ``levels`` are
    values to compare with, by name, each a thin line across the chart: always-neutral, say.
    """
    names = {PRESET_NAMES.get(name, name): evaluations for name, evaluations in runs.items()}
    return _lines(
        [
            {x: evaluation[x], metric: evaluation[metric], "series": name}
            for name, evaluations in names.items()
            for evaluation in evaluations
        ],
        metric,
        _title(metric),
        list(names),
        log=log,
        x=x,
        levels=levels,
    )


def gap_curves(runs: Mapping[str, Evaluations], metric: str = "gap") -> Spec:
    """How much worse on unseen text, over epochs: ``gap`` (of the loss, nats) or ``accuracy_gap``."""
    return comparison(runs, metric, levels={"no gap": 0.0})


def over_seeds(
    groups: Mapping[str, Sequence[Evaluations]],
    metric: str,
    *,
    log: bool = False,
    levels: Mapping[str, float] | None = None,
) -> Spec:
    """One measured quantity over epochs for several settings: the mean of the seeds, in their range.

    ``groups`` maps a preset or any name of yours to the evaluations of each seed. A line goes as far as all
    its seeds have a finite value.
    """
    rows = []
    for name, seeds in groups.items():
        values = [{evaluation["epoch"]: evaluation[metric] for evaluation in seed} for seed in seeds]
        rows += [
            {
                "epoch": epoch,
                **_mean_and_range(metric, [seed[epoch] for seed in values]),
                "series": PRESET_NAMES.get(name, name),
            }
            for epoch in values[0]
            if all(_drawable(seed.get(epoch, math.nan), log) for seed in values)
        ]
    return _lines(
        rows,
        metric,
        _title(metric),
        [PRESET_NAMES.get(name, name) for name in groups],
        log=log,
        levels=levels,
        band=_range_of_seeds(map(len, groups.values())),
    )


def over_steps(
    runs: Mapping[str, Mapping[str, Sequence[float]]], quantity: str, *, log: bool = False, every: int = 1
) -> Spec:
    """What was noted at each step: ``loss``, ``learning_rate`` (the schedule) or ``grad_norm``.

    ``runs`` maps a preset or any name of yours to a run's ``steps``; "training" is drawn as training is.
    ``every`` draws the mean of so many steps at the last of them: dashes are lost in lines that jump about.
    """
    names = {PRESET_NAMES.get(name, name): steps for name, steps in runs.items()}
    title = _title(quantity, STEP_TITLES)
    return _lines(
        [
            {"step": last, quantity: fmean(steps[quantity][max(0, end - every) : end]), "series": name}
            for name, steps in names.items()
            for end, last in enumerate(steps["step"], start=1)
            if end % every == 0 or end == len(steps["step"])
        ],
        quantity,
        title + (f" (mean of {every})" if every > 1 else ""),
        list(names),
        log=log,
        x="step",
    )


def while_training(
    evaluations: Evaluations, steps: Mapping[str, Sequence[float]], *, log: bool = False
) -> Spec:
    """What a trainer shows while it runs, over steps, for one run's evaluations and steps.

    A thin line is the loss of each batch; marks are the training and the validation loss of each evaluation.
    The marks of the lines are named batches and evaluations.
    """
    batch, *series = {"one batch": "", "training": "train_loss", "validation": "validation_loss"}.items()
    rows = [
        {"step": step, "loss": loss, "series": batch[0]}
        for step, loss in zip(steps["step"], steps["loss"], strict=True)
    ]
    rows += [
        {"step": evaluation["step"], "loss": evaluation[key], "series": name}
        for name, key in series
        for evaluation in evaluations
    ]
    names = [batch[0], *(name for name, _ in series)]
    spec = _lines(rows, "loss", "loss (lower is better)", names, log=log, x="step")
    spec["encoding"]["x"]["axis"]["tickCount"] = 6
    spec["encoding"]["strokeDash"]["legend"]["columns"] = len(names)
    evaluated = spec["layer"][-1]
    drawn: list[Spec] = [
        {"name": "batches", "mark": {"type": "line", "strokeWidth": 1}},
        {"name": "evaluations", "mark": {"type": "line", "strokeWidth": 2.5, "point": POINT}},
    ]
    for layer, wanted in zip(drawn, ([batch[0]], names[1:]), strict=True):
        layer["transform"] = [{"filter": {"field": "series", "oneOf": wanted}}]
        layer["encoding"] = evaluated["encoding"]
    return spec | {"layer": drawn}


def learning_rates(runs: Iterable[Run], metric: str = "validation_loss", *, log: bool = False) -> Spec:
    """A final metric (see Run.final) over the learning rate: a point for each seed, a line through the means.

    The band is the range of the seeds or, where each rate has one seed, the 95 % interval. A run whose value
    is not a finite number is a cross at the top, and its rate has no mean. Raises ValueError where the runs
    differ in more than the rate and the seed.
    """
    together: dict[float, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.settings["learning_rate"], run.settings["seed"])):
        if run.settings["learning_rate"] > 0:  # 0 has no place on a log axis
            together.setdefault(run.settings["learning_rate"], []).append(run)
    _refuse_other_differences([run for group in together.values() for run in group])
    rows, means = [], []
    one_seed = all(len(group) == 1 for group in together.values())
    for rate, group in together.items():
        finals = [run.final[metric] for run in group]
        values = [final["value"] for final in finals]
        rows += [
            {
                "learning_rate": rate,
                "seed": run.settings["seed"],
                metric: value if _drawable(value, log) else None,
                "preset": PRESET_NAMES[run.preset] if run.preset else OTHER_RATE,
            }
            for run, value in zip(group, values, strict=True)
        ]
        spread = _mean_and_range(metric, values)
        if one_seed:
            spread |= {"lowest": finals[0]["low"], "highest": finals[0]["high"]}
        if all(_drawable(value, log) for value in (*values, *spread.values())):
            means.append({"learning_rate": rate} | spread)
    note = [
        "Band: 95 % interval of the one seed." if one_seed else _range_of_seeds(map(len, together.values()))
    ]
    if any(row[metric] is None for row in rows):
        note.append("Cross at the top: not a finite number.")
    names = [name for name in SHAPES if name in {row["preset"] for row in rows}]
    preset = {"field": "preset", "type": "nominal", "legend": {"columns": 2}}
    title = _title(metric)
    heights = _heights([*rows, *means], metric)
    tooltip: list[Spec] = [
        {"field": "learning_rate", "type": "quantitative", "title": "learning rate", "format": "~g"},
        {"field": "seed"},
    ]
    return _spec(rows) | {
        "title": {"text": note},
        "encoding": {
            "x": {
                "field": "learning_rate",
                "type": "quantitative",
                "scale": {"type": "log"},
                "axis": {
                    "title": "learning rate (log axis)",
                    "format": "~e" if min(together, default=1) < 0.001 else "~g",
                    "values": _powers_of_ten(list(together)),
                    "grid": False,
                },
            },
            "y": _y(metric, title, heights, log),
        },
        "layer": [
            {
                "data": _data(means),
                "mark": BAND | {"fill": "var(--edge)"},
                "encoding": {"y": {"field": "lowest"}, "y2": {"field": "highest"}},
            },
            {"data": _data(means), "mark": {"type": "line", "stroke": "var(--edge)", "strokeWidth": 2.5}},
            {
                "mark": {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1},
                "encoding": {
                    "color": preset | _color(names),
                    "shape": preset | {"scale": {"domain": names, "range": [SHAPES[name] for name in names]}},
                    "tooltip": [
                        *tooltip,
                        {"field": metric, "type": "quantitative", "title": title, "format": ".4~g"},
                    ],
                },
            },
            {
                "transform": [{"filter": {"field": metric, "valid": False}}],
                "mark": {
                    "type": "point",
                    "shape": "cross",
                    "angle": 45,
                    "size": 150,
                    "stroke": "var(--ink)",
                    "opacity": 1,
                },
                "encoding": {"y": {"value": 0}, "tooltip": tooltip},
            },
        ],
    }


def _refuse_other_differences(runs: Sequence[Run]) -> None:
    """A mean over runs that differ in a dial, a route or a corpus would be a mean of nothing."""
    asked = [
        {"route": run.route, "corpus": run.corpus.get("sha256")}
        | {name: value for name, value in run.settings.items() if name not in MACHINE_DIALS}
        for run in runs
    ]
    names = {name for one in asked for name in one} - {"learning_rate", "seed"}
    if differing := sorted(
        name for name in names if any(one.get(name) != asked[0].get(name) for one in asked)
    ):
        raise ValueError(
            f"the runs differ in {', '.join(differing)}; allowed are the learning rate and the seed."
        )


def on_shared_axes(specs: Sequence[Spec]) -> list[Spec]:
    """The same charts of one quantity, on axes of the same range: for pictures side by side.

    Raises ValueError where they show different quantities or not all are on a log axis.
    """
    shared = deepcopy(list(specs))
    for axis in ("x", "y"):
        encodings = [spec["encoding"][axis] for spec in shared]
        if encodings[0]["type"] == "nominal":  # names have no range
            continue
        titles = sorted({encoding["axis"]["title"] for encoding in encodings})
        if len(titles) > 1:
            raise ValueError(f"the {axis} axes show {' and '.join(titles)}; allowed is the same on all.")
        field = encodings[0]["field"]
        rows = [row for spec in shared for row in spec["data"]["values"]]
        values = (
            _heights(rows, field) if axis == "y" else [row[field] for row in rows if row[field] is not None]
        )
        for encoding in encodings:
            encoding["scale"] = encoding.get("scale", {}) | {"domain": [min(values), max(values)]}
            if "values" in encoding["axis"]:
                encoding["axis"]["values"] = _powers_of_ten(values)
    return shared


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


def dots(settings: Mapping[str, Sequence[Run]], metrics: Mapping[str, str]) -> Spec:
    """What was measured at several settings, side by side: a dot for each seed, a bar at their mean.

    ``settings`` maps a name of yours to its runs. ``metrics`` maps a name to what is drawn under it: a final
    metric (see Run.final) or the path of a value (see Run.value). On true labels a run without wrong ones is
    measured anyway. The axis is named by the first of DIAL_TITLES in which the runs differ.
    """
    titles = {_title(next(name for name in AXIS_TITLES if name in path)) for path in metrics.values()}
    title = titles.pop() if len(titles) == 1 else "score (higher is better)"
    rows = [
        {"setting": setting}
        | ({"series": name} if len(metrics) > 1 else {})
        | {"seed": run.settings["seed"], "value": _value(run, path)}
        for name, path in metrics.items()
        for setting, runs in settings.items()
        for run in runs
    ]
    names = list(metrics)
    series = {"field": "series", "type": "nominal", "sort": names}
    look: Spec = {"color": {"value": "var(--ink)"}}
    if len(names) > 1:
        shapes = {"domain": names, "range": ["circle", "square", "diamond"][: len(names)]}
        legend = {"legend": {"columns": _legend_columns(names)}}
        look = {
            "color": series | _color(names) | legend,
            "shape": series | {"scale": shapes} | legend,
            "xOffset": series,
        }
    y = _y("value", title, _heights(rows, "value"), False)
    used = [run.settings for runs in settings.values() for run in runs]
    dials = (dial for dial in DIAL_TITLES if len({run.get(dial) for run in used}) > 1)
    return _spec(rows) | {
        "encoding": {
            "x": {
                "field": "setting",
                "type": "nominal",
                "sort": list(settings),
                "axis": {"title": DIAL_TITLES.get(next(dials, "")), "labelAngle": 0},
            },
            "y": y,
        },
        "layer": [
            {
                "mark": {"type": "tick", "orient": "horizontal", "thickness": 2, "size": 28},
                "encoding": {"y": y | {"aggregate": "mean"}}
                | {name: look[name] for name in look if name != "shape"},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                "encoding": look
                | {
                    "tooltip": [
                        {"field": "setting"},
                        *([{"field": "series"}] if len(names) > 1 else []),
                        {"field": "seed"},
                        {"field": "value", "type": "quantitative", "title": title, "format": ".4~g"},
                    ],
                },
            },
        ],
    }


def _value(run: Run, path: str) -> float:
    """A final metric or a value by its path; where no label is wrong on purpose, all are the true ones."""
    if path.startswith("final.on_true_labels.") and "on_true_labels" not in run.final:
        path = path.rpartition(".")[2]
    return float(run.value(f"final.{path}.value" if path in AXIS_TITLES else path))


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


def figure(spec: Spec, svg: str, *, covered: bool = False) -> str:
    """The HTML figure for ``spec``: picture, caption, the numbers behind it and the specification itself.

    One that is ``covered``, for a reader who is still to judge it, is without the table of numbers.
    """
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
    numbers = (
        "<details><summary>The numbers behind this figure</summary>"
        '<div class="table-scroll">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )
    return (
        f'<figure class="chart"><figcaption>{html.escape(words["caption"])}</figcaption>'
        f'<div class="chart-picture" role="img" aria-label="{html.escape(words["alt"])}">'
        f"{inner_svg(svg)}</div>"
        f"{'' if covered else numbers}"
        f'<script type="application/json" class="chart-spec">{data}</script></figure>'
    )


def inner_svg(svg: str) -> str:
    """The svg element alone, unheard: it is one image with one description, not hundreds of marks."""
    return svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def _lines(
    rows: list[Spec],
    field: str,
    title: str,
    names: list[str],
    *,
    log: bool = False,
    x: str = "epoch",
    levels: Mapping[str, float] | None = None,
    band: str = "",
) -> Spec:
    """A line for each name; ``band`` says what lies between the fields lowest and highest."""
    rows = [row for row in rows if _drawable(row[field], log)]
    across = [
        dict.fromkeys(rows[0] if rows else ()) | {x: None, field: value, "series": name}
        for name, value in (levels or {}).items()
        if _drawable(value, log)
    ]
    series = {"field": "series", "type": "nominal", "sort": names}
    dash = {
        "scale": {"domain": names, "range": [dash for _, dash in _looks(names)]},
        # Symbols long enough to show the dashes.
        "legend": {
            "symbolType": "stroke",
            "symbolSize": 600,
            "columns": _legend_columns(names),
        },
    }
    # Marks where each value stands, as long as they can be told apart.
    point = {"point": POINT} if len(rows) <= 25 * len(names) else {}
    layers: list[Spec] = []
    if band:
        layers.append({"mark": BAND, "encoding": {"y": {"field": "lowest"}, "y2": {"field": "highest"}}})
    layers.append(
        {
            "mark": {"type": "line", "strokeWidth": 2.5} | point,
            "encoding": {
                "tooltip": [
                    {"field": "series"},
                    {"field": x},
                    {"field": field, "type": "quantitative", "title": title, "format": ".4~g"},
                    *(
                        {"field": end, "type": "quantitative", "format": ".4~g"}
                        for end in ("lowest", "highest")
                        if band
                    ),
                ],
            },
        }
    )
    if across:
        for layer in layers:
            layer["transform"] = [{"filter": {"field": x, "valid": True}}]
        layers = [*_rules(across, rows, x, field), *layers]
    heights = _heights([*rows, *across], field)
    return (
        _spec([*rows, *across])
        | ({"title": {"text": band}} if band else {})
        | {
            "encoding": {
                "x": {
                    "field": x,
                    "type": "quantitative",
                    "axis": {"title": x, "tickMinStep": 1, "format": "d", "grid": False},
                },
                "y": _y(field, title, heights, log),
                "color": series | _color(names),
                "strokeDash": series | dash,
            },
            "layer": layers,
        }
    )


def _legend_columns(names: list[str]) -> int:
    """As many columns as fit the width of a chart."""
    return max(1, 39 // (max(map(len, names), default=0) + 5))


def _rules(across: list[Spec], rows: list[Spec], x: str, field: str) -> list[Spec]:
    """A thin line across the chart for each level, with its name where the fewest values of a curve are."""
    levels = {"filter": {"field": x, "valid": False}}
    unseen: Spec = {"color": None, "strokeDash": None}
    rule: Spec = {
        "transform": [levels],
        "mark": {"type": "rule", "stroke": "var(--ink-soft)", "strokeDash": [2, 3], "strokeWidth": 1.5},
        "encoding": unseen | {"x": None},
    }
    names: list[Spec] = []
    for level in across:
        side, above = _least_crossed(level[field], [(row[x], row[field]) for row in rows])
        names.append(
            {
                "transform": [levels, {"filter": {"field": "series", "equal": level["series"]}}],
                "mark": {
                    "type": "text",
                    "align": side,
                    "baseline": "bottom" if above else "top",
                    "dy": -4 if above else 4,
                    "fontSize": 16,
                    "fill": "var(--ink-soft)",
                },
                "encoding": unseen
                | {"x": {"value": "width" if side == "right" else 0}, "text": {"field": "series"}},
            }
        )
    return [rule, *names]


def _least_crossed(level: float, points: list[tuple[float, float]]) -> tuple[str, bool]:
    """Where a level's name hides least: at the left or the right, and whether above the line."""
    if not points:
        return "right", False
    (left, right), (bottom, top) = ((min(values), max(values)) for values in zip(*points, strict=True))
    # About the size of a name, in the units of the axes.
    width, height = 0.45 * (right - left), 0.12 * (top - bottom)

    def crossings(place: tuple[str, bool]) -> int:
        side, above = place
        return sum(
            (x >= right - width if side == "right" else x <= left + width)
            and 0 < (y - level if above else level - y) < height
            for x, y in points
        )

    # Below a line at the bottom are the numbers of the axis.
    sides = (True,) if level - bottom < height else (False, True)
    return min(((side, above) for side in ("right", "left") for above in sides), key=crossings)


def _title(quantity: str, titles: Mapping[str, str] = AXIS_TITLES) -> str:
    return titles.get(quantity, quantity.replace("_", " "))


def _y(field: str, title: str, values: Sequence[float], log: bool) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"type": "log"} if log else {"zero": False, "nice": True},
        "axis": {"title": title + (" (log axis)" if log else ""), "format": "~g"}
        | ({"values": _powers_of_ten(values)} if log else {"tickCount": 5}),
    }


def _heights(rows: Iterable[Spec], field: str) -> list[float]:
    """Every value of the rows that stands on the y axis, the ends of bands among them."""
    found = (row.get(name) for row in rows for name in (field, "lowest", "highest"))
    return [value for value in found if value is not None]


def _data(rows: list[Spec]) -> Spec:
    return {"values": [{name: _rounded(value) for name, value in row.items()} for row in rows]}


def _mean_and_range(metric: str, values: Sequence[float]) -> Spec:
    return {metric: fmean(values), "lowest": min(values), "highest": max(values)}


def _range_of_seeds(counts: Iterable[int]) -> str:
    fewest, most = min(found := list(counts)), max(found)
    seeds = f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
    return f"Line: mean of {seeds}. Band: their range."


def _spec(rows: list[Spec]) -> Spec:
    return {
        "$schema": VEGA_LITE,
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": {"type": "pad", "contains": "padding"},
        "data": _data(rows),
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
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

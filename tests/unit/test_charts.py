"""Charts compile, look the same for the same thing everywhere, and can carry any words safely."""

import html.parser
import json
import re
from itertools import pairwise
from math import inf, nan
from pathlib import Path

import pytest
import vl_convert

from lab import charts
from lab.records import Run

TOKENS = (Path(__file__).parents[2] / "book" / "_static" / "tokens.css").read_text("utf-8")
EVALUATIONS = [
    {
        "epoch": epoch,
        "train_loss": 1.1 * 0.8**epoch,
        "validation_loss": 1.1 * 0.9**epoch,
        "accuracy": 0.5 + epoch / 20,
        "macro_f1": 0.3 + epoch / 20,
        "gap": 1.1 * (0.9**epoch - 0.8**epoch),
    }
    for epoch in range(5)
]
OTHER_SEED = [row | {"validation_loss": row["validation_loss"] + 0.2} for row in EVALUATIONS]
STEPS = {"step": [1, 2, 3, 4, 5], "loss": [1.0, 0.8, 0.9, 0.5, 0.3], "learning_rate": [1e-5] * 5}
PRESETS = dict.fromkeys(charts.PRESET_NAMES, EVALUATIONS)


def run_of(rate, seed, loss, preset=None, **settings):
    interval = {"value": loss, "low": loss - 0.1, "high": loss + 0.1}
    return Run(
        id=f"run-{seed}",
        route="minilm",
        preset=preset,
        settings={"learning_rate": rate, "seed": seed, "threads": seed + 1} | settings,
        corpus={"sha256": "abc"},
        classes=["negative", "neutral", "positive"],
        evaluations=EVALUATIONS,
        steps=STEPS,
        final={"validation_loss": interval},
        environment={},
        seconds=1.0,
        cpu_seconds=1.0,
        energy={},
    )


RUNS = [
    run_of(1e-6, 0, 1.0, "too-low"),
    run_of(1e-6, 1, 1.1, "too-low"),
    run_of(1e-4, 1, 0.4),
    run_of(1e-4, 0, 0.5),
    run_of(5e-3, 0, 1.2, "too-high"),
    run_of(5e-3, 1, nan, "too-high"),
]
SPECS = {
    "loss": charts.loss_curves(EVALUATIONS),
    "loss, log": charts.loss_curves(EVALUATIONS, log=True),
    "comparison": charts.comparison(PRESETS, "validation_loss", log=True),
    "classes": charts.predicted_classes(
        {"too-low": {"neutral": 9}}, {"negative": 2, "neutral": 5, "positive": 2}
    ),
    "line": charts.line([(0, 1), (1, 0.5)], "step", "height"),
    "metrics": charts.metric_curves(EVALUATIONS, always_neutral=0.52),
    "gap": charts.gap_curves(PRESETS),
    "seeds": charts.over_seeds({"too-low": [EVALUATIONS, OTHER_SEED]}, "validation_loss"),
    "schedule": charts.over_steps({"constant": STEPS}, "learning_rate"),
    "steps": charts.over_steps({"training": STEPS}, "loss", log=True),
    "while training": charts.while_training(
        [row | {"step": row["epoch"]} for row in EVALUATIONS], STEPS, log=True
    ),
    "rates": charts.learning_rates(RUNS),
    "shared": charts.on_shared_axes([charts.loss_curves(EVALUATIONS)])[0],
}


@pytest.mark.parametrize("name", SPECS)
def test_each_chart_compiles_to_a_picture(name):
    svg = vl_convert.vegalite_to_svg(SPECS[name])
    assert svg.startswith("<svg")
    assert svg.count('aria-roledescription="line mark"') or svg.count('aria-roledescription="bar"')


@pytest.mark.parametrize("name", SPECS)
def test_every_colour_is_a_token_of_ours(name):
    used = set(re.findall(r"var\((--[\w-]+)\)", json.dumps(SPECS[name])))
    assert used
    assert all(f"{token}:" in TOKENS for token in used)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", json.dumps(SPECS[name]))


def test_training_is_a_full_line_and_validation_dashed():
    encoding = charts.loss_curves(EVALUATIONS)["encoding"]
    assert encoding["color"]["scale"] == {
        "domain": ["training", "validation"],
        "range": ["var(--train)", "var(--validation)"],
    }
    full, dashed = encoding["strokeDash"]["scale"]["range"]
    assert full[1] == 0
    assert dashed[1] > 0


def test_presets_carry_their_signs_and_never_share_a_colour():
    scale = charts.comparison(PRESETS, "validation_loss")["encoding"]["color"]["scale"]
    assert scale["domain"] == ["▼ tiny steps", "● right steps", "▲ giant steps"]
    assert len(set(scale["range"])) == 3


def test_names_of_the_readers_own_look_like_nothing_that_has_a_meaning_and_never_alike():
    names = [f"rate {rate}" for rate in range(8)]
    spec = charts.comparison(dict.fromkeys([*names[:4], "training", *names[4:]], EVALUATIONS), "train_loss")
    colors, dashes = (spec["encoding"][channel]["scale"]["range"] for channel in ("color", "strokeDash"))
    looks = [(color, *dash) for color, dash in zip(colors, dashes, strict=True)]
    assert len(set(looks)) == 9
    assert looks.pop(4) == ("var(--train)", 1, 0)
    assert all(one[0] != two[0] and one[1:] != two[1:] for one, two in pairwise(looks[:3]))
    assert not {color for color, *_ in looks} & {color for color, _ in charts.LOOKS.values()}


def test_a_chart_with_nothing_that_can_be_drawn_is_still_a_figure():
    spec = charts.comparison({"too-high": [{"epoch": 0, "loss": float("nan")}]}, "loss", log=True)
    figure = Elements(charts.Chart(spec, "No number.", "Nothing.")._repr_mimebundle_()["text/html"])
    assert {"figure", "svg", "table"} <= {tag for tag, _ in figure.tags}


def test_numbers_that_cannot_be_drawn_are_left_out():
    broken = [
        *EVALUATIONS,
        {"epoch": 5, "train_loss": float("nan"), "validation_loss": float("inf"), "accuracy": 0},
    ]
    assert charts.loss_curves(broken)["data"] == charts.loss_curves(EVALUATIONS)["data"]
    assert charts.line([(0, 1), (1, float("nan")), (float("inf"), 1)], "x", "y")["data"]["values"] == [
        {"x": 0, "y": 1}
    ]
    zero = [{"epoch": 0, "train_loss": 0.0, "validation_loss": 1.0}]
    assert [row["series"] for row in charts.loss_curves(zero, log=True)["data"]["values"]] == ["validation"]


def rows_of(spec):
    return spec["data"]["values"]


def test_a_level_crosses_the_chart_under_its_name_and_stands_among_the_numbers():
    spec = charts.comparison(PRESETS, "accuracy", levels={"always-neutral": 0.62, "chance": 0.5})
    svg = vl_convert.vegalite_to_svg(spec)
    assert svg.count('aria-roledescription="rule mark"') == 2
    assert svg.count('aria-roledescription="line mark"') == len(PRESETS)
    assert "always-neutral</text>" in svg and "chance</text>" in svg
    assert rows_of(spec)[-2:] == [
        {"epoch": None, "accuracy": 0.62, "series": "always-neutral"},
        {"epoch": None, "accuracy": 0.5, "series": "chance"},
    ]
    figure = charts.Chart(spec, "", "")._repr_mimebundle_()["text/html"]
    assert "<td></td><td>0.62</td><td>always-neutral</td>" in figure
    assert spec["encoding"]["color"]["scale"]["domain"] == list(charts.PRESET_NAMES.values())


@pytest.mark.parametrize(
    ("level", "curve", "place"),
    [
        (0.6, [0.2, 0.8, 0.8, 0.8, 0.8], ("right", "top")),
        (0.6, [0.55, 0.2, 0.8, 0.8, 0.8], ("right", "top")),
        (0.2, [0.2, 0.8, 0.8, 0.8, 0.8], ("right", "bottom")),
        (0.6, [0.2, 0.8, 0.8, 0.55, 0.8], ("right", "bottom")),
        (0.6, [0.2, 0.8, 0.8, 0.55, 0.65], ("left", "top")),
        (0.6, [0.2, 0.55, 0.8, 0.55, 0.65], ("left", "bottom")),
    ],
)
def test_the_name_of_a_level_stands_where_no_curve_is(level, curve, place):
    rows = charts.points("epoch", "accuracy", curve)
    layers = charts.comparison({"mine": rows}, "accuracy", levels={"here": level})["layer"]
    (mark,) = [layer["mark"] for layer in layers if layer["mark"]["type"] == "text"]
    assert (mark["align"], mark["baseline"]) == place


def test_levels_stand_in_a_chart_without_a_curve():
    spec = charts.comparison({"too-high": [{"epoch": 0, "loss": nan}]}, "loss", levels={"here": 1.0})
    assert "here</text>" in vl_convert.vegalite_to_svg(spec)


def test_accuracy_and_macro_f1_share_an_axis_and_differ_in_dash():
    spec = charts.metric_curves(EVALUATIONS, always_neutral=0.52)
    assert [(row["series"], row["score"]) for row in rows_of(spec)[::5]] == [
        ("accuracy", 0.5), ("macro-F1", 0.3), ("always-neutral", 0.52)
    ]  # fmt: skip
    one, other = spec["encoding"]["strokeDash"]["scale"]["range"]
    assert one != other
    assert rows_of(charts.metric_curves(EVALUATIONS)) == rows_of(spec)[:-1]


def test_no_gap_is_marked_where_gaps_are_compared():
    spec = charts.gap_curves({"just-right": EVALUATIONS})
    assert [(row["series"], row["gap"]) for row in rows_of(spec)][-1] == ("no gap", 0)
    assert "gap in loss (+ is worse)" in vl_convert.vegalite_to_svg(spec)


def test_the_mean_of_the_seeds_stands_in_their_range():
    spec = charts.over_seeds({"too-low": [EVALUATIONS, OTHER_SEED], "mine": [EVALUATIONS]}, "validation_loss")
    assert rows_of(spec)[0] == {
        "epoch": 0, "validation_loss": 1.2, "lowest": 1.1, "highest": 1.3, "series": "▼ tiny steps"
    }  # fmt: skip
    assert rows_of(spec)[5]["series"] == "mine"
    svg = vl_convert.vegalite_to_svg(spec)
    assert svg.count('aria-roledescription="area mark"') == 2
    assert "Line: mean of 1 to 2 seeds. Band: their range." in svg


@pytest.mark.parametrize("odd", [[{**OTHER_SEED[2], "validation_loss": inf}], []])
def test_a_mean_ends_where_one_of_its_seeds_has_no_value(odd):
    spec = charts.over_seeds({"mine": [EVALUATIONS, [*OTHER_SEED[:2], *odd]]}, "validation_loss")
    assert [row["epoch"] for row in rows_of(spec)] == [0, 1]


def test_a_band_that_reaches_0_has_no_place_on_a_log_axis():
    zero = [EVALUATIONS[0], EVALUATIONS[1] | {"validation_loss": 0.0}]
    groups = {"mine": [EVALUATIONS[:2], zero]}
    assert len(rows_of(charts.over_seeds(groups, "validation_loss", log=True))) == 1
    assert len(rows_of(charts.over_seeds(groups, "validation_loss"))) == 2


def test_steps_are_drawn_one_by_one_or_as_means_of_so_many():
    assert [row["loss"] for row in rows_of(charts.over_steps({"a": STEPS}, "loss"))] == STEPS["loss"]
    spec = charts.over_steps({"training": STEPS}, "loss", every=2)
    assert rows_of(spec) == [
        {"step": 2, "loss": 0.9, "series": "training"},
        {"step": 4, "loss": 0.7, "series": "training"},
        {"step": 5, "loss": 0.4, "series": "training"},
    ]
    assert "loss of the batch (mean of 2)" in vl_convert.vegalite_to_svg(spec)
    assert spec["encoding"]["color"]["scale"]["range"] == ["var(--train)"]


def test_each_seed_is_a_point_over_its_learning_rate_in_the_sign_of_its_preset():
    spec = charts.learning_rates(RUNS)
    assert [(row["learning_rate"], row["seed"]) for row in rows_of(spec)] == [
        (rate, seed) for rate in (1e-6, 1e-4, 5e-3) for seed in (0, 1)
    ]
    band, line, points, cross = spec["layer"]
    assert line["data"] == band["data"] == {
        "values": [
            {"learning_rate": 1e-6, "validation_loss": 1.05, "lowest": 1.0, "highest": 1.1},
            {"learning_rate": 1e-4, "validation_loss": 0.45, "lowest": 0.4, "highest": 0.5},
        ]
    }  # fmt: skip
    shapes = points["encoding"]["shape"]["scale"]
    assert dict(zip(shapes["domain"], shapes["range"], strict=True)) == {
        "▼ tiny steps": "triangle-down", "▲ giant steps": "triangle-up", "no preset": "diamond"
    }  # fmt: skip
    assert spec["title"]["text"] == [
        "Line: mean of 2 seeds. Band: their range.",
        "Cross at the top: not a finite number.",
    ]
    assert vl_convert.vegalite_to_svg(spec).count('aria-roledescription="point"') == 6
    assert cross["encoding"]["y"] == {"value": 0}


def test_one_seed_a_rate_has_its_interval_for_a_band():
    spec = charts.learning_rates([run for run in RUNS if run.settings["seed"] == 0])
    assert spec["layer"][0]["data"]["values"][1] == {
        "learning_rate": 1e-4, "validation_loss": 0.5, "lowest": 0.4, "highest": 0.6
    }  # fmt: skip
    assert spec["title"]["text"] == ["Band: 95 % interval of the one seed."]


def test_a_rate_of_nothing_has_no_place_on_a_log_axis():
    assert charts.learning_rates([*RUNS, run_of(0.0, 0, 1.1)]) == charts.learning_rates(RUNS)


def test_runs_that_differ_in_more_than_the_rate_are_no_learning_rate_chart():
    with pytest.raises(ValueError, match="differ in optim; allowed"):
        charts.learning_rates([*RUNS, run_of(1e-3, 0, 1.0, optim="sgd")])


def test_pictures_side_by_side_share_their_axes():
    high = [row | {"epoch": row["epoch"] * 2, "validation_loss": 9.0} for row in EVALUATIONS]
    one, two = charts.on_shared_axes([SPECS["loss"], charts.loss_curves(high)])
    assert one["encoding"]["y"] == two["encoding"]["y"]
    assert one["encoding"]["x"]["scale"]["domain"] == [0, 8]
    assert one["encoding"]["y"]["scale"]["domain"][1] == 9.0
    assert "domain" not in SPECS["loss"]["encoding"]["y"]["scale"]
    far = [row | {"validation_loss": 90.0} for row in EVALUATIONS]
    logs = charts.on_shared_axes([charts.loss_curves(rows, log=True) for rows in (EVALUATIONS, far)])
    assert logs[0]["encoding"]["y"]["axis"]["values"] == [0.1, 1.0, 10.0, 100.0]
    band = charts.over_seeds({"mine": [EVALUATIONS, OTHER_SEED]}, "validation_loss")
    assert charts.on_shared_axes([band])[0]["encoding"]["y"]["scale"]["domain"][1] == 1.3
    with pytest.raises(ValueError, match="allowed is the same on all"):
        charts.on_shared_axes([SPECS["loss"], SPECS["loss, log"]])


def test_while_training_each_batch_is_a_thin_line_and_each_evaluation_a_mark():
    evaluations = [{"step": 0, "train_loss": 1.1, "validation_loss": 1.2}]
    evaluations += [{"step": 3, "train_loss": 0.5, "validation_loss": nan}]
    steps = {"step": [1, 2, 3], "loss": [1.0, nan, 0.8]}
    spec = charts.while_training(evaluations, steps)
    drawn = [(row["series"], row["step"], row["loss"]) for row in spec["data"]["values"]]
    assert drawn == [
        ("one batch", 1, 1.0),
        ("one batch", 3, 0.8),
        ("training", 0, 1.1),
        ("training", 3, 0.5),
        ("validation", 0, 1.2),
    ]
    svg = vl_convert.vegalite_to_svg(spec)
    groups = re.findall(r'<g class="mark-(\w+) [^"]*(batches|evaluations)_', svg)
    assert {("line", "batches"), ("line", "evaluations")} <= set(groups)
    thin, thick = (layer["mark"]["strokeWidth"] for layer in spec["layer"])
    assert thin < thick and "point" in spec["layer"][1]["mark"] and "point" not in spec["layer"][0]["mark"]
    assert svg.count('aria-roledescription="point"') == 3


def test_long_names_make_a_chart_higher_and_no_wider():
    def size(names):
        svg = vl_convert.vegalite_to_svg(charts.comparison(dict.fromkeys(names, EVALUATIONS), "accuracy"))
        return [float(re.search(f'<svg[^>]* {side}="([\\d.]+)"', svg)[1]) for side in ("width", "height")]

    width, height = size(["training", "validation"])
    for names in (
        PRESETS,
        [f"rate {n}e-5" for n in range(9)],
        [f"a rather long name of {n}" for n in range(2)],
    ):
        assert size(names)[0] == width
        assert size(names)[1] > height


class Elements(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.script = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        if self.tags and self.tags[-1][0] == "script":
            self.script += text


def test_the_figure_holds_picture_words_numbers_and_specification():
    chart = charts.Chart(SPECS["loss"], "Both fall.", 'Loss from 1.1 to "0.45"')
    figure = Elements(chart._repr_mimebundle_()["text/html"])
    names = [tag for tag, _ in figure.tags]
    assert names[0] == "figure"
    assert {"svg", "figcaption", "details", "table", "script"} <= set(names)
    assert (
        "div",
        {"class": "chart-picture", "role": "img", "aria-label": 'Loss from 1.1 to "0.45"'},
    ) in figure.tags
    assert json.loads(figure.script) == chart.spec
    assert names.count("tr") == 1 + 2 * len(EVALUATIONS)


def test_a_covered_figure_is_the_same_without_its_numbers():
    spec = charts.Chart(SPECS["loss"], "Which is it?", "Two curves.").spec
    svg = vl_convert.vegalite_to_svg(spec)
    whole, covered = charts.figure(spec, svg), charts.figure(spec, svg, covered=True)
    assert covered == re.sub("<details>.*</details>", "", whole)
    tags = {tag for tag, _ in Elements(covered).tags}
    assert {"figure", "svg", "figcaption", "script"} <= tags and not {"table", "details"} & tags


def test_words_in_a_figure_are_never_markup():
    evil = '</script><img src=x onerror="alert(1)">'
    spec = charts.comparison({evil: EVALUATIONS}, "validation_loss")
    figure = Elements(charts.Chart(spec, evil, evil)._repr_mimebundle_()["text/html"])
    assert "img" not in [tag for tag, _ in figure.tags]
    assert json.loads(figure.script)["usermeta"]["caption"] == evil


def test_without_a_renderer_the_chart_is_its_specification(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    bundle = charts.Chart(SPECS["loss"], "caption", "alt")._repr_mimebundle_()
    assert bundle[charts.VEGA_LITE_MIME]["usermeta"] == {"caption": "caption", "alt": "alt"}
    assert "text/html" not in bundle


def test_a_last_digit_that_systems_round_differently_does_not_change_a_chart():
    for loss, other in ((0.75, 0.7500000000000002), (25.511942, 25.511942000000005)):
        one, two = (
            charts.loss_curves([{"epoch": 0, "train_loss": 1.0, "validation_loss": value}])
            for value in (loss, other)
        )
        assert one == two
    assert charts.loss_curves([{"epoch": 0, "train_loss": 1.0, "validation_loss": 0.75001}]) != one

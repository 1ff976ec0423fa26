"""Charts compile, look the same for the same thing everywhere, and can carry any words safely."""

import html.parser
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import vl_convert

from lab import charts

TOKENS = (Path(__file__).parents[2] / "book" / "_static" / "tokens.css").read_text("utf-8")
EVALUATIONS = [
    {
        "epoch": epoch,
        "train_loss": 1.1 * 0.8**epoch,
        "validation_loss": 1.1 * 0.9**epoch,
        "accuracy": 0.5 + epoch / 20,
    }
    for epoch in range(5)
]
PRESETS = dict.fromkeys(charts.PRESET_NAMES, EVALUATIONS)
SPECS = {
    "loss": charts.loss_curves(EVALUATIONS),
    "loss, log": charts.loss_curves(EVALUATIONS, log=True),
    "comparison": charts.comparison(PRESETS, "validation_loss", log=True),
    "classes": charts.predicted_classes(
        {"too-low": {"neutral": 9}}, {"negative": 2, "neutral": 5, "positive": 2}
    ),
    "line": charts.line([(0, 1), (1, 0.5)], "step", "height"),
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

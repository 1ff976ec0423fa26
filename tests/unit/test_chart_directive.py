"""The directive that draws stored runs: every kind, what it says of them, and what it refuses."""

import importlib
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from docutils.nodes import raw
from docutils.parsers.rst import directives
from docutils.utils import SystemMessage

from lab import charts, records
from lab.report import in_words

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
RUN = records.load("minilm-just-right-seed-0")
LOW, HIGH = "minilm-too-low-seed-0", "minilm-too-high-seed-0"
SEEDS = [records.load(f"minilm-just-right-seed-{seed}") for seed in range(5)]


@pytest.fixture(scope="module")
def chart():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the module that this extension builds on
    try:
        return importlib.import_module("chart")
    finally:
        sys.path.remove(str(EXTENSIONS))


@pytest.fixture
def drawn(chart, monkeypatch):
    """The figure that the directive writes for a kind and options."""
    monkeypatch.setitem(directives._directives, "chart", chart.ChartDirective)

    def draw(kind, **options):
        options = {"caption": "A caption."} | options
        lines = [f"   :{name}: {text}" for name, text in options.items() if text is not None]
        source = "\n".join([f".. chart:: {kind}", *lines])
        targets = []
        domain = SimpleNamespace(note_hyperlink_target=lambda *target: targets.append(target))
        env = SimpleNamespace(docname="day/x", domains={"std": domain})
        settings = {"env": env, "halt_level": 3, "report_level": 5}
        return Figure(publish_doctree(source, settings_overrides=settings), targets)

    return draw


class Figure:
    def __init__(self, tree, targets):
        self.targets = targets
        (self.html,) = (node.astext() for node in tree.findall(raw))
        self.spec = json.loads(re.search(r'class="chart-spec">(.*?)</script>', self.html)[1])
        self.alt = self.spec["usermeta"]["alt"]
        self.rows = self.spec["data"]["values"]

    def line(self, name, field):
        return [row[field] for row in self.rows if row.get("series") == name]


def rounded(values):
    return pytest.approx(values, rel=1e-9)


def test_loss_draws_training_and_validation_of_one_run(drawn):
    figure = drawn("loss", runs=RUN.id)
    assert figure.line("training", "loss") == rounded(RUN.column("train_loss"))
    assert figure.line("validation", "loss") == rounded(RUN.column("validation_loss"))
    assert figure.html.startswith('<figure class="chart"><figcaption>A caption.</figcaption>')
    assert "<svg" in figure.html and figure.html.count("<tr>") == 1 + 2 * len(RUN.evaluations)


def test_metrics_draws_accuracy_and_macro_f1_above_always_neutral(drawn):
    figure = drawn("metrics", runs=RUN.id)
    assert figure.line("accuracy", "score") == rounded(RUN.column("accuracy"))
    assert figure.line("macro-F1", "score") == rounded(RUN.column("macro_f1"))
    labels = RUN.corpus["validation_labels"]
    assert figure.line("always-neutral", "score") == rounded([labels["neutral"] / sum(labels.values())])


def test_compare_draws_a_line_a_run_by_preset_or_by_the_name_given(drawn):
    figure = drawn("compare", runs=f"{LOW} mine_own={RUN.id}", metric="accuracy")
    assert figure.line("▼ tiny steps", "accuracy") == rounded(records.load(LOW).column("accuracy"))
    assert figure.line("mine own", "accuracy") == rounded(RUN.column("accuracy"))
    by_default = drawn("compare", runs=RUN.id)
    assert by_default.line("● right steps", "validation_loss") == rounded(RUN.column("validation_loss"))


def test_a_run_without_preset_or_name_is_called_by_its_id(drawn):
    figure = drawn("compare", runs="minilm-rate-2e-05-seed-0")
    assert figure.line("minilm-rate-2e-05-seed-0", "validation_loss")


def test_levels_are_values_to_compare_with(drawn):
    figure = drawn("compare", runs=RUN.id, metric="accuracy", levels="always-neutral a_coin=0.5")
    assert figure.line("a coin", "accuracy") == [0.5]
    assert figure.line("always-neutral", "accuracy")[0] == pytest.approx(0.518, abs=0.001)


def test_gap_draws_the_gap_in_loss_over_no_gap(drawn):
    figure = drawn("gap", runs=RUN.id)
    assert figure.line("● right steps", "gap") == rounded(RUN.column("gap"))
    assert figure.line("no gap", "gap") == [0]


def test_steps_draws_what_was_noted_at_each_step(drawn):
    assert drawn("steps", runs=RUN.id).line("● right steps", "loss") == rounded(RUN.steps["loss"])
    figure = drawn("steps", runs=RUN.id, metric="grad_norm", every="50")
    first = sum(RUN.steps["grad_norm"][:50]) / 50
    assert figure.line("● right steps", "grad_norm")[0] == pytest.approx(first)
    assert figure.line("● right steps", "step") == [50, 100, 150, 200, 250, 300]


def test_seeds_draws_the_mean_of_all_that_a_pattern_finds(drawn):
    figure = drawn("seeds", runs="just-right=minilm-just-right-seed-?", metric="accuracy")
    last = [run.column("accuracy")[-1] for run in SEEDS]
    row = figure.rows[-1]
    assert row["accuracy"] == pytest.approx(sum(last) / 5)
    assert (row["lowest"], row["highest"]) == (pytest.approx(min(last)), pytest.approx(max(last)))
    assert "mean of 5 seeds" in figure.spec["title"]["text"]


def test_rates_draws_a_point_a_seed(drawn):
    figure = drawn("rates", runs="minilm-too-low-seed-? minilm-just-right-seed-?", metric="macro_f1")
    assert len(figure.rows) == 10
    assert {row["learning_rate"] for row in figure.rows} == {1e-6, 5e-5}
    assert figure.rows[5]["macro_f1"] == pytest.approx(RUN.final["macro_f1"]["value"])


def test_answers_counts_each_class_beside_the_true_labels(drawn):
    figure = drawn("answers", runs=f"{HIGH} {RUN.id}")
    counted = {(row["run"], row["class"]): row["headlines"] for row in figure.rows}
    assert counted["▲ giant steps", "neutral"] == sum(RUN.corpus["validation_labels"].values())
    assert counted["● right steps", "negative"] == RUN.evaluations[-1]["predicted_counts"]["negative"]
    assert counted["true labels", "positive"] == RUN.corpus["validation_labels"]["positive"]


def test_every_kind_that_the_docstring_names_is_there_and_the_other_way_round(chart):
    named = re.findall(r"^(\w+) {2,}\S", chart.__doc__, re.M)
    assert sorted(named) == sorted(chart.KINDS)


@pytest.mark.parametrize("kind", ["loss", "compare", "steps", "seeds", "rates"])
def test_log_makes_the_axis_logarithmic(drawn, kind):
    assert drawn(kind, runs=RUN.id, log="").spec["encoding"]["y"]["scale"]["type"] == "log"
    assert "type" not in drawn(kind, runs=RUN.id).spec["encoding"]["y"]["scale"]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            "pie",
            {"runs": RUN.id},
            "allowed is one of loss, metrics, compare, gap, steps, seeds, rates, answers",
        ),
        ("loss", {"runs": "minilm-nobody"}, "there is no stored run 'minilm-nobody'"),
        ("loss", {"runs": "minilm-nobody-?"}, "run id 'minilm-nobody-?'"),
        ("loss", {}, "runs must be given"),
        ("loss", {"runs": RUN.id, "caption": None}, "caption must be given"),
        ("compare", {"runs": RUN.id, "metric": "beauty"}, "'beauty'"),
        ("compare", {"runs": RUN.id, "levels": "half=often"}, "'often'"),
        ("steps", {"runs": RUN.id, "metric": "mood"}, "'mood'"),
        ("steps", {"runs": RUN.id, "every": "0"}, "every"),
        ("rates", {"runs": f"{RUN.id} tfidf-just-right-seed-0"}, "the runs differ in"),
        ("loss", {"runs": RUN.id, "colour": "red"}, 'unknown option: "colour"'),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(drawn, kind, options, message):
    with pytest.raises(SystemMessage, match=re.escape(message)):
        drawn(kind, **options)


def test_without_words_of_its_own_a_figure_reads_its_values_out_and_says_nothing_about_them(drawn):
    figure = drawn("loss", runs=RUN.id)
    loss = RUN.column("validation_loss")
    assert figure.alt.startswith("A caption. training, 0: ")
    assert f"validation, 0: {in_words(loss[0], '.3g')}; 1: {in_words(loss[1], '.3g')};" in figure.alt
    assert figure.alt.endswith(f"6: {in_words(loss[-1], '.3g')}.")
    assert drawn("loss", runs=RUN.id, alt="Both fall.").alt == "Both fall."


def test_of_a_long_line_only_its_ends_are_read_out(drawn, chart):
    alt = drawn("steps", runs=RUN.id).alt
    first, last = (in_words(RUN.steps["loss"][step], ".3g") for step in (0, -1))
    assert alt == f"A caption. ● right steps, 1: {first}; 300: {last}."
    at_most = charts.comparison({"a": charts.points("x", "y", range(chart.MOST_POINTS))}, "y", x="x")
    assert chart.values_in_words(at_most).count(";") == chart.MOST_POINTS - 1


def test_a_level_is_read_out_as_its_value_and_a_bar_as_its_count(drawn):
    assert "no gap, 0." in drawn("gap", runs=RUN.id).alt
    labels = RUN.corpus["validation_labels"]
    assert drawn("answers", runs=HIGH).alt == (
        "A caption. ▲ giant steps, negative: 0; neutral: 467; positive: 0. true labels, "
        f"negative: {labels['negative']}; neutral: {labels['neutral']}; positive: {labels['positive']}."
    )


def test_a_count_is_read_out_whole(chart):
    spec = charts.predicted_classes({"a": {"neutral": 1234}}, {"neutral": 1234})
    assert chart.values_in_words(spec) == "a, neutral: 1234. true labels, neutral: 1234."


def test_a_point_that_is_not_a_number_is_read_out_as_such(chart):
    spec = charts.learning_rates([RUN], "validation_loss")
    spec["data"]["values"][0]["validation_loss"] = None
    assert chart.values_in_words(spec) == "values, 0.00005 (5e-5): not a number."


def test_figures_with_room_for_the_same_runs_have_the_same_axes(drawn):
    figures = [drawn("loss", runs=run, **{"with": f"{LOW} {HIGH} {RUN.id}"}) for run in (LOW, HIGH, RUN.id)]
    domains = [[figure.spec["encoding"][axis]["scale"]["domain"] for axis in "xy"] for figure in figures]
    assert domains[0] == domains[1] == domains[2]
    lowest = min(RUN.column("train_loss"))
    assert domains[0] == [[0, 6], [pytest.approx(lowest), pytest.approx(domains[0][1][1])]]
    assert figures[0].line("validation", "loss") == rounded(records.load(LOW).column("validation_loss"))
    assert "domain" not in drawn("loss", runs=LOW).spec["encoding"]["y"]["scale"]


def test_a_covered_figure_is_without_its_numbers(drawn):
    assert "<table" in drawn("loss", runs=RUN.id).html
    covered = drawn("loss", runs=RUN.id, covered="")
    assert "<table" not in covered.html and "<details" not in covered.html and "<svg" in covered.html


def test_nothing_in_a_covered_figure_names_the_run(drawn):
    for run in (LOW, HIGH, RUN.id):
        html = drawn("loss", runs=f"curve_1={run}", covered="").html
        assert run not in html and "steps" not in html.lower()
    assert "curve 1" in drawn("compare", runs=f"curve_1={LOW}", covered="").html


def test_a_name_is_a_place_to_link_to(drawn):
    assert drawn("loss", runs=RUN.id).targets == []
    figure = drawn("loss", runs=RUN.id, name="the curve")
    assert figure.html.startswith('<div id="the-curve"><figure class="chart">')
    assert figure.targets == [("the-curve", "day/x", "the-curve", "A caption.")]

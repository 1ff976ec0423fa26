"""Settings side by side: a dot for each seed, and what the axes say."""

import pytest

from lab import charts, records

NOISE = {
    "none": [records.load(f"minilm-just-right-seed-{seed}") for seed in range(3)],
    "25 %": [records.load(f"minilm-just-right-validation-label-noise-0-25-seed-{seed}") for seed in range(3)],
}


def test_there_is_a_dot_for_each_run_at_its_final_value():
    spec = charts.dots(NOISE, {"": "accuracy"})
    assert [(row["setting"], row["seed"], row["value"]) for row in spec["data"]["values"]] == [
        (name, run.settings["seed"], pytest.approx(run.final["accuracy"]["value"]))
        for name, runs in NOISE.items()
        for run in runs
    ]
    assert spec["encoding"]["x"]["sort"] == list(NOISE)


def test_one_metric_needs_no_legend_and_several_have_one():
    one = charts.dots(NOISE, {"": "accuracy"})
    two = charts.dots(NOISE, {"accuracy": "accuracy", "macro-F1": "macro_f1"})
    assert "series" not in one["data"]["values"][0]
    assert {row["series"] for row in two["data"]["values"]} == {"accuracy", "macro-F1"}
    assert "legend" not in str(one["layer"]) and "legend" in str(two["layer"])


def test_the_axes_are_named_by_the_dial_and_by_what_is_measured():
    def titles(metrics):
        encoding = charts.dots(NOISE, metrics)["encoding"]
        return encoding["x"]["axis"]["title"], encoding["y"]["axis"]["title"]

    assert titles({"": "accuracy"}) == ("validation labels made wrong", "validation accuracy")
    assert titles({"a": "accuracy", "b": "corpus.ceiling.accuracy"})[1] == "validation accuracy"
    assert titles({"a": "accuracy", "b": "macro_f1"})[1] == "score (higher is better)"
    assert charts.dots({"a": NOISE["none"]}, {"": "accuracy"})["encoding"]["x"]["axis"]["title"] is None


def test_a_run_without_wrong_labels_is_measured_on_the_true_ones_anyway():
    spec = charts.dots(NOISE, {"": "final.on_true_labels.accuracy"})
    right, wrong = (
        [row["value"] for row in spec["data"]["values"] if row["setting"] == name] for name in NOISE
    )
    assert right == wrong  # the same models


def test_figures_of_different_dials_can_share_their_heights():
    few = charts.dots({"none": NOISE["none"]}, {"": "accuracy"})
    shared = charts.on_shared_axes([charts.dots(NOISE, {"": "accuracy"}), few])
    heights = [spec["encoding"]["y"]["scale"]["domain"] for spec in shared]
    assert heights[0] == heights[1]
    assert "scale" not in shared[0]["encoding"]["x"]

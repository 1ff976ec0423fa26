"""What Activity 3 says of its presets and of the runs in its checks."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from lab import page_model, records, verdict
from lab.settings import PRESETS, in_id

CHAPTER = Path(__file__).parents[2] / "book" / "day" / "activity-3-learning-rate-experiment.md"
TEXT = CHAPTER.read_text("utf-8")
TINY, RIGHT, GIANT = (records.load(f"minilm-{name}-seed-0") for name in ("too-low", "just-right", "too-high"))
BETWEEN = {
    rate: records.load(f"minilm-rate-{name}-seed-0")
    for rate, name in ((1e-5, "1e-05"), (2e-5, "2e-05"), (2e-4, "0-0002"), (1e-3, "0-001"))
}
NEUTRAL = {"negative": 0, "neutral": 467, "positive": 0}


def changes(losses: list[float]) -> list[float]:
    return [b - a for a, b in pairwise(losses)]


def rows(begins: str) -> list[list[list[float]]]:
    """The rates in the table whose head begins so: for each preset, those of MiniLM and of the page model."""
    table = TEXT[TEXT.index(begins) :].split(":::")[0]
    cells = [re.split(r"\n  - ", row.strip())[1:] for row in table.split("* - ")[2:]]
    # A rate's other way of writing, in brackets, says the same.
    return [
        [
            [float(rate.replace(",", "")) for rate in re.sub(r"\(.*?\)", "", cell).split(" or ")]
            for cell in row
        ]
        for row in cells
    ]


def test_both_ways_of_writing_a_rate_agree():
    pairs = re.findall(r"(0\.\d+) \((\de-\d)\)", TEXT)
    assert len(pairs) >= 9
    assert all(float(one) == float(other) for one, other in pairs)


def test_the_presets_are_the_labs_and_differ_in_the_rate_alone():
    presets = rows("* - Preset")
    names = ("too-low", "just-right", "too-high")
    assert presets == [[[PRESETS["minilm"][name]], [page_model.PRESETS[name]]] for name in names]
    for run, name in ((TINY, "too-low"), (RIGHT, "just-right"), (GIANT, "too-high")):
        assert run.settings["learning_rate"] == PRESETS["minilm"][name]
        assert {key for key in run.settings if run.settings[key] != TINY.settings[key]} <= {"learning_rate"}
        page = records.load(f"page-model-{name}-seed-0")
        assert page.settings["learning_rate"] == page_model.PRESETS[name]
        assert (run.corpus["train"], page.corpus["train"]) == (800, 800)
        assert run.corpus["validation"] == page.corpus["validation"]


def test_the_rates_in_between_are_stored_and_lie_between_the_preset_and_a_neighbour():
    offered = rows("* - Your preset")
    presets = rows("* - Preset")
    for number, (of_minilm, of_page) in enumerate(offered):
        for route, rates in enumerate((of_minilm, of_page)):
            own = presets[number][route][0]
            neighbours = [presets[other][route][0] for other in (number - 1, number + 1) if 0 <= other < 3]
            assert all(any(min(own, x) < rate < max(own, x) for x in neighbours) for rate in rates)
        for rate in of_minilm:
            assert BETWEEN[rate].settings["learning_rate"] == rate
        for rate in of_page:
            run = records.load(f"page-model-rate-{in_id(rate)}-seed-0")
            assert run.settings["learning_rate"] == rate
    for run in BETWEEN.values():
        assert {key for key in run.settings if run.settings[key] != RIGHT.settings[key]} <= {"learning_rate"}


def test_tiny_steps_stand_still_by_the_tempting_rule_and_never_left():
    losses = TINY.column("validation_loss")
    assert verdict.naive(verdict.History.of_run(TINY))
    assert abs(changes(losses)[-1]) < 0.01
    assert TINY.verdict["name"] == "stalled"
    assert 1 - losses[-1] / losses[0] == pytest.approx(1 / 30, abs=0.002)
    assert max(map(abs, TINY.column("gap"))) < 0.005  # the two losses lie on top of each other


def test_tiny_steps_gain_accuracy_lose_macro_f1_and_have_learned_to_say_neutral():
    start, end = TINY.evaluations[0], TINY.evaluations[-1]
    assert 0.18 < end["accuracy"] - start["accuracy"] < 0.2
    assert end["macro_f1"] < start["macro_f1"]
    assert end["predicted_counts"] == NEUTRAL
    assert min(start["predicted_counts"].values()) > 0
    labels = TINY.corpus["validation_labels"]
    assert end["accuracy"] == pytest.approx(labels["neutral"] / sum(labels.values()))


def test_a_rate_that_is_too_high_may_be_calm():
    calm, wild = BETWEEN[1e-3].column("validation_loss"), GIANT.column("validation_loss")
    assert changes(calm)[0] < -0.05  # it dropped within one epoch
    assert max(map(abs, changes(calm)[1:])) < 0.02
    assert max(changes(wild)) > 0.1
    assert min(changes(wild)) < -0.1
    assert BETWEEN[1e-3].evaluations[-1]["predicted_counts"] == NEUTRAL
    assert GIANT.evaluations[-1]["predicted_counts"] == NEUTRAL
    assert BETWEEN[1e-3].verdict["name"] == "stuck"
    assert max(BETWEEN[1e-3].steps["loss"][:12]) > 1.3 * calm[0]


def test_the_run_with_the_lower_loss_is_the_one_that_answers_neutral_alone():
    other = BETWEEN[2e-4]
    losses = other.column("validation_loss")
    assert TINY.column("validation_loss")[-1] < losses[-1]
    assert losses[-1] > losses[0]
    assert losses.index(min(losses)) == 2
    assert losses[2] < min(TINY.column("validation_loss"))
    assert other.evaluations[-1]["accuracy"] > TINY.evaluations[-1]["accuracy"] + 0.15
    assert min(other.evaluations[-1]["predicted_counts"].values()) > 0


def test_what_the_coach_is_told_about_the_pulse():
    assert all(change < 0 for change in changes(TINY.column("validation_loss")))
    assert {change > 0 for change in changes(GIANT.column("validation_loss"))} == {True, False}

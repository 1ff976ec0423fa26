"""What Activity 4 says when it puts the runs side by side."""

from itertools import pairwise
from statistics import fmean

import pytest

from lab import page_model, records
from lab.records import Run

SEEDS = range(5)
NAMES = {
    1e-6: "too-low", 1e-5: "rate-1e-05", 2e-5: "rate-2e-05", 5e-5: "just-right",
    2e-4: "rate-0-0002", 1e-3: "rate-0-001", 5e-3: "too-high",
}  # fmt: skip
RUNS: dict[float, list[Run]] = {
    rate: [records.load(f"minilm-{name}-seed-{seed}") for seed in SEEDS] for rate, name in NAMES.items()
}
TINY, RIGHT, GIANT = (RUNS[rate][0] for rate in (1e-6, 5e-5, 5e-3))


def ends(rate: float, quantity: str) -> list[float]:
    return [run.evaluations[-1][quantity] for run in RUNS[rate]]


def always_neutral(run: Run) -> float:
    labels = run.corpus["validation_labels"]
    return labels["neutral"] / sum(labels.values())


def test_the_runs_are_at_the_rates_that_they_stand_for():
    assert all(run.settings["learning_rate"] == rate for rate, runs in RUNS.items() for run in runs)


def test_tiny_and_giant_steps_tie_on_accuracy_and_macro_f1_and_not_on_loss():
    for quantity in ("accuracy", "macro_f1", "predicted_counts"):
        assert TINY.evaluations[-1][quantity] == GIANT.evaluations[-1][quantity]
    assert TINY.evaluations[-1]["predicted_counts"]["neutral"] == 467
    assert GIANT.evaluations[-1]["validation_loss"] > TINY.evaluations[-1]["validation_loss"] + 0.1


def test_on_other_seeds_giant_steps_end_with_the_lower_loss():
    assert any(
        g < t for g, t in zip(ends(5e-3, "validation_loss"), ends(1e-6, "validation_loss"), strict=True)
    )


def test_tiny_steps_crept_and_giant_steps_leapt():
    def largest(run: Run) -> float:
        return max(abs(b - a) for a, b in pairwise(run.column("validation_loss")))

    assert largest(TINY) < 0.01
    assert largest(GIANT) > 0.1


def test_the_smallest_gap_is_of_the_run_that_learned_least():
    assert abs(TINY.evaluations[-1]["gap"]) < 0.005
    assert min((TINY, RIGHT, GIANT), key=lambda run: abs(run.evaluations[-1]["gap"])) is TINY
    assert RIGHT.evaluations[-1]["gap"] > 0.5


def test_right_steps_were_best_after_epoch_3():
    losses = RIGHT.column("validation_loss")
    assert losses.index(min(losses)) == 3
    assert losses[3] < losses[4] < losses[5] < losses[6]


def test_below_it_comes_bit_by_bit_and_above_there_is_an_edge():
    means = [fmean(ends(rate, "accuracy")) for rate in (1e-6, 1e-5, 2e-5, 5e-5)]
    assert means == sorted(means)
    assert all(end > always_neutral(RIGHT) + 0.1 for end in ends(2e-4, "accuracy"))
    assert all(end == pytest.approx(always_neutral(RIGHT)) for end in ends(1e-3, "accuracy"))


def test_two_points_at_seed_0_are_lost_again_at_another_seed():
    ahead = [a - b for a, b in zip(ends(5e-5, "accuracy"), ends(2e-4, "accuracy"), strict=True)]
    assert ahead[0] == pytest.approx(0.02, abs=0.005)
    assert ahead[4] < -0.02
    assert 9 <= 0.02 * RIGHT.corpus["validation"] <= 10


def test_which_of_two_rates_is_ahead_depends_on_what_is_measured():
    f1 = [a > b for a, b in zip(ends(5e-5, "macro_f1"), ends(2e-5, "macro_f1"), strict=True)]
    assert f1.count(True) == 4
    assert all(
        low < high
        for low, high in zip(ends(2e-5, "validation_loss"), ends(5e-5, "validation_loss"), strict=True)
    )
    assert page_model.PRESETS["just-right"] / 2e-5 > 10_000


def test_a_growing_gap_while_the_validation_loss_still_falls():
    run = RUNS[1e-5][0]
    assert all(b < a for a, b in pairwise(run.column("validation_loss")))
    assert all(b > a for a, b in pairwise(run.column("gap")))
    assert run.evaluations[-1]["gap"] > 0.1
    assert (run.verdict["name"], run.verdict["overfitting"]) == ("still improving", False)


def test_training_is_the_lower_loss_in_every_run_that_learns():
    assert all(gap > 0 for rate in (1e-5, 2e-5, 5e-5, 2e-4) for gap in ends(rate, "gap"))


def test_the_gap_of_the_number_check_is_validation_minus_training():
    end = RUNS[5e-5][1].evaluations[-1]
    assert end["gap"] == pytest.approx(end["validation_loss"] - end["train_loss"])
    # Worked out from three decimals, it is right within the tolerance.
    assert abs(round(end["validation_loss"], 3) - round(end["train_loss"], 3) - end["gap"]) < 0.005


def test_the_two_runs_with_a_different_story_are_right_on_nearly_as_many_headlines():
    one, two = (
        records.load(name)
        for name in ("minilm-rate-1e-05-seed-1", "minilm-rate-0-0002-num-train-epochs-30-seed-1")
    )
    right = [run.final["accuracy"]["value"] * run.corpus["validation"] for run in (one, two)]
    assert abs(right[0] - right[1]) == pytest.approx(1)
    assert one.corpus["split_sha256"] == two.corpus["split_sha256"]

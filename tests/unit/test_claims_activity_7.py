"""What activity 7 says of the stored runs is so."""

from statistics import fmean

from lab import records

RIGHT = [records.load(f"minilm-just-right-seed-{seed}") for seed in range(5)]
SMALLER = [records.load(f"minilm-rate-2e-05-seed-{seed}") for seed in range(5)]


def finals(runs, metric):
    return [run.final[metric]["value"] for run in runs]


def test_right_steps_have_the_higher_mean_accuracy_and_the_ranges_overlap():
    right, smaller = finals(RIGHT, "accuracy"), finals(SMALLER, "accuracy")
    assert fmean(right) > fmean(smaller)
    assert min(right) < max(smaller)
    assert {run.settings["num_train_epochs"] for run in RIGHT + SMALLER} == {6}


def test_the_smaller_rate_is_well_above_always_neutral_and_was_mostly_still_improving():
    always_neutral = 242 / 467
    assert min(finals(SMALLER, "accuracy")) > always_neutral + 0.1
    assert sum(run.verdict["name"] == "still improving" for run in SMALLER) > len(SMALLER) / 2


def test_the_loss_is_lower_at_the_smaller_rate():
    assert fmean(finals(SMALLER, "validation_loss")) < fmean(finals(RIGHT, "validation_loss"))

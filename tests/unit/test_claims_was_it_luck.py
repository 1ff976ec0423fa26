"""What the chapter *Was it luck?* says of our runs, held against the runs."""

from itertools import combinations
from statistics import fmean

import pytest

from lab import corpus, records
from lab.corpus import LABELS

TINY, RIGHT, GIANT = "minilm-too-low", "minilm-just-right", "minilm-too-high"
TWO = "minilm-rate-2e-05"
SEEDS = range(5)
POINT = 0.01


def runs(setting):
    return [records.load(f"{setting}-seed-{seed}") for seed in SEEDS]


def finals(setting, metric="accuracy"):
    return [run.final[metric]["value"] for run in runs(setting)]


def leads(metric):
    """By how much the rate 0.00005 is above 0.00002, seed by seed."""
    return [five - two for five, two in zip(finals(RIGHT, metric), finals(TWO, metric), strict=True)]


def answered(run):
    return run.evaluations[run.final["evaluation"]]["predicted_counts"]


@pytest.mark.parametrize("setting", [TINY, RIGHT, GIANT, TWO])
def test_each_setting_has_five_seeds_with_a_split_of_their_own_and_six_epochs(setting):
    assert [run.settings["seed"] for run in runs(setting)] == list(SEEDS)
    assert len({run.corpus["split_sha256"] for run in runs(setting)}) == len(SEEDS)
    assert {run.settings["num_train_epochs"] for run in runs(setting)} == {6}
    # The new last layer starts somewhere else with each seed, so that untrained models differ already.
    assert len({run.evaluations[0]["validation_loss"] for run in runs(setting)}) == len(SEEDS)


def test_the_same_seed_has_the_same_split_in_both_settings_and_only_the_rate_differs():
    for two, five in zip(runs(TWO), runs(RIGHT), strict=True):
        assert two.corpus["split_sha256"] == five.corpus["split_sha256"]
        differ = {name for name in two.settings if two.settings[name] != five.settings[name]}
        assert differ == {"learning_rate"}
        assert (two.settings["learning_rate"], five.settings["learning_rate"]) == (2e-5, 5e-5)


def test_the_groups_of_the_first_question_are_about_six_points_apart():
    assert finals(RIGHT)[0] - finals(TWO)[0] == pytest.approx(6 * POINT, abs=0.2 * POINT)


def test_with_nothing_changed_but_the_seed_four_and_eight_points():
    for setting, points in ((RIGHT, 4), (TWO, 8)):
        spread = max(finals(setting)) - min(finals(setting))
        assert spread == pytest.approx(points * POINT, abs=0.25 * POINT)
    assert max(finals(RIGHT)) == finals(RIGHT)[2]
    assert min(finals(RIGHT)) == finals(RIGHT)[4]


def test_more_than_half_of_the_pairs_of_one_setting_differ_by_more_than_two_points():
    pairs = [pair for setting in (RIGHT, TWO) for pair in combinations(finals(setting), 2)]
    assert len(pairs) == 20
    assert sum(abs(a - b) > 2 * POINT for a, b in pairs) > len(pairs) / 2


def test_the_two_runs_of_the_check_differ_in_the_seed_alone_and_by_four_points():
    one, two = runs(RIGHT)[2], runs(RIGHT)[4]
    assert {name for name in one.settings if one.settings[name] != two.settings[name]} == {"seed"}
    assert finals(RIGHT)[2] - finals(RIGHT)[4] == pytest.approx(4 * POINT, abs=0.25 * POINT)


def test_the_interval_is_a_bootstrap_of_a_thousand_draws_of_the_validation_headlines():
    from lab import measures

    run = runs(RIGHT)[0]
    assert measures.RESAMPLES == 1000
    assert run.corpus["validation"] == sum(run.corpus["validation_labels"].values())
    assert run.final["accuracy"]["low"] < run.final["accuracy"]["value"] < run.final["accuracy"]["high"]


def test_right_steps_are_ahead_of_tiny_ones_whatever_the_seed():
    gap = min(finals(RIGHT)) - max(finals(TINY))
    spread = max(max(finals(setting)) - min(finals(setting)) for setting in (RIGHT, TINY))
    assert gap > 3 * spread  # "many times the spread": every pair of runs shows it
    assert max(finals(TINY)) == finals(TINY)[1]


def test_four_tiny_runs_answer_neutral_alone_and_the_fifth_gets_one_headline_more():
    alone = [answered(run)["neutral"] == run.corpus["validation"] for run in runs(TINY)]
    assert alone == [True, False, True, True, True]
    scores = finals(TINY)
    assert {scores[seed] for seed in (0, 2, 3, 4)} == {scores[0]}
    assert scores[1] - scores[0] == pytest.approx(1 / runs(TINY)[1].corpus["validation"])


def test_giant_steps_collapse_on_every_seed_into_neutral_on_four():
    assert {run.verdict["name"] for run in runs(GIANT)} == {"collapsed"}
    classes = [[label for label, count in answered(run).items() if count] for run in runs(GIANT)]
    assert classes == [["neutral"], ["positive"], ["neutral"], ["neutral"], ["neutral"]]
    assert [finals(GIANT)[seed] == finals(TINY)[0] for seed in SEEDS] == [True, False, True, True, True]


def test_a_few_pairs_of_groups_would_report_the_opposite():
    behind = sum(two > five for five in finals(RIGHT) for two in finals(TWO))
    assert 3 <= behind <= 5
    assert max(finals(TWO)) - min(finals(RIGHT)) > 2 * POINT


def test_by_accuracy_the_larger_rate_is_ahead_on_every_seed_by_one_to_six_points():
    assert min(leads("accuracy")) == pytest.approx(1 * POINT, abs=0.2 * POINT)
    assert max(leads("accuracy")) == pytest.approx(6 * POINT, abs=0.2 * POINT)
    assert 2 * 0.5 ** len(SEEDS) == 1 / 16  # all heads or all tails


def test_by_validation_loss_at_the_end_the_smaller_rate_is_ahead_on_every_seed():
    assert min(leads("validation_loss")) > 0
    for setting in (RIGHT, TWO):  # "at the end": what is kept is the last epoch
        assert all(run.final["evaluation"] == 6 for run in runs(setting))


def test_by_its_best_epoch_the_larger_rate_has_the_lower_loss_on_every_seed():
    for five, two in zip(runs(RIGHT), runs(TWO), strict=True):
        best = [min(row["validation_loss"] for row in run.evaluations) for run in (five, two)]
        assert best[0] < best[1]


def test_the_larger_rate_is_surer_of_its_wrong_answers_on_every_seed():
    labels = {headline.id: LABELS.index(headline.label) for headline in corpus.load("headlines")}

    def when_wrong(setting, seed):
        given = records.answers(f"{setting}-seed-{seed}")
        return fmean(max(row) for name, row in given.items() if row.index(max(row)) != labels[name])

    for seed in SEEDS:
        assert when_wrong(RIGHT, seed) > when_wrong(TWO, seed) + 0.1


def test_four_of_five_runs_of_the_smaller_rate_are_still_improving():
    assert [run.verdict["name"] for run in runs(TWO)].count("still improving") == 4


def test_the_smaller_rate_learns_on_every_seed():
    labels = runs(TWO)[0].corpus["validation_labels"]
    always_neutral = labels["neutral"] / sum(labels.values())
    assert min(finals(TWO)) > always_neutral + 10 * POINT


def test_the_other_routes_have_other_rates():
    rates = [
        records.load(f"{route}-just-right-seed-0").settings["learning_rate"]
        for route in ("tfidf", "page-model")
    ]
    assert all(rate > 1000 * 5e-5 for rate in rates)
    assert rates[0] != rates[1]

"""Every claim of the chapter Reading a curve about a curve, held against the stored runs."""

import math
from itertools import pairwise
from statistics import fmean

import pytest

from lab import corpus, records

LONG = records.load("minilm-just-right-num-train-epochs-30-seed-0")
SHORT = records.load("minilm-just-right-seed-0")
EXERCISE = records.load("minilm-rate-0-0002-seed-0")
SEEDS = range(5)


def losses(run: records.Run) -> list[float]:
    return run.column("validation_loss")


def best(run: records.Run) -> int:
    return losses(run).index(min(losses(run)))


def always_neutral(run: records.Run) -> float:
    labels = run.corpus["validation_labels"]
    return labels["neutral"] / sum(labels.values())


def falls(values: list[float]) -> bool:
    return all(after < before for before, after in pairwise(values))


def test_from_epoch_3_to_epoch_30_the_loss_more_than_doubles_and_accuracy_rises():
    assert LONG.settings["num_train_epochs"] == 30
    assert best(LONG) == 3
    assert losses(LONG)[30] > 2 * losses(LONG)[3]
    assert LONG.column("accuracy")[30] > LONG.column("accuracy")[3]


def test_the_untrained_model_gives_each_class_about_a_third():
    assert losses(LONG)[0] == pytest.approx(math.log(3), abs=0.01)


def test_overfitting_begins_after_epoch_3():
    training = LONG.column("train_loss")
    assert falls(training[:11])
    assert all(loss > losses(LONG)[3] for loss in losses(LONG)[4:])
    assert LONG.verdict["overfitting"]


def test_the_gap_is_positive_where_unseen_is_worse_for_loss_and_for_accuracy():
    for row in LONG.evaluations[1:]:
        assert row["gap"] == pytest.approx(row["validation_loss"] - row["train_loss"], abs=1e-5)
        assert row["accuracy_gap"] == pytest.approx(row["train_accuracy"] - row["accuracy"], abs=1e-5)
    for epoch in (3, 30):
        assert LONG.evaluations[epoch]["gap"] > 0 < LONG.evaluations[epoch]["accuracy_gap"]


def test_a_gap_that_grows_without_overfitting():
    run = records.load("tfidf-rate-0-5-seed-0")
    gaps = run.column("gap")
    assert falls(run.column("train_loss"))
    assert falls(losses(run))
    assert falls([-gap for gap in gaps])
    assert run.column("train_loss")[-1] / losses(run)[-1] == pytest.approx(0.5, abs=0.02)
    assert not run.verdict["overfitting"]


def test_the_six_epochs_are_the_first_of_the_thirty():
    assert losses(SHORT) == pytest.approx(losses(LONG)[:7], abs=1e-4)
    assert SHORT.column("accuracy") == pytest.approx(LONG.column("accuracy")[:7])


def test_accuracy_and_macro_f1_part():
    accuracy, macro_f1 = SHORT.column("accuracy"), SHORT.column("macro_f1")
    answered = [counts["negative"] for counts in SHORT.column("predicted_counts")]
    assert accuracy[4] > always_neutral(SHORT) + 0.1
    assert accuracy[4] > accuracy[2]
    assert macro_f1[4] < macro_f1[2]
    assert answered[4] == 0 < answered[6]
    assert macro_f1[6] - macro_f1[4] > 3 * (accuracy[6] - accuracy[4]) > 0


def test_the_run_quoted_for_always_neutral_answers_just_that():
    run = records.load("minilm-rate-0-001-seed-0")
    counts = run.column("predicted_counts")[-1]
    assert counts["neutral"] == sum(counts.values())
    assert run.column("accuracy")[-1] == pytest.approx(always_neutral(SHORT))
    assert run.corpus["split_sha256"] == SHORT.corpus["split_sha256"]


def test_the_long_run_is_nearly_certain_where_it_is_wrong_and_its_loss_comes_from_there():
    labels = {headline.id: headline.label for headline in corpus.load("headlines")}
    total = wrong = 0.0
    confidences = []
    for name, shares in records.answers(LONG.id).items():
        loss = -math.log(max(shares[LONG.classes.index(labels[name])], 5e-5))  # as far as they are stored
        total += loss
        if LONG.classes[shares.index(max(shares))] != labels[name]:
            wrong += loss
            confidences.append(max(shares))
    assert fmean(confidences) > 0.95
    assert wrong / total > 0.95


def test_of_the_four_flat_runs_one_has_arrived_and_each_is_what_the_answer_says():
    found = {
        "collapsed": "minilm-rate-0-001-seed-1",
        "crawling": "minilm-too-low-seed-4",
        "arrived": "tfidf-just-right-seed-1",
        "stuck": "minilm-rate-0-001-seed-0",
    }
    chapter = (records.ROOT / "book/before/reading-a-curve.md").read_text("utf-8")
    drawn = " ".join(f"{letter}={run_id}" for letter, run_id in zip("PQRS", found.values(), strict=True))
    assert f":runs: {drawn}\n" in chapter
    assert "It is R. The other three" in chapter
    assert "P has collapsed, Q crawls, S is stuck." in chapter
    runs = {name: records.load(run_id) for name, run_id in found.items()}
    verdicts = {name: run.verdict["name"] for name, run in runs.items()}
    assert verdicts == {
        "arrived": "converged",
        "crawling": "stalled",
        "stuck": "stuck",
        "collapsed": "collapsed",
    }
    for name, run in runs.items():
        start, *_, end = losses(run)
        assert start == pytest.approx(1.10, abs=0.01)
        assert (end < 0.8 * start) == (name == "arrived")
        assert (end > 0.9 * start) == (name != "arrived")
        # Flat, or nearly: the last step of the curve is short.
        assert abs(losses(run)[-2] - end) < 0.03 * start
    arrived = losses(runs["arrived"])
    assert max(arrived[2:]) - min(arrived[2:]) < 0.01
    assert arrived[-1] == min(arrived), "it does not turn"
    assert not runs["arrived"].verdict["overfitting"]
    crawling = losses(runs["crawling"])
    assert falls(crawling)
    assert crawling[-1] > 0.96 * crawling[0]
    stuck = losses(runs["stuck"])
    assert stuck[1] < 0.95 * stuck[0]
    assert abs(stuck[-1] - stuck[1]) < 0.01
    used = [sum(count > 0 for count in row.values()) for row in runs["collapsed"].column("predicted_counts")]
    assert used[1] > 1
    assert set(used[2:]) == {1}


def test_at_the_rate_of_the_stuck_run_no_seed_ended_lower():
    ends = [losses(records.load(f"minilm-rate-0-001-seed-{seed}"))[-1] for seed in SEEDS]
    assert min(ends) > 0.9 * math.log(3)


def test_none_of_the_runs_is_one_of_activity_1_nor_has_its_fault():
    chapter = (records.ROOT / "book/before/reading-a-curve.md").read_text("utf-8")
    for run_id in (
        "minilm-too-low-seed-2",
        "minilm-rate-0-0002-seed-2",
        "minilm-just-right-fault-wrong-parameters-seed-2",
        "minilm-rate-2e-05-seed-2",
        "minilm-too-high-seed-2",
    ):
        assert run_id not in chapter
    assert "wrong-parameters" not in chapter


def test_what_the_log_axis_shows_and_hides():
    training = LONG.column("train_loss")
    assert training[10] < 0.01 * max(losses(LONG)), "on the plain axis it looks like nought"
    assert min(training) > 0
    assert min(training[11:]) < training[10] / 10
    assert training[28] > 10 * max(training[27], training[29])


def test_validation_is_below_the_average_of_the_first_epochs_steps_and_above_training_at_its_end():
    assert [SHORT.evaluations[epoch]["step"] for epoch in (1, 2, 3)] == [50, 100, 150]
    for seed in SEEDS:
        run = records.load(f"minilm-just-right-seed-{seed}")
        after = run.evaluations[1]
        assert after["train_loss"] < after["validation_loss"] < fmean(run.steps["loss"][:50])


@pytest.mark.parametrize("seed", range(3))
def test_with_wrong_training_labels_validation_is_below_training_at_first(seed):
    run = records.load(f"minilm-just-right-train-label-noise-0-4-seed-{seed}")
    assert run.settings["train_label_noise"] == 0.4
    assert run.settings["validation_label_noise"] == 0
    assert losses(run)[1] < run.column("train_loss")[1]
    assert losses(run)[1] < losses(run)[0]
    assert run.column("train_loss")[-1] < 0.25, "by heart"
    assert losses(run)[-1] > 1.2 * min(losses(run)), "it overfits later"


def test_five_seeds_end_more_than_two_points_apart():
    ends = [records.load(f"minilm-just-right-seed-{seed}").column("accuracy")[-1] for seed in SEEDS]
    assert (ends.index(min(ends)), ends.index(max(ends))) == (4, 2)
    assert max(ends) - min(ends) > 0.03


def test_the_run_to_draw_falls_then_rises_at_four_times_the_right_rate():
    run = records.load("minilm-rate-0-0002-seed-1")
    assert run.settings["learning_rate"] == pytest.approx(4 * SHORT.settings["learning_rate"])
    assert falls(run.column("train_loss"))
    assert best(run) == 2
    assert losses(run)[-1] > losses(run)[0] > losses(run)[2]


def test_the_exercise():
    accuracy, macro_f1 = EXERCISE.column("accuracy"), EXERCISE.column("macro_f1")
    assert best(EXERCISE) == 2
    assert accuracy.index(max(accuracy)) == 5
    assert 0 < accuracy[5] - accuracy[2] < 0.03
    assert accuracy[2] == accuracy[6]
    assert falls(EXERCISE.column("train_loss"))
    assert falls([-loss for loss in losses(EXERCISE)[2:]])
    assert 1.8 < losses(EXERCISE)[6] / losses(EXERCISE)[2] < 2
    assert macro_f1[6] < macro_f1[2]
    labels = {headline.id: headline.label for headline in corpus.load("headlines")}
    shares = [
        max(row)
        for name, row in records.answers(EXERCISE.id).items()
        if EXERCISE.classes[row.index(max(row))] != labels[name]
    ]
    assert fmean(shares) > 0.8, "sure of its wrong answers"

"""What Activity 1 and its key say of the five curves, and of the two further runs in its checks."""

import math
import re
from itertools import pairwise
from statistics import fmean

import pytest

from lab import corpus, records
from lab.records import Run

IDS = {
    1: "minilm-too-low-seed-2",
    2: "minilm-rate-0-0002-seed-2",
    3: "minilm-just-right-fault-wrong-parameters-seed-2",
    4: "minilm-rate-2e-05-seed-2",
    5: "minilm-too-high-seed-2",
}
CURVES = {number: records.load(run_id) for number, run_id in IDS.items()}
FIRST = 30  # steps of the check
RIGHT = records.load("minilm-just-right-seed-2").settings["learning_rate"]


def falls(values: list[float]) -> bool:
    return all(b < a for a, b in pairwise(values))


def losses(number: int) -> list[float]:
    return CURVES[number].column("validation_loss")


def answers(number: int) -> list[list[int]]:
    return [list(counts.values()) for counts in CURVES[number].column("predicted_counts")]


def only_neutral(counts: dict[str, int]) -> bool:
    return counts["neutral"] > 0 and counts["negative"] == counts["positive"] == 0


def gradient_by_epoch(run: Run) -> list[float]:
    ends = run.column("step")
    return [fmean(run.steps["grad_norm"][begin:end]) for begin, end in pairwise(ends)]


def test_the_five_differ_in_rate_and_fault_alone_and_start_at_the_same_place():
    first = CURVES[1]
    for run in CURVES.values():
        asked = {name for name in run.settings if run.settings[name] != first.settings[name]}
        assert asked <= {"learning_rate", "fault"}
        assert run.evaluations[0]["validation_loss"] == first.evaluations[0]["validation_loss"]
        assert run.evaluations[0]["train_loss"] == first.evaluations[0]["train_loss"]
        assert run.corpus["split_sha256"] == first.corpus["split_sha256"]
        assert run.corpus["train"] == 800
        assert run.column("epoch") == list(range(7))


def test_the_chapter_leaves_the_rates_to_activity_3_whose_runs_are_of_another_seed_and_split():
    chapters = records.ROOT / "book" / "day"
    assert ":settings." not in (chapters / "activity-1-curve-diagnosis.md").read_text("utf-8")
    drawn = re.findall(
        r"minilm-[\w-]+-seed-\d", (chapters / "activity-3-learning-rate-experiment.md").read_text("utf-8")
    )
    others = [records.load(run_id) for run_id in drawn]
    assert others
    for other in others:
        assert other.settings["seed"] != CURVES[1].settings["seed"]
        assert other.corpus["split_sha256"] != CURVES[1].corpus["split_sha256"]


def test_curve_1_falls_at_every_look_by_next_to_nothing_and_drifts_to_neutral():
    run = CURVES[1]
    assert falls(losses(1))
    assert falls(run.column("train_loss"))
    assert losses(1)[0] - losses(1)[-1] < 0.04
    assert not only_neutral(run.evaluations[0]["predicted_counts"])
    assert all(only_neutral(counts) for counts in run.column("predicted_counts")[3:])
    labels = run.corpus["validation_labels"]
    assert run.evaluations[-1]["accuracy"] == pytest.approx(labels["neutral"] / sum(labels.values()))
    assert run.evaluations[-1]["macro_f1"] < run.evaluations[0]["macro_f1"]
    assert RIGHT / run.settings["learning_rate"] == pytest.approx(50)
    assert run.verdict["name"] == "stalled"


def test_curve_2_turns_after_epoch_3_and_not_after_epoch_2():
    run = CURVES[2]
    assert losses(2).index(min(losses(2))) == 3
    assert losses(2)[2] > losses(2)[1]
    assert losses(2)[3] < losses(2)[4] < losses(2)[5] < losses(2)[6]
    assert losses(2)[-1] > losses(2)[0]
    assert falls(run.column("train_loss"))
    assert run.verdict["overfitting"] is True
    assert run.settings["learning_rate"] / RIGHT == pytest.approx(4)
    assert run.evaluations[-1]["accuracy"] > run.evaluations[3]["accuracy"]
    assert run.evaluations[-1]["macro_f1"] < run.evaluations[3]["macro_f1"]
    assert run.evaluations[-1]["accuracy"] == max(
        other.evaluations[-1]["accuracy"] for other in CURVES.values()
    )


def test_curve_3_never_moves_though_its_gradient_has_a_length():
    run = CURVES[3]
    assert len({f"{loss:.7f}" for loss in losses(3)}) == 1
    assert len(set(run.column("train_loss"))) == 1
    assert len({tuple(counts) for counts in answers(3)}) == 1
    assert min(run.steps["grad_norm"]) > 0.4
    assert run.settings["learning_rate"] == RIGHT
    assert run.settings["fault"] == "wrong-parameters"


def test_curve_4_falls_at_every_look_and_levels_off_while_its_gap_grows():
    run = CURVES[4]
    assert falls(losses(4))
    assert falls(run.column("train_loss"))
    assert losses(4)[4] - losses(4)[6] < 0.01 < losses(4)[3] - losses(4)[4]
    assert falls([-gap for gap in run.column("gap")])
    assert run.verdict["overfitting"] is False
    assert only_neutral(run.evaluations[1]["predicted_counts"])
    assert run.settings["learning_rate"] < RIGHT / 2


def test_curve_5_was_wrecked_before_the_first_look_and_ends_lower_than_curve_1():
    run = CURVES[5]
    loss = run.steps["loss"]
    assert loss.index(max(loss)) == 4  # step 5
    assert loss[4] > 2 * losses(5)[0]
    assert all(only_neutral(counts) for counts in run.column("predicted_counts")[1:])
    assert max(losses(5)[2:]) - min(losses(5)[2:]) < 0.02
    assert max(losses(5)) == losses(5)[1]
    assert min(losses(5)) == losses(5)[2]
    assert losses(5)[-1] < losses(1)[-1]
    assert run.verdict["name"] == "collapsed"
    assert run.settings["learning_rate"] / RIGHT == pytest.approx(100)


def test_two_of_the_five_hardly_leave_their_start_and_the_others_do():
    assert all(abs(loss - losses(n)[0]) < 0.04 for n in (1, 3) for loss in losses(n))
    assert all(max(abs(loss - losses(n)[0]) for loss in losses(n)) > 0.06 for n in (2, 4, 5))


def test_the_first_steps_do_not_tell_1_from_3_and_tell_5_from_both():
    one, three, five = (CURVES[number].steps["loss"][:FIRST] for number in (1, 3, 5))
    assert max(abs(a - b) for a, b in zip(one, three, strict=True)) < 0.006
    for number in (1, 3):
        assert all(f"{loss:.1f}" == "1.1" for loss in CURVES[number].steps["loss"][:FIRST])
    assert max(five) > 2 * five[0]


def test_the_length_of_the_gradient_does_not_tell_1_from_3():
    one, three, five = (CURVES[number].steps["grad_norm"] for number in (1, 3, 5))
    assert all(abs(a / b - 1) < 0.012 for a, b in zip(one[:FIRST], three[:FIRST], strict=True))
    by_epoch = {number: gradient_by_epoch(CURVES[number]) for number in (1, 3, 5)}
    assert all(abs(a / b - 1) < 0.03 for a, b in zip(by_epoch[1], by_epoch[3], strict=True))
    assert by_epoch[5][0] / by_epoch[1][0] == pytest.approx(3, abs=0.4)
    assert all(a < b for a, b in zip(by_epoch[5][1:], by_epoch[1][1:], strict=True))
    assert five[0] == pytest.approx(one[0])


def test_digits_and_answers_tell_1_from_3():
    assert len({f"{loss:.7f}" for loss in losses(1)}) == 7
    assert answers(1)[0] == answers(3)[0]
    assert answers(1)[-1] != answers(3)[-1]


def test_answers_at_the_end_do_not_tell_1_from_5_and_digits_do():
    assert answers(1)[-1] == answers(5)[-1]
    assert answers(1)[1] != answers(5)[1]
    assert not falls(losses(5))


def test_labels_of_the_check_are_those_of_the_five_runs():
    labels = records.load("minilm-just-right-seed-0").corpus["validation_labels"]
    assert all(run.corpus["validation_labels"] == labels for run in CURVES.values())


def test_loss_and_accuracy_both_rise_from_epoch_3_on_in_another_run():
    run = records.load("minilm-rate-0-0002-seed-4")
    loss, accuracy = run.column("validation_loss"), run.column("accuracy")
    assert loss.index(min(loss)) == 2
    assert loss[2] < loss[3] < loss[4] < loss[5] < loss[6]
    assert accuracy[3] < accuracy[4] < accuracy[5] < accuracy[6] == max(accuracy)
    assert run.evaluations[-1]["train_loss"] < 0.02
    assert run.verdict["overfitting"] is True


def test_nearly_all_of_that_runs_loss_comes_from_answers_it_is_sure_of_and_wrong():
    truth = {line.id: corpus.LABELS.index(line.label) for line in corpus.load()}
    given = records.answers("minilm-rate-0-0002-seed-4")
    # Answers are stored to four decimals.
    cost = {name: -math.log(max(shares[truth[name]], 5e-5)) for name, shares in given.items()}
    wrong = [name for name, shares in given.items() if shares.index(max(shares)) != truth[name]]
    assert sum(cost[name] for name in wrong) > 0.95 * sum(cost.values())
    assert fmean(max(given[name]) for name in wrong) > 0.9


def test_validation_is_below_training_early_and_above_it_at_the_end_in_a_run_on_real_news():
    run = records.load("minilm-rate-2e-05-corpus-phrasebank-agreement-75-seed-0")
    gap = run.column("gap")
    assert -0.03 < gap[1] < 0
    assert -0.03 < gap[2] < 0
    assert gap[-1] > 0.1
    # As in most runs that learn, of this book's at the same rate.
    assert all(records.load(f"minilm-rate-2e-05-seed-{seed}").column("gap")[-1] > 0 for seed in range(5))

"""What activity 5 says of the stored runs is so."""

import re
from statistics import fmean

import pytest

from lab import corpus, records, verdict
from lab.verdict import History

TABLE = {  # the rows of the table: what the rule says, our verdict, overfitting
    "minilm-too-low-seed-0": (True, "stalled", False),
    "minilm-just-right-fault-wrong-parameters-seed-0": (True, "stalled", False),
    "minilm-rate-0-001-seed-0": (True, "stuck", False),
    "minilm-rate-2e-05-seed-2": (True, "still improving", False),
    "minilm-just-right-seed-0": (False, "converged", True),
    "minilm-just-right-num-train-epochs-30-seed-0": (True, "converged", True),
    "minilm-too-high-seed-0": (False, "collapsed", False),
    "minilm-rate-10-optim-sgd-max-grad-norm-none-seed-0": (False, "diverged", False),
}
CHAPTER = (records.ROOT / "book" / "day" / "activity-5-convergence-check.md").read_text("utf-8")
LONG = [f"minilm-just-right-num-train-epochs-30-seed-{seed}" for seed in range(3)]


def answer_of(check):
    """The number that the chapter gives as a check's answer."""
    return float(re.search(rf"\{{quiz\}} {check}\n:kind: number\n:answer: (\S+)", CHAPTER)[1])


@pytest.mark.parametrize("run_id", TABLE)
def test_the_table_says_what_the_rule_and_the_verdict_say(run_id):
    history = History.of_run(records.load(run_id))
    found = verdict.judge(history)
    assert (verdict.naive(history), found.name, bool(found.overfitting)) == TABLE[run_id]
    assert history.starting_loss == pytest.approx(
        records.load("minilm-too-low-seed-0").value("validation_loss[0]"), abs=0.005
    )


def test_the_rule_is_wrong_about_all_three_curves_of_the_opening_check():
    curves = [records.load(f"minilm-{name}-seed-0") for name in ("too-low", "rate-0-001", "just-right")]
    changes = [abs(run.column("validation_loss")[-1] - run.column("validation_loss")[-2]) for run in curves]
    assert changes[0] < 0.01 and changes[1] < 0.01 < changes[2] < 0.012  # "a little more"
    first, second, third = (run.column("validation_loss") for run in curves)
    assert len({run.corpus["split_sha256"] for run in curves}) == 1  # the same headlines
    assert first[-1] > 0.95 * first[0]  # hardly left its start
    assert second[0] - second[1] > 0.05 * second[0] and max(second[1:]) - min(second[1:]) < 0.02
    assert second[-1] > 0.9 * second[0]  # nearly all of its starting loss left
    assert third[-1] < 0.8 * third[0] and third.index(min(third)) == 3 == len(third) - 1 - 3


def test_the_three_that_stand_still_have_not_learned_to_read():
    for run_id in list(TABLE)[:3]:
        run = records.load(run_id)
        first, last = run.evaluations[0], run.evaluations[-1]
        one_class = sorted(last["predicted_counts"].values())[:2] == [0, 0]
        assert one_class or last["predicted_counts"] == first["predicted_counts"]
    always_neutral = 242 / 467
    assert records.load("minilm-too-low-seed-0").value("accuracy[-1]") == pytest.approx(always_neutral)


def test_the_healthy_run_that_the_rule_sends_home_has_its_three_best_last():
    losses = records.load("minilm-rate-2e-05-seed-2").column("validation_loss")
    assert sorted(losses)[:3] == sorted(losses[-3:])


def test_on_training_loss_the_rule_calls_the_long_run_converged_though_it_ends_above_its_start():
    run = records.load(LONG[0])
    training, validation = run.column("train_loss"), run.column("validation_loss")
    assert abs(training[-1] - training[-2]) < 0.01
    assert run.value("train_accuracy[-1]") == 1
    assert validation[-1] > validation[0]


@pytest.mark.parametrize("run_id", LONG)
def test_two_more_epochs_raise_the_loss_and_move_the_accuracy_by_about_a_point(run_id):
    run = records.load(run_id)
    assert run.value("validation_loss[8]") > run.value("validation_loss[6]")
    assert abs(run.value("accuracy[8]") - run.value("accuracy[6]")) < 0.0125
    assert run.final["accuracy"]["high"] - run.final["accuracy"]["low"] > 0.06  # several points wide


def test_the_moves_go_either_way():
    moves = [
        records.load(name).value("accuracy[8]") - records.load(name).value("accuracy[6]") for name in LONG
    ]
    assert min(moves) < 0 < max(moves)


def test_the_long_run_is_the_right_steps_one_trained_on():
    for seed, name in enumerate(LONG):
        short, long = records.load(f"minilm-just-right-seed-{seed}"), records.load(name)
        assert long.column("validation_loss")[:7] == pytest.approx(short.column("validation_loss"))


def test_two_epochs_cost_about_a_two_hundredth_of_a_penny():
    run = records.load(LONG[0])
    pence = run.cpu_seconds / 30 * 2 * 15 / 3_600_000 * 27
    assert pence == pytest.approx(1 / 200, rel=0.1)
    assert run.settings["num_train_epochs"] == 30
    assert "15 watts" in run.energy["assumption"]


def test_four_curves_have_the_verdicts_of_the_check():
    expected = {
        "rate-1e-05": ("still improving", False),
        "too-low": ("stalled", False),
        "rate-0-0002": ("converged", True),
        "rate-0-001": ("stuck", False),
    }
    runs = {name: records.load(f"minilm-{name}-seed-4") for name in expected}
    for name, run in runs.items():
        found = verdict.judge(History.of_run(run))
        assert (found.name, found.overfitting) == expected[name], name
    falling = runs["rate-1e-05"].column("validation_loss")
    assert falling == sorted(falling, reverse=True)
    assert verdict.naive(History.of_run(runs["too-low"]))
    rising = runs["rate-0-0002"].column("validation_loss")
    assert rising.index(min(rising)) == 2 and rising[2:] == sorted(rising[2:])
    training = runs["rate-0-0002"].column("train_loss")
    assert training == sorted(training, reverse=True)
    flat = runs["rate-0-001"].column("validation_loss")
    assert flat[0] - flat[1] > 0.05 and max(flat[1:]) - min(flat[1:]) < 0.02
    assert flat[-1] == pytest.approx(History.of_run(runs["rate-0-001"]).frequencies_loss, abs=0.01)


def test_the_lower_loss_is_of_the_run_that_never_says_negative():
    x, y = records.load("minilm-rate-2e-05-seed-0"), records.load("minilm-just-right-seed-0")
    assert x.value("validation_loss[-1]") < y.value("validation_loss[-1]")
    assert x.value("predicted_counts[-1].negative") == 0
    label = {row.id: row.label for row in corpus.load()}
    answers = records.answers(y.id)
    found = [
        corpus.LABELS[max(range(3), key=odds.__getitem__)] == "negative"
        for name, odds in answers.items()
        if label[name] == "negative"
    ]
    assert fmean(found) > 0.6  # "most of the bad news"
    assert y.value("final.macro_f1.low") > x.value("final.macro_f1.high")
    assert x.value("final.accuracy.high") > y.value("final.accuracy.low")  # "could be chance"


@pytest.mark.parametrize("run_id", LONG)
def test_loss_and_accuracy_rise_together_and_the_model_grows_sure_of_its_mistakes(run_id):
    run = records.load(run_id)
    best = run.column("validation_loss").index(min(run.column("validation_loss")))
    assert run.value("validation_loss[30]") > run.column("validation_loss")[best]
    assert run.value("accuracy[30]") > run.column("accuracy")[best]
    label = {row.id: row.label for row in corpus.load()}
    sure = [
        max(odds)
        for name, odds in records.answers(run_id).items()
        if corpus.LABELS[odds.index(max(odds))] != label[name]
    ]
    assert fmean(sure) > 0.95


def test_the_training_loss_of_the_long_run_falls_to_nearly_nought():
    training = records.load(LONG[0]).column("train_loss")
    assert training[-1] < 0.001 and max(training) == training[0]


def test_the_lowest_loss_is_after_epoch_3_and_a_patience_of_three_would_have_ended_the_run_after_6():
    losses = records.load(LONG[0]).column("validation_loss")
    assert losses.index(min(losses)) == answer_of("keep-which-weights") == 3
    stopped = next(
        end for end in range(3, len(losses)) if min(losses[end - 2 : end + 1]) > min(losses[: end - 2])
    )
    assert stopped == 6
    assert stopped / (len(losses) - 1) == 1 / 5  # "at a fifth of the cost"


def test_at_half_the_tolerance_only_the_tiny_steps_change_sides():
    changed = []
    for name in (
        "too-low",
        "just-right-fault-wrong-parameters",
        "rate-0-001",
        "just-right",
        "too-high",
        "just-right-num-train-epochs-30",
    ):
        history = History.of_run(records.load(f"minilm-{name}-seed-0"))
        if verdict.naive(history, 0.01) != verdict.naive(history, 0.005):
            changed.append(name)
    assert changed == ["too-low"]
    losses = records.load("minilm-too-low-seed-0").column("validation_loss")
    assert 0.005 < losses[-2] - losses[-1] < 0.007  # half of it passes

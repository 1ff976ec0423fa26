"""Each verdict on a history made for it, and on the page model's stored runs."""

import math

import pytest

from lab import records, verdict
from lab.verdict import History, judge, naive

NAN = math.nan
RATES = ("too-low", "rate-0-1", "rate-1", "just-right", "rate-30", "rate-100", "too-high")


def made(validation, training=None, at=0, counts=None, accuracy=None, macro_f1=None, **more):
    rows = [{"at": at + i, "validation_loss": loss} for i, loss in enumerate(validation)]
    columns = {
        "train_loss": training,
        "predicted_counts": counts,
        "accuracy": accuracy,
        "macro_f1": macro_f1,
    }
    for name, values in columns.items():
        for row, value in zip(rows, values or [], strict=False):
            row[name] = value
    return History.of_rows(rows, **more)


MIXED, ONE = {"negative": 20, "neutral": 60, "positive": 20}, {"negative": 0, "neutral": 100, "positive": 0}
FALLS = [1.1, 0.9, 0.7, 0.5, 0.4]
FLAT = [1.1, 0.7, 0.45, 0.4, 0.4, 0.401, 0.4]
LEDGE = [1.1, 0.85, 0.77, 0.765, 0.766, 0.765, 0.766]
TURNS = [1.1, 0.6, 0.7, 0.75, 0.8, 0.8]
UNSTEADY = [1.1, 1.0, 1.2, 1.05, 1.1]
STILL = [1.1, 1.1, 1.1, 1.1, 1.1]
LABELS = {"negative": 12, "neutral": 62, "positive": 26}
# Down at once to what answering with the classes' shares costs, and nothing after.
RISES = [1.1, 0.6, 0.5, 0.9, 1.4, 1.5, 1.6]
BY_HEART = [1.1, 0.5, 0.3, 0.1, 0.05, 0.02, 0.01]
THIRDS = {"negative": 20, "neutral": 50, "positive": 30}
COUNTS = [1.1, 1.06, 1.05, 1.065, 1.04, 1.034, 1.031]
SLOWLY = [1.1, 1.09, 1.08, 1.07, 1.06, 1.05, 1.035]
SHARES = [1.1, 1.03, 1.02, 1.02, 1.03, 1.02, 1.02]
CREEPS = [1.1, 1.088, 1.077, 1.066, 1.056, 1.047, 1.039, 1.036, 1.034, 1.032]  # 6 % in all, still at it
BACK = [1.1, 3.0, 1.05, 1.04, 1.05]


@pytest.mark.parametrize(
    ("history", "name", "rate"),
    [
        (made([1.1, 5, 30, 40, 38], [1.1, 2, 0.1, 0.01, 0.0]), "diverged", "too high"),
        (made([1.1, 0.9, NAN]), "diverged", "too high"),
        (made([1.1, 0.9, math.inf]), "diverged", "too high"),
        (made([], step_loss=[1.1, 3.0, NAN]), "diverged", "too high"),
        (made([NAN, NAN]), "diverged", None),  # spoilt before the first step: no rate does that
        # It went to ten times its start and came back to it, but not clearly below it.
        (
            made([1.1, 11, 5, 1.2, 1.05, 1.06, 1.05], [1.1, 10, 3, 0.1, 0.02, 0.01, 0.01]),
            "diverged",
            "too high",
        ),
        # It ends clearly above its start, but by overfitting: the rate brought it well down first.
        (made(RISES, BY_HEART), "converged", None),
        (made([*RISES[:-1], 2.5], BY_HEART), "converged", None),  # more than twice its start, even
        (made(RISES), "diverged", None),  # and in training?
        (made(RISES, [1.1, 0.5, 0.3, 0.6, 0.9, 1.3, 1.5]), "diverged", None),
        (made(RISES, BY_HEART, step_loss=[1.1, 5.0, 0.5]), "diverged", "too high"),
        (made([1.1, 2.5, *RISES[1:]], [1.1, *BY_HEART]), "diverged", "too high"),  # down from a leap
        (made([1.1, NAN, *RISES[1:]], [1.1, *BY_HEART]), "diverged", "too high"),
        (made(UNSTEADY, counts=[MIXED, ONE, ONE, ONE, ONE], step_loss=[1.1, 4, 1]), "collapsed", "too high"),
        (made(UNSTEADY, counts=[ONE, MIXED, ONE, ONE, ONE]), "collapsed", "too high"),
        (made([1.1, 111.0]), "diverged", "too high"),  # given up: nobody waits for a second evaluation
        (made([1.1, 100.0]), "not enough to tell", None),
        (made(BACK, counts=[MIXED, MIXED, MIXED, MIXED, MIXED]), "diverged", "too high"),
        (made(BACK, counts=[MIXED, MIXED, MIXED, MIXED, ONE]), "collapsed", "too high"),  # it did not stay up
        (
            made(UNSTEADY, accuracy=[0.3, 0.8, 0.62, 0.62, 0.62], validation_labels=LABELS),
            "collapsed",
            "too high",
        ),
        # Of three classes the one that is always given has an F1 of 2 × 0.62 / 1.62, the others none.
        (
            made(UNSTEADY, accuracy=[0.3, 0.8, 0.62, 0.62, 0.62], macro_f1=[0.2, 0.7, 0.5, 0.5, 0.2551]),
            "collapsed",
            "too high",
        ),
        (
            made(UNSTEADY, accuracy=[0.3, 0.8, 0.62, 0.62, 0.62], macro_f1=[0.2, 0.7, 0.5, 0.5, 0.28]),
            "stalled",
            None,
        ),
        # Scores of one class at the end, and no scores before: it may never have given more.
        (made(UNSTEADY, accuracy=[None] * 4 + [0.62], macro_f1=[None] * 4 + [0.2551]), "stalled", None),
        (made(UNSTEADY, accuracy=[0.5] * 5, macro_f1=[5e-324] * 5), "stalled", None),
        (made(SHARES, SHARES), "stuck", None),
        # Classes of .2, .5 and .3 are worth 1.0297: there at once, and about there ever after.
        (made(COUNTS, COUNTS, validation_labels=THIRDS), "stuck", None),
        (made(COUNTS, COUNTS), "still improving", None),  # without the classes that cannot be seen
        (made(COUNTS, BY_HEART, validation_labels=THIRDS), "still improving", "about right"),
        # A tenth off the start, or soon to be: that is nothing where knowing the classes takes off a fifth.
        (made(SLOWLY, SLOWLY), "still improving", "too low"),
        (made(SLOWLY, SLOWLY, validation_labels=LABELS), "stalled", "too low"),
        # Smoothly, or slowly, it comes down to there at a rate that is too low; and on it goes below.
        (made(sorted(COUNTS, reverse=True), COUNTS, validation_labels=THIRDS), "stalled", "too low"),
        (
            made([1.1, 1.09, 1.08, 1.06, 1.045, 1.052, 1.046], COUNTS, validation_labels=THIRDS),
            "stalled",
            "too low",
        ),
        (
            made([*COUNTS[:4], 1.058, 1.048, 1.036], COUNTS, validation_labels=THIRDS),
            "still improving",
            None,
        ),
        (made([*COUNTS[:4], 1.0, 1.0, 1.0], COUNTS, validation_labels=THIRDS), "still improving", "too low"),
        (made([*COUNTS[:-1], 0.95], COUNTS, validation_labels=THIRDS), "still improving", "too low"),
        (made(SHARES), "stalled", None),  # it may have been learnt by heart
        (made(SHARES, [1.1, 0.9, 0.5, 0.3, 0.2, 0.1, 0.1]), "stalled", None),
        (made(CREEPS, CREEPS), "stalled", "too low"),
        (made([1.1, *[1.099] * 5], [1.1] * 6), "stalled", None),  # by a hair
        (made([1.1, 1.099, 1.098, 1.097, 1.096], [1.1] * 5), "stalled", None),  # by less than the margin
        # The untrained model mixes, training narrows it to one class, and the loss falls: no collapse.
        (made([1.1, 1.09, 1.08, 1.07, 1.06], counts=[MIXED, ONE, ONE, ONE, ONE]), "stalled", "too low"),
        (made([1.1, 1.0, 0.9, 0.8, 0.7], counts=[MIXED, MIXED, ONE, ONE, ONE]), "still improving", None),
        # The untrained model's mix is chance, and says nothing about a collapse.
        (made([1.1, 1.05, 1.06, 1.05, 1.06], counts=[MIXED, ONE, ONE, ONE, ONE]), "stalled", None),
        (made([1.1, 1.15, 1.16, 1.15, 1.16]), "stalled", None),  # above the start, but not clearly
        (made([1.1, 1.05, 1.2, 1.3, 1.32, 1.33], [1.1, 0.3, 0.1, 0.0, 0.0, 0.0]), "diverged", "too high"),
        (
            made([1.1, 1.05, 1.2, 1.3, 1.32, 1.33], counts=[MIXED, MIXED, ONE, ONE, ONE, ONE]),
            "collapsed",
            "too high",
        ),
        (
            made([1.1, 1.05, 1.2, 1.5, 1.5, 1.5], counts=[MIXED, MIXED, ONE, ONE, ONE, ONE]),
            "diverged",
            "too high",
        ),
        (made(STILL, STILL, grad_norm=[0.3, 0.4]), "stalled", None),
        (made(STILL[:3], at=1, first_batch_loss=1.1), "stalled", None),  # three, and none is the start
        (made(STILL, STILL, grad_norm=[0.0, 0.0]), "stalled", None),
        (made(STILL, [1.1, 0.8, 0.5, 0.2, 0.1]), "stalled", None),  # learnt by heart, and nothing else
        (made([1.1, 1.09, 1.07, 1.04, 1.0]), "still improving", None),  # a warm-up: not stalled
        (made(LEDGE, [1.1, 0.8, 0.75, 0.74, 0.74, 0.74, 0.74]), "stuck", None),
        (made(LEDGE, LEDGE, step_loss=[1.1, 9.0, 0.8]), "stuck", "too high"),
        (made(LEDGE, [1.1, 0.7, 0.5, 0.3, 0.2, 0.2, 0.2]), "converged", "about right"),
        (made(LEDGE), "not enough to tell", None),
        (made(FALLS, FALLS), "still improving", "about right"),
        (made([12.0, 9.0, 7.0, 5.0, 4.0]), "still improving", None),
        (made(FLAT, FLAT), "converged", "about right"),
        (made([loss * 12 for loss in FLAT]), "converged", "about right"),
        (made([1.1, NAN, 0.7, 0.45, 0.4, 0.4, 0.4, 0.4]), "converged", "about right"),
        (made([1.1, 0.4, 0.4, 0.4]), "converged", "about right"),
        (made([]), "not enough to tell", None),
        (made([1.1, 0.5, 0.4]), "not enough to tell", None),
        (made([0.5, 0.4, 0.3], at=1), "not enough to tell", None),  # the first is all the start there is
        (made([0.5, 0.4, 0.3], at=1, first_batch_loss=1.1), "still improving", None),
        (made([0.4, 0.396, 0.397, 0.396], at=1), "not enough to tell", None),  # arrived, or never moved?
        (made([0.4, 0.396, 0.397, 0.396], at=1, first_batch_loss=1.1), "converged", "about right"),
        (made([11.0, 5.0, 1.1, 1.11, 1.1, 1.1], at=1), "not enough to tell", None),  # down from a leap?
        (made([0.9, 0.5, 0.35, 0.3, 0.301, 0.3, 0.3], at=1), "converged", "about right"),
        (made([9.0, 7.0, 5.0, 4.0, 3.0], [2.0, 1.0, 0.5, 0.1, 0.1], at=1), "still improving", None),
        (made([-1.0, -2.0, -3.0, -4.0]), "not enough to tell", None),
        (made([0.0, 0.0, 0.0, 0.0]), "not enough to tell", None),
    ],
)
def test_the_first_verdict_that_holds_is_given(history, name, rate):
    found = judge(history)
    assert (found.name, found.learning_rate) == (name, rate), found.evidence
    assert found.evidence.endswith(".")
    assert found.first_try.endswith(".")


def test_flat_with_gradients_may_be_the_rate_or_the_optimiser_and_both_are_said():
    flowing = judge(made(STILL, STILL, grad_norm=[0.3])).first_try
    assert "learning rate" in flowing
    assert "wrong parameters" in flowing
    assert "No gradient" in judge(made(STILL, STILL, grad_norm=[0.0])).first_try


@pytest.mark.parametrize(
    ("validation", "training", "overfitting"),
    [
        ([1.1, 0.6, 0.38, 0.4, 0.5, 0.63], [1.1, 0.5, 0.3, 0.2, 0.1, 0.05], True),
        ([1.1, 0.6, 0.38, 0.4, 0.5, 0.63], [1.1, 0.5, 0.3, 0.4, 0.5, 0.6], False),  # training rose as well
        ([1.1, 0.6, 0.38, 0.4, 0.5, 0.63], None, None),
        (TURNS, [1.1, 0.95, 0.6, 0.6, 0.6, 0.6], True),
        (TURNS, [1.1, 0.6, 0.6, 0.6, 0.6, 0.597], False),  # it fell by a hair
        (TURNS, [1.1, 0.01, 0.01, 0.01, 0.01, 0.01], True),  # and where it is 0 already, it cannot fall
        ([1.1, 90, 70, 80, 60, 75], [1.1, 90, 60, 50, 40, 30], False),  # no training either
        ([1.1, 0.6, 0.5, 0.38, 0.4, 0.5], [1.1, 0.5, 0.3, 0.2, 0.1, 0.05], False),  # within the patience
        ([1.1, 0.5, 0.4, 0.44, 0.41, 0.45, 0.405], [1.1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.04], False),  # noise
    ],
)
def test_overfitting_is_a_validation_loss_that_turned_while_training_fell_on(
    validation, training, overfitting
):
    assert judge(made(validation, training)).overfitting is overfitting


def test_a_mean_over_the_epoch_before_the_turn_says_nothing_of_the_turn():
    training = [None, 0.95, 0.6, 0.6, 0.6, 0.6]
    assert judge(made(TURNS, training, training_lags=True)).overfitting is False
    assert judge(made(TURNS, training, training_lags=False)).overfitting is True
    assert judge(made(TURNS, [None, 0.02, 0.01, 0.01, 0.01, 0.01], training_lags=True)).overfitting is True
    assert judge(made(TURNS, [None, 0.9, None, None, None, 0.1], training_lags=True)).overfitting is None


def test_a_few_losses_that_leap_are_no_flat_curve():
    found = judge(made([1.1, 0.9, 1.44, 0.79], [1.1, 0.7, 0.6, 0.47]))
    assert found.name == "not enough to tell"
    assert "too few" in found.first_try
    assert judge(made([1.1, 0.9, 1.44, 0.79, 1.4, 0.85, 1.3], [0.4] * 7)).name == "converged"


def test_the_noise_does_not_count_the_trend():
    assert verdict.noise([1.0, 0.8, 0.6, 0.4, 0.2]) == pytest.approx(0, abs=1e-12)
    assert verdict.noise([0.9, 0.6, 0.7, 0.2]) == pytest.approx(0.5 / math.sqrt(3))
    assert verdict.noise([1.0, 2.0]) == 0


def stored(rate, seed):
    return History.of_run(records.load(f"page-model-{rate}-seed-{seed}"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("rate", "names", "learning_rate"),
    [
        ("too-low", {"stalled"}, "too low"),  # 8 % down, no more than knowing how common each class is
        ("rate-0-1", {"still improving"}, "too low"),
        ("rate-1", {"still improving"}, None),
        ("just-right", {"still improving", "converged"}, "about right"),
        ("rate-30", {"diverged"}, "too high"),
        ("rate-100", {"diverged"}, "too high"),
        ("too-high", {"diverged"}, "too high"),
    ],
)
def test_the_stored_runs_of_the_page_model_are_judged_alike_at_every_seed(rate, seed, names, learning_rate):
    found = judge(stored(rate, seed))
    assert found.name in names, found.evidence
    assert found.learning_rate == learning_rate


def test_the_evidence_has_the_run_s_own_numbers():
    history = stored("too-high", 0)
    found = judge(history)
    assert f"{history.validation_loss[-1]:.4g}" in found.evidence
    assert f"{history.training_loss[-1]:.4g}" in found.evidence
    assert history.always_neutral == pytest.approx(242 / 467)


def test_the_naive_rule_takes_standing_still_for_having_arrived():
    at_the_end = {rate: [naive(stored(rate, seed)) for seed in range(5)] for rate in RATES}
    assert at_the_end["too-low"] == [True] * 5
    assert at_the_end["too-high"] == [True, False, True, False, True]  # the other two still leap about
    assert at_the_end["just-right"] == [False] * 5  # the good runs are those that it misses
    assert naive(made([1.1, 0.5, 0.495]))
    assert not naive(made([1.1, 0.5, 0.495]), tolerance=0.001)
    assert not naive(made([1.1]))
    assert not naive(made([1.1, NAN, NAN]))

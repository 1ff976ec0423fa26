"""The measures are scikit-learn's, and an interval holds the truth as often as it says."""

import math
from random import Random

import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from lab import measures
from lab.corpus import LABELS

NOT_A_NUMBER = [math.nan] * 3


def made(n, rng, right=0.6):
    """Labels, and log probabilities whose likeliest class is right so often."""
    labels, rows = [], []
    for _ in range(n):
        label = rng.randrange(3)
        shares = sorted((rng.random() + 0.01 for _ in range(3)), reverse=True)
        answer = label if rng.random() < right else (label + rng.choice((1, 2))) % 3
        row = [0.0, 0.0, 0.0]
        row[answer], row[(answer + 1) % 3], row[(answer + 2) % 3] = shares
        labels.append(label)
        rows.append([math.log(share / sum(shares)) for share in row])
    return rows, labels


@pytest.mark.parametrize("n", [1, 2, 60])
def test_the_measures_are_those_of_scikit_learn(n):
    rows, labels = made(n, Random(n))
    probabilities = [[math.exp(share) for share in row] for row in rows]
    answers = [row.index(max(row)) for row in rows]
    found = measures.measure(rows, labels)
    assert found["loss"] == pytest.approx(log_loss(labels, probabilities, labels=range(3)))
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, answers))
    assert found["macro_f1"] == pytest.approx(
        f1_score(labels, answers, labels=range(3), average="macro", zero_division=0)
    )
    assert found["predicted_counts"] == {label: answers.count(number) for number, label in enumerate(LABELS)}


def test_a_class_that_is_neither_there_nor_answered_scores_0_in_macro_f1():
    rows = [[0.0, -9.0, -9.0], [-9.0, 0.0, -9.0]]
    assert measures.measure(rows, [0, 1])["macro_f1"] == pytest.approx(2 / 3)


def test_of_two_that_tie_the_first_is_the_answer():
    assert measures.answers([[-1.0, -1.0, -2.0], [-3.0, -1.0, -1.0]]) == [0, 1]


def test_a_chance_too_small_for_a_probability_still_has_its_loss():
    assert math.exp(-2000) == 0
    assert measures.measure([[-2000.0, 0.0, -2000.0]], [0])["loss"] == 2000


def test_a_model_without_numbers_gives_no_answer_and_no_loss():
    found = measures.measure([NOT_A_NUMBER, [0.0, -9.0, -9.0]], [0, 0])
    assert math.isnan(found["loss"])
    assert found["accuracy"] == 0.5
    assert found["predicted_counts"] == {"negative": 1, "neutral": 0, "positive": 0}
    assert measures.measure([[-math.inf, 0.0, -9.0]], [0])["loss"] == math.inf


@pytest.mark.parametrize("row", [NOT_A_NUMBER, [-math.inf, 0.0, -9.0]])
def test_a_loss_that_is_no_number_has_no_interval(row):
    rows, groups = [[0.0, -9.0, -9.0]] * 30 + [row], [str(number) for number in range(31)]
    found = measures.intervals(rows, [0] * 31, groups)
    assert not math.isfinite(found["validation_loss"]["value"])
    assert all(math.isnan(found["validation_loss"][end]) for end in ("low", "high"))
    assert 0.8 < found["accuracy"]["low"] < found["accuracy"]["value"] < found["accuracy"]["high"]


def test_the_value_of_an_interval_is_what_is_measured_and_lies_in_it():
    rows, labels = made(200, Random(0))
    found = measures.intervals(rows, labels, [str(number) for number in range(200)])
    measured = measures.measure(rows, labels)
    assert found.keys() == {"validation_loss", "accuracy", "macro_f1"}
    for name, of in (("validation_loss", "loss"), ("accuracy", "accuracy"), ("macro_f1", "macro_f1")):
        assert found[name]["value"] == measured[of]
        assert found[name]["low"] < measured[of] < found[name]["high"]


def test_the_same_answers_have_the_same_interval():
    rows, labels = made(50, Random(0))
    groups = [str(number) for number in range(50)]
    assert measures.intervals(rows, labels, groups) == measures.intervals(rows, labels, groups)
    assert measures.intervals(rows, labels, groups, 1) != measures.intervals(rows, labels, groups)


def test_an_interval_is_as_wide_as_theory_says():
    rows, labels = made(400, Random(1))
    found = measures.intervals(rows, labels, [str(number) for number in range(400)])["accuracy"]
    share = found["value"]
    assert found["high"] - found["low"] == pytest.approx(
        2 * 1.96 * math.sqrt(share * (1 - share) / 400), rel=0.15
    )


def test_headlines_that_are_right_or_wrong_together_count_once():
    rows, labels = made(100, Random(2))
    alone = measures.intervals(rows, labels, [str(number) for number in range(100)])
    copied = measures.intervals(rows * 4, labels * 4, [str(number) for number in range(100)] * 4)
    loose = measures.intervals(rows * 4, labels * 4, [str(number) for number in range(400)])
    for name, interval in alone.items():
        assert copied[name] == pytest.approx(interval)
        width = interval["high"] - interval["low"]
        assert loose[name]["high"] - loose[name]["low"] == pytest.approx(width / 2, rel=0.25)


def test_an_interval_holds_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(measures, "RESAMPLES", 200)
    rng = Random(7)
    loss = {True: 0.2, False: 2.5}
    held = {"accuracy": 0, "validation_loss": 0}
    trials = 200
    for _ in range(trials):
        # 60 groups of 3 headlines each, right together 7 times in 10: the truth is known.
        right = [rng.random() < 0.7 for _ in range(60)]
        labels = [rng.randrange(3) for _ in range(180)]
        rows = []
        for number, label in enumerate(labels):
            row = [-9.0] * 3
            good = right[number // 3]
            row[label] = -loss[good]
            if not good:
                row[(label + 1) % 3] = -0.1
            rows.append(row)
        found = measures.intervals(rows, labels, [str(number // 3) for number in range(180)])
        for name, truth in (("accuracy", 0.7), ("validation_loss", 0.7 * 0.2 + 0.3 * 2.5)):
            held[name] += found[name]["low"] <= truth <= found[name]["high"]
    # Of 200 trials at 95 %, chance alone leaves 181 to 197 or so; groups taken apart would give about 147.
    for count in held.values():
        assert 0.89 * trials <= count <= 0.99 * trials

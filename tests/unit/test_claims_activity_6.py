"""What activity 6 says of the headlines and the stored runs is so."""

import json
import re
from random import Random
from statistics import fmean

import pytest

from lab import corpus, headlines, records
from lab.training_data import ceiling

SEEDS = range(3)
SIX = ("h0096", "h1256", "h1672", "h2528", "h2876", "h2938")
SHARES = {"0-1": 0.1, "0-25": 0.25, "0-4": 0.4}


def answer_of(check):
    """The number that the chapter gives as a check's answer."""
    chapter = (records.ROOT / "book" / "day" / "activity-6-data-quality-and-uncertainty.md").read_text(
        "utf-8"
    )
    return float(re.search(rf"\{{quiz\}} {check}\n:kind: number\n:answer: (\S+)", chapter)[1])


def clean(seed):
    return records.load(f"minilm-just-right-seed-{seed}")


def noisy(part, share, seed):
    return records.load(f"minilm-just-right-{part}-label-noise-{share}-seed-{seed}")


def agreement(level, seed):
    return records.load(f"minilm-just-right-corpus-phrasebank-agreement-{level}-seed-{seed}")


def accuracy(run):
    return run.final["accuracy"]["value"]


def test_the_six_are_of_those_on_which_the_readings_differ():
    differ = {row.id for row in headlines.load() if row.label != row.second_label}
    assert set(SIX) < differ


def test_two_points_lie_well_within_the_interval():
    final = clean(0).final["accuracy"]
    assert final["high"] - final["low"] > 3 * 0.02


def test_four_times_the_headlines_half_the_width():
    label = {row.id: row.label for row in corpus.load()}
    right = [
        corpus.LABELS[odds.index(max(odds))] == label[name]
        for name, odds in records.answers("minilm-just-right-seed-0").items()
    ]
    rng = Random(0)

    def width(n):
        scores = sorted(sum(rng.choices(right, k=n)) / n for _ in range(1000))
        return scores[974] - scores[25]

    for few in (50, 467):
        assert width(4 * few) == pytest.approx(width(few) / 2, rel=0.1)
    assert answer_of("half-the-width") == 4 * len(right)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_the_fewer_agree_the_lower_the_scores(metric):
    means = [
        fmean(agreement(level, seed).final[metric]["value"] for seed in SEEDS)
        for level in ("all", "75", "66", "50")
    ]
    assert means == sorted(means, reverse=True)
    assert means[0] - means[-1] > 0.1


def test_every_level_trains_on_as_many_sentences():
    assert {
        agreement(level, seed).corpus["train"] for level in ("all", "75", "66", "50") for seed in SEEDS
    } == {800}


@pytest.mark.parametrize("share", SHARES)
def test_wrong_labels_in_training_lower_what_is_measured_and_not_the_ceiling(share):
    for seed in SEEDS:
        run = noisy("train", share, seed)
        assert run.corpus["ceiling"]["accuracy"] == 1
        assert accuracy(run) < accuracy(clean(seed))


@pytest.mark.parametrize(("share", "value"), SHARES.items())
def test_wrong_labels_in_validation_leave_the_model_alone_and_cap_the_score(share, value):
    for seed in SEEDS:
        run = noisy("validation", share, seed)
        assert run.final["on_true_labels"]["accuracy"] == accuracy(clean(seed))
        assert run.column("train_loss") == clean(seed).column("train_loss")
        assert accuracy(run) < accuracy(clean(seed))
        assert run.corpus["ceiling"]["accuracy"] == pytest.approx(1 - value) == ceiling(value)["accuracy"]


@pytest.mark.parametrize(("share", "value"), SHARES.items())
def test_the_formula_foretells_what_is_measured(share, value):
    for seed in SEEDS:
        run = noisy("validation", share, seed)
        a = run.final["on_true_labels"]["accuracy"]
        assert accuracy(run) == pytest.approx(a * (1 - value) + (1 - a) * value / 2, abs=0.03)


def test_the_formula_gives_the_answer_of_the_check():
    a, r = 0.72, 0.25
    assert answer_of("wrong-labels-in-the-exam") == pytest.approx(a * (1 - r) + (1 - a) * r / 2)
    assert accuracy(clean(0)) == pytest.approx(0.72, abs=0.005)
    assert accuracy(noisy("validation", "0-25", 0)) == pytest.approx(0.575, abs=0.01)


def test_the_verdict_falls_for_wrong_labels():
    assert (clean(0).verdict["name"], noisy("validation", "0-25", 0).verdict["name"]) == (
        "converged",
        "diverged",
    )


def test_with_wrong_labels_in_training_the_model_is_good_first_and_worse_later():
    for seed in SEEDS:
        run = noisy("train", "0-4", seed)
        assert run.value("accuracy[-1]") < run.value("accuracy[2]")
        assert run.value("train_accuracy[-1]") > 0.95  # by heart, wrong labels included
    first = noisy("train", "0-4", 0)
    assert first.value("accuracy[2]") > 0.6
    assert clean(0).value("accuracy[2]") - first.value("accuracy[2]") < 0.02
    losses = first.column("validation_loss")
    assert losses.index(min(losses)) == 3


def test_in_the_end_it_is_near_always_neutral():
    always_neutral = 242 / 467
    assert fmean(noisy("train", "0-4", seed).value("accuracy[-1]") for seed in SEEDS) == pytest.approx(
        always_neutral, abs=0.04
    )
    assert all(noisy("train", "0-4", seed).value("accuracy[2]") > always_neutral + 0.05 for seed in SEEDS)


def test_each_doubling_of_the_training_headlines_raised_the_mean_accuracy():
    means = [
        fmean(
            accuracy(
                clean(seed)
                if size == 800
                else records.load(f"minilm-just-right-train-subset-{size}-seed-{seed}")
            )
            for seed in SEEDS
        )
        for size in (100, 200, 400, 800, 1600)
    ]
    assert means == sorted(means)


def test_people_who_label_real_news_agree_far_less_often():
    scores = json.loads((records.ROOT / "assets" / "corpus" / "scores.json").read_text("utf-8"))
    sentences = scores["real_news"]["sentences"]
    rows = headlines.load()
    ours = sum(row.label == row.second_label for row in rows) / len(rows)
    assert sentences["all"] / sentences["50"] < 0.6 < 0.99 < ours

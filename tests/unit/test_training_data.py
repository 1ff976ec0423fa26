"""What a run learns from follows from its settings: the split, the subset, the wrong labels."""

import math
from collections import Counter

import pytest

from lab import corpus, training_data
from lab.corpus import LABELS
from lab.settings import TFIDF, Settings, SettingsError
from lab.training_data import TRAIN_MEASURED, ceiling, mislabelled, prepare

HEADLINES = corpus.load("headlines")


def prepared(**dials):
    return prepare(Settings(**dials), HEADLINES)


def labels(rows):
    return [row.label for row in rows]


def test_the_parts_are_those_of_the_seed_and_the_same_on_every_route():
    data = prepared(train_subset=None, seed=2)
    parts = corpus.split(HEADLINES, 2, training_data.VALIDATION_SIZE, training_data.TEST_SIZE)
    assert (data.train, data.validation, data.true_validation) == (
        *(parts.train, parts.validation, parts.validation),
    )
    assert data.record["split_sha256"] == parts.sha256
    assert prepared(encoder=TFIDF, train_subset=None, seed=2).train == data.train
    assert prepared(train_subset=None, seed=3).train != data.train


def test_the_corpus_is_loaded_where_it_is_not_at_hand():
    assert prepare(Settings(seed=1)) == prepared(seed=1)
    few = corpus.Corpus(HEADLINES[:1500], "few", "a part of ours")
    assert prepare(Settings(), few).record["sha256"] == few.sha256
    with pytest.raises(corpus.CorpusError, match=r"No corpus 'no\.csv'"):
        prepare(Settings(corpus="no.csv"))


def test_a_subset_is_drawn_from_the_training_part_by_the_seed():
    whole, some = prepared(train_subset=None), prepared(train_subset=300)
    assert len(some.train) == some.record["train"] == 300
    assert {row.id for row in some.train} < {row.id for row in whole.train}
    assert some == prepared(train_subset=300)
    assert some.record["split_sha256"] == whole.record["split_sha256"]
    with pytest.raises(
        SettingsError, match=r"^train_subset is 9000; allowed is at most \d+, the headlines of headlines"
    ):
        prepared(train_subset=9000)


def test_what_is_measured_of_training_is_a_fixed_part_of_it_as_it_is_labelled():
    data = prepared(train_label_noise=0.4)
    assert data.train_measured == data.train[:TRAIN_MEASURED]
    assert data.record["train_measured"] == TRAIN_MEASURED
    assert prepared(train_subset=100).record["train_measured"] == 100


def test_the_record_counts_what_the_run_is_given():
    data = prepared(train_label_noise=0.25, validation_label_noise=0.25, seed=1)
    assert data.record["train_labels"] == {label: labels(data.train).count(label) for label in LABELS}
    assert data.record["validation_labels"] == {
        label: labels(data.validation).count(label) for label in LABELS
    }
    assert (data.record["name"], data.record["rows"]) == ("headlines", len(HEADLINES))
    assert data.record["sha256"] == HEADLINES.sha256
    assert data.record["ceiling"] == ceiling(0.25)


@pytest.mark.parametrize("noisy", ["train", "validation"])
def test_noise_replaces_its_share_of_one_part_s_labels_and_touches_nothing_else(noisy):
    clean, data = prepared(), prepared(**{f"{noisy}_label_noise": 0.25})
    for part in ("train", "validation"):
        before, after = getattr(clean, part), getattr(data, part)
        assert [row.text for row in before] == [row.text for row in after]
        changed = sum(a != b for a, b in zip(labels(before), labels(after), strict=True))
        assert changed == (round(0.25 * len(before)) if part == noisy else 0)
    assert data.true_validation == clean.validation


def test_which_labels_are_wrong_is_drawn_by_the_seed_and_apart_for_the_two_parts():
    rows = HEADLINES[:1000]
    assert mislabelled(rows, 0.3, 1) == mislabelled(rows, 0.3, 1) != mislabelled(rows, 0.3, 2)
    assert mislabelled(rows, 0.0, 1) == rows
    same = prepared(train_label_noise=0.3, validation_label_noise=0.3, seed=1)
    assert same.validation == mislabelled(same.true_validation, 0.3, 2)


def test_each_of_the_other_labels_is_as_likely():
    rows = [row for row in HEADLINES if row.label == "neutral"]
    became = Counter(labels(mislabelled(rows, 0.9, 0)))
    wrong = became["negative"] + became["positive"]
    assert wrong == round(0.9 * len(rows))
    # Four standard deviations of a fair coin.
    assert abs(became["negative"] - wrong / 2) < 4 * math.sqrt(wrong) / 2


def test_the_ceiling_is_what_a_model_gets_that_knows_the_truth_and_the_share_of_noise():
    rows = HEADLINES[:1000]
    for share in (0.1, 0.4, 0.7):
        shown = mislabelled(rows, share, 0)
        known = {True: 1 - share, False: share / 2}
        right = [a == b for a, b in zip(labels(rows), labels(shown), strict=True)]
        assert ceiling(share)["accuracy"] == pytest.approx(sum(right) / len(right))
        assert ceiling(share)["loss"] == pytest.approx(-sum(math.log(known[r]) for r in right) / len(right))
    assert ceiling(0) == {"accuracy": 1, "loss": 0}
    assert math.copysign(1, ceiling(0)["loss"]) == 1  # no minus before the 0
    assert ceiling(2 / 3)["loss"] == pytest.approx(math.log(3))

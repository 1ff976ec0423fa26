"""The word-count route: what it learns, what it writes down, and that it repeats to the last digit."""

import math
from dataclasses import asdict, replace
from itertools import chain

import joblib
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

from lab import records, sgd, training
from lab.corpus import LABELS
from lab.settings import Settings, SettingsError
from lab.training import Watch
from lab.training_data import prepare

SHORT = Settings(encoder="tfidf", learning_rate=3.0, train_subset=200, num_train_epochs=3)
STEPS = 39  # three epochs of 200 headlines, 16 at a time


def history(run):
    """All that was measured, but for the time it took."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in run.evaluations]
    return rows, run.steps, run.final, run.verdict, run.status


def ends(run, *names):
    return [run.evaluations[-1][name] for name in names]


@pytest.fixture(scope="module")
def trained():
    return training.train(SHORT)


def test_before_any_training_each_class_has_a_third(trained):
    start = trained.run.evaluations[0]
    assert (start["epoch"], start["step"]) == (0, 0)
    assert start["train_loss"] == pytest.approx(math.log(3), abs=1e-12)
    assert start["validation_loss"] == pytest.approx(math.log(3), abs=1e-12)
    assert trained.run.steps["loss"][0] == pytest.approx(math.log(3), abs=1e-5)


def test_it_learns(trained):
    train_loss, validation_loss, accuracy, always_neutral = (
        *ends(trained.run, "train_loss", "validation_loss", "accuracy"),
        trained.run.value("corpus.validation_labels.neutral") / trained.run.value("corpus.validation"),
    )
    assert train_loss < validation_loss < 0.9 * math.log(3)
    assert accuracy > always_neutral


def test_the_words_counted_are_those_of_the_headlines_trained_on(trained):
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit([row.text for row in prepare(SHORT).train])
    model = {"name": "tfidf", "sha256": None}
    parameters = 3 * (len(words.vocabulary_) + 1)
    assert trained.run.model == model | {"parameters": parameters, "trainable_parameters": parameters}


def test_a_loss_of_a_step_is_that_of_its_headlines_before_they_were_learned(trained):
    data = prepare(SHORT)
    vectorizer, classifier = sgd.build(SHORT, data.train).named_steps.values()
    features = vectorizer.transform([row.text for row in data.train])
    labels = [LABELS.index(row.label) for row in data.train]
    first, second = list(sgd.batches(SHORT, len(labels)))[:2]
    classifier.partial_fit(features[first], [labels[number] for number in first])
    shares = classifier.predict_proba(features[second])
    own = [shares[row, labels[number]] for row, number in enumerate(second)]
    assert trained.run.steps["loss"][1] == pytest.approx(-sum(map(math.log, own)) / len(own), rel=1e-5)


def test_the_training_loss_is_that_of_the_part_that_is_measured(tmp_path):
    settings = replace(SHORT, train_subset=300, num_train_epochs=1)
    trained, measured = training.train(settings), prepare(settings).train_measured
    assert len(measured) < 300
    trained.keep(tmp_path)
    shares = sgd.predict(tmp_path, [row.text for row in measured])
    losses = [
        -math.log(row[LABELS.index(headline.label)]) for row, headline in zip(shares, measured, strict=True)
    ]
    assert trained.run.evaluations[-1]["train_loss"] == pytest.approx(sum(losses) / len(losses))


def test_the_same_settings_give_the_same_history_and_another_seed_another(trained):
    assert history(training.run(SHORT)) == history(trained.run)
    assert history(training.run(replace(SHORT, seed=1)))[0] != history(trained.run)[0]


def test_a_stored_run_can_be_repeated_from_its_own_settings_to_the_last_digit(trained, tmp_path):
    records.save(trained.run, tmp_path, trained.answers)
    stored = records.load(trained.run.id, tmp_path)
    again = training.train(Settings(**stored.settings))
    assert history(again.run) == history(stored)
    assert (again.run.id, again.run.corpus) == (stored.id, stored.corpus)
    assert again.answers == trained.answers


def test_another_rate_changes_what_is_learned_and_nothing_else(trained):
    other = training.run(replace(SHORT, learning_rate=0.1))
    assert other.evaluations[0] | {"seconds": 0} == trained.run.evaluations[0] | {"seconds": 0}
    assert other.corpus == trained.run.corpus
    assert other.steps["step"] == trained.run.steps["step"]
    assert set(other.steps["learning_rate"]) == {0.1}
    assert other.steps["loss"][1:] != trained.run.steps["loss"][1:]
    assert list(sgd.batches(replace(SHORT, learning_rate=0.1), 200)) == list(sgd.batches(SHORT, 200))


def test_each_epoch_has_every_headline_once_in_an_order_drawn_by_the_seed():
    def epochs(settings):
        batches = list(sgd.batches(settings, 200))
        assert len(batches) == STEPS
        return [list(chain(*batches[start : start + 13])) for start in range(0, STEPS, 13)]

    drawn = epochs(SHORT)
    assert [sorted(order) for order in drawn] == [list(range(200))] * 3
    assert len(set(map(tuple, [*drawn, *epochs(replace(SHORT, seed=1))]))) == 6


def test_how_many_headlines_share_a_step_changes_nothing_that_is_learned(trained, monkeypatch):
    monkeypatch.setattr(sgd, "BATCH", 4)
    fewer = training.run(SHORT)
    assert len(fewer.steps["loss"]) == 3 * 200 / 4
    for name in ("train_loss", "validation_loss", "accuracy"):
        assert fewer.column(name) == pytest.approx(trained.run.column(name), rel=1e-9)


def test_noise_in_training_leaves_the_validation_labels_alone(trained):
    noisy = training.run(replace(SHORT, train_label_noise=0.25))
    assert noisy.corpus["validation_labels"] == trained.run.corpus["validation_labels"]
    assert noisy.corpus["split_sha256"] == trained.run.corpus["split_sha256"]
    assert noisy.evaluations[0]["accuracy"] == trained.run.evaluations[0]["accuracy"]
    assert noisy.corpus["train_labels"] != trained.run.corpus["train_labels"]
    assert noisy.evaluations[-1]["validation_loss"] > trained.run.evaluations[-1]["validation_loss"]
    assert "on_true_labels" not in noisy.final


def test_noise_in_validation_changes_the_measure_and_not_the_model(trained):
    noisy = training.train(replace(SHORT, validation_label_noise=0.25))
    assert noisy.answers == trained.answers
    assert noisy.run.final["accuracy"]["value"] < trained.run.final["accuracy"]["value"]
    names = ("validation_loss", "accuracy", "macro_f1")
    assert noisy.run.final["on_true_labels"] == dict(zip(names, ends(trained.run, *names), strict=True))


def test_what_is_kept_is_measured_with_its_interval(trained):
    assert trained.run.final["evaluation"] == 3
    for name in ("validation_loss", "accuracy", "macro_f1"):
        final = trained.run.final[name]
        assert final["value"] == trained.run.evaluations[-1][name]
        assert final["low"] < final["value"] < final["high"]


def test_the_record_says_what_there_was_and_no_norm_of_a_gradient_that_is_not_measured(trained):
    run = trained.run
    assert (run.id, run.route, run.status) == (SHORT.run_id, "tfidf", "finished")
    assert run.steps.keys() == {"step", "loss", "learning_rate"}
    assert run.steps["step"] == list(range(1, STEPS + 1))
    assert run.column("epoch") == [0, 1, 2, 3]
    assert run.column("gap") == [row["validation_loss"] - row["train_loss"] for row in run.evaluations]
    assert run.column("accuracy_gap") == [row["train_accuracy"] - row["accuracy"] for row in run.evaluations]
    assert {sum(row["predicted_counts"].values()) for row in run.evaluations} == {run.corpus["validation"]}
    assert run.environment["packages"].keys() == {"numpy", "scipy", "scikit-learn"}
    assert {name: run.environment[name] for name in ("threads", "dtype", "device")} == {
        "threads": 1,
        "dtype": "float64",
        "device": "cpu",
    }
    assert run.seconds > 0
    assert run.energy["kilowatt_hours"] > 0
    assert run.verdict["name"]


def test_whoever_watches_is_told_the_plan_every_step_and_every_evaluation(trained):
    plans, steps, rows = [], [], []
    run = training.train(SHORT, Watch(plans.append, lambda *now: steps.append(now), rows.append)).run
    (plan,) = plans
    assert (plan.train, plan.validation, plan.steps) == (200, run.corpus["validation"], STEPS)
    assert (
        asdict(plan).items()
        >= {
            "parameters": run.model["parameters"],
            "trainable_parameters": run.model["parameters"],
        }.items()
    )
    assert steps == [(step, STEPS) for step in range(1, STEPS + 1)]
    assert rows == run.evaluations


@pytest.mark.parametrize("rate", [1e4, 1e300])
def test_a_huge_rate_is_a_result(rate):
    run = training.run(replace(SHORT, learning_rate=rate))
    assert run.verdict["name"] == "diverged"
    assert run.evaluations[-1]["validation_loss"] > rate / 1000
    assert len(run.steps["loss"]) == STEPS


@pytest.mark.parametrize(("last", "rows"), [(7, [0, 7]), (STEPS, [0, 13, 26, STEPS])])
def test_a_loss_that_is_not_a_number_ends_the_run_and_is_stored(last, rows, monkeypatch, tmp_path):
    learn = SGDClassifier.partial_fit
    learned = []

    def spoil(classifier, *given, **named):
        learn(classifier, *given, **named)
        learned.append(1)
        if len(learned) == last + 1:  # the first call makes room for the weights
            classifier.intercept_[:] = math.nan

    monkeypatch.setattr(SGDClassifier, "partial_fit", spoil)
    found = training.train(SHORT)
    records.save(found.run, tmp_path, found.answers)
    run = records.load(found.run.id, tmp_path)
    assert (run.status, run.verdict["name"]) == ("diverged", "diverged")
    assert run.column("step") == rows
    assert list(map(math.isfinite, run.steps["loss"])) == ([True] * last + [False])[:STEPS]
    assert math.isnan(run.final["validation_loss"]["value"])
    assert set(run.evaluations[-1]["predicted_counts"].values()) == {0}


def test_weights_that_scikit_learn_refuses_end_the_run_too(monkeypatch):
    learn = SGDClassifier.partial_fit
    learned = []

    def refuse(classifier, *given, **named):
        learn(classifier, *given, **named)
        learned.append(1)
        if len(learned) == 14:
            raise ValueError("Floating-point under-/overflow occurred at epoch #1.")

    monkeypatch.setattr(SGDClassifier, "partial_fit", refuse)
    run = training.run(SHORT)
    assert run.status == "diverged"
    assert run.column("step") == [0, 13]


def test_interrupted_it_gives_what_was_measured_until_then_and_where_it_stopped(tmp_path):
    def stop(step, _):
        if step == 20:
            raise KeyboardInterrupt

    found = training.train(SHORT, Watch(stepped=stop))
    assert found.run.status == "interrupted"
    assert found.run.column("step") == [0, 13, 20]
    assert found.run.evaluations[-1]["epoch"] == pytest.approx(20 / 13, abs=1e-4)
    assert len(found.run.steps["loss"]) == 20
    assert found.run.final["evaluation"] == 2
    found.keep(tmp_path)
    assert sgd.predict(tmp_path, texts(SHORT)) == list(found.answers.values())


def test_interrupted_before_anything_is_measured_it_gives_nothing(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    assert training.train(SHORT, Watch(evaluated=stop)).run.column("step") == [0]
    monkeypatch.setattr(sgd, "log_probabilities", stop)
    with pytest.raises(KeyboardInterrupt):
        training.train(SHORT)


def texts(settings):
    return [row.text for row in prepare(settings).validation]


def test_a_kept_model_gives_the_answers_of_its_run(trained, tmp_path):
    trained.keep(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.joblib"]
    assert list(trained.answers) == [row.id for row in prepare(SHORT).validation]
    assert sgd.predict(tmp_path / "new", texts(SHORT)) == list(trained.answers.values())
    assert sgd.predict(tmp_path / "new", []) == []


def test_the_probabilities_are_those_of_scikit_learn(trained, tmp_path):
    trained.keep(tmp_path)
    theirs = joblib.load(tmp_path / sgd.FILE).predict_proba(texts(SHORT)).tolist()
    for ours, row in zip(trained.answers.values(), theirs, strict=True):
        assert ours == pytest.approx(row, abs=1e-12)


def test_a_probability_too_small_for_a_float_still_has_a_loss():
    classifier = sgd.build(SHORT, prepare(SHORT).train)[-1]
    classifier.intercept_[:] = (-5000, 2000, 1000)
    (shares,) = sgd.log_probabilities(classifier, [[0.0] * classifier.coef_.shape[1]])
    assert shares == pytest.approx([-5000 - math.log(2), -math.log(2), -math.log(2)])


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model\.joblib; allowed is a folder with"):
        sgd.predict(tmp_path, ["Profit rises"])


@pytest.mark.parametrize(
    ("dial", "value"),
    [("train_subset", 1), ("learning_rate", 0)],
)
def test_what_this_model_cannot_be_trained_with_is_named(dial, value):
    with pytest.raises(SettingsError, match=rf"^{dial} is {value}; allowed .* the word-count model"):
        sgd.train(replace(SHORT, **{dial: value}))

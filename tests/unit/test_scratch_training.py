"""A whole training run of lab.scratch is that of PyTorch on the same batches; its measures are
scikit-learn's."""

import math
from functools import partial
from random import Random

import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score

from lab import scratch

LABELS = 3
WORDS = [
    ["profit", "rose", "sharply", "beat", "forecast", "dividend", "raised", "record"],
    ["loss", "widened", "fell", "warning", "cut", "shares", "slump", "weak"],
    ["board", "meeting", "monday", "appoints", "opens", "agrees", "named", "says"],
]
COMMON = ["the", "company", "quarter", "year", "sales", "market", "on", "in", "of", "to"]


def sentences(n, rng):
    labels = [rng.randrange(LABELS) for _ in range(n)]
    texts = [
        " ".join(rng.sample(WORDS[label] * 2 + COMMON + WORDS[rng.randrange(LABELS)], 12)) for label in labels
    ]
    return texts, labels


@pytest.fixture(scope="module")
def data():
    rng = Random(3)
    (texts, labels), (new_texts, new_labels) = sentences(50, rng), sentences(23, rng)
    vectorizer = scratch.TfidfVectorizer()
    return (
        (vectorizer.fit_transform(texts), labels),
        (vectorizer.transform(new_texts), new_labels),
        len(vectorizer.vocabulary),
    )


def as_tensor(rows, n_features):
    return torch.tensor([[row.get(i, 0.0) for i in range(n_features)] for row in rows], dtype=torch.float64)


def torch_run(data, make, epochs, batch_size, rng, multiplier, max_grad_norm):
    """The same run in PyTorch: per epoch (train loss and accuracy, validation loss, probabilities), and per
    step what was seen."""
    (rows, labels), (new_rows, new_labels), n_features = data
    x, y = as_tensor(rows, n_features), torch.tensor(labels)
    new_x, new_y = as_tensor(new_rows, n_features), torch.tensor(new_labels)
    model = torch.nn.Linear(n_features, LABELS, dtype=torch.float64)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimiser = make(model.parameters())
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, multiplier)
    loss_of = torch.nn.functional.cross_entropy
    epochs_seen, steps_seen = [], []
    for epoch in range(epochs + 1):
        if epoch:
            for batch in scratch.mini_batches(len(labels), batch_size, rng):
                optimiser.zero_grad()
                loss = loss_of(model(x[batch]), y[batch])
                loss.backward()
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm or math.inf)
                steps_seen.append((loss.item(), optimiser.param_groups[0]["lr"], norm.item()))
                optimiser.step()
                scheduler.step()
        with torch.no_grad():
            seen, scores = model(x), model(new_x)
            epochs_seen.append(
                (
                    *(loss_of(seen, y).item(), accuracy_score(y, seen.argmax(1))),
                    *(loss_of(scores, new_y).item(), scores.softmax(1)),
                )
            )
    return epochs_seen, steps_seen


RUNS = {
    "sgd": (lambda: scratch.SGD(2.0), lambda p: torch.optim.SGD(p, 2.0), scratch.constant, None),
    "sgd with decay": (
        lambda: scratch.SGD(2.0, weight_decay=0.05),
        lambda p: torch.optim.SGD(p, 2.0, weight_decay=0.05),
        scratch.constant,
        None,
    ),
    "momentum, linear with warm-up": (
        lambda: scratch.Momentum(0.5),
        lambda p: torch.optim.SGD(p, 0.5, momentum=0.9),
        partial(scratch.linear, warmup_steps=5),
        None,
    ),
    "adamw, cosine, clipped": (
        lambda: scratch.AdamW(0.05),
        lambda p: torch.optim.AdamW(p, 0.05),
        scratch.cosine,
        0.25,
    ),
    "sgd, giant steps": (
        lambda: scratch.SGD(500.0),
        lambda p: torch.optim.SGD(p, 500.0),
        scratch.constant,
        None,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_whole_run_is_that_of_torch(data, name):
    make_ours, make_torch, schedule, max_grad_norm = RUNS[name]
    train_set, validation_set, n_features = data
    epochs, batch_size, total = 6, 8, 6 * 7
    expected, expected_steps = torch_run(
        data, make_torch, epochs, batch_size, Random(11), lambda i: schedule(i, total), max_grad_norm
    )
    history = list(
        scratch.train(
            scratch.SoftmaxRegression(n_features, LABELS),
            train_set,
            validation_set,
            make_ours(),
            epochs,
            batch_size,
            Random(11),
            schedule,
            max_grad_norm,
        )
    )
    assert [evaluation.epoch for evaluation in history] == list(range(epochs + 1))
    assert [evaluation.step for evaluation in history] == [7 * epoch for epoch in range(epochs + 1)]
    truth = validation_set[1]
    for evaluation, (train_loss, train_accuracy, validation_loss, probabilities) in zip(
        history, expected, strict=True
    ):
        answers = probabilities.argmax(1).tolist()
        wrong = [p.max().item() for p, a, t in zip(probabilities, answers, truth, strict=True) if a != t]
        assert evaluation.train_loss == pytest.approx(train_loss, rel=1e-8)
        assert evaluation.train_accuracy == pytest.approx(train_accuracy, abs=1e-12)
        assert evaluation.validation_loss == pytest.approx(validation_loss, rel=1e-8)
        assert evaluation.predicted_counts == [answers.count(label) for label in range(LABELS)]
        assert evaluation.accuracy == pytest.approx(accuracy_score(truth, answers), abs=1e-12)
        assert evaluation.macro_f1 == pytest.approx(macro_f1(truth, answers), abs=1e-12)
        assert evaluation.confidence_when_wrong == pytest.approx(
            math.fsum(wrong) / len(wrong) if wrong else math.nan, nan_ok=True, rel=1e-8
        )
    steps = [step for evaluation in history for step in evaluation.steps]
    assert history[0].steps == []
    assert [step.step for step in steps] == list(range(1, total + 1))
    for step, (loss, learning_rate, norm) in zip(steps, expected_steps, strict=True):
        assert step.loss == pytest.approx(loss, rel=1e-7, abs=1e-12)
        assert step.learning_rate == pytest.approx(learning_rate, abs=1e-12)
        assert step.grad_norm == pytest.approx(norm, rel=1e-6, abs=1e-12)


def macro_f1(truth, answers):
    return f1_score(truth, answers, labels=range(LABELS), average="macro", zero_division=0)


@pytest.mark.parametrize(
    ("truth", "answers"),
    [([0, 1, 2, 2, 1, 0], [0, 1, 1, 2, 0, 0]), ([1, 1, 1], [1, 1, 1]), ([0, 0, 2], [1, 1, 1])],
)
def test_macro_f1_is_that_of_scikit_learn(truth, answers):
    assert scratch.macro_f1(truth, answers, LABELS) == pytest.approx(macro_f1(truth, answers), abs=1e-12)


def run(data, optimiser, epochs=2, **settings):
    train_set, validation_set, n_features = data
    model = scratch.SoftmaxRegression(n_features, LABELS)
    return list(scratch.train(model, train_set, validation_set, optimiser, epochs, 8, Random(0), **settings))


def test_the_history_comes_while_it_trains(data):
    train_set, validation_set, n_features = data
    model = scratch.SoftmaxRegression(n_features, LABELS)
    history = scratch.train(model, train_set, validation_set, scratch.SGD(1.0), 3, 8, Random(0))
    assert next(history).train_loss == pytest.approx(math.log(3), abs=1e-12)
    assert not any(any(weights) for weights in model.parameters)
    assert next(history).train_loss == model.loss(*train_set) < math.log(3)


def test_the_same_seed_gives_the_same_history_to_the_last_bit(data):
    assert run(data, scratch.SGD(1.0)) == run(data, scratch.SGD(1.0))


def test_an_evaluation_changes_nothing(data):
    train_set, validation_set, n_features = data
    model = scratch.SoftmaxRegression(n_features, LABELS)
    model.bias[:] = [0.0, 5.0, 1.0]
    seen = scratch.evaluate(model, train_set, validation_set)
    assert seen == scratch.evaluate(model, train_set, validation_set)
    assert seen.predicted_counts == [0, len(validation_set[1]), 0]


def test_a_run_that_overflows_is_recorded_to_its_end(data):
    history = run(data, scratch.SGD(1e308, weight_decay=1.0), epochs=3)
    assert len(history) == 4
    assert history[0].validation_loss == pytest.approx(math.log(3))
    assert math.isnan(history[-1].validation_loss)
    assert math.isnan(history[-1].steps[-1].grad_norm)
    assert sum(history[-1].predicted_counts) == len(data[1][1])


def test_without_a_wrong_answer_there_is_no_confidence_when_wrong():
    model = scratch.SoftmaxRegression(1, 2)
    model.weights[1][0] = 1.0
    easy = ([{0: 1.0}, {0: -1.0}], [1, 0])
    assert math.isnan(scratch.evaluate(model, easy, easy).confidence_when_wrong)


@pytest.mark.parametrize(
    ("train_set", "validation_set", "message"),
    [
        (([], []), ([{0: 1.0}], [0]), "train_set is empty"),
        (([{0: 1.0}], [0]), ([], []), "validation_set is empty"),
        (([{0: 1.0}], [3]), ([{0: 1.0}], [0]), "train_set has label 3, allowed are 0 to 2"),
        (([{0: 1.0}], [0]), ([{0: 1.0}], [-1]), "validation_set has label -1"),
        (([{0: 1.0}], ["positive"]), ([{0: 1.0}], [0]), "train_set has label 'positive'"),
    ],
)
def test_a_set_that_cannot_be_learned_from_is_refused_in_one_sentence(train_set, validation_set, message):
    with pytest.raises(ValueError, match=message):
        next(
            scratch.train(
                scratch.SoftmaxRegression(1, 3), train_set, validation_set, scratch.SGD(1.0), 1, 1, Random(0)
            )
        )

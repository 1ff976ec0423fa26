"""How good is the model right now? One look at the training and the validation set."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from lab.scratch.softmax import SoftmaxRegression, cross_entropy_of_scores, softmax
from lab.scratch.text import Row

DataSet = tuple[Sequence[Row], Sequence[int]]


@dataclass(frozen=True)
class Step:
    """One step of the optimiser, counted from 1: the loss of its batch before it, the rate it used, and the
    length of the gradient before any clipping.
    """

    step: int
    loss: float
    learning_rate: float
    grad_norm: float


@dataclass(frozen=True)
class Evaluation:
    """What one look measured; `steps` holds the steps since the look before.

    Losses are mean cross-entropies in nats, accuracies and `macro_f1` go from 0 to 1. What does not say train
    is about the validation set: `predicted_counts` how often each class was answered, `confidence_when_wrong`
    the mean probability given to an answer that was wrong (nan where none was).
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    accuracy: float
    macro_f1: float
    predicted_counts: list[int]
    confidence_when_wrong: float
    steps: list[Step]


def evaluate(
    model: SoftmaxRegression,
    train_set: DataSet,
    validation_set: DataSet,
    epoch: int = 0,
    step: int = 0,
    steps: Sequence[Step] = (),
) -> Evaluation:
    """Measure the model on both sets, changing nothing.

    The answer is the most probable class, the first of them in a tie or where the probabilities are nan.
    """
    train_loss, train_answers, _ = _answers(model, train_set)
    validation_loss, answers, probabilities = _answers(model, validation_set)
    labels = validation_set[1]
    wrong, confidence = 0, 0.0
    for answer, label, probability in zip(answers, labels, probabilities, strict=True):
        if answer != label:
            wrong += 1
            confidence += probability
    return Evaluation(
        epoch=epoch,
        step=step,
        train_loss=train_loss,
        train_accuracy=_accuracy(train_set[1], train_answers),
        validation_loss=validation_loss,
        accuracy=_accuracy(labels, answers),
        macro_f1=macro_f1(labels, answers, len(model.bias)),
        predicted_counts=[answers.count(number) for number in range(len(model.bias))],
        confidence_when_wrong=confidence / wrong if wrong else nan,
        steps=list(steps),
    )


def _answers(model: SoftmaxRegression, data_set: DataSet) -> tuple[float, list[int], list[float]]:
    """The mean loss, and of each row the answer and its probability."""
    total = 0.0
    answers, confidences = [], []
    for row, label in zip(*data_set, strict=True):
        scores = model.scores(row)
        total += cross_entropy_of_scores(scores, label)
        probabilities = softmax(scores)
        answers.append(probabilities.index(max(probabilities)))
        confidences.append(probabilities[answers[-1]])
    return total / len(answers), answers, confidences


def _accuracy(labels: Sequence[int], answers: Sequence[int]) -> float:
    return sum(label == answer for label, answer in zip(labels, answers, strict=True)) / len(labels)


def macro_f1(labels: Sequence[int], answers: Sequence[int], n_classes: int) -> float:
    """The mean over the classes of F1 = 2 * hits / (times answered + times it was the right answer).

    A class that is neither counts as 0, as in scikit-learn's f1_score with zero_division=0.
    """
    total = 0.0
    for number in range(n_classes):
        hits = sum(label == answer == number for label, answer in zip(labels, answers, strict=True))
        seen = labels.count(number) + answers.count(number)
        total += 2 * hits / seen if seen else 0.0
    return total / n_classes

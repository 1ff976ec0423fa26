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

    Losses are mean cross-entropies in nats. The rest is about the validation set: `accuracy` and `macro_f1`
    from 0 to 1, `predicted_counts` how often each class was answered, `confidence_when_wrong` the mean
    probability given to an answer that was wrong (nan where none was).
    """

    epoch: int
    step: int
    train_loss: float
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
    loss, wrong, confidence = 0.0, 0, 0.0
    answers = []
    rows, labels = validation_set
    for row, label in zip(rows, labels, strict=True):
        scores = model.scores(row)
        loss += cross_entropy_of_scores(scores, label)
        probabilities = softmax(scores)
        answer = probabilities.index(max(probabilities))
        answers.append(answer)
        if answer != label:
            wrong += 1
            confidence += probabilities[answer]
    return Evaluation(
        epoch=epoch,
        step=step,
        train_loss=model.loss(*train_set),
        validation_loss=loss / len(rows),
        accuracy=(len(rows) - wrong) / len(rows),
        macro_f1=macro_f1(labels, answers, len(model.bias)),
        predicted_counts=[answers.count(number) for number in range(len(model.bias))],
        confidence_when_wrong=confidence / wrong if wrong else nan,
        steps=list(steps),
    )


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

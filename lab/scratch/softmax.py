"""How wrong is the model, and which way is downhill? Softmax regression, its loss and its gradient.

One score per class is a weighted sum of the features; softmax turns scores into probabilities;
cross-entropy says how surprised the model is by the right answer.
"""

import math
from collections.abc import Sequence

from lab.scratch.text import Row

# One sparse gradient per list of parameters: the number of a weight -> the slope of the loss along it.
Gradients = list[dict[int, float]]


def softmax(scores: Sequence[float]) -> list[float]:
    """Probabilities that add up to 1, one per score: exp(score) / sum of exp(scores).

    Subtracting the top score first changes nothing but keeps exp() from overflowing. A score
    that is nan or inf makes them all nan.
    """
    top = max(scores)
    exps = [math.exp(score - top) for score in scores]
    total = 0.0
    for value in exps:
        total += value
    return [value / total for value in exps]


def cross_entropy(probabilities: Sequence[float], label: int) -> float:
    """The loss of one answer, in nats: -ln(probability of the right class); inf where that is 0."""
    probability = probabilities[label]
    return math.inf if probability == 0 else -math.log(probability)


def cross_entropy_of_scores(scores: Sequence[float], label: int) -> float:
    """The same loss straight from the scores: right even where the probability is too small for a float."""
    top = max(scores)
    total = 0.0
    for score in scores:
        total += math.exp(score - top)
    return math.log(total) - (scores[label] - top)


class SoftmaxRegression:
    """A linear classifier: `weights` holds a list of n_features numbers per class, `bias` a number per class.

    All start at 0, so that the untrained model gives every class the same probability. Labels are class
    numbers, 0 to n_classes - 1. Losses and gradients are means over the rows, as in PyTorch's
    cross_entropy.
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        self.weights = [[0.0] * n_features for _ in range(n_classes)]
        self.bias = [0.0] * n_classes

    @property
    def parameters(self) -> list[list[float]]:
        """The lists an optimiser changes in place: the weights of each class, then the bias."""
        return [*self.weights, self.bias]

    def scores(self, row: Row) -> list[float]:
        """One score per class for one row."""
        scores = []
        for weights, score in zip(self.weights, self.bias, strict=True):
            for feature, value in row.items():
                score += weights[feature] * value
            scores.append(score)
        return scores

    def probabilities(self, row: Row) -> list[float]:
        """One probability per class for one row."""
        return softmax(self.scores(row))

    def loss(self, rows: Sequence[Row], labels: Sequence[int]) -> float:
        """Mean cross-entropy over the rows, in nats."""
        total = 0.0
        for row, label in zip(rows, labels, strict=True):
            total += cross_entropy_of_scores(self.scores(row), label)
        return total / len(rows)

    def gradient(self, rows: Sequence[Row], labels: Sequence[int]) -> Gradients:
        """The slope of the mean loss along each of `parameters`, in their order; what is left out is 0."""
        return self.loss_and_gradient(rows, labels)[1]

    def loss_and_gradient(self, rows: Sequence[Row], labels: Sequence[int]) -> tuple[float, Gradients]:
        """Both in one pass.

        Along a score the slope is its probability, less 1 for the right class; along a weight it is that
        times the feature: Bishop, Pattern Recognition and Machine Learning (2006), equation 4.109.
        """
        total = 0.0
        slopes: Gradients = [{} for _ in self.parameters]
        for row, label in zip(rows, labels, strict=True):
            scores = self.scores(row)
            total += cross_entropy_of_scores(scores, label)
            errors = softmax(scores)
            errors[label] -= 1
            for number, error in enumerate(errors):
                share = error / len(rows)
                slope = slopes[number]
                for feature, value in row.items():
                    slope[feature] = slope.get(feature, 0.0) + share * value
                slopes[-1][number] = slopes[-1].get(number, 0.0) + share
        return total / len(rows), slopes

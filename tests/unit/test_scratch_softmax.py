"""lab.scratch.softmax gives PyTorch's losses and gradients."""

import math
from random import Random

import pytest
import torch

from lab.scratch import SoftmaxRegression, cross_entropy, cross_entropy_of_scores, finite_difference, softmax

ROWS = [{0: 0.6, 3: 0.8}, {1: 1.0}, {}, {0: -2.0, 1: 0.5, 2: 0.25, 4: 3.0}, {3: 1.5, 4: -0.5}]
LABELS = [0, 2, 1, 2, 0]
N_FEATURES, N_CLASSES = 5, 3


@pytest.fixture
def model():
    model = SoftmaxRegression(N_FEATURES, N_CLASSES)
    rng = Random(0)
    for parameters in model.parameters:
        parameters[:] = [rng.uniform(-2, 2) for _ in parameters]
    return model


def torch_loss(model, requires_grad=False):
    weights = torch.tensor(model.weights, dtype=torch.float64, requires_grad=requires_grad)
    bias = torch.tensor(model.bias, dtype=torch.float64, requires_grad=requires_grad)
    rows = torch.tensor([[row.get(i, 0.0) for i in range(N_FEATURES)] for row in ROWS], dtype=torch.float64)
    return torch.nn.functional.cross_entropy(rows @ weights.T + bias, torch.tensor(LABELS)), weights, bias


def dense(slopes, length):
    return [slopes.get(number, 0.0) for number in range(length)]


def test_loss_and_gradient_are_those_of_torch(model):
    expected, weights, bias = torch_loss(model, requires_grad=True)
    expected.backward()
    loss, (*of_weights, of_bias) = model.loss_and_gradient(ROWS, LABELS)
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    assert loss == model.loss(ROWS, LABELS)
    for slopes, tensor in zip(of_weights, weights.grad, strict=True):
        assert dense(slopes, N_FEATURES) == pytest.approx(tensor.tolist(), abs=1e-8)
    assert dense(of_bias, N_CLASSES) == pytest.approx(bias.grad.tolist(), abs=1e-8)
    assert model.gradient(ROWS, LABELS) == [*of_weights, of_bias]


def test_gradient_agrees_with_the_slope_measured_by_hand(model):
    for parameters, slopes in zip(model.parameters, model.gradient(ROWS, LABELS), strict=True):
        measured = finite_difference(lambda _: model.loss(ROWS, LABELS), parameters)
        assert dense(slopes, len(parameters)) == pytest.approx(measured, abs=1e-8)


def test_the_gradient_holds_only_the_features_of_the_batch(model):
    *of_weights, of_bias = model.gradient([{1: 1.0}, {3: 2.0}], [0, 1])
    assert [set(slopes) for slopes in of_weights] == [{1, 3}] * N_CLASSES
    assert set(of_bias) == {0, 1, 2}


def test_an_untrained_model_gives_every_class_the_same_probability():
    model = SoftmaxRegression(N_FEATURES, N_CLASSES)
    assert model.probabilities(ROWS[0]) == [1 / 3] * 3
    assert model.loss(ROWS, LABELS) == pytest.approx(math.log(3), abs=1e-15)


@pytest.mark.parametrize("scores", [[0.5, -1.0, 2.0], [1000.0, 0.0, -1000.0], [-1e308, 1e308, 0.0], [7.0]])
def test_softmax_and_cross_entropy_are_those_of_torch_however_large_the_scores(scores):
    tensor = torch.tensor(scores, dtype=torch.float64)
    assert softmax(scores) == pytest.approx(torch.softmax(tensor, 0).tolist(), abs=1e-12)
    for label in range(len(scores)):
        expected = torch.nn.functional.cross_entropy(tensor[None], torch.tensor([label])).item()
        assert cross_entropy_of_scores(scores, label) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("broken", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_scores_that_went_wrong_are_what_torch_makes_of_them(broken, place):
    scores = [0.0, 1.0, 2.0]
    scores[place] = broken
    expected = torch.softmax(torch.tensor(scores, dtype=torch.float64), 0).tolist()
    assert softmax(scores) == pytest.approx(expected, nan_ok=True)
    loss = torch.nn.functional.cross_entropy(
        torch.tensor([scores], dtype=torch.float64), torch.tensor([place])
    ).item()
    assert cross_entropy_of_scores(scores, place) == pytest.approx(loss, nan_ok=True)


def test_cross_entropy_of_a_probability_is_its_negative_logarithm():
    assert [cross_entropy([p, 1 - p], 0) for p in (0.9, 0.5, 0.1)] == pytest.approx(
        [0.105360515657826, 0.693147180559945, 2.302585092994046], abs=1e-15
    )
    assert cross_entropy([0.0, 1.0], 0) == math.inf
    assert cross_entropy([0.0, 1.0], 1) == 0
    assert math.isnan(cross_entropy([math.nan, math.nan], 0))


def test_rows_and_labels_of_different_length_are_refused(model):
    with pytest.raises(ValueError, match="zip"):
        model.loss(ROWS, LABELS[:-1])
    with pytest.raises(ValueError, match="zip"):
        model.gradient(ROWS, LABELS[:-1])

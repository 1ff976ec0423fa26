"""Each optimiser of lab.scratch takes torch.optim's steps, over a whole run."""

import math
from random import Random

import pytest
import torch

from lab.scratch import SGD, AdamW, Momentum, clip_grad_norm, cosine

SIZES = (6, 6, 3)
STEPS = 60


def optimisers(weight_decay):
    torch_optim = torch.optim
    return {
        "sgd": (
            SGD(0.3, weight_decay=weight_decay),
            lambda p: torch_optim.SGD(p, lr=0.3, weight_decay=weight_decay),
        ),
        "momentum": (
            Momentum(0.1, weight_decay=weight_decay),
            lambda p: torch_optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=weight_decay),
        ),
        "light ball": (
            Momentum(0.1, momentum=0.5, weight_decay=weight_decay),
            lambda p: torch_optim.SGD(p, lr=0.1, momentum=0.5, weight_decay=weight_decay),
        ),
        "adamw": (
            AdamW(0.05, weight_decay=weight_decay),
            lambda p: torch_optim.AdamW(p, lr=0.05, weight_decay=weight_decay),
        ),
        "adamw, other betas": (
            AdamW(0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=weight_decay),
            lambda p: torch_optim.AdamW(p, lr=0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=weight_decay),
        ),
    }


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("name", list(optimisers(0.0)))
def test_every_step_of_a_run_is_that_of_torch(name, weight_decay, scheduled):
    ours, make = optimisers(weight_decay)[name]
    rng = Random(1)
    parameters = [[rng.uniform(-1, 1) for _ in range(size)] for size in SIZES]
    tensors = [torch.tensor(weights, dtype=torch.float64, requires_grad=True) for weights in parameters]
    reference = make(tensors)
    schedule = torch.optim.lr_scheduler.LambdaLR(reference, lambda i: cosine(i, STEPS) if scheduled else 1.0)
    for i in range(STEPS):
        # Some weights have no slope in a batch, and some only now and then.
        slopes = [
            {n: rng.gauss(0, 1) for n in range(size) if n != 1 and rng.random() < 0.6} for size in SIZES
        ]
        for tensor, sparse in zip(tensors, slopes, strict=True):
            tensor.grad = torch.tensor([sparse.get(n, 0.0) for n in range(len(tensor))], dtype=torch.float64)
        reference.step()
        schedule.step()
        ours.step(parameters, slopes, cosine(i, STEPS) if scheduled else 1.0)
        for weights, tensor in zip(parameters, tensors, strict=True):
            assert weights == pytest.approx(tensor.tolist(), abs=1e-12)


def test_adamw_has_the_defaults_of_torch():
    ours, defaults = AdamW(0.1), torch.optim.AdamW([torch.zeros(1)]).defaults
    assert (ours.betas, ours.eps, ours.weight_decay) == (
        defaults["betas"],
        defaults["eps"],
        defaults["weight_decay"],
    )


class Watched(list):
    """A list of weights that notes which of them were set."""

    def __init__(self, values):
        super().__init__(values)
        self.touched = []

    def __setitem__(self, number, value):
        self.touched.append(number)
        super().__setitem__(number, value)


def test_plain_sgd_touches_only_the_weights_that_have_a_slope():
    weights = Watched([0.0] * 1000)
    SGD(0.1).step([weights], [{3: 1.0, 700: 2.0}])
    assert weights.touched == [3, 700]


@pytest.mark.parametrize("max_norm", [1.0, 100.0, None])
def test_clipping_is_that_of_torch(max_norm):
    gradients = [{0: 3.0, 4: -4.0}, {1: 12.0}]
    tensors = [torch.zeros(5, dtype=torch.float64, requires_grad=True) for _ in gradients]
    for tensor, slopes in zip(tensors, gradients, strict=True):
        tensor.grad = torch.tensor([slopes.get(n, 0.0) for n in range(5)], dtype=torch.float64)
    expected = torch.nn.utils.clip_grad_norm_(tensors, math.inf if max_norm is None else max_norm).item()
    assert clip_grad_norm(gradients, max_norm) == pytest.approx(expected, abs=1e-12)
    for slopes, tensor in zip(gradients, tensors, strict=True):
        assert [slopes.get(n, 0.0) for n in range(5)] == pytest.approx(tensor.grad.tolist(), abs=1e-12)


def test_a_gradient_that_went_wrong_is_measured_and_passed_on_as_torch_does():
    for broken in (math.inf, math.nan, 1e200):
        gradients = [{0: 1.0, 1: broken}]
        tensor = torch.zeros(2, dtype=torch.float64)
        tensor.grad = torch.tensor([1.0, broken], dtype=torch.float64)
        expected = torch.nn.utils.clip_grad_norm_([tensor], 1.0).item()
        assert clip_grad_norm(gradients, 1.0) == pytest.approx(expected, nan_ok=True)
        assert list(gradients[0].values()) == pytest.approx(tensor.grad.tolist(), nan_ok=True)


@pytest.mark.parametrize("optimiser", [SGD, Momentum, AdamW])
def test_numbers_too_large_are_a_result(optimiser):
    stepping, weights = optimiser(1e300), [1.0, 1.0, 1.0]
    for _ in range(3):
        stepping.step([weights], [{0: 1e300, 1: math.inf, 2: math.nan}])
    assert not math.isfinite(weights[1])
    assert math.isnan(weights[2])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(-0.1), "learning_rate is -0.1"),
        (lambda: SGD(math.nan), "learning_rate is nan"),
        (lambda: Momentum(math.inf), "learning_rate is inf"),
        (lambda: Momentum(0.1, momentum=-1), "momentum is -1"),
        (lambda: SGD(0.1, weight_decay=-1), "weight_decay is -1"),
        (lambda: AdamW(0.1, betas=(0.9, 1.0)), r"betas is \(0.9, 1.0\)"),
        (lambda: AdamW(0.1, eps=0), "eps is 0"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_momentum_that_is_used_for_a_model_of_another_shape_is_refused():
    ball = Momentum(0.1)
    ball.step([[0.0, 0.0]], [{0: 1.0}])
    with pytest.raises(ValueError, match="zip"):
        ball.step([[0.0, 0.0], [0.0]], [{0: 1.0}, {0: 1.0}])

"""The schedules of lab.scratch are torch's own where torch has them, and transformers' formulae where it
has not."""

import math
import warnings

import pytest
import torch
from torch.optim import lr_scheduler

from lab.scratch import constant, cosine, exponential, linear, step

TOTAL = 50


def rates(make):
    """What a torch scheduler does to a learning rate of 1, step by step, over a whole run."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimiser)
    seen = []
    with warnings.catch_warnings():
        # Chaining schedulers calls a deprecated form inside torch itself.
        warnings.simplefilter("ignore")
        for _ in range(TOTAL):
            seen.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
    return seen


CASES = {
    "constant": (constant, lambda o, n: lr_scheduler.ConstantLR(o, factor=1.0)),
    "linear": (linear, lambda o, n: lr_scheduler.LinearLR(o, 1.0, 0.0, total_iters=n)),
    "cosine": (cosine, lambda o, n: lr_scheduler.CosineAnnealingLR(o, T_max=n)),
    "step": (
        lambda i, n, w=0: step(i, n, w, step_size=7, gamma=0.5),
        lambda o, n: lr_scheduler.StepLR(o, 7, 0.5),
    ),
    "exponential": (
        lambda i, n, w=0: exponential(i, n, w, 0.9),
        lambda o, n: lr_scheduler.ExponentialLR(o, 0.9),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_without_a_warm_up_every_multiplier_is_that_of_torch(name):
    ours, make = CASES[name]
    expected = rates(lambda optimiser: make(optimiser, TOTAL))
    assert [ours(i, TOTAL) for i in range(TOTAL)] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("warmup_steps", [1, 8])
@pytest.mark.parametrize("name", CASES)
def test_with_a_warm_up_it_rises_in_even_steps_and_then_counts_from_there(name, warmup_steps):
    ours, make = CASES[name]
    after = rates(lambda optimiser: make(optimiser, TOTAL - warmup_steps))
    expected = [i / warmup_steps for i in range(warmup_steps)] + after[: TOTAL - warmup_steps]
    assert [ours(i, TOTAL, warmup_steps) for i in range(TOTAL)] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("schedule", [constant, linear, cosine, step, exponential])
@pytest.mark.parametrize(("total", "warmup_steps"), [(1, 0), (1, 1), (3, 3), (2, 9)])
def test_runs_of_a_step_or_two_and_warm_ups_longer_than_the_run_work(schedule, total, warmup_steps):
    for i in range(total + 2):
        multiplier = schedule(i, total, warmup_steps)
        assert 0 <= multiplier <= 1
        assert i >= warmup_steps or multiplier == i / warmup_steps


def test_past_its_end_a_schedule_never_goes_uphill():
    # Where a run is continued, transformers keeps the rate at 0 rather than below it.
    assert linear(60, TOTAL) == 0
    assert cosine(TOTAL, TOTAL) == 0


def test_the_staircase_has_three_steps_by_default():
    assert [step(i, 7) for i in range(7)] == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01], abs=1e-15)
    assert [step(i, 8, warmup_steps=2) for i in range(2, 8)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01, 0.01], abs=1e-15
    )


def test_the_values_of_transformers_formulae():
    # get_linear_ and get_cosine_schedule_with_warmup, 2 of 10 steps to warm up, worked by hand.
    assert [linear(i, 10, 2) for i in range(10)] == [
        0,
        0.5,
        1,
        7 / 8,
        6 / 8,
        5 / 8,
        4 / 8,
        3 / 8,
        2 / 8,
        1 / 8,
    ]
    halves = [math.cos(math.pi * k / 16) ** 2 for k in range(8)]
    assert [cosine(i, 10, 2) for i in range(10)] == pytest.approx([0, 0.5, *halves], abs=1e-15)

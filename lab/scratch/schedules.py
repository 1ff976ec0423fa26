"""How long should each step be, from the first to the last? Learning-rate schedules.

A schedule takes the number of the step, from 0, and how many there will be, and returns what to multiply
the learning rate by. In the first `warmup_steps` it rises from 0, by the same amount a step. `constant`,
`linear` and `cosine` are the functions that transformers calls get_<name>_schedule_with_warmup; `step` and
`exponential` are torch.optim.lr_scheduler's StepLR and ExponentialLR, counted from the end of the warm-up.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]


def constant(step: int, total: int, warmup_steps: int = 0) -> float:
    """The same all the way."""
    return _warmup(step, warmup_steps) if step < warmup_steps else 1.0


def linear(step: int, total: int, warmup_steps: int = 0) -> float:
    """Down a straight line, to 0 at the end."""
    if step < warmup_steps:
        return _warmup(step, warmup_steps)
    return max(0.0, (total - step) / max(1, total - warmup_steps))


def cosine(step: int, total: int, warmup_steps: int = 0) -> float:
    """Down half a wave, gently at both ends, to 0 at the end."""
    if step < warmup_steps:
        return _warmup(step, warmup_steps)
    progress = (step - warmup_steps) / max(1, total - warmup_steps)
    return max(0.0, 0.5 * (1 + math.cos(math.pi * progress)))


def step(
    step: int, total: int, warmup_steps: int = 0, step_size: int | None = None, gamma: float = 0.1
) -> float:
    """Down a staircase: times `gamma` every `step_size` steps (default: a third of the steps there are)."""
    if step < warmup_steps:
        return _warmup(step, warmup_steps)
    size = step_size or max(1, math.ceil((total - warmup_steps) / 3))
    return gamma ** ((step - warmup_steps) // size)


def exponential(step: int, total: int, warmup_steps: int = 0, gamma: float = 0.99) -> float:
    """Times `gamma` at every step."""
    return _warmup(step, warmup_steps) if step < warmup_steps else gamma ** (step - warmup_steps)


def _warmup(step: int, warmup_steps: int) -> float:
    return step / warmup_steps

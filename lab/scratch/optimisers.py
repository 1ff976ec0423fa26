"""Which step to take, once the gradient is known? SGD, SGD with momentum, and AdamW.

Each is its namesake in torch.optim (Momentum is SGD with momentum=0.9), with the same defaults, and changes
lists of parameters in place. Momentum and AdamW remember the steps before: a new training run needs a new
optimiser.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

from lab.scratch.softmax import Gradients

Parameters = Sequence[list[float]]


class Optimiser(ABC):
    """A rule for a step. As in PyTorch, weight decay pulls every parameter towards 0, the bias included."""

    def __init__(self, learning_rate: float, weight_decay: float = 0.0) -> None:
        self.learning_rate = _allowed("learning_rate", learning_rate)
        self.weight_decay = _allowed("weight_decay", weight_decay)

    @abstractmethod
    def step(self, parameters: Parameters, gradients: Gradients, multiplier: float = 1.0) -> None:
        """Change the parameters in place, at learning_rate * multiplier (which a schedule gives)."""


class SGD(Optimiser):
    """Straight downhill: weight -= learning_rate * slope."""

    def step(self, parameters: Parameters, gradients: Gradients, multiplier: float = 1.0) -> None:
        rate = self.learning_rate * multiplier
        for weights, slopes in zip(parameters, gradients, strict=True):
            if self.weight_decay:
                kept = 1 - rate * self.weight_decay
                weights[:] = [kept * weight for weight in weights]
            # Without decay a weight whose slope is 0 stays, so only the features of this batch are touched.
            for number, slope in slopes.items():
                weights[number] -= rate * slope


class Momentum(Optimiser):
    """A heavy ball: velocity = momentum * velocity + slope; weight -= learning_rate * velocity."""

    def __init__(self, learning_rate: float, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(learning_rate, weight_decay)
        self.momentum = _allowed("momentum", momentum)
        self.velocity: list[list[float]] = []

    def step(self, parameters: Parameters, gradients: Gradients, multiplier: float = 1.0) -> None:
        rate = self.learning_rate * multiplier
        self.velocity = self.velocity or _zeros(parameters)
        for weights, slopes, velocity in zip(parameters, gradients, self.velocity, strict=True):
            velocity[:] = [self.momentum * speed for speed in velocity]
            if self.weight_decay:
                velocity[:] = [
                    speed + self.weight_decay * weight
                    for speed, weight in zip(velocity, weights, strict=True)
                ]
            for number, slope in slopes.items():
                velocity[number] += slope
            weights[:] = [weight - rate * speed for weight, speed in zip(weights, velocity, strict=True)]


class AdamW(Optimiser):
    """A step of its own for every weight: the running mean of its slope, divided by the slope's usual size.

    Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"AdamW: betas is {betas}, allowed are two numbers from 0 to below 1.")
        if not 0 < eps < math.inf:
            raise ValueError(f"AdamW: eps is {eps}, allowed is a finite number above 0.")
        self.betas = betas
        self.eps = eps
        self.steps = 0
        self.means: list[list[float]] = []
        self.squares: list[list[float]] = []

    def step(self, parameters: Parameters, gradients: Gradients, multiplier: float = 1.0) -> None:
        rate = self.learning_rate * multiplier
        beta1, beta2 = self.betas
        self.means = self.means or _zeros(parameters)
        self.squares = self.squares or _zeros(parameters)
        self.steps += 1
        # Both running means start at 0; these corrections undo that head start.
        stride = rate / (1 - beta1**self.steps)
        root = math.sqrt(1 - beta2**self.steps)
        kept = 1 - rate * self.weight_decay
        for weights, slopes, means, squares in zip(
            parameters, gradients, self.means, self.squares, strict=True
        ):
            means[:] = [beta1 * mean for mean in means]
            squares[:] = [beta2 * square for square in squares]
            for number, slope in slopes.items():
                means[number] += (1 - beta1) * slope
                squares[number] += (1 - beta2) * slope * slope
            weights[:] = [
                kept * weight - stride * mean / (math.sqrt(square) / root + self.eps)
                for weight, mean, square in zip(weights, means, squares, strict=True)
            ]


def clip_grad_norm(gradients: Gradients, max_norm: float | None) -> float:
    """The length of the whole gradient; a gradient longer than `max_norm` is shortened to that, in place.

    As torch.nn.utils.clip_grad_norm_, down to the 1e-6 that keeps it from dividing by 0. None: measure
    only.
    """
    total = 0.0
    for slopes in gradients:
        for slope in slopes.values():
            total += slope * slope
    norm = math.sqrt(total)
    if max_norm is not None and not norm + 1e-6 <= max_norm:
        scale = max_norm / (norm + 1e-6)
        for slopes in gradients:
            for number in slopes:
                slopes[number] *= scale
    return norm


def _zeros(parameters: Parameters) -> list[list[float]]:
    return [[0.0] * len(weights) for weights in parameters]


def _allowed(name: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"Optimiser: {name} is {value}, allowed is a finite number, 0 or more.")
    return value

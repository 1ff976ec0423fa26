"""What makes a step too long? Going downhill on a hill of a few weights, and checking a gradient by hand.

On a bowl of curvature c, one step multiplies the distance to the bottom by (1 - learning_rate * c). That
shrinks it as long as the learning rate is below 2 / c.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Quadratic:
    """A bowl with its bottom at 0: height = half the sum of curvature * weight squared."""

    curvatures: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.curvatures or not all(0 < curvature < math.inf for curvature in self.curvatures):
            raise ValueError(
                f"Quadratic: curvatures is {self.curvatures}, allowed are one or more numbers above 0."
            )

    @property
    def stability_limit(self) -> float:
        """The learning rate from which on the steps no longer shrink: 2 / the largest curvature."""
        return 2 / max(self.curvatures)

    def height(self, weights: Sequence[float]) -> float:
        """The loss at these weights."""
        total = 0.0
        for curvature, weight in zip(self.curvatures, weights, strict=True):
            total += curvature * weight * weight / 2
        return total

    def gradient(self, weights: Sequence[float]) -> list[float]:
        """The slope along each weight: curvature * weight."""
        return [curvature * weight for curvature, weight in zip(self.curvatures, weights, strict=True)]


def descend(
    gradient: Callable[[Sequence[float]], Sequence[float]],
    start: Sequence[float],
    learning_rate: float,
    steps: int,
) -> list[list[float]]:
    """The positions of plain gradient descent, the start first: steps + 1 of them."""
    positions = [list(start)]
    for _ in range(steps):
        here = positions[-1]
        positions.append(
            [weight - learning_rate * slope for weight, slope in zip(here, gradient(here), strict=True)]
        )
    return positions


def finite_difference(
    loss: Callable[[list[float]], float], weights: list[float], nudge: float = 1e-5
) -> list[float]:
    """The slope of the loss along each weight, measured: nudge it up, nudge it down, divide the difference.

    Each weight is changed in the list itself and put back, so `loss` may also read a model that holds the
    list. The error is about nudge squared (central differences).
    """
    slopes = []
    for number, weight in enumerate(weights):
        weights[number] = weight + nudge
        above = loss(weights)
        weights[number] = weight - nudge
        below = loss(weights)
        weights[number] = weight
        slopes.append((above - below) / (2 * nudge))
    return slopes

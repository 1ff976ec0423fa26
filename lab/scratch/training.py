"""The loop that everything else is for: guess, measure the error, step downhill, again."""

import math
from collections.abc import Iterator
from random import Random

from lab.scratch.batches import mini_batches
from lab.scratch.evaluation import DataSet, Evaluation, Step, evaluate
from lab.scratch.optimisers import Optimiser, clip_grad_norm
from lab.scratch.schedules import Schedule, constant
from lab.scratch.softmax import SoftmaxRegression


def train(
    model: SoftmaxRegression,
    train_set: DataSet,
    validation_set: DataSet,
    optimiser: Optimiser,
    epochs: int,
    batch_size: int,
    rng: Random,
    schedule: Schedule = constant,
    max_grad_norm: float | None = None,
) -> Iterator[Evaluation]:
    """Train the model in place, and yield an Evaluation before the first step and after each epoch.

    A data set is (rows, labels). `schedule` takes (step, total); give it a warm-up with
    functools.partial(linear, warmup_steps=10). Raises ValueError where a set is empty or a label is no
    class.
    """
    for name, (rows, labels) in {"train_set": train_set, "validation_set": validation_set}.items():
        if not rows:
            raise ValueError(f"train: {name} is empty, it needs at least one row.")
        for label in labels:
            if label not in range(len(model.bias)):
                raise ValueError(
                    f"train: {name} has label {label!r}, allowed are 0 to {len(model.bias) - 1}."
                )

    rows, labels = train_set
    total = epochs * math.ceil(len(rows) / batch_size)
    step = 0
    yield evaluate(model, train_set, validation_set)
    for epoch in range(1, epochs + 1):
        steps = []
        for batch in mini_batches(len(rows), batch_size, rng):
            loss, gradients = model.loss_and_gradient([rows[i] for i in batch], [labels[i] for i in batch])
            grad_norm = clip_grad_norm(gradients, max_grad_norm)
            multiplier = schedule(step, total)
            optimiser.step(model.parameters, gradients, multiplier)
            step += 1
            steps.append(Step(step, loss, optimiser.learning_rate * multiplier, grad_norm))
        yield evaluate(model, train_set, validation_set, epoch, step, steps)

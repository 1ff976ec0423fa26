"""Which rows does the model see together? Mini-batches in a new random order."""

from collections.abc import Iterator
from random import Random


def mini_batches(n: int, size: int, rng: Random) -> Iterator[list[int]]:
    """The numbers 0 to n - 1 in random order, `size` at a time (the last batch holds what is left).

    Raises ValueError where `size` is below 1.
    """
    if size < 1:
        raise ValueError(f"mini_batches: size is {size}, allowed is 1 or more.")
    # Only random() promises the same numbers from the same seed on every Python; shuffle() does not.
    order = sorted(range(n), key=lambda _: rng.random())
    for start in range(0, n, size):
        yield order[start : start + size]

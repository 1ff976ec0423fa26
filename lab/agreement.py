"""How far do two readings of the same headlines agree, beyond what chance would do?

from lab import agreement, headlines
pairs = [(row.label, row.second_label) for row in headlines.load()]
print(agreement.observed(pairs), agreement.cohens_kappa(pairs))
"""

from collections import Counter
from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]


def observed(pairs: Pairs) -> float:
    """The share of the pairs whose two labels are the same, from 0 to 1."""
    return sum(first == second for first, second in pairs) / len(pairs)


def cohens_kappa(pairs: Pairs) -> float:
    """Cohen's kappa: 1 where the readings always agree, 0 where as often as chance would, below 0 if less.

    Chance is two readers who each keep their own share of every label and draw blindly (Cohen 1960, "A
    coefficient of agreement for nominal scales"). Raises ValueError where both use one and the same label
    throughout, for then chance agrees always and kappa is not defined.
    """
    firsts, seconds = (Counter(labels) for labels in zip(*pairs, strict=True))
    by_chance = sum(firsts[label] * seconds[label] for label in firsts) / len(pairs) ** 2
    if by_chance == 1:
        raise ValueError("kappa is not defined where both readings use one and the same label throughout.")
    return (observed(pairs) - by_chance) / (1 - by_chance)


def confusion(pairs: Pairs, labels: Sequence[str]) -> list[list[int]]:
    """How many pairs have each first label (rows) with each second label (columns), in the order given."""
    counts = Counter(pairs)
    return [[counts[first, second] for second in labels] for first in labels]

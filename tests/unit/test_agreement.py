"""Agreement between two readings is what scikit-learn says it is."""

from random import Random

import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from lab import agreement
from lab.corpus import LABELS


def drawn(seed: int, size: int = 60) -> list[tuple[str, str]]:
    random = Random(seed)
    return [(random.choice(LABELS), random.choices(LABELS, (1, 5, 2))[0]) for _ in range(size)]


@pytest.mark.parametrize("seed", range(5))
def test_kappa_and_confusion_are_those_of_scikit_learn(seed: int) -> None:
    pairs = drawn(seed)
    firsts, seconds = zip(*pairs, strict=True)
    assert agreement.cohens_kappa(pairs) == pytest.approx(cohen_kappa_score(firsts, seconds))
    assert agreement.confusion(pairs, LABELS) == confusion_matrix(firsts, seconds, labels=LABELS).tolist()
    same = sum(first == second for first, second in pairs)
    assert agreement.observed(pairs) == same / len(pairs)


def test_readings_that_always_agree_have_a_kappa_of_one_and_chance_has_none() -> None:
    assert agreement.cohens_kappa([("a", "a"), ("b", "b")]) == 1
    assert agreement.cohens_kappa([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]) == 0
    assert agreement.cohens_kappa([("a", "b"), ("b", "a")]) == -1


def test_where_only_one_label_is_used_kappa_is_not_defined() -> None:
    with pytest.raises(ValueError, match="not defined"):
        agreement.cohens_kappa([("a", "a"), ("a", "a")])

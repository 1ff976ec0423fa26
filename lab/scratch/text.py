"""How does a text become numbers? Count its words, and let rare words weigh more: TF-IDF.

The same numbers as scikit-learn's TfidfVectorizer with the same settings. A row is sparse: a dictionary
from the number of a feature to its weight, holding only the features which that text has.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable

Row = dict[int, float]


def words(text: str) -> list[str]:
    """The words of a text, in lower case; a word is two or more letters, digits or underscores in a row."""
    return re.findall(r"\b\w\w+\b", text.lower())


class TfidfVectorizer:
    """Texts to rows of TF-IDF weights, each row of length 1 (or empty, where no feature is known).

    A feature is a run of words as long as `ngram_range` allows: (1, 2) means single words and pairs of
    neighbours. It is kept if at least `min_df` of the texts it was fitted on have it. With n texts, of
    which df have the feature, its weight is (times it occurs) * (ln((1 + n) / (1 + df)) + 1), divided by
    the row's length; see "Tf-idf term weighting" in scikit-learn's user guide.

    After `fit`, `vocabulary` maps each feature to its number, in alphabetical order, and `idf` holds the
    second factor above by that number.
    """

    def __init__(self, ngram_range: tuple[int, int] = (1, 2), min_df: int = 1) -> None:
        shortest, longest = ngram_range
        if not 1 <= shortest <= longest:
            raise ValueError(
                f"TfidfVectorizer: ngram_range is {ngram_range}, allowed is (a, b) with 1 <= a <= b."
            )
        if not isinstance(min_df, int) or min_df < 1:
            raise ValueError(
                f"TfidfVectorizer: min_df is {min_df}, allowed is a whole number of texts, 1 or more."
            )
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.vocabulary: dict[str, int] = {}
        self.idf: list[float] = []

    def fit(self, texts: Iterable[str]) -> "TfidfVectorizer":
        """Learn the features and how rare they are; raises ValueError where no feature is left."""
        documents = [set(self._features(text)) for text in texts]
        found_in = Counter(feature for document in documents for feature in document)
        kept = sorted(feature for feature, df in found_in.items() if df >= self.min_df)
        if not kept:
            raise ValueError(
                f"TfidfVectorizer.fit: no word is in {self.min_df} or more of the {len(documents)} texts."
            )
        self.vocabulary = {feature: number for number, feature in enumerate(kept)}
        self.idf = [math.log((1 + len(documents)) / (1 + found_in[feature])) + 1 for feature in kept]
        return self

    def transform(self, texts: Iterable[str]) -> list[Row]:
        """One row per text; features that were not there in `fit` are left out."""
        if not self.vocabulary:
            raise ValueError("TfidfVectorizer.transform: nothing is learned yet, call fit first.")
        return [self._row(text) for text in texts]

    def fit_transform(self, texts: Iterable[str]) -> list[Row]:
        """Learn from the texts and return their rows."""
        texts = list(texts)
        return self.fit(texts).transform(texts)

    def _features(self, text: str) -> list[str]:
        found = words(text)
        shortest, longest = self.ngram_range
        return [
            " ".join(found[start : start + n])
            for n in range(shortest, longest + 1)
            for start in range(len(found) - n + 1)
        ]

    def _row(self, text: str) -> Row:
        known = (self.vocabulary[feature] for feature in self._features(text) if feature in self.vocabulary)
        weights = {number: count * self.idf[number] for number, count in Counter(known).items()}
        length = math.hypot(*weights.values())
        return {number: weight / length for number, weight in weights.items()}

"""lab.scratch.text gives scikit-learn's numbers."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer as Reference

from lab.scratch import TfidfVectorizer, words

TEXTS = [
    "Operating PROFIT rose 12.5% to EUR 3.4m, from EUR 2.1m a year earlier.",
    "Société Générale's naïve façade: profit fell, profit FELL again!",
    "A b c I x: one-letter words, U.S. and e-mail",
    "",
    "?! ... — – %",
    "state_of the the the art, 2026 q3 q3",
    "ΣΊΣΥΦΟΣ straße İstanbul Straße 東京 株価 上昇",
    "profit fell",
]
UNSEEN = ["Zebra quagga", "profit zebra fell", "", "the art of 2026 société"]


@pytest.mark.parametrize("min_df", [1, 2])
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2), (2, 2), (1, 3)])
def test_rows_and_features_are_those_of_scikit_learn(ngram_range, min_df):
    ours = TfidfVectorizer(ngram_range, min_df)
    reference = Reference(ngram_range=ngram_range, min_df=min_df)
    fitted, expected_fitted = ours.fit_transform(TEXTS), reference.fit_transform(TEXTS).toarray()
    new, expected_new = ours.transform(UNSEEN), reference.transform(UNSEEN).toarray()
    assert list(ours.vocabulary) == list(reference.get_feature_names_out())
    assert list(ours.vocabulary.values()) == list(range(len(ours.vocabulary)))
    np.testing.assert_allclose(ours.idf, reference.idf_, rtol=0, atol=1e-12)
    np.testing.assert_allclose(dense(fitted, len(ours.vocabulary)), expected_fitted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(dense(new, len(ours.vocabulary)), expected_new, rtol=0, atol=1e-12)


def test_the_defaults_are_single_words_and_pairs_from_one_text_on():
    assert list(TfidfVectorizer().fit(["sales fell"]).vocabulary) == ["fell", "sales", "sales fell"]


def test_words_are_those_of_scikit_learn():
    analyse = Reference().build_analyzer()
    assert [words(text) for text in TEXTS] == [analyse(text) for text in TEXTS]


def test_a_text_without_known_features_is_an_empty_row():
    assert TfidfVectorizer().fit(["sales fell"]).transform(["", "Zebra quagga"]) == [{}, {}]


def test_a_generator_of_texts_is_read_once():
    assert TfidfVectorizer().fit_transform(text for text in TEXTS) == TfidfVectorizer().fit_transform(TEXTS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TfidfVectorizer((2, 1)), r"ngram_range is \(2, 1\)"),
        (lambda: TfidfVectorizer((0, 1)), r"ngram_range is \(0, 1\)"),
        (lambda: TfidfVectorizer(min_df=0), "min_df is 0"),
        (lambda: TfidfVectorizer(min_df=0.5), "min_df is 0.5"),
        (lambda: TfidfVectorizer().fit(["", "?"]), "no word is in 1 or more of the 2 texts"),
        (lambda: TfidfVectorizer(min_df=2).fit(["sales fell", "profit rose"]), "no word is in 2 or more"),
        (lambda: TfidfVectorizer().transform(["sales fell"]), "call fit first"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def dense(rows, n_features):
    return [[row.get(number, 0.0) for number in range(n_features)] for row in rows]

"""Training from scratch: a whole classifier that learns, with nothing but the standard library.

    from random import Random
    from lab import scratch

    vectorizer = scratch.TfidfVectorizer()
    rows = vectorizer.fit_transform(["Profit rose", "Sales fell", "Profit fell"])
    labels = [1, 0, 0]
    model = scratch.SoftmaxRegression(n_features=len(vectorizer.vocabulary), n_classes=2)
    for evaluation in scratch.train(
        model, (rows, labels), (rows, labels), scratch.SGD(0.5), epochs=10, batch_size=2, rng=Random(0)
    ):
        print(evaluation.epoch, evaluation.train_loss)

Read it in this order: text (words to numbers), softmax (numbers to a loss and its gradient), optimisers
(the step downhill), schedules (how long the step is), batches, training (the loop) and evaluation; descent
is the same idea on a hill of two weights. Numbers that go wrong are results: a loss may be inf or nan, and
nothing is raised for it. Sums are plain loops, since the built-in sum() rounds differently from Python 3.12
on.
"""

from lab.scratch.batches import mini_batches
from lab.scratch.descent import Quadratic, descend, finite_difference
from lab.scratch.evaluation import Evaluation, Step, evaluate, macro_f1
from lab.scratch.optimisers import SGD, AdamW, Momentum, clip_grad_norm
from lab.scratch.schedules import constant, cosine, exponential, linear, step
from lab.scratch.softmax import SoftmaxRegression, cross_entropy, cross_entropy_of_scores, softmax
from lab.scratch.text import TfidfVectorizer, words
from lab.scratch.training import train

__all__ = [
    "SGD",
    "AdamW",
    "Evaluation",
    "Momentum",
    "Quadratic",
    "SoftmaxRegression",
    "Step",
    "TfidfVectorizer",
    "clip_grad_norm",
    "constant",
    "cosine",
    "cross_entropy",
    "cross_entropy_of_scores",
    "descend",
    "evaluate",
    "exponential",
    "finite_difference",
    "linear",
    "macro_f1",
    "mini_batches",
    "softmax",
    "step",
    "train",
    "words",
]

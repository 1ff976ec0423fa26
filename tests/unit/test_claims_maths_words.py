"""The chapter Maths words: complete, findable, of one mind with the glossary, and right in what it says."""

import itertools
import math
import re
from random import Random
from statistics import fmean, stdev

import pytest

from lab import agreement, records, scratch

BOOK = records.ROOT / "book"
CHAPTER = (BOOK / "before" / "maths-words.md").read_text("utf-8")
GLOSSARY = (BOOK / "reference" / "glossary.md").read_text("utf-8")
# Each word's heading with what stands below it, as far as the next heading.
WORDS = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n?)*)", CHAPTER, flags=re.MULTILINE))
WITHOUT_FORMULA = {"Seed", "Differentiable"}


def anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("title", WORDS)
def test_a_word_has_its_term_a_picture_a_formula_to_say_and_a_place(title):
    text = WORDS[title]
    assert "{term}`" in text or title in {"Length of the gradient", "Mean and spread"}
    assert re.search(r"^:Picture: \S", text, re.M)
    assert re.search(r"^:Meet it: \S", text, re.M)
    has_formula = title not in WITHOUT_FORMULA
    assert bool(re.search(r"^:Formula: .*\$.+\$", text, re.M)) == has_formula
    assert bool(re.search("^:Say it: “", text, re.M)) == has_formula


def test_the_index_is_in_order_and_leads_to_every_word():
    index = re.findall(r"^- \[(.+)\]\(#(.+)\)$", CHAPTER, re.M)
    names = [name.lower() for name, _ in index]
    assert names == sorted(names)
    assert {target for _, target in index} == {anchor(title) for title in WORDS}


# What the glossary has of mathematics, and the words that people meet under another name.
MATHEMATICAL = """
    accuracy|AdamW|batch|bootstrap|confidence|confusion matrix|convergence|cross-entropy|curvature
    differentiable|dropout|early stopping|epoch|F1|gap|generalisation|gradient|gradient accumulation
    gradient clipping|gradient descent|interval|kappa|label noise|learning rate|log axis|LoRA|loss|macro-F1
    majority class|momentum|natural logarithm|optimisation|optimiser|overfitting|patience|precision
    probability|recall|regularisation|schedule|score|seed|slope|softmax|step|stochastic|TF-IDF|warm-up
    weight decay|always-neutral
"""


@pytest.mark.parametrize("term", re.split(r"\||\s{2,}", MATHEMATICAL.strip()))
def test_every_mathematical_term_of_the_glossary_is_here(term):
    assert re.search(rf"^{re.escape(term)}$", GLOSSARY, re.M)
    assert re.search(rf"\{{term\}}`(?:{re.escape(term)}|[^`]*<{re.escape(term)}>)`", CHAPTER, re.I)


def test_no_sentence_stands_in_the_glossary_too():
    def sentences(text: str) -> set[str]:
        plain = re.sub(r"\{\w+\}`([^`<]+?)(?: <[^`]+>)?`", r"\1", text)
        return {part.strip().lower() for part in re.split(r"[.:;]\s", plain) if len(part.split()) > 5}

    assert sentences(CHAPTER) & sentences(GLOSSARY) == set()


def test_cells_are_short():
    cells = re.findall(r"^```\{code-cell\}\n(.*?)^```", CHAPTER, re.M | re.S)
    assert len(cells) >= 8
    assert max(len(cell.strip().splitlines()) for cell in cells) < 15


# What it says


def test_softmax_shares_one_whole_by_the_lead_alone():
    shares = scratch.softmax([2, 0, 0])
    assert sum(shares) == pytest.approx(1)
    assert scratch.softmax([12, 10, 10]) == pytest.approx(shares)
    assert min(scratch.softmax([8, 0, 0])) > 0


def test_each_halving_of_the_probability_costs_the_same():
    costs = [scratch.cross_entropy([p, 1 - p], 0) for p in (0.8, 0.4, 0.2, 0.1)]
    assert [b - a for a, b in itertools.pairwise(costs)] == pytest.approx([math.log(2)] * 3)


def test_the_limit_is_two_over_the_curvature():
    bowl = scratch.Quadratic(curvatures=(4,))
    ends = {
        rate: abs(scratch.descend(bowl.gradient, [1], rate, 50)[-1][0]) for rate in (0.1, 0.4, 0.49, 0.5, 0.6)
    }
    assert max(ends[0.1], ends[0.4], ends[0.49]) < 0.5
    assert ends[0.5] == 1
    assert ends[0.6] > 100


def test_four_times_the_batch_is_half_the_error():
    rng = Random(0)
    slopes = [rng.gauss(0, 1) for _ in range(1000)]
    small, large = (stdev(fmean(rng.choices(slopes, k=size)) for _ in range(2000)) for size in (4, 16))
    assert large / small == pytest.approx(0.5, abs=0.05)


def moved(optimiser: scratch.AdamW, slope: float, steps: int) -> list[float]:
    """How far one weight moves at each step along an even slope."""
    weights, places = [[0.0]], [0.0]
    for _ in range(steps):
        optimiser.step(weights, [{0: slope}])
        places.append(weights[0][0])
    return [abs(b - a) for a, b in itertools.pairwise(places)]


def test_momentum_grows_to_ten_times_the_step():
    assert moved(scratch.Momentum(0.1), 2.0, 200)[-1] == pytest.approx(10 * 0.1 * 2.0)


@pytest.mark.parametrize("slope", [1e-4, 3.0, 1e4])
def test_adamws_first_step_is_the_learning_rate_whatever_the_slope(slope):
    assert moved(scratch.AdamW(0.01), slope, 1) == pytest.approx([0.01], rel=1e-3)


def test_in_the_warm_up_the_multiplier_is_t_over_t():
    for kind in (scratch.constant, scratch.linear, scratch.cosine):
        assert [kind(step, 100, 10) for step in range(11)] == pytest.approx([t / 10 for t in range(11)])


@pytest.mark.parametrize("seed", range(5))
def test_most_steps_of_our_minilm_are_clipped(seed):
    run = records.load(f"minilm-just-right-seed-{seed}")
    assert run.settings["max_grad_norm"] == 1
    norms = run.steps["grad_norm"]
    assert sum(norm > 1 for norm in norms) > 0.5 * len(norms)


def test_the_loss_of_the_batches_jumps_about_while_the_walk_goes_down():
    losses = records.load("minilm-just-right-seed-0").steps["loss"]
    rises = sum(b > a for a, b in itertools.pairwise(losses))
    assert rises > 0.4 * len(losses)
    epochs = [fmean(losses[start : start + 50]) for start in range(0, 300, 50)]
    assert epochs == sorted(epochs, reverse=True)


def test_f1_and_macro_f1_are_what_the_formulas_say():
    labels, answers = [0, 0, 1, 1, 1, 1, 1, 1, 2, 2], [1, 0, 1, 1, 1, 1, 1, 2, 2, 1]
    scores = []
    for number in range(3):
        right = sum(a == b == number for a, b in zip(labels, answers, strict=True))
        precision, recall = right / answers.count(number), right / labels.count(number)
        scores.append(2 * precision * recall / (precision + recall))
    assert fmean(scores) == pytest.approx(scratch.macro_f1(labels, answers, 3))


def test_kappa_is_agreement_beyond_chance():
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]
    a, c = 3 / 4, (2 * 1 + 2 * 3) / 16
    assert agreement.cohens_kappa(pairs) == pytest.approx((a - c) / (1 - c))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_noise_in_validation_puts_a_ceiling_on_accuracy(share):
    name = f"minilm-just-right-validation-label-noise-{share}-seed-0".replace(".", "-")
    ceiling = records.load(name).corpus["ceiling"]["accuracy"]
    assert ceiling == pytest.approx(1 - share, abs=0.01)


def test_the_interval_of_a_share_is_about_four_points_and_the_bootstrap_agrees():
    run = records.load("minilm-just-right-seed-0")
    n = sum(run.corpus["validation_labels"].values())
    share = run.value("accuracy[-1]")
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    assert half == pytest.approx(0.04, abs=0.003)
    marks = [1] * round(share * n) + [0] * (n - round(share * n))
    rng = Random(0)
    redrawn = sorted(sum(rng.choices(marks, k=n)) / n for _ in range(1000))
    assert (redrawn[974] - redrawn[25]) / 2 == pytest.approx(half, abs=0.004)
    stored = run.final["accuracy"]
    assert [redrawn[25], redrawn[974]] == pytest.approx([stored["low"], stored["high"]], abs=0.01)


def test_tf_idf_is_what_the_formula_says():
    vectorizer = scratch.TfidfVectorizer()
    (row, *_) = vectorizer.fit_transform(["profit rose", "profit fell", "costs fell"])
    raw = {"profit": 1 + math.log(4 / 3), "rose": 1 + math.log(4 / 2), "profit rose": 1 + math.log(4 / 2)}
    length = math.sqrt(sum(value * value for value in raw.values()))
    for word, value in raw.items():
        assert row[vectorizer.vocabulary[word]] == pytest.approx(value / length)


def test_lora_trains_r_times_a_plus_b():
    rank, width, classes, layers, matrices = 8, 384, 3, 6, 2
    head = classes * (width + 1)
    trained = records.load("minilm-rate-0-001-method-lora-seed-0").model["trainable_parameters"]
    assert trained == head + layers * matrices * rank * (width + width)

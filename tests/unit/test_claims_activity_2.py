"""What Activity 2 says of yardsticks, of untrained models and of the dials that save time."""

import re
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from lab import corpus, encoders, page_model, records
from lab.settings import Settings

ROOT = Path(__file__).parents[2]
SEEDS = range(5)
STARTS = [records.load(f"minilm-just-right-seed-{seed}").evaluations[0] for seed in SEEDS]
LABELS = records.load("minilm-just-right-seed-0").corpus["validation_labels"]
SHARES = {label: count / sum(LABELS.values()) for label, count in LABELS.items()}
STUCK_TO_NEUTRAL = records.load("minilm-rate-1e-05-seed-0").evaluations[1]


def tokens() -> list[int]:
    """How many tokens MiniLM reads of each of our headlines."""
    read = Tokenizer.from_file(str(encoders.minilm() / "tokenizer.json"))
    read.no_truncation()
    read.no_padding()
    return [len(read.encode(line.text).ids) for line in corpus.load()]


def test_the_defaults_in_the_table_are_the_labs_and_the_reduced_values_are_allowed():
    text = (ROOT / "book" / "day" / "activity-2-set-up-and-yardsticks.md").read_text("utf-8")
    rows = re.findall(r"\* - `(\w+)`\n  - `(\d+)` → `(\d+)`", text)
    assert {name: int(default) for name, default, _ in rows} == {
        name: getattr(Settings(), name) for name in ("train_subset", "num_train_epochs", "max_length")
    }
    reduced = Settings(**{name: int(value) for name, _, value in rows})
    assert all(getattr(reduced, name) < getattr(Settings(), name) for name, _, _ in rows)


def test_half_the_headlines_is_half_the_steps_and_a_worse_model_at_every_seed_tried():
    for seed in range(3):
        half = records.load(f"minilm-just-right-train-subset-400-seed-{seed}")
        whole = records.load(f"minilm-just-right-seed-{seed}")
        assert 2 * half.evaluations[-1]["step"] == whole.evaluations[-1]["step"]
        # Processor time: the clock on the wall counts what else the machine did.
        assert half.cpu_seconds / whole.cpu_seconds == pytest.approx(2 / 3, abs=0.08)
        assert half.evaluations[-1]["accuracy"] < whole.evaluations[-1]["accuracy"]
        assert half.evaluations[-1]["macro_f1"] < whole.evaluations[-1]["macro_f1"]
        assert min(half.column("validation_loss")) > min(whole.column("validation_loss"))


def test_no_yardstick_is_open_before_the_guess():
    text = (ROOT / "book" / "day" / "activity-2-set-up-and-yardsticks.md").read_text("utf-8")
    tasks = text[text.index("### 4. Guess") : text.index("## Checks")]
    shown = re.sub(
        r"^::::\{dropdown\}.*?^::::$|^```\{code-cell\}\n---\ntags: \[hide-cell\].*?^```$",
        "",
        tasks,
        flags=re.M | re.S,
    )
    assert "code-cell" not in shown
    assert "{run}" not in shown


def test_only_one_headline_is_longer_than_the_reduced_length():
    assert sum(length > 64 for length in tokens()) == 1


def test_the_run_quoted_for_always_neutral_answers_neutral_alone_and_scores_its_share():
    assert STUCK_TO_NEUTRAL["predicted_counts"] == {"negative": 0, "neutral": 467, "positive": 0}
    assert STUCK_TO_NEUTRAL["accuracy"] == pytest.approx(SHARES["neutral"])


def test_negative_is_the_rarest_class_and_neutral_the_commonest_a_little_more_than_half():
    assert SHARES["negative"] == min(SHARES.values())
    assert SHARES["neutral"] == max(SHARES.values())
    assert 0.5 < SHARES["neutral"] < 0.55


def test_the_untrained_page_model_answers_negative_alone_whatever_the_seed():
    for seed in SEEDS:
        start = records.load(f"page-model-just-right-seed-{seed}").evaluations[0]
        assert start["predicted_counts"] == {"negative": 467, "neutral": 0, "positive": 0}
        assert start["accuracy"] == pytest.approx(SHARES["negative"])


def test_every_route_at_seed_0_is_measured_on_the_same_headlines():
    news = corpus.load()
    drawn = corpus.content_hash(page_model.parted(news, page_model.Settings(seed=0)).validation)
    assert drawn == corpus.content_hash(page_model.prepare(Settings(seed=0), news).validation)
    names = ("minilm-just-right-seed-0", "tfidf-just-right-seed-0", "page-model-just-right-seed-0")
    assert len({records.load(name).corpus["split_sha256"] for name in names}) == 1


def test_five_untrained_models_have_five_accuracies_all_below_a_third_and_lean_on_other_classes():
    accuracies = [start["accuracy"] for start in STARTS]
    assert len(set(accuracies)) == 5
    assert max(accuracies) < 1 / 3
    assert max(accuracies) - min(accuracies) > 0.07
    preferred = [max(start["predicted_counts"], key=start["predicted_counts"].get) for start in STARTS]
    assert len(set(preferred)) > 1


def test_seed_1_answers_positive_nearly_always_and_scores_about_that_share():
    start = STARTS[1]
    assert start["predicted_counts"]["positive"] > 0.98 * sum(start["predicted_counts"].values())
    assert start["accuracy"] == pytest.approx(SHARES["positive"], abs=0.003)
    assert SHARES["positive"] < 1 / 3


def test_blind_answers_score_near_what_the_untrained_models_do():
    for start in STARTS:
        counts = start["predicted_counts"]
        blind = sum(SHARES[label] * counts[label] for label in counts) / sum(counts.values())
        assert abs(blind - start["accuracy"]) < 0.05
        assert min(SHARES.values()) <= blind <= max(SHARES.values())


def test_the_order_of_the_yardsticks():
    words = records.load("tfidf-just-right-seed-0").final["accuracy"]["value"]
    assert words > SHARES["neutral"] > STARTS[0]["accuracy"]


def test_the_word_count_model_says_neutral_more_often_than_is_true():
    run = records.load("tfidf-just-right-seed-0")
    assert run.evaluations[run.final["evaluation"]]["predicted_counts"]["neutral"] > LABELS["neutral"]

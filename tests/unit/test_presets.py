"""The presets differ as the book says they do: evidence from the stored runs that compare learning rates."""

from collections.abc import Iterator

import pytest

from lab import records, verdict
from lab.experiments import EXPERIMENTS, id_of
from lab.records import Run
from lab.settings import PRESETS
from lab.verdict import COLLAPSED, CONVERGED, DIVERGED, STALLED, STILL_IMPROVING, TOO_HIGH, TOO_LOW, History

SEEDS = {"headlines": range(5), "phrasebank": range(3)}
CASES = [(corpus, seed) for corpus, seeds in SEEDS.items() for seed in seeds]
OTHERS = ("too-low", "too-high")
# Where the interval of just-right's validation loss overlaps that of another preset. After six epochs at its
# rate the loss on our own headlines has turned, and at some seeds has risen that far.
OVERLAPS = {
    ("headlines", 1): {"too-low", "too-high"},
    ("headlines", 3): {"too-low", "too-high"},
    ("headlines", 4): {"too-high"},
}


def preset_runs(experiment: str) -> Iterator[tuple[tuple[str, int, str], Run]]:
    for settings in EXPERIMENTS[experiment].settings():
        if settings.preset:
            key = (settings.corpus, settings.seed, settings.preset)
            yield key, records.load(id_of(settings))


MINILM = dict(preset_runs("learning-rate"))
TFIDF = dict(preset_runs("tfidf"))


def judged(run: Run) -> verdict.Verdict:
    return verdict.judge(History.of_run(run))


def answers(run: Run) -> list[int]:
    """How often each class was answered by the weights that were kept, the most frequent first."""
    return sorted(run.evaluations[run.final["evaluation"]]["predicted_counts"].values(), reverse=True)


def above(one: Run, other: Run, figure: str) -> bool:
    """Is the whole 95 % interval of the one above that of the other?"""
    return bool(one.final[figure]["low"] > other.final[figure]["high"])


def test_every_seed_of_every_preset_is_stored() -> None:
    presets = PRESETS["minilm"]
    assert MINILM.keys() == {(corpus, seed, preset) for corpus, seed in CASES for preset in presets}
    assert TFIDF.keys() == {("headlines", seed, preset) for seed in range(5) for preset in PRESETS["tfidf"]}
    for (_, _, preset), run in MINILM.items():
        assert run.settings["learning_rate"] == presets[preset]
    for (_, _, preset), run in TFIDF.items():
        assert run.settings["learning_rate"] == PRESETS["tfidf"][preset]


@pytest.mark.parametrize(("corpus", "seed"), CASES)
@pytest.mark.parametrize("figure", ["accuracy", "macro_f1"])
def test_just_right_scores_clear_above_both_others(corpus: str, seed: int, figure: str) -> None:
    for other in OTHERS:
        assert above(MINILM[corpus, seed, "just-right"], MINILM[corpus, seed, other], figure)


@pytest.mark.parametrize(("corpus", "seed"), CASES)
def test_the_loss_of_just_right_is_below_both_others_and_mostly_clear_of_them(corpus: str, seed: int) -> None:
    right = MINILM[corpus, seed, "just-right"]
    others = {other: MINILM[corpus, seed, other] for other in OTHERS}
    for other in others.values():
        assert right.final["validation_loss"]["value"] < other.final["validation_loss"]["value"]
        assert min(right.column("validation_loss")) < other.final["validation_loss"]["low"]
    overlapping = {name for name, other in others.items() if not above(other, right, "validation_loss")}
    assert overlapping == OVERLAPS.get((corpus, seed), set())


@pytest.mark.parametrize(("corpus", "seed"), CASES)
def test_too_low_and_too_high_differ_where_their_accuracy_ties(corpus: str, seed: int) -> None:
    low, high = (MINILM[corpus, seed, preset] for preset in OTHERS)
    # Neither does better than always-neutral, and neither is surely better than the other.
    labels = low.corpus["validation_labels"]
    neutral = labels["neutral"] / sum(labels.values())
    for run in (low, high):
        assert run.final["accuracy"]["value"] <= neutral + 1 / sum(labels.values())
    assert not above(high, low, "accuracy")
    # One giant step is enough for a loss that no tiny step ever meets.
    assert max(low.steps["loss"]) < 1.05 * low.steps["loss"][0]
    assert max(high.steps["loss"]) > 1.9 * high.steps["loss"][0]
    assert max(high.steps["grad_norm"]) > 3 * max(low.steps["grad_norm"])
    # Both narrow to one class, and the one that took giant steps may land on any.
    assert answers(low)[1] <= 1 and answers(high)[1] == 0
    assert (judged(low).name, judged(low).learning_rate) == (STALLED, TOO_LOW)
    assert (judged(high).name, judged(high).learning_rate) == (COLLAPSED, TOO_HIGH)


@pytest.mark.parametrize(("corpus", "seed"), CASES)
def test_just_right_is_judged_about_right(corpus: str, seed: int) -> None:
    found = judged(MINILM[corpus, seed, "just-right"])
    assert found.name in (CONVERGED, STILL_IMPROVING)
    assert found.learning_rate == verdict.ABOUT_RIGHT


def test_the_giant_steps_land_on_a_class_by_chance() -> None:
    landed = set()
    for corpus, seed in CASES:
        run = MINILM[corpus, seed, "too-high"]
        counts = run.evaluations[run.final["evaluation"]]["predicted_counts"]
        landed.add(max(counts, key=counts.__getitem__))
    assert landed == {"neutral", "positive"}


@pytest.mark.parametrize("seed", range(5))
def test_the_presets_of_the_word_count_model_differ_in_every_figure(seed: int) -> None:
    low, right, high = (TFIDF["headlines", seed, preset] for preset in ("too-low", "just-right", "too-high"))
    for other in (low, high):
        assert above(right, other, "accuracy") and above(right, other, "macro_f1")
        assert above(other, right, "validation_loss")
    assert above(high, low, "macro_f1") and above(high, low, "validation_loss")
    assert max(high.steps["loss"]) > 5 * max(low.steps["loss"])
    assert [judged(run).name for run in (low, right, high)] == [STALLED, CONVERGED, DIVERGED]
    assert [judged(run).learning_rate for run in (low, right, high)] == [
        *(TOO_LOW, verdict.ABOUT_RIGHT, TOO_HIGH),
    ]
    # The tiny steps hardly leave one class, the giant ones give all three.
    assert answers(low)[0] > 0.98 * sum(answers(low)) and min(answers(high)) > 0

"""What the chapter on going further says of the stored runs is so."""

from collections import Counter
from statistics import fmean

import pytest

from lab import corpus, page_model, records

SEEDS = range(3)
WAYS = {
    "full": "minilm-just-right",
    "lora": "minilm-rate-0-001-method-lora",
    "frozen": "minilm-rate-0-01-method-frozen",
}


def runs(way):
    return [records.load(f"{WAYS[way]}-seed-{seed}") for seed in SEEDS]


def final(run, metric):
    return run.final[metric]["value"]


@pytest.mark.parametrize("seed", SEEDS)
def test_at_30_linear_beats_constant_and_half_the_rate_beats_both(seed):
    ends = {}
    for plan, rate in (("constant", 30), ("linear", 30), ("constant", 15)):
        history = list(
            page_model.watch(page_model.Settings(learning_rate=rate, lr_scheduler_type=plan, seed=seed))
        )
        losses = [row["validation_loss"] for row in history]
        if seed == 0:  # the one on the page: all leap in the first epoch and come down again
            assert max(losses) == losses[1] > 3 * losses[0] > 2 * losses[-1]
        ends[plan, rate] = losses[-1]
    assert ends["constant", 30] > ends["linear", 30] > ends["constant", 15]


@pytest.mark.parametrize("seed", SEEDS)
def test_at_1_the_schedule_makes_it_worse(seed):
    ends = [
        list(page_model.watch(page_model.Settings(learning_rate=1, lr_scheduler_type=plan, seed=seed)))[-1][
            "validation_loss"
        ]
        for plan in ("constant", "linear")
    ]
    assert ends[0] < ends[1]


def test_the_page_model_takes_500_steps():
    assert records.load("page-model-just-right-seed-0").steps["step"][-1] in (499, 500)


def test_each_way_has_the_best_of_the_rates_tried():
    for way, pattern in (("lora", "method-lora"), ("frozen", "method-frozen")):
        tried = [records.load(name) for name in records.ids() if name.endswith(f"{pattern}-seed-0")]
        assert len(tried) == 4
        best = min(tried, key=lambda run: min(run.column("validation_loss")))
        assert best.id == f"{WAYS[way]}-seed-0"


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_the_fewer_weights_are_trained_the_lower_the_scores(metric):
    means = [fmean(final(run, metric) for run in runs(way)) for way in ("full", "lora", "frozen")]
    assert means == sorted(means, reverse=True)


def test_lora_trains_one_weight_in_300_in_four_fifths_of_the_time_and_frozen_is_many_times_faster():
    seconds = {way: fmean(run.cpu_seconds for run in runs(way)) for way in WAYS}
    share = runs("lora")[0].model["trainable_parameters"] / runs("full")[0].model["parameters"]
    assert 1 / 310 < share < 1 / 290
    assert seconds["lora"] / seconds["full"] == pytest.approx(0.8, abs=0.05)
    assert seconds["frozen"] < seconds["full"] / 10


def test_at_twenty_times_the_rate_of_right_steps_the_frozen_run_answers_neutral_to_everything():
    run = records.load("minilm-rate-0-001-method-frozen-seed-0")
    assert run.settings["learning_rate"] == pytest.approx(
        20 * records.load("minilm-just-right-seed-0").settings["learning_rate"]
    )
    counts = run.value("predicted_counts[-1]")
    assert counts["negative"] == counts["positive"] == 0


def test_the_frozen_runs_were_still_improving():
    assert {run.verdict["name"] for run in runs("frozen")} == {"still improving"}


def test_giant_steps_end_below_the_frozen_weights_with_one_class():
    giant = [records.load(f"minilm-too-high-seed-{seed}") for seed in SEEDS]
    assert max(final(run, "accuracy") for run in giant) < min(
        final(run, "accuracy") for run in runs("frozen")
    )
    for run in giant:
        assert sorted(run.value("predicted_counts[-1]").values())[:2] == [0, 0]
    assert min(final(run, "accuracy") for run in runs("full")) > max(
        final(run, "accuracy") for run in runs("frozen")
    )


def test_a_model_without_english_does_better_than_the_frozen_weights():
    word_counts = [records.load(f"tfidf-just-right-seed-{seed}") for seed in SEEDS]
    assert min(final(run, "accuracy") for run in word_counts) > max(
        final(run, "accuracy") for run in runs("frozen")
    )


def test_by_its_lowest_loss_lora_is_level():
    lora, full = (records.load(f"{WAYS[way]}-seed-0").column("validation_loss") for way in ("lora", "full"))
    assert min(lora) == lora[4] and min(full) == full[3]
    assert min(lora) == pytest.approx(min(full), abs=0.01)


def test_the_three_presets_of_the_word_count_route_do_what_their_figure_says():
    low, right, high = (
        records.load(f"tfidf-{name}-seed-0").column("validation_loss")
        for name in ("too-low", "just-right", "too-high")
    )
    assert low[-1] > 0.99 * low[0]
    assert right[1] == pytest.approx(0.75, abs=0.02) and max(right[1:]) - min(right[1:]) < 0.02
    assert min(high[1:]) > 2 * high[0]
    assert records.load("tfidf-just-right-seed-0").cpu_seconds < 2


def test_the_word_count_model_is_measured_on_the_same_headlines():
    splits = {
        records.load(name).corpus["split_sha256"]
        for name in ("tfidf-just-right-seed-0", "minilm-just-right-seed-0")
    }
    assert len(splits) == 1


def test_neutral_taken_for_positive_is_the_commonest_mistake():
    label = {row.id: row.label for row in corpus.load()}
    pairs = Counter(
        (label[name], corpus.LABELS[odds.index(max(odds))])
        for name, odds in records.answers("minilm-just-right-seed-0").items()
    )
    mistakes = {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}
    assert max(mistakes, key=mistakes.__getitem__) == ("neutral", "positive")

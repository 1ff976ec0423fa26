"""The page model's settings are checked, its stored runs can be repeated, and hold what the chapters say."""

import math
from dataclasses import asdict
from statistics import mean

import pytest

from lab import corpus, measures, page_model, records, verdict
from lab.experiments import EXPERIMENTS
from lab.page_model import PRESETS, RATES, SEEDS, Settings

# The verdict is tried on runs of its own.
OTHERS = {settings.run_id for settings in EXPERIMENTS["verdict-page-model"].settings()}
STORED = {
    run_id: records.load(run_id)
    for run_id in records.ids()
    if run_id.startswith("page-model-") and run_id not in OTHERS
}
BY_RATE = {rate: [run for run in STORED.values() if run.settings["learning_rate"] == rate] for rate in RATES}
LOW, RIGHT, HIGH = (BY_RATE[PRESETS[preset]] for preset in ("too-low", "just-right", "too-high"))


def ends(runs, name):
    return [run.value(f"{name}[-1]") for run in runs]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"preset": "justright"}, "preset"),
        ({"preset": None}, "learning_rate"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": "3"}, "learning_rate"),
        ({"num_train_epochs": 0}, "num_train_epochs"),
        ({"num_train_epochs": 2.5}, "num_train_epochs"),
        ({"per_device_train_batch_size": 0}, "per_device_train_batch_size"),
        ({"optim": "adam"}, "optim"),
        ({"lr_scheduler_type": "polynomial"}, "lr_scheduler_type"),
        ({"warmup_steps": -1}, "warmup_steps"),
        ({"weight_decay": float("inf")}, "weight_decay"),
        ({"max_grad_norm": -0.1}, "max_grad_norm"),
        ({"max_grad_norm": 0}, "max_grad_norm"),
        ({"seed": True}, "seed"),
        ({"train_subset": 0}, "train_subset"),
        ({"train_subset": 80.5}, "train_subset"),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_is_allowed(settings, named):
    with pytest.raises(ValueError, match=rf"^{named} is .*(allowed|give)"):
        Settings(**settings)


def test_a_preset_and_its_rate_are_the_same_thing():
    assert Settings("too-high").learning_rate == PRESETS["too-high"]
    assert Settings("just-right", learning_rate=7).preset is None
    assert Settings(learning_rate=PRESETS["too-low"]) == Settings("too-low")
    assert Settings("just-right", learning_rate=PRESETS["just-right"]) == Settings("just-right")


def test_all_runs_that_the_module_stores_are_there_and_on_the_corpus_as_it_is():
    assert {rate: sorted(run.settings["seed"] for run in runs) for rate, runs in BY_RATE.items()} == {
        rate: list(SEEDS) for rate in RATES
    }
    assert {run.corpus["sha256"] for run in STORED.values()} == {
        corpus.content_hash(corpus.load("headlines"))
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_a_stored_run_can_be_repeated_from_its_own_settings(preset):
    stored = records.load(f"page-model-{preset}-seed-3")  # afresh, since it is taken apart below
    again = page_model.run(Settings(stored.preset, **stored.settings))
    # Another system's logarithm may round the last digit the other way; more than that is another run.
    for measured, then in zip(again.evaluations, stored.evaluations, strict=True):
        del measured["seconds"], then["seconds"]
        assert measured.pop("predicted_counts") == then.pop("predicted_counts")
        assert measured == pytest.approx(then, rel=1e-9, abs=1e-12, nan_ok=True)
    assert again.steps["loss"] == pytest.approx(stored.steps["loss"], rel=2e-6)
    for name in ("validation_loss", "accuracy", "macro_f1"):
        assert again.final[name] == pytest.approx(stored.final[name], rel=1e-9)
    assert (again.id, again.corpus) == (stored.id, stored.corpus)
    assert again.model == stored.model


def timeless(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_what_is_watched_is_what_is_stored():
    settings = Settings("just-right", num_train_epochs=2, seed=1)
    watched = list(page_model.watch(settings))
    assert timeless(watched) == timeless(page_model.run(settings).evaluations)
    seconds = [row["seconds"] for row in watched]
    assert seconds == sorted(seconds)


def test_watching_leaves_out_what_is_worked_out_at_the_end(monkeypatch):
    monkeypatch.setattr(measures, "intervals", lambda *_: pytest.fail("that is slow in a browser"))
    assert len(list(page_model.watch(Settings(num_train_epochs=1)))) == 2


def test_a_run_has_all_that_a_record_should():
    run, answers = page_model.train(Settings("just-right", seed=2))
    last = run.evaluations[-1]
    for name in ("validation_loss", "accuracy", "macro_f1"):
        end = run.final[name]
        assert end["value"] == pytest.approx(last[name], rel=1e-12)
        assert end["low"] < end["value"] < end["high"]
    assert run.final["evaluation"] == 10
    for row in run.evaluations:
        assert row["gap"] == row["validation_loss"] - row["train_loss"]
        assert row["accuracy_gap"] == row["train_accuracy"] - row["accuracy"]
    assert run.value("train_accuracy[0]") == pytest.approx(run.value("corpus.train_labels.negative") / 800)
    assert run.value("train_accuracy[-1]") > 0.9
    assert run.corpus["train_measured"] == run.corpus["train"] == 800
    assert run.status == records.FINISHED
    assert run.verdict == asdict(verdict.judge(verdict.History.of_run(run)))
    assert 0 < run.evaluations[-1]["seconds"] <= run.seconds + 0.001
    assert 0 < run.energy["kilowatt_hours"] < 0.001
    assert run.environment.keys() >= {"python", "platform", "cpu", "cpu_flags", "threads", "dtype", "device"}
    assert run.model["parameters"] == run.model["trainable_parameters"] > 3 * 800

    parts = page_model.parted(corpus.load("headlines"), Settings(seed=2))
    assert list(answers) == [headline.id for headline in parts.validation]
    right = 0
    for headline in parts.validation:
        shares = answers[headline.id]
        assert sum(shares) == pytest.approx(1)
        right += corpus.LABELS[shares.index(max(shares))] == headline.label
    assert right / len(answers) == last["accuracy"]


def test_a_curve_is_stored_to_six_digits_and_its_steps_are_counted_in_whole_numbers():
    steps = page_model.run(Settings(num_train_epochs=1)).steps
    assert steps["step"] == list(range(1, 51))
    assert all(isinstance(step, int) for step in steps["step"])
    for name in ("loss", "learning_rate", "grad_norm"):
        assert len(steps[name]) == 50
        assert steps[name] == [float(f"{value:.6g}") for value in steps[name]]


def test_each_stored_run_has_its_answers_its_verdict_and_little_weight():
    for run_id, run in STORED.items():
        answers = records.answers(run_id)
        assert len(answers) == run.corpus["validation"]
        assert all(math.isclose(sum(shares), 1, abs_tol=2e-4) for shares in answers.values())
        # After a change of lab.verdict, store the runs again.
        assert run.verdict == asdict(verdict.judge(verdict.History.of_run(run)))
        size = sum((records.RUNS / f"{run_id}{end}").stat().st_size for end in (".json", ".answers.json"))
        assert size < 40_000


def test_more_headlines_than_there_are_is_refused_and_none_means_all():
    every = page_model.run(Settings(train_subset=None, num_train_epochs=1))
    assert every.corpus["train"] > 2000
    assert every.id == "page-model-just-right-num-train-epochs-1-train-subset-none-seed-0"
    with pytest.raises(ValueError, match=r"train_subset is 9000; allowed is at most \d+, the headlines"):
        page_model.run(Settings(train_subset=9000))


def test_the_subset_is_of_the_training_part_and_drawn_by_the_seed():
    headlines = corpus.load("headlines")
    whole = page_model.parted(headlines, Settings(train_subset=None))
    drawn = page_model.parted(headlines, Settings(train_subset=100))
    assert len(drawn.train) == 100
    assert {row.id for row in drawn.train} < {row.id for row in whole.train}
    assert drawn.validation == whole.validation
    assert drawn == page_model.parted(headlines, Settings(train_subset=100))
    assert drawn.train != page_model.parted(headlines, Settings(train_subset=100, seed=1)).train


def test_another_optimiser_and_schedule_learn_too():
    run = page_model.run(
        Settings(
            learning_rate=0.05, optim="adamw", lr_scheduler_type="linear", warmup_steps=5, max_grad_norm=1.0
        )
    )
    dials = "optim-adamw-lr-scheduler-type-linear-warmup-steps-5-max-grad-norm-1"
    assert run.id == f"page-model-rate-0-05-{dials}-seed-0"
    assert run.value("train_loss[-1]") < 0.5 * run.value("train_loss[0]")
    assert run.steps["learning_rate"][0] == 0
    assert run.steps["learning_rate"][-1] < 0.01


@pytest.mark.parametrize(
    ("dials", "named"),
    [
        ({}, "page-model-just-right-seed-0"),
        ({"preset": None, "learning_rate": 5, "seed": 4}, "page-model-just-right-seed-4"),
        ({"learning_rate": 1e-05}, "page-model-rate-1e-05-seed-0"),
        ({"learning_rate": 0.12345678}, "page-model-rate-0-12345678-seed-0"),
        ({"learning_rate": 1e16}, "page-model-rate-1e16-seed-0"),
        ({"num_train_epochs": 3}, "page-model-just-right-num-train-epochs-3-seed-0"),
        ({"per_device_train_batch_size": 8}, "page-model-just-right-per-device-train-batch-size-8-seed-0"),
        (
            {"learning_rate": 0.05, "optim": "adamw", "weight_decay": 0.01, "seed": 3},
            "page-model-rate-0-05-optim-adamw-weight-decay-0-01-seed-3",
        ),
        (
            {"lr_scheduler_type": "linear", "warmup_steps": 5, "max_grad_norm": 1.0},
            "page-model-just-right-lr-scheduler-type-linear-warmup-steps-5-max-grad-norm-1-seed-0",
        ),
    ],
)
def test_a_run_is_named_by_every_dial_that_is_not_at_its_default(dials, named):
    assert Settings(**dials).run_id == named
    assert records.ID.fullmatch(named)


def test_stored_runs_have_the_names_that_their_settings_give():
    for run_id, run in STORED.items():
        assert run_id == run.id == Settings(run.preset, **run.settings).run_id


# What the chapters say about these runs.


def test_just_right_has_the_lowest_mean_validation_loss_of_all_stored_rates():
    assert min(RATES, key=lambda rate: mean(ends(BY_RATE[rate], "validation_loss"))) == PRESETS["just-right"]


def test_the_outer_two_are_hundreds_of_times_off():
    assert 100 < PRESETS["just-right"] / PRESETS["too-low"] < 1000
    assert 100 < PRESETS["too-high"] / PRESETS["just-right"] < 1000


def test_by_macro_f1_the_higher_rates_are_about_as_good_as_the_right_one():
    right, *higher = (mean(ends(BY_RATE[rate], "macro_f1")) for rate in RATES if rate >= 5)
    assert all(abs(score - right) < 0.02 for score in higher)


def test_on_seed_0_giant_steps_win_by_a_handful_of_headlines():
    right, giant = (run.value("accuracy[-1]") * run.value("corpus.validation") for run in (RIGHT[0], HIGH[0]))
    assert 1 <= round(giant - right) <= 5


def test_on_seed_0_giant_steps_have_the_best_accuracy_and_the_worst_loss():
    low, right, high = (runs[0] for runs in (LOW, RIGHT, HIGH))
    assert high.value("accuracy[-1]") > right.value("accuracy[-1]") > low.value("accuracy[-1]") + 0.1
    assert high.value("validation_loss[-1]") > 24 * low.value("validation_loss[-1]")
    assert right.value("validation_loss[-1]") < low.value("validation_loss[-1]")


def test_tiny_steps_answer_neutral_to_everything_and_so_score_as_always_neutral():
    for run in LOW:
        assert run.value("predicted_counts[-1].neutral") == run.value("corpus.validation")
        neutral = run.value("corpus.validation_labels.neutral") / run.value("corpus.validation")
        assert run.value("accuracy[-1]") == pytest.approx(neutral)
        assert run.value("confidence_when_wrong[-1]") == pytest.approx(neutral, abs=0.05)


def test_giant_steps_know_their_headlines_by_heart_and_are_sure_when_wrong():
    assert HIGH[0].value("train_loss[-1]") < 0.001
    for run in HIGH:
        assert run.value("confidence_when_wrong[-1]") > 0.95


def test_on_seed_0_right_and_giant_steps_use_all_classes_and_negative_less_often_than_is_true():
    truth = RIGHT[0].value("corpus.validation_labels.negative")
    for run in (RIGHT[0], HIGH[0]):
        assert min(run.value("predicted_counts[-1]").values()) > 0
        assert run.value("predicted_counts[-1].negative") < truth


def test_on_seed_0_giant_steps_leap_above_a_hundred_and_settle_in_the_tens_while_the_others_stay_near_1():
    giant = [row["validation_loss"] for row in HIGH[0].evaluations]
    assert 100 < max(giant) < 1000
    assert 10 < giant[-1] < 100
    assert giant[-1] == pytest.approx(giant[-2], rel=0.01)
    for run in (LOW[0], RIGHT[0]):
        assert all(0.7 < row["validation_loss"] < 1.3 for row in run.evaluations)


def test_over_five_seeds_accuracy_tells_tiny_steps_and_nothing_else():
    best_tiny = max(ends(LOW, "accuracy"))
    assert best_tiny + 0.1 < min(ends(RIGHT, "accuracy") + ends(HIGH, "accuracy"))
    assert min(ends(HIGH, "accuracy")) < max(ends(RIGHT, "accuracy"))
    assert min(ends(RIGHT, "accuracy")) < max(ends(HIGH, "accuracy"))


def test_seed_by_seed_accuracy_changes_sides_and_validation_loss_does_not():
    by_seed = [sorted(runs, key=lambda run: run.settings["seed"]) for runs in (LOW, RIGHT, HIGH)]
    _, right, giant = (ends(runs, "accuracy") for runs in by_seed)
    assert {one > other for one, other in zip(giant, right, strict=True)} == {True, False}
    for tiny, right, giant in zip(*(ends(runs, "macro_f1") for runs in by_seed), strict=True):
        assert tiny < min(right, giant)
    for tiny, right, giant in zip(*(ends(runs, "validation_loss") for runs in by_seed), strict=True):
        assert right < tiny < giant / 24


def test_between_right_and_giant_confidence_gives_the_warning_that_accuracy_does_not():
    rates = [rate for rate in RATES if PRESETS["just-right"] <= rate <= 100]
    confidence = [mean(ends(BY_RATE[rate], "confidence_when_wrong")) for rate in rates]
    loss = [mean(ends(BY_RATE[rate], "validation_loss")) for rate in rates]
    accuracy = [mean(ends(BY_RATE[rate], "accuracy")) for rate in rates]
    assert confidence == sorted(confidence)
    assert loss == sorted(loss)
    assert max(accuracy) - min(accuracy) < 0.03


def test_the_gap_of_right_steps_grows_over_the_run():
    gap = [row["validation_loss"] - row["train_loss"] for row in RIGHT[0].evaluations]
    assert gap[-1] == max(gap)
    assert gap[-1] > gap[len(gap) // 2] > gap[0]

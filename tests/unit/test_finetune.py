"""Fine-tuning through the Trainer of transformers: what is the same every time, and what each dial does.

Nearly all of it on a tiny BERT that comes from a stand-in for the hub: a run takes a fraction of a second.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from hub_stand_in import COMMIT, TINY, little_runs, make_tiny, save_model
from safetensors.torch import load_file

from lab import encoders, finetune, measures, records, scratch, training, training_data
from lab.corpus import LABELS
from lab.encoders import Encoder, EncoderError
from lab.settings import METHODS, Settings, SettingsError
from lab.training import Plan, Trained, Watch

Little = Callable[..., Settings]
TEXTS = ["Sales rose by a tenth.", "The annual general meeting is in May."]
trained = cache(training.train)  # what several tests look at


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Little]:
    with little_runs(tmp_path_factory.mktemp("little")) as settings:
        yield settings


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose model is found under any name."""
    folder = tmp_path / "model"
    monkeypatch.setattr(encoders, "find", lambda name: Encoder(name, folder, COMMIT, "0" * 64))
    return folder


def history(run: records.Run) -> list[dict[str, Any]]:
    """All that is measured, but for the time it took."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.evaluations]


def losses(run: records.Run) -> list[float]:
    return [*run.steps["loss"], *run.column("train_loss"), *run.column("validation_loss")]


def kept(done: Trained, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    done.keep(folder)
    return folder


def answers_of(folder: Path, settings: Settings) -> list[list[float]]:
    """What a kept model answers to the headlines that its run was validated on, in their order."""
    return finetune.predict(folder, [row.text for row in training_data.prepare(settings).true_validation])


def in_order(done: Trained, settings: Settings) -> list[list[float]]:
    return [list(done.answers[row.id]) for row in training_data.prepare(settings).true_validation]


# What a run is


def test_the_same_settings_give_the_same_history_bit_for_bit_watched_or_not(little: Little) -> None:
    plans: list[Plan] = []
    steps: list[tuple[int, int]] = []
    rows: list[dict[str, Any]] = []
    first = trained(little())
    again = training.train(
        little(), Watch(plans.append, lambda *step: steps.append(step), lambda row: rows.append(row))
    )
    assert history(again.run) == history(first.run)
    assert again.run.steps == first.run.steps
    assert again.answers == first.answers
    assert steps == [(step, 14) for step in range(1, 15)]
    assert rows == again.run.evaluations
    (plan,) = plans
    assert (plan.model, plan.train, plan.steps, plan.dtype, plan.device) == (TINY, 108, 14, "float32", "cpu")
    assert plan.threads == 1 and plan.seconds is not None and plan.seconds > 0


def test_another_seed_is_another_run(little: Little) -> None:
    assert history(trained(little(seed=1)).run)[0] != history(trained(little()).run)[0]


def test_the_record_names_what_was_trained_and_on_what(little: Little) -> None:
    run = trained(little()).run
    assert (run.route, run.status, run.id) == ("hub", records.FINISHED, little().run_id)
    assert run.model == {
        "name": TINY,
        "revision": COMMIT,
        "sha256": encoders.find(TINY).sha256,
        "parameters": 1_011_459,
        "trainable_parameters": 1_011_459,
    }
    assert [row["step"] for row in run.evaluations] == [0, 7, 14]
    assert [row["epoch"] for row in run.evaluations] == [0, 1, 2]
    assert run.steps["step"] == list(range(1, 15))
    assert {name: run.environment[name] for name in ("threads", "dtype", "device")} == {
        "threads": 1,
        "dtype": "float32",
        "device": "cpu",
    }
    assert run.environment["packages"].keys() == set(finetune.PACKAGES)
    for row in run.evaluations:
        assert row["gap"] == row["validation_loss"] - row["train_loss"]
        assert row["accuracy_gap"] == row["train_accuracy"] - row["accuracy"]
        assert sum(row["predicted_counts"].values()) == len(trained(little()).answers)
    assert run.verdict["name"]


def test_the_stored_answers_are_the_kept_models_and_give_the_stored_accuracy(
    little: Little, tmp_path: Path
) -> None:
    done, data = trained(little()), training_data.prepare(little())
    assert set(done.answers) == {row.id for row in data.validation}
    assert answers_of(kept(done, tmp_path), little()) == [
        pytest.approx(row, abs=1e-5) for row in in_order(done, little())
    ]
    right = [max(range(3), key=done.answers[row.id].__getitem__) for row in data.validation]
    accuracy = sum(LABELS[best] == row.label for best, row in zip(right, data.validation, strict=True)) / len(
        right
    )
    assert done.run.final["accuracy"]["value"] == accuracy == done.run.evaluations[-1]["accuracy"]
    assert done.run.final["evaluation"] == 2


def test_with_wrong_labels_to_measure_on_the_true_ones_are_measured_as_well(little: Little) -> None:
    settings = little(validation_label_noise=0.4)
    done, data = trained(settings), training_data.prepare(settings)
    shares = [[math.log(share) for share in done.answers[row.id]] for row in data.validation]
    for rows, found in (
        (data.validation, {name: ends["value"] for name, ends in done.run.final.items() if name in NAMES}),
        (data.true_validation, done.run.final["on_true_labels"]),
    ):
        measured = measures.measure(shares, [LABELS.index(row.label) for row in rows])
        assert found == pytest.approx({name: measured[old] for name, old in NAMES.items()})
    assert done.run.final["on_true_labels"]["validation_loss"] != done.run.final["validation_loss"]["value"]
    assert "on_true_labels" not in trained(little()).run.final


NAMES = {"validation_loss": "loss", "accuracy": "accuracy", "macro_f1": "macro_f1"}


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_printed_and_nothing_written(
    method: str,
    little: Little,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = training.train(little(method=method, num_train_epochs=1))
    assert list(tmp_path.iterdir()) == []
    kept(done, tmp_path)
    finetune.predict(tmp_path, TEXTS)
    assert capfd.readouterr() == ("", "")


# What every run shares


def test_two_rates_start_from_the_same_model_and_the_same_batch(little: Little) -> None:
    slow, fast = trained(little()).run, trained(little(learning_rate=1e-2)).run
    assert history(slow)[0] == history(fast)[0]
    assert slow.steps["loss"][0] == fast.steps["loss"][0]
    assert slow.steps["loss"][1] != fast.steps["loss"][1]


def test_every_method_and_dropout_starts_from_the_same_head(little: Little) -> None:
    whole = finetune.predict_untrained(little(), TEXTS)
    for others in ({"method": "frozen"}, {"method": "lora"}, {"dropout": 0.4}, {"dropout": 0.0}):
        assert finetune.predict_untrained(little(**others), TEXTS) == whole
    assert finetune.predict_untrained(little(seed=1), TEXTS) != whole


def test_dropout_is_set_in_every_layer(little: Little) -> None:
    model = finetune.build(little(dropout=0.4), encoders.find(TINY).folder)
    assert {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)} == {0.4}


def test_every_row_comes_once_an_epoch_in_batches_of_like_length_in_an_order_of_the_seed() -> None:
    lengths = [5 + (7 * number) % 41 for number in range(812)]
    sampler = finetune.LengthGroupedBatches(lengths, 16, seed=0)
    first, second = list(sampler), list(sampler)
    assert len(sampler) == len(lengths)
    assert sorted(first) == sorted(second) == list(range(812)) and first != second
    assert first == list(finetune.LengthGroupedBatches(lengths, 16, seed=0))
    assert first != list(finetune.LengthGroupedBatches(lengths, 16, seed=1))
    for epoch in (first, second):
        batches = [[lengths[row] for row in epoch[at : at + 16]] for at in range(0, 812, 16)]
        assert statistics.median(max(batch) - min(batch) for batch in batches) < 6  # of 40
        # The Trainer's own grouping would come down from long to short four times.
        means = [statistics.mean(batch) for batch in batches]
        rises = sum(later > earlier for earlier, later in pairwise(means))
        assert 15 < rises < 35


# The methods


def test_on_minilm_lora_trains_74883_numbers_and_frozen_1155() -> None:
    def sizes(method: str) -> dict[str, int]:
        return finetune._sizes(finetune.build(Settings(method=method), encoders.minilm()))

    assert sizes("lora")["trainable_parameters"] == 74_883
    assert sizes("frozen") == {"parameters": 22_714_371, "trainable_parameters": 1_155}
    assert sizes("full") == {"parameters": 22_714_371, "trainable_parameters": 22_714_371}


def test_minilm_itself_is_trained(little: Little) -> None:
    dials = {"encoder": "minilm", "method": "frozen", "train_subset": 48, "learning_rate": 1e-2}
    run = trained(little(**dials)).run
    assert (run.route, run.model["sha256"]) == ("minilm", encoders.MINILM_SHA256)
    assert run.model["revision"] == encoders.MINILM_REVISION
    assert run.column("train_loss")[-1] < run.column("train_loss")[0]


def test_a_frozen_models_vectors_are_computed_once_and_nothing_else_changes(
    little: Little, found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(found, initializer_range=0.5)  # by itself it has nearly the same vector for any headline
    dials = little(encoder="downhill/other", method="frozen", dropout=0.0, learning_rate=1e-2)
    quick = training.train(dials)
    monkeypatch.setattr(finetune, "cache_vectors", lambda *_: None)
    slow = training.train(dials)
    assert losses(quick.run) == pytest.approx(losses(slow.run), rel=1e-4)
    assert in_order(quick, dials) == [pytest.approx(row, abs=1e-4) for row in in_order(slow, dials)]
    assert len({round(row[0], 2) for row in in_order(quick, dials)}) > 10


def test_a_frozen_model_is_kept_whole_with_its_body_as_it_was(little: Little, tmp_path: Path) -> None:
    dials = little(method="frozen", learning_rate=1e-2)
    done = trained(dials)
    weights = load_file(kept(done, tmp_path) / "model.safetensors")
    before = load_file(encoders.find(TINY).folder / "model.safetensors")
    assert weights.keys() == {f"bert.{name}" for name in before} | {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(weights[f"bert.{name}"], value) for name, value in before.items())
    assert answers_of(tmp_path, dials) == [pytest.approx(row, abs=1e-5) for row in in_order(done, dials)]


def test_a_lora_model_is_kept_merged_and_can_be_kept_twice(little: Little, tmp_path: Path) -> None:
    dials = little(method="lora", learning_rate=1e-2)
    done = trained(dials)
    assert kept(done, tmp_path) == kept(done, tmp_path)
    answers = answers_of(tmp_path, dials)
    assert answers == [pytest.approx(row, abs=1e-5) for row in in_order(done, dials)]
    assert answers != [pytest.approx(row, abs=1e-3) for row in answers_of_untrained(dials)]


def answers_of_untrained(settings: Settings) -> list[list[float]]:
    texts = [row.text for row in training_data.prepare(settings).true_validation]
    return finetune.predict_untrained(settings, texts)


def test_frozen_is_refused_for_a_head_that_reads_more_than_the_first_token(
    little: Little, found: Path
) -> None:
    make_gpt2(found, pad_token_id=0)
    with pytest.raises(SettingsError, match="method is 'frozen'; allowed with gpt2 are full and lora"):
        training.train(little(encoder="downhill/gpt", method="frozen"))
    assert training.train(little(encoder="downhill/gpt", num_train_epochs=1)).run.status == records.FINISHED


def make_gpt2(folder: Path, **others: Any) -> None:
    """A tiny GPT-2 with MiniLM's words; its head reads a headline's last token."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoders.minilm())
    size = {"n_embd": 32, "n_layer": 1, "n_head": 2, "vocab_size": len(tokenizer)}
    save_model(transformers.GPT2Model(transformers.GPT2Config(**size, **others)), tokenizer, folder)


# The other dials


@pytest.mark.parametrize("headlines", [96, 108])  # 108: the last step has 12, as 8 and 4
def test_two_batches_of_8_accumulated_are_one_of_16(headlines: int, little: Little) -> None:
    shared = {"dropout": 0.0, "train_subset": headlines}
    whole = trained(little(**shared)).run
    parts = trained(little(per_device_train_batch_size=8, gradient_accumulation_steps=2, **shared)).run
    assert losses(parts) == pytest.approx(losses(whole), rel=1e-5)
    assert parts.steps["grad_norm"] == pytest.approx(whole.steps["grad_norm"], rel=1e-4)
    assert parts.steps["step"] == whole.steps["step"]


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "step", "exponential"])
def test_each_step_has_the_rate_of_its_schedule(schedule: str, little: Little) -> None:
    warmup = 0.2 if schedule == "step" else 3  # a share of 14 steps, rounded up, is 3 as well
    run = trained(little(lr_scheduler_type=schedule, warmup_steps=warmup)).run
    ours = [1e-3 * getattr(scratch, schedule)(step, 14, warmup_steps=3) for step in range(14)]
    assert run.steps["learning_rate"] == pytest.approx(ours, rel=1e-5)
    if schedule in ("constant", "linear", "cosine"):
        assert ours == pytest.approx(list(rates_of_transformers(schedule)))


def rates_of_transformers(schedule: str) -> Iterator[float]:
    name = "constant_with_warmup" if schedule == "constant" else schedule
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = transformers.get_scheduler(name, optimiser, num_warmup_steps=3, num_training_steps=14)
    for _ in range(14):
        yield scheduler.get_last_lr()[0]
        optimiser.step()
        scheduler.step()


def test_momentum_is_sgd_that_remembers_the_step_before(little: Little) -> None:
    plain = trained(little(optim="sgd", learning_rate=0.1)).run.steps["loss"]
    momentum = trained(little(optim="momentum", learning_rate=0.1)).run.steps["loss"]
    assert momentum[:2] == plain[:2] and momentum[2] != plain[2]
    given = transformers.Trainer.get_optimizer_cls_and_kwargs(
        finetune.arguments(little(optim="momentum", learning_rate=0.1), "unused")
    )
    assert given == (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9})


def test_without_clipping_no_gradient_is_scaled_and_each_norm_is_written_down(little: Little) -> None:
    sgd = {"optim": "sgd", "learning_rate": 0.1}
    free = trained(little(max_grad_norm=None, **sgd)).run
    loose, tight = (trained(little(max_grad_norm=norm, **sgd)).run for norm in (1e9, 1e-3))
    assert history(free) == history(loose) != history(tight)
    assert free.steps["grad_norm"] == loose.steps["grad_norm"]
    assert min(free.steps["grad_norm"]) > 0
    assert tight.steps["grad_norm"][0] == free.steps["grad_norm"][0]  # before clipping


def test_weight_decay_and_a_shorter_reach_change_the_run(little: Little) -> None:
    usual = losses(trained(little()).run)
    for others in ({"weight_decay": 0.5}, {"max_length": 8}, {"dropout": 0.4}, {"train_label_noise": 0.3}):
        assert losses(trained(little(**others)).run) != usual


def test_an_optimiser_with_the_wrong_parameters_moves_nothing_while_gradients_flow(little: Little) -> None:
    run = trained(little(fault="wrong-parameters")).run
    rows = [
        {name: value for name, value in row.items() if name not in ("epoch", "step")} for row in history(run)
    ]
    assert rows == [rows[0]] * 3
    usual = trained(little()).run.steps
    for name in ("loss", "grad_norm"):
        assert run.steps[name][0] == usual[name][0] and run.steps[name][1] != usual[name][1]
    assert min(run.steps["grad_norm"]) > 0


# How a run ends


def test_early_stopping_stops_and_gives_the_best_weights_back(little: Little, tmp_path: Path) -> None:
    dials = little(learning_rate=5e-3, num_train_epochs=30, early_stopping_patience=2)
    done = trained(dials)
    losses, best = done.run.column("validation_loss"), done.run.final["evaluation"]
    assert done.run.status == records.STOPPED_EARLY
    assert len(losses) < 31
    assert losses.index(min(losses)) == best == len(losses) - 3
    assert done.run.final["validation_loss"]["value"] == losses[best]
    answers = answers_of(kept(done, tmp_path), dials)
    assert answers == [pytest.approx(row, abs=1e-5) for row in in_order(done, dials)]


def test_a_run_that_had_no_epoch_left_is_not_stopped_early(little: Little) -> None:
    stopped = trained(little(learning_rate=5e-3, num_train_epochs=30, early_stopping_patience=2)).run
    epochs = len(stopped.evaluations) - 1
    whole = trained(little(learning_rate=5e-3, num_train_epochs=epochs, early_stopping_patience=2)).run
    assert history(whole) == history(stopped)
    assert (whole.status, whole.final["evaluation"]) == (records.FINISHED, epochs - 2)


def test_a_loss_that_is_no_number_any_more_ends_the_run_as_diverged(little: Little) -> None:
    run = trained(
        little(optim="sgd", learning_rate=1e6, max_grad_norm=None, num_train_epochs=5, dropout=0.0)
    ).run
    assert run.status == records.DIVERGED
    assert not math.isfinite(run.evaluations[-1]["validation_loss"])
    *before, last = map(math.isfinite, run.steps["loss"])
    assert all(before) and not last  # and no step more
    assert run.verdict["name"] == "diverged"
    assert not math.isfinite(run.final["validation_loss"]["value"])


def test_a_loss_that_is_a_number_and_hopeless_ends_the_run_as_diverged(
    little: Little, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "HOPELESS", 1.2)
    run = training.train(little(learning_rate=0.3, num_train_epochs=5)).run
    start, *_, last = run.column("validation_loss")
    assert run.status == records.DIVERGED
    assert 1.2 * start < last < math.inf
    assert all(loss < 1.2 * start for loss in run.column("validation_loss")[:-1])
    assert len(run.evaluations) < 6


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_interrupted_at_an_evaluation_keeps_what_it_has(little: Little) -> None:
    def evaluated(row: dict[str, Any]) -> None:
        if row["step"]:
            interrupt()

    run = training.train(little(), Watch(evaluated=evaluated)).run
    assert run.status == records.INTERRUPTED
    assert history(run) == history(trained(little()).run)[:2]
    assert run.final["evaluation"] == 1


@pytest.mark.parametrize("patience", [None, 5])
def test_a_run_that_is_interrupted_between_is_evaluated_where_it_stopped(
    patience: int | None, little: Little, tmp_path: Path
) -> None:
    def stepped(step: int, of_all: int) -> None:
        if step == 10:
            interrupt()

    dials = little(early_stopping_patience=patience)
    done = training.train(dials, Watch(stepped=stepped))
    assert done.run.status == records.INTERRUPTED
    assert [(row["step"], row["epoch"]) for row in done.run.evaluations] == [(0, 0), (7, 1), (10, 1.4286)]
    assert done.run.steps["step"] == list(range(1, 11))
    losses, best = done.run.column("validation_loss"), done.run.final["evaluation"]
    assert best == (2 if patience is None else losses.index(min(losses)))
    assert done.run.final["validation_loss"]["value"] == losses[best]
    answers = answers_of(kept(done, tmp_path), dials)
    assert answers == [pytest.approx(row, abs=1e-5) for row in in_order(done, dials)]


def test_an_interruption_before_the_first_evaluation_is_passed_on(
    little: Little, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        training.train(little(), Watch(planned=interrupt))
    monkeypatch.setattr(finetune.Recorder, "measure", interrupt)
    with pytest.raises(KeyboardInterrupt):
        training.train(little())


# Where it is computed


def test_bfloat16_trains_on_the_cpu_with_float32_weights(little: Little, tmp_path: Path) -> None:
    done = trained(little(dtype="bfloat16"))
    assert done.run.environment["dtype"] == done.run.settings["dtype"] == "bfloat16"
    assert losses(done.run) == pytest.approx(losses(trained(little()).run), rel=0.05)
    assert losses(done.run) != losses(trained(little()).run)
    weights = load_file(kept(done, tmp_path) / "model.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float32}


def test_of_several_gpus_one_is_used(little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
    class OfTwo(transformers.TrainingArguments):
        def __post_init__(self) -> None:
            super().__post_init__()
            self._n_gpu = 2

    monkeypatch.setattr(finetune, "TrainingArguments", OfTwo)
    assert OfTwo("unused", per_device_train_batch_size=16).train_batch_size == 32
    assert finetune.arguments(little(), "unused").train_batch_size == 16


# Trackers


def test_tensorboards_log_stays_in_a_folder_of_the_runs_own(
    little: Little, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.chdir(tmp_path)
    run = training.train(little(num_train_epochs=1), track="tensorboard").run
    (folder,) = (tmp_path / "runs" / "tracked" / run.id).iterdir()
    log = EventAccumulator(str(folder)).Reload()
    assert [event.step for event in log.Scalars("train/loss")] == run.steps["step"]
    logged = [event.value for event in log.Scalars("train/loss")]
    assert logged == pytest.approx(run.steps["loss"], rel=1e-4)
    assert log.Scalars("eval/validation_accuracy")[-1].value == pytest.approx(run.evaluations[-1]["accuracy"])
    assert capfd.readouterr() == ("", "")


def test_a_tracker_that_cannot_be_had_is_refused(little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise RuntimeError("WandbCallback requires wandb to be installed. Run `pip install wandb`.")

    monkeypatch.setitem(finetune.INTEGRATION_TO_CALLBACK, "wandb", absent)
    with pytest.raises(SettingsError, match=r"track is 'wandb', which is not installed here: pip install"):
        training.train(little(), track="wandb")
    with pytest.raises(SettingsError, match=r"track is 'wandboard'; allowed are .*tensorboard"):
        training.train(little(), track="wandboard")
    with pytest.raises(
        SettingsError, match="track is 'tensorboard'; allowed with the word-count model is none"
    ):
        training.train(Settings(encoder="tfidf"), track="tensorboard")


# Models that do not fit


def test_a_model_with_a_head_of_its_own_is_refused(little: Little, found: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoders.minilm())
    config = transformers.AutoConfig.from_pretrained(make_tiny(found))
    for classes in (2, 3):
        config.num_labels = classes
        save_model(transformers.BertForSequenceClassification(config), tokenizer, found)
        with pytest.raises(
            EncoderError, match="downhill/other has a head that was trained for other classes"
        ):
            training.train(little(encoder="downhill/other"))


def test_a_model_without_a_padding_token_is_refused(little: Little, found: Path) -> None:
    make_gpt2(found)
    tokenizer = transformers.AutoTokenizer.from_pretrained(found)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(found)
    with pytest.raises(EncoderError, match="downhill/other has no padding token"):
        training.train(little(encoder="downhill/other"))


def test_a_model_without_such_a_head_is_refused(little: Little, found: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoders.minilm())
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    model = transformers.CLIPTextModel(transformers.CLIPTextConfig(vocab_size=len(tokenizer), **size))
    save_model(model, tokenizer, found)
    with pytest.raises(EncoderError, match="downhill/other has no head for sequence classification"):
        training.train(little(encoder="downhill/other"))


def test_code_that_comes_with_a_model_is_not_run_and_nobody_is_asked(
    little: Little, found: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make_tiny(found)
    (found / "code.py").write_text("raise AssertionError('the code was run')\n", "utf-8")
    classes = {"AutoConfig": "code.C", "AutoModelForSequenceClassification": "code.M"}
    (found / "config.json").write_text(json.dumps({"model_type": "new", "auto_map": classes}), "utf-8")
    with pytest.raises(EncoderError, match="code that comes with a model is never run"):
        training.train(little(encoder="downhill/other"))
    assert capfd.readouterr() == ("", "")


def test_a_model_without_a_tokenizer_is_refused(little: Little, found: Path) -> None:
    make_tiny(found)
    for file in found.glob("*token*"):
        file.unlink()
    (found / "vocab.txt").unlink(missing_ok=True)
    with pytest.raises(EncoderError, match="downhill/other has no tokenizer that transformers can use"):
        training.train(little(encoder="downhill/other"))


def test_lora_is_refused_where_peft_does_not_know_the_layers(little: Little, found: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoders.minilm())
    size = {"hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 64}
    model = transformers.FNetModel(transformers.FNetConfig(vocab_size=len(tokenizer), **size))
    save_model(model, tokenizer, found)
    with pytest.raises(SettingsError, match="method is 'lora'; allowed with fnet are full and frozen"):
        training.train(little(encoder="downhill/other", method="lora"))


def test_distilbert_can_be_trained_by_every_method(little: Little, found: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoders.minilm())
    config = transformers.DistilBertConfig(
        vocab_size=len(tokenizer), dim=32, n_layers=1, n_heads=2, hidden_dim=64
    )
    save_model(transformers.DistilBertModel(config), tokenizer, found)
    trainable = {}
    for method in METHODS:
        done = training.train(little(encoder="distilbert-base-uncased", method=method, num_train_epochs=1))
        trainable[method] = done.run.model["trainable_parameters"]
    head = 33 * 32 + 33 * 3
    # Two matrices of rank 8 beside each of query and value.
    assert (trainable["frozen"], trainable["lora"]) == (head, head + 2 * 2 * 8 * 32)


def test_dropout_and_a_reach_that_the_model_has_not_are_refused(little: Little, found: Path) -> None:
    make_gpt2(found, pad_token_id=0)
    with pytest.raises(SettingsError, match=r"dropout is 0\.1; allowed is none: gpt2 has none"):
        training.train(little(encoder="downhill/gpt", dropout=0.1))
    with pytest.raises(SettingsError, match="max_length is 513; allowed with downhill/gpt is at most 512"):
        training.train(little(encoder="downhill/gpt", max_length=513))


# Predictions


def test_a_kept_model_reads_as_much_of_a_text_as_it_did_in_training(little: Little, tmp_path: Path) -> None:
    texts = ["sales rose by a tenth in may " + end for end in ("because", "of higher prices and a new shop")]
    short, long = trained(little(max_length=8)), trained(little())
    same, other = finetune.predict(kept(short, tmp_path / "short"), texts)
    assert same == pytest.approx(other, abs=1e-6)
    same, other = finetune.predict(kept(long, tmp_path / "long"), texts)
    assert same != pytest.approx(other, abs=1e-6)
    same, other = finetune.predict_untrained(little(max_length=8), texts)
    assert same == pytest.approx(other, abs=1e-6)

"""Fine-tune a pretrained transformer on headlines with the Trainer of transformers, and record all of it.

    from lab import finetune
    from lab.settings import Settings
    trained = finetune.train(Settings(preset="just-right", seed=0))

What every route shares is elsewhere: the dials in lab.settings, the headlines in lab.training_data, the
figures in lab.measures, the record in lab.records.
"""

# Much of transformers has no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
import copy
import math
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch.nn.functional import cross_entropy, log_softmax
from torch.utils.data import Sampler, SequentialSampler
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.trainer_pt_utils import get_length_grouped_indices

from lab import encoders, energy, machine, measures, processor, records, scratch, training_data
from lab.corpus import LABELS, Headline
from lab.encoders import EncoderError
from lab.settings import MINILM, Settings, SettingsError
from lab.training import SILENT, Plan, Trained, Watch

PACKAGES = ("torch", "transformers", "accelerate", "peft", "tokenizers", "numpy")
OPTIMISERS: Mapping[str, Mapping[str, Any]] = {
    "adamw": {"optim": "adamw_torch_fused"},
    "sgd": {"optim": "sgd"},
    "momentum": {"optim": "sgd", "optim_args": "momentum=0.9"},
}
# What transformers' models call the probability of dropout.
DROPOUTS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"),
    *("dropout", "attention_dropout", "seq_classif_dropout"),
)
LORA_RANK = 8
# Query and value of each layer, where peft does not know them by itself.
LORA_TARGETS = {"distilbert": ["q_lin", "v_lin"]}
# Without its files transformers makes a tokenizer that knows the special tokens alone; bytes are 256.
FEWEST_TOKENS = 100
EVALUATION_BATCH = 64
# Nothing comes back from here: a validation loss so many times where it started ends the training.
HOPELESS = 100.0
TRACKED = records.OWN_RUNS / "tracked"

Row = dict[str, Any]


def train(settings: Settings, watch: Watch = SILENT, track: str | None = None) -> Trained:
    """Fine-tune once, as lab.training.train says. The global random state is set by the seed."""
    device = processor.device(settings)
    settings = replace(settings, dtype=processor.dtype(settings, device), device=device)
    trackers = [tracker(track, settings)] if track else []
    data = training_data.prepare(settings)
    with processor.threads(settings.threads) as threads, _quiet(), tempfile.TemporaryDirectory() as scrap:
        settings = replace(settings, threads=threads)
        encoder = encoders.find(settings.encoder)
        tokenizer = read(settings, encoder.folder)
        model = build(settings, encoder.folder)
        sizes = _sizes(model)
        rows = rows_of(tokenizer, data.train, settings.max_length)
        unseen = rows_of(tokenizer, data.validation, settings.max_length)
        # Evaluated in order of length, so that little of a batch is padding.
        order = sorted(range(len(unseen)), key=lambda number: _length(unseen[number]))
        validation, true_validation = (
            [part[number] for number in order] for part in (data.validation, data.true_validation)
        )
        measured = {
            "train": sorted(rows[: len(data.train_measured)], key=_length),
            "validation": [unseen[number] for number in order],
        }

        started, started_cpu = time.perf_counter(), time.process_time()
        collate = DataCollatorWithPadding(tokenizer)
        frozen = settings.method == "frozen"
        body = cache_vectors(model, rows + measured["validation"], collate) if frozen else None
        recorder = Recorder(settings, watch, started)
        trainer = HeadlineTrainer(
            settings,
            model=model,
            args=arguments(settings, scrap),
            data_collator=collate,
            train_dataset=rows,
            eval_dataset=measured,
            compute_metrics=recorder.measure,
            callbacks=[recorder, *trackers],
        )
        if watch.planned is not None:
            steps_per_epoch = math.ceil(
                len(rows) / settings.per_device_train_batch_size / settings.gradient_accumulation_steps
            )
            watch.planned(
                Plan(
                    model=settings.encoder,
                    **sizes,
                    train=len(rows),
                    validation=len(validation),
                    steps=settings.num_train_epochs * steps_per_epoch,
                    dtype=settings.dtype,
                    device=device,
                    threads=threads,
                    seconds=probe(trainer),
                )
            )
        # Once more: the vectors and the probe have drawn from it.
        set_seed(settings.seed)
        try:
            trainer.train()
        except KeyboardInterrupt:
            if not recorder.evaluations:
                raise
            if recorder.moved:  # so that what is kept is what was measured
                trainer.evaluate()
            if recorder.status != records.DIVERGED:
                recorder.status = records.INTERRUPTED
            trainer.callback_handler.on_train_end(trainer.args, trainer.state, trainer.control)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    if recorder.best_weights is not None:
        model.load_state_dict(recorder.best_weights)
    kept = recorder.log_probabilities
    true_rows = true_validation if settings.validation_label_noise else None
    run = records.Run(
        id=settings.run_id,
        route=MINILM if settings.encoder == MINILM else "hub",
        preset=settings.preset,
        settings=settings.as_dict(),
        corpus=data.record,
        classes=list(LABELS),
        evaluations=recorder.evaluations,
        steps={name: records.rounded(values) for name, values in recorder.steps.items()},
        final=measures.final(kept, validation, recorder.kept, true_rows),
        environment=machine.environment(PACKAGES)
        | {"threads": threads, "dtype": settings.dtype, "device": device},
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        energy=energy.estimate(cpu_seconds),
        status=recorder.status,
        model={"name": encoder.name, "revision": encoder.revision, "sha256": encoder.sha256, **sizes},
    )
    answers = {
        headline.id: [math.exp(share) for share in row]
        for headline, row in zip(validation, kept, strict=True)
    }
    return Trained(run, answers, partial(keep, model, tokenizer, body))


def read(settings: Settings, folder: Path) -> PreTrainedTokenizerBase:
    """The pretrained model's tokenizer, which cuts a headline after as many tokens as the settings say.

    Raises EncoderError where it cannot make batches, SettingsError where the model takes fewer tokens.
    """
    with _usable(settings.encoder, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        if len(tokenizer) < FEWEST_TOKENS:
            raise ValueError
    if tokenizer.pad_token is None:
        raise EncoderError(
            f"{settings.encoder} has no padding token; only models that have one are allowed, since the "
            "headlines of a batch differ in length."
        )
    if settings.max_length > tokenizer.model_max_length:
        raise SettingsError(
            f"max_length is {settings.max_length}; allowed with {settings.encoder} is at most "
            f"{tokenizer.model_max_length}."
        )
    tokenizer.model_max_length = settings.max_length
    return tokenizer


def build(settings: Settings, folder: Path) -> PreTrainedModel:
    """The pretrained model with a new head for the classes, as the method trains it.

    The seed is set first, so that two runs of one seed start from the same head whatever their other dials.
    Raises EncoderError where the model takes no new head, SettingsError where the method or dropout does not
    fit it.
    """
    with _usable(settings.encoder, "configuration"):
        config = AutoConfig.from_pretrained(
            folder,
            num_labels=len(LABELS),
            id2label=dict(enumerate(LABELS)),
            label2id={label: number for number, label in enumerate(LABELS)},
            trust_remote_code=False,
        )
    if settings.dropout is not None:
        there = [name for name in DROPOUTS if hasattr(config, name)]
        if not there:
            raise SettingsError(
                f"dropout is {settings.dropout}; allowed is none: {config.model_type} has none."
            )
        for name in there:
            setattr(config, name, settings.dropout)
    set_seed(settings.seed)
    with _usable(settings.encoder, "head for sequence classification"):
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    body = model.base_model_prefix + "."
    if report["mismatched_keys"] or all(name.startswith(body) for name in report["missing_keys"]):
        raise EncoderError(
            f"{settings.encoder} has a head that was trained for other classes; only models without one are "
            "allowed."
        )
    if settings.method == "frozen":
        model.base_model.requires_grad_(False)
    elif settings.method == "lora":
        model = _with_lora(model)
    if settings.device == "cpu" and settings.dtype == "float32":
        processor.quicken(model)
    found: PreTrainedModel = model
    return found


def _with_lora(model: PreTrainedModel) -> torch.nn.Module:
    import peft

    chosen = peft.LoraConfig(
        task_type=peft.TaskType.SEQ_CLS,
        r=LORA_RANK,
        lora_alpha=2 * LORA_RANK,
        target_modules=LORA_TARGETS.get(model.config.model_type),
    )
    try:
        with warnings.catch_warnings():
            # peft asks for an attribute by the name it had in transformers 4.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            return peft.get_peft_model(model, chosen)
    except ValueError as error:
        raise SettingsError(
            f"method is 'lora'; allowed with {model.config.model_type} are full and frozen: peft does not "
            "know its layers."
        ) from error


@contextlib.contextmanager
def _usable(encoder: str, part: str) -> Iterator[None]:
    """EncoderError for whatever transformers raises while it loads: its errors have no class in common."""
    try:
        yield
    except Exception as error:
        raise EncoderError(
            f"{encoder} has no {part} that transformers can use ({type(error).__name__}); code that comes "
            "with a model is never run."
        ) from error


def rows_of(tokenizer: PreTrainedTokenizerBase, headlines: list[Headline], max_length: int) -> list[Row]:
    """What the model is given of each headline: token numbers, no padding, and the number of its label."""
    tokens = tokenizer([headline.text for headline in headlines], truncation=True, max_length=max_length)
    return [
        {name: values[number] for name, values in tokens.items()} | {"labels": label}
        for number, label in enumerate(measures.numbers(headlines))
    ]


def _length(row: Row) -> int:
    return len(row["input_ids"])


class Recorder(TrainerCallback):
    """Writes down what the Trainer does: every step's loss, every evaluation; and stops what is hopeless."""

    def __init__(self, settings: Settings, watch: Watch, started: float) -> None:
        self.settings, self.watch, self.started = settings, watch, started
        self.status = records.FINISHED
        self.evaluations: list[dict[str, Any]] = []
        self.steps: dict[str, list[float]] = {
            name: [] for name in ("step", "loss", "learning_rate", "grad_norm")
        }
        self.kept = 0  # the evaluation whose weights are given back
        self.log_probabilities: list[list[float]] = []
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.moved = False  # have the weights changed since they were last measured?
        self._latest: list[list[float]] = []
        self._measured: dict[str, dict[str, Any]] = {}
        self._now: dict[str, Any] = {}

    def measure(self, prediction: EvalPrediction) -> dict[str, float]:
        """For the Trainer's compute_metrics; the rest of what is measured stays here for on_evaluate."""
        scores = torch.from_numpy(np.asarray(prediction.predictions)).double()
        self._latest = log_softmax(scores, dim=-1).tolist()
        self._now = measures.measure(self._latest, np.asarray(prediction.label_ids).tolist())
        return {"accuracy": self._now["accuracy"], "macro_f1": self._now["macro_f1"]}

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **given: Any,
    ) -> None:
        part = "validation" if "eval_validation_loss" in given["metrics"] else "train"
        self._measured[part] = self._now
        if part == "train":
            return
        seconds = time.perf_counter() - self.started
        row = measures.evaluation(state.epoch or 0, state.global_step, **self._measured, seconds=seconds)
        self.evaluations.append(row)
        self.moved = False
        self._decide(row["validation_loss"], state, control, given["model"])
        if self.watch.evaluated is not None:
            self.watch.evaluated(row)

    def _decide(
        self, loss: float, state: TrainerState, control: TrainerControl, model: torch.nn.Module
    ) -> None:
        """Which weights are kept, and whether training goes on."""
        number, patience = len(self.evaluations) - 1, self.settings.early_stopping_patience
        best = self.evaluations[self.kept]["validation_loss"]
        if patience is None or number == 0 or loss < best:
            self.kept, self.log_probabilities = number, self._latest
            if patience is not None:
                self.best_weights = copy.deepcopy(model.state_dict())
        elif number - self.kept >= patience and state.global_step < state.max_steps:
            self.status = records.STOPPED_EARLY
            control.should_training_stop = True
        if not loss < HOPELESS * self.evaluations[0]["validation_loss"]:
            self._give_up(control)

    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        self.moved = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **given: Any,
    ) -> None:
        logs = given["logs"]
        if "grad_norm" not in logs:
            return
        self.steps["step"].append(state.global_step)
        for name in ("loss", "learning_rate", "grad_norm"):
            self.steps[name].append(logs[name])
        if self.watch.stepped is not None:
            self.watch.stepped(state.global_step, state.max_steps)
        if not math.isfinite(logs["loss"]):
            self._give_up(control)

    def _give_up(self, control: TrainerControl) -> None:
        self.status = records.DIVERGED
        control.should_training_stop = True


class LengthGroupedBatches(Sampler[int]):
    """Row numbers such that a batch has headlines of like length, and the batches come in any order.

    The Trainer's own grouping goes from long to short over and over: each epoch ends on short headlines, and
    the model leans towards them.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size = lengths, batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        rows = get_length_grouped_indices(self.lengths, self.batch_size, generator=self.generator)
        *batches, last = [rows[at : at + self.batch_size] for at in range(0, len(rows), self.batch_size)]
        for number in torch.randperm(len(batches), generator=self.generator).tolist():
            yield from batches[number]
        yield from last  # the one that may be smaller


class HeadlineTrainer(Trainer):
    """The Trainer with the schedules of lab.scratch, and the fault that can be asked for."""

    def __init__(self, settings: Settings, **others: Any) -> None:
        accumulates = settings.gradient_accumulation_steps > 1
        super().__init__(compute_loss_func=mean_of_the_step if accumulates else None, **others)
        self.settings = settings
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows: Any = self.train_dataset
        lengths = list(map(_length, rows))
        a_step = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthGroupedBatches(lengths, a_step, self.settings.seed)

    def _get_eval_sampler(self, eval_dataset: Any) -> SequentialSampler:
        # As they come: grouping by length would shuffle what is measured, too.
        return SequentialSampler(eval_dataset)

    def create_optimizer(self, model: torch.nn.Module | None = None) -> torch.optim.Optimizer:
        if self.settings.fault == "wrong-parameters":
            return super().create_optimizer(copy.deepcopy(self.model))
        return super().create_optimizer(model)

    def create_scheduler(
        self, num_training_steps: int, optimizer: Any = None
    ) -> torch.optim.lr_scheduler.LambdaLR:
        schedule = getattr(scratch, self.settings.lr_scheduler_type)
        warmup = self.args.get_warmup_steps(num_training_steps)
        scheduled: Any = optimizer or self.optimizer
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
            scheduled,
            lambda step: schedule(step, num_training_steps, warmup_steps=warmup),
        )
        return self.lr_scheduler


def mean_of_the_step(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor) -> torch.Tensor:
    """The part that some of a step's headlines have in its mean loss.

    The mean over each small batch would give the headlines of a last, smaller one more weight than others.
    """
    return cross_entropy(outputs.logits, labels, reduction="sum") / num_items_in_batch


def arguments(settings: Settings, folder: str) -> TrainingArguments:
    """The Trainer's arguments for these settings; `folder` is for what it may want to write.

    Of several GPUs the first is used: the Trainer would multiply the batch size by their number.
    """
    given = TrainingArguments(
        output_dir=folder,
        run_name=settings.run_id,
        learning_rate=settings.learning_rate or 0.0,
        warmup_steps=settings.warmup_steps,
        num_train_epochs=settings.num_train_epochs,
        per_device_train_batch_size=settings.per_device_train_batch_size,
        per_device_eval_batch_size=EVALUATION_BATCH,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm or 0.0,
        **OPTIMISERS[settings.optim],
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=settings.device == "cpu",
        bf16=settings.dtype == "bfloat16",
        eval_strategy="epoch",
        eval_on_start=True,
        logging_steps=1,
        logging_nan_inf_filter=False,  # hides the very thing this lab is there to show
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=False,
    )
    given._n_gpu = min(given.n_gpu, 1)
    return given


def tracker(name: str, settings: Settings) -> TrainerCallback:
    """What reports to a tracker that transformers knows; TensorBoard's log goes into TRACKED.

    Raises SettingsError where there is no such tracker, or it is not installed.
    """
    if name not in INTEGRATION_TO_CALLBACK:
        raise SettingsError(f"track is {name!r}; allowed are {', '.join(INTEGRATION_TO_CALLBACK)}.")
    try:
        found: Any = INTEGRATION_TO_CALLBACK[name]()
    except (ImportError, RuntimeError) as error:
        raise SettingsError(f"track is {name!r}, which is not installed here: pip install {name}.") from error
    if name == "tensorboard" and found.logging_dir is None:
        # A folder for each time: TensorBoard would draw two trainings in one folder as one line.
        found.logging_dir = str(TRACKED / settings.run_id / time.strftime("%Y-%m-%d-%H%M%S"))
    callback: TrainerCallback = found
    return callback


class CachedBody(torch.nn.Module):
    """Stands in for a frozen encoder: its output for each row, looked up by the row's number."""

    first: torch.Tensor
    pooled: torch.Tensor | None

    def __init__(self, first: torch.Tensor, pooled: torch.Tensor | None) -> None:
        super().__init__()
        # Buffers go to the device with the model; these are no part of what is kept.
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("pooled", pooled, persistent=False)

    def forward(self, input_ids: torch.Tensor, **_: Any) -> BaseModelOutputWithPooling:
        rows = input_ids[:, 0]
        pooled = None if self.pooled is None else self.pooled[rows]
        return BaseModelOutputWithPooling(
            last_hidden_state=self.first[rows].unsqueeze(1), pooler_output=pooled
        )


@torch.no_grad()
def cache_vectors(
    model: PreTrainedModel, rows: list[Row], collate: DataCollatorWithPadding
) -> torch.nn.Module:
    """Compute the frozen encoder's output for every row once, put a look-up in its place, and return it.

    Each row becomes the number of its vectors. Raises SettingsError for a model whose head reads
    more than the first token, as BERT's and DistilBERT's do not.
    """
    body: torch.nn.Module = model.base_model
    model.eval()
    ordered = sorted(rows, key=_length)
    if not reads_first_token_alone(model, collate(ordered[-8:])):
        raise SettingsError(
            f"method is 'frozen'; allowed with {model.config.model_type} are full and lora: its head reads "
            "more than the first token."
        )
    first, pooled = [], []
    for start in range(0, len(ordered), EVALUATION_BATCH):
        batch = collate(ordered[start : start + EVALUATION_BATCH])
        del batch["labels"]
        output = body(**batch)
        first.append(output.last_hidden_state[:, 0])
        if getattr(output, "pooler_output", None) is not None:
            pooled.append(output.pooler_output)
    cached = CachedBody(torch.cat(first), torch.cat(pooled) if pooled else None)
    setattr(model, model.base_model_prefix, cached)
    for number, row in enumerate(ordered):
        label, length = row["labels"], _length(row)
        row.clear()
        # As long as it was: rows of like length still make a batch.
        row.update(input_ids=[number] * length, attention_mask=[1] * length, labels=label)
    return body


def reads_first_token_alone(model: PreTrainedModel, batch: Mapping[str, torch.Tensor]) -> bool:
    """Are the scores the same when all that the head is given of the other tokens is 0?"""

    def blank(module: torch.nn.Module, given: Any, output: Any) -> None:
        output.last_hidden_state[:, 1:] = 0

    whole = model(**batch).logits
    hook = model.base_model.register_forward_hook(blank)
    try:
        return torch.equal(whole, model(**batch).logits)
    finally:
        hook.remove()


def probe(trainer: HeadlineTrainer) -> float:
    """Seconds that the run should take, from the gradients of a few batches; no weight is changed."""
    settings = trainer.settings
    model: Any = trainer.model
    rows: Any = trainer.train_dataset
    parts: Any = trainer.eval_dataset
    taken = []
    model.train()
    for _, batch in zip(range(4), trainer.get_train_dataloader(), strict=False):
        started = time.perf_counter()
        with torch.autocast(settings.device, torch.bfloat16, enabled=settings.dtype == "bfloat16"):
            loss = model(**batch.to(settings.device)).loss
        loss.backward()
        model.zero_grad()
        taken.append((time.perf_counter() - started) / len(batch["labels"]))
    learned = settings.num_train_epochs * len(rows)
    measured = (settings.num_train_epochs + 1) * sum(map(len, parts.values()))
    # Looking takes about a third of learning: no way back, no optimiser. The first batch warms up.
    return statistics.median(taken[1:] or taken) * (learned + measured / 3)


def keep(model: Any, tokenizer: PreTrainedTokenizerBase, body: torch.nn.Module | None, folder: Path) -> None:
    """Write the whole model and its tokenizer, as from_pretrained reads them."""
    if body is not None:
        setattr(model, model.base_model_prefix, body)
    if hasattr(model, "merge_and_unload"):
        model = copy.deepcopy(model).merge_and_unload()
    with _quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def predict(folder: Path, texts: list[str]) -> list[list[float]]:
    """The probability of each class for each text, by a model that `keep` wrote."""
    with _quiet():
        model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        return _probabilities(model, AutoTokenizer.from_pretrained(folder), texts)


def predict_untrained(settings: Settings, texts: list[str]) -> list[list[float]]:
    """The same before any training: the pretrained model with the new head that these settings start from."""
    with _quiet():
        folder = encoders.find(settings.encoder).folder
        return _probabilities(build(settings, folder), read(settings, folder), texts)


def _probabilities(model: Any, tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[list[float]]:
    """Of a long text no more is read than in training: the tokenizer knows how much that was."""
    tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        scores = model.eval()(**tokens).logits.double()
    found: list[list[float]] = scores.softmax(dim=-1).tolist()
    return found


def _sizes(model: torch.nn.Module) -> dict[str, int]:
    weights = list(model.parameters())
    return {
        "parameters": sum(weight.numel() for weight in weights),
        "trainable_parameters": sum(weight.numel() for weight in weights if weight.requires_grad),
    }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No reports and bars of transformers while it lasts: training never prints."""
    level = transformers.logging.get_verbosity()
    bar = transformers.utils.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)
        if bar:
            transformers.utils.logging.enable_progress_bar()

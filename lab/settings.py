"""Every dial of a training run of the lab, its allowed values, and the name a run has from them.

    from lab.settings import Settings
    Settings(preset="too-high", num_train_epochs=4, seed=1)

Named as in transformers where it has the dial. Standard library only: a page or a command can check a choice
before anything heavy is imported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lab import phrasebank

MINILM, TFIDF = "minilm", "tfidf"
DISTILBERT = "distilbert-base-uncased"
METHODS = ("full", "frozen", "lora")
OPTIMISERS = ("adamw", "sgd", "momentum")
SCHEDULES = ("constant", "linear", "cosine", "step", "exponential")
DTYPES = ("auto", "float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda", "mps")
FAULTS = ("none", "wrong-parameters")
# What each route's presets are. Those of MiniLM and of the word-count model are chosen from experiments; a
# model from the hub has the usual ones of its kind, which no run of ours has tried.
PRESETS: Mapping[str, Mapping[str, float]] = {
    MINILM: {"too-low": 1e-6, "just-right": 5e-5, "too-high": 5e-3},
    TFIDF: {"too-low": 1e-3, "just-right": 3.0, "too-high": 100.0},
    "hub": {"too-low": 1e-6, "just-right": 2e-5, "too-high": 5e-3},
}
# The word-count model has these dials and no others: SGDClassifier learns from one headline at a time.
TFIDF_DIALS = {
    *("preset", "learning_rate", "corpus", "agreement", "encoder", "num_train_epochs"),
    *("train_label_noise", "validation_label_noise", "train_subset", "seed"),
}
# Where a run was computed says nothing about what was asked of it, so these are not in its name.
MACHINE_DIALS = {"threads", "device"}


class SettingsError(ValueError):
    """A dial that cannot be set so: one sentence with the dial, its value and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """The dials of one training run.

    corpus: headlines, phrasebank (with `agreement` all, 75, 66 or 50; None is 75), or a CSV file's path.
    encoder: minilm, tfidf (the word-count model), or the name of a model on the Hugging Face Hub.
    method: full trains every weight, frozen the new head alone, lora the head and two small matrices of
    rank 8 beside each layer's query and value.
    learning_rate: None is the preset's; a rate given decides, and `preset` becomes the one of that rate or
    None.
    warmup_steps: steps, or below 1 the share of all steps. max_grad_norm: None is no clipping.
    dropout: probability, in all layers; None leaves the model's own.
    early_stopping_patience: evaluations without a new lowest validation loss before the run stops and takes
    the best weights back; None never stops.
    train_label_noise, validation_label_noise: share of that part's labels replaced by another, 0 to below 1.
    train_subset: how many headlines to train on; None is all. max_length: tokens of a headline that are read.
    dtype, threads, device: auto (threads None) takes what is fast on this machine; see lab.machine.
    fault: wrong-parameters hands the optimiser a copy's parameters. seed: draws the split, the subset, the
    noise, the head's first weights, dropout and the order of the headlines.
    """

    preset: str | None = "just-right"
    learning_rate: float | None = None
    corpus: str = "headlines"
    agreement: str | None = None
    encoder: str = MINILM
    method: str = "full"
    optim: str = "adamw"
    lr_scheduler_type: str = "constant"
    warmup_steps: float = 0
    num_train_epochs: int = 6
    per_device_train_batch_size: int = 16
    gradient_accumulation_steps: int = 1
    weight_decay: float = 0.01
    max_grad_norm: float | None = 1.0
    dropout: float | None = None
    early_stopping_patience: int | None = None
    train_label_noise: float = 0.0
    validation_label_noise: float = 0.0
    train_subset: int | None = 800
    max_length: int = 96
    dtype: str = "auto"
    threads: int | None = None
    device: str = "auto"
    fault: str = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, str) or not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", self.encoder):
            raise SettingsError(
                f"encoder is {self.encoder!r}; allowed are {MINILM}, {TFIDF} and the name or owner/name of a "
                "model on the hub."
            )
        if not isinstance(self.corpus, str) or not self.corpus:
            raise SettingsError(
                f"corpus is {self.corpus!r}; allowed are headlines, phrasebank and a file's path."
            )
        set_rate(self, self.presets)
        one_of(self, "method", METHODS)
        one_of(self, "optim", OPTIMISERS)
        one_of(self, "lr_scheduler_type", SCHEDULES)
        one_of(self, "dtype", DTYPES)
        one_of(self, "device", DEVICES)
        one_of(self, "fault", FAULTS)
        if self.agreement is not None:
            one_of(self, "agreement", phrasebank.FILES)
            if self.corpus != "phrasebank":
                raise SettingsError(
                    f"agreement is {self.agreement!r}; allowed with the corpus phrasebank alone."
                )
        for name in ("num_train_epochs", "per_device_train_batch_size", "gradient_accumulation_steps"):
            at_least(self, name, 1)
        at_least(self, "max_length", 4)
        at_least(self, "seed", 0)
        at_least(self, "warmup_steps", 0.0)
        if self.warmup_steps >= 1 and self.warmup_steps != int(self.warmup_steps):
            raise SettingsError(
                f"warmup_steps is {self.warmup_steps!r}; allowed is a whole number or a share below 1."
            )
        for name in ("weight_decay", "max_grad_norm", "dropout"):
            if getattr(self, name) is not None:
                at_least(self, name, 0.0)
        if self.max_grad_norm == 0:
            # transformers reads 0 as "no clipping", torch as "no gradient": either would surprise.
            raise SettingsError("max_grad_norm is 0; allowed is a number above 0, or none for no clipping.")
        for name in ("early_stopping_patience", "train_subset", "threads"):
            if getattr(self, name) is not None:
                at_least(self, name, 1)
        for name in ("train_label_noise", "validation_label_noise"):
            at_least(self, name, 0.0)
        for name in ("dropout", "train_label_noise", "validation_label_noise"):
            if (getattr(self, name) or 0) >= 1:
                raise SettingsError(f"{name} is {getattr(self, name)!r}; allowed is 0 to below 1.")
        if self.encoder == TFIDF:
            if not self.learning_rate:  # SGDClassifier takes none
                raise SettingsError(
                    "learning_rate is 0; allowed with the word-count model is a number above 0."
                )
            for dial in fields(self):
                if dial.name not in TFIDF_DIALS and getattr(self, dial.name) != dial.default:
                    raise SettingsError(
                        f"{dial.name} is {getattr(self, dial.name)!r}; the word-count model has no such "
                        f"dial, only {', '.join(sorted(TFIDF_DIALS))}."
                    )

    @property
    def presets(self) -> Mapping[str, float]:
        """The learning rate of each preset on this route."""
        return PRESETS.get(self.encoder, PRESETS["hub"])

    def as_dict(self) -> dict[str, Any]:
        """Every dial that this route has, but `preset`, which follows from the rate."""
        has = [dial.name for dial in fields(self) if self.encoder != TFIDF or dial.name in TFIDF_DIALS]
        return {name: getattr(self, name) for name in has if name != "preset"}

    @property
    def run_id(self) -> str:
        """The name of a run with these settings; auto counts as float32 (the record says what it took)."""
        where = MACHINE_DIALS | ({"dtype"} if self.dtype != "bfloat16" else set())
        return run_id(in_id(self.encoder), self, {"encoder", *where})


def from_text(chosen: Settings, dials: Collection[str]) -> Settings:
    """The settings with some dials changed, each given as text: learning_rate=3e-5, train_subset=none.

    A rate may also be written 0.00003, 3×10^-5 or 3x10^-5. Raises SettingsError.
    """
    known = {dial.name: dial for dial in fields(Settings)}
    values: dict[str, Any] = {}
    for text in dials:
        name, sign, value = text.partition("=")
        if not sign or name not in known:
            raise SettingsError(
                f"{text!r} sets no dial; allowed is NAME=VALUE with one of {', '.join(known)}."
            )
        values[name] = _value(name, value, str(known[name].type))
    if {"preset", "encoder"} & values.keys() and "learning_rate" not in values:
        # Each encoder has presets of its own; the rate so far was that of the preset so far.
        values = {"preset": chosen.preset, "learning_rate": None} | values
    return replace(chosen, **values)


def _value(name: str, text: str, kind: str) -> Any:
    if text.lower() == "none" and "None" in kind:
        return None
    if "str" in kind:
        return text
    plain = re.sub(r"\s*[×x]\s*10\^?", "e", text.strip()).replace("−", "-")
    for number in (int, float) if "float" in kind else (int,):
        try:
            return number(plain)
        except ValueError:
            pass
    wanted = "a number" if "float" in kind else "a whole number"
    raise SettingsError(f"{name} is {text!r}; allowed is {wanted}{' or none' if 'None' in kind else ''}.")


def set_rate(settings: Any, presets: Mapping[str, float]) -> None:
    """Let the preset give the rate, or the rate the preset; for the frozen settings of any route."""
    if settings.preset is not None:
        one_of(settings, "preset", presets)
    if settings.learning_rate is None:
        if settings.preset is None:
            raise SettingsError("learning_rate is None and so is preset: give one of them.")
        object.__setattr__(settings, "learning_rate", presets[settings.preset])
    else:
        named = next((name for name, rate in presets.items() if rate == settings.learning_rate), None)
        object.__setattr__(settings, "preset", named)
    at_least(settings, "learning_rate", 0.0)


def one_of(settings: Any, name: str, allowed: Collection[str]) -> None:
    if getattr(settings, name) not in allowed:
        raise SettingsError(f"{name} is {getattr(settings, name)!r}; allowed are {', '.join(allowed)}.")


def at_least(settings: Any, name: str, least: float) -> None:
    """Whole numbers where the least allowed is whole; no infinity, no text."""
    value = getattr(settings, name)
    kind = "a whole number" if isinstance(least, int) else "a finite number"
    allowed = int if isinstance(least, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed) or not least <= value < math.inf:
        raise SettingsError(f"{name} is {value!r}; allowed is {kind}, {least:g} or more.")


def run_id(route: str, settings: Any, ignored: Collection[str] = ()) -> str:
    """The route, the preset or the rate, each other dial that is not at its default, and the seed.

    So different settings have different names: page-model-rate-0-05-optim-adamw-seed-3.
    """
    others = {}
    for dial in fields(settings):
        value = getattr(settings, dial.name)
        if dial.name not in {"preset", "learning_rate", "seed", *ignored} and value != dial.default:
            others[dial.name.replace("_", "-")] = value
    dials = [f"{name}-{in_id(value)}" for name, value in (others | {"seed": settings.seed}).items()]
    return "-".join([route, settings.preset or f"rate-{in_id(settings.learning_rate)}", *dials])


def in_id(value: object) -> str:
    """A dial's value, every digit of it, as a run's id can hold it: 0.05 is 0-05, 1e+16 is 1e16."""
    if isinstance(value, int | float):
        text = str(float(value)).removesuffix(".0").replace("+", "")
    else:
        text = str(value).lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")

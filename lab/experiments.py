"""Which training runs does the book stand on, set of runs by set of runs?

    from lab.experiments import EXPERIMENTS, id_of
    for settings in EXPERIMENTS["learning-rate"].settings():
        print(id_of(settings))

`lab.sweep` computes them. Two sets may name the same run: it has one id, and is computed once. Standard
library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from lab import page_model
from lab.settings import MINILM, PRESETS, TFIDF, Settings, run_id

AnySettings: TypeAlias = Settings | page_model.Settings
Dials: TypeAlias = Mapping[str, Any]

RATES = (1e-6, 1e-5, 2e-5, 5e-5, 2e-4, 1e-3, 5e-3)
TFIDF_RATES = (0.001, 0.01, 0.1, 0.5, 3.0, 20.0, 100.0)
# The full method's are RATES.
METHOD_RATES = {"frozen": (1e-3, 1e-2, 3e-2, 1e-1), "lora": (1e-4, 3e-4, 1e-3, 3e-3)}
JUST_RIGHT = PRESETS[MINILM]["just-right"]
# Of each method's rates, the one whose validation loss got lowest: at seed 0, and of the full method on
# average over its five seeds.
BEST_RATE = {"full": JUST_RIGHT, "frozen": 1e-2, "lora": 1e-3}
NOISE = (0.10, 0.25, 0.40)
SUBSETS = (100, 200, 400, 800, 1600)
AGREEMENTS = ("all", "75", "66", "50")

# One thread and float32, so that most laptops can repeat a stored run.
minilm: Callable[..., AnySettings] = partial(Settings, dtype="float32", threads=1, device="cpu")
tfidf: Callable[..., AnySettings] = partial(Settings, encoder=TFIDF)


@dataclass(frozen=True)
class Block:
    """Each of these choices of dials at each of these seeds."""

    choices: Sequence[Dials]
    seeds: Sequence[int]


@dataclass(frozen=True)
class Experiment:
    """A set of runs: what it is in plain words, the dials that differ between its runs, and the runs."""

    name: str
    title: str
    compared: tuple[str, ...]
    blocks: tuple[Block, ...]
    route: Callable[..., AnySettings] = minilm

    def settings(self) -> list[AnySettings]:
        """Every run once, in the order to compute them: of each block all choices at seed 0, then at 1 ..."""
        ordered = [
            self.route(**dials, seed=seed)
            for block in self.blocks
            for seed in block.seeds
            for dials in block.choices
        ]
        return list(dict.fromkeys(ordered))


def id_of(settings: AnySettings) -> str:
    """The name of the run with these settings, whichever its route."""
    if isinstance(settings, page_model.Settings):
        return run_id(page_model.ROUTE, settings)
    return settings.run_id


def _each(dial: str, values: Sequence[Any], **others: Any) -> list[Dials]:
    return [{dial: value, **others} for value in values]


_ALL = (
    Experiment(
        "learning-rate",
        "What the learning rate does to MiniLM, on our own headlines and on real news",
        ("learning_rate", "corpus"),
        (
            Block(_each("learning_rate", RATES), range(5)),
            Block(_each("learning_rate", RATES, corpus="phrasebank", agreement="75"), range(3)),
        ),
    ),
    Experiment(
        "long",
        "What happens when training goes on for five times as long",
        ("learning_rate",),
        (Block(_each("learning_rate", (JUST_RIGHT, 4 * JUST_RIGHT), num_train_epochs=30), range(3)),),
    ),
    Experiment(
        "tfidf",
        "What the learning rate does to the word-count model",
        ("learning_rate",),
        (Block(_each("learning_rate", TFIDF_RATES), range(5)),),
        tfidf,
    ),
    Experiment(
        "method",
        "Training every weight, the new head alone, or small matrices beside the layers (LoRA)",
        ("method", "learning_rate"),
        (
            *(
                Block(_each("learning_rate", rates, method=name), range(1))
                for name, rates in METHOD_RATES.items()
            ),
            Block(
                [{"method": method, "learning_rate": rate} for method, rate in BEST_RATE.items()], range(3)
            ),
        ),
    ),
    Experiment(
        "label-noise",
        "What wrong labels do, in the headlines to train on alone and in those to measure on alone",
        ("train_label_noise", "validation_label_noise"),
        (
            Block(
                [{}, *_each("train_label_noise", NOISE), *_each("validation_label_noise", NOISE)],
                range(3),
            ),
        ),
    ),
    Experiment(
        "data-size",
        "What more headlines to train on bring",
        ("train_subset",),
        (Block(_each("train_subset", SUBSETS), range(3)),),
    ),
    Experiment(
        "agreement",
        "What it costs when the annotators of real news agree less",
        ("agreement",),
        (Block(_each("agreement", AGREEMENTS, corpus="phrasebank"), range(3)),),
    ),
    Experiment(
        "wrong-parameters",
        "An optimiser that was given the parameters of a copy: gradients flow and nothing moves",
        ("fault",),
        (Block([{"fault": "wrong-parameters"}], range(3)),),
    ),
    Experiment(
        "sgd-unclipped",
        "Plain SGD without gradient clipping at a far too high rate",
        ("optim", "max_grad_norm", "learning_rate"),
        (Block([{"optim": "sgd", "max_grad_norm": None, "learning_rate": 10.0}], range(3)),),
    ),
    Experiment(
        "page-model",
        "What the learning rate does to the page model",
        ("learning_rate",),
        (Block(_each("preset", tuple(page_model.PRESETS)), range(5)),),
        page_model.Settings,
    ),
    Experiment(
        "verdict",
        "Runs of MiniLM whose verdict was written down beforehand, at seeds of their own",
        ("learning_rate", "num_train_epochs", "corpus"),
        (
            Block(
                [
                    {"learning_rate": PRESETS[MINILM]["too-high"]},
                    {"learning_rate": 2e-5, "num_train_epochs": 3},
                ],
                range(5, 8),
            ),
            Block(_each("learning_rate", RATES, corpus="phrasebank", agreement="75"), range(3, 4)),
        ),
    ),
    Experiment(
        "verdict-tfidf",
        "Runs of the word-count model whose verdict was written down beforehand, at seeds of their own",
        ("learning_rate",),
        (Block(_each("learning_rate", (*PRESETS[TFIDF].values(), 0.1)), range(5, 10)),),
        tfidf,
    ),
    Experiment(
        "verdict-page-model",
        "Runs of the page model whose verdict was written down beforehand, at seeds of their own",
        ("learning_rate", "num_train_epochs", "lr_scheduler_type", "optim"),
        (
            Block(
                [
                    *_each("learning_rate", (0.002, 0.3, 0.5, 50.0, 300.0)),
                    # One per cent off the rate at each step: it stops where two epochs got it.
                    *_each("learning_rate", (1.0, 2.0), num_train_epochs=20, lr_scheduler_type="exponential"),
                    {"num_train_epochs": 30},
                    {"num_train_epochs": 30, "optim": "adamw", "learning_rate": 0.03},
                    {"num_train_epochs": 2},
                ],
                range(5, 10),
            ),
        ),
        page_model.Settings,
    ),
)
EXPERIMENTS: Mapping[str, Experiment] = {experiment.name: experiment for experiment in _ALL}

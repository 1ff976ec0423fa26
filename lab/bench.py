"""How fast does MiniLM train on this machine, our way and the way notebooks usually do?

    from lab import bench
    print(bench.table(bench.measure()))

One process measures everything with the same threads: whole runs first, then a ladder of ways to train, each
one change away from the one before. The ways train on the same headlines in turn, round after round, so that
what slows the machine for a while slows them all; the median of the rounds counts.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_utils import IntervalStrategy

from lab import encoders, finetune, machine, processor, training_data
from lab.corpus import LABELS
from lab.corpus_report import Table
from lab.records import RUNS
from lab.settings import Settings

FILE = RUNS.parent / "bench" / "training.json"
HEADLINES = 800  # all that a usual run trains on: of fewer, grouping by length would pad more
WARM_UP = 32  # headlines
ROUNDS = 3
EPOCHS = 4
MAX_LENGTH = 96
# Each of the 6 layers multiplies a token by 4 matrices of 384 x 384 and 2 of 384 x 1,536: two operations for
# each number of theirs on the way forward, and twice as many on the way back.
FLOP_PER_TOKEN = 3 * 2 * 6 * (4 * 384**2 + 2 * 384 * 1536)
LEAST_RATIO = {"float32": 2.2, "bfloat16": 3.5}
MOST_BYTES = 3e9

Rows = Sequence[finetune.Row]


def stock(
    tokenizer: PreTrainedTokenizerBase, rows: Rows, folder: str, padded_to: int | None, order: str, batch: int
) -> Trainer:
    """Plain transformers in float32, all its defaults; `padded_to` None pads to the longest of each batch."""
    trainer = Trainer(
        model=AutoModelForSequenceClassification.from_pretrained(
            encoders.minilm(), num_labels=len(LABELS), dtype=torch.float32
        ),
        args=TrainingArguments(
            output_dir=folder,
            learning_rate=2e-5,
            num_train_epochs=1,
            per_device_train_batch_size=batch,
            train_sampling_strategy=order,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        data_collator=DataCollatorWithPadding(
            tokenizer, padding="max_length" if padded_to else True, max_length=padded_to
        ),
        train_dataset=rows,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def ours(tokenizer: PreTrainedTokenizerBase, rows: Rows, folder: str, dtype: str) -> Trainer:
    """The lab's own Trainer, without its evaluations."""
    settings = Settings(num_train_epochs=1, dtype=dtype, device="cpu")
    args = finetune.arguments(settings, folder)
    args.eval_strategy, args.eval_on_start = IntervalStrategy.NO, False
    return finetune.HeadlineTrainer(
        settings,
        model=finetune.build(settings, encoders.minilm()),
        args=args,
        data_collator=DataCollatorWithPadding(tokenizer),
        train_dataset=rows,
    )


CLASSIC = f"the classic notebook: all padded to {MAX_LENGTH} tokens, batch 8"
OURS = {"float32": "ours in float32, products by oneDNN", "bfloat16": "ours in bfloat16"}
# Each does what the one above does, but for the change it is named for.
LADDER: Mapping[str, Callable[[PreTrainedTokenizerBase, Rows, str], Trainer]] = {
    CLASSIC: partial(stock, padded_to=MAX_LENGTH, order="random", batch=8),
    "padded to the longest of the batch": partial(stock, padded_to=None, order="random", batch=8),
    "grouped by length": partial(stock, padded_to=None, order="group_by_length", batch=8),
    "batch 16": partial(stock, padded_to=None, order="group_by_length", batch=16),
    OURS["float32"]: partial(ours, dtype="float32"),
    OURS["bfloat16"]: partial(ours, dtype="bfloat16"),
}


def bench(threads: int | None = None, store: bool = True) -> int:
    """Measure, print and store; 0 whether or not what must hold does. Raises EncoderError."""
    print("Some minutes; nothing else heavy may run beside it.")
    results = measure(threads)
    print(table(results), promises(results), sep="\n\n")
    if store:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(json.dumps(results, indent=1) + "\n", "utf-8", newline="\n")
        print(f"\nStored in {FILE}.")
    return 0


def measure(threads: int | None = None) -> dict[str, Any]:
    """All that is stored; `threads` None takes as many as torch does by itself, every core.

    `ladder`, by name: sentences_per_second (the median; `rounds` has each), ratio to the classic notebook,
    tokens_per_second (padding not counted) and share_of_limit (of what the products alone would allow).
    `limits`, by dtype: floating-point operations a second of a layer like MiniLM's largest, by `library`.
    `runs`, by dtype: seconds and cpu_seconds of a whole run with its evaluations. bfloat16 is missing from
    all three where it is not fast here. `peak_bytes`: the most memory this process had held by the end of
    those runs; None on Windows. Raises EncoderError.
    """
    with processor.threads(threads) as threads:
        dtypes = [dtype for dtype in OURS if dtype == "float32" or processor.bfloat16_is_fast()]
        runs = {dtype: whole_run(dtype, threads) for dtype in dtypes}
        peak = peak_bytes()  # now: the ladder holds all its models at once
        limits = {dtype: processor.flops(getattr(torch, dtype), seconds=1) for dtype in dtypes}
        data = training_data.prepare(Settings())
        tokenizer = AutoTokenizer.from_pretrained(encoders.minilm())
        rows = finetune.rows_of(tokenizer, data.train[:HEADLINES], MAX_LENGTH)
        left_out = {OURS[dtype] for dtype in OURS if dtype not in dtypes}
        speeds = in_turn(tokenizer, rows, [name for name in LADDER if name not in left_out])
    tokens = statistics.mean(len(row["input_ids"]) for row in rows)
    medians = {name: statistics.median(speed) for name, speed in speeds.items()}
    return {
        "ladder": {
            name: {
                "sentences_per_second": speed,
                "ratio": speed / medians[CLASSIC],
                "tokens_per_second": speed * tokens,
                "share_of_limit": speed * tokens * FLOP_PER_TOKEN / limits[dtype_of(name)],
                "rounds": speeds[name],
            }
            for name, speed in medians.items()
        },
        "headlines": len(rows),
        "tokens_per_headline": tokens,
        "limits": limits,
        "library": "oneDNN" if torch.backends.mkldnn.is_available() else "torch's own",  # type: ignore[no-untyped-call]
        "runs": runs,
        "epochs": EPOCHS,
        "peak_bytes": peak,
        "corpus": data.record,
        "environment": machine.environment(finetune.PACKAGES) | {"threads": threads},
    }


def dtype_of(name: str) -> str:
    return "bfloat16" if name == OURS["bfloat16"] else "float32"


def whole_run(dtype: str, threads: int) -> dict[str, float]:
    """seconds and cpu_seconds of the lab's usual run with EPOCHS epochs, its evaluations counted."""
    settings = Settings(num_train_epochs=EPOCHS, dtype=dtype, threads=threads, device="cpu")
    run = finetune.train(settings).run
    return {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds}


class Clock(TrainerCallback):
    """Seconds that the latest training took, from before its first batch to after its last step."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.seconds = -time.perf_counter()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.seconds += time.perf_counter()


def in_turn(tokenizer: PreTrainedTokenizerBase, rows: Rows, names: Sequence[str]) -> dict[str, list[float]]:
    """Sentences a second of each way, one figure a round."""
    speeds: dict[str, list[float]] = {name: [] for name in names}
    with finetune._quiet(), tempfile.TemporaryDirectory() as folder:
        trainers = {name: LADDER[name](tokenizer, rows[:WARM_UP], folder) for name in names}
        for trainer in trainers.values():
            trainer.train()
        clock = Clock()
        for trainer in trainers.values():
            trainer.add_callback(clock)
            trainer.train_dataset = rows
        for _ in range(ROUNDS):
            for name, trainer in trainers.items():
                trainer.train()
                speeds[name].append(len(rows) / clock.seconds)
    return speeds


def peak_bytes() -> int | None:
    """The most memory that this process has held at once so far; None on Windows, where Python cannot say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def table(results: Mapping[str, Any]) -> Table:
    """The ladder, a row for each way."""
    environment = results["environment"]
    rounds = len(results["ladder"][CLASSIC]["rounds"])
    return Table(
        f"{results['headlines']} headlines of {results['tokens_per_headline']:.1f} tokens, median of "
        f"{rounds} rounds; {environment['cpu']}, {environment['threads']} threads",
        ("way", "sentences/s", "ratio", "tokens/s", f"of {results['library']}'s limit"),
        [
            (
                name,
                f"{way['sentences_per_second']:.1f}",
                f"{way['ratio']:.2f}",
                f"{way['tokens_per_second']:,.0f}",
                f"{way['share_of_limit']:.0%}",
            )
            for name, way in results["ladder"].items()
        ],
    )


def promises(results: Mapping[str, Any]) -> Table:
    """What must hold and whether it does, and what a whole run takes, of which nothing is promised."""
    body = []
    for dtype, least in LEAST_RATIO.items():
        way = results["ladder"].get(OURS[dtype])
        found, result = (
            (f"{way['ratio']:.2f}", _result(way["ratio"] >= least)) if way else ("not fast here", "")
        )
        body.append((f"{dtype}, times the classic notebook's speed", found, f"at least {least}", result))
    peak = results["peak_bytes"]
    found, result = (f"{peak / 1e9:.2f}", _result(peak < MOST_BYTES)) if peak else ("not known here", "")
    body.append(("most memory of a whole run, GB", found, f"below {MOST_BYTES / 1e9:g}", result))
    for dtype, run in results["runs"].items():
        what = f"{results['corpus']['train']} headlines, {results['epochs']} epochs and evaluations"
        body.append((f"{what}, {dtype}, seconds", f"{run['seconds']:.0f}", "", ""))
    return Table("What it comes to", ("measure", "found", "must be", "result"), body)


def _result(holds: bool) -> str:
    return "holds" if holds else "does not hold"

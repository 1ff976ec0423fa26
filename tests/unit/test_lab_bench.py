"""The bench of training: each way trains as its name says, in turn, and the figures follow from it."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from transformers import AutoConfig, AutoTokenizer, TrainerCallback

from lab import bench, encoders, finetune, processor, training_data
from lab.settings import Settings

FLOPS = {torch.float32: 100e9, torch.bfloat16: 400e9}


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(encoders.minilm())


@pytest.fixture(scope="module")
def rows(tokenizer):
    return finetune.rows_of(tokenizer, training_data.prepare(Settings()).train[:320], bench.MAX_LENGTH)


@pytest.fixture
def short(monkeypatch):
    """A bench of seconds, on a machine where bfloat16 is fast; the whole runs are made up."""
    monkeypatch.setattr(bench, "HEADLINES", 16)
    monkeypatch.setattr(bench, "WARM_UP", 2)
    monkeypatch.setattr(processor, "bfloat16_is_fast", lambda: True)
    monkeypatch.setattr(processor, "flops", lambda dtype, seconds: FLOPS[dtype])
    run = SimpleNamespace(seconds=60.0, cpu_seconds=110.0)
    monkeypatch.setattr(finetune, "train", lambda settings: SimpleNamespace(run=run))


@pytest.fixture
def speeds(monkeypatch):
    """Made-up sentences a second in place of any training: the classic notebook's 20, ours 50 and 70."""
    made_up = {name: [20.0, 10.0, 30.0] for name in bench.LADDER}
    made_up[bench.OURS["float32"]] = [10.0, 50.0, 60.0]
    made_up[bench.OURS["bfloat16"]] = [70.0, 70.0, 70.0]
    monkeypatch.setattr(
        bench, "in_turn", lambda tokenizer, rows, names: {name: made_up[name] for name in names}
    )


@pytest.mark.parametrize("name", bench.LADDER)
def test_each_way_pads_and_groups_as_it_is_named(name, tokenizer, rows, tmp_path) -> None:
    trainer = bench.LADDER[name](tokenizer, rows, str(tmp_path))
    torch.manual_seed(0)
    batches = [batch["attention_mask"] for batch in trainer.get_train_dataloader()]
    widths = [mask.shape[1] for mask in batches]
    lengths = Counter(length for mask in batches for length in mask.sum(1).tolist())
    assert lengths == Counter(len(row["input_ids"]) for row in rows)  # all the headlines, each once
    names = list(bench.LADDER)
    assert len(batches[0]) == (8 if names.index(name) < names.index("batch 16") else 16)
    if name == bench.CLASSIC:
        assert set(widths) == {96}
    else:
        assert all(mask.sum(1).max() == mask.shape[1] for mask in batches)
        shown = sum(mask.numel() for mask in batches)
        real = sum(len(row["input_ids"]) for row in rows)
        assert (shown < 1.2 * real) == (names.index(name) >= names.index("grouped by length"))
    linear = {type(module) for module in trainer.model.modules() if isinstance(module, torch.nn.Linear)}
    quick = name == bench.OURS["float32"]
    assert linear == {processor.OneDnnLinear if quick else torch.nn.Linear}
    assert trainer.args.bf16 == (name == bench.OURS["bfloat16"])
    assert next(trainer.model.parameters()).dtype == torch.float32


def test_the_ways_take_turns_and_evaluations_are_not_counted(tokenizer, rows, monkeypatch) -> None:
    seen = []

    class Seen(TrainerCallback):
        def __init__(self, name):
            self.name = name

        def on_train_begin(self, *_, **__):
            seen.append(self.name)

        def on_evaluate(self, *_, **__):
            seen.append("evaluated")

    def watched(name, make):
        def made(*given):
            trainer = make(*given)
            trainer.eval_dataset = rows[:2]  # what a forgotten evaluation would need
            trainer.add_callback(Seen(name))
            return trainer

        return made

    monkeypatch.setattr(bench, "LADDER", {name: watched(name, bench.LADDER[name]) for name in bench.LADDER})
    monkeypatch.setattr(bench, "ROUNDS", 2)
    chosen = [bench.CLASSIC, bench.OURS["float32"]]
    speeds = bench.in_turn(tokenizer, rows[:16], chosen)
    assert seen == chosen * 3  # a warm-up and two rounds
    assert {name: len(speed) for name, speed in speeds.items()} == dict.fromkeys(chosen, 2)
    assert all(0.01 < value < 10_000 for speed in speeds.values() for value in speed)


def test_the_clock_runs_while_training_does(monkeypatch) -> None:
    now = iter([100.0, 104.0, 200.0, 201.0])
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(now))
    clock = bench.Clock()
    for expected in (4, 1):
        clock.on_train_begin()
        clock.on_train_end()
        assert clock.seconds == expected


def test_a_whole_ladder_is_measured(short, monkeypatch) -> None:
    monkeypatch.setattr(bench, "ROUNDS", 1)
    results = bench.measure(threads=1)
    assert list(results["ladder"]) == list(bench.LADDER)
    assert results["environment"]["threads"] == 1
    assert results["environment"]["packages"].keys() >= {"torch", "transformers"}
    assert results["corpus"]["train"] == 800
    assert results["limits"] == {"float32": 100e9, "bfloat16": 400e9}


def test_figures_follow_from_the_median_round(short, speeds) -> None:
    results = bench.measure(threads=1)
    classic, float32, bfloat16 = (results["ladder"][name] for name in (bench.CLASSIC, *bench.OURS.values()))
    assert (classic["sentences_per_second"], classic["ratio"]) == (20, 1)
    assert (float32["sentences_per_second"], float32["ratio"]) == (50, 2.5)
    tokens = results["tokens_per_headline"]
    assert 10 < tokens < 60
    assert float32["tokens_per_second"] == pytest.approx(50 * tokens)
    assert float32["share_of_limit"] == pytest.approx(50 * tokens * bench.FLOP_PER_TOKEN / 100e9)
    assert bfloat16["share_of_limit"] == pytest.approx(70 * tokens * bench.FLOP_PER_TOKEN / 400e9)


def test_a_token_s_cost_is_that_of_minilm_s_layers() -> None:
    model = finetune.build(Settings(), encoders.minilm())
    inside = sum(
        module.weight.numel()
        for module in model.base_model.encoder.modules()
        if isinstance(module, torch.nn.Linear)
    )
    assert 6 * inside == bench.FLOP_PER_TOKEN
    assert AutoConfig.from_pretrained(encoders.minilm()).num_hidden_layers == 6


def test_bfloat16_is_left_out_where_it_is_slow(short, speeds, monkeypatch) -> None:
    monkeypatch.setattr(processor, "bfloat16_is_fast", lambda: False)
    results = bench.measure(threads=1)
    assert bench.OURS["bfloat16"] not in results["ladder"]
    assert results["limits"].keys() == results["runs"].keys() == {"float32"}
    assert rows_of(bench.promises(results))["bfloat16"] == ("not fast here", "at least 3.5", "")


def rows_of(table):
    """The rows of promises by the first word of each, the others by their last."""
    return {row[0].split(",")[0]: row[1:] for row in table.rows}


@pytest.mark.parametrize(
    ("ratio", "peak", "result", "memory"),
    [
        (2.2, 1.2e9, "holds", ("1.20", "below 3", "holds")),
        (2.19, 3e9, "does not hold", ("3.00", "below 3", "does not hold")),
        (2.3, None, "holds", ("not known here", "below 3", "")),
    ],
)
def test_what_must_hold_is_said_to_or_not(short, speeds, ratio, peak, result, memory) -> None:
    results = bench.measure(threads=1)
    results["ladder"][bench.OURS["float32"]]["ratio"] = ratio
    results["peak_bytes"] = peak
    said = rows_of(bench.promises(results))
    assert said["float32"] == (f"{ratio:.2f}", "at least 2.2", result)
    assert said["bfloat16"] == ("3.50", "at least 3.5", "holds")
    assert said["most memory of a whole run"] == memory
    assert said["800 headlines"] == ("60", "", "")


def test_the_result_is_printed_and_stored_only_where_asked(
    short, speeds, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(bench, "FILE", tmp_path / "assets" / "bench" / "training.json")
    monkeypatch.setattr(bench, "LEAST_RATIO", {"float32": 99, "bfloat16": 99})
    assert bench.bench(threads=1, store=False) == 0
    assert "does not hold" in capsys.readouterr().out
    assert not bench.FILE.exists()
    assert bench.bench(threads=1) == 0
    stored = json.loads(bench.FILE.read_text("utf-8"))
    assert str(bench.FILE) in capsys.readouterr().out
    assert stored["ladder"][bench.CLASSIC]["rounds"] == [20, 10, 30]


@pytest.mark.skipif("sys.platform == 'win32'")
def test_peak_memory_is_in_bytes() -> None:
    held = bytearray(300_000_000)
    held[::4096] = b"x" * len(held[::4096])  # memory that nobody wrote to is not held
    assert len(held) < bench.peak_bytes() < 100e9

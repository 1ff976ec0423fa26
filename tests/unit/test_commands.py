"""The commands that train, as a reader meets them: what they say, store and refuse."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_stand_in import COMMIT, REPOSITORY, TINY, hub, little_runs, make_corpus, make_tiny

from lab import commands, page_model, records, training
from lab.__main__ import main
from lab.settings import Settings
from lab.training import Plan, Trained

PATIENCE = 120  # seconds; a busy machine is slow to start programs
Lab = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpus") / "some.csv")


@pytest.fixture(scope="module")
def dials(corpus: Path) -> list[str]:
    """A run that takes no time."""
    return ["--encoder", "tfidf", "--corpus", str(corpus), *sets(train_subset=100, num_train_epochs=2)]


@pytest.fixture(scope="module")
def tfidf(corpus: Path) -> Trained:
    return training.train(Settings(encoder="tfidf", corpus=str(corpus), train_subset=100, num_train_epochs=2))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def lab(capfd: pytest.CaptureFixture[str]) -> Lab:
    """A command, in this process: its exit code, and what it says on stdout and on stderr."""

    def lab(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return code, *capfd.readouterr()

    return lab


def sets(**dials: Any) -> list[str]:
    return [part for name, value in dials.items() for part in ("--set", f"{name}={value}")]


def is_one_sentence(text: str) -> bool:
    return text.endswith(".\n") and text.count("\n") == 1


def test_a_run_says_what_it_will_do_then_how_it_goes_then_how_it_ended(here: Path, dials: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "run", *dials],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    first, about_corpus, *middle, verdict, evidence, first_try, last = done.stdout.splitlines()
    assert re.fullmatch(
        r"tfidf: [\d,]+ parameters, [\d,]+ of them trained; 100 headlines to train on, \d+ to validate; "
        r"14 steps, float64 on cpu, 1 thread\.",
        first,
    )
    assert about_corpus.endswith("…") and "some.csv" in about_corpus and "180 rows" in about_corpus
    assert [line.partition(":")[0] for line in middle] == ["epoch 0", "epoch 1", "epoch 2"]
    assert re.fullmatch(
        r"epoch 2: training loss 0\.\d{3}, validation loss \d\.\d{3}, accuracy 0\.\d{3}, macro-F1 0\.\d{3}",
        middle[-1],
    )
    (file,) = stored(here)
    run = records.load(file.stem, here / "runs")
    assert verdict.startswith(f"finished: {run.verdict['name']}")
    assert (evidence, first_try) == (run.verdict["evidence"], run.verdict["first_try"])
    name = Path("runs") / file.name
    assert last == f"Stored in {name}. Keep its model: python -m lab save {run.id}"
    assert "/14 steps |" in done.stderr


def stored(here: Path) -> list[Path]:
    return [file for file in (here / "runs").glob("*.json") if not file.name.endswith(".answers.json")]


def test_its_model_is_asked_saved_and_reported(dials: list[str], lab: Lab, here: Path) -> None:
    lab("run", *dials)
    (file,) = stored(here)
    for name in (file.stem, str(file)):
        code, said, _ = lab("predict", name, "Sales rose by a tenth.", "Sales fell by a tenth.")
        head, first, *rows = said.splitlines()
        assert code == 0 and head.split() == ["negative", "neutral", "positive"]
        assert first == "Sales rose by a tenth." and rows[0] == "before       0.333     0.333     0.333"
        assert sum(map(float, rows[1].split()[1:])) == pytest.approx(1, abs=0.002)
    assert lab("save", file.stem)[:2] == (
        0,
        f"{Path('models') / file.stem} holds the model and lineage.json.\n",
    )
    code, said, _ = lab("report", file.stem)
    assert code == 0 and file.stem in said


def test_the_hint_to_save_holds_for_any_folder(dials: list[str], lab: Lab) -> None:
    code, said, _ = lab("run", *dials, "--folder", "else where")
    assert code == 0
    name = said.splitlines()[-1].partition("python -m lab save ")[2]
    lab("run", *dials, "--set", "seed=1")  # so that the latest model is another
    code, said, _ = lab("save", name)
    assert (code, said.splitlines()[-1]) == (0, f"models/{Path(name).stem} holds the model and lineage.json.")
    assert "14 steps" in said  # trained again, and shown


def test_a_history_that_did_not_come_out_again_is_said(tfidf: Trained, lab: Lab) -> None:
    loss = [*tfidf.run.steps["loss"][:-1], 9.0]
    file = records.save(replace(tfidf.run, steps=tfidf.run.steps | {"loss": loss}), Path("theirs"))
    code, said, _ = lab("save", str(file))
    assert code == 0
    assert said.splitlines()[-1].startswith("The run was trained again here, and its history differs")


def test_a_tracked_run_says_where_its_log_is(tmp_path: Path, lab: Lab) -> None:
    with little_runs(tmp_path) as settings:
        chosen = ["--encoder", TINY, "--corpus", settings().corpus]
        dials = sets(learning_rate=1e-3, train_subset=32, num_train_epochs=1, device="cpu", dtype="float32")
        code, said, _ = lab("run", *chosen, *dials, "--track", "tensorboard")
    assert code == 0
    first, *_, last = said.splitlines()
    assert re.search(
        r"32 headlines to train on, .*; 2 steps, .*; about \d+ seconds on this machine\.$", first
    )
    assert last == f"See its log: tensorboard --logdir {Path('runs') / 'tracked'}"
    assert list(Path("runs/tracked").rglob("events.*"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--preset", "wild"], "preset is 'wild'; allowed are too-low, just-right, too-high."),
        (["--seed", "x"], "seed is 'x'; allowed is a whole number."),
        (sets(learning_rate="fast"), "learning_rate is 'fast'; allowed is a number or none."),
        (["--set", "nonsense"], "'nonsense' sets no dial"),
        (sets(method="lora"), "method is 'lora'; the word-count model has no such dial"),
        (["--encoder", "minilm", *sets(device="mps")], "device is 'mps', which is not here"),
        (["--encoder", "a b"], "encoder is 'a b'; allowed are"),
        (["--encoder", TINY], f"{TINY} cannot be had ("),
        (["--corpus", "missing.csv"], "No corpus 'missing.csv'"),
        (sets(train_subset=10_000), "train_subset is 10000; allowed is at most "),
        (["--track", "tensorboard"], "track is 'tensorboard'; allowed with the word-count model is none."),
        (["--encoder", "minilm", "--track", "board"], "track is 'board'; allowed are "),
        (["--folder", "file/below"], "file cannot be written to; allowed is a folder of your own."),
    ],
)
def test_a_wrong_choice_is_one_sentence_and_nothing_is_written(
    wrong: list[str],
    said: str,
    dials: list[str],
    here: Path,
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    (here / "file").write_text("", "utf-8")
    code, out, error = lab("run", *dials, *wrong)
    assert (code, out) == (1, "")
    assert is_one_sentence(error) and error.startswith(said)
    assert [file.name for file in here.iterdir()] == ["file"]


def test_of_a_file_with_many_faults_twenty_are_shown(here: Path, lab: Lab) -> None:
    rows = "".join(f"{number},Sales rose.,good\n" for number in range(30))
    (here / "bad.csv").write_text("id,text,label\n" + rows, "utf-8")
    code, out, error = lab("run", "--encoder", "tfidf", "--corpus", "bad.csv")
    lines = error.splitlines()
    assert (code, out, len(lines)) == (1, "", 21)
    assert lines[0].startswith("bad.csv, line") and lines[-1].startswith("… and ")


def test_a_folder_that_may_not_be_written_to_is_said_before_the_training(
    dials: list[str], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: not (mode == os.W_OK and Path(place) == Path()))
    monkeypatch.setattr(training, "train", None)
    for folder in (["--folder", "runs/mine"], []):
        code, out, error = lab("run", *dials, *folder)
        assert (code, out, error) == (1, "", ". cannot be written to; allowed is a folder of your own.\n")


def test_a_full_disk_is_one_sentence(dials: list[str], lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Path:
        raise OSError(28, "No space left on device", "runs/some.json")

    monkeypatch.setattr(records, "save", full)
    code, _, error = lab("run", *dials)
    assert (code, error.splitlines()[-1]) == (
        1,
        "runs/some.json cannot be read or written: No space left on device.",
    )


def test_a_package_that_is_missing_is_named(
    dials: list[str], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert lab("run", *dials) == (1, "", "tqdm is missing: pip install -r requirements.txt.\n")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["save", "nothing"], "there is no stored run 'nothing' in runs"),
        (["report", "No Name"], "run id 'No Name': only lower-case letters"),
        (
            ["predict", "nothing", "text"],
            "There is no model of the run 'nothing': python -m lab save nothing",
        ),
        (["save", "missing.json"], "missing.json cannot be read or written: No such file or directory."),
        (["predict", "text.json", "text"], "text.json is not a run file of schema 2: "),
        (["save", "page.json"], "page-model-just-right-seed-0 is a run of the page model"),
        (["sweep", "nothing"], "there is no experiment 'nothing'; allowed are "),
    ],
)
def test_any_other_command_is_as_plain(command: list[str], said: str, here: Path, lab: Lab) -> None:
    (here / "text.json").write_bytes(b"\xff")
    run = page_model.run(page_model.Settings(num_train_epochs=1))
    records.save(replace(run, id="page-model-just-right-seed-0"), here).rename("page.json")
    code, out, error = lab(*command)
    assert (code, out) == (1, "")
    assert error.startswith(said) and error.count("\n") == 1
    assert sorted(file.name for file in here.iterdir()) == ["page.json", "text.json"]


# Ctrl-C


def test_ctrl_c_before_anything_is_measured_is_one_sentence(
    dials: list[str], lab: Lab, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    def interrupted(*_: Any) -> Trained:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    code, out, error = lab("run", *dials)
    assert (code, out, error) == (1, "", "Stopped; nothing is stored.\n")
    assert list(here.iterdir()) == []


def test_a_run_that_is_interrupted_replaces_no_finished_one(
    tfidf: Trained, dials: list[str], lab: Lab, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    def files() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in here.rglob("*") if file.is_file()}

    interrupted = replace(tfidf, run=replace(tfidf.run, status=records.INTERRUPTED))
    monkeypatch.setattr(training, "train", lambda *_: interrupted)
    for _ in range(2):  # one interrupted run replaces another
        code, said, _ = lab("run", *dials)
        assert code == 0 and "Stored in " in said
    monkeypatch.setattr(training, "train", lambda *_: tfidf)
    assert lab("run", *dials)[0] == 0
    before = files()
    monkeypatch.setattr(training, "train", lambda *_: interrupted)
    code, said, _ = lab("run", *dials)
    assert code == 1 and files() == before
    (file,) = stored(here)
    assert said.splitlines()[-1] == f"Not stored: runs/{file.name} is a finished run of the same name."


def test_a_sweep_that_is_stopped_says_how_it_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab import sweep

    def stopped(*_: Any, on_progress: Callable[[str], None]) -> list[str]:
        on_progress("3/9 runs done")
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "sweep", stopped)
    code, out, error = lab("sweep", "tfidf")
    assert (code, out) == (1, "")
    assert error.split("\n") == [f"\r{'3/9 runs done':79}", "Stopped: start the sweep again to go on.", ""]


def test_a_real_ctrl_c_stores_the_run_as_far_as_it_came(tmp_path: Path, corpus: Path, here: Path) -> None:
    model = make_tiny(tmp_path / "tiny")
    dials = sets(learning_rate=1e-3, train_subset=64, num_train_epochs=5000, device="cpu", dtype="float32")
    # Tests that run in the background are deaf to it, and so would be what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with (
        hub(TINY, COMMIT, {file.name: file for file in model.iterdir()}) as server,
        subprocess.Popen(
            [sys.executable, "-u", "-m", "lab", "run", "--encoder", TINY, "--corpus", str(corpus), *dials],
            env=server.environment(tmp_path / "home") | {"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        try:
            said = until("epoch 1:", process)
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0, error
    assert "Traceback" not in error
    assert re.match(r"downhill/tiny: .*; 20,000 steps, .*; about \d+\.\d minutes on this machine\.", said[0])
    assert "\ninterrupted: " in "".join(said) + out
    (file,) = stored(here)
    run = records.load(file.stem, here / "runs")
    assert run.status == records.INTERRUPTED
    assert run.evaluations[-1]["step"] == run.steps["step"][-1] < 20_000
    assert set(records.answers(run.id, here / "runs")) and (here / "runs" / "latest-model").is_dir()


def until(start: str, process: subprocess.Popen[str]) -> list[str]:
    """The lines that a program prints up to the one that starts so."""
    assert process.stdout is not None
    lines, ends = [], time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        lines.append(process.stdout.readline())
        if lines[-1].startswith(start):
            return lines
    raise AssertionError(f"no line starts with {start!r}: {lines}")


# The rest


def test_the_time_a_run_should_take_is_said_in_minutes_or_seconds() -> None:
    plan = Plan("minilm", 5000, 1155, 800, 465, 300, "float32", "cpu", 2, seconds=None)
    assert commands.in_words(plan) == (
        "minilm: 5,000 parameters, 1,155 of them trained; 800 headlines to train on, 465 to validate; "
        "300 steps, "
        "float32 on cpu, 2 threads."
    )
    assert commands.in_words(replace(plan, seconds=59.4)).endswith("; about 59 seconds on this machine.")
    assert commands.in_words(replace(plan, seconds=90)).endswith("; about 1.5 minutes on this machine.")


def test_bench_measures_with_the_threads_that_are_asked_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab import bench

    asked: list[int | None] = []
    monkeypatch.setattr(bench, "bench", lambda threads: asked.append(threads) or 0)
    assert lab("bench")[0] == lab("bench", "--threads", "1")[0] == 0
    assert lab("bench", "--threads", "0") == (1, "", "threads is 0; allowed is a whole number, 1 or more.\n")
    assert asked == [None, 1]

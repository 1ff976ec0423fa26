"""Sweeps that are really killed: a worker, the sweep itself, the scheduler."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lab import page_model, records, sweep, training
from lab.experiments import id_of, tfidf

ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds; a busy machine is slow to start processes
# Learning rates at which a run does not simply end.
RAISES, DIES, GOES_ON = 13, 666, 60
# A sweep of cheap runs whose workers write down what they begin, and where.
SCRIPT = f"""
import json, os, sys, time
from pathlib import Path
from lab import page_model, sweep
from lab.experiments import EXPERIMENTS, Block, Experiment

folder, workers, scheduler = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] or None
choices = [dict(learning_rate=rate, num_train_epochs=1, train_subset=50) for rate in json.loads(sys.argv[4])]
EXPERIMENTS["cheap"] = Experiment("cheap", "", (), (Block(choices, range(1)),), page_model.Settings)

def logged(settings):
    rate = settings.learning_rate
    began = dict(rate=rate, pid=os.getpid(), folder=os.getcwd(), torch="torch" in sys.modules)
    began["environment"] = {{name: os.environ.get(name) for name in (*sweep.ENVIRONMENT, "MALLOC_ARENA_MAX")}}
    with (folder / "began.jsonl").open("a") as log:
        log.write(json.dumps(began) + "\\n")
    if rate == {RAISES}:
        raise RuntimeError("bad luck\\nand more of it")
    if rate == {DIES}:
        os._exit(1)
    while rate == float(os.environ.get("HELD", "nan")) and not (folder / "go").exists():
        time.sleep(0.05)
    time.sleep(60 if rate == {GOES_ON} else 0.5)
    return sweep.compute(settings)[0], {{"h1": [1.0, 0.0, 0.0]}}

sweep.compute = logged
sweep.LOOK_AGAIN = 0.5
sweep.CONFIG["distributed.deploy.lost-worker-timeout"] = os.environ.get("LOST", "60s")
try:
    failed = sweep.sweep("cheap", folder, scheduler, workers, lambda now: print(now, flush=True))
except sweep.SweepError as error:
    sys.exit(str(error))
print(*failed, sep="\\n", file=sys.stderr, end="")
sys.exit(bool(failed))
"""


def run_id(rate):
    return id_of(page_model.Settings(learning_rate=rate, num_train_epochs=1, train_subset=50))


@pytest.fixture
def start():
    """Start a command; whatever of it is left at the end of the test is ended."""
    started = []

    def start(*command, **options):
        # Sixteen threads would be a bad choice, and a user may have made it.
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "16"}
        process = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def begin(start, tmp_path):
    """Start a sweep over such rates; its runs go to the test's folder."""

    def begin(*rates, workers=2, scheduler=""):
        return start(sys.executable, "-c", SCRIPT, tmp_path, workers, scheduler, json.dumps(rates))

    return begin


def until(found):
    """What `found` returns, as soon as it is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if something := found():
            return something
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE} s in vain")


def began(folder):
    log = folder / "began.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def ended(process):
    """Its exit status, and what it printed."""
    output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


def test_a_killed_worker_is_replaced_and_its_run_repeated(begin, monkeypatch, tmp_path):
    monkeypatch.setenv("HELD", "1")  # until it is killed
    monkeypatch.setenv("LOST", "0s")  # so that Dask gives the worker up, which it may do on a busy machine
    process = begin(1, 2, workers=1)
    first = until(lambda: began(tmp_path))[0]["pid"]
    listening = [
        connection.laddr.ip
        for pid in (process.pid, first)
        for connection in psutil.Process(pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    psutil.Process(first).kill()
    assert not records.ids(tmp_path)
    (tmp_path / "go").touch()
    code, output, errors = ended(process)
    assert (code, errors) == (0, "")
    assert output.splitlines()[-1] == "2/2 runs done, 0 running"
    assert records.ids(tmp_path) == sorted(map(run_id, (1, 2)))
    assert all(records.answers(name, tmp_path) == {"h1": [1, 0, 0]} for name in records.ids(tmp_path))
    assert [one["rate"] for one in began(tmp_path)] == [1, 1, 2]
    assert len({one["pid"] for one in began(tmp_path)}) == 2
    assert set(listening) == {"127.0.0.1"}
    for one in began(tmp_path):
        assert not one["torch"]
        assert one["environment"] == {
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            "TOKENIZERS_PARALLELISM": "false",
            "MALLOC_ARENA_MAX": "1",
        }


def test_a_killed_sweep_leaves_no_workers_and_goes_on_where_it_was(begin, monkeypatch, tmp_path):
    monkeypatch.setenv("HELD", "2")  # until the sweep is killed
    process = begin(1, 2, workers=1)
    until(lambda: records.ids(tmp_path) and len(began(tmp_path)) == 2)
    process.kill()
    process.wait()
    until(lambda: not any(psutil.pid_exists(one["pid"]) for one in began(tmp_path)))
    assert records.ids(tmp_path) == [run_id(1)]
    (tmp_path / "go").touch()
    code, output, errors = ended(begin(1, 2, workers=1))
    assert (code, errors) == (0, "")
    assert output.splitlines()[0] == "1/2 runs done, 1 running"
    assert [one["rate"] for one in began(tmp_path)] == [1, 2, 2]
    # Nothing is left to do, so no worker is started.
    assert ended(begin(1, 2)) == (0, "2/2 runs done, 0 running\n", "")
    assert len(began(tmp_path)) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups of this kind")
def test_what_a_terminal_interrupts_ends_at_once_and_its_workers_say_nothing(begin, tmp_path):
    process = begin(GOES_ON, workers=1)
    until(lambda: began(tmp_path))
    os.killpg(process.pid, signal.SIGINT)
    _, _, errors = ended(process)
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")
    assert not psutil.pid_exists(began(tmp_path)[0]["pid"])


def test_a_run_that_raises_or_kills_is_told_in_one_line_and_the_others_go_on(begin, tmp_path):
    code, output, errors = ended(begin(RAISES, DIES, 1, workers=1))
    assert code == 1
    assert errors.splitlines() == [
        f"{run_id(RAISES)}: RuntimeError: bad luck",
        f"{run_id(DIES)}: 3 workers died while they computed it",
    ]
    assert [one["rate"] for one in began(tmp_path)] == [RAISES, DIES, DIES, DIES, 1]
    assert records.ids(tmp_path) == [run_id(1)]
    assert output.splitlines()[-1] == "1/3 runs done, 0 running, 2 failed"


def test_any_dask_cluster_will_do_and_one_that_goes_away_is_told(begin, start, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = tmp_path / "scheduler"
    dask = Path(sys.executable).with_name("dask")
    here = ("--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard")
    cluster = start(dask, "scheduler", *here, "--port", 0, "--dashboard-address", "127.0.0.1:0")
    start(dask, "worker", *here, "--nthreads", 1, cwd=elsewhere)
    address = until(lambda: file.exists() and file.read_text() and json.loads(file.read_text())["address"])
    assert ended(begin(1, scheduler=address))[0] == 0
    assert records.ids(tmp_path) == [run_id(1)]
    assert [one["folder"] for one in began(tmp_path)] == [str(elsewhere)]

    process = begin(GOES_ON, scheduler=address)
    until(lambda: len(began(tmp_path)) == 2)
    cluster.kill()
    code, _, errors = ended(process)
    assert code == 1
    assert errors.splitlines()[-1] == f"the scheduler {address} went away; start the sweep again to go on."


@pytest.mark.parametrize(
    ("name", "others", "said"),
    [
        ("learning", {}, "^there is no experiment 'learning'; allowed are learning-rate, "),
        ("learning-rate", {"workers": 0}, "^workers is 0; allowed is 1 or more.$"),
        (
            "learning-rate",
            {"scheduler": "127.0.0.1"},
            "^no Dask scheduler answers at '127.0.0.1'; allowed is",
        ),
    ],
)
def test_what_cannot_be_swept_is_said_in_one_sentence(name, others, said, tmp_path):
    with pytest.raises(sweep.SweepError, match=said):
        sweep.sweep(name, tmp_path, **others)


def test_a_run_counts_as_stored_where_it_ended_and_its_settings_are_the_ones_asked_for(tmp_path):
    wanted = tfidf(preset="just-right", num_train_epochs=1, train_subset=100)
    run = training.run(wanted)
    file = tmp_path / f"{run.id}.json"
    assert not sweep.stored(wanted, tmp_path)
    records.save(run, tmp_path)
    assert sweep.stored(wanted, tmp_path)
    records.save(replace(run, status=records.DIVERGED), tmp_path)
    assert sweep.stored(wanted, tmp_path)
    records.save(replace(run, status=records.INTERRUPTED), tmp_path)
    assert not sweep.stored(wanted, tmp_path)
    records.save(replace(run, settings={**run.settings, "learning_rate": 0.3}), tmp_path)
    assert not sweep.stored(wanted, tmp_path)
    file.write_text(file.read_text()[:-100])
    assert not sweep.stored(wanted, tmp_path)


def test_a_worker_with_several_threads_still_computes_one_run_at_a_time(monkeypatch):
    events = []

    def train(settings):
        events.append("begin")
        time.sleep(0.05)
        events.append("end")
        return training.Trained(settings, {"h1": [1, 0, 0]}, lambda folder: None)

    monkeypatch.setattr(training, "train", train)
    with ThreadPoolExecutor(2) as threads:
        computed = list(threads.map(sweep.compute, [tfidf(seed=0), tfidf(seed=1)]))
    assert computed == [(tfidf(seed=seed), {"h1": [1, 0, 0]}) for seed in (0, 1)]
    assert events == ["begin", "end", "begin", "end"]


def test_a_run_of_the_page_model_has_a_record_and_its_answers():
    settings = page_model.Settings(num_train_epochs=1, train_subset=50)
    run, answers = sweep.compute(settings)
    assert run.id == id_of(settings)
    assert len(answers) == run.corpus["validation"]


@pytest.mark.parametrize(
    ("seconds", "left", "workers", "minutes"),
    [([], 5, 2, None), ([60.0, 180.0], 8, 4, 4.0), ([120.0], 1, 4, 2.0), ([120.0], 0, 4, 0.0)],
)
def test_minutes_left_follow_from_the_runs_that_finished(seconds, left, workers, minutes):
    assert sweep.minutes_left(seconds, left, workers) == minutes


def test_progress_is_one_line():
    assert str(sweep.Progress(35, 0, 2, 0, None)) == "0/35 runs done, 2 running"
    assert (
        str(sweep.Progress(35, 12, 2, 1, 13.6)) == "12/35 runs done, 2 running, 1 failed, about 14 min left"
    )
    assert str(sweep.Progress(35, 34, 1, 0, 0.2)) == "34/35 runs done, 1 running, about 1 min left"
    assert str(sweep.Progress(35, 35, 0, 0, 0.0)) == "35/35 runs done, 0 running"

"""Compute every run of an experiment, on all cores of this machine or on a Dask cluster.

    from lab.sweep import sweep
    sweep("learning-rate", on_progress=print)

Each run is stored as soon as it is there, and what is stored is not computed again: a sweep that was cut
short is started once more, and has lost at most the runs in progress. A worker that dies is started afresh,
and its run repeated.

For many machines start `dask scheduler` on one and `dask worker ADDRESS --nworkers -1 --nthreads 1` on each,
all with the same version of the lab, and give `scheduler=ADDRESS`. Settings go there and records come back,
so they need no common disk, but each must reach the corpus. Whoever reaches a Dask scheduler can run any code
on its workers: keep it inside a network you trust.
"""

# Most of distributed has no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import TypeAlias

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster, wait
from distributed.comm.core import CommClosedError

from lab import page_model, records, training
from lab.experiments import EXPERIMENTS, AnySettings, id_of

# Waiting threads that spin would take the other workers' time.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
}
_EARLY = "distributed.nanny.pre-spawn-environ."
CONFIG = {
    # How long a worker that died may take to come back; a busy machine needs more than Dask's 15 s.
    "distributed.deploy.lost-worker-timeout": "60s",
    # Read when a process starts. Dask would give freed memory back at once, and a thread's own arena does so
    # too: a run then spends as long on fetching memory again as on training.
    f"{_EARLY}MALLOC_TRIM_THRESHOLD_": 2**30,
    f"{_EARLY}MALLOC_MMAP_THRESHOLD_": 2**30,
    f"{_EARLY}MALLOC_ARENA_MAX": 1,
}
DEATHS = 3  # of workers, until the run that was on them is given up
LOOK_AGAIN = 5.0  # seconds until a worker that joined is given a run, and a lost one replaced
Computed: TypeAlias = tuple[records.Run, records.Answers]
_alone = threading.Lock()


class SweepError(ValueError):
    """A sweep that cannot start or go on: one sentence with what, where and what is allowed."""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is, in runs; `done` counts those that were stored before.

    `minutes_left` follows from the runs that this sweep has finished; None before the first.
    """

    total: int
    done: int
    running: int
    failed: int
    minutes_left: float | None

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        left = f", about {max(1, round(self.minutes_left))} min left" if self.minutes_left else ""
        return f"{self.done}/{self.total} runs done, {self.running} running{failed}{left}"


def sweep(
    name: str,
    folder: Path = records.RUNS,
    scheduler: str | None = None,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[str]:
    """Compute and store the runs of an experiment that are not stored in `folder` yet.

    `scheduler` is the address of a Dask scheduler; without, `workers` processes (None: one for each core) are
    started here, reachable from this machine alone. Returns a line for each run that raised; the others went
    on. Raises SweepError.
    """
    if name not in EXPERIMENTS:
        raise SweepError(f"there is no experiment {name!r}; allowed are {', '.join(EXPERIMENTS)}.")
    if workers is not None and workers < 1:
        raise SweepError(f"workers is {workers}; allowed is 1 or more.")
    wanted = EXPERIMENTS[name].settings()
    waiting = deque(settings for settings in wanted if not stored(settings, folder))
    tell = on_progress or (lambda progress: None)
    if not waiting:
        tell(Progress(len(wanted), len(wanted), 0, 0, None))
        return []
    with _client(scheduler, min(workers or CPU_COUNT, len(waiting))) as client:
        try:
            return _work(client, waiting, len(wanted), folder, tell)
        except (CancelledError, CommClosedError) as error:
            raise SweepError(
                f"the scheduler {scheduler or 'of this sweep'} went away; start the sweep again to go on."
            ) from error


def stored(settings: AnySettings, folder: Path) -> bool:
    """Is there a finished run of these very settings? A preset's name may have stood for another rate."""
    try:
        run = records.load(id_of(settings), folder)
    except (ValueError, OSError):
        return False
    wanted = asdict(settings)
    same = all(wanted[dial] == value for dial, value in run.settings.items() if dial in wanted)
    return same and run.status != records.INTERRUPTED


def compute(settings: AnySettings) -> Computed:
    """What a worker does. Its model stays there: only the record and the answers travel."""
    # A process has one random state, which every run seeds: two at once could not be repeated.
    with _alone:
        if isinstance(settings, page_model.Settings):
            return page_model.train(settings)
        trained = training.train(settings)
        return trained.run, trained.answers


def _work(
    client: Client,
    waiting: deque[AnySettings],
    total: int,
    folder: Path,
    tell: Callable[[Progress], None],
) -> list[str]:
    """Give each worker one run at a time, so that the order is kept and no worker sits on a queue."""
    running: dict[Future[Computed], AnySettings] = {}
    seconds: list[float] = []
    deaths: Counter[AnySettings] = Counter()
    failed: list[str] = []
    told = None
    while True:
        if client.cluster is not None:
            # Dask by itself does not replace a worker that was not back in time.
            client.cluster.scale(len(client.cluster.worker_spec))
        workers = max(1, len(client.nthreads()))
        while waiting and len(running) < workers:
            settings = waiting.popleft()
            running[client.submit(compute, settings, pure=False)] = settings
        left = len(waiting) + len(running)
        minutes = minutes_left(seconds, left, workers)
        progress = Progress(total, total - left - len(failed), len(running), len(failed), minutes)
        if progress != told:
            tell(progress)
            told = progress
        if not left:
            return failed
        with contextlib.suppress(TimeoutError):
            wait(list(running), timeout=LOOK_AGAIN, return_when="FIRST_COMPLETED")
        for future in [future for future in running if future.done()]:
            settings = running.pop(future)
            try:
                run, answers = future.result()
            except (CancelledError, CommClosedError):
                raise
            except KilledWorker:
                deaths[settings] += 1
                if deaths[settings] < DEATHS:
                    waiting.appendleft(settings)
                else:
                    failed.append(f"{id_of(settings)}: {DEATHS} workers died while they computed it")
            except Exception as error:
                failed.append(f"{id_of(settings)}: {type(error).__name__}: {error}".partition("\n")[0])
            else:
                records.save(run, folder, answers)
                seconds.append(run.seconds)
            future.release()


def minutes_left(seconds: list[float], left: int, workers: int) -> float | None:
    """As if each run that is left took the mean of those that finished; None where none has."""
    return mean(seconds) * left / min(workers, max(left, 1)) / 60 if seconds else None


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Client]:
    if scheduler is not None:
        try:
            client = Client(scheduler)
        except (OSError, ValueError) as error:
            raise SweepError(
                f"no Dask scheduler answers at {scheduler!r}; allowed is an address such as tcp://HOST:8786."
            ) from error
        with client:
            yield client
        return
    with (
        dask.config.set(CONFIG),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            # By itself Dask would put a dead worker's run in the queue of a busy one.
            scheduler_kwargs={"allowed_failures": 0, "dashboard": False},
            # What goes wrong is told in one line, by the sweep.
            silence_logs=logging.CRITICAL,
            # A terminal's Ctrl-C reaches workers too; the sweep is who stops them.
            preload=["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
            # A share of the memory by the number of cores would stop runs that fit.
            memory_limit=None,
            env=ENVIRONMENT,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client

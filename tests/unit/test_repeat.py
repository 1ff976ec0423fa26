"""A stored run, trained again from its own file, has the same history: one run of each route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lab import page_model, records, training, verdict
from lab.settings import Settings

PLACE = ("platform", "cpu_flags", "threads", "dtype", "device")
KERNELS = ("torch", "numpy", "scipy", "scikit-learn")


def of_digits(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What the last digits depend on; of the packages, those whose kernels compute a route's numbers."""
    python = environment["python"].rpartition(".")[0]  # from 3.12 on, sum() rounds less
    kernels = {name: environment["packages"].get(name) for name in KERNELS}
    return {"python": python, **{name: environment[name] for name in PLACE}, **kernels}


def history(run: records.Run) -> dict[str, Any]:
    """All that is measured, but for the time it took."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in run.evaluations]
    return {"evaluations": rows, "steps": run.steps, "final": run.final, "status": run.status}


def judged(run: records.Run) -> str:
    """By today's lab.verdict, whatever is stored."""
    return verdict.judge(verdict.History.of_run(run)).name


def compare(stored: records.Run, again: records.Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Every digit where the place agrees, the verdict alone elsewhere; and say which."""
    assert again.corpus == stored.corpus
    there, here = of_digits(stored.environment), of_digits(again.environment)
    other = [f"{name} is {here[name]}, was {there[name]}" for name in here if here[name] != there[name]]
    with capsys.disabled():
        found = f"the verdict alone, since {'; '.join(other)}" if other else "every digit"
        print(f"\n{stored.id}, trained again: compared is {found}")
    if not other:
        assert history(again) == history(stored)
    assert judged(again) == judged(stored)


# The cheapest stored run in which MiniLM learned with all its weights; a minute on one thread.
@pytest.mark.timeout(3600)
def test_a_run_of_minilm(capsys: pytest.CaptureFixture[str]) -> None:
    stored = records.load("minilm-just-right-train-subset-100-seed-0")
    compare(stored, training.run(Settings(**stored.settings)), capsys)


def test_a_run_of_the_word_count_model(capsys: pytest.CaptureFixture[str]) -> None:
    stored = records.load("tfidf-just-right-seed-0")
    compare(stored, training.run(Settings(**stored.settings)), capsys)


def test_a_run_of_the_page_model(capsys: pytest.CaptureFixture[str]) -> None:
    stored = records.load("page-model-just-right-seed-0")
    compare(stored, page_model.run(page_model.Settings(**stored.settings)), capsys)

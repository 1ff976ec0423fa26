"""Stored runs on the book's pages: in prose, on the page of all runs, and as files for the browser."""

import gzip
import importlib.util
import json
from dataclasses import asdict, replace
from math import inf, nan
from pathlib import Path
from random import Random

import pytest

from lab import page_model, records, settings

EXTENSION = Path(__file__).parents[2] / "book" / "_ext" / "run.py"
spec = importlib.util.spec_from_file_location("run_extension", EXTENSION)
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (0.91234, "", "0.912"),
        (-25.3456, "", "-25.3"),
        (0.0, "", "0"),
        (1234.5, "", "1,234"),
        (168, "", "168"),
        (22700000, "", "22,700,000"),
        (0.91234, ".0%", "91%"),
        (1000.0, ",.0f", "1,000"),
        (0.00002, "", "0.00002 (2e-5)"),
        (-0.000123456, "", "-0.000123 (-1.23e-4)"),
        (2e-12, "", "0.000000000002 (2e-12)"),
        (nan, "", "not a number"),
        (inf, ".2f", "infinity"),
        (-inf, "", "minus infinity"),
        ("adamw", "", "adamw"),
    ],
)
def test_a_value_in_words(value, form, words):
    assert run.in_words(value, form) == words


@pytest.mark.parametrize("form", ["", ".2f"])
@pytest.mark.parametrize("value", [[0.1, 0.2], {"neutral": 3}, None])
def test_what_is_not_one_value_is_refused(value, form):
    with pytest.raises(ValueError, match="is not one value"):
        run.in_words(value, form)


STORED = records.load("page-model-too-high-seed-0")


def fine_tuned(status=records.FINISHED, verdict="converged", **dials):
    """A made-up run of another route, with the dials written down as lab.finetune and lab.sgd do."""
    chosen = settings.Settings(**dials)
    return replace(
        STORED,
        id=chosen.run_id,
        route="tfidf" if chosen.encoder == "tfidf" else "minilm",
        preset=chosen.preset,
        settings=chosen.as_dict(),
        status=status,
        verdict=STORED.verdict | {"name": verdict, "overfitting": False},
    )


def test_runs_are_together_that_differ_in_rate_and_seed_alone():
    runs = [
        fine_tuned(train_subset=200),
        fine_tuned(seed=1),
        fine_tuned(preset="too-low", seed=2),
        fine_tuned(seed=0, threads=1, dtype="float32", device="cpu"),
        fine_tuned(corpus="phrasebank"),
    ]
    assert [[one.id for one in group] for group in run.groups(runs)] == [
        ["minilm-too-low-seed-2", "minilm-just-right-seed-0", "minilm-just-right-seed-1"],
        ["minilm-just-right-corpus-phrasebank-seed-0"],
        ["minilm-just-right-train-subset-200-seed-0"],
    ]


@pytest.mark.parametrize(
    ("dials", "shown"),
    [
        ({}, {}),
        ({"threads": 1, "device": "cpu", "dtype": "float32"}, {}),
        ({"dtype": "bfloat16"}, {"dtype": "bfloat16"}),
        ({"encoder": "tfidf"}, {}),
        ({"encoder": "gpt2"}, {"encoder": "gpt2"}),
        ({"method": "lora", "train_subset": None}, {"method": "lora", "train_subset": None}),
    ],
)
def test_only_what_was_chosen_is_shown(dials, shown):
    found = run.dials(fine_tuned(**dials))
    assert {name: value for name, value in found.items() if name not in ("learning_rate", "seed")} == shown


@pytest.mark.parametrize(
    "dials",
    [
        {"preset": "too-low", "seed": 3, "threads": 1, "dtype": "float32"},
        {"encoder": "tfidf", "learning_rate": 3e-7, "train_subset": None},
        {"corpus": "my news.csv", "warmup_steps": 0.1, "max_grad_norm": None},
    ],
)
def test_the_command_sets_just_what_the_run_had(dials, monkeypatch):
    stored = fine_tuned(**dials)
    words = run.shlex.split(run.command(stored))
    assert words[:4] == ["python", "-m", "lab", "run"]
    assert words[4::2] == ["--set"] * (len(words[4:]) // 2)
    assert settings.from_text(settings.Settings(), words[5::2]) == settings.Settings(**dials)
    assert not any(word.startswith("optim=") or word.endswith("None") for word in words)


def test_the_page_model_is_repeated_by_its_own_module():
    assert run.command(STORED) == f"python -m {page_model.__name__}"


@pytest.mark.parametrize(
    ("status", "verdict", "words"),
    [
        (records.FINISHED, "converged", "converged"),
        (records.STOPPED_EARLY, "converged", "converged, stopped early"),
        (records.DIVERGED, "diverged", "diverged"),
        (records.INTERRUPTED, "not enough to tell", "not enough to tell, interrupted"),
    ],
)
def test_how_a_run_ended(status, verdict, words):
    ended = fine_tuned(status, verdict)
    assert run.verdict_of(ended) == words
    overfitting = replace(ended, verdict=ended.verdict | {"overfitting": True})
    assert run.verdict_of(overfitting) == words.replace(verdict, f"{verdict}, overfitting", 1)
    assert run.verdict_of(replace(ended, verdict={}, status=records.FINISHED)) == ""


def test_figures_of_the_page_of_all_runs_in_words():
    assert run.with_interval({"value": 0.91234, "low": 0.9, "high": nan}) == "0.912 (0.900 to not a number)"
    assert [run.time_in_words(s) for s in (0.123, 9.94, 10.2, 59.4, 119.9)] == [
        *("0.12 s", "9.9 s", "10 s", "59 s", "2 min 0 s"),
    ]
    assert run.spread([467, 465, 467]) == "465 to 467"
    whole, part = ({"parameters": 22_700_000, "trainable_parameters": n} for n in (22_700_000, 1_155))
    assert run.sizes_in_words([whole, whole]) == "22,700,000 parameters"
    assert run.sizes_in_words([part]) == "22,700,000 parameters, 1,155 of them trained"
    nested = {
        "cpu": "EPYC",
        "cpu_flags": ["avx2", "fma"],
        "packages": {"torch": "2.9"},
        "none": [],
        "dtype": None,
    }
    assert run.in_list(nested) == "cpu EPYC, cpu_flags avx2 fma, torch 2.9, dtype none"
    assert run.rate_of(fine_tuned(preset="too-low")) == "0.000001 (1e-6) ▼ tiny steps"
    assert run.rate_of(fine_tuned(learning_rate=0.5)) == "0.5"


@pytest.fixture
def stored(tmp_path):
    """A folder of two runs, one with answers."""
    folder = tmp_path / "runs"
    records.save(STORED, folder, {"h0001": [0.1, 0.2, 0.7]})
    records.save(fine_tuned(), folder)
    return folder


def test_the_site_has_every_run_its_answers_the_list_and_the_summary(stored, tmp_path):
    site = tmp_path / "_runs"
    site.mkdir()
    run.publish(stored, site)
    names = ["minilm-just-right-seed-0", STORED.id]
    assert sorted(path.name for path in site.iterdir()) == [
        *("_ids.json", "_summary.json", f"{names[0]}.json", f"{STORED.id}.answers.json", f"{STORED.id}.json"),
    ]
    assert json.loads((site / "_ids.json").read_text("utf-8")) == names
    assert records.load(STORED.id, site) == STORED
    assert records.answers(STORED.id, site) == {"h0001": [0.1, 0.2, 0.7]}
    _, found = json.loads((site / "_summary.json").read_text("utf-8"))
    assert found["settings"] == STORED.settings
    assert found["final"]["accuracy"]["low"] == pytest.approx(STORED.value("final.accuracy.low"), rel=1e-5)
    assert found["verdict"] == {
        name: STORED.verdict[name] for name in ("name", "overfitting", "learning_rate")
    }
    losses = [row["validation_loss"] for row in found["evaluations"]]
    assert losses == [float(f"{loss:.6g}") for loss in STORED.column("validation_loss")]
    assert losses != STORED.column("validation_loss")
    # The words that stand for what is no number stay words.
    records.save(replace(STORED, evaluations=[row | {"accuracy": nan} for row in STORED.evaluations]), stored)
    run.publish(stored, site)
    (_, found) = json.loads((site / "_summary.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert found["evaluations"][0]["accuracy"] == "NaN"


def test_the_summary_of_250_runs_is_a_small_download():
    rng = Random(0)

    def varied(value):
        if isinstance(value, dict):
            return {name: varied(item) for name, item in value.items()}
        if isinstance(value, list):
            return [varied(item) for item in value]
        return value * rng.uniform(0.8, 1.2) if isinstance(value, float) else value

    kinds = [asdict(STORED), asdict(fine_tuned(method="lora", seed=3)), asdict(fine_tuned(encoder="tfidf"))]
    summaries = [run.summary(varied(kinds[number % 3] | {"id": f"a-run-{number}"})) for number in range(250)]
    text = json.dumps(summaries, separators=(",", ":"))
    assert len(set(text.split(","))) > 15_000  # few numbers are the same
    assert len(gzip.compress(text.encode(), 6)) <= 150_000


@pytest.mark.parametrize("name", ["minilm-just-right-seed-0.json", f"{STORED.id}.answers.json"])
def test_a_damaged_file_stops_the_build_with_one_error_that_names_it(name, stored, monkeypatch):
    assert run.problems(stored) == []
    monkeypatch.setattr(run.records, "RUNS", stored)
    run.check_runs(None)
    text = (stored / name).read_text("utf-8")
    (stored / name).write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(SystemExit, match=rf"^{name} is not a .*file") as stopped:
        run.check_runs(None)
    assert "\n" not in str(stopped.value)

"""The test part is opened once, on rows that were not trained on, and what is stored is of these."""

from __future__ import annotations

import json
from dataclasses import replace
from math import log
from pathlib import Path
from types import SimpleNamespace

import pytest

import lab
from lab import corpus, final_report, measures, records, training, training_data
from lab.final_report import CHOSEN, FILE, SEEDS

ROWS = corpus.load("headlines")
PARTS = {seed: training_data.part(ROWS, seed) for seed in SEEDS}
STORED = records.load("minilm-just-right-seed-0")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A model that is sure of neutral, and what it was asked."""
    asked = SimpleNamespace(settings=[], texts=[])

    def train(settings):
        asked.settings.append(settings)
        run = replace(STORED, id=settings.run_id, settings=settings.as_dict())
        return training.Trained(run, {}, keep=lambda folder: (folder / "model").write_text("kept", "utf-8"))

    def predict(folder, texts):
        assert (folder / "model").read_text("utf-8") == "kept"
        asked.texts.append(texts)
        return [[0.1, 0.9, 0.0] for _ in texts]

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(lab, "finetune", SimpleNamespace(predict=predict), raising=False)  # seconds to import
    monkeypatch.setattr(measures, "RESAMPLES", 50)
    monkeypatch.setattr(final_report, "FILE", tmp_path / "final-report.json")
    return asked


def test_the_chosen_setting_is_asked_at_each_seed_for_the_test_part_alone(stand_in):
    assert final_report.main() == 0
    assert [settings.seed for settings in stand_in.settings] == list(SEEDS)
    assert {replace(settings, seed=0) for settings in stand_in.settings} == {CHOSEN}
    assert (CHOSEN.preset, CHOSEN.corpus, CHOSEN.dtype, CHOSEN.threads) == (
        *("just-right", "headlines", "float32", 1),
    )
    assert stand_in.texts == [[row.text for row in PARTS[seed].test] for seed in SEEDS]


def test_what_is_stored_is_what_the_model_scores(stand_in):
    final_report.main()
    stored = json.loads(final_report.FILE.read_text("utf-8"))
    assert stored["corpus"]["sha256"] == ROWS.sha256
    first = stored["seeds"][0]
    assert (first["seed"], first["run"], first["split_sha256"]) == (0, STORED.id, PARTS[0].sha256)
    for name, rows in (("test", PARTS[0].test), ("untouched", untouched(0))):
        found = first[name]
        neutral = [row.label == "neutral" for row in rows]
        assert found["rows"] == len(rows)
        assert found["accuracy"]["value"] == found["always_neutral"] == sum(neutral) / len(rows)
        assert found["accuracy"]["low"] < found["accuracy"]["value"] < found["accuracy"]["high"]
        assert 0.2 < found["macro_f1"]["value"] < 0.3
        assert found["loss"]["value"] == float("inf")  # it gives positive no chance
    assert first["validation"]["rows"] == len(PARTS[0].validation)
    for name, final in (("accuracy", "accuracy"), ("macro_f1", "macro_f1"), ("loss", "validation_loss")):
        assert first["validation"][name] == STORED.final[final]


def test_the_loss_is_that_of_the_right_class(monkeypatch):
    monkeypatch.setattr(measures, "RESAMPLES", 50)
    rows = PARTS[0].test[:40]
    even = final_report.measured([(row, [log(1 / 3)] * 3) for row in rows])
    assert even["loss"]["value"] == pytest.approx(log(3))


def test_a_second_report_is_refused(stand_in, capsys):
    final_report.FILE.write_text("the first", "utf-8")
    assert final_report.main() == 1
    assert not stand_in.settings and not stand_in.texts
    assert final_report.FILE.read_text("utf-8") == "the first"
    assert "The test part is open" in capsys.readouterr().err


def test_a_report_that_came_while_this_one_was_made_is_not_written_over(stand_in, monkeypatch):
    def scores(settings):
        final_report.FILE.write_text("another's", "utf-8")

    monkeypatch.setattr(final_report, "scores", scores)
    with pytest.raises(FileExistsError):
        final_report.main()
    assert final_report.FILE.read_text("utf-8") == "another's"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_test_part_shares_no_story_with_what_is_trained_and_validated_on(seed):
    data = training_data.prepare(replace(CHOSEN, train_subset=None, seed=seed), ROWS)
    test = {row.group for row in PARTS[seed].test}
    assert test
    assert not test & {row.group for row in data.train + data.validation}
    folded = {form for row in PARTS[seed].test for form in enumerate(corpus.folded(row.text))}
    assert not folded & {form for row in data.train for form in enumerate(corpus.folded(row.text))}


def untouched(seed):
    seen = {row.id for other in SEEDS for row in PARTS[other].validation}
    return [row for row in PARTS[seed].test if row.id not in seen]


@pytest.mark.skipif(not FILE.is_file(), reason="the test part is not opened yet")
def test_the_stored_report_is_of_the_published_runs_and_of_the_headlines_as_they_are():
    stored = json.loads(Path(FILE).read_text("utf-8"))
    assert stored["corpus"]["sha256"] == ROWS.sha256
    assert stored["settings"] == CHOSEN.as_dict()
    for row in stored["seeds"]:
        run = records.load(row["run"])
        assert row["split_sha256"] == run.corpus["split_sha256"] == PARTS[row["seed"]].sha256
        assert row["validation"]["accuracy"]["value"] == pytest.approx(
            run.final["accuracy"]["value"], abs=0.02
        )

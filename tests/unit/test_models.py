"""Models that are kept: where they lie, what they came from, and that nothing else is taken for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hub_stand_in import TINY, little_runs

from lab import models, page_model, records, training, training_data
from lab.models import LATEST, LINEAGE, ModelError
from lab.settings import Settings
from lab.training import Trained

Little = Callable[..., Settings]
TEXTS = ["Sales rose by a tenth.", "The annual general meeting is in May."]
trained = cache(training.train)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Little]:
    with little_runs(tmp_path_factory.mktemp("little")) as settings:
        yield partial(settings, num_train_epochs=1)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tfidf(little: Little) -> Trained:
    return trained(Settings(encoder="tfidf", corpus=little().corpus, train_subset=100, num_train_epochs=2))


def never(settings: Settings) -> Trained:
    raise AssertionError("nothing was to be trained")


def change_lineage(place: Path, **values: Any) -> None:
    file = place / LINEAGE
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | values), "utf-8")


def test_a_kept_model_answers_as_its_run_did_and_names_what_it_came_from(little: Little) -> None:
    done = trained(little())
    place = models.keep(done, LATEST)
    rows = training_data.prepare(little()).validation[:5]
    given = models.predict(done.run.id, [row.text for row in rows])
    assert given["after"] == [pytest.approx(done.answers[row.id], abs=1e-5) for row in rows]
    assert given["before"] != [pytest.approx(row, abs=1e-5) for row in given["after"]]
    came_from = models.lineage(place)
    assert came_from["settings"] == done.run.settings
    assert came_from["corpus"]["sha256"] == done.run.corpus["sha256"]
    assert came_from["model"]["name"] == TINY and came_from["model"]["sha256"]
    assert came_from["environment"]["packages"]["torch"]
    assert came_from["files"].keys() == {file.name for file in place.iterdir()} - {LINEAGE}
    assert [file.name for file in place.parent.iterdir()] == [place.name]


def test_the_word_count_model_is_kept_too(tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    rows = training_data.prepare(Settings(**tfidf.run.settings)).validation[:5]
    given = models.predict(tfidf.run.id, [row.text for row in rows])
    assert given["after"] == [pytest.approx(tfidf.answers[row.id]) for row in rows]
    assert given["before"] == [[1 / 3] * 3] * 5


def test_a_new_model_takes_the_place_of_the_latest_whole_or_not_at_all(tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    (LATEST / "old").write_text("", "utf-8")
    models.keep(tfidf, LATEST)
    assert not (LATEST / "old").exists()

    def broken(folder: Path) -> None:
        (folder / "half").write_text("", "utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        models.keep(replace(tfidf, keep=broken), LATEST)
    assert models.find(tfidf.run.id) == LATEST
    models.keep(tfidf, LATEST)
    assert not (LATEST / "half").exists()


def test_the_latest_model_is_saved_without_training_again(tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    place, same = models.save(tfidf.run, never)
    assert (place, same) == (models.MODELS / tfidf.run.id, True)
    assert models.find(tfidf.run.id) == place
    assert models.lineage(place) == models.lineage(LATEST)
    stored = records.load(tfidf.run.id, records.save(tfidf.run, Path("stored")).parent)
    assert models.save(stored, never) == (place, True)


@pytest.mark.parametrize("latest", ["another's", "altered", "none", "broken"])
def test_any_other_is_trained_again_and_compared(latest: str, tfidf: Trained, little: Little) -> None:
    if latest == "another's":
        other = Settings(**tfidf.run.settings | {"seed": 1})
        models.keep(trained(other), LATEST)
    elif latest != "none":
        models.keep(tfidf, LATEST)
    if latest == "altered":
        (LATEST / "model.joblib").write_bytes(b"not the model")
    if latest == "broken":
        (LATEST / LINEAGE).write_text("{", "utf-8")
    asked: list[Settings] = []

    def again(settings: Settings) -> Trained:
        asked.append(settings)
        return training.train(settings)

    assert models.save(tfidf.run, again) == (models.MODELS / tfidf.run.id, True)
    assert [settings.as_dict() for settings in asked] == [tfidf.run.settings]


def test_a_history_that_did_not_come_out_again_is_told(tfidf: Trained) -> None:
    loss = [*tfidf.run.steps["loss"][:-1], 9.0]
    elsewhere = replace(tfidf.run, steps=tfidf.run.steps | {"loss": loss})
    place, same = models.save(elsewhere, training.train)
    assert not same
    assert models.find(tfidf.run.id) == place


def test_a_run_that_cannot_be_trained_again_is_refused(tfidf: Trained) -> None:
    interrupted = replace(tfidf, run=replace(tfidf.run, status=records.INTERRUPTED))
    with pytest.raises(
        ModelError, match="was interrupted, so its model can be saved only while it is the latest"
    ):
        models.save(interrupted.run, never)
    models.keep(interrupted, LATEST)
    assert models.save(interrupted.run, never)[1]
    with pytest.raises(
        ModelError, match=r"^page-model-\S+ is a run of the page model, which is trained afresh"
    ):
        models.save(page_model.run(page_model.Settings(num_train_epochs=1)), never)
    unknown = replace(tfidf.run, id="other", settings=tfidf.run.settings | {"dial": 1})
    with pytest.raises(ModelError, match=r"^The run's settings are not this lab's: .*'dial'"):
        models.save(unknown, never)


def test_a_training_that_was_interrupted_again_is_not_the_runs_model(tfidf: Trained) -> None:
    again = replace(tfidf, run=replace(tfidf.run, status=records.INTERRUPTED))
    with pytest.raises(ModelError, match="again was interrupted; nothing is saved"):
        models.save(tfidf.run, lambda settings: again)
    assert not models.MODELS.exists()


def test_a_diverged_runs_lineage_is_json_for_everybody(tfidf: Trained) -> None:
    final = tfidf.run.final | {"validation_loss": {"value": float("nan"), "low": 0.0, "high": float("inf")}}
    place = models.keep(replace(tfidf, run=replace(tfidf.run, final=final)), LATEST)
    text = (place / LINEAGE).read_text("utf-8")
    assert json.loads(text, parse_constant=never)["final"]["validation_loss"]["value"] == "NaN"


def test_an_altered_or_missing_file_is_named_and_not_used(tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    file = models.save(tfidf.run, never)[0] / "model.joblib"
    file.write_bytes(file.read_bytes() + b" ")
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            models.predict(tfidf.run.id, TEXTS)
        said = f"{file} is not the file that was saved: python -m lab save {tfidf.run.id}."
        assert str(caught.value) == said
        file.unlink(missing_ok=True)
    models.save(tfidf.run, never)  # as it says
    assert models.predict(tfidf.run.id, TEXTS)


def test_a_model_that_is_not_there_is_one_sentence_with_the_way_to_it(tfidf: Trained) -> None:
    said = r"^There is no model of the run 'other': python -m lab save other makes it\.$"
    with pytest.raises(ModelError, match=said):
        models.predict("other", TEXTS)
    models.keep(tfidf, LATEST)  # another run's
    with pytest.raises(ModelError, match=said):
        models.predict("other", TEXTS)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"id": 1}', '"text"', "\ud800"])
def test_a_lineage_that_is_none_is_one_sentence(text: str, tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    (LATEST / LINEAGE).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(
        ModelError, match=r"^runs.latest-model.lineage\.json is not what lab save wrote \(.*\); rem"
    ):
        models.predict(tfidf.run.id, TEXTS)


def test_settings_of_another_lab_in_a_lineage_are_one_sentence(tfidf: Trained) -> None:
    models.keep(tfidf, LATEST)
    for settings in ({"dial": 1}, {"learning_rate": -1}):
        change_lineage(LATEST, settings=settings)
        with pytest.raises(ModelError, match=r"^The run's settings are not this lab's: "):
            models.predict(tfidf.run.id, TEXTS)

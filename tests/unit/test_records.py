"""A run survives being written down, whatever it measured; a file that is not a run says so."""

import json
import math
import sys
import types
from dataclasses import asdict, replace

import pytest

from lab import records

RUN = records.Run(
    id="page-model-too-high-seed-0",
    route="page-model",
    preset="too-high",
    settings={"learning_rate": 1000.0, "seed": 0},
    corpus={"name": "headlines", "rows": 240},
    classes=["negative", "neutral", "positive"],
    evaluations=[
        {"epoch": 0, "validation_loss": 1.0986, "predicted_counts": {"neutral": 72}},
        {"epoch": 1, "validation_loss": float("inf"), "predicted_counts": {"neutral": 70, "positive": 2}},
    ],
    steps={"step": [0, 1], "loss": [1.0986, float("nan")]},
    environment={"python": "3.11"},
    seconds=0.25,
)


def test_a_saved_run_is_loaded_unchanged_even_when_it_diverged(tmp_path):
    records.save(RUN, tmp_path)
    loaded = records.load(RUN.id, tmp_path)
    assert loaded.evaluations == RUN.evaluations
    assert loaded.settings == RUN.settings
    assert loaded.steps["loss"][0] == 1.0986
    assert math.isnan(loaded.steps["loss"][1])
    assert records.ids(tmp_path) == [RUN.id]


def test_the_file_is_json_that_every_reader_accepts(tmp_path):
    text = records.save(RUN, tmp_path).read_text("utf-8")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    json.loads(text, parse_constant=refuse)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("validation_loss[0]", 1.0986),
        ("validation_loss[-1]", float("inf")),
        ("settings.learning_rate", 1000.0),
        ("corpus.name", "headlines"),
        ("seconds", 0.25),
        ("evaluations[1]", RUN.evaluations[1]),
        ("predicted_counts[-1].neutral", 70),
    ],
)
def test_one_value_is_found_by_its_path(path, value):
    assert RUN.value(path) == value


@pytest.mark.parametrize(
    "path", ["valdation_loss[0]", "validation_loss[9]", "settings.rate", "validation_loss[", "__class__", ""]
)
def test_a_path_that_leads_nowhere_is_one_error(path):
    with pytest.raises(KeyError):
        RUN.value(path)


@pytest.mark.parametrize("run_id", ["../secret", "A", "", "a--b", "a/b", "a.json"])
def test_a_run_id_cannot_leave_its_folder(run_id, tmp_path):
    with pytest.raises(ValueError, match="run id"):
        records.load(run_id, tmp_path)


def test_a_file_must_hold_the_run_it_is_named_after(tmp_path):
    records.save(RUN, tmp_path).rename(tmp_path / "another.json")
    with pytest.raises(ValueError, match=r"another\.json holds the run 'page-model-too-high-seed-0'"):
        records.load("another", tmp_path)


@pytest.fixture
def browser(monkeypatch, tmp_path):
    """What load() meets in the page's own Python: a site that answers, and runs saved there."""
    served = {
        "_runs/a.json": records.save(replace(RUN, id="a"), tmp_path / "site").read_text("utf-8"),
        "_runs/_ids.json": '["a"]',
    }

    class Request:
        def open(self, method, address, background):
            assert (method, background) == ("GET", False)
            self.responseText = served.get(address.removeprefix("https://book.test/"))
            self.status = 404 if self.responseText is None else 200

        def send(self):
            pass

    page = types.SimpleNamespace(XMLHttpRequest=types.SimpleNamespace(new=Request))
    monkeypatch.setitem(sys.modules, "js", page)
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setenv("DOWNHILL_SITE", "https://book.test/")
    monkeypatch.setattr(records, "RUNS", tmp_path / "own")
    return records.RUNS


def test_in_the_browser_the_runs_are_those_of_the_site_and_those_saved_there(browser):
    records.save(RUN, browser)
    assert records.ids(browser) == ["a", RUN.id]
    assert [records.load(one, browser).id for one in records.ids(browser)] == ["a", RUN.id]
    with pytest.raises(FileNotFoundError, match=r"no stored run b\.json"):
        records.load("b", browser)


def test_in_the_browser_another_folder_is_no_part_of_the_site(browser, tmp_path):
    with pytest.raises(FileNotFoundError, match="no stored run 'a' in mine"):
        records.load("a", tmp_path / "mine")


def test_a_missing_run_names_those_there_are(tmp_path):
    records.save(RUN, tmp_path)
    with pytest.raises(FileNotFoundError, match="page-model-too-high-seed-0"):
        records.load("page-model-too-high-seed-1", tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "argument"),
        ('{"schema": 1}', "missing"),
        (json.dumps({"id": "a", "evaluation": []}), "evaluation"),
        (json.dumps(asdict(RUN) | {"id": "../a"}), "only lower-case letters"),
        (json.dumps(asdict(RUN) | {"schema": 2}), "schema 2 is not known"),
        (json.dumps(asdict(RUN) | {"evaluations": []}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": 3}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": [{"epoch": 0}, 1]}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": [{"epoch": 0}, {"step": 1}]}), "the same quantities"),
    ],
)
def test_what_is_not_a_run_file_is_one_error_that_names_it_and_says_why(text, why):
    with pytest.raises(ValueError, match=rf"^upload\.json is not a run file of schema 1: .*{why}"):
        records.parse(text, "upload.json")

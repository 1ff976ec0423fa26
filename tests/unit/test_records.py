"""A run survives being written down, whatever it measured; a file that is not a run says so."""

import json
import math
import sys
import types
from dataclasses import asdict, replace
from pathlib import Path

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
    final={"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}, "evaluation": 1},
    environment={"python": "3.11", "cpu_flags": ["avx2"]},
    seconds=0.25,
    cpu_seconds=0.2,
    energy={"kilowatt_hours": 1e-6, "assumption": "a guess"},
    verdict={"name": "diverged", "overfitting": None},
    model={"name": "small", "sha256": None},
)
ANSWERS = {"h0001": [0.123456, 0.5, 0.376544], "h0002": [float("nan")] * 3}


def test_a_saved_run_is_loaded_unchanged_even_when_it_diverged(tmp_path):
    records.save(RUN, tmp_path)
    loaded = records.load(RUN.id, tmp_path)
    assert math.isnan(loaded.steps["loss"][1])
    # A number that is not one differs from itself, so as the words that stand for it.
    assert repr(asdict(loaded)) == repr(asdict(RUN))
    assert records.ids(tmp_path) == [RUN.id]


def test_each_evaluation_and_each_curve_has_a_line_of_its_own(tmp_path):
    lines = records.save(RUN, tmp_path).read_text("utf-8").splitlines()
    for start in ('{"epoch":0,', '{"epoch":1,', '"step": [', '"loss": ['):
        assert sum(line.strip().startswith(start) for line in lines) == 1
    assert len(lines) < 40


def test_answers_lie_beside_their_run_to_four_decimals(tmp_path):
    records.save(RUN, tmp_path, ANSWERS)
    found = records.answers(RUN.id, tmp_path)
    assert found["h0001"] == [0.1235, 0.5, 0.3765]
    assert all(map(math.isnan, found["h0002"]))
    assert list(found) == list(ANSWERS)
    assert records.ids(tmp_path) == [RUN.id]


def test_answers_that_are_not_there_or_broken_are_one_error_that_names_them(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no answers of a run '{RUN.id}' in {tmp_path.name}"):
        records.answers(RUN.id, tmp_path)
    with pytest.raises(ValueError, match="run id"):
        records.answers("../secret", tmp_path)
    for content in (b"[0.1, 0.9]", b'{"h0001": [0.1', b'{"h0001": 3}', b'{"h0001": ["no"]}', b"\xff{}"):
        (tmp_path / f"{RUN.id}.answers.json").write_bytes(content)
        with pytest.raises(ValueError, match=rf"^{RUN.id}\.answers\.json is not "):
            records.answers(RUN.id, tmp_path)


@pytest.mark.parametrize("interrupted", ["write_text", "replace"])
def test_a_save_that_is_interrupted_leaves_what_was_there_whole(interrupted, tmp_path, monkeypatch):
    records.save(RUN, tmp_path, ANSWERS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def stop(path, *written, **_):
        if interrupted == "write_text":
            path.write_bytes(written[0].encode()[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, interrupted, stop)
    with pytest.raises(KeyboardInterrupt):
        records.save(replace(RUN, seconds=9.0), tmp_path, ANSWERS | {"h0001": [1.0, 0.0, 0.0]})
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert records.ids(tmp_path) == [RUN.id]


def test_a_run_is_never_there_without_its_answers(tmp_path, monkeypatch):
    there = []
    move = Path.replace

    def watched(path, target):
        there.append(target.name)
        return move(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    records.save(RUN, tmp_path, ANSWERS)
    assert there == [f"{RUN.id}.answers.json", f"{RUN.id}.json"]


def test_what_is_damaged_is_named_and_hides_no_other_run(tmp_path):
    for name in ("a", "b", "c", "d", "e"):
        records.save(replace(RUN, id=name), tmp_path)
    whole = (tmp_path / "a.json").read_text("utf-8")
    (tmp_path / "a.json").write_text(whole[: len(whole) // 2], "utf-8")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    (tmp_path / "c.json").write_text("[" * 100_000, "utf-8")
    runs, errors = records.load_all(tmp_path)
    assert [run.id for run in runs] == ["d", "e"]
    assert [error.partition(" ")[0] for error in errors] == ["a.json", "b.json", "c.json"]
    assert not any("\n" in error for error in errors)


def test_rounding_keeps_six_digits_and_whole_numbers():
    assert records.rounded([1234.56789, 0.000123456789, 5.0, 1e-300]) == [1234.57, 0.000123457, 5.0, 1e-300]
    (whole,) = records.rounded([1234567])
    assert (whole, type(whole)) == (1234567, int)
    assert math.isnan(records.rounded([math.nan])[0])


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
    site = records.save(replace(RUN, id="a"), tmp_path / "site", ANSWERS).parent
    served = {f"_runs/{path.name}": path.read_text("utf-8") for path in site.iterdir()}
    served["_runs/_ids.json"] = '["a"]'

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
    assert records.answers("a", browser)["h0001"] == [0.1235, 0.5, 0.3765]


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
        ("[" * 100_000, "recursion"),
        ("{}", "missing"),
        ('{"schema": 1}', "its schema is 1"),
        (json.dumps({"id": "a", "evaluation": []}), "evaluation"),
        (json.dumps(asdict(RUN) | {"id": "../a"}), "only lower-case letters"),
        (json.dumps(asdict(RUN) | {"schema": 3, "unheard_of": 1}), "its schema is 3"),
        (json.dumps(asdict(RUN) | {"evaluations": []}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": 3}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": [{"epoch": 0}, 1]}), "a list of dictionaries"),
        (json.dumps(asdict(RUN) | {"evaluations": [{"epoch": 0}, {"step": 1}]}), "the same quantities"),
    ],
)
def test_what_is_not_a_run_file_is_one_error_that_names_it_and_says_why(text, why):
    with pytest.raises(ValueError, match=rf"^upload\.json is not a run file of schema 2: .*{why}"):
        records.parse(text, "upload.json")

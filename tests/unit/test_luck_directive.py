"""The directive {luck}: what the widget is given, and what a reader without a script sees."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import records

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"


@pytest.fixture(scope="module")
def luck():
    sys.path.insert(0, str(EXTENSIONS))
    try:
        import luck

        return luck
    finally:
        sys.path.remove(str(EXTENSIONS))


class RefusedError(Exception):
    pass


RUNS = "just-right=minilm-just-right-seed-? 2e-5=minilm-rate-2e-05-seed-?"


@pytest.fixture
def data(luck):
    """Build the data of a directive with these options."""

    def build(runs=RUNS, **options):
        directive = SimpleNamespace(
            name="luck", arguments=["a-name"], options={"runs": runs, **options}, error=RefusedError
        )
        directive.settings = lambda: luck.Luck.settings(directive)
        directive.axis = lambda: luck.Luck.axis(directive)
        return luck.Luck.data(directive)

    return build


def test_the_settings_are_named_as_readers_know_them(data):
    assert data()["settings"] == ["● 0.00005 (5e-5)", "0.00002 (2e-5)"]
    named = data("one_setting=minilm-just-right-seed-? 3=minilm-rate-2e-05-seed-?")
    assert named["settings"] == ["one setting", "3"]  # 3 is no rate of those runs


def test_each_metric_has_the_runs_values_and_the_interval_of_the_first(data):
    found = data(first=2)
    assert [metric["title"] for metric in found["metrics"]] == ["accuracy", "macro-F1", "validation loss"]
    assert found["seeds"] == [0, 1, 2, 3, 4]
    for metric, key in zip(found["metrics"], ("accuracy", "macro_f1", "validation_loss"), strict=True):
        for runs, setting in zip(metric["runs"], ("just-right", "rate-2e-05"), strict=True):
            finals = [records.load(f"minilm-{setting}-seed-{seed}").final[key] for seed in range(5)]
            assert runs["values"] == [final["value"] for final in finals]
            assert runs["interval"] == [finals[2]["low"], finals[2]["high"]]


def test_the_guessed_metric_comes_first_with_the_axis_that_was_asked_for(data):
    found = data(metric="macro_f1", axis="0.4 0.9")
    assert [metric["title"] for metric in found["metrics"]] == ["macro-F1", "accuracy", "validation loss"]
    assert found["metrics"][0]["axis"] == [0.4, 0.9]
    for metric in found["metrics"]:
        low, high = metric["axis"]
        assert metric["ticks"][0] == low and metric["ticks"][-1] == high
        for runs in metric["runs"]:
            assert all(low <= value <= high for value in runs["values"] + runs["interval"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"runs": "just-right=minilm-just-right-seed-?"}, "two settings"),
        ({"runs": "a=minilm-just-right-seed-0 b=minilm-rate-2e-05-seed-0"}, "three runs"),
        ({"runs": "a=minilm-just-right-seed-? b=minilm-too-high-seed-?"}, "same seeds"),
        ({"runs": "a=minilm-just-right-seed-? b=no-such-run"}, "no stored run"),
        ({"axis": "0.7 0.8"}, "no room"),
        ({"first": 5}, "no seed 5"),
    ],
)
def test_what_cannot_be_shown_stops_the_build(data, options, said):
    with pytest.raises(RefusedError, match=said):
        data(**options)


def test_a_dot_that_is_close_to_another_stands_above_it(luck):
    assert luck.levels([0.5, 0.9, 0.51, 0.49, 0.9]) == [0, 0, 1, 2, 1]


def test_while_it_is_covered_the_axis_has_one_dot_and_says_one_value(luck, data):
    found = data(axis="0.55 0.85")
    blank = luck.on_paper(found).split("<details")[0]
    assert len(re.findall('class="luck-dot( luck-own)?"', blank)) == 2  # one for each setting
    assert "luck-bar" not in blank
    labels = re.findall('aria-label="([^"]*)"', blank)
    assert labels == [
        f"accuracy of {name}. seed 0: {runs['values'][0]:.3f}."
        for name, runs in zip(found["settings"], found["metrics"][0]["runs"], strict=True)
    ]


def test_the_fold_has_every_value_in_a_table(luck, data):
    found = data()
    folded = luck.on_paper(found).split("<details")[1]
    assert folded.count("<table") == 3
    for metric in found["metrics"]:
        for runs in metric["runs"]:
            assert all(f"<td>{value:.3f}</td>" in folded for value in runs["values"])

"""What the target says of a page that performs worse than the floor, and that it lets nothing out."""

import json

import pytest

from tools import lighthouse

LOSSES = [
    {"what": "Total Blocking Time", "points": 8.2, "value": "410 ms"},
    {"what": "Speed Index", "points": 0.4, "value": "3.5 s"},
]


def result(score):
    return {"page": "index.html", "score": score, "losses": LOSSES}


def test_only_a_page_below_the_floor_is_named_with_what_costs_most():
    (sentence,) = lighthouse.below_floor({"landing page": result(95), "search": result(94)})
    assert sentence == (
        "The search (index.html) performs at 94 of 100, below the floor of 95: "
        "Total Blocking Time of 410 ms costs most, 8 points."
    )


def test_a_measurement_is_the_median_of_three(monkeypatch):
    asked = []

    def run(addresses, categories):
        asked.append(list(addresses))
        return [
            {
                "scores": {"performance": score},
                "metrics": dict.fromkeys(lighthouse.METRICS, score * 10),
                "losses": [score],
            }
            for score in (90, 99, 94)
        ]

    monkeypatch.setattr(lighthouse, "run", run)
    (measured,) = lighthouse.measure("http://here/", ["search"]).values()
    assert asked == [["http://here/search.html"] * 3]
    assert (measured["score"], measured["shift"], measured["losses"]) == (94, 940, [94])


def test_error_reports_stay_at_home(monkeypatch):
    given = {}

    class Done:
        returncode, stdout = 0, ""

    monkeypatch.setattr(lighthouse.browser, "launch_options", lambda: {"executable_path": "c", "args": []})
    monkeypatch.setattr(lighthouse.setup, "node", lambda: "node")
    monkeypatch.setattr(
        lighthouse.subprocess, "run", lambda *_, input, **__: given.update(json.loads(input)) or Done()
    )
    lighthouse.run([], ["seo"])
    assert given["flags"]["enableErrorReporting"] is False


def test_an_unknown_kind_is_refused_in_a_sentence():
    with pytest.raises(SystemExit, match="There is no kind of page 'serch': the kinds are landing page,"):
        lighthouse.main(["serch"])

"""Ask Lighthouse about a page of each kind; as a target: refuse one that performs worse than the floor.

Lighthouse looks as a phone does. For the performance it works out from what it saw what a phone four times
slower would do on a slow 4G line ("simulated throttling", its own default); nothing is slowed down for the
other scores. Nothing else heavy may run beside a measurement of performance: work that waits counts as slow.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from statistics import median
from typing import Any

from tools import browser, build, setup, site

PROGRAM = "tools/lighthouse.mjs"
REPEATS = 3
FLOOR = 95  # of 100, for the performance of every kind of page
METRICS = ("paint_ms", "shift", "blocking_ms", "main_ms")

# A page of each kind, the heaviest where there are several.
KINDS = {
    "landing page": "index.html",
    "prose chapter": "before/fine-tuning-in-plain-english.html",
    "chapter with figures": "before/reading-a-curve.html",
    "chapter with formulae": "before/maths-words.html",
    "chapter with live cells": "after/the-sums-behind-one-step.html",
    "activity": "day/activity-3-learning-rate-experiment.html",
    "was it luck": "day/was-it-luck.html",
    "worksheet": "day/worksheet.html",
    "decision log": "after/decision-log.html",
    "evidence map": "after/evidence-map.html",
    "verdict on your own run": "day/verdict-on-your-own-run.html",
    "glossary": "reference/glossary.html",
    "page of runs": "reference/runs.html",
    "reference page": "reference/api.html",
    "search": "search.html",
    "not found": "404.html",
    "laptop test": "test-this-laptop.html",
    "keep for offline": "keep-for-offline.html",
    "coach page": "coach/the-day-at-a-glance.html",
}

Result = dict[str, Any]


def run(addresses: Iterable[str], categories: Iterable[str], **flags: Any) -> list[Result]:
    """What Lighthouse says of each address, in their order; ``flags`` are Lighthouse's own."""
    chromium = browser.launch_options()
    asked = {
        "chromium": chromium["executable_path"],
        "arguments": chromium["args"],
        "flags": {
            "onlyCategories": list(categories),
            "disableFullPageScreenshot": True,
            "enableErrorReporting": False,
            **flags,
        },
        "addresses": list(addresses),
    }
    done = subprocess.run(
        [setup.node(), PROGRAM],
        cwd=setup.REPOSITORY,
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"Lighthouse stopped:\n{done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(address: str, kinds: Iterable[str] = KINDS) -> dict[str, Result]:
    """Each kind's performance at ``address``, the site's: medians of three runs, the middle one's losses."""
    results = {}
    for kind in kinds:
        runs = run([f"{address}{KINDS[kind]}"] * REPEATS, ["performance"])
        runs.sort(key=lambda result: result["scores"]["performance"])
        middle = runs[REPEATS // 2]
        results[kind] = {
            "page": KINDS[kind],
            "score": middle["scores"]["performance"],
            **{name: median(result["metrics"][name] for result in runs) for name in METRICS},
            "losses": middle["losses"],
        }
        print(f"lighthouse: {kind}: {results[kind]['score']}", flush=True)
    return results


def below_floor(results: dict[str, Result]) -> list[str]:
    """A sentence for each kind of page below the floor: which, by how much, and what weighs most."""
    sentences = []
    for kind, result in results.items():
        if result["score"] < FLOOR:
            worst = result["losses"][0]
            sentences.append(
                f"The {kind} ({result['page']}) performs at {result['score']} of 100, "
                f"below the floor of {FLOOR}: "
                f"{worst['what']} of {worst['value']} costs most, {worst['points']:.0f} points."
            )
    return sentences


def main(arguments: list[str]) -> None:
    unknown = [kind for kind in arguments if kind not in KINDS]
    if unknown:
        raise SystemExit(f"There is no kind of page '{unknown[0]}': the kinds are {', '.join(KINDS)}.")
    with site.serve(build.build()) as address:
        results = measure(address, arguments or KINDS)
    if sentences := below_floor(results):
        raise SystemExit("\n".join(sentences))
    print(f"Every kind of page performs at {FLOOR} of 100 or better (median of {REPEATS}).")

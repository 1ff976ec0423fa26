"""What a page of each kind weighs, cold: every byte over the wire, headers and fonts included, compressed.

Python, which starts by itself where there are live cells, is not part of it: it is asked to wait, as by a
reader who saves data.
"""

import gzip
from contextlib import ExitStack

import pytest

from tools import bench, lighthouse

# In kB: a prose page may not pass 200; each other's is what it needs today, and some room.
BOUNDS = {
    "landing page": 130,
    "prose chapter": 200,
    "chapter with figures": 210,
    "chapter with formulae": 240,
    "chapter with live cells": 210,
    "activity": 210,
    "was it luck": 150,
    "worksheet": 90,
    "decision log": 110,
    "evidence map": 90,
    "verdict on your own run": 115,
    "glossary": 95,
    "page of runs": 110,
    "reference page": 120,
    "search": 210,
    "not found": 70,
    "laptop test": 75,
    "keep for offline": 70,
    "coach page": 75,
}


@pytest.fixture(scope="module")
def weights(browser, site):
    with ExitStack() as open_pages:
        pages = {
            kind: open_pages.enter_context(bench.fresh_page(browser, save_data=True))
            for kind in lighthouse.KINDS
        }
        counts = {kind: bench.count_bytes(page) for kind, page in pages.items()}
        for kind, page in pages.items():
            page.goto(f"{site}/{lighthouse.KINDS[kind]}", wait_until="commit")
        for page in pages.values():
            page.wait_for_load_state("load")
        # What a page asks for afterwards has come once nothing more comes. Playwright's word for that is not
        # waited for: with many pages at once it may never come.
        weights = None
        while weights != (weights := {kind: sum(count.values()) / 1000 for kind, count in counts.items()}):
            page.wait_for_timeout(1500)
        yield weights


def test_every_kind_has_its_bound():
    assert set(BOUNDS) == set(lighthouse.KINDS)


@pytest.mark.parametrize("kind", BOUNDS)
def test_it_is_light(weights, html, kind):
    text = len(gzip.compress((html / lighthouse.KINDS[kind]).read_bytes())) / 1000
    assert text < weights[kind] < BOUNDS[kind]

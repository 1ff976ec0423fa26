"""The page on training at home shows what `python -m lab bench` stored, and that is what was promised."""

import json
import re

from lab import bench


def test_every_way_to_train_is_in_the_table_as_stored(html):
    stored = json.loads(bench.FILE.read_text("utf-8"))
    page = (html / "reference" / "train-at-home.html").read_text("utf-8")
    shown = [re.sub(r"<[^>]+>", "\n", row).split("\n") for row in re.findall(r"<tr.*?</tr>", page, re.S)]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in shown]
    assert set(stored["ladder"]) == set(bench.LADDER)
    for name, way in stored["ladder"].items():
        row = next(row for row in cells if row[0] == name)
        assert row[1:] == [
            f"{way['sentences_per_second']:.1f}",
            f"{way['ratio']:.2f}",
            f"{way['share_of_limit']:.0%}",
        ]


def test_the_stored_speed_and_memory_keep_what_is_promised():
    stored = json.loads(bench.FILE.read_text("utf-8"))
    for dtype, least in bench.LEAST_RATIO.items():
        assert stored["ladder"][bench.OURS[dtype]]["ratio"] >= least
    assert stored["peak_bytes"] < bench.MOST_BYTES

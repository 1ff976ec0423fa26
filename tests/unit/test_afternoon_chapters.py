"""The afternoon's chapters keep one order, name codes as the worksheet does, and ask for all their fields."""

import re
from pathlib import Path

import pytest
import yaml

BOOK = Path(__file__).resolve().parents[2] / "book"
WORKSHEET = yaml.safe_load((BOOK / "worksheet.yml").read_text("utf-8"))
CHAPTERS = (
    "day/activity-5-convergence-check",
    "day/activity-6-data-quality-and-uncertainty",
    "day/going-further",
    "day/activity-7-reflection-and-horizon-scan",
)
ORDER = [
    "What you will have at the end",
    "Roles",
    "Tasks",
    "Checks",
    "Go further",
    "Three takeaways",
    "What comes next",
]
FACTS = ["Time", "Codes?", "Alone", "In a group", "On paper", "Without WebAssembly"]


@pytest.fixture(params=CHAPTERS)
def chapter(request):
    return request.param, (BOOK / f"{request.param}.md").read_text("utf-8")


def test_the_parts_come_in_the_fixed_order(chapter):
    _, text = chapter
    assert re.findall(r"^## (.*)$", text, re.M) == ORDER
    assert re.search(r"\{\.facts\}\n" + r"\n: .+\n\n".join(FACTS) + r"\n: ", text)


def test_the_codes_have_the_labels_of_the_worksheet(chapter):
    _, text = chapter
    named = re.search(r"^Codes?\n: (.+?)\.(?: |$)", text, re.M)[1].split("; ")
    assert set(named) <= {f"{code['id']}, {code['label']}" for code in WORKSHEET["codes"]}


def test_every_field_that_a_chapter_asks_for_is_in_it(chapter):
    name, text = chapter
    shown = set(" ".join(re.findall(r"^```\{worksheet\} (.*)$", text, re.M)).split())
    asked = {
        field["id"]
        for part in WORKSHEET["parts"]
        for field in part["fields"]
        if field.get("where", part.get("where")) == name
    }
    assert asked and asked <= shown


def test_there_are_three_checks_and_most_have_a_plot(chapter):
    name, text = chapter
    checks = re.findall(r"^(`{3,})\{quiz\}(.*?)^\1$", text, re.M | re.S)
    assert len(checks) >= 3
    if "reflection" not in name:  # sources and citations have no plots
        assert 2 * sum("{chart}" in check for _, check in checks) >= len(checks)


def test_the_minutes_of_the_tasks_fill_the_time(chapter):
    _, text = chapter
    minutes = sum(map(int, re.findall(r"^### \d\. .*\((\d+) minutes", text, re.M)))
    assert minutes == int(re.search(r"^Time\n: (\d+) minutes", text, re.M)[1])

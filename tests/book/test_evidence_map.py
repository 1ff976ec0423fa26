"""The evidence map of the built book holds every field that is evidence, under its part and its codes."""

import re
from html import unescape
from pathlib import Path

import pytest
import yaml

DEFINITION = yaml.safe_load((Path(__file__).parents[2] / "book" / "worksheet.yml").read_text("utf-8"))
PARTS = {part["id"]: part for part in DEFINITION["parts"]}
FIELDS = [
    {**{key: part[key] for key in ("where", "codes") if key in part}, **field, "part": part["id"]}
    for part in DEFINITION["parts"]
    for field in part["fields"]
]
CODES = [code["id"] for code in DEFINITION["codes"]]


@pytest.fixture(scope="module")
def sections(html):
    """Each section's own text and links, by its id; what its sections hold is not among it."""
    page = (html / "after" / "evidence-map.html").read_text("utf-8")
    pieces = re.split(r'<section id="([^"]+)">', page)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def rows(section):
    return re.findall(r"<tr.*?</tr>", section, re.S)


def test_every_code_has_our_label_and_a_marked_place_for_the_wording(sections):
    found = rows(sections["the-codes"])[1:]
    assert len(found) == len(CODES)
    for row, code in zip(found, DEFINITION["codes"], strict=True):
        assert code["id"] in unescape(row) and code["label"] in unescape(row)
        assert "<strong>[Educators: paste the wording here]</strong>" in row
    assert "For educators: the wording of your standard goes here" in sections["the-codes"]


@pytest.mark.parametrize("field", FIELDS, ids=[field["id"] for field in FIELDS])
def test_a_field_stands_under_its_part_and_its_codes_with_the_chapter_that_asks(sections, field):
    link = f'#field-{field["id"]}"'
    chapter = f'/{field.get("where", "").split("/")[-1]}.html"'.lstrip("/")
    part = sections.get(f"evidence-part-{field['part'].lower()}", "")
    found = [row for row in rows(part) if link in row]
    assert len(found) == bool(field.get("codes"))
    for row in found:
        assert chapter in row
        assert re.findall(r"<p>([^<]+)</p>", row)[-1] == ", ".join(field["codes"])
    for code in CODES:
        section = sections["evidence-" + code.lower().replace("/", "-").replace(" ", "-")]
        found = [row for row in rows(section) if link in row]
        assert len(found) == (code in field.get("codes", []))
        assert all(chapter in row for row in found)


def test_a_question_that_begins_with_its_number_is_no_number(sections):
    assert "1. What does the line" in sections["evidence-part-c"]
    assert "number" not in re.findall(r'class="([^"]*)"', sections["evidence-part-c"])

"""The page on security names the test that proves each thing: each of them exists, by its own words."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "book" / "reference" / "security.md").read_text("utf-8")
# The last cell of each row of a table.
ROWS = re.findall(r"^\* - .*\n  - .*\n  - (.*)$", PAGE, re.MULTILINE)
PROOFS = [
    (file, words.strip())
    for row in ROWS
    for file, said in re.findall(r"`(tests/\S+\.py)`: ([^`]*?)(?=\. `|$)", row)
    for words in said.split(";")
]


def test_every_row_names_a_test_or_a_check_of_the_lint():
    assert len(ROWS) > 15
    rows = [row for row in ROWS if row != "The test"]
    assert [row for row in rows if not re.search(r"`tests/\S+\.py`: \w|zizmor|`\.github/", row)] == []
    files = re.findall(r"`((?:tests|\.github)/[^`]+)`", PAGE)
    assert [file for file in files if not (REPOSITORY / file).is_file()] == []


@pytest.mark.parametrize(("file", "words"), PROOFS, ids=[words for _, words in PROOFS])
def test_the_test_is_there(file, words):
    tree = ast.parse((REPOSITORY / file).read_text("utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    wanted = re.sub(r"\W+", "_", words.lower()).strip("_")
    assert any(name.startswith("test_") and wanted in name for name in names), sorted(names)

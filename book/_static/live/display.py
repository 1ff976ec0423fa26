"""A stand-in for IPython.display, for Python that runs in the reader's own browser.

Cells import the same names here as in Jupyter. What is shown leaves through the one function given to
``connect``: ``emit(kind, message)``, with a dictionary in the words of Jupyter's own message protocol.
"""

from __future__ import annotations

import base64
import html
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = [
    "HTML",
    "SVG",
    "DisplayHandle",
    "Image",
    "Markdown",
    "Pretty",
    "ProgressBar",
    "clear_output",
    "display",
    "update_display",
]

Emit = Callable[[str, dict[str, Any]], None]

WIDTH = 79  # columns, as in IPython
LONGEST = 1000  # elements of one list that are written out, as in IPython
BRACKETS = {list: "[]", tuple: "()", set: "{}", dict: "{}"}
# What an object may say of itself, in the order in which Jupyter asks.
METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
}

_numbers = itertools.count(1)


def _nowhere(kind: str, message: dict[str, Any]) -> None:
    raise RuntimeError("display: nothing is connected to show it")


_emit: Emit = _nowhere


def connect(emit: Emit) -> None:
    """Send everything that is shown from here on to ``emit``."""
    global _emit
    _emit = emit


def display(
    *objects: Any, display_id: str | bool | None = None, clear: bool = False, raw: bool = False, **unused: Any
) -> DisplayHandle | None:
    """Show ``objects`` under the running cell; with ``display_id`` return the handle that can change them.

    ``raw`` takes dictionaries of MIME type to data as they are. Options of notebooks alone are ignored.
    """
    if clear:
        clear_output(wait=True)
    handle = DisplayHandle(None if display_id is True else display_id) if display_id else None
    for shown in objects:
        _emit("display", {"data": shown if raw else mime_bundle(shown), "id": handle and handle.display_id})
    return handle


def update_display(shown: Any, *, display_id: str, **unused: Any) -> None:
    """Put ``shown`` in the place of what was displayed under ``display_id``."""
    _emit("update", {"data": mime_bundle(shown), "id": display_id})


def clear_output(wait: bool = False) -> None:
    """Remove the running cell's output, at once or, with ``wait``, as soon as there is something new."""
    _emit("clear", {"wait": bool(wait)})


class DisplayHandle:
    """A place under a cell whose content can be replaced."""

    def __init__(self, display_id: str | None = None) -> None:
        self.display_id = display_id or f"display-{next(_numbers)}"

    def display(self, shown: Any, **unused: Any) -> None:
        display(shown, display_id=self.display_id)

    def update(self, shown: Any, **unused: Any) -> None:
        update_display(shown, display_id=self.display_id)

    def __repr__(self) -> str:
        return f"<DisplayHandle display_id={self.display_id}>"


class _Text:
    """Text of one MIME type, given as such or read from a file."""

    mime = "text/plain"

    def __init__(self, data: str | None = None, *, filename: str | None = None) -> None:
        if (data is None) == (filename is None):
            raise ValueError(f"{type(self).__name__}: give either data or filename")
        self.data = data if data is not None else Path(str(filename)).read_text("utf-8")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {self.mime: self.data, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<IPython.core.display.{type(self).__name__} object>"


class HTML(_Text):
    mime = "text/html"


class SVG(_Text):
    mime = "image/svg+xml"


class Markdown(_Text):
    mime = "text/markdown"


class Pretty(_Text):
    def __repr__(self) -> str:
        return self.data


class Image:
    """A PNG or JPEG picture from bytes or a file; ``alt`` is what it says to who cannot see it."""

    def __init__(
        self, data: bytes | None = None, *, filename: str | None = None, alt: str = "", **unused: Any
    ) -> None:
        if (data is None) == (filename is None):
            raise ValueError("Image: give either data or filename")
        self.data = data if data is not None else Path(str(filename)).read_bytes()
        self.alt = alt

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        kind = "image/jpeg" if self.data.startswith(b"\xff\xd8") else "image/png"
        return {kind: base64.b64encode(self.data).decode(), "text/plain": self.alt or repr(self)}

    def __repr__(self) -> str:
        return "<IPython.core.display.Image object>"


class ProgressBar:
    """A bar that shows itself when looped over, as IPython's does: ``for i in ProgressBar(100)``."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._progress = 0
        self._handle = DisplayHandle()

    @property
    def progress(self) -> int:
        return self._progress

    @progress.setter
    def progress(self, value: int) -> None:
        self._progress = value
        self._handle.update(self)

    def display(self) -> None:
        self._handle.display(self)

    def _repr_html_(self) -> str:
        words = html.escape(f"{self._progress} of {self.total}")
        return f'<progress aria-label="{words}" max="{self.total}" value="{self._progress}"></progress>'

    def __repr__(self) -> str:
        return f"{self._progress}/{self.total}"

    def __iter__(self) -> ProgressBar:
        self._progress = -1
        self.display()
        return self

    def __next__(self) -> int:
        if self._progress + 1 >= self.total:
            self.progress = self.total
            raise StopIteration
        self.progress += 1
        return self._progress


def mime_bundle(shown: Any) -> dict[str, Any]:
    """Every form in which ``shown`` can be shown, by MIME type; text/plain is always among them."""
    forms: dict[str, Any] = {}
    if not isinstance(shown, type):
        own = getattr(shown, "_repr_mimebundle_", None)
        if own is not None:
            said = own(include=None, exclude=None)
            forms = dict((said[0] if isinstance(said, tuple) else said) or {})
        for mime, method in METHODS.items():
            if mime not in forms and hasattr(shown, method):
                said = getattr(shown, method)()
                data = said[0] if isinstance(said, tuple) else said
                if data is not None:
                    forms[mime] = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    forms.setdefault("text/plain", pretty(shown))
    return forms


def pretty(value: Any) -> str:
    """``repr(value)``, with the elements of what does not fit on a line below each other, as in IPython."""
    return _pretty(value, depth=0, column=0, after=0)


def _pretty(value: Any, depth: int, column: int, after: int) -> str:
    # ``column`` characters stand before the value on its line, ``after`` brackets and commas behind it.
    brackets = BRACKETS.get(type(value))
    if not brackets or not value:
        return repr(value)
    ordered = _in_order(value)
    # Written again from the ordered elements, for a set's own order differs from run to run.
    text = repr(value) if ordered is value else f"{{{', '.join(map(repr, ordered))}}}"
    if column + len(text) + after <= WIDTH and len(value) <= LONGEST:
        return text
    names = [f"{key!r}: " if isinstance(value, dict) else "" for key in itertools.islice(ordered, LONGEST)]
    parts = list(itertools.islice(ordered.values() if isinstance(value, dict) else ordered, LONGEST))
    cut = len(value) > LONGEST
    items = []
    for number, (name, part) in enumerate(zip(names, parts, strict=True)):
        before = (column if number == 0 else depth) + 1 + len(name)
        behind = 1 if cut or number < len(parts) - 1 else 1 + after
        items.append(name + _pretty(part, depth + 1, before, behind))
    if cut:
        items.append("...")
    comma = "," if type(value) is tuple and len(value) == 1 else ""
    return brackets[0] + f",\n{' ' * (depth + 1)}".join(items) + comma + brackets[1]


def _in_order(value: Any) -> Any:
    if not isinstance(value, set):
        return value
    try:
        return sorted(value)
    except TypeError:
        return value

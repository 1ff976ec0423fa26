"""Formulae are rendered while the book is built; this makes the renderer's start reliable on a busy machine.

sphinxcontrib-katex talks to a small server over a socket file, and connects as soon as the file is there. It
is there a moment before the server listens, so the first connection may be refused: here it is tried again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinxcontrib import katex

ATTEMPTS = 5
START_TIMEOUT = 30.0  # seconds

start_once = katex.KaTeXServer.start_server_process


def start(rundir: Path, timeout: float) -> Any:
    for _ in range(ATTEMPTS - 1):
        try:
            return start_once(rundir, timeout)
        except ConnectionRefusedError:
            (rundir / "katex.sock").unlink(missing_ok=True)
    return start_once(rundir, timeout)


def setup(app: Sphinx) -> dict[str, Any]:
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = START_TIMEOUT
    katex.KaTeXServer.start_server_process = staticmethod(start)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

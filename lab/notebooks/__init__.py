"""The notebooks, each as text (NAME.md) and as Jupyter opens it (NAME.ipynb), and what only they need.

The text is what is edited; `python -m tools notebooks` derives the other. Standard library only.
"""

from __future__ import annotations

import warnings

# From the bars of other packages, where Jupyter has no widgets: they are text then, as ours is everywhere.
warnings.filterwarnings("ignore", "IProgress not found")


class CellError(Exception):
    """Ends a cell, and a "Run all", with one sentence in place of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]

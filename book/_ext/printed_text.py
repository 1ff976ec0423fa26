"""Keep what a cell printed as one text, however many pieces of it the kernel sent.

nbclient joins them; myst-nb's own ``nb_merge_streams`` would end every piece with a line break, in the middle
of a line too.
"""

from __future__ import annotations

from typing import Any

from nbclient import NotebookClient
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    # jupyter-cache makes the client, and passes no such option on to it.
    NotebookClient.coalesce_streams = True
    return {"parallel_read_safe": True, "parallel_write_safe": True}

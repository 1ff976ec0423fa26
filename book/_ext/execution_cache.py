"""Keep executed outputs in a cache that knows about the lab.

jupyter-cache looks at a chapter's own code only. A cache folder named by the content of ``lab/`` and
``assets/`` makes a change there run every chapter again, and a change in one chapter only that chapter.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]


def content_hash(*places: str) -> str:
    """Sixteen hex digits of the path and content of these files, and of all below these folders."""
    total = hashlib.sha256()
    for place in places:
        root = REPOSITORY / place
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(REPOSITORY).as_posix()
                total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def set_cache_folder(app: Sphinx, config: Config) -> None:
    config.nb_execution_cache_path = str(
        REPOSITORY / "_build" / ".jupyter_cache" / content_hash("lab", "assets")
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", set_cache_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The version of what a page names, and of what our modules refer to, in the address of each file.

A page asks for ``site.js?v=`` and eight hex digits of the content, so that no cache mixes two releases. A
module's own references, such as ``import "./words.js"``, get the same in the site that is built; a module's
version therefore covers all that it refers to.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# A relative address in a script of ours: a whole string, so that what it names is known here.
REFERENCE = re.compile(r'"(\.{1,2}/[^"?#$]+)"')


class Versions:
    """The files below ``folders``, of which an earlier one wins; scripts of the first are the book's own."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders
        self.served: dict[str, bytes] = {}
        self.open: list[str] = []

    def find(self, file: str) -> Path | None:
        return next((path for folder in self.folders if (path := folder / file).is_file()), None)

    def of(self, file: str) -> str:
        """Eight hex digits of what is served as ``file``; FileNotFoundError if nothing is."""
        return hashlib.sha256(self.content(file)).hexdigest()[:8]

    def content(self, file: str) -> bytes:
        """What is served as ``file``; ValueError where modules refer to each other in a circle."""
        if file in self.open:
            raise ValueError(f"_static/{file} refers to itself: {' → '.join([*self.open, file])}")
        if file not in self.served:
            path = self.find(file)
            if not path:
                raise FileNotFoundError(f"_static/{file}: a page asks for it and no static folder has it")
            self.open.append(file)
            self.served[file] = self.with_versions(file, path)
            self.open.pop()
        return self.served[file]

    def with_versions(self, file: str, path: Path) -> bytes:
        if path.suffix != ".js" or not path.is_relative_to(self.folders[0]):
            return path.read_bytes()

        def add(found: re.Match[str]) -> str:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(file), found[1]))
            return f'"{found[1]}?v={self.of(other)}"' if self.find(other) else found[0]

        return REFERENCE.sub(add, path.read_text("utf-8")).encode()

    def write(self, static: Path) -> None:
        """Put the book's own scripts, with the versions in them, into the folder ``static`` of a site."""
        for path in self.folders[0].rglob("*.js"):
            file = path.relative_to(self.folders[0]).as_posix()
            (static / file).write_bytes(self.content(file))


def prepare(app: Sphinx) -> None:
    app.downhill_versions = Versions([Path(app.srcdir, folder) for folder in app.config.html_static_path])


def finish(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        app.downhill_versions.write(Path(app.outdir, "_static"))


def setup(app: Sphinx) -> dict[str, Any]:
    # After page has added the folder of what was built.
    app.connect("builder-inited", prepare, priority=600)
    # After Sphinx has copied the files, before offline lists them.
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

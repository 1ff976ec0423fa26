"""What the site needs besides chapters, put together from locked npm packages and from ``lab``.

Everything lands in ``_build/assets``, which Sphinx copies into the site's ``_static``. Git holds none of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tools import setup

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = REPOSITORY / "node_modules"
FINISHED = REPOSITORY / "_build" / "assets"
# Filled here and moved into place whole: an interrupted build leaves the last good one.
ASSETS = REPOSITORY / "_build" / f"assets-{os.getpid()}"
# A fixed date inside the wheel, so that the same lab gives the same file and browsers keep what they have.
WHEEL_DATE = "1767225600"


def make() -> Path:
    """Fill ``_build/assets`` afresh where an input has changed; return the folder."""
    stamp = "stamp"
    inputs = fingerprint()
    if (FINISHED / stamp).is_file() and (FINISHED / stamp).read_text() == inputs:
        return FINISHED
    ASSETS.mkdir(parents=True)
    fonts()
    katex()
    pyodide()
    vendor()
    thebe = setup.thebe_core()
    # The finished bundle alone: the package around it is nine tenths source maps.
    target = ASSETS / "vendor" / "thebe-core"
    shutil.copytree(thebe / "dist" / "lib", target, ignore=shutil.ignore_patterns("*.map"))
    shutil.copy(thebe / "LICENSE", target)
    wheel()
    sizes()
    (ASSETS / stamp).write_text(inputs)
    shutil.rmtree(FINISHED, ignore_errors=True)
    ASSETS.replace(FINISHED)
    return FINISHED


def fingerprint() -> str:
    total = hashlib.sha256()
    own = [REPOSITORY / "package-lock.json", REPOSITORY / "pyproject.toml", Path(__file__)]
    for folder in ("lab", "book/_vendor"):
        own += sorted(path for path in (REPOSITORY / folder).rglob("*") if "__pycache__" not in path.parts)
    for path in own:
        if path.is_file():
            total.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def fonts() -> None:
    """The Latin subset of the two faces, in every weight."""
    (ASSETS / "fonts").mkdir()
    for name in ("atkinson-hyperlegible-next", "atkinson-hyperlegible-mono"):
        files = MODULES / "@fontsource-variable" / name / "files"
        shutil.copy(files / f"{name}-latin-wght-normal.woff2", ASSETS / "fonts" / f"{name}.woff2")


def katex() -> None:
    """KaTeX's style sheet with its woff2 fonts alone; the formulae themselves are rendered at build."""
    target = ASSETS / "katex"
    (target / "fonts").mkdir(parents=True)
    dist = MODULES / "katex" / "dist"
    for font in (dist / "fonts").glob("*.woff2"):
        shutil.copy(font, target / "fonts")
    style = (dist / "katex.min.css").read_text("utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", style)
    (target / "katex.min.css").write_text(style, "utf-8")


def pyodide() -> None:
    """Python for the browser: the core files of the npm package, none of its tools for Node."""
    target = ASSETS / "pyodide"
    target.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
        shutil.copy(MODULES / "pyodide" / name, target)


def vendor() -> None:
    """One minified ES module for each entry in ``book/_vendor``, third-party code included."""
    entries = sorted((REPOSITORY / "book" / "_vendor").glob("*.js"))
    if not entries:
        return
    subprocess.run(
        [
            setup.node(),
            MODULES / "esbuild" / "bin" / "esbuild",
            *entries,
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=linked",
            "--log-level=warning",
            f"--outdir={ASSETS / 'vendor'}",
        ],
        check=True,
        cwd=REPOSITORY,
    )


def wheel() -> None:
    """``lab`` as a wheel, and the lock file by which Pyodide finds it when a cell imports it."""
    target = ASSETS / "wheels"
    target.mkdir()
    source = ASSETS / "wheel-source"
    # Built from a copy: a build in place would leave its own folders beside the source.
    shutil.copytree(REPOSITORY / "lab", source / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", source)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet"),
            *("--no-deps", "--no-build-isolation", "--no-index"),
            *("--wheel-dir", str(target), str(source)),
        ],
        check=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": WHEEL_DATE},
    )
    shutil.rmtree(source)
    (built,) = target.glob("*.whl")
    pyodide_info = json.loads((MODULES / "pyodide" / "pyodide-lock.json").read_text("utf-8"))["info"]
    package = {
        "name": "downhill-lab",
        "version": built.name.split("-")[1],
        "file_name": built.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(built.read_bytes()).hexdigest(),
        "imports": ["lab"],
        "depends": [],
        "package_type": "package",
        "unvendored_tests": False,
    }
    lock = {"info": pyodide_info, "packages": {"downhill-lab": package}}
    (target / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    with zipfile.ZipFile(built) as archive:
        if "lab/data/headlines.csv" not in archive.namelist():
            raise SystemExit(
                "the wheel of lab lacks lab/data/headlines.csv: see package-data in pyproject.toml"
            )


def sizes() -> None:
    """How many bytes a first run fetches, compressed as a server sends them: the page says so first."""
    files = [*(ASSETS / "pyodide").iterdir(), *(ASSETS / "wheels").iterdir()]
    total = sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)
    (ASSETS / "sizes.json").write_text(json.dumps({"download_bytes": total}), "utf-8")

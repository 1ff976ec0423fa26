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
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import setup

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = REPOSITORY / "node_modules"
ASSETS = REPOSITORY / "_build" / "assets"
# A fixed date inside the wheel, so that the same lab gives the same file and browsers keep what they have.
WHEEL_DATE = "1767225600"


def make() -> Path:
    """Fill ``_build/assets`` afresh where an input has changed; return the folder."""
    inputs = fingerprint()
    if setup.holds(ASSETS / "stamp", inputs):
        return ASSETS
    ASSETS.parent.mkdir(exist_ok=True)
    # Filled beside its place and moved there whole: an interrupted build leaves the last good one.
    with TemporaryDirectory(prefix="assets-", dir=ASSETS.parent) as beside:
        folder = Path(beside) / "assets"
        folder.mkdir()
        for part in (fonts, katex, pyodide, vendor, thebe_core, wheel, sizes):
            part(folder)
        setup.leave(folder / "stamp", inputs)
        shutil.rmtree(ASSETS, ignore_errors=True)
        folder.replace(ASSETS)
    return ASSETS


def fingerprint() -> str:
    """The hash of everything that the assets are made from."""
    own = [REPOSITORY / "package-lock.json", REPOSITORY / "pyproject.toml", Path(__file__)]
    for folder in ("lab", "book/_vendor"):
        own += sorted(path for path in (REPOSITORY / folder).rglob("*") if "__pycache__" not in path.parts)
    named = [part for path in own for part in (path.relative_to(REPOSITORY).as_posix(), path)]
    return setup.fingerprint(setup.THEBE_CORE_SHA512, *named)


def fonts(folder: Path) -> None:
    """The Latin subset of the two faces, in every weight."""
    (folder / "fonts").mkdir()
    for name in ("atkinson-hyperlegible-next", "atkinson-hyperlegible-mono"):
        files = MODULES / "@fontsource-variable" / name / "files"
        shutil.copy(files / f"{name}-latin-wght-normal.woff2", folder / "fonts" / f"{name}.woff2")


def katex(folder: Path) -> None:
    """KaTeX's style sheet with its woff2 fonts alone; the formulae themselves are rendered at build."""
    target = folder / "katex"
    (target / "fonts").mkdir(parents=True)
    dist = MODULES / "katex" / "dist"
    for font in (dist / "fonts").glob("*.woff2"):
        shutil.copy(font, target / "fonts")
    style = (dist / "katex.min.css").read_text("utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", style)
    (target / "katex.min.css").write_text(style, "utf-8")


def pyodide(folder: Path) -> None:
    """Python for the browser: the core files of the npm package, none of its tools for Node."""
    target = folder / "pyodide"
    target.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
        shutil.copy(MODULES / "pyodide" / name, target)


def vendor(folder: Path) -> None:
    """One minified ES module for each entry in ``book/_vendor``, third-party code included."""
    entries = sorted((REPOSITORY / "book" / "_vendor").glob("*.js"))
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
            f"--outdir={folder / 'vendor'}",
        ],
        check=True,
        cwd=REPOSITORY,
    )


def thebe_core(folder: Path) -> None:
    """The connection to Jupyter servers: the finished bundle, without the source maps that are most of it."""
    package = setup.thebe_core()
    target = folder / "vendor" / "thebe-core"
    shutil.copytree(package / "dist" / "lib", target, ignore=shutil.ignore_patterns("*.map"))
    shutil.copy(package / "LICENSE", target)


def wheel(folder: Path) -> None:
    """``lab`` as a wheel, and the lock file by which Pyodide finds it when a cell imports it."""
    target = folder / "wheels"
    target.mkdir()
    source = folder / "wheel-source"
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
    (plain,) = target.glob("*.whl")
    digest = hashlib.sha256(plain.read_bytes()).hexdigest()
    # The content is in the name, as a wheel's build tag: no cache can hand out another release's file for it.
    name, version, tags = plain.name.split("-", 2)
    built = plain.rename(target / f"{name}-{version}-0{digest[:8]}-{tags}")
    pyodide_info = json.loads((MODULES / "pyodide" / "pyodide-lock.json").read_text("utf-8"))["info"]
    package = {
        "name": "downhill-lab",
        "version": version,
        "file_name": built.name,
        "install_dir": "site",
        "sha256": digest,
        "imports": ["lab"],
        "depends": [],
        "package_type": "package",
        "unvendored_tests": False,
    }
    lock = {"info": pyodide_info, "packages": {"downhill-lab": package}}
    (target / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def sizes(folder: Path) -> None:
    """How many bytes a first run fetches, compressed as a server sends them: the page says so first."""
    files = [*(folder / "pyodide").iterdir(), *(folder / "wheels").iterdir()]
    total = sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)
    (folder / "sizes.json").write_text(json.dumps({"download_bytes": total}), "utf-8")

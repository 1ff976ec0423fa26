"""Set-up: what it takes, what it skips, and how it says what is missing."""

import ast
import base64
import contextlib
import hashlib
import http.server
import io
import json
import re
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tools.__main__ as program
from tools import browser, lock, setup

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *arguments], cwd=ROOT, capture_output=True, text=True
    )


# The targets


def test_make_python_and_the_modules_name_the_same_targets() -> None:
    listed = re.search(r"^TARGETS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed
    assert sorted(listed[1].split()) == sorted(program.TARGETS)
    modules = {path.stem for path in (ROOT / "tools").glob("*.py")}
    assert set(program.TARGETS) - modules == {"help"}


def test_the_readmes_map_has_every_folder() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = re.findall(r"^ *(\S+/)(?:  | [a-z]+/)", readme, re.MULTILINE)
    inside = [folder for name in ("lab", "assets", "tests") for folder in (ROOT / name).iterdir()]
    folders = {path.name for path in inside if path.is_dir() and not path.name.startswith("__")}
    assert folders <= {name.strip("/").rpartition("/")[2] for name in listed}


def test_help_names_every_target() -> None:
    said = command("help").stdout
    assert [line.split()[0] for line in said.splitlines()] == list(program.TARGETS)


def test_an_unknown_target_ends_in_one_line() -> None:
    done = command("biuld")
    assert done.returncode == 1
    assert done.stderr == f"There is no target 'biuld': the targets are {', '.join(program.TARGETS)}.\n"


def test_a_python_that_is_too_old_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OLDEST", (9, 0))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match=r"is too old: install Python 3\.11 or newer"):
        program.main(["build"])


def test_what_the_oldest_pythons_read_is_plain_enough_for_them() -> None:
    for name in ("__init__.py", "__main__.py"):
        ast.parse((ROOT / "tools" / name).read_text("utf-8"), feature_version=(3, 7))


def test_a_second_run_has_nothing_to_do() -> None:
    command("setup")
    again = command("setup")
    assert again.returncode == 0
    assert "set-up:" not in again.stdout.replace("set-up: no Java", "")


# Stamps


def test_a_stamp_holds_for_the_same_inputs_alone(tmp_path: Path) -> None:
    first, second, stamp = tmp_path / "a", tmp_path / "b", tmp_path / "new" / "stamp"
    first.write_text("one")
    value = setup.fingerprint(first, second, "settings")
    assert not setup.holds(stamp, value)
    setup.leave(stamp, value)
    assert setup.holds(stamp, setup.fingerprint(first, second, "settings"))
    second.write_text("two")
    assert not setup.holds(stamp, setup.fingerprint(first, second, "settings"))
    assert setup.fingerprint("ab", "c") != setup.fingerprint("a", "bc")


def test_a_command_that_fails_ends_in_our_sentence() -> None:
    with pytest.raises(SystemExit, match=r"^it did not work$"):
        setup.run([sys.executable, "-c", "raise SystemExit(3)"], "it did not work")
    with pytest.raises(SystemExit, match=r"^it did not work .*no-such-program"):
        setup.run(["no-such-program"], "it did not work")


# Python


def test_a_debian_without_venv_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "has_ensurepip", lambda: False)
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    asked: list[str] = []
    monkeypatch.setattr(setup, "apt", lambda *packages: bool(asked.extend(packages)))
    package = f"python3.{sys.version_info[1]}-venv"
    with pytest.raises(SystemExit, match=f"run 'sudo apt install {re.escape(package)}'"):
        setup.make_venv()
    assert asked == [package]


class Pip:
    """What pip was asked to install, in order, instead of pip."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str, failure: str) -> None:
        self.calls.append(arguments)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pip:
    recorder = Pip()
    monkeypatch.setattr(setup, "pip", recorder)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "torch_version", lambda: "2.13.0")
    monkeypatch.setattr(setup, "torch_index_answers", lambda: True)
    monkeypatch.delenv(setup.TORCH_VARIABLE, raising=False)
    return recorder


def test_torch_comes_from_its_cpu_index_where_that_answers(pip: Pip) -> None:
    setup.install_torch()
    setup.install_torch()
    assert pip.calls == [("--no-deps", "--index-url", setup.TORCH_CPU_INDEX, "torch==2.13.0")]


def test_torch_comes_by_plain_pip_where_its_index_is_silent(
    pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "torch_index_answers", lambda: False)
    setup.install_torch()
    assert pip.calls == [("torch==2.13.0",)]


def test_a_gpu_build_is_taken_when_asked_for_and_kept(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.install_torch()
    monkeypatch.setenv(setup.TORCH_VARIABLE, "https://index.example/gpu")
    setup.install_torch()
    assert pip.calls[1] == (
        "--force-reinstall",
        "--no-deps",
        "--index-url",
        "https://index.example/gpu",
        "torch==2.13.0",
    )
    asked = len(pip.calls)
    setup.install_torch()
    monkeypatch.delenv(setup.TORCH_VARIABLE)
    setup.install_torch()
    assert len(pip.calls) == asked
    monkeypatch.setattr(setup, "torch_version", lambda: "2.14.0")
    setup.install_torch()
    assert pip.calls[asked][-1] == "torch==2.14.0"


@contextlib.contextmanager
def index(delay: float) -> Iterator[str]:
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # the one who asked no longer waits
                super().handle()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_an_index_that_answers_late_counts_as_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with index(delay=0) as address:
        monkeypatch.setattr(setup, "TORCH_CPU_INDEX", address)
        assert setup.torch_index_answers()
    monkeypatch.setattr(setup, "INDEX_PATIENCE", 0.2)
    with index(delay=1.5) as address:
        monkeypatch.setattr(setup, "TORCH_CPU_INDEX", address)
        start = time.monotonic()
        assert not setup.torch_index_answers()
        assert time.monotonic() - start < 1
    assert not setup.torch_index_answers(), "nobody listens there any more"


# Node


def system_node(folder: Path, version: str, *, npm: bool = True) -> Path:
    for name in ("node", "npm")[: 2 if npm else 1]:
        (folder / name).write_text(f"#!/bin/sh\necho v{version}\n")
        (folder / name).chmod(0o755)
    return folder / "node"


@pytest.fixture
def no_node_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    setup.node.cache_clear()
    yield
    setup.node.cache_clear()


@pytest.mark.usefixtures("no_node_yet")
def test_a_node_that_is_new_enough_is_used(pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = system_node(tmp_path, "20.19.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert setup.node() == str(node)
    assert setup.npm() == [str(tmp_path / "npm")]
    assert pip.calls == []


@pytest.mark.usefixtures("no_node_yet")
@pytest.mark.parametrize(("version", "npm"), [("20.18.3", True), ("18.20.4", True), ("22.1.0", False)])
def test_otherwise_pip_brings_one(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, npm: bool
) -> None:
    system_node(tmp_path, version, npm=npm)
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(setup.node()).is_relative_to(setup.VENV)
    assert setup.npm()[0] == setup.node()
    assert pip.calls == [(setup.NODE_WHEEL,)]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has no npm package yet, nor a cache of any."""
    monkeypatch.setattr(setup, "MODULES", tmp_path / "node_modules")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setattr(setup, "REPOSITORY", tmp_path)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path / "node_modules"


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("answers", [False, None])
def test_a_registry_that_cannot_be_reached_is_one_sentence_within_seconds(
    answers: bool | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        # One port at which nobody listens, and one at which nobody speaks.
        port = 9 if answers is False else mute.getsockname()[1]
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{port}/")
        started = time.monotonic()
        with pytest.raises(SystemExit, match=r"npm's registry cannot be reached .* \([A-Z_]+\)") as ended:
            setup.packages()
    assert time.monotonic() - started < 30
    assert "\n" not in str(ended.value)
    assert capfd.readouterr().err == ""


def test_a_registry_that_has_no_ping_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Mirror) as mirror:
        threading.Thread(target=mirror.serve_forever, daemon=True).start()
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{mirror.server_port}/")
        assert setup.npm_silence() == ""
        mirror.shutdown()


def test_the_repository_is_found_whatever_letters_its_path_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Übung Łódź"
    folder.mkdir()
    (folder / "found_there.py").write_text("", "utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    for name, value in (("VENV", folder / ".venv"), ("REPOSITORY", folder)):
        monkeypatch.setattr(setup, name, value)
    monkeypatch.setattr(setup, "pip", lambda *arguments, failure: None)
    setup.install_requirements()
    assert [path.read_bytes().isascii() for path in folder.rglob("downhill.pth")] == [True]
    # Windows reads such a file in an encoding that may have none of these letters.
    subprocess.run([setup.venv_python(), "-c", "import found_there"], cwd="/", check=True)


def tarball(path: Path, content: bytes) -> str:
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/dist/lib.js")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def test_a_package_is_unpacked_if_it_is_the_one_we_know(tmp_path: Path) -> None:
    archive, folder = tmp_path / "thebe-core.tgz", tmp_path / "modules" / ".thebe-core"
    known = tarball(archive, b"known")
    setup.unpack(archive, known, folder)
    assert (folder / "dist" / "lib.js").read_bytes() == b"known"
    tarball(archive, b"changed on its way")
    with pytest.raises(SystemExit, match=r"thebe-core\.tgz is not the file we know"):
        setup.unpack(archive, known, folder)
    assert (folder / "dist" / "lib.js").read_bytes() == b"known"
    assert [path.name for path in folder.parent.iterdir()] == [".thebe-core"]


# The browser


def test_a_program_that_only_says_where_to_get_a_browser_is_none(tmp_path: Path) -> None:
    stub = tmp_path / "chromium-browser"
    stub.write_text("#!/bin/sh\necho 'Command requires the chromium snap to be installed.' >&2\nexit 1\n")
    stub.chmod(0o755)
    assert not browser.starts(str(stub))
    stub.write_text("#!/bin/sh\necho 'Chromium 156.0'\n")
    assert browser.starts(str(stub))


def test_a_browser_that_was_named_must_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(browser.VARIABLE, "/no/such/browser")
    with pytest.raises(SystemExit, match="DOWNHILL_CHROMIUM is /no/such/browser, which does not start"):
        browser.chromium()


def test_without_a_browser_the_sentence_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browser, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(browser, "present", lambda: None)
    monkeypatch.setattr(setup, "apt", lambda *packages: False)
    monkeypatch.setattr(setup.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 1))
    with pytest.raises(SystemExit, match="install Chromium or Chrome, or give the path of one"):
        browser.chromium()


def test_an_engine_is_fetched_where_we_may_and_else_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here: list[str] = []
    packages = ("firefox-esr", "and-more")
    monkeypatch.setitem(browser.OTHERS, "Firefox", (lambda: here[0] if here else None, packages))
    monkeypatch.setattr(setup, "apt", lambda *packages: False)
    with pytest.raises(LookupError, match=r"Firefox is not tried.*apt install firefox-esr and-more"):
        browser.other("Firefox", fetch=True)
    monkeypatch.setattr(setup, "apt", lambda *packages: not here.extend(packages))
    with pytest.raises(LookupError):
        browser.other("Firefox")
    assert browser.other("Firefox", fetch=True) == "firefox-esr"


# What is locked


def test_every_npm_package_is_held_to_a_hash_and_to_no_registry() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    packages = {path: entry for path, entry in locked.items() if path}
    hashes = {path: entry.get("integrity", "") for path, entry in packages.items()}
    assert [path for path, value in hashes.items() if not value.startswith("sha512-")] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for entry in list(packages.values()):
        for name in entry.get("optionalDependencies", {}):
            assert f"node_modules/{name}" in packages, "one system's program is missing from the lock"


def test_every_npm_package_has_its_reason() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    notes = (ROOT / "package-notes.md").read_text("utf-8")
    rows = "\n".join(line.split("|")[1] for line in notes.splitlines() if line.startswith("|"))
    short = [re.sub(r"^@codemirror/|.*(?=-mono$)", "", name) for name in wanted]
    assert [name for name in short if name not in rows] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_python_package_is_one_exact_version(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text("utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    exact = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+")
    assert [line for line in lines if line and not exact.fullmatch(line)] == []
    lock.check(name, text)
    asked = [
        re.split(r"[<>=! ]", line)[0]
        for line in (ROOT / f"{name}.in").read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    assert [package for package in asked if f"\n{package}==" not in text] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_python_package_asked_for_has_its_reason(name: str) -> None:
    lines = (ROOT / f"{name}.in").read_text("utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith(("#", "-"))]
    assert asked
    assert [line for line in asked if not re.search(r"\s# \S", line)] == []


def test_a_list_compiled_against_a_gpu_build_is_refused() -> None:
    compiled = "torch==2.13.0+cpu  # via -r\nother==1+x\n"
    assert lock.without_build(compiled) == "torch==2.13.0  # via -r\nother==1+x\n"
    with pytest.raises(SystemExit, match="nvidia-"):
        lock.check("requirements", "numpy==2.4.6\nnvidia-cublas==13.1\n")

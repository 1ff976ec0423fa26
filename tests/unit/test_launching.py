"""Binder, the dev container and Docker Compose: what starts, in which versions, and who can get at it.

No container engine is needed: repo2docker says what it would build, the schemas say what is well formed, and
the commands by which each place installs its packages are taken from its files and run, in an empty folder.
What `tools serve` does in a container and in a codespace is tested in test_tools_serve.py.
"""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from lab.notebooks import install
from tools import notebooks, serve
from tools.__main__ import OLDEST

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ".".join(map(str, OLDEST))
POST_BUILD = ROOT / "binder" / "postBuild"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["book"]
# JSON with comments, each on a line of its own.
DEVCONTAINER = json.loads(
    re.sub(r"^\s*//.*", "", (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"), flags=re.M)
)
FILES = [
    *(ROOT / name for name in ("Dockerfile", "compose.yaml", ".devcontainer/devcontainer.json")),
    *(ROOT / "binder").iterdir(),
]
# How each starts the book; Binder starts a Jupyter server of its own.
SERVED = {
    "compose": json.loads(re.search(r"^CMD (.*)$", DOCKERFILE, re.M)[1]),
    "dev container": shlex.split(DEVCONTAINER["postAttachCommand"]),
}
VARIABLE = "DOWNHILL_TEST_INSTALL"
PUBLISHED = {"repository": "owner/name", "branch": "main", "hub": "https://hub.example"}


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def run(*command: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, **options)


# What the files say


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("compose-spec", "compose.yaml"),
        ("dependabot", ".github/dependabot.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_it_fits_its_makers_schema(schema, file):
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", file]
    done = run(*check, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_every_image_has_a_tag_that_names_our_python():
    images = [DEVCONTAINER["image"], *re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)]
    for image in images:
        assert re.fullmatch(rf"\S+:{re.escape(PYTHON)}-[a-z-]+", image)
    assert (ROOT / "binder" / "runtime.txt").read_text("utf-8") == f"python-{PYTHON}\n"


def test_what_compose_publishes_is_for_this_computer_alone():
    command = SERVED["compose"]
    ports = [str(serve.PORT), command[command.index("--jupyter-port") + 1]]
    # The number is the same on both sides: the page is told the one inside.
    assert COMPOSE["ports"] == [f"127.0.0.1:{port}:{port}" for port in ports]
    assert {"network_mode", "privileged", "devices"}.isdisjoint(COMPOSE)
    assert "EXPOSE" not in DOCKERFILE


def test_the_dev_container_forwards_from_loopback():
    command = SERVED["dev container"]
    assert "--in-container" not in command
    assert DEVCONTAINER["forwardPorts"] == [serve.PORT, int(command[command.index("--jupyter-port") + 1])]
    assert [int(port) for port in DEVCONTAINER["portsAttributes"]] == DEVCONTAINER["forwardPorts"]
    # appPort publishes on every address of the host.
    assert {"appPort", "runArgs", "privileged"}.isdisjoint(DEVCONTAINER)


def test_nobody_is_root_when_the_book_is_served():
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)
    assert users
    assert users[-1] != "root"
    assert DEVCONTAINER["remoteUser"] != "root"


@pytest.mark.parametrize("file", names(FILES))
def test_no_token_or_password_is_named_let_alone_switched_off(file):
    said = (ROOT / file).read_text("utf-8")
    assert not re.search(r"token|password|xsrf|allow_origin|allow_remote|unauthenticated", said, re.I)


@pytest.mark.parametrize("file", names(FILES))
def test_versions_of_packages_are_left_to_the_requirements(file):
    assert not re.search(r"[=~<>]=|\btorch\b|pip install", (ROOT / file).read_text("utf-8"))


@pytest.mark.parametrize("place", SERVED)
def test_each_starts_what_make_serve_starts(place, monkeypatch):
    python, *arguments = SERVED[place]
    assert (python, arguments[:3]) == ("python3", ["-m", "tools", "serve"])
    started = []

    def stop(folder, port, address):
        started.append((port, address))
        raise SystemExit

    monkeypatch.setattr(serve.build, "build", lambda: ROOT)
    monkeypatch.setattr(serve, "CONTAINER", (ROOT,))
    monkeypatch.setattr(serve.signal, "signal", lambda *_: None)
    monkeypatch.setattr(serve, "bind", stop)
    with pytest.raises(SystemExit):
        serve.main(arguments[3:])
    assert started == [(serve.PORT, {"compose": "0.0.0.0", "dev container": "127.0.0.1"}[place])]


# What repo2docker makes of it


@pytest.mark.skipif(os.name == "nt", reason="repo2docker writes paths for Linux on Linux alone")
def test_repo2docker_finds_our_folder_and_runs_our_step_as_a_learner():
    options = ("--no-build", "--debug", "--user-id", "1000", "--user-name", "learner")
    done = run(sys.executable, "-m", "repo2docker", *options, ".", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert f"Building conda environment for python={PYTHON}" in said
    assert "COPY --chown=1000:1000 src/ ${REPO_DIR}/" in said
    assert re.findall(r"^(?:RUN|CMD|USER) .*(?:postBuild|\$\{NB_USER\}|jupyter).*$", said, re.M)[-4:] == [
        "USER ${NB_USER}",
        "RUN chmod +x binder/postBuild",
        "RUN ./binder/postBuild",
        'CMD ["jupyter", "notebook", "--ip", "0.0.0.0"]',
    ]
    # The Dockerfile in the root is for Compose: Binder would take it only from its own folder.
    assert "slim" not in said


# What the book offers


def test_with_a_repository_each_notebook_and_each_live_page_leads_there():
    for source in notebooks.sources():
        cells = json.loads(notebooks.derive(source, PUBLISHED))["cells"]
        text = "".join("".join(cell["source"]) for cell in cells)
        for name, address in notebooks.launches(notebooks.path_of(source), PUBLISHED).items():
            assert f"[{name}]({address})" in text
    assert list(notebooks.launches("a.ipynb", PUBLISHED)) == ["Colab", "Codespaces", "Binder"]


def test_with_a_repository_runs_in_this_browser_offers_binder_and_codespaces(tmp_path):
    spec = importlib.util.spec_from_file_location("live_cells", ROOT / "book" / "_ext" / "live_cells.py")
    live_cells = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(live_cells)
    (tmp_path / "sizes.json").write_text("{}", "utf-8")
    offered = live_cells.settings_of(PUBLISHED, sizes=tmp_path / "sizes.json")
    assert offered["binder"] == PUBLISHED
    assert [place["name"] for place in offered["launch"]] == ["Codespaces"]


# What gets installed


@dataclass
class Installed:
    """A copy of the repository in which each place's installing command has run, and what they printed."""

    folder: Path
    prefix: Path
    said: str

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"


def as_docker(folder: str, entries: list[str]) -> list[str]:
    """Which entries of a folder .dockerignore leaves out."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    return [one for one in entries if f"**/{one}" in lines or (Path(folder) == ROOT and one in lines)]


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """The commands are those of the files; the three share one, so the first of them does the work."""
    if VARIABLE not in os.environ:
        pytest.skip(f"fetches every package again: the weekly run does it, and whoever sets {VARIABLE}")
    if os.name == "nt":
        pytest.skip("these are commands for Linux, where Binder, Codespaces and the container run them")
    before, after = DOCKERFILE.split("COPY --chown=learner . .\n")
    copied = re.findall(r"^COPY --chown=learner (.*) (\S+)$", before, re.M)
    (docker_step,) = re.findall(r"^RUN (python3 .*)$", before, re.M)
    assert re.findall(r"^RUN (.*)$", after, re.M) == ["python3 -m tools build"], (
        "make test has run that itself"
    )
    with tempfile.TemporaryDirectory(prefix="downhill-launching-") as temporary:
        folder, prefix, bin_ = (Path(temporary, name) for name in ("downhill", "jupyter", "bin"))
        bin_.mkdir()
        (bin_ / "python3").symlink_to(Path(sys.base_prefix, "bin", "python3"))
        kept = ("HOME", "LANG", "PIP_", "SSL_", "HTTP", "NO_PROXY", "TMPDIR")
        environment = {name: value for name, value in os.environ.items() if name.upper().startswith(kept)}
        environment |= {
            "PATH": f"{bin_}:/usr/local/bin:/usr/bin:/bin",
            "NB_PYTHON_PREFIX": str(prefix),
            "PIP_COMPILE": "0",  # saves a minute here: Python compiles what it imports
        }

        def step(*command: str) -> str:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert done.returncode == 0, done.stdout
            return done.stdout

        # The image has these files alone when it installs.
        for files, _ in copied:
            for name in files.split():
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, folder / name)
                else:
                    folder.mkdir(exist_ok=True)
                    shutil.copy(ROOT / name, folder)
        said = step(*shlex.split(docker_step))
        shutil.copytree(ROOT, folder, ignore=as_docker, dirs_exist_ok=True)
        said += step(*shlex.split(DEVCONTAINER["postCreateCommand"]))
        said += step(str(folder / "binder" / "postBuild"))
        yield Installed(folder, prefix, said)


def test_the_weekly_run_installs_everything():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "weekly.yml").read_text("utf-8"))
    (tests,) = [step for step in workflow["jobs"]["whole"]["steps"] if "make test" in step.get("run", "")]
    assert tests["env"] == {VARIABLE: "1"}


@pytest.mark.timeout(1200)
def test_every_package_has_the_version_of_requirements_txt(installed):
    ask = (
        "import json; from importlib.metadata import version; print(json.dumps({n: version(n) for n in %r}))"
    )
    wanted = install.versions()
    done = run(str(installed.python), "-c", ask % list(wanted), cwd="/")
    found = {name: version.partition("+")[0] for name, version in json.loads(done.stdout).items()}
    assert found == wanted


@pytest.mark.timeout(1200)
def test_torch_is_the_cpu_build_unless_its_index_was_silent(installed):
    build = run(
        str(installed.python), "-c", "import torch; print(torch.version.cuda)", cwd="/"
    ).stdout.strip()
    assert build == "None" or "PyTorch's CPU index does not answer" in installed.said


@pytest.mark.timeout(1200)
def test_neither_node_nor_a_browser_is_fetched(installed):
    assert not (installed.folder / "node_modules").exists()
    assert {path.name for path in (installed.folder / ".venv" / "stamps").iterdir()} == {
        *("venv", "torch", "requirements")
    }


@pytest.mark.timeout(1200)
def test_the_kernel_that_a_page_asks_binder_for_has_the_lab(installed):
    specs = KernelSpecManager(
        kernel_dirs=[str(installed.prefix / "share" / "jupyter" / "kernels")], ensure_native_kernel=False
    )
    page = (ROOT / "book" / "_static" / "live" / "kernel-server.js").read_text("utf-8")
    (name,) = set(re.findall(r'kernelName: "(\w+)"', page))
    assert list(specs.find_kernel_specs()) == [name]
    manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
    manager.start_kernel(cwd="/")
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        heard = []
        code = "import lab, sys, torch; print(lab.__file__, sys.prefix)"
        answer = client.execute_interactive(code, timeout=240, output_hook=heard.append)
        assert answer["content"]["status"] == "ok", answer["content"]
        said = "".join(one["content"]["text"] for one in heard if one["content"].get("name") == "stdout")
        assert said.split() == [
            str(installed.folder / "lab" / "__init__.py"),
            str(installed.folder / ".venv"),
        ]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

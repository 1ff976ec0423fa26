"""`make serve` as real processes: who is told the token, and what is left when it ends."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tools import browser, serve, site

ROOT = Path(__file__).resolve().parents[2]
KERNEL = "/_local/kernel.json"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tests look with ps, and end with Unix's signals")


class Serving:
    """`python -m tools serve` on a built folder, and what it has printed so far."""

    def __init__(
        self,
        html: Path,
        port: int = 0,
        *options: str,
        program: tuple[str, ...] = ("-m", "tools", "serve"),
        **environment: str,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, "--html", str(html), "--port", str(port), *options],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        self.output = self.process.stdout
        self.said: list[str] = []
        for line in self.output:
            self.said.append(line)
            if line.startswith("Ctrl-C"):
                break
        address = re.search(r"^The book: (http://127\.0\.0\.1:(\d+)/)$", "".join(self.said), re.MULTILINE)
        assert address, "".join(self.said)
        self.address, self.port = address[1], int(address[2])

    def ask(self, path: str = KERNEL, **headers: str) -> tuple[int, bytes, http.client.HTTPMessage]:
        return ask(self.port, path, **headers)

    def kernel(self) -> dict[str, str]:
        """What a page of its own is told."""
        status, body, _ = self.ask(Sec_Fetch_Site="same-origin")
        assert status == 200
        told: dict[str, str] = json.loads(body)
        return told

    def children(self) -> list[int]:
        """The processes it has started, and those that these have."""
        return descendants(self.process.pid)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(30)
        finally:
            self.output.close()


def ask(
    port: int,
    path: str,
    method: str = "GET",
    body: str | None = None,
    address: str = "127.0.0.1",
    **headers: str,
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(address, port, timeout=20)
    try:
        connection.request(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def processes() -> dict[int, tuple[int, str]]:
    """Every process: its parent and its command line, as everybody can see them."""
    lines = subprocess.run(
        ["ps", "axww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    fields = [line.split(None, 2) for line in lines.splitlines()]
    return {int(field[0]): (int(field[1]), field[2] if len(field) > 2 else "") for field in fields}


def descendants(ancestor: int) -> list[int]:
    table = processes()
    found = [ancestor]
    for pid in found:
        found += [child for child, (parent, _) in table.items() if parent == pid]
    return found[1:]


def eventually(holds: Callable[[], Any], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)


def gone(pids: list[int]) -> bool:
    return not set(pids) & set(processes())


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("html")
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><title>Downhill</title><p>page', "utf-8"
    )
    (folder / "favicon.ico").write_bytes(b"")
    return folder


@pytest.fixture
def start(html: Path) -> Iterator[Callable[..., Serving]]:
    started: list[Serving] = []

    def begin(port: int = 0, *options: str, **more: Any) -> Serving:
        started.append(Serving(html, port, *options, **more))
        return started[-1]

    yield begin
    for serving in started:
        with contextlib.suppress(ProcessLookupError):
            serving.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def serving(html: Path) -> Iterator[Serving]:
    running = Serving(html)
    yield running
    running.end(signal.SIGTERM)


def test_a_page_of_its_own_is_told_where_the_kernel_is(serving: Serving) -> None:
    status, body, headers = serving.ask(Sec_Fetch_Site="same-origin")
    told = json.loads(body)
    assert (status, sorted(told)) == (200, ["baseUrl", "token"])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", told["baseUrl"])
    assert len(told["token"]) >= 40
    assert headers["Cache-Control"] == "no-store"
    assert serving.ask(Sec_Fetch_Site="same-origin", Origin=serving.address.rstrip("/"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
        {"Sec_Fetch_Site": "same-origin", "Host": "127.0.0.1:1"},
        {"Sec_Fetch_Site": "same-origin", "Host": "127.0.0.1"},
    ],
)
def test_nobody_else_is_told(serving: Serving, headers: dict[str, str]) -> None:
    status, body, _ = serving.ask(**headers)
    assert status == 403
    assert serving.kernel()["token"].encode() not in body


def test_a_foreign_name_gets_nothing_at_all(serving: Serving) -> None:
    for path in ("/", KERNEL):
        host = f"downhill.example:{serving.port}"
        assert serving.ask(path, Host=host, Sec_Fetch_Site="same-origin")[0] == 421


def test_localhost_is_sent_on_to_the_one_address(serving: Serving) -> None:
    for name in ("localhost", "[::1]"):
        status, _, headers = serving.ask("//else.example/a?b=c", Host=f"{name}:{serving.port}")
        assert (status, headers["Location"]) == (307, f"{serving.address}else.example/a?b=c")
        assert serving.ask(Host=f"{name}:{serving.port}", Sec_Fetch_Site="same-origin")[0] == 307


def test_the_plain_server_of_a_folder_knows_of_no_kernel(html: Path) -> None:
    with site.serve(html) as address:
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        assert ask(port, KERNEL, Sec_Fetch_Site="same-origin")[0] == 404


def test_in_a_real_browser_its_page_is_told_and_another_ports_page_is_not(
    serving: Serving, html: Path
) -> None:
    fetching = "address => fetch(address).then(answer => answer.text(), error => 'refused')"
    with sync_playwright() as playwright, site.serve(html) as other:
        chromium = playwright.chromium.launch(**browser.launch_options())
        page = chromium.new_page()
        page.goto(serving.address.replace("127.0.0.1", "localhost"))
        assert page.url == serving.address
        told = json.loads(page.evaluate(fetching, "/_local/kernel.json"))
        assert told == serving.kernel()
        status = f"{told['baseUrl']}api/status?token={told['token']}"
        assert "kernels" in json.loads(page.evaluate(fetching, status))
        page.goto(other)
        assert page.evaluate(fetching, f"{serving.address}_local/kernel.json") == "refused"
        # The Jupyter server lets no other page read its answers, even one that has got hold of the token.
        assert page.evaluate(fetching, status) == "refused"
        # Nor is it told to one who writes the address by hand.
        page.goto(f"{serving.address}_local/kernel.json")
        assert told["token"] not in page.content()
        chromium.close()


def test_the_token_is_neither_printed_nor_on_a_command_line(serving: Serving) -> None:
    token = serving.kernel()["token"]
    assert token not in "".join(serving.said)
    commands = [args for _, args in processes().values()]
    assert any("tools.jupyter" in args for args in commands), "this list shows the server's command line"
    assert [args for args in commands if token in args] == []


def test_the_jupyter_server_refuses_a_wrong_token_and_other_machines(serving: Serving) -> None:
    told = serving.kernel()
    port = int(told["baseUrl"].rstrip("/").rsplit(":", 1)[1])
    assert ask(port, "/api/kernels", Authorization=f"token {told['token']}")[0] == 200
    assert ask(port, "/api/kernels", Authorization="token wrong")[0] == 403
    assert ask(port, "/api/kernels")[0] == 403
    with socket.socket() as probe:
        # On Linux all of 127.0.0.0/8 is this machine: a server on every address would answer here too.
        assert probe.connect_ex(("127.0.0.2", port)) != 0
        assert probe.connect_ex(("127.0.0.2", serving.port)) != 0


def test_another_user_of_the_machine_is_not_told(
    html: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve.Local(html, 0)
    port = server.server_port
    table = tmp_path / "tcp"
    monkeypatch.setattr(serve, "CONNECTIONS", (table,))
    monkeypatch.setattr(os, "getuid", lambda: 1000, raising=False)
    line = f"0: 0100007F:C350 0100007F:{port:04X} 01 00000000:00000000 00:00000000 00000000 {{user}} 0 1 1"
    for user, told in ((1000, True), (0, True), (1001, False)):
        table.write_text("heading\n" + line.format(user=user) + "\n", "ascii")
        assert serve.same_user(("127.0.0.1", 0xC350), port) is told
    assert not serve.same_user(("127.0.0.1", 0xC351), port), "a connection that is not in the table"
    server.server_close()


def test_a_busy_port_means_the_next_free_one_and_it_says_so(start: Callable[..., Serving]) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        serving = start(port)
        assert serving.port > port
        assert f"Port {port} is busy, so the book is on port {serving.port}.\n" in serving.said


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_however_it_is_asked_to_end_nothing_is_left(start: Callable[..., Serving], name: str) -> None:
    serving = start()
    told = serving.kernel()
    jupyter = int(told["baseUrl"].rstrip("/").rsplit(":", 1)[1])
    assert ask(jupyter, "/api/kernels", "POST", "{}", Authorization=f"token {told['token']}")[0] == 201
    # The server and the kernel that it has just started.
    eventually(lambda: len(serving.children()) >= 2)
    children = serving.children()
    assert serving.end(getattr(signal, name)) == 0
    assert gone(children)
    for port in (serving.port, jupyter):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_even_when_it_is_killed_the_jupyter_server_ends(start: Callable[..., Serving]) -> None:
    serving = start()
    children = serving.children()
    (private,) = {
        Path(word) for word in processes()[children[0]][1].split() if Path(word).name.startswith("downhill-")
    }
    assert private.is_dir()
    serving.end(signal.SIGKILL)
    eventually(lambda: gone(children))
    assert not private.exists(), "the token was written down there"


def test_without_its_jupyter_server_the_book_is_still_served(start: Callable[..., Serving]) -> None:
    serving = start()
    os.kill(serving.children()[0], signal.SIGKILL)
    eventually(lambda: serving.ask(Sec_Fetch_Site="same-origin")[0] == 503)
    assert serving.ask("/")[0] == 200


# In a container


# This machine need not be a container: any folder is mark enough.
AS_IN_CONTAINER = (
    "-c",
    "import sys; from tools import serve; serve.CONTAINER = (serve.REPOSITORY,); serve.main(sys.argv[1:])",
)


def test_a_machine_that_is_no_container_does_not_let_others_in(
    html: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "CONTAINER", (tmp_path / "absent",))
    with pytest.raises(SystemExit, match="it would let other machines in"):
        serve.main(["--html", str(html), "--in-container"])


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no 127.0.0.2 to ask from")
def test_in_a_container_both_servers_listen_everywhere_and_only_the_token_opens_jupyter(
    start: Callable[..., Serving],
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        wanted = probe.getsockname()[1]
    serving = start(0, "--in-container", "--jupyter-port", str(wanted), program=AS_IN_CONTAINER)
    printed = re.search(r"paste (http://127\.0\.0\.1:(\d+)/\?token=([\w-]{40,}))\n", "".join(serving.said))
    assert printed, "".join(serving.said)
    assert int(printed[2]) == wanted
    outside = "127.0.0.2"  # as good as another machine: nothing that listens on 127.0.0.1 answers there
    book, jupyter = f"127.0.0.1:{serving.port}", f"127.0.0.1:{wanted}"

    def status(port: int, path: str, **headers: str) -> int:
        return ask(port, path, address=outside, **headers)[0]

    assert status(serving.port, "/", Host=book) == 200
    assert status(serving.port, "/", Host=f"downhill.example:{serving.port}") == 421
    assert status(wanted, "/api/kernels", Host=jupyter, Authorization=f"token {printed[3]}") == 200
    assert status(wanted, "/api/kernels", Host=jupyter, Authorization="token wrong") == 403
    assert status(wanted, "/api/kernels", Host=jupyter) == 403
    foreign = f"downhill.example:{wanted}"
    assert status(wanted, "/api/kernels", Host=foreign, Authorization=f"token {printed[3]}") == 403
    # Whose browser is behind a published port, nobody can tell, so no page is told the token by itself.
    for address in (outside, "127.0.0.1"):
        assert ask(serving.port, KERNEL, address=address, Host=book, Sec_Fetch_Site="same-origin")[0] == 403


# In a codespace


def test_in_a_codespace_the_forwarded_name_is_served_and_nobody_is_sent_to_their_own_computer(
    start: Callable[..., Serving],
) -> None:
    serving = start(0, CODESPACE_NAME="Fuzzy-hill", GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN="app.example")
    name = f"fuzzy-hill-{serving.port}.app.example"
    assert any(f"https://{name}/ " in line for line in serving.said)
    # Which of the two names GitHub sends is not written down anywhere.
    for host in (name, f"localhost:{serving.port}"):
        assert serving.ask("/", Host=host)[0] == 200
        assert serving.ask(Host=host, Sec_Fetch_Site="same-origin")[0] == 403
    assert serving.ask("/", Host="other-8000.app.example")[0] == 421
    assert serving.ask("/", Host="")[0] == 421
    # An editor that forwards the port to this very address gets what `make serve` gives.
    assert serving.kernel()["token"]

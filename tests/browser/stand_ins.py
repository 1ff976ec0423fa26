"""Servers for the tests: a real Jupyter server, and a stand-in that speaks BinderHub's protocol."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

TOKEN = "a-token-for-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Jupyter:
    """A running `jupyter server` that accepts code from pages of ``origin`` alone."""

    process: subprocess.Popen
    url: str
    token: str = TOKEN

    def stop(self) -> None:
        """End the server as a crash would, its kernels with it."""
        self.process.kill()
        self.process.wait(timeout=20)

    def kernels(self) -> list[dict]:
        request = urllib.request.Request(
            f"{self.url}api/kernels", headers={"Authorization": f"token {self.token}"}
        )
        return json.load(urllib.request.urlopen(request, timeout=10))


@contextmanager
def jupyter(origin: str, folder: Path, port: int | None = None) -> Iterator[Jupyter]:
    port = port or free_port()
    command = [
        *(sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.allow_origin={origin}",
            f"--ServerApp.root_dir={folder}",
        ),
    ]
    private = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | private)
    running = Jupyter(process, f"http://127.0.0.1:{port}/")
    try:
        wait_for(f"{running.url}api", process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer within {seconds} s")


@dataclass
class BinderHub:
    """What the stand-in does at the next request, and the paths that it was asked for.

    ``behaviour``: "launch" starts the server as BinderHub does, "fail" ends with BinderHub's own failure
    event, "refuse" answers 503, "silent" opens the stream and says nothing.
    """

    url: str = ""
    behaviour: str = "launch"
    server: Jupyter | None = None
    asked: list[str] = field(default_factory=list)
    closing: Event = field(default_factory=Event)


@contextmanager
def binderhub() -> Iterator[BinderHub]:
    hub = BinderHub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            hub.asked.append(self.path)
            if hub.behaviour == "refuse":
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            if hub.behaviour == "silent":
                self.wfile.write(b":keepalive\n\n")
                self.wfile.flush()
                hub.closing.wait(30)
                return
            self.event(phase="waiting", message="Waiting for build to start ...\n")
            if hub.behaviour == "fail":
                self.event(phase="failed", message="Could not resolve ref for gh:downhill/book/main.\n")
                return
            self.event(phase="built", message="Found built image, launching ...\n", imageName="image")
            self.event(phase="launching", message="Launching server ...\n")
            assert hub.server
            self.event(
                phase="ready",
                message=f"server running at {hub.server.url}\n",
                url=hub.server.url,
                token=TOKEN,
            )

        def event(self, **data: str) -> None:
            self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}/"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()

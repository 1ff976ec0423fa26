"""Build the book and serve it on this machine, with a Jupyter server that its pages alone may use."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from tools import build, site
from tools.jupyter import Jupyter
from tools.setup import REPOSITORY

PORT = 8000
PORTS_TRIED = 100
KERNEL = "/_local/kernel.json"
# Where cells that write files leave them.
WORK = REPOSITORY / "_build" / "kernel"
CONNECTIONS = Path("/proc/net/tcp"), Path("/proc/net/tcp6")
CONTAINER = Path("/.dockerenv"), Path("/run/.containerenv")  # Docker's mark and Podman's
EVERYWHERE = "0.0.0.0"
# What GitHub sets in a codespace, to say at which names its ports are reached from outside.
CODESPACE = "CODESPACE_NAME", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN"


class Local(site.Site):
    """The book's site, which also tells its own pages, and nobody else, where the Jupyter server is."""

    jupyter: Jupyter | None = None

    def __init__(self, folder: Path, port: int, address: str = site.ADDRESS) -> None:
        super().__init__(folder, port, LocalHandler, address)
        self.address = address
        self.forwarded_as = codespace(self.server_port)
        if self.forwarded_as:
            self.names = (*site.LOOPBACK, self.forwarded_as)


class LocalHandler(site.Handler):
    server: Local

    def answer(self, path: str) -> None:
        name, port = self.host()
        # From a codespace, this address would lead to the reader's own computer.
        if name != site.ADDRESS and port == self.server.server_port and not self.server.forwarded_as:
            # One origin for the pages, for what they store, and for the Jupyter server to accept.
            query = urlsplit(self.path).query
            self.send_on(self.server.origin + path + (f"?{query}" if query else ""))
        elif path != KERNEL:
            super().answer(path)
        elif not self.from_own_page():
            self.say(HTTPStatus.FORBIDDEN, "Only a page of this very server is told.")
        elif not (self.server.jupyter and self.server.jupyter.running):
            self.say(HTTPStatus.SERVICE_UNAVAILABLE, "No Jupyter server is running.")
        else:
            told = {"baseUrl": self.server.jupyter.address, "token": self.server.jupyter.token}
            headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
            self.send(HTTPStatus.OK, headers, json.dumps(told).encode())

    def from_own_page(self) -> bool:
        """Whether a page that this server has served asks, in a browser of the user who started it."""
        return (
            # Behind a port that a container publishes, nobody can tell whose browser it is.
            self.server.address == site.ADDRESS
            and self.host() == (site.ADDRESS, self.server.server_port)
            # No page can set or forge these two: the browser writes them.
            and self.headers.get("Sec-Fetch-Site") == "same-origin"
            and self.headers.get("Origin", self.server.origin) == self.server.origin
            # Any program can, and the loopback address is open to every user of the machine.
            and same_user(self.client_address, self.server.server_port)
        )


def same_user(client: tuple[str, int], port: int) -> bool:
    """Whether the other end of a loopback connection to ``port`` belongs to our user or to root.

    Read from Linux's table of connections; True on a system that has none, where nobody can tell.
    """
    tables = [path for path in CONNECTIONS if path.exists()]
    if not tables:
        return True
    digits = int.from_bytes(socket.inet_aton(client[0]), sys.byteorder)
    theirs = f"{digits:08X}:{client[1]:04X}"
    for table in tables:
        for line in table.read_text("ascii").splitlines()[1:]:
            # slot, local address, remote address, state, queues, timer, retransmits, user
            fields = line.split()
            if fields[1].endswith(theirs) and fields[2].endswith(f":{port:04X}"):
                return int(fields[7]) in (0, os.getuid())
    return False


def codespace(port: int) -> str:
    """The name at which GitHub forwards a port of the codespace that this runs in; empty anywhere else."""
    name, domain = (os.environ.get(variable) for variable in CODESPACE)
    return f"{name}-{port}.{domain}".lower() if name and domain else ""


def bind(folder: Path, wanted: int, address: str = site.ADDRESS) -> Local:
    """A site on the wanted port, or on the next that is free."""
    last = min(wanted + PORTS_TRIED, 65536) - 1
    for port in range(wanted, last + 1):
        try:
            return Local(folder, port, address)
        except OSError:
            continue
    raise SystemExit(f"No port from {wanted} to {last} is free: give another with --port.")


def start_jupyter(server: Local, port: int) -> None:
    """Start the Jupyter server of a site; without it the site stays what it is."""
    server.jupyter = Jupyter(server.origin, WORK, server.address, port)
    try:
        server.jupyter.wait_until_ready()
    except RuntimeError as error:
        server.jupyter = None
        print(f"The Jupyter server did not start ({error}); cells still run in the browser.", flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools serve", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"the first port to try (default {PORT})")
    parser.add_argument("--jupyter-port", type=int, default=0, help="the Jupyter server's (default: any)")
    parser.add_argument(
        "--in-container",
        action="store_true",
        help="listen on every address, for a container whose ports are published on 127.0.0.1 alone",
    )
    parser.add_argument("--html", type=Path, help="serve this built folder as it is, and build nothing")
    options = parser.parse_args(arguments)
    if options.in_container and not any(mark.exists() for mark in CONTAINER):
        raise SystemExit("--in-container is for a container: elsewhere it would let other machines in.")
    folder = options.html or build.build()

    done = threading.Event()
    # The terminal may be closed instead of asked with Ctrl-C.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: done.set())

    server = bind(folder, options.port, EVERYWHERE if options.in_container else site.ADDRESS)
    try:
        start_jupyter(server, options.jupyter_port)
        with site.running(server):
            if options.port not in (0, server.server_port):
                print(f"Port {options.port} is busy, so the book is on port {server.server_port}.")
            print(f"The book: {server.origin}/")
            if server.forwarded_as:
                print(f"From another computer: https://{server.forwarded_as}/ (its cells run in the browser)")
            if server.jupyter and options.in_container:
                # Printed as Jupyter itself would: only who started the container can read it.
                address = f"{server.jupyter.address}?token={server.jupyter.token}"
                print(f"To run its cells here, choose “Your own Jupyter server” and paste {address}")
            elif server.jupyter:
                print(
                    "Its cells can run on the Jupyter server started with it, which serves its pages alone."
                )
            print("Ctrl-C stops both.", flush=True)
            while not done.wait(1):  # without a limit, Windows would not hear Ctrl-C
                pass
    finally:
        if server.jupyter:
            server.jupyter.stop()

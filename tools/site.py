"""Serve a built folder on this machine alone: ``python -m tools.site FOLDER [PORT]``.

What a static host does and no more: types, compression, ETags. No list of a folder, no file outside it, no
name that begins with a dot, and no request that was sent to another name than this machine's own.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import mimetypes
import os
import re
import socketserver
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

ADDRESS = "127.0.0.1"
LOOPBACK = (ADDRESS, "localhost", "::1")

# Named here, for a system's own table may lack one or say another (Windows takes it from the registry).
TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".ipynb": "application/x-ipynb+json",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".whl": "application/zip",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
PACKED_ALREADY = (".ico", ".jpg", ".pdf", ".png", ".webp", ".whl", ".woff2", ".zip")


@dataclass(frozen=True)
class Answer:
    """A file as it is sent: as it is, and compressed where that makes it smaller."""

    plain: bytes
    packed: bytes | None
    type: str
    tag: str


class Site(http.server.ThreadingHTTPServer):
    """A server of one folder on a port of the loopback address (0: any that is free)."""

    names: tuple[str, ...] = LOOPBACK  # a request sent to any other is refused
    daemon_threads = True
    request_queue_size = 128
    # On Windows this option lets two servers share a port; elsewhere it lets one start again at once.
    allow_reuse_address = os.name != "nt"

    def __init__(
        self, folder: Path, port: int = 0, handler: type[Handler] | None = None, address: str = ADDRESS
    ) -> None:
        self.folder = folder.resolve()
        if not self.folder.is_dir():
            raise SystemExit(f"There is no folder {folder} to serve.")
        self.remembered: dict[Path, tuple[tuple[int, int], Answer]] = {}
        super().__init__((address, port), handler or Handler)

    def server_bind(self) -> None:
        # The parent asks for this machine's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A page that the reader has left is no error.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    @property
    def origin(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}"

    def find(self, path: str) -> Path | None:
        """The file behind a request's path, or None; never one outside the folder."""
        parts = [part for part in unquote(path).split("/") if part]
        if any(part.startswith(".") or "\\" in part or "\0" in part or ":" in part for part in parts):
            return None
        try:
            found = self.folder.joinpath(*parts).resolve()
            if path.endswith("/"):
                found = found / "index.html"
            inside = found.resolve().is_relative_to(self.folder)
            return found if inside and found.is_file() else None
        except OSError:
            return None

    def read(self, path: Path) -> Answer:
        """A file and its compressed form, from memory unless it has changed."""
        status = path.stat()
        version = (status.st_mtime_ns, status.st_size)
        if path in self.remembered and self.remembered[path][0] == version:
            return self.remembered[path][1]
        plain = path.read_bytes()
        packed = None if path.suffix in PACKED_ALREADY else gzip.compress(plain, 6, mtime=0)
        if packed and len(packed) >= len(plain):
            packed = None
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        answer = Answer(plain, packed, kind, hashlib.sha256(plain).hexdigest()[:32])
        self.remembered[path] = (version, answer)
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection's requests."""

    server: Site
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "tools.site", ""
    disable_nagle_algorithm = True
    timeout = 60  # seconds that an idle connection may hold its thread

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if self.host()[0] not in self.server.names:
            self.say(HTTPStatus.MISDIRECTED_REQUEST, "This server answers to this machine's own names alone.")
        elif not path.startswith("/"):
            self.say(HTTPStatus.BAD_REQUEST, "A path begins with a slash.")
        else:
            self.answer(path)

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, path: str) -> None:
        """Send the file of a path, or send the reader on to it."""
        if found := self.server.find(path):
            self.send_file(found)
        elif not path.endswith("/") and self.server.find(path + "/"):
            # One slash at the front, however many there were: two would name another server.
            self.send_on("/" + quote(unquote(path).strip("/")) + "/")
        elif own := self.server.find("/404.html"):
            self.send_file(own, HTTPStatus.NOT_FOUND)
        else:
            self.say(HTTPStatus.NOT_FOUND, "There is no such page.")

    def host(self) -> tuple[str, int | None]:
        """Name and port that the request was sent to; an empty name where that makes no sense."""
        try:
            parts = urlsplit("//" + (self.headers.get("Host") or ""))
            return (parts.hostname or "" if parts.username is None and not parts.path else ""), parts.port
        except ValueError:
            return "", None

    def send_file(self, path: Path, status: HTTPStatus = HTTPStatus.OK) -> None:
        try:
            answer = self.server.read(path)
        except OSError:  # a build has just replaced it
            self.say(HTTPStatus.NOT_FOUND, "There is no such page.")
            return
        packed = answer.packed if accepts_gzip(self.headers.get("Accept-Encoding", "")) else None
        tag = f'"{answer.tag}-gzip"' if packed else f'"{answer.tag}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        known = re.split(r"\s*,\s*", self.headers.get("If-None-Match", ""))
        if status == HTTPStatus.OK and (tag in known or f"W/{tag}" in known or "*" in known):
            self.send(HTTPStatus.NOT_MODIFIED, headers)
            return
        if packed:
            headers["Content-Encoding"] = "gzip"
        self.send(status, headers | {"Content-Type": answer.type}, packed or answer.plain)

    def send_on(self, address: str) -> None:
        self.send(HTTPStatus.TEMPORARY_REDIRECT, {"Location": address, "Cache-Control": "no-store"}, b"")

    def say(self, status: HTTPStatus, sentence: str) -> None:
        headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        self.send(status, headers, sentence.encode())

    def send(self, status: HTTPStatus, headers: dict[str, str], body: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet: a list of requests would hide the address that the program has printed."""


def accepts_gzip(accepted: str) -> bool:
    choices = [re.sub(r"\s", "", choice).lower() for choice in accepted.split(",")]
    return any(re.fullmatch(r"(gzip|\*)(;q=(?!0(\.0*)?$).+)?", choice) for choice in choices)


@contextlib.contextmanager
def running(server: Site) -> Iterator[Site]:
    """Let a server answer for as long as the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def serve(folder: Path | str, port: int = 0) -> Iterator[str]:
    """The address, a slash at its end, at which the folder is served for as long as the block lasts."""
    with running(Site(Path(folder), port)) as server:
        yield f"{server.origin}/"


def main(arguments: list[str]) -> None:
    if len(arguments) not in (1, 2) or not all(port.isdecimal() for port in arguments[1:]):
        raise SystemExit("Usage: python -m tools.site FOLDER [PORT]")
    try:
        server = Site(Path(arguments[0]), int(arguments[1]) if arguments[1:] else 0)
    except OSError as error:
        raise SystemExit(f"Port {arguments[1]} cannot be had ({error.strerror}): give another.") from None
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"{server.folder} is served at {server.origin}/ until Ctrl-C", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])

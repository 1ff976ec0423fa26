"""A stand-in for the Hugging Face Hub on this machine: the list of a repository's files, and the files.

The client is the real one, in a program of its own, for it reads HF_ENDPOINT when it is imported.
"""

import contextlib
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]


class Hub(http.server.ThreadingHTTPServer):
    """Serves one repository, `path` as in the hub's addresses (datasets/owner/name), at one revision."""

    def __init__(self, path: str, revision: str, files: Mapping[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        api = path if path.startswith("datasets/") else f"models/{path}"
        listed = [
            {"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40}
            for name, file in files.items()
        ]
        self.answers: dict[str, Path | bytes] = {f"/api/{api}/tree/{revision}": json.dumps(listed).encode()}
        self.answers |= {f"/{path}/resolve/{revision}/{name}": file for name, file in files.items()}
        self.revision = revision
        self.asked: list[str] = []

    def run(self, code: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in the repository, with this hub for the real one and an empty cache."""
        address = f"http://127.0.0.1:{self.server_port}"
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env=os.environ | {"HF_ENDPOINT": address, "HF_HOME": str(home)} | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(path)
        answer = self.server.answers.get(path)
        data = answer.read_bytes() if isinstance(answer, Path) else answer or b""
        self.send_response(404 if answer is None else 200)
        self.send_header("X-Repo-Commit", self.server.revision)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def hub(path: str, revision: str, files: Mapping[str, Path]) -> Iterator[Hub]:
    with Hub(path, revision, files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

"""A stand-in for the Hugging Face Hub on this machine: the list of a repository's files, and the files.

The client is the real one. It reads HF_ENDPOINT when it is imported, so it is in a program of its own
(`Hub.run`), or told of the address later (`instead_of_the_hub`). There is something to serve, too: a BERT so
small that it trains in a fraction of a second.
"""

import contextlib
import csv
import gc
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from lab import headlines
from lab.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
TINY = "downhill/tiny"
COMMIT = "c0ffee" + "0" * 34


class Hub(http.server.ThreadingHTTPServer):
    """Serves one repository, `path` as in the hub's addresses (datasets/owner/name), at one revision."""

    def __init__(self, path: str, revision: str, files: Mapping[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        api = path if path.startswith("datasets/") else f"models/{path}"
        listed = [
            {"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40}
            for name, file in files.items()
        ]
        main = {"id": path, "sha": revision, "siblings": [{"rfilename": name} for name in files]}
        self.answers: dict[str, Path | bytes] = {
            f"/api/{api}/revision/main": json.dumps(main).encode(),
            f"/api/{api}/tree/{revision}": json.dumps(listed).encode(),
        }
        self.answers |= {f"/{path}/resolve/{revision}/{name}": file for name, file in files.items()}
        self.revision = revision
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def environment(self, home: Path) -> dict[str, str]:
        """For a program that has this hub for the real one, and an empty cache."""
        return os.environ | {"HF_ENDPOINT": self.address, "HF_HOME": str(home)}

    def run(self, code: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in the repository, with this hub for the real one and an empty cache."""
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env=self.environment(home) | environment,
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


@contextlib.contextmanager
def instead_of_the_hub(name: str, folder: Path, cache: Path, revision: str = COMMIT) -> Iterator[Hub]:
    """While it lasts, this process' own client finds there the model in `folder` under that name."""
    from huggingface_hub import constants

    files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    with hub(name, revision, files) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", server.address)
        template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        yield server


def make_tiny(folder: Path, **others: Any) -> Path:
    """A BERT of 2 layers of 32 numbers with MiniLM's words, which nobody has trained."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    from lab import encoders

    tokenizer = AutoTokenizer.from_pretrained(encoders.minilm())
    torch.manual_seed(0)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    save_model(BertModel(BertConfig(vocab_size=len(tokenizer), **size, **others)), tokenizer, folder)
    return folder


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """As save_pretrained, and silently."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    finally:
        transformers.utils.logging.enable_progress_bar()


def make_corpus(file: Path, rows: int = 180) -> Path:
    """A CSV file with so many of our own headlines, one in each group, every class as often as it comes."""
    firsts = {row.group: row for row in headlines.load()}.values()
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("id", "text", "label"))
        writer.writerows((row.id, row.text, row.label) for row in list(firsts)[:rows])
    return file


@contextlib.contextmanager
def little_runs(folder: Path) -> Iterator[Callable[..., Settings]]:
    """Settings of runs that take a fraction of a second; any dial may be changed."""
    corpus = make_corpus(folder / "corpus.csv")
    usual = {"learning_rate": 1e-3, "train_subset": 108, "num_train_epochs": 2}
    machine = {"threads": 1, "dtype": "float32", "device": "cpu"}
    with instead_of_the_hub(TINY, make_tiny(folder / "tiny"), folder / "cache"):
        gc.freeze()  # the Trainer collects garbage: of all that was imported, that takes a third of a run
        yield partial(Settings, encoder=TINY, corpus=str(corpus), **usual, **machine)
        gc.unfreeze()

"""A Jupyter server for the pages of one origin, which ends with the program that started it.

Run as a program, this is the server itself; ``Jupyter`` starts it as one. The token travels in the
environment, for a command line can be read by everybody on the machine.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tools.setup import REPOSITORY
from tools.site import ADDRESS

START = 60.0  # seconds until a server that has not answered counts as failed
STOP = 10.0  # seconds that it has to end its kernels
IDLE = 900  # seconds after which a kernel that no page is connected to ends


class Jupyter:
    """A running server, whose kernels work in ``folder`` and which only pages of ``origin`` may use.

    It listens on ``address``, on ``port`` or the next that is free (0: any).
    """

    def __init__(self, origin: str, folder: Path, address: str = ADDRESS, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(32)
        # Nobody else may read it, and nothing of it stays: the file with the port has the token in it.
        self.private = tempfile.TemporaryDirectory(prefix="downhill-", ignore_cleanup_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        private = Path(self.private.name)
        environment = os.environ | {
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
            # The reader's own settings, an open password say, are for the reader's own servers.
            "JUPYTER_NO_CONFIG": "1",
            "IPYTHONDIR": str(private / "ipython"),
        }
        self.log = private / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tools.jupyter"),
                    *(origin, str(folder), str(private), address, str(port)),
                ],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for the program that started it, which then ends it in good order.
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self.address = ""

    def wait_until_ready(self) -> None:
        """Return once the server answers; RuntimeError with its last words where it does not."""
        told = Path(self.private.name) / "runtime" / f"jpserver-{self.process.pid}.json"
        end = time.monotonic() + START
        while time.monotonic() < end and self.running:
            if told.is_file():
                # The file is there before it is filled.
                try:
                    self.address = f"http://{ADDRESS}:{json.loads(told.read_text('utf-8'))['port']}/"
                    return
                except ValueError:
                    pass
            time.sleep(0.05)
        words = self.log.read_text("utf-8", "replace").strip().splitlines()
        self.stop()
        raise RuntimeError(words[-1] if words else f"it did not answer within {START:.0f} s")

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End the server and its kernels."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.private.cleanup()


def main(arguments: list[str]) -> None:
    from jupyter_server.serverapp import main as serve

    origin, folder, private, address, port = arguments
    tempfile.tempdir = private  # where Jupyter puts the empty settings that it then leaves behind
    orphaned = threading.Event()

    def end_with_parent() -> None:
        # The other end of the pipe closes with the program that started this one, even when that was killed.
        sys.stdin.buffer.read()
        orphaned.set()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        serve(
            [
                "--no-browser",
                "--allow-root",
                f"--ServerApp.ip={address}",
                f"--ServerApp.port={port}",
                # Wherever it listens, it answers to this machine's own names alone, as the book does.
                "--ServerApp.allow_remote_access=False",
                f"--ServerApp.allow_origin={origin}",
                f"--ServerApp.root_dir={folder}",
                "--ServerApp.terminals_enabled=False",
                f"--MappingKernelManager.cull_idle_timeout={IDLE}",
            ]
        )
    finally:
        if orphaned.is_set():
            shutil.rmtree(private, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Firefox and WebKit, driven by the commands of WebDriver.

Playwright drives no WebKit but its own, which no package registry has, and no Firefox as old as Debian's;
Selenium needs geckodriver, which Debian lacks. Both browsers take the same few commands without a library:
Firefox over the socket that geckodriver would use (Marionette), WebKit's own driver over HTTP.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stand_ins import free_port

HOST = "127.0.0.1"
PATIENCE = 60  # seconds: Python starts slowly where several programs share two cores
SIZE = {"width": 1280, "height": 1000}
ENTER, CONTROL, RIGHT = "\ue007", "\ue009", "\ue014"

# WebDriver's commands by their names in Marionette, and where they are over HTTP.
PATHS = {
    "ElementClick": "element/{id}/click",
    "ElementSendKeys": "element/{id}/value",
    "ExecuteScript": "execute/sync",
    "Navigate": "url",
    "SetTimeouts": "timeouts",
    "SetWindowRect": "window/rect",
}
Send = Callable[..., Any]


class RefusedError(Exception):
    """The browser did not carry out a command, for this reason."""


class Browser:
    """What a reader does in a browser, and what a script sees there."""

    def __init__(self, name: str, send: Send) -> None:
        self.name = name
        self.send = send
        send("SetTimeouts", script=PATIENCE * 1000)
        send("SetWindowRect", **SIZE)

    def open(self, address: str) -> None:
        self.send("Navigate", url=address)

    def js(self, body: str, *arguments: Any) -> Any:
        """What an async function of this body returns; in it the arguments are the list ``given``."""
        script = f"return (async (given) => {{ {body} }})([...arguments])"
        return self.send("ExecuteScript", script=script, args=list(arguments))

    def wait(self, body: str, *arguments: Any) -> Any:
        """The first true value of that function, called again and again, over a change of page as well."""
        end = time.monotonic() + PATIENCE
        while True:
            reason = ""
            try:
                if value := self.js(body, *arguments):
                    return value
            except RefusedError as refused:
                reason = f" ({refused})"
            assert time.monotonic() < end, f"{self.name} waited in vain for: {body} {arguments}{reason}"
            time.sleep(0.05)

    def find(self, css: str, words: str = "") -> str:
        """The first visible element that holds these words, in the middle of the window."""
        reference = self.wait(
            """const [css, words] = given;
               const visible = (e) => e.checkVisibility({ visibilityProperty: true });
               const found = [...document.querySelectorAll(css)]
                 .find((e) => visible(e) && e.textContent.includes(words));
               found?.scrollIntoView({ block: "center", behavior: "instant" });
               return found;""",
            css,
            words,
        )
        return next(iter(reference.values()))

    def click(self, css: str, words: str = "") -> None:
        self.send("ElementClick", id=self.find(css, words))

    def type(self, css: str, keys: str, words: str = "") -> None:
        self.send("ElementSendKeys", id=self.find(css, words), text=keys)


def until(ask: Callable[[], Any], process: subprocess.Popen) -> Any:
    """The first true answer of a program that is starting."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if answer := ask():
                return answer
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not start")


@contextmanager
def program(*command: str | Path, **options: Any) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def firefox(path: str, profile: Path) -> Iterator[Browser]:
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n', "utf-8")  # any that is free
    chosen = profile / "MarionetteActivePort"
    command = (path, "--headless", "--marionette", "--no-remote", "--profile", profile)
    with program(*command) as process:
        port = int(until(chosen.read_text, process))
        with socket.create_connection((HOST, port)) as connection, connection.makefile("rwb") as stream:
            read(stream)
            send = marionette(stream)
            send("NewSession", capabilities={})
            yield Browser("Firefox", send)


def read(stream: Any) -> Any:
    """Marionette's next message: its length, a colon, and JSON."""
    length = b""
    while (byte := stream.read(1)) != b":":
        length += byte
    return json.loads(stream.read(int(length)))


def marionette(stream: Any) -> Send:
    def send(command: str, **parameters: Any) -> Any:
        message = json.dumps([0, 1, f"WebDriver:{command}", parameters]).encode()
        stream.write(b"%d:%s" % (len(message), message))
        stream.flush()
        _, _, error, answer = read(stream)
        if error:
            raise RefusedError(error["message"])
        return answer.get("value")

    return send


@contextmanager
def webkit(path: str, profile: Path) -> Iterator[Browser]:
    """WebKitGTK's MiniBrowser, on a screen of its own that nobody sees."""
    reading, writing = os.pipe()
    port = free_port()
    with (
        program("Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", pass_fds=[writing]),
        os.fdopen(reading) as told,
    ):
        os.close(writing)
        own = {
            "DISPLAY": f":{told.readline().strip()}",
            "GDK_BACKEND": "x11",
            "HOME": str(profile),
            # The compiler for code that runs long: on two cores it takes most of the time of Python's start.
            "JSC_useOMGJIT": "0",
        }
        with program(path, f"--port={port}", env=os.environ | own) as process:
            root = f"http://{HOST}:{port}"
            until(lambda: urllib.request.urlopen(f"{root}/status"), process)
            session = f"{root}/session/{over_http(f'{root}/session', capabilities={})['sessionId']}"

            def send(command: str, **parameters: Any) -> Any:
                return over_http(f"{session}/{PATHS[command].format(**parameters)}", **parameters)

            yield Browser("WebKit", send)


def over_http(address: str, **parameters: Any) -> Any:
    body = json.dumps(parameters).encode()
    try:
        with urllib.request.urlopen(address, body, timeout=PATIENCE * 2) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError(json.load(error)["value"]["message"]) from None

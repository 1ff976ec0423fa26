"""The formula renderer is asked again when it refuses the first connection, and not for ever."""

import importlib.util
from pathlib import Path

import pytest

EXTENSION = Path(__file__).resolve().parents[2] / "book" / "_ext" / "maths.py"


@pytest.fixture
def maths(monkeypatch):
    spec = importlib.util.spec_from_file_location("maths", EXTENSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_refused_connection_is_tried_again_with_a_new_socket(maths, monkeypatch, tmp_path):
    socket = tmp_path / "katex.sock"
    refusals = 2

    def start_once(rundir, timeout):
        nonlocal refusals
        assert not socket.exists()
        if refusals:
            refusals -= 1
            socket.touch()
            raise ConnectionRefusedError
        return "connected"

    monkeypatch.setattr(maths, "start_once", start_once)
    assert maths.start(tmp_path, 1.0) == "connected"


def test_a_server_that_never_listens_is_given_up(maths, monkeypatch, tmp_path):
    asked = []

    def start_once(rundir, timeout):
        asked.append(rundir)
        raise ConnectionRefusedError

    monkeypatch.setattr(maths, "start_once", start_once)
    with pytest.raises(ConnectionRefusedError):
        maths.start(tmp_path, 1.0)
    assert len(asked) == maths.ATTEMPTS

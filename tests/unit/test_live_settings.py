"""What a page with live cells is told by the build."""

import importlib.util
import json
from pathlib import Path

import pytest

EXTENSION = Path(__file__).resolve().parents[2] / "book" / "_ext" / "live_cells.py"
FORK = {"repository": "someone/downhill", "branch": "main", "hub": "https://hub.example"}


@pytest.fixture
def settings(tmp_path):
    spec = importlib.util.spec_from_file_location("live_cells", EXTENSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sizes = tmp_path / "sizes.json"
    sizes.write_text(json.dumps({"download_bytes": 123}))
    return lambda downhill: module.settings_of(downhill, tmp_path, sizes)


def test_without_a_repository_nobody_is_offered_even_if_the_files_are_there(settings, tmp_path):
    (tmp_path / "binder").mkdir()
    (tmp_path / ".devcontainer").mkdir()
    assert settings(FORK | {"repository": ""}) == {"download_bytes": 123, "launch": []}


def test_with_a_repository_each_service_waits_for_its_files(settings, tmp_path):
    assert settings(FORK) == {"download_bytes": 123, "launch": []}
    (tmp_path / "binder").mkdir()
    assert settings(FORK)["binder"] == {
        "hub": "https://hub.example",
        "repository": "someone/downhill",
        "branch": "main",
    }
    (tmp_path / ".devcontainer").mkdir()
    assert settings(FORK)["launch"] == [
        {"name": "Codespaces", "url": "https://codespaces.new/someone/downhill/tree/main"}
    ]

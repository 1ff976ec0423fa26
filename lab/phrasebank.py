"""How does a model do on real financial news that people have labelled?

    DOWNHILL_PHRASEBANK=~/FinancialPhraseBank-v1.0 python
    >>> from lab import corpus
    >>> corpus.load("phrasebank", agreement="75")

Financial PhraseBank v1.0 (Malo, Sinha, Korhonen, Wallenius and Takala 2014, "Good debt or bad debt", JASIST
65(4)) is licensed CC BY-NC-SA 3.0, so we load it and never ship it. It comes from the folder that the
variable names, else from the Hugging Face Hub (0.7 MB, once; needs the package huggingface_hub).
"""

import hashlib
import importlib
import io
import logging
import os
import zipfile
from pathlib import Path

from lab.corpus import Corpus, CorpusError, Headline, check

VARIABLE = "DOWNHILL_PHRASEBANK"
FILES = {  # share of the annotators, in percent, who must agree on a sentence
    "all": "Sentences_AllAgree.txt",
    "75": "Sentences_75Agree.txt",
    "66": "Sentences_66Agree.txt",
    "50": "Sentences_50Agree.txt",
}
REPOSITORY = "takala/financial_phrasebank"
REVISION = "8d3fe0c36d5feec6b3cc5e455b0fcb4820fb9964"
ARCHIVE = "data/FinancialPhraseBank-v1.0.zip"
ARCHIVE_SHA256 = "0e1a06c4900fdae46091d031068601e3773ba067c7cecb5b0da1dcba5ce989a6"
FOLDER = "FinancialPhraseBank-v1.0"  # in the archive


def load(agreement: str = "75") -> Corpus[Headline]:
    """The sentences on which at least that share of the annotators agree (see FILES).

    Near-duplicates are one group; an id is the line in the file of that level. Raises CorpusError where the
    level is unknown, the data cannot be had, or lines are not `sentence@label`.
    """
    if agreement not in FILES:
        allowed = ", ".join(map(repr, FILES))
        raise CorpusError(f"phrasebank has no agreement={agreement!r}: allowed are {allowed}.")
    file = FILES[agreement]
    if folder := os.environ.get(VARIABLE):
        data, place = _from_folder(Path(folder).expanduser() / file), folder
    else:
        data, place = _from_hub(file), f"the Hugging Face Hub's {REPOSITORY} at {REVISION[:8]}"

    records: list[tuple[int, dict[str, str]]] = []
    problems: list[tuple[int, str]] = []
    # By the byte: str.splitlines would also cut at characters that Latin-1 has inside a sentence.
    for line, raw in enumerate(data.split(b"\n"), start=1):
        content = raw.decode("latin-1").strip()
        text, at, label = content.rpartition("@")
        if at:
            records.append((line, {"id": f"p{line:04}", "text": text, "label": label}))
        elif content:
            problems.append((line, f"{content!r} has no @; only sentence@label is allowed"))
    if not records and not problems:
        problems.append((1, "'' where the first sentence should be; at least one is needed"))
    source = f"Financial PhraseBank v1.0, CC BY-NC-SA 3.0, from {place}"
    return Corpus(check(records, file, Headline, problems), "phrasebank", source, agreement)


def _from_folder(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}): {VARIABLE} must name the folder with "
            f"{', '.join(FILES.values())}."
        ) from error


def _from_hub(file: str) -> bytes:
    # Its own retries and warnings; what they end with is said below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        hub = importlib.import_module("huggingface_hub")
        archive = Path(hub.hf_hub_download(REPOSITORY, ARCHIVE, repo_type="dataset", revision=REVISION))
    except ImportError as error:
        raise _out_of_reach("the package huggingface_hub is not installed, or not whole") from error
    except Exception as error:  # the client's errors, and its HTTP library's, have no other class in common
        raise _out_of_reach(f"the Hugging Face Hub could not be reached: {type(error).__name__}") from error
    data = archive.read_bytes()
    if (digest := hashlib.sha256(data).hexdigest()) != ARCHIVE_SHA256:
        raise _out_of_reach(f"{archive} has SHA-256 {digest}, only {ARCHIVE_SHA256} is allowed")
    return zipfile.ZipFile(io.BytesIO(data)).read(f"{FOLDER}/{file}")


def _out_of_reach(reason: str) -> CorpusError:
    return CorpusError(
        f"phrasebank cannot be had ({reason}): set {VARIABLE} to the folder with "
        f"{', '.join(FILES.values())}, or "
        'take load("headlines"), which needs no network.'
    )

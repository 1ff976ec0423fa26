"""The chapter Where to run: a symptom is what our programs say, and a fix that can be tried here works.

What goes wrong in a page is tried in tests/browser/test_where_to_run.py and the test_live_ files beside it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab import corpus, records, settings
from lab.settings import Settings

ROOT = records.ROOT
CHAPTER = (ROOT / "book" / "before" / "where-to-run.md").read_text("utf-8")
TROUBLE = CHAPTER[CHAPTER.index("(troubleshooting)=") :]
ROWS = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n?)*)", TROUBLE, flags=re.MULTILINE))

# Where each quoted symptom is said: a part of the heading, the file, and what stands there.
SAID = {
    "does not run WebAssembly": ("book/_static/live/words.js", "This browser does not run WebAssembly"),
    "did not arrive": ("book/_static/live/words.js", "did not arrive. Check the connection"),
    "does not accept code from this page": (
        "book/_static/live/words.js",
        "does not accept code from this page. Start it with --ServerApp.allow_origin=",
    ),
    "refused the token": ("book/_static/live/words.js", "refused the token"),
    "is too old": ("tools/__main__.py", "is too old: install Python 3.11 or newer"),
    "lacks the parts": ("tools/setup.py", "This Python lacks the parts that make an environment"),
    "CPU index does not answer": ("tools/setup.py", "PyTorch's CPU index does not answer"),
    "is busy": ("tools/serve.py", "is busy, so the book is on port"),
    "is missing: pip install": ("lab/commands.py", "is missing: pip install -r requirements.txt."),
    "not installed for this kernel": ("lab/notebooks/install.py", "not installed for this kernel"),
    "no model of the run": ("lab/models.py", "There is no model of the run"),
    "cannot be had": ("lab/encoders.py", "cannot be had (the Hugging Face Hub could not be reached"),
}


def row(part: str) -> tuple[str, str]:
    """The heading that has these words, and what stands below it."""
    (found,) = [(title, text) for title, text in ROWS.items() if part in title.replace("’", "'")]
    return found


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOWNHILL", "HF_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
    )


def said(*arguments: str, folder: Path, **environment: str) -> str:
    done = run("-m", "lab", *arguments, folder=folder, **environment)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, "one sentence and no traceback"
    return done.stderr


def test_the_page_starts_with_its_promise():
    first = CHAPTER.split("# Where to run\n\n")[1]
    assert first.startswith("**No installs? Use this page. It counts as evidence.** ")


def test_there_are_rows_enough_and_each_says_why_what_and_how_it_was_tried():
    assert len(ROWS) >= 12
    for title, text in ROWS.items():
        labels = re.findall(r"^:(\w+): \S", text, re.M)
        assert labels == ["Why", "Do", "Tried"], title


@pytest.mark.parametrize("part", SAID)
def test_a_quoted_symptom_is_what_our_program_says(part):
    assert any(part in title.replace("’", "'") for title in ROWS)
    file, sentence = SAID[part]
    source = re.sub(r'"\s*\n\s*f?"', "", (ROOT / file).read_text("utf-8"))
    assert sentence in source.replace("’", "'")


def test_what_is_not_ours_to_try_says_so():
    for place in ("Docker Compose", "Codespaces", "Colab", "Binder"):
        section = re.search(rf"^## {place}\n((?:(?!^## ).*\n?)*)", CHAPTER, re.M)[1]
        assert re.search(r"\*\*Not tried by us[.:]\*\*", section)
    for system in ("macOS", "Windows"):
        assert re.search(rf"\*\*Not tried by us:\*\*[^\n]*{system}", CHAPTER)


# The minutes


def test_the_slow_run_was_slow_because_the_machine_was_busy():
    quiet, busy = (records.load(f"minilm-just-right-seed-{seed}") for seed in (4, 1))
    assert busy.seconds > 3 * quiet.seconds
    assert busy.cpu_seconds < 1.4 * quiet.cpu_seconds
    assert quiet.seconds < 1.1 * quiet.cpu_seconds
    assert quiet.settings["threads"] == 1
    assert quiet.settings["num_train_epochs"] == 6


def test_fewer_headlines_and_the_word_count_model_take_less():
    whole = records.load("minilm-just-right-seed-2").cpu_seconds
    assert records.load("minilm-just-right-train-subset-400-seed-2").cpu_seconds < 0.8 * whole
    assert records.load("tfidf-just-right-seed-2").cpu_seconds < 0.1 * whole


# The fixes


def test_without_make(tmp_path):
    assert "python -m tools serve" in row("make: command not found")[1]
    done = run("-m", "tools", "help", folder=ROOT, PATH=str(tmp_path))
    assert done.returncode == 0
    assert re.search("^serve ", done.stdout, re.M)


def test_another_python(tmp_path):
    title, _ = row("No module named lab")
    # -S: a Python without the packages of the environment.
    elsewhere = run("-S", "-m", "lab", "run", folder=tmp_path, PYTHONPATH="")
    assert "No module named lab" in elsewhere.stderr
    bare = run("-S", "-m", "lab", "run", "--encoder", "tfidf", folder=ROOT, PYTHONPATH="")
    assert bare.stderr.strip().endswith("is missing: pip install -r requirements.txt.")
    assert "is missing: pip install -r requirements.txt" in title
    # The environment's own Python, by its name.
    assert run("-m", "lab", "run", "--help", folder=ROOT).returncode == 0


def test_no_hub_for_another_encoder(tmp_path):
    from lab import encoders  # seconds to import

    title, text = row("distilbert")
    name = re.search("“(.+) cannot be had”", title)[1]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    assert said("run", "--encoder", name, folder=tmp_path, **offline).startswith(f"{name} cannot be had (")
    assert "leave `--encoder` out" in text
    assert Settings().encoder == "minilm"
    assert encoders.minilm().is_dir()


def test_no_hub_for_phrasebank(tmp_path):
    row("phrasebank cannot be had")
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    error = said("run", "--encoder", "tfidf", "--corpus", "phrasebank", folder=tmp_path, **offline)
    assert error.startswith("phrasebank cannot be had (")
    assert "DOWNHILL_PHRASEBANK" in error
    assert Settings().corpus == "headlines"


def test_a_decimal_comma(tmp_path):
    title, text = row("learning_rate is")
    error = said("run", "--encoder", "tfidf", "--set", "learning_rate=0,00002", folder=tmp_path)
    assert error.strip().rstrip(".") == re.search("“(.+)”", title)[1].rstrip(".")
    for written in ("0.00002", "2e-5", "2x10^-5"):
        assert written in text
        assert settings.from_text(Settings(), [f"learning_rate={written}"]).learning_rate == 2e-5


def test_names_of_older_transformers(tmp_path):
    title, text = row("warmup_ratio")
    error = said("run", "--set", "warmup_ratio=0.1", folder=tmp_path)
    assert error.startswith(re.search("“(.+?)”", title)[1])
    assert "`--set warmup_steps=0.1`" in text
    assert settings.from_text(Settings(), ["warmup_steps=0.1"]).warmup_steps == 0.1

    from transformers import TrainingArguments

    with pytest.raises(TypeError, match="unexpected keyword argument 'evaluation_strategy'"):
        TrainingArguments(output_dir=str(tmp_path), evaluation_strategy="epoch")
    assert TrainingArguments(output_dir=str(tmp_path), eval_strategy="epoch", use_cpu=True)


def test_a_csv_with_other_columns(tmp_path):
    title, _ = row("my.csv")
    file = tmp_path / "my.csv"
    file.write_text("text,sentiment\nCosts fell.,positive\n", "utf-8")
    error = said("run", "--encoder", "tfidf", "--corpus", "my.csv", folder=tmp_path)
    before, after = re.search("“(.+) … (.+)”", title).groups()
    assert error.startswith(before)
    assert error.strip().rstrip(".").endswith(after)
    texts = {
        "negative": ["Sales fell by a tenth.", "The plant closes."],
        "neutral": ["The board meets in May.", "A new office opens."],
        "positive": ["Costs fell.", "Orders doubled over summer."],
    }
    lines = [f"{label}-{text[:3]},{text},{label}" for label in texts for text in texts[label]]
    file.write_text("\n".join(["id,text,label", *lines]), "utf-8")
    assert len(corpus.load(str(file))) == 6


def test_a_model_that_was_not_kept(tmp_path):
    row("no model of the run")
    short = ["--encoder", "tfidf", "--set", "num_train_epochs=1", "--set", "train_subset=100"]
    for seed in (0, 1):
        assert run("-m", "lab", "run", *short, "--set", f"seed={seed}", folder=tmp_path).returncode == 0
    (name,) = [path.stem for path in (tmp_path / "runs").glob("*seed-0.json")]
    ask = ["predict", name, "Costs fell."]
    assert said(*ask, folder=tmp_path).startswith(f"There is no model of the run '{name}'")
    assert run("-m", "lab", "save", name, folder=tmp_path).returncode == 0
    assert run("-m", "lab", *ask, folder=tmp_path).returncode == 0

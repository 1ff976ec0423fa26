"""Every dial is checked, may be given as text, and goes into the name of the run."""

import math
from dataclasses import fields

import pytest

from lab import records
from lab.settings import PRESETS, TFIDF, TFIDF_DIALS, Settings, SettingsError, from_text, in_id

REFUSED = [
    ("preset", "justright"),
    ("learning_rate", -1e-5),
    ("learning_rate", math.nan),
    ("learning_rate", math.inf),
    ("learning_rate", "2e-5"),
    ("learning_rate", True),
    ("corpus", ""),
    ("corpus", None),
    ("agreement", "80"),
    ("agreement", "75"),  # of our own headlines, which have no levels
    ("encoder", "https://example.org/model"),
    ("encoder", "../minilm"),
    ("encoder", None),
    ("method", "half"),
    ("optim", "adam"),
    ("lr_scheduler_type", "polynomial"),
    ("warmup_steps", -1),
    ("warmup_steps", 1.5),
    ("warmup_steps", math.nan),
    ("num_train_epochs", 0),
    ("num_train_epochs", 2.5),
    ("num_train_epochs", None),
    ("per_device_train_batch_size", 0),
    ("gradient_accumulation_steps", 0),
    ("weight_decay", -0.1),
    ("weight_decay", math.inf),
    ("max_grad_norm", 0),
    ("max_grad_norm", -1.0),
    ("dropout", 1.0),
    ("dropout", -0.1),
    ("early_stopping_patience", 0),
    ("train_label_noise", 1.0),
    ("train_label_noise", -0.1),
    ("validation_label_noise", 1.5),
    ("train_subset", 0),
    ("train_subset", 80.5),
    ("max_length", 3),
    ("dtype", "float16"),
    ("threads", 0),
    ("device", "tpu"),
    ("fault", "bad-luck"),
    ("seed", -1),
    ("seed", True),
]


@pytest.mark.parametrize(("dial", "value"), REFUSED)
def test_a_dial_out_of_range_is_one_sentence_with_its_value_and_what_is_allowed(dial, value):
    with pytest.raises(SettingsError) as refused:
        Settings(**{dial: value})
    message = str(refused.value)
    assert message.startswith(f"{dial} is {value!r}; allowed")
    assert message.endswith(".")
    assert "\n" not in message


def test_every_dial_is_refused_something():
    assert {dial.name for dial in fields(Settings)} == {dial for dial, _ in REFUSED}


@pytest.mark.parametrize(
    "dial", ["train_label_noise", "validation_label_noise", "train_subset", "max_length"]
)
@pytest.mark.parametrize("value", ["0.2", math.nan, None])
def test_what_is_not_a_number_is_refused_in_the_same_way(dial, value):
    if (dial, value) == ("train_subset", None):
        return  # all of them
    with pytest.raises(SettingsError, match=f"^{dial} is {value!r}; allowed is"):
        Settings(**{dial: value})


@pytest.mark.parametrize("encoder", [*PRESETS, "owner/some-model"])
def test_a_preset_is_the_rate_of_its_route_and_a_rate_decides(encoder):
    rates = Settings(encoder=encoder).presets
    for preset, rate in rates.items():
        assert Settings(preset, encoder=encoder).learning_rate == rate
        assert Settings(encoder=encoder, learning_rate=rate) == Settings(preset, encoder=encoder)
    assert Settings("too-low", 0.123, encoder=encoder).preset is None
    assert sorted(rates.values()) == list(rates.values())


def test_without_a_preset_or_a_rate_there_is_nothing_to_train_with():
    with pytest.raises(SettingsError, match="learning_rate is None and so is preset"):
        Settings(preset=None)


def test_a_rate_of_0_is_refused_where_the_model_cannot_have_it():
    assert Settings(learning_rate=0).learning_rate == 0
    for rate in (0, 0.0, -0.0):
        with pytest.raises(
            SettingsError, match=r"^learning_rate is 0; allowed with the word-count model is .* above 0\.$"
        ):
            Settings(encoder=TFIDF, learning_rate=rate)


def test_the_word_count_model_takes_its_own_dials_alone():
    others = {
        "method": "lora",
        "optim": "sgd",
        "lr_scheduler_type": "linear",
        "warmup_steps": 5,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "weight_decay": 0.0,
        "max_grad_norm": None,
        "dropout": 0.1,
        "early_stopping_patience": 2,
        "max_length": 32,
        "dtype": "float32",
        "threads": 1,
        "device": "cpu",
        "fault": "wrong-parameters",
    }
    assert others.keys() == {dial.name for dial in fields(Settings)} - TFIDF_DIALS
    for dial, value in others.items():
        with pytest.raises(SettingsError, match=rf"^{dial} is {value!r}; the word-count model has no such"):
            Settings(encoder=TFIDF, **{dial: value})
    own = {"corpus": "phrasebank", "agreement": "all", "num_train_epochs": 3, "train_label_noise": 0.1}
    allowed = Settings(
        "too-high", encoder=TFIDF, **own, validation_label_noise=0.2, train_subset=None, seed=2
    )
    assert allowed.as_dict().keys() == TFIDF_DIALS - {"preset"}


def test_the_dials_that_are_written_down_are_enough_to_repeat_a_run():
    for chosen in (Settings("too-low", dropout=0.2, seed=3), Settings(encoder=TFIDF, train_subset=None)):
        assert Settings(**chosen.as_dict()) == chosen


@pytest.mark.parametrize(
    ("text", "dial", "value"),
    [
        ("learning_rate=3e-5", "learning_rate", 3e-5),
        ("learning_rate=0.00003", "learning_rate", 3e-5),
        ("learning_rate=3×10^-5", "learning_rate", 3e-5),
        ("learning_rate=3 x 10^-5", "learning_rate", 3e-5),
        ("learning_rate=3×10−5", "learning_rate", 3e-5),
        ("train_subset=none", "train_subset", None),
        ("train_subset=200", "train_subset", 200),
        ("max_grad_norm=None", "max_grad_norm", None),
        ("warmup_steps=10", "warmup_steps", 10),
        ("warmup_steps=0.1", "warmup_steps", 0.1),
        ("agreement=none", "agreement", None),
        ("corpus=a=b.csv", "corpus", "a=b.csv"),
        ("fault=none", "fault", "none"),  # a word here, not the absence of one
    ],
)
def test_a_dial_may_be_given_as_text(text, dial, value):
    found = getattr(from_text(Settings(), [text]), dial)
    assert (found, type(found)) == (value, type(value))


def test_a_preset_given_as_text_replaces_the_rate_and_a_rate_the_preset():
    assert from_text(Settings(learning_rate=0.5), ["preset=too-low"]) == Settings("too-low")
    assert from_text(Settings("too-low"), ["learning_rate=5e-3"]).preset == "too-high"
    # The encoder decides what a preset's rate is, also that of a preset which nobody named.
    assert from_text(Settings(), ["encoder=tfidf"]) == Settings(encoder=TFIDF)
    assert from_text(Settings(), ["encoder=tfidf", "preset=too-high"]) == Settings("too-high", encoder=TFIDF)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rate", "'learning_rate' sets no dial; allowed is NAME=VALUE with one of preset, "),
        ("rate=3", "'rate=3' sets no dial; allowed is NAME=VALUE with one of preset, "),
        ("learning_rate=fast", "learning_rate is 'fast'; allowed is a number or none."),
        ("seed=1.5", "seed is '1.5'; allowed is a whole number."),
        ("seed=none", "seed is 'none'; allowed is a whole number."),
        ("train_subset=many", "train_subset is 'many'; allowed is a whole number or none."),
        ("optim=adam", "optim is 'adam'; allowed are adamw, sgd, momentum."),
    ],
)
def test_text_that_sets_no_dial_is_one_sentence(text, message):
    with pytest.raises(SettingsError) as refused:
        from_text(Settings(), [text])
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("dials", "name"),
    [
        ({}, "minilm-just-right-seed-0"),
        ({"preset": "too-high", "seed": 3}, "minilm-too-high-seed-3"),
        ({"learning_rate": 2e-5}, "minilm-rate-2e-05-seed-0"),
        ({"encoder": TFIDF, "learning_rate": 10}, "tfidf-rate-10-seed-0"),
        ({"encoder": "Owner/BERT_tiny"}, "owner-bert-tiny-just-right-seed-0"),
        ({"corpus": "phrasebank", "agreement": "all"},
         "minilm-just-right-corpus-phrasebank-agreement-all-seed-0"),
        ({"train_subset": None, "method": "lora"}, "minilm-just-right-method-lora-train-subset-none-seed-0"),
        ({"dtype": "float32", "threads": 1, "device": "cpu"}, "minilm-just-right-seed-0"),
        ({"dtype": "bfloat16"}, "minilm-just-right-dtype-bfloat16-seed-0"),
    ],
)  # fmt: skip
def test_a_run_is_named_by_what_was_asked_for_and_not_by_where_it_was_computed(dials, name):
    assert Settings(**dials).run_id == name
    assert records.ID.fullmatch(name)


def test_different_values_have_different_names():
    values = (0.1, 0.01, 1, 10, 1e16, 1e-16, 0.12345678, "adamw", None)
    assert len({in_id(value) for value in values}) == len(values)
    assert in_id(1) == in_id(1.0) == "1"

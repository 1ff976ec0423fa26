"""The sets of runs that the book stands on: which runs, in which order, under which names."""

from collections import defaultdict
from statistics import mean

import pytest

from lab import page_model, records, training_data
from lab.experiments import BEST_RATE, EXPERIMENTS, METHOD_RATES, RATES, SUBSETS, TFIDF_RATES, id_of, minilm
from lab.settings import METHODS, MINILM, PRESETS, TFIDF, Settings

RUNS = {name: experiment.settings() for name, experiment in EXPERIMENTS.items()}


def ids(name):
    return [id_of(settings) for settings in RUNS[name]]


def test_how_many_runs_each_has():
    assert {name: len(runs) for name, runs in RUNS.items()} == {
        "learning-rate": 7 * 5 + 7 * 3,
        "long": 2 * 3,
        "tfidf": 7 * 5,
        "method": 4 + 4 + 3 * 3 - sum(BEST_RATE[method] in METHOD_RATES[method] for method in METHOD_RATES),
        "label-noise": (1 + 3 + 3) * 3,
        "data-size": 5 * 3,
        "agreement": 4 * 3,
        "wrong-parameters": 3,
        "sgd-unclipped": 3,
        "page-model": 3 * 5,
        "verdict": 2 * 3 + 7,
        "verdict-tfidf": 4 * 5,
        "verdict-page-model": 10 * 5,
    }


def test_each_says_in_words_what_it_is_and_which_dials_differ():
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name
        assert experiment.title
        for dial in experiment.compared:
            assert hasattr(RUNS[name][0], dial)


@pytest.mark.parametrize(
    "name", [name for name in EXPERIMENTS if name not in ("wrong-parameters", "sgd-unclipped")]
)
def test_what_is_said_to_differ_differs_and_nothing_else_does(name):
    values = defaultdict(set)
    for settings in RUNS[name]:
        for dial, value in vars(settings).items():
            values[dial].add(value)
    # The agreement is phrasebank's alone.
    follows = {"preset", "seed"} | ({"agreement"} if "corpus" in EXPERIMENTS[name].compared else set())
    differing = {dial for dial, found in values.items() if len(found) > 1}
    assert differing - follows == set(EXPERIMENTS[name].compared)


def test_a_run_that_two_sets_name_is_one_run_and_different_runs_have_different_names():
    named = defaultdict(set)
    for runs in RUNS.values():
        for settings in runs:
            named[id_of(settings)].add(settings)
    assert all(len(found) == 1 for found in named.values())
    assert all(map(records.ID.fullmatch, named))
    for name in RUNS:
        assert len(set(ids(name))) == len(RUNS[name])
    shared = set(ids("learning-rate"))
    assert {f"minilm-just-right-seed-{seed}" for seed in range(3)} <= shared & set(ids("data-size"))
    assert len(shared & set(ids("agreement"))) == len(shared & set(ids("method"))) == 3
    assert len(shared & set(ids("label-noise"))) == 3


def test_stored_runs_of_minilm_are_float32_on_one_thread_of_the_processor():
    for name, runs in RUNS.items():
        if not name.endswith(("tfidf", "page-model")):
            assert {(run.encoder, run.dtype, run.threads, run.device) for run in runs} == {
                (MINILM, "float32", 1, "cpu")
            }


def test_seed_0_of_everything_comes_first_and_our_own_headlines_before_real_news():
    runs = RUNS["learning-rate"]
    assert [run.learning_rate for run in runs[:7]] == list(RATES)
    order = [(run.corpus == "phrasebank", run.seed) for run in runs]
    assert order == sorted(order)
    for name in ("long", "tfidf", "label-noise", "data-size", "agreement", "page-model"):
        seeds = [run.seed for run in RUNS[name]]
        assert seeds == sorted(seeds)
        assert seeds[0] == 0 < seeds[-1]


def test_the_presets_are_among_the_rates():
    assert set(PRESETS[MINILM].values()) <= set(RATES)
    assert set(PRESETS[TFIDF].values()) <= set(TFIDF_RATES)
    assert set(page_model.PRESETS.values()) == {run.learning_rate for run in RUNS["page-model"]}
    assert len(TFIDF_RATES) == len(RATES) == 7


def test_each_method_is_tried_at_its_rates_and_then_repeated_at_its_best():
    assert tuple(BEST_RATE) == METHODS
    tried = {
        method: [run.learning_rate for run in RUNS["method"] if run.method == method] for method in METHODS
    }
    for method, rates in METHOD_RATES.items():
        assert tried[method][:4] == list(rates)
        assert BEST_RATE[method] in rates
    repeated = {(run.method, run.learning_rate, run.seed) for run in RUNS["method"]}
    assert {(method, BEST_RATE[method], seed) for method in METHODS for seed in range(3)} <= repeated


def test_noise_is_in_one_part_at_a_time():
    assert {(run.train_label_noise, run.validation_label_noise) for run in RUNS["label-noise"]} == {
        *[(0, 0), (0.1, 0), (0.25, 0), (0.4, 0), (0, 0.1), (0, 0.25), (0, 0.4)]
    }


def test_at_every_seed_there_are_as_many_headlines_as_the_largest_subset_asks_for():
    for seed in range(3):
        data = training_data.prepare(Settings(train_subset=max(SUBSETS), seed=seed))
        assert len(data.train) == max(SUBSETS) == 1600


def test_the_best_rates_are_the_best_of_the_stored_runs():
    def lowest(settings):
        return min(row["validation_loss"] for row in records.load(id_of(settings)).evaluations)

    for method, rates in METHOD_RATES.items():
        found = {rate: lowest(minilm(method=method, learning_rate=rate)) for rate in rates}
        assert min(found, key=found.get) == BEST_RATE[method]
    found = {rate: mean(lowest(minilm(learning_rate=rate, seed=seed)) for seed in range(5)) for rate in RATES}
    assert min(found, key=found.get) == BEST_RATE["full"]

"""Search: what learners type, and what they then want to see first."""

import pytest

GLOSSARY = "reference/glossary.html#term-"
MATHS = "before/maths-words.html#"
RUN = "before/where-to-run.html#"
PLAIN = "before/fine-tuning-in-plain-english.html"
LUCK = "day/was-it-luck.html"
ANSWERS = "day/worksheet.html#where-your-answers-are"
LAPTOP = "test-this-laptop.html"
OFFLINE = "keep-for-offline.html"
AIDS = "reference/what-is-stored.html#known-limits-of-accessibility"
BAD_LOSS = RUN + "the-loss-leaps-or-is-nan-or-never-moves"
STEEPER = "before/downhill-by-eye.html#what-the-slider-does"

# What a learner types: the title of what they want, and its address. Written before any search was tried on them.
WANTED = {
    # Words.
    "what is an epoch": ("epoch", GLOSSARY + "epoch"),
    "epochs": ("epoch", GLOSSARY + "epoch"),
    "learning rate": ("learning rate", GLOSSARY + "learning-rate"),
    "learning rat": ("learning rate", GLOSSARY + "learning-rate"),
    "learnign rate": ("learning rate", GLOSSARY + "learning-rate"),
    "overfitting": ("overfitting", GLOSSARY + "overfitting"),
    "overfiting": ("overfitting", GLOSSARY + "overfitting"),
    "overfitted": ("overfitting", GLOSSARY + "overfitting"),
    "macro f1": ("macro-F1", GLOSSARY + "macro-F1"),
    "confusion matrix": ("confusion matrix", GLOSSARY + "confusion-matrix"),
    "confusion matrices": ("confusion matrix", GLOSSARY + "confusion-matrix"),
    "seed": ("seed", GLOSSARY + "seed"),
    "batch size": ("batch, mini-batch", GLOSSARY + "batch"),
    "LoRA": ("LoRA", GLOSSARY + "LoRA"),
    "warm-up": ("warm-up", GLOSSARY + "warm-up"),
    "warmup": ("warm-up", GLOSSARY + "warm-up"),
    "warm up": ("warm-up", GLOSSARY + "warm-up"),
    "optimiser": ("optimiser", GLOSSARY + "optimiser"),
    "optimizer": ("optimiser", GLOSSARY + "optimiser"),
    "regularization": ("regularisation", GLOSSARY + "regularisation"),
    "fine-tuning": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "fine tuning": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "finetune": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "hyperparameters": ("dial, hyperparameter", GLOSSARY + "dial"),
    "baseline": ("yardstick, baseline", GLOSSARY + "yardstick"),
    "sgd": ("gradient descent, SGD", GLOSSARY + "gradient-descent"),
    "converged": ("convergence, converged", GLOSSARY + "convergence"),
    "what does softmax do": ("softmax", GLOSSARY + "softmax"),
    "validation loss": ("validation loss", GLOSSARY + "validation-loss"),
    "gradient descent formula": ("Gradient descent", MATHS + "gradient-descent"),
    # Places.
    "worksheet": ("Worksheet", "day/worksheet.html"),
    "print": ("Where your answers are", ANSWERS),
    "hand in": ("Where your answers are", ANSWERS),
    "save my answers": ("Where your answers are", ANSWERS),
    "delete my answers": ("Delete everything", "day/worksheet.html#delete-everything"),
    "offline": ("Keep for offline", OFFLINE),
    "no wifi": ("The network in the room gives up", RUN + "the-network-in-the-room-gives-up"),
    "activity 3": ("Activity 3: a learning-rate experiment", "day/activity-3-learning-rate-experiment.html"),
    "curve diagnosis": ("Activity 1: curve diagnosis", "day/activity-1-curve-diagnosis.html"),
    "decision log": ("Decision log", "after/decision-log.html"),
    "glossary": ("Glossary", "reference/glossary.html"),
    "cheatsheet": ("Cheat sheet", "before/cheat-sheet.html"),
    "evidence": ("Evidence map", "after/evidence-map.html"),
    "ksb": ("Evidence map", "after/evidence-map.html"),
    "horizon scan": (
        "Activity 7: reflection and horizon scan",
        "day/activity-7-reflection-and-horizon-scan.html",
    ),
    "was it luck": ("Was it luck?", LUCK),
    "test my laptop": ("Test this laptop", LAPTOP),
    "colab": ("Colab", RUN + "colab"),
    "how long does it take": ("The parts of the day", "day/index.html#the-parts-of-the-day"),
    "dark mode": ("Known limits of accessibility", AIDS),
    "text size": ("Known limits of accessibility", AIDS),
    "color": ("Known limits of accessibility", AIDS),
    # Trouble and questions.
    "learning rate too high": ("What the slider does", STEEPER),
    "loss going up": ("The loss leaps, or is “nan”, or never moves", BAD_LOSS),
    "nan loss": ("The loss leaps, or is “nan”, or never moves", BAD_LOSS),
    "why is my accuracy 33%": (
        "5. What “33 %” hides (3 minutes)",
        "day/activity-2-set-up-and-yardsticks.html#what-33-hides-3-minutes",
    ),
    "validation loss lower than training loss": (
        "Validation below training: broken?",
        "before/reading-a-curve.html#validation-below-training-broken",
    ),
    "when should I stop training": ("When to stop", PLAIN + "#when-to-stop"),
    "NameError": ("“NameError: name … is not defined”", RUN + "nameerror-name-is-not-defined"),
    "webassembly": (
        "A cell says “This browser does not run WebAssembly”",
        RUN + "a-cell-says-this-browser-does-not-run-webassembly",
    ),
    "tokenizer": (
        "3. Know the speed dials (3 minutes)",
        "day/activity-2-set-up-and-yardsticks.html#know-the-speed-dials-3-minutes",
    ),
    "5e-5": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
    "0.00002": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
    "0,00005": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
}

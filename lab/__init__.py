"""The lab: the Python package behind every curve in the book.

Only `lab.encoders` and `lab.corpus_scores` need packages from outside the standard library (`lab.phrasebank`
needs one to download); the rest runs as it is on a laptop and in the reader's own browser.
"""

__version__ = "0.1.0"

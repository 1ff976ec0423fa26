"""Downhill's lab: the Python package behind every curve in the book.

`import lab` and `lab.scratch`, `lab.corpus`, `lab.records` and `lab.charts` need nothing outside the standard
library, so the same wheel runs on a laptop and in the reader's own browser.
"""

__version__ = "0.1.0"

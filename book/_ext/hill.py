"""The landing page's hill: contour lines of a real surface, and three real descents on it.

Everything drawn is computed here: the heights, the slopes and every step of gradient descent. The picture
holds all steps; ``widgets/hill.js`` shows one more at each press, and without JavaScript all are there.
"""

from __future__ import annotations

import html
import math
from itertools import pairwise
from typing import Any

import contourpy
from docutils import nodes
from page import need
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lab.charts import PRESET_NAMES
from lab.scratch import descend

WIDTH, HEIGHT = 560.0, 420.0
X_RANGE, Y_RANGE = (-5.2, 5.2), (-2.6, 2.6)
LEVELS = (0.05, 0.25, 0.6, 1.05, 1.6, 2.3, 3.15, 4.25, 5.55, 7.15, 8.95)
START = (-4.3, 1.75)
STEPS = 12
WALKS = {
    "low": ("too-low", 0.012),
    "right": ("just-right", 0.33),
    "high": ("too-high", 0.92),
}


def height(x: float, y: float) -> float:
    """A long valley, several times steeper across than along, with a bend in it; 0 at its bottom."""
    return 0.5 * (0.35 * x * x + 2.2 * y * y) + 0.18 * math.sin(1.3 * x) * y + 0.35 * (1 - math.cos(0.8 * x))


def slope(x: float, y: float) -> tuple[float, float]:
    """The two partial derivatives of ``height``."""
    along = 0.35 * x + 0.18 * 1.3 * math.cos(1.3 * x) * y + 0.35 * 0.8 * math.sin(0.8 * x)
    across = 2.2 * y + 0.18 * math.sin(1.3 * x)
    return along, across


def walk(step_size: float) -> list[tuple[float, float]]:
    """The start and the place after each step of gradient descent."""
    return [(x, y) for x, y in descend(lambda place: slope(*place), START, step_size, STEPS)]


def on_paper(x: float, y: float) -> str:
    left = (x - X_RANGE[0]) / (X_RANGE[1] - X_RANGE[0]) * WIDTH
    top = HEIGHT - (y - Y_RANGE[0]) / (Y_RANGE[1] - Y_RANGE[0]) * HEIGHT
    return f"{left:.1f} {top:.1f}"


def contours() -> list[str]:
    """One SVG path per level, with every line of that height in it."""
    xs = [X_RANGE[0] + (X_RANGE[1] - X_RANGE[0]) * i / 80 for i in range(81)]
    ys = [Y_RANGE[0] + (Y_RANGE[1] - Y_RANGE[0]) * j / 60 for j in range(61)]
    grid = contourpy.contour_generator(xs, ys, [[height(x, y) for x in xs] for y in ys])
    paths = []
    for number, level in enumerate(LEVELS):
        lines = ["M" + "L".join(on_paper(x, y) for x, y in line) for line in grid.lines(level)]
        paths.append(f'<path class="contour" opacity="{0.95 - 0.07 * number:.2f}" d="{"".join(lines)}"/>')
    return paths


def mark(name: str, place: tuple[float, float], step: int) -> str:
    """One place of a walk, with its preset's own sign, so that colour is never the only difference."""
    left, top = map(float, on_paper(*place).split())
    if name == "right":
        shape = f'<circle cx="{left}" cy="{top}" r="3.6"'
    else:
        up = 4.6 if name == "high" else -4.6
        shape = (
            f'<path d="M{left:.1f} {top - up:.1f}L{left + 4.4:.1f} {top + up * 0.75:.1f}H{left - 4.4:.1f}Z"'
        )
    return f'{shape} class="place {name}" data-step="{step}"/>'


def picture() -> str:
    parts = [
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-labelledby="hill-words">',
        *contours(),
    ]
    for name, (_, step_size) in WALKS.items():
        places = walk(step_size)
        for step, (a, b) in enumerate(pairwise(places), 1):
            heights = f'data-height="{height(*b):.2f}"'
            parts.append(
                f'<path class="walk {name}" data-step="{step}" {heights} d="M{on_paper(*a)}L{on_paper(*b)}"/>'
            )
        parts += [mark(name, place, step) for step, place in enumerate(places) if step]
    left, top = on_paper(*START).split()
    parts.append(f'<circle class="start" cx="{left}" cy="{top}" r="6.5"/></svg>')
    return "".join(parts)


def legend() -> str:
    return "".join(
        f'<li class="{name}"><b>{PRESET_NAMES[preset]}</b> '
        f'<span data-walk="{name}">height {height(*walk(size)[-1]):.2f}'
        f" after {STEPS} steps</span></li>"
        for name, (preset, size) in WALKS.items()
    )


def figure() -> str:
    words = (
        "A valley seen from above, drawn as contour lines, lowest in the middle. Three walks start at the "
        "same place on its side. The list below the picture says how high each of them is."
    )
    return (
        '<div class="hill-controls">'
        '<button class="hill-step primary" type="button" hidden>Take one more step</button>'
        '<output class="hill-said"></output></div>'
        f'<figure class="hill" data-widget="hill" data-steps="{STEPS}" data-start="{height(*START):.2f}">'
        f"{picture()}"
        f'<p hidden id="hill-words">{html.escape(words)}</p>'
        f'<figcaption><ul class="walks">{legend()}</ul>'
        "<span>One valley, one start, three step sizes: "
        f"{', '.join(f'{size:g}' for _, size in WALKS.values())}.</span>"
        "</figcaption></figure>"
    )


class Hill(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        need(self.env.app, self.env.docname, "widgets/hill.css", "widgets/hill.js")
        return [nodes.raw("", figure(), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("hill", Hill)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

"""What directives that show stored runs share: finding a run, hiding its name, handing data to a widget."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sphinx.util.docutils import SphinxDirective

from lab import records


def run_of(directive: SphinxDirective, run_id: str) -> records.Run:
    """The stored run that a directive names; the build fails where there is none."""
    try:
        return records.load(run_id.strip())
    except (FileNotFoundError, ValueError) as error:
        raise directive.error(f"{directive.name}: {error.args[0]}") from None


def opaque(*names: str) -> str:
    """An id that is always the same for these names and does not give them away."""
    return "x" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]


def json_script(data: Any) -> str:
    """Data for a widget: the first ``script.data`` in its element. A value that is not finite is its name."""
    # "</" must not end the script element early; "\\u003c" is the same character to every JSON reader.
    text = json.dumps(records.words_for_not_finite(data), ensure_ascii=False, allow_nan=False)
    return f'<script type="application/json" class="data">{text.replace("<", chr(92) + "u003c")}</script>'

"""``{own-run}``: a training log of the reader's own, judged in the page by lab.own_log.

    ```{own-run}
    :examples: minilm-too-high-seed-3 minilm-rate-0-0002-seed-0
    What a reader without JavaScript sees; any MyST.
    ```

``:examples:`` are stored runs, published below ``_logs`` as example-1.json, example-2.json and so on: what
transformers' Trainer would have written of them. They are called examples and nothing else, for what they are
is the reader's to find out.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from live_cells import SIZES
from page import need
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import json_script, run_of

from lab import records

FOLDER = "_logs"
LOGGED = 1  # steps from one logged training loss to the next: over more, a jump would be averaged away
DIGITS = 6  # the Trainer logs more; these leave the files small


class OwnRunPlace(nodes.General, nodes.Element):
    """The element that widgets/own-run.js upgrades."""


class OwnRun(SphinxDirective):
    has_content = True
    option_spec: ClassVar = {"examples": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        files = ("chart.css", "own-run.css", "own-run.js")
        need(self.env.app, self.env.docname, *(f"widgets/{file}" for file in files))
        up = "../" * self.env.docname.count("/")
        logs = {
            f"example-{number}": written(trainer_state(run_of(self, run_id)))
            for number, run_id in enumerate(self.options.get("examples", "").split(), start=1)
        }
        self.env.app.env.downhill_logs[self.env.docname] = logs
        data = {
            "bytes": json.loads(SIZES.read_text("utf-8"))["download_bytes"],
            "worksheet": f"{up}day/worksheet.html",
            "examples": [
                {
                    "name": name.replace("-", " "),
                    "address": f"{up}{FOLDER}/{name}.json",
                    "size": f"{len(text.encode()) / 1000:.0f} kB",
                }
                for name, text in logs.items()
            ],
        }
        node = OwnRunPlace()
        self.state.nested_parse(self.content, self.content_offset, node)
        links = "".join(
            f'<li><a href="{html.escape(address)}" download>Save {name} ({size})</a></li>'
            for name, address, size in (one.values() for one in data["examples"])
        )
        node += nodes.raw("", f"<ul>{links}</ul>{json_script(data)}", format="html")
        return [node]


def trainer_state(run: records.Run) -> dict[str, Any]:
    """What transformers' Trainer would have put into trainer_state.json, had it logged each step."""
    history: list[dict[str, Any]] = []
    losses, norms = run.steps["loss"], run.steps.get("grad_norm", [])
    done = 0
    for evaluation in run.evaluations:
        for step in range(done + LOGGED, evaluation["step"] + 1, LOGGED):
            entry = {
                "epoch": step / run.evaluations[-1]["step"] * run.evaluations[-1]["epoch"],
                "learning_rate": run.steps["learning_rate"][step - 1],
                "loss": fmean(losses[step - LOGGED : step]),
                "step": step,
            }
            history.append(entry | ({"grad_norm": norms[step - 1]} if norms else {}))
            done = step
        history.append(
            {
                "epoch": evaluation["epoch"],
                "eval_accuracy": evaluation["accuracy"],
                "eval_f1_macro": evaluation["macro_f1"],
                "eval_loss": evaluation["validation_loss"],
                "step": evaluation["step"],
            }
        )
    last = run.evaluations[-1]
    history.append(
        {
            "epoch": last["epoch"],
            "step": last["step"],
            "train_loss": fmean(losses),
            "train_runtime": round(run.seconds, 1),
        }
    )
    return {
        "best_metric": None,
        "best_model_checkpoint": None,
        "epoch": last["epoch"],
        "global_step": last["step"],
        "log_history": history,
        "logging_steps": LOGGED,
        "max_steps": last["step"],
        "num_train_epochs": run.settings["num_train_epochs"],
        "train_batch_size": run.settings["per_device_train_batch_size"],
    }


def written(state: dict[str, Any]) -> str:
    return json.dumps(rounded(state), indent=1) + "\n"


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def begin(app: Sphinx) -> None:
    if not hasattr(app.env, "downhill_logs"):
        app.env.downhill_logs = {}


def forget(app: Sphinx, env: Any, docname: str) -> None:
    env.downhill_logs.pop(docname, None)


def publish(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    for logs in app.env.downhill_logs.values():
        for name, text in logs.items():
            (folder / f"{name}.json").write_text(text, "utf-8", newline="\n")


def open_element(self: Any, node: OwnRunPlace) -> None:
    self.body.append('<div class="widget own-run" data-widget="own-run">\n')


def close_element(self: Any, node: OwnRunPlace) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(OwnRunPlace, html=(open_element, close_element))
    app.add_directive("own-run", OwnRun)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", publish)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

"""A line that the kernel sends in two pieces is one line on the page."""

from pathlib import Path

import nbformat
import pytest
from jupyter_cache.executors.utils import single_nb_execution
from nbclient import NotebookClient

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
CODE = """import time
print("accuracy", end="", flush=True)
time.sleep(1)
print(" at seeds 0 to 4")"""


def test_a_line_is_not_broken_where_the_kernel_paused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def printed() -> list[str]:
        cell = nbformat.v4.new_code_cell(CODE)
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata=kernel)
        assert single_nb_execution(notebook, cwd=str(tmp_path), timeout=60, allow_errors=False).err is None
        return [output.text for output in cell.outputs]

    assert printed() == ["accuracy", " at seeds 0 to 4\n"], "the kernel sends what there is after a while"
    monkeypatch.syspath_prepend(EXTENSIONS)
    monkeypatch.setattr(NotebookClient, "coalesce_streams", NotebookClient.coalesce_streams)
    import printed_text

    printed_text.setup(None)
    assert printed() == ["accuracy at seeds 0 to 4\n"]

"""Reference pages from docstrings: the ``{api}`` directive shows what one module of the lab offers.

    ```{api} lab.corpus
    ```

The source is read, not imported, so that no page needs PyTorch to be built. Docstrings are Markdown; what is
indented in them is code.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]


class Api(SphinxDirective):
    """A section for a module: its docstring, then each public function and class in the order of the file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = self.arguments[0]
        place = ROOT.joinpath(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.is_file():
            raise self.error(f"{module} is no module of this repository")
        self.env.note_dependency(str(file))
        tree = ast.parse(file.read_text("utf-8"))
        section = nodes.section(ids=[f"api-{module.replace('.', '-')}"], names=[module])
        section += nodes.title("", "", nodes.literal(module, module))
        section += self.prose(tree)
        listed = nodes.definition_list(classes=["api"])
        for definition in public(tree):
            text = signature(definition)
            term = nodes.term("", "", nodes.literal(text, text))
            listed += nodes.definition_list_item("", term, nodes.definition("", *self.prose(definition)))
        if listed.children:
            section += listed
        return [section]

    def prose(self, definition: ast.Module | ast.ClassDef | ast.FunctionDef) -> list[nodes.Node]:
        """A docstring's paragraphs, as Markdown; what is indented becomes a block of code."""
        lines = []
        # A module's lines stand where they are; of what is in it, they are as far in as their code.
        docstring = ast.get_docstring(definition, clean=not isinstance(definition, ast.Module)) or ""
        for paragraph in docstring.strip().split("\n\n"):
            indented = paragraph.startswith("    ")
            lines += ["```python" if not paragraph.lstrip().startswith("python") else "```sh"] * indented
            lines += [inspect.cleandoc(paragraph)] if indented else [paragraph]
            lines += ["```"] * indented + [""]
        parent = nodes.Element()
        self.state.nested_parse(StringList("\n".join(lines).split("\n"), self.env.docname), 0, parent)
        return parent.children


def public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """What a module offers: its functions and classes whose names do not start with an underscore."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def signature(definition: ast.ClassDef | ast.FunctionDef) -> str:
    """How it is called; for a class, its name and what it is made of where it is a dataclass."""
    if isinstance(definition, ast.FunctionDef):
        returned = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
        return f"{definition.name}({ast.unparse(definition.args)}){returned}"
    made_of = [
        f"{field.target.id}: {ast.unparse(field.annotation)}"
        for field in definition.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    ]
    is_data = any("dataclass" in ast.unparse(decorator) for decorator in definition.decorator_list)
    return f"class {definition.name}" + (f"({', '.join(made_of)})" if is_data else "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

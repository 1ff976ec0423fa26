"""Reference pages from docstrings: the ``{api}`` directive shows what one module of the lab offers.

    ```{api} lab.corpus
    ```

The source is read, not imported, so that no page needs PyTorch to be built. Docstrings are Markdown without
HTML; an example in them is code.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
# Where a docstring is but one line and an example, the formatter takes the example's indent away.
EXAMPLE = re.compile(r" {4}|from lab|python -m lab")
# A line of a docstring that says what one name, or several, mean.
NAMES = re.compile(r"\n(?=(?:`{0,2}\w+`{0,2}, )*`{0,2}\w+`{0,2}: )")
CODE_OR_TAG = re.compile(r"(`+).+?\1|<", re.S)

Definition = ast.ClassDef | ast.FunctionDef


class Api(SphinxDirective):
    """A section for a module: its docstring, then each public function and class in the order of the file.

    A package has what its ``__init__`` takes from its own modules.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = self.arguments[0]
        tree = self.source(module)
        section = nodes.section(ids=[f"api-{module.replace('.', '-')}"], names=[module])
        section += nodes.title("", "", nodes.literal(module, module))
        section += self.prose(tree)
        definitions = list(public(tree))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{module}."):
                taken = {name.name for name in node.names}
                definitions += [one for one in public(self.source(str(node.module))) if one.name in taken]
        section += self.listed(definitions)
        return [section]

    def source(self, module: str) -> ast.Module:
        place = ROOT.joinpath(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.is_file():
            raise self.error(f"{module} is no module of this repository")
        self.env.note_dependency(str(file))
        return ast.parse(file.read_text("utf-8"))

    def listed(self, definitions: list[Definition]) -> list[nodes.Node]:
        """Each with its docstring, and a class with those of its methods that have one; none: no list."""
        items = []
        for definition in definitions:
            text = signature(definition)
            said = self.prose(definition)
            if isinstance(definition, ast.ClassDef):
                said += self.listed([method for method in public(definition) if ast.get_docstring(method)])
            term = nodes.term("", "", nodes.literal(text, text))
            items.append(nodes.definition_list_item("", term, nodes.definition("", *said)))
        return [nodes.definition_list("", *items, classes=["api"])] if items else []

    def prose(self, definition: ast.Module | Definition) -> list[nodes.Node]:
        """A docstring as Markdown: an example becomes a block of code, what is said of a name a paragraph."""
        lines = []
        # A module's lines stand where they are; of what is in it, they are as far in as their code.
        docstring = ast.get_docstring(definition, clean=not isinstance(definition, ast.Module)) or ""
        paragraphs = docstring.strip().split("\n\n")
        for example, group in groupby(paragraphs, lambda paragraph: bool(EXAMPLE.match(paragraph))):
            text = "\n\n".join(group)
            if example:
                code = textwrap.dedent(text)
                lines += ["```sh" if code.startswith("python") else "```python", code, "```", ""]
            else:
                lines += [without_html(NAMES.sub("\n\n", text)), ""]
        parent = nodes.Element()
        self.state.nested_parse(StringList("\n".join(lines).split("\n"), self.env.docname), 0, parent)
        return parent.children


def without_html(text: str) -> str:
    """Markdown in which ``<id>`` is no tag; in code it is none anyway."""
    return CODE_OR_TAG.sub(lambda found: r"\<" if found[0] == "<" else found[0], text)


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """What a module or class offers: functions and classes whose names do not start with an underscore."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def signature(definition: Definition) -> str:
    """How it is called; for a class, its name and what it is made of where it is a dataclass."""
    decorators = [ast.unparse(decorator) for decorator in definition.decorator_list]
    if isinstance(definition, ast.FunctionDef):
        given = re.sub(r"^(self|cls)\b(, )?", "", ast.unparse(definition.args))
        returned = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
        return definition.name + ("" if "property" in decorators else f"({given})") + returned
    made_of = [
        f"{field.target.id}: {ast.unparse(field.annotation)}"
        for field in definition.body
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and "ClassVar" not in ast.unparse(field.annotation)
    ]
    is_data = any("dataclass" in decorator for decorator in decorators)
    return f"class {definition.name}" + (f"({', '.join(made_of)})" if is_data else "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

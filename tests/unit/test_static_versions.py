"""The versions in addresses: a module's covers everything that it refers to."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
from static_versions import Versions

FILES = {
    "page.js": 'import { a } from "./live/a.js";\nconst said = "./no/such/file.js";\n',
    "live/a.js": 'export const a = await import("../vendor/big.js"); export const code = "./code.py";\n',
    "live/code.py": "print()\n",
    "site.css": "body { color: red }\n",
}


@pytest.fixture
def folders(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "built" / "vendor").mkdir(parents=True)
    (tmp_path / "built" / "vendor" / "big.js").write_text('import "./big.js";\n', "utf-8")
    return [tmp_path / "own", tmp_path / "built"]


def test_references_get_the_version_of_what_they_name(folders):
    versions = Versions(folders)
    served = versions.content("live/a.js").decode()
    assert f'"../vendor/big.js?v={versions.of("vendor/big.js")}"' in served
    assert f'"./code.py?v={versions.of("live/code.py")}"' in served
    page = versions.content("page.js").decode()
    assert f'"./live/a.js?v={versions.of("live/a.js")}"' in page
    assert '"./no/such/file.js"' in page


@pytest.mark.parametrize("changed", ["live/code.py", "../built/vendor/big.js", "live/a.js"])
def test_a_change_anywhere_below_changes_the_version_of_the_module_above(folders, changed):
    before, style = Versions(folders).of("page.js"), Versions(folders).of("site.css")
    path = folders[0] / changed
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert Versions(folders).of("page.js") != before
    assert Versions(folders).of("site.css") == style


def test_a_circle_and_a_missing_file_are_named(folders):
    (folders[0] / "live" / "code.py").unlink()
    (folders[0] / "live" / "a.js").write_text('import "../page.js";\n', "utf-8")
    with pytest.raises(ValueError, match=re.escape("page.js → live/a.js → page.js")):
        Versions(folders).of("page.js")
    with pytest.raises(FileNotFoundError, match=re.escape("_static/none.js")):
        Versions(folders).of("none.js")

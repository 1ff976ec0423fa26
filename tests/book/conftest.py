"""The built book as files."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def built_folder() -> Path:
    return Path(os.environ.get("DOWNHILL_HTML", REPOSITORY / "_build" / "html"))


def built_pages() -> list[Path]:
    """Every page, the search page too; none of the files that packages bring along."""
    folder = built_folder()
    return sorted(path for path in folder.rglob("*.html") if "_static" not in path.relative_to(folder).parts)


@pytest.fixture(scope="session")
def html() -> Path:
    if not built_pages():
        pytest.fail(f"there is no built book in {built_folder()}: run `python -m tools build` first")
    return built_folder()


def pytest_generate_tests(metafunc):
    if "built_page" in metafunc.fixturenames:
        pages = built_pages()
        metafunc.parametrize(
            "built_page", pages, ids=[page.relative_to(built_folder()).as_posix() for page in pages]
        )

"""``tools links`` and ``tools changes`` on small sites of their own."""

from pathlib import Path

import pytest

from tools import changes, links


@pytest.fixture
def site(tmp_path: Path):
    def make(name: str, **pages: str) -> Path:
        folder = tmp_path / name
        for page, main in pages.items():
            path = folder / f"{page.replace('__', '/')}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<nav>{len(pages)} pages</nav><main id='top'>{main}</main>", "utf-8")
        return folder

    return make


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("day/one.html", None),
        ("day/one.html#top", None),
        ("day/", "leads nowhere"),
        ("#top", None),
        ("#bottom", "no place named bottom"),
        ("day/one.html#bottom", "no place named bottom"),
        ("day/two.html", "leads nowhere"),
        ("../outside.html", "leads nowhere"),
        ("https://example.org/gone", None),
        ("//example.org/gone", None),
    ],
)
def test_a_link_leads_somewhere_or_is_named(site, link, said):
    folder = site("here", index=f"<a href='{link}'>there</a>", day__one="")
    found = list(links.broken(folder, folder / "index.html"))
    assert len(found) == (said is not None)
    assert said is None or (said in found[0] and found[0].startswith("index.html: "))


def test_changes_lists_what_a_reader_sees_changed(site):
    before = site("before", index="same <img src='a.png?v=11111111'>", day__one="old", day__two="gone")
    after = site("after", index="same <img src='a.png?v=22222222'>", day__one="new", day__three="here")
    assert changes.report(before, after).split("\n\n") == [
        "**Changed**",
        "- `day/one.html`",
        "**New**",
        "- `day/three.html`",
        "**Gone**",
        "- `day/two.html`\n",
    ]


def test_the_menu_beside_a_page_is_no_change_of_it(site):
    before = site("before", index="same", day__one="same")
    after = site("after", index="same", day__one="same", day__two="new")
    assert "index" not in changes.report(before, after)
    assert changes.report(before, before) == "No page changed."


def test_without_an_earlier_site_it_says_so(site, tmp_path):
    assert "no earlier site" in changes.report(tmp_path / "absent", site("after", index=""))

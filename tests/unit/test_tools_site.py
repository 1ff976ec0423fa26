"""The static server: what it sends, and what it never does."""

import gzip
import http.client
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import site

PAGE = b"<title>Downhill</title>" + b"<p>one step at a time</p>" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "html"
    (built / "before").mkdir(parents=True)
    (built / "empty").mkdir()
    (built / "index.html").write_bytes(PAGE)
    (built / "before" / "index.html").write_bytes(PAGE)
    (built / "before" / "a page.html").write_bytes(PAGE)
    (built / ".secret").write_bytes(b"hidden")
    for suffix in (".mjs", ".wasm", ".whl", ".json", ".woff2", ".css", ".js", ".svg"):
        (built / f"file{suffix}").write_bytes(b"0" * 400)
    (tmp_path / "outside.html").write_bytes(b"outside")
    return built


@pytest.fixture
def server(folder: Path) -> Iterator[site.Site]:
    with site.running(site.Site(folder)) as running:
        yield running


class Reply:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()


def ask(server: site.Site, path: str, method: str = "GET", **headers: str) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        return Reply(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".mjs", "text/javascript; charset=utf-8"),
        (".js", "text/javascript; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".wasm", "application/wasm"),
        (".whl", "application/zip"),
        (".json", "application/json"),
        (".woff2", "font/woff2"),
        (".svg", "image/svg+xml"),
    ],
)
def test_every_file_has_its_type_and_no_browser_may_guess(server: site.Site, suffix: str, kind: str) -> None:
    reply = ask(server, f"/file{suffix}")
    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_is_compressed_for_those_who_take_it(server: site.Site) -> None:
    packed = ask(server, "/", Accept_Encoding="br, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == PAGE
    assert len(packed.body) == int(packed.headers["Content-Length"]) < len(PAGE)
    for accepted in ("", "br", "gzip;q=0", "gzip; q=0.000"):
        plain = ask(server, "/", Accept_Encoding=accepted)
        assert plain.headers["Content-Encoding"] is None
        assert plain.body == PAGE
    assert ask(server, "/file.whl", Accept_Encoding="gzip").headers["Content-Encoding"] is None


def test_head_sends_the_headers_alone(server: site.Site) -> None:
    reply = ask(server, "/", "HEAD")
    assert (reply.status, reply.headers["Content-Length"], reply.body) == (200, str(len(PAGE)), b"")


def test_a_file_is_sent_again_only_when_it_has_changed(server: site.Site, folder: Path) -> None:
    tag = ask(server, "/").headers["ETag"]
    packed = ask(server, "/", Accept_Encoding="gzip").headers["ETag"]
    assert tag != packed
    unchanged = ask(server, "/", If_None_Match=f'"other", {tag}')
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert ask(server, "/", If_None_Match=packed).status == 200
    (folder / "index.html").write_bytes(b"rebuilt")
    os.utime(folder / "index.html", ns=(1, 1))
    changed = ask(server, "/", If_None_Match=tag)
    assert (changed.status, changed.body) == (200, b"rebuilt")


@pytest.mark.parametrize("path", ["/empty/", "/empty", "/none.html", "/before/none/", "/index.html/", "/%00"])
def test_there_is_no_list_of_a_folder_and_no_page_that_is_not_there(server: site.Site, path: str) -> None:
    assert ask(server, path).status == 404


def test_the_sites_own_page_says_that_there_is_none(server: site.Site, folder: Path) -> None:
    (folder / "404.html").write_bytes(b"lost")
    reply = ask(server, "/none.html")
    assert (reply.status, reply.body) == (404, b"lost")


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/before/../../outside.html",
        "/..%2foutside.html",
        "/..%5coutside.html",
        "/.secret",
        "/link.html",
        "/linked/outside.html",
    ],
)
def test_nothing_outside_the_folder_is_sent(server: site.Site, folder: Path, path: str) -> None:
    (folder / "link.html").symlink_to(folder.parent / "outside.html")
    (folder / "linked").symlink_to(folder.parent)
    assert ask(server, path).status == 404


def test_spaces_and_questions_in_an_address_do_no_harm(server: site.Site) -> None:
    assert ask(server, "/before/a%20page.html?highlight=step#top").body == PAGE


def test_a_folder_is_reached_with_its_slash_and_on_this_server(server: site.Site) -> None:
    assert ask(server, "/before").headers["Location"] == "/before/"
    assert ask(server, "/%2fbefore").headers["Location"] == "/before/"
    assert ask(server, "/before/").body == PAGE


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "127.0.0.1:9", "LOCALHOST"]
)
def test_this_machines_own_names_are_answered(server: site.Site, host: str) -> None:
    assert ask(server, "/", Host=host.format(port=server.server_port)).status == 200


@pytest.mark.parametrize(
    "host",
    ["a.example", "a.example:{port}", "127.0.0.1.a.example", "10.0.0.1", "a@127.0.0.1", "127.0.0.1:x", "["],
)
def test_a_request_for_another_name_is_refused(server: site.Site, host: str) -> None:
    reply = ask(server, "/", Host=host.format(port=server.server_port))
    assert reply.status == 421
    assert PAGE not in reply.body


def test_a_connection_serves_many_requests(server: site.Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    for path, status in (("/", 200), ("/none", 404), ("/file.json", 200)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_serve_gives_an_address_for_as_long_as_it_lasts(folder: Path) -> None:
    with site.serve(folder) as address:
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/")
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read() == PAGE
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=10).connect()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere"):
        site.Site(tmp_path / "nowhere")

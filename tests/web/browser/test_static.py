import re
from pathlib import Path

import pytest
from httpx import AsyncClient

from openclaw.web.browser.static import UI
from tests.web.conftest import Plane

FILES = sorted(path.relative_to(UI).as_posix() for path in UI.rglob("*") if path.is_file())


async def test_every_file_of_the_page_is_served_as_what_it_is(plane: Plane) -> None:
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    async with AsyncClient(base_url=plane.url) as http:
        for name in FILES:
            if name == "index.html":
                continue
            answer = await http.get(f"/ui/{name}")
            assert answer.status_code == 200, name
            assert answer.headers["content-type"].startswith(kinds[Path(name).suffix]), name
            assert answer.content == (UI / name).read_bytes()


async def test_a_file_that_did_not_change_is_not_sent_again(plane: Plane) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        first = await http.get("/ui/dom.js")
        second = await http.get("/ui/dom.js", headers={"if-none-match": first.headers["etag"]})
        other = await http.get("/ui/rpc.js", headers={"if-none-match": first.headers["etag"]})
    assert (first.headers["cache-control"], second.status_code, second.content) == ("no-cache", 304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/ui/", "/ui/nope.js", "/ui/../static.py", "/ui/%2e%2e/config.py", "/ui/..%2fconfig.py", "/ui//etc/passwd",
        "/ui/pages", "/ui/index.html", "/ui/.hidden.js", "/ui/pages/../dom.js%00.css", "/ui/dom.js/",
    ],
)  # fmt: skip
async def test_nothing_else_is_served(plane: Plane, path: str) -> None:
    async with AsyncClient(base_url=plane.url) as http:
        assert (await http.get(path)).status_code in {401, 404}


def test_the_page_names_only_files_that_are_there() -> None:
    index = (UI / "index.html").read_text()
    assert set(re.findall(r'"/ui/([^"]+)"', index)) <= set(FILES)
    for name in FILES:
        if name.endswith(".js"):
            folder = Path(name).parent
            for wanted in re.findall(r'from "(\.{1,2}/[^"]+)"', (UI / name).read_text()):
                assert (UI / folder / wanted).resolve().is_relative_to(UI), wanted
                assert (UI / folder / wanted).is_file(), f"{name} wants {wanted}"


def test_every_page_of_the_navigation_is_there() -> None:
    names = re.findall(r'name: "(\w+)"', (UI / "pages.js").read_text())
    assert {f"pages/{name}.js" for name in names} == {name for name in FILES if name.startswith("pages/")}


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".js", ".html"))])
def test_no_file_makes_markup_from_text(name: str) -> None:
    text = (UI / name).read_text()
    assert not re.search(
        r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", text
    )
    assert not re.search(r"<[^>]+\s(style|on\w+)=", text), "the policy forbids it"

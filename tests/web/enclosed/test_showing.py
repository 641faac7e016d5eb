from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from openclaw.web.enclosed.showing import MEDIA, is_shown, media_routes
from tests.agent.tools.files.yard import png

BYTES, SAVED = "application/octet-stream", "attachment; filename*=utf-8''{name}"


@pytest.fixture
def http(tmp_path: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[*media_routes(tmp_path)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize(
    ("name", "data", "kind", "how"),
    [
        ("pictures/a.png", png(), "image/png", "inline"),
        ("inbound/2026-11-21/page.html", b"<script>", BYTES, SAVED),
        ("inbound/2026-11-21/mark.svg", b"<svg>", BYTES, SAVED),
        ("inbound/2026-11-21/fake.png", b"<svg>", BYTES, SAVED),
    ],
)  # fmt: skip
async def test_only_what_is_a_picture_is_drawn(
    http: httpx.AsyncClient, tmp_path: Path, name: str, data: bytes, kind: str, how: str
) -> None:
    path = tmp_path / "media" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)

    answer = await http.get(f"{MEDIA}/{name}")

    assert (answer.status_code, answer.content) == (200, data)
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (
        kind,
        how.format(name=path.name),
    )


async def test_nothing_else_of_the_state_directory_is_reached(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    inbound = tmp_path / "media" / "inbound" / "2026-11-21"
    inbound.mkdir(parents=True)
    (tmp_path / "openclaw.json").write_text("secret")
    (tmp_path / "media" / "recordings").mkdir()
    (tmp_path / "media" / "recordings" / "a").write_text("secret")
    (inbound / "link").symlink_to(tmp_path / "openclaw.json")
    for path in (
        "inbound/2026-11-21/link",
        "recordings/a",
        "inbound/%2e%2e%2f%2e%2e/openclaw.json",
        "inbound/gone/x",
    ):
        assert (await http.get(f"{MEDIA}/{path}")).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("pictures/a.png", True),
        ("inbound/2026-11-21/a.png", True),
        ("inbound/2026-11-21/a/b", False),
        ("inbound", False),
        ("inbound/.tmp", False),
        ("inbound//a", False),
        ("pictures/..", False),
        ("pictures/a\0b", False),
    ],
)
def test_what_may_be_asked_for(path: str, shown: bool) -> None:
    assert is_shown(path.split("/")) is shown

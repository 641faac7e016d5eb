from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from openclaw.web.api.recordings import recording_routes
from openclaw.web.office.telephone import TelephoneBook
from tests.web.fake_office import FakeArchive

CALL, RECORDING = "CA" + "a" * 32, "RE" + "b" * 32
URL = f"/api/v1/phone/recordings/{CALL}/{RECORDING}.mp3"


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / CALL).mkdir()
    (tmp_path / CALL / f"{RECORDING}.mp3").write_bytes(b"0123456789")
    app = Starlette(routes=[*recording_routes(TelephoneBook(FakeArchive(), tmp_path))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_a_recording_is_played_whole_and_in_parts(client: httpx.AsyncClient) -> None:
    whole = await client.get(URL)
    part = await client.get(URL, headers={"range": "bytes=2-4"})
    beyond = await client.get(URL, headers={"range": "bytes=20-"})

    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, b"0123456789", "bytes")
    assert (whole.headers["content-type"], whole.headers["cache-control"]) == (
        "audio/mpeg",
        "private, no-store",
    )
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert beyond.status_code == 416


async def test_nothing_else_is_given_away(client: httpx.AsyncClient) -> None:
    for path in (
        URL.replace(".mp3", ".txt"),
        URL.replace("REb", "REc"),
        f"/api/v1/phone/recordings/%2e%2e/{CALL}",
    ):
        assert (await client.get(path)).status_code == 404

import base64
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.web.rpc.attachments import POLICY, keep_attachments
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.agent.tools.files.yard import png
from tests.web.fake_house import FakeHouse

PHOTO = {
    "type": "image",
    "mimeType": "image/png",
    "fileName": "a.png",
    "content": base64.b64encode(png()).decode(),
}
PROGRAM = {"fileName": "a.exe", "content": base64.b64encode(b"MZ\0").decode()}


def asked(*attachments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"sessionKey": "main", "message": "", "idempotencyKey": "r1", "attachments": attachments} | changes


async def test_files_are_kept_before_their_message_is_taken(tmp_path: Path) -> None:
    house = FakeHouse(tmp_path)

    for _ in range(2):
        await dispatch(house, OPERATOR, "chat.send", asked(PHOTO) | {"attachments": [PHOTO]})
    await dispatch(
        house, OPERATOR, "agent", {"message": "hi", "idempotencyKey": "r2", "attachments": [PHOTO]}
    )

    first, second = house.desk.questions
    (file,) = first.files
    assert (file.name, file.shown, (tmp_path / file.path).read_bytes()) == ("a.png", True, png())
    assert len(second.files) == 1
    assert len([path async for path in anyio.Path(tmp_path).rglob("web-*")]) == 2


async def test_a_word_for_stopping_with_a_file_stops_nobody(tmp_path: Path) -> None:
    house = FakeHouse(tmp_path)
    params = asked(message="stop") | {"attachments": [PHOTO]}

    assert await dispatch(house, OPERATOR, "chat.send", params) == {"runId": "r1", "status": "started"}


async def test_one_that_is_not_taken_keeps_out_all_and_is_named(tmp_path: Path) -> None:
    house = FakeHouse(tmp_path)

    with pytest.raises(RpcError, match=r"a\.exe is none that can be shown") as refused:
        await keep_attachments(house, [PHOTO, PROGRAM], "r1")

    assert (refused.value.code, refused.value.details) == (
        "INVALID_REQUEST",
        {"code": "ATTACHMENT_TYPE", "index": 1},
    )
    assert [path async for path in anyio.Path(tmp_path).rglob("web-*")] == []


async def test_a_disk_that_takes_nothing_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")

    with pytest.raises(RpcError, match="the files cannot be kept") as refused:
        await keep_attachments(FakeHouse(tmp_path), [PHOTO], "r1")

    assert (refused.value.code, refused.value.retry_after) == ("UNAVAILABLE", 1.0)


def test_clients_are_told_what_is_taken() -> None:
    assert POLICY["maxCount"] == 10
    assert POLICY["maxImageBytes"] == 3_750_000

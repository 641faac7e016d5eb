from pathlib import Path

import pytest

from openclaw.gateway.phone.streams import StreamFiles, StreamNameError, checked_name


def line(number: int, content: str = "hello") -> dict[str, object]:
    return {"id": f"ev_{number}", "content": content}


@pytest.fixture
def files(tmp_path: Path) -> StreamFiles:
    return StreamFiles(tmp_path / "streams")


async def test_lines_come_back_in_order_and_each_is_written_once(files: StreamFiles, tmp_path: Path) -> None:
    assert await files.append("sms", [line(1), line(2)]) == 2
    assert await files.append("sms", [line(2), line(3)]) == 1
    # In another life of the daemon too.
    again = StreamFiles(tmp_path / "streams")
    assert await again.append("sms", [line(3), line(1)]) == 0
    assert [each["id"] for each in await again.newest("sms", 2)] == ["ev_2", "ev_3"]
    path = tmp_path / "streams" / "sms.jsonl"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_torn_line_costs_nobody_else_his(files: StreamFiles, tmp_path: Path) -> None:
    await files.append("sms", [line(1)])
    path = tmp_path / "streams" / "sms.jsonl"
    with path.open("ab") as file:
        file.write(b'{"id":"ev_2","cont')
    assert await files.append("sms", [line(3)]) == 1
    assert [each["id"] for each in await files.newest("sms", 10)] == ["ev_1", "ev_3"]


async def test_the_end_of_a_long_stream_is_found(files: StreamFiles) -> None:
    for start in range(0, 600, 100):
        await files.append("sms", [line(number, "x" * 1600) for number in range(start, start + 100)])
    assert [each["id"] for each in await files.newest("sms", 300)] == [f"ev_{n}" for n in range(300, 600)]
    assert await files.newest("voice", 5) == []


async def test_half_a_surrogate_pair_is_written_all_the_same(files: StreamFiles) -> None:
    await files.append("sms", [{"id": "ev_1", "content": "a\ud800b", "meta": {"k": ["\udc00"]}}])
    assert (await files.newest("sms", 1))[0]["content"] == "a?b"


async def test_a_link_in_its_place_is_not_followed(files: StreamFiles, tmp_path: Path) -> None:
    (tmp_path / "streams").mkdir()
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "streams" / "sms.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic links"):
        await files.append("sms", [line(1)])
    assert (tmp_path / "elsewhere").read_text() == ""


@pytest.mark.parametrize(
    "name", ["", "SMS", "../sms", "a/b", "sms.jsonl", "-x", "x" * 65, "sms-phone-12015550123"]
)
def test_names_that_are_no_streams_are_refused(name: str) -> None:
    with pytest.raises(StreamNameError):
        checked_name(name)


@pytest.mark.parametrize("name", ["sms", "sms-outbound", "voice", "email2"])
def test_names_of_streams(name: str) -> None:
    assert checked_name(name) == name

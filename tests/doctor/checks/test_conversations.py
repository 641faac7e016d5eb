import pytest

from openclaw.ops.state_lock import StateLock
from openclaw.sessions.lines import encode, header
from tests.doctor.home import KEY, House, found
from tests.sessions.made import NOW, called

CONVERSATIONS = "the conversations"


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b'{"role":"user"', "a torn last line of 14 bytes"),
        (b"garbage\n", "1 unreadable line"),
        (encode(called("m_9", "c_1", "c_2")), "2 tool calls without a result"),
    ],
)
async def test_what_is_hurt_is_named(house: House, tail: bytes, words: str) -> None:
    house.write_index()
    path = house.write_transcript()
    path.write_bytes(path.read_bytes() + tail)

    (finding,) = await found(house, CONVERSATIONS)

    assert f"ses_1.jsonl ({words})" in finding.what


async def test_a_last_line_that_only_lacks_its_end_is_whole(house: House) -> None:
    house.write_index()
    path = house.write_transcript()
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    assert await found(house, CONVERSATIONS) == []


async def test_a_call_whose_result_the_ledger_keeps_is_not_open(house: House) -> None:
    house.write_index()
    house.write_transcript(header("ses_1", KEY, "main", NOW) + encode(called("m_8", "c_1")))
    await house.owe(
        '{"role":"tool","content":[{"type":"tool_result","tool_use_id":"c_1","content":"22"}],'
        '"timestamp":"2026-02-27T09:00:00.000Z","id":"m_9"}\n'
    )

    assert [each.id for each in await found(house, CONVERSATIONS)] == ["transcripts.behind"]


async def test_what_a_running_daemon_still_owes_is_no_fault(house: House) -> None:
    house.write_index()
    house.write_transcript()
    await house.owe("{}\n")
    with StateLock(house.state):
        assert await found(house, CONVERSATIONS) == []


async def test_with_a_running_daemon_it_is_told_to_stop_it_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.doctor.checks.conversations.SETTLE_SECONDS", 0)
    house.write_index()
    path = house.write_transcript()
    path.write_bytes(path.read_bytes() + b"garbage\n")
    with StateLock(house.state):
        (finding,) = await found(house, CONVERSATIONS)

    assert finding.command.startswith("Stop the assistant")


async def test_archives_and_what_was_moved_aside_are_left_alone(house: House) -> None:
    house.write_index()
    path = house.write_transcript()
    for name in ("ses_0.jsonl.reset.2026-02-27T09-00-00.000Z", "ses_1.jsonl.torn"):
        path.with_name(name).write_bytes(b"garbage")

    assert await found(house, CONVERSATIONS) == []


async def test_a_session_that_was_never_used_needs_no_file(house: House) -> None:
    house.write_index({KEY: {"sessionId": "ses_9", "updatedAt": NOW}, "odd": 7})

    assert await found(house, CONVERSATIONS) == []


async def test_an_older_transcript_of_a_listed_session_is_no_orphan(house: House) -> None:
    house.write_index()
    house.write_transcript()
    house.write_transcript(name="ses_0")

    assert await found(house, CONVERSATIONS) == []

import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCRequest, jsonrpc_message_adapter

from openclaw.agent.tools.mcp.reasons import ConnectionLostError, reason
from openclaw.agent.tools.mcp.transports import stdio
from openclaw.agent.tools.mcp.transports.stdio import (
    SAID_LINES,
    Launch,
    StandardError,
    environment,
    stdio_transport,
)
from tests.agent.tools.mcp.living import until

PING = SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=1, method="ping"))
SAYS = '{"jsonrpc":"2.0","method":"hello"}'


def errors() -> StandardError:
    return StandardError("files", lambda text: text.replace("hunter22", "***"), anyio.current_time)


def shell(script: str, **env: str) -> Launch:
    return Launch("sh", ("-c", script), {"PATH": os.environ["PATH"], **env}, "/")


def python(script: str) -> Launch:
    return Launch(sys.executable, ("-c", script), {"PATH": os.environ["PATH"]}, "/")


@asynccontextmanager
async def opened(launch: Launch, lost: list[str] | None = None) -> AsyncIterator[tuple[Any, Any]]:
    others = psutil.Process().children(recursive=True)
    async with stdio_transport(launch, errors(), (lost if lost is not None else []).append) as streams:
        yield streams
    assert set(psutil.Process().children(recursive=True)) <= set(others)


def test_a_server_sees_what_any_program_needs_and_its_own_and_nothing_of_ours() -> None:
    ours = {"PATH": "/bin", "HOME": "/home/ana", "ANTHROPIC_API_KEY": "sk-1", "OPENCLAW_GATEWAY_TOKEN": "t"}
    assert environment(ours, {"API_TOKEN": "x", "PATH": "/opt"}) == {
        "PATH": "/opt",
        "HOME": "/home/ana",
        "API_TOKEN": "x",
    }


async def test_messages_go_both_ways_a_line_each() -> None:
    async with opened(
        shell('head -n 1 >/dev/null; echo; printf \'%s\\n%s\\n\' "$A" "$A"; cat >/dev/null', A=SAYS)
    ) as (
        inbound,
        outbound,
    ):
        await outbound.send(PING)
        for _ in range(2):
            message = (await inbound.receive()).message
            assert isinstance(message, JSONRPCNotification)
            assert message.method == "hello"


async def test_a_long_message_is_read_whole() -> None:
    params = "',\"params\":{\"x\":\"' + 'y' * 900_000 + '\"}}'"
    script = f"import sys; print({SAYS!r}[:-1] + {params}, flush=True); sys.stdin.read()"
    async with opened(python(script)) as (inbound, _):
        message = (await inbound.receive()).message
        assert len(message.params["x"]) == 900_000


async def test_what_is_no_message_is_skipped_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(shell('echo starting hunter22; echo more; echo "$A"; cat', A=SAYS)) as (inbound, _):
        assert (await inbound.receive()).message.method == "hello"
    (line,) = [record.message for record in caplog.records if "no message" in record.message]
    assert line == "files writes what is no message to its output: starting ***"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("yes garbage", "it writes no MCP messages to its output"),
        ("head -c 100000000 /dev/zero; cat", "it sent a message of more than"),
    ],
)
async def test_a_server_that_floods_us_is_left(
    script: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "LINE_BYTES", 1_000_000)
    monkeypatch.setattr(stdio, "GRACE_SECONDS", 0.2)
    with pytest.raises(ExceptionGroup) as ended:
        await _read_all(shell(script))
    assert why in reason(ended.value)


async def _read_all(launch: Launch) -> None:
    async with opened(launch) as (inbound, _):
        async for _message in inbound:
            raise AssertionError("nothing of it is a message")
        await anyio.sleep_forever()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "it ended with exit code 3"),
        (
            "echo first >&2; echo the last word >&2; exit 1",
            "it ended with exit code 1: first · the last word",
        ),
        ("kill -9 $$", "it was ended by SIGKILL"),
        ("exec >&-; sleep 600", "it closed its output"),
    ],
)
async def test_the_end_of_a_server_is_told_with_its_last_words(
    script: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "GRACE_SECONDS", 1)
    lost: list[str] = []
    async with opened(shell(script), lost) as (inbound, _):
        with pytest.raises(anyio.EndOfStream):
            await inbound.receive()
    assert lost == [why]


@pytest.mark.parametrize(
    ("command", "cwd", "why"),
    [
        ("no-such-program", "/", "there is no program 'no-such-program'"),
        ("./no-such-program", "/", "there is no program './no-such-program'"),
        ("sh", "/no/such/folder", "there is no folder /no/such/folder"),
        ("sh\0", "/", "no program"),
    ],
)
async def test_what_cannot_be_started_is_named(command: str, cwd: str, why: str) -> None:
    with pytest.raises(ConnectionLostError, match=why):
        async with opened(Launch(command, (), {"PATH": os.environ["PATH"]}, cwd)):
            raise AssertionError("it runs")


async def test_a_server_that_ignores_every_request_to_end_ends_with_its_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdio, "GRACE_SECONDS", 0.2)
    script = f"trap '' TERM; sleep 600 & echo '{SAYS}'; while true; do sleep 1; done"
    others = set(psutil.Process().children(recursive=True))
    async with opened(shell(script)) as (inbound, _):
        await inbound.receive()
        assert len(set(psutil.Process().children(recursive=True)) - others) >= 2


async def test_a_server_that_ends_leaves_none_of_its_children() -> None:
    async with opened(shell(f"sleep 600 >/dev/null 2>&1 & echo '{SAYS}'; cat")) as (inbound, _):
        await inbound.receive()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a server notices the end of its input")
async def test_a_server_dies_with_us_even_when_we_are_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    ours = f"""
import anyio
from openclaw.agent.tools.mcp.transports.stdio import Launch, StandardError, stdio_transport
script = "trap '' HUP; echo $$ > {mark}.part; mv {mark}.part {mark}; while true; do sleep 1; done"
async def main():
    launch = Launch("sh", ("-c", script), {{"PATH": "/usr/bin:/bin"}}, "/")
    async with stdio_transport(launch, StandardError("s", str), print):
        await anyio.sleep_forever()
anyio.run(main)
"""
    process = await anyio.open_process([sys.executable, "-c", ours])
    await until(mark.exists)
    child = psutil.Process(int(mark.read_text()))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    await process.aclose()


async def test_standard_error_goes_into_the_log_cleaned_and_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [0.0]
    heard = StandardError("files", lambda text: text.replace("hunter22", "***"), lambda: now[0])
    heard.take(b"key hunter")
    heard.take(b"22\n\x1b[31mred\n" + b"".join(b"%d\n" % number for number in range(100)) + b"x" * 100_000)
    heard.take(b"\n")
    lines = [record.message for record in caplog.records]
    assert lines[:2] == ["files says: key ***", "files says: \\x1b[31mred"]
    assert len(lines) == SAID_LINES
    assert max(map(len, heard.last)) < 600

    now[0] = 61.0
    heard.take(b"later\n")
    assert [record.message for record in caplog.records][SAID_LINES:] == [
        f"files said {103 - SAID_LINES} more lines",
        "files says: later",
    ]


def test_the_messages_are_what_the_protocol_says() -> None:
    assert json.loads(PING.message.model_dump_json(by_alias=True, exclude_unset=True))["method"] == "ping"
    assert jsonrpc_message_adapter.validate_json(SAYS)

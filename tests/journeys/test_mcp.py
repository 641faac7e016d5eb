"""MCP both ways: servers whose tools the assistant has, and the assistant as a server for the real client."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import psutil
from mcp import Client, StdioServerParameters

from tests.agent.tools.mcp.living import TROUBLED, everything, until
from tests.conftest import MakeDaemon
from tests.fake.daemon import clean_environment
from tests.fakes import Daemon

TROUBLED_SERVER: dict[str, Any] = {"command": sys.executable, "args": [str(TROUBLED)]}


async def states(daemon: Daemon) -> dict[str, dict[str, Any]]:
    rows = (await daemon.cli("mcp", "list", "--json")).json()
    return {row["name"]: row for row in rows}


async def connected(daemon: Daemon, *names: str) -> dict[str, dict[str, Any]]:
    with anyio.fail_after(30):
        while True:
            found = await states(daemon)
            if all(found[name]["state"] == "connected" for name in names):
                return found


async def asked(daemon: Daemon, name: str, **arguments: object) -> str:
    """The offline model calls the tool and tells the result.

    In a conversation of its own: where a server has spoken before, the owner would be asked first.
    """
    words = f"/tool {name} {json.dumps(arguments)}"
    done = await daemon.cli("agent", "--session", f"agent:main:{name}", "--message", words)
    assert done.code == 0, done.stderr
    return done.stdout.strip()


async def test_tools_of_servers_are_used_and_a_dead_one_hurts_nobody(make_daemon: MakeDaemon) -> None:
    program, *args = everything()
    servers = {
        "everything": {"command": program, "args": args, "toolFilter": {"include": ["echo", "get-*"]}},
        "troubled": {**TROUBLED_SERVER, "env": {"API_TOKEN": "correct-horse-battery"}},
        "dead": {"command": "false"},
    }
    daemon = make_daemon({"mcp": {"servers": servers}})
    await daemon.start()
    found = await connected(daemon, "everything", "troubled")
    assert found["dead"]["state"] == "failing"
    assert "mcp__everything__echo" in found["everything"]["tools"]
    assert "mcp__everything__trigger-long-running-operation" not in found["everything"]["tools"]

    assert (
        await asked(daemon, "mcp__everything__echo", message="hi")
        == "mcp__everything__echo answered: Echo: hi"
    )
    assert "a dot" in await asked(daemon, "mcp__troubled__picture")
    (picture,) = (daemon.state_dir / "media" / "mcp").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "the key is ***" in await asked(daemon, "mcp__troubled__secret")

    children = psutil.Process(daemon.pid).children(recursive=True)
    assert len(children) >= 2
    assert await daemon.stop() == 0
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    lines = [line for transcript in daemon.transcripts().values() for line in transcript]
    results = [line["content"][0] for line in lines if line.get("role") == "tool"]
    assert [result["provenance"] for result in results] == ["web"] * 3
    assert "correct-horse-battery" not in json.dumps(lines)


async def test_a_server_that_dies_in_a_call_is_told_of_and_comes_back(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon({"mcp": {"servers": {"troubled": TROUBLED_SERVER}}})
    await daemon.start()
    await connected(daemon, "troubled")
    told = await asked(daemon, "mcp__troubled__die")
    assert told.startswith(
        "mcp__troubled__die failed: the MCP server troubled failed: it ended with exit code 7"
    )
    await connected(daemon, "troubled")
    assert await asked(daemon, "mcp__troubled__echo", text="back") == "mcp__troubled__echo answered: back"


async def test_servers_of_a_killed_daemon_are_gone(make_daemon: MakeDaemon) -> None:
    config = {**TROUBLED_SERVER, "args": [str(TROUBLED), "stubborn"]}
    daemon = make_daemon({"mcp": {"servers": {"troubled": config}}})
    await daemon.start()
    await connected(daemon, "troubled")
    (child, *_) = psutil.Process(daemon.pid).children()
    await daemon.kill()
    if sys.platform != "linux":
        child.kill()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@asynccontextmanager
async def client_of(daemon: Daemon) -> AsyncIterator[Client]:
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "openclaw", "mcp", "serve"],
        env=clean_environment(daemon.home),
        cwd=daemon.home,
    )
    async with Client(program) as client:
        yield client


async def told(client: Client, name: str, **arguments: object) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    found = result.structured_content
    assert isinstance(found, dict)
    return found


async def test_another_client_hands_a_task_to_an_agent_and_reads_what_came_of_it(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon({"agents": {"list": [{"id": "main"}, {"id": "aurora", "tier": "fast"}]}})
    await daemon.start()
    async with client_of(daemon) as client:
        agents = (await told(client, "agents_list"))["agents"]
        assert [(agent["id"], agent["tier"], agent["default"]) for agent in agents] == [
            ("main", "", True),
            ("aurora", "fast", False),
        ]
        done = await told(client, "dispatch_agent", agent="aurora", task="Count the hulls.")
        assert done["status"] == "ok"
        assert "“Count the hulls.”" in done["text"]
        listed = (await told(client, "conversations_list"))["conversations"]
        assert [row["sessionKey"] for row in listed] == [done["sessionKey"]]
        read = (await told(client, "messages_read", sessionKey=done["sessionKey"]))["messages"]
        assert [each["role"] for each in read] == ["user", "assistant"]
        assert read[1]["text"] == done["text"]

        begun = await told(client, "dispatch_agent", agent="main", task="Later.", timeoutSeconds=0)
        assert (await told(client, "run_wait", runId=begun["runId"]))["status"] == "ok"
        events = (await told(client, "events_poll"))["events"]
        assert [event["type"] for event in events if event.get("runId") == begun["runId"]] == [
            "started",
            "reply",
        ]
        missing = await client.call_tool("dispatch_agent", {"agent": "nobody", "task": "x"})
        assert missing.is_error
    assert len(daemon.transcripts("aurora")) == 1


async def test_the_server_says_that_no_daemon_runs_and_finds_it_again(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon({})
    await daemon.start()
    async with client_of(daemon) as client:
        assert (await told(client, "agents_list"))["agents"]
        assert await daemon.stop() == 0
        down = await client.call_tool("agents_list", {})
        assert down.is_error
        assert "start it with: openclaw serve" in down.content[0].text  # type: ignore[union-attr]
        await daemon.start()
        assert (await told(client, "messages_send", sessionKey="main", message="back?"))["status"] == "ok"

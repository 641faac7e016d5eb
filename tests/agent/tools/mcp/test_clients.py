"""Several servers at once, each after its config."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import psutil
import pytest

from openclaw.agent.tools.mcp.clients import McpClients
from openclaw.agent.tools.mcp.transports import stdio
from tests.agent.tools.mcp.living import TOKEN, Resolver, everything, living, parts, server, troubled


async def test_one_bad_server_hurts_no_other(tmp_path: Path) -> None:
    configs = {
        "good": troubled(),
        "missing": server(command="no-such-program"),
        "dies": server(command="false"),
        "nobody": server(url="http://127.0.0.1:1/mcp"),
        "off": troubled(enabled=False),
    }
    async with living(configs, tmp_path) as lived:
        await lived.connected("good")
        assert "there is no program" in await lived.failing("missing")
        assert await lived.failing("dies") == "it ended with exit code 1"
        assert "ConnectError" in await lived.failing("nobody")
        assert (await lived.run("mcp__good__echo", text="fine")).text == "fine"
        states = {row["name"]: row for row in lived.clients.states()}
        assert {name: row["state"] for name, row in states.items()} == {
            "good": "connected",
            "missing": "failing",
            "dies": "failing",
            "nobody": "failing",
            "off": "disabled",
        }
        assert states["good"]["server"] == "troubled 1.2.3"
        assert "mcp__good__echo" in states["good"]["tools"]  # type: ignore[operator]
        assert states["off"]["transport"] == "stdio"
    assert lived.state("good").condition == "stopped"


async def test_without_servers_nothing_runs_and_the_sdk_is_not_even_loaded() -> None:
    clients = McpClients({"off": troubled(enabled=False)}, parts())
    with anyio.move_on_after(0.05) as waits:
        await clients.run()
    assert waits.cancelled_caught
    assert clients.states()[0]["state"] == "disabled"
    script = (
        "import sys, anyio, openclaw.app, openclaw.agent.tools.mcp.tools, openclaw.settings.model\n"
        "assert not {'mcp', 'mcp_types', 'httpx2'} & set(sys.modules), 'loaded at import'"
    )
    done = await anyio.run_process([sys.executable, "-c", script], check=False, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()


async def test_a_server_gets_its_own_variables_and_none_of_ours(tmp_path: Path) -> None:
    resolver = Resolver()
    config = troubled(env={"API_TOKEN": "env:API_TOKEN", "FOLDER": "/srv/files"})
    async with living({"t": config}, tmp_path, parts(resolver)) as lived:
        await lived.connected("t")
        _, _, *names = (await lived.run("mcp__t__whoami")).text.split()
        assert {"API_TOKEN", "FOLDER", "PATH", "HOME"} <= set(names)
        assert "ANTHROPIC_API_KEY" not in names
        assert (await lived.run("mcp__t__secret")).text == "the key is ***"
    # A plain word of a harmless name is no secret; else every reply with that folder would be held back.
    assert resolver.asked == [("env:API_TOKEN", False)]


async def test_secrets_are_read_afresh_after_a_failure(tmp_path: Path) -> None:
    resolver = Resolver()
    config = server(command="false", env={"API_TOKEN": "env:API_TOKEN"})
    async with living({"t": config}, tmp_path, parts(resolver)) as lived:
        await lived.until(lambda: len(resolver.asked) > 1)
    assert resolver.asked[:2] == [("env:API_TOKEN", False), ("env:API_TOKEN", True)]


async def test_the_key_in_a_header_is_a_secret_with_and_without_its_scheme(tmp_path: Path) -> None:
    resolver = Resolver()
    config = server(
        url="http://127.0.0.1:1/", headers={"Authorization": f"Bearer {TOKEN}", "X-Region": "south"}
    )
    async with living({"t": config}, tmp_path, parts(resolver)) as lived:
        await lived.failing("t")
    assert {text for text, _ in resolver.asked} == {f"Bearer {TOKEN}", TOKEN}


async def test_each_server_is_a_group_of_its_own_and_all_of_it_ends_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "GRACE_SECONDS", 0.2)
    async with living({"a": troubled(), "b": troubled("stubborn")}, tmp_path) as lived:
        await lived.connected("a", "b")
        groups = {(await lived.run(f"mcp__{name}__whoami")).text.split()[1] for name in "ab"}
        assert len(groups) == 2
        assert str(os.getpgid(0)) not in groups
        grandchild = int((await lived.run("mcp__a__child")).text)
        assert alive(grandchild)
    assert not alive(grandchild)


def alive(pid: int) -> bool:
    """Who reaps the orphans of a container, if anybody does, is not for us to say."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_two_servers_whose_names_look_alike_keep_their_tools_apart(tmp_path: Path) -> None:
    async with living({"my files": troubled(), "my.files": troubled()}, tmp_path) as lived:
        await lived.connected("my files", "my.files")
        labels = {each.label for each in lived.clients.served}
        assert len(labels) == 2
        for label in labels:
            assert (await lived.run(f"mcp__{label}__echo", text=label)).text == label


async def test_the_reference_server_works_from_the_config(tmp_path: Path) -> None:
    program, *args = everything()
    config = server(command=program, args=args, env={"MY_SECRET": TOKEN})
    async with living({"everything": config}, tmp_path) as lived:
        await lived.connected("everything")
        assert (await lived.run("mcp__everything__echo", message="hi")).text == "Echo: hi"
        environment = (await lived.run("mcp__everything__get-env")).text
        assert '"MY_SECRET": "***"' in environment
        assert "ANTHROPIC" not in environment
        image = await lived.run("mcp__everything__get-tiny-image")
        (picture,) = image.pictures
        assert picture.media_type == "image/png"
        assert (tmp_path / picture.path).read_bytes().startswith(b"\x89PNG")
        weather = await lived.run("mcp__everything__get-structured-content", location="Chicago")
        assert weather.text.count("temperature") == 1


async def test_a_list_that_changes_is_followed(tmp_path: Path) -> None:
    async with living({"t": troubled()}, tmp_path) as lived:
        await lived.connected("t")
        version = lived.clients.version
        await lived.run("mcp__t__learn", name="dance")
        await lived.until(lambda: lived.clients.version > version)
        assert (await lived.run("mcp__t__dance")).text == "I am dance"


async def test_with_another_config_only_the_servers_that_are_others_begin_anew(tmp_path: Path) -> None:
    changed = troubled(env={"FOLDER": "/srv/files"})
    async with living({"off": troubled(enabled=False)}, tmp_path) as lived:
        lived.clients.adopt({"kept": troubled(), "other": troubled()})
        await lived.connected("kept", "other")
        whoami = (await lived.run("mcp__kept__whoami")).text
        before = {each.server.name: each.server for each in lived.clients.served}
        version = lived.clients.version

        lived.clients.adopt({"kept": troubled(), "other": changed})
        await lived.connected("kept", "other")

        after = {each.server.name: each.server for each in lived.clients.served}
        assert after["kept"] is before["kept"]
        assert after["other"] is not before["other"]
        assert (await lived.run("mcp__kept__whoami")).text == whoami
        assert lived.clients.version > version
        await lived.until(lambda: before["other"].state.condition == "stopped")

        lived.clients.adopt({})
        assert lived.clients.states() == []
        await lived.until(lambda: before["kept"].state.condition == "stopped")

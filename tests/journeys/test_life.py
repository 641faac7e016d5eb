"""The process itself: its first start, what it refuses, how it stops, and what it leaves on disk."""

import asyncio
import json
import re
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeOpenMeteo, FakeTelegram, fetch

Json = dict[str, Any]
WORKSPACE = {"AGENTS.md", "SOUL.md", "TOOLS.md", "USER.md", "IDENTITY.md", "MEMORY.md", "HEARTBEAT.md"}


def open_to_others(state: Path) -> list[str]:
    """What is not 0700 or 0600."""
    wanted = {stat.S_IFDIR: 0o700, stat.S_IFREG: 0o600}
    found = []
    for path in (state, *state.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_IMODE(mode) != wanted.get(stat.S_IFMT(mode)):
            found.append(f"{stat.filemode(mode)} {path.relative_to(state)}")
    return found


async def test_with_nothing_at_all_it_starts_and_answers_and_runs_a_tool(
    make_daemon: MakeDaemon, openmeteo: FakeOpenMeteo
) -> None:
    weather = "OPENCLAW__SKILLS__ENTRIES__WEATHER__CONFIG__"
    env = {f"{weather}{name}_BASE_URL": openmeteo.url for name in ("GEOCODING", "FORECAST")}
    daemon = make_daemon(env=env)
    await daemon.start()

    await daemon.wait_said("/#code=")
    ready, link = daemon.output
    assert ready == f"openclaw ready on {daemon.url} (channels: none; model: offline/offline)"
    assert link.startswith(f"open {daemon.url}/#code=")
    assert re.fullmatch("[0-9a-f]{64}", daemon.token)
    assert {path.name for path in (daemon.state_dir / "workspace").glob("*.md")} == WORKSPACE
    said = await daemon.cli("chat", "hello there")
    assert (said.code, said.stderr) == (0, "")
    assert "No model key is set" in said.stdout
    assert "hello there" in said.stdout
    tool = await daemon.cli("chat", '/tool get_weather {"location":"Sydney"}')
    assert tool.code == 0
    assert '"temperature":22' in tool.stdout.replace(" ", "")
    assert "get_weather" in tool.stderr  # what it does meanwhile is not part of the answer
    assert [call.path for call in openmeteo.calls] == ["/v1/search", "/v1/forecast"]
    assert open_to_others(daemon.state_dir) == []
    assert await daemon.stop() == 0

    roles = [line.get("role") for line in daemon.transcript()]
    assert roles == [None, "user", "assistant", "user", "assistant", "tool", "assistant"]
    assert open_to_others(daemon.state_dir) == []


async def test_the_terminal_can_talk_without_a_daemon_if_it_is_told_to(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    daemon = make_daemon(home=tmp_path)
    refused = await daemon.cli("chat", "hello")
    assert (refused.code, refused.stdout) == (1, "")
    assert "openclaw serve" in refused.stderr
    assert "--offline" in refused.stderr
    said = await daemon.cli("chat", "--offline", "hello")
    assert said.code == 0
    assert "No model key is set" in said.stdout
    assert open_to_others(daemon.state_dir) == []


async def test_a_second_daemon_and_a_busy_port_are_refused_by_name(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    daemon = make_daemon()
    await daemon.start()

    second = await daemon.cli("serve")
    assert (second.code, second.stdout) == (75, "")
    assert f"pid {daemon.pid}" in second.stderr
    assert str(daemon.state_dir) in second.stderr
    stranger = make_daemon(home=tmp_path / "elsewhere")
    stranger.port = daemon.port
    busy = await stranger.cli("serve")
    assert (busy.code, busy.stdout) == (1, "")
    assert f"port {daemon.port}" in busy.stderr
    assert f"pid {daemon.pid}" in busy.stderr
    assert len(busy.stderr.splitlines()) == 1
    assert daemon.running


UNSAFE: dict[str, Json] = {
    "gateway.auth.mode": {"gateway": {"bind": "lan", "auth": {"mode": "none"}}},
    "gateway.auth.token": {"gateway": {"bind": "lan", "auth": {"token": "short"}}},
    "channels.telegram.webhookSecret": {
        "channels": {"telegram": {"botToken": "8000001:x", "webhookUrl": "https://bot.example.org/"}}
    },
    "hooks.token": {
        "hooks": {"token": "the-same-for-two-doors"},
        "gateway": {"auth": {"token": "the-same-for-two-doors"}},
    },
}


async def test_what_would_be_unsafe_is_refused_with_its_key(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    for number, (key, config) in enumerate(UNSAFE.items()):
        refused = await make_daemon(config, home=tmp_path / str(number)).cli("serve")
        assert (refused.code, refused.stdout) == (78, ""), key
        assert refused.stderr.startswith(f"openclaw: {key}: "), refused.stderr

    open_house = make_daemon(home=tmp_path / "open")
    open_house.state_dir.mkdir(parents=True)
    open_house.state_dir.chmod(0o777)
    refused = await open_house.cli("serve")
    assert refused.code == 78
    assert "chmod 700" in refused.stderr


async def test_a_config_that_broke_is_replaced_by_the_last_good_one(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon_config["channels"]["telegram"]["alowFrom"] = ["1"]
    daemon = make_daemon(daemon_config)
    await daemon.start()
    assert "allowFrom" in daemon.said("alowFrom")[0]
    assert await daemon.stop() == 0

    file = daemon.state_dir / "openclaw.json"
    daemon.config = None
    file.write_text('{ gateway: { auth: { token: "never closed')
    await daemon.start()
    assert daemon.said("The last good copy is used")
    telegram.say("still there?")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    assert len(daemon.said("/#code=")) == 1  # the first start's

    (daemon.state_dir / "openclaw.last-good.json").unlink()
    broken = await daemon.cli("serve")
    assert broken.code == 78
    assert "openclaw config check" in broken.stderr


async def test_stopping_finishes_the_answer_under_way_and_leaves_the_next_for_later(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    assert await fetch("GET", f"{daemon.url}/healthz") == (200, b'{"ok":true,"status":"live"}')
    assert await fetch("GET", f"{daemon.url}/readyz") == (200, b'{"ready":true,"reasons":[]}')
    hold = anthropic.hold()
    telegram.say("first")
    await hold.entered.wait()

    daemon.signal(signal.SIGTERM)
    await daemon.wait_said("SIGTERM")
    async with asyncio.timeout(5):
        while (await fetch("GET", f"{daemon.url}/readyz"))[0] == 200:
            pass
    _, body = await fetch("GET", f"{daemon.url}/readyz")
    assert [each["name"] for each in json.loads(body)["reasons"]] == ["draining"]
    assert (await fetch("GET", f"{daemon.url}/healthz"))[0] == 200
    telegram.say("second")
    hold.release()
    assert await daemon.wait_exit() == 0
    assert telegram.texts() == ["ok: first"]

    await daemon.start()
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["ok: first", "ok: second"]


async def test_a_second_signal_ends_it_at_once_and_the_answer_comes_after_the_next_start(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    for answered, (number, code) in enumerate({signal.SIGINT: 130, signal.SIGTERM: -signal.SIGTERM}.items()):
        hold = anthropic.hold()
        telegram.say(number.name)
        await hold.entered.wait()

        daemon.signal(number)
        await daemon.wait_said(f"{number.name}: stopping")
        daemon.signal(number)
        assert await daemon.wait_exit() == code
        assert len(telegram.sent) == answered

        await daemon.start()
        await telegram.wait_sent(answered + 1)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["ok: SIGINT", "ok: SIGTERM"]


async def test_a_tool_under_way_is_finished_and_not_run_again_after_the_next_start(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    openmeteo: FakeOpenMeteo,
) -> None:
    anthropic.call_tool("get_weather", {"location": "Sydney"})
    anthropic.reply("22 °C")
    hold = openmeteo.hold()
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("weather?")
    await hold.entered.wait()

    daemon.signal(signal.SIGINT)
    await daemon.wait_said("SIGINT")
    hold.release()
    assert await daemon.wait_exit() == 0
    assert (len(anthropic.requests), telegram.sent) == (1, [])

    await daemon.start()
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    assert telegram.texts() == ["22 °C"]
    assert [call.path for call in openmeteo.calls] == ["/v1/search", "/v1/forecast"]
    assert len(anthropic.requests) == 2


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[socket.socket]:
    """systemd's end of the notification socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


async def test_the_service_manager_hears_that_it_is_ready_alive_and_stopping(
    make_daemon: MakeDaemon, manager: socket.socket
) -> None:
    daemon = make_daemon(env={"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "400000"})
    await daemon.start()

    heard: list[str] = []
    async with asyncio.timeout(5):
        while sum("WATCHDOG=1" in each for each in heard) < 3:
            heard.append((await asyncio.get_running_loop().sock_recv(manager, 4096)).decode())
        assert await daemon.stop() == 0
        while not heard[-1].startswith("STOPPING=1"):
            heard.append((await asyncio.get_running_loop().sock_recv(manager, 4096)).decode())

    assert [each.partition("\n")[0] for each in heard if "STATUS" in each] == ["READY=1", "STOPPING=1"]


async def test_secrets_are_nowhere_but_where_they_were_put(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """Everything is logged that can be, and everything fails once: errors like to quote addresses and headers."""
    daemon_config["logging"] = {"level": "trace", "consoleLevel": "trace"}
    daemon_config["models"]["retry"] = {"initialSeconds": 0.05}
    daemon = make_daemon(daemon_config)
    await daemon.start()
    token = telegram.token
    telegram.fail("sendMessage", 500, f"Internal: https://api.example.org/bot{token}/sendMessage", times=2)
    anthropic.refuse_connections()
    telegram.say("hello", sender=555000101)
    telegram.say("hello")
    await daemon.wait_said("attempt 2 of")
    anthropic.fail(500, message=f"x-api-key: {anthropic.key}")
    anthropic.accept_connections()
    telegram.refuse_connections()
    await daemon.wait_said("Telegram cannot be reached")
    telegram.accept_connections()
    await telegram.wait_sent(2)
    commands = (
        "config get",
        "config check",
        "status --json",
        "trace list --json",
        "trace last",
        "outbox list",
    )
    shown = [(await daemon.cli(*words.split())).stdout for words in commands]
    assert all(shown)
    _check_nothing_leaked(daemon, shown, [token, token.partition(":")[2], anthropic.key, daemon.token])
    logged = daemon.log_lines()
    assert len(logged) > 10
    assert all({"time", "level", "logger", "event"} <= line.keys() for line in logged)

    anthropic.reply(f"The token is {token}, the key {anthropic.key}.")
    telegram.say("tell me everything")
    await telegram.wait_sent(3)
    assert telegram.texts()[2] == "The token is [withheld: a secret], the key [withheld: a secret]."


def _check_nothing_leaked(daemon: Daemon, shown: list[str], secrets: list[str]) -> None:
    kept = {daemon.state_dir / name for name in ("openclaw.json", "openclaw.last-good.json")}
    files = [path for path in daemon.state_dir.rglob("*") if path.is_file() and path not in kept]
    for secret in secrets:
        assert secret not in "\n".join([*daemon.output, *shown])
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
    assert open_to_others(daemon.state_dir) == []

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.cli.tables import clock
from tests.cli.gateway import Terminal, no_gateway, point_at, running
from tests.web.fake_house import NOW


def test_servers_are_listed_as_they_fare(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        connected, down = terminal.lines("mcp", "list")
        rows = json.loads(terminal.run("mcp", "list", "--json")[1])
    assert connected.split("\t") == ["files", "stdio", "connected", "1", clock(NOW), "-"]
    assert down.split("\t") == ["web", "sse", "failing", "0", clock(NOW), "ConnectError"]
    assert [(row["name"], row["tools"]) for row in rows] == [("files", ["mcp__files__read"]), ("web", [])]


def test_without_a_gateway_the_configured_ones_are_listed_and_none_is_started(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    no_gateway(state_dir, monkeypatch)
    assert terminal.lines("mcp", "list") == ["There is no MCP server; name some in mcp.servers."]

    path = state_dir / "openclaw.json"
    mark = state_dir / "started"
    touching = {"command": "touch", "args": [str(mark)]}
    servers = {"files": touching, "web": {"url": "https://mcp.example.org", "enabled": False}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mcp": {"servers": servers}}))
    assert [line.split("\t")[:4] for line in terminal.lines("mcp", "list")] == [
        ["files", "stdio", "stopped", "0"],
        ["web", "streamable-http", "disabled", "0"],
    ]
    assert not mark.exists()


def test_serving_ends_with_its_input_and_says_nothing_else(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(state_dir, 1, monkeypatch)
    command = [sys.executable, "-m", "openclaw", "mcp", "serve"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, env=dict(os.environ), check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")

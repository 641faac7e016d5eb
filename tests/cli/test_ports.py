import json
import socket
from pathlib import Path

import pytest

from openclaw.cli.ports import CONTROL, PUBLIC, listeners, state
from openclaw.settings.model import Settings
from openclaw.web.config import GatewayConfig, WebhooksConfig
from tests.cli.gateway import Terminal, running


def test_both_listeners_are_there_with_what_they_serve() -> None:
    settings = Settings(
        gateway=GatewayConfig(port=18789),
        webhooks=WebhooksConfig(bind="custom", custom_bind_host="192.0.2.7"),
    )

    found = [(row["name"], row["address"], row["port"], row["serves"]) for row in listeners(settings)]

    assert found == [
        ("gateway", "127.0.0.1", 18789, CONTROL),
        ("webhooks", "192.0.2.7", 18793, PUBLIC),
        ("webhooks", "127.0.0.1", 18793, PUBLIC),
    ]


def test_a_channel_with_a_port_of_its_own_is_a_listener_besides() -> None:
    settings = Settings.model_validate({"channels": {"quo": {"webhookPort": 18792}, "salesmsg": {}}})

    (last,) = list(listeners(settings))[2:]

    assert (last["name"], last["address"], last["port"]) == ("webhooks:quo", "127.0.0.1", 18792)


def test_a_port_that_is_held_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = state("0.0.0.0", port)
        assert found["state"] == "listening"
        assert "pid" in str(found["holder"])
    assert state("127.0.0.1", port) == {"state": "closed", "holder": ""}


def test_a_running_gateway_is_shown(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(state_dir, monkeypatch) as plane:
        rows = json.loads(Terminal(capsys).run("ports", "--json")[1])

    (gateway,) = [row for row in rows if row["name"] == "gateway"]
    assert (gateway["port"], gateway["state"]) == (plane.port, "listening")

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.web.devices.book import DeviceBook
from openclaw.web.devices.records import DeviceFacts, DeviceRequest
from tests.cli.gateway import Terminal, no_gateway, running
from tests.web.conftest import Plane

DEVICE = DeviceFacts("df73b5455c08763e3e9c", "key", "linux", "cli", "cli")


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def plane(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    with running(state_dir, monkeypatch) as plane:
        yield plane


def asked(plane: Plane) -> DeviceRequest:
    """A device has connected and waits."""
    import anyio

    book = plane.house.office.devices

    async def ask() -> DeviceRequest:
        return (await book.ask(DEVICE, "operator", ["operator.read"], "203.0.113.7"))[0]

    return anyio.run(ask)


def test_devices_are_listed_and_approved_by_their_request_or_as_the_latest(
    terminal: Terminal, plane: Plane
) -> None:
    assert terminal.lines("devices", "list")[0] == "No device asks."
    request = asked(plane)
    told = json.loads(terminal.run("devices", "list", "--json")[1])
    assert [each["requestId"] for each in told["pending"]] == [request.request_id]
    first = terminal.lines("devices", "list")[0]
    assert first == f"{request.request_id}\tdf73b5455c08763e\tcli\tlinux\t203.0.113.7\tread"

    assert terminal.lines("devices", "approve", request.request_id) == [
        "df73b5455c08763e3e9c may connect now (operator.read)"
    ]
    asked(plane)
    assert "may connect now" in terminal.lines("devices", "approve", "--latest")[0]
    code, _, error = terminal.run("devices", "approve", "--latest")
    assert (code, error) == (1, "openclaw: no device asks; it has to connect first\n")
    code, _, error = terminal.run("devices", "approve")
    assert (code, "--latest" in error) == (2, True)


def test_a_request_is_turned_down(terminal: Terminal, plane: Plane) -> None:
    request = asked(plane)
    assert "turned down" in terminal.lines("devices", "reject", request.request_id)[0]
    assert terminal.run("devices", "approve", request.request_id)[0] == 1


def test_a_device_is_shut_out_by_the_beginning_of_its_id(terminal: Terminal, plane: Plane) -> None:
    terminal.run("devices", "approve", asked(plane).request_id)
    assert terminal.lines("devices", "revoke", "df73") == ["df73b5455c08763e3e9c is shut out"]
    (told,) = json.loads(terminal.run("devices", "list", "--json")[1])["paired"]
    assert told["tokens"][0]["revokedAtMs"] > 0
    assert terminal.run("devices", "revoke", "--forget", "df73")[0] == 0
    code, _, error = terminal.run("devices", "revoke", "df73")
    assert (code, error) == (1, "openclaw: no device begins with 'df73'; see: openclaw devices list\n")


def test_without_a_gateway_the_state_directory_is_asked(
    terminal: Terminal, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    assert isinstance(house.office.devices, DeviceBook)
    assert json.loads(terminal.run("devices", "list", "--json")[1]) == {"pending": [], "paired": []}

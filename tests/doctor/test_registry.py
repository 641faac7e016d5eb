"""Silent on a fresh house; and for everything that a check may tell there is a house where it does."""

import ast
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from openclaw import doctor
from openclaw.cli.main import cli
from openclaw.doctor import checks
from tests.doctor.faults import FAULTS, Fault, a_stale_lock, a_torn_transcript
from tests.doctor.home import PORT, House, found, fresh, without_anything

ELSEWHERE = {
    "channels.refused", "channels.suspended", "channels.unreachable", "channels.webhook_differs",
    "channels.webhook_failing", "channels.webhook_set", "clock.skew", "clock.unknown", "daemon.silent",
    "disk.state_large", "keys.unreachable", "ledger.huge", "ports.busy", "service.stale", "service.stopped",
    "sqlite.version", "webhooks.control_plane", "webhooks.drift", "webhooks.unreachable",
}  # fmt: skip
"""Planted in the tests of their own modules: they need a provider, another process, or a very large file."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.plant.__name__)
async def test_a_planted_fault_is_named(house: House, fault: Fault) -> None:
    await fault.plant(house)

    findings = await found(house, fault.check)

    assert (fault.id, fault.level) in {(each.id, each.level) for each in findings}
    for each in findings:
        assert each.what.endswith("."), each.what
        assert each.why, each.id


def test_every_finding_has_a_planted_fault() -> None:
    told = set(_ids(Path(checks.__file__).parent))

    assert told == {fault.id for fault in FAULTS} | ELSEWHERE


def _ids(folder: Path) -> Iterator[str]:
    """What the checks build findings with, read off their source."""
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                name = node.args[0]
                yield from (
                    str(each.value)
                    for each in ast.walk(name)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


async def test_a_fresh_house_gives_no_cause_to_speak(house: House) -> None:
    await house.write_ledger()
    house.write_index()
    house.write_transcript()

    assert await found(house) == []


async def test_before_the_first_start_there_is_nothing_to_say_and_nothing_is_made(tmp_path: Path) -> None:
    house = without_anything(tmp_path / "home")

    assert await found(house) == []
    assert list(house.home.iterdir()) == []


async def test_a_look_changes_nothing(house: House) -> None:
    await house.write_ledger()
    await a_torn_transcript(house)
    await a_stale_lock(house)
    before = _everything(house.state)

    await found(house)

    assert _everything(house.state) == before


def _everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (stat.S_IMODE(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm"))
    }


async def test_a_taken_port_is_told_with_who_has_it(house: House) -> None:
    with socket.create_server(("127.0.0.1", PORT)):
        (finding,) = await found(house, "the ports")

    assert (finding.id, finding.level) == ("ports.busy", "error")
    assert str(os.getpid()) in finding.what


def test_a_house_of_a_test_is_private(tmp_path: Path) -> None:
    house = fresh(tmp_path / "home")

    assert stat.S_IMODE(house.state.stat().st_mode) == 0o700


SAID = re.compile(r"openclaw ([a-z]+)((?: [a-z|]+)?)((?: --[a-z-]+)*)")


def _commands() -> list[tuple[str, str, str]]:
    """Command, what follows it, and its options, of every sentence of the doctor's."""
    texts = "\n".join(path.read_text() for path in Path(doctor.__file__).parent.rglob("*.py"))
    return sorted(
        {
            (name, word.strip(), options.strip())
            for name, word, options in SAID.findall(texts)
            if name != "import"
        }
    )


@pytest.mark.parametrize(("name", "word", "options"), _commands())
def test_a_command_that_somebody_is_told_to_run_exists(name: str, word: str, options: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None, name
    if isinstance(command, click.Group):
        command = command.get_command(context, word.partition("|")[0])
        assert command is not None, f"{name} {word}"
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(options.split()) <= known

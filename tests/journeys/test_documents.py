"""The documents keep their word: each command in them is run, each snippet read, each link followed."""

import ast
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from openclaw.cli.main import cli
from openclaw.settings.loading import tried
from openclaw.settings.paths import find_paths
from openclaw.web.config import GatewayConfig, WebhooksConfig
from tests.conftest import MakeDaemon
from tests.documents import house as place
from tests.documents.reading import (
    KINDS,
    ROOT,
    Block,
    Command,
    anchors,
    blocks,
    commands,
    documents,
    links,
    spans,
)
from tests.documents.reference import document
from tests.fakes import Daemon

PAGES = documents()
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
BLOCKS = [block for page in PAGES for block in blocks(page)]
ENTER = "\n" * 20
"""To each question its default."""
READ: Mapping[str, Callable[[str], Any]] = {
    "json": json.loads,
    "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "python": ast.parse,
}


def every_command() -> list[Command]:
    """Each once, in the order of the documents."""
    found: dict[tuple[str, ...], Command] = {}
    for block in BLOCKS:
        for command in commands(block) if block.kind == "sh" else ():
            found.setdefault(command.words, command)
    return list(found.values())


@pytest.mark.timeout(240)
async def test_every_command_of_the_documents_works(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    wrong: list[str] = []
    async with place.world() as world:
        daemon = place.house(make_daemon, world, tmp_path)
        await place.lived_in(daemon, world)
        code = await place.pairing_code(daemon)
        for command in every_command():
            if command.words[0].startswith("scripts/"):
                wrong += (
                    []
                    if os.access(ROOT / command.words[0], os.X_OK)
                    else [f"{command.place}: no such script"]
                )
                continue
            wrong += await _run(daemon, command, code)
    assert not wrong, "\n\n".join(wrong)


async def _run(daemon: Daemon, command: Command, code: str) -> list[str]:
    if command.stopped and daemon.running:
        assert await daemon.stop() == 0
    if not command.stopped and not daemon.running:
        await daemon.start()
    program, *words = command.words
    assert program == "openclaw", f"{command.place}: {program}: other programs stand in ```console"
    if words == ["serve"]:
        return []  # it runs: all others speak with it
    typed = "s3cret-0123456789\n" if words[0] == "secrets" else ENTER
    said = await daemon.cli(*(code if word == "CODE" else word for word in words), stdin=typed)
    if said.code in command.codes and "Traceback" not in said.stderr:
        return []
    return [
        f"{command.place}: {' '.join(command.words)}: exit {said.code}\n{said.stdout[-600:]}{said.stderr}"
    ]


def test_blocks_say_what_they_are() -> None:
    assert [f"{block.place}: {block.kind}" for block in BLOCKS if block.kind not in KINDS] == []
    hidden = [
        block.place for block in BLOCKS if block.kind == "console" and "\n$ openclaw " in f"\n{block.text}"
    ]
    assert hidden == [], "a command of ours that no test runs"


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.kind in READ], ids=lambda block: block.place
)
def test_a_snippet_can_be_read(block: Block) -> None:
    assert READ[block.kind](block.text)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.kind == "json5"], ids=lambda block: block.place
)
def test_a_piece_of_configuration_is_sound(block: Block, tmp_path: Path) -> None:
    """As our own reader takes it: nothing is unknown in it, nothing switched off by it."""
    named = re.findall(r'"env:(\w+)"', block.text)
    environ = {"HOME": str(tmp_path), **{name: place.SECRETS.get(name, "x" * 32) for name in named}}
    loaded = tried(environ, find_paths(environ), block.text.encode())
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.written


def test_the_tunnel_of_the_documents_ends_at_the_public_listener() -> None:
    (tunnel,) = (READ["yaml"](block.text) for block in BLOCKS if block.kind == "yaml")
    assert tunnel["ingress"][0]["service"] == f"http://127.0.0.1:{WebhooksConfig().port}"
    words = (ROOT / "docs" / "tunnels.md").read_text()
    assert f"| {GatewayConfig().port} | the **control plane**" in words
    assert re.findall(r"funnel --bg.* (\d+)$", words, re.MULTILINE) == [str(WebhooksConfig().port)] * 2


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_document_is_listed_in_the_first() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page for page in PAGES if page != index} <= listed


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_command_that_is_spoken_of_is_there(page: Path) -> None:
    for span in spans(page):
        words = span.split()
        if words[0] in {"openclaw", ".venv/bin/openclaw"} and len(words) > 1:
            assert _is_there(words[1:]), span


def _is_there(words: list[str]) -> bool:
    """Subcommands and options; `a|b` are two of them."""
    command: click.Command = cli
    for word in words:
        if word in {"|", "…"}:
            continue
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = [command.get_command(click.Context(command), each) for each in word.split("|")]
            if None in found:
                return False
            assert found[0] is not None
            command = found[0]
        elif word.startswith("--"):
            named = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
            if word.partition("=")[0] not in {*named, "--help", "--version"}:
                return False
    return True


def test_the_reference_is_what_the_models_say() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text()
    assert written == document(), "run scripts/reference"


async def test_the_tour_shows_what_a_message_leaves(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    (shown,) = (block for block in blocks(ROOT / "docs" / "tour.md") if "received " in block.text)
    names = [line.split()[0] for line in shown.text.splitlines() if re.search(r"\d ms\b", line)]
    async with place.world() as world:
        daemon = place.house(make_daemon, world, tmp_path)
        await daemon.start()
        await place.weather(world)
        await daemon.stop()
        trace = (await daemon.cli("trace", "last", "--json")).json()
    assert [span["name"] for span in trace["spans"]] == names

"""What `docs/extending.md` shows is run: a skill, a tool, an MCP server, a channel."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import pytest

from openclaw.channels.registry import channel_names, load_channel
from openclaw.types.channel import Channel, ChannelParts, ChannelPlugin, ChannelState
from openclaw.types.clock import SystemClock
from openclaw.types.errors import DeliveryError, StorageBusyError
from openclaw.types.messages import Address, Arrival, Inbound, Outbound, Part, Unusable
from openclaw.types.secrets import Secret, SecretRef
from tests.conftest import MakeDaemon
from tests.documents.reading import ROOT, named_files
from tests.fakes import Daemon, FakeAnthropic
from tests.journeys.watching import eventually

FILES = named_files(ROOT / "docs" / "extending.md")


def unpack(folder: Path, *packages: str) -> None:
    for name, text in FILES.items():
        if name.startswith(packages):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


async def called(daemon: Daemon, anthropic: FakeAnthropic, tool: str, arguments: dict[str, object]) -> str:
    """What the tool answered to the model."""
    anthropic.call_tool(tool, arguments)
    anthropic.reply("done")
    said = await daemon.cli("agent", "--session", f"agent:main:{tool}", "--message", "please")
    assert (said.code, said.stdout.strip()) == (0, "done"), said.stderr
    (result,) = anthropic.requests[-1].body["messages"][-1]["content"][:1]
    told = result["content"]
    return str(told if isinstance(told, str) else told[0]["text"])


async def test_skill_tool_and_mcp_server_do_what_they_say(
    make_daemon: MakeDaemon, anthropic: FakeAnthropic
) -> None:
    clock = {"command": sys.executable, "args": ["server.py"], "readOnly": True}
    daemon = make_daemon(
        {
            "models": {"providers": {"anthropic": {"baseUrl": anthropic.url, "apiKey": anthropic.key}}},
            "skills": {"entries": {"tea": {"config": {"altitudeMetres": 3000}}}},
            "mcp": {"servers": {"clock": clock}},
        }
    )
    unpack(daemon.home, "groceries/", "tea/", "clock/")
    clock["cwd"] = str(daemon.home / "clock")
    for arguments in (("./groceries",), ("./tea", "--pin")):
        installed = await daemon.cli("skills", "install", *arguments)
        assert installed.code == 0, installed.stderr
    daemon.config = None  # from here on the file is the command line's
    await daemon.start()

    assert '"celsius":90' in await called(
        daemon, anthropic, "steeping", {"kind": "black"}
    )  # so high up no water is hotter
    assert '<skill name="groceries">' in str(anthropic.requests[0].body["system"])
    await connected(daemon, "clock")
    zone: dict[str, object] = {"zone": "Australia/Sydney"}
    assert "day " in await called(daemon, anthropic, "mcp__clock__time_in", zone)


async def connected(daemon: Daemon, name: str) -> None:
    async def is_there() -> bool:
        rows = (await daemon.cli("mcp", "list", "--json")).json()
        return bool([row for row in rows if row["name"] == name and row["state"] == "connected"])

    with anyio.fail_after(30):
        while not await is_there():
            pass


def install_letterbox(folder: Path) -> None:
    unpack(folder, "letterbox/")
    (folder / "letterbox" / "__init__.py").touch()
    info = folder / "letterbox-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: letterbox\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[openclaw.channels]\nletterbox = letterbox.plugin:plugin\n")


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChannelPlugin]:
    """Found as an installed package's is."""
    install_letterbox(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert "letterbox" in channel_names()
    yield load_channel("letterbox")
    for name in [name for name in sys.modules if name.partition(".")[0] == "letterbox"]:
        del sys.modules[name]


class House:
    """Takes arrivals in as the gateway does, or says that it cannot."""

    def __init__(self) -> None:
        self.taken: list[Arrival] = []
        self.is_full = False
        self.states: list[ChannelState] = []

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.is_full:
            raise StorageBusyError("the ledger is locked")
        self.taken += arrivals

    async def last_arrival(self, channel: str, account: str) -> None:
        return None

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret(reference.text)


def opened(plugin: ChannelPlugin, house: House, folder: Path) -> Channel:
    config = plugin.config.model_validate({"folder": str(folder), "lookSeconds": 0.01})
    (channel,) = plugin.open(config, ChannelParts(house, house, SystemClock()))
    return channel


async def test_the_letterbox_takes_letters_in_and_sends_answers_out(
    plugin: ChannelPlugin, tmp_path: Path
) -> None:
    house = House()
    channel = opened(plugin, house, tmp_path)
    letters = tmp_path / "in"
    letters.mkdir(parents=True)
    (letters / "ana.17.txt").write_text("Is there tea left?\n")
    (letters / "leaflet.txt").write_text("Buy now!")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, house.deliver, house.states.append)
        await eventually(lambda: not list(letters.iterdir()), lambda: str(list(letters.iterdir())))
        tasks.cancel_scope.cancel()

    ana, leaflet = house.taken
    assert isinstance(ana.content, Inbound)
    assert (ana.key, ana.content.sender.id, ana.content.text) == (
        "letterbox:default:ana.17.txt",
        "ana",
        "Is there tea left?",
    )
    assert isinstance(leaflet.content, Unusable)
    assert house.states == [ChannelState("connected")]

    (part,) = channel.compose("Half a tin.")
    assert channel.compose("  ") == []
    answer = Outbound("o_1", Address("letterbox", "ana"), part)
    assert await channel.send(answer) == await channel.send(answer)
    (sent,) = (tmp_path / "out").iterdir()
    assert sent.read_text() == "Half a tin."


async def test_a_letter_that_is_not_taken_in_stays_in_the_box(plugin: ChannelPlugin, tmp_path: Path) -> None:
    house = House()
    house.is_full = True
    channel = opened(plugin, house, tmp_path)
    (tmp_path / "in").mkdir(parents=True)
    (tmp_path / "in" / "ana.1.txt").write_text("hello")

    with pytest.raises(StorageBusyError):
        await channel.run(house.deliver, house.states.append)

    assert (tmp_path / "in" / "ana.1.txt").read_text() == "hello"
    with pytest.raises(DeliveryError):
        await channel.send(Outbound("o_1", Address("letterbox", "no/such/place"), Part("hello")))


async def test_a_block_in_the_config_starts_an_installed_channel(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    post = tmp_path / "post"
    (post / "in").mkdir(parents=True)
    (post / "in" / "ana.1.txt").write_text("hello")
    install_letterbox(tmp_path)
    block = {"folder": str(post), "allowFrom": ["ana"]}
    # A fork knows the packages that were there when it was loaded.
    daemon = make_daemon(
        {"channels": {"letterbox": block}}, env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, nursery=None
    )
    await daemon.start()
    await eventually(lambda: bool(list(post.glob("out/ana.*.txt"))), lambda: "\n".join(daemon.output))
    assert daemon.said("letterbox")
    assert not daemon.said("no such key")

"""Tools that judge as the real ones and do nothing but write down that they would have done it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from openclaw.agent.config import ToolsConfig
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool
from openclaw.agent.tools.conversations.message import MessageFamily
from openclaw.agent.tools.conversations.port import Letter
from openclaw.agent.tools.cron import CronTools
from openclaw.agent.tools.files.family import FileTools
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.function import Traits, function_tool
from openclaw.agent.tools.memory_write import Occasion, memory_tools
from openclaw.agent.tools.web.config import WebConfig
from openclaw.agent.tools.web.family import Doors, WebFamily
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from openclaw.types.calendar import local
from openclaw.types.conversation import Provenance
from openclaw.types.messages import Address
from tests.channels.telegram.house import Secrets
from tests.gateway.scripted import NOW, ControlledClock


@dataclass
class Canary:
    """Whoever runs it has got past the gate."""

    real: Tool
    sang: list[tuple[Kind, str]]
    says: Mapping[str, str] = field(default_factory=dict)
    """What it brings, by its name."""
    provenance: Provenance = "tool"
    effect: Effect = Effect.ONCE
    timeout_seconds: float = 30

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def description(self) -> str:
        return self.real.description

    @property
    def schema(self) -> Mapping[str, object]:
        return self.real.schema

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return self.real.act(arguments, scene)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        self.sang.append((self.act(arguments, scene).kind, self.name))
        return Output(self.says.get(self.name, "done"), provenance=self.provenance)


@dataclass
class Deed:
    """A tool whose real one needs a machine: its act is its kind, and the words it was given."""

    name: str
    kind: Kind
    description: str = "…"
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "object"})
    effect: Effect = Effect.ONCE
    provenance: Provenance = "tool"
    timeout_seconds: float = 30

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(self.kind, *(str(value) for value in list(arguments.values())[:2]))

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        return "done"


class Post:
    """Satisfies `Messenger`."""

    def address(self, channel: str | None, target: str | None, account: str | None, scene: Scene) -> Address:
        here = scene.reply_to or Address("telegram", "821071206")
        return Address(channel or here.channel, target or here.chat, account or here.account)

    async def send(self, letter: Letter, scene: Scene) -> str:
        return "o_1"


def look_up(term: str) -> str:
    """Look something up."""
    return term


def real_tools(workspace: Path, state: Path) -> list[Tool]:
    """As the house has them, and a few that stand for what needs a sandbox, a server or the house itself."""
    clock, tools = ControlledClock(), ToolsConfig()
    profile = cast(Any, SimpleNamespace(workspace=workspace, id="main"))
    occasion = Occasion(workspace, "agent:main:main", local(NOW, UTC), frozenset({"owner"}))
    web = WebFamily(WebConfig(), Doors(Door(), PublicDoor()), clock, Secrets())
    skill = function_tool(look_up, {}, Traits(kind=Kind.FOREIGN, provenance="skill"))
    return [
        *FileTools(tools.fs, tools.exec.apply_patch, state, UndoBook(state, clock)).tools(profile),
        *memory_tools(occasion),
        *web.tools(profile),
        *MessageFamily(Post()).tools(profile),
        *CronTools(cast(Any, None)).tools(profile),
        skill,
        Deed("mcp__notes__add", Kind.FOREIGN),
        Deed("run_outside", Kind.EXECUTE_OUTSIDE),
        Deed("run_inside", Kind.EXECUTE),
        Deed("gateway", Kind.ADMINISTER),
        Deed("sessions_spawn", Kind.DELEGATE),
        Deed("get_weather", Kind.CONSULT),
    ]


def canaries(real: Sequence[Tool], says: Mapping[str, str] | None = None) -> dict[str, Canary]:
    """By name; all of them sing into one list. What is found on the web is of the web."""
    sang: list[tuple[Kind, str]] = []
    foreign: dict[str, Provenance] = {"web_search": "web", "web_fetch": "web", "mcp__notes__add": "web"}
    return {
        tool.name: Canary(tool, sang, says or {}, foreign.get(tool.name, "tool"), tool.effect)
        for tool in real
    }

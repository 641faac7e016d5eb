"""The assistant's hands: its tools wired to the house, and the life of what works behind them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anyio.abc import TaskGroup

from openclaw import bundled
from openclaw.agent.host import zone
from openclaw.agent.skills.reading import SkillTexts
from openclaw.agent.skills.secrets import SkillSecrets
from openclaw.agent.toolbox import NO_TOOLS, LateFamily, ToolFamily
from openclaw.agent.tools.base import Scene
from openclaw.agent.tools.exec.desk import Hooks, ProcessEnded
from openclaw.agent.tools.exec.family import ExecFamily, Surroundings
from openclaw.agent.tools.exec.sandbox.probe import probe
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.snapshot import Watch
from openclaw.agent.tools.mcp.clients import McpClients, McpParts
from openclaw.agent.tools.mcp.pictures import PictureFolder
from openclaw.agent.tools.mcp.tools import Finish, McpFamily
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.enclosures import Enclosures
from openclaw.gateway.intake import Intake
from openclaw.gateway.messenger import Foresee, HouseMessenger, MessengerParts
from openclaw.gateway.process_notices import notice
from openclaw.llm.models import Models
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from openclaw.ops.media import keep_small
from openclaw.store.notes import NoteIndex
from openclaw.types.channel import Channel
from openclaw.wiring.foundation import Core


@dataclass(frozen=True, slots=True)
class HandsParts:
    core: Core
    channels: Mapping[tuple[str, str], Channel]
    models: Models
    intake: Intake
    stopper: Stopper
    door: Door
    public: PublicDoor
    undo: UndoBook
    texts: SkillTexts
    notes: NoteIndex
    foresee: Foresee


@dataclass(frozen=True, slots=True)
class Hands:
    programs: ExecFamily
    mcp: McpClients
    open_families: Callable[[], tuple[ToolFamily, ...]]
    core: Core
    enclosures: Enclosures
    messenger: HouseMessenger
    given: SkillSecrets

    def adopt(self) -> None:
        """The config of the core is another one. What works in the background goes on; its families are others."""
        tools = self.core.loaded.settings.tools
        self.programs.adopt(tools.exec)
        self.messenger.adopt(tools.message)
        self.given.adopt(self.core.loaded.settings.skills)
        self.mcp.adopt(self.core.loaded.settings.mcp.servers)

    def start(self, group: TaskGroup) -> None:
        group.start_soon(self.programs.run)
        group.start_soon(keep_small, self.core.loaded.paths.state, self.core.clock)
        group.start_soon(self.enclosures.run)

    async def rest(self) -> None:
        """No turn is under way any more: whatever still runs is ended."""
        await self.programs.aclose()


def open_hands(parts: HandsParts) -> Hands:
    given = SkillSecrets(parts.core.loaded.settings.skills, parts.core.resolver, parts.core.loaded.environ)
    programs = _programs(parts, given)
    parts.undo.furnish(programs.end_all)
    mcp, mcp_family = _mcp(parts)
    paths = parts.core.loaded.paths
    enclosures = Enclosures(paths.state, paths.media, parts.core.clock, parts.core.secrets)
    messenger = _messenger(parts, enclosures)

    def families() -> tuple[ToolFamily, ...]:
        return (
            LateFamily(partial(_files, parts)),
            programs,
            LateFamily(partial(_web, parts)),
            LateFamily(partial(_conversations, parts)),
            LateFamily(partial(_messages, messenger)),
            LateFamily(partial(_calls, parts, messenger)),
            LateFamily(partial(_memory, parts)),
            mcp_family,
        )

    return Hands(programs, mcp, families, parts.core, enclosures, messenger, given)


def _programs(parts: HandsParts, given: SkillSecrets) -> ExecFamily:
    core = parts.core
    state, environ = core.loaded.paths.state, core.loaded.environ
    readable = [bundled.workspace_folder() / "skills", state / "skills"]
    home = Path(environ.get("HOME") or "/nonexistent")

    async def tell(ended: ProcessEnded) -> None:
        await parts.intake.deliver([notice(ended, core.clock.now_ms())])

    async def skill_env(scene: Scene) -> Mapping[str, str]:
        return await given.skill_env(parts.texts.opened(scene))

    watch = Watch(parts.undo)
    return ExecFamily(
        core.loaded.settings.tools.exec,
        partial(probe, readable),
        Surroundings(environ, os.getuid(), (state, home / ".ssh")),
        core.clock,
        Hooks(tell, watch.watching, skill_env, watch.whose),
    )


# What is imported in the functions is first of use in a turn, and a start that waits for it is slower by a tenth.


def _files(parts: HandsParts) -> ToolFamily:
    from openclaw.agent.tools.files.family import FileTools

    tools = parts.core.loaded.settings.tools
    return FileTools(tools.fs, tools.exec.apply_patch, parts.core.loaded.paths.state, parts.undo, parts.texts)


def _web(parts: HandsParts) -> ToolFamily:
    from openclaw.agent.tools.web.family import Doors, WebFamily

    core = parts.core
    return WebFamily(
        core.loaded.settings.tools.web, Doors(parts.door, parts.public), core.clock, core.resolver
    )


def _conversations(parts: HandsParts) -> ToolFamily:
    from openclaw.agent.tools.conversations.family import ConversationFamily
    from openclaw.gateway.conversations import ConversationParts, ConversationRules, HouseConversations

    core = parts.core
    settings = core.loaded.settings
    house = ConversationParts(
        core.sessions, core.ledger, parts.intake, core.bus, parts.stopper, parts.models,
        core.profiles, core.clock, zone(core.timezone), core.secrets,
    )  # fmt: skip
    rules = ConversationRules(
        settings.tools.sessions, settings.tools.agent_to_agent, settings.agents.defaults.subagents
    )
    return ConversationFamily(HouseConversations(house, rules))


def _messenger(parts: HandsParts, enclosures: Enclosures) -> HouseMessenger:
    core = parts.core
    messenger = MessengerParts(core.ledger, core.bus, parts.channels, core.clock, enclosures, parts.foresee)
    return HouseMessenger(messenger, core.loaded.settings.tools.message)


def _messages(messenger: HouseMessenger) -> ToolFamily:
    from openclaw.agent.tools.conversations.message import MessageFamily

    return MessageFamily(messenger)


def _calls(parts: HandsParts, messenger: HouseMessenger) -> ToolFamily:
    from openclaw.agent.tools.calls import CHANNEL, CallFamily, Calls

    voice = parts.channels.get((CHANNEL, "default"))
    return CallFamily(voice, messenger) if isinstance(voice, Calls) else NO_TOOLS


def _memory(parts: HandsParts) -> ToolFamily:
    from openclaw.agent.tools.memory_search import MemoryFamily

    core = parts.core
    config = core.loaded.settings.agents.defaults.memory_search
    return MemoryFamily(parts.notes, core.loaded.paths.state, config, core.clock)


def _mcp(parts: HandsParts) -> tuple[McpClients, McpFamily]:
    core = parts.core
    clean = core.resolver.clean
    clients = McpClients(
        core.loaded.settings.mcp.servers, McpParts(core.resolver, core.clock, core.loaded.environ, clean)
    )
    return clients, McpFamily(clients, Finish(PictureFolder(core.loaded.paths.state), clean))

"""What the assistant thinks with: its models, and what they are told of the house before each turn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from openclaw import __version__, bundled
from openclaw.agent.bootstrap import Caps, WorkspaceFiles
from openclaw.agent.context.album import StateAlbum
from openclaw.agent.host import surroundings
from openclaw.agent.profile import AgentProfile
from openclaw.agent.renderer import Renderer
from openclaw.agent.skills.manifest import Surroundings, config_lookup
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings
from openclaw.gateway.briefing import BriefingParts, HouseBriefing, model_ref
from openclaw.gateway.phone.briefing import PhoneBriefing
from openclaw.llm.keyring import Keyring
from openclaw.llm.models import Models, ModelSettings
from openclaw.llm.providers import find_providers
from openclaw.llm.selection import Listed
from openclaw.net.door import Door
from openclaw.settings.loading import Loaded
from openclaw.web.desk import Nameplate
from openclaw.wiring.accounts import rules_of_groups
from openclaw.wiring.foundation import Core


async def open_models(core: Core) -> Models:
    keyring = Keyring(
        core.loaded.paths.agents / core.agents[0].id / "agent" / "auth-profiles.json", core.clock
    )
    await keyring.load()
    return Models(model_settings(core), core.resolver, core.clock, find_providers(), keyring)


def model_settings(core: Core) -> ModelSettings:
    settings = core.loaded.settings
    defaults = settings.agents.defaults
    listed = {ref: Listed(each.alias, each.params.thinking) for ref, each in defaults.models.items()}
    return ModelSettings(settings.models, settings.auth, settings.llm, listed, defaults.thinking_default)


def open_briefing(
    core: Core, models: Models, door: Door, owners: Sequence[str], phone: PhoneBriefing
) -> HouseBriefing:
    paths = core.loaded.paths
    folders = SkillFolders(bundled.workspace_folder() / "skills", paths.state / "skills", _home(core.loaded))
    toolbox = Toolbox(tool_settings(core), folders, skill_surroundings(core), door, core.clock)
    return HouseBriefing(briefing_parts(core, models, toolbox, owners, phone))


def tool_settings(core: Core) -> ToolSettings:
    settings = core.loaded.settings
    return ToolSettings(settings.tools, settings.skills, rules_of_groups(core.loaded))


def skill_surroundings(core: Core) -> Surroundings:
    tree = partial(core.loaded.settings.model_dump, mode="json", by_alias=True)
    return replace(surroundings(core.loaded.environ), has_config=config_lookup(tree), secrets=core.resolver)


def briefing_parts(
    core: Core, models: Models, toolbox: Toolbox, owners: Sequence[str], phone: PhoneBriefing
) -> BriefingParts:
    settings = core.loaded.settings
    defaults = settings.agents.defaults
    caps = Caps(defaults.bootstrap_max_chars, defaults.bootstrap_total_max_chars)
    return BriefingParts(
        core.profiles,
        {name: WorkspaceFiles(workspace, caps) for name, workspace in core.workspaces.items()},
        defaults,
        settings.tools,
        settings.channels.model_by_channel,
        models,
        toolbox,
        Renderer(core.wrapping),
        core.timezone,
        owners,
        StateAlbum(core.loaded.paths.state),
        phone,
    )


def _home(loaded: Loaded) -> Path | None:
    home = loaded.environ.get("HOME")
    return Path(home) if home else None


def model_of(agent: AgentProfile, core: Core) -> str | None:
    """What an agent answers with where no session says otherwise."""
    return model_ref(agent, {}, core.loaded.settings.agents.defaults)


def agents_shown(core: Core, models: Models) -> tuple[Mapping[str, object], ...]:
    return tuple(
        {"id": agent.id, "model": models.default_name(model_of(agent, core)), "tier": agent.tier}
        for agent in core.agents
    )


def nameplate(core: Core, models: Models) -> Nameplate:
    paths, agent = core.loaded.paths, core.agents[0].id
    ref = model_of(core.agents[0], core)
    return Nameplate(
        __version__,
        core.ledger.boot_id,
        str(paths.config),
        str(paths.state),
        str(paths.agents / agent / "sessions" / "sessions.json"),
        core.clock.now_ms(),
        agent,
        models.default_name(ref),
        models.info(ref).context_window,
    )

"""What the control plane keeps and changes besides conversations, wired to the house."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from openclaw import __version__, bundled
from openclaw.agent.host import surroundings, zone
from openclaw.agent.skills.catalog import SkillCatalog, SkillFolders
from openclaw.agent.skills.manifest import config_lookup
from openclaw.channels.runner import ChannelRunner
from openclaw.gateway.briefing import model_ref
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.messenger import Foresee
from openclaw.llm.models import Models
from openclaw.settings.editing.remote import RemoteConfig
from openclaw.store import sessions as session_rows
from openclaw.store.phone_archive import PhoneArchive
from openclaw.store.spending import SpendingLedger
from openclaw.store.traffic import TrafficLedger
from openclaw.types.channel import Channel
from openclaw.web.devices.book import DeviceBook
from openclaw.web.office.desk import Office
from openclaw.web.office.exec_rules import ExecRuleBook
from openclaw.web.office.files import WorkspaceDesk
from openclaw.web.office.heartbeats import HeartbeatBook
from openclaw.web.office.limit import WriteLimit
from openclaw.web.office.logs import LogTail
from openclaw.web.office.post import PostDesk
from openclaw.web.office.presence import PresenceBook
from openclaw.web.office.reports.channels import ChannelBook
from openclaw.web.office.reports.spending import SpendingBook
from openclaw.web.office.sessions import SessionDesk
from openclaw.web.office.skills import AgentSkills, SkillBook
from openclaw.web.office.telephone import TelephoneBook
from openclaw.wiring.foundation import Core


@dataclass(frozen=True, slots=True)
class OfficeParts:
    core: Core
    channels: Mapping[tuple[str, str], Channel]
    models: Models
    lanes: Lanes[str]
    foresee: Foresee
    runner: ChannelRunner


def open_office(parts: OfficeParts) -> Office:
    core = parts.core
    loaded, names = core.loaded, [agent.id for agent in core.agents]
    settings, paths = loaded.settings, loaded.paths
    return Office(
        DeviceBook(paths.state / "devices", core.clock),
        PresenceBook(__version__, core.clock.now_ms),
        WriteLimit(core.clock),
        RemoteConfig(loaded.environ, paths),
        _sessions(parts),
        WorkspaceDesk(core.workspaces),
        LogTail(Path(settings.logging.file) if settings.logging.file else paths.log_file),
        PostDesk(core.ledger, core.bus, parts.channels, parts.foresee),
        _skills(core),
        HeartbeatBook(core.jobs, names),
        ExecRuleBook(settings.tools.exec, str(paths.config)),
        TelephoneBook(PhoneArchive(core.database), paths.state / "media" / "recordings"),
        tuple(names),
        spending=SpendingBook(
            SpendingLedger(core.database), core.clock, lambda: (zone(core.timezone), core.timezone)
        ),
        channels=ChannelBook(
            parts.runner,
            TrafficLedger(core.database),
            lambda: _switched_on(core),
            lambda: _names(parts.channels),
        ),
    )


def _switched_on(core: Core) -> dict[str, bool]:
    channels = core.loaded.settings.channels
    named = {name: getattr(channels, name) for name in type(channels).model_fields}
    return {name: config.enabled for name, config in named.items() if hasattr(config, "enabled")}


def _names(channels: Mapping[tuple[str, str], Channel]) -> frozenset[str]:
    return frozenset(name for name, _ in channels)


def renew_office(office: Office, parts: OfficeParts) -> None:
    """The config of the core is another one."""
    core = parts.core
    names = tuple(agent.id for agent in core.agents)
    office.sessions, office.skills, office.agents = _sessions(parts), _skills(core), names
    office.heartbeats = HeartbeatBook(core.jobs, names)
    office.exec = ExecRuleBook(core.loaded.settings.tools.exec, str(core.loaded.paths.config))


def _sessions(parts: OfficeParts) -> SessionDesk:
    core, models = parts.core, parts.models

    def model_of(agent: str, entry: Mapping[str, Any]) -> str:
        profile = core.profiles.get(agent, core.agents[0])
        return models.default_name(model_ref(profile, entry, core.loaded.settings.agents.defaults))

    async def forget(key: str) -> None:
        await core.database.write(lambda tx: session_rows.delete(tx, key))

    pins = {agent.id: agent.model.primary if agent.model is not None else None for agent in core.agents}
    return SessionDesk(
        core.sessions, core.ledger, parts.lanes, core.bus, models, core.agents[0].id, pins, model_of, forget
    )


def _skills(core: Core) -> SkillBook:
    settings, paths = core.loaded.settings, core.loaded.paths
    home = core.loaded.environ.get("HOME")
    folders = SkillFolders(
        bundled.workspace_folder() / "skills", paths.state / "skills", Path(home) if home else None
    )
    tree = partial(settings.model_dump, mode="json", by_alias=True)
    here = replace(surroundings(core.loaded.environ), has_config=config_lookup(tree))
    books: dict[str, AgentSkills] = {}
    for agent in core.agents:
        roots = folders.roots(agent.workspace, settings.skills.load.extra_dirs)
        catalog = SkillCatalog(roots, settings.skills, here, core.clock)
        allowed = None if agent.skills is None else frozenset(agent.skills)
        books[agent.id] = AgentSkills(agent.workspace, roots, catalog, allowed)
    return SkillBook(books, paths.state / "skills")

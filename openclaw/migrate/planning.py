"""What is to be done with what was found, in the order in which it is done. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from openclaw.migrate.original.credentials import TARGET, list_target
from openclaw.migrate.records import (
    Findings,
    FoundConfig,
    FoundFolder,
    FoundJob,
    FoundList,
    FoundSecret,
    FoundSession,
    Json,
    Told,
)


@dataclass(frozen=True, slots=True)
class PutSecrets:
    """Told of by whatever refers to them."""

    secrets: tuple[FoundSecret, ...]


@dataclass(frozen=True, slots=True)
class PutFile:
    what: str
    source: str
    target: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PutProfiles:
    document: Json = field(repr=False)
    target: str
    source: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class PutFolder:
    folder: FoundFolder


@dataclass(frozen=True, slots=True)
class PutSession:
    session: FoundSession


@dataclass(frozen=True, slots=True)
class PutIndex:
    agent: str


@dataclass(frozen=True, slots=True)
class PutJobs:
    jobs: tuple[FoundJob, ...]
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutList:
    found: FoundList
    target: str


@dataclass(frozen=True, slots=True)
class PutConfig:
    """None: theirs cannot be ours; only the scope of conversations is."""

    found: FoundConfig | None


Step = PutSecrets | PutFile | PutProfiles | PutFolder | PutSession | PutIndex | PutJobs | PutList | PutConfig


def planned(findings: Findings) -> Iterator[Step]:
    """The config comes last: until it is there, no channel brings a message that would begin a conversation anew."""
    if findings.secrets:
        yield PutSecrets(tuple(findings.secrets))
    if findings.environment is not None:
        yield PutFile("variables", ".env", ".env", findings.environment.encode())
    if findings.profiles is not None:
        target = TARGET.format(agent=findings.agents[0])
        yield PutProfiles(findings.profiles, target, findings.profiles_source, findings.profiles_told)
    yield from map(PutFolder, findings.folders)
    yield from map(PutSession, findings.sessions)
    yield from (PutIndex(agent) for agent in dict.fromkeys(each.agent for each in findings.sessions))
    if findings.jobs:
        yield PutJobs(tuple(findings.jobs), findings.agents)
    yield from (PutList(each, list_target(each)) for each in _joined(findings.lists))
    if findings.config is not None:
        yield PutConfig(findings.config)
    elif findings.home.kind != "openclaw" and findings.sessions:
        yield PutConfig(None)


def _joined(lists: list[FoundList]) -> list[FoundList]:
    """One for each of our files."""
    found: dict[str, FoundList] = {}
    for each in lists:
        target = list_target(each)
        if before := found.get(target):
            each = replace(before, ids=tuple(dict.fromkeys((*before.ids, *each.ids))))
        found[target] = each
    return list(found.values())

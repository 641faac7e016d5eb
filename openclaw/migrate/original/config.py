"""The original's config as ours: the same text, its comments too, with what must differ. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from openclaw.agent.profile import agent_id
from openclaw.migrate.records import FoundSecret, Json, Told
from openclaw.ops.safekeeping.keeping import SecretsFile
from openclaw.settings.checking.plaintext import stated_secrets
from openclaw.settings.editing.edits import Edit, EditError, Put, Take, applied
from openclaw.settings.file import UnreadableError
from openclaw.settings.problems import Key, dotted

SECRETS = "credentials/secrets.json"
PUT_AWAY = f"the secret lies in {SECRETS}, for you alone to read"


@dataclass(frozen=True, slots=True)
class Workspace:
    agent: str
    path: str
    """As their config says it; empty: where theirs lies by itself."""
    target: str
    """Beneath our state directory."""


@dataclass(slots=True)
class Adapted:
    text: str = field(repr=False)
    secrets: list[FoundSecret] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def adapted(text: str, tree: Json, state: Path, *, has_includes: bool) -> Adapted:
    """`tree`: the text as it was read, with what it includes."""
    result = Adapted(text)
    edits: list[Edit] = [
        *_agents(tree, result),
        *_workspaces(_with_list(tree), state, result),
        *_secrets(_with_list(tree), state, result),
    ]
    if has_includes:
        result.told.append(_adaptation("$include", "what was included stands in one file now"))
        result.text = orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode()
    try:
        result.text = applied(result.text, edits)
    except (EditError, UnreadableError):
        # A text that cannot be edited in place is written anew, without its comments.
        result.text = applied(orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode(), edits)
        result.told.append(_adaptation("", "it was written anew, without its comments"))
    return result


def _adaptation(key: str, why: str) -> Told:
    return Told("adapted", f"config {key}".strip(), "", "openclaw.json", why)


def workspaces(tree: Json) -> tuple[Workspace, ...]:
    """Every agent's, the default one first."""
    defaults = _object(_object(tree.get("agents")).get("defaults")).get("workspace")
    agents = roster(tree)
    found = []
    for number, (name, entry) in enumerate(agents):
        own = entry.get("workspace") or (defaults if number == 0 else None)
        target = "workspace" if number == 0 else f"workspace-{name}"
        found.append(Workspace(name, str(own) if isinstance(own, str) else "", target))
    return tuple(found)


def roster(tree: Json) -> list[tuple[str, Json]]:
    listed = _object(_with_list(tree).get("agents")).get("list")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    named = [(agent_id(str(entry.get("id") or "main")), entry) for entry in entries] or [("main", {})]
    chosen = next((each for each in named if each[1].get("default") is True), named[0])
    others = {name: entry for name, entry in reversed(named) if name != chosen[0]}
    return [chosen, *reversed(others.items())]


def _with_list(tree: Json) -> Json:
    """Newer versions name the agents in an object, `agents.entries`."""
    agents = _object(tree.get("agents"))
    entries = agents.get("entries")
    if not isinstance(entries, dict) or "list" in agents:
        return tree
    listed = [{"id": name, **_object(entry)} for name, entry in entries.items()]
    kept = {name: value for name, value in agents.items() if name != "entries"}
    return {**tree, "agents": {**kept, "list": listed}}


def _agents(tree: Json, result: Adapted) -> Iterator[Edit]:
    agents = _object(tree.get("agents"))
    if isinstance(agents.get("entries"), dict) and "list" not in agents:
        yield Take(("agents", "entries"))
        yield Put(("agents", "list"), _object(_with_list(tree)["agents"])["list"])
        result.told.append(_adaptation("agents.entries", "it is the list agents.list here"))


def _workspaces(tree: Json, state: Path, result: Adapted) -> Iterator[Edit]:
    agents = _object(tree.get("agents"))
    targets = {each.agent: each.target for each in workspaces(tree)}
    stated: list[tuple[Key, object, str]] = [
        (("agents", "defaults", "workspace"), _object(agents.get("defaults")).get("workspace"), "workspace")
    ]
    listed = agents.get("list")
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            target = targets[agent_id(str(entry.get("id") or "main"))]
            stated.append((("agents", "list", number, "workspace"), entry.get("workspace"), target))
    for key, text, target in stated:
        # In a directory that is taken over it may lie where it is to lie.
        if isinstance(text, str) and Path(text).expanduser() != state / target:
            yield Put(key, str(state / target))
            result.told.append(_adaptation(dotted(key), "it is a copy of its own here"))


def _secrets(tree: Json, state: Path, result: Adapted) -> Iterator[Edit]:
    for stated in stated_secrets(tree):
        if stated.is_plain:
            result.secrets.append(FoundSecret(stated.name, stated.text))
            yield Put(stated.key, secret_reference(state, stated.name))
            result.told.append(_adaptation(stated.name, PUT_AWAY))


def secret_reference(state: Path, name: str) -> str:
    return SecretsFile(state / SECRETS).reference(name)


def owners(tree: Json) -> tuple[frozenset[str], bool]:
    """The owner's ids as `<channel>:<id>`, and whether the config lets nobody else in."""
    found: set[str] = set()
    alone = True
    stated = _object(tree.get("commands")).get("ownerAllowFrom")
    for channel, block in _object(tree.get("channels")).items():
        ids = _object(block).get("allowFrom")
        names = [str(each) for each in ids] if isinstance(ids, list) else []
        alone = alone and "*" not in names and _object(block).get("dmPolicy") != "open"
        found |= {f"{channel}:{name.removeprefix(f'{channel}:')}" for name in names if name != "*"}
    if isinstance(stated, list):
        named = {str(each) for each in stated}
        alone = alone and found <= named | {f"{c}:{n}" for c in ("telegram",) for n in named}
        found = {each for each in found if each in named or each.partition(":")[2] in named} | {
            each for each in named if ":" in each
        }
    return frozenset(found), alone


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

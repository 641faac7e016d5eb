"""The functions of a skill's `tools.py` as tools. Code runs only if it came with the package or the owner pinned it."""

import hashlib
import importlib.abc
import importlib.util
import inspect
import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, ModuleType

from openclaw.agent.config import SkillEntry
from openclaw.agent.skills.manifest import Skill, SkillProblem
from openclaw.agent.skills.pinning import SkillFolderError, digest_of
from openclaw.agent.skills.secrets import HandedConfig
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool, ToolError
from openclaw.agent.tools.function import FunctionTool, Traits, function_tool
from openclaw.net.door import Door
from openclaw.net.fetched import OutboundError
from openclaw.net.urls import origin_of
from openclaw.types.conversation import Provenance
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Resolver

logger = logging.getLogger(__name__)

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EFFECTS = {
    "read-only": Effect.READ_ONLY,
    "idempotent": Effect.IDEMPOTENT,
    "keyed": Effect.KEYED,
    "once": Effect.ONCE,
}


@dataclass(frozen=True, slots=True)
class SkillCode:
    """What a `tools.py` gave."""

    tools: tuple[Tool, ...] = ()
    problems: tuple[SkillProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretTool:
    """A tool whose `config` holds secrets: they are read when it is called, and may have changed since."""

    tool: FunctionTool
    config: HandedConfig

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def description(self) -> str:
        return self.tool.description

    @property
    def schema(self) -> Mapping[str, object]:
        return self.tool.schema

    @property
    def effect(self) -> Effect:
        return self.tool.effect

    @property
    def provenance(self) -> Provenance:
        return self.tool.provenance

    @property
    def timeout_seconds(self) -> float:
        return self.tool.timeout_seconds

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return self.tool.act(arguments, scene)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        try:
            await self.config.refresh()
        except SecretError as error:
            raise ToolError(str(error)) from error
        return await self.tool.run(arguments, scene)


def load_code(
    skill: Skill, entry: SkillEntry, door: Door, timeout_seconds: float, secrets: Resolver | None = None
) -> SkillCode:
    """Blocks: it reads and runs the file. What is checked is what runs; the file is read once."""
    try:
        source = skill.code.read_bytes()
    except OSError as error:
        return _refused(skill, f"{skill.code} cannot be read: {error.strerror or error}")
    digest = hashlib.sha256(source).hexdigest()
    if not is_pinned(skill, entry, source):
        return _refused(skill, _how_to_pin(skill, entry, digest))
    try:
        module = _run(skill, source, digest)
    except Exception as error:
        logger.exception("the code of the skill %s failed while it was loaded", skill.name)
        return _refused(skill, f"{skill.code} failed: {type(error).__name__}: {error}")
    config = HandedConfig(entry, secrets)
    handed = {"http": _door_for(module, entry, door), "config": config}
    loaded = _tools(skill, module, handed, timeout_seconds)
    if secrets is None or (entry.api_key is None and not entry.env):
        return loaded
    return SkillCode(
        tuple(SecretTool(tool, config) for tool in loaded.tools if isinstance(tool, FunctionTool)),
        loaded.problems,
    )


def is_pinned(skill: Skill, entry: SkillEntry, source: bytes | None = None) -> bool:
    """Whether its code may run: it came with the package, or the owner vouched for it alone or for the whole folder.

    Blocks.
    """
    pin = (entry.sha256 or "").lower()
    if skill.bundled or not pin:
        return skill.bundled
    try:
        source = skill.code.read_bytes() if source is None else source
        return pin == hashlib.sha256(source).hexdigest() or pin == digest_of(
            skill.path.parent, {skill.code.name: source}
        )
    except (SkillFolderError, OSError):
        return False


def _refused(skill: Skill, text: str) -> SkillCode:
    return SkillCode(problems=(SkillProblem(skill.name, text),))


def _how_to_pin(skill: Skill, entry: SkillEntry, digest: str) -> str:
    why = "has changed since it was pinned" if entry.sha256 else "is code that nobody has vouched for"
    key = f"skills.entries.{skill.manifest.key}.sha256"
    return f'{skill.code} is not loaded: it {why}. Read it; if you trust it, set {key} to "{digest}"'


class _ExactSource(importlib.abc.InspectLoader):
    """Runs the very bytes that were hashed."""

    def __init__(self, source: bytes, path: str) -> None:
        self._source = source
        self._path = path

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._source)

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._source, self._path)


def _run(skill: Skill, source: bytes, digest: str) -> ModuleType:
    name = f"_openclaw_skill_{re.sub(r'[^A-Za-z0-9]', '_', skill.name)}_{digest[:16]}"
    loader = _ExactSource(source, str(skill.code))
    spec = importlib.util.spec_from_loader(name, loader, origin=str(skill.code))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pydantic models look their module up by name while it runs.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _door_for(module: ModuleType, entry: SkillEntry, door: Door) -> Door:
    """It leads to the addresses the config names for this skill, and to those its code declares."""
    declared = getattr(module, "ORIGINS", ())
    named = [value for value in entry.config.values() if isinstance(value, str) and _is_address(value)]
    return door.opened_for([*map(str, declared), *named])


def _is_address(value: str) -> bool:
    try:
        return bool(origin_of(value))
    except OutboundError:
        return False


def _tools(
    skill: Skill, module: ModuleType, handed: Mapping[str, object], timeout_seconds: float
) -> SkillCode:
    tools: list[FunctionTool] = []
    problems: list[SkillProblem] = []
    for name, function in sorted(inspect.getmembers(module, inspect.isfunction)):
        if name.startswith("_") or function.__module__ != module.__name__:
            continue
        try:
            if not _TOOL_NAME.fullmatch(name):
                raise TypeError(f"{name}: a tool's name is made of A-Z, a-z, 0-9, `_` and `-`")
            tools.append(function_tool(function, handed, _traits(skill, module, name, timeout_seconds)))
        except Exception as error:
            logger.exception("%s of the skill %s is no tool", name, skill.name)
            problems.append(SkillProblem(skill.name, f"{skill.code}: {type(error).__name__}: {error}"))
    return SkillCode(tuple(tools), tuple(problems))


def _traits(skill: Skill, module: ModuleType, name: str, timeout_seconds: float) -> Traits:
    if not skill.bundled:
        return Traits(Effect.ONCE, "skill", timeout_seconds)
    effects = getattr(module, "EFFECTS", {})
    return Traits(_EFFECTS[effects.get(name, "once")], "tool", timeout_seconds, Kind.CONSULT)

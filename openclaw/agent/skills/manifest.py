"""SKILL.md: what a skill is for and what it needs."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.skills.front_matter import FrontMatterError, front_matter, json5
from openclaw.agent.untrusted import harmless
from openclaw.types.secrets import Resolver

SIZE_LIMIT = 256_000
DESCRIPTION_LIMIT = 1024

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_. -]{0,62}[A-Za-z0-9_-])?")
_SECTIONS = ("openclaw", "clawdbot", "clawdis")
"""Where skills written for the original, under any of its names, keep their needs."""
_SYSTEMS = {"macos": "darwin", "mac": "darwin", "osx": "darwin", "windows": "win32", "win": "win32"}


@dataclass(frozen=True, slots=True)
class Needs:
    os: tuple[str, ...] = ()
    """`darwin`, `linux`, `win32`."""
    bins: tuple[str, ...] = ()
    any_bins: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    config: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    description: str
    key: str
    """Its name in `skills.entries`."""
    homepage: str = ""
    emoji: str = ""
    always: bool = False
    user_invocable: bool = True
    model_invocable: bool = True
    primary_env: str = ""
    needs: Needs = Needs()
    tool: str = ""
    """Which tool its command calls at once, without a model; empty: the model is told to use the skill."""


@dataclass(frozen=True, slots=True)
class Skill:
    """`path` is its SKILL.md. Only what came with the package is `bundled`."""

    manifest: Manifest
    path: Path
    bundled: bool
    rank: int = 0
    """Of its root: the higher, the nearer to the owner."""

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def code(self) -> Path:
        return self.path.with_name("tools.py")


@dataclass(frozen=True, slots=True)
class SkillProblem:
    """Why a skill, or its code, is not there; in words for the owner."""

    skill: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What skills may need."""

    os: str
    has_bin: Callable[[str], bool]
    env: Collection[str] = ()
    """Names of the variables that are set."""
    has_config: Callable[[str], bool] = lambda _: False
    """Whether a dotted key of the config file is set to something."""
    secrets: Resolver | None = None
    """Reads what the owner has given to skills."""


class ManifestError(ValueError):
    """A SKILL.md that cannot be used; the text says why."""


def parse_manifest(text: str, folder: str) -> Manifest:
    """Raises ManifestError."""
    try:
        front = front_matter(text)
        more = _section(front.get("metadata"))
    except FrontMatterError as error:
        raise ManifestError(str(error)) from None
    name = _text(front.get("name")) or folder.strip()
    if not _NAME.fullmatch(name) or ".." in name:
        raise ManifestError(f"name {name[:64]!r}: letters, digits, `-`, `_` and `.` only, 64 at most")
    description = " ".join(harmless(_text(front.get("description"))).split())
    if not description:
        raise ManifestError("it has no description, so the model could not tell what it is for")
    dispatches = _text(front.get("command-dispatch")).lower() == "tool"
    return Manifest(
        name=name,
        description=description[:DESCRIPTION_LIMIT],
        key=_text(more.get("skillKey")) or name,
        homepage=_text(front.get("homepage")) or _text(more.get("homepage")),
        emoji=_text(more.get("emoji")),
        always=_flag(more.get("always"), default=False),
        user_invocable=_flag(front.get("user-invocable"), default=True),
        model_invocable=not _flag(front.get("disable-model-invocation"), default=False),
        primary_env=_text(more.get("primaryEnv")),
        needs=_needs(more),
        tool=_text(front.get("command-tool")) if dispatches else "",
    )


def missing(manifest: Manifest, surroundings: Surroundings) -> tuple[str, ...]:
    """What stands in the way of a skill, in words; empty when nothing does."""
    needs = manifest.needs
    found = []
    if needs.os and surroundings.os not in needs.os:
        found.append(f"it runs on {' or '.join(needs.os)}, not on {surroundings.os}")
    if manifest.always:
        return tuple(found)
    found += [f"the program {name} is not installed" for name in needs.bins if not surroundings.has_bin(name)]
    if needs.any_bins and not any(map(surroundings.has_bin, needs.any_bins)):
        found.append(f"none of the programs {', '.join(needs.any_bins)} is installed")
    found += [f"the variable {name} is not set" for name in needs.env if name not in surroundings.env]
    found += [f"{key} is not set in the config" for key in needs.config if not surroundings.has_config(key)]
    return tuple(found)


def config_lookup(tree: Callable[[], Mapping[str, object]]) -> Callable[[str], bool]:
    """For `Surroundings.has_config`. `tree` gives the config as in the file; it is asked at the first question."""
    read: list[Mapping[str, object]] = []

    def has(key: str) -> bool:
        if not read:
            read.append(tree())
        value: object = read[0]
        for step in key.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return bool(value)

    return has


def _section(metadata: object) -> Mapping[str, object]:
    """Its part for us. Raises FrontMatterError."""
    if isinstance(metadata, str) and metadata.strip():
        metadata = json5(metadata)
    sections = metadata if isinstance(metadata, Mapping) else {}
    section = next((sections[name] for name in _SECTIONS if name in sections), None)
    return section if isinstance(section, Mapping) else {}


def _needs(section: Mapping[str, object]) -> Needs:
    found = section.get("requires")
    requires = found if isinstance(found, Mapping) else {}
    return Needs(
        os=tuple(_SYSTEMS.get(name.lower(), name.lower()) for name in _words(section.get("os"))),
        bins=_words(requires.get("bins")),
        any_bins=_words(requires.get("anyBins")),
        env=_words(requires.get("env")),
        config=_words(requires.get("config")),
    )


def _words(value: object) -> tuple[str, ...]:
    """A list, or one text with commas; what is neither text nor number is passed over."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(word for item in items if (word := _text(item)))


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _flag(value: object, *, default: bool) -> bool:
    if isinstance(value, str) and value.strip():
        return value.strip().lower() in {"true", "yes", "on", "1"}
    return bool(value) if isinstance(value, int) else default

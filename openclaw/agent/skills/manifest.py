"""SKILL.md: what a skill is for and what it needs."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyjson5
import yaml

SIZE_LIMIT = 256_000
DESCRIPTION_LIMIT = 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_SECTIONS = ("openclaw", "clawdbot", "clawdis")
"""Where skills written for the original, under any of its names, keep their needs."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


@dataclass(frozen=True, slots=True)
class Skill:
    """`path` is its SKILL.md. Only what came with the package is `bundled`."""

    manifest: Manifest
    path: Path
    bundled: bool

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


class ManifestError(ValueError):
    """A SKILL.md that cannot be used; the text says why."""


def parse_manifest(text: str, folder: str) -> Manifest:
    """Raises ManifestError."""
    match = _FRONT_MATTER.search(text)
    if match is None:
        raise ManifestError("it does not begin with a block between two lines `---`")
    front = _front_matter(match[1])
    name = str(front.get("name") or folder).strip()
    if not _NAME.fullmatch(name):
        raise ManifestError(f"name {name[:64]!r}: letters, digits, `-`, `_` and `.` only, 64 at most")
    description = " ".join(str(front.get("description") or "").split())
    if not description:
        raise ManifestError("it has no description, so the model could not tell what it is for")
    more = _section(front.get("metadata"))
    return Manifest(
        name=name,
        description=description[:DESCRIPTION_LIMIT],
        key=str(more.get("skillKey") or name),
        homepage=str(front.get("homepage") or more.get("homepage") or ""),
        emoji=str(more.get("emoji") or ""),
        always=_flag(more.get("always"), default=False),
        user_invocable=_flag(front.get("user-invocable"), default=True),
        model_invocable=not _flag(front.get("disable-model-invocation"), default=False),
        primary_env=str(more.get("primaryEnv") or ""),
        needs=_needs(more),
    )


def missing(manifest: Manifest, surroundings: Surroundings) -> tuple[str, ...]:
    """What stands in the way of a skill, in words; empty when nothing does."""
    if manifest.always:
        return ()
    needs = manifest.needs
    found = []
    if needs.os and surroundings.os not in needs.os:
        found.append(f"it runs on {' or '.join(needs.os)}, not on {surroundings.os}")
    found += [f"the program {name} is not installed" for name in needs.bins if not surroundings.has_bin(name)]
    if needs.any_bins and not any(map(surroundings.has_bin, needs.any_bins)):
        found.append(f"none of the programs {', '.join(needs.any_bins)} is installed")
    found += [f"the variable {name} is not set" for name in needs.env if name not in surroundings.env]
    found += [f"{key} is not set in the config" for key in needs.config if not surroundings.has_config(key)]
    return tuple(found)


def _front_matter(text: str) -> Mapping[str, object]:
    try:
        front = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, the C one where there is one
    except yaml.YAMLError as error:
        front = _line_by_line(text)
        if "description" not in front:
            raise ManifestError(f"its front matter is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(front, dict):
        raise ManifestError("its front matter is not a list of `key: value` lines")
    return front


def _line_by_line(text: str) -> dict[str, object]:
    """Many skills write `description: Use when: …`, which YAML refuses and the original reads."""
    pairs = (line.partition(":") for line in text.splitlines() if line[:1].isalpha())
    return {key.strip(): value.strip().strip("\"'") for key, colon, value in pairs if colon}


def _section(metadata: object) -> Mapping[str, object]:
    if isinstance(metadata, str) and metadata.strip():
        try:
            metadata = pyjson5.decode(metadata)
        except pyjson5.Json5Exception as error:
            raise ManifestError(f"its metadata is not JSON5: {str(error)[:200]}") from None
    sections = metadata if isinstance(metadata, dict) else {}
    section = next((sections[name] for name in _SECTIONS if name in sections), None)
    return section if isinstance(section, dict) else {}


def _needs(section: Mapping[str, object]) -> Needs:
    found = section.get("requires")
    requires = found if isinstance(found, dict) else {}
    return Needs(
        os=_words(section.get("os")),
        bins=_words(requires.get("bins")),
        any_bins=_words(requires.get("anyBins")),
        env=_words(requires.get("env")),
        config=_words(requires.get("config")),
    )


def _words(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value] if value else []
    return tuple(str(item) for item in items)


def _flag(value: object, *, default: bool) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"true", "yes", "on", "1"}
    return default if value is None else bool(value)

"""Where a file lies, as the model names it: beneath the workspace, or refused. Pure."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from openclaw.agent.tools.base import Act, Kind, ToolError, ToolInputError

SANDBOX_NAME = "/work"
"""What the workspace is called inside the sandbox."""
INSTRUCTION_FILES = frozenset(
    {
        "agents.md",
        "soul.md",
        "tools.md",
        "user.md",
        "identity.md",
        "memory.md",
        "heartbeat.md",
        "bootstrap.md",
    }
)
INSTRUCTION_FOLDERS = frozenset({"memory", "skills", ".agents"})
OFF_LIMITS = "{path} belongs to the assistant's own state, which no tool reaches"
LONGEST_NAME, LONGEST_PATH = 255, 4_000
"""Bytes."""


@dataclass(frozen=True, slots=True)
class WorkspacePath:
    """Made by `Territory.place` alone. What it names may or may not be there."""

    root: Path
    parts: tuple[str, ...]
    """Real names, none of them empty, `.` or `..`."""
    outside: bool = False
    """Beneath the machine's root instead of the workspace."""
    off_limits: tuple[Path, ...] = field(default=(), compare=False)
    """What it must not lie in under its real name, either."""

    def __str__(self) -> str:
        text = "/".join(self.parts)
        return f"/{text}" if self.outside else text or "."

    @property
    def instructs(self) -> bool:
        """Whether the assistant reads it as its owner's words."""
        if self.outside or not self.parts:
            return False
        first = folded(self.parts[0])
        return first in INSTRUCTION_FOLDERS or (len(self.parts) == 1 and first in INSTRUCTION_FILES)


@dataclass(frozen=True, slots=True)
class Territory:
    """Where the file tools of one agent may go."""

    workspace: Path
    off_limits: tuple[Path, ...] = ()
    """Keys and ledgers: never, even where they lie beneath the workspace. The workspace itself may lie beneath them."""
    anywhere: bool = False
    """The owner lets them leave the workspace."""

    def place(self, text: str) -> WorkspacePath:
        """Raises ToolError for what is not to be reached, ToolInputError for what is no path."""
        _refuse_the_unreadable(text)
        for base in (str(self.workspace), SANDBOX_NAME):
            inner = _beneath(text, base)
            if inner is not None:
                return self._allowed(self.workspace, _climbed(inner, text))
        if not text.startswith("/"):
            return self._allowed(self.workspace, _climbed(text, text))
        if not self.anywhere:
            raise ToolError(f"{text} lies outside the workspace; give a path relative to {self.workspace}")
        parts = _climbed(text.lstrip("/"), text)
        absolute = PurePosixPath("/", *parts)
        if absolute.is_relative_to(self.workspace):
            return self._allowed(self.workspace, absolute.relative_to(self.workspace).parts)
        return self._allowed(Path("/"), parts, outside=True)

    def _allowed(self, root: Path, parts: tuple[str, ...], *, outside: bool = False) -> WorkspacePath:
        path = WorkspacePath(root, parts, outside, self.off_limits)
        absolute = PurePosixPath(root, *parts)
        for forbidden in self.off_limits:
            if absolute.is_relative_to(forbidden) and not (
                self.workspace.is_relative_to(forbidden) and absolute.is_relative_to(self.workspace)
            ):
                raise ToolError(OFF_LIMITS.format(path=path))
        return path


def act_on(kind: Kind, path: WorkspacePath, payload: str = "") -> Act:
    """What reading or changing this file means to the policy."""
    if path.outside:
        return Act(Kind.ADMINISTER, str(path), payload)
    if kind is Kind.WRITE and path.instructs:
        return Act(Kind.INSTRUCT, str(path), payload)
    return Act(kind, str(path), payload)


def folded(name: str) -> str:
    """Names that some file system takes for one are one: those of macOS ignore case, forms and joiners."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in plain if unicodedata.category(char) != "Cf")


def _refuse_the_unreadable(text: str) -> None:
    if not text.strip():
        raise ToolInputError("path is required")
    shown = text.encode("ascii", "backslashreplace").decode()[:200]
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise ToolInputError(f"path must not hold control characters: {shown!r}")
    if "\\" in text:
        raise ToolInputError(f"path must have / between its folders, not \\: {shown}")
    if text.startswith("~"):
        raise ToolInputError(f"path must be relative to the workspace; there is no ~ here: {shown}")
    if "://" in text:
        raise ToolInputError(f"path must name a file, not an address: {shown}")
    if len(text.encode()) > LONGEST_PATH:
        raise ToolInputError(f"path is longer than {LONGEST_PATH:,} bytes: {shown}…")


def _beneath(text: str, base: str) -> str | None:
    if text == base:
        return ""
    return text[len(base) :].lstrip("/") if text.startswith(base.rstrip("/") + "/") else None


def _climbed(text: str, whole: str) -> tuple[str, ...]:
    """`a/./b/../c` is `a/c`: no link is ever followed, so names can be worked out without looking."""
    parts: list[str] = []
    for part in text.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            raise ToolError(f"{whole} leads out of the workspace")
    if any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise ToolInputError(f"path holds a name of more than {LONGEST_NAME} bytes: {whole[:80]}…")
    return tuple(parts)

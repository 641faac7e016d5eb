"""Where the words of a conversation come from, taken together. Pure."""

from collections.abc import Iterable

from openclaw.types.conversation import AssistantMessage, Entry, Provenance, ToolMessage

_FROM_HIGH_TO_LOW: tuple[Provenance, ...] = (
    "owner",
    "memory",
    "file",
    "tool",
    "skill",
    "member",
    "hook",
    "web",
    "stranger",
)
FOREIGN: frozenset[Provenance] = frozenset({"skill", "member", "hook", "web", "stranger"})
"""Words of others than the owner, or of who knows whom: code that did not come with the package fetches anything."""


def provenances(entries: Iterable[Entry]) -> frozenset[Provenance]:
    """Those of all that people, pages and tools brought in; the assistant's own words add nothing."""
    found: set[Provenance] = set()
    for entry in entries:
        match entry:
            case ToolMessage():
                found |= {result.provenance for result in entry.results}
            case AssistantMessage():
                pass
            case _:
                found.add(entry.provenance)
    return frozenset(found)


def ordered(found: Iterable[Provenance]) -> tuple[Provenance, ...]:
    """From the most to the least trusted."""
    return tuple(sorted(set(found), key=_FROM_HIGH_TO_LOW.index))


def lowest(entries: Iterable[Entry]) -> Provenance:
    """What a text that was made from these entries inherits."""
    found = ordered(provenances(entries))
    return found[-1] if found else "owner"

"""What a program's request brings along: earlier words, instructions, and tools that run over there. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from openclaw.agent.tools.base import Tool
from openclaw.llm.chat import ToolSpec
from openclaw.sessions.lines import decode
from openclaw.types.conversation import AssistantMessage, Entry, Note, ToolMessage
from openclaw.types.messages import Brought

SENDER = "program"


def brought_entries(brought: Brought | None, known: Sequence[Entry]) -> tuple[Entry, ...]:
    """Results of calls that `known` holds stand as notes: there each call has had its result already."""
    if brought is None or not brought.lines:
        return ()
    read = (decode(line) for line in brought.lines.encode().splitlines())
    entries = [entry for entry in read if entry is not None]
    names = {
        call.id: call.name for entry in known if isinstance(entry, AssistantMessage) for call in entry.calls
    }
    return tuple(_placed(entries, names))


def _placed(entries: Sequence[Entry], names: Mapping[str, str]) -> Iterator[Entry]:
    before: Entry | None = None
    for entry in entries:
        if isinstance(entry, ToolMessage) and not (isinstance(before, AssistantMessage) and before.calls):
            yield from _notes(entry, names)
        else:
            yield entry
        before = entry


def _notes(message: ToolMessage, names: Mapping[str, str]) -> Iterator[Note]:
    for number, result in enumerate(message.results):
        name = names.get(result.call_id)
        what = (
            f"your call of {name} ({result.call_id})"
            if name
            else f"a call {result.call_id} that is not yours"
        )
        text = f"[Result of {what}]\n{result.content}"
        yield Note(f"{message.id}.{number}", message.at, text, SENDER, result.provenance)


def with_brought(
    system: str, specs: tuple[ToolSpec, ...], brought: Brought
) -> tuple[str, tuple[ToolSpec, ...]]:
    """Prompt and tools of a turn that a program asks for. A name of ours stays ours."""
    ours = {spec.name for spec in specs}
    theirs = [
        ToolSpec(tool.name, tool.description, tool.schema) for tool in brought.tools if tool.name not in ours
    ]
    if theirs:
        names = ", ".join(sorted(spec.name for spec in theirs))
        system += (
            f"\n\n## Tools of the Asking Program\nThese run in the program that asks, not here: {names}. "
            "To call one hands the call over and ends your turn; its result comes with the next message. "
            "Call none of your own tools in the same step."
        )
    if brought.instructions:
        system += f"\n\n## Instructions of the Asking Program\n{brought.instructions}"
    return system, tuple(sorted((*specs, *theirs), key=lambda spec: spec.name)) if theirs else specs


def client_tools(brought: Brought | None, ours: Mapping[str, Tool]) -> frozenset[str]:
    return (
        frozenset(tool.name for tool in brought.tools) - ours.keys() if brought is not None else frozenset()
    )

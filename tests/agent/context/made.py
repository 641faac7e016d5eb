"""Invented conversations."""

from zoneinfo import ZoneInfo

from openclaw.agent.context.compaction import Room
from openclaw.agent.context.summary import Scribe
from openclaw.agent.context.tokens import Gauge
from openclaw.agent.renderer import Wrapping
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Entry,
    Note,
    Provenance,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from tests.gateway.scripted import MODEL, NOW, ControlledClock, ScriptedModel

WRAPPING = Wrapping(b"k" * 32, ZoneInfo("Australia/Sydney"), "Australia/Sydney")
KEY = "agent:main:main"
MINUTE = 60_000


def asked(
    n: int, text: str = "hi", *, provenance: Provenance = "owner", at: int | None = None
) -> UserMessage:
    return UserMessage(f"m_{n}", NOW + n if at is None else at, text, "telegram:821071206", provenance)


def noted(n: int, text: str = "[SMS]\n> Yes, Tuesday.") -> Note:
    return Note(f"m_{n}", NOW + n, text, "sms:+12015550123")


def said(n: int, *blocks: Block | str, at: int | None = None) -> AssistantMessage:
    made = tuple(Text(block) if isinstance(block, str) else block for block in blocks)
    return AssistantMessage(f"m_{n}", NOW + n if at is None else at, made, MODEL)


def call(name: str = "toolu_1", tool: str = "read", **arguments: object) -> ToolCall:
    return ToolCall(name, tool, arguments)


def came(n: int, *contents: str, provenance: Provenance = "tool", at: int | None = None) -> ToolMessage:
    results = tuple(
        ToolResult(f"toolu_{n}_{place}", content, provenance=provenance)
        for place, content in enumerate(contents)
    )
    return ToolMessage(f"m_{n}", NOW + n if at is None else at, results)


def chat(turns: int, size: int = 400, start: int = 0) -> list[Entry]:
    """Turns of a question and an answer of so many characters each."""
    entries: list[Entry] = []
    for n in range(start, start + 2 * turns, 2):
        entries += [asked(n, "q" * size), said(n + 1, "a" * size)]
    return entries


def scribe(model: ScriptedModel) -> Scribe:
    return Scribe(model, WRAPPING, ControlledClock(NOW + 1_000_000))


def room(window: int = 200_000, reserve: int = 20_000, keep: int = 20_000) -> Room:
    return Room(window, reserve, keep, Gauge())

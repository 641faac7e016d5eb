"""How much a model is to think: chosen, lowered under load, and as each Claude takes it today. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from openclaw.llm.chat import Message, Request, ThinkingLevel
from openclaw.types.conversation import RedactedThinking, Text, Thinking, ToolCall, ToolResult

LEVELS: tuple[ThinkingLevel, ...] = get_args(ThinkingLevel)
"""The least first."""

BUDGETS: dict[ThinkingLevel, int] = {
    "off": 0,
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 32_768,
}
"""Tokens. 1,024 is the least that the API takes."""
_EFFORTS: dict[ThinkingLevel, str] = {"off": "low", "minimal": "low", "xhigh": "xhigh"}
"""Where it is not the level's own name."""


@dataclass(frozen=True, slots=True)
class Thinks:
    """How one family of models is told to think."""

    by: Literal["effort", "budget"]
    off: Literal["omit", "disabled", "between_tools", "never"] = "omit"
    """What it takes to stop it. `never`: it cannot be, only be kept short."""
    most: Literal["xhigh", "max"] = "xhigh"
    """The effort that stands for xhigh."""


_ALWAYS = Thinks("effort", "never")
_UNKNOWN = Thinks("budget")
"""Servers of other houses that speak Anthropic's format know its older form."""

# Anthropic's documentation as of November 2026. Fixed budgets are refused from Opus 4.7 on; from Opus 5 on a
# request that says nothing of thinking is thought about.
_BY_NAME: tuple[tuple[re.Pattern[str], Thinks], ...] = tuple(
    (re.compile(pattern), thinks)
    for pattern, thinks in (
        (r"claude-(fable|mythos)-", _ALWAYS),
        (r"claude-opus-5-5", _ALWAYS),
        (r"claude-sonnet-5-5", Thinks("effort", "between_tools")),
        (r"claude-(opus|sonnet|haiku)-5", Thinks("effort", "disabled")),
        (r"claude-opus-4-[78]", Thinks("effort")),
        (r"claude-(opus|sonnet)-4-6", Thinks("effort", most="max")),
        (r"claude-(opus|sonnet|haiku)-4-5", Thinks("budget")),
    )
)


def claude(model: str) -> Thinks | None:
    """None for a model that is no Claude we know. A proxy's prefix is no part of the name."""
    name = model.lower().rpartition("/")[2]
    return next((thinks for pattern, thinks in _BY_NAME if pattern.match(name)), None)


def level_of(value: object) -> ThinkingLevel | None:
    """None for what is no level: a session's entry is written by other programs too."""
    return next((level for level in LEVELS if level == value), None)


def resolve(
    wanted: Sequence[ThinkingLevel | None], *, default: ThinkingLevel | None, reasoning: bool
) -> ThinkingLevel:
    """The first of what is wanted (by the message, the session, the model's entry), else the default."""
    chosen = next((level for level in (*wanted, default) if level is not None), None)
    return chosen or ("low" if reasoning else "off")


def lowered(level: ThinkingLevel | None) -> ThinkingLevel | None:
    """The next lower level; None when there is none."""
    place = LEVELS.index(level) if level is not None else 0
    return LEVELS[place - 1] if place > 0 else None


def room(level: ThinkingLevel | None) -> int:
    """Tokens that thinking may take beside the answer's own limit, which holds the little that lower levels need."""
    return BUDGETS[level] if level in {"medium", "high", "xhigh"} else 0


def request_fields(request: Request) -> dict[str, Any]:
    """`thinking` and `output_config` of Anthropic's Messages API."""
    level = request.thinking
    if level is None:
        return {}
    thinks = claude(request.model) or _UNKNOWN
    if thinks.by == "budget":
        return _budget(level, request)
    if level != "off":
        effort = thinks.most if level == "xhigh" else _EFFORTS.get(level, level)
        # Newer models leave the thoughts' text out unless they are asked for it.
        thinking = {"type": "adaptive", "display": "summarized"}
        return {"thinking": thinking, "output_config": {"effort": effort}}
    match thinks.off:
        case "omit":
            return {}
        case "never":
            return {"output_config": {"effort": _EFFORTS["off"]}}
        case "disabled" | "between_tools" as kind:
            return {"thinking": {"type": kind}}


def _budget(level: ThinkingLevel, request: Request) -> dict[str, Any]:
    # The budget is a part of max_tokens, and half of those belong to the answer.
    tokens = min(BUDGETS[level], request.max_tokens // 2)
    if tokens < BUDGETS["minimal"] or _answers_unthought_calls(request.messages):
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


def _answers_unthought_calls(messages: tuple[Message, ...]) -> bool:
    """With a budget, the API wants a thought before calls whose results it gets: there is none after a change of
    model, or when thinking had been lowered to off."""
    newest = messages[-1] if messages else None
    if newest is None or not any(isinstance(block, ToolResult) for block in newest.blocks):
        return False
    calling = next((message for message in reversed(messages) if message.role == "assistant"), None)
    first = calling.blocks[:1] if calling is not None else ()
    return not any(isinstance(block, Thinking | RedactedThinking) for block in first)


def without_thoughts(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """For another model than the one that thought them: signatures bind them to it."""
    return tuple(_without(message) for message in messages)


def _without(message: Message) -> Message:
    kept = tuple(block for block in message.blocks if isinstance(block, Text | ToolCall | ToolResult))
    return message if len(kept) == len(message.blocks) else Message(message.role, kept, message.cache)

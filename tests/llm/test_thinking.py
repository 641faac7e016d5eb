from typing import Any

import pytest

from openclaw.llm.chat import Message, Request, ThinkingLevel
from openclaw.llm.thinking import (
    LEVELS,
    claude,
    level_of,
    lowered,
    request_fields,
    resolve,
    room,
    without_thoughts,
)
from openclaw.types.conversation import RedactedThinking, Text, Thinking, ToolCall, ToolResult

HELLO = Message("user", (Text("hello"),))
CALL = ToolCall("toolu_1", "get_weather", {})
RESULTS = Message("user", (ToolResult("toolu_1", "22"),))


def adaptive(effort: str) -> dict[str, Any]:
    return {
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": effort},
    }


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


@pytest.mark.parametrize(
    ("model", "level", "fields"),
    [
        ("claude-opus-4-6", None, {}),
        ("claude-opus-4-6", "off", {}),
        ("claude-opus-4-6", "minimal", adaptive("low")),
        ("claude-opus-4-6", "low", adaptive("low")),
        ("claude-opus-4-6", "high", adaptive("high")),
        ("claude-sonnet-4-6", "xhigh", adaptive("max")),
        ("claude-opus-4-8", "xhigh", adaptive("xhigh")),
        ("claude-opus-4-7", "off", {}),
        ("claude-opus-5", "off", {"thinking": {"type": "disabled"}}),
        ("claude-haiku-5-5", "off", {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", "off", {"thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", "off", {"output_config": {"effort": "low"}}),
        ("claude-fable-5-1", "off", {"output_config": {"effort": "low"}}),
        ("claude-mythos-5", "medium", adaptive("medium")),
        ("claude-sonnet-4-5", "low", budget(2048)),
        ("claude-haiku-4-5-20251001", "minimal", budget(1024)),
        ("claude-opus-4-5", "xhigh", budget(32_768)),
        ("claude-opus-4-5", "off", {}),
        ("anthropic/claude-opus-4-6", "low", adaptive("low")),
        ("kimi-k3", "low", budget(2048)),
    ],
)
def test_each_model_is_told_in_its_own_way(
    model: str, level: ThinkingLevel | None, fields: dict[str, Any]
) -> None:
    assert request_fields(Request(model, "", (HELLO,), max_tokens=80_000, thinking=level)) == fields


@pytest.mark.parametrize(("max_tokens", "fields"), [(8096, budget(4048)), (2048, budget(1024)), (2047, {})])
def test_a_budget_leaves_half_of_the_tokens_to_the_answer(max_tokens: int, fields: dict[str, Any]) -> None:
    request = Request("claude-haiku-4-5", "", (HELLO,), max_tokens=max_tokens, thinking="high")

    assert request_fields(request) == fields


@pytest.mark.parametrize(
    ("said", "thinks"),
    [((CALL,), False), ((Text("Let me see."), CALL), False), ((Thinking("hm", "sig"), CALL), True),
     ((RedactedThinking("…"), CALL), True)],
)  # fmt: skip
def test_with_a_budget_no_thought_is_begun_between_calls_that_had_none(
    said: tuple[Text | Thinking | RedactedThinking | ToolCall, ...], thinks: bool
) -> None:
    messages = (HELLO, Message("assistant", said), RESULTS)

    fields = request_fields(Request("claude-haiku-4-5", "", messages, thinking="low"))

    assert bool(fields) is thinks


@pytest.mark.parametrize(
    ("level", "lower"), [*zip(LEVELS[1:], LEVELS, strict=False), ("off", None), (None, None)]
)
def test_levels_go_down_to_off(level: ThinkingLevel | None, lower: ThinkingLevel | None) -> None:
    assert lowered(level) == lower


@pytest.mark.parametrize(
    ("wanted", "default", "reasoning", "level"),
    [
        (("high", "low"), "off", True, "high"),
        ((None, "minimal"), "high", True, "minimal"),
        ((None, None), "medium", True, "medium"),
        ((None, None), None, True, "low"),
        ((None, None), None, False, "off"),
    ],
)
def test_the_message_comes_before_the_session_the_model_and_the_default(
    wanted: tuple[ThinkingLevel | None, ...],
    default: ThinkingLevel | None,
    reasoning: bool,
    level: ThinkingLevel,
) -> None:
    assert resolve(wanted, default=default, reasoning=reasoning) == level


@pytest.mark.parametrize(("value", "level"), [("high", "high"), ("High", None), (None, None), (3, None)])
def test_what_is_no_level_is_none(value: object, level: ThinkingLevel | None) -> None:
    assert level_of(value) == level


def test_little_thought_needs_no_room_of_its_own() -> None:
    assert [room(level) for level in (None, *LEVELS)] == [0, 0, 0, 0, 8192, 16_384, 32_768]


def test_another_model_does_not_see_the_thoughts() -> None:
    plain = Message("assistant", (Text("Sunny."),))
    thought = Message("assistant", (Thinking("hm", "s"), RedactedThinking("x"), CALL), cache=True)

    left = without_thoughts((HELLO, plain, thought))

    assert left == (HELLO, plain, Message("assistant", (CALL,), cache=True))
    assert left[1] is plain


def test_a_claude_is_known_by_its_name_whoever_serves_it() -> None:
    assert claude("anthropic/claude-opus-4-6") == claude("claude-opus-4-6")
    assert claude("gpt-5") is None

"""Entries of conversations: invented ones by name, and any there can be, for property tests."""

from hypothesis import strategies as st

from openclaw.types.conversation import (
    AssistantMessage,
    Compaction,
    Entry,
    Note,
    Picture,
    Provenance,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)

NOW = 1_795_228_142_000

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ids = st.text("abcdef0123456789", min_size=1, max_size=6)
moments = st.integers(0, 4_102_444_800_000)
provenances: st.SearchStrategy[Provenance] = st.sampled_from(
    ["owner", "member", "stranger", "hook", "web", "file", "tool", "memory", "skill"]
)
counts = st.integers(0, 2**40)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
calls = st.builds(ToolCall, ids, text, st.dictionaries(text, json_values, max_size=3))
blocks = st.one_of(
    st.builds(Text, text), st.builds(Thinking, text, text), st.builds(RedactedThinking, text), calls
)
usages = st.builds(Usage, counts, counts, counts, counts, st.decimals(0, 1000, places=8).map(float))
pictures = st.lists(st.builds(Picture, text, text), max_size=2).map(tuple)
results = st.builds(ToolResult, ids, text, st.booleans(), provenances, pictures)
entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(UserMessage, ids, moments, text, text, provenances, text, text, pictures),
    st.builds(AssistantMessage, ids, moments, st.lists(blocks, max_size=4).map(tuple), text, usages),
    st.builds(ToolMessage, ids, moments, st.lists(results, max_size=3).map(tuple)),
    st.builds(Note, ids, moments, text, text, provenances),
    st.builds(Compaction, ids, moments, text, ids, counts),
)


def asked(name: str, text: str = "What's the weather like in Sydney?") -> UserMessage:
    return UserMessage(name, NOW, text, "telegram:821071206", "owner", "t_1")


def said(name: str, text: str = "It's 22 °C.") -> AssistantMessage:
    return AssistantMessage(name, NOW, (Text(text),), "anthropic/claude-sonnet-4-6", Usage(10, 2))


def called(name: str, *call_ids: str) -> AssistantMessage:
    wanted = tuple(ToolCall(call_id, "get_weather", {"location": "Sydney"}) for call_id in call_ids)
    return AssistantMessage(name, NOW, (Text("One moment."), *wanted), "anthropic/claude-sonnet-4-6")


def came(name: str, *call_ids: str) -> ToolMessage:
    return ToolMessage(name, NOW, tuple(ToolResult(call_id, '{"temperature":22}') for call_id in call_ids))


def noted(name: str) -> Note:
    return Note(name, NOW, "[SMS]\n> Did you book the dentist?", "sms:+12015550123")


def summed_up(name: str, first_kept: str) -> Compaction:
    return Compaction(name, NOW, "They spoke of the weather.", first_kept, 181_234)

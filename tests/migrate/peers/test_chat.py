from openclaw.migrate.peers.chat import Chat, Said, converted
from openclaw.migrate.records import Converted, Speaker
from openclaw.sessions.transcript import INTERRUPTED, window
from openclaw.types.conversation import AssistantMessage, Compaction, Text, Thinking, ToolMessage, UserMessage
from tests.migrate.houses import TALK, Json

SPEAKER = Speaker("telegram:1", "stranger")


def chat(*messages: Json, **more: object) -> Chat:
    said = tuple(Said(number, 1000 + number, message) for number, message in enumerate(messages, start=1))
    return Chat(said, **more)  # type: ignore[arg-type]


def read(*messages: Json, **more: object) -> Converted:
    return converted(chat(*messages, **more), SPEAKER)


def test_a_talk_with_a_tool_comes_over_whole() -> None:
    user, called, answered, reply = read(*TALK, model="anthropic/claude-opus-4-6").entries

    assert isinstance(user, UserMessage)
    assert isinstance(called, AssistantMessage)
    assert isinstance(answered, ToolMessage)
    assert isinstance(reply, AssistantMessage)
    assert (user.text, user.at, user.provenance) == ("What's the weather like in Sydney?", 1001, "stranger")
    assert [(each.id, each.name, each.arguments) for each in called.calls] == [
        ("call_1", "get_weather", {"location": "Sydney"})
    ]
    assert [(each.call_id, each.content) for each in answered.results] == [("call_1", '{"temperature":22}')]
    assert (reply.text, reply.model) == ("It's 22 °C in Sydney.", "anthropic/claude-opus-4-6")


def test_what_the_model_thought_and_what_is_no_text_keep_their_place() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    unsigned = {"type": "thinking", "thinking": "hm"}
    picture = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {}}, "end"]
    user, said = read(
        {"role": "user", "content": picture},
        {"role": "assistant", "content": "seen", "thinking_blocks": [unsigned, thought]},
    ).entries

    assert isinstance(user, UserMessage)
    assert isinstance(said, AssistantMessage)
    assert user.text == "look\n[image_url]\nend"
    assert said.blocks == (Thinking("hm", "c2ln"), Text("seen"))


def test_calls_without_results_and_results_without_calls_are_mended_and_counted() -> None:
    call = {"id": "a", "function": {"name": "x", "arguments": "no JSON"}}
    found = read(
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "b", "content": "of nobody"},
    )
    called, answered = found.entries

    assert isinstance(called, AssistantMessage)
    assert isinstance(answered, ToolMessage)
    assert called.calls[0].arguments == {"arguments": "no JSON"}
    assert answered.results[0].content == INTERRUPTED
    assert found.left == {"results of no call": 1}


def test_what_is_no_talk_is_left_and_what_is_broken_is_numbered() -> None:
    found = read(
        {"role": "system", "content": "be good"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": {"text": "x"}},
        {"role": "tool", "tool_call_id": "a", "content": 7},
        {"role": "user"},
        {"role": "ghost", "content": "boo"},
    )

    assert found.entries == []
    assert sorted(number for number, _ in found.damaged) == [3, 4, 5]
    assert found.left == {
        "instructions of the other program": 1,
        "answers without a word": 1,
        "messages of the role 'ghost'": 1,
    }


def test_a_summary_stands_for_what_was_before() -> None:
    older = [{"role": "user", "content": "old"}, {"role": "assistant", "content": "older"}]

    seen = window(read(*older, *TALK, summary="They talked.", first_kept=2).entries)

    assert isinstance(seen[0], Compaction)
    assert seen[0].summary == "They talked."
    assert [each.text for each in seen if isinstance(each, UserMessage)] == [
        "What's the weather like in Sydney?"
    ]

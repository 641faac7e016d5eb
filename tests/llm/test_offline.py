import pytest

from openclaw.llm.chat import Delta, Endpoint, Message, Request, ToolSpec
from openclaw.llm.offline import HOW_TO_SET, NO_KEY, answer, provider
from openclaw.types.conversation import Block, Text, ToolCall, ToolResult
from openclaw.types.secrets import Secret

TOOLS = (ToolSpec("get_weather", "The weather.", {"type": "object"}), ToolSpec("ant", "", {"type": "object"}))


def wrapped(text: str, nonce: str = "c0ffee" * 5 + "42") -> str:
    return (
        f'<<<EXTERNAL_UNTRUSTED_CONTENT id="{nonce}">>>\nSource: telegram message from the owner\n{text}\n'
        f'<<<END_EXTERNAL_UNTRUSTED_CONTENT id="{nonce}">>>'
    )


def request(*messages: Message) -> Request:
    return Request("offline", "You are …", messages, TOOLS)


def said(text: str) -> Message:
    return Message("user", (Text(text),))


def told(block: Text | ToolCall) -> str:
    assert isinstance(block, Text)
    return block.text


def test_it_says_that_no_key_is_set_and_how_to_set_one() -> None:
    text = told(answer(request(said(wrapped("hello there")))))

    assert text.startswith(NO_KEY)
    assert "“hello there”" in text
    assert "Source:" not in text
    assert HOW_TO_SET in text
    assert "ANTHROPIC_API_KEY" in text
    assert "openclaw onboard" in text


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('/tool get_weather {"location":"Sydney"}', {"location": "Sydney"}),
        (' /tool   get_weather\n{"location":\n"Sydney"} ', {"location": "Sydney"}),
        ("/tool get_weather", {}),
    ],
)
def test_it_calls_a_tool_on_request(text: str, arguments: dict[str, object]) -> None:
    call = ToolCall("toolu_offline_1", "get_weather", arguments)

    assert answer(request(said(wrapped(text)))) == call
    assert answer(request(said(text))) == call


def test_only_the_newest_of_several_texts_is_a_request() -> None:
    older, newer = wrapped("/tool ant {}", "a" * 32), wrapped("and hello", "b" * 32)

    assert "“and hello”" in told(answer(request(said(f"{older}\n{newer}"))))
    assert "“and hello”" in told(answer(request(Message("user", (Text(older), Text(newer))))))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/tool get_weather {location: Sydney}", "not JSON"),
        ("/tool get_weather [1]", "must be a JSON object"),
        ("/tool get_whether {}", "ant, get_weather"),
        ("/tool", "ant, get_weather"),
    ],
)
def test_a_request_it_cannot_read_is_told_so(text: str, words: str) -> None:
    assert words in told(answer(request(said(text))))


def test_a_word_that_begins_like_the_command_is_not_one() -> None:
    assert "“/tools please”" in told(answer(request(said("/tools please"))))


def test_it_reports_what_the_tools_answered() -> None:
    calls: tuple[Block, ...] = (ToolCall("c1", "get_weather", {}), ToolCall("c2", "ant", {}))
    results = (ToolResult("c1", wrapped('{"temperature":22}')), ToolResult("c2", "no ants", failed=True))

    text = told(answer(request(said("/tool …"), Message("assistant", calls), Message("user", results))))

    assert text == 'get_weather answered: {"temperature":22}\n\nant failed: no ants'


def test_each_call_of_a_conversation_has_its_own_id() -> None:
    earlier = (
        said("/tool ant"),
        Message("assistant", (ToolCall("toolu_offline_1", "ant", {}),)),
        Message("user", (ToolResult("toolu_offline_1", "none"),)),
    )

    assert answer(request(*earlier, said("/tool ant"))) == ToolCall("toolu_offline_2", "ant", {})


async def test_its_words_are_streamed_one_by_one() -> None:
    deltas: list[Delta] = []

    async def see(delta: Delta) -> None:
        deltas.append(delta)

    await provider.warm()
    model = await provider.open(Endpoint("offline", "", Secret("")))
    reply = await model.ask(request(said("hello")), see)
    await model.aclose()

    assert "".join(delta.text for delta in deltas) == reply.text
    assert len(deltas) > 20
    assert (reply.stop, reply.model, reply.usage.cost) == ("end", "offline/offline", 0)


async def test_a_call_is_a_reply_that_stops_for_its_tool() -> None:
    async def see(delta: Delta) -> None:
        raise AssertionError("a call has no text")

    model = await provider.open(Endpoint("offline", "", Secret("")))

    assert (await model.ask(request(said("/tool ant")), see)).stop == "tool_use"

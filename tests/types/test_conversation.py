from openclaw.types.conversation import AssistantMessage, RedactedThinking, Text, Thinking, ToolCall, Usage

CALL = ToolCall("toolu_1", "get_weather", {"location": "Sydney"})


def test_a_message_says_its_texts_and_keeps_its_thoughts() -> None:
    blocks = (Thinking("hm", "sig"), Text("It is "), CALL, RedactedThinking("x"), Text("22 °C."))
    message = AssistantMessage("m_1", 0, blocks, "anthropic/claude")

    assert message.text == "It is 22 °C."
    assert message.calls == (CALL,)


def test_usage_adds_up_over_the_steps_of_a_turn() -> None:
    steps = [Usage(10, 2, 100, 5, 0.25), Usage(1, 3, 0, 0, 0.5)]
    assert sum(steps, Usage()) == Usage(11, 5, 100, 5, 0.75)


def test_a_prompt_is_as_long_when_it_is_cached() -> None:
    assert Usage(10, 99, 100, 5).prompt == 115

from openclaw.agent.skills.commands import DirectCall
from openclaw.agent.skills.direct import DirectModel
from openclaw.llm.chat import Delta, Message, Request
from openclaw.types.conversation import Text, ToolCall, ToolResult

CALL = DirectCall(
    "weather", "get_weather", {"command": "Sydney", "commandName": "weather", "skillName": "weather"}
)


async def test_it_calls_the_tool_and_says_what_came_without_asking_anybody() -> None:
    model, heard = DirectModel(CALL, "toolu_run_1"), []

    async def listen(delta: Delta) -> None:
        heard.append(delta.text)

    async def withdraw() -> None:
        raise AssertionError("nothing was streamed")

    asked = Request("weather", "", (Message("user", (Text("/weather Sydney"),)),))
    called = await model.ask(asked, listen, withdraw)
    result = Message("user", (ToolResult("toolu_run_1", "22 degrees\n"),))
    said = await model.ask(Request("weather", "", (*asked.messages, result)), listen, withdraw)

    assert called.blocks == (ToolCall("toolu_run_1", "get_weather", CALL.arguments),)
    assert (said.text, said.stop, said.model) == ("22 degrees", "end", "skill/weather")
    assert heard == ["22 degrees"]
    assert called.usage.cost == said.usage.cost == 0

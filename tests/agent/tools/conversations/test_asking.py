import pytest

from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolInputError
from openclaw.agent.tools.conversations.arguments import SendArguments, StatusArguments
from openclaw.agent.tools.conversations.asking import AskingTool
from tests.agent.tools.scenes import SCENE


async def say(given: SendArguments, scene: Scene) -> str:
    return f"{given.sessionKey}: {given.message}"


TOOL = AskingTool(
    "sessions_send", "Say it.", SendArguments, lambda given, scene: Act(Kind.DELEGATE, given.sessionKey, given.message),
    say, Effect.KEYED,
)  # fmt: skip


async def test_arguments_are_typed_before_they_are_judged_and_asked() -> None:
    arguments = {"label": "dentist", "message": "When?"}

    assert TOOL.act(arguments, SCENE) == Act(Kind.DELEGATE, "dentist", "When?")
    assert await TOOL.run(arguments, SCENE) == "dentist: When?"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"sessionKey": "main"}, "message is required"),
        (
            {"sessionKey": "main", "message": "x", "timeoutSeconds": -1},
            "timeoutSeconds must be a number ≥ 0 and ≤ 600, not -1",
        ),
        ({"sessionKey": "main", "message": "x", "loud": True}, "there is no argument loud"),
    ],
)
def test_wrong_arguments_are_told_precisely(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(ToolInputError, match=complaint):
        TOOL.act(arguments, SCENE)


def test_the_schema_names_what_models_write() -> None:
    assert set(TOOL.schema["properties"]) == {"sessionKey", "message", "timeoutSeconds"}
    quiet = AskingTool("status", "", StatusArguments, lambda given, scene: Act(Kind.READ), say)  # type: ignore[arg-type]
    assert (quiet.effect, quiet.provenance) == (Effect.READ_ONLY, "tool")

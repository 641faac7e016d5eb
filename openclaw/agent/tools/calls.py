"""The tools of the telephone: call somebody, put a caller through, end a call."""

from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.conversations.asking import AskingTool
from openclaw.agent.tools.conversations.port import Letter, Messenger
from openclaw.types import e164
from openclaw.types.messages import Address

CHANNEL = "voice"


@runtime_checkable
class Calls(Protocol):
    """What can be done with the call that a turn answers. Each returns why it cannot be done, else nothing."""

    def forward(self, to: Address) -> str:
        """Once the answer is said, put the caller through to whom the owner's file names."""

    def hang_up(self, to: Address) -> str:
        """Once the answer is said, end the call."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlaceArguments(_Arguments):
    to: str = Field(min_length=1, description="an international number, +12015550123")
    message: str = Field(
        min_length=1, max_length=2000, description="what is said first, in words for the ear"
    )


class NoArguments(_Arguments):
    pass


class CallFamily:
    def __init__(self, calls: Calls, messenger: Messenger) -> None:
        self._calls = calls
        self._messenger = messenger
        self._tools: tuple[Tool, ...] = (
            AskingTool(
                "end_call", "End the telephone call of this conversation after your answer has been said.", NoArguments,
                _in_call, self._end, Effect.IDEMPOTENT,
            ),
            AskingTool(
                "forward_call", "Put the caller of this telephone call through to the owner's own number, after your "
                "answer has been said. Tell them so in your answer.", NoArguments,
                _in_call, self._forward, Effect.IDEMPOTENT,
            ),
            AskingTool(
                "place_call", "Call a telephone number and say a message. Whoever may speak with you can answer; "
                "to others it is only said.", PlaceArguments, self._judge, self._place, Effect.KEYED,
            ),
        )  # fmt: skip

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return self._tools

    async def _end(self, given: NoArguments, scene: Scene) -> str:
        return _done(self._calls.hang_up(_call(scene)), "The call ends once your answer has been said.")

    async def _forward(self, given: NoArguments, scene: Scene) -> str:
        said = "The caller is put through once your answer has been said."
        return _done(self._calls.forward(_call(scene)), said)

    def _judge(self, given: PlaceArguments, scene: Scene) -> Act:
        return Act(Kind.SEND, f"{CHANNEL}:{_number(given.to)}", given.message)

    async def _place(self, given: PlaceArguments, scene: Scene) -> str:
        to = self._messenger.address(CHANNEL, _number(given.to), None, scene)
        outbox_id = await self._messenger.send(Letter(to, given.message), scene)
        return f"{to.chat} is being called ({outbox_id})."


def _in_call(given: NoArguments, scene: Scene) -> Act:
    # The call itself, and a number that the owner's own file names: nobody new learns anything.
    return Act(Kind.CONSULT, CHANNEL)


def _call(scene: Scene) -> Address:
    if scene.reply_to is None or scene.reply_to.channel != CHANNEL or scene.reply_to.thread is None:
        raise ToolError("there is no telephone call in this conversation")
    return scene.reply_to


def _number(text: str) -> str:
    if (number := e164.parse(text)) is None:
        raise ToolInputError("to must be an international number such as +12015550123")
    return number


def _done(refused: str, said: str) -> str:
    if refused:
        raise ToolError(refused)
    return said

"""The tool `phone_numbers`: whose texts are answered, changed by the owner's word."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, Tool, ToolError
from openclaw.agent.tools.conversations.asking import AskingTool
from openclaw.types import e164
from openclaw.types.errors import OpenClawError

NAME = "phone_numbers"
DESCRIPTION = (
    "The telephone numbers whose text messages (SMS) are answered: list, add or remove one. "
    "Use it when the owner says that a number is to be authorised, or no longer. "
    "A number is written with its country: +12015550123."
)
OWNER_ONLY = "only the owner, in a private chat with you, may see or change whose texts are answered"


class Numbers(Protocol):
    """The list of authorised numbers. Raises OpenClawError."""

    async def lines(self) -> list[str]:
        """Each number with when and by whom it was listed."""

    async def add(self, number: str, by: str) -> bool:
        """False when it is listed already."""

    async def remove(self, number: str) -> bool:
        """False when it was not listed."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: Literal["list", "add", "remove"]
    number: str = Field(default="", description="For add and remove: +, country and number.")

    @model_validator(mode="after")
    def _has_a_number(self) -> "_Arguments":
        if self.action != "list" and e164.parse(self.number) is None:
            given = f"{self.number[:40]!r} is none" if self.number else "number is required"
            raise ValueError(f"{given}: write it with its country, as in +12015550123")
        return self

    @property
    def e164(self) -> str:
        return e164.parse(self.number) or ""


def _act(given: _Arguments, scene: Scene) -> Act:
    if given.action == "list":
        return Act(Kind.READ, NAME)
    return Act(Kind.ADMINISTER, given.e164, f"{given.action} an authorised number")


class PhoneNumbersFamily:
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._tools: tuple[Tool, ...] = (
            AskingTool(NAME, DESCRIPTION, _Arguments, _act, self._ask, Effect.IDEMPOTENT),
        )

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return self._tools

    async def _ask(self, given: _Arguments, scene: Scene) -> str:
        if scene.role != "owner" or scene.chat_type != "direct":
            raise ToolError(OWNER_ONLY)
        try:
            return await self._done(given, scene.sender)
        except OpenClawError as error:
            raise ToolError(str(error)) from error

    async def _done(self, given: _Arguments, by: str) -> str:
        number = given.e164
        match given.action:
            case "list":
                return "\n".join(await self._numbers.lines()) or "No number is authorised."
            case "add":
                added = await self._numbers.add(number, by)
                return f"{number} is authorised{'' if added else ' already'}: its texts are answered."
            case "remove":
                removed = await self._numbers.remove(number)
                return (
                    f"{number} is no longer authorised: its texts are kept and not answered."
                    if removed
                    else f"{number} was not authorised."
                )

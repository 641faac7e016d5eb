"""The arguments of this package's tools, as models give them."""

from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.llm.chat import ThinkingLevel


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListArguments(Arguments):
    kinds: list[str] = Field(default_factory=list, description="main, direct, group, cron, subagent, other")
    limit: int = Field(default=50, ge=1, le=200)
    activeMinutes: int | None = Field(default=None, ge=1)
    messageLimit: int = Field(default=0, ge=0, le=20, description="so many newest messages with each")


class HistoryArguments(Arguments):
    sessionKey: str = Field(min_length=1)
    limit: int = Field(default=50, ge=1, le=1000)
    includeTools: bool = False


class SendArguments(Arguments):
    sessionKey: str = Field(
        min_length=1,
        description="the conversation's key, or its label",
        validation_alias=AliasChoices("sessionKey", "label"),
    )
    message: str = Field(min_length=1)
    timeoutSeconds: float = Field(default=30, ge=0, le=600, description="0: do not wait for the answer")


class SpawnArguments(Arguments):
    task: str = Field(min_length=1)
    label: str = Field(default="", max_length=64)
    agentId: str | None = None
    model: str | None = None
    thinking: ThinkingLevel | None = None
    runTimeoutSeconds: float | None = Field(default=None, gt=0, le=86_400)
    cleanup: Literal["keep", "delete"] = "keep"


class SubagentsArguments(Arguments):
    action: Literal["list", "kill", "steer"]
    target: str | None = Field(default=None, description="a key or label; kill also takes all")
    message: str | None = Field(default=None, description="for steer")


class StatusArguments(Arguments):
    sessionKey: str | None = None
    model: str | None = Field(
        default=None, description="answer with this model from now on; default: the usual one"
    )


class NoArguments(Arguments):
    pass


class MessageArguments(Arguments):
    action: Literal["send"] = Field(default="send", description="only send is possible here")
    message: str = Field(default="", max_length=20_000, description="may be left out with media")
    media: str | None = Field(
        default=None,
        min_length=1,
        description="a file of the workspace to send along",
        validation_alias=AliasChoices("media", "filePath", "path"),
    )
    target: str | None = Field(
        default=None,
        description="the recipient's id on the channel; without it, this conversation",
        validation_alias=AliasChoices("target", "to"),
    )
    channel: str | None = Field(default=None, description="without it, the channel of this conversation")
    accountId: str | None = None
    threadId: str | None = None
    dryRun: bool = Field(default=False, description="only say where it would go")

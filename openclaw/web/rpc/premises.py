"""What goes on around the conversations: the log, who is connected, the last heartbeat, messages sent by hand."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from openclaw.web.desk import House, Json
from openclaw.web.office.post import Letter, NotSentError
from openclaw.web.rpc.frames import Bare, RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params


class LogsTail(Params):
    cursor: int | None = Field(default=None, ge=0)
    limit: int = Field(default=500, ge=1, le=5000)
    max_bytes: int = Field(default=250_000, ge=1, le=1_000_000)


class SystemPresence(Params):
    """Without any."""


class LastHeartbeat(Params):
    """Without any."""


class ExecApprovalsGet(Params):
    """Without any."""


class Send(Params):
    to: str = Field(min_length=1, max_length=256)
    message: str = Field(min_length=1, max_length=100_000)
    idempotency_key: str = Field(min_length=1, max_length=256)
    channel: str | None = Field(default=None, min_length=1, max_length=64)
    account_id: str | None = Field(default=None, min_length=1, max_length=64)
    thread_id: str | None = Field(default=None, min_length=1, max_length=64)
    agent_id: str | None = None
    session_key: str | None = None
    media_url: str | None = None
    media_urls: list[str] | None = None
    gif_playback: bool | None = None

    @model_validator(mode="after")
    def _is_text(self) -> "Send":
        if self.media_url or self.media_urls:
            raise ValueError("files cannot be sent this way yet; send the text alone")
        if not self.message.strip():
            raise ValueError("message required")
        return self


class ExecApprovalsSet(Params):
    file: dict[str, Any]
    base_hash: str | None = Field(default=None, max_length=128)


async def tail_log(house: House, params: LogsTail, _: Caller) -> Json:
    return await house.office.log.tail(params.cursor, params.limit, params.max_bytes)


async def presence(house: House, _: SystemPresence, __: Caller) -> Json:
    return Bare(value=house.office.presence.listing())


async def last_heartbeat(house: House, _: LastHeartbeat, __: Caller) -> Json:
    return Bare(value=await house.office.heartbeats.last())


async def exec_rules(house: House, _: ExecApprovalsGet, __: Caller) -> Json:
    return house.office.exec.shown()


async def set_exec_rules(house: House, params: ExecApprovalsSet, _: Caller) -> Json:
    """The same rules are taken; others are the owner's to write on the machine itself."""
    shown = house.office.exec.shown()
    if params.base_hash not in {None, shown["hash"]}:
        raise RpcError(
            "INVALID_REQUEST", "the rules have changed meanwhile; read them again with exec.approvals.get"
        )
    asked, now = params.file.get("defaults") or {}, shown["resolvedDefaults"]
    assert isinstance(now, Mapping)
    others = [
        f"tools.exec.{name}" for name, value in asked.items() if value is not None and now.get(name) != value
    ]
    if others or any((each or {}).get("allowlist") for each in (params.file.get("agents") or {}).values()):
        what = ", ".join(others) or "tools.exec.safeBins"
        raise RpcError(
            "INVALID_REQUEST",
            f"which programs run is changed on the machine itself: `openclaw config set {what.split(', ')[0]} …`",
            {"code": "PROTECTED", "keys": others},
        )
    return shown


async def send(house: House, params: Send, _: Caller) -> Json:
    letter = Letter(
        params.idempotency_key, params.to, params.message, params.channel, params.account_id, params.thread_id
    )
    try:
        return await house.office.post.send(letter)
    except NotSentError as error:
        raise RpcError("UNAVAILABLE", str(error)) from None

"""Programs that ask the owner before they run a command themselves: the original's questions, and its answers."""

from collections.abc import Awaitable
from typing import TypeVar

from pydantic import Field

from openclaw.gateway.command_requests import Decided, OtherCommandError, TooManyCommandsError
from openclaw.gateway.command_text import Asker, Command, asker_name
from openclaw.store.approvals import Approval
from openclaw.web.desk import House, Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params
from openclaw.web.rpc.runs import Accepted

T = TypeVar("T")
RETRY_SECONDS = 30.0


class ApprovalRequest(Params):
    command: str = Field(min_length=1, max_length=16_384)
    id: str | None = Field(default=None, min_length=1, max_length=128)
    command_argv: list[str] | None = Field(default=None, max_length=512)
    env: dict[str, str] | None = Field(default=None, max_length=256)
    """Its values are bound to the answer; nobody is shown them, and they are not kept."""
    cwd: str | None = Field(default=None, max_length=4096)
    node_id: str | None = Field(default=None, max_length=128)
    host: str | None = Field(default=None, max_length=128)
    security: str | None = Field(default=None, max_length=64)
    ask: str | None = Field(default=None, max_length=64)
    agent_id: str | None = Field(default=None, max_length=128)
    resolved_path: str | None = Field(default=None, max_length=4096)
    session_key: str | None = Field(default=None, max_length=512)
    # Where the turn came from is what the program says: the owner is asked where he is himself.
    turn_source_channel: str | None = Field(default=None, max_length=64)
    turn_source_to: str | None = Field(default=None, max_length=256)
    turn_source_account_id: str | None = Field(default=None, max_length=64)
    turn_source_thread_id: str | int | None = None
    timeout_ms: int = Field(default=120_000, ge=1)
    two_phase: bool = False

    def meant(self) -> Command:
        """Pure."""
        rest = {
            "security": self.security, "ask": self.ask, "turnSourceChannel": self.turn_source_channel,
            "turnSourceTo": self.turn_source_to, "turnSourceAccountId": self.turn_source_account_id,
            "turnSourceThreadId": self.turn_source_thread_id,
        }  # fmt: skip
        return Command(
            self.command, tuple(self.command_argv or ()), self.cwd or "", self.resolved_path or "",
            self.host or "", self.node_id or "", self.agent_id or "", self.session_key or "", self.env or {},
            {name: value for name, value in rest.items() if value is not None},
        )  # fmt: skip


class ApprovalWait(Params):
    id: str = Field(min_length=1, max_length=128)


async def request_approval(house: House, params: ApprovalRequest, caller: Caller) -> Json | Accepted:
    if not params.command.strip():
        raise RpcError("INVALID_REQUEST", "command is required")
    asker = await _asker(house, caller)
    approval = await _or_refused(
        house.desk.commands().ask(params.meant(), asker, params.id, params.timeout_ms)
    )

    async def finish() -> Json:
        return await _decision(house, approval.question.call_id, asker, caller)

    if params.two_phase:
        return Accepted({"status": "accepted", **_told(approval)}, finish)
    return await finish()


async def wait_decision(house: House, params: ApprovalWait, caller: Caller) -> Json:
    return await _decision(house, params.id, await _asker(house, caller), caller)


async def _decision(house: House, name: str, asker: Asker, caller: Caller) -> Json:
    return decided_told(await _or_refused(house.desk.commands().decision(name, asker, caller.connection)))


def decided_told(decided: Decided) -> Json:
    """Pure. `allow-always` is never said: each command is answered for by itself. No answer is null, and a no."""
    decision = "allow-once" if decided.allowed else "deny" if decided.outcome == "denied" else None
    return {**_told(decided.approval), "decision": decision, "outcome": decided.outcome}


def _told(approval: Approval) -> dict[str, object]:
    return {
        "id": approval.question.call_id,
        "approvalId": approval.id,
        "createdAtMs": approval.asked_at,
        "expiresAtMs": approval.expires_at,
    }


async def _asker(house: House, caller: Caller) -> Asker:
    if caller.device:
        paired = await house.office.devices.find(caller.device)
        called = (paired and paired.device.display_name) or caller.client
        return Asker(f"device:{caller.device}", asker_name(called), f", device {caller.device[:12]}")
    if caller.browser:
        return Asker(f"browser:{caller.browser}", "a browser", ", signed in to this gateway")
    return Asker(f"client:{caller.client}", caller.client, ", a program with the gateway's token")


async def _or_refused(work: Awaitable[T]) -> T:
    try:
        return await work
    except TooManyCommandsError as error:
        details = {"code": "TOO_MANY_APPROVALS"}
        raise RpcError("UNAVAILABLE", str(error), details, retry_after=RETRY_SECONDS) from None
    except OtherCommandError as error:
        raise RpcError("INVALID_REQUEST", str(error), {"code": "APPROVAL_ID_IN_USE"}) from None

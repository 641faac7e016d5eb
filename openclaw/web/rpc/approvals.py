"""What the owner is asked about tool calls, as the control plane tells it and takes his answer."""

from typing import Literal

from pydantic import Field

from openclaw.types.events import ApprovalOutcome, ApprovalRequested, ApprovalResolved
from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.narration import Told
from openclaw.web.rpc.params import Params

APPROVAL_EVENTS = (ApprovalRequested, ApprovalResolved)

_DECISIONS: dict[ApprovalOutcome, str | None] = {
    "approved": "allow-once",
    "denied": "deny",
    "expired": None,
    "withdrawn": None,
}


class ApprovalsList(Params):
    all: bool = False
    """Also those that are settled."""


class ApprovalResolve(Params):
    id: str = Field(min_length=1, max_length=64)
    # The original also has `allow-always`: here each call is answered for by itself.
    decision: Literal["allow-once", "deny"]


async def list_approvals(house: House, params: ApprovalsList, _: Caller) -> Json:
    return {"approvals": await house.desk.approvals(settled=params.all)}


async def resolve_approval(house: House, params: ApprovalResolve, caller: Caller) -> Json:
    allow = params.decision == "allow-once"
    return await house.desk.decide_approval(params.id, allow=allow, by=f"operator:{caller.client}")


def approval_told(event: ApprovalRequested | ApprovalResolved) -> Told:
    """Pure. In the original's shapes; only for those who may decide."""
    match event:
        case ApprovalRequested():
            request = {"command": event.summary, "agentId": event.agent, "sessionKey": event.session_key}
            times = {"createdAtMs": event.asked_at, "expiresAtMs": event.expires_at}
            name, payload = "exec.approval.requested", {"id": event.approval_id, "request": request, **times}
        case ApprovalResolved():
            decision = {"decision": _DECISIONS[event.outcome], "outcome": event.outcome}
            name = "exec.approval.resolved"
            payload = {"id": event.approval_id, **decision, "resolvedBy": event.by, "ts": event.at}
    return Told(name, payload, scope="operator.approvals")

"""The telephone over the control plane, for the command line. Whoever may ask here is the owner."""

from pydantic import Field

from openclaw.compliance.reasons import explained
from openclaw.gateway.phone.numbers import strict
from openclaw.types.clock import iso
from openclaw.types.sending import Submission
from openclaw.web.desk import House, Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

BY = "command line"


class PhoneNumbers(Params):
    """Without any."""


class PhoneNumber(Params):
    number: str = Field(min_length=1, max_length=64)


class PhoneSms(Params):
    to: str = Field(min_length=1, max_length=64)
    body: str
    from_: str | None = Field(default=None, alias="from")


class PhoneCall(Params):
    to: str = Field(min_length=1, max_length=64)
    message: str = ""
    from_: str | None = Field(default=None, alias="from")


async def list_numbers(house: House, _: PhoneNumbers, __: Caller) -> Json:
    rows = await house.desk.phone().listed()
    return {"numbers": [{"number": row.number, "addedAt": row.added_at, "by": row.by} for row in rows]}


async def add_number(house: House, params: PhoneNumber, _: Caller) -> Json:
    added = await house.desk.phone().authorise(params.number, BY)
    return {"number": strict(params.number), "added": added}


async def remove_number(house: House, params: PhoneNumber, _: Caller) -> Json:
    removed = await house.desk.phone().revoke(params.number)
    return {"number": strict(params.number), "removed": removed}


async def send_sms(house: House, params: PhoneSms, _: Caller) -> Json:
    return told(await house.desk.phone().text(params.to, params.body, params.from_))


async def place_call(house: House, params: PhoneCall, _: Caller) -> Json:
    return told(await house.desk.phone().call(params.to, params.message, params.from_))


def told(submission: Submission) -> Json:
    """Raises RpcError for what a gate refuses: the command fails."""
    verdict = submission.verdict
    if submission.status == "refused":
        details = {"gate": verdict.gate, "reason": verdict.code}
        raise RpcError("INVALID_REQUEST", f"not sent: {explained(verdict)}", details)
    return {
        "id": submission.id,
        "status": submission.status,
        "reason": explained(verdict) if submission.status != "queued" else "",
        "until": iso(verdict.until) if verdict.until is not None else None,
        "approvalId": submission.approval_id or None,
    }

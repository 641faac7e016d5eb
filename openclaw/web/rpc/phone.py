"""The telephone over the control plane: for the command line and the page. Whoever may ask here is the owner."""

from contextlib import suppress
from typing import Any

from pydantic import Field

from openclaw.compliance.reasons import explained
from openclaw.gateway.phone.numbers import strict
from openclaw.store.phone_archive import Page
from openclaw.types.clock import iso
from openclaw.types.sending import Submission
from openclaw.web.desk import House, Json, UnknownKeyError
from openclaw.web.office.telephone import remembered
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Named, Params

BY, BY_PAGE = "command line", "web page"
PAGE_CLIENT = "openclaw-control-ui"


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


class PhoneStatus(Params):
    """Without any."""


class PhoneThreads(Params):
    limit: int = Field(default=100, ge=1, le=500)


class PhoneTexts(Params):
    number: str | None = Field(default=None, max_length=64)
    """As the ledger has it: a name or short code too."""
    limit: int = Field(default=50, ge=1, le=200)
    before: str | None = Field(default=None, max_length=200)
    """As the answer before told it; the newest without."""

    def page(self) -> Page:
        return Page(self.number, self.limit, self.before)


class PhoneCalls(PhoneTexts):
    """The same."""


async def get_status(house: House, _: PhoneStatus, __: Caller) -> Json:
    phone = house.desk.phone()
    until = await phone.open_until()
    return {
        "texting": [{"account": name, "number": number} for name, number in phone.numbers.items()],
        "calling": [{"account": name, "number": number} for name, number in phone.callers.items()],
        "bootstrap": {"until": iso(until)} if until is not None else None,
    }


async def list_threads(house: House, params: PhoneThreads, _: Caller) -> Json:
    return await house.office.telephone.threads(params.limit)


async def list_texts(house: House, params: PhoneTexts, _: Caller) -> Json:
    return await house.office.telephone.texts(params.page())


async def list_calls(house: House, params: PhoneCalls, _: Caller) -> Json:
    return await house.office.telephone.calls(params.page())


async def get_call(house: House, params: Named, _: Caller) -> Json:
    told = await house.office.telephone.call(params.id)
    if (key := house.office.telephone.forgotten(told)) is None:
        return told
    lines: Any = []
    with suppress(UnknownKeyError):  # its conversation has been deleted
        lines = (await house.desk.session(key))["lines"]
    words: Any = told["words"]
    return {**told, "words": remembered(words, lines)}


async def list_numbers(house: House, _: PhoneNumbers, __: Caller) -> Json:
    rows = await house.desk.phone().listed()
    return {"numbers": [{"number": row.number, "addedAt": row.added_at, "by": row.by} for row in rows]}


async def add_number(house: House, params: PhoneNumber, caller: Caller) -> Json:
    by = BY_PAGE if caller.client == PAGE_CLIENT else BY
    added = await house.desk.phone().authorise(params.number, by)
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

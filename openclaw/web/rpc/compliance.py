"""The pre-send gates, as the control plane explains them, and the records of consent and release."""

from typing import Literal

import anyio.to_thread
from pydantic import Field, field_validator

from openclaw.compliance.area_codes import STATES
from openclaw.compliance.reasons import meaning
from openclaw.compliance.windows import is_zone
from openclaw.store.consents import EVERY_SENDER, ComplianceEvent
from openclaw.store.verdicts import shown
from openclaw.types import e164
from openclaw.types.messages import Address
from openclaw.types.sending import Purpose
from openclaw.web.desk import House, Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

Recorded = Literal[
    "PEWC", "PEC", "inbound_initiated", "owner", "withdrawn", "opt_out", "do_not_call", "call_again", "takeover",
    "handback",
]  # fmt: skip
"""Whoever has opted out opts in again by a text of their own (START); nobody can do it for them."""


def _number(value: str) -> str:
    number = e164.parse(value)
    if number is None:
        raise ValueError("a number is like +12015550123")
    return number


class ComplianceExplain(Params):
    to: str
    text: str = Field(max_length=20_000)
    purpose: Purpose = "api"
    channel: Literal["sms", "voice", "salesmsg", "quo"] = "sms"
    account: str = "default"

    _to = field_validator("to")(_number)


class ComplianceConsent(Params):
    number: str
    kind: Recorded
    by: str = Field(min_length=1, max_length=128)
    source: str = Field(min_length=1, max_length=512)
    """Where they said so: a form's address, a keyword, a call."""
    text: str = Field(default="", max_length=4_000)
    """What they agreed to, as they saw it."""
    evidence_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    evidence_name: str = Field(default="", max_length=256)
    channel: str = Field(default="all", max_length=32)
    timezone: str | None = None
    state: str | None = None

    _its_number = field_validator("number")(_number)

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: str | None) -> str | None:
        if value is not None and value not in STATES:
            raise ValueError("a state is like TX")
        return value


class ComplianceSignoff(Params):
    by: str = Field(min_length=1, max_length=128)
    note: str = Field(default="", max_length=4_000)
    number: str | None = None
    """Of our numbers only this one."""
    campaign: str | None = Field(default=None, min_length=1, max_length=128)
    """What is signed is a campaign, not a registration."""

    @field_validator("number")
    @classmethod
    def _own(cls, value: str | None) -> str | None:
        return _number(value) if value is not None else None


class ComplianceRecords(Params):
    number: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)

    @field_validator("number")
    @classmethod
    def _theirs(cls, value: str | None) -> str | None:
        return _number(value) if value is not None else None


class ComplianceVerdicts(Params):
    limit: int = Field(default=100, ge=1, le=1000)


async def explain(house: House, params: ComplianceExplain, _: Caller) -> Json:
    to = Address(params.channel, params.to, params.account)
    verdict = await house.desk.compliance().explain(to, params.text, params.purpose)
    gates = [{**shown(each), "meaning": meaning(each)} for each in verdict.gates]
    return {**shown(verdict), "meaning": meaning(verdict), "to": params.to, "gates": gates}


async def record_consent(house: House, params: ComplianceConsent, caller: Caller) -> Json:
    # A zone is a file: looked for here, where it blocks nobody, and never when a message waits for its verdict.
    if params.timezone is not None and not await anyio.to_thread.run_sync(is_zone, params.timezone):
        raise RpcError(
            "INVALID_REQUEST", f"{params.timezone!r} is no time zone; one is like America/New_York"
        )
    evidence: dict[str, object] = {
        "sha256": params.evidence_sha256,
        "file": params.evidence_name,
        "timezone": params.timezone,
        "state": params.state,
        "client": caller.client,
        **({"said": "elsewhere"} if params.kind == "opt_out" else {}),
    }
    event = ComplianceEvent(
        params.kind, params.number, params.channel, params.by, params.source, params.text,
        {key: value for key, value in evidence.items() if value},
    )  # fmt: skip
    name = await house.desk.compliance().record(event)
    return {"ok": True, "id": name, "number": params.number, "kind": params.kind}


async def sign_off(house: House, params: ComplianceSignoff, caller: Caller) -> Json:
    evidence = {"client": caller.client}
    if params.campaign is not None:
        event = ComplianceEvent(
            "campaign_approved", params.campaign, "all", params.by, "signoff", params.note, evidence
        )
    else:
        subject = params.number or EVERY_SENDER
        event = ComplianceEvent("signed_off", subject, "all", params.by, "signoff", params.note, evidence)
    name = await house.desk.compliance().record(event)
    return {"ok": True, "id": name, "kind": event.kind, "subject": event.subject, "by": params.by}


async def list_records(house: House, params: ComplianceRecords, _: Caller) -> Json:
    return {"records": list(await house.desk.compliance().records(params.number, params.limit))}


async def list_verdicts(house: House, params: ComplianceVerdicts, _: Caller) -> Json:
    return {"verdicts": list(await house.desk.compliance().recent(params.limit))}

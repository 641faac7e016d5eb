"""The config over the control plane. What it refuses to change stands in the file, for its owner alone."""

import time

from pydantic import Field

from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

LONGEST = 1 << 20


class ConfigGet(Params):
    """Without any."""


class ConfigSchema(Params):
    """Without any."""


class ConfigSet(Params):
    raw: str = Field(min_length=1, max_length=LONGEST)
    base_hash: str | None = Field(default=None, max_length=128)


class ConfigApply(ConfigSet):
    """To write and to take effect are one here: what can change at once does, and the answer says what cannot."""

    session_key: str | None = None
    note: str | None = None
    restart_delay_ms: int | None = None


class ConfigPatch(Params):
    raw: str = Field(min_length=1, max_length=LONGEST)
    """JSON5: what it names is set, what it says null to is taken away."""
    base_hash: str = Field(min_length=1, max_length=128)
    session_key: str | None = None
    note: str | None = None
    restart_delay_ms: int | None = None
    # The original's clients send these three for its restart; here the owner says when, by /restart.


class ConfigCheck(Params):
    """One of both."""

    raw: str | None = Field(default=None, max_length=LONGEST)
    patch: str | None = Field(default=None, max_length=LONGEST)


async def check_config(house: House, params: ConfigCheck, _: Caller) -> Json:
    return await house.office.config.check(params.raw, params.patch)


async def get_config(house: House, _: ConfigGet, caller: Caller) -> Json:
    running = house.desk.config()
    if not caller.may("operator.admin"):
        return running
    file = await house.office.config.file()
    # `hash` is the file's own: what a change is thought out for. `runningHash`: of what this process has read.
    return {**running, **file, "hash": file["fileHash"], "runningHash": running.get("hash", "")}


async def set_config(house: House, params: ConfigSet, _: Caller) -> Json:
    return await house.office.config.replace(params.raw, params.base_hash)


async def patch_config(house: House, params: ConfigPatch, _: Caller) -> Json:
    return await house.office.config.patch(params.raw, params.base_hash)


async def config_schema(house: House, _: ConfigSchema, __: Caller) -> Json:
    return {**await house.office.config.schema(), "generatedAt": time.time_ns() // 1_000_000}

"""What each method may be asked with, and how a wrong question is told. Unknown fields are refused."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from openclaw.gateway.tool_survey import Asked
from openclaw.web.desk import CostKey
from openclaw.web.rpc.frames import RpcError


class Params(BaseModel):
    """Strict: a forged field never passes unnoticed. Fields of the original that we do not use yet are listed."""

    model_config = ConfigDict(
        defer_build=True, alias_generator=to_camel, frozen=True, extra="forbid", strict=True
    )


class NoParams(Params):
    """The original's `health` and `status` take anything."""

    model_config = ConfigDict(defer_build=True, extra="ignore")


class ChatAbort(Params):
    session_key: str = Field(min_length=1, max_length=512)
    run_id: str | None = None


class ChatSend(Params):
    session_key: str = Field(min_length=1, max_length=512)
    message: str
    idempotency_key: str = Field(min_length=1, max_length=256)
    agent_id: str | None = None
    thinking: str | None = None
    deliver: bool | None = None
    attachments: list[dict[str, Any]] | None = None
    timeout_ms: int | None = Field(default=None, ge=0)
    session_id: str | None = None
    queue_mode: str | None = None
    fast_mode: bool | None = None
    expected_leaf_entry_id: str | None = None


class AgentAsk(Params):
    message: str
    idempotency_key: str = Field(min_length=1, max_length=256)
    session_key: str | None = Field(default=None, min_length=1, max_length=512)
    agent_id: str | None = None
    attachments: list[dict[str, Any]] | None = None
    timeout: float | None = Field(default=None, ge=0)
    """Seconds that the asker waits; the run goes on."""
    to: str | None = None
    reply_to: str | None = None
    session_id: str | None = Field(default=None, min_length=1, max_length=128)
    thinking: str | None = None
    deliver: bool | None = None
    channel: str | None = None
    reply_channel: str | None = None
    account_id: str | None = None
    reply_account_id: str | None = None
    thread_id: str | None = None
    group_id: str | None = None
    group_channel: str | None = None
    group_space: str | None = None
    best_effort_deliver: bool | None = None
    lane: str | None = None
    extra_system_prompt: str | None = None
    input_provenance: dict[str, Any] | None = None
    label: str | None = Field(default=None, max_length=64)
    spawned_by: str | None = None
    model: str | None = None
    provider: str | None = None
    bootstrap_context_mode: str | None = None
    cleanup_bundle_mcp_on_run_end: bool | None = None


class AgentWait(Params):
    run_id: str = Field(min_length=1)
    timeout_ms: float = Field(default=30_000, ge=0, le=3_600_000)


class SessionsList(Params):
    limit: int = Field(default=100, ge=1, le=10_000)
    agent_id: str | None = None
    search: str | None = None
    offset: int | None = Field(default=None, ge=0)
    active_minutes: float | None = None
    include_global: bool | None = None
    include_unknown: bool | None = None
    include_derived_titles: bool | None = None
    include_last_message: bool | None = None
    label: str | None = None
    spawned_by: str | None = None


class SessionsReset(Params):
    key: str = Field(min_length=1, max_length=512)
    agent_id: str | None = None
    reason: Literal["new", "reset"] | None = None


class Key(Params):
    key: str = Field(min_length=1, max_length=512)


class PairingList(Params):
    channel: str | None = None


class PairingCode(Params):
    channel: str = Field(min_length=1)
    code: str = Field(min_length=1, max_length=64)


class TracesList(Params):
    limit: int = Field(default=20, ge=1, le=1000)


class Named(Params):
    id: str = Field(min_length=1, max_length=256)


class UsageStatus(Params):
    """Without any; unlike `health`, the original takes nothing here."""


class UsageCost(Params):
    by: CostKey = "agent"
    days: int = Field(default=30, ge=1, le=3660)


class ModelsList(Params):
    view: str | None = None


class ModelsStatus(Params):
    """Without any."""


class McpStatus(Params):
    """Without any."""


class ToolsList(Params):
    agent_id: str | None = Field(default=None, max_length=64)
    channel: str | None = Field(default=None, max_length=64)
    account: str = Field(default="default", max_length=64)
    chat: str = Field(default="", max_length=256)
    chat_type: Literal["direct", "group", "channel"] | None = None
    sender: str | None = Field(default=None, max_length=256)
    role: Literal["owner", "member", "stranger"] | None = None
    model: str | None = Field(default=None, max_length=256)
    depth: int = Field(default=0, ge=0, le=10)

    def asked(self) -> Asked:
        return Asked(
            self.agent_id, self.channel, self.account, self.chat, self.chat_type, self.sender, self.role, self.model,
            self.depth,
        )  # fmt: skip


class ToolsExplain(ToolsList):
    name: str = Field(min_length=1, max_length=128)


class ConfigGet(Params):
    """Without any."""


class OutboxList(Params):
    state: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)


def invalid(what: str, error: ValidationError) -> RpcError:
    """As the original words it: `invalid chat.send params: must have required property 'message'`."""
    problems = "; ".join(_problem(detail) for detail in error.errors(include_url=False, include_input=False))
    return RpcError("INVALID_REQUEST", f"invalid {what} params: {problems}")


_RULES = {
    "literal_error": "must be equal to one of the allowed values",
    "string_type": "must be string",
    "int_type": "must be integer",
    "float_type": "must be number",
    "bool_type": "must be boolean",
    "list_type": "must be array",
    "dict_type": "must be object",
    "model_type": "must be object",
    "model_attributes_type": "must be object",
    "string_too_short": "must NOT have fewer than {min_length} characters",
    "string_too_long": "must NOT have more than {max_length} characters",
    "too_short": "must NOT have fewer than {min_length} items",
    "too_long": "must NOT have more than {max_length} items",
    "greater_than_equal": "must be >= {ge}",
    "less_than_equal": "must be <= {le}",
}


def _problem(detail: ErrorDetails) -> str:
    *place, last = detail["loc"] or ("",)
    match detail["type"]:
        case "missing":
            rule = f"must have required property '{last}'"
        case "extra_forbidden":
            rule = f"unexpected property '{last}'"
        case kind:
            place.append(last)
            known = _RULES.get(kind)
            rule = known.format_map(detail.get("ctx", {})) if known else detail["msg"]
    where = "".join(f"/{part}" for part in place if part != "")
    return f"at {where}: {rule}" if where else rule

"""The one table of what can be asked over the WebSocket; a method that is not in it does not exist."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.web.desk import House, Json, UnknownKeyError
from openclaw.web.rpc import runs
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller, Scope
from openclaw.web.rpc.params import (
    AgentAsk,
    AgentWait,
    ChatAbort,
    ChatSend,
    Key,
    ModelsList,
    ModelsStatus,
    Named,
    NoParams,
    OutboxList,
    PairingCode,
    PairingList,
    Params,
    SessionsList,
    SessionsReset,
    TracesList,
    UsageCost,
    UsageStatus,
    invalid,
)
from openclaw.web.rpc.sessions import list_sessions

logger = logging.getLogger(__name__)
T = TypeVar("T")
P = TypeVar("P", bound=Params)
Answer = Json | runs.Accepted


@dataclass(frozen=True, slots=True)
class Method(Generic[P]):
    name: str
    scope: Scope
    params: type[P]
    handle: Callable[[House, P, Caller], Awaitable[Answer]]

    async def answer(self, house: House, raw: Json, caller: Caller) -> Answer:
        try:
            params = self.params.model_validate(raw)
        except ValidationError as error:
            raise invalid(self.name, error) from None
        return await self.handle(house, params, caller)


async def dispatch(house: House, caller: Caller, method: str, params: Json) -> Answer:
    """Raises RpcError, and nothing else."""
    row = METHODS.get(method)
    if row is None:
        raise RpcError("INVALID_REQUEST", f"unknown method: {method[:128]}")
    if not caller.may(row.scope):
        details = {"code": "MISSING_SCOPE", "missingScope": row.scope, "requiredScopes": [row.scope]}
        raise RpcError("FORBIDDEN", f"missing scope: {row.scope}", details)
    return await answered(method, row.answer(house, params, caller))


async def answered(method: str, work: Awaitable[T]) -> T:
    """Whatever goes wrong inside a request becomes its answer, and hurts no other."""
    try:
        return await work
    except RpcError:
        raise
    except UnknownKeyError as error:
        raise RpcError("INVALID_REQUEST", str(error.args[0]), {"code": "NOT_FOUND"}) from None
    except (StorageFullError, StorageBusyError) as error:
        raise RpcError("UNAVAILABLE", str(error), retry_after=1.0) from None
    except OpenClawError as error:
        raise RpcError("INVALID_REQUEST", str(error)) from None
    except Exception:
        logger.exception("%s failed", method)
        raise RpcError("UNAVAILABLE", f"{method} failed; the log says why") from None


async def _health(house: House, _: NoParams, __: Caller) -> Json:
    started = time.perf_counter()
    health = await house.desk.health()
    took = round((time.perf_counter() - started) * 1000)
    return {"ok": True, "ts": _now(), "durationMs": took, **health}


async def _status(house: House, _: NoParams, __: Caller) -> Json:
    return await house.desk.status()


async def _agent_wait(house: House, params: AgentWait, _: Caller) -> Json:
    state = await runs.end_of(house, params.run_id, params.timeout_ms / 1000)
    return runs.outcome(params.run_id, state)


async def _session(house: House, params: Key, _: Caller) -> Json:
    return await house.desk.session(params.key)


async def _reset(house: House, params: SessionsReset, _: Caller) -> Json:
    return await house.desk.reset_session(params.key)


async def _pairing(house: House, params: PairingList, _: Caller) -> Json:
    return {"requests": await house.desk.pairing_requests(params.channel)}


async def _approve(house: House, params: PairingCode, _: Caller) -> Json:
    return await house.desk.approve_pairing(params.channel, params.code)


async def _reject(house: House, params: PairingCode, _: Caller) -> Json:
    return await house.desk.reject_pairing(params.channel, params.code)


async def _traces(house: House, params: TracesList, _: Caller) -> Json:
    return {"traces": await house.desk.traces(params.limit)}


async def _trace(house: House, params: Named, _: Caller) -> Json:
    return await house.desk.trace(params.id)


async def _usage_cost(house: House, params: UsageCost, _: Caller) -> Json:
    return {"updatedAt": _now(), **await house.desk.costs(by=params.by, days=params.days)}


async def _usage_status(house: House, _: UsageStatus, __: Caller) -> Json:
    # `providers` are the original's subscriptions with quotas of their own; there are none here.
    return {"updatedAt": _now(), "providers": [], "budgets": await house.desk.budgets()}


def _now() -> int:
    return time.time_ns() // 1_000_000


async def _models(house: House, _: ModelsList, __: Caller) -> Json:
    return {"models": await house.desk.models()}


async def _model_status(house: House, _: ModelsStatus, __: Caller) -> Json:
    return await house.desk.model_status()


async def _outbox(house: House, params: OutboxList, _: Caller) -> Json:
    return {"rows": await house.desk.outbox(state=params.state, limit=params.limit)}


async def _resend(house: House, params: Named, _: Caller) -> Json:
    return await house.desk.settle(params.id, "resend")


async def _drop(house: House, params: Named, _: Caller) -> Json:
    return await house.desk.settle(params.id, "drop")


METHODS: Mapping[str, Method[Any]] = {
    row.name: row
    for row in (
        Method("health", "operator.read", NoParams, _health),
        Method("status", "operator.read", NoParams, _status),
        Method("chat.send", "operator.write", ChatSend, runs.chat_send),
        Method("chat.abort", "operator.write", ChatAbort, runs.chat_abort),
        Method("agent", "operator.write", AgentAsk, runs.ask_agent),
        Method("agent.wait", "operator.write", AgentWait, _agent_wait),
        Method("sessions.list", "operator.read", SessionsList, list_sessions),
        Method("sessions.get", "operator.read", Key, _session),
        Method("sessions.reset", "operator.admin", SessionsReset, _reset),
        Method("pairing.list", "operator.pairing", PairingList, _pairing),
        Method("pairing.approve", "operator.pairing", PairingCode, _approve),
        Method("pairing.reject", "operator.pairing", PairingCode, _reject),
        Method("traces.list", "operator.read", TracesList, _traces),
        Method("traces.get", "operator.read", Named, _trace),
        Method("usage.cost", "operator.read", UsageCost, _usage_cost),
        Method("usage.status", "operator.read", UsageStatus, _usage_status),
        Method("models.list", "operator.read", ModelsList, _models),
        Method("models.status", "operator.read", ModelsStatus, _model_status),
        Method("outbox.list", "operator.read", OutboxList, _outbox),
        Method("outbox.resend", "operator.admin", Named, _resend),
        Method("outbox.drop", "operator.admin", Named, _drop),
    )
}

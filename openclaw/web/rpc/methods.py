"""The one table of what can be asked over the WebSocket; a method that is not in it does not exist."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.web.desk import House, Json, UnknownKeyError
from openclaw.web.rpc import (
    compliance,
    configuration,
    dashboard,
    devices,
    history,
    jobs,
    overview,
    phone,
    premises,
    reports,
    runs,
    session_edits,
    status,
    workspace,
)
from openclaw.web.rpc.approvals import ApprovalResolve, ApprovalsList, list_approvals, resolve_approval
from openclaw.web.rpc.command_requests import ApprovalRequest, ApprovalWait, request_approval, wait_decision
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller, Scope
from openclaw.web.rpc.params import (
    AgentAsk,
    AgentWait,
    ChatAbort,
    ChatSend,
    Key,
    McpStatus,
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
    ToolsExplain,
    ToolsList,
    TracesList,
    UsageCost,
    UsageStatus,
    invalid,
)
from openclaw.web.rpc.sessions import SessionsSubscribe, list_sessions, subscribe
from openclaw.web.rpc.webhooks import WebhooksList, list_webhooks

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
    limited: bool = False
    """It rewrites what the house runs on: a few times a minute are enough for a person."""

    async def answer(self, house: House, raw: Json, caller: Caller) -> Answer:
        try:
            params = self.params.model_validate(raw)
        except ValidationError as error:
            raise invalid(self.name, error) from None
        who = caller.device or caller.address or caller.connection
        if self.limited and (wait := house.office.writes.wait(who)):
            raise RpcError("UNAVAILABLE", f"rate limit exceeded for {self.name}", retry_after=wait)
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


async def _mcp(house: House, _: McpStatus, __: Caller) -> Json:
    return {"servers": await house.desk.mcp_servers()}


async def _tools(house: House, params: ToolsList, _: Caller) -> Json:
    return {"tools": await house.desk.tools(params.asked())}


async def _explain_tool(house: House, params: ToolsExplain, _: Caller) -> Json:
    return await house.desk.explain_tool(params.name, params.asked())


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
        Method("status", "operator.read", status.Status, status.get_status),
        Method("chat.send", "operator.write", ChatSend, runs.chat_send),
        Method("chat.history", "operator.read", history.ChatHistory, history.chat_history),
        Method("chat.inject", "operator.admin", history.ChatInject, history.inject),
        Method("chat.abort", "operator.write", ChatAbort, runs.chat_abort),
        Method("agent", "operator.write", AgentAsk, runs.ask_agent),
        Method("agent.wait", "operator.write", AgentWait, _agent_wait),
        Method("sessions.list", "operator.read", SessionsList, list_sessions),
        Method("sessions.subscribe", "operator.read", SessionsSubscribe, subscribe),
        Method("sessions.get", "operator.read", Key, _session),
        Method("sessions.preview", "operator.read", history.SessionsPreview, history.preview_sessions),
        Method("sessions.resolve", "operator.read", history.SessionsResolve, history.resolve_session),
        Method("sessions.reset", "operator.admin", SessionsReset, _reset),
        Method(
            "sessions.describe",
            "operator.read",
            session_edits.SessionsDescribe,
            session_edits.describe_session,
        ),
        Method("sessions.usage", "operator.read", session_edits.SessionsUsage, session_edits.session_usage),
        Method("sessions.patch", "operator.admin", session_edits.SessionsPatch, session_edits.patch_session),
        Method(
            "sessions.delete", "operator.admin", session_edits.SessionsDelete, session_edits.delete_session
        ),
        Method(
            "sessions.compact", "operator.admin", session_edits.SessionsCompact, session_edits.compact_session
        ),
        Method("agents.files.list", "operator.read", workspace.FilesList, workspace.list_files),
        Method("agents.files.get", "operator.read", workspace.FilesGet, workspace.get_file),
        Method("agents.files.set", "operator.admin", workspace.FilesSet, workspace.set_file),
        Method("skills.status", "operator.read", workspace.SkillsStatus, workspace.skills_status),
        Method("logs.tail", "operator.read", premises.LogsTail, premises.tail_log),
        Method("system-presence", "operator.read", premises.SystemPresence, premises.presence),
        Method("last-heartbeat", "operator.read", premises.LastHeartbeat, premises.last_heartbeat),
        Method("send", "operator.write", premises.Send, premises.send),
        Method("device.pair.list", "operator.pairing", devices.DevicesList, devices.list_devices),
        Method("device.pair.approve", "operator.pairing", devices.DeviceAnswer, devices.approve_device),
        Method("device.pair.reject", "operator.pairing", devices.DeviceAnswer, devices.reject_device),
        Method("device.pair.remove", "operator.pairing", devices.DeviceName, devices.remove_device),
        Method("device.token.rotate", "operator.pairing", devices.DeviceTokenRotate, devices.rotate_token),
        Method("device.token.revoke", "operator.pairing", devices.DeviceTokenOf, devices.revoke_token),
        Method("exec.approvals.get", "operator.admin", premises.ExecApprovalsGet, premises.exec_rules),
        Method("exec.approvals.set", "operator.admin", premises.ExecApprovalsSet, premises.set_exec_rules),
        Method("exec.approval.list", "operator.approvals", ApprovalsList, list_approvals),
        Method("exec.approval.resolve", "operator.approvals", ApprovalResolve, resolve_approval),
        Method("exec.approval.request", "operator.approvals", ApprovalRequest, request_approval),
        Method("exec.approval.waitDecision", "operator.approvals", ApprovalWait, wait_decision),
        Method("pairing.list", "operator.pairing", PairingList, _pairing),
        Method("pairing.approve", "operator.pairing", PairingCode, _approve),
        Method("pairing.reject", "operator.pairing", PairingCode, _reject),
        Method("traces.list", "operator.read", TracesList, _traces),
        Method("traces.get", "operator.read", Named, _trace),
        Method("channels.status", "operator.read", overview.ChannelsStatus, overview.channels_status),
        Method("channels.restart", "operator.admin", reports.ChannelsRestart, reports.restart_channel),
        Method("agents.list", "operator.read", overview.AgentsList, overview.list_agents),
        Method("budgets.get", "operator.read", overview.BudgetsGet, overview.get_budgets),
        Method("streams.list", "operator.read", overview.StreamsList, overview.list_stream),
        Method("usage.cost", "operator.read", UsageCost, _usage_cost),
        Method("usage.daily", "operator.read", reports.UsageDaily, reports.daily_usage),
        Method("usage.status", "operator.read", UsageStatus, _usage_status),
        Method("models.list", "operator.read", ModelsList, _models),
        Method("models.status", "operator.read", ModelsStatus, _model_status),
        Method("mcp.status", "operator.read", McpStatus, _mcp),
        Method("tools.list", "operator.read", ToolsList, _tools),
        Method("tools.explain", "operator.read", ToolsExplain, _explain_tool),
        Method("config.get", "operator.read", configuration.ConfigGet, configuration.get_config),
        Method("config.check", "operator.admin", configuration.ConfigCheck, configuration.check_config),
        Method("config.schema", "operator.admin", configuration.ConfigSchema, configuration.config_schema),
        Method(
            "config.set", "operator.admin", configuration.ConfigSet, configuration.set_config, limited=True
        ),
        Method(
            "config.apply",
            "operator.admin",
            configuration.ConfigApply,
            configuration.set_config,
            limited=True,
        ),
        Method(
            "config.patch",
            "operator.admin",
            configuration.ConfigPatch,
            configuration.patch_config,
            limited=True,
        ),
        Method("cron.status", "operator.read", jobs.CronStatus, jobs.job_status),
        Method("cron.list", "operator.read", jobs.CronList, jobs.list_jobs),
        Method("cron.runs", "operator.read", jobs.CronRuns, jobs.job_runs),
        Method("cron.add", "operator.admin", jobs.CronAdd, jobs.add_job),
        Method("cron.update", "operator.admin", jobs.CronUpdate, jobs.update_job),
        Method("cron.remove", "operator.admin", jobs.CronRemove, jobs.remove_job),
        Method("cron.run", "operator.admin", jobs.CronRun, jobs.run_job),
        Method("wake", "operator.write", jobs.Wake, jobs.wake),
        Method("phone.numbers.list", "operator.read", phone.PhoneNumbers, phone.list_numbers),
        Method("phone.numbers.add", "operator.admin", phone.PhoneNumber, phone.add_number),
        Method("phone.numbers.remove", "operator.admin", phone.PhoneNumber, phone.remove_number),
        Method("phone.status", "operator.read", phone.PhoneStatus, phone.get_status),
        Method("phone.threads", "operator.read", phone.PhoneThreads, phone.list_threads),
        Method("phone.texts", "operator.read", phone.PhoneTexts, phone.list_texts),
        Method("phone.calls", "operator.read", phone.PhoneCalls, phone.list_calls),
        Method("phone.calls.get", "operator.read", Named, phone.get_call),
        Method("phone.sms", "operator.write", phone.PhoneSms, phone.send_sms),
        Method("phone.call", "operator.write", phone.PhoneCall, phone.place_call),
        Method("compliance.explain", "operator.read", compliance.ComplianceExplain, compliance.explain),
        Method("compliance.records", "operator.read", compliance.ComplianceRecords, compliance.list_records),
        Method(
            "compliance.verdicts", "operator.read", compliance.ComplianceVerdicts, compliance.list_verdicts
        ),
        Method(
            "compliance.consent", "operator.admin", compliance.ComplianceConsent, compliance.record_consent
        ),
        Method("compliance.signoff", "operator.admin", compliance.ComplianceSignoff, compliance.sign_off),
        Method("webhooks.list", "operator.read", WebhooksList, list_webhooks),
        Method("dashboard.link", "operator.admin", dashboard.DashboardLink, dashboard.offer_link),
        Method("dashboard.browsers", "operator.admin", dashboard.DashboardBrowsers, dashboard.list_browsers),
        Method("dashboard.revoke", "operator.admin", dashboard.DashboardRevoke, dashboard.revoke_browsers),
        Method("outbox.list", "operator.read", OutboxList, _outbox),
        Method("outbox.resend", "operator.admin", Named, _resend),
        Method("outbox.drop", "operator.admin", Named, _drop),
    )
}

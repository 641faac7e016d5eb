"""`/hooks/…` on the public listener: the owner's automations wake the assistant or give it something to do."""

import hmac
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256

import anyio
import orjson

from openclaw.agent.tools.jobs import JobError, JobMaker, Jobs, TooManyJobsError
from openclaw.sessions.keys import main_key
from openclaw.types.channel import Deliver, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.clock import Clock
from openclaw.types.conversation import Provenance
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Resolver, Secret, SecretRef
from openclaw.web.hooks.calls import (
    Asking,
    Call,
    HookError,
    Reading,
    Waking,
    read_agent,
    read_mapped,
    read_wake,
)
from openclaw.web.hooks.config import HooksConfig

logger = logging.getLogger(__name__)

NAME = "hooks"
SENDER = "operator:hooks"
MOST_FAILURES, WINDOW_SECONDS = 20, 60.0
LOOK_AGAIN_SECONDS = 60.0
STATUSES: Mapping[str, int] = {
    "token-in-query": 400,
    "token-missing": 401,
    "token-wrong": 401,
    "not-ready": 503,
    "rate-limited": 429,
}


class Hooks:
    def __init__(
        self,
        config: HooksConfig,
        token: SecretRef,
        resolver: Resolver,
        jobs: Jobs,
        clock: Clock,
        default_agent: str,
    ) -> None:
        self._config = config
        self._token = token
        self._resolver = resolver
        self._jobs = jobs
        self._clock = clock
        self._default_agent = default_agent
        self._expected: Secret | None = None
        """None until `run` has read it: until then nobody is believed."""
        self._failures: deque[float] = deque(maxlen=MOST_FAILURES)

    @property
    def name(self) -> str:
        return NAME

    async def run(self) -> None:
        """Until cancelled; a token that was changed counts within a minute."""
        while True:
            try:
                self._expected = await self._resolver.resolve(self._token)
            except SecretError as error:
                self._expected = None
                logger.error("hooks.token cannot be read, so no hook is served: %s", error)
            await anyio.sleep(LOOK_AGAIN_SECONDS)

    def routes(self, deliver: Deliver) -> Sequence[WebhookRoute]:
        readings: dict[str, list[Reading]] = {"wake": [read_wake], "agent": [read_agent]}
        for mapping in self._config.mappings:
            readings.setdefault(mapping.path, []).append(partial(read_mapped, mapping))
        return [
            WebhookRoute(
                f"{self._config.path}/{path}", self._refusal, partial(self._handle, found), statuses=STATUSES
            )
            for path, found in readings.items()
        ]

    # -- who calls ----------------------------------------------------------------------------------------

    def _refusal(self, request: WebhookRequest) -> str | None:
        if self._expected is None:
            return "not-ready"
        if "token" in request.query:
            # It would stand in every log on its way.
            return "token-in-query"
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        shown = bearer.strip() if kind.lower() == "bearer" else request.headers.get("x-openclaw-token", "")
        if shown and hmac.compare_digest(_digest(shown), _digest(self._expected.reveal())):
            return None
        return self._failed("token-wrong" if shown else "token-missing")

    def _failed(self, reason: str) -> str:
        """Whoever has the token is never kept out by those who guess."""
        now = self._clock.monotonic()
        many = len(self._failures) == MOST_FAILURES and now - self._failures[0] < WINDOW_SECONDS
        self._failures.append(now)
        return "rate-limited" if many else reason

    # -- what is asked ------------------------------------------------------------------------------------

    async def _handle(self, readings: Sequence[Reading], request: WebhookRequest) -> WebhookResponse:
        try:
            for reading in readings:
                if (call := reading(request.body)) is not None:
                    return await self._done(call, request.headers.get("idempotency-key", ""))
            raise HookError("source: none of this address's mappings is for it")
        except TooManyJobsError as error:
            return _said(503, {"ok": False, "error": str(error)}, {"retry-after": "30"})
        except (HookError, JobError) as error:
            logger.warning("%s: %s", request.path, error)
            return _said(400, {"ok": False, "error": str(error)})

    async def _done(self, call: Call, key: str) -> WebhookResponse:
        agent = call.agent or self._default_agent
        allowed = self._config.allowed_agent_ids
        if call.agent is not None and allowed and "*" not in allowed and call.agent not in allowed:
            raise HookError(f"agentId: {call.agent} is not in hooks.allowedAgentIds")
        words_of: Provenance = "owner" if call.trusted else "hook"
        maker = JobMaker(agent, main_key(agent), SENDER, "owner", provenance=words_of)
        if isinstance(call, Waking):
            await self._jobs.wake(call.text, call.mode, maker)
            return _said(200, {"ok": True, "mode": call.mode})
        now = self._clock.now_ms()
        added = await self._jobs.add(job_of(call, agent, now + 1), maker, key=f"{NAME}:{key}" if key else "")
        return _said(202, {"ok": True, "runId": added["id"]})


def job_of(call: Asking, agent: str, at: int) -> dict[str, object]:
    """A job of one run: it survives a crash, and what becomes of it is told where jobs are."""
    payload = {
        "kind": "agentTurn", "message": call.message, "model": call.model, "thinking": call.thinking,
        "timeoutSeconds": call.timeout_seconds,
    }  # fmt: skip
    delivery = {"mode": "announce" if call.deliver else "none", "channel": call.channel, "to": call.to}
    return {
        "name": call.name,
        "agentId": agent,
        "schedule": {"kind": "at", "at": str(at)},
        "sessionTarget": "isolated",
        "payload": {name: value for name, value in payload.items() if value is not None},
        "delivery": {name: value for name, value in delivery.items() if value is not None},
    }


def _said(
    status: int, content: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> WebhookResponse:
    return WebhookResponse(status, orjson.dumps(content), "application/json", headers or {})


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="replace")).digest()

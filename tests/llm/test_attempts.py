"""How a model is asked again; which one is asked is in test_models."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import pytest

from openclaw.llm.anthropic import provider
from openclaw.llm.attempts import Line, PatientModel, Target
from openclaw.llm.catalog import ModelRef, model_info
from openclaw.llm.chat import Delta, Message, ModelError, Reply, Request
from openclaw.llm.config import ModelsConfig, RetryConfig
from openclaw.llm.providers import Clients
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import Text
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeAnthropic

QUICK = RetryConfig(attempts=3, initial_seconds=0, max_seconds=0, deadline_seconds=60)
REF = ModelRef("anthropic", "claude-opus-4-6")
REQUEST = Request("", "You help.", (Message("user", (Text("hello"),)),), max_tokens=1_000_000)


class Keys:
    """A place where keys are kept: `kept` is read when it is asked for afresh."""

    def __init__(self, cached: str, kept: str = "") -> None:
        self._cached = cached
        self.kept = kept or cached
        self.reads = 0

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if fresh:
            self.reads += 1
            self._cached = self.kept
        if not self._cached:
            raise SecretError(f"{reference}: nothing there")
        return Secret(self._cached)


@dataclass
class Seen:
    deltas: list[str] = field(default_factory=list)
    withdrawn: int = 0

    async def delta(self, delta: Delta) -> None:
        self.deltas.append(delta.text)

    async def withdraw(self) -> None:
        self.withdrawn += 1
        self.deltas.clear()


class Harness:
    """A turn's model in front of the fake API."""

    def __init__(
        self,
        fake: FakeAnthropic,
        *,
        keys: Keys | None = None,
        retry: RetryConfig = QUICK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.keys = keys or Keys(FakeAnthropic.key)
        self.seen = Seen()
        self._clients = Clients()
        info = model_info(REF, ModelsConfig())
        target = Target(REF, info, provider, fake.url, SecretRef("env:ANTHROPIC_API_KEY"), {})
        line = Line(target, self.keys, self._clients)
        self.model = PatientModel(line, headers or {}, retry, SystemClock())

    async def ask(self, request: Request = REQUEST) -> Reply:
        try:
            return await self.model.ask(request, self.seen.delta, self.seen.withdraw)
        finally:
            await self._clients.aclose()

    async def fail(self) -> ModelError:
        with pytest.raises(ModelError) as raised:
            await self.ask()
        return raised.value


async def test_the_cost_of_a_reply_is_counted(anthropic: FakeAnthropic) -> None:
    anthropic.script()
    anthropic.reply(
        "hi",
        usage={
            "input_tokens": 1000,
            "output_tokens": 200,
            "cache_read_input_tokens": 10_000,
            "cache_creation_input_tokens": 0,
        },
    )

    reply = await Harness(anthropic).ask()

    assert reply.usage.cost == pytest.approx(0.005 + 0.005 + 0.005)


async def test_the_request_is_addressed_and_kept_within_what_the_model_can_write(
    anthropic: FakeAnthropic,
) -> None:
    await Harness(anthropic, headers={"x-trace": "t_01"}).ask()

    sent = anthropic.requests[0]
    assert sent.body["model"] == "claude-opus-4-6"
    assert sent.body["max_tokens"] == 128_000
    assert sent.headers["x-trace"] == "t_01"


async def test_a_passing_fault_is_not_seen_by_the_turn(
    anthropic: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    anthropic.fail(529, times=1)
    anthropic.fail(500, times=1)
    harness = Harness(anthropic)

    with caplog.at_level(logging.WARNING):
        reply = await harness.ask()

    assert reply.text == "ok: hello"
    assert len(anthropic.requests) == 3
    assert harness.seen.withdrawn == 0
    assert "anthropic/claude-opus-4-6: overloaded: HTTP 529" in caplog.messages[0]
    assert "; attempt 2 of 3 in 0.0 s" in caplog.messages[0]
    assert len(caplog.messages) == 2


async def test_what_was_streamed_of_a_lost_reply_is_withdrawn(anthropic: FakeAnthropic) -> None:
    anthropic.cut("text")
    anthropic.reply("The whole sentence.")
    harness = Harness(anthropic)

    reply = await harness.ask()

    assert reply.text == "The whole sentence."
    assert harness.seen.withdrawn == 1
    assert "".join(harness.seen.deltas) == "The whole sentence."


async def test_the_last_fault_is_raised_when_the_attempts_are_used_up(anthropic: FakeAnthropic) -> None:
    anthropic.fail(529, times=2)
    anthropic.cut("text")
    harness = Harness(anthropic)

    error = await harness.fail()

    assert error.fault == "cut_off"
    assert len(anthropic.requests) == 3
    assert harness.seen.withdrawn == 1


@pytest.mark.parametrize("status", [400, 402, 403, 404, 413])
async def test_what_cannot_pass_is_not_tried_again(anthropic: FakeAnthropic, status: int) -> None:
    anthropic.fail(status, times=5)

    error = await Harness(anthropic).fail()

    assert not error.passing
    assert len(anthropic.requests) == 1


async def test_the_provider_s_wait_is_kept(anthropic: FakeAnthropic) -> None:
    anthropic.fail(429, headers={"retry-after-ms": "150"})

    await Harness(anthropic).ask()

    first, second = anthropic.requests
    assert second.at - first.at >= 0.15


async def test_a_wait_beyond_the_deadline_ends_it_at_once(anthropic: FakeAnthropic) -> None:
    anthropic.fail(429, headers={"retry-after": "61"}, times=5)

    with anyio.fail_after(5):
        error = await Harness(anthropic).fail()

    assert error.retry_after == 61
    assert len(anthropic.requests) == 1


async def test_a_key_that_was_changed_where_it_is_kept_is_found(anthropic: FakeAnthropic) -> None:
    anthropic.refused_keys.add("sk-old")
    harness = Harness(anthropic, keys=Keys("sk-old", "sk-new"))

    reply = await harness.ask()

    assert reply.text == "ok: hello"
    assert harness.keys.reads == 1


async def test_a_key_that_stays_refused_is_looked_up_once(anthropic: FakeAnthropic) -> None:
    anthropic.refused_keys |= {"sk-old", "sk-new"}
    unchanged, changed = (
        Harness(anthropic, keys=Keys("sk-old")),
        Harness(anthropic, keys=Keys("sk-old", "sk-new")),
    )

    assert (await unchanged.fail()).fault == "auth"
    assert (await changed.fail()).fault == "auth"
    assert (unchanged.keys.reads, changed.keys.reads) == (1, 1)


@pytest.mark.parametrize("key", ["", " sk-spaced", "sk-two\nlines", "sk-ünusual"])
async def test_what_cannot_be_a_key_is_not_sent(anthropic: FakeAnthropic, key: str) -> None:
    error = await Harness(anthropic, keys=Keys(key)).fail()

    assert error.fault == "auth"
    assert "env:ANTHROPIC_API_KEY" in error.detail
    assert anthropic.requests == []
    if key:
        assert key not in str(error)


async def test_a_turn_may_be_cancelled_while_it_waits(anthropic: FakeAnthropic) -> None:
    anthropic.fail(429, headers={"retry-after": "50"}, times=2)
    harness = Harness(anthropic)

    async with anyio.create_task_group() as group:
        group.start_soon(harness.ask)
        await anthropic.wait_requests(1)
        group.cancel_scope.cancel()

    assert len(anthropic.requests) == 1

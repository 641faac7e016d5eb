"""How a model is asked again, and with which key; which model is asked is in test_models."""

import logging
from pathlib import Path

import anyio
import pytest

from openclaw.llm.chat import Request, ThinkingLevel
from openclaw.llm.config import RetryConfig
from openclaw.llm.profiles import Profile
from tests.fakes import Failure, FakeAnthropic
from tests.llm.one_model import REF, REQUEST, Harness, keys_of

LIMITED = Failure(429, "rate_limit_error", "slow down", {})


@pytest.fixture
def two_keys(anthropic: FakeAnthropic, tmp_path: Path) -> Harness:
    return Harness(anthropic, tmp_path, keys={"A": "sk-a", "B": "sk-b"})


async def test_the_cost_of_a_reply_is_counted(anthropic: FakeAnthropic, tmp_path: Path) -> None:
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

    reply = await Harness(anthropic, tmp_path).ask()

    assert reply.usage.cost == pytest.approx(0.005 + 0.005 + 0.005)


async def test_the_request_is_addressed_and_kept_within_what_the_model_can_write(
    anthropic: FakeAnthropic,
    tmp_path: Path,
) -> None:
    await Harness(anthropic, tmp_path, headers={"x-trace": "t_01"}).ask()

    sent = anthropic.requests[0]
    assert sent.body["model"] == "claude-opus-4-6"
    assert sent.body["max_tokens"] == 128_000
    assert sent.headers["x-trace"] == "t_01"


async def test_a_passing_fault_is_not_seen_by_the_turn(
    anthropic: FakeAnthropic, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anthropic.fail(529, times=1)
    anthropic.fail(500, times=1)
    harness = Harness(anthropic, tmp_path)

    with caplog.at_level(logging.WARNING):
        reply = await harness.ask()

    assert reply.text == "ok: hello"
    assert len(anthropic.requests) == 3
    assert harness.seen.withdrawn == 0
    assert "anthropic/claude-opus-4-6: overloaded: HTTP 529" in caplog.messages[0]
    assert "; attempt 2 of 3 in 0.0 s" in caplog.messages[0]
    assert len(caplog.messages) == 2


async def test_what_was_streamed_of_a_lost_reply_is_withdrawn(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.cut("text")
    anthropic.reply("The whole sentence.")
    harness = Harness(anthropic, tmp_path)

    reply = await harness.ask()

    assert reply.text == "The whole sentence."
    assert harness.seen.withdrawn == 1
    assert "".join(harness.seen.deltas) == "The whole sentence."


async def test_the_last_fault_is_raised_when_the_attempts_are_used_up(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.fail(529, times=2)
    anthropic.cut("text")
    harness = Harness(anthropic, tmp_path)

    error = await harness.fail()

    assert error.fault == "cut_off"
    assert len(anthropic.requests) == 3
    assert harness.seen.withdrawn == 1


@pytest.mark.parametrize("status", [400, 402, 403, 404, 413])
async def test_what_cannot_pass_is_not_tried_again(
    anthropic: FakeAnthropic, tmp_path: Path, status: int
) -> None:
    anthropic.fail(status, times=5)

    error = await Harness(anthropic, tmp_path).fail()

    assert not error.passing
    assert len(anthropic.requests) == 1


async def test_the_provider_s_wait_is_kept(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    anthropic.fail(429, headers={"retry-after-ms": "150"})

    await Harness(anthropic, tmp_path).ask()

    first, second = anthropic.requests
    assert second.at - first.at >= 0.15


async def test_a_wait_beyond_the_deadline_ends_it_at_once(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    anthropic.fail(429, headers={"retry-after": "61"}, times=5)

    with anyio.fail_after(5):
        error = await Harness(anthropic, tmp_path).fail()

    assert error.retry_after == 61
    assert len(anthropic.requests) == 1


async def test_a_key_that_was_changed_where_it_is_kept_is_found(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.refused_keys.add("sk-old")
    harness = Harness(anthropic, tmp_path, keys={"A": "sk-old"})
    harness.keys.kept["A"] = "sk-new"

    reply = await harness.ask()

    assert reply.text == "ok: hello"
    assert harness.keys.reads == 1
    assert harness.faults() == [("a", "auth"), ("a", None)]


async def test_a_refused_key_rests_until_it_is_another_one(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    anthropic.refused_keys |= {"sk-old"}
    harness = Harness(anthropic, tmp_path, keys={"A": "sk-old"})

    assert (await harness.fail()).fault == "auth"
    again = await harness.fail()
    harness.keys.kept["A"] = "sk-new"
    harness.keyring.close_gate("anthropic:a", REF.model, 0)
    reply = await harness.ask()

    assert "until it is another one" in again.detail
    assert reply.text == "ok: hello"
    assert [fault for _, fault in harness.faults()] == ["auth", None]


@pytest.mark.parametrize("key", ["", " sk-spaced", "sk-two\nlines", "sk-ünusual"])
async def test_what_cannot_be_a_key_is_not_sent(anthropic: FakeAnthropic, tmp_path: Path, key: str) -> None:
    error = await Harness(anthropic, tmp_path, keys={"A": key}).fail()

    assert error.fault == "auth"
    assert "env:A" in error.detail
    assert anthropic.requests == []
    if key:
        assert key not in str(error)


async def test_a_turn_may_be_cancelled_while_it_waits(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    anthropic.fail(429, headers={"retry-after": "50"}, times=2)
    harness = Harness(anthropic, tmp_path)

    async with anyio.create_task_group() as group:
        group.start_soon(harness.ask)
        await anthropic.wait_requests(1)
        group.cancel_scope.cancel()

    assert len(anthropic.requests) == 1


# -- several keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fault"), [(429, "rate_limited"), (401, "auth"), (403, "auth"), (402, "billing")]
)
async def test_when_one_key_is_refused_the_next_is_taken_at_once(
    anthropic: FakeAnthropic, two_keys: Harness, status: int, fault: str
) -> None:
    anthropic.key_failures["sk-a"] = Failure(status, "error", "no", {"retry-after": "30"})

    with anyio.fail_after(2):
        reply = await two_keys.ask()

    assert reply.text == "ok: hello"
    assert two_keys.faults() == [("a", fault), ("b", None)]
    await two_keys.ask()
    assert keys_of(anthropic) == ["a", "b", "b"]


async def test_a_session_stays_with_its_key_and_others_take_theirs(
    anthropic: FakeAnthropic, tmp_path: Path, two_keys: Harness
) -> None:
    anthropic.key_failures["sk-a"] = LIMITED
    await two_keys.ask()
    anthropic.key_failures.clear()
    ring = two_keys.keyring
    other = Harness(anthropic, tmp_path, keys=two_keys.keys.kept, keyring=ring, session="agent:main:other")
    ring.answered(Profile("anthropic:a", "anthropic", None), REF.model, "somebody")

    await two_keys.ask()
    await other.ask()

    assert keys_of(anthropic) == ["a", "b", "b", "a"]


@pytest.mark.parametrize("status", [400, 404, 413, 500, 529])
async def test_what_is_wrong_with_a_request_or_a_server_cools_no_key(
    anthropic: FakeAnthropic, two_keys: Harness, status: int
) -> None:
    anthropic.fail(status, times=3)
    anthropic.reply("fine")

    await two_keys.fail()

    assert two_keys.keyring.troubles("anthropic:a") == {}
    assert set(keys_of(anthropic)) == {"a"}


async def test_a_reply_that_is_cut_cools_no_key(anthropic: FakeAnthropic, two_keys: Harness) -> None:
    anthropic.cut("text")

    await two_keys.ask()

    assert keys_of(anthropic) == ["a", "a"]
    assert two_keys.keyring.troubles("anthropic:a") == {}


async def test_without_a_free_key_the_least_limited_is_asked_when_its_provider_says(
    anthropic: FakeAnthropic, two_keys: Harness
) -> None:
    anthropic.key_failures["sk-a"] = Failure(429, "rate_limit_error", "slow down", {"retry-after": "20"})
    anthropic.fail(429, headers={"retry-after-ms": "200"})

    await two_keys.ask()

    assert keys_of(anthropic) == ["a", "b", "b"]
    assert anthropic.requests[2].at - anthropic.requests[1].at >= 0.2


async def test_when_all_keys_rest_it_is_told_until_when_and_nobody_is_asked(
    anthropic: FakeAnthropic, tmp_path: Path, two_keys: Harness
) -> None:
    long = Failure(429, "rate_limit_error", "slow down", {"retry-after": "90"})
    anthropic.key_failures |= {"sk-a": long, "sk-b": long}

    first = await two_keys.fail()
    second = await Harness(anthropic, tmp_path, keys=two_keys.keys.kept, keyring=two_keys.keyring).fail()

    assert first.retry_after == 90
    assert second.fault == "rate_limited"
    assert second.retry_after == pytest.approx(90, abs=2)
    assert "all of its 2 keys rest" in second.detail
    assert keys_of(anthropic) == ["a", "b"]


async def test_waiting_turns_go_on_when_another_one_finds_the_key_recovered(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    slow = RetryConfig(attempts=6, initial_seconds=40, max_seconds=40)
    waiting = Harness(anthropic, tmp_path, retry=slow)
    anthropic.fail(429)

    async with anyio.create_task_group() as group:
        group.start_soon(waiting.ask)
        await anthropic.wait_requests(1)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            waiting.keyring.answered(Profile("anthropic:a", "anthropic", None), REF.model, "somebody")
            await anthropic.wait_requests(2)


async def test_in_a_hurry_nobody_waits_for_a_key(anthropic: FakeAnthropic, two_keys: Harness) -> None:
    anthropic.fail(429, headers={"retry-after": "1"}, times=2)

    with anyio.fail_after(0.9):
        error = await two_keys.fail(hurried=True)

    assert error.fault == "rate_limited"
    assert len(anthropic.requests) == 2


async def test_an_unpaid_key_is_tried_again_after_a_while_when_there_is_no_other(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.fail(402)
    harness = Harness(anthropic, tmp_path)

    first = await harness.fail()
    harness.keyring.close_gate("anthropic:a", REF.model, 0)
    reply = await harness.ask()

    assert first.fault == "billing"
    assert reply.text == "ok: hello"
    assert harness.keyring.troubles("anthropic:a") == {}


async def test_a_key_that_cannot_be_read_is_passed_over(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    harness = Harness(anthropic, tmp_path, keys={"A": "", "B": "sk-b"})

    await harness.ask()

    assert harness.faults() == [("a", "auth"), ("b", None)]
    assert harness.keyring.troubles("anthropic:a") == {}


# -- thinking ---------------------------------------------------------------------------------------------


async def test_an_overloaded_model_is_asked_to_think_less_and_less(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.fail(529, times=4)
    patient = RetryConfig(attempts=6, initial_seconds=0, max_seconds=0)
    harness = Harness(anthropic, tmp_path, retry=patient)

    reply = await harness.ask(Request("", "", REQUEST.messages, thinking="high"))

    levels: list[ThinkingLevel] = ["high", "medium", "low", "minimal", "off"]
    assert [each.thinking for each in harness.tried] == levels
    assert [each.fault for each in harness.tried] == ["overloaded"] * 4 + [None]
    efforts = [request.body.get("output_config", {}).get("effort") for request in anthropic.requests]
    assert efforts == ["high", "medium", "low", "low", None]
    assert reply.text == "ok: hello"


async def test_thinking_has_its_room_beside_the_answer(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    await Harness(anthropic, tmp_path).ask(Request("", "", REQUEST.messages, thinking="high"))
    await Harness(anthropic, tmp_path).ask(Request("", "", REQUEST.messages, thinking="low"))

    assert [request.body["max_tokens"] for request in anthropic.requests] == [8096 + 16_384, 8096]

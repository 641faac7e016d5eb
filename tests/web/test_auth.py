from dataclasses import dataclass

import pytest

from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret
from openclaw.web.auth import MAX_REMEMBERED, FailureLimiter, TokenCheck
from openclaw.web.config import RateLimitConfig
from openclaw.web.guard import Peer

TOKEN = "correct-horse-battery-staple"
STRANGER = Peer("203.0.113.7", local=False)
PROGRAM = Peer("127.0.0.1", local=True)


@dataclass
class Hands:
    """A clock that is set by hand."""

    seconds: float = 1000.0

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


async def token() -> Secret:
    return Secret(TOKEN)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def limiter(clock: Hands) -> FailureLimiter:
    return FailureLimiter(RateLimitConfig(), clock)


@pytest.mark.parametrize(
    ("offered", "verdict"),
    [
        (TOKEN, "admitted"),
        (None, "missing"),
        ("", "missing"),
        (TOKEN + " ", "mismatch"),
        (TOKEN.upper(), "mismatch"),
        ("é", "mismatch"),
        ("\ud83d", "mismatch"),
    ],
)
async def test_only_the_token_itself_is_admitted(
    offered: str | None, verdict: str, limiter: FailureLimiter
) -> None:
    assert (await TokenCheck(token, limiter).admit(offered, STRANGER)).verdict == verdict


async def test_an_empty_token_in_the_config_admits_nobody(limiter: FailureLimiter) -> None:
    async def empty() -> Secret:
        return Secret("")

    for offered in ("", "x", None):
        assert not (await TokenCheck(empty, limiter).admit(offered, PROGRAM)).admitted


async def test_a_token_that_cannot_be_read_admits_nobody(limiter: FailureLimiter) -> None:
    async def unreadable() -> Secret:
        raise SecretError("op://vault/gateway/token: op is not signed in")

    assert (await TokenCheck(unreadable, limiter).admit(TOKEN, PROGRAM)).verdict == "mismatch"


async def test_without_a_token_only_programs_on_this_machine_are_admitted(limiter: FailureLimiter) -> None:
    check = TokenCheck(None, limiter)
    assert (await check.admit(None, PROGRAM)).admitted
    assert not (await check.admit("anything", STRANGER)).admitted


async def test_ten_failures_in_a_minute_lock_for_five_even_with_the_right_token(
    clock: Hands, limiter: FailureLimiter
) -> None:
    check = TokenCheck(token, limiter)
    for _ in range(10):
        await check.admit("guess", STRANGER)
        clock.seconds += 5
    locked = await check.admit(TOKEN, STRANGER)
    assert locked.verdict == "locked"
    assert locked.retry_after == pytest.approx(295)

    clock.seconds += 296
    assert (await check.admit(TOKEN, STRANGER)).admitted


async def test_slow_failures_never_lock(clock: Hands, limiter: FailureLimiter) -> None:
    check = TokenCheck(token, limiter)
    for _ in range(50):
        await check.admit("guess", STRANGER)
        clock.seconds += 7
    assert (await check.admit(TOKEN, STRANGER)).admitted


async def test_a_program_on_this_machine_is_never_locked_out(limiter: FailureLimiter) -> None:
    check = TokenCheck(token, limiter)
    through_a_tunnel = Peer("127.0.0.1", local=False)
    for _ in range(20):
        await check.admit("guess", PROGRAM)
        await check.admit("guess", through_a_tunnel)
    assert (await check.admit(TOKEN, through_a_tunnel)).verdict == "locked"
    assert (await check.admit(TOKEN, PROGRAM)).admitted


def test_the_table_of_clients_is_bounded(limiter: FailureLimiter) -> None:
    for number in range(MAX_REMEMBERED + 100):
        limiter.failed(Peer(f"client-{number}", local=False))
    assert len(limiter._clients) == MAX_REMEMBERED


async def test_many_addresses_together_get_no_more_guesses_and_keep_out_nobody_who_was_here(
    limiter: FailureLimiter, clock: Hands
) -> None:
    check = TokenCheck(token, limiter)
    assert (await check.admit(TOKEN, STRANGER)).admitted
    crowd = [Peer(f"198.51.100.{number}", local=False) for number in range(200)]
    verdicts = [(await check.admit("guess", peer)).verdict for peer in crowd]

    assert verdicts.count("mismatch") == 100
    newcomer = Peer("192.0.2.1", local=False)
    late = await check.admit(TOKEN, newcomer)
    assert (late.verdict, 0 < late.retry_after <= 60) == ("locked", True)
    assert (await check.admit(TOKEN, STRANGER)).admitted
    assert (await check.admit(TOKEN, PROGRAM)).admitted
    clock.seconds += 61
    assert (await check.admit(TOKEN, newcomer)).admitted

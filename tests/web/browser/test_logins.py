from hashlib import sha256

import anyio
import pytest

from openclaw.types.secrets import Secret
from openclaw.web.browser.logins import CODE_SECONDS, MOST_CODES, Logins
from openclaw.web.desk import UnknownKeyError
from tests.gateway.scripted import NOW, ControlledClock
from tests.web.fake_browsers import FakeBrowsers, FakeCodes


@pytest.fixture
def browsers() -> FakeBrowsers:
    return FakeBrowsers()


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
def logins(browsers: FakeBrowsers, clock: ControlledClock) -> Logins:
    return Logins(browsers, FakeCodes(), clock)


async def signed_in(logins: Logins) -> Secret:
    token = await logins.redeem(logins.offer().code.reveal(), "Firefox")
    assert token is not None
    return token


async def test_a_code_lets_one_browser_in_once(logins: Logins, browsers: FakeBrowsers) -> None:
    offered = logins.offer()
    code = offered.code.reveal()

    token = await logins.redeem(code, "Fire\x1b[31mfox\n")

    assert token is not None
    assert await logins.redeem(code, "another") is None
    assert await logins.browser(token.reveal()) == "web_1"
    assert offered.expires_at == NOW + CODE_SECONDS * 1000
    assert [row["name"] for row in await logins.browsers()] == ["Fire [31mfox"]
    assert list(browsers.rows) == [sha256(token.reveal().encode()).hexdigest()]


async def test_a_code_for_later_lets_one_browser_in_at_another_process(clock: ControlledClock) -> None:
    kept = FakeCodes()
    offered = await Logins(FakeBrowsers(), kept, clock).offer_for_later()
    code, later = offered.code.reveal(), Logins(FakeBrowsers(), kept, clock)

    assert code not in str(kept.kept)
    assert offered.expires_at == NOW + CODE_SECONDS * 1000
    assert await later.redeem(code, "Firefox") is not None
    assert await later.redeem(code, "another") is None

    void = await later.offer_for_later()
    await later.revoke(None)
    assert await later.redeem(void.code.reveal(), "Firefox") is None


async def test_of_two_who_show_a_code_at_once_one_is_let_in(logins: Logins) -> None:
    code, let_in = logins.offer().code.reveal(), []

    async def show() -> None:
        let_in.append(await logins.redeem(code, "x"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(show)
        tasks.start_soon(show)

    assert sum(token is not None for token in let_in) == 1


@pytest.mark.parametrize(("after", "works"), [(CODE_SECONDS - 1, True), (CODE_SECONDS, False)])
async def test_a_code_lasts_ten_minutes(
    logins: Logins, clock: ControlledClock, after: float, works: bool
) -> None:
    code = logins.offer().code.reveal()
    clock.advance(after)

    assert (await logins.redeem(code, "x") is not None) is works
    assert await logins.redeem(code, "x") is None


@pytest.mark.parametrize("wrong", ["", "x", "\ud800", "q" * 4000])
async def test_any_other_word_lets_nobody_in(logins: Logins, wrong: str) -> None:
    logins.offer()

    assert await logins.redeem(wrong, "x") is None
    assert await logins.browser(wrong) is None


async def test_of_too_many_codes_the_oldest_is_void(logins: Logins) -> None:
    codes = [logins.offer().code.reveal() for _ in range(MOST_CODES + 1)]

    assert await logins.redeem(codes[0], "x") is None
    assert await logins.redeem(codes[1], "x") is not None
    assert await logins.redeem(codes[-1], "x") is not None


async def test_revoking_all_voids_the_codes_too(logins: Logins) -> None:
    token, unused = await signed_in(logins), logins.offer().code.reveal()

    assert await logins.revoke(None) == 1

    assert await logins.browser(token.reveal()) is None
    assert await logins.redeem(unused, "x") is None
    assert await logins.revoke(None) == 0


async def test_who_is_revoked_hears_of_it_and_nobody_else_does(logins: Logins) -> None:
    first, second = await signed_in(logins), await signed_in(logins)
    heard = []

    async def stay(browser_id: str) -> None:
        await logins.until_revoked(browser_id)
        heard.append(browser_id)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stay, "web_1")
        tasks.start_soon(stay, "web_2")
        await anyio.wait_all_tasks_blocked()
        await logins.revoke("web_1")
        await anyio.wait_all_tasks_blocked()
        assert heard == ["web_1"]
        tasks.cancel_scope.cancel()
    assert await logins.browser(first.reveal()) is None
    assert await logins.browser(second.reveal()) == "web_2"
    with anyio.fail_after(1):
        await logins.until_revoked("web_1")


async def test_an_unknown_browser_cannot_be_revoked(logins: Logins) -> None:
    with pytest.raises(UnknownKeyError, match="no browser 'web_9'"):
        await logins.revoke("web_9")

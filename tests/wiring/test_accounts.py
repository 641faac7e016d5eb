"""In the whole house, on a state directory of its own."""

from pathlib import Path

import pytest

from openclaw.app import build
from openclaw.gateway.access import Mark
from openclaw.logs import Redactor
from openclaw.types.errors import ConfigError
from openclaw.wiring import accounts
from tests.test_app import asked, configured


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


async def test_a_channel_that_cannot_be_opened_is_off_alone_and_says_so(
    state_dir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> object:
        raise ConfigError(f"channels.{name}", "its plugin cannot be loaded", "Install it again.")

    monkeypatch.setattr(accounts, "load_channel", broken)
    loaded = configured(state_dir, {"channels": {"telegram": {"botToken": "1:a"}}})
    async with build(loaded, Redactor(), with_channels=True) as house:
        assert house.channels == {}
        async with house.working():
            assert (await asked(house, "r1", "hello")).status == "ok"
    assert "its plugin cannot be loaded" in caplog.text


async def test_each_account_of_a_channel_is_a_channel_of_its_own(state_dir: Path) -> None:
    accounts = {"home": {"botToken": "1:a"}, "work": {"botToken": "2:b"}}
    loaded = configured(state_dir, {"channels": {"telegram": {"accounts": accounts}}})
    async with build(loaded, Redactor(), with_channels=True) as house:
        assert set(house.channels) >= {("telegram", "home"), ("telegram", "work")}


def test_owners_speak_with_authority_on_every_account(state_dir: Path) -> None:
    telegram = {"botToken": "1:a", "allowFrom": [821071206, "*"], "dmPolicy": "open"}
    loaded = configured(state_dir, {"channels": {"telegram": telegram}})

    found, owners = accounts.policies(loaded)

    assert owners == ("telegram:821071206",)
    assert found["telegram", "default"].dm_policy == "open"


def test_a_number_of_whatsapp_has_owners_and_shows_that_it_has_taken_up_a_message(state_dir: Path) -> None:
    whatsapp = {"phoneNumberId": "1", "allowFrom": ["+1 (201) 555-0123"]}
    messages = {"ackReaction": "👀", "ackReactionScope": "all"}
    loaded = configured(state_dir, {"channels": {"whatsapp": whatsapp}, "messages": messages})

    found, owners = accounts.policies(loaded)

    assert owners == ("whatsapp:+12015550123",)
    assert found["whatsapp", "default"].mark == Mark("👀", "all")


def test_nobody_who_calls_is_the_owner_by_his_number(state_dir: Path) -> None:
    voice = {"inboundPolicy": "allowlist", "allowFrom": ["+12015550123", "5550124"]}
    loaded = configured(
        state_dir, {"channels": {"voice": voice}, "commands": {"ownerAllowFrom": ["voice:+12015550123"]}}
    )

    found, owners = accounts.policies(loaded)

    assert owners == ()
    policy = found["voice", "default"]
    assert (policy.dm_policy, policy.allow_from, policy.owners) == (
        "allowlist",
        frozenset({"+12015550123"}),
        frozenset(),
    )


def test_each_number_has_its_own_rule_for_whoever_texts_it(state_dir: Path) -> None:
    sales = {"fromNumber": "+12015550198", "dmPolicy": "open"}
    sms = {
        "fromNumber": "+12015550199",
        "allowFrom": ["+1 201 555 0123", "Ana"],
        "accounts": {"sales": sales},
    }
    loaded = configured(
        state_dir, {"channels": {"sms": sms}, "commands": {"ownerAllowFrom": ["+12015550123"]}}
    )

    found, owners = accounts.policies(loaded)

    assert owners == ()
    assert {name: policy.dm_policy for (_, name), policy in found.items()} == {
        "default": "stream",
        "sales": "open",
    }
    assert found["sms", "default"].allow_from == frozenset({"+12015550123"})

import pytest
from pydantic import ValidationError

from openclaw.channels.telegram.config import TelegramAccount, TelegramConfig


def test_a_bot_needs_only_its_token() -> None:
    config = TelegramConfig.model_validate({"botToken": "1:invented"})

    assert list(config.each_account()) == ["default"]
    assert config.dm_policy == "pairing"
    assert config.poll_seconds == 50
    assert not config.link_preview
    assert "invented" not in repr(config)


@pytest.mark.parametrize("entry", ["telegram:821071206", "tg:821071206", 821071206, " 821071206 "])
def test_an_id_is_known_in_every_way_people_write_it(entry: object) -> None:
    assert TelegramConfig.model_validate({"allowFrom": [entry]}).allowed == ("821071206",)


@pytest.mark.parametrize("entry", ["@ana", "Ana", "telegram:@ana", "８２１", "+1", "-5", ""])
def test_what_is_not_an_id_lets_nobody_in_and_is_told(entry: str) -> None:
    config = TelegramConfig.model_validate({"allowFrom": [entry, 5]})

    assert config.allowed == ("5",)
    (problem,) = config.problems()
    assert "channels.telegram.allowFrom" in problem
    assert "is not a Telegram user id" in problem


def test_everybody_is_a_star() -> None:
    assert TelegramConfig.model_validate({"allowFrom": "*"}).allowed == ("*",)


def test_an_account_inherits_what_it_does_not_say() -> None:
    config = TelegramConfig.model_validate(
        {
            "botToken": "1:invented",
            "apiRoot": "http://127.0.0.1:1",
            "dmPolicy": "open",
            "accounts": {"shop": {"tokenFile": "/run/shop.token", "dmPolicy": "allowlist"}},
        }
    )

    accounts = config.each_account()

    assert list(accounts) == ["default", "shop"]
    shop = accounts["shop"]
    assert shop.token is not None
    assert shop.token.text == "file:/run/shop.token"
    assert (shop.api_root, shop.dm_policy) == ("http://127.0.0.1:1", "allowlist")
    assert shop.webhook_path == "/webhooks/telegram/shop"


def test_an_account_without_a_token_of_its_own_does_not_take_the_other_bots() -> None:
    config = TelegramConfig.model_validate({"botToken": "1:invented", "accounts": {"shop": {}}})

    assert list(config.each_account()) == ["default"]
    assert any("channels.telegram.accounts.shop has no token" in problem for problem in config.problems())


def test_the_default_account_may_stand_among_the_accounts() -> None:
    config = TelegramConfig.model_validate({"botToken": "1:a", "accounts": {"default": {"dmPolicy": "open"}}})

    assert [account.dm_policy for account in config.each_account().values()] == ["open"]


@pytest.mark.parametrize("off", [{"enabled": False}, {"accounts": {"default": {"enabled": False}}}])
def test_what_is_switched_off_is_not_there(off: dict[str, object]) -> None:
    assert TelegramConfig.model_validate({"botToken": "1:a", **off}).each_account() == {}


def test_a_webhook_without_a_secret_is_told() -> None:
    (problem,) = TelegramConfig.model_validate({"webhookUrl": "https://example.org/hook"}).problems()

    assert "webhookSecret" in problem


@pytest.mark.parametrize(
    ("written", "read"), [(True, "partial"), (False, "off"), ({"mode": "block"}, "block"), ("off", "off")]
)
def test_streaming_is_read_in_every_form_the_original_had(written: object, read: str) -> None:
    assert TelegramAccount.model_validate({"streaming": written}).streaming == read


@pytest.mark.parametrize(
    "bad", [{"textChunkLimit": 4097}, {"pollSeconds": 0}, {"pollSeconds": 51}, {"apiRoot": "x"}]
)
def test_a_value_that_telegram_would_refuse_is_refused_here(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TelegramAccount.model_validate(bad)

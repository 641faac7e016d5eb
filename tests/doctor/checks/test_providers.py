from collections.abc import AsyncIterator
from typing import Any

import pytest

from openclaw.channels.telegram.config import TelegramAccount
from openclaw.doctor.checks.providers import hooked
from openclaw.doctor.finding import Finding
from tests.doctor.home import House, found
from tests.fakes import (
    FakeQuo,
    FakeSalesmsg,
    FakeTelegram,
    FakeTwilio,
    FakeWhatsApp,
    free_ports,
)

PROVIDERS = "the channels' providers"
BOT = TelegramAccount()
HOOKED = TelegramAccount(webhook_url="https://claw.example.org/webhooks/telegram")


async def asked(house: House, **channels: Any) -> list[tuple[str, str]]:
    return [(each.id, each.level) for each in await told(house, **channels)]


async def told(house: House, **channels: Any) -> list[Finding]:
    house.write_config({"channels": channels})
    return await found(house, PROVIDERS)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


def bot(telegram: FakeTelegram, **more: Any) -> dict[str, Any]:
    return {"botToken": telegram.token, "apiRoot": telegram.url, **more}


def line(twilio: FakeTwilio, **more: Any) -> dict[str, Any]:
    return {
        "accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number,
        "apiRoot": twilio.url, **more,
    }  # fmt: skip


async def test_a_bot_whose_token_is_taken_is_no_news(house: House, telegram: FakeTelegram) -> None:
    assert await asked(house, telegram=bot(telegram)) == []
    assert [call.method for call in telegram.calls] == ["getMe", "getWebhookInfo"]


async def test_a_refused_bot_is_told_without_its_token(house: House, telegram: FakeTelegram) -> None:
    (finding,) = await told(house, telegram=bot(telegram, botToken="8000001:wrong-wrong-wrong"))

    assert (finding.id, finding.level) == ("channels.refused", "error")
    assert "wrong-wrong" not in str(finding)
    assert "openclaw secrets set channels.telegram.botToken" in finding.command


async def test_a_provider_that_cannot_be_reached_is_told_without_the_token(house: House) -> None:
    (port,) = free_ports(1)
    (finding,) = await told(
        house, telegram={"botToken": "80:secret-secret", "apiRoot": f"http://127.0.0.1:{port}"}
    )

    assert finding.id == "channels.unreachable"
    assert "secret-secret" not in str(finding)


async def test_a_webhook_that_is_set_while_we_poll_is_told(house: House, telegram: FakeTelegram) -> None:
    await telegram._api_setwebhook({"url": "https://old.example.org/hook"})

    assert await asked(house, telegram=bot(telegram)) == [("channels.webhook_set", "warn")]


@pytest.mark.parametrize(
    ("info", "account", "id"),
    [
        ({"url": ""}, BOT, None),
        ({"url": "https://x.example.org"}, BOT, "channels.webhook_set"),
        ({"url": HOOKED.webhook_url}, HOOKED, None),
        ({"url": ""}, HOOKED, "channels.webhook_differs"),
        (
            {"url": HOOKED.webhook_url, "last_error_message": "502", "last_error_date": 1_000},
            HOOKED,
            "channels.webhook_failing",
        ),
        ({"url": HOOKED.webhook_url, "last_error_message": "502", "last_error_date": -90_000}, HOOKED, None),
    ],
)
def test_what_telegram_has_as_webhook(info: dict[str, Any], account: TelegramAccount, id: str | None) -> None:
    findings = hooked(info, account, "channels.telegram", 2_000)

    assert [each.id for each in findings] == ([id] if id else [])


async def test_every_bot_is_asked(house: House, telegram: FakeTelegram) -> None:
    accounts = {"work": {"botToken": "8000001:wrong-wrong-wrong"}}

    (finding,) = await told(house, telegram=bot(telegram, accounts=accounts))

    assert "channels.telegram.accounts.work" in finding.what


async def test_twilio_is_asked_once_for_texts_and_calls(house: House, twilio: FakeTwilio) -> None:
    assert await asked(house, sms=line(twilio), voice={}) == []
    assert twilio.requests == [("GET", f"/2010-04-01/Accounts/{twilio.account_sid}.json")]


async def test_twilio_refuses_an_account(house: House, twilio: FakeTwilio) -> None:
    assert await asked(house, sms=line(twilio, authToken="wrong")) == [("channels.refused", "error")]


async def test_a_suspended_account_is_told(house: House, twilio: FakeTwilio) -> None:
    path = f"/2010-04-01/Accounts/{twilio.account_sid}.json"
    twilio.files[path] = ("application/json", b'{"status": "suspended"}')

    assert await asked(house, sms=line(twilio)) == [("channels.suspended", "error")]


async def test_an_account_without_its_password_is_incomplete(house: House, twilio: FakeTwilio) -> None:
    assert await asked(house, sms=line(twilio, authToken=None)) == [("channels.incomplete", "error")]
    assert await asked(house, sms=line(twilio, accountSid=None)) == [("channels.incomplete", "error")]


async def test_meta_takes_or_refuses_the_token_and_the_app_secret(house: House) -> None:
    async with FakeWhatsApp() as meta:
        number = {
            "accessToken": meta.token, "phoneNumberId": meta.phone_number_id, "appSecret": meta.app_secret,
            "verifyToken": "v" * 32, "apiRoot": meta.url, "graphVersion": meta.version,
        }  # fmt: skip
        assert await asked(house, whatsapp=number) == []
        expired = await told(house, whatsapp={**number, "accessToken": "expired"})
        other_app = await told(house, whatsapp={**number, "appSecret": "of another app"})

    assert [(each.id, each.level) for each in expired] == [("channels.refused", "error")]
    assert "channels.whatsapp.accessToken" in expired[0].command
    assert "channels.whatsapp.appSecret" in other_app[0].command


async def test_salesmsg_is_asked_with_the_token_that_counts_now(house: House) -> None:
    async with FakeSalesmsg() as sales:
        (token,) = sales.tokens
        config = {"webhookToken": "w" * 32, "apiRoot": sales.url}
        assert await asked(house, salesmsg={**config, "apiToken": token}) == []
        assert await asked(house, salesmsg={**config, "apiToken": "old"}) == [("channels.refused", "error")]
        assert await asked(house, salesmsg=config) == [("channels.incomplete", "error")]


async def test_quo_takes_or_refuses_the_key(house: House) -> None:
    async with FakeQuo() as quo:
        config = {"signingKeys": ["c2VjcmV0"], "apiRoot": quo.url}
        assert await asked(house, quo={**config, "apiKey": quo.key}) == []
        assert await asked(house, quo={**config, "apiKey": "old"}) == [("channels.refused", "error")]


async def test_offline_nobody_is_asked(house: House, telegram: FakeTelegram) -> None:
    house.offline = True

    assert await asked(house, telegram=bot(telegram, botToken="8000001:wrong-wrong-wrong")) == []
    assert telegram.calls == []

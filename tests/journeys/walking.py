"""A house with a telephone, for those who walk through its pages."""

from typing import Any

from tests.fakes import Daemon, FakeTwilio

Json = dict[str, Any]


def with_telephone(config: Json, twilio: FakeTwilio) -> Json:
    login = {"accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number}
    door = {"apiRoot": twilio.url, "publicWebhookUrls": ["https://texts.example.org"]}
    channels = {**config["channels"], "sms": {**login, **door}, "voice": {"allowFrom": ["+12015550123"]}}
    agents = [{"id": "main", "tier": "first"}, {"id": "clerk", "model": "anthropic/claude-haiku-4-5"}]
    return {**config, "channels": channels, "agents": {"list": agents}, "budgets": {"perDay": 5}}


async def link_to(daemon: Daemon) -> str:
    said = (await daemon.cli("dashboard")).stdout
    return next(word for word in said.split() if "/#code=" in word)

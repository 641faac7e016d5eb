import json
from typing import Any

import pytest

from openclaw.doctor.checks.keys import Server, judged
from openclaw.doctor.consultation import consult
from openclaw.doctor.finding import Put
from openclaw.types.clock import SystemClock
from tests.doctor.home import House, found, named
from tests.fakes import Answer, FakeAnthropic, FakeOpenAI, FakeServer, HttpRequest, free_ports

TAKEN = "whether the keys are taken"
UNREADABLE = "the secrets"


def row(**more: Any) -> dict[str, Any]:
    return {"id": "anthropic:work", "state": "ok", "until": None, "reason": None, **more}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (row(), []),
        (row(state="cooling", until=2_000, reason="rate_limit"), ["keys.cooling"]),
        (row(state="cooling", until=500, reason="rate_limit"), []),
        (row(state="disabled", until=2_000, reason="billing"), ["keys.unpaid"]),
        (row(state="disabled", reason="auth"), ["keys.refused"]),
    ],
)
def test_how_a_key_fares(key: dict[str, Any], told: list[str]) -> None:
    assert [each.id for each in judged([key], 1_000)] == told


async def test_without_a_daemon_the_file_remembers(house: House) -> None:
    now = SystemClock().now_ms()
    rest = {
        "cooldownUntil": now + 60_000,
        "errorCount": 1,
        "lastFailureAt": now - 1_000,
        "reason": "rate_limit",
    }
    path = house.state / "agents" / "main" / "agent" / "auth-profiles.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"usageStats": {"anthropic:default": {"models": {"m": rest}}}}))
    house.write_config({"models": {"providers": {"anthropic": {"apiKey": "env:HOME"}}}})

    (finding,) = await found(house, "how the keys fare")

    assert finding.id == "keys.cooling"
    assert "anthropic:default" in finding.what


@pytest.mark.parametrize(
    ("api", "url", "name", "value"),
    [
        ("anthropic-messages", "https://x.example.org/v1/models", "x-api-key", "k"),
        ("openai-completions", "https://x.example.org/models", "authorization", "Bearer k"),
    ],
)
def test_models_are_listed_where_it_costs_nothing(api: str, url: str, name: str, value: str) -> None:
    server = Server(api, "https://x.example.org/", {"x-team": "7"})

    assert server.models_url == url
    assert server.with_key("k")[name] == value
    assert server.with_key("k")["x-team"] == "7"


def providers(anthropic: FakeAnthropic, key: str) -> dict[str, Any]:
    return {"models": {"providers": {"anthropic": {"baseUrl": anthropic.url, "apiKey": key}}}}


async def test_a_key_that_is_taken_is_no_news(house: House, anthropic: FakeAnthropic) -> None:
    house.write_config(providers(anthropic, anthropic.key))

    assert await found(house, TAKEN) == []
    assert anthropic.requests == []


async def test_a_refused_key_is_named_and_not_shown(house: House, anthropic: FakeAnthropic) -> None:
    anthropic.refused_keys.add("sk-ant-old-old-old")
    house.write_config(providers(anthropic, "sk-ant-old-old-old"))

    (finding,) = await found(house, TAKEN)

    assert (finding.id, finding.level) == ("keys.refused", "error")
    assert "anthropic:default" in finding.what
    assert "old-old" not in str(finding)


class Guarded(FakeServer):
    """Its keys may ask, and not see which models there are."""

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        answer.send_json(403, {"error": {"message": "missing scopes: api.model.read"}})


async def test_a_key_that_may_not_list_models_is_not_called_wrong(house: House) -> None:
    async with Guarded() as server:
        provider = {"api": "anthropic-messages", "baseUrl": server.url, "apiKey": "restricted"}
        house.write_config({"models": {"providers": {"anthropic": provider}}})

        assert await found(house, TAKEN) == []


async def test_each_of_several_keys_is_asked(
    house: House, anthropic: FakeAnthropic, openai: FakeOpenAI
) -> None:
    anthropic.refused_keys.add("bad")
    config = providers(anthropic, anthropic.key)
    config["models"]["providers"]["openai"] = {"baseUrl": f"{openai.url}/v1", "apiKey": "also bad"}
    config["auth"] = {"profiles": {"anthropic:work": {"apiKey": "bad"}}}
    openai.refused_keys.add("also bad")
    house.write_config(config)

    findings = await found(house, TAKEN)

    # OpenAI-compatible servers on this machine ask for no key.
    assert [each.id for each in findings] == ["keys.refused"]
    assert "anthropic:work" in findings[0].what


async def test_a_provider_that_cannot_be_reached_says_nothing_of_the_key(house: House) -> None:
    (port,) = free_ports(1)
    provider = {"baseUrl": f"http://127.0.0.1:{port}", "apiKey": "sk-secret"}
    house.write_config({"models": {"providers": {"anthropic": provider}}})

    (finding,) = await found(house, TAKEN)

    assert (finding.id, finding.level) == ("keys.unreachable", "warn")
    assert "sk-secret" not in str(finding)


async def test_a_secret_that_two_parts_share_is_told_once(house: House) -> None:
    sms = {"authToken": "env:GONE", "accountSid": "AC1", "fromNumber": "+12015550100"}
    house.write_config({"channels": {"sms": sms, "quo": {"apiKey": "env:GONE", "signingKeys": ["x"]}}})

    (finding,) = await found(house, "the secrets")

    assert "channels.sms.authToken and channels.quo.apiKey" in finding.what
    assert "env:GONE" in finding.what


async def test_offline_no_provider_is_asked(house: House, anthropic: FakeAnthropic) -> None:
    anthropic.refused_keys.add("bad")
    house.offline = True
    house.write_config(providers(anthropic, "bad"))

    assert await found(house, TAKEN) == []


async def test_a_house_that_was_moved_is_told_where_its_secrets_lie_now(house: House) -> None:
    there = house.home / "there" / "credentials"
    config = {"botToken": f"file:{there}/secrets.json#/channels.telegram.botToken"}
    house.write_config({"channels": {"telegram": config}})
    (lost,) = await found(house, UNREADABLE)
    assert lost.mend is None

    file = house.state / "credentials" / "secrets.json"
    file.write_text('{"channels.telegram.botToken": "1:a"}')

    (moved,) = await found(house, UNREADABLE)
    assert moved.mend == Put(("channels", "telegram", "botToken"), f"file:{file}#/channels.telegram.botToken")
    report = await consult(house.visit(), named(UNREADABLE), fix=True)
    assert [each.level for each in report.findings] == ["ok"]

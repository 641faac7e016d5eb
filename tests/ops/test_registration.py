from typing import Any

import anyio
import pytest

from openclaw.ops.registration import advice, look, unstated, watch
from openclaw.settings.model import Settings
from openclaw.types.errors import StorageFullError
from openclaw.types.secrets import Secret, SecretRef
from tests.channels.twilio.test_registration import serve_campaign
from tests.fakes import FakeTwilio

OURS, OTHER = "+12125550100", "+18335550100"


class Resolver:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret(reference.text)


def settings(compliance: dict[str, Any] | None = None, **sms: Any) -> Settings:
    channel = {"accountSid": "AC" + "0" * 32, "authToken": "t", "fromNumber": OURS, **sms}
    return Settings.model_validate({"channels": {"sms": channel}, "compliance": compliance or {}})


@pytest.mark.parametrize(
    ("compliance", "sms", "places"),
    [
        ({}, {}, ["channels.sms"]),
        ({"tenDlc": {"status": "approved"}}, {}, []),
        ({"tenDlc": {"numbers": {OURS: "denied"}}}, {}, []),
        ({"tenDlc": {"status": "approved"}}, {"fromNumber": OTHER}, ["channels.sms"]),
        ({"tenDlc": {"tollFree": "approved"}}, {"fromNumber": OTHER}, []),
        ({"enabled": False}, {}, []),
        ({}, {"fromNumber": "+36301234567"}, []),
        ({}, {"enabled": False}, []),
        (
            {},
            {"accounts": {"second": {"fromNumber": OTHER}}},
            ["channels.sms", "channels.sms.accounts.second"],
        ),
    ],
)
def test_what_the_config_leaves_open_is_asked_for(
    compliance: dict[str, Any], sms: dict[str, Any], places: list[str]
) -> None:
    found = settings(compliance, **sms)
    assert [place for place, _ in unstated(found)] == places
    told = places if found.compliance.enabled else ["compliance.enabled is false"]
    assert [words.partition(":")[0] for words in advice(found)] == told


def test_without_texts_there_is_nothing_to_ask() -> None:
    assert advice(Settings()) == []


async def told_by(twilio: FakeTwilio) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []

    async def keep(number: str, status: str) -> None:
        told.append((number, status))

    await look(reached(twilio), Resolver(), keep)
    return told


def reached(twilio: FakeTwilio) -> Settings:
    return settings(
        accountSid=twilio.account_sid, authToken=twilio.token, fromNumber=twilio.number, apiRoot=twilio.url
    )


async def test_what_twilio_says_is_told() -> None:
    async with FakeTwilio() as twilio:
        serve_campaign(twilio, "VERIFIED")
        assert await told_by(twilio) == [(twilio.number, "approved")]


async def test_where_twilio_does_not_answer_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeTwilio() as twilio:
        assert await told_by(twilio) == []
    assert "cannot be looked up" in caplog.text


async def test_a_full_disk_ends_no_daemon(caplog: pytest.LogCaptureFixture) -> None:
    async def full(number: str, status: str) -> None:
        raise StorageFullError("the disk is full")

    async with FakeTwilio() as twilio:
        serve_campaign(twilio, "VERIFIED")
        await look(reached(twilio), Resolver(), full)
    assert "cannot be looked up: the disk is full" in caplog.text


async def test_it_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.ops.registration.FIRST_LOOK_SECONDS", 0)
    monkeypatch.setattr("openclaw.ops.registration.LOOK_SECONDS", 0)
    looked = anyio.Event()
    looks = 0

    async def look_now() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            looked.set()

    async with anyio.create_task_group() as group:
        group.start_soon(watch, look_now)
        await looked.wait()
        group.cancel_scope.cancel()

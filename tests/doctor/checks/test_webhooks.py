from typing import Any

import pytest
from starlette.requests import Request

from openclaw.doctor.checks.webhooks import public_bases, refused, unregistered
from openclaw.doctor.premises import Alive
from openclaw.settings.model import Settings
from openclaw.types.clock import iso
from openclaw.web.health import healthz
from tests.doctor.home import House, found
from tests.fakes import Answer, FakeServer, FakeTwilio, HttpRequest, free_ports


def row(**more: Any) -> dict[str, Any]:
    served = {
        "path": "/sms",
        "channel": "sms",
        "served": True,
        "checkedBy": "X-Twilio-Signature",
        "methods": ["POST"],
    }
    return {**served, "lastAcceptedAt": None, "lastRefusedAt": None, "lastRefusal": "", **more}


@pytest.mark.parametrize(
    ("path", "command"),
    [
        (row(), None),
        (row(lastAcceptedAt=iso(2)), None),
        (row(lastRefusedAt=iso(1), lastAcceptedAt=iso(2)), None),
        (row(lastRefusedAt=iso(1), lastRefusal="bad-signature", served=False), None),
        (
            row(lastRefusedAt=iso(1), lastRefusal="bad-signature"),
            "Compare the secret at sms (X-Twilio-Signature)",
        ),
        (
            row(lastRefusedAt=iso(3), lastAcceptedAt=iso(2), lastRefusal="too-large"),
            "Raise webhooks.maxBodyBytes",
        ),
        (row(lastRefusedAt=iso(1), lastRefusal="method-not-allowed"), "Have sms call with POST"),
    ],
)
def test_a_call_that_was_turned_away_is_told(path: dict[str, Any], command: str | None) -> None:
    findings = list(refused([path]))

    assert [each.command.startswith(command or "") for each in findings] == ([True] if command else [])


async def test_a_number_that_twilio_sends_elsewhere_is_told(house: House) -> None:
    async with FakeTwilio() as twilio:
        there = {"sid": "PN1", "phone_number": twilio.number, "sms_method": "POST"}
        twilio.numbers.append({**there, "sms_url": "https://old.example.org/sms"})
        sms = {
            "accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number,
            "apiRoot": twilio.url, "publicWebhookUrls": ["https://claw.example.org"],
        }  # fmt: skip
        house.write_config({"channels": {"sms": sms}})

        (finding,) = await found(house, "Twilio's numbers")

    assert finding.id == "webhooks.drift"
    assert "https://old.example.org/sms" in finding.what
    assert "https://claw.example.org/sms" in finding.command


class Tunnel(FakeServer):
    status, body = 200, b'{"ok": true}'

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        assert request.path.endswith("/healthz")
        answer.send(self.status, self.body)


async def reached(house: House, *bases: str) -> list[str]:
    sms = {"fromNumber": "+12015550100", "publicWebhookUrls": list(bases)}
    house.write_config({"channels": {"sms": sms}})
    return [each.id for each in await found(house, "the public addresses")]


async def test_a_public_address_leads_to_us_or_elsewhere_or_too_far_in(house: House) -> None:
    house.daemon = Alive()
    (nobody,) = free_ports(1)
    async with Tunnel() as tunnel:
        assert await reached(house, tunnel.url, f"{tunnel.url}/claw") == []
        tunnel.body = b'{"ok": true, "status": "live"}'
        assert await reached(house, tunnel.url) == ["webhooks.control_plane"]
        tunnel.status, tunnel.body = 404, b"<h1>Not found</h1>"
        assert await reached(house, tunnel.url) == ["webhooks.unreachable"]
    assert await reached(house, f"http://127.0.0.1:{nobody}") == ["webhooks.unreachable"]


async def test_without_a_daemon_a_tunnel_leads_nowhere_and_is_not_asked(house: House) -> None:
    assert await reached(house, "http://127.0.0.1:1") == []


async def test_the_control_plane_tells_itself_from_the_public_listener() -> None:
    said = await healthz(Request({"type": "http"}))

    assert b'"live"' in bytes(said.body)


def test_what_telegram_calls_is_a_public_base_as_well() -> None:
    bot = {"botToken": "x", "webhookUrl": "https://claw.example.org/a/webhooks/telegram"}

    found = dict(public_bases(Settings.model_validate({"channels": {"telegram": bot}})))

    assert found == {"https://claw.example.org/a": "channels.telegram.webhookUrl"}


def test_each_public_base_is_asked_once() -> None:
    base = "https://claw.example.org"
    channels = {"sms": {"publicWebhookUrls": [base]}, "voice": {"publicWebhookUrls": [f"{base}/"]}}

    found = dict(public_bases(Settings.model_validate({"channels": channels})))

    assert list(found) == [base]


SMS = {"channels": {"sms": {"fromNumber": "+12015550100"}}}


@pytest.mark.parametrize(
    ("tree", "known", "told"),
    [
        (SMS, {}, ["registration.unknown"]),
        (SMS, {"+12015550100": "approved"}, []),
        (SMS, {"+12015550100": "pending"}, ["registration.unknown"]),
        ({**SMS, "compliance": {"tenDlc": {"status": "approved"}}}, {}, []),
        ({**SMS, "compliance": {"enabled": False}}, {}, ["compliance.off"]),
        ({"compliance": {"enabled": False}}, {}, []),
        ({"channels": {"sms": {"fromNumber": "+61491570006"}}}, {}, []),
    ],
)
def test_what_carriers_know_of_our_numbers(
    tree: dict[str, Any], known: dict[str, str], told: list[str]
) -> None:
    assert [each.id for each in unregistered(Settings.model_validate(tree), known)] == told

import pytest

from openclaw.doctor.checks.channels import judged, servers
from openclaw.doctor.premises import Json
from tests.doctor.home import House, found
from tests.fakes import FakeTelegram


@pytest.mark.parametrize(
    ("condition", "told"),
    [("connected", []), ("starting", []), ("disabled", []), ("failing", ["channels.failing"])],
)
def test_a_channel_that_fails_is_told_with_its_reason(condition: str, told: list[str]) -> None:
    findings = list(judged({"telegram": {"condition": condition, "reason": "no network."}}))

    assert [each.id for each in findings] == told
    assert all("no network." in each.what for each in findings)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"name": "files", "state": "connected"}, []),
        ({"name": "files", "state": "failing", "reason": "it ended"}, ["mcp.failing"]),
    ],
)
def test_a_server_that_fails_is_told(state: Json, told: list[str]) -> None:
    assert [each.id for each in servers([state])] == told


async def test_a_channel_that_is_switched_off_is_not_asked(house: House, telegram: FakeTelegram) -> None:
    bot = {"botToken": "8000001:wrong", "apiRoot": telegram.url, "enabled": False}
    house.write_config({"channels": {"telegram": bot}})

    assert await found(house, "the channels' providers") == []

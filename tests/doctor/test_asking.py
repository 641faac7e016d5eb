import pytest

from openclaw.doctor.asking import Asking, moment, reason
from openclaw.net.fetched import OutboundError
from openclaw.types.clock import SystemClock
from tests.fakes import Answer, FakeServer, HttpRequest, free_ports


class Provider(FakeServer):
    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        answer.send(404, b"", {"date": "Fri, 27 Feb 2026 09:00:00 GMT"})


async def test_any_status_is_an_answer_and_the_clock_is_kept() -> None:
    asking = Asking(SystemClock())
    async with Provider() as provider:
        answer = await asking.get(f"{provider.url}/v1/models", {"x": "y"})
    await asking.aclose()

    (heard,) = asking.heard
    assert answer.status == 404
    assert heard.theirs == 1_772_182_800_000
    assert heard.host == "127.0.0.1"
    assert heard.ahead_seconds > 0


async def test_nobody_there_is_told_without_the_address() -> None:
    (port,) = free_ports(1)
    asking = Asking(SystemClock(), seconds=2)

    with pytest.raises(OutboundError) as raised:
        await asking.get(f"http://127.0.0.1:{port}/bot123:secret/getMe")
    await asking.aclose()

    assert reason(raised.value)
    assert "secret" not in reason(raised.value)
    assert asking.heard == []


@pytest.mark.parametrize("date", [None, "", "yesterday", "0"])
def test_what_is_no_date_is_none(date: str | None) -> None:
    assert moment(date) is None

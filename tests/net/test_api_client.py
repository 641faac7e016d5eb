from collections.abc import AsyncIterator

import pytest

from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError
from tests.fake.http import Answer, FakeServer, Hold, HttpRequest


class Provider(FakeServer):
    """Says what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = Hold()

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        match request.path:
            case "/v1/slow":
                await self.hold.wait()
                answer.send(200, b"")
            case "/v1/drop":
                answer.drop()
            case "/v1/away":
                answer.send(302, b"", {"location": "/v1/echo"})
            case _:
                said = {
                    "query": request.query,
                    "body": request.body.decode(),
                    "key": request.headers.get("x-key"),
                }
                answer.send_json(418, said)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider() as server:
        yield server


@pytest.fixture
async def client(provider: Provider) -> AsyncIterator[ApiClient]:
    made = ApiClient(f"{provider.url}/v1/", 0.5)
    yield made
    await made.aclose()


async def test_any_status_is_an_answer(client: ApiClient) -> None:
    answer = await client.post("/echo", json={"a": 1}, params={"q": "x y"}, headers={"X-Key": "k"})

    assert answer.status == 418
    assert answer.text == '{"query": {"q": "x y"}, "body": "{\\"a\\":1}", "key": "k"}'


async def test_nobody_there_means_nothing_has_left(provider: Provider, client: ApiClient) -> None:
    provider.refuse_connections()

    with pytest.raises(UnsentError):
        await client.post("/echo", params={"message": "private"})


async def test_a_connection_that_breaks_leaves_the_fate_open(client: ApiClient) -> None:
    with pytest.raises(UnansweredError) as broken:
        await client.post("/drop", params={"message": "private"})
    assert "private" not in str(broken.value)


async def test_a_slow_answer_is_not_waited_for(client: ApiClient) -> None:
    with pytest.raises(UnansweredError):
        await client.post("/slow")


async def test_nobody_is_sent_elsewhere(client: ApiClient) -> None:
    assert (await client.post("/away")).status == 302


async def test_it_can_be_closed_and_used_again(client: ApiClient) -> None:
    await client.aclose()

    assert (await client.post("/echo")).status == 418

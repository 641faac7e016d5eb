from collections.abc import AsyncIterator

import pytest

from openclaw.channels.salesmsg.api import SalesmsgApi
from openclaw.channels.salesmsg.tokens import Tokens
from openclaw.net.api_client import ApiClient
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.secrets import SecretRef
from tests.channels.salesmsg.house import Secrets, StoppedClock, outbound
from tests.fakes import FakeSalesmsg

FIRST, SECOND = "pat-0001-0123456789abcdef", "pat-0002-0123456789abcdef"


@pytest.fixture
async def salesmsg() -> AsyncIterator[FakeSalesmsg]:
    async with FakeSalesmsg(FIRST) as server:
        yield server


@pytest.fixture
async def api(salesmsg: FakeSalesmsg) -> AsyncIterator[SalesmsgApi]:
    client = ApiClient(salesmsg.url, 5)
    yield SalesmsgApi(client, Tokens(SecretRef(FIRST), Secrets(), client, StoppedClock(), None), "12")
    await client.aclose()


async def test_an_answer_goes_into_its_conversation(api: SalesmsgApi, salesmsg: FakeSalesmsg) -> None:
    assert await api.send(outbound("Hello")) == "salesmsg:5501"

    (sent,) = salesmsg.sent
    assert (sent.to, sent.text, sent.conversation) == ("+12015550123", "Hello", "90001")
    assert salesmsg.requests[0].query == {}


@pytest.mark.parametrize("thread", [None, "404404", "../oauth"])
async def test_without_a_conversation_it_goes_to_the_number(
    api: SalesmsgApi, salesmsg: FakeSalesmsg, thread: str | None
) -> None:
    await api.send(outbound("Hello & more", thread=thread))

    assert salesmsg.requests[-1].query == {
        "number": "+12015550123",
        "message": "Hello & more",
        "team_id": "12",
    }
    assert [sent.text for sent in salesmsg.sent] == ["Hello & more"]


async def test_a_token_that_has_ended_is_renewed_and_the_text_is_sent_once(
    api: SalesmsgApi, salesmsg: FakeSalesmsg
) -> None:
    salesmsg.fail(401, "Unauthenticated.")

    await api.send(outbound("Hello"))

    assert salesmsg.refreshes == [FIRST]
    assert [(sent.text, sent.token) for sent in salesmsg.sent] == [("Hello", SECOND)]


async def test_a_bad_token_that_looks_like_a_failure_of_the_server_is_renewed_too(
    api: SalesmsgApi, salesmsg: FakeSalesmsg
) -> None:
    salesmsg.fail(500, "The token is not valid")

    await api.send(outbound("Hello"))

    assert [sent.token for sent in salesmsg.sent] == [SECOND]


@pytest.mark.parametrize(("status", "again"), [(422, None), (400, None), (429, 7.0), (500, 2.0), (503, 2.0)])
async def test_what_was_refused_was_not_sent(
    api: SalesmsgApi, salesmsg: FakeSalesmsg, status: int, again: float | None
) -> None:
    salesmsg.fail(status, "No.", {"retry-after": "7"} if status == 429 else {})

    with pytest.raises(DeliveryError, match=r"No\.") as refused:
        await api.send(outbound("Hello"))
    assert refused.value.retry_after == again
    assert salesmsg.sent == []


async def test_a_connection_that_breaks_after_the_text_has_left_is_in_doubt(
    api: SalesmsgApi, salesmsg: FakeSalesmsg
) -> None:
    salesmsg.take_and_drop()

    with pytest.raises(AmbiguousDeliveryError):
        await api.send(outbound("Hello"))
    assert len(salesmsg.sent) == 1


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_that_gave_up_is_in_doubt(
    api: SalesmsgApi, salesmsg: FakeSalesmsg, status: int
) -> None:
    salesmsg.fail(status)

    with pytest.raises(AmbiguousDeliveryError):
        await api.send(outbound("Hello"))


async def test_where_nobody_answers_nothing_was_sent(api: SalesmsgApi, salesmsg: FakeSalesmsg) -> None:
    salesmsg.refuse_connections()

    with pytest.raises(DeliveryError, match="no connection") as refused:
        await api.send(outbound("Secret words"))
    assert refused.value.retry_after is not None
    assert "Secret" not in str(refused.value)


async def test_a_token_that_nobody_can_renew_lets_the_text_wait(
    api: SalesmsgApi, salesmsg: FakeSalesmsg
) -> None:
    salesmsg.void(FIRST)

    with pytest.raises(DeliveryError, match="personal access token") as refused:
        await api.send(outbound("Hello"))
    assert refused.value.retry_after is not None
    assert FIRST not in str(refused.value)

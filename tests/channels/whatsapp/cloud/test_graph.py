import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
import pytest

from openclaw.channels.whatsapp.cloud.faults import RefusalError, UnreachableError
from openclaw.channels.whatsapp.cloud.graph import Access, Graph, matches
from openclaw.channels.whatsapp.config import WhatsAppAccount
from openclaw.types.errors import FetchError
from openclaw.types.secrets import Secret
from tests.fakes import FakeWhatsApp

PDF = b"%PDF-1.7 invented"


@asynccontextmanager
async def graph(whatsapp: FakeWhatsApp, **more: object) -> AsyncIterator[Graph]:
    account = WhatsAppAccount.model_validate(whatsapp.config(**more))
    access = Access(Secret(whatsapp.token), Secret(whatsapp.app_secret))
    opened = await anyio.to_thread.run_sync(Graph, access, account)
    try:
        yield opened
    finally:
        await opened.aclose()


async def test_the_number_is_told_as_people_dial_it(whatsapp: FakeWhatsApp) -> None:
    async with graph(whatsapp) as api:
        assert await api.own_number() == "+1 949-779-8471"


async def test_a_file_is_put_up_and_gets_an_id(whatsapp: FakeWhatsApp) -> None:
    async with graph(whatsapp) as api:
        media_id = await api.upload(PDF, "application/pdf", "quote.pdf")

    assert whatsapp.uploads[media_id] == (PDF, "application/pdf")


async def test_a_file_comes_with_the_token_and_our_name(whatsapp: FakeWhatsApp) -> None:
    whatsapp.files["9003"] = PDF, "application/pdf"

    async with graph(whatsapp) as api:
        assert await api.fetch("9003", 1000) == PDF

    asked, fetched = whatsapp.requests
    assert asked.query["phone_number_id"] == whatsapp.phone_number_id
    assert fetched.headers["authorization"] == f"Bearer {whatsapp.token}"
    assert fetched.headers["user-agent"] == "openclaw"


async def test_a_file_with_another_hash_than_whatsapp_tells_is_refused(whatsapp: FakeWhatsApp) -> None:
    whatsapp.files["9003"] = PDF, "application/pdf"
    whatsapp.lies_about_hashes = True

    async with graph(whatsapp) as api:
        with pytest.raises(FetchError, match="SHA-256"):
            await api.fetch("9003", 1000)


async def test_a_file_that_grows_while_it_comes_is_cut_off(whatsapp: FakeWhatsApp) -> None:
    whatsapp.files["9003"] = PDF * 100, "application/pdf"
    whatsapp.fail_with(200, f'{{"url": "{whatsapp.url}/files/9003", "file_size": 5}}'.encode(), what="media")

    async with graph(whatsapp) as api:
        with pytest.raises(FetchError, match="larger"):
            await api.fetch("9003", 1000)


async def test_a_file_that_is_too_large_is_not_even_asked_for(whatsapp: FakeWhatsApp) -> None:
    whatsapp.files["9003"] = PDF, "application/pdf"

    async with graph(whatsapp) as api:
        with pytest.raises(FetchError, match="mediaMaxMb"):
            await api.fetch("9003", 5)

    assert len(whatsapp.requests) == 1


async def test_the_token_is_not_carried_to_strangers(whatsapp: FakeWhatsApp) -> None:
    async with FakeWhatsApp() as stranger:
        told = f'{{"url": "{stranger.url}/files/9003"}}'.encode()
        whatsapp.files["9003"] = PDF, "application/pdf"
        whatsapp.fail_with(200, told, what="media")
        async with graph(whatsapp) as api:
            with pytest.raises(FetchError, match="a place that is not its own"):
                await api.fetch("9003", 1000)

        assert stranger.requests == []


async def test_a_file_that_is_gone_is_a_refusal(whatsapp: FakeWhatsApp) -> None:
    async with graph(whatsapp) as api:
        with pytest.raises(RefusalError) as caught:
            await api.fetch("9003", 1000)

    assert caught.value.code == 33


async def test_refusals_keep_code_reason_and_wait_and_no_token(whatsapp: FakeWhatsApp) -> None:
    whatsapp.fail(130429, 429, **{"retry-after": "17"})  # type: ignore[arg-type] # a header

    async with graph(whatsapp) as api:
        with pytest.raises(RefusalError) as caught:
            await api.send({"messaging_product": "whatsapp"})
        await api.mark_read("wamid.1", typing=False)

    assert whatsapp.marks == [{"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}]
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (429, 130429, 17.0)
    assert whatsapp.token not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>Bad Gateway</html>", b"[]", b'{"error": "no"}', b'{"error": {"code": true}}']
)
async def test_a_refusal_that_says_nothing_is_one_all_the_same(whatsapp: FakeWhatsApp, body: bytes) -> None:
    whatsapp.fail_with(502, body)

    async with graph(whatsapp) as api:
        with pytest.raises(RefusalError) as caught:
            await api.send({})

    assert (caught.value.status, caught.value.code) == (502, None)


async def test_silence_may_mean_that_it_arrived(whatsapp: FakeWhatsApp) -> None:
    hold = whatsapp.hold()

    async with graph(whatsapp, timeoutSeconds=0.1) as api:
        with pytest.raises(UnreachableError) as caught:
            await api.send({"messaging_product": "whatsapp"})
    hold.release()

    assert caught.value.sent


@pytest.mark.parametrize(
    ("hashed", "same"),
    [
        (hashlib.sha256(PDF).hexdigest(), True),
        (hashlib.sha256(PDF).hexdigest().upper(), True),
        (base64.b64encode(hashlib.sha256(PDF).digest()).decode(), True),
        ("q83v", False),
        ("%%%", False),
        ("é", False),
    ],
)
def test_hashes_are_known_in_both_spellings(hashed: str, same: bool) -> None:
    assert matches(PDF, hashed) is same

import gzip
import json
from collections.abc import AsyncIterator, Mapping

import anyio
import pytest

from openclaw.net.door import SIZE_LIMIT, Door
from openclaw.net.fetched import OutboundError
from tests.fake.http import Answer, FakeServer, HttpRequest

ANSWERS: Mapping[str, tuple[int, bytes, Mapping[str, str]]] = {
    "/text": (200, b"caf\xc3\xa9 \xff", {}),
    "/huge": (200, b"x" * (SIZE_LIMIT + 1), {}),
    "/bomb": (200, gzip.compress(bytes(100 * SIZE_LIMIT)), {"content-encoding": "gzip"}),
    "/packed": (200, gzip.compress(b"small"), {"content-encoding": "gzip"}),
    "/brotli": (200, b"?", {"content-encoding": "br"}),
    "/here": (302, b"", {"location": "/json?moved=1"}),
    "/away": (302, b"", {"location": "http://127.0.0.1:1/"}),
    "/odd": (302, b"", {"location": "file:///etc/passwd"}),
    "/nowhere": (302, b"", {"location": "http://[::1"}),
    "/round": (302, b"", {"location": "/round"}),
}


class Site(FakeServer):
    """Answers what its path asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[HttpRequest] = []

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.seen.append(request)
        match request.path:
            case "/json":
                answer.send_json(200, {"query": request.query})
            case "/post":
                answer.send(200, request.body)
            case "/slow":
                await anyio.sleep_forever()
            case "/drop":
                answer.drop()
            case path if path in ANSWERS:
                answer.send(*ANSWERS[path])
            case _:
                answer.send_json(404, {"error": "none"})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:
        yield site


@pytest.fixture
async def door(site: Site) -> AsyncIterator[Door]:
    door = Door([site.url])
    yield door
    await door.aclose()


async def test_an_origin_the_config_names_is_reached_even_on_loopback(door: Door, site: Site) -> None:
    assert await door.get_json(f"{site.url}/json?a=1", {"b": 2}) == {"query": {"a": "1", "b": "2"}}
    assert (await door.get(f"{site.url}/text")).text == "café \ufffd"
    assert (await door.get(f"{site.url}/none")).status == 404
    assert site.seen[0].headers["user-agent"] == "openclaw"


async def test_a_post_carries_json(door: Door, site: Site) -> None:
    assert json.loads((await door.post(f"{site.url}/post", {"a": [1]})).body) == {"a": [1]}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "https://example.org/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://example.org/",
        "http://user:pw@127.0.0.1/",
        "//example.org",
        "no address at all",
        "http://",
        "http://[::1",
        "",
    ],
)
async def test_every_other_address_is_refused_before_anything_is_sent(
    door: Door, site: Site, url: str
) -> None:
    with pytest.raises(OutboundError):
        await door.get(url)

    assert site.seen == []


async def test_neither_scheme_nor_port_may_differ(door: Door, site: Site) -> None:
    with pytest.raises(OutboundError, match="not among those"):
        await door.get(site.url.replace("http:", "https:"))


async def test_a_redirect_stays_within_its_server(door: Door, site: Site) -> None:
    assert await door.get_json(f"{site.url}/here") == {"query": {"moved": "1"}}
    with pytest.raises(OutboundError, match="redirects to another server"):
        await door.get(f"{site.url}/away")
    with pytest.raises(OutboundError, match="only http and https"):
        await door.get(f"{site.url}/odd")
    with pytest.raises(OutboundError, match="too many redirects"):
        await door.get(f"{site.url}/round")
    with pytest.raises(OutboundError, match="/nowhere: "):
        await door.get(f"{site.url}/nowhere")


async def test_an_endless_answer_is_not_read_to_its_end(door: Door, site: Site) -> None:
    with pytest.raises(OutboundError, match="larger than 2,000,000 bytes"):
        await door.get(f"{site.url}/huge")
    with pytest.raises(OutboundError, match="larger than 2,000,000 bytes"):
        await door.get(f"{site.url}/bomb")


async def test_packed_answers_are_unpacked(door: Door, site: Site) -> None:
    assert (await door.get(f"{site.url}/packed")).text == "small"
    assert site.seen[0].headers["accept-encoding"] == "gzip, deflate"
    with pytest.raises(OutboundError, match="packed as 'br'"):
        await door.get(f"{site.url}/brotli")


async def test_a_door_says_how_long_it_waits(door: Door, site: Site) -> None:
    with pytest.raises(OutboundError, match=r"no answer within 0\.1 s"):
        await door.opened_for([site.url], timeout_seconds=0.1).get(f"{site.url}/slow")


async def test_bad_answers_are_told_with_status_and_without_the_query(door: Door, site: Site) -> None:
    with pytest.raises(OutboundError, match="the server answered 404") as missing:
        await door.get_json(f"{site.url}/none", {"key": "secret-value"})
    assert missing.value.status == 404
    assert "secret-value" not in str(missing.value)
    with pytest.raises(OutboundError, match="the answer is not JSON"):
        await door.get_json(f"{site.url}/text")
    with pytest.raises(OutboundError):
        await door.get(f"{site.url}/drop")


async def test_doors_share_a_client_but_not_their_origins(door: Door, site: Site) -> None:
    other = door.opened_for([])

    with pytest.raises(OutboundError, match="not among those"):
        await other.get(f"{site.url}/json")
    assert (await other.opened_for([site.url]).get(f"{site.url}/json")).status == 200


async def test_a_closed_door_opens_again(door: Door, site: Site) -> None:
    await door.get(f"{site.url}/json")
    await door.aclose()

    assert (await door.get(f"{site.url}/json")).status == 200

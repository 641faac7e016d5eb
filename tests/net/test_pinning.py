import httpcore
import pytest

from openclaw.net.fetched import OutboundError
from openclaw.net.pinning import ATTEMPTS, PinnedBackend, SocketOptions, Wire
from tests.fakes import FakeInternet, FakeWebsite


class Line(httpcore.AsyncMockBackend):
    """Remembers what was dialled; some addresses do not answer."""

    def __init__(self, dead: frozenset[str] = frozenset()) -> None:
        super().__init__([])
        self._dead = dead
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        if host in self._dead:
            raise httpcore.ConnectError("connection refused")
        return await super().connect_tcp(host, port, timeout, local_address, socket_options)


def names(*addresses: str) -> FakeInternet:
    return FakeInternet({"site.example.org": addresses}, elsewhere=FakeWebsite())


async def test_a_name_is_looked_up_once_and_the_checked_address_dialled() -> None:
    internet, line = names("93.184.216.34", "2606:2800::1"), Line()

    await PinnedBackend(internet, line).connect_tcp("site.example.org", 443)

    assert (internet.looked_up, line.dialled) == (["site.example.org"], ["93.184.216.34"])


async def test_an_address_is_not_looked_up_but_checked() -> None:
    internet, line = names(), Line()
    backend = PinnedBackend(internet, line)

    await backend.connect_tcp("93.184.216.34", 443)
    with pytest.raises(OutboundError, match="this machine"):
        await backend.connect_tcp("127.0.0.1", 443)

    assert (internet.looked_up, line.dialled) == ([], ["93.184.216.34"])


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    line = Line(frozenset({"2606:2800::1"}))

    await PinnedBackend(names("2606:2800::1", "93.184.216.34"), line).connect_tcp("site.example.org", 443)

    assert line.dialled == ["2606:2800::1", "93.184.216.34"]


async def test_a_name_with_many_dead_addresses_is_given_up() -> None:
    addresses = [f"93.184.216.{number}" for number in range(50)]
    line = Line(frozenset(addresses))

    with pytest.raises(httpcore.ConnectError):
        await PinnedBackend(names(*addresses), line).connect_tcp("site.example.org", 443)

    assert len(line.dialled) == ATTEMPTS


@pytest.mark.parametrize("place", [0, 1, 5, 9])
async def test_one_inner_address_spoils_the_name_wherever_it_stands(place: int) -> None:
    addresses = [f"93.184.216.{number}" for number in range(10)]
    addresses[place] = "10.0.0.1"
    line = Line()

    with pytest.raises(OutboundError, match=r"10\.0\.0\.1 is not on the public internet"):
        await PinnedBackend(names(*addresses), line).connect_tcp("site.example.org", 443)

    assert line.dialled == []


async def test_sockets_of_this_machine_are_no_way_out() -> None:
    with pytest.raises(OutboundError):
        await PinnedBackend(names(), Line()).connect_unix_socket("/var/run/docker.sock")


async def test_a_server_on_an_address_of_this_machine_is_left_before_a_word_is_sent() -> None:
    async with FakeWebsite() as site:
        port = int(site.url.rpartition(":")[2])
        with pytest.raises(OutboundError, match="one of this machine's own addresses"):
            await Wire().connect_tcp("127.0.0.1", port)
    assert site.seen == []

"""Every inner address in every form, by every way: the canary behind them must never be asked."""

import gzip
import ssl
from collections.abc import AsyncIterator

import pytest

from openclaw.net.fetched import OutboundError
from openclaw.net.public_door import Limits, PublicDoor
from tests.fake.internet import SITE
from tests.fakes import FakeInternet, FakeWebsite
from tests.net.forms import FORMS, INNER

HOME = "http://site.example.org"


class Canary(FakeWebsite):
    """Stands at every address where no other server does, this machine's own among them."""


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary() as canary:
        canary.page("/", "caught")
        yield canary


@pytest.fixture
async def site() -> AsyncIterator[FakeWebsite]:
    async with FakeWebsite() as site:
        site.page("/", "hello")
        yield site


@pytest.fixture
def internet(site: FakeWebsite, canary: Canary) -> FakeInternet:
    internet = FakeInternet({"site.example.org": [SITE]}, elsewhere=canary)
    internet.serve(SITE, site)
    return internet


@pytest.fixture
async def door(internet: FakeInternet) -> AsyncIterator[PublicDoor]:
    door = internet.door()
    yield door
    await door.aclose()


# -- what is refused --------------------------------------------------------------------------------------


def test_there_are_many_forms() -> None:
    assert len(FORMS) >= 150


async def test_the_canary_is_caught_by_whatever_passes(
    door: PublicDoor, internet: FakeInternet, canary: Canary
) -> None:
    """Without this, nothing below would mean anything."""
    internet.answer_next("other.example.org", ["93.184.216.35"])
    for host in ("93.184.216.99", "[2606:2800:220:1::1]", "other.example.org", "other.example.org."):
        assert (await door.get(f"http://{host}/")).text == "caught"
    assert len(canary.seen) == 4


async def test_no_form_of_an_inner_address_is_asked_directly(
    door: PublicDoor, internet: FakeInternet, canary: Canary
) -> None:
    admitted = [form for form in FORMS if not await refused(door, f"http://{form}/")]

    assert (admitted, canary.seen, internet.dialled) == ([], [], [])


async def test_no_form_of_an_inner_address_is_reached_by_a_redirect(
    door: PublicDoor, site: FakeWebsite, canary: Canary
) -> None:
    admitted = []
    for number, form in enumerate(form for form in FORMS if form.isascii() and form.isprintable()):
        site.redirect(f"/{number}", f"http://{form}/", (301, 302, 303, 307, 308)[number % 5])
        site.redirect(f"/bare/{number}", f"//{form}/")
        if not await refused(door, f"{HOME}/{number}") or not await refused(door, f"{HOME}/bare/{number}"):
            admitted.append(form)

    # A host that is left out is the site's own.
    assert (admitted, canary.seen) == ([":80"], [])


async def test_no_name_leads_to_an_inner_address(
    door: PublicDoor, internet: FakeInternet, canary: Canary
) -> None:
    for address in INNER:
        internet.answer_next("evil.example.org", [address])
        assert await refused(door, "http://evil.example.org/"), address
        internet.answer_next("evil.example.org", [SITE, address])
        assert await refused(door, "http://evil.example.org/"), f"{address} beside a good one"

    assert (canary.seen, internet.dialled) == ([], [])


async def test_a_name_that_changes_its_address_is_checked_anew(
    door: PublicDoor, internet: FakeInternet, site: FakeWebsite, canary: Canary
) -> None:
    """Each look-up leads to one connection, and that connection to the very address that was checked."""
    for address in INNER:
        internet.answer_next("evil.example.org", [SITE], [address])
        assert (await door.get("http://evil.example.org/")).text == "hello"
        assert await refused(door, "http://evil.example.org/"), address

    assert canary.seen == []
    assert internet.looked_up == ["evil.example.org"] * 2 * len(INNER)
    assert internet.dialled == [(SITE, 80)] * len(INNER)


async def test_a_redirect_to_a_name_that_changes_its_address_is_checked_anew(
    door: PublicDoor, internet: FakeInternet, site: FakeWebsite, canary: Canary
) -> None:
    for number, address in enumerate(INNER):
        internet.answer_next("evil.example.org", [SITE], [address])
        site.redirect(f"/{number}", "http://evil.example.org/")
        assert await refused(door, f"http://evil.example.org/{number}"), address

    assert canary.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "/etc/passwd", "//site.example.org/", "file:///etc/passwd", "ftp://site.example.org/",
        "gopher://site.example.org/", "data:text/html,hi", "javascript:alert(1)", "http:", "http:///", "https://",
        "http://user:pw@site.example.org/", "http://user@site.example.org/", "http://site.example.org:22/",
        "http://site.example.org:8080/", "https://site.example.org:0/", "http://site.example.org/a b",
        "http://site.example.org/\n", "http:\\\\site.example.org\\", "http://site.example.org/" + "x" * 9_000,
        "ws://site.example.org/", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun/", "dict://127.0.0.1:11211/",
    ],
)  # fmt: skip
async def test_what_is_no_web_address_is_refused_by_its_looks(door: PublicDoor, url: str) -> None:
    with pytest.raises(OutboundError):
        door.admit(url)
    assert await refused(door, url)


async def refused(door: PublicDoor, url: str) -> bool:
    try:
        await door.get(url)
    except OutboundError:
        return True
    return False


# -- what is brought --------------------------------------------------------------------------------------


async def test_a_page_comes_with_its_address_status_and_headers(door: PublicDoor, site: FakeWebsite) -> None:
    site.page("/gone", "not any more", "text/plain", status=410)

    page = await door.get(f"{HOME}/gone?q=1", headers={"Accept": "text/html"})

    assert (page.url, page.status, page.text, page.cut) == (f"{HOME}/gone?q=1", 410, "not any more", False)
    assert page.headers["content-type"] == "text/plain"
    asked = site.seen[0]
    assert (asked.headers["host"], asked.headers["accept"], asked.query) == (
        "site.example.org",
        "text/html",
        {"q": "1"},
    )


async def test_a_listed_port_may_be_asked_and_stands_in_the_host_header(
    internet: FakeInternet, site: FakeWebsite
) -> None:
    door = internet.door(8443)

    assert (await door.get("http://SITE.example.org.:8443/")).url == "http://site.example.org:8443/"
    await door.aclose()

    assert internet.dialled == [(SITE, 8443)]
    assert site.seen[0].headers["host"] == "site.example.org:8443"


async def test_redirects_are_followed_to_other_servers(
    door: PublicDoor, internet: FakeInternet, site: FakeWebsite
) -> None:
    internet.answer_next("www.example.org", [SITE])
    site.redirect("/1", "/2?a=b#c", 307)
    site.redirect("/2", "http://www.example.org/3", 301)
    site.page("/3", "there")

    page = await door.get(f"{HOME}/1")

    assert (page.url, page.text) == ("http://www.example.org/3", "there")
    assert site.paths == ["/1", "/2", "/3"]


async def test_only_so_many_redirects_are_followed(door: PublicDoor, site: FakeWebsite) -> None:
    for number in range(6):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page("/6", "far away")

    with pytest.raises(OutboundError, match="more than 5 redirects"):
        await door.get(f"{HOME}/0")
    assert (await door.get(f"{HOME}/1")).text == "far away"
    with pytest.raises(OutboundError, match="more than 0 redirects"):
        await door.get(f"{HOME}/5", limits=Limits(redirects=0))


async def test_what_is_secret_does_not_follow_to_another_server(
    door: PublicDoor, internet: FakeInternet, site: FakeWebsite
) -> None:
    internet.answer_next("www.example.org", [SITE])
    site.redirect("/within", "/")
    site.redirect("/away", "http://www.example.org/")
    sent = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "k", "Accept-Language": "de"}

    await door.get(f"{HOME}/within", headers=sent)
    await door.get(f"{HOME}/away", headers=sent)

    within, away = site.seen[1].headers, site.seen[3].headers
    assert (within["authorization"], within["cookie"], within["accept-language"]) == ("Bearer x", "a=b", "de")
    assert not {"authorization", "cookie", "x-api-key"} & away.keys()
    assert away["accept-language"] == "de"


async def test_a_redirect_without_an_address_is_the_answer(door: PublicDoor, site: FakeWebsite) -> None:
    site.page("/odd", "somewhere", status=302)

    assert (await door.get(f"{HOME}/odd")).text == "somewhere"


async def test_of_an_endless_body_only_so_much_is_taken(door: PublicDoor, site: FakeWebsite) -> None:
    site.endless("/endless")

    page = await door.get(f"{HOME}/endless", limits=Limits(bytes=100_000))

    assert (len(page.body), page.cut) == (100_000, True)


async def test_a_body_that_is_packed_small_is_not_unpacked_beyond_the_limit(
    door: PublicDoor, site: FakeWebsite
) -> None:
    site.page("/bomb", gzip.compress(bytes(50_000_000)), content_encoding="gzip")
    site.page("/odd", b"whatever", content_encoding="br")
    site.page("/broken", b"\x1f\x8b\x08 nothing", content_encoding="gzip")

    page = await door.get(f"{HOME}/bomb", limits=Limits(bytes=100_000))

    assert (len(page.body), page.cut) == (100_000, True)
    with pytest.raises(OutboundError, match="packed as 'br'"):
        await door.get(f"{HOME}/odd")
    with pytest.raises(OutboundError, match="cannot be unpacked"):
        await door.get(f"{HOME}/broken")


async def test_a_server_that_falls_silent_is_left(door: PublicDoor, site: FakeWebsite) -> None:
    site.silent("/silent")

    with pytest.raises(OutboundError, match=r"site\.example\.org/silent: no whole answer within 0\.2 s"):
        await door.get(f"{HOME}/silent?key=hidden", limits=Limits(seconds=0.2))


async def test_an_unknown_name_and_a_closed_port_are_told(
    door: PublicDoor, internet: FakeInternet, site: FakeWebsite
) -> None:
    with pytest.raises(OutboundError, match=r"nobody\.example\.org: the name leads nowhere"):
        await door.get("http://nobody.example.org/")
    internet.answer_next("empty.example.org", [])
    with pytest.raises(OutboundError, match="has no address"):
        await door.get("http://empty.example.org/")
    site.refuse_connections()
    with pytest.raises(OutboundError, match=r"site\.example\.org"):
        await door.get(HOME)


async def test_a_closed_door_opens_again(door: PublicDoor) -> None:
    await door.get(HOME)
    await door.aclose()

    assert (await door.get(HOME)).text == "hello"


# -- https ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server for site.example.org shows, and what trusts its certificate."""
    import trustme

    issuer = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    issuer.issue_cert("site.example.org").configure_cert(server)
    issuer.configure_trust(client)
    return server, client


async def test_a_certificate_must_be_that_of_the_name_not_of_the_address(
    authority: tuple[ssl.SSLContext, ssl.SSLContext], canary: Canary
) -> None:
    server, client = authority
    internet = FakeInternet({"site.example.org": [SITE], "evil.example.org": [SITE]}, elsewhere=canary)
    async with FakeWebsite(server) as site:
        site.page("/", "safe")
        internet.serve(SITE, site)
        door = internet.door(tls=client)

        assert (await door.get("https://site.example.org/")).text == "safe"
        with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
            await door.get("https://evil.example.org/")
        with pytest.raises(OutboundError, match="CERTIFICATE_VERIFY_FAILED"):
            await door.get(f"https://{SITE}/")
        await door.aclose()
    assert [request.headers["host"] for request in site.seen] == ["site.example.org"]


async def test_https_does_not_go_on_as_http(
    authority: tuple[ssl.SSLContext, ssl.SSLContext], canary: Canary
) -> None:
    server, client = authority
    internet = FakeInternet({"site.example.org": [SITE]}, elsewhere=canary)
    async with FakeWebsite(server) as site:
        site.redirect("/", "http://site.example.org/plain")
        internet.serve(SITE, site)
        door = internet.door(tls=client)

        with pytest.raises(OutboundError, match="it redirects from https to http"):
            await door.get("https://site.example.org/")
        await door.aclose()
    assert site.paths == ["/"]


# -- this machine -----------------------------------------------------------------------------------------


async def test_the_real_door_finds_nothing_on_this_machine(site: FakeWebsite) -> None:
    """With the system's own resolver and wire: what is refused here is refused in earnest."""
    port = int(site.url.rpartition(":")[2])
    door = PublicDoor(ports={80, 443, port})

    for host in ("127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1"):
        assert await refused(door, f"http://{host}:{port}/"), host
    await door.aclose()

    assert site.seen == []

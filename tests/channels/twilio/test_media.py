import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.channels.twilio.media import MediaError, MediaFetcher
from openclaw.types.errors import ChannelError
from tests.channels.twilio.world import login
from tests.fakes import FakeTwilio

ANA = "+12015550123"


@pytest.fixture
async def fetcher(twilio: FakeTwilio) -> AsyncIterator[MediaFetcher]:
    account = login(twilio)
    found = MediaFetcher(account, twilio.url, pauses=(0.0, 0.0))
    yield found
    await found.aclose()
    await account.aclose()


async def test_a_file_is_put_where_it_was_promised(
    twilio: FakeTwilio, fetcher: MediaFetcher, tmp_path: Path
) -> None:
    path = twilio.attach(twilio.missed("look", sender=ANA), "image/png", b"\x89PNG")
    place = tmp_path / "media" / "inbound" / "x.png"

    await fetcher.save(f"https://api.twilio.com{path}", place, "image/png")
    await fetcher.save(f"https://api.twilio.com{path}", place, "image/png")

    assert place.read_bytes() == b"\x89PNG"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert len(twilio.requests) == 1
    assert [each.name for each in place.parent.iterdir()] == ["x.png"]


async def test_credentials_are_shown_to_twilio_and_not_to_where_it_sends_us(
    twilio: FakeTwilio, fetcher: MediaFetcher
) -> None:
    path = twilio.attach(twilio.missed("look", sender=ANA), "image/png", b"png")
    twilio.files["/cdn/file"] = ("image/png", b"from elsewhere")
    twilio.redirects[path] = "/cdn/file"

    assert await fetcher.fetch(f"https://api.twilio.com{path}") == (b"from elsewhere", "image/png")
    assert twilio.without_login == ["/cdn/file"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/2010-04-01/Accounts/AC99/Messages/MM1/Media/ME1",
        "https://evil.example.org/file.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
async def test_only_files_of_the_own_account_are_asked_for(
    twilio: FakeTwilio, fetcher: MediaFetcher, url: str
) -> None:
    with pytest.raises(MediaError, match="no file of this Twilio account"):
        await fetcher.fetch(url)

    assert twilio.requests == []


async def test_a_file_that_is_too_large_or_of_another_kind_is_left(
    twilio: FakeTwilio, fetcher: MediaFetcher, tmp_path: Path
) -> None:
    text = twilio.missed("look", sender=ANA)
    large = twilio.attach(text, "image/png", b"x" * 1001)
    page = twilio.attach(text, "text/html", b"<script>")

    with pytest.raises(MediaError, match="larger than 1,000 bytes"):
        await fetcher.save(twilio.url + large, tmp_path / "x.png", "image/png", limit=1000)
    with pytest.raises(MediaError, match="text/html and not image/png"):
        await fetcher.save(twilio.url + page, tmp_path / "x.png", "image/png")

    assert not (tmp_path / "x.png").exists()


async def test_a_file_that_is_not_there_yet_is_asked_for_again(
    twilio: FakeTwilio, fetcher: MediaFetcher
) -> None:
    missing = f"/2010-04-01/Accounts/{twilio.account_sid}/Messages/MM1/Media/ME1"

    with pytest.raises(MediaError, match="is not there"):
        await fetcher.fetch(twilio.url + missing)

    assert len(twilio.requests) == 3


async def test_a_server_that_cannot_be_reached_is_no_missing_file(
    twilio: FakeTwilio, fetcher: MediaFetcher
) -> None:
    path = twilio.attach(twilio.missed("look", sender=ANA), "image/png", b"png")
    twilio.refuse_connections()

    with pytest.raises(ChannelError, match="cannot be reached"):
        await fetcher.fetch(twilio.url + path)

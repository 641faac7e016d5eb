import base64
from pathlib import Path

import pytest

from openclaw.web.openai.asking.conversation import Answered, Asked, Enclosed
from openclaw.web.openai.asking.pictures import MOST, keep_pictures
from openclaw.web.openai.faults import ApiError
from tests.agent.tools.files.yard import png

PARAM = "messages[0].content[1]"
IMAGE = png(2, 3)


def url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def shows(*urls: str) -> Asked:
    return Asked("Look.", "Ana", tuple(Enclosed(each, PARAM) for each in urls))


async def test_a_picture_becomes_a_file_that_the_conversation_names(tmp_path: Path) -> None:
    before = Answered("Show me.")

    same, asked = await keep_pictures((before, shows(url(IMAGE))), tmp_path)

    assert same is before
    assert isinstance(asked, Asked)
    (picture,) = asked.pictures
    assert (asked.text, asked.name, asked.enclosed) == ("Look.", "Ana", ())
    assert picture.media_type == "image/png"
    assert picture.path.startswith("media/pictures/")
    assert (tmp_path / picture.path).read_bytes() == IMAGE


async def test_what_shows_nothing_stays_as_it_is(tmp_path: Path) -> None:
    said = (Asked("Hi."), Answered("Yes?"))

    assert await keep_pictures(said, tmp_path) == said


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("https://www.example.org/door.png", "send the picture itself"),
        ("data:image/png,abc", "send the picture itself"),
        ("data:image/png;base64,???", "no base64"),
        (url(b"GIF, or so it says"), "no PNG, JPEG, GIF or WebP"),
        (url(IMAGE[:-8]), "damaged PNG"),
        (url(b"\x89PNG" * 1_000_000), "more than 3,750,000 bytes"),
    ],
)
async def test_what_is_no_picture_is_named(tmp_path: Path, given: str, why: str) -> None:
    with pytest.raises(ApiError, match=why) as refused:
        await keep_pictures((shows(given),), tmp_path)

    assert (refused.value.status, refused.value.param) == (400, PARAM)


async def test_there_is_an_end_to_how_many_there_are(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="more than 20"):
        await keep_pictures((shows(*[url(IMAGE)] * (MOST + 1)),), tmp_path)

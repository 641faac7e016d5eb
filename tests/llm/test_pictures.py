from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import anyio
import pytest

from openclaw.llm import anthropic as anthropic_api
from openclaw.llm import openai as openai_api
from openclaw.llm.chat import Endpoint, Fault, Message, ModelError, Provider, Reply, Request, ToolSpec
from openclaw.llm.pictures import MOST_BYTES, Shown, Sight, has_pictures, in_words, newest, pictures_in
from openclaw.types.conversation import Picture, Text, ToolCall, ToolResult, Usage
from openclaw.types.secrets import Secret
from tests.fakes import FakeAnthropic, FakeOpenAI
from tests.llm.asking import ask

REPLY = Reply((Text("a cat"),), "end", Usage(), "x/y")


def picture(n: int) -> Picture:
    return Picture(f"media/pictures/{n}.png", "image/png")


def showing(*pictures: Picture) -> Message:
    return Message("user", (ToolResult("c", "look", pictures=pictures), Text("and?")))


@dataclass
class FakeAlbum:
    holds: dict[Picture, bytes]

    async def load(self, pictures: Sequence[Picture]) -> Mapping[Picture, bytes]:
        await anyio.lowlevel.checkpoint()
        return {each: self.holds[each] for each in pictures if each in self.holds}


@dataclass
class Picky:
    """A model that takes no pictures, or fails otherwise."""

    fault: Fault | None = "invalid"
    also_without: bool = False
    asked: list[Shown] = field(default_factory=list)

    async def ask(self, shown: Shown) -> Reply:
        await anyio.lowlevel.checkpoint()
        self.asked.append(shown)
        if self.fault is not None and (shown or self.also_without):
            raise ModelError("x/y", self.fault, "pictures are not taken" if shown else "nor is anything else")
        return REPLY


ONE = picture(1)
REQUEST = Request("y", "", (showing(ONE),), album=FakeAlbum({ONE: b"cGljdHVyZQ=="}))


def test_pictures_are_found_in_results_and_beside_words() -> None:
    message = Message("user", (ToolResult("c", "", pictures=(picture(1), picture(2))), picture(3), Text("x")))

    assert list(pictures_in(message)) == [picture(1), picture(2), picture(3)]
    assert has_pictures(message)
    assert not has_pictures(Message("user", (Text("x"), ToolResult("c", "y"))))
    assert in_words(ONE) == "[a picture that is not shown here: media/pictures/1.png]"


@pytest.mark.parametrize(("count", "first"), [(0, 0), (20, 0), (21, 10), (30, 10), (31, 20), (45, 30)])
def test_only_the_newest_are_shown_and_the_older_go_in_steps(count: int, first: int) -> None:
    messages = [showing(picture(n), picture(n)) for n in range(count)]

    assert newest(messages) == [picture(n) for n in range(first, count)]


async def test_what_the_album_holds_is_shown_within_what_a_request_may_weigh() -> None:
    heavy = b"x" * (MOST_BYTES // 2)
    holds = {picture(n): heavy for n in range(3)}
    model = Picky(fault=None)

    await Sight().ask(Request("y", "", (showing(*holds, picture(9)),), album=FakeAlbum(holds)), model.ask)

    assert [list(shown) for shown in model.asked] == [[picture(2), picture(1)]]


async def test_without_pictures_or_an_album_it_is_simply_asked() -> None:
    model = Picky()

    await Sight().ask(replace(REQUEST, album=None), model.ask)
    await Sight().ask(replace(REQUEST, messages=(Message("user", (Text("x"),)),)), model.ask)

    assert [dict(shown) for shown in model.asked] == [{}, {}]


async def test_a_model_that_takes_no_pictures_is_asked_without_them_and_that_is_remembered() -> None:
    model, sight = Picky(), Sight()

    assert await sight.ask(REQUEST, model.ask) is REPLY
    assert await sight.ask(REQUEST, model.ask) is REPLY

    assert [bool(shown) for shown in model.asked] == [True, False, False]


async def test_a_refusal_that_is_not_about_the_pictures_is_told_as_it_was() -> None:
    with pytest.raises(ModelError, match="pictures are not taken"):
        await Sight().ask(REQUEST, Picky(also_without=True).ask)
    model = Picky("rate_limited")
    with pytest.raises(ModelError):
        await Sight().ask(REQUEST, model.ask)
    assert len(model.asked) == 1


SEEN = Request(
    "m",
    "",
    (
        Message("user", (Text("Look at it."),)),
        Message("assistant", (ToolCall("toolu_1", "read", {"path": "1.png"}),)),
        Message("user", (ToolResult("toolu_1", "1.png", pictures=(ONE,)),)),
    ),
    (ToolSpec("read", "Read.", {"type": "object"}),),
    album=REQUEST.album,
)


async def told(provider: Provider, url: str, key: str) -> str:
    model = await provider.open(Endpoint("x", url, Secret(key)))
    try:
        return (await ask(model, SEEN))[0].text
    finally:
        await model.aclose()


async def test_both_apis_are_sent_the_bytes_and_asked_again_without_when_they_refuse(
    anthropic: FakeAnthropic, openai: FakeOpenAI
) -> None:
    for fake in (anthropic, openai):
        fake.fail(400, message="Could not process image")
        fake.reply("no picture")
        fake.reply("a cat")

    answers = [
        await told(provider, url, key)
        for provider, url, key in (
            (anthropic_api.provider, anthropic.url, anthropic.key),
            (openai_api.provider, openai.base_url, openai.key),
        )
        for _ in range(2)
    ]

    assert answers == ["no picture", "a cat"] * 2
    for fake in (anthropic, openai):
        shown = ["cGljdHVyZQ==" in str(request.body) for request in fake.requests]
        assert shown == [True, False, True]

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest

from openclaw.gateway import attachments
from openclaw.gateway.attachments import Attachments, Hearing, line, pictures_of, text_of, waits
from openclaw.llm.transcription import TranscriptionError
from openclaw.store.inbox import Admission
from openclaw.types.channel import Fetched
from openclaw.types.conversation import Picture
from openclaw.types.errors import FetchError
from openclaw.types.messages import Attachment, Inbound, Sender
from tests.agent.tools.files.yard import png
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, House, open_house, said
from tests.gateway.scripted import FakeChannel, says

PHOTO = Attachment("photo", "F1", "", "image/jpeg", 1234, "inbound/2026-02-02/U1.jpg")
NOTES = Attachment("document", "F2", "notes.txt", "text/plain", 5, "inbound/2026-02-02/U2-notes.txt")


@dataclass
class Postbox(FakeChannel):
    """A channel that has files, by their ids; an exception instead of one is raised."""

    files: Mapping[str, bytes | Exception] = field(default_factory=dict)

    async def fetch(self, file: Attachment) -> Fetched:
        content = self.files.get(file.id)
        if content is None:
            await anyio.sleep_forever()
        if isinstance(content, Exception):
            raise content
        assert content is not None
        return Fetched(f"media/{file.place}", content)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (PHOTO, "[photo (image/jpeg, 1,234 bytes)]"),
        (replace(PHOTO, path="media/a.jpg"), "[photo: media/a.jpg (image/jpeg, 1,234 bytes)]"),
        (
            replace(NOTES, missing="it is larger than 20 bytes"),
            "[document (notes.txt, text/plain, 5 bytes) is not here: it is larger than 20 bytes]",
        ),
        (replace(PHOTO, kind="voice", words="Good morning."), "[voice, transcribed: Good morning.]"),
    ],
)
def test_each_file_is_told_in_a_line(file: Attachment, told: str) -> None:
    assert line(file) == told


def test_only_what_every_provider_takes_is_shown() -> None:
    shown = replace(PHOTO, path="media/a.jpg", shown=True)
    message = Inbound("telegram", Sender(OWNER), "<media:photo>", 0, files=(shown, NOTES))

    assert pictures_of(message) == (Picture("media/a.jpg", "image/jpeg"),)
    assert waits(message)
    assert text_of(message).splitlines()[0] == "<media:photo>"


async def settled_files(
    house: House, channel: FakeChannel, *files: Attachment, hearing: Hearing | None = None
) -> tuple[Attachment, ...]:
    await house.receive(said("look", files=files))
    (row,) = await house.ledger.accepted(1)
    await house.ledger.sort([Admission(row.seq, MAIN, "main", "owner")], [])
    (row,) = await house.ledger.waiting(MAIN)
    await Attachments(house.ledger, {TELEGRAM: channel}, house.traces, hearing).make_ready(row)
    (row,) = await house.ledger.waiting(MAIN)
    assert not waits(row.event)
    return row.event.files


async def test_a_picture_is_known_by_its_bytes_and_not_by_what_is_said_of_it(state_dir: Any) -> None:
    async with open_house(state_dir) as house:
        files = {"F1": png(), "F2": b"hello"}
        found = await settled_files(house, Postbox(files=files), PHOTO, NOTES)

    assert found == (
        replace(PHOTO, path=f"media/{PHOTO.place}", size=len(png()), media_type="image/png", shown=True),
        replace(NOTES, path=f"media/{NOTES.place}", size=5),
    )


@pytest.mark.parametrize("data", [b"not a picture", png()[:40], png(9000, 1)])
async def test_a_picture_that_no_provider_takes_is_a_file(state_dir: Any, data: bytes) -> None:
    async with open_house(state_dir) as house:
        (found,) = await settled_files(house, Postbox(files={"F1": data}), PHOTO)

    assert (found.path, found.shown) == (f"media/{PHOTO.place}", False)


@pytest.mark.parametrize(
    ("failure", "told"),
    [(FetchError("it is too large"), "it is too large"), (ValueError("?"), "it could not be fetched")],
)
async def test_why_a_file_is_not_here_is_told(state_dir: Any, failure: Exception, told: str) -> None:
    async with open_house(state_dir) as house:
        files: dict[str, bytes | Exception] = {"F1": failure, "F2": b"hello"}
        found = await settled_files(house, Postbox(files=files), PHOTO, NOTES)

    assert [file.missing for file in found] == [told, ""]


async def test_a_conversation_does_not_wait_for_ever(state_dir: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "PATIENCE_SECONDS", 0.01)
    async with open_house(state_dir) as house:
        (found,) = await settled_files(house, Postbox(), PHOTO)

    assert found.missing == attachments.LATE


async def test_the_message_is_answered_in_its_place_also_without_its_file(house: House) -> None:
    house.model.will(says("A roof."), says("Yes."))

    await house.receive(said("<media:photo>", number=1, files=(PHOTO,)), said("is it?", number=2))
    await house.settled()

    assert house.channel.texts() == ["A roof.", "Yes."]
    told = [each["content"] for each in await house.transcript() if each.get("role") == "user"]
    assert re.fullmatch(
        r"<media:photo>\n\[photo \(.*\) is not here: this channel fetches no files\]", told[0]
    )
    assert told[1] == "is it?"


VOICE = Attachment("voice", "F1", "", "audio/ogg", 4, "inbound/2026-02-02/U1.ogg")


@dataclass
class Ear:
    said: str | Exception
    able: bool = True

    async def words(self, data: bytes, name: str, media_type: str) -> str:
        assert (data, name, media_type) == (b"OggS", "U1.ogg", "audio/ogg")
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.mark.parametrize(
    ("ear", "told"),
    [
        (Ear("Good morning."), "[voice, transcribed: Good morning.]"),
        (Ear(TranscriptionError("it is deaf")), "nobody has written down"),
        (Ear("never asked", able=False), "nobody has written down"),
        (None, "nobody has written down"),
    ],
)
async def test_a_voice_note_is_told_in_words_where_somebody_hears_it(
    state_dir: Any, ear: Ear | None, told: str
) -> None:
    async with open_house(state_dir) as house:
        channel = Postbox(files={"F1": b"OggS"})
        (found,) = await settled_files(house, channel, VOICE, hearing=ear)

    assert told in line(found)

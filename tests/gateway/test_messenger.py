from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from openclaw.agent.tools.base import Kind, Scene, ToolError, ToolInputError
from openclaw.agent.tools.conversations.config import MessageToolConfig
from openclaw.agent.tools.conversations.message import MessageFamily
from openclaw.agent.tools.conversations.port import Letter
from openclaw.gateway.enclosures import Enclosures
from openclaw.gateway.messenger import HouseMessenger, MessengerParts
from openclaw.store import outbox
from openclaw.store.database import Transaction
from openclaw.store.outbox import Claimed
from openclaw.types.conversation import UserMessage
from openclaw.types.errors import EnclosureError
from openclaw.types.messages import Address, Enclosure, Outbound, Part, Parts
from openclaw.types.sending import ALLOW, Purpose, Verdict
from tests.agent.tools.scenes import SCENE
from tests.gateway.harness import OWNER, House, Plan, open_house, to
from tests.gateway.scripted import FakeChannel

HERE = replace(SCENE, reply_to=to(OWNER), trace_id="t_1")
ANA, ADA = Address("telegram", "5000001"), Address("sms", "+12015550123")


@pytest.fixture
async def house(state_dir: Path) -> AsyncIterator[House]:
    async with open_house(state_dir, Plan()) as house, house.working():
        yield house


def messenger(house: House, **config: object) -> HouseMessenger:
    channels = {("telegram", "default"): house.channel}
    parts = MessengerParts(house.ledger, house.bus, channels, house.clock)
    return HouseMessenger(parts, MessageToolConfig.model_validate(config))


def call(number: int, scene: Scene = HERE) -> Scene:
    return replace(scene, call_id=f"toolu_{number}")


async def test_a_message_is_sent_once_however_often_its_call_is_made(house: House) -> None:
    post = messenger(house)

    first = await post.send(Letter(ANA, "The dentist is booked."), call(1))
    again = await post.send(Letter(ANA, "The dentist is booked."), call(1))
    await house.changes.until(lambda: len(house.channel.sent) == 1)

    assert first == again
    (sent,) = house.channel.sent
    assert (sent.to, sent.part.text) == (ANA, "The dentist is booked.")
    assert await house.column("SELECT purpose FROM outbox") == ["message"]


async def test_a_link_that_was_read_nowhere_is_no_link_beside_words_of_others(house: House) -> None:
    page = UserMessage("m_1", 0, "a page", "web", "web")
    for number, scene in enumerate((HERE, replace(HERE, history=(page,)))):
        await messenger(house).send(Letter(to(OWNER), "https://evil.example/?d=1"), call(number, scene))
    await house.changes.until(lambda: len(house.channel.sent) == 2)

    assert house.channel.texts() == ["https://evil.example/?d=1", "hxxps://evil[.]example/?d=1"]


async def test_a_turn_and_an_hour_have_their_caps(house: House) -> None:
    post = messenger(house, maxPerTurn=2, maxPerHour=3)
    for number in range(2):
        await post.send(Letter(ANA, "Hello."), call(number))

    with pytest.raises(ToolError, match=r"tools\.message\.maxPerTurn is reached"):
        await post.send(Letter(ANA, "Hello."), call(3))
    next_turn = replace(HERE, trace_id="t_2", run_id="run_2")
    await post.send(Letter(ANA, "Hello."), call(1, next_turn))
    with pytest.raises(ToolError, match=r"tools\.message\.maxPerHour is reached"):
        await post.send(Letter(ANA, "Hello."), call(2, next_turn))
    house.clock.advance(3601)
    await post.send(Letter(ANA, "Hello."), call(3, next_turn))
    assert await house.column("SELECT count(*) FROM outbox") == [4]


@pytest.mark.parametrize(
    ("channel", "target", "found"),
    [
        (None, None, to(OWNER)),
        (None, "5000001", ANA),
        ("telegram", "5000001", ANA),
        (None, "telegram:5000001", ANA),
        (None, OWNER, to(OWNER)),
    ],
)
def test_an_address_is_found_from_what_the_model_says(
    channel: str | None, target: str | None, found: Address
) -> None:
    parts = MessengerParts(None, None, {("telegram", "default"): FakeChannel}, None)  # type: ignore[arg-type, dict-item]
    post = HouseMessenger(parts, MessageToolConfig())

    assert post.address(channel, target, None, HERE) == found


@pytest.mark.parametrize(
    ("channel", "target", "scene", "complaint"),
    [
        ("sms", "+12015550123", HERE, "no channel sms with the account default is set up; there is telegram"),
        (None, None, SCENE, "target is required"),
        (None, "5000001", SCENE, "channel is required; there is telegram"),
    ],
)
def test_an_address_that_is_none_is_explained(
    channel: str | None, target: str | None, scene: Scene, complaint: str
) -> None:
    parts = MessengerParts(None, None, {("telegram", "default"): FakeChannel}, None)  # type: ignore[arg-type, dict-item]
    post = HouseMessenger(parts, MessageToolConfig())

    with pytest.raises((ToolError, ToolInputError), match=complaint):
        post.address(channel, target, None, scene)


async def test_the_tool_says_to_whom_and_what_before_it_sends(house: House) -> None:
    (tool,) = MessageFamily(messenger(house)).tools(None)  # type: ignore[arg-type]

    act = tool.act({"message": "Hello.", "to": "5000001"}, HERE)
    dry = await tool.run({"message": "Hello.", "target": "5000001", "dryRun": True}, HERE)

    assert (act.kind, act.target, act.payload) == (Kind.SEND, "telegram:5000001", "Hello.")
    assert dry == "It would go to telegram:5000001."
    assert house.channel.sent == []


@dataclass
class FileChannel(FakeChannel):
    def enclose(self, file: Enclosure, text: str) -> Parts:
        if file.media_type == "application/octet-stream":
            raise EnclosureError("Telegram takes no such thing")
        return [Part("", file=file), *self.compose(text)]


def posting(house: House, channel: FakeChannel, workspace: Path) -> tuple[HouseMessenger, Scene]:
    state = workspace.parent
    enclosures = Enclosures(state, state / "media", house.clock, frozenset)
    parts = MessengerParts(
        house.ledger, house.bus, {("telegram", "default"): channel}, house.clock, enclosures
    )
    return HouseMessenger(parts, MessageToolConfig()), replace(HERE, workspace=workspace, call_id="toolu_9")


async def claimed(house: House) -> list[Outbound]:
    """What waits for Ana, in order."""
    found: list[Outbound] = []
    while isinstance(one := await house.ledger.claim(ANA, lambda _: ALLOW), Claimed):
        found.append(one.message)
    return found


async def test_a_file_waits_in_the_outbox_before_its_words(state_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "quote.pdf").write_bytes(b"%PDF-1.7")
    async with open_house(state_dir, Plan()) as house:
        post, scene = posting(house, FileChannel(house.changes), tmp_path)
        first = await post.send(Letter(ANA, "The quote.", "quote.pdf"), scene)
        (tmp_path / "quote.pdf").unlink()
        again = await post.send(Letter(ANA, "The quote.", "quote.pdf"), scene)
        (listed, _) = await house.ledger.outbox_listing(None, 9)
        sent = await claimed(house)

    assert first == again
    assert {str(row["text"]) for row in (listed, _)} == {"The quote.", "[quote.pdf]"}
    file, words = [message.part for message in sent]
    assert file.file is not None
    assert (file.text, file.file.name, file.file.size) == ("", "quote.pdf", 8)
    assert (words.text, words.file) == ("The quote.", None)


async def test_a_file_that_a_channel_does_not_take_is_told_at_once(state_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    async with open_house(state_dir, Plan()) as house:
        post, scene = posting(house, FileChannel(house.changes), tmp_path)
        with pytest.raises(ToolError, match="Telegram takes no such thing"):
            await post.send(Letter(ANA, "", "a.bin"), scene)
        post, scene = posting(house, FakeChannel(house.changes), tmp_path)
        with pytest.raises(ToolError, match="telegram sends no files from here"):
            await post.send(Letter(ANA, "", "a.bin"), scene)
        assert await house.ledger.outbox_listing(None, 9) == []


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (ALLOW, ""),
        (
            Verdict("defer", "compliance-gate", "quiet_hours", 1),
            "; it waits: it is too early or too late where they may be (compliance-gate: quiet_hours)",
        ),
    ],
)
async def test_the_model_hears_what_keeps_a_text_back(house: House, verdict: Verdict, told: str) -> None:
    post, asked = texting(house, verdict)

    first = await post.send(Letter(ADA, "The plumber comes at nine."), call(1))
    again = await post.send(Letter(ADA, "The plumber comes at nine."), call(1))

    assert first == again + told
    assert asked == [(ADA, "The plumber comes at nine.", "message")]
    assert await house.column("SELECT recipient FROM outbox") == [ADA.chat]


async def test_a_text_that_the_gates_forbid_is_refused_to_the_model(house: House) -> None:
    post, _ = texting(house, Verdict("block", "compliance-gate", "opted_out"))
    with pytest.raises(ToolError, match="not sent: they have asked for no more messages"):
        await post.send(Letter(ADA, "The plumber comes at nine."), call(1))
    assert await house.column("SELECT recipient FROM outbox") == [ADA.chat]
    await house.database.write(lambda tx: outbox.settle(tx, _first_id(tx), "refused", "opted_out"))
    with pytest.raises(ToolError, match="refused before"):
        await post.send(Letter(ADA, "The plumber comes at nine."), call(1))


def _first_id(tx: Transaction) -> str:
    return str(tx.execute("SELECT id FROM outbox").fetchone()[0])


def texting(house: House, verdict: Verdict) -> tuple[HouseMessenger, list[tuple[Address, str, str]]]:
    asked: list[tuple[Address, str, str]] = []

    async def foresee(to: Address, text: str, purpose: Purpose) -> Verdict:
        asked.append((to, text, purpose))
        return verdict

    channels = {("sms", "default"): FakeChannel(house.changes, "sms")}
    parts = MessengerParts(house.ledger, house.bus, channels, house.clock, foresee=foresee)
    return HouseMessenger(parts, MessageToolConfig()), asked

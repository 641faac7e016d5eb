"""What needs the owner's word: asked with buttons in his own chat, answered there or on the machine."""

from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, Reply, Script, Sent, ToolUse, newest_user_text
from tests.journeys.watching import OWNER, drop_old_polls, eventually

Json = dict[str, Any]
BEN = 821071299
WORDS = "Always answer in verse."


def obeys(body: Json) -> Script:
    """For "be a poet" it rewrites SOUL.md, and says what came of it; the same for the same request."""
    last = body["messages"][-1]["content"]
    results = [block for block in last if block["type"] == "tool_result"]
    if results:
        return Reply(f"told: {results[0]['content']}")
    if newest_user_text(body) == "be a poet":
        return Reply(calls=[ToolUse("write", {"path": "SOUL.md", "content": WORDS}, id="toolu_soul")])
    return Reply("ok")


async def question(telegram: FakeTelegram) -> Sent:
    await telegram.wait_until(
        lambda: any(sent.buttons for sent in telegram.sent),
        lambda: f"nothing is asked: {telegram.texts()}",
    )
    return next(sent for sent in telegram.sent if sent.buttons)


def soul(daemon: Daemon) -> str:
    return (daemon.state_dir / "workspace" / "SOUL.md").read_text()


def name_of(asked: Sent) -> str:
    return asked.text.split()[1].rstrip(":")


async def answered(telegram: FakeTelegram, words: str) -> None:
    await telegram.wait_until(
        lambda: any(words in text for text in telegram.texts(OWNER)),
        lambda: f"{words!r} is not in {telegram.texts(OWNER)}",
    )


async def test_a_button_lets_one_call_happen(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.answer_with(obeys)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    before = soul(daemon)
    telegram.say("be a poet")
    asked = await question(telegram)
    assert asked.chat == OWNER
    assert asked.parse_mode is None
    assert "What: SOUL.md" in asked.text
    assert f"> {WORDS}" in asked.text
    assert soul(daemon) == before

    # Somebody who presses it elsewhere, or types the words, is not the owner.
    telegram.say(f"/approve {name_of(asked)} allow", sender=BEN)
    await telegram.wait_confirmed(telegram.press(asked, "Allow once"))
    await answered(telegram, "told: ")

    assert soul(daemon) == WORDS
    await eventually(lambda: asked.buttons == {}, lambda: f"still {asked.buttons}")
    assert f"allowed once by telegram:{OWNER}" in asked.text
    assert len(telegram.called("answerCallbackQuery")) == 1
    assert await daemon.stop() == 0
    trace = (await daemon.cli("trace", "list", "--json")).json()
    spans = [span for each in trace for span in each["spans"] if span["name"] == "gate"]
    assert [(span["tool"], span["verdict"]) for span in spans] == [("write", "approved")]


async def test_the_command_line_shows_what_waits_and_says_no(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.answer_with(obeys)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    before = soul(daemon)
    telegram.say("be a poet")
    asked = await question(telegram)

    (row,) = (await daemon.cli("approvals", "list", "--json")).json()
    assert (row["id"], row["tool"], row["kind"], row["state"]) == (
        name_of(asked),
        "write",
        "instruct",
        "pending",
    )
    assert WORDS in row["arguments"]
    denied = await daemon.cli("approvals", "deny", row["id"])
    assert (denied.code, denied.stderr) == (0, "")
    await answered(telegram, "told: Not approved: the owner said no.")
    assert soul(daemon) == before

    again = await daemon.cli("approvals", "approve", row["id"])
    assert (again.code, again.stdout) == (1, "")
    assert "denied already" in again.stderr
    assert (await daemon.cli("approvals", "list", "--json")).json() == []


async def test_a_killed_daemon_waits_on_for_the_same_answer(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    anthropic.answer_with(obeys)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("be a poet")
    asked = await question(telegram)
    await daemon.kill()
    drop_old_polls(telegram)
    telegram.press(asked, "Allow once")
    await daemon.start()

    await answered(telegram, "told: ")
    assert soul(daemon) == WORDS
    rows = (await daemon.cli("approvals", "list", "--all", "--json")).json()
    assert [(row["id"], row["state"]) for row in rows] == [(name_of(asked), "approved")]
    assert len(anthropic.requests) == 2

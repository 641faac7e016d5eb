"""The owner's first minutes, in a terminal of his own, and coming back later."""

import json
import re
import socket
import stat
from pathlib import Path

import httpx
import pytest

from tests.conftest import MakeDaemon
from tests.fake.daemon import Daemon, clean_environment
from tests.fake.nursery import Nursery
from tests.fake.terminal import CTRL_C, Terminal
from tests.fakes import FakeAnthropic, FakeTelegram

OWNER = 821071206


WRONG = "sk-ant-wrong-k3yTh4tM0stN0tB3InAnyL0g"
UNKNOWN = "8000002:TEST-b0tT0kenTh4tM0stN0tB3InAnyL0g0"


async def test_from_nothing_to_the_first_answer_with_mistakes_on_the_way(
    make_daemon: MakeDaemon, nursery: Nursery, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(None)
    daemon.home.mkdir(parents=True)
    # Where the two are reached, and nothing of what the owner will be asked.
    daemon.env = {
        "ANTHROPIC_BASE_URL": anthropic.url,
        "OPENCLAW__CHANNELS__TELEGRAM__APIROOT": telegram.url,
    }
    anthropic.refused_keys.add(WRONG)
    anthropic.reply("yes")
    anthropic.reply("Hello Ana! Tell me what is on your mind.")

    async with Terminal(nursery) as terminal:
        ports = {"OPENCLAW_GATEWAY_PORT": str(daemon.port)}
        await terminal.run(("onboard",), clean_environment(daemon.home, **daemon.env, **ports), daemon.home)
        await the_key_is_tried(terminal, anthropic)
        await the_bot_knows_its_owner(terminal, telegram)
        await terminal.answer("[~/.openclaw/workspace]:", "here")
        await terminal.expect("begin it with / or ~/")
        await terminal.answer("[~/.openclaw/workspace]:")
        await terminal.expect("5 of 5")
        terminal.type("\n")
        await terminal.expect("Hello Ana! Tell me what is on your mind.")
        end = await terminal.expect("works once, for ten minutes, as soon as it runs")
        assert await terminal.ended() == 0
        screen = terminal.text

    config = what_was_kept(daemon, screen, (telegram.token, anthropic.key))
    await the_house_it_made_is_whole(daemon, telegram, anthropic, end.split("/#code=")[1].split()[0])
    await a_second_time_only_what_is_said_changes(daemon, config)


async def the_key_is_tried(terminal: Terminal, anthropic: FakeAnthropic) -> None:
    await terminal.expect("1 of 5")
    await terminal.answer("key, not shown [offline]:", "hello?")
    await terminal.expect("begins like no key that is known here")
    await terminal.answer("[offline]:", WRONG)
    await terminal.expect("does not take this key (HTTP 401)")
    await terminal.answer("[offline]:", anthropic.key)
    await terminal.expect("works: anthropic/claude-opus-4-6 answered in")
    await terminal.answer("name [later]:", "<")
    await terminal.expect("1 of 5")
    await terminal.answer("[the anthropic key just given]:")
    await terminal.answer("name [later]:", "Ana")


async def the_bot_knows_its_owner(terminal: Terminal, telegram: FakeTelegram) -> None:
    await terminal.expect("3 of 5")
    await terminal.answer("token, not shown [none]:", "what token?")
    await terminal.expect("A bot's token looks like")
    await terminal.answer("[none]:", UNKNOWN)
    await terminal.expect("knows no bot with this token")
    await terminal.answer("[none]:", telegram.token)
    await terminal.expect("Telegram knows it as @claw_test_bot")
    word = re.search(r"hello (\d{6})", await terminal.expect("I wait for that."))
    assert word is not None
    telegram.say("me, me!", sender=821071299, name="Somebody")
    telegram.say(f"hello {word[1]}", sender=OWNER)
    await terminal.expect(f"That is you: Ana, number {OWNER} in Telegram.")
    await terminal.expect("4 of 5")


def what_was_kept(daemon: Daemon, screen: str, secrets: tuple[str, ...]) -> str:
    """The config, after a look at where everything went."""
    config = (daemon.state_dir / "openclaw.json").read_text()
    assert not any(secret in shown for secret in (*secrets, WRONG, UNKNOWN) for shown in (screen, config))
    assert str(OWNER) in config
    kept = daemon.state_dir / "credentials" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(json.loads(kept.read_text()).values()) == set(secrets)
    assert "- Name: Ana" in (daemon.state_dir / "workspace" / "USER.md").read_text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", daemon.port), 5)
    return config


async def the_house_it_made_is_whole(
    daemon: Daemon, telegram: FakeTelegram, anthropic: FakeAnthropic, code: str
) -> None:
    for text in ("Hello here, too.", "Three."):
        anthropic.reply(text)
    await daemon.start()
    async with httpx.AsyncClient(base_url=daemon.url, headers={"Origin": daemon.url}) as browser:
        let_in = [(await browser.post("/login", json={"code": code})).status_code for _ in range(2)]
    assert let_in == [200, 403]
    sent = await telegram.wait_sent(2)
    assert {each.chat: "Pairing code" in each.text for each in sent} == {OWNER: False, 821071299: True}
    chatted = await daemon.cli("chat", "How many?")
    assert chatted.code == 0, chatted.stderr
    await daemon.stop()


async def a_second_time_only_what_is_said_changes(daemon: Daemon, config: str) -> None:
    workspace = daemon.home / "elsewhere"
    done = await daemon.cli(
        "onboard", "--non-interactive", "--name", "Ada", "--workspace", str(workspace), "--no-hello"
    )
    assert done.code == 0, done.stderr
    after = (daemon.state_dir / "openclaw.json").read_text()
    assert "- Name: Ada" in (workspace / "USER.md").read_text()
    assert "\x1b" not in done.stdout
    assert [line for line in config.splitlines() if line not in after.splitlines()] == []
    assert str(workspace) in after

    again = await daemon.cli("onboard", "--non-interactive", "--no-hello")
    assert "Nothing had to be changed." in again.stdout
    assert (daemon.state_dir / "openclaw.json").read_text() == after


async def test_who_breaks_off_leaves_everything_as_it_was(
    tmp_path: Path, nursery: Nursery, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    places = {"ANTHROPIC_BASE_URL": anthropic.url, "OPENCLAW__CHANNELS__TELEGRAM__APIROOT": telegram.url}
    env = clean_environment(tmp_path, **places)
    async with Terminal(nursery) as terminal:
        await terminal.run(("onboard",), env, tmp_path)
        anthropic.reply("yes")
        await terminal.answer("[offline]:", anthropic.key)
        await terminal.answer("name [later]:", "Ana")
        await terminal.answer("token, not shown [none]:", telegram.token)
        await terminal.expect("I wait for that.")
        await telegram.wait_calls("getUpdates")
        terminal.type(CTRL_C)
        await terminal.expect("Nothing was changed.")
        assert await terminal.ended() == 130
    assert names(tmp_path) == []


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())

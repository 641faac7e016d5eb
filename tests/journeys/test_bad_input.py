"""Whatever comes in or lies on the disk: it is told plainly, nothing is lost, the next message is answered."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, fetch
from tests.journeys.watching import OWNER, lines_with, user_texts, wait_output

Json = dict[str, Any]
STRANGER = 55510177
BIG = "ß" * 100_000
"""200 KB in UTF-8, and no longer than a message can be sent by a webhook of 1 MiB."""


async def test_updates_that_nobody_can_read_hold_up_no_others(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    telegram.garbage += GARBLED
    broken, passed_over = _broken(telegram), _passed_over(telegram)
    for update in (*broken, *passed_over):
        telegram.push(update)
    telegram.say(BIG)
    telegram.say("half a \ud83d pair")
    telegram.say("hello")
    anthropic.reply("a long one")
    daemon = make_daemon(daemon_config)
    await daemon.start()

    answers = ["a long one", "ok: half a \ufffd pair", "ok: hello"]
    await telegram.wait_sent(len(answers))
    assert user_texts(anthropic.requests[-1]) == [BIG, "half a \ufffd pair", "hello"]
    traces = (await daemon.cli("trace", "list", "--limit", "100", "--json")).json()
    outcomes = [trace["outcome"] for trace in traces]
    assert outcomes.count("dead") == len(GARBLED) + len(broken)
    assert outcomes.count("ignored") == len(passed_over)
    assert len(lines_with(daemon, "cannot be read")) == len(GARBLED) + len(broken), "each is told in the log"
    assert await daemon.stop() == 0
    assert (telegram.texts(), len(anthropic.requests)) == (answers, len(answers))
    assert daemon.transcript()[1]["content"] == BIG


GARBLED: list[object] = [
    "no object",
    7,
    None,
    [],
    {},
    {"update_id": "12"},
    {"update_id": True},
    {"update_id": 10**30},
    {"update_id": -5, "message": {"text": "no"}},
    {"message": {}},
]


def _broken(telegram: FakeTelegram) -> list[Json]:
    return [
        {"message": None},
        {"message": "text"},
        {"message": {}},
        _message(telegram, chat=None),
        _message(telegram, chat={"id": "x", "type": "private"}),
        _message(telegram, sender={"is_bot": False}),
        _message(telegram, text=5),
        _message(telegram, date="yesterday"),
        _message(telegram, message_id=[]),
    ]


def _passed_over(telegram: FakeTelegram) -> list[Json]:
    return [
        _message(telegram, text=""),
        _message(telegram, text=" \n\t"),
        {"reaction_of_tomorrow": {"stars": 5}},
        {"edited_message": telegram.message("edited")["message"]},
        {},
    ]


def _message(telegram: FakeTelegram, **wrong: object) -> Json:
    message = telegram.message("hello")["message"]
    wrong = {("from" if name == "sender" else name): value for name, value in wrong.items()}
    return {"message": {**message, **wrong}}


async def test_a_webhook_survives_every_body(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    secret = "a-webhook-secret-of-32-characters"
    daemon_config["channels"]["telegram"] |= {
        "webhookUrl": "https://bot.example.org/webhooks/telegram",
        "webhookSecret": secret,
    }
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("setWebhook")
    url = f"{daemon.webhook_url}/webhooks/telegram"
    headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": secret}
    deep = b"[" * 100_000
    for body in (b"", b"{", b"\xff\xfe\x00", b"null", b'{"update_id":}', deep, b'"' + b"x" * 200_000 + b'"'):
        status, _ = await fetch("POST", url, body=body, headers=headers)
        assert status == 200, body[:20]  # else Telegram would bring it again and again
    anthropic.reply("a long one")
    assert await telegram.post_update(url, telegram.message(BIG), secret) == 200
    escaped = json.dumps(telegram.message("a \udc00 b"))
    assert (await fetch("POST", url, body=escaped.encode(), headers=headers))[0] == 200
    assert (await fetch("POST", url, headers={**headers, "content-length": str(1 << 21)}))[0] == 413
    assert await telegram.post_update(url, telegram.message("hello"), secret) == 200

    await telegram.wait_sent(3)
    assert telegram.texts() == ["a long one", "ok: a \ufffd b", "ok: hello"]
    assert user_texts(anthropic.requests[2])[0] == BIG
    assert await daemon.stop() == 0


# -- what lies on the disk ------------------------------------------------------------------------------------


async def test_a_broken_sessions_json_costs_no_history(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await _talk(daemon, telegram, "one")
    before = daemon.sessions_json()
    broken = b'{"agent:main:main": {"sess'
    (_sessions(daemon) / "sessions.json").write_bytes(broken)
    await _talk(daemon, telegram, "two")

    assert user_texts(anthropic.requests[1]) == ["one", "two"]
    after = daemon.sessions_json()
    assert after.keys() == before.keys() == {"agent:main:main"}
    assert after["agent:main:main"]["sessionId"] == before["agent:main:main"]["sessionId"]
    assert len(daemon.transcripts()) == 1
    assert len(lines_with(daemon, "sessions.json could not be read")) == 1
    (aside,) = (path for path in _sessions(daemon).iterdir() if "unreadable" in path.name)
    assert aside.read_bytes() == broken


async def test_damaged_transcripts_are_mended_and_go_on(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """Each damage in a session of its own; the fake model refuses a history with unpaired calls."""
    senders = dict(enumerate(DAMAGES, start=OWNER))
    daemon_config["session"] = {"dmScope": "per-channel-peer"}
    daemon_config["channels"]["telegram"]["allowFrom"] = list(senders)
    daemon = make_daemon(daemon_config)
    await _say_to_all(daemon, telegram, senders, "one")
    paths = {
        lines[1]["from"]: _sessions(daemon) / f"{name}.jsonl" for name, lines in daemon.transcripts().items()
    }
    for sender, name in senders.items():
        path = paths[f"telegram:{sender}"]
        path.write_bytes(DAMAGES[name](path.read_bytes()))
    await _say_to_all(daemon, telegram, senders, "two")

    assert len(lines_with(daemon, "was mended")) == len(DAMAGES)
    shown = [user_texts(request) for request in anthropic.requests[len(senders) :]]
    assert shown == [["one", "two"]] * len(senders)
    for sender, name in senders.items():
        assert telegram.texts(sender) == ["ok: one", "ok: two"], name
        path = paths[f"telegram:{sender}"]
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert [line["content"] for line in lines if line.get("role") == "user"] == ["one", "two"], name
        results = [line["content"][0]["tool_use_id"] for line in lines if line.get("role") == "tool"]
        assert results == (["toolu_elsewhere"] if "without its result" in name else []), name
        if "garbage" in name:
            assert path.with_name(path.name + ".unreadable").read_bytes() == GARBAGE * 2
        if "torn" in name:
            assert path.with_name(path.name + ".torn").read_bytes() == TORN + b"\n"


GARBAGE = b'\x00\xff\xfe{"role":"assis\n'
TORN = '{"role":"user","content":"half a wö'.encode()[:-1]
STAMP = '"timestamp":"2026-02-27T09:00:00.000Z"'


def _call(name: str) -> bytes:
    call = f'[{{"type":"tool_use","id":"{name}","name":"get_weather","input":{{}}}}]'
    return f'{{"role":"assistant","content":{call},{STAMP},"id":"m_{name}"}}\n'.encode()


RESULT = '{"role":"tool","content":[{"type":"tool_result","tool_use_id":"toolu_gone","content":"x"}]'
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "garbage in the middle": lambda data: data.replace(b"\n", b"\n" + GARBAGE, 2),
    "a torn last line": lambda data: data + TORN,
    "a call without its result": lambda data: data + _call("toolu_elsewhere"),
    "a call without its result and a torn line": lambda data: data + _call("toolu_elsewhere") + TORN,
    "a result without its call": lambda data: data + f'{RESULT},{STAMP},"id":"m_r"}}\n'.encode(),
    "what is no line of ours": lambda data: data + b'[1, 2]\n\n"text"\nnull\n',
}


async def test_a_transcript_that_cannot_be_opened_is_one_sessions_trouble(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """Its sender is told, others are answered, and the daemon does not fall over it at every start."""
    daemon_config["session"] = {"dmScope": "per-channel-peer"}
    daemon_config["channels"]["telegram"]["allowFrom"] = [OWNER, STRANGER]
    daemon = make_daemon(daemon_config)
    await _talk(daemon, telegram, "one")
    (path,) = _sessions(daemon).glob("*.jsonl")
    path.rename(kept := path.with_suffix(".kept"))
    path.mkdir()
    await daemon.start()
    telegram.say("two")
    await telegram.wait_sent(2)
    telegram.say("hello", sender=STRANGER)
    await telegram.wait_sent(3)

    assert telegram.texts(STRANGER) == ["ok: hello"]
    assert "openclaw trace" in telegram.texts(OWNER)[1]
    path.rmdir()
    kept.rename(path)
    telegram.say("three")
    await telegram.wait_sent(4)
    assert telegram.texts(OWNER)[2:] == ["ok: three"]
    assert user_texts(anthropic.requests[-1]) == ["one", "three"]
    assert await daemon.stop() == 0


async def test_corrupt_pairing_files_lock_nobody_out(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    folder = daemon.state_dir / "credentials"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "telegram-pairing.json").write_bytes(b'{"version": 1, "requests": [{"id"')
    (folder / "telegram-allowFrom.json").write_bytes(b"\x00" * 64)
    await daemon.start()
    telegram.say("let me in", sender=STRANGER)
    await telegram.wait_sent(1)
    telegram.say("hello")
    await telegram.wait_sent(2)

    (asked,) = telegram.texts(STRANGER)
    assert "Pairing code: " in asked
    assert telegram.texts(OWNER) == ["ok: hello"]
    for name in ("telegram-pairing.json", "telegram-allowFrom.json"):
        assert len(lines_with(daemon, f"{name} could not be read")) == 1
    approved = await daemon.cli("pairing", "approve", "telegram", asked.split("Pairing code: ")[1][:8])
    assert approved.code == 0, approved.stderr
    telegram.say("thank you", sender=STRANGER)
    await telegram.wait_sent(3)
    assert telegram.texts(STRANGER)[1:] == ["ok: thank you"]


# -- the config -----------------------------------------------------------------------------------------------


async def test_a_config_that_does_not_parse(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, tmp_path: Path
) -> None:
    """With no good copy from before it is refused, with its place; with one, that is used."""
    first = make_daemon(daemon_config, home=tmp_path / "first")
    await first.start()
    assert await first.stop() == 0
    good = (first.state_dir / "openclaw.json").read_bytes()
    broken = good[:-1] + b",\n  // the end is gone"

    new = make_daemon(home=tmp_path / "new")
    new.state_dir.mkdir(mode=0o700, parents=True)
    (new.state_dir / "openclaw.json").write_bytes(broken)
    await new.start(ready=False)
    assert await new.wait_exit() == 78
    (told,) = lines_with(new, "openclaw.json")
    assert "line 1, column 1: the object that opens here has no closing }" in told
    assert (new.state_dir / "openclaw.json").read_bytes() == broken

    again = make_daemon(home=tmp_path / "first")
    (again.state_dir / "openclaw.json").write_bytes(broken)
    await again.start()
    telegram.say("hello")
    await telegram.wait_sent(2)
    (answer,) = [text for text in telegram.texts() if text.startswith("ok:")]
    (told,) = [text for text in telegram.texts() if text != answer]
    assert answer == "ok: hello"
    assert "is not taken over: line 1, column 1" in told
    (warning,) = lines_with(again, "The last good copy is used")
    assert "openclaw config check" in warning
    assert (again.state_dir / "openclaw.json").read_bytes() == broken


async def test_unknown_keys_and_bad_values_cost_their_own_part_alone(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    own = daemon_config["channels"]["telegram"]
    own |= {"allowFromm": [1], "futureKey": {"deep": True}}
    own["accounts"] = {
        "default": {},
        "second": {"botToken": "8000002:TEST-another", "pollSeconds": "often"},
    }
    daemon_config |= {"gatway": {"port": 1}, "traces": {"retentionDays": "long"}}
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("hello")
    await telegram.wait_sent(1)
    assert telegram.texts() == ["ok: hello"]

    (misspelt,) = lines_with(daemon, "allowFromm")
    assert "allowFrom" in misspelt.replace("allowFromm", "")
    assert len(lines_with(daemon, "futureKey")) == 1
    assert "gateway" in lines_with(daemon, "gatway")[0].replace("gatway", "")
    (bad,) = lines_with(daemon, "accounts.second.pollSeconds")
    assert "off until it is mended" in bad
    assert len(lines_with(daemon, "traces.retentionDays")) == 1
    check = await daemon.cli("config", "check")
    assert check.code != 0
    assert "pollSeconds" in check.stdout + check.stderr


async def test_a_bad_value_in_the_only_channel_leaves_the_rest_running(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon_config["channels"]["telegram"]["textChunkLimit"] = "many"
    daemon = make_daemon(daemon_config)
    await daemon.start()
    line = await wait_output(daemon, "channels.telegram.textChunkLimit")
    assert "This channel is off until it is mended" in line
    answer = await daemon.cli("chat", "are you there?")
    assert (answer.code, "ok: are you there?" in answer.stdout) == (0, True), answer
    assert await daemon.stop() == 0
    assert not telegram.calls, "what was said there waits at Telegram"


# -- steps ----------------------------------------------------------------------------------------------------


async def _talk(daemon: Daemon, telegram: FakeTelegram, text: str) -> None:
    """One message and its answer, in a life of the daemon of its own."""
    before = len(telegram.sent)
    await daemon.start()
    telegram.say(text)
    await telegram.wait_sent(before + 1)
    assert await daemon.stop() == 0


async def _say_to_all(daemon: Daemon, telegram: FakeTelegram, senders: Iterable[int], text: str) -> None:
    before = len(telegram.sent)
    await daemon.start()
    for count, sender in enumerate(senders, start=1):
        telegram.say(text, sender=sender)
        await telegram.wait_sent(before + count)
    assert await daemon.stop() == 0


def _sessions(daemon: Daemon) -> Path:
    return daemon.state_dir / "agents" / "main" / "sessions"

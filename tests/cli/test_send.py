import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, running
from tests.web.fake_office import FakePost


def test_a_message_is_sent_by_a_channel(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        post = plane.house.office.post
        assert isinstance(post, FakePost)
        assert terminal.lines("send", "--channel", "telegram", "--to", "821071206", "Hello there") == [
            "sent to 821071206 by telegram"
        ]
        (letter,) = post.sent
        assert (letter.channel, letter.to, letter.text) == ("telegram", "821071206", "Hello there")
        told = json.loads(
            terminal.run("send", "--channel", "sms", "--to", "x", "--account", "work", "--json", "Hi")[1]
        )
        assert told["messageId"] == "77"
        assert post.sent[1].account == "work"
        refused = terminal.run("send", "--channel", "telegram", "--to", "nobody", "Hello")
    assert refused == (1, "", "openclaw: not sent: chat not found\n")

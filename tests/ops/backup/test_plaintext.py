from pathlib import Path

import pyjson5
import pytest

from openclaw.ops.backup.plaintext import at_home, with_secrets_of, without_secrets
from openclaw.settings.file import UnreadableError

MINE = """\
// my config
{
  gateway: { auth: { token: "geheim-123" } },  // the token: "geheim-123"
  channels: { telegram: { botToken: "env:BOT", allowFrom: ["1"] } },
  auth: { profiles: { "anthropic:a": { apiKey: "sk-plain" } } },
}
"""


def test_no_secret_is_left_and_all_else_is() -> None:
    text, keys = without_secrets(MINE, frozenset())
    assert "geheim-123" not in text
    assert "sk-plain" not in text
    assert 'botToken: "env:BOT"' in text
    assert keys == ("gateway.auth.token", "auth.profiles.anthropic:a.apiKey")


def test_a_secret_that_is_known_by_its_value_is_left_out_wherever_it_stands() -> None:
    text, keys = without_secrets(
        "{ channels: { telegram: { apiRoot: 'https://x.example.org/geheim' } } }", {"geheim"}
    )
    assert "geheim" not in text
    assert keys == ("channels.telegram.apiRoot",)


def test_the_present_configs_secrets_come_back_with_its_comments() -> None:
    text, _ = without_secrets(MINE, frozenset())
    assert with_secrets_of(text, MINE) == (MINE, ())


def test_a_secret_that_is_nowhere_is_taken_out_and_named() -> None:
    text, _ = without_secrets(MINE, frozenset())
    restored, missing = with_secrets_of(text, '{ gateway: { auth: { token: "another" } } }')
    tree = pyjson5.decode(restored)
    assert tree["gateway"]["auth"]["token"] == "another"
    assert "apiKey" not in tree["auth"]["profiles"]["anthropic:a"]
    assert missing == ("auth.profiles.anthropic:a.apiKey",)


@pytest.mark.parametrize("present", ["{ broken", "", "[]"])
def test_a_present_config_that_cannot_be_read_has_no_secrets(present: str) -> None:
    text, _ = without_secrets(MINE, frozenset())
    assert with_secrets_of(text, present)[1] == ("gateway.auth.token", "auth.profiles.anthropic:a.apiKey")


def test_a_config_that_cannot_be_read_is_not_cleaned() -> None:
    with pytest.raises(UnreadableError):
        without_secrets("{ gateway: ", frozenset())


THEIRS = """{ // file:/home/ana/.openclaw/credentials/secrets.json#/a
  a: "file:/home/ana/.openclaw/credentials/secrets.json#/a.b", b: "file:/home/ana/token", c: 'env:C' }"""


@pytest.mark.parametrize(
    ("is_ours", "a"),
    [
        (True, "file:/srv/claw/credentials/secrets.json#/a.b"),
        (False, "file:/home/ana/.openclaw/credentials/secrets.json#/a.b"),
    ],
)
def test_references_into_the_secrets_file_move_with_the_house(is_ours: bool, a: str) -> None:
    text = at_home(THEIRS, Path("/srv/claw/credentials/secrets.json"), lambda _: is_ours)

    assert pyjson5.decode(text) == {"a": a, "b": "file:/home/ana/token", "c": "env:C"}

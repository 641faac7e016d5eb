"""Secrets leave the text, and come back into it."""

import pyjson5
import pytest

from openclaw.settings.editing.edits import EditError
from openclaw.settings.editing.veil import unveiled, veiled

SECRETS = frozenset({"resolved-from-elsewhere"})
TEXT = """// mine
{
  gateway: { port: 18789, auth: { token: "hush-hush-hush-hush" } }, // token: "an-older-one", out of use
  channels: { telegram: { botToken: 'env:BOT', allowFrom: [7, 'ana'] } },
  mcp: { servers: { web: { url: "https://ana:pass@example.org/x", env: { API_KEY: "k-1" } } } },
  agents: { defaults: { model: "openai/gpt-5" }, list: [ { id: "a", name: "resolved-from-elsewhere" } ] },
  /* apiKey = "sk-commented" */
}
"""


def test_no_secret_is_left_and_all_else_is_as_it_was() -> None:
    shown = veiled(TEXT, SECRETS)
    for secret in ("hush-hush", "an-older-one", "pass@", "k-1", "resolved-from", "sk-commented"):
        assert secret not in shown
    assert shown.startswith('// mine\n{\n  gateway: { port: 18789, auth: { token: "***" } }, // token: ***')
    assert "botToken: 'env:BOT', allowFrom: [7, 'ana']" in shown
    assert 'url: "https://***@example.org/x"' in shown
    assert pyjson5.decode(shown)["agents"]["defaults"] == {"model": "openai/gpt-5"}


def test_what_was_hidden_comes_back_where_it_was() -> None:
    shown = veiled(TEXT, SECRETS)
    assert unveiled(shown, TEXT, SECRETS) == TEXT
    edited = shown.replace("18789", "19000").replace("// mine", "// still mine")
    assert unveiled(edited, TEXT, SECRETS) == TEXT.replace("18789", "19000").replace(
        "// mine", "// still mine"
    )


def test_stars_where_there_was_no_secret_are_refused() -> None:
    with pytest.raises(EditError, match=r"agents\.defaults\.model: \*\*\* stands for a secret"):
        unveiled(veiled(TEXT, SECRETS).replace("openai/gpt-5", "***"), TEXT, SECRETS)
    with pytest.raises(EditError, match=r"hooks\.token"):
        unveiled('{ hooks: { token: "***" } }', TEXT, SECRETS)


def test_a_secret_may_be_replaced_in_the_text() -> None:
    shown = veiled(TEXT, SECRETS).replace('token: "***" } }', 'token: "another-one-of-mine" } }')
    assert "another-one-of-mine" in unveiled(shown, TEXT, SECRETS)


def test_two_strokes_in_an_address_begin_no_comment() -> None:
    text = '{"channels": {"sms": {"apiRoot": "http://127.0.0.1:9/", "authToken": "hush-hush", "accountSid": "AC1"}}}'
    shown = veiled(text, frozenset())
    sms = pyjson5.decode(shown)["channels"]["sms"]
    assert (sms["apiRoot"], sms["authToken"]) == ("http://127.0.0.1:9/", "***")
    assert unveiled(shown, text, frozenset()) == text

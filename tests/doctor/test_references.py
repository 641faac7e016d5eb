from pathlib import Path

from openclaw.doctor.references import references, secret_file
from openclaw.settings.model import Settings
from openclaw.types.secrets import SecretRef


def test_every_secret_is_named_by_its_key() -> None:
    settings = Settings.model_validate(
        {
            "gateway": {"auth": {"token": "env:TOKEN"}},
            "channels": {
                "telegram": {"botToken": "file:/run/bot", "accounts": {"work": {"botToken": "plain"}}},
                "quo": {"signingKeys": ["env:A", "env:B"]},
            },
            "mcp": {"servers": {"files": {"command": "x", "env": {"KEY": "op://a/b/c"}}}},
        }
    )

    found = {key: reference.text for key, reference in references(settings)}

    assert found == {
        "gateway.auth.token": "env:TOKEN",
        "channels.telegram.botToken": "file:/run/bot",
        "channels.telegram.accounts.work.botToken": "plain",
        "channels.quo.signingKeys[0]": "env:A",
        "channels.quo.signingKeys[1]": "env:B",
        "mcp.servers.files.env.KEY": "op://a/b/c",
    }


def test_the_file_of_a_reference_is_found_and_of_another_kind_there_is_none() -> None:
    assert secret_file(SecretRef("file:~/token#/a"), {"HOME": "/home/ada"}) == Path("/home/ada/token")
    assert secret_file(SecretRef("env:TOKEN"), {}) is None

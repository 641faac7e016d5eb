import pytest

from openclaw.settings.checking.plaintext import plaintext_problem, plaintext_secrets, stated_secrets

CONFIG = {
    "gateway": {"auth": {"token": "made at the first start"}},
    "channels": {"telegram": {"botToken": "123:abc", "accounts": {"b": {"botToken": "env:B"}}}},
    "models": {"providers": {"anthropic": {"api_key": "sk-1", "headers": {"x-api-key": "abcdefgh"}}}},
    "mcp": {"servers": {"hub": {"command": "hub", "env": {"HUB_TOKEN": "ghp_abcdef", "LEVEL": "debugging"}}}},
    "hooks": {"token": {"source": "exec", "provider": "nobody", "id": "x"}},
    "ops": {"discord": {"webhookUrl": "${DISCORD}"}},
    "agents": {"defaults": {"model": {"primary": "file:/etc/model"}}},
}


def test_what_stands_there_as_text_is_named_and_nothing_else() -> None:
    assert plaintext_secrets(CONFIG) == (
        "channels.telegram.botToken",
        "models.providers.anthropic.api_key",
        "models.providers.anthropic.headers.x-api-key",
        "mcp.servers.hub.env.HUB_TOKEN",
    )


def test_every_reference_is_stated_and_no_text_is_printed() -> None:
    stated = {each.name: each for each in stated_secrets(CONFIG)}

    assert stated["channels.telegram.accounts.b.botToken"].text == "env:B"
    assert stated["agents.defaults.model.primary"].text == "file:/etc/model"
    assert "names no program" in stated["hooks.token"].trouble
    assert "123:abc" not in repr(stated)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, None),
        ({"gateway": {"auth": {"token": "x"}}}, None),
        ({"hooks": {"token": "x"}}, "hooks.token: this stands in the file as plain text"),
        (CONFIG, "mcp.servers.hub.env.HUB_TOKEN: these stand"),
    ],
)
def test_all_of_them_are_one_warning(config: dict[str, object], said: str | None) -> None:
    problem = plaintext_problem(config)

    assert (problem is None) == (said is None)
    assert said is None or said in str(problem)

import os
from pathlib import Path

import pytest

from openclaw.settings.file import UnreadableError, fingerprint
from openclaw.settings.loading import load, load_to_serve, tried
from openclaw.settings.model import Settings
from openclaw.settings.paths import find_paths
from openclaw.settings.references import read_reference
from openclaw.types.errors import ConfigError

Environ = dict[str, str]


@pytest.fixture
def environ(state_dir: Path) -> Environ:
    return {"HOME": str(state_dir.parent), "OPENCLAW_STATE_DIR": str(state_dir), "PATH": os.defpath}


def write(state: Path, text: str) -> None:
    (state / "openclaw.json").write_text(text)
    (state / "openclaw.json").chmod(0o600)


def test_without_a_file_everything_is_as_built_in(environ: Environ, state_dir: Path) -> None:
    loaded = load(environ)

    assert (loaded.source, loaded.problems) == (None, ())
    assert loaded.settings.gateway.port == Settings().gateway.port
    assert list(state_dir.iterdir()) == []


def test_the_starter_is_read_back_without_a_complaint(environ: Environ) -> None:
    loaded = load_to_serve(environ)

    assert loaded.problems == ()
    assert loaded.source == loaded.paths.config
    token = loaded.settings.gateway.auth.token
    assert token is not None
    assert len(token.text) == 64
    assert token.text in loaded.paths.last_good.read_text()
    assert token.text not in repr(loaded)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    environ: Environ, state_dir: Path
) -> None:
    write(state_dir, "{gateway: {port: 1}, logging: {level: 'warn'}}")

    assert load(environ).settings.gateway.port == 1
    assert load({**environ, "OPENCLAW_GATEWAY_PORT": "2"}).settings.gateway.port == 2
    overridden = {**environ, "OPENCLAW_GATEWAY_PORT": "2", "OPENCLAW__GATEWAY__PORT": "3"}
    assert load(overridden).settings.gateway.port == 3
    assert load(overridden, port=4).settings.gateway.port == 4
    assert load(overridden).settings.logging.level == "warn"


@pytest.mark.parametrize("broken", ["", "{", "[]", "{a: 1,,}", "\xff", "// only\n"])
def test_a_broken_file_gives_way_to_the_last_good_one(environ: Environ, state_dir: Path, broken: str) -> None:
    write(state_dir, "{gateway: {port: 18800}}")
    load_to_serve(environ)
    (state_dir / "openclaw.json").write_text(broken, "latin-1")

    loaded = load_to_serve(environ)

    assert loaded.settings.gateway.port == 18800
    assert loaded.source == loaded.paths.last_good
    assert [problem.severity for problem in loaded.problems] == ["warning"]
    assert "last good copy" in str(loaded.problems[0])
    assert (state_dir / "openclaw.json").read_text("latin-1") == broken


@pytest.mark.parametrize("copy", [None, "", "[]"])
def test_a_broken_file_without_a_good_copy_is_refused(
    environ: Environ, state_dir: Path, copy: str | None
) -> None:
    write(state_dir, "{\n gateway: {,}\n}")
    if copy is not None:
        (state_dir / "openclaw.last-good.json").write_text(copy)

    with pytest.raises(ConfigError, match="line 2, column 12"):
        load(environ)


def test_a_config_that_is_gone_comes_back_from_its_last_good_copy(environ: Environ, state_dir: Path) -> None:
    config = state_dir / "openclaw.json"
    load_to_serve(environ)
    config.write_text('{ gateway: { port: 18999, auth: { token: "0123456789abcdef0123456789abcdef" } } }')
    config.chmod(0o600)
    load_to_serve(environ)
    written = config.read_bytes()
    config.unlink()

    loaded = load_to_serve(environ)

    assert loaded.settings.gateway.port == 18999
    assert config.read_bytes() == loaded.paths.last_good.read_bytes() == written
    assert "the file was gone" in str(loaded.problems[0])
    assert load_to_serve(environ).problems == ()


def test_a_bad_value_does_not_bring_back_the_last_good_file(environ: Environ, state_dir: Path) -> None:
    write(state_dir, "{gateway: {port: 18800}}")
    load_to_serve(environ)
    write(state_dir, "{gateway: {port: 'x'}, session: {dmScope: 'per-peer'}}")

    loaded = load(environ)

    assert loaded.settings.gateway.port == Settings().gateway.port
    assert loaded.settings.session.dm_scope == "per-peer"


def test_a_key_missing_from_the_environment_switches_off_its_channel_alone(
    environ: Environ, state_dir: Path
) -> None:
    write(state_dir, "{channels: {telegram: {botToken: '${NOPE}'}}, gateway: {port: 18800}}")

    loaded = load(environ)

    assert loaded.settings.channels.telegram is None
    assert loaded.settings.gateway.port == 18800
    assert [problem.key for problem in loaded.problems] == ["channels.telegram.botToken"]


def test_keys_come_from_the_env_file_and_the_configs_own_env(environ: Environ, state_dir: Path) -> None:
    (state_dir / ".env").write_text("TELEGRAM_BOT_TOKEN=1:a\n")
    write(state_dir, "{env: {ANTHROPIC_API_KEY: 'sk-from-the-file'}}")

    loaded = load(environ)

    key = loaded.settings.models.providers["anthropic"].api_key
    assert key is not None
    assert read_reference(key.text, loaded.environ) == "sk-from-the-file"
    assert loaded.settings.channels.telegram is not None
    assert loaded.problems == ()


def test_values_behind_references_outside_secret_fields_are_handed_to_the_log(
    environ: Environ, state_dir: Path
) -> None:
    write(state_dir, "{models: {providers: {x: {headers: {'x-key': 'env:KEY'}}}}}")

    loaded = load({**environ, "KEY": "hush-hush"})

    assert loaded.settings.models.providers["x"].headers == {"x-key": "hush-hush"}
    assert loaded.resolved == {"hush-hush"}
    assert "hush" not in repr(loaded.problems)


def test_a_config_without_a_token_gets_the_one_of_the_installation(environ: Environ, state_dir: Path) -> None:
    write(state_dir, "{gateway: {port: 18800}}")

    token = load_to_serve(environ).settings.gateway.auth.token

    assert token is not None
    assert len(read_reference(token.text, environ)) == 64


@pytest.mark.parametrize(
    "text",
    [
        "{gateway: {bind: 'lan'}}",
        "{gateway: {bind: 'lan', auth: {mode: 'none'}}}",
        "{gateway: {bind: 'lan', auth: {token: 12}}}",
        "{channels: {telegram: {botToken: '1:a', webhookUrl: 'https://example.org'}}}",
    ],
)
def test_the_daemon_is_not_started_insecurely_but_the_config_can_be_looked_at(
    environ: Environ, state_dir: Path, text: str
) -> None:
    write(state_dir, text)

    with pytest.raises(ConfigError):
        load_to_serve(environ)
    assert load(environ).source is not None
    assert not (state_dir / "openclaw.last-good.json").exists()


def test_a_config_named_on_the_command_line_must_be_there(environ: Environ, state_dir: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_to_serve(environ, config_path=state_dir / "nope.json")
    assert list(state_dir.iterdir()) == []


def test_what_the_channel_itself_finds_odd_is_told(environ: Environ, state_dir: Path) -> None:
    write(state_dir, "{channels: {telegram: {botToken: '1:a', allowFrom: ['@ana']}}}")

    (problem,) = load(environ).problems

    assert problem.key == "channels.telegram.allowFrom"
    assert "'@ana' is not a Telegram user id" in problem.text


def test_a_whatsapp_number_that_would_hear_nothing_is_told_with_what_to_do(
    environ: Environ, state_dir: Path
) -> None:
    write(state_dir, "{channels: {whatsapp: {phoneNumberId: '1', accessToken: 'EAAG'}}}")

    (problem,) = load(environ).problems

    assert (problem.key, problem.text) == (
        "channels.whatsapp.appSecret",
        "is not set, so nothing is received",
    )
    assert problem.mend == "It is in Meta's app dashboard, App settings, Basic."


def test_a_file_that_others_may_read_is_told(environ: Environ, state_dir: Path) -> None:
    write(state_dir, "{}")
    (state_dir / "openclaw.json").chmod(0o644)

    assert "chmod 600" in load(environ).problems[0].mend


def test_rules_for_tools_that_were_hardly_meant_are_told(environ: Environ, state_dir: Path) -> None:
    write(
        state_dir,
        """{
          tools: { allow: ["read"], alsoAllow: ["exec"] },
          agents: { list: [{ id: "a", tools: { toolsBySender: { "username:ana": {} } } }] },
          channels: { telegram: { groups: { "-100": { tools: { deny: {} } } } } },
        }""",
    )

    told = {problem.key for problem in load(environ).problems if problem.severity == "warning"}

    assert told >= {
        "tools.alsoAllow",
        'agents.list[0].tools.toolsBySender["username:ana"]',
        'channels.telegram.groups["-100"].tools.deny',
    }


def test_a_text_is_tried_as_if_it_stood_in_the_file(environ: Environ, state_dir: Path) -> None:
    write(state_dir, "{ gateway: { port: 1 } }")
    paths = find_paths(environ)

    found = tried(environ, paths, b"{ gateway: { port: 18800 } }")

    assert (found.settings.gateway.port, found.source) == (18800, paths.config)
    assert found.fingerprint == fingerprint(b"{ gateway: { port: 18800 } }")
    assert load(environ).settings.gateway.port == 1
    with pytest.raises(UnreadableError):
        tried(environ, paths, b"{")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.life.effects import Effect, changed_keys, effect_of, hint, in_force, waiting_keys
from openclaw.settings.loading import Loaded, load
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key, dotted
from openclaw.settings.shape import Shape

DEEPEST = 8


def every_key(shape: Shape, key: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Down to what holds a value; a map's names and a list's places are `*`."""
    below = [*shape.fields().items(), *(("*", each) for each in (shape.values, shape.items) if each)]
    if key and (not below or len(key) == DEEPEST):
        yield key
    for name, child in below if len(key) < DEEPEST else ():
        yield from every_key(child, (*key, name))


def test_of_every_key_it_is_known_when_it_counts() -> None:
    keys = list(every_key(ROOT))

    assert len(keys) > 500
    assert sorted({".".join(key) for key in keys if effect_of(key) is None}) == []


@pytest.mark.parametrize(
    ("key", "effect"),
    [
        ("gateway.port", "restart"),
        ("gateway.auth.mode", "restart"),
        ("gateway.auth.token", "live"),
        ("gateway.tools.deny", "live"),
        ("webhooks.port", "restart"),
        ("channels.telegram.botToken", "channel"),
        ("channels.telegram.accounts.work.allowFrom", "channel"),
        ("channels.modelByChannel.telegram.5", "live"),
        ("models.providers.anthropic.apiKey", "live"),
        ("agents.defaults.model", "live"),
        ("agents.defaults.userTimezone", "restart"),
        ("mcp.servers.hub.command", "live"),
        ("nobody.thought.of.this", None),
    ],
)
def test_the_nearest_rule_decides(key: str, effect: Effect | None) -> None:
    assert effect_of(tuple(key.split("."))) == effect


def loaded(state: Path, config: str, **environ: str) -> Loaded:
    (state / "openclaw.json").write_text(config)
    (state / "openclaw.json").chmod(0o600)
    return load({"OPENCLAW_STATE_DIR": str(state), "HOME": str(state), **environ})


def names(keys: tuple[Key, ...]) -> list[str]:
    return [dotted(key) for key in keys]


def test_what_needs_a_restart_stays_as_it_was_and_all_the_rest_holds(state_dir: Path) -> None:
    running = loaded(state_dir, "{gateway: {port: 1234}, budgets: {perDay: 1}, webhooks: {port: 4}}")
    fresh = loaded(
        state_dir, "{gateway: {port: 99}, budgets: {perDay: 2}, channels: {telegram: {botToken: 'env:T'}}}"
    )

    taken = in_force(running, fresh)

    assert names(taken.live) == ["budgets.perDay"]
    assert names(taken.channels) == ["channels.telegram.botToken"]
    assert names(taken.waiting) == ["gateway.port", "webhooks.port"]
    settings = taken.loaded.settings
    assert (settings.gateway.port, settings.webhooks.port, settings.budgets.per_day) == (1234, 4, 2)
    assert settings.gateway.auth.token == running.settings.gateway.auth.token
    assert taken.loaded.fingerprint == fresh.fingerprint


def test_what_waits_goes_on_waiting_until_it_is_taken_back(state_dir: Path) -> None:
    running = loaded(state_dir, "{gateway: {port: 1234}}")
    first = in_force(running, loaded(state_dir, "{gateway: {port: 99}}"))
    second = in_force(first.loaded, loaded(state_dir, "{gateway: {port: 99}, budgets: {perDay: 2}}"))
    third = in_force(second.loaded, loaded(state_dir, "{gateway: {port: 1234}, budgets: {perDay: 2}}"))

    assert [names(each.waiting) for each in (first, second, third)] == [["gateway.port"]] * 2 + [[]]
    assert [each.is_news for each in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(
    "config", ["{budgets: {perDay: 1}} // a remark", "{budgets: {perDay: 1}, hooks: {}}"]
)
def test_a_remark_is_no_news(state_dir: Path, config: str) -> None:
    running = loaded(state_dir, "{budgets: {perDay: 1}}")

    assert not in_force(running, loaded(state_dir, config)).is_news


def test_a_channel_that_only_says_that_it_is_there_is_news(state_dir: Path) -> None:
    assert in_force(loaded(state_dir, "{}"), loaded(state_dir, "{channels: {quo: {}}}")).is_news


def test_a_plain_secret_that_was_changed_is_a_change_and_a_name_alone(state_dir: Path) -> None:
    old: dict[str, Any] = loaded(state_dir, "{hooks: {token: 'hush-1'}}").raw
    new = loaded(state_dir, "{hooks: {token: 'hush-2'}}").raw

    assert changed_keys(old, new) == [("hooks", "token")]
    assert waiting_keys(old, new) == []


def test_where_nobody_looks_at_the_file_that_is_said() -> None:
    assert "SIGHUP" in hint([("budgets", "perDay")], watched=False)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["budgets.perDay"], "A running assistant takes it at once."),
        (["channels.sms.fromNumber"], "A running assistant takes it at once; sms begins anew for it."),
        (["gateway.port"], "It counts after a restart."),
        (["gateway.port", "budgets.perDay"], "gateway.port counts after a restart."),
        (["gateway.port", "logging.file"], "gateway.port, logging.file count after a restart."),
    ],
)
def test_whoever_changes_a_key_hears_when_it_counts(keys: list[str], said: str) -> None:
    assert hint(tuple(key.split(".")) for key in keys) == said

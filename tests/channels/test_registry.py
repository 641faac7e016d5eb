from importlib.metadata import EntryPoint

import pytest

from openclaw.channels import registry
from openclaw.channels.registry import channel_names, load_channel
from openclaw.channels.telegram.plugin import plugin
from openclaw.types.errors import ConfigError


def install(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    """As if packages with these entry points were installed."""

    def find(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [entry for entry in entries if entry.group == group and name in {None, entry.name}]

    monkeypatch.setattr(registry, "entry_points", find)


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "openclaw.channels")


def test_a_built_in_channel_needs_no_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)

    assert load_channel("telegram") is plugin
    assert "telegram" in channel_names()


def test_an_installed_plugin_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, entry("pigeon", "openclaw.channels.telegram.plugin:plugin"))

    assert load_channel("pigeon") is plugin
    assert {"pigeon", "telegram"} <= set(channel_names())
    assert channel_names() == sorted(channel_names())


def test_no_package_takes_over_a_built_in_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, entry("telegram", "stranger:plugin"))

    assert load_channel("telegram") is plugin


def test_an_unknown_channel_is_told_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)

    with pytest.raises(ConfigError, match=r"channels\.telegrem: no such channel\. Known are .*telegram"):
        load_channel("telegrem")


def test_a_plugin_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, entry("pigeon", "not_there.at_all:plugin"))

    with pytest.raises(ConfigError, match=r"not_there\.at_all:plugin does not load"):
        load_channel("pigeon")

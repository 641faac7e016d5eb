from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.settings.editing.owner import CHANGEABLE, OwnerConfig, is_changeable
from openclaw.settings.model import ROOT
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key, sounds_secret
from openclaw.settings.shape import Shape
from openclaw.types.errors import OpenClawError

TEXT = '// mine\n{ gateway: { auth: { token: "hush-hush-hush-hush" } } }\n'


@pytest.fixture
def config(tmp_path: Path) -> OwnerConfig:
    where = Paths(tmp_path, tmp_path / "openclaw.json")
    where.config.write_text(TEXT)
    where.config.chmod(0o600)
    return OwnerConfig({"HOME": str(tmp_path)}, where)


async def test_the_owner_sees_it_without_its_secrets(config: OwnerConfig) -> None:
    assert "hush" not in await config.show("")
    assert await config.show("gateway.auth.token") == '"***"'
    assert await config.show("gateway.port") == "18789"
    assert "more characters" in await config.show("")


async def test_the_owner_changes_what_is_harmless(config: OwnerConfig, tmp_path: Path) -> None:
    assert await config.put("messages.queue.MODE", "collect") == ('messages.queue.mode is "collect" now.')
    assert await config.put("budgets.perDay", "5") == "budgets.perDay is 5 now."
    assert (tmp_path / "openclaw.json").read_text().startswith(TEXT[:-3])
    assert await config.show("budgets.perDay") == "5.0"

    assert "no longer set" in await config.take("budgets.perDay")
    assert await config.show("budgets.perDay") == "null"


@pytest.mark.parametrize(
    "key",
    [
        "gateway.auth.token", "gateway.port", "gateway", "tools.exec.host", "tools.exec.security", "tools.profile",
        "tools.deny", "tools", "models.providers.x.baseUrl", "models", "auth.profiles.x.apiKey", "commands.config",
        "commands.ownerAllowFrom", "channels.telegram.allowFrom", "channels.telegram.botToken", "channels.telegram",
        "channels.telegram.apiRoot", "channels", "agents.defaults.workspace", "agents.defaults", "agents.list[0]",
        "agents.list[0].identity.avatar", "agents.list[0].tools.profile", "agents.list[0].workspace",
        "agents.defaults.compaction.memoryFlush.prompt", "skills.entries.weather.sha256", "skills.load.extraDirs",
        "mcp.servers.x.command", "hooks.token", "logging.file", "session.dmScope", "bindings", "sendPolicy.rules",
        "env.PATH", "secrets.providers", "plugins.load.paths", "$include", "xyzzy",
    ],
)  # fmt: skip
async def test_everything_else_is_changed_only_where_the_file_lies(
    config: OwnerConfig, tmp_path: Path, key: str
) -> None:
    for attempt in (config.put(key, "x"), config.take(key)):
        with pytest.raises(OpenClawError, match="only on the machine itself"):
            await attempt
    assert (tmp_path / "openclaw.json").read_text() == TEXT


@pytest.mark.parametrize(
    "value", ["env:HOME", "file:/etc/hostname", "${HOME}", "op://a/b/c", '{ name: "env:HOME" }']
)
async def test_a_value_that_stands_for_something_of_the_machine_is_refused(
    config: OwnerConfig, tmp_path: Path, value: str
) -> None:
    with pytest.raises(OpenClawError, match="on the machine itself"):
        await config.put("agents.defaults.model", value)
    assert (tmp_path / "openclaw.json").read_text() == TEXT


async def test_a_value_that_could_not_be_used_is_refused(config: OwnerConfig) -> None:
    with pytest.raises(OpenClawError, match="Nothing was written"):
        await config.put("messages.queue.mode", "nonsense")


def leaves(shape: Shape, key: Key, depth: int = 0) -> Iterator[Key]:
    below = [
        *shape.fields().items(),
        *([("*", shape.values)] if shape.values else []),
        *([("*", shape.items)] if shape.items else []),
    ]
    for name, child in below:
        yield (*key, name)
        if depth < 8:
            yield from leaves(child, (*key, name), depth + 1)


SUSPECT = (
    "url", "root", "path", "file", "dirs", "host", "bind", "command", "args", "env", "workspace", "allow", "deny",
    "owner", "prompt", "sha256", "headers", "proxy", "avatar", "security", "cwd",
)  # fmt: skip


def test_no_key_that_may_be_changed_names_programs_places_secrets_or_people() -> None:
    found = [key for key in leaves(ROOT, ()) if is_changeable(key)]

    assert len(found) > len(CHANGEABLE)
    told = [key for key in found if any(word in str(key[-1]).lower() for word in SUSPECT)]
    assert [key for key in told if key[:3] != ("agents", "defaults", "contextPruning")] == []
    assert [key for key in found if sounds_secret(key[-1]) and "okens" not in str(key[-1])] == []

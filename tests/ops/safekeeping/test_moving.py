from pathlib import Path

import pytest

from openclaw.ops.safekeeping.keeping import SecretsFile
from openclaw.ops.safekeeping.moving import move, plan_move
from openclaw.settings.loading import load
from openclaw.settings.paths import Paths, find_paths
from openclaw.settings.references import read_reference
from openclaw.types.errors import OpenClawError

TEXT = """\
{
  // of the house
  gateway: { auth: { token: 'made-at-the-first-start' } },
  $include: "more.json",
  models: { providers: { anthropic: { apiKey: 'sk-hush' /* the dear one */ } } },
  channels: { telegram: { botToken: '1:hush', apiRoot: "http://127.0.0.1:1" } }, // ours
}
"""


@pytest.fixture
def paths(state_dir: Path) -> Paths:
    (state_dir / "openclaw.json").write_text(TEXT)
    (state_dir / "openclaw.json").chmod(0o600)
    (state_dir / "more.json").write_text('{"hooks": {"token": "in-another-file"}}')
    return find_paths(environ(state_dir))


def environ(state: Path) -> dict[str, str]:
    return {"OPENCLAW_STATE_DIR": str(state), "HOME": str(state)}


def test_the_text_goes_the_comments_stay_and_everything_still_works(paths: Paths) -> None:
    file = SecretsFile(paths.credentials / "secrets.json")
    before = load(environ(paths.state))

    plan = plan_move(paths)
    moved = move(environ(paths.state), paths, plan, file)

    after = load(environ(paths.state))
    text = paths.config.read_text()
    assert [each.key for each in moved] == ["models.providers.anthropic.apiKey", "channels.telegram.botToken"]
    assert "hush" not in text + paths.last_good.read_text()
    assert "/* the dear one */" in text
    assert "// ours" in text
    assert "made-at-the-first-start" in text
    assert plan.elsewhere == ("hooks.token",)
    telegram, was = after.settings.channels.telegram, before.settings.channels.telegram
    assert telegram is not None
    assert was is not None
    token = telegram.each_account()["default"].bot_token
    assert token is not None
    assert read_reference(token.text, {}) == "1:hush"
    assert after.problems == before.problems


def test_only_what_is_named_is_moved_and_the_gateways_own_token_too(paths: Paths) -> None:
    file = SecretsFile(paths.credentials / "secrets.json")

    move(environ(paths.state), paths, plan_move(paths, ["gateway.auth.token"]), file)

    assert file.names() == ("gateway.auth.token",)
    assert "sk-hush" in paths.config.read_text()


def test_a_key_without_a_text_is_named(paths: Paths) -> None:
    with pytest.raises(OpenClawError, match=r"gateway\.port: no secret stands there"):
        plan_move(paths, ["gateway.port"])


class Forgetful:
    """Takes a secret and has another one."""

    def __init__(self, folder: Path) -> None:
        self._file = SecretsFile(folder / "secrets.json")

    def keep(self, name: str, value: str) -> str:
        return self._file.keep(name, f"{value}?")


def test_a_place_that_gives_back_something_else_changes_nothing(paths: Paths) -> None:
    with pytest.raises(OpenClawError, match="gives back something else"):
        move(environ(paths.state), paths, plan_move(paths), Forgetful(paths.state))

    assert paths.config.read_text() == TEXT


def test_a_second_move_finds_nothing(paths: Paths) -> None:
    file = SecretsFile(paths.credentials / "secrets.json")
    move(environ(paths.state), paths, plan_move(paths), file)

    assert plan_move(paths).movable == ()

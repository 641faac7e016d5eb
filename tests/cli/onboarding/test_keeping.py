import json
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from openclaw.cli.onboarding import keeping
from openclaw.cli.onboarding.answers import Answers, Bot, Key, Offline, Present, Stated
from openclaw.cli.onboarding.keeping import edits, keep, key_place
from openclaw.settings.editing.edits import Put
from openclaw.settings.paths import find_paths
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret
from tests.cli.onboarding.scripted import KEY, OWNER, TOKEN

WORKSPACE = Path("/srv/notes")
GIVEN = Key("anthropic", Stated("", Secret(KEY)), "anthropic/claude-opus-4-6")
OPENAI = Key("openai", Stated("env:MINE", Secret("x")), "openai/gpt-6-sol")
MODEL = ("agents", "defaults", "model")


@pytest.mark.parametrize(
    ("answers", "present", "expected"),
    [
        ({}, {}, []),
        ({"key": GIVEN}, {}, []),
        ({"key": GIVEN}, {"model": "offline/offline"}, [(MODEL, "anthropic/claude-opus-4-6")]),
        ({"key": OPENAI}, {}, [(MODEL, "openai/gpt-6-sol")]),
        (
            {"key": OPENAI},
            {"model": "a/b", "has_fallbacks": True},
            [((*MODEL, "primary"), "openai/gpt-6-sol")],
        ),
        ({"key": OPENAI, "model": "openai/gpt-6-luna"}, {}, [(MODEL, "openai/gpt-6-luna")]),
        ({"key": Offline()}, {}, []),
        ({"key": Offline()}, {"provider": "anthropic"}, [(MODEL, "offline/offline")]),
        ({"owner": OWNER}, {"owners": ("7",)}, [(("channels", "telegram", "allowFrom"), ["7", OWNER])]),
        ({"owner": OWNER}, {"owners": (OWNER,)}, []),
        ({"workspace": WORKSPACE}, {}, [(("agents", "defaults", "workspace"), "/srv/notes")]),
        ({"workspace": WORKSPACE}, {"workspace": WORKSPACE}, []),
    ],
)
def test_only_what_was_answered_is_changed(
    answers: dict[str, Any], present: dict[str, Any], expected: list[tuple[tuple[str, ...], object]]
) -> None:
    made = edits(Answers(**answers), Present(**{"workspace": Path("/w"), **present}), {})
    assert [(each.path, each.value) for each in made if isinstance(each, Put)] == expected


def test_secrets_are_put_away_and_the_config_refers_to_them(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    paths = find_paths(environ)
    answers = Answers(GIVEN, name="Ana", bot=Bot(Stated("", Secret(TOKEN))), owner=OWNER)

    told = keep(answers, Present(paths.workspace), environ, paths)

    config = paths.config.read_text()
    assert KEY not in config
    assert TOKEN not in config
    kept = paths.credentials / "secrets.json"
    assert sorted(json.loads(kept.read_text()).values()) == sorted([KEY, TOKEN])
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(paths.config.stat().st_mode) == 0o600
    assert "- Name: Ana\n" in (paths.workspace / "USER.md").read_text()
    assert told == [
        "~/.openclaw/openclaw.json (new)",
        "models.providers.anthropic.apiKey: put away in ~/.openclaw/credentials/secrets.json",
        "channels.telegram.botToken: put away in ~/.openclaw/credentials/secrets.json",
        f"channels.telegram.allowFrom = {OWNER}",
        "your name in ~/.openclaw/workspace/USER.md",
    ]
    assert "// A Telegram bot:" in config


def test_a_second_time_with_nothing_said_nothing_is_written(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    paths = find_paths(environ)
    keep(Answers(name="Ana"), Present(paths.workspace), environ, paths)
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()}

    assert keep(Answers(), Present(paths.workspace), environ, paths) == []
    assert keep(Answers(name="Ana"), Present(paths.workspace), environ, paths) == []

    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()} == before


def test_another_folder_is_furnished_and_the_old_one_stays(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    paths, elsewhere = find_paths(environ), tmp_path / "notes"
    told = keep(Answers(name="Ana", workspace=elsewhere), Present(paths.workspace), environ, paths)
    assert told[-2:] == ["~/notes (new)", "your name in ~/notes/USER.md"]
    assert (elsewhere / "AGENTS.md").exists()
    assert f'workspace: "{elsewhere}"' in paths.config.read_text()


def test_a_config_that_cannot_be_changed_stays_as_it_was(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    paths = find_paths(environ)
    keep(Answers(), Present(paths.workspace), environ, paths)
    paths.config.write_text("{ agents: 5 }")
    with pytest.raises(OpenClawError, match="Nothing was written"):
        keep(Answers(workspace=tmp_path / "w"), Present(paths.workspace), environ, paths)
    assert paths.config.read_text() == "{ agents: 5 }"


def test_while_it_is_written_no_ctrl_c_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": str(tmp_path)}
    seen = []

    def look(*_: object) -> dict[object, str]:
        seen.append(signal.getsignal(signal.SIGINT))
        return {}

    monkeypatch.setattr(keeping, "_put_away", look)
    before = signal.getsignal(signal.SIGINT)
    keep(Answers(), Present(tmp_path / "w"), environ, find_paths(environ))
    assert seen == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGINT) is before


def test_each_vendors_key_has_its_place() -> None:
    assert key_place("openai") == ("models", "providers", "openai", "apiKey")

import json
from pathlib import Path

import pytest

from openclaw.ops.backup.premises import named_files, places_by, premises_of
from openclaw.settings.loading import Loaded, load


def loaded(home: Path, config: dict[str, object]) -> Loaded:
    state = home / ".openclaw"
    state.mkdir(parents=True, mode=0o700, exist_ok=True)
    (state / "openclaw.json").write_text(json.dumps(config))
    (state / "openclaw.json").chmod(0o600)
    return load({"HOME": str(home)})


def agents(**workspaces: str) -> dict[str, object]:
    return {"agents": {"list": [{"id": name, "workspace": place} for name, place in workspaces.items()]}}


def test_workspaces_elsewhere_and_files_with_secrets_are_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret = home / ".openclaw/keys/model"
    found = premises_of(
        loaded(
            home,
            {
                **agents(main=str(home / ".openclaw/workspace"), aurora=str(home / "desk")),
                "models": {"providers": {"anthropic": {"apiKey": f"file:{secret}"}}},
            },
        )
    )
    assert found.workspaces == {"aurora": home / "desk"}
    assert found.secrets == {secret}
    assert found.ledger == home / ".openclaw/ledger.sqlite"


def test_a_workspace_behind_a_link_lies_elsewhere(tmp_path: Path) -> None:
    home, desk = tmp_path / "home", tmp_path / "home/desk"
    mine = loaded(home, {})
    desk.mkdir()
    (home / ".openclaw/workspace").symlink_to(desk)
    assert premises_of(mine).workspaces == {"main": desk}


@pytest.mark.parametrize("place", ["/etc", "HOME", "HOME/../elsewhere"])
def test_a_strangers_config_names_no_place_outside_the_home(tmp_path: Path, place: str) -> None:
    home = tmp_path / "home"
    mine = loaded(home, {})
    text = json.dumps(agents(main=place.replace("HOME", str(home)), other=str(home / "desk"))).encode()
    assert places_by(mine, text) == {"other": home / "desk"}
    assert places_by(mine, b"{}") == {"main": home / ".openclaw/workspace"}
    assert places_by(mine, b"{ broken") == {}


def test_files_are_named_by_references_and_by_keys() -> None:
    tree = {"a": ["file:/x"], "channels": {"telegram": {"tokenFile": "/y", "botToken": "env:Z"}}, "n": 3}
    assert list(named_files(tree)) == ["/x", "/y"]

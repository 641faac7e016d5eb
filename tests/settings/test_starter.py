import stat
from pathlib import Path

import pyjson5

from openclaw import bundled
from openclaw.settings.paths import Paths
from openclaw.settings.starter import furnish_empty, keep_last_good, prepare_state


def paths(folder: Path) -> Paths:
    return Paths(folder / "state", folder / "state" / "openclaw.json")


def test_the_first_start_makes_everything_for_its_owner_alone(tmp_path: Path) -> None:
    where = paths(tmp_path)

    prepare_state(where)

    config = pyjson5.decode(where.config.read_text())
    assert len(config["gateway"]["auth"]["token"]) == 64
    assert {path.name for path in where.workspace.iterdir()} == {
        path.name for path in bundled.workspace_folder().glob("*.md")
    }
    for path in [where.state, *where.state.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    where = paths(tmp_path)
    prepare_state(where)
    (where.workspace / "NOTES.md").write_text("mine")
    before = {path: path.read_bytes() for path in where.state.rglob("*") if path.is_file()}

    prepare_state(where)
    furnish_empty([where.workspace])

    assert {path: path.read_bytes() for path in where.state.rglob("*") if path.is_file()} == before


def test_a_file_of_the_owners_is_kept_and_one_taken_out_stays_out(tmp_path: Path) -> None:
    where = paths(tmp_path)
    where.workspace.mkdir(parents=True)
    where.state.chmod(0o700)
    (where.workspace / "SOUL.md").write_text("mine")

    prepare_state(where)
    assert (where.workspace / "SOUL.md").read_text() == "mine"

    for path in where.workspace.glob("[!S]*.md"):
        path.unlink()
    prepare_state(where)
    furnish_empty([where.workspace])
    assert [path.name for path in where.workspace.iterdir()] == ["SOUL.md"]


def test_a_new_agents_workspace_is_furnished(tmp_path: Path) -> None:
    furnish_empty([tmp_path / "workspace-bee"])

    assert (tmp_path / "workspace-bee").is_dir()


def test_the_last_good_copy_is_written_only_when_it_differs(tmp_path: Path) -> None:
    where = paths(tmp_path)
    prepare_state(where)

    keep_last_good(where, b"{a: 1}")
    first = where.last_good.stat().st_ino
    keep_last_good(where, b"{a: 1}")
    assert where.last_good.stat().st_ino == first
    keep_last_good(where, b"{a: 2}")
    assert where.last_good.read_bytes() == b"{a: 2}"
    assert stat.S_IMODE(where.last_good.stat().st_mode) == 0o600

import os
from pathlib import Path

from openclaw.doctor.checks.files import surveyed
from openclaw.doctor.finding import Narrow
from tests.doctor.home import House, found

FILES = "the files and folders"


def tree(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.parent.chmod(0o700)


def test_each_file_is_judged_by_its_rights_and_its_owner(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    tree(tmp_path, "a/fine", "a/open", "b/writable")
    (tmp_path / "a" / "open").chmod(0o640)
    (tmp_path / "b" / "writable").chmod(0o602)
    (tmp_path / "link").symlink_to("/etc/hostname")

    found = surveyed(tmp_path, [], os.getuid())

    assert sorted(found.open) == [tmp_path / "a" / "open", tmp_path / "b" / "writable"]
    assert found.writable == [tmp_path / "b" / "writable"]
    assert found.links == [tmp_path / "link"]
    assert found.foreign == []
    assert len(surveyed(tmp_path, [], 4711).foreign) == 6


def test_of_a_workspace_only_its_own_folder_counts(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    tree(tmp_path, "workspace/inside")
    (tmp_path / "workspace" / "inside").chmod(0o666)
    (tmp_path / "workspace" / "link").symlink_to("/etc/hostname")

    found = surveyed(tmp_path, [tmp_path / "workspace"], os.getuid())

    assert found.open == found.links == []
    (tmp_path / "workspace").chmod(0o755)
    assert surveyed(tmp_path, [tmp_path / "workspace"], os.getuid()).open == [tmp_path / "workspace"]


async def test_what_others_may_change_is_an_error_and_all_is_narrowed_at_once(house: House) -> None:
    house.config.chmod(0o622)
    (house.state / "logs").chmod(0o755)

    (finding,) = await found(house, FILES)

    assert finding.level == "error"
    assert isinstance(finding.mend, Narrow)
    assert set(finding.mend.paths) == {house.config, house.state / "logs"}


async def test_a_config_outside_the_state_directory_counts_as_well(house: House) -> None:
    config = house.home / "elsewhere.json5"
    house.config.rename(config)
    config.chmod(0o644)
    house.environ["OPENCLAW_CONFIG_PATH"] = str(config)

    (finding,) = await found(house, FILES)

    assert str(config) in finding.what

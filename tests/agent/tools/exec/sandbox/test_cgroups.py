import os
import subprocess
from pathlib import Path

import pytest

from openclaw.agent.tools.exec.sandbox import cgroups
from openclaw.agent.tools.exec.sandbox.base import Limits
from openclaw.agent.tools.exec.sandbox.cgroups import Hierarchy, hierarchies, make, sweep


def test_without_a_cgroup_file_system_there_are_none(tmp_path: Path) -> None:
    assert hierarchies("0::/user.slice\n", tmp_path) == ()
    assert hierarchies("4:pids:/\n9:memory:/x\n0::/\n", tmp_path / "missing") == ()
    assert hierarchies("", tmp_path) == ()


def test_a_folder_without_a_bound_on_processes_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "pids").mkdir()
    assert hierarchies("4:pids:/\n", tmp_path) == ()
    assert list((tmp_path / "pids").iterdir()) == []


def test_a_name_that_leads_out_of_the_mount_is_not_tried(tmp_path: Path) -> None:
    mount = tmp_path / "cgroup"
    mount.mkdir()
    hierarchies("0::/../..\n", mount)
    assert list(tmp_path.iterdir()) == [mount]


@pytest.fixture
def real() -> tuple[Hierarchy, ...]:
    found = hierarchies(Path("/proc/self/cgroup").read_text()) if Path("/proc/self/cgroup").exists() else ()
    if not found:
        pytest.skip("no group can be made here")
    return found


def test_a_group_bounds_its_processes_and_is_gone_in_the_end(real: tuple[Hierarchy, ...]) -> None:
    groups = make(real, Limits(processes=5))
    bound = next(folder / "pids.max" for folder in groups.folders if (folder / "pids.max").exists())
    assert bound.read_text().strip() == str(5 + cgroups.OWN_PROCESSES)
    groups.close()
    assert not any(folder.exists() for folder in groups.folders)


def test_who_is_still_in_a_group_is_killed_with_it(real: tuple[Hierarchy, ...]) -> None:
    groups = make(real, Limits())
    process = subprocess.Popen(["sleep", "100"])
    for door in groups.doors:
        Path(door).write_text(str(process.pid))
    groups.close()
    assert process.wait(5) == -9
    assert not any(folder.exists() for folder in groups.folders)


def test_what_a_killed_daemon_left_is_swept(real: tuple[Hierarchy, ...]) -> None:
    left = real[0].parent / f"{cgroups.PREFIX}99999999-test"
    used = real[0].parent / f"{cgroups.PREFIX}{os.getpid()}-test"
    left.mkdir()
    used.mkdir()
    sweep(real)
    there = left.exists(), used.exists()
    used.rmdir()
    assert there == (False, True)

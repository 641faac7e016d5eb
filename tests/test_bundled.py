from collections.abc import Callable
from pathlib import Path

import pytest

from openclaw import bundled


@pytest.mark.parametrize(
    ("folder", "holds"),
    [(bundled.config_folder, "openclaw.json5"), (bundled.workspace_folder, "AGENTS.md")],
)
def test_a_checkout_has_its_folders_beside_the_package(folder: Callable[[], Path], holds: str) -> None:
    assert (folder() / holds).is_file()


def test_an_installed_package_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not led astray by a folder of that name beside it in `site-packages`."""
    package = tmp_path / "site-packages" / "openclaw"
    for folder in (package / "data" / "config", package / "data" / "workspace", package.parent / "config"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(bundled, "_PACKAGE", package)

    assert bundled.config_folder() == package / "data" / "config"
    assert bundled.workspace_folder() == package / "data" / "workspace"

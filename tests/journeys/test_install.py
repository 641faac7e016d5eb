"""Installed as a package, far from any checkout, it has all that it needs with it."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import MakeDaemon
from tests.fake.daemon import CHECKOUT, clean_environment
from tests.fakes import FakeOpenMeteo


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder of an environment with our package in it; what it depends on is borrowed from this one."""
    place = tmp_path / "environment"
    venv.create(place, with_pip=False, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)})
    Path(packages, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir", "--ignore-installed"]
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    made = subprocess.run(
        [*pip, *offline, str(CHECKOUT)], env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return place


async def test_an_installed_package_serves_and_answers_far_from_the_checkout(
    installed: Path, make_daemon: MakeDaemon, openmeteo: FakeOpenMeteo, tmp_path: Path
) -> None:
    weather = "OPENCLAW__SKILLS__ENTRIES__WEATHER__CONFIG__"
    env = {f"{weather}{name}_BASE_URL": openmeteo.url for name in ("GEOCODING", "FORECAST")}
    daemon = make_daemon(env={**env, "PYTHONPATH": ""}, program=(str(installed / "bin" / "openclaw"),))
    await daemon.start()

    assert (daemon.state_dir / "workspace" / "AGENTS.md").read_bytes() == (
        CHECKOUT / "workspace" / "AGENTS.md"
    ).read_bytes()
    assert "hello there" in (await daemon.cli("chat", "hello there")).stdout
    tool = await daemon.cli("chat", '/tool get_weather {"location":"Sydney"}')
    assert '"temperature":22' in tool.stdout.replace(" ", "")
    assert await daemon.stop() == 0
    _check_its_data(installed, tmp_path)


def _check_its_data(installed: Path, elsewhere: Path) -> None:
    assert (installed / "share" / "man" / "man1" / "openclaw.1").is_file()
    (package,) = installed.glob("lib/*/site-packages/openclaw")
    packed = {path.name for path in (package / "data").iterdir()}
    assert packed == {"config", "workspace", "openclaw.service"}
    assert (package / "data" / "config" / "openclaw.json5").is_file()
    assert {"index.html", "shell.js", "style.css", "pages"} <= {
        path.name for path in (package / "web" / "ui").iterdir()
    }
    where = subprocess.run(
        [installed / "bin" / "python", "-c", "import openclaw.bundled as b; print(b.config_folder())"],
        env=clean_environment(elsewhere, PYTHONPATH=""),
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip() == str(package / "data" / "config")

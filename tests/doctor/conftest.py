from pathlib import Path

import pytest

from tests.doctor.home import House, fresh


@pytest.fixture
def house(tmp_path: Path) -> House:
    return fresh(tmp_path / "home")

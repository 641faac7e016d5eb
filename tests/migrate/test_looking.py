from collections.abc import Callable
from pathlib import Path

import pytest

from openclaw.migrate.looking import (
    holds_originals_talk,
    homes,
    kind_of,
    name_of,
    refuse_home_of_original,
)
from openclaw.types.errors import ConfigError
from tests.migrate.houses import hermes, modern, nanobot, original, put, weather


@pytest.mark.parametrize(
    ("make", "kind", "name"),
    [
        (original, "openclaw", "OpenClaw"),
        (modern, "openclaw", "OpenClaw"),
        (nanobot, "nanobot", "nanobot"),
        (hermes, "hermes", "Hermes"),
    ],
)
def test_each_is_known_by_what_lies_in_it(
    make: Callable[[Path], Path], kind: str, name: str, tmp_path: Path
) -> None:
    home = make(tmp_path / "somewhere")
    found = homes({"HOME": str(tmp_path)})

    assert kind_of(home) == kind
    assert found == []
    home.rename(tmp_path / f".{name.lower()}")
    assert [name_of(each) for each in homes({"HOME": str(tmp_path)})] == [name]


def test_our_own_directory_is_no_home_of_another(tmp_path: Path) -> None:
    put(tmp_path / ".openclaw/openclaw.json", "{}")
    assert kind_of(tmp_path / ".openclaw") == "openclaw"
    put(tmp_path / ".openclaw/credentials/gateway-token", "")
    assert kind_of(tmp_path / ".openclaw") is None
    put(tmp_path / ".openclaw/ledger.sqlite", "")
    ours = '{"type":"session","version":1,"id":"ses_1","key":"agent:main:main"}\n'
    put(tmp_path / ".openclaw/agents/main/sessions/ses_1.jsonl", ours)
    assert kind_of(tmp_path / ".openclaw") is None

    put(tmp_path / ".openclaw/agents/main/sessions/old.jsonl", weather().text())
    assert kind_of(tmp_path / ".openclaw") == "openclaw"


def test_one_home_under_two_names_is_one(tmp_path: Path) -> None:
    original(tmp_path / ".clawdbot")
    (tmp_path / ".openclaw").symlink_to(tmp_path / ".clawdbot")

    assert len(homes({"HOME": str(tmp_path)})) == 1
    assert kind_of(tmp_path / "nowhere") is None
    assert kind_of(tmp_path) is None


def test_a_home_may_be_named_by_its_variable(tmp_path: Path) -> None:
    hermes(tmp_path / "h")

    (found,) = homes({"HOME": str(tmp_path), "HERMES_HOME": str(tmp_path / "h")})

    assert found.kind == "hermes"


@pytest.mark.parametrize(
    ("make", "expected"), [(original, True), (modern, True), (nanobot, False), (hermes, False)]
)
def test_only_conversations_in_the_originals_form_make_a_home_unfit_for_us(
    make: Callable[[Path], Path], expected: bool, tmp_path: Path
) -> None:
    assert holds_originals_talk(make(tmp_path / "home")) is expected
    assert not holds_originals_talk(tmp_path / "nowhere")


def test_a_home_is_refused_until_there_is_a_ledger_of_ours(tmp_path: Path) -> None:
    home = original(tmp_path / "home")
    with pytest.raises(ConfigError, match="openclaw migrate --take-over"):
        refuse_home_of_original(home, home / "ledger.sqlite")

    put(home / "ledger.sqlite", "")
    refuse_home_of_original(home, home / "ledger.sqlite")

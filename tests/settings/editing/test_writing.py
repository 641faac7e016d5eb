import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pyjson5
import pytest

from openclaw.settings.editing.edits import Put, Take
from openclaw.settings.editing.writing import NotWrittenError, Written, write_config
from openclaw.settings.file import fingerprint
from openclaw.settings.loading import tried
from openclaw.settings.paths import Paths

TEXT = "// mine\n{\n  gateway: { port: 18789 }, // here\n}\n"


@pytest.fixture
def place(tmp_path: Path) -> Paths:
    (tmp_path / "state").mkdir(mode=0o700)
    where = Paths(tmp_path / "state", tmp_path / "state" / "openclaw.json")
    write(where, TEXT)
    return where


def write(place: Paths, text: str) -> None:
    place.config.write_text(text)
    place.config.chmod(0o600)


def environ(place: Paths) -> Mapping[str, str]:
    return {"HOME": str(place.state.parent)}


def put(place: Paths, *path: str | int, value: object, **more: Any) -> Written:
    return write_config(environ(place), place, [Put(path, value)], **more)


def test_a_change_is_written_for_the_owner_alone_and_kept_as_good(place: Paths) -> None:
    written = put(place, "gateway", "port", value=18800)

    assert place.config.read_text() == TEXT.replace("18789", "18800")
    assert (written.before.settings.gateway.port, written.after.settings.gateway.port) == (18789, 18800)
    assert (written.changed, written.warnings) == (True, ())
    assert place.last_good.read_bytes() == place.config.read_bytes()
    for file in (place.config, place.last_good):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in place.state.iterdir()) == ["openclaw.json", "openclaw.last-good.json"]


def test_what_is_so_already_is_not_written_again(place: Paths) -> None:
    before = place.config.stat().st_ino

    assert not put(place, "gateway", "port", value=18789).changed
    assert place.config.stat().st_ino == before


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("gateway", "port"), "x", "gateway.port: 'x': it must be a whole number. Nothing was written."),
        (("gatway", "port"), 1, "gatway: there is no such key. Did you mean gateway"),
        (("gateway", "prot"), 1, "gateway.prot: there is no such key. Did you mean gateway.port"),
        (("gateway", "bind"), "lan", "gateway.auth.token"),
        (("agents", "defaults", "model"), "${NOT_SET}", "NOT_SET is not set"),
        (("gateway", "port", "x"), 1, "gateway.port is a plain value"),
        (("gateway",), 5, "gateway: 5: it must be an object"),
    ],
)
def test_what_could_not_be_used_is_refused_and_the_file_stays(
    place: Paths, path: tuple[str | int, ...], value: object, said: str
) -> None:
    with pytest.raises(NotWrittenError) as refused:
        put(place, *path, value=value)

    assert said in str(refused.value)
    assert place.config.read_text() == TEXT
    assert not place.last_good.exists()


def test_what_was_wrong_before_does_not_stand_in_the_way(place: Paths) -> None:
    write(place, "{ gateway: { port: 'x', prot: 1 } }")

    assert put(place, "logging", "level", value="debug").changed
    assert put(place, "gateway", "port", value=18800).after.settings.gateway.port == 18800
    with pytest.raises(NotWrittenError, match="whole number"):
        put(place, "gateway", "port", value="y")


def test_a_key_of_the_original_is_written_with_a_warning(place: Paths) -> None:
    (warning,) = put(place, "gateway", "tailscale", value={"mode": "off"}).warnings

    assert "known to the original" in warning.text


def test_a_file_that_cannot_be_read_is_left_to_its_owner(place: Paths) -> None:
    write(place, "{ gateway: { port: } }")

    with pytest.raises(NotWrittenError, match="line 1, column 20"):
        put(place, "gateway", "port", value=1)


def test_without_a_file_there_is_one_afterwards(tmp_path: Path) -> None:
    place = Paths(tmp_path / "new", tmp_path / "new" / "openclaw.json")

    put(place, "gateway", "port", value=18800)

    assert place.config.read_text() == "{\n  gateway: { port: 18800 },\n}\n"
    assert stat.S_IMODE(place.config.stat().st_mode) == 0o600


def test_the_file_behind_a_link_is_written(place: Paths, tmp_path: Path) -> None:
    place.config.rename(tmp_path / "dotfile.json")
    place.config.symlink_to(tmp_path / "dotfile.json")

    put(place, "gateway", "port", value=18800)

    assert place.config.is_symlink()
    assert "18800" in (tmp_path / "dotfile.json").read_text()


def test_an_edit_for_another_text_is_refused(place: Paths) -> None:
    base = fingerprint(place.config.read_bytes())
    write(place, TEXT.replace("mine", "yours"))

    with pytest.raises(NotWrittenError, match="has changed meanwhile"):
        put(place, "gateway", "port", value=18800, base=base)
    assert put(place, "gateway", "port", value=18800, base=fingerprint(place.config.read_bytes())).changed


def test_what_somebody_wrote_meanwhile_is_not_written_over(
    place: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*given: Any) -> Any:
        write(place, "{ gateway: { port: 1 } }")
        return tried(*given)

    monkeypatch.setattr("openclaw.settings.editing.writing.tried", slow)
    with pytest.raises(NotWrittenError, match="has changed meanwhile"):
        put(place, "gateway", "port", value=18800)
    assert place.config.read_text() == "{ gateway: { port: 1 } }"


async def test_writers_at_the_same_time_lose_nothing(place: Paths) -> None:
    async def add(number: int) -> None:
        await anyio.to_thread.run_sync(
            write_config,
            environ(place),
            place,
            [Put(("agents", "defaults", "models", f"x/{number}", "alias"), "a")],
        )

    async with anyio.create_task_group() as group:
        for number in range(12):
            group.start_soon(add, number)

    models = pyjson5.decode(place.config.read_text())["agents"]["defaults"]["models"]
    assert set(models) == {f"x/{number}" for number in range(12)}


def test_a_key_is_taken_out(place: Paths) -> None:
    written = write_config(environ(place), place, [Take(("gateway", "port"))])

    assert written.after.settings.gateway.port == 18789
    assert place.config.read_text() == "// mine\n{\n  gateway: { }, // here\n}\n"

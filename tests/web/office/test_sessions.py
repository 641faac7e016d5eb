from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from openclaw.sessions.lines import encode
from openclaw.store import sessions as rows
from openclaw.store.echoes import Echo
from openclaw.types.conversation import Note
from openclaw.types.errors import OpenClawError
from openclaw.types.events import SessionChanged
from openclaw.web.office.sessions import SessionDesk
from openclaw.web.office.told import UnknownKeyError
from tests.gateway.harness import House, Plan, open_house, said
from tests.gateway.scripted import NOW
from tests.llm.made import models

SIDE = "agent:main:webchat:group:7"


@asynccontextmanager
async def opened(state: Path, pin: str | None = None) -> AsyncIterator[tuple[House, SessionDesk]]:
    async with open_house(state, Plan()) as house, house.working():
        await house.receive(said("hello"))
        await house.settled()

        async def forget(key: str) -> None:
            await house.database.write(lambda tx: rows.delete(tx, key))

        shelf = models({"anthropic": {"apiKey": "sk-1"}}, state / "auth-profiles.json")
        desk = SessionDesk(
            house.sessions, house.ledger, house.lanes, house.bus, shelf, "main", {"main": pin},
            lambda _, entry: f"anthropic/{entry.get('modelOverride') or 'claude-opus-4-6'}", forget,
        )  # fmt: skip
        yield house, desk


async def test_settings_are_kept_told_and_taken_away(state_dir: Path) -> None:
    async with opened(state_dir) as (house, desk):
        told = await desk.patch("main", {"thinkingLevel": "high", "label": "home"}, "claude-haiku-4-5")
        assert told["resolved"] == {"modelProvider": "anthropic", "model": "claude-haiku-4-5"}
        entry = house.sessions.find("agent:main:main") or {}
        assert (entry["thinkingLevel"], entry["label"], entry["modelOverride"]) == (
            "high", "home", "claude-haiku-4-5",
        )  # fmt: skip
        (kept,) = await house.ledger.every_session()
        assert kept.entry["thinkingLevel"] == "high"
        assert house.told(SessionChanged)[-1].reason == "patch"

        await desk.patch("agent:main:main", {"thinkingLevel": None}, None)
        _, entry = desk.entry("main")  # type: ignore[assignment]
        assert "thinkingLevel" not in entry
        assert "modelOverride" not in entry


async def test_an_unknown_model_or_session_is_said_to_be_that(state_dir: Path) -> None:
    async with opened(state_dir) as (_, desk):
        with pytest.raises(OpenClawError, match="I know no model 'claude-opsu'"):
            await desk.patch("main", {}, "claude-opsu")
        with pytest.raises(UnknownKeyError, match="there is no session agent:main:x"):
            await desk.patch("agent:main:x", {})


async def test_the_owners_pin_stands_above_a_sessions_model(state_dir: Path) -> None:
    async with opened(state_dir, pin="claude-opus-4-6") as (_, desk):
        with pytest.raises(OpenClawError, match="pinned to"):
            await desk.patch("main", {}, "claude-haiku-4-5")


async def test_a_deleted_conversation_is_put_aside_and_begins_anew(state_dir: Path) -> None:
    async with opened(state_dir) as (house, desk):
        note = Note("m_1", NOW, "for later", "operator", "owner")
        await house.ledger.keep_echo(Echo("transcript", SIDE, encode(note).decode()))
        await house.sessions.take_released(SIDE)
        await house.ledger.save_session(await house.sessions.change(SIDE, "main", {"label": "side"}))
        done = await desk.delete(SIDE)
        assert done["deleted"] is True
        archived = done["archived"]
        assert isinstance(archived, list)
        (kept,) = archived
        assert ".jsonl.deleted." in kept
        assert "for later" in await anyio.Path(kept).read_text()
        assert house.sessions.find(SIDE) is None
        assert [row.key for row in await house.ledger.every_session()] == ["agent:main:main"]
        with pytest.raises(UnknownKeyError):
            await desk.delete(SIDE)
        with pytest.raises(OpenClawError, match="reset it instead"):
            await desk.delete("main")

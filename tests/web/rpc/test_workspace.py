from pathlib import Path
from typing import Any

import pytest

from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import FakeHouse


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    return dict(await dispatch(house, OPERATOR, method, params))  # type: ignore[arg-type]


async def test_files_are_written_read_and_listed(tmp_path: Path) -> None:
    house = FakeHouse(tmp_path)
    written = await ask(house, "agents.files.set", agentId="main", name="SOUL.md", content="Be kind.")
    read = await ask(house, "agents.files.get", agentId="main", name="SOUL.md")
    assert read["file"] == written["file"]
    listed = await ask(house, "agents.files.list", agentId="main")
    assert [row["name"] for row in listed["files"] if not row["missing"]] == ["SOUL.md"]
    with pytest.raises(RpcError, match="changed meanwhile"):
        await ask(house, "agents.files.set", agentId="main", name="SOUL.md", content="x", baseHash="other")
    with pytest.raises(RpcError) as unknown:
        await ask(house, "agents.files.get", agentId="main", name="../x")
    assert unknown.value.details == {"code": "NOT_FOUND"}


async def test_the_skills_of_an_agent() -> None:
    assert (await ask(FakeHouse(), "skills.status", agentId="aurora"))["agentId"] == "aurora"

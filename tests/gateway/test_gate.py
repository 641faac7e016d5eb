from openclaw.agent.tools.base import Act, Kind
from openclaw.gateway.gate import HouseGate
from openclaw.types.conversation import ToolCall
from tests.agent.tools.scenes import SCENE


async def test_reading_is_never_refused() -> None:
    call = ToolCall("toolu_1", "read", {"path": "notes.txt"})

    assert await HouseGate().admit(call, Act(Kind.READ, "notes.txt"), SCENE) == ""

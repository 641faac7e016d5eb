"""What stands between a tool call and its effect."""

from openclaw.agent.tools.base import Act, Scene
from openclaw.types.conversation import ToolCall


class HouseGate:
    """Satisfies `agent.ports.Gate`."""

    async def admit(self, call: ToolCall, act: Act, scene: Scene) -> str:
        return ""

import pytest

from openclaw.agent.policy.names import ToolName
from openclaw.gateway.invocation import CLOSED, Doors


@pytest.mark.parametrize("name", CLOSED)
def test_what_works_on_after_the_answer_is_only_for_conversations(name: str) -> None:
    assert "only for conversations" in Doors().shut(ToolName(name))
    assert Doors(allow=(name,)).shut(ToolName(name)) == ""


@pytest.mark.parametrize(
    ("doors", "tool", "why"),
    [
        (Doors(), ToolName("read"), ""),
        (Doors(), ToolName("get_weather", "skills"), ""),
        (Doors(deny=("read",)), ToolName("read"), 'gateway.tools.deny: "read"'),
        (Doors(deny=("group:fs",)), ToolName("write"), 'gateway.tools.deny: "group:fs"'),
        (Doors(allow=("exec",), deny=("exec",)), ToolName("exec"), 'gateway.tools.deny: "exec"'),
        (Doors(allow=("group:runtime",)), ToolName("exec"), ""),
    ],
)
def test_the_file_opens_and_closes_tools_and_a_no_wins(doors: Doors, tool: ToolName, why: str) -> None:
    assert doors.shut(tool) == why

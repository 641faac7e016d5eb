from collections.abc import Sequence

import pytest

from openclaw.bus import Gap
from openclaw.gateway.notices import ANEW
from openclaw.types.events import Event, ReplyWithdrawn, TextDelta, ToolStarted
from openclaw.web.openai.telling import Telling

ASIDE = f"\n\n{ANEW}\n\n"
BACK = ReplyWithdrawn("r", "k")
TOOL = ToolStarted("r", "k", "toolu_1", "exec", {})
LOST = Gap(7)


@pytest.mark.parametrize(
    ("happened", "final", "told"),
    [
        (["It is ", "open."], "It is open.", ["It is ", "open.", ""]),
        ([], "It is open.", ["It is open."]),
        ([], "", [""]),
        (["It is open."], "It is open.\n\n[cut here]", ["It is open.", "\n\n[cut here]"]),
        (["NO", "_REPLY"], "", ["", "", ""]),
        (["NO", "W."], "NOW.", ["", "NOW.", ""]),
        (["NO"], "NO", ["", "NO"]),
        (["Let me see.", TOOL, "It is open."], "It is open.", ["Let me see.", "", "\n\nIt is open.", ""]),
        (["Let me see.", TOOL, TOOL], "I stopped.", ["Let me see.", "", "", "\n\nI stopped."]),
        ([TOOL, "It is open."], "It is open.", ["", "It is open.", ""]),
        (["It is", BACK, "It", " is open."], "It is open.", ["It is", "", "", " open.", ""]),
        (["It is", BACK, "Shut."], "Shut.", ["It is", "", f"{ASIDE}Shut.", ""]),
        (["It is", BACK, "It"], "It", ["It is", "", "", f"{ASIDE}It"]),
        (["It is ", LOST, "pen."], "It is open.", ["It is ", "", "", "open."]),
        (["Let me see.", LOST, "pen."], "It is open.", ["Let me see.", "", "", f"{ASIDE}It is open."]),
        ([LOST, "pen."], "It is open.", ["", "", "It is open."]),
        (["http://a.example.org/x"], "hxxp://a[.]example[.]org/x", ["http://a.example.org/x", ""]),
    ],
)
def test_the_pieces_are_the_answer(
    happened: Sequence[str | Event | Gap], final: str, told: list[str]
) -> None:
    telling = Telling()

    pieces = [telling.tell(TextDelta("r", "k", each) if isinstance(each, str) else each) for each in happened]

    assert [*pieces, telling.finish(final)] == told

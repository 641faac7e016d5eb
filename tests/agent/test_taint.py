import pytest

from openclaw.agent.taint import lowest, ordered, provenances
from openclaw.types.conversation import Compaction, Entry, Provenance
from tests.agent.context.made import asked, came, noted, said

SUMMARY = Compaction("m_9", 0, "They spoke of tea.", "m_1", 10, "web")


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([], []),
        ([asked(1), said(2, "hi")], ["owner"]),
        ([asked(1), came(2, "22 °C", provenance="web"), came(3, "ok")], ["owner", "tool", "web"]),
        ([asked(1, provenance="member"), asked(2, provenance="stranger")], ["member", "stranger"]),
        ([SUMMARY, asked(1)], ["owner", "web"]),
        ([noted(1)], ["tool"]),
    ],
)
def test_a_conversation_is_as_mixed_as_what_came_into_it(
    entries: list[Entry], found: list[Provenance]
) -> None:
    assert list(ordered(provenances(entries))) == found
    assert lowest(entries) == (found[-1] if found else "owner")
